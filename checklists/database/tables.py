"""Tables of the project: their primary keys, from its CREATE TABLE statements and models."""

from __future__ import annotations

import re

from harden.models import models_of
from harden.project import Project

_SIMPLE = re.compile(
    r"(?is)^\s*select\s+(?!distinct\b)(?P<columns>.+?)\s+from\s+(?P<table>[\w.\"`]+)"
    r"(?:\s+(?:as\s+)?(?P<alias>(?!where\b|order\b|limit\b|offset\b)\w+))?\s*(?P<rest>$|;|where\b.*|order\b.*|limit\b.*)"
)
_JOINED = re.compile(r"(?i)\b(join|union|group\s+by|having|intersect|except)\b|\(\s*select\b")
_FAR = 20_000
"""Characters that a table's definition may have."""


def key_for(project: Project, sql: str) -> str:
    """Return the columns to order the rows of a SELECT over one table by; nothing if they cannot be told."""
    found = _SIMPLE.match(sql)
    if found is None or _JOINED.search(sql):
        return ""
    keys = primary_key(project, found["table"])
    return ", ".join(f"{found['alias']}.{key}" if found["alias"] else key for key in keys)


def primary_key(project: Project, table: str) -> list[str]:
    """Return the columns of a table's primary key, as one of the project's files creates it."""
    name = table.rpartition(".")[2].strip('"`').lower()
    columns = created(project, name)
    if columns is not None:
        return _key(columns)
    models = [model for model in models_of(project).all if (model.table or "").lower() == name]
    keys = {
        tuple(column.stored for key in model.primary_key if (column := model.columns.get(key)))
        for model in models
    }
    return list(next(iter(keys))) if len(keys) == 1 else []


def created(project: Project, table: str) -> str | None:
    """Return what a CREATE TABLE statement of the project says between its brackets."""
    found = definition(project, table)
    return in_brackets(project.text(found[0]), found[1]) if found is not None else None


def definition(project: Project, table: str) -> tuple[str, int] | None:
    """Return the file that creates a table, and where in its text the columns begin."""
    start = re.compile(
        rf"(?is)\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(?:[\w\"`]+\.)?[\"`]?{re.escape(table)}[\"`]?\s*\("
    )
    for path in schemas(project, "CREATE TABLE"):
        if found := start.search(project.text(path)):
            return path, found.end()
    return None


def schemas(project: Project, words: str) -> list[str]:
    """Return the files of SQL, and those of Python in which such words of SQL stand, in order."""
    named = {*project.mentions(words), *project.mentions(words.lower())}
    return [path for path in project.paths if path.endswith(".sql") or path in named]


def in_brackets(text: str, start: int) -> str:
    """Return what stands between a bracket opened before `start` and its end."""
    depth = 1
    for at in range(start, min(len(text), start + _FAR)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start : start + _FAR]


def _key(columns: str) -> list[str]:
    together = re.search(r"(?is)(?:^|,)\s*(?:constraint\s+\w+\s+)?primary\s+key\s*\(([^)]*)\)", columns)
    if together:
        return [part.strip().strip('"`') for part in together[1].split(",") if part.strip()]
    for line in re.split(r",(?![^(]*\))", columns):
        if re.search(r"(?i)\bprimary\s+key\b", line) and (name := re.match(r"\s*[\"`]?(\w+)", line)):
            return [name[1]]
    return []
