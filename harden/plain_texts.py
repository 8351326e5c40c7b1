"""Texts that a file spells out: what its top level names, and what literals make of those names."""

from __future__ import annotations

import ast
from collections.abc import Mapping


def named_texts(tree: ast.Module) -> dict[str, str]:
    """Return the texts that a file's top level gives names."""
    return {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        if isinstance(statement.value.value, str)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def spelled_out(expr: ast.expr, named: Mapping[str, str]) -> str:
    """Return the text that an expression makes of named texts, with `?` for what is not known."""
    match expr:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id=name):
            return named.get(name, "?")
        case ast.JoinedStr(values=parts):
            return "".join(spelled_out(part, named) for part in parts)
        case ast.FormattedValue(value=value):
            return spelled_out(value, named)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return spelled_out(left, named) + spelled_out(right, named)
    return "?"
