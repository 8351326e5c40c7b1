"""Run the command in this process, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harden.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command returned and printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs `harden ARGUMENTS` in a folder."""

    def run_in(folder: Path, *arguments: str | Path) -> Ran:
        monkeypatch.chdir(folder)
        code = main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        ran = Ran(code, out.decode(errors="surrogateescape"), err.decode(errors="surrogateescape"))
        assert "Traceback" not in ran.err
        assert "this is a bug" not in ran.err
        return ran

    return run_in
