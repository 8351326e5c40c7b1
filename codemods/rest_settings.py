"""Pages for all lists of Django REST framework, in the settings of the project."""

from __future__ import annotations

import ast

from harden.codemods.codemod import PythonCodemod
from harden.codemods.line_limits import line_limit
from harden.codemods.quotes import favourite_quote
from harden.codemods.wrapping import wrapped
from harden.errors import Refusal
from harden.module import Module
from harden.roles import FileKind

_CLASS = "rest_framework.pagination.PageNumberPagination"
"""The one that lets no request ask for more than a page."""


def paginate_project(codemod: PythonCodemod, size: int) -> None:
    """Set DEFAULT_PAGINATION_CLASS and PAGE_SIZE, once. Raises Refusal where the settings are not plain."""
    home, known = _settings(codemod)
    data = codemod.read_other(home.path) or b""
    if b"DEFAULT_PAGINATION_CLASS" in data:
        return
    quote = favourite_quote(home)
    entries = {"DEFAULT_PAGINATION_CLASS": f"{quote}{_CLASS}{quote}", "PAGE_SIZE": str(size)}
    if known is None:
        lines = ["", "REST_FRAMEWORK = {", *(f"    {quote}{k}{quote}: {v}," for k, v in entries.items()), "}"]
        text = home.text if home.text.endswith(("\n", "\r")) else home.text + home.source.newline
        text += "".join(line + home.source.newline for line in lines)
    else:
        text = _extended(home, known, [f"{quote}{key}{quote}: {value}" for key, value in entries.items()])
    codemod.other_file(home.path, home.source.encode(text))


def _extended(home: Module, known: ast.Dict, entries: list[str]) -> str:
    """Return the text of the settings with entries at the end of a dict, laid out as it is."""
    lines = list(home.lines)
    last, brace = (known.end_lineno or known.lineno) - 1, home.span(known).end_column - 1
    line, values = lines[last], [home.span(value) for value in known.values]
    if values and values[-1].end_line <= last:
        at, column = values[-1].end_line - 1, values[-1].end_column
        if not lines[at][column:].lstrip().startswith(","):
            lines[at] = f"{lines[at][:column]},{lines[at][column:]}"
        margin = " " * home.span(known.keys[-1] or known.values[-1]).column
        lines[last:last] = [f"{margin}{entry},{home.source.newline}" for entry in entries]
        return "".join(lines)
    before = line[:brace].rstrip().rstrip(",")
    lines[last] = f"{before}{', ' if values else ''}{', '.join(entries)}{line[brace:]}"
    if known.lineno == known.end_lineno:
        lines[last] = wrapped(lines[last], "", line_limit(home))
    return "".join(lines)


def _settings(codemod: PythonCodemod) -> tuple[Module, ast.Dict | None]:
    """Return the settings and their REST_FRAMEWORK, where it is written out. Raises Refusal."""
    project = codemod.project
    modules = [project.module(path) for path in project.mentions("INSTALLED_APPS")]
    modules = [module for module in modules if module.kind is FileKind.APP]
    found = [
        (module, statement.value)
        for path in project.mentions("REST_FRAMEWORK")
        for module in [project.module(path)]
        if module.kind is FileKind.APP
        for statement in module.tree.body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "REST_FRAMEWORK"
    ]
    if len(found) == 1 and isinstance(found[0][1], ast.Dict):
        return found[0][0], found[0][1]
    if found or len(modules) != 1:
        raise Refusal("Where the settings of Django REST framework belong cannot be told.")
    return modules[0], None
