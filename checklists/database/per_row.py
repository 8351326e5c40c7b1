"""Whether a method of a model runs for each row of a list, somewhere in the project."""

from __future__ import annotations

import ast
import re

from harden.errors import UnreadableSource
from harden.module import Module
from harden.roles import FileKind

_LOOPS = (ast.For, ast.AsyncFor, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_TEMPLATES = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".txt")
_ITEMS = re.compile(r"\{%-?\s*for\s+(\w+)\s+in\b")


def used_per_row(module: Module, method: str) -> str:
    """Return a place that reads an attribute of this name in a loop, a serializer or a template's loop."""
    for path in module.project.naming(method):
        try:
            other = module.project.module(path)
        except UnreadableSource:
            continue
        if other.kind is not FileKind.TEST and (line := _line_in(other, method)):
            return f"{path}:{line}"
    for path in module.project.paths:
        if path.endswith(_TEMPLATES) and (line := _line_shown(module.project.text(path), method)):
            return f"{path}:{line}"
    return ""


def _line_in(module: Module, method: str) -> int:
    for attribute in module.nodes(ast.Attribute):
        if attribute.attr == method and any(
            isinstance(outer, _LOOPS) for outer in module.ancestors(attribute)
        ):
            return attribute.lineno
    for constant in module.nodes(ast.Constant):
        if constant.value == method and isinstance(module.parents.get(constant), ast.List | ast.Tuple):
            return constant.lineno
    return 0


def _line_shown(text: str, method: str) -> int:
    names = "|".join(sorted(set(_ITEMS.findall(text))))
    found = re.search(rf"\b(?:{names})\.{re.escape(method)}\b", text) if names else None
    return text.count("\n", 0, found.start()) + 1 if found else 0
