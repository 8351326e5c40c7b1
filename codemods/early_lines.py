"""Put a line into a file before what it imports from outside the standard library."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from harden.module import split_lines
from harden.source import SourceText
from harden.syntax import parse


def with_early_line(path: str, text: str, source: SourceText, line: str) -> str:
    """Put the line after others of its kind, else before the first import from outside the stdlib."""
    tree = parse(path, source.encode(text))
    lines = split_lines(text)
    known = _settings(tree.body)
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


def _settings(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that set the environment before anything else is imported."""
    found: list[ast.stmt] = []
    first = _before_program(body)
    for statement in (statement for statement in body if statement.lineno > first):
        code = ast.unparse(statement)
        if not code.startswith(("os.environ.setdefault(", "os.environ[")):
            break
        found.append(statement)
    return found


def _before_program(body: Sequence[ast.stmt]) -> int:
    """Return the last line of what comes first: docstring, `__future__`, imports of the standard library."""
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
