"""The score: what an open item costs, and what it would be without it."""

from __future__ import annotations

from pathlib import Path

from harden.decisions import AnswerKind
from harden.places import REPORT_MARK
from harden.registry import check_named
from harden.score import Potential
from harden.session import Session
from tests.given import write

GET = 'import requests\n\n\ndef f():\n    requests.get("https://example.com/").raise_for_status()\n'
PACKED = "import requests\n\n\ndef f(**packed):\n    requests.get('/', **packed).raise_for_status()\n"


def scanned(root: Path) -> Session:
    session = Session(root)
    for _ in session.scan([check_named("http-timeout")]):
        pass
    return session


def test_the_score_with_fixes_is_the_score_once_they_are_applied(tmp_path: Path) -> None:
    session = scanned(write(tmp_path, {f"{name}.py": GET for name in "abc"}))
    promised = session.score_with_fixes()
    assert promised.fixes == 3
    assert promised.points > session.score().points
    offer = session.preview(session.open_findings())
    assert offer.patch is not None
    session.apply(offer.patch)
    assert session.score_with_fixes() == Potential(session.score().points, 0)
    assert session.score().points == promised.points


def test_what_has_no_fix_stays(tmp_path: Path) -> None:
    session = scanned(write(tmp_path, {"a.py": PACKED}))
    assert not any(finding.fixable for finding in session.open_findings())
    assert session.score_with_fixes() == Potential(session.score().points, 0)
    assert str(session.score_with_fixes()).endswith("with 0 fixes")


def test_a_gain_is_what_the_mean_rises_by(tmp_path: Path) -> None:
    session = scanned(write(tmp_path, {"a.py": GET}))
    score = session.score()
    costs = [cost for rated in score.stages for cost in rated.costs]
    assert score.gain([]) == 0
    assert round(score.gain(costs), 6) == round(
        100 - sum(rated.points for rated in score.stages) / len(score.stages), 6
    )
    (timeout,) = [cost for cost in costs if cost.check == "http-timeout"]
    assert score.gain([timeout]) == timeout.points / len(score.stages)


def test_a_no_costs_more_than_no_answer(tmp_path: Path) -> None:
    session = scanned(write(tmp_path, {"a.py": "x = 1\n"}))
    stage = session.stages[0]
    session.answer(stage.questions[0], AnswerKind.NO)
    costs = {cost.question: cost.points for cost in session.score().stages[0].costs}
    assert costs[stage.questions[0].id] > costs[stage.questions[1].id]


def test_a_report_of_harden_is_no_evidence(tmp_path: Path) -> None:
    text = "Backups are restored every month.\n"
    write(tmp_path, {"harden-report.md": text, "docs/report.md": f"{REPORT_MARK}\n{text}"})
    session = Session(tmp_path)
    asked = [question for stage in session.stages for question in stage.questions]
    assert not any(session.evidence(question) for question in asked)
    write(tmp_path, {"notes.md": text})
    assert {line.path for question in asked for line in Session(tmp_path).evidence(question)} == {"notes.md"}
