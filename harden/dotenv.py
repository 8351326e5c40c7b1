"""Files with values for the environment: `.env` and its kin, which are no part of a repository."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from harden.errors import Refusal

TEMPLATES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", "example.env")

_ASSIGNED = re.compile(
    r"^(?P<head>\s*(?:export\s+)?[\w.\-]+[ \t]*=[ \t]*)(?P<value>.*?)(?P<end>\s*)$", re.DOTALL
)
_BARE = re.compile(r"[\w./:@%+,=~!?*&^\-]*")
_QUOTED = re.compile(r"[^'\\\x00-\x1f\x7f]*")


def holds_values(path: str) -> bool:
    """Tell whether a file is an environment file and no template of one."""
    name = PurePosixPath(path).name
    return (name == ".env" or name.startswith(".env.")) and name not in TEMPLATES


def assigned_value(line: str) -> tuple[int, int] | None:
    """Return from where to where the value of a `NAME=value` line stands."""
    match = _ASSIGNED.match(line)
    return None if match is None or line.lstrip().startswith("#") else match.span("value")


def assignment(name: str, value: str) -> str:
    """Return `NAME=value` as python-dotenv, django-environ, decouple and compose all read it.

    Raises Refusal for values of which each of them makes something else.
    """
    if value.startswith("$") or "${" in value or not _QUOTED.fullmatch(value):
        raise Refusal(
            f"The value of {name} has characters that not every reader of .env takes alike: move it by hand."
        )
    return f"{name}={value}" if _BARE.fullmatch(value) else f"{name}='{value}'"
