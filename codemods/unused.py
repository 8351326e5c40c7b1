"""Take imports away that an edit has left without a use."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from harden.errors import UnreadableSource
from harden.module import Module, split_lines
from harden.syntax import tree_of

_WORD = re.compile(r"\w+")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def taken_over(module: Module) -> set[str]:
    """Return the names that other files of the project import from a module."""
    found: set[str] = set()
    stem = PurePosixPath(module.path).stem
    for path in module.project.mentions("import" if stem == "__init__" else stem):
        try:
            other = module.project.module(path) if path != module.path else None
        except UnreadableSource:
            continue
        for statement in other.nodes(ast.ImportFrom) if other is not None else ():
            if other is not None and other.names.absolute(statement) == module.name:
                found.update(alias.name for alias in statement.names)
    return found


def without_unused_imports(
    text: str, before: str, origins: Collection[str], kept: Collection[str] = ()
) -> str:
    """Return the text without the imports from the modules `origins` that nothing uses any more.

    Those at the top level are meant, and in functions those of one name. What other files use is `kept`,
    what had no use in the text `before` is the owner's affair. Only plain imports on one line, or with one
    name a line, and without a comment are touched; a name that `__all__` or any string mentions, or an
    annotation in quotes holds, counts as used.
    """
    if "*" in kept:
        return text
    tree = tree_of(text)
    used = _used(tree) | {*kept} | _unused(tree_of(before))
    lines = split_lines(text)
    for function, inner in _left_in_functions(tree, tree_of(before), origins):
        if lines[inner.lineno - 1].strip() != ast.unparse(inner):
            continue
        _drop_statement(lines, inner.lineno - 1)
        gap = inner.lineno if inner is function.body[0] else len(lines)
        while gap < len(lines) and not lines[gap].strip():
            lines[gap], gap = "", gap + 1
    for statement in reversed(tree.body):
        if not isinstance(statement, ast.Import | ast.ImportFrom) or not _is_from(statement, origins):
            continue
        rest = [alias for alias in statement.names if _is_kept(statement, alias, origins, used)]
        if statement.end_lineno != statement.lineno and rest:
            _drop_lines(lines, [alias for alias in statement.names if alias not in rest])
            continue
        line = lines[statement.lineno - 1]
        if len(rest) == len(statement.names) or line.strip() != ast.unparse(statement):
            continue
        ending = line[len(line.rstrip("\r\n")) :]
        statement.names = rest
        if rest:
            lines[statement.lineno - 1] = ast.unparse(statement) + ending
        else:
            _drop_statement(lines, statement.lineno - 1)
    return "".join(lines)


def _left_in_functions(
    tree: ast.Module, before: ast.Module, origins: Collection[str]
) -> Iterator[tuple[_Function, ast.Import | ast.ImportFrom]]:
    """Yield the functions that use an import of one name of theirs no more, and the import."""
    was_used: dict[str, set[str]] = {}
    for function in _functions(before):
        was_used.setdefault(function.name, set()).update(_used(function))
    for function in _functions(tree):
        for statement in function.body if len(function.body) > 1 else ():
            if not isinstance(statement, ast.Import | ast.ImportFrom) or len(statement.names) > 1:
                continue
            name = (statement.names[0].asname or statement.names[0].name).partition(".")[0]
            used_to = name in was_used.get(function.name, ()) and name not in _used(function)
            if used_to and _is_from(statement, origins):
                yield function, statement


def _functions(tree: ast.Module) -> Iterator[_Function]:
    return (node for node in ast.walk(tree) if isinstance(node, _Function))


def _unused(tree: ast.Module) -> set[str]:
    """Return the names that the owner imports without a use."""
    imports = (statement for statement in tree.body if isinstance(statement, ast.Import | ast.ImportFrom))
    bound = {alias.asname or alias.name for statement in imports for alias in statement.names}
    return {name.partition(".")[0] for name in bound} - _used(tree)


def _used(tree: ast.AST) -> set[str]:
    """Return the names that some code uses."""
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            used.add(node.value)
        quoted = getattr(node, "annotation", None) or getattr(node, "returns", None)
        for part in ast.walk(quoted) if isinstance(quoted, ast.expr) else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                used.update(_WORD.findall(part.value))
    return used


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
