"""Leave out of what is parsed the methods that an edit does not concern, and put them back afterwards."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from harden.errors import Refusal

_NAME = "_harden_left_out_{}_"


@dataclass(slots=True)
class Outline:
    """Some lines of a file with a name in the place of methods that were left out."""

    text: str
    numbers: list[int] = field(default_factory=list)
    """For each line of `text` its 1-based line in the file."""
    left_out: dict[str, str] = field(default_factory=dict)
    """The line that stands for some methods, and their code."""

    def line(self, line: int) -> int:
        """Return the line in the file of a 1-based line of `text`."""
        last = self.numbers[-1]
        return self.numbers[line - 1] if line <= len(self.numbers) else last + line - len(self.numbers)

    def filled(self, text: str) -> str:
        """Return an edited outline with what was left out. Raises Refusal where one has lost its place."""
        for stand_in, code in self.left_out.items():
            if text.count("\n" + stand_in) != 1:
                raise Refusal("The edit would change more than the finding; please report this.")
            text = text.replace(stand_in, code)
        return text


def outline(
    lines: Sequence[str], tree: ast.Module, extent: tuple[int, int], kept: Collection[int]
) -> Outline:
    """Return the lines from `extent`'s first to its last, without the methods that hold no line of `kept`."""
    first, last = extent
    statements = [node for node in tree.body if first <= node.lineno <= last]
    made = Outline("")
    parts: list[str] = []
    at = first
    for start, end in _runs(statements, frozenset(kept)):
        whole = "".join(lines[start - 1 : end])
        if "\f" in whole or "_harden_left_out_" in whole or whole.rstrip("\r\n").endswith("\\"):
            continue
        head, tail = lines[start - 1], lines[end - 1]
        indent, ending = head[: len(head) - len(head.lstrip())], tail[len(tail.rstrip("\r\n")) :]
        stand_in = indent + _NAME.format(len(made.left_out)) + ending
        made.left_out[stand_in] = whole
        parts += [*lines[at - 1 : start - 1], stand_in]
        made.numbers += range(at, start + 1)
        at = end + 1
    made.text = "".join([*parts, *lines[at - 1 : last]])
    made.numbers += range(at, last + 1)
    return made


def _runs(statements: Sequence[ast.stmt], kept: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last line of the runs of methods without a kept line, in order."""
    for statement in statements:
        if not isinstance(statement, ast.ClassDef) or _own_lines(statement) & kept:
            continue
        run: list[tuple[int, int]] = []
        for member in statement.body:
            extent = (_first(member), member.end_lineno or member.lineno)
            is_method = isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_method and not any(extent[0] <= line <= extent[1] for line in kept):
                run.append(extent)
                continue
            if run:
                yield run[0][0], run[-1][1]
                run = []
            yield from _runs([member], kept)
        if run:
            yield run[0][0], run[-1][1]


def _own_lines(class_: ast.ClassDef) -> set[int]:
    """Return the lines of a class outside of its methods and classes."""
    own = set(range(_first(class_), (class_.end_lineno or class_.lineno) + 1))
    for inner in class_.body:
        if isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            own.difference_update(range(_first(inner), (inner.end_lineno or inner.lineno) + 1))
    return own


def _first(statement: ast.stmt) -> int:
    """Return the first line of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])
