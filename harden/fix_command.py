"""`harden fix`: the patches of many checks, one after the other, each on top of those before it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence

from harden.checks import Check
from harden.decisions import OptionValue
from harden.errors import UsageError
from harden.findings import Finding, Risk
from harden.fixing import Offer, make_offer
from harden.masking import SECRET_CHECKS, masked_diff
from harden.patches import Patch, bytes_of
from harden.project import Project
from harden.registry import check_named, checks
from harden.report.scanned import plural
from harden.scan import Rules, scan_file
from harden.session import Session

CLEAN, FOUND = 0, 1


def run(session: Session, chosen: Sequence[Check], only: list[str] | None, options: Namespace) -> int:
    """Print the diff of every fix in scope; with `--apply` write each. Return 1 while findings remain."""
    values = parse_set(options.set)
    wanted = [check for check in chosen if _in_scope(check, options.risk)]
    for check in wanted:
        if check.id in values or check.id in session.settings.options:
            session.options_with(check, values.get(check.id, {}))  # wrong values are told before the scan
    for _ in session.scan(wanted, only):
        pass
    mended = left = patches = 0
    project = session.project
    for check in wanted:
        findings = _current(session, check, project.overlay)
        if not findings:
            continue
        chosen_options = session.options_with(check, values.get(check.id, {}))
        offer = make_offer(project, check, findings, chosen_options)
        _show(check, findings, offer, project)
        left += len(offer.refused)
        if offer.patch is None:
            continue
        patches += 1
        mended += len(offer.patch.resolves)
        project = project.with_files({edit.path: edit.after for edit in offer.patch.edits})
        if options.apply:
            session.apply(offer.patch)
    _summarise(mended, patches, left, applied=options.apply)
    return FOUND if left or (mended and not options.apply) else CLEAN


def parse_set(items: Sequence[str]) -> dict[str, dict[str, OptionValue]]:
    """Read `CHECK.OPTION=VALUE` items. Raises UsageError that shows the item."""
    values: dict[str, dict[str, OptionValue]] = {}
    for item in items:
        key, equals, value = item.partition("=")
        id, dot, option = key.partition(".")
        if not (equals and dot and id and option):
            raise UsageError(f"--set {item}: write CHECK.OPTION=VALUE, e.g. http-timeout.timeout=5")
        if not check_named(id).fix.codemod:
            raise UsageError(f"--set {item}: {id} has no codemod and so no options")
        values.setdefault(id, {})[option] = value
    return values


def _in_scope(check: Check, risk: str | None) -> bool:
    return bool(check.fix.codemod) and (risk != "auto" or check.fix.risk is Risk.AUTO)


def _current(session: Session, check: Check, overlay: Mapping[str, bytes]) -> list[Finding]:
    """Return the open findings of a check as they stand after the patches before it."""
    found = [finding for finding in session.open_findings(check=check.id) if finding.path not in overlay]
    rules = Rules((check,))
    project = session.project.with_files(dict(overlay))
    for path in {finding.path for finding in session.findings(check=check.id)} & set(overlay):
        found += [f for f in scan_file(project, rules, path).findings if not session.why_ignored(f)]
    return sorted(found, key=lambda finding: finding.order)


def _show(check: Check, findings: Sequence[Finding], offer: Offer, project: Project) -> None:
    print(f"# {check.id} ({check.fix.risk.value}): {check.title}, {plural(len(findings), 'finding')}")
    if offer.patch is not None:
        _write_exactly(masked_diff(offer.patch, _secrets(project, offer.patch)))
        for note in offer.patch.notes:
            print(f"# note: {note}")
    for finding in findings:
        if reason := offer.refused.get(finding.fingerprint):
            print(f"# {finding.place} left as it is: {reason}")
    print()


def _write_exactly(text: str) -> None:
    """Print a diff byte for byte, whatever the encodings of the files and of the terminal."""
    sys.stdout.flush()
    sys.stdout.buffer.write(bytes_of(text))


def _secrets(project: Project, patch: Patch) -> list[Finding]:
    """Return the secrets in the files of a patch as they are before it, so that none is printed."""
    rules = Rules(tuple(check for check in checks().values() if check.id in SECRET_CHECKS))
    known = [path for path in patch.paths if project.exists(path)]
    return [finding for path in known for finding in scan_file(project, rules, path).findings]


def _summarise(mended: int, patches: int, left: int, *, applied: bool) -> None:
    if not mended and not left:
        print("Nothing to fix.")
        return
    what = f"{plural(mended, 'finding')} in {plural(patches, 'patch', 'patches')}"
    verb = "Fixed" if applied else "Would fix"
    tail = " `harden undo` takes the last one back." if applied else " Nothing is written: add --apply."
    rest = f"; {left} left as they are" if left else ""
    print(f"{verb} {what}{rest}.{tail if mended else ''}")
