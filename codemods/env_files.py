"""The files around an environment variable: the template, the ignore list, the values of test runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from harden.codemods.codemod import PythonCodemod
from harden.module import split_lines
from harden.source import SourceText, decode
from harden.syntax import parse

_TEMPLATES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", "example.env")
_DECLARES_PYTEST = (
    "pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
    "requirements-dev.txt",
    "requirements.txt",
)


def declare_variable(codemod: PythonCodemod, name: str) -> None:
    """Name a variable in the environment template, and keep the file with its value out of git."""
    folder = _folder(codemod)
    template = next(
        (folder + file for file in _TEMPLATES if _exists(codemod, folder + file)), folder + _TEMPLATES[0]
    )
    text, source = _text(codemod, template)
    declared = re.search(rf"(?m)^\s*#?\s*(export\s+)?{re.escape(name)}\s*=", text)
    if not declared:
        codemod.other_file(template, source.encode(_appended(text, f"{name}=", source)))
    _ignore(codemod, folder)


def give_to_tests(codemod: PythonCodemod, name: str, value: str) -> None:
    """Let test runs find a variable, with a value that is no secret, before they import the program."""
    path = _conftest(codemod)
    if not path:
        return
    text, source = _text(codemod, path)
    if re.search(rf"""["']{re.escape(name)}["']""", text):
        return
    line = f'os.environ.setdefault("{name}", "{value}")'
    codemod.other_file(path, source.encode(_with_default(path, text, source, line)))


def _folder(codemod: PythonCodemod) -> str:
    """Return the nearest folder above the module with environment files, else the root, with its slash."""
    for parent in PurePosixPath(codemod.module.path).parents:
        folder = "" if str(parent) == "." else f"{parent}/"
        if any(_exists(codemod, folder + file) for file in (*_TEMPLATES, ".env")):
            return folder
    return ""


def _exists(codemod: PythonCodemod, path: str) -> bool:
    return path in codemod.others or codemod.project.exists(path)


def _text(codemod: PythonCodemod, path: str) -> tuple[str, SourceText]:
    source = decode(path, codemod.read_other(path) or b"", python=path.endswith(".py"))
    return source.text, source


def _appended(text: str, line: str, source: SourceText) -> str:
    gap = source.newline if text and not text.endswith(("\n", "\r")) else ""
    return text + gap + line + source.newline


def _ignore(codemod: PythonCodemod, folder: str) -> None:
    from pathspec import GitIgnoreSpec

    files = [path for path in dict.fromkeys((".gitignore", f"{folder}.gitignore")) if _exists(codemod, path)]
    for path in files:
        text, _ = _text(codemod, path)
        relative = f"{folder}.env" if path == ".gitignore" else ".env"
        if GitIgnoreSpec.from_lines(text.splitlines()).match_file(relative):
            return
    if files or _exists(codemod, f"{folder}.env"):
        path = files[0] if files else ".gitignore"
        text, source = _text(codemod, path)
        codemod.other_file(path, source.encode(_appended(text, ".env", source)))


def _conftest(codemod: PythonCodemod) -> str:
    paths = [*codemod.project.paths, *codemod.others]
    found = [path for path in paths if PurePosixPath(path).name == "conftest.py"]
    if found:
        return min(found, key=lambda path: (path.count("/"), path))
    tests = [path for path in paths if re.fullmatch(r"(.*/)?tests?/test_\w+\.py", path)]
    if not tests or not any(_mentions_pytest(codemod, path) for path in (*_DECLARES_PYTEST, *tests[:5])):
        return ""
    return f"{PurePosixPath(min(tests, key=lambda path: (path.count('/'), path))).parent}/conftest.py"


def _mentions_pytest(codemod: PythonCodemod, path: str) -> bool:
    return codemod.project.exists(path) and b"pytest" in codemod.project.read(path)


def _with_default(path: str, text: str, source: SourceText, line: str) -> str:
    """Put the line after others of its kind, else before the first import from outside the stdlib."""
    tree = parse(path, source.encode(text))
    lines = split_lines(text)
    known = [statement for statement in tree.body if _sets_default(statement)]
    if known:
        at, block = known[-1].end_lineno or 1, [line]
    else:
        at = _before_program(tree.body)
        names = [statement for statement in tree.body if isinstance(statement, ast.Import)]
        if not any(
            alias.name == "os" for statement in names for alias in statement.names if statement.lineno <= at
        ):
            place = _place_of_os(tree.body, at)
            after_docstring = (
                isinstance(tree.body[0], ast.Expr) and tree.body[0].end_lineno == at if at else False
            )
            gap = [source.newline] if after_docstring else []
            lines[place:place] = [*gap, "import os" + source.newline]
            at += 1 + len(gap)
        block = [line]
        if lines[at - 1].strip():
            block.insert(0, "")
        if lines[at : at + 1] and lines[at].strip():
            block.append("")
    return "".join([*lines[:at], *(text + source.newline for text in block), *lines[at:]])


def _place_of_os(body: Sequence[ast.stmt], last: int) -> int:
    """Return the line after which `import os` is in the order of the imports up to line `last`."""
    heads = [
        statement for statement in body if statement.lineno <= last and not isinstance(statement, ast.Expr)
    ]
    before = [
        statement.end_lineno or 1
        for statement in heads
        if (isinstance(statement, ast.Import) and statement.names[0].name < "os")
        or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")
    ]
    return before[-1] if before else heads[0].lineno - 1 if heads else last


def _sets_default(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("os.environ.setdefault(")


def _before_program(body: Sequence[ast.stmt]) -> int:
    """Return the last line of what comes first: docstring, `__future__`, imports of the standard library."""
    import sys

    line = 0
    for at, statement in enumerate(body):
        names = (
            {alias.name.partition(".")[0] for alias in statement.names}
            if isinstance(statement, ast.Import)
            else set()
        )
        if isinstance(statement, ast.ImportFrom) and not statement.level:
            names = {(statement.module or "").partition(".")[0]}
        docstring = at == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not docstring and not (names and names <= {*sys.stdlib_module_names}):
            break
        line = statement.end_lineno or line
    return line
