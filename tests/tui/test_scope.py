"""The app on a part of a repository: it shows that, says so, and rates nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from harden import visits
from harden.report.jsonl import Done, Start
from harden.scan import FileResult
from harden.scope import scope_of
from harden.session import Session
from harden.tui import scanner
from tests.tui.driving import Open, git

MORE = "\n\ndef more():\n    peer.fetch(9)\n"


@pytest.fixture
def asked(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the arguments of the scans that are started, which are run in this process."""
    given: list[list[str]] = []

    async def start(root: Path, scope: list[str]) -> Path:
        given.append(scope)
        return root

    async def stream(root: Path) -> AsyncIterator[Start | FileResult | Done]:
        since = [word.removeprefix("--since=") for word in given[-1] if word.startswith("--since=")]
        session = Session(root)
        session.scope = scope_of(
            [str(root / word) for word in given[-1] if word[0] != "-"] or [str(root)], *since
        )
        results = list(session.scan())
        yield Start(len(results))
        for result in results:
            yield result
        yield Done(len(results), 0.0)

    monkeypatch.setattr(scanner, "start", start)
    monkeypatch.setattr(scanner, "stream", stream)
    return given


async def test_what_changed_since_a_revision(
    repository: Path, open_app: Open, asked: list[list[str]]
) -> None:
    with (repository / "mail.py").open("a") as file:
        file.write(MORE)
    git(repository, "checkout", "-q", "-b", "more")
    git(repository, "commit", "-q", "-a", "-m", "More")
    scope = scope_of([str(repository)], "main")
    async with open_app(repository, scope=scope) as app:
        assert asked == [["--since=main"]]
        assert len(app.session.findings()) == 1
        assert "1 file, only lines changed since main" in app.text
        assert "/100" not in app.text
        await app.press("app.summary")
        assert "Only lines changed since main: this rates no more than that." in app.text
        await app.press("summary.leave", "list.next", "fix.apply")
        assert (repository / "mail.py").read_text().endswith("peer.fetch(9, wait=10)\n")
        assert [finding.path for finding in app.session.open_findings()] == []
        await app.press("app.rescan")
        assert len(asked) == 2
    assert visits.load(repository) is None
    assert git(repository, "diff", "--stat", "--", "pay.py") == ""


async def test_some_paths(repository: Path, open_app: Open, asked: list[list[str]]) -> None:
    async with open_app(repository, scope=scope_of([str(repository / "mail.py")])) as app:
        assert asked == [["./mail.py"]]
        assert {finding.path for finding in app.session.findings()} == {"mail.py"}
        assert "1 file, only mail.py" in app.text


async def test_nothing_changed(repository: Path, open_app: Open, asked: list[list[str]]) -> None:
    async with open_app(repository, scope=scope_of([str(repository)], "HEAD")) as app:
        assert "0 files, only lines changed since HEAD" in app.text
