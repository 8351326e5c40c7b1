"""What changed since the last visit: told from counts, and from nothing that a visit could not see."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import pytest

from harden import visits
from harden.decisions import AnswerKind
from harden.places import state_folder
from harden.session import Session
from harden.visits import Since, Visit
from tests.given import write

GET = 'import requests\n\n\ndef f():\n    requests.get("https://example.com/").raise_for_status()\n'
TWICE = GET + GET.splitlines()[-1] + "\n"
OTHER = GET.replace("def f", "def g")
LONG = visits.LEAST + 1


def scanned(root: Path) -> Session:
    session = Session(root)
    for _ in session.scan():
        pass
    return session


def kept(root: Path) -> Visit:
    """Visit a repository for long enough and return what is remembered."""
    visits.keep(scanned(root), visits.load(root), LONG)
    before = visits.load(root)
    assert before is not None
    return before


def changed(root: Path, before: Visit) -> Since:
    return visits.since(before, scanned(root))


def counts(told: Since) -> tuple[int, int, int, int, int]:
    return told.fixed, told.ignored, told.reopened, len(told.new), told.answered


def test_a_visit_comes_back_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": GET, "b.py": "def (:\n"})
    session = scanned(tmp_path)
    visits.keep(session, None, 0)
    before = visits.load(tmp_path)
    assert before is not None
    assert before == dataclasses.replace(visits.visit(session), at=before.at)
    assert before.points == session.score().points
    assert ("b.py", "") in before.unseen


def test_nothing_changed(tmp_path: Path) -> None:
    before = kept(write(tmp_path, {"a.py": TWICE}))
    told = changed(tmp_path, before)
    assert counts(told) == (0, 0, 0, 0, 0)
    assert told.sentence.endswith(f": still {told.points}; nothing else changed.")


def test_what_is_fixed_ignored_new_and_answered_is_counted(tmp_path: Path) -> None:
    before = kept(write(tmp_path, {"a.py": GET, "b.py": GET}))
    write(tmp_path, {"a.py": "x = 1\n", "c.py": OTHER})
    session = scanned(tmp_path)
    session.ignore(session.findings(path="b.py")[0], "a script")
    session.answer(session.stages[0].questions[0], AnswerKind.YES)
    told = visits.since(before, session)
    assert counts(told) == (1, 1, 0, 1, 1)
    assert [finding.place for finding in told.new] == ["c.py:5"]
    assert told.sentence.endswith("1 fixed, 1 ignored, 1 new, 1 question answered.")
    assert (told.before, told.points) == (before.points, session.score().points)


def test_moved_and_edited_lines_are_not_new(tmp_path: Path) -> None:
    before = kept(write(tmp_path, {"a.py": GET}))
    write(tmp_path, {"a.py": "# moved\n" + GET.replace("example.com", "example.org")})
    assert counts(changed(tmp_path, before)) == (0, 0, 0, 0, 0)


def test_of_equal_lines_only_those_more_count(tmp_path: Path) -> None:
    before = kept(write(tmp_path, {"a.py": TWICE}))
    write(tmp_path, {"a.py": GET})
    assert counts(changed(tmp_path, before)) == (1, 0, 0, 0, 0)
    before = kept(tmp_path)
    write(tmp_path, {"a.py": TWICE})
    assert counts(changed(tmp_path, before)) == (0, 0, 0, 1, 0)


def test_an_applied_fix_is_fixed_and_taken_back_it_is_open_again(tmp_path: Path) -> None:
    before = kept(write(tmp_path, {"a.py": GET}))
    session = scanned(tmp_path)
    offer = session.preview(session.findings(check="http-timeout"))
    assert offer.patch is not None
    session.apply(offer.patch)
    assert counts(visits.since(before, session)) == (1, 0, 0, 0, 0)
    visits.keep(session, before, LONG)
    session.undo()
    again = visits.load(tmp_path)
    assert again is not None
    assert counts(visits.since(again, session)) == (0, 0, 1, 0, 0)


def test_what_one_of_the_visits_could_not_see_is_neither_fixed_nor_new(tmp_path: Path) -> None:
    before = kept(write(tmp_path, {"a.py": GET, "b.py": GET}))
    write(tmp_path, {"a.py": "def (:\n", "harden.toml": 'exclude = ["b.py"]\n'})
    assert counts(changed(tmp_path, before)) == (0, 0, 0, 0, 0)
    before = kept(tmp_path)
    write(tmp_path, {"a.py": GET})
    assert counts(changed(tmp_path, before)) == (0, 0, 0, 0, 0)


def test_a_check_that_was_off_in_one_of_the_visits_counts_for_nothing(tmp_path: Path) -> None:
    before = kept(write(tmp_path, {"a.py": GET}))
    write(tmp_path, {"harden.toml": 'disable = ["http-timeout"]\n'})
    assert counts(changed(tmp_path, before)) == (0, 0, 0, 0, 0)
    before = kept(tmp_path)
    (tmp_path / "harden.toml").unlink()
    assert counts(changed(tmp_path, before)) == (0, 0, 0, 0, 0)


def test_a_glance_leaves_the_earlier_visit_in_place(tmp_path: Path) -> None:
    before = kept(write(tmp_path, {"a.py": GET}))
    write(tmp_path, {"a.py": "x = 1\n"})
    visits.keep(scanned(tmp_path), before, visits.LEAST - 1)
    assert visits.load(tmp_path) == before
    visits.keep(scanned(tmp_path), before, LONG)
    assert visits.load(tmp_path) != before


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "{}", '{"at": "2030-01-01"}', "\x00", "[" * 100_000, '{"at": 1, "points": "x"}']
)
def test_what_cannot_be_read_is_a_first_visit(tmp_path: Path, text: str) -> None:
    file = state_folder(tmp_path) / "visit.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert visits.load(tmp_path) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": GET})
    state_folder(tmp_path).parent.mkdir(parents=True, exist_ok=True)
    state_folder(tmp_path).write_text("in the way")
    visits.keep(scanned(tmp_path), None, LONG)
    assert visits.load(tmp_path) is None


def test_a_path_that_is_no_text_is_remembered(tmp_path: Path) -> None:
    import os

    try:
        (tmp_path / os.fsdecode(b"\xff.py")).write_text(GET)
    except OSError:
        pytest.skip("this file system takes no such names")
    assert counts(changed(tmp_path, kept(tmp_path))) == (0, 0, 0, 0, 0)


def test_the_day_is_told_as_people_say_it() -> None:
    now = datetime.datetime.now().astimezone()
    assert Since(now, 1, 1).when == f"{now:%H:%M} today"
    old = datetime.datetime(2020, 11, 3, 12, tzinfo=datetime.UTC)
    assert Since(old, 58, 71, fixed=5).sentence == "Since 3 November 2020: 58 → 71; 5 fixed."
