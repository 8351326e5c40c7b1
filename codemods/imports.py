"""Names from other modules for a codemod: reused where the file has them, else imported in its style."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harden.errors import Refusal
from harden.findings import Span
from harden.module import Module
from harden.names import Scope

_LIMIT = 88
"""Longest import line that is extended by one more name; the most common limit of formatters."""
_DEFINITIONS = ("def ", "class ", "async def ", "@")
_BLOCK = re.compile(r"from [\w.]+ import \((?:\r\n?|\n)(?:[ \t]+\w+(?: as \w+)?,(?:\r\n?|\n))+\)")
"""A `from` import with one name a line and a trailing comma, as formatters write it."""

ImportStatement = ast.Import | ast.ImportFrom


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
    def path(self) -> str:
        """The dotted path that the bound name stands for."""
        return f"{self.module}.{self.name}" if self.name else self.bound

    @property
    def code(self) -> str:
        return f"from {self.module} import {self.name}" if self.name else f"import {self.module}"


@dataclass(frozen=True, slots=True)
class _Place:
    """A new import after `line`; `before` and `after` are the blank lines that its section needs."""

    line: int
    section: int
    before: str = ""
    after: str = ""


class Imports:
    """The imports of one file, and those that an edit adds."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._new: list[_New] = []
        self._statements: list[tuple[str, str]] = []
        self._earliest: int | None = None
        self._header = _header(module.tree)

    def mark(self) -> tuple[int, int]:
        """Return a point that `reset` can go back to."""
        return len(self._new), len(self._statements)

    def reset(self, mark: tuple[int, int]) -> None:
        """Forget what was asked for since `mark`."""
        del self._new[mark[0] :], self._statements[mark[1] :]

    def name(self, module: str, name: str = "", at: Span | None = None) -> str:
        """Return the expression for `module` or `module.name` at a place, importing it if need be.

        Raises Refusal when the name means something else in this file or around the place.
        """
        if found := self._existing(module, name, at):
            return found
        if self.is_optional(module):
            raise Refusal(f"{module.partition('.')[0]} is imported only where it may be missing.")
        for wanted in (_New(module, name), _New(module, "")):
            if not self._taken(wanted.bound, wanted.path, at):
                self._add(wanted, at)
                return name if wanted.name else f"{module}.{name}".rstrip(".")
        raise Refusal(f"The name {name or module} already means something else in this file.")

    def add_statement(self, code: str, binds: str, at: Span | None = None) -> None:
        """Put a statement after the imports, once. Raises Refusal when its name is taken."""
        known = (code, binds) in self._statements
        if self._taken(binds, "" if not known else binds, at):
            raise Refusal(f"The name {binds} already means something else in this file.")
        if not known:
            self._statements.append((code, binds))
        self._must_precede(at)

    def is_optional(self, module: str) -> bool:
        """Tell whether the file imports a third-party package, but never plainly at its top."""
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or not self.module.imports(top):
            return False
        plain = (node for node in self.module.tree.body if isinstance(node, ImportStatement))
        return all(top not in self._packages(node) for node in plain)

    def _packages(self, statement: ImportStatement) -> set[str]:
        if isinstance(statement, ast.ImportFrom):
            return {self.module.names.absolute(statement).partition(".")[0]}
        return {alias.name.partition(".")[0] for alias in statement.names}

    def _add(self, wanted: _New, at: Span | None) -> None:
        if wanted not in self._new:
            self._new.append(wanted)
        self._must_precede(at)

    def _must_precede(self, at: Span | None) -> None:
        """Remember a use that runs while the file is imported, so that what it needs stands above it."""
        if at is not None and not any(isinstance(s.node, _LATER) for s in self._around(at)):
            self._earliest = min(at.line, self._earliest or at.line)

    def _existing(self, module: str, name: str, at: Span | None) -> str:
        for statement, local in self._usable_imports(at):
            for alias in statement.names:
                found = self._match(statement, alias, module, name)
                if found and (local or self._only_imported(found.partition(".")[0], at)):
                    return found
        return ""

    def _match(self, statement: ImportStatement, alias: ast.alias, module: str, name: str) -> str:
        if isinstance(statement, ast.ImportFrom):
            origin = self.module.names.absolute(statement)
            if name and origin == module and alias.name == name:
                return alias.asname or name
            if f"{origin}.{alias.name}" == module:
                return ".".join(filter(None, (alias.asname or alias.name, name)))
        elif alias.name == module or (not alias.asname and alias.name.startswith(module + ".")):
            return ".".join(filter(None, (alias.asname or module, name)))
        return ""

    def _usable_imports(self, at: Span | None) -> Iterator[tuple[ImportStatement, bool]]:
        """Yield the imports that have surely run when `at` runs, and whether each is local to a function."""
        later = at is None or any(isinstance(scope.node, _LATER) for scope in self._around(at))
        for node in self.module.tree.body:
            if isinstance(node, ImportStatement) and (later or (at is not None and node.lineno < at.line)):
                yield node, False
        for scope in self._around(at) if at is not None else ():
            if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in scope.node.body:
                if not isinstance(node, ImportStatement) or at is None or node.lineno >= at.line:
                    continue
                if self._nearest_binder(node.names[0], at) is scope:
                    yield node, True

    def _nearest_binder(self, alias: ast.alias, at: Span) -> Scope | None:
        bound = (alias.asname or alias.name).partition(".")[0]
        return next((scope for scope in self._around(at) if bound in scope.bindings), None)

    def _around(self, at: Span) -> list[Scope]:
        """Return the scopes whose names are seen at a place, innermost first, without the module's."""
        found = []
        for scope in self.module.names.scopes.values():
            if isinstance(scope.node, ast.Module):
                continue
            span = self.module.span(scope.node)
            if (span.line, span.column) <= (at.line, at.column) < (span.end_line, span.end_column):
                found.append(((span.line, span.column), scope))
        found.sort(key=lambda pair: pair[0], reverse=True)
        return [scope for at, (_, scope) in enumerate(found) if not at or not _is_class(scope)]

    def _only_imported(self, name: str, at: Span | None) -> bool:
        """Tell whether a name of the module is bound by nothing but imports, and not hidden at a place."""
        bound = self.module.names.scopes[self.module.tree].bindings.get(name, [])
        hidden = at is not None and any(name in scope.bindings for scope in self._around(at))
        return not hidden and all(isinstance(node, ast.alias) for node in bound)

    def _taken(self, name: str, path: str, at: Span | None) -> bool:
        """Tell whether a name means something else than `path` in the module or around a place."""
        if any(new.bound == name and new.path != path for new in self._new):
            return True
        if any(name == bound and path != bound for _, bound in self._statements):
            return True
        scopes = self.module.names.scopes
        inner = (
            self._around(at)
            if at is not None
            else [s for n, s in scopes.items() if n is not self.module.tree]
        )
        if any(
            at is not None
            or not self._is_same(node, path)  # at the top, the same import elsewhere is no harm
            for scope in inner
            for node in scope.bindings.get(name, ())
        ):
            return True
        return any(
            not self._is_same(node, path) for node in scopes[self.module.tree].bindings.get(name, [])
        ) or self._is_starred(name)

    def _is_same(self, node: ast.AST, path: str) -> bool:
        """Tell whether a binding is an import of `path` that another import of it does not disturb."""
        if not isinstance(node, ast.alias):
            return False
        statement = self.module.parents[node]
        if not isinstance(statement, ImportStatement):
            return False
        guarded = any(isinstance(outer, ast.Try) for outer in self.module.ancestors(node))
        if guarded and path.partition(".")[0] not in sys.stdlib_module_names:
            return False  # an optional dependency must stay optional
        if isinstance(statement, ast.ImportFrom):
            return f"{self.module.names.absolute(statement)}.{node.name}" == path
        return (node.name if node.asname else node.name.partition(".")[0]) == path

    def _is_starred(self, name: str) -> bool:
        """Tell whether a name is used that only a star import can have brought."""
        starred = any(alias.name == "*" for node in self.module.nodes(ast.ImportFrom) for alias in node.names)
        return starred and any(
            node.id == name and self.module.names.lookup(node) is None for node in self.module.nodes(ast.Name)
        )

    def edits(self) -> list[LineEdit]:
        """Return the edits of original lines that add what was asked for. Raises Refusal."""
        extended: dict[int, LineEdit] = {}
        fresh: list[_New] = []
        for new in sorted(self._new, key=lambda new: (bool(new.name), new.module, new.name)):
            edit = self._extended(new, extended)
            if edit is not None:
                extended[edit.first] = edit
            else:
                fresh.append(new)
        inserted = self._into_header(fresh) if self._header else self._at_start(fresh)
        insertions = [LineEdit(line + 1, line, text) for line, text in inserted.items() if text]
        lowest = max([edit.first for edit in (*extended.values(), *insertions)], default=0)
        if self._earliest is not None and lowest > self._earliest:
            raise Refusal("What the edit needs would only be imported after this line.")
        return [*extended.values(), *insertions]

    @property
    def newline(self) -> str:
        """Return the file's line ending."""
        return self.module.source.newline

    def _into_header(self, fresh: list[_New]) -> dict[int, str]:
        """Return the text to insert after lines of a file that begins with imports."""
        places: dict[_Place, list[str]] = {}
        for new in fresh:
            places.setdefault(self._placed(new), []).append(new.code + self.newline)
        inserted: dict[int, str] = {}
        for place in sorted(places, key=lambda place: (place.line, place.section)):
            text = place.before + "".join(places[place]) + place.after
            inserted[place.line] = inserted.get(place.line, "") + text
        if self._statements:
            line = self._settled(_zone_end(self.module.tree, self._header[-1]))
            inserted[line] = inserted.get(line, "") + self.newline + self._code() + self._gap_after(line)
        return {line: self._ended(line) + text for line, text in inserted.items()}

    def _at_start(self, fresh: list[_New]) -> dict[int, str]:
        """Return the text to insert into a file that has no imports at its top."""
        if not fresh and not self._statements:
            return {}
        line, before = self._start()
        parts: list[str] = []
        for section in range(4):
            mine = [new.code + self.newline for new in fresh if self._section(new.module) == section]
            parts += ["".join(mine)] if mine else []
        parts += [self._code()] if self._statements else []
        return {line: self._ended(line) + before + self.newline.join(parts) + self._gap_after(line)}

    def _code(self) -> str:
        """Return the statements to add, parted by blank lines."""
        return self.newline.join(
            code.replace("\n", self.newline) + self.newline for code, _ in self._statements
        )

    def _ended(self, line: int) -> str:
        """Return the line ending that is missing at the end of `line`."""
        unended = line and not self.module.lines[line - 1].endswith(("\n", "\r"))
        return self.newline if unended else ""

    def _gap_after(self, line: int) -> str:
        """Return the blank lines missing between an insertion after `line` and what follows it."""
        following = self.module.lines[line:]
        blank = next((at for at, text in enumerate(following) if text.strip()), None)
        if blank is None:
            return ""
        code = next((text for text in following if text.strip() and not text.startswith("#")), "")
        added = self._statements[-1][0].lstrip("\n") if self._statements else ""
        definition = code.startswith(_DEFINITIONS) or added.startswith(_DEFINITIONS)
        return self.newline * max(0, (2 if definition else 1) - blank)

    def _start(self) -> tuple[int, str]:
        """Return the line after which the first import of a file goes, and what separates it."""
        body = self.module.tree.body
        if body and _is_docstring(body[0]):
            if len(body) > 1 and body[1].lineno == body[0].end_lineno:
                raise Refusal("The file's docstring shares its line with code.")
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

    def _settled(self, line: int) -> int:
        """Return the first line from `line` on that does not continue on the next one."""
        while self.module.lines[line - 1].rstrip("\r\n").endswith("\\") and line < len(self.module.lines):
            line += 1
        return line

    def _section(self, module: str) -> int:
        top = module.partition(".")[0]
        if top == "__future__":
            return 0
        if top in sys.stdlib_module_names:
            return 1
        project = self.module.project
        is_own = project.located(top, self.module.path) != top or top in project.tops
        return 3 if not top or is_own else 2

    def _origin(self, statement: ImportStatement) -> str:
        if isinstance(statement, ast.Import):
            return statement.names[0].name
        return "." * statement.level + (statement.module or "")

    def _placed(self, new: _New) -> _Place:
        """Return where a new import goes: sorted into its section, or as a section of its own."""
        section = self._section(new.module)
        sections = [self._section(self._origin(statement)) for statement in self._header]
        pairs = list(zip(self._header, sections, strict=True))
        if same := [statement for statement, its in pairs if its == section]:
            return _Place(self._sorted_place(new, same), section)
        gap = self.newline if self._grouped(sections) else ""
        if lower := [statement for statement, its in pairs if its < section]:
            return _Place(self._settled(lower[-1].end_lineno or 1), section, before=gap)
        return _Place(self._above_comments(self._header[0].lineno - 1), section, after=gap)

    def _above_comments(self, line: int) -> int:
        """Return the line before the comments that belong to the import after `line`."""
        top = line
        while top and self.module.lines[top - 1].startswith("#"):
            top -= 1
        return top if top else line  # a comment at the very top is the file's, not the import's

    def _sorted_place(self, new: _New, same: list[ImportStatement]) -> int:
        def plain_first(statement: ImportStatement) -> tuple[bool, str]:
            return isinstance(statement, ast.ImportFrom), self._origin(statement).lower()

        def mixed(statement: ImportStatement) -> tuple[bool, str]:
            return False, self._origin(statement).lower()

        mine = new.module.lower()
        for key, here in ((plain_first, (bool(new.name), mine)), (mixed, (False, mine))):
            keys = [key(statement) for statement in same]
            if keys == sorted(keys):
                before = [s for s in same if key(s) < here or (new.name and key(s) == here)]
                if not before:
                    return same[0].lineno - 1
                return self._settled(before[-1].end_lineno or 1)
        return self._settled(same[-1].end_lineno or 1)

    def _grouped(self, sections: list[int]) -> bool:
        """Tell whether the file parts its import sections by blank lines."""
        pairs = zip(self._header, self._header[1:], sections, sections[1:], strict=False)
        gaps = [b.lineno - (a.end_lineno or a.lineno) > 1 for a, b, left, right in pairs if left != right]
        return all(gaps)

    def _extended(self, new: _New, edited: dict[int, LineEdit]) -> LineEdit | None:
        """Return the edit that adds a name to an existing `from` import, where that fits."""
        if not new.name:
            return None
        for statement in self._header:
            if (
                not isinstance(statement, ast.ImportFrom)
                or self.module.names.absolute(statement) != new.module
                or all(alias.asname for alias in statement.names)  # sorters keep these apart
            ):
                continue
            first, last = statement.lineno, statement.end_lineno or statement.lineno
            whole = "".join(self.module.lines[first - 1 : last]).rstrip()
            if whole != self.module.segment(statement):
                continue
            now = edited[first].text if first in edited else whole
            if text := _with_name(now.rstrip(), new.name, self.newline):
                return LineEdit(first, last, text + self.newline)
        return None


_LATER = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
"""Scopes whose code runs after the file was imported."""


def _is_class(scope: Scope) -> bool:
    return isinstance(scope.node, ast.ClassDef)


def _with_name(text: str, name: str, newline: str) -> str:
    """Return a `from` import with one more name, or an empty string where that would spoil its layout."""
    if _BLOCK.fullmatch(text):
        head, *lines, end = text.split(newline)
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
        names = _inserted([line.strip().rstrip(",") for line in lines], name)
        return newline.join([head, *(f"{indent}{part}," for part in names), end])
    if any(mark in text for mark in "(\\;*\r\n#"):
        return ""
    head, _, names_text = text.partition(" import ")
    parts = _inserted([part.strip() for part in names_text.split(",")], name)
    text = f"{head} import {', '.join(parts)}"
    return text if len(text) <= _LIMIT else ""


def _inserted(parts: list[str], name: str) -> list[str]:
    """Add a name to an import list: in isort's or plain order if it is in that order, else at the end."""
    keys: tuple[Callable[[str], tuple[int, str]], ...] = (_isort_key, _plain_key)
    for key in keys:
        if parts == sorted(parts, key=key):
            return sorted([*parts, name], key=key)
    return [*parts, name]


def _isort_key(part: str) -> tuple[int, str]:
    name = part.partition(" ")[0]
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name.lower()


def _plain_key(part: str) -> tuple[int, str]:
    return 0, part.partition(" ")[0].lower()


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _header(tree: ast.Module) -> list[ImportStatement]:
    """Return the imports at the top of a file, up to the first statement that is something else.

    An import that shares a line with other code is not among them: nothing can be put between the two.
    """
    found: list[ImportStatement] = []
    for at, statement in enumerate(tree.body):
        if isinstance(statement, ImportStatement):
            found.append(statement)
        elif not (at == 0 and _is_docstring(statement)) and not _is_dunder(statement):
            while found and found[-1].end_lineno == statement.lineno:
                found.pop()
            break
    return found


def _is_dunder(statement: ast.stmt) -> bool:
    """Tell whether a statement is `__all__ = …` or the like, which may stand among the imports."""
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id.startswith("__")
        and isinstance(statement.value, ast.Constant | ast.List | ast.Tuple)
    )


def _zone_end(tree: ast.Module, last: ImportStatement) -> int:
    """Return the last line of the imports that follow the header with only guards between them."""
    end = last.end_lineno or last.lineno
    for statement in tree.body[tree.body.index(last) + 1 :]:
        if isinstance(statement, ImportStatement) or _guards_imports(statement):
            end = statement.end_lineno or end
        else:
            break
    return end


def _guards_imports(statement: ast.stmt) -> bool:
    """Tell whether a `try` or `if` holds imports, and besides them only names as stand-ins."""
    if not isinstance(statement, ast.Try | ast.If):
        return False
    inner = [*statement.body, *statement.orelse, *getattr(statement, "finalbody", [])]
    inner += [child for handler in getattr(statement, "handlers", []) for child in handler.body]
    allowed = ast.Import | ast.ImportFrom | ast.Assign | ast.Pass
    return any(isinstance(child, ImportStatement) for child in inner) and all(
        isinstance(child, allowed) or _guards_imports(child) for child in inner
    )
