"""The files of a repository: what they say, whether they are there, and which of them hold a word."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from harden.errors import UnreadableSource
from harden.mentions import Mentions
from harden.module import TextFile
from harden.notes import CALLED, WHOLE, Notes
from harden.roles import FileKind, file_kind

_SETTLED = 2_000_000_000
"""Nanoseconds; two saves less apart may bear the same time, as file systems count it."""
_IMPORTED = re.compile(rb"^[ \t]*(?:import|from)[ \t]+(\w+)", re.MULTILINE)


class Files:
    """Every file of a repository by its POSIX path relative to `root`.

    `overlay` replaces the content of files: an edit that is being tried out before it is written.
    """

    def __init__(self, root: Path, paths: tuple[str, ...], overlay: dict[str, bytes] | None = None) -> None:
        self.root = root
        self.paths = paths
        self.overlay = overlay or {}
        self.notes = Notes()
        self._prefix = f"{root}/"
        self._read: dict[str, bytes | None] | None = None
        self._stamps: dict[str, tuple[int, ...]] = {}
        self._searched: dict[str, bytes] = {}

    @property
    def _is_as_read(self) -> bool:
        """Tell whether no file that was read has changed on disk since."""
        return all(_stamp(f"{self._prefix}{path}") == stamp for path, stamp in self._stamps.items())

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises UnreadableSource."""
        if path in self.overlay:
            return self.overlay[path]
        known = self._read.get(path) if self._read is not None else None
        if known is not None:
            return known
        try:
            if path not in self._stamps:
                self._stamps[path] = _settled_stamp(f"{self._prefix}{path}")
            with open(f"{self._prefix}{path}", "rb") as file:
                data = file.read()
        except OSError as error:
            self.notes.read(path, None)
            raise UnreadableSource(path, f"cannot be read: {error.strerror or error}") from None
        self.notes.read(path, data)
        if self._read is not None:
            self._read[path] = data
        return data

    def exists(self, path: str) -> bool:
        """Tell whether a file is there, tracked or not."""
        known = path in self.overlay or path in (self._read or ())
        return known or os.path.isfile(f"{self._prefix}{path}")

    @cached_property
    def imported(self) -> frozenset[str]:
        """Return the top-level packages that the project's Python files, tests aside, seem to import."""
        return frozenset(
            name
            for path in self.paths
            if path.endswith(".py") and file_kind(path) is not FileKind.TEST
            for name in imports_in(self._bytes(path))
        )

    def mentions(self, word: str) -> tuple[str, ...]:
        """Return the paths of the Python files whose text contains `word`."""
        known = self.notes.words
        if word not in known:
            known[word] = self._in_text.of(word)
        return known[word]

    @cached_property
    def _in_text(self) -> Mentions:
        return Mentions(self.paths, self._bytes)

    def naming(self, name: str) -> tuple[str, ...]:
        """Return the paths of the Python files that contain a whole name."""
        return self.mentions(name + WHOLE)

    def calling(self, name: str) -> tuple[str, ...]:
        """Return the paths of the Python files that seem to call a name or to give it another one."""
        return self.mentions(name + CALLED)

    def _bytes(self, path: str) -> bytes:
        """Return the bytes of a file that is searched again and again; none where it cannot be read."""
        if path not in self._searched:
            try:
                self._searched[path] = self.read(path)
            except UnreadableSource:
                self._searched[path] = b""
        return self._searched[path]

    def size_of(self, paths: Iterable[str]) -> int:
        """Return how many bytes some files have on disk."""
        total = 0
        for path in paths:
            with suppress(OSError):
                total += os.stat(f"{self._prefix}{path}").st_size
        return total

    def text(self, path: str) -> str:
        """Return what a file says, whatever its encoding; nothing where it cannot be read."""
        return self._bytes(path).decode(errors="replace")

    def text_file(self, path: str) -> TextFile:
        """Return a file that is not Python. Raises UnreadableSource."""
        return TextFile(path, self.read(path))


def imports_in(data: bytes) -> set[str]:
    """Return the top-level packages that a Python file seems to import, told by its text alone."""
    return {name.decode("ascii", "replace") for name in _IMPORTED.findall(data)}


def _stamp(file: str) -> tuple[int, ...]:
    """Return what changes whenever a file is written or replaced; nothing where there is none."""
    try:
        status = os.stat(file)
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _settled_stamp(file: str) -> tuple[int, ...]:
    """Return the stamp of a file; one that never recurs where the next save may share it."""
    stamp = _stamp(file)
    return stamp if stamp and time.time_ns() - max(stamp[:2]) > _SETTLED else (-1,)
