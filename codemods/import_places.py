"""Where new imports and new top-level statements go in one file, and the blank lines around them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harden.codemods.import_header import header, is_docstring, zone_end
from harden.codemods.import_lines import ImportStatement, LineEdit, NewImport, with_name
from harden.errors import Refusal
from harden.module import Module

_DEFINITIONS = ("def ", "class ", "async def ", "@")
_Key = Callable[[ImportStatement], tuple[bool, str]]


@dataclass(frozen=True, slots=True)
class _Place:
    """A new import after `line`; `before` and `after` are the blank lines that its section needs."""

    line: int
    section: int
    before: str = ""
    after: str = ""


class Places:
    """The imports at the top of one file, and what fits between and below them."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._header = header(module.tree)
        self._sections = [self._section(_origin(statement)) for statement in self._header]

    def edits(
        self, new: Collection[NewImport], statements: Sequence[str], needed: Collection[str]
    ) -> list[LineEdit]:
        """Return the edits of original lines that add imports, and statements that use the names `needed`."""
        extended: dict[int, LineEdit] = {}
        fresh: list[NewImport] = []
        for wanted in sorted(new, key=lambda wanted: (bool(wanted.name), wanted.module, wanted.name)):
            edit = self._extended(wanted, extended)
            if edit is not None:
                extended[edit.first] = edit
            else:
                fresh.append(wanted)
        below = self._below(needed) if statements else 0
        if self._header or below:
            inserted = self._into_header(fresh, statements, below)
        else:
            inserted = self._at_start(fresh, statements)
        return [*extended.values(), *(LineEdit(at + 1, at, text) for at, text in inserted.items() if text)]

    @property
    def newline(self) -> str:
        """Return the file's line ending."""
        return self.module.source.newline

    def _below(self, needed: Collection[str]) -> int:
        """Return the line below which top-level statements stand, 0 at the start of a file."""
        tree = self.module.tree
        line = zone_end(self.module, self._header[-1]) if self._header else 0
        bindings = self.module.names.scopes[tree].bindings
        for name in needed:
            if name in bindings:
                first = min(self._top(node).end_lineno or 1 for node in bindings[name])
                line = max(line, first)
        return self._settled(line) if line else 0

    def _top(self, node: ast.AST) -> ast.stmt:
        """Return the top-level statement around a node."""
        around = [node, *self.module.ancestors(node)]
        return next(outer for outer in around if outer in self.module.tree.body)

    def _into_header(
        self, fresh: Sequence[NewImport], statements: Sequence[str], below: int
    ) -> dict[int, str]:
        """Return the text to insert after lines of a file that begins with imports."""
        if fresh and not self._header:
            inserted = self._at_start(fresh, ())
        else:
            places: dict[_Place, list[str]] = {}
            for new in fresh:
                places.setdefault(self._placed(new), []).append(new.code + self.newline)
            inserted = {}
            for place in sorted(places, key=lambda place: (place.line, place.section)):
                text = place.before + "".join(places[place]) + place.after
                inserted[place.line] = inserted.get(place.line, "") + text
            inserted = {line: self._ended(line) + text for line, text in inserted.items()}
        if statements:
            text = self.newline + self._code(statements) + self._gap_after(below, statements)
            inserted[below] = inserted.get(below, self._ended(below)) + text
        return inserted

    def _at_start(self, fresh: Sequence[NewImport], statements: Sequence[str]) -> dict[int, str]:
        """Return the text to insert into a file that has no imports at its top."""
        if not fresh and not statements:
            return {}
        line, before = self._start()
        parts: list[str] = []
        for section in range(4):
            mine = [new.code + self.newline for new in fresh if self._section(new.module) == section]
            parts += ["".join(mine)] if mine else []
        parts += [self._code(statements)] if statements else []
        gap = self._gap_after(line, statements)
        return {line: self._ended(line) + before + self.newline.join(parts) + gap}

    def _code(self, statements: Sequence[str]) -> str:
        """Return the statements to add, parted by blank lines."""
        return self.newline.join(code.replace("\n", self.newline) + self.newline for code in statements)

    def _ended(self, line: int) -> str:
        """Return the line ending that is missing at the end of `line`."""
        unended = line and not self.module.lines[line - 1].endswith(("\n", "\r"))
        return self.newline if unended else ""

    def _gap_after(self, line: int, statements: Sequence[str]) -> str:
        """Return the blank lines missing between an insertion after `line` and what follows it."""
        following = self.module.lines[line:]
        blank = next((at for at, text in enumerate(following) if text.strip()), None)
        if blank is None:
            return ""
        code = next((text for text in following if text.strip() and not text.startswith("#")), "")
        added = statements[-1].lstrip("\n") if statements else ""
        definition = code.startswith(_DEFINITIONS) or added.startswith(_DEFINITIONS)
        return self.newline * max(0, (2 if definition else 1) - blank)

    def _start(self) -> tuple[int, str]:
        """Return the line after which the first import of a file goes, and what separates it."""
        body = self.module.tree.body
        if body and is_docstring(body[0]):
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

    def _placed(self, new: NewImport) -> _Place:
        """Return where a new import goes: sorted into its section, or as a section of its own."""
        section = self._section(new.module)
        pairs = list(zip(self._header, self._sections, strict=True))
        if self._is_one_block():
            return _Place(self._sorted_place(new, [s for s, its in pairs if its or not section]), section)
        if same := [statement for statement, its in pairs if its == section]:
            return _Place(self._sorted_place(new, same), section)
        gap = self.newline if self._is_grouped() else ""
        if lower := [statement for statement, its in pairs if its < section]:
            return _Place(self._settled(lower[-1].end_lineno or 1), section, before=gap)
        return _Place(self._above(self._header[0]), section, after=gap)

    def _is_one_block(self) -> bool:
        """Tell whether the file sorts all its imports as one, whatever section they are of."""
        named = [statement for statement, its in zip(self._header, self._sections, strict=True) if its]
        sections = [its for its in self._sections if its]
        if sections == sorted(sections):
            return False
        gaps = any(b.lineno - (a.end_lineno or a.lineno) > 1 for a, b in pairwise(named))
        return not gaps and any(_is_sorted(named, key) for key in (_plain_first, _by_name))

    def _above(self, statement: ImportStatement) -> int:
        """Return the line before an import and the comments that belong to it."""
        line = top = statement.lineno - 1
        while top and self.module.lines[top - 1].startswith("#"):
            top -= 1
        return top if top else line  # a comment at the very top is the file's, not the import's

    def _sorted_place(self, new: NewImport, same: Sequence[ImportStatement]) -> int:
        """Return the line after which a new import stands in the order that a section has."""
        mine = new.module.lower()
        for key, here in ((_plain_first, (bool(new.name), mine)), (_by_name, (False, mine))):
            if _is_sorted(same, key):
                return self._among(same, key, here, is_from=bool(new.name))
        alike = [statement for statement in same if isinstance(statement, ast.ImportFrom) == bool(new.name)]
        if not alike:  # `import x` stands above `from x import y`
            return self._settled(same[-1].end_lineno or 1) if new.name else self._above(same[0])
        if _is_sorted(alike, _by_name):
            return self._among(alike, _by_name, (False, mine), is_from=bool(new.name))
        return self._settled(alike[-1].end_lineno or 1)

    def _among(
        self, same: Sequence[ImportStatement], key: _Key, here: tuple[bool, str], *, is_from: bool
    ) -> int:
        before = [s for s in same if key(s) < here or (is_from and key(s) == here)]
        return self._settled(before[-1].end_lineno or 1) if before else self._above(same[0])

    def _is_grouped(self) -> bool:
        """Tell whether the file parts its import sections by blank lines."""
        pairs = zip(self._header, self._header[1:], self._sections, self._sections[1:], strict=False)
        return all(b.lineno - (a.end_lineno or a.lineno) > 1 for a, b, left, right in pairs if left != right)

    def _extended(self, new: NewImport, edited: dict[int, LineEdit]) -> LineEdit | None:
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
            if text := with_name(now.rstrip(), new.name, self.newline):
                return LineEdit(first, last, text + self.newline)
        return None


def _origin(statement: ImportStatement) -> str:
    if isinstance(statement, ast.Import):
        return statement.names[0].name
    return "." * statement.level + (statement.module or "")


def _plain_first(statement: ImportStatement) -> tuple[bool, str]:
    return isinstance(statement, ast.ImportFrom), _origin(statement).lower()


def _by_name(statement: ImportStatement) -> tuple[bool, str]:
    return False, _origin(statement).lower()


def _is_sorted(statements: Sequence[ImportStatement], key: _Key) -> bool:
    keys = [key(statement) for statement in statements]
    return keys == sorted(keys)
