"""Write what the documentation takes from the code: the check pages and the key table of the README."""

from __future__ import annotations

from pathlib import Path

from harden.pages import all_pages
from harden.tui.keys import table

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- keys: made from tui/keys.py -->", "<!-- /keys -->"


def main() -> None:
    """Write every file whose content is made from the code, and remove pages of checks that are gone."""
    made = documents()
    for old in (ROOT / "docs/checks").glob("*.md"):
        if f"docs/checks/{old.name}" not in made:
            old.unlink()
    for name, text in made.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def documents() -> dict[str, str]:
    """Return the text of each such file by its path from the root."""
    pages = {f"docs/checks/{name}": text for name, text in all_pages().items()}
    return {"README.md": _with_keys((ROOT / "README.md").read_text(encoding="utf-8")), **pages}


def _with_keys(readme: str) -> str:
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
