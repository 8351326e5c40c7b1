"""Columns of CREATE TABLE statements that the project's SQL looks rows up by, and that have no index."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.tables import in_brackets, schemas
from harden.errors import UnreadableSource
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind, file_kind
from harden.words import words_of

_TABLE = re.compile(
    r"(?is)\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(?:[\w\"`]+\.)?[\"`\[]?(?P<name>\w+)[\"`\]]?\s*\("
)
_ENTRY = re.compile(r"(?s)\s*(?:--[^\n]*\n\s*)*[\"`\[]?(?P<name>\w+)[\"`\]]?\s+(?P<type>\w+)?(?P<rest>.*)")
_NOT_COLUMNS = frozenset({"primary", "unique", "foreign", "constraint", "check", "index", "key", "exclude"})
_KEYED = re.compile(
    r"(?is)\b(?:primary\s+key|unique(?:\s+(?:key|index)\s*\w*)?|index\s+\w*|key\s+\w*)\s*\(\s*[\"`]?(\w+)"
)
_FEW = re.compile(r"(?i)^(bool|enum|text\[\]|json|bytea|blob|real|float|double)")
_FEW_NAMED = frozenset(
    {
        "status",
        "state",
        "type",
        "kind",
        "role",
        "level",
        "priority",
        "is",
        "has",
        "active",
        "enabled",
        "deleted",
    }
    | {"done", "completed", "archived", "read", "seen", "paid", "currency", "language"}
)
_INDEX = (
    r"(?is)\bcreate\s+(?:unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?"
    r"[\w\"`.]*\s*on\s+[\"`]?{table}[\"`]?\s*(?:using\s+\w+\s*)?\(\s*[\"`]?(?:lower\()?(\w+)"
)

Conditions = tuple[tuple[str, str], ...]
"""Columns of a condition, each with its operator."""


@dataclass(frozen=True, slots=True)
class Unindexed:
    """A column without index: where it stands in its text, and the place that looks rows up by it."""

    at: int
    table: str
    column: str
    place: str

    @property
    def advice(self) -> str:
        """Return the statement that makes the index."""
        return f"Add `CREATE INDEX ix_{self.table}_{self.column} ON {self.table} ({self.column})`."


def unindexed(project: Project, text: str) -> Iterator[Unindexed]:
    """Yield the columns of all tables in a text that rows are looked up by without an index."""
    for table in _TABLE.finditer(text):
        name = table["name"]
        queries = list(_queries(project, name))
        if not queries:
            continue
        found, indexed = _columns(text, table.end())
        indexed |= _indexed_apart(project, name)
        worth = {column for column, _ in found}
        for column, at in found:
            if column in indexed:
                continue
            needing = (place for place, names in queries if _needs(column, names, worth, indexed))
            place = next(needing, "")
            if place:
                yield Unindexed(at, name, column, place)


def _needs(column: str, conditions: Conditions, worth: set[str], indexed: set[str]) -> bool:
    """Tell whether a query has no better way to its rows than this column."""
    if any(name in indexed and operator == "=" for name, operator in conditions):
        return False
    return next((name for name, _ in conditions if name in worth), "") == column


def _columns(text: str, start: int) -> tuple[list[tuple[str, int]], set[str]]:
    """Return the columns of a table worth an index, with their places, and those that have one."""
    body = in_brackets(text, start)
    found: list[tuple[str, int]] = []
    indexed: set[str] = set()
    at = 0
    for part in re.split(r",(?![^(]*\))", body):
        entry = _ENTRY.match(part)
        where, at = at, at + len(part) + 1
        if entry is None:
            continue
        name = entry["name"].lower()
        if name in _NOT_COLUMNS:
            if not re.search(r"(?i)\bforeign\s+key\b", part):
                indexed.update(item.lower() for item in _KEYED.findall(part))
        elif re.search(r"(?i)\b(primary\s+key|unique)\b", part):
            indexed.add(name)
        elif not _FEW.match(entry["type"] or "") and _FEW_NAMED.isdisjoint((words_of(name) or ("",))[:1]):
            found.append((name, start + where + entry.start("name")))
    return found, indexed


def _indexed_apart(project: Project, table: str) -> set[str]:
    pattern = re.compile(_INDEX.format(table=re.escape(table)))
    return {
        name.lower() for path in schemas(project, "INDEX") for name in pattern.findall(project.text(path))
    }


_WHERE = re.compile(
    r"(?is)\b(?:from|update)\s+(?:\w+\.)?[\"`]?(?P<table>\w+)[\"`]?(?:\s+(?:as\s+)?(?!where\b|set\b|order\b|join\b|left\b)(?P<alias>\w+))?"
    r"(?P<between>(?:(?!\bfrom\b|\bselect\b).)*?)\bwhere\b(?P<where>.*?)(?=\border\s+by\b|\bgroup\s+by\b|\blimit\b|\breturning\b|$)"
)
_CONDITION = re.compile(
    r"(?is)^\s*(?:(?P<of>\w+)\.)?[\"`]?(?P<column>\w+)[\"`]?\s*(?P<how>=|<=?|>=?|\bin\b|\bbetween\b)"
)


def _queries(project: Project, table: str) -> Iterator[tuple[str, Conditions]]:
    """Yield place and columns of the conditions of the statements over one table."""
    for path in project.naming(table):
        if file_kind(path) not in (FileKind.APP, FileKind.SCRIPT):
            continue
        try:
            stated = project.worked_out(path, _stated, lambda module: tuple(_stated(module)))
        except UnreadableSource:
            continue
        for name, line, columns in stated:
            if name == table.lower():
                yield f"{path}:{line}", columns


def _stated(module: Module) -> Iterator[tuple[str, int, Conditions]]:
    """Yield table, line and columns of the conditions of a module's statements over one table each."""
    for node in module.nodes(ast.Constant):
        text = node.value
        if not isinstance(text, str) or "where" not in text.lower():
            continue
        shape = _WHERE.search(text)
        if shape is None:
            continue
        parts = re.split(r"(?i)\band\b", shape["where"])
        if re.search(r"(?i)\bor\b|\bselect\b", shape["where"]):
            continue
        matches = [match for part in parts if (match := _CONDITION.match(part))]
        if re.search(r"(?i)\bjoin\b|,", shape["between"]):
            own = {shape["table"].lower(), (shape["alias"] or "").lower()}
            if any((match["of"] or "").lower() not in own for match in matches):
                continue  # another table may be the way to the rows
        conditions = tuple((match["column"].lower(), match["how"].lower()) for match in matches)
        yield shape["table"].lower(), node.lineno, conditions
