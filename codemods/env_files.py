"""The files around an environment variable: the template that names it, the ignore list."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from harden.codemods.codemod import PythonCodemod
from harden.source import SourceText, decode

_TEMPLATES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", "example.env")


def declare_variable(codemod: PythonCodemod, name: str) -> None:
    """Name a variable in the environment template, and keep the file with its value out of git."""
    folder = _folder(codemod)
    template = next(
        (folder + file for file in _TEMPLATES if exists(codemod, folder + file)), folder + _TEMPLATES[0]
    )
    text, source = text_of(codemod, template)
    declared = re.search(rf"(?m)^\s*#?\s*(export\s+)?{re.escape(name)}\s*=", text)
    if not declared:
        codemod.other_file(template, source.encode(_appended(text, f"{name}=", source)))
    _ignore(codemod, folder)


def _folder(codemod: PythonCodemod) -> str:
    """Return the nearest folder above the module with environment files, else the root, with its slash."""
    for parent in PurePosixPath(codemod.module.path).parents:
        folder = "" if str(parent) == "." else f"{parent}/"
        if any(exists(codemod, folder + file) for file in (*_TEMPLATES, ".env")):
            return folder
    return ""


def exists(codemod: PythonCodemod, path: str) -> bool:
    """Tell whether a file is there, or will be by this patch."""
    return path in codemod.others or codemod.project.exists(path)


def text_of(codemod: PythonCodemod, path: str) -> tuple[str, SourceText]:
    """Return what a file says as this patch leaves it so far (nothing where it is missing), and how."""
    source = decode(path, codemod.read_other(path) or b"", python=path.endswith(".py"))
    return source.text, source


def _appended(text: str, line: str, source: SourceText) -> str:
    gap = source.newline if text and not text.endswith(("\n", "\r")) else ""
    return text + gap + line + source.newline


def _ignore(codemod: PythonCodemod, folder: str) -> None:
    from pathspec import GitIgnoreSpec

    files = [path for path in dict.fromkeys((".gitignore", f"{folder}.gitignore")) if exists(codemod, path)]
    for path in files:
        text, _ = text_of(codemod, path)
        relative = f"{folder}.env" if path == ".gitignore" else ".env"
        if GitIgnoreSpec.from_lines(text.splitlines()).match_file(relative):
            return
    if files or exists(codemod, f"{folder}.env"):
        path = files[0] if files else ".gitignore"
        text, source = text_of(codemod, path)
        codemod.other_file(path, source.encode(_appended(text, ".env", source)))
