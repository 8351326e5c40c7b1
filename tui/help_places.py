"""What every pane and screen is for, and which keys matter in it: the help begins with these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_MOVES = ("move.down", "move.up", "move.page_down", "move.page_up", "move.first", "move.last")
_SCROLL = ("move.down", "move.page_down", "move.first", "move.last")
_FIX = ("fix.apply", "fix.apply_all", "fix.undo", "finding.ignore", "finding.edit", "finding.copy")
_DIFF = ("hunk.next", "hunk.previous", "hunk.toggle", "diff.split", "diff.wrap", "diff.less", "diff.more")
_TABS = ("tab.previous", "tab.next")
_ANSWERS = ("answer.yes", "answer.no", "answer.none", "answer.note")
_FIELDS = ("field.next", "field.previous")
_DIALOG = ("dialog.keep", *_FIELDS, "dialog.leave")


@dataclass(frozen=True, slots=True)
class Place:
    """A pane or a screen. `keys` are ids, or a key that cannot be changed with what it does."""

    title: str
    text: str
    keys: tuple[str | tuple[str, str], ...]


FINDINGS = Place(
    "Findings",
    "What was found in this stage, by check, the worst check first, and at the end what only you can "
    "answer. The word at the right says what harden can do: fix is safe to apply, suggest asks for a "
    "look, guide needs a person.",
    (
        *_MOVES,
        "move.fold",
        "move.unfold",
        "move.open",
        "list.next_best",
        "list.next",
        "list.previous",
        "list.filter",
        "list.status",
        *_FIX,
        "finding.reopen",
        *_ANSWERS,
    ),
)

PLACES: Mapping[str, Place] = {
    "rail": Place(
        "Stages",
        "The eight stages on the way to production, each with how many findings are open in it, or with ?"
        " and how many questions wait. A stage is shown at once when you move to it.",
        ("move.down", "move.up", "move.first", "move.last", "move.open", "stage.1", "pane.next"),
    ),
    "findings": FINDINGS,
    "filter": Place(
        "Filter",
        "Only rows that hold every word you write here stay in the list: words of the check, of the path "
        "or of the state. The way back shows everything again.",
        (("enter", "to the list"), "app.back"),
    ),
    "diff": Place(
        "Fix",
        "The fix as a diff: what you see is what is written, to the byte, and every hunk can be left out."
        " Nothing is written before you apply it, and every fix can be undone, also after a restart.",
        (*_FIX, *_DIFF, "fix.options", *_TABS, *_SCROLL, "pane.zoom", "app.back"),
    ),
    "question": Place(
        "Question",
        "Something that no scan can know: only a person can answer it. The lines below are what the "
        "repository tells about it; the answer is kept in .harden/ for the team.",
        (*_ANSWERS, "fix.undo", "list.next", "app.back"),
    ),
    "why": Place(
        "Why",
        "What goes wrong in production, how flagged and fixed code look, and when ignoring is right. Its "
        "last lines lead to what others wrote about it.",
        (*_TABS, *_SCROLL, "pane.zoom", "app.back"),
    ),
    "code": Place(
        "Code",
        "The whole file as it stands on the disk now, the lines of the finding marked. Your editor opens "
        "it at this line.",
        ("finding.edit", "finding.copy", *_TABS, *_SCROLL, "diff.wrap", "pane.zoom", "app.back"),
    ),
    "OptionsForm": Place(
        "Options",
        "How this fix is made: the diff below follows every change. Options that are kept count for this "
        "check in the whole repository, and stand in .harden/ for the team.",
        ("dialog.keep", "dialog.leave", "fix.defaults", *_FIELDS, ("left right", "another choice")),
    ),
    "CommitScreen": Place(
        "Commit",
        "What was applied, as one commit for each stage on a branch of its own: choose which, and write "
        "their subjects. Nothing of your own edits is in them, and nothing happens before you commit.",
        (
            "commit.now",
            "commit.choose",
            "commit.edit",
            "commit.editor",
            "commit.diff",
            "commit.leave",
            *_MOVES[:4],
        ),
    ),
    "Summary": Place(
        "Summary",
        "How ready the repository is, what changed since your last visit, what to do next, and what every"
        " open item costs. It can be written as a report for others.",
        (
            "summary.report",
            "summary.copy",
            "list.next_best",
            "app.commit",
            "stage.1",
            *_SCROLL,
            "summary.leave",
        ),
    ),
    "ApplyAll": Place(
        "Apply all",
        "Every fix of one check in one diff, the files that will be written first. Leave out what you do "
        "not want; applying writes the rest in one step, which can be undone in one step.",
        (
            "dialog.keep",
            "hunk.next",
            "hunk.previous",
            "hunk.toggle",
            "diff.split",
            "diff.wrap",
            "dialog.leave",
        ),
    ),
    "Ignore": Place(
        "Ignore",
        "Why this finding is all right as it is: the reason is required, because the team will read it in"
        " .harden/. With a date it is open again from that day on.",
        (*_DIALOG, ("left right", "how far it reaches")),
    ),
    "Note": Place(
        "Note",
        "One line for the team beside the answer: where the proof is, or what is missing. It is kept in "
        ".harden/ with the answer.",
        ("dialog.keep", "dialog.leave"),
    ),
    "Edited": Place(
        "Your own edits",
        "The fix goes into a file that holds edits of yours which are not committed. They stay as they "
        "are, and a commit of harden takes only its own lines.",
        ("edited.apply", "edited.diff", "dialog.leave"),
    ),
    "Reader": Place(
        "A diff to read",
        "What a commit will hold, or what you changed yourself. It is to be read: no hunk is left out here.",
        ("hunk.next", "hunk.previous", *_SCROLL, "dialog.leave"),
    ),
    "ReportDialog": Place(
        "Report",
        "The findings and the score as a file: Markdown for a pull request, JSON and SARIF for tools, "
        "text for people. The line below the fields says what will happen to which file.",
        (*_DIALOG, ("left right", "another format")),
    ),
    "CheckPage": Place(
        "Check",
        "What a check looks for, why that fails in production, and how the code should look. Nothing of "
        "it is in your repository now.",
        (*_SCROLL, "dialog.leave"),
    ),
}
"""By the id of a widget, or the name of its class."""
