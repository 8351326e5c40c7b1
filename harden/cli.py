"""The `harden` command. Nothing is imported before it is needed, nor before ctrl+c is heard."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from harden import __version__
from harden.errors import HardenError, UsageError

if TYPE_CHECKING:
    import argparse

WRONG, STOPPED, CUT_OFF = 2, 130, 141
_COMMANDS = ("scan", "fix", "review", "explain", "checks", "undo", "redo")


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Return 0 when clean, 1 with findings, 2 on wrong use or unreadable input."""
    try:
        _prepare_streams()
        try:
            options = _options(sys.argv[1:] if arguments is None else arguments)
        except SystemExit as stop:  # argparse has printed its one line, or the help
            return stop.code if isinstance(stop.code, int) else WRONG
        code = _run(options)
        sys.stdout.flush()
        return code
    except HardenError as error:
        return _told(str(error))
    except KeyboardInterrupt as stop:
        print(" ".join(["harden: stopped.", *map(str, stop.args)]), file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        _drop_output()
        return CUT_OFF
    except OSError as error:
        _drop_output()
        return _told(": ".join(filter(None, (_shown(error.filename), error.strerror or str(error)))))
    except Exception as error:
        return _told(_unexpected(error))


def _prepare_streams() -> None:
    """Let no name that the terminal cannot show, and no closed stream, end the work."""
    import io
    import os

    if sys.stdout is None or sys.stderr is None:  # closed by whoever started this
        nowhere = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process lives
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Send the rest of the output nowhere, so that the end of the process does not fail over it."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(line: str) -> int:
    print(f"harden: {line}", file=sys.stderr)
    return WRONG


def _shown(path: object) -> str:
    import os

    return os.fsdecode(path) if isinstance(path, str | bytes) else ""


def _unexpected(error: Exception) -> str:
    """Return one line for what is a bug of harden's own; the whole traceback to who asks for it."""
    import os
    import traceback

    from harden.details import named

    if os.environ.get("HARDEN_TRACEBACK"):
        traceback.print_exc()
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(last.filename)}:{last.lineno}"
    what = " ".join(named(error).split())
    return f"this is a bug: {what} ({place}). Please report it, with what HARDEN_TRACEBACK=1 shows."


def _run(options: argparse.Namespace) -> int:
    import os
    from pathlib import Path

    try:
        os.getcwd()
    except FileNotFoundError:
        raise UsageError("The current folder is no longer there: change to another one.") from None
    person = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    served = bool(os.environ.get("TEXTUAL_DRIVER"))  # to a browser: no terminal, and something that draws
    drawn = served or (person and os.environ.get("TERM") != "dumb")
    asked = options.command == "review" and not options.plain
    if options.ascii and not (asked or options.command is None):
        raise UsageError("--ascii is for the app; everything else prints plain lines.")
    if options.since is not None and options.command not in (None, "scan", "fix", "review"):
        raise UsageError("--since is for scan, fix, review and the app.")
    if drawn and (options.command is None or asked):
        if asked and (options.stage or options.check):
            raise UsageError("The app shows every check: --stage and --check need --plain.")
        from harden.tui.app import run  # before the commands are loaded: the first frame does without them

        return run(Path.cwd(), ascii=options.ascii, paths=_paths(options), since=options.since)
    if asked and not person:
        raise UsageError("The app needs a terminal; `harden review --plain` asks in lines.")
    from harden import commands

    match options.command:
        case "scan":
            return commands.scan(options)
        case "fix":
            return commands.fix(options)
        case "review":
            return commands.review(options)
        case "explain":
            return commands.explain(options)
        case "checks":
            return commands.list_checks(options)
        case "undo" | "redo":
            return commands.take_back(options)
    code = commands.scan(_options(["scan", *_paths(options), *_since(options)]))
    if person:  # on a terminal that cannot draw
        print("`harden review --plain` goes through this with you, line by line.")
    return code


def _paths(options: argparse.Namespace) -> list[str]:
    return list(getattr(options, "paths", []))


def _since(options: argparse.Namespace) -> list[str]:
    return [] if options.since is None else [f"--since={options.since}"]


def _options(arguments: list[str]) -> argparse.Namespace:
    """Read the arguments; paths without a command are for the app, as no path at all is."""
    parser = _parser()
    first = _first_word(arguments)
    if first in _COMMANDS or not _is_there(first):
        return parser.parse_args(arguments)
    options = parser.parse_args(["review", *arguments])
    options.command = options.command if options.plain else None
    return options


def _first_word(arguments: list[str]) -> str:
    words = iter(arguments)
    for word in words:
        if word == "--since":
            next(words, "")
        elif not word.startswith("-"):
            return word
    return ""


def _is_there(path: str) -> bool:
    import os

    return os.path.lexists(path)


def _parser() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="harden",
        usage="%(prog)s [-h] [--version] [--ascii] [--since REV] [PATH ... | COMMAND ...]",
        description="Find what will fail in production, see why, and fix it. Without a command: the app, "
        "on the whole repository or on some paths of it.",
        epilog="Exit status: 0 nothing found, 1 findings, 2 wrong use or unreadable input.",
    )
    parser.add_argument("--version", action="version", version=f"harden {__version__}")
    parser.add_argument("--ascii", action="store_true", help="draw the app with nothing but ASCII")
    _add_since(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="harden")

    scan = commands.add_parser(
        "scan", help="report findings", description="Report what will fail in production."
    )
    _add_scope(scan)
    scan.add_argument("--format", choices=("text", "md", "json", "sarif", "jsonl"), default="text")
    scan.add_argument("--output", metavar="FILE", help="write the report to FILE instead of standard output")
    scan.add_argument(
        "--severity", choices=("low", "medium", "high"), help="report only findings at least this bad"
    )

    fix = commands.add_parser(
        "fix", help="show fixes as diffs, or apply them", description="Show fixes as diffs."
    )
    _add_scope(fix)
    fix.add_argument("--apply", action="store_true", help="write the fixes; `harden undo` takes them back")
    fix.add_argument(
        "--scaffold", action="store_true", help="also add files to go on from, where only a person can fix it"
    )
    fix.add_argument("--risk", choices=("auto", "review"), help="auto: only fixes that are safe in bulk")
    fix.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="CHECK.OPTION=VALUE",
        help="set an option of a fix, e.g. http-timeout.timeout=5",
    )

    review = commands.add_parser(
        "review",
        help="open the app, or ask finding by finding in plain lines",
        description="Open the app, or with --plain ask finding by finding, without any drawing.",
    )
    _add_scope(review)
    review.add_argument(
        "--plain", action="store_true", help="for screen readers, plain terminals and scripts"
    )

    review.add_argument(
        "--ascii", action="store_true", default=argparse.SUPPRESS, help="draw the app with nothing but ASCII"
    )

    explain = commands.add_parser("explain", help="what a check means, with examples")
    explain.add_argument("check", metavar="CHECK")
    checks = commands.add_parser("checks", help="list all checks")
    checks.add_argument("--format", choices=("text", "json"), default="text")
    checks.add_argument("--stage", metavar="STAGE")
    commands.add_parser("undo", help="take back what was done last: a fix or a decision")
    commands.add_parser("redo", help="do again what was undone last")
    return parser


def _add_since(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    parser.add_argument(
        "--since",
        metavar="REV",
        default=default,
        help="only what touches lines changed since HEAD left REV (a branch, tag or commit): committed, "
        "staged, unstaged and new files",
    )


def _add_scope(parser: argparse.ArgumentParser) -> None:
    import argparse

    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders (default: the folder you are in)"
    )
    _add_since(parser, default=argparse.SUPPRESS)
    parser.add_argument("--stage", action="append", default=[], metavar="STAGE", help="only this stage")
    parser.add_argument("--check", action="append", default=[], metavar="CHECK", help="only this check")
