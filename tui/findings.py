"""The list of findings: a tree of checks and places that keeps its cursor while results arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from harden.tui import keys
from harden.tui.rows import EntryRow, FindingRow, Group, Heading, Item, QuestionRow, Row, StageRow, keys_of

_ARROW = 2
"""Columns that fold a group when they are clicked."""
_MARKS = {"yes": "y", "no": "n", "not applicable": "0"}
_GLYPHS = {"open": "●", "applied": "+", "ignored": "-", "gone": " "}
_WORDS = {"fix": "row--fix", "suggest": "row--suggest", "guide": "row--guide"}


class Findings(Tree[Item], inherit_bindings=False):
    """Groups and rows; the group of a row is its check."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row--high",
        "row--medium",
        "row--low",
        "row--fix",
        "row--suggest",
        "row--guide",
        "row--applied",
        "row--ignored",
        "row--quiet",
    }
    BINDINGS: ClassVar[list[BindingType]] = keys.bound_to(
        {
            "move.down": "cursor_down",
            "move.up": "cursor_up",
            "move.page_down": "page_down",
            "move.page_up": "page_up",
            "move.first": "scroll_home",
            "move.last": "scroll_end",
            "move.fold": "fold",
            "move.unfold": "unfold",
            "move.open": "select_cursor",
        }
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id)
        self.show_root = False
        self.show_guides = False
        self.guide_depth = 2
        self.auto_expand = False
        self._by_key: dict[str, TreeNode[Item]] = {}
        self.touched = False

    def on_key(self) -> None:
        """Note that the person moves by themselves from now on."""
        self.touched = True

    async def _on_click(self, event: events.Click) -> None:
        """Choose a row, fold a group by its arrow, go on to the detail by a second click."""
        self.touched = True
        event.prevent_default()  # of a tree, where a click opens
        line = event.style.meta.get("line")
        node = self.get_node_at_line(line) if isinstance(line, int) else None
        if node is None:
            return
        if node.allow_expand and event.x < _ARROW:
            node.toggle()
        elif node is self.cursor_node:
            self.action_select_cursor()
        else:
            self.cursor_line = node.line

    @property
    def item(self) -> Item | None:
        """Return what the cursor stands on."""
        return self.cursor_node.data if self.cursor_node else None

    @property
    def row_below(self) -> FindingRow | None:
        """Return the next row, if it is an open finding with a fix."""
        node = self.get_node_at_line(self.cursor_line + 1)
        row = node.data if node is not None else None
        if isinstance(row, FindingRow) and row.state == "open" and row.finding.fixable:
            return row
        return None

    @property
    def open_keys(self) -> list[str]:
        """Return the identities of the rows that wait for a decision, in order."""
        return [
            row.key
            for group in self.headings
            for row in group.rows
            if isinstance(row, FindingRow) and row.state == "open"
        ]

    def sync(self, groups: Sequence[Heading]) -> None:
        """Show groups, touching only what changed: the cursor stays on its row."""
        shown = self.headings
        if len(shown) == len(groups) and all(a == b for a, b in zip(shown, groups, strict=True)):
            return
        gone = self.item
        here = gone.key if gone is not None else ""
        before = keys_of(shown)
        wanted = {group.key for group in groups} | set(keys_of(groups))
        for key in [key for key in self._by_key if key not in wanted]:
            node = self._by_key.pop(key)
            if node.parent is not None and node.parent in (self.root, *self.root.children):
                node.remove()
        for at, group in enumerate(groups):
            self._sync_group(at, group)
        self._tree_lines_cached = None
        self._updates += 1
        self.refresh()
        if here and here not in self._by_key:
            self._go_near(before, here, gone)

    @property
    def headings(self) -> list[Heading]:
        """Return the headings with their rows, as they are shown."""
        return [node.data for node in self.root.children if isinstance(node.data, StageRow | Group)]

    def _go_near(self, before: Sequence[str], here: str, gone: Item | None) -> None:
        """Put the cursor on what a row became whose line was edited, or on the row that took its place."""
        at = before.index(here) if here in before else 0
        near = [key for key in (*before[at:], *reversed(before[:at])) if key in self._by_key]
        self.cursor_line = -1
        if became := self._became(gone, set(before)):
            self.select(became)
        elif near:
            self.select(near[0])
        else:
            self.select_first()

    def _became(self, gone: Item | None, before: set[str]) -> str:
        """Return the new row of the same check in the same file that is nearest to one that is gone."""
        if not isinstance(gone, FindingRow):
            return ""
        was = gone.finding
        new = [
            row.finding
            for group in self.headings
            for row in group.rows
            if isinstance(row, FindingRow) and row.key not in before
        ]
        alike = [now for now in new if (now.check, now.path) == (was.check, was.path)]
        return min(alike, key=lambda now: abs(now.line - was.line)).fingerprint if alike else ""

    def _sync_group(self, at: int, group: Heading) -> None:
        node = self._by_key.get(group.key)
        if node is None:
            before = at if at < len(self.root.children) else None
            node = self.root.add(
                "", group, before=before, expand=group.key != "problems", allow_expand=bool(group.rows)
            )
            self._by_key[group.key] = node
        known: Sequence[Row] = node.data.rows if isinstance(node.data, Group) else ()
        node.data = group
        grown = len(known) == len(node.children) and known == group.rows[: len(known)]
        same = len(known) if grown else 0  # rows are mostly added at the end
        for index, row in enumerate(group.rows[same:], same):
            leaf = self._by_key.get(row.key)
            if leaf is None:
                before = index if index < len(node.children) else None
                leaf = self._by_key[row.key] = node.add_leaf("", row, before=before)
            leaf.data = row

    def reset_rows(self) -> None:
        """Forget every row, before another stage is shown."""
        self._by_key.clear()
        self.clear()
        self.cursor_line = -1

    def select(self, key: str) -> bool:
        """Put the cursor on a row; tell whether it is there."""
        node = self._by_key.get(key)
        if node is None:
            return False
        if node.parent is not None and node.parent is not self.root:
            node.parent.expand()
        if node is not self.cursor_node:
            self._go(node)
        return True

    def select_first(self, *, heading: bool = True) -> None:
        """Put the cursor on the line that tells about the stage, or on the first row of the first group."""
        headings = self.root.children
        if not headings:
            return
        first = headings[0]
        if not heading and isinstance(first.data, StageRow) and len(headings) > 1:
            first = headings[1]
        self._go(first.children[0] if first.children and first.is_expanded else first)

    def _go(self, node: TreeNode[Item]) -> None:
        if self._tree_lines:  # asking for the lines gives each node its number
            self.move_cursor(node)

    def action_fold(self) -> None:
        """Fold the group, or go up to it."""
        node = self.cursor_node
        if node is not None and node.parent not in (None, self.root) and not node.allow_expand:
            self._go(node.parent)
        elif node is not None:
            node.collapse()

    def action_unfold(self) -> None:
        """Unfold the group."""
        if self.cursor_node is not None:
            self.cursor_node.expand()

    def get_label_width(self, node: TreeNode[Item]) -> int:
        """Return 1: labels are cut to the pane, so that it never scrolls sideways."""
        return 1

    def _room(self, node: TreeNode[Item]) -> int:
        depth = 0 if node.parent is self.root else 2
        return max(8, self.scrollable_content_region.width - depth)

    def render_label(self, node: TreeNode[Item], base_style: Style, style: Style) -> Text:
        """Return the line of a row: mark and place at the left, state at the right."""
        item = node.data
        room = self._room(node)
        if item is None:
            return Text("")
        selected = self.cursor_node is node and self.has_focus

        def paint(name: str) -> Style:
            if selected or not name:
                return style
            return style + Style(color=self.get_component_rich_style(name).color)  # made for its background

        left, right = self._texts(item, node.is_expanded)
        mark = Text(left[0], paint(left[1]))
        end = Text(right[0], paint(right[1]))
        body = Text(left[2], paint(left[3]))
        space = room - mark.cell_len - end.cell_len - 1
        if isinstance(item, FindingRow) and body.cell_len > space:
            body = Text("…" + body.plain[-(space - 1) :], body.style)
        body.truncate(max(0, space), overflow="ellipsis", pad=True)
        return Text.assemble(mark, body, Text(" ", style), end)

    def _texts(self, item: Item, expanded: bool) -> tuple[tuple[str, str, str, str], tuple[str, str]]:
        """Return (mark, its style, text, its style) and (word at the right, its style)."""
        if isinstance(item, StageRow):
            done = not item.findings and not item.questions
            return ("≡ ", "row--quiet", "What this stage is about", ""), (
                ("done", "row--applied") if done else ("", "")
            )
        if isinstance(item, Group):
            arrow = "▾" if expanded else "▸"
            level = {"H": "row--high", "M": "row--medium", "L": "row--low"}.get(item.letter, "row--quiet")
            return (f"{arrow} {item.letter or ' '}  ", level, item.title, ""), (item.count, "row--quiet")
        if isinstance(item, FindingRow):
            quiet = "" if item.state == "open" else "row--quiet"
            word = _WORDS.get(item.word, f"row--{item.state}")
            return (f"{_GLYPHS[item.state]} ", word, item.finding.place, quiet), (item.word, word)
        if isinstance(item, QuestionRow):
            answer = item.answer
            mark = _MARKS[answer.answer.value] if answer else "?"
            style = {"y": "row--applied", "n": "row--high", "?": "row--suggest"}.get(mark, "row--quiet")
            return (f"{mark} ", style, item.question.ask, "" if mark == "?" else "row--quiet"), ("", "")
        if isinstance(item, EntryRow):
            paths = "  ".join(item.entry.paths)
            return ("+ ", "row--applied", paths, "row--quiet"), ("applied", "row--applied")
        return ("! ", "row--high", item.problem.place, ""), ("", "")
