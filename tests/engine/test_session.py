"""A session: what was found, decided and written, over restarts and beside other sessions."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from harden.decisions import AnswerKind
from harden.errors import ApplyError, UsageError
from harden.findings import Finding, Risk
from harden.patches import FileEdit, Patch, Target
from harden.registry import check_named
from harden.session import Session, State
from tests.given import patch_of, repository, write

BAD = 'import requests\n\n\ndef f():\n    requests.get("https://example.com/")\n'
FILES = {"a.py": BAD, "b.py": BAD, "c.py": "x = 1\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def scanned(root: Path) -> Session:
    session = Session(root)
    for _ in session.scan([check_named("http-timeout")]):
        pass
    return session


def first(session: Session) -> Finding:
    return session.findings(check="http-timeout")[0]


def decisions(root: Path) -> str:
    return (root / ".harden/decisions.toml").read_text()


def ledger(root: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (root / ".harden/ledger.jsonl").read_text().splitlines()]


def test_apply_undo_and_redo_move_findings(root: Path) -> None:
    session = scanned(root)
    finding = first(session)
    offer = session.preview([finding])
    assert offer.patch is not None
    assert (root / "a.py").read_text() == BAD
    session.apply(offer.patch)
    assert session.state(finding) is State.APPLIED
    assert finding in session.findings()
    assert [f.path for f in session.open_findings(check="http-timeout")] == ["b.py"]
    session.undo()
    assert session.state(finding) is State.OPEN
    session.redo()
    assert session.state(finding) is State.APPLIED
    assert [line["event"] for line in ledger(root)] == ["applied", "undone", "redone"]
    assert {line["patch"] for line in ledger(root)} == {offer.patch.id}
    assert scanned(root).findings(check="http-timeout")[0].path == "b.py"


def test_a_finding_in_a_file_that_went_is_gone(root: Path) -> None:
    session = scanned(root)
    finding = first(session)
    (root / "a.py").unlink()
    session.rescan(["a.py"])
    assert session.state(finding) is State.GONE


def test_a_preview_reads_the_file_as_it_is(root: Path) -> None:
    session = scanned(root)
    finding = first(session)
    write(root, {"a.py": "# mine\n" + BAD})
    offer = session.preview([finding])
    assert offer.patch is not None
    assert offer.patch.edits[0].before == f"# mine\n{BAD}".encode()
    assert offer.patch.targets[0].line == 6
    write(root, {"a.py": "x = 1\n"})
    offer = session.preview([finding])
    assert offer.patch is None
    assert "no longer there" in offer.refused[finding.fingerprint]


@pytest.mark.parametrize("scope", ["line", "file", "check"])
def test_ignoring_and_reopening(root: Path, scope: str) -> None:
    session = scanned(root)
    finding = first(session)
    with pytest.raises(UsageError, match="reason is required"):
        session.ignore(finding, "  ")
    session.ignore(finding, "watched 'by\nhand'", scope=scope)  # type: ignore[arg-type]
    again = scanned(root)
    assert again.state(first(again)) is State.IGNORED
    assert again.why_ignored(first(again)) == "watched 'by\nhand'"
    assert len(again.open_findings(check="http-timeout")) == (0 if scope == "check" else 1)
    again.reopen(first(again))
    assert len(scanned(root).open_findings(check="http-timeout")) == 2
    assert [line["event"] for line in ledger(root)] == ["ignored", "reopened"]


def test_an_ignored_finding_comes_back_when_its_time_is_up(root: Path) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    for days, state in ((0, State.IGNORED), (-1, State.OPEN), (1, State.IGNORED)):
        session = scanned(root)
        session.ignore(first(session), "for now", until=today + datetime.timedelta(days))
        assert session.state(first(session)) is state
        (root / ".harden/decisions.toml").unlink()


def test_an_ignored_finding_comes_back_when_its_code_changes(root: Path) -> None:
    session = scanned(root)
    session.ignore(first(session), "watched")
    write(root, {"a.py": "\n\n" + BAD})
    assert scanned(root).state(first(scanned(root))) is State.IGNORED
    write(root, {"a.py": BAD.replace("example.com", "example.org")})
    again = scanned(root)
    assert again.state(first(again)) is State.OPEN


def test_a_comment_in_the_code_is_reopened_there(root: Path) -> None:
    write(root, {"a.py": BAD.replace('/")', '/")  # noqa: S113')})
    session = scanned(root)
    assert session.state(first(session)) is State.IGNORED
    with pytest.raises(UsageError, match=r"a\.py:5 is ignored by a comment in the code: remove it there"):
        session.reopen(first(session))


def test_answers_keep_their_notes(root: Path) -> None:
    session = Session(root)
    question = session.stages[0].questions[0]
    assert session.answered(question) is None
    session.answer(question, AnswerKind.NO, "soon")
    session.answer(question, AnswerKind.YES)
    kept = Session(root).answered(question)
    assert kept is not None
    assert (kept.answer, kept.note) == (AnswerKind.YES, "soon")


def test_options_are_kept_unless_they_are_the_defaults(root: Path) -> None:
    session, check = Session(root), check_named("http-timeout")
    session.keep_options(check, {"timeout": 5})
    assert Session(root).options(check).model_dump()["timeout"] == 5
    with pytest.raises(UsageError, match=r"http-timeout: timeout = -1: input should be greater than 0"):
        session.keep_options(check, {"timeout": -1})
    assert Session(root).options(check).model_dump()["timeout"] == 5
    session.keep_options(check, {"timeout": 10})
    assert "http-timeout" not in decisions(root)


def test_decisions_go_before_settings_and_the_command_line_before_both(root: Path) -> None:
    write(root, {"harden.toml": "[options.http-timeout]\ntimeout = 3\n"})
    session, check = Session(root), check_named("http-timeout")
    assert session.options(check).model_dump()["timeout"] == 3
    session.keep_options(check, {"timeout": 4})
    assert session.options(check).model_dump()["timeout"] == 4
    assert session.options_with(check, {"timeout": 5}).model_dump()["timeout"] == 5


def test_two_sessions_do_not_overwrite_each_other(root: Path) -> None:
    one, other = scanned(root), scanned(root)
    one.ignore(one.findings()[0], "one")
    other.ignore(other.findings()[1], "other")
    question = other.stages[0].questions[0]
    other.answer(question, AnswerKind.YES)
    one.answer(one.stages[1].questions[0], AnswerKind.NO)
    final = Session(root).decisions
    assert [item.reason for item in final.ignored] == ["one", "other"]
    assert len(final.answers) == 2


def test_decisions_that_cannot_be_written_are_not_believed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    session = scanned(root)
    monkeypatch.setattr("harden.journal.write_atomically", full)
    with pytest.raises(ApplyError, match=r"\.harden/decisions\.toml cannot be written"):
        session.ignore(first(session), "watched")
    assert session.state(first(session)) is State.OPEN


def test_a_ledger_that_cannot_be_written_is_a_notice(root: Path) -> None:
    session = scanned(root)
    (root / ".harden").write_text("in the way\n")
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    assert (root / "c.py").read_text() == "x = 2\n"
    assert session.notices[0].startswith(".harden/ledger.jsonl cannot be written: ")
    session.undo()
    assert len(session.notices) == 2


def test_a_ledger_line_never_joins_another(root: Path) -> None:
    write(root, {".harden/ledger.jsonl": '{"event": "by hand"}'})
    session = Session(root)
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    assert [line["event"] for line in ledger(root)] == ["by hand", "applied"]


def test_excluded_and_disabled(root: Path) -> None:
    write(
        root,
        {"harden.toml": 'exclude = ["a.py", "gen*/"]\ndisable = ["bare-except"]\n', "generated/x.py": BAD},
    )
    session = Session(root)
    assert [path for path in session.project.paths if path.endswith(".py")] == ["b.py", "c.py"]
    assert "bare-except" not in {check.id for check in session.checks}
    assert [finding.path for finding in scanned(root).findings(check="http-timeout")] == ["b.py"]
    session.apply(patch_of(root, {"a.py": "import requests\nrequests.get('')\n"}))
    assert not session.findings(path="a.py")


def test_evidence_is_short_and_survives_missing_files(root: Path) -> None:
    session = Session(root)
    (root / "c.py").unlink()
    (root / "a.py").write_bytes(b"\xff\xfe\n" * 3)
    for stage in session.stages:
        for question in stage.questions:
            assert len(session.evidence(question)) <= 5


def test_a_scan_is_of_the_moment(root: Path) -> None:
    session = scanned(root)
    write(root, {"d.py": BAD})
    (root / "b.py").unlink()
    for _ in session.scan([check_named("http-timeout")]):
        pass
    assert [finding.path for finding in session.findings()] == ["a.py", "d.py"]


def test_the_root_is_found_from_below(root: Path) -> None:
    write(root, {"deep/er/x.py": ""})
    assert Session(root / "deep/er").root == root
    assert Session(root / "deep/er/x.py").root == root
    with pytest.raises(UsageError, match="no such file"):
        Session(root / "nowhere")


def test_a_finding_that_is_mended_in_another_file(tmp_path: Path) -> None:
    home = "import requests\n\nclient = requests.Session()\n"
    write(tmp_path, {"net.py": home, "main.py": "from net import client\n\nclient.get('http://u')\n"})
    session = Session(tmp_path)
    list(session.scan())
    (finding,) = session.findings(check="http-timeout", path="main.py")
    after = home.replace("requests.Session", "dict").encode()
    edit = FileEdit("net.py", home.encode(), after)
    target = Target("main.py", finding.span.line, finding.span.end_line)
    patch = Patch("http-timeout", "x", "x", Risk.REVIEW, (edit,), (finding.fingerprint,), (target,))
    session.apply(patch)
    assert session.state(finding) is State.APPLIED
    session.undo()
    assert session.state(finding) is State.OPEN
    session.redo()
    assert session.state(finding) is State.APPLIED
