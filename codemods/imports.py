"""Names from other modules for a codemod: reused where the file has them, else imported in its style."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass

from harden.errors import Refusal
from harden.module import Module

_LIMIT = 88
"""Longest import line that is extended by one more name; the most common limit of formatters."""


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Replace original lines `first`..`last` (1-based, inclusive) by `text`; `last` = `first` - 1 inserts."""

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class _New:
    module: str
    name: str

    @property
    def bound(self) -> str:
        return self.name or self.module.partition(".")[0]

    @property
    def code(self) -> str:
        return f"from {self.module} import {self.name}" if self.name else f"import {self.module}"


class Imports:
    """The imports of one file, and those that an edit adds."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._new: list[_New] = []
        self._statements: list[tuple[str, str]] = []
        self._header = _header(module.tree)

    def mark(self) -> tuple[int, int]:
        """Return a point that `reset` can go back to."""
        return len(self._new), len(self._statements)

    def reset(self, mark: tuple[int, int]) -> None:
        """Forget what was asked for since `mark`."""
        del self._new[mark[0] :], self._statements[mark[1] :]

    def name(self, module: str, name: str = "") -> str:
        """Return the expression for `module` or `module.name`. Raises Refusal when the name is taken."""
        if found := self._existing(module, name):
            return found
        for wanted in (_New(module, name), _New(module, "")):
            if wanted in self._new or not self._taken(wanted.bound):
                if wanted not in self._new:
                    self._new.append(wanted)
                return name if wanted.name else f"{module}.{name}".rstrip(".")
        raise Refusal(f"The name {name or module} already means something else in this file.")

    def add_statement(self, code: str, binds: str) -> None:
        """Put a statement after the imports, once. Raises Refusal when its name is taken."""
        if (code, binds) in self._statements:
            return
        if self._taken(binds):
            raise Refusal(f"The name {binds} already means something else in this file.")
        self._statements.append((code, binds))

    def _existing(self, module: str, name: str) -> str:
        for statement in self._top_imports():
            for alias in statement.names:
                if isinstance(statement, ast.ImportFrom):
                    origin = self.module.names.absolute(statement)
                    if name and origin == module and alias.name == name:
                        return alias.asname or name
                    if not name and f"{origin}.{alias.name}" == module:
                        return alias.asname or alias.name
                elif alias.name == module:
                    return ".".join(filter(None, (alias.asname or module, name)))
        return ""

    def _top_imports(self) -> list[ast.Import | ast.ImportFrom]:
        return [node for node in self.module.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]

    def _taken(self, name: str) -> bool:
        return any(name in scope.bindings for scope in self.module.names.scopes.values()) or any(
            name == bound for _, bound in self._statements
        )

    def edits(self) -> list[LineEdit]:
        """Return the edits of original lines that add what was asked for."""
        inserted: dict[int, list[str]] = {}
        extended: dict[int, LineEdit] = {}
        fresh: list[_New] = []
        for new in sorted(self._new, key=lambda new: (bool(new.name), new.module, new.name)):
            edit = self._extended(new, extended)
            if edit is not None:
                extended[edit.first] = edit
            else:
                fresh.append(new)
        if self._header:
            for new in fresh:
                line, text = self._placed(new)
                inserted.setdefault(line, []).append(text)
            self._add_statements(inserted, self._header[-1].end_lineno or 1)
        elif fresh or self._statements:
            line, before = self._start()
            ordered = sorted(fresh, key=lambda new: (self._section(new.module), bool(new.name), new.module))
            imports = "".join(new.code + self.newline for new in ordered)
            inserted[line] = [before + imports]
            if self._statements:
                self._add_statements(inserted, line)
            else:
                inserted[line].append(self._gap_after(line))
        insertions = [LineEdit(line + 1, line, "".join(texts)) for line, texts in inserted.items()]
        return [*extended.values(), *(edit for edit in insertions if edit.text)]

    @property
    def newline(self) -> str:
        """Return the file's line ending."""
        return self.module.source.newline

    def _add_statements(self, inserted: dict[int, list[str]], line: int) -> None:
        if self._statements:
            code = "".join(
                self.newline + code.replace("\n", self.newline) + self.newline for code, _ in self._statements
            )
            inserted.setdefault(line, []).append(code + self._gap_after(line))

    def _gap_after(self, line: int) -> str:
        """Return the blank lines missing between an insertion after `line` and what follows it."""
        following = self.module.lines[line:]
        blank = next((at for at, text in enumerate(following) if text.strip()), None)
        if blank is None:
            return ""
        definition = following[blank].startswith(("def ", "class ", "async def ", "@"))
        return self.newline * max(0, (2 if definition else 1) - blank)

    def _start(self) -> tuple[int, str]:
        """Return the line after which the first import of a file goes, and what separates it."""
        body = self.module.tree.body
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            if isinstance(body[0].value.value, str):
                return body[0].end_lineno or 1, self.newline
        first = body[0].lineno if body else 1
        line = 0
        for number, text in enumerate(self.module.lines[: first - 1], 1):
            if text.startswith("#!") or (number <= 2 and "coding" in text and text.startswith("#")):
                line = number
            elif not text.strip() and number > 1:
                line = number
                break
            elif not text.startswith("#"):
                break
        return line, ""

    def _section(self, module: str) -> int:
        top = module.partition(".")[0]
        if top == "__future__":
            return 0
        if top in sys.stdlib_module_names:
            return 1
        return 3 if not top or top in {name.partition(".")[0] for name in self.module.project.names} else 2

    def _origin(self, statement: ast.Import | ast.ImportFrom) -> str:
        if isinstance(statement, ast.Import):
            return statement.names[0].name
        return "." * statement.level + (statement.module or "")

    def _placed(self, new: _New) -> tuple[int, str]:
        """Return the line after which a new import goes, and its text with the blank lines it needs."""
        section = self._section(new.module)
        sections = [self._section(self._origin(statement)) for statement in self._header]
        same = [statement for statement, its in zip(self._header, sections, strict=True) if its == section]
        text = new.code + self.newline
        if same:
            return self._sorted_place(new, same), text
        gap = self.newline if self._grouped(sections) else ""
        lower = [statement for statement, its in zip(self._header, sections, strict=True) if its < section]
        if lower:
            return lower[-1].end_lineno or 1, gap + text
        return self._header[0].lineno - 1, text + gap

    def _sorted_place(self, new: _New, same: list[ast.Import | ast.ImportFrom]) -> int:
        def plain_first(statement: ast.Import | ast.ImportFrom) -> tuple[bool, str]:
            return isinstance(statement, ast.ImportFrom), self._origin(statement).lower()

        def mixed(statement: ast.Import | ast.ImportFrom) -> tuple[bool, str]:
            return False, self._origin(statement).lower()

        for key, mine in ((plain_first, (bool(new.name), new.module)), (mixed, (False, new.module))):
            keys = [key(statement) for statement in same]
            if keys == sorted(keys):
                before = [statement for statement in same if key(statement) < mine]
                return (before[-1].end_lineno or 1) if before else same[0].lineno - 1
        return same[-1].end_lineno or 1

    def _grouped(self, sections: list[int]) -> bool:
        """Tell whether the file parts its import sections by blank lines."""
        pairs = zip(self._header, self._header[1:], sections, sections[1:], strict=False)
        gaps = [b.lineno - (a.end_lineno or a.lineno) > 1 for a, b, left, right in pairs if left != right]
        return all(gaps)

    def _extended(self, new: _New, edited: dict[int, LineEdit]) -> LineEdit | None:
        """Return the edit that adds a name to an existing one-line `from` import, where that fits."""
        if not new.name:
            return None
        for statement in self._header:
            if (
                not isinstance(statement, ast.ImportFrom)
                or self.module.names.absolute(statement) != new.module
            ):
                continue
            line = (
                edited[statement.lineno].text
                if statement.lineno in edited
                else self.module.segment(statement)
            )
            whole = self.module.lines[statement.lineno - 1].rstrip()
            plain = not any(mark in line for mark in "(\\;\n*") and whole == self.module.segment(statement)
            if not plain:
                continue
            head, _, names = line.rstrip().partition(" import ")
            parts = [part.strip() for part in names.split(",")]
            parts = _inserted(parts, new.name)
            text = f"{head} import {', '.join(parts)}"
            if len(text) <= _LIMIT:
                return LineEdit(statement.lineno, statement.lineno, text + self.newline)
        return None


def _inserted(parts: list[str], name: str) -> list[str]:
    """Add a name to an import list: in isort's order if it is in that order, else at the end."""
    if parts != sorted(parts, key=_isort_key):
        return [*parts, name]
    return sorted([*parts, name], key=_isort_key)


def _isort_key(part: str) -> tuple[int, str]:
    name = part.partition(" ")[0]
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name.lower()


def _header(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    """Return the imports at the top of a file, up to the first statement that is no import."""
    found: list[ast.Import | ast.ImportFrom] = []
    for at, statement in enumerate(tree.body):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found.append(statement)
        elif not (at == 0 and isinstance(statement, ast.Expr)):
            break
    return found
