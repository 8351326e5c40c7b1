"""A small project in a temporary folder, and what a check and its codemod make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harden.fixing import codemod_class, make_offer
from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file


@dataclass(frozen=True)
class Mended:
    """The file after the offer, the reasons for what was refused, the patch's other files, its notes."""

    text: str
    data: bytes
    refused: tuple[str, ...]
    others: dict[str, str]
    notes: tuple[str, ...]


Mend = Callable[..., Mended]


@pytest.fixture
def mend(tmp_path: Path) -> Mend:
    """Return a function that writes files, scans one of them with a check and applies the offer."""

    def run(
        check_id: str,
        code: str | bytes,
        *,
        path: str = "app/main.py",
        files: dict[str, str] | None = None,
        **options: object,
    ) -> Mended:
        data = code if isinstance(code, bytes) else code.encode()
        contents = {name: text.encode() for name, text in (files or {}).items()} | {path: data}
        for name, content in contents.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        project = Project(tmp_path, tuple(sorted(contents)))
        check = check_named(check_id)
        result = scan_file(project, Rules((check,)), path)
        assert not result.problems
        offer = make_offer(project, check, result.findings, codemod_class(check).Options(**options))
        after = {edit.path: edit.after for edit in offer.patch.edits} if offer.patch else {}
        mended = after.pop(path, data)
        others = {name: content.decode() for name, content in after.items()}
        notes = offer.patch.notes if offer.patch else ()
        return Mended(mended.decode(errors="replace"), mended, tuple(offer.refused.values()), others, notes)

    return run
