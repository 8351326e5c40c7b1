"""What was done in a review, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from harden.export import PATCH_FILE, is_repository
from harden.plain.review import Review
from harden.words import plural

_DEEDS = {
    "applied": ("fix applied", "fixes applied"),
    "ignored": ("finding ignored", "findings ignored"),
    "answered": ("question answered", "questions answered"),
    "options": ("change of options", "changes of options"),
    "undone": ("undone", "undone"),
    "redone": ("done again", "done again"),
    "commits": ("commit", "commits"),
}


def ending_lines(review: Review) -> Iterator[str]:
    """Yield the summary."""
    done = [plural(review.done[deed], *words) for deed, words in _DEEDS.items() if review.done[deed]]
    yield ""
    yield f"Done: {', '.join(done)}." if done else "Nothing was changed."
    left, questions = len(review.walk.open()), len(review.walk.unanswered())
    asked = f", {plural(questions, 'question')}" if review.walk.asks else ""
    yield f"Open: {plural(left, 'finding')}{asked}."
    if left:
        yield "Next: `harden review --plain` goes on with what is open."
    if applied := len(review.session.applied_entries()):
        verb = "is" if applied == 1 else "are"
        yield (
            f"Next: {plural(applied, 'fix', 'fixes')} {verb} applied and not committed. Run your tests; "
            + _how_to_keep(review)
            + " `harden undo` takes the newest back."
        )
    if review.done["ignored"] or review.done["answered"] or review.done["options"]:
        yield "Next: your decisions are kept in .harden/; commit that folder, the team shares it."


def _how_to_keep(review: Review) -> str:
    if is_repository(review.session):
        return "C in `harden review --plain` commits."
    return f"C in `harden review --plain` writes {PATCH_FILE}."
