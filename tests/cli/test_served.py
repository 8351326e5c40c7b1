"""The app in a browser: `textual serve harden` runs it without a terminal, and reads packets of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

CODE = "import requests\n\n\ndef charge(order):\n    return requests.get(order.url)\n"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the app as a server does."""
    (tmp_path / "app.py").write_text(CODE)
    environ = {
        **os.environ,
        "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
        "TEXTUAL_ANIMATIONS": "none",
        "COLUMNS": "100",
        "ROWS": "30",
        "TERM": "dumb",
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "harden"],
        cwd=tmp_path,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    limit = threading.Timer(60, process.kill)  # ends a read that waits for what does not come
    limit.start()
    yield process
    limit.cancel()
    process.kill()
    process.communicate()


def send(process: subprocess.Popen[bytes], kind: bytes, data: bytes) -> None:
    """Send a packet."""
    assert process.stdin is not None
    process.stdin.write(kind + len(data).to_bytes(4, "big") + data)
    process.stdin.flush()


def packets(stream: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield what the app draws and what it tells the server."""
    while kind := stream.read(1):
        yield kind, stream.read(int.from_bytes(stream.read(4), "big"))


def read_until(shown: Iterator[tuple[bytes, bytes]], text: str) -> str:
    """Read what is drawn until a text stands in it."""
    drawn = ""
    for kind, data in shown:
        drawn += data.decode() if kind == b"D" else ""
        if text in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn):
            return drawn
    raise AssertionError(f"{text!r} is not drawn")


def test_it_is_drawn_answers_and_quits(served: subprocess.Popen[bytes]) -> None:
    assert served.stdout is not None
    assert served.stdout.readline() == b"__GANGLION__\n"
    shown = packets(served.stdout)
    read_until(shown, "1 file")
    send(served, b"D", b"e")
    read_until(shown, "No editor can be")
    send(served, b"D", b"q")
    told = [json.loads(data) for kind, data in shown if kind == b"M"]
    assert {"type": "exit"} in told
    assert served.wait(timeout=20) == 0
    assert served.stderr is not None
    assert served.stderr.read() == b""
