"""`harden review --plain` as a process: every answer, no drawing, and nothing written that was not shown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from tests.given import Content, git, repository, tree, write

HARDEN = [sys.executable, "-P", "-m", "harden"]
PLAIN = ("review", "--plain")
TIMEOUTS = (*PLAIN, "--check", "http-timeout")
DECISIONS = ".harden/decisions.toml"
PAY = """\
import requests


def charge(order):
    return requests.post("https://pay.example/charge", json=order)


def state(order):
    return requests.get(f"https://pay.example/{order}")
"""
LONG_SQL = """\
import psycopg2


def find(cursor, name, town):
    cursor.execute(
        f\"\"\"SELECT id, name
        FROM people
        WHERE name = '{name}'
          AND a = 1
          AND b = 1
          AND c = 1
          AND d = 1
          AND e = 1
          AND f = 1
          AND g = 1
          AND town = '{town}'
        \"\"\"
    )
    return cursor.fetchone()
"""


LATIN = b"# coding: latin-1\n# \xe9\n" + PAY.encode()
TWO_KEYS = """\
import os

import stripe

if os.getenv("LIVE"):
    stripe.api_key = os.environ["LIVE_KEY"]
else:
    stripe.api_key = os.environ["TEST_KEY"]
"""


class Said(str):
    """What the process printed, and its exit status."""

    code: int
    err: str


def review(root: Path, *answers: str, arguments: tuple[str, ...] = TIMEOUTS, **environment: str) -> Said:
    """Answer through a pipe; the input ends after the answers."""
    done = subprocess.run(
        [*HARDEN, *arguments],
        cwd=root,
        env={**os.environ, "EDITOR": "false", "VISUAL": "", **environment},
        input="".join(f"{answer}\n" for answer in answers).encode(),
        capture_output=True,
        check=False,
    )
    said = Said(done.stdout.decode())
    said.code, said.err = done.returncode, done.stderr.decode()
    assert not {"\x1b", "\r", "\x00"} & set(said)
    assert "Traceback" not in said.err
    assert "this is a bug" not in said.err
    return said


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"pay.py": PAY})


def timeouts(root: Path) -> int:
    return (root / "pay.py").read_text().count("timeout=")


# What is said


def test_a_finding_is_told_in_words(root: Path) -> None:
    said = review(root, "q")
    for line in (
        "Scanning 1 file.",
        "Stage 7 of 8: Resilience. 2 findings open.",
        "Finding 1 of 2: HTTP call without timeout",
        "pay.py:5, high severity, fix to review (http-timeout)",
        "--- a/pay.py",
        '-    return requests.post("https://pay.example/charge", json=order)',
        '+    return requests.post("https://pay.example/charge", json=order, timeout=10)',
        "Apply this fix? [y,n,x,p,e,w,s,z,?,q] ",
        "Nothing was changed.",
        "Open: 2 findings.",
        "Next: `harden review --plain` goes on with what is open.",
    ):
        assert line in said.splitlines()
    assert "\nWhy: A slow peer holds the worker for ever. requests" in said
    assert said.isascii()
    assert (said.code, said.err) == (1, "")
    assert timeouts(root) == 0


def test_the_whole_reason_is_given_once(root: Path) -> None:
    said = review(root, "n", "q")
    assert said.count("Why: A slow peer holds the worker for ever.") == 2
    assert said.count("when the peer accepts the connection") == 1


def test_help_and_page(root: Path) -> None:
    said = review(root, "?", "w", "help", "what", "")
    assert said.count("\nx - ignore the finding, with a reason\n") == 2
    assert said.count("\nC - commit what was applied\n") == 2
    assert "\nFlagged:\n  import requests\n" in said
    assert "In the code, `# harden: ignore[http-timeout] your reason` silences one place." in said
    assert said.count("Type one of y, n, x, p, e, w, s, z, ?, q; ? tells what they mean.") == 2
    assert timeouts(root) == 0


def test_what_a_person_has_to_do(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": LONG_SQL.partition("\n\n\n")[2]})
    said = review(root, "y", "h", "p", "n", arguments=(*PLAIN, "--check", "sql-injection"))
    assert "a.py:3, high severity, for a person (sql-injection)" in said
    assert "\nNo fix: " in said
    assert '\nThe code:\n  3:         f"""SELECT id, name\n  4:         FROM people\n' in said
    assert "\nThe pattern to follow:\n" in said
    assert "\nWhat now? [n,x,e,w,s,z,?,q] \nThere is no fix to apply: " in said
    assert "There is no fix with options here." in said
    assert said.code == 1


def test_every_stage_is_gone_through_in_order(tmp_path: Path) -> None:
    root = repository(tmp_path, {"pay.py": PAY})
    said = review(root, *["n"] * 90, arguments=PLAIN)
    heads = [line for line in said.splitlines() if line.startswith("Stage ")]
    assert [head[:12] for head in heads] == [f"Stage {number} of 8" for number in range(1, 9)]
    assert said.count("Apply this fix?") == 2


def test_stages_without_anything_open_are_named(tmp_path: Path) -> None:
    said = review(repository(tmp_path, {"a.py": "x = 1\n"}), arguments=TIMEOUTS)
    assert "Stage 7 of 8: Resilience. Nothing is open." in said
    assert "Open: 0 findings." in said
    assert said.code == 0


# Answers


def test_apply(root: Path) -> None:
    said = review(root, "y", "y")
    assert "Applied: 1 hunk in pay.py. z undoes." in said
    assert "Finding 2 of 2" in said
    assert timeouts(root) == 2
    assert "2 fixes applied." in said
    assert said.code == 0


def test_leave_and_go_back(root: Path) -> None:
    said = review(root, "K", "n", "K", "J", "n")
    assert "No earlier finding of this stage was left open" in said
    heads = [line[:14] for line in said.splitlines() if line.startswith("Finding ")]
    assert heads == ["Finding 1 of 2", "Finding 2 of 2", "Finding 1 of 2", "Finding 2 of 2"]
    assert timeouts(root) == 0
    assert said.code == 1


def test_ignore(root: Path) -> None:
    answers = ("x", "", "x", "the gateway ends it", "z", "l", "soon", "2001-01-01", "2999-12-31", "n")
    said = review(root, *answers)
    assert "Not ignored: a reason is required." in said
    assert "'soon' is no date: write it as 2030-12-31." in said
    assert "2001-01-01 is not in the future." in said
    assert "Ignored; the reason is kept in .harden/." in said
    assert "Open: 1 finding." in said
    kept = (root / DECISIONS).read_text()
    assert 'reason = "the gateway ends it"' in kept
    assert "2999-12-31" in kept


def test_ignore_the_whole_file_ends_both(root: Path) -> None:
    said = review(root, "x", "a script", "f", "")
    assert "Finding 2" not in said
    assert (said.code, timeouts(root)) == (0, 0)


def test_undo_and_redo(root: Path) -> None:
    said = review(root, "z", "Z", "y", "z", "q")
    assert "There is nothing to undo." in said
    assert "There is nothing to redo." in said
    assert "Undone: HTTP call without timeout (pay.py). Z does it again." in said
    assert said.count("pay.py:5, high") == 4
    assert (root / "pay.py").read_text() == PAY
    said = review(root, "Z", "q")
    assert "Done again: HTTP call without timeout (pay.py). z takes it back." in said
    assert timeouts(root) == 1


def test_undo_asks_again_also_for_what_was_decided(root: Path) -> None:
    said = review(root, "x", "mine", "", "", "z", "q")
    assert said.count("pay.py:5, high") == 2
    assert said.code == 1
    assert not (root / DECISIONS).exists()


def test_undo_leads_back_to_an_earlier_stage(tmp_path: Path) -> None:
    code = PAY + "\n\ndef old(log=[]):\n    log.append(1)\n    return log\n"
    root = repository(tmp_path, {"pay.py": code})
    arguments = (*TIMEOUTS, "--check", "swallowed-exception", "--check", "unpinned-dependency")
    write(root, {"requirements.txt": "requests\n"})
    said = review(root, "y", "y", "z", "q", arguments=arguments)
    assert "\nBack to stage 7 of 8: Resilience. 1 finding open.\n" in said


def test_options(root: Path) -> None:
    said = review(root, "p", "soon", "-1", "7", "", "", "", "y", "p", "-", "", "", "", "q")
    assert "Timeout (seconds before the call gives up, over 0 to 3600) [10]: " in said
    assert "timeout = 'soon': input should be a valid number" in said
    assert "Allowed: seconds before the call gives up, over 0 to 3600." in said
    assert "timeout = '-1': input should be greater than 0. Allowed:" in said
    assert "Kept for this repository: timeout = 7" in said
    assert "json=order, timeout=7)" in said
    assert "json=order, timeout=7)" in (root / "pay.py").read_text()
    assert "Kept for this repository: timeout = 10" in said
    assert "[http-timeout]" not in (root / DECISIONS).read_text()


def test_hunk_by_hunk(tmp_path: Path) -> None:
    root = repository(tmp_path, {"a.py": LONG_SQL})
    arguments = (*PLAIN, "--check", "sql-injection")
    said = review(root, "h", "n", "n", "h", "maybe", "n", "y", arguments=arguments)
    assert "Apply this fix? [y,n,h,x,p,e,w,s,z,?,q]" in said
    assert "No hunk is selected." in said
    assert "Type y or n." in said
    assert "Hunk 2 of 2, a.py" in said
    assert "The finding itself stays open." in said
    assert "WHERE name = '{name}'" in (root / "a.py").read_text()
    assert "AND town = %s" in (root / "a.py").read_text()
    assert said.code == 1


def test_skip_the_rest_of_a_stage(root: Path) -> None:
    said = review(root, "s", arguments=(*TIMEOUTS, "--check", "docker-root"))
    assert "The rest of Resilience is skipped." in said
    assert "Finding 2" not in said
    assert "Stage 8 of 8: Delivery. Nothing is open." in said


def test_questions(tmp_path: Path) -> None:
    root = repository(tmp_path, {"README.md": "Backups are restored every month.\n"})
    answers = ("", "i", "Anna leads it", "y", "n", "0", "z", "what", "s")
    said = review(root, *answers, arguments=(*PLAIN, "--stage", "database"))
    assert "Stage 3 of 8: Database. 6 questions open." in said
    assert "Question 1 of 6: A backup has been restored in a drill" in said
    assert "In the repository:\n  README.md:1: Backups are restored every month." in said
    assert "Nothing in the repository tells." in said
    assert "Noted, and answered no until you type y or 0." in said
    assert "Answered: yes." in said
    assert "Undone: " in said
    kept = (root / DECISIONS).read_text()
    assert 'note = "Anna leads it"' in kept
    assert "not applicable" not in kept
    assert said.count("Question 4 of 6") == 2
    assert said.code == 0


def test_questions_are_about_the_whole_repository(root: Path) -> None:
    said = review(root, "q", arguments=(*PLAIN, "pay.py"))
    assert "Questions are about the whole repository and are left out here." in said
    assert "question" not in said.replace("Questions are", "")


# Files that change


def editor(tmp_path: Path, code: str) -> str:
    """Return an editor that runs Python code on `text`, and keeps what it was called with."""
    script = tmp_path / "edit.py"
    script.write_text(
        "import pathlib, sys\npath = pathlib.Path(sys.argv[-1])\ntext = path.read_text()\n"
        f"assert sys.stdin.read() == ''\n{code}\npath.write_text(text)\n"
    )
    return f"{sys.executable} {script}"


def test_edit(root: Path, tmp_path: Path) -> None:
    mended = editor(tmp_path, "text = text.replace('json=order)', 'json=order, timeout=3)')")
    said = review(root, "e", "n", EDITOR=mended)
    assert "pay.py is scanned again.\nThe finding is no longer there." in said
    assert "Finding 2 of 2" in said
    assert timeouts(root) == 1


def test_an_editor_that_fails(root: Path) -> None:
    assert "false ended with status 1." in review(root, "e", "q", EDITOR="false")
    assert "The editor cannot be started: No such file" in review(root, "e", "q", EDITOR="/no/editor")
    assert "EDITOR cannot be understood: No closing quotation." in review(root, "e", "q", EDITOR="'")


def test_a_file_with_edits_of_ones_own(root: Path) -> None:
    mine = f"MINE = 1\n{PAY}"
    write(root, {"pay.py": mine})
    said = review(root, "y", "n", "y", "y", "y", "y", "y")
    assert said.count("These files hold changes of yours that are not committed:\n  pay.py\n") == 2
    assert said.count("Apply all the same?") == 2
    assert timeouts(root) == 2
    assert "MINE" in (root / "pay.py").read_text()
    assert "Only harden's own lines are taken from files that also hold changes of yours:\n  pay.py" in said
    assert "MINE" not in git(root, "show", "HEAD:pay.py")
    assert git(root, "show", "HEAD:pay.py").count("timeout=") == 2


def test_a_fix_that_mends_two_is_asked_once(tmp_path: Path) -> None:
    root = repository(tmp_path, {"pay.py": TWO_KEYS})
    said = review(root, "y", arguments=(*PLAIN, "--check", "http-timeout"))
    assert "Finding 1 of 2" in said
    assert "Note: this also mends 1 other finding of the check." in said
    assert "Finding 2" not in said
    assert said.code == 0


def test_a_finding_that_goes_with_another_file_is_not_asked(tmp_path: Path) -> None:
    config = (
        'import os\n\nDATABASE_URL = os.getenv("DATABASE_URL", "postgresql+psycopg2://u:hunter22@db/shop")\n'
    )
    engine = "from sqlalchemy import create_engine\n\nfrom app import config\n\n"
    engine += "engine = create_engine(config.DATABASE_URL)\n"
    files: dict[str, Content] = {
        "app/__init__.py": "",
        "app/config.py": config,
        "app/database.py": engine,
    }
    checks = ("--check", "secret-default", "--check", "db-timeout")
    said = review(repository(tmp_path, files), "y", arguments=(*PLAIN, *checks))
    assert "Stage 3 of 8: Database. 1 finding open." in said
    told = (
        "Database client without timeout, app/database.py:5: no longer there since another file was changed."
    )
    assert told in said
    assert said.count("Apply this fix?") == 1
    assert "hunter22" not in said


def test_a_check_that_is_off_stays_in_view_when_it_is_named(root: Path) -> None:
    write(root, {"harden.toml": 'disable = ["http-timeout"]\n'})
    said = review(root, "y", "y")
    assert timeouts(root) == 2
    assert said.code == 0


def test_the_least_severity_of_the_settings_counts(tmp_path: Path) -> None:
    code = "import datetime\n\nNOW = datetime.datetime.now()\n"
    root = repository(tmp_path, {"a.py": code, "harden.toml": 'severity = "high"\n'})
    said = review(root, "q", arguments=(*PLAIN, "--check", "naive-datetime"))
    assert "No findings in " in said
    assert said.code == 0


# What is never shown, and what is always escaped


def test_secrets_are_masked(tmp_path: Path) -> None:
    secret = "sk_live_51HxKq2eZvKYlo2C0aBcDeFgH"
    files: dict[str, Content] = {
        "app/main.py": f'import stripe\n\nstripe.api_key = "{secret}"\nprint("{secret}")\n',
        "README.md": f"vault: {secret}\n",
    }
    root = repository(tmp_path, files)
    answers = ["w", "h", "y", "z", *["n"] * 60]
    said = review(root, *answers, arguments=PLAIN)
    assert "hardcoded-secret" in said
    assert secret not in said.replace(f"README.md:1: vault: {secret}", "")
    assert '-stripe.api_key = "****"' in said
    assert said.isascii()


def test_evidence_shows_no_secret_where_no_check_looks_for_them(tmp_path: Path) -> None:
    secret = "sk_live_51HxKq2eZvKYlo2C0aBcDeFgH"
    code = f'fallback_api_key = "{secret}"\nfallback_price = 1\n'
    root = repository(tmp_path, {"app/main.py": code})
    said = review(root, *[""] * 60, arguments=(*PLAIN, "--stage", "resilience"))
    assert "app/main.py:2: fallback_price = 1" in said
    assert secret not in said


def test_names_and_lines_that_would_steer_a_terminal(tmp_path: Path) -> None:
    name = "red\x1b[31m.py" if os.name != "nt" else "red.py"
    code = PAY.replace("\n", "\r\n").replace("pay.example/charge", "pay.example/\x1b]0;title\x07\u202e")
    root = repository(tmp_path, {name: code.encode(), "latin.py": LATIN})
    said = review(root, "y", "y", "y", "y")
    assert said.code == 0
    assert "\\x1b]0;title\\x07\\u202e" in said
    assert all(data.count(b"timeout=") == 2 for data in tree(root).values())
    assert review(root, "q", PYTHONIOENCODING="ascii").code == 0


# The ends


def test_the_end_of_the_input(root: Path) -> None:
    said = review(root)
    assert (said.code, said.err) == (1, "")
    assert said.endswith("goes on with what is open.\n")
    assert review(repository(root.parent / "clean", {"a.py": "x = 1\n"}), arguments=PLAIN).code == 0


@pytest.mark.parametrize("answers", [("x",), ("x", "why"), ("x", "why", ""), ("p",), ("p", "7"), ("w",)])
def test_the_end_of_the_input_in_the_middle_keeps_nothing(root: Path, answers: tuple[str, ...]) -> None:
    said = review(root, *answers)
    assert said.code == 1
    assert not (root / DECISIONS).exists()
    assert timeouts(root) == 0


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    said = review(repository(tmp_path, {"broken.py": "def f(:\n"}))
    assert "Could not check broken.py:1: " in said
    assert said.code == 2


def test_commit(root: Path) -> None:
    write(root, {"notes.txt": "mine\n"})
    said = review(root, "C", "y", "y", "y", "maybe", "y")
    assert "Nothing to commit: no fix is applied." in said
    assert "1. Resilience, 2 fixes in 1 file: pay.py\n   harden(resilience): fix HTTP call" in said
    assert "Not included: 1 file you changed yourself.\n  notes.txt" in said
    assert "1 commit on the new branch harden/" in said
    assert "Open: 0 findings." in said
    assert git(root, "branch", "--show-current").startswith("harden/")
    assert git(root, "status", "--short") == "?? notes.txt\n"
    assert said.code == 0


def test_commit_on_the_branch_and_only_some(root: Path) -> None:
    write(root, {"a.py": "def old(log=[]):\n    log.append(1)\n    return log\n"})
    git(root, "add", ".")
    git(root, "commit", "-qm", "more")
    arguments = (*TIMEOUTS, "--check", "mutable-default")
    said = review(root, *["y"] * 3, "n", "y", "n", "y", arguments=arguments)
    assert said.count("Include commit ") == 2
    assert git(root, "branch", "--show-current") == "main\n"
    assert git(root, "log", "--format=%s").count("\n") == 3
    assert git(root, "status", "--short", "--", "a.py") == " M a.py\n"
    assert "1 fix is applied and not committed." in said


def test_no_commit(root: Path) -> None:
    said = review(root, "y", "y", "y", "n")
    assert "Nothing is committed; the fixes stay in your working tree." in said
    assert git(root, "log", "--format=%s") == "Start\n"
    assert git(root, "branch", "--format=%(refname:short)") == "main\n"
    assert "2 fixes are applied and not committed." in said


def test_a_commit_that_git_refuses(root: Path) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho the linter says no\nexit 1\n")
    hook.chmod(0o755)
    said = review(root, "y", "y", "y", "y")
    assert "the linter says no" in said
    assert "2 fixes are applied and not committed." in said
    assert said.err == ""


def test_outside_git(tmp_path: Path) -> None:
    root = write(tmp_path / "folder", {"pay.py": PAY})
    said = review(root, "y", "y", "y")
    assert "Write what was applied (2 fixes) to harden.patch? [y,n]" in said
    assert "Written: harden.patch" in said
    assert (root / "harden.patch").read_text().count("+") > 2
    assert "writes harden.patch" in said


def test_without_a_terminal_the_app_is_not_opened(root: Path) -> None:
    said = review(root, arguments=("review",))
    assert (said, said.code) == ("", 2)
    assert said.err == "harden: The app needs a terminal; `harden review --plain` asks in lines.\n"


# On a terminal


@contextmanager
def terminal(
    root: Path, arguments: tuple[str, ...], environment: Mapping[str, str] | None = None
) -> Iterator[pexpect.spawn]:
    """Start harden as a person does."""
    child = pexpect.spawn(
        HARDEN[0],
        [*HARDEN[1:], *arguments],
        cwd=str(root),
        env={**os.environ, "EDITOR": "true", "VISUAL": "", "TERM": "dumb", **(environment or {})},
        timeout=60,
        encoding="utf-8",
    )
    try:
        yield child
        child.expect(pexpect.EOF)
    finally:
        child.close()


def answer(child: pexpect.spawn, prompt: str, text: str) -> str:
    """Wait for a prompt, answer it, and return what was said before it."""
    child.expect_exact(prompt)
    said = str(child.before)
    child.sendline(text)
    return said


def test_from_start_to_commit(root: Path) -> None:
    with terminal(root, PLAIN) as child:
        said = ""
        for _ in range(6):
            said += answer(child, "Enter skips [", "s") if "Stage 7" not in said else ""
            child.expect_exact(["Stage 7 of 8", "Stage "])
            if child.after == "Stage 7 of 8":
                break
        answer(child, "Apply this fix? [", "?")
        answer(child, "Apply this fix? [", "y")
        answer(child, "Apply this fix? [", "z")
        answer(child, "Apply this fix? [", "y")
        answer(child, "Apply this fix? [", "y")
        answer(child, "Enter skips [", "y")
        answer(child, "Enter skips [", "s")
        answer(child, "Enter skips [", "s")
        said += answer(child, "On a new branch, harden/", "y")
        answer(child, "Make 1 commit on harden/", "y")
        child.expect("1 commit on the new branch harden/")
    assert "\x1b" not in said
    assert child.exitstatus == 0
    assert git(root, "log", "--format=%s").count("\n") == 2
    assert git(root, "status", "--short") == ""


def test_a_file_that_is_saved_while_the_question_stands(root: Path) -> None:
    with terminal(root, TIMEOUTS) as child:
        child.expect_exact("Apply this fix? [")
        (root / "pay.py").write_text(PAY.replace("json=order", "data=order"))
        child.sendline("y")
        child.expect_exact("pay.py has changed since the preview; look at the fix again.")
        child.expect_exact("data=order, timeout=10)")
        answer(child, "Apply this fix? [", "n")
        child.expect_exact("Apply this fix? [")
        (root / "pay.py").write_text("x = 1\n")
        child.sendline("z")
        child.expect_exact("pay.py was changed meanwhile and is scanned again.")
        child.expect_exact("The finding is no longer there.")
    assert child.exitstatus == 0
    assert (root / "pay.py").read_text() == "x = 1\n"


def test_ctrl_c(root: Path) -> None:
    with terminal(root, TIMEOUTS) as child:
        answer(child, "Apply this fix? [", "y")
        child.expect_exact("Finding 2 of 2")
        child.expect_exact("Apply this fix? [")
        child.kill(signal.SIGINT)
        child.expect_exact("Done: 1 fix applied.")
        child.expect_exact("harden: stopped.")
    assert child.exitstatus == 130
    assert timeouts(root) == 1


def test_the_end_of_the_input_on_a_terminal(root: Path) -> None:
    with terminal(root, TIMEOUTS) as child:
        child.expect_exact("Apply this fix? [")
        child.sendeof()
        child.expect_exact("Nothing was changed.")
    assert child.exitstatus == 1


def test_a_terminal_that_cannot_draw(root: Path) -> None:
    with terminal(root, ()) as child:
        child.expect_exact("pay.py:5:12: H http-timeout")
        child.expect_exact("`harden review --plain` goes through this with you, line by line.\r\n")
    assert child.exitstatus == 1
    with terminal(root, ("review", "--check", "http-timeout")) as child:
        answer(child, "Apply this fix? [", "q")
    assert child.exitstatus == 1


def test_the_app_shows_every_check(root: Path) -> None:
    with terminal(root, ("review", "--stage", "state"), {"TERM": "xterm"}) as child:
        child.expect_exact("harden: The app shows every check: --stage and --check need --plain.")
    assert child.exitstatus == 2
