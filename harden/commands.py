"""The headless commands, each a twin of what the app does, over the same session."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from harden.checks import Check
from harden.discover import find_root, list_files
from harden.errors import HardenError, UsageError
from harden.findings import Severity
from harden.project import Project
from harden.registry import check_named, checks, stages
from harden.report import made
from harden.report.text import summary
from harden.scope import scope_of
from harden.session import Session
from harden.words import inside_sentence, plural

CLEAN, FOUND, UNREADABLE = 0, 1, 2


def scan(options: Namespace) -> int:
    """Report findings; 1 when there are any, 2 when there are none but a file could not be read."""
    session = open_session(options)
    chosen = chosen_checks(session, options)
    if options.format == "jsonl":
        return _stream(session, chosen, options)
    started = time.perf_counter()
    files = _scan_with_progress(session, chosen)
    least = Severity(options.severity or session.settings.severity)
    rated = options.format == "md" and not options.stage and not options.check
    seconds = time.perf_counter() - started
    report = made.scanned(session, files, seconds, least=least, rated=rated)
    _write(made.render(report, options.format), options.output)
    if options.output is not None:
        print(summary(report), file=sys.stderr)
    if report.findings:
        return FOUND
    return UNREADABLE if report.problems else CLEAN


def fix(options: Namespace) -> int:
    """Show the patch of each check as a diff, and write it when told to."""
    from harden.fix_command import run

    session = open_session(options)
    return run(session, chosen_checks(session, options), options)


def review(options: Namespace) -> int:
    """Ask finding by finding, in lines; questions too where the whole repository is looked at."""
    from harden.review_command import run

    session = open_session(options)
    chosen = chosen_checks(session, options)
    is_part = options.check or not session.scope.is_all
    asked = [] if is_part else options.stage or [stage.id for stage in stages()]
    return run(session, chosen, asked)


def explain(options: Namespace) -> int:
    """Print the page of a check; inside a repository with the patterns for what that imports."""
    from harden.pages import markdown, page_of

    check = check_named(options.check)
    imported = _imported_here() if len(page_of(check).patterns) > 1 else None
    print(markdown(check, imported), end="")
    return CLEAN


def _imported_here() -> frozenset[str] | None:
    """Return the packages that the repository around the current folder imports; None outside of one."""
    root = find_root(Path())
    if not (root / ".git").exists():
        return None
    return Project(root, list_files(root)).imported


def list_checks(options: Namespace) -> int:
    """Print every check, by stage."""
    chosen = [stage for stage in stages() if options.stage in (None, stage.id)]
    if not chosen:
        raise UsageError(_no_stage(options.stage))
    if options.format == "json":
        import json

        print(json.dumps([_check_record(check) for stage in chosen for check in stage.checks], indent=2))
        return CLEAN
    for stage in chosen:
        print(f"{stage.id} - {stage.title}")
        for check in stage.checks:
            print(f"  {check.severity.letter}  {check.fix.risk.value:6}  {check.id:24} {check.title}")
    return CLEAN


def take_back(options: Namespace) -> int:
    """Undo what was done last, a patch or a decision, or do again what was undone last."""
    session = Session(Path())
    report_recovered(session)
    entry = session.undo() if options.command == "undo" else session.redo()
    undone = options.command == "undo"
    if entry.is_decision:
        print(f"{'Undone' if undone else 'Done again'}: {inside_sentence(entry.title)}.")
    else:
        verb = "Undone" if undone else "Applied again"
        print(f"{verb}: {entry.title} ({', '.join(entry.paths)}).")
    report_notices(session)
    return CLEAN


def open_session(options: Namespace) -> Session:
    """Return the session of the repository that the paths lie in, with the scope that is asked for."""
    scope = scope_of(options.paths or ["."], options.since)
    session = Session(scope.root)
    session.scope = scope
    report_recovered(session)
    return session


def report_recovered(session: Session) -> None:
    """Tell on stderr what an interrupted run left behind and what became of it."""
    for line in session.recovered:
        print(f"harden: {line}", file=sys.stderr)


def report_notices(session: Session) -> None:
    """Tell on stderr what went wrong beside the work itself."""
    for line in dict.fromkeys(session.notices):
        print(f"harden: {line}", file=sys.stderr)


def chosen_checks(session: Session, options: Namespace) -> list[Check]:
    """Return the checks that `--stage` and `--check` name. Raises UsageError for unknown ones."""
    known = {stage.id for stage in stages()}
    for stage in options.stage:
        if stage not in known:
            raise UsageError(_no_stage(stage))
    named = {check_named(id).id for id in options.check}
    if not options.stage and not named:
        return list(session.checks)
    in_stages = {check.id for check in session.checks if check.stage in options.stage}
    return [check for check in checks().values() if check.id in in_stages | named]


def _no_stage(stage: str) -> str:
    return f"There is no stage {stage!r}. Stages: {', '.join(known.id for known in stages())}."


def _scan_with_progress(session: Session, chosen: list[Check]) -> int:
    """Scan, with a counter on stderr while that is a terminal. Return the number of files."""
    show, shown, files = sys.stderr.isatty(), 0.0, 0
    for _ in session.scan(chosen):
        files += 1
        if show and time.perf_counter() - shown > 0.1:
            shown = time.perf_counter()
            print(f"\r{plural(files, 'file')}", end="", file=sys.stderr, flush=True)
    if show and shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return files


def _stream(session: Session, chosen: list[Check], options: Namespace) -> int:
    """Write each file's result as it comes, with every finding, ignored or not; the reader decides."""
    from harden.report import jsonl

    started = time.perf_counter()
    least = Severity(options.severity or "low").weight
    wanted = session.wanted(chosen)
    with _opened(options.output) as out:
        print(jsonl.write(jsonl.Start(len(wanted), tuple(session.recovered))), file=out, flush=True)
        files = 0
        for result in session.scan(chosen):
            files += 1
            kept = tuple(finding for finding in result.findings if finding.severity.weight >= least)
            print(jsonl.write(replace(result, findings=kept)), file=out, flush=True)
        print(jsonl.write(jsonl.Done(files, time.perf_counter() - started)), file=out, flush=True)
    if any(finding.severity.weight >= least for finding in session.open_findings()):
        return FOUND
    return UNREADABLE if session.problems else CLEAN


def _write(text: str, output: str | None) -> None:
    with _opened(output) as out:
        out.write(text)


@contextmanager
def _opened(output: str | None) -> Iterator[TextIO]:
    """Give the file of `--output`, or standard output. Raises HardenError."""
    if output is None:
        yield sys.stdout
        return
    try:
        with Path(output).open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            yield file
    except OSError as error:
        raise HardenError(f"{output} cannot be written: {error.strerror or error}") from error


def _check_record(check: Check) -> dict[str, str]:
    return {
        "id": check.id,
        "stage": check.stage,
        "title": check.title,
        "severity": check.severity.value,
        "fix": check.fix.risk.value,
    }
