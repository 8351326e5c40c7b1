"""`harden fix`: the patches of many checks, one after the other, each on top of those before it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harden.checks import Check
from harden.commands import report_notices
from harden.decisions import OptionValue
from harden.errors import HardenError, Refusal, UsageError
from harden.findings import Finding, Risk
from harden.fixing import Offer, make_offer
from harden.masking import masked_diff, secrets_before
from harden.patches import bytes_of
from harden.project import Project
from harden.registry import check_named
from harden.scaffolding import make_scaffold
from harden.scan import Rules, scan_file
from harden.session import Session
from harden.words import plural

CLEAN, FOUND, UNREADABLE = 0, 1, 2


def run(session: Session, chosen: Sequence[Check], options: Namespace) -> int:
    """Print the diff of every fix in scope; with `--apply` write each.

    Return 1 while findings remain, 2 when there are none but a file could not be read.
    """
    values = parse_set(options.set)
    wanted = [check for check in chosen if _in_scope(check, options)]
    saved = {**session.settings.options, **session.decisions.options, **values}
    for check in wanted:
        if check.id in saved:
            session.options_with(check, values.get(check.id, {}))  # wrong values are told before the scan
    for _ in session.scan(wanted):
        pass
    problems, outcome = session.problems, _Outcome(session.project)
    before = len(session.applied_entries())
    try:
        _go_through(session, wanted, values, outcome, options)
    except (HardenError, KeyboardInterrupt) as stop:
        if written := len(session.applied_entries()) - before:
            stop.args = (f"{stop} {_written(written)}".strip(),)
        raise
    except OSError:  # nobody takes the output any more
        if written := len(session.applied_entries()) - before:
            print(f"harden: {_written(written)}", file=sys.stderr)
        raise
    for problem in problems:
        print(f"# {problem.place}: could not check: {problem.reason}")
    unasked = [check for check in chosen if options.check and check.scaffold and not options.scaffold]
    _summarise(outcome, applied=options.apply, has_scaffold=bool(unasked))
    report_notices(session)
    if any(outcome.left.values()) or outcome.added or (outcome.mended and not options.apply):
        return FOUND
    return UNREADABLE if problems else CLEAN


def _go_through(
    session: Session,
    wanted: Sequence[Check],
    values: Mapping[str, Mapping[str, OptionValue]],
    outcome: _Outcome,
    options: Namespace,
) -> None:
    for check in wanted:
        _fix(session, check, values.get(check.id, {}), outcome, write=options.apply)
        if options.scaffold and check.scaffold:
            _scaffold(session, check, values.get(check.id, {}), outcome, write=options.apply)
    for check in [check for check in wanted if outcome.is_stale(check)]:
        _fix(session, check, values.get(check.id, {}), outcome, write=options.apply)


@dataclass(slots=True)
class _Outcome:
    """What a run came to so far, and the project as its patches leave it."""

    project: Project
    mended: int = 0
    patches: int = 0
    added: list[str] = field(default_factory=list)
    """The files of scaffolds."""
    left: dict[str, list[str]] = field(default_factory=dict)
    """The paths of what a check leaves as it is, one for each finding."""
    edited: dict[str, set[str]] = field(default_factory=dict)
    """The paths that were edited after a check."""

    def is_stale(self, check: Check) -> bool:
        """Tell whether a later fix may have opened the way for what a check left."""
        return not self.edited.get(check.id, set()).isdisjoint(self.left.get(check.id, ()))


def _fix(
    session: Session, check: Check, values: Mapping[str, OptionValue], outcome: _Outcome, *, write: bool
) -> None:
    findings = _current(session, check, outcome.project.overlay) if check.fix.codemod else []
    if not findings:
        return
    try:
        offer = make_offer(outcome.project, check, findings, session.options_with(check, values))
    except Refusal as refusal:  # its codemod does not load
        offer = Offer(None, {finding.fingerprint: str(refusal) for finding in findings})
    paths = {finding.fingerprint: finding.path for finding in findings}
    again = check.id in outcome.left
    outcome.left[check.id] = [paths[fingerprint] for fingerprint in offer.refused if fingerprint in paths]
    if offer.patch is not None or not again:
        _show(check, findings, offer, outcome.project)
    if offer.patch is None:
        return
    for id in outcome.left:
        outcome.edited.setdefault(id, set()).update(offer.patch.paths if id != check.id else ())
    outcome.patches += 1
    outcome.mended += len(offer.patch.resolves)
    outcome.project = outcome.project.with_files({edit.path: edit.after for edit in offer.patch.edits})
    if write:
        session.apply(offer.patch)


def _scaffold(
    session: Session, check: Check, values: Mapping[str, OptionValue], outcome: _Outcome, *, write: bool
) -> None:
    """Add the files of a check's scaffold for the findings that only a person can mend."""
    findings = [
        finding for finding in _current(session, check, outcome.project.overlay) if not finding.fixable
    ]
    if not findings:
        return
    options = None if check.fix.codemod else session.options_with(check, values)
    offer = make_scaffold(outcome.project, check, findings, options)
    _show(check, findings, offer, outcome.project)
    if not check.fix.codemod:
        outcome.left[check.id] = [finding.path for finding in findings]
    if offer.patch is None:
        return
    outcome.added += offer.patch.paths
    outcome.project = outcome.project.with_files({edit.path: edit.after for edit in offer.patch.edits})
    if write:
        session.apply(offer.patch)


def _written(patches: int) -> str:
    """Return what a run that ended early leaves behind."""
    if patches == 1:
        return "1 patch was written before that; `harden undo` takes it back."
    return f"{patches} patches were written before that; `harden undo` takes them back one by one."


def parse_set(items: Sequence[str]) -> dict[str, dict[str, OptionValue]]:
    """Read `CHECK.OPTION=VALUE` items. Raises UsageError that shows the item."""
    values: dict[str, dict[str, OptionValue]] = {}
    for item in items:
        key, equals, value = item.partition("=")
        id, dot, option = key.partition(".")
        if not (equals and dot and id and option):
            raise UsageError(f"--set {item}: write CHECK.OPTION=VALUE, e.g. http-timeout.timeout=5")
        if not check_named(id).fix.codemod and not check_named(id).scaffold:
            raise UsageError(f"--set {item}: {id} has no codemod and so no options")
        values.setdefault(id, {})[option] = value
    return values


def _in_scope(check: Check, options: Namespace) -> bool:
    """Tell whether something may be written for a check: files of scaffolds only where they are asked for."""
    if options.risk == "auto":
        return bool(check.fix.codemod) and check.fix.risk is Risk.AUTO
    return bool(check.fix.codemod or (options.scaffold and check.scaffold))


def _current(session: Session, check: Check, overlay: Mapping[str, bytes]) -> list[Finding]:
    """Return the open findings of a check as they stand after the patches before it."""
    found = [finding for finding in session.open_findings(check=check.id) if finding.path not in overlay]
    rules = Rules((check,))
    project = session.project.with_files(dict(overlay))
    scope = session.scope.with_files(session.project, project, overlay)
    for path in {finding.path for finding in session.findings(check=check.id)} & set(overlay):
        result = scope.kept(scan_file(project, rules, path), project)
        found += [finding for finding in result.findings if not session.why_ignored(finding)]
    return sorted(found, key=lambda finding: finding.order)


def _show(check: Check, findings: Sequence[Finding], offer: Offer, project: Project) -> None:
    print(f"# {check.id} ({check.fix.risk.value}): {check.title}, {plural(len(findings), 'finding')}")
    if offer.patch is not None:
        _write_exactly(masked_diff(offer.patch, secrets_before(project, offer.patch)))
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


def _summarise(outcome: _Outcome, *, applied: bool, has_scaffold: bool) -> None:
    left = sum(map(len, outcome.left.values()))
    tail = " `harden undo` takes the last one back." if applied else " Nothing is written: add --apply."
    if outcome.added:
        rest = "" if outcome.mended else f"; {plural(left, 'finding')} left as they are.{tail}"
        print(f"{'Added' if applied else 'Would add'} {', '.join(outcome.added)}{rest or '.'}")
    elif not outcome.mended and not left:
        hint = "; --scaffold offers a file to go on from" if has_scaffold else ""
        print(f"Nothing to fix{hint}.")
        return
    if outcome.added and not outcome.mended:
        return
    what = f"{plural(outcome.mended, 'finding')} in {plural(outcome.patches, 'patch', 'patches')}"
    verb = "Fixed" if applied else "Would fix"
    rest = f"; {left} left as they are" if left else ""
    print(f"{verb} {what}{rest}.{tail if outcome.mended else ''}")
