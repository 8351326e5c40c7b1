"""Whether a method of a model runs for each row of a list, somewhere in the project."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.database.asked import asked_by
from harden.errors import UnreadableSource
from harden.models import models_of
from harden.module import Module
from harden.roles import FileKind
from harden.tree import FunctionNode, own_nodes

_WRITES = frozenset({"save", "delete", "clean", "full_clean", "__init__", "validate"})
"""Methods that run for one row at a time."""
_LOOPS = (ast.For, ast.AsyncFor, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_TEMPLATES = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".txt")
_ITEMS = re.compile(r"\{%-?\s*for\s+(\w+)\s+in\b")


def questions_per_row(module: Module, owner: ast.ClassDef) -> Iterator[tuple[FunctionNode, ast.Call, str]]:
    """Yield the first query of each method that asks for its own row, or for the one it is given.

    The last of the three is `self` for a model, else the name of the parameter.
    """
    fields = _computed(module, owner)
    model = None
    for function in owner.body:
        if not isinstance(function, FunctionNode) or not function.args.args:
            continue
        given = [arg.arg for arg in function.args.args]
        row = given[1] if function.name in fields and len(given) > 1 else given[0]
        if row == given[0] and (row != "self" or function.name in _WRITES):
            continue
        call = _question(module, function, row)
        if call is None:
            continue
        if row == "self":
            model = model or models_of(module.project).at(module.names.local_path(owner))
            if model is None:
                return
        yield function, call, "self" if row == given[0] else row


def _question(module: Module, function: FunctionNode, row: str) -> ast.Call | None:
    """Return the first call of a function that asks the database for something of a row."""
    for node in own_nodes(function):
        if not isinstance(node, ast.Call):
            continue
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        asked = asked_by(module, node) if row in names else None
        if asked is not None:
            return node if not asked.writes and not asked.batch else None
    return None


def _computed(module: Module, owner: ast.ClassDef) -> set[str]:
    """Return the methods that a serializer of Django REST framework computes fields with."""
    found: set[str] = set()
    for statement in owner.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if (module.resolve(call.func) or "").endswith(".SerializerMethodField"):
                    found.add(f"get_{name}")
    return found


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
