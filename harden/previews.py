"""What is shown of the work, secrets masked: a fix as hunks, a written fix, a file's text, evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harden.details import named
from harden.errors import HardenError
from harden.export import patch_of
from harden.findings import Finding
from harden.masking import masked_file, masked_hunks, secrets_before, secrets_in
from harden.module import split_lines
from harden.pages import Example, page_of
from harden.patches import Hunk, Patch
from harden.registry import check_named
from harden.source import decode

if TYPE_CHECKING:
    from pydantic import BaseModel

    from harden.checks import Check
    from harden.decisions import OptionValue
    from harden.journal import Entry
    from harden.session import EvidenceLine, Session

NO_FIX = "No mechanical edit is safe here, so this one needs a person."


@dataclass(frozen=True, slots=True)
class Preview:
    """A fix that could be written: the patch, its hunks with secrets masked, and what was refused and why."""

    patch: Patch | None
    hunks: tuple[Hunk, ...] = ()
    refused: tuple[str, ...] = ()
    written: bool = False
    diff: str = ""
    secrets: tuple[Finding, ...] = ()
    """What is masked in it: the secrets of its files before the patch."""
    details: str = ""
    """Where the codemod failed, if it did."""
    guide: tuple[Example, ...] = ()
    """The code to aim at, where a person writes the fix."""

    def with_context(self, context: int | None) -> tuple[Hunk, ...]:
        """Return the hunks with so many unchanged lines around, None for all of them."""
        return _in_order(masked_hunks(self.patch, self.secrets, context)) if self.patch is not None else ()


def preview(
    session: Session, findings: Sequence[Finding], values: Mapping[str, OptionValue] | None = None
) -> Preview:
    """Make the fix of some findings of one check. Raises UsageError for options that are not allowed."""
    check = check_named(findings[0].check)
    options = session.options_with(check, values) if values is not None else None
    if not any(finding.fixable for finding in findings):
        return _by_hand(session, check, findings, options)
    offer = session.preview(findings, options)
    several = len(findings) > 1
    places = {finding.fingerprint: finding.place for finding in findings}
    refused = tuple(
        f"{places.get(print_, '')}: {reason}" if several else reason
        for print_, reason in offer.refused.items()
    )
    if offer.patch is None:
        return Preview(None, refused=refused, details=offer.details, guide=_guide(session, check))
    return shown(session, offer.patch, refused)


def _by_hand(
    session: Session, check: Check, findings: Sequence[Finding], options: BaseModel | None
) -> Preview:
    """Show what helps a person: the pattern to follow, and a file to go on from where there is one."""
    guide, reason = _guide(session, check), findings[0].why_not or NO_FIX
    if not check.scaffold:
        return Preview(None, refused=(reason,), guide=guide)
    offer = session.preview(findings, options)
    if offer.patch is None:
        told = tuple(f"No file is added: {why}" for why in dict.fromkeys(offer.refused.values()))
        return Preview(None, refused=(reason, *told), details=offer.details, guide=guide)
    return replace(shown(session, offer.patch, (reason,)), guide=guide)


def _guide(session: Session, check: Check) -> tuple[Example, ...]:
    return page_of(check).guide(session.project.imported)


def option_words(session: Session, finding: Finding) -> tuple[str, ...] | None:
    """Return what the options of a finding's fix are set to; None where it has none."""
    from harden.option_fields import summary

    check = check_named(finding.check)
    if not check.takes_options(finding):
        return None
    options = session.options(check)
    return tuple(summary(options)) if type(options).model_fields else None


def written(session: Session, finding: Finding) -> Preview:
    """Return the fix that was applied to a finding, as it was written."""
    for entry in reversed(session.applied_entries()):
        if finding.fingerprint in entry.resolves:
            return shown(session, patch_of(session, entry), written=True)
    return Preview(None, written=True)


def shown(
    session: Session,
    patch: Patch,
    refused: tuple[str, ...] = (),
    *,
    written: bool = False,
    added: Iterable[Finding] = (),
) -> Preview:
    """Return a patch with secrets masked; `added` are those that it puts into its files."""
    known = tuple(secrets_before(session.project, patch))
    hunks = masked_hunks(patch, known, added=added)
    return Preview(patch, _in_order(hunks), refused, written, patch.diff(hunks), known)


def _in_order(hunks: Sequence[Hunk]) -> tuple[Hunk, ...]:
    """Return the hunks with the files first that hold what is mended."""
    mended = {hunk.path for hunk in hunks if not hunk.supports}
    return tuple(sorted(hunks, key=lambda hunk: hunk.path not in mended))


def written_entry(session: Session, entry: Entry) -> Preview:
    """Return an applied patch as it was written."""
    return shown(session, patch_of(session, entry), written=True)


def source_lines(session: Session, path: str) -> list[str]:
    """Return a file's lines with secrets masked. Raises UnreadableSource."""
    project = session.pinned()
    text = decode(path, project.read(path), python=path.endswith(".py")).text
    return masked_file(project, path, split_lines(text))


def evidence(session: Session, question_id: str) -> list[EvidenceLine]:
    """Return lines that bear on a question, none from a place that holds a secret."""
    question = next(q for stage in session.stages for q in stage.questions if q.id == question_id)
    project = session.pinned()
    found = session.evidence(question)
    secret = {
        (finding.path, line)
        for path in {line.path for line in found}
        for finding in secrets_in(project, path)  # also where the scan did not look for any
        for line in range(finding.span.line, finding.span.end_line + 1)
    }
    return [line for line in found if (line.path, line.line) not in secret]


def reason_of(error: BaseException) -> str:
    """Return what to tell a person about an error: ours speak for themselves."""
    if isinstance(error, HardenError):
        return str(error)
    return f"Something went wrong inside harden ({named(error)}); your code is untouched."
