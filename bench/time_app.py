"""Time the app in a real pseudo-terminal: first paint, keypress to paint during and after a scan, memory.

The repository is made for it: files with requests without a timeout, so that each press of `j` has a known
row to lead to. A press counts as painted when the place of that row arrives in the terminal.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PER_FILE = 50
COMMAND = [sys.executable, "-P", "-m", "harden"]
PATIENCE = 120.0
"""Seconds after which the app is taken to hang."""


class Terminal:
    """The app in a pseudo-terminal, and what it has drawn since a mark."""

    def __init__(self, root: Path, columns: int, lines: int) -> None:
        self.started = time.perf_counter()
        self.pid, self._screen = pty.fork()
        if self.pid == 0:
            os.chdir(root)
            os.environ.update(TERM="xterm-256color", COLUMNS=str(columns), LINES=str(lines))
            os.execv(COMMAND[0], COMMAND)
        fcntl.ioctl(self._screen, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.everything = b""
        self._mark = 0

    @property
    def drawn(self) -> bytes:
        """Return what was drawn since the last key."""
        return self.everything[self._mark :]

    def press(self, key: str) -> None:
        """Send a key and forget what was drawn before it."""
        self._read(0)
        self._mark = len(self.everything)
        os.write(self._screen, key.encode())

    def wait(self, seen: Callable[[bytes], bool]) -> float:
        """Read until something is on the screen; return the seconds it took."""
        start = time.perf_counter()
        while not seen(self.drawn):
            self._read(0.5)
            if time.perf_counter() - start > PATIENCE:
                sys.exit(f"the app hangs; it drew {self.drawn[-500:]!r}")
        return time.perf_counter() - start

    def rest(self, seconds: float) -> None:
        """Let the app draw for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)

    def _read(self, seconds: float) -> None:
        while select.select([self._screen], [], [], seconds)[0]:
            self.everything += os.read(self._screen, 65536)
            seconds = 0

    def megabytes(self) -> int:
        """Return the resident memory of the app, without its scanning processes."""
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(self.pid)], capture_output=True, text=True)
        return int(told.stdout) // 1024

    def close(self) -> None:
        """End the app."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._screen)


def main() -> None:
    """Print one line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=10_000)
    parser.add_argument("--presses", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="harden-bench-") as folder:
        root = Path(folder)
        places = make_repository(root, options.findings)
        with opened(root) as app:
            print(f"{'first paint':>28} {app.wait(lambda drawn: len(drawn) > 500) * 1000:6.0f} ms")
            app.wait(lambda drawn: places[0].encode() in drawn)
            print(f"{'first finding listed':>28} {(time.perf_counter() - app.started) * 1000:6.0f} ms")
            app.press("n")
            app.rest(1)
            report("key to paint, scanning", presses(app, places[: options.presses], "j"))
            files = f"{len(places) // PER_FILE} files".encode()
            app.wait(lambda _: files in app.everything)
            print(f"{'scan done':>28} {time.perf_counter() - app.started:6.1f} s")
            app.rest(2)
            for key in "Ggn":
                app.press(key)
                app.rest(2)
            report("key to paint, listed", presses(app, places[: options.presses], "j"))
            print(f"{'memory':>28} {app.megabytes():6} MB")


def presses(app: Terminal, places: list[str], key: str) -> Iterator[float]:
    """Yield the seconds from each press to its row; the cursor stands on the first place."""
    for place in places[1:]:
        app.press(key)
        yield app.wait(lambda drawn, place=place: place.encode() in drawn)  # type: ignore[misc]
        app.rest(0.08)  # as fast as a held key, and long enough for previews to start


def report(name: str, seconds: Iterator[float]) -> None:
    """Print the median, the 95th percentile and the worst."""
    taken = sorted(seconds)
    p95 = taken[int(len(taken) * 0.95)]
    print(
        f"{name:>28} {statistics.median(taken) * 1000:6.1f} ms, p95 {p95 * 1000:.1f}, max {taken[-1] * 1000:.1f}"
    )


def make_repository(root: Path, findings: int) -> list[str]:
    """Write files with a number of findings of one check; return their places in the order of the list."""
    places = []
    for number in range(findings // PER_FILE):
        path = f"shop/part{number:04}.py"
        lines = ["import requests", ""]
        for at in range(PER_FILE):
            lines += ["", f"def call_{at}(order):", f"    answer = requests.get(order.url_{at})"]
            places.append(f"{path}:{len(lines)}")
            lines += ["    return answer.json()", ""]
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text("\n".join(lines))
    (root / "harden.toml").write_text('disable = ["unchecked-status"]\n')
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)
    return places


@contextmanager
def opened(root: Path) -> Iterator[Terminal]:
    """Give the app on a repository, and end it."""
    app = Terminal(root, 120, 40)
    try:
        yield app
    finally:
        app.close()


if __name__ == "__main__":
    main()
