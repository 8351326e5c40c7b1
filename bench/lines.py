"""Count lines of Python as cloc does: blank, comment, code. `python -m bench.lines FOLDER...`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harden.discover import list_files


@dataclass(frozen=True, slots=True)
class Lines:
    """What a tree holds. `all` are the lines of its files: those that figures are told for 1,000 of."""

    files: int
    all: int
    blank: int
    comment: int

    @property
    def code(self) -> int:
        """Return the lines that are neither blank nor nothing but a comment; docstrings are among them."""
        return self.all - self.blank - self.comment

    def __str__(self) -> str:
        return f"{self.all:,} lines ({self.code:,} of code) in {self.files:,} files"


def python_files(root: Path) -> list[Path]:
    """Return the Python files that a scan looks at."""
    return [root / path for path in list_files(root.resolve()) if path.endswith(".py")]


def counted(files: Iterable[Path]) -> Lines:
    """Return how many lines some files hold."""
    number = every = blank = comment = 0
    for file in files:
        number += 1
        for line in file.read_bytes().splitlines():
            every += 1
            text = line.strip()
            blank += not text
            comment += text.startswith(b"#")
    return Lines(number, every, blank, comment)


def main() -> int:
    """Print one line per folder."""
    for name in sys.argv[1:]:
        print(f"{name}: {counted(python_files(Path(name)))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
