"""A patch: file edits with one title, seen as hunks that a person can switch on and off."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from harden.errors import Refusal
from harden.findings import Risk
from harden.module import split_lines

CONTEXT = 3
"""Unchanged lines shown around a change; changes closer than twice this share a hunk."""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """The whole content of one file before and after; `before` is None for a new file."""

    path: str
    before: bytes | None
    after: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a hunk: kind is ` `, `-` or `+`; numbers are 1-based, 0 where the side has no such line."""

    kind: str
    old: int
    new: int
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Neighbouring changes in one file.

    `supports` marks a hunk that fixes nothing itself but is needed by the others (an import).
    """

    index: int
    path: str
    rows: tuple[Row, ...]
    blocks: tuple[tuple[int, int, int, int], ...]
    supports: bool

    @property
    def header(self) -> str:
        """Return the `@@` line of a unified diff."""
        old = [row for row in self.rows if row.kind != "+"]
        new = [row for row in self.rows if row.kind != "-"]
        return f"@@ -{_range([r.old for r in old])} +{_range([r.new for r in new])} @@"


@dataclass(frozen=True, slots=True)
class Patch:
    """Edits that are previewed, written, undone and committed together.

    `resolves` are the fingerprints of the findings it mends, `targets` their (path, line) before it.
    """

    check: str
    stage: str
    title: str
    risk: Risk
    edits: tuple[FileEdit, ...]
    resolves: tuple[str, ...]
    targets: tuple[tuple[str, int], ...]
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return an identity made of what the patch does to which bytes."""
        digest = hashlib.blake2b(self.check.encode(), digest_size=8)
        for edit in self.edits:
            digest.update(edit.path.encode() + b"\0" + (edit.before or b"") + b"\0" + edit.after)
        return digest.hexdigest()

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the files it writes."""
        return tuple(edit.path for edit in self.edits)

    def hunks(self, context: int = CONTEXT) -> tuple[Hunk, ...]:
        """Return the hunks of all files, numbered from 0 in order."""
        found: list[Hunk] = []
        for edit in self.edits:
            lines = {line for path, line in self.targets if path == edit.path}
            for blocks, rows in _grouped(edit, context):
                touched = {row.old for row in rows}
                supports = not any(line in touched for line in lines)
                found.append(Hunk(len(found), edit.path, rows, blocks, supports))
        if all(hunk.supports for hunk in found):
            return tuple(replace(hunk, supports=False) for hunk in found)
        return tuple(found)

    def select(self, chosen: Collection[int], context: int = CONTEXT) -> Patch:
        """Return the patch with only the chosen hunks; supporting hunks stay while any other does.

        Raises Refusal when nothing is chosen or the rest would not parse.
        """
        hunks = self.hunks(context)
        wanted = [hunk for hunk in hunks if hunk.index in chosen and not hunk.supports]
        if not wanted:
            raise Refusal("No hunk is selected.")
        if len(wanted) == sum(not hunk.supports for hunk in hunks):
            return self
        kept = [*wanted, *(hunk for hunk in hunks if hunk.supports)]
        edits = tuple(
            FileEdit(
                edit.path,
                edit.before,
                _with_blocks(edit, [b for h in kept if h.path == edit.path for b in h.blocks]),
            )
            for edit in self.edits
            if any(hunk.path == edit.path for hunk in kept)
        )
        for edit in edits:
            if edit.path.endswith(".py"):
                try:
                    ast.parse(edit.after)
                except (SyntaxError, ValueError):
                    raise Refusal("These hunks need each other: one alone would not parse.") from None
        done = {(hunk.path, row.old) for hunk in wanted for row in hunk.rows}
        pairs = list(zip(self.resolves, self.targets, strict=False))
        return replace(
            self,
            edits=edits,
            resolves=tuple(print_ for print_, target in pairs if target in done),
            targets=tuple(target for _, target in pairs if target in done),
        )

    def diff(self, context: int = CONTEXT) -> str:
        """Return the patch as a unified diff that `git apply` accepts."""
        parts: list[str] = []
        before = {edit.path: edit.before for edit in self.edits}
        shown = ""
        for hunk in self.hunks(context):
            if hunk.path != shown:
                shown = hunk.path
                parts.append(
                    f"--- {'a/' + shown if before[shown] is not None else '/dev/null'}\n+++ b/{shown}\n"
                )
            parts.append(hunk.header + "\n")
            parts += [_diff_line(row) for row in hunk.rows]
        return "".join(parts)


def _diff_line(row: Row) -> str:
    return (
        f"{row.kind}{row.text}"
        if row.text.endswith(("\n", "\r"))
        else f"{row.kind}{row.text}\n\\ No newline at end of file\n"
    )


def text_of(data: bytes | None) -> str:
    """Decode for display and line work; every byte survives the way back with `bytes_of`."""
    return (data or b"").decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """Return the bytes that `text_of` decoded."""
    return text.encode("utf-8", "surrogateescape")


def changed_blocks(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Return the (old start, old end, new start, new end) of every changed run of lines, 0-based."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    matcher = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False)
    return [
        (a + head, b + head, c + head, d + head)
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]


def _grouped(
    edit: FileEdit, context: int
) -> Iterator[tuple[tuple[tuple[int, int, int, int], ...], tuple[Row, ...]]]:
    old, new = split_lines(text_of(edit.before)), split_lines(text_of(edit.after))
    group: list[tuple[int, int, int, int]] = []
    for block in changed_blocks(old, new):
        if group and block[0] - group[-1][1] > 2 * context:
            yield tuple(group), tuple(_rows(group, old, new, context))
            group = []
        group.append(block)
    if group:
        yield tuple(group), tuple(_rows(group, old, new, context))


def _rows(
    group: list[tuple[int, int, int, int]], old: list[str], new: list[str], context: int
) -> Iterator[Row]:
    at, at_new = max(0, group[0][0] - context), group[0][2] - min(context, group[0][0])
    for a, b, c, d in group:
        yield from (Row(" ", at + i + 1, at_new + i + 1, old[at + i]) for i in range(a - at))
        yield from (Row("-", i + 1, 0, old[i]) for i in range(a, b))
        yield from (Row("+", 0, i + 1, new[i]) for i in range(c, d))
        at, at_new = b, d
    end = min(len(old), at + context)
    yield from (Row(" ", at + i + 1, at_new + i + 1, old[at + i]) for i in range(end - at))


def _with_blocks(edit: FileEdit, blocks: Iterable[tuple[int, int, int, int]]) -> bytes:
    old, new = split_lines(text_of(edit.before)), split_lines(text_of(edit.after))
    for a, b, c, d in sorted(blocks, reverse=True):
        old[a:b] = new[c:d]
    return bytes_of("".join(old))


def _range(numbers: list[int]) -> str:
    if not numbers:
        return "0,0"
    return f"{numbers[0]},{len(numbers)}" if len(numbers) != 1 else str(numbers[0])
