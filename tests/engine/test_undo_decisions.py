"""Decisions are undone and redone like patches: one stack, over restarts and other people's edits."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harden.decisions import AnswerKind
from harden.entries import Change
from harden.errors import ApplyError, Overtaken, SettingsError, UsageError
from harden.findings import Finding
from harden.journal import Journal
from harden.registry import check_named
from harden.session import Session, State
from harden.stages import Question
from tests.given import git, patch_of, repository, tree, write

BAD = 'import requests\n\n\ndef f():\n    requests.get("https://example.com/")\n'
DECISIONS = ".harden/decisions.toml"
MARKS = "# agreed on in May\n"
THEIRS = '    { check = "http-timeout", reason = "theirs", scope = "file", path = "b.py" },\n]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.py": BAD, "b.py": BAD, "c.py": "x = 1\n"})


def scanned(root: Path) -> Session:
    session = Session(root)
    for _ in session.scan([check_named("http-timeout")]):
        pass
    return session


def findings(session: Session) -> list[Finding]:
    return session.findings(check="http-timeout")


def question(session: Session, at: int = 0) -> Question:
    return session.stages[0].questions[at]


def kept(root: Path) -> bytes | None:
    file = root / DECISIONS
    return file.read_bytes() if file.exists() else None


def events(root: Path) -> list[tuple[str, str]]:
    lines = (root / ".harden/ledger.jsonl").read_text().splitlines()
    return [(line["event"], line["note"]) for line in map(json.loads, lines)]


def decide_all(session: Session) -> list[str]:
    """Make every kind of decision and return their titles."""
    finding, asked = findings(session)[0], question(session)
    entries = [
        session.ignore(finding, "watched"),
        session.reopen(finding),
        session.ignore(finding, "legacy", scope="file"),
        session.ignore(findings(session)[1], "all of them", scope="check"),
        session.answer(asked, AnswerKind.YES),
        session.answer(asked, AnswerKind.YES, "in the vault"),
        session.answer(asked, AnswerKind.NOT_APPLICABLE),
        session.keep_options(check_named("http-timeout"), {"timeout": 5}),
    ]
    return [entry.title for entry in entries if entry is not None]


def test_each_kind_of_decision_is_named_undone_and_redone(root: Path) -> None:
    session = scanned(root)
    titles = decide_all(session)
    ask = question(session).ask
    assert titles == [
        "Ignored a.py:5 (HTTP call without timeout)",
        "Opened a.py:5 again (HTTP call without timeout)",
        "Ignored a.py (HTTP call without timeout)",
        "Ignored everywhere (HTTP call without timeout)",
        f"Answered yes: {ask}",
        f"Note on: {ask}",
        f"Answered not applicable: {ask}",
        "Options of http-timeout",
    ]
    end = kept(root)
    assert [Session(root).undo().title for _ in titles] == titles[::-1]
    assert kept(root) is None
    with pytest.raises(ApplyError, match="nothing to undo"):
        session.undo()
    assert [Session(root).redo().title for _ in titles] == titles
    assert kept(root) == end
    with pytest.raises(ApplyError, match="nothing to redo"):
        session.redo()


def test_undoing_shows_at_once_and_rescans_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = scanned(root)
    finding, asked = findings(session)[0], question(session)
    session.ignore(finding, "watched")
    session.answer(asked, AnswerKind.YES)
    monkeypatch.setattr(Session, "rescan", None)
    session.undo()
    assert session.answered(asked) is None
    assert session.state(finding) is State.IGNORED
    session.undo()
    assert session.state(finding) is State.OPEN
    session.redo()
    assert session.state(finding) is State.IGNORED


def test_the_ledger_tells_of_every_decision_and_of_its_undoing(root: Path) -> None:
    session = scanned(root)
    title = f"Answered no: {question(session).ask}"
    session.ignore(findings(session)[0], "watched")
    session.answer(question(session), AnswerKind.NO)
    session.keep_options(check_named("http-timeout"), {"timeout": 5})
    session.undo()
    session.undo()
    session.redo()
    assert events(root) == [
        ("ignored", "watched"),
        ("answered", title),
        ("options", "timeout = 5.0"),
        ("undone", "Options of http-timeout"),
        ("undone", title),
        ("redone", title),
    ]


def test_patches_and_decisions_are_one_stack(root: Path) -> None:
    session = scanned(root)
    session.ignore(findings(session)[0], "watched")
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    session.answer(question(session), AnswerKind.YES)
    assert [session.undo().paths for _ in range(3)] == [(DECISIONS,), ("c.py",), (DECISIONS,)]
    session.redo()
    session.answer(question(session, 1), AnswerKind.NO)
    assert not session.can_redo, "a new decision drops what was undone"
    with pytest.raises(ApplyError, match="nothing to redo"):
        session.redo()
    session.undo()
    assert session.undo().title.startswith("Ignored")


def test_a_decision_is_no_patch(root: Path) -> None:
    from harden.changes import changes
    from harden.export import write_patch

    session = scanned(root)
    session.ignore(findings(session)[0], "watched")
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    session.answer(question(session), AnswerKind.YES)
    assert [entry.paths for entry in session.applied_entries()] == [("c.py",)]
    assert [entry.paths for entry in changes(session).applied] == [("c.py",)]
    assert [group.paths for group in session.commit_plan().groups] == [("c.py",)]
    assert DECISIONS not in write_patch(session).read_text()


def test_what_is_decided_already_is_no_entry(root: Path) -> None:
    session, check = scanned(root), check_named("http-timeout")
    assert session.reopen(findings(session)[0]) is None
    assert session.keep_options(check, {"timeout": 10}) is None
    assert kept(root) is None
    session.answer(question(session), AnswerKind.YES)
    assert session.answer(question(session), AnswerKind.YES) is None
    assert len(session.journal.entries()) == 1
    with pytest.raises(UsageError):
        session.ignore(findings(session)[0], " ")


def test_what_can_be_undone_is_known_without_reading(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(root)
    assert (session.can_undo, session.can_redo) == (False, False)
    session.answer(question(session), AnswerKind.YES)
    again = Session(root)
    monkeypatch.setattr("harden.entries.Entries.all", None)
    assert (again.can_undo, again.can_redo) == (True, False)
    monkeypatch.undo()
    again.undo()
    assert (again.can_undo, again.can_redo) == (False, True)
    assert session.can_undo, "the other one has not looked yet"
    session.applied_entries()
    assert (session.can_undo, session.can_redo) == (False, True)


# Other people's edits


def test_what_others_decided_since_survives_undo_and_redo(root: Path) -> None:
    session = scanned(root)
    mine = findings(session)[0]
    session.ignore(mine, "mine")
    other = scanned(root)
    other.journal = Journal(root.parent)  # a teammate's clone has a journal of its own
    other.journal.root = root
    other.answer(question(other), AnswerKind.NO, "theirs")
    other.ignore(findings(other)[1], "theirs")
    session.undo()
    now = Session(root).decisions
    assert [item.reason for item in now.ignored] == ["theirs"]
    assert now.answers[question(session).id].note == "theirs"
    session.redo()
    assert sorted(item.reason for item in Session(root).decisions.ignored) == ["mine", "theirs"]
    assert session.state(mine) is State.IGNORED


def test_comments_by_hand_survive(root: Path) -> None:
    session = scanned(root)
    session.answer(question(session), AnswerKind.YES)
    session.keep_options(check_named("http-timeout"), {"timeout": 5})
    write(root, {DECISIONS: MARKS.encode() + (kept(root) or b"")})
    session.undo()
    text = (root / DECISIONS).read_text()
    assert text.startswith(MARKS)
    assert "timeout" not in text
    session.undo()
    assert (root / DECISIONS).read_text().strip() == MARKS.strip()


def test_an_edit_next_to_the_decision_is_no_obstacle(root: Path) -> None:
    session = scanned(root)
    session.ignore(findings(session)[0], "mine")
    write(root, {DECISIONS: (kept(root) or b"").removesuffix(b"]\n") + THEIRS.encode()})
    session.undo()
    assert [item.reason for item in session.decisions.ignored] == ["theirs"]


def test_a_decision_that_went_with_its_file_is_undone_already(root: Path) -> None:
    session = scanned(root)
    session.ignore(findings(session)[0], "mine")
    session.answer(question(session), AnswerKind.YES)
    (root / DECISIONS).unlink()
    session.undo()
    session.undo()
    assert kept(root) is None
    session.redo()
    assert [item.reason for item in Session(root).decisions.ignored] == ["mine"]


def test_what_was_decided_otherwise_stays_and_blocks_nothing(root: Path) -> None:
    session = scanned(root)
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    session.answer(question(session), AnswerKind.YES)
    theirs = f'[answers.{question(session).id}]\nanswer = "no"\non = 2030-01-01\n'.encode()
    write(root, {DECISIONS: theirs})
    with pytest.raises(Overtaken, match=r"^Answered yes: .*: decided otherwise since, so that stays; undo"):
        session.undo()
    assert kept(root) == theirs
    known = session.answered(question(session))
    assert known is not None
    assert known.answer is AnswerKind.NO, "the session shows what stands"
    assert session.undo().paths == ("c.py",)


def test_what_was_decided_otherwise_is_not_done_again(root: Path) -> None:
    session = scanned(root)
    session.answer(question(session), AnswerKind.YES)
    session.undo()
    theirs = f'[answers.{question(session).id}]\nanswer = "no"\non = 2030-01-01\n'.encode()
    write(root, {DECISIONS: theirs})
    with pytest.raises(Overtaken, match="so that stays"):
        session.redo()
    assert kept(root) == theirs


def test_decisions_that_cannot_be_read_are_left_alone(root: Path) -> None:
    session = scanned(root)
    session.answer(question(session), AnswerKind.YES)
    write(root, {DECISIONS: "answers = [\n"})
    with pytest.raises(SettingsError, match=r"^\.harden/decisions\.toml: "):
        session.undo()
    with pytest.raises(SettingsError, match=r"^\.harden/decisions\.toml: "):
        session.answer(question(session, 1), AnswerKind.NO)
    assert kept(root) == b"answers = [\n"
    assert session.can_undo


def test_a_folder_of_decisions_that_leads_elsewhere_is_left_alone(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / ".harden").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    session = Session(root)
    with pytest.raises(ApplyError, match="leads outside the repository"):
        session.answer(question(session), AnswerKind.YES)
    assert list((tmp_path / "elsewhere").iterdir()) == []


# Crashes


@pytest.mark.parametrize("deed", ["answer", "undo", "redo"])
def test_an_interrupted_decision_is_as_before(root: Path, monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    session = Session(root)
    session.answer(question(session), AnswerKind.YES)
    if deed == "redo":
        session.undo()
    before, answers = kept(root), Session(root).decisions
    deeds = {
        "answer": lambda: session.answer(question(session, 1), AnswerKind.NO),
        "undo": session.undo,
        "redo": session.redo,
    }
    with monkeypatch.context() as killed:
        killed.setattr(Journal, "_take_back", lambda *_: None)
        killed.setattr(Journal, "_write", _dying(Journal._write))
        with pytest.raises(SystemExit):
            deeds[deed]()
    assert kept(root) != before
    again = Session(root)
    verb = {"answer": "Saving", "undo": "Undoing", "redo": "Redoing"}[deed]
    assert again.recovered[0].startswith(f"{verb} 'Answered ")
    assert again.recovered[0].endswith("; its files are as they were before.")
    assert kept(root) == before
    assert again.decisions == answers
    assert (again.can_undo, again.can_redo) == ((False, True) if deed == "redo" else (True, False))


def _dying(real: Callable[[Journal, Change], None]) -> Callable[[Journal, Change], None]:
    def write_and_die(journal: Journal, change: Change) -> None:
        real(journal, change)
        raise SystemExit

    return write_and_die


# Commits


def commit(session: Session, *stages: str) -> None:
    plan = session.commit_plan()
    plan = plan.on_branch(plan.current_branch)
    for at, group in enumerate(plan.groups):
        plan = plan.with_group(at, chosen=not stages or group.title in stages)
    session.commit(plan)


def test_a_commit_seals_the_decisions_that_it_takes(root: Path) -> None:
    session = scanned(root)
    session.ignore(findings(session)[0], "watched")
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    session.answer(question(session), AnswerKind.YES)
    commit(session)
    assert git(root, "status", "--short") == ""
    assert not session.can_undo
    with pytest.raises(ApplyError, match="nothing to undo"):
        session.undo()
    session.answer(question(session), AnswerKind.NO)
    assert session.undo().title.startswith("Answered no")
    assert git(root, "status", "--short", "--", DECISIONS) == ""


def test_what_a_commit_leaves_out_can_still_be_undone(root: Path) -> None:
    session = scanned(root)
    session.apply(patch_of(root, {"b.py": "b = 1\n"}, check="mutable-default", stage="state"))
    session.answer(question(session), AnswerKind.YES)
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    commit(session, "Resilience")
    assert session.undo().paths == ("b.py",)
    assert not session.can_undo


def test_decisions_that_git_ignores_are_sealed_by_no_commit(root: Path) -> None:
    write(root, {".gitignore": ".harden/\n"})
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Ignore")
    session = scanned(root)
    session.answer(question(session), AnswerKind.YES)
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    commit(session)
    assert session.undo().title.startswith("Answered yes")


def test_a_commit_that_fails_seals_nothing(root: Path) -> None:
    from harden.errors import RepositoryError

    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    session = scanned(root)
    session.answer(question(session), AnswerKind.YES)
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    with pytest.raises(RepositoryError):
        commit(session)
    session.undo()
    assert session.undo().title.startswith("Answered yes")


def test_many_decisions_push_no_patch_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harden.journal._KEPT_DECISIONS", 3)
    session = scanned(root)
    session.apply(patch_of(root, {"c.py": "x = 2\n"}))
    for note in "abcde":
        session.answer(question(session), AnswerKind.YES, note)
    assert len(session.journal.entries()) == 4
    for _ in range(3):
        session.undo()
    known = session.answered(question(session))
    assert known is not None
    assert known.note == "b"
    assert session.undo().paths == ("c.py",)


# Any order


DECIDING = ("ignore", "ignore file", "reopen", "note", "options")
DEEDS = ("apply", *DECIDING, "yes", "no", "undo", "redo", "restart")


class _Walk:
    """A person who does things in any order."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.session = scanned(root)
        self.times = 0

    def do(self, deed: str, which: int) -> None:
        session, self.times = self.session, self.times + 1
        found = findings(session)
        finding, asked = found[which % len(found)], question(session, which)
        match deed:
            case "apply":
                session.apply(patch_of(self.root, {f"{'cd'[which]}.py": f"x = {self.times}\n"}))
            case "ignore":
                session.ignore(finding, f"reason {self.times}")
            case "ignore file":
                session.ignore(finding, f"legacy {self.times}", scope="file")
            case "reopen":
                session.reopen(finding)
            case "yes" | "no":
                session.answer(asked, AnswerKind(deed))
            case "note":
                session.answer(asked, AnswerKind.YES, f"note {self.times}")
            case "options":
                session.keep_options(check_named("http-timeout"), {"timeout": 1 + self.times})
            case "undo" if session.can_undo:
                session.undo()
            case "redo" if session.can_redo:
                session.redo()
            case "restart":
                self.session = scanned(self.root)

    @property
    def bytes(self) -> tuple[dict[str, bytes], bytes | None]:
        """Return the content of every file, decisions included."""
        return tree(self.root), kept(self.root)


@settings(max_examples=25, deadline=None)
@given(
    deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 1)), max_size=12),
    starts_with=st.sampled_from(["", MARKS + "ignored = [\n" + THEIRS]),
)
def test_undoing_all_gives_back_the_start_and_redoing_all_the_end(
    deeds: list[tuple[str, int]], starts_with: str
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        root = write(folder / "repo", {"a.py": BAD, "b.py": BAD, "c.py": "x = 0\n", ".git/HEAD": "x\n"})
        if starts_with:
            write(root, {DECISIONS: starts_with})
        walk = _Walk(root)
        start = walk.bytes
        for deed, which in deeds:
            walk.do(deed, which)
        while walk.session.can_redo:
            walk.session.redo()
        end = walk.bytes
        while walk.session.can_undo:
            walk.session.undo()
        assert walk.bytes == start
        walk.session = scanned(root)
        while walk.session.can_redo:
            walk.session.redo()
        assert walk.bytes == end
    finally:
        shutil.rmtree(folder)


@settings(max_examples=25, deadline=None)
@given(
    mine=st.lists(st.tuples(st.sampled_from(DECIDING), st.integers(0, 1)), min_size=1, max_size=4),
    theirs=st.lists(st.tuples(st.sampled_from(DECIDING), st.integers(0, 1)), min_size=1, max_size=4),
)
def test_undoing_mine_never_loses_theirs(mine: list[tuple[str, int]], theirs: list[tuple[str, int]]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        root = write(folder / "repo", {"a.py": BAD, "b.py": BAD, ".git/HEAD": "x\n"})
        me = _Walk(root)
        for deed, which in mine:
            me.do(deed, which)
        before = Session(root).decisions
        them = _Walk(root)
        them.session.journal.folder = folder / "theirs"
        them.session.journal._entries.folder = folder / "theirs"
        them.times = 100
        for deed, which in theirs:
            them.do(deed, which)
        after = Session(root).decisions
        while me.session.can_undo:
            try:
                me.session.undo()
            except Overtaken:
                continue
        now = Session(root).decisions
        assert all(item in before.ignored or item in now.ignored for item in after.ignored)
        for id, answer in after.answers.items():
            assert answer == before.answers.get(id) or now.answers.get(id) == answer
        for check, options in after.options.items():
            assert options == before.options.get(check) or now.options.get(check) == options
    finally:
        shutil.rmtree(folder)
