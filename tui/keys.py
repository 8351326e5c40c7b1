"""Every key of the app, once: bindings, footer, help, palette and README are made from this table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType
from textual.keys import key_to_character

ANYWHERE, FINDINGS, PREVIEW, QUESTIONS, COMMITTING, EDITED, SUMMARY, DIALOGS, LIST = (
    "Anywhere",
    "Findings",
    "Fix preview",
    "Questions",
    "Commit screen",
    "A file with your own edits",
    "Summary",
    "Dialogs",
    "Moving in the list",
)

ELSEWHERE = frozenset({COMMITTING, EDITED, SUMMARY, DIALOGS})
"""Places that are screens of their own: the screen of the findings binds none of their keys."""

_DISPLAY = {
    "plus": "+",
    "colon": ":",
    "slash": "/",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One binding: `short` is its word in the footer, empty where the footer leaves it out."""

    id: str
    keys: str
    description: str
    where: str
    short: str = ""


KEYS = (
    Key("app.help", "question_mark,f1", "help", ANYWHERE, "Help"),
    Key("app.palette", "ctrl+p,colon", "find any action, check or file", ANYWHERE),
    *(Key(f"stage.{n}", str(n), f"go to stage {n}", ANYWHERE) for n in range(1, 9)),
    Key("pane.next", "tab", "next pane", ANYWHERE),
    Key("pane.previous", "shift+tab", "previous pane", ANYWHERE),
    Key("app.back", "escape", "one step back: close, clear the filter, stop the scan", ANYWHERE),
    Key("pane.zoom", "plus", "zoom the pane, or show all again", ANYWHERE),
    Key("app.rescan", "r", "scan again", ANYWHERE),
    Key("app.summary", "s", "summary: the score and what it is made of", ANYWHERE, "Summary"),
    Key("app.commit", "C", "commit what was applied", ANYWHERE, "Commit"),
    Key("fix.undo", "z", "undo the last thing done", ANYWHERE, "Undo"),
    Key("fix.redo", "Z", "redo it", ANYWHERE),
    Key("app.quit", "q", "quit", ANYWHERE, "Quit"),
    Key("fix.apply", "a", "apply the fix as previewed", FINDINGS, "Apply"),
    Key("fix.apply_all", "A", "preview every fix of this check, then apply them at once", FINDINGS),
    Key("finding.ignore", "x", "ignore, with a reason", FINDINGS, "Ignore"),
    Key("finding.reopen", "X", "open again what was ignored", FINDINGS),
    Key("list.next_best", "n", "next most valuable finding: worst, then most exposed", FINDINGS, "Next"),
    Key("list.next", "J", "next open finding", FINDINGS),
    Key("list.previous", "K", "previous open finding", FINDINGS),
    Key("list.filter", "slash", "filter by words", FINDINGS),
    Key("list.status", "f", "show all, open, applied or ignored ones", FINDINGS),
    Key("finding.edit", "e", "open the line in your editor", FINDINGS, "Edit"),
    Key("finding.copy", "Y", "copy the patch, or path:line", FINDINGS),
    Key("hunk.next", "l", "next hunk", PREVIEW),
    Key("hunk.previous", "h", "previous hunk", PREVIEW),
    Key("hunk.toggle", "space", "leave this hunk out, or take it in", PREVIEW, "Hunk"),
    Key("diff.split", "S", "both versions side by side, or one below the other", PREVIEW),
    Key("diff.wrap", "w", "fold long lines, or let them run on", PREVIEW),
    Key("diff.less", "left_curly_bracket", "fewer lines around the changes", PREVIEW),
    Key("diff.more", "right_curly_bracket", "more lines around them, up to the whole file", PREVIEW),
    Key("fix.options", "p", "options of the fix", PREVIEW, "Options"),
    Key("fix.defaults", "ctrl+r", "options back to their defaults", PREVIEW),
    Key("tab.previous", "left_square_bracket", "tab to the left: Fix, Why, Code", PREVIEW),
    Key("tab.next", "right_square_bracket", "tab to the right", PREVIEW),
    Key("answer.yes", "y", "yes", QUESTIONS, "Yes"),
    Key("answer.no", "n", "no", QUESTIONS, "No"),
    Key("answer.none", "0", "not applicable", QUESTIONS, "Not applicable"),
    Key("answer.note", "i", "write a note", QUESTIONS, "Note"),
    Key("commit.now", "ctrl+s", "commit, or write harden.patch outside git", COMMITTING, "commit"),
    Key("commit.choose", "space", "take this commit in, or leave it out", COMMITTING, "choose"),
    Key("commit.edit", "e", "edit the first line of its message here", COMMITTING, "edit message"),
    Key("commit.editor", "E", "edit the whole message in your editor", COMMITTING, "in your editor"),
    Key("commit.diff", "d", "show the diff of this commit", COMMITTING, "diff"),
    Key("commit.leave", "escape,q", "back to the findings", COMMITTING, "back"),
    Key("edited.apply", "a", "apply the fix beside your own edits", EDITED, "apply"),
    Key("edited.diff", "d", "show your own edits", EDITED, "diff"),
    Key("summary.report", "w", "write a report: Markdown, JSON, SARIF or text", SUMMARY),
    Key("summary.copy", "Y", "copy the summary as text", SUMMARY),
    Key("summary.leave", "escape,s,q", "back to the findings", SUMMARY),
    Key("dialog.keep", "enter", "keep it: ignore, write, apply", DIALOGS),
    Key("dialog.leave", "escape", "back, nothing done", DIALOGS),
    Key("field.next", "tab,down", "next field", DIALOGS),
    Key("field.previous", "shift+tab,up", "previous field", DIALOGS),
)

MOVES = (
    Key("move.down", "j,down", "down", LIST),
    Key("move.up", "k,up", "up", LIST),
    Key("move.page_down", "pagedown", "page down", LIST),
    Key("move.page_up", "pageup", "page up", LIST),
    Key("move.first", "g,home", "first row", LIST),
    Key("move.last", "G,end", "last row", LIST),
    Key("move.fold", "left", "fold the group", LIST),
    Key("move.unfold", "right", "unfold the group", LIST),
    Key("move.open", "enter", "to the detail", LIST),
)

BY_ID: Mapping[str, Key] = {key.id: key for key in (*KEYS, *MOVES)}

FOOTER = (
    "app.help",
    "answer.yes",
    "answer.no",
    "answer.none",
    "answer.note",
    "list.next_best",
    "fix.apply",
    "hunk.toggle",
    "fix.options",
    "finding.ignore",
    "fix.undo",
    "finding.edit",
    "app.commit",
    "app.summary",
    "app.quit",
)
"""The keys of the bottom line, in its order."""


def bindings(keys: Iterable[Key], action: str = "do") -> list[BindingType]:
    """Return bindings whose action is `do('<id>')`, so that one table of handlers serves keys and palette."""
    return [
        Binding(key.keys, f"{action}('{key.id}')", key.description, id=key.id, show=bool(key.short))
        for key in keys
    ]


def bound_to(actions: Mapping[str, str]) -> list[BindingType]:
    """Return bindings of key ids to a widget's own actions."""
    return [
        Binding(BY_ID[id].keys, action, BY_ID[id].description, id=id, show=False)
        for id, action in actions.items()
    ]


def shown(keys: str) -> str:
    """Return keys as a person reads them: `question_mark,f1` becomes `? F1`."""
    return " ".join(_shown(key.strip()) for key in keys.split(","))


def _shown(key: str) -> str:
    *modifiers, last = key.split("+")
    if last[:1] == "f" and last[1:].isdigit():
        last = last.upper()
    elif last not in _DISPLAY and len(written := key_to_character(last) or "") == 1:
        last = written if written.isprintable() and written != " " else last
    return "+".join([*modifiers, _DISPLAY.get(last, last)])


def first(id: str, keymap: Mapping[str, str]) -> str:
    """Return the first key of an action as a person reads it."""
    return shown(keymap.get(id, BY_ID[id].keys).split(",")[0])


def stages(keymap: Mapping[str, str]) -> str:
    """Return the keys of the eight stages: `1 … 8` unless they are a person's own."""
    ids = [key.id for key in KEYS if key.id.startswith("stage.")]
    if any(id in keymap for id in ids):
        return " ".join(first(id, keymap) for id in ids)
    return f"{first(ids[0], keymap)} … {first(ids[-1], keymap)}"


def hint(keymap: Mapping[str, str], *ids: str) -> str:
    """Return a line of keys with their words, a person's own keys in it: `ctrl+s commit   esc back`."""
    return "   ".join(f"{first(id, keymap)} {BY_ID[id].short}" for id in ids)


def table(keymap: Mapping[str, str] | None = None) -> dict[str, list[tuple[str, str]]]:
    """Return (keys, description) by place, the eight stages as one row, with a person's own keys."""
    chosen = keymap or {}
    rows: dict[str, list[tuple[str, str]]] = {}
    for key in (*KEYS, *MOVES):
        if key.id.startswith("stage."):
            if key.id == "stage.1":
                rows.setdefault(key.where, []).append((stages(chosen), "go to a stage"))
            continue
        rows.setdefault(key.where, []).append((shown(chosen.get(key.id, key.keys)), key.description))
    return rows
