"""What a worker prepares for the detail pane; all but its texts is the engine's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from harden.option_fields import summary
from harden.previews import Preview, evidence, preview, reason_of, source_lines, written, written_entry
from harden.registry import check_named

if TYPE_CHECKING:
    from harden.session import Session

__all__ = [
    "Preview",
    "evidence",
    "options_text",
    "preview",
    "reason_of",
    "source_lines",
    "written",
    "written_entry",
]


def options_text(session: Session, check: str) -> Content:
    """Return a check's options in one line; empty where its codemod has none."""
    options = session.options(check_named(check))
    if not type(options).model_fields:
        return Content("")
    return Content.assemble("   ".join(summary(options)), ("   p to change", "$text-muted"))
