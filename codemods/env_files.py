"""The files around an environment variable: the template that names it, the ignore list."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from harden import ignoring
from harden.codemods.codemod import Codemod, PythonCodemod
from harden.dotenv import TEMPLATES
from harden.source import SourceText, decode

_PLAIN_VALUE = re.compile(r"[\w.,:/@+\-]*")


def declare_variable(codemod: PythonCodemod, name: str, default: str | None = "") -> None:
    """Name a variable in the environment template, and keep the file with its value out of git.

    A variable that the code has a default for stands there with it, lest an empty one replaces it in
    a copy of the template; None: the default has no place there, and the line is a comment.
    """
    folder = folder_of(codemod)
    template = next(
        (folder + file for file in TEMPLATES if exists(codemod, folder + file)), folder + TEMPLATES[0]
    )
    text, source = text_of(codemod, template)
    declared = re.search(rf"(?m)^[ \t]*#?[ \t]*(export[ \t]+)?{re.escape(name)}[ \t]*=", text)
    if not declared:
        is_plain = default is not None and _PLAIN_VALUE.fullmatch(default)
        line = f"{name}={default}" if is_plain else f"# {name}="
        codemod.other_file(template, source.encode(appended(text, line, source)))
    is_repository = (codemod.project.root / ".git").exists()  # a file in worktrees
    if is_repository or any(exists(codemod, path) for path in (f"{folder}.env", *_ignore_lists(folder))):
        keep_out_of_git(codemod, folder)


def folder_of(codemod: PythonCodemod) -> str:
    """Return the nearest folder above the module with environment files, else the root, with its slash."""
    for parent in PurePosixPath(codemod.module.path).parents:
        folder = "" if str(parent) == "." else f"{parent}/"
        if any(exists(codemod, folder + file) for file in (*TEMPLATES, ".env")):
            return folder
    return ""


def exists(codemod: Codemod, path: str) -> bool:
    """Tell whether a file is there, or will be by this patch."""
    return path in codemod.others or codemod.project.exists(path)


def text_of(codemod: Codemod, path: str) -> tuple[str, SourceText]:
    """Return what a file says as this patch leaves it so far (nothing where it is missing), and how."""
    source = decode(path, codemod.read_other(path) or b"", python=path.endswith(".py"))
    return source.text, source


def appended(text: str, line: str, source: SourceText) -> str:
    """Return a text with a line after its last one."""
    gap = source.newline if text and not text.endswith(("\n", "\r")) else ""
    return text + gap + line + source.newline


def is_ignored(codemod: Codemod, path: str) -> bool:
    """Tell whether the ignore lists above a file, as this patch leaves them, keep it out of git."""
    return ignoring.is_ignored(codemod.project.with_files(codemod.others), path)


def keep_out_of_git(codemod: Codemod, folder: str) -> None:
    """Have git ignore the `.env` of a folder."""
    if not is_ignored(codemod, f"{folder}.env"):
        path = next((path for path in _ignore_lists(folder) if exists(codemod, path)), ".gitignore")
        text, source = text_of(codemod, path)
        codemod.other_file(path, source.encode(appended(text, ".env", source)))


def _ignore_lists(folder: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((".gitignore", f"{folder}.gitignore")))
