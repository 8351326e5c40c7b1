"""What a person mends: the Fix tab shows the pattern for the project, and offers a file to go on from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harden import registry
from tests.tui.driving import Open, git

APP = "from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == '__main__':\n    app.run()\n"


@pytest.fixture(autouse=True)
def sample_checks() -> Iterator[None]:
    """Take the real checks, whose pages have patterns."""
    registry.forget()
    yield
    registry.forget()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "app.py").write_text(APP)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Start")
    return root


async def test_a_file_is_offered_where_only_a_person_can_fix_it(shop: Path, open_app: Open) -> None:
    async with open_app(shop, height=60) as app:
        app.app.review.findings.select(app.session.open_findings(check="dev-server")[0].fingerprint)
        await app.settle()
        assert app.row == "app.py:6"
        assert "the finding stays open" in app.text
        assert "WEB_CONCURRENCY" in app.text
        await app.press("fix.apply")
        assert (shop / "gunicorn.conf.py").exists()
        assert "1 hunk in gunicorn.conf.py" in app.toasts
        assert (app.row, app.state) == ("app.py:6", "open")
        assert "No file is added: gunicorn.conf.py is there already." in app.text
        assert "The pattern to follow" in app.text
        assert "import uvicorn" not in app.text
        await app.press("fix.undo")
        assert not (shop / "gunicorn.conf.py").exists()
        assert "WEB_CONCURRENCY" in app.text


async def test_its_options_are_tried_out(shop: Path, open_app: Open) -> None:
    async with open_app(shop, height=60) as app:
        app.app.review.findings.select(app.session.open_findings(check="dev-server")[0].fingerprint)
        await app.settle()
        assert "workers = 2" in app.text
        await app.press("fix.options")
        assert "Workers" in app.text
