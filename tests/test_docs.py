"""What the documentation takes from the code is there and up to date."""

from __future__ import annotations

from docs.build import README, with_keys
from harden.pages import all_pages
from harden.registry import checks


def test_readme_lists_the_keys_of_the_app() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_keys(text) == text, "run `make docs`"


def test_every_check_has_a_page_and_a_place_in_the_index() -> None:
    pages = all_pages()
    assert set(pages) == {"README.md", *(f"{id}.md" for id in checks())}
    assert all(f"({id}.md)" in pages["README.md"] for id in checks())
