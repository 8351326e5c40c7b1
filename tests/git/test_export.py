"""Applied patches as one file."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harden.export import is_repository, write_patch
from harden.findings import Risk
from harden.patches import FileEdit, Patch
from harden.session import Session


def apply(session: Session, path: str, after: str | None) -> None:
    file = session.root / path
    edit = FileEdit(path, file.read_bytes() if file.exists() else None, (after or "").encode())
    session.journal.apply(Patch("http-timeout", "resilience", "t", Risk.AUTO, (edit,), (), ()))


def test_the_file_makes_the_same_edits_elsewhere(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "a.py").write_text("a = 1\nb = 1\n")
    session = Session(here)
    assert not is_repository(session)
    apply(session, "a.py", "a = 2\nb = 1\n")
    apply(session, "a.py", "a = 2\nb = 2\n")
    apply(session, "new.txt", "new\n")
    (here / "a.py").write_text("a = 2\nb = 2\nmine = 1\n")
    apply(session, "a.py", "a = 3\nb = 2\nmine = 1\n")
    path = write_patch(session)
    assert path.name == "harden.patch"
    assert path.read_text().count("--- a/a.py") == 2, (
        "the user's own line between two fixes is not in the patch"
    )
    (there / "a.py").write_text("a = 1\nb = 1\n")
    first = path.read_text().partition("--- a/a.py\n+++ b/a.py\n@@ -1,3")[0]
    subprocess.run(["git", "apply", "-"], cwd=there, input=first, text=True, check=True)
    assert (there / "a.py").read_text() == "a = 2\nb = 2\n"
    assert (there / "new.txt").read_text() == "new\n"
