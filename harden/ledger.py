"""One line per applied, undone, ignored or committed patch, in `.harden/ledger.jsonl`."""

from __future__ import annotations

import datetime
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from harden.errors import ApplyError
from harden.places import LEDGER


@dataclass(frozen=True, slots=True)
class Line:
    """What happened to which check where; `patch` is the id that the commit's trailer carries too."""

    event: str
    check: str
    paths: tuple[str, ...]
    patch: str = ""
    note: str = ""


def append(root: Path, *lines: Line) -> None:
    """Add lines to the ledger, stamped with the time (UTC) and the user. Raises ApplyError."""
    stamp = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    text = "".join(json.dumps({"at": stamp, "by": _user(), **asdict(line)}) + "\n" for line in lines)
    path = root / LEDGER
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            if file.tell() and not _ends_line(file):
                text = "\n" + text
            file.write(text.encode())
    except OSError as error:
        raise ApplyError(f"{LEDGER} cannot be written: {error.strerror or error}") from error


def _ends_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
