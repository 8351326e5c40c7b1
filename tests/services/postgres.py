"""A PostgreSQL server of its own for the tests of services: started in a new folder, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_USERS = ("postgres", "nobody")
"""Whom the server runs as where the tests run as root, which PostgreSQL refuses."""
_ROOT = 0


class NoServer(Exception):
    """No server can be started here; says what to do."""


@contextmanager
def server() -> Iterator[str]:
    """Start a server and give its address, with `{}` for the name of a database."""
    programs, owner = _programs(), _owner()
    folder = Path(tempfile.mkdtemp(prefix="harden-pg-", dir="/tmp"))  # a socket's path has to be short
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c synchronous_commit=off"
    try:
        _run(
            owner, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        _run(owner, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/{{}}?host={folder}"
        finally:
            _run(owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs: those on the PATH, else those of the package pgserver."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    package = find_spec("pgserver")
    for folder in package.submodule_search_locations or () if package is not None else ():
        if (programs := Path(folder) / "pginstall" / "bin").is_dir():
            return programs
    raise NoServer("Put PostgreSQL's initdb and pg_ctl on the PATH, or install the extra `services`.")


def _owner() -> pwd.struct_passwd | None:
    """Return whom the server is to run as, None for whoever runs the tests."""
    if os.geteuid() != _ROOT:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in _USERS:
        if name in known:
            return known[name]
    raise NoServer(
        "PostgreSQL refuses to run as root, and there is no other user here: run the tests as one."
    )


def _run(owner: pwd.struct_passwd | None, *command: str | Path) -> None:
    """Run a program of PostgreSQL; raise NoServer with what it says where it fails."""
    with tempfile.TemporaryFile("w+") as said:  # a pipe would stay open for as long as the server runs
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )
        if done.returncode:
            said.seek(0)
            raise NoServer(f"{Path(command[0]).name} failed: {said.read().strip()}")
