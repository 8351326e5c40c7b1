"""Take imports away that an edit has left without a use."""

from __future__ import annotations

import ast
from collections.abc import Collection

from harden.module import split_lines


def without_unused_imports(text: str, origins: Collection[str]) -> str:
    """Return the text without the top-level imports from the modules `origins` that nothing uses.

    Only plain imports on one line, or with one name a line, and without a comment are touched; a name that
    `__all__` or any string mentions counts as used.
    """
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    lines = split_lines(text)
    for statement in reversed(tree.body):
        if not isinstance(statement, ast.Import | ast.ImportFrom) or not _is_from(statement, origins):
            continue
        kept = [alias for alias in statement.names if _is_kept(statement, alias, origins, used)]
        if statement.end_lineno != statement.lineno and kept:
            _drop_lines(lines, [alias for alias in statement.names if alias not in kept])
            continue
        line = lines[statement.lineno - 1]
        if len(kept) == len(statement.names) or line.strip() != ast.unparse(statement):
            continue
        ending = line[len(line.rstrip("\r\n")) :]
        statement.names = kept
        if kept:
            lines[statement.lineno - 1] = ast.unparse(statement) + ending
        else:
            _drop_statement(lines, statement.lineno - 1)
    return "".join(lines)


def _drop_statement(lines: list[str], at: int) -> None:
    """Empty a line, and the gap around it that it no longer fills."""
    lines[at] = ""
    before = next((number for number in range(at - 1, -1, -1) if lines[number]), None)
    after = next((number for number in range(at + 1, len(lines)) if lines[number]), None)
    if after is None or lines[after].strip():
        return
    if before is None:
        for number in range(after, len(lines)):
            if lines[number].strip():
                break
            lines[number] = ""
    elif not lines[before].strip():
        lines[before] = ""


def _drop_lines(lines: list[str], names: list[ast.alias]) -> None:
    """Empty the lines that hold nothing but one of these names."""
    for alias in names:
        line = lines[alias.lineno - 1].strip()
        if line in (ast.unparse(alias), ast.unparse(alias) + ","):
            lines[alias.lineno - 1] = ""


def _is_from(statement: ast.Import | ast.ImportFrom, origins: Collection[str]) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return not statement.level and statement.module in origins
    return any(alias.name in origins for alias in statement.names)


def _is_kept(
    statement: ast.Import | ast.ImportFrom, alias: ast.alias, origins: Collection[str], used: set[str]
) -> bool:
    if isinstance(statement, ast.Import) and alias.name not in origins:
        return True
    return alias.name == "*" or (alias.asname or alias.name).partition(".")[0] in used
