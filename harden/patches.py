"""A patch: file edits with one title, seen as hunks that a person can switch on and off."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from harden.differences import Block, changed_blocks
from harden.errors import Refusal
from harden.findings import Risk
from harden.syntax import tree_of

CONTEXT = 3
"""Unchanged lines shown around a change; changes closer than twice this share a hunk."""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """The whole content of one file before and after; `before` is None for a new file."""

    path: str
    before: bytes | None
    after: bytes


class Target(NamedTuple):
    """The lines of a mended finding before the patch, 1-based; `end_line` is included."""

    path: str
    line: int
    end_line: int


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
    blocks: tuple[Block, ...]
    supports: bool

    @property
    def header(self) -> str:
        """Return the `@@` line of a unified diff."""
        old = [row.old for row in self.rows if row.kind != "+"]
        new = [row.new for row in self.rows if row.kind != "-"]
        return f"@@ -{_range(old, self.blocks[0][0])} +{_range(new, self.blocks[0][2])} @@"

    def touches(self, target: Target) -> bool:
        """Tell whether the hunk shows a line of the target."""
        return self.path == target.path and any(
            target.line <= row.old <= target.end_line for row in self.rows
        )


@dataclass(frozen=True, slots=True)
class Patch:
    """Edits that are previewed, written, undone and committed together.

    `resolves` are the fingerprints of the findings it mends, `targets` where each stood before it.
    """

    check: str
    stage: str
    title: str
    risk: Risk
    edits: tuple[FileEdit, ...]
    resolves: tuple[str, ...]
    targets: tuple[Target, ...]
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return an identity made of what the patch does to which bytes."""
        digest = hashlib.blake2b(self.check.encode(), digest_size=8)
        for edit in self.edits:
            digest.update(b"\0".join((bytes_of(edit.path), edit.before or b"", edit.after)))
        return digest.hexdigest()

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the files it writes."""
        return tuple(edit.path for edit in self.edits)

    def hunks(self, context: int = CONTEXT) -> tuple[Hunk, ...]:
        """Return the hunks of all files, numbered from 0 in order."""
        found: list[Hunk] = []
        for edit in self.edits:
            for blocks, rows in _grouped(edit, context):
                hunk = Hunk(len(found), edit.path, rows, blocks, supports=False)
                supports = not any(map(hunk.touches, self.targets))
                found.append(replace(hunk, supports=supports))
        if all(hunk.supports for hunk in found):
            return tuple(replace(hunk, supports=False) for hunk in found)
        return tuple(found)

    def hunks_with(self, context: int | None) -> tuple[Hunk, ...]:
        """Return the patch's hunks for display, with so many unchanged lines around, None for all.

        They are those of `hunks()`, whatever the context: neighbours share the lines between them.
        """
        hunks = self.hunks()
        found: list[Hunk] = []
        for edit in self.edits:
            old, new = _lines(edit.before), _lines(edit.after)
            own = [hunk for hunk in hunks if hunk.path == edit.path]
            for hunk, before, after in zip(own, [None, *own], [*own[1:], None], strict=False):
                above, below = hunk.blocks[0][0], len(old) - hunk.blocks[-1][1]
                if before is not None:
                    gap = above - before.blocks[-1][1]
                    above = gap - gap // 2
                if after is not None:
                    below = (after.blocks[0][0] - hunk.blocks[-1][1]) // 2
                if context is not None:
                    above, below = min(above, context), min(below, context)
                found.append(replace(hunk, rows=tuple(_rows(hunk.blocks, old, new, above, below))))
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
        mended = {target.path for target in self.targets}
        others = {edit.path for edit in self.edits} - mended if mended else set()
        paths = {hunk.path for hunk in wanted} | others
        kept = [hunk for hunk in hunks if hunk.path in paths and (hunk.supports or hunk in wanted)]
        dropped = [hunk for hunk in hunks if not hunk.supports and hunk not in wanted]
        done = [
            (resolved, target)
            for resolved, target in zip(self.resolves, self.targets, strict=True)
            if any(hunk.touches(target) for hunk in wanted)
            and not any(hunk.touches(target) for hunk in dropped)
        ]
        left_out = {hunk.path for hunk in hunks} - {hunk.path for hunk in kept}
        return replace(
            self,
            edits=tuple(_partial(edit, kept) for edit in self.edits if edit.path in paths - left_out),
            resolves=tuple(resolved for resolved, _ in done),
            targets=tuple(target for _, target in done),
        )

    def diff(self, hunks: Sequence[Hunk] | None = None) -> str:
        """Return the patch as a unified diff that `git apply` accepts; encode it with `bytes_of`.

        `hunks` are shown in place of the patch's own, such as those with secrets masked.
        """
        hunks = self.hunks() if hunks is None else hunks
        parts: list[str] = []
        for edit in self.edits:
            own = [hunk for hunk in hunks if hunk.path == edit.path]
            parts.append(_diff_head(edit, is_empty=not own))
            for hunk in own:
                parts.append(hunk.header + "\n")
                parts += map(_diff_line, hunk.rows)
        return "".join(parts)


def text_of(data: bytes | None) -> str:
    """Decode for display and line work; every byte survives the way back with `bytes_of`."""
    return (data or b"").decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """Return the bytes that `text_of` decoded."""
    return text.encode("utf-8", "surrogateescape")


def _diff_head(edit: FileEdit, *, is_empty: bool) -> str:
    old, new = _quoted(f"a/{edit.path}"), _quoted(f"b/{edit.path}")
    if edit.before is None:
        start = f"diff --git {old.rstrip()} {new.rstrip()}\nnew file mode 100644\n"
        return start if is_empty else f"{start}--- /dev/null\n+++ {new}\n"
    return "" if is_empty else f"--- {old}\n+++ {new}\n"


def _quoted(name: str) -> str:
    """Write a name as git does: a tab ends one with spaces, quotes surround one with control characters."""
    if any(character in '"\\' or ord(character) < 32 for character in name):
        escaped = "".join(f"\\{c}" if c in '"\\' else f"\\{ord(c):03o}" if ord(c) < 32 else c for c in name)
        return f'"{escaped}"'
    return f"{name}\t" if " " in name else name


def _diff_line(row: Row) -> str:
    missing = "" if row.text.endswith("\n") else "\n\\ No newline at end of file\n"
    return f"{row.kind}{row.text}{missing}"


def _range(numbers: list[int], before: int) -> str:
    """Return the range of one side; an empty one names the line `before` it."""
    if len(numbers) == 1:
        return str(numbers[0])
    return f"{numbers[0]},{len(numbers)}" if numbers else f"{before},0"


def _lines(data: bytes | None) -> list[str]:
    r"""Split at `\n` only, as git does, keeping the endings."""
    *whole, rest = text_of(data).split("\n")
    return [line + "\n" for line in whole] + ([rest] if rest else [])


def _grouped(edit: FileEdit, context: int) -> Iterator[tuple[tuple[Block, ...], tuple[Row, ...]]]:
    old, new = _lines(edit.before), _lines(edit.after)
    group: list[Block] = []
    for block in changed_blocks(old, new):
        if group and block[0] - group[-1][1] > 2 * context:
            yield tuple(group), tuple(_rows(group, old, new, context, context))
            group = []
        group.append(block)
    if group:
        yield tuple(group), tuple(_rows(group, old, new, context, context))


def _rows(group: Sequence[Block], old: list[str], new: list[str], above: int, below: int) -> Iterator[Row]:
    at, at_new = max(0, group[0][0] - above), group[0][2] - min(above, group[0][0])
    for a, b, c, d in group:
        yield from (Row(" ", at + i + 1, at_new + i + 1, old[at + i]) for i in range(a - at))
        yield from (Row("-", i + 1, 0, old[i]) for i in range(a, b))
        yield from (Row("+", 0, i + 1, new[i]) for i in range(c, d))
        at, at_new = b, d
    end = min(len(old), at + below)
    yield from (Row(" ", at + i + 1, at_new + i + 1, old[at + i]) for i in range(end - at))


def _partial(edit: FileEdit, kept: Iterable[Hunk]) -> FileEdit:
    """Return an edit with some of its hunks. Raises Refusal when the result would not parse."""
    own = [hunk for hunk in kept if hunk.path == edit.path]
    data = _with_hunks(edit, own, keep_old=False)
    if edit.path.endswith(".py"):
        try:
            if _loses_import(edit.before or b"", data):
                data = _with_hunks(edit, own, keep_old=True)
            tree_of(data)
        except (SyntaxError, ValueError):
            raise Refusal("These hunks need each other: one alone would not parse.") from None
    return FileEdit(edit.path, edit.before, data)


def _with_hunks(edit: FileEdit, hunks: list[Hunk], *, keep_old: bool) -> bytes:
    """Put hunks in; with `keep_old` the supporting ones only add, so that no import is lost."""
    old, new = _lines(edit.before), _lines(edit.after)
    placed = [(block, hunk.supports and keep_old) for hunk in hunks for block in hunk.blocks]
    for (a, b, c, d), only_add in sorted(placed, reverse=True):
        old[b if only_add else a : b] = new[c:d]
    return bytes_of("".join(old))


def _loses_import(before: bytes, after: bytes) -> bool:
    """Tell whether a name that `before` imports is used, but no longer imported, in `after`."""
    tree = tree_of(after)
    lost = _imported(tree_of(before)) - _imported(tree)
    return bool(lost) and any(isinstance(node, ast.Name) and node.id in lost for node in ast.walk(tree))


def _imported(tree: ast.AST) -> set[str]:
    return {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
