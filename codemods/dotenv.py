"""Put a value into the project's own `.env`, where git ignores the file and the program reads it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from harden.codemods.codemod import PythonCodemod
from harden.codemods.env_files import appended, exists, folder_of, keep_out_of_git, text_of
from harden.dotenv import assignment
from harden.environment import SETTINGS_BASES, settings_said
from harden.errors import Refusal, UnreadableSource
from harden.module import Module, is_literal, keyword
from harden.roles import FileKind

_FOR_ALL = (
    *("dotenv.load_dotenv", "dotenv.main.load_dotenv", "environs.Env.read_env", "environs.env.read_env"),
    *("environ.Env.read_env", "environ.environ.Env.read_env"),
)
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_ENV_FILE = re.compile(
    r"(?m)^\s*env_file:\s*(\[?\s*[\"']?(\./)?\.env\b|\n\s*-\s*[\"']?(\./)?\.env\b|\n\s*-\s*path:\s*[\"']?(\./)?\.env\b)"
)
_DOTENV_NEEDED = re.compile(r"(?mi)^\s*[\"']?python-dotenv\b")
_REQUIREMENTS = ("requirements.txt", "pyproject.toml", "Pipfile", "setup.cfg", "requirements/base.txt")


def move_value(codemod: PythonCodemod, name: str, value: str, through: str) -> None:
    """Write today's value of a variable into the ignored `.env`. Raises Refusal where it would not be read.

    `through` is what reads the variable: the kind of a reader, or `settings` for a field of a settings class.
    """
    folder = folder_of(codemod)
    path = f"{folder}.env"
    keep_out_of_git(codemod, folder)
    if is_tracked(codemod.project.root, path):
        raise Refusal(
            f"{path} is tracked by git, so that the value would be committed: take it out of git first."
        )
    if not _is_loaded(codemod, through):
        raise Refusal(f"Nothing loads {path} for {name}: set the variable where the service runs.")
    text, source = text_of(codemod, path)
    if re.search(rf"(?m)^[ \t]*(export[ \t]+)?{re.escape(name)}[ \t]*=", text):
        codemod.notes.append(f"{name} is in {path} already and stays as it is there.")
        return
    codemod.other_file(path, source.encode(appended(text, assignment(name, value), source)))
    codemod.notes.append(
        f"Today's value goes into {path}, which git ignores; it is in no commit of harden's."
    )


def is_tracked(root: Path, path: str) -> bool:
    """Ask git itself: an ignored file may be tracked all the same."""
    command = ["git", "-c", "core.fsmonitor=false", "ls-files", "--error-unmatch", "--", path]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return done.returncode == 0


def _is_loaded(codemod: PythonCodemod, through: str) -> bool:
    if through == "decouple":
        return True  # it looks for .env by itself
    found = list(_loaders(codemod))
    if through != "settings" and any(strict for _, strict in found):
        return False  # a settings class that forbids unknown names would not start
    return any(kind in ("all", through) for kind, _ in found)


def _loaders(codemod: PythonCodemod) -> Iterator[tuple[str, bool]]:
    """Yield for whom `.env` is loaded, and whether that refuses names that it does not know."""
    project = codemod.project
    words = ("dotenv", "read_env", "env_file", ".env")
    for path in dict.fromkeys(path for word in words for path in project.mentions(word)):
        try:
            module = project.module(path)
        except UnreadableSource:
            continue
        if module.kind in (FileKind.APP, FileKind.SCRIPT):
            yield from _loaders_in(module)
    for file in _COMPOSE:
        if exists(codemod, file) and _ENV_FILE.search(text_of(codemod, file)[0]):
            yield "all", False
    if "flask" in project.imported and any(
        exists(codemod, file) and _DOTENV_NEEDED.search(text_of(codemod, file)[0]) for file in _REQUIREMENTS
    ):
        yield "all", False


def _loaders_in(module: Module) -> Iterator[tuple[str, bool]]:
    for call in module.nodes(ast.Call):
        path = module.resolve(call.func) or ""
        if path in _FOR_ALL or (
            path.startswith("dynaconf.") and is_literal(keyword(call, "load_dotenv"), True)
        ):
            yield "all", False
        elif path == "starlette.config.Config" and ".env" in ast.unparse(call):
            yield "starlette", False
    for owner in module.nodes(ast.ClassDef):
        said = {} if set(module.bases(owner)).isdisjoint(SETTINGS_BASES) else settings_said(owner)
        if ".env" in said.get("env_file", ""):
            yield (
                "settings",
                said.get("extra", "") not in ("'ignore'", "'allow'", "Extra.ignore", "Extra.allow"),
            )
