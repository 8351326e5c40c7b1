"""Where a handler's answer would be put into an object that also tells the page, or why it cannot be."""

from __future__ import annotations

import ast

from harden.checklists.database.purposes import reaching
from harden.module import Module, keyword, walk_statements
from harden.tree import FunctionNode


def envelope_place(module: Module, handler: FunctionNode, kind: str) -> ast.expr | str:
    """Return the expression to put into an envelope, or the reason why not; nothing where none is needed."""
    returned = [
        s.value for s in walk_statements(handler.body) if isinstance(s, ast.Return) and s.value is not None
    ]
    if len(returned) != 1:
        return f"{handler.name} returns in several places: give them an envelope together."
    if kind == "fastapi" and _has_model(handler):
        return f"The response model of {handler.name} is a bare list: change it together with its clients."
    value = returned[0]
    name = (module.resolve(value) or "").rpartition(".")[2] if isinstance(value, ast.Call) else ""
    if name in ("render_template", "TemplateResponse") or (name == "jsonify" and not value.args):  # type: ignore[attr-defined]
        return ""
    if name in ("jsonify", "JSONResponse") and isinstance(value, ast.Call):
        value = value.args[0]
    if isinstance(value, ast.Dict) or _is_list(module, value):
        return value
    return f"What {handler.name} returns is put together elsewhere: give it an envelope by hand."


def _has_model(handler: FunctionNode) -> bool:
    declared = any(
        isinstance(decorator, ast.Call) and keyword(decorator, "response_model") is not None
        for decorator in handler.decorator_list
    )
    return declared or handler.returns is not None


def _is_list(module: Module, value: ast.expr) -> bool:
    """Tell whether an expression is rows, or a list of what is made of them."""
    if isinstance(value, ast.Name):
        bound = [module.parents.get(node) for node in reaching(module, value)]
        return bool(bound) and all(
            isinstance(holder, ast.Assign | ast.AnnAssign)
            and holder.value is not None
            and not isinstance(holder.value, ast.Name)
            and _is_list(module, holder.value)
            for holder in bound
        )
    return isinstance(value, ast.ListComp | ast.List | ast.Call | ast.Await)
