"""What a person mends: the pattern of the project's own framework, and files to go on from."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harden.registry import check_named
from harden.scaffolding import STAYS
from harden.session import Session
from tests.given import repository, tree

if TYPE_CHECKING:
    from tests.cli.conftest import Run

APP = "from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == '__main__':\n    app.run()\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop", {"app.py": APP})


def test_explain_shows_the_pattern_for_what_is_imported(root: Path, run: Run, tmp_path: Path) -> None:
    inside = run(root, "explain", "dev-server").out
    assert "## Pattern to follow (flask," in inside
    assert "(fastapi" not in inside
    outside = run(tmp_path, "explain", "dev-server").out
    assert "## Pattern to follow (flask," in outside
    assert "(fastapi" in outside


def test_fixing_in_bulk_adds_no_scaffold(root: Path, run: Run) -> None:
    before = tree(root)
    assert "gunicorn" not in run(root, "fix").out
    run(root, "fix", "--apply")
    assert tree(root).keys() == before.keys()
    hint = "Nothing to fix; --scaffold offers a file to go on from.\n"
    assert run(root, "fix", "--check", "dev-server").out == hint


def test_a_scaffold_is_added_when_it_is_asked_for(root: Path, run: Run) -> None:
    before = tree(root)
    asked = ("fix", "--check", "dev-server", "--scaffold")
    shown = run(root, *asked)
    assert shown.code == 1
    assert "+++ b/gunicorn.conf.py" in shown.out
    assert f"# note: {STAYS}" in shown.out
    assert shown.out.splitlines()[-1] == (
        "Would add gunicorn.conf.py; 1 finding left as they are. Nothing is written: add --apply."
    )
    assert tree(root) == before
    added = run(root, *asked, "--apply", "--set", "dev-server.workers=3")
    assert added.code == 1
    assert b'"WEB_CONCURRENCY", "3"' in tree(root)["gunicorn.conf.py"]
    assert "gunicorn.conf.py is there already" in run(root, *asked).out
    found = json.loads(run(root, "scan", "--check", "dev-server", "--format", "json").out)
    assert len(found["findings"]) == 1
    assert run(root, "undo").out == "Undone: Add gunicorn.conf.py (gunicorn.conf.py).\n"
    assert tree(root) == before


def test_only_safe_fixes_means_no_scaffold(root: Path, run: Run) -> None:
    assert "gunicorn" not in run(root, "fix", "--scaffold", "--risk", "auto").out


def test_the_session_writes_undoes_and_commits_it(root: Path) -> None:
    session = Session(root)
    for _ in session.scan([check_named("dev-server")]):
        pass
    findings = session.open_findings(check="dev-server")
    offer = session.preview(findings)
    assert offer.patch is not None
    session.apply(offer.patch)
    assert session.open_findings(check="dev-server") == findings
    session.undo()
    assert not (root / "gunicorn.conf.py").exists()
    session.redo()
    plan = session.commit_plan()
    assert plan.groups[0].message.startswith("harden(config): add gunicorn.conf.py\n")
    session.commit(plan)
    assert session.repository.committed("gunicorn.conf.py")
    assert session.repository.committed("app.py") == APP.encode()


def test_the_review_in_lines_offers_it(root: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\nq\n"))
    done = run(root, "review", "--plain", "--check", "dev-server")
    assert "Note: No mechanical edit is safe here" in done.out
    assert "The pattern to follow:\n  # gunicorn.conf.py, read by" in done.out
    assert "import uvicorn" not in done.out
    assert "Add this?" in done.out
    assert "The finding itself stays open." in done.out
    assert (root / "gunicorn.conf.py").exists()
