"""Offer files to go on from, where no mechanical edit is safe and a check names what adds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harden.checks import Check
from harden.details import details_of, named
from harden.errors import Refusal, UnreadableSource
from harden.findings import Finding, Risk
from harden.fixing import Offer, codemod_class, loaded
from harden.patches import FileEdit, Patch
from harden.project import Project

if TYPE_CHECKING:
    from pydantic import BaseModel

    from harden.codemods.scaffold import Scaffold

STAYS = "This only adds a file: the finding stays open until the rest is done by hand."


def has_scaffold(check: Check, findings: Sequence[Finding]) -> bool:
    """Tell whether files are to be offered: the check names what adds them, and no edit mends a finding."""
    return bool(check.scaffold) and not any(finding.fixable for finding in findings)


def scaffold_class(check: Check) -> type[Scaffold]:
    """Load the scaffold of a check. Raises Refusal where that fails."""
    found: type[Scaffold] = loaded(check.scaffold)
    return found


def options_of(check: Check) -> type[BaseModel]:
    """Return the model of the options of a check's codemod, else of its scaffold. Raises UsageError."""
    is_only = check.scaffold and not check.fix.codemod
    return scaffold_class(check).Options if is_only else codemod_class(check).Options


def make_scaffold(
    project: Project, check: Check, findings: Sequence[Finding], options: BaseModel | None = None
) -> Offer:
    """Build the patch that adds what a check's scaffold has for findings; it mends none of them."""
    here = project.pinned()
    try:
        made = scaffold_class(check)
        chosen = options if isinstance(options, made.Options) else made.Options()
        work = made(here, chosen)
        files = work.files(findings)
        _verify(here, files)
    except Refusal as refusal:
        return _refused(findings, str(refusal), refusal.details)
    except UnreadableSource as error:
        return _refused(findings, str(error))
    except Exception as error:
        return _refused(
            findings, f"The scaffold failed ({named(error)}); nothing is added.", details_of(error)
        )
    edits = tuple(FileEdit(path, None, data) for path, data in sorted(files.items()))
    title = f"Add {' and '.join(sorted(files))}"
    notes = (STAYS, *work.notes)
    return Offer(Patch(check.id, check.stage, title, Risk.REVIEW, edits, (), (), notes))


def _refused(findings: Sequence[Finding], reason: str, details: str = "") -> Offer:
    return Offer(None, {finding.fingerprint: reason for finding in findings}, details)


def _verify(project: Project, files: Mapping[str, bytes]) -> None:
    """Let nothing through that is there already or does not parse. Raises Refusal."""
    if not files:
        raise Refusal("There is no file to add.")
    after = project.with_files(dict(files))
    for path in files:
        if project.exists(path):
            raise Refusal(f"{path} is there already.")
        if path.endswith(".py"):
            try:
                after.module(path)
            except UnreadableSource as error:
                raise Refusal(f"{path} would not parse ({error}); please report this.") from None
