"""Give the build of an image a variable that the program now requires, where the build runs the program."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from harden.codemods.codemod import PythonCodemod
from harden.codemods.env_files import text_of
from harden.dockerfile import instructions
from harden.module import split_lines
from harden.roles import FileKind

_FILE = re.compile(r"^(Dockerfile(\..+)?|.+\.[dD]ockerfile|Containerfile)$")
_PROGRAM = re.compile(
    r"(?P<before>^\s*(?i:RUN\s+)?(?:--\S+\s+)*|(?:&&|;)\s*)(?P<set>(?:\w+=\S*\s+)*)"
    r"(?=(?:(?:uv|poetry|pipenv|pdm|hatch)\s+run\s+)?(?:python[\d.]*\s+(?:-m\s+)?)?(?:\S*/)?"
    r"(?:manage\.py|flask|django-admin|alembic|celery)\s)"
)

_BEFORE_COMMAND = re.compile(r"(^(?i:RUN)(\s+--\S+)*|&&|;)\s*\\$")
"""The end of a line after which the next one begins with a command."""


def give_to_builds(codemod: PythonCodemod, name: str, value: str) -> None:
    """Set a variable, to the value that tests get, for the commands of Dockerfiles that load the program."""
    if codemod.module.kind is not FileKind.APP:
        return
    value = value.replace("only-for-tests", "only-for-build")
    for path in codemod.project.paths:
        if not _FILE.match(PurePosixPath(path).name):
            continue
        text, source = text_of(codemod, path)
        if re.search(rf"\b{re.escape(name)}\b", text):
            continue  # the image has it, or its builder is asked for it
        edited = _with_variable(text, name, value)
        if edited != text:
            codemod.other_file(path, source.encode(edited))
            codemod.notes.append(
                f"{path} runs the program while it builds: {name} has a value of no worth there."
            )


def _with_variable(text: str, name: str, value: str) -> str:
    lines = split_lines(text)
    for one in instructions(lines):
        if one.word == "RUN" and "<<" not in one.rest and not one.rest.startswith("["):
            begins = True
            for at in range(one.line - 1, one.end_line):
                line = lines[at].strip()
                if line and not line.startswith("#"):
                    lines[at] = _prefixed(lines[at], f"{name}={value}", begins=begins)
                    begins = _BEFORE_COMMAND.search(line) is not None
    return "".join(lines)


def _prefixed(line: str, setting: str, *, begins: bool) -> str:
    """Return a line with the setting before what loads the program; `begins`: its first word is a command."""

    def put(match: re.Match[str]) -> str:
        is_command = begins or match["before"].startswith(("&&", ";"))
        return f"{match['before']}{match['set']}{setting} " if is_command else match[0]

    return _PROGRAM.sub(put, line)
