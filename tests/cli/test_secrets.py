"""A secret is in no report, no diff, no ledger, no commit message and no exported patch."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from harden.export import write_patch
from harden.session import Session
from tests.cli.conftest import Run
from tests.given import Content, git, repository, tree, write

VALUE = "velvet-otter-8841"
URL = "postgresql://shop:tr0ub4dor8@db.internal/shop"
FALLBACK = "marmot-fallback-77"
TOKEN = "k8s9d0f7g6h5j4k3l2"
FILES: dict[str, Content] = {
    "app/__init__.py": "",
    "app/config.py": (
        "import os\n\nfrom dotenv import load_dotenv\n\nload_dotenv()\n\n\nclass Config:\n"
        f'    SECRET_KEY = "{VALUE}"\n'
        f"    SQLALCHEMY_DATABASE_URI = '{URL}'\n"
        f'    JWT_SECRET = os.getenv("JWT_SECRET", "{FALLBACK}")\n'
        '    PORT = int("8000")\n'
    ),
    "app/other.py": f'import requests\n\nrequests.post("https://x.example", auth_token="{TOKEN}")\n',
    ".gitignore": ".env\n",
    ".env": "OLD=earlier-value-31\n",
}
SECRETS = (VALUE, TOKEN, "tr0ub4dor8", FALLBACK, "earlier-value-31")
CHECKS = ("hardcoded-secret", "secret-default")
MOVE = tuple(word for check in CHECKS for word in ("--set", f"{check}.move=yes"))


def shows(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "sarif"])
def test_reports(tmp_path: Path, run: Run, form: str) -> None:
    root = repository(tmp_path / "shop", FILES)
    ran = run(root, "scan", "--format", form)
    assert "SECRET_KEY" in ran.out
    assert not shows(ran.out + ran.err)


def test_from_the_preview_to_the_commit(tmp_path: Path, run: Run) -> None:
    root = repository(tmp_path / "shop", FILES)
    preview = run(root, "fix", *MOVE)
    assert "+SECRET_KEY=••••" in preview.out
    assert not shows(preview.out + preview.err)
    applied = run(root, "fix", "--apply", *MOVE)
    assert not shows(applied.out + applied.err)
    assert (root / ".env").read_text().splitlines() == [
        "OLD=earlier-value-31",
        f"SECRET_KEY={VALUE}",
        f"SQLALCHEMY_DATABASE_URI={URL}",
        f"AUTH_TOKEN={TOKEN}",
        f"JWT_SECRET={FALLBACK}",
    ]
    session = Session(root)
    session.commit(session.commit_plan())
    assert not shows(git(root, "log", "--format=%B", "-1"))
    assert ".env" not in git(root, "ls-files").split()
    assert not shows((root / ".harden/ledger.jsonl").read_text())
    assert "Left out of app/config.py" in write_patch_text(tmp_path / "plain", run)


def write_patch_text(root: Path, run: Run) -> str:
    """Apply the fixes outside git, and return what is exported."""
    write(root, {path: text for path, text in FILES.items() if path != ".env"})
    assert "must be set" in run(root, "fix", "--apply").out
    text = write_patch(Session(root)).read_text()
    assert not shows(text)
    assert "Left out of app/other.py" in text
    return text


def test_the_undo_journal_is_private_and_undo_gives_everything_back(tmp_path: Path, run: Run) -> None:
    root = repository(tmp_path / "shop", {path: text for path, text in FILES.items() if path != ".env"})
    before = tree(root)
    run(root, "fix", "--apply", "--check", "hardcoded-secret", *MOVE[:2])
    assert stat.S_IMODE((root / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((root / ".git/harden/journal").stat().st_mode) == 0o700
    run(root, "undo")
    assert tree(root) == before


def test_commits_that_hold_a_value_are_named(tmp_path: Path, run: Run) -> None:
    root = repository(tmp_path / "shop", FILES)
    sha = git(root, "log", "--format=%h").strip()
    out = run(root, "fix", "--check", "hardcoded-secret").out
    assert f"The value of SECRET_KEY is in 1 commit: {sha} (" in out
