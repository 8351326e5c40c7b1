"""Secrets are dots wherever they would be shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harden.findings import Finding, Risk, Severity, Span
from harden.masking import masked_diff, masked_hunks, masked_lines
from harden.module import split_lines
from harden.patches import FileEdit, Patch, Target
from harden.previews import reason_of, source_lines
from harden.session import Session


def secret(path: str, first: int, last: int | None = None, check: str = "hardcoded-secret") -> Finding:
    return Finding(check, path, Span(first, 0, last or first, 1000), "", Severity.HIGH)


def masked(text: str, *findings: Finding) -> str:
    return "".join(masked_lines(split_lines(text), findings))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('KEY = "sk_live_1"', 'KEY = "••••"'),
        ("KEY = b'sk_live_1'  # note", "KEY = b'••••'  # note"),
        ('KEY = os.getenv("API_KEY", "sk_live_1")', 'KEY = os.getenv("API_KEY", "••••")'),
        ('KEY = os.environ["API_KEY"] or "dev"', 'KEY = os.environ["API_KEY"] or "••••"'),
        ('connect(user="me", password="sk")', 'connect(user="••••", password="••••")'),
        ('KEY = ""', 'KEY = ""'),
        ('KEY = "it\\"s"', 'KEY = "••••"'),
    ],
)
def test_literals_of_a_finding(line: str, shown: str) -> None:
    assert masked(line + "\n", secret("a.py", 1)) == shown + "\n"


def test_literals_over_several_lines() -> None:
    text = 'KEY = """-----BEGIN\nMIIabc\n-----END"""\nx = "plain"\n'
    assert masked(text, secret("a.py", 1, 3)) == 'KEY = """••••\n••••\n••••"""\nx = "plain"\n'


def test_repetitions_are_masked_but_not_names_in_the_code() -> None:
    text = (
        'password = "password"\nprint(password)\nurl = "db://me:password@host"\n# abc-123\nkey = "abc-123"\n'
    )
    shown = masked(text, secret("a.py", 1), secret("a.py", 5))
    assert shown == 'password = "••••"\nprint(password)\nurl = "db://me:••••@host"\n# ••••\nkey = "••••"\n'


def test_a_key_is_masked_wherever_it_stands() -> None:
    text = 'KEY = "dgdZUK8aSdwDJK4jegS5"  # was dgdZUK8aSdwDJK4jegS5\n'
    assert masked(text, secret("a.py", 1)) == 'KEY = "••••"  # was ••••\n'


def test_files_that_are_not_python() -> None:
    assert masked("ENV TOKEN=abc123 \n", secret("Dockerfile", 1)) == "ENV TOKEN=•••• \n"
    assert masked("key: abc\n", secret("a.yml", 1)) == "key: ••••\n"


def test_other_findings_mask_nothing() -> None:
    assert masked('x = "text"\n', secret("a.py", 1, check="http-timeout")) == 'x = "text"\n'


def patch(check: str, before: str, after: str) -> Patch:
    edits = (
        FileEdit("a.py", before.encode(), after.encode()),
        FileEdit(".env.example", None, b"API_KEY=sk_live_1\n"),
    )
    return Patch(check, "config", "Secret", Risk.REVIEW, edits, (), (Target("a.py", 2, 2),))


BEFORE = '# top\nAPI_KEY = "sk_live_1"\nOTHER_KEY = "0000-1111"\n'
AFTER = '# top\nAPI_KEY = os.environ["API_KEY"]\nOTHER_KEY = "0000-1111"\n'


@pytest.mark.parametrize("known", [True, False], ids=["found", "after a restart"])
def test_a_diff_shows_no_secret(known: bool) -> None:
    findings = [secret("a.py", 2), secret("a.py", 3)] if known else []
    texts = "".join(
        row.text
        for hunk in masked_hunks(patch("hardcoded-secret", BEFORE, AFTER), findings)
        for row in hunk.rows
    )
    assert "sk_live_1" not in texts
    assert ("0000-1111" in texts) is not known
    assert 'os.environ["API_KEY"]' in texts


def test_a_diff_as_text_shows_no_secret_and_keeps_its_shape() -> None:
    made = patch("hardcoded-secret", BEFORE, AFTER)
    shown = masked_diff(made, [secret("a.py", 2), secret("a.py", 3)])
    assert "sk_live" not in shown
    assert "0000" not in shown
    assert len(shown.splitlines()) == len(made.diff().splitlines())


@pytest.mark.parametrize("context", [0, 20, None])
def test_context_shows_no_secret(context: int | None) -> None:
    lines = "x = 1\n" * 10
    made = patch("http-timeout", BEFORE + lines + "fetch()\n", BEFORE + lines + "fetch(1)\n")
    found = [secret("a.py", 2), secret("a.py", 3)]
    texts = "".join(row.text for hunk in masked_hunks(made, found, context) for row in hunk.rows)
    assert "sk_live" not in texts
    assert "0000" not in texts
    assert ("API_KEY = " in texts) is (context != 0)


def test_rows_are_masked_where_a_carriage_return_stands_alone() -> None:
    before = 'a = 1\rAPI_KEY = "sk_live_1"\nb = 1\n'
    (hunk,) = masked_hunks(
        replace(patch("http-timeout", before, before + "c = 1\n"), targets=()), [secret("a.py", 2)]
    )[:1]
    assert [row.text for row in hunk.rows] == ['a = 1\rAPI_KEY = "••••"\n', "b = 1\n", "c = 1\n"]


def test_every_value_of_an_environment_file_is_masked(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# for all\nexport TOKEN=abc-9\nLEVEL=info\n")
    shown = source_lines(Session(tmp_path), ".env")
    assert shown == ["# for all\n", "export TOKEN=••••\n", "LEVEL=••••\n"]


def test_a_bug_is_told_without_the_code_that_its_message_quotes() -> None:
    told = reason_of(ValueError("no such node\napi_key = 'sk_live_0123456789'"))
    assert "ValueError: no such node" in told
    assert "sk_live" not in told


def test_a_file_that_was_edited_since_shows_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text('API_KEY = "sk_live_0123456789abcdef"\n')
    session = Session(tmp_path)
    list(session.scan())
    assert source_lines(session, "settings.py") == ['API_KEY = "••••"\n']
    file.write_text("import os\n\n" + file.read_text())
    assert source_lines(session, "settings.py") == ["import os\n", "\n", 'API_KEY = "••••"\n']
