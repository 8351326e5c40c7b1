"""Files with secrets, as git sees them: not ignored, tracked all the same, taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.findings import Finding
from harden.masking import masked_file
from harden.project import Project
from harden.registry import check_named
from harden.session import Session
from tests.given import git, repository, tree, write

CHECK = check_named("dotenv-tracked")
ENV = "API_TOKEN=9f8c2b7d1e6a4053\nPORT=8000\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nnVJbX==\n-----END PRIVATE KEY-----\n"


def scanned(root: Path) -> tuple[Session, list[Finding]]:
    session = Session(root)
    for _ in session.scan([CHECK]):
        pass
    assert not session.problems
    return session, session.open_findings()


def test_a_tracked_file_is_ignored_by_the_fix_and_told_of_until_git_lets_go(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", {".env": ENV, ".gitignore": "*.pyc\n", "app.py": ""})
    before = tree(root)
    session, [finding] = scanned(root)
    offer = session.preview([finding])
    assert offer.patch is not None
    assert offer.patch.paths == (".env.example", ".gitignore")
    assert "git rm --cached .env" in offer.patch.notes[0]
    assert "9f8c2b7d1e6a4053" not in offer.patch.diff()
    session.apply(offer.patch)
    assert tree(root)[".gitignore"] == b"*.pyc\n.env\n"
    assert tree(root)[".env.example"] == b"API_TOKEN=\nPORT=\n"
    assert tree(root)[".env"] == ENV.encode()
    [left] = session.open_findings()
    assert not left.fixable
    assert "git rm --cached .env" in left.why_not
    git(root, "rm", "-q", "--cached", ".env")
    assert not scanned(root)[1]
    assert (root / ".env").read_text() == ENV
    git(root, "reset", "-q")
    session.undo()
    assert tree(root) == before


def test_a_file_that_git_does_not_know_yet(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", {"app.py": ""})
    write(root, {"api/.env": ENV})
    session, [finding] = scanned(root)
    patch = session.preview([finding]).patch
    assert patch is not None
    assert patch.notes == ("git does not track api/.env yet, so that this is enough.",)
    session.apply(patch)
    assert not scanned(root)[1]


def test_one_hunk_alone_writes_no_other_file(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", {".env": ENV})
    session, [finding] = scanned(root)
    patch = session.preview([finding]).patch
    assert patch is not None
    assert patch.select([1]).paths == (".gitignore",)


@pytest.mark.parametrize(
    "ignored",
    [
        {".gitignore": ".env*\n!.env.example\n"},
        {"api/.gitignore": ".env\n"},
        {".gitignore": "api/*\n!api/*.py\n"},
    ],
)
def test_what_git_ignores_is_left_alone(tmp_path: Path, ignored: dict[str, str]) -> None:
    root = repository(tmp_path / "shop", {**ignored, "api/app.py": ""})
    write(root, {"api/.env": ENV})
    assert not scanned(root)[1]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env.production", ENV),
        ("deploy/prod.env", "export SMTP_PASSWORD='correct-horse-9'  # ours\n"),
        (".env.local", "STRIPE_KEY=sk_live_4eC39HqLyjWDarjtT1zdp7dc\n"),
        ("keys/jwt_private.pem", KEY),
        ("id_rsa", KEY.replace("PRIVATE", "OPENSSH PRIVATE")),
        (".netrc", "machine api.shop.io login shop password h0rse-battery\n"),
        (".pgpass", "db.shop.io:5432:shop:shop:h0rse-battery\n"),
        (
            "home/.aws/credentials",
            "[default]\naws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYzzKEYKEY\n",
        ),
    ],
)
def test_secrets_under_other_names(tmp_path: Path, path: str, text: str) -> None:
    root = write(tmp_path / "shop", {path: text})
    assert [finding.path for finding in scanned(root)[1]] == [path]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env.local", ENV),
        (".env.dist", ENV),
        ("sample.env", ENV),
        ("tests/.env", ENV),
        (".env", "ENCRYPTED=1\nsops: yes\n"),
        (".env", 'TOKEN_URL="https://login.shop.io/token"\nSECRET_NAME=projects/shop/secrets/key\n'),
        ("dev/server.key", KEY),
        ("server.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n-----END ENCRYPTED PRIVATE KEY-----\n"),
        ("ca-bundle.pem", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n"),
        ("google-credentials.json", '{"installed": {"client_id": "x", "project_id": "shop"}}\n'),
        (".netrc", "machine api.shop.io login shop password your-password\n"),
    ],
)
def test_what_is_no_secret(tmp_path: Path, path: str, text: str) -> None:
    assert not scanned(write(tmp_path / "shop", {path: text}))[1]


def test_a_key_is_not_shown(tmp_path: Path) -> None:
    write(tmp_path, {"server.key": KEY})
    shown = masked_file(Project(tmp_path, ("server.key",)), "server.key", KEY.splitlines(keepends=True))
    assert "MIIE" not in "".join(shown)
    assert "nVJbX" not in "".join(shown)
    assert shown[0] == "-----BEGIN PRIVATE KEY-----\n"
