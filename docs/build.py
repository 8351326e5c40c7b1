"""Write what the documentation takes from the code: the check pages and the key table of the README."""

from __future__ import annotations

import shutil
from pathlib import Path

from harden.pages import all_pages
from harden.tui.keys import table

ROOT = Path(__file__).resolve().parent.parent
README, PAGES = ROOT / "README.md", ROOT / "docs/checks"
START, END = "<!-- keys: made from tui/keys.py -->", "<!-- /keys -->"


def main() -> None:
    """Write the pages, afresh, and the table."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir()
    for name, text in all_pages().items():
        (PAGES / name).write_text(text, encoding="utf-8", newline="\n")
    README.write_text(with_keys(README.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def with_keys(readme: str) -> str:
    """Return the README with its key table as the app has it."""
    head, _, rest = readme.partition(START)
    _, _, tail = rest.partition(END)
    rows = ["| where | keys |", "|---|---|"]
    for where, keys in table().items():
        cells = [f"{_key_cell(key)} {description}" for key, description in keys]
        rows.append(f"| {where} | {' · '.join(cells)} |")
    return "\n".join([head + START, *rows, END + tail])


def _key_cell(keys: str) -> str:
    return " ".join(key if key == "…" else f"`{key}`" for key in keys.split())


if __name__ == "__main__":
    main()
