"""The documentation that is made from the code is up to date."""

from __future__ import annotations

import pytest

from docs.build import ROOT, documents

DOCUMENTS = documents()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_is_up_to_date(name: str) -> None:
    path = ROOT / name
    assert path.is_file(), "run `make docs`"
    assert path.read_text(encoding="utf-8") == DOCUMENTS[name], "run `make docs`"


def test_no_page_is_left_of_a_check_that_is_gone() -> None:
    assert {f"docs/checks/{page.name}" for page in (ROOT / "docs/checks").glob("*.md")} <= set(DOCUMENTS)
