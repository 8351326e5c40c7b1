"""How a function uses a client that it makes, as far as one that is shared by others could take its place."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from harden.calls import is_generator
from harden.checklists.clients import ENDS, SET_ON
from harden.module import Module
from harden.roles import FileKind, file_kind
from harden.tree import FunctionNode, own_nodes

_COMMENT = "A comment belongs to where it is closed: mend it by hand."
_PROBES = frozenset({"ping", "info", "server_info", "health"})
_STAND_INS = ("patch", "monkeypatch", "mock_", "setattr")


@dataclass(frozen=True, slots=True)
class Use:
    """What the codemod needs to know, and why the client cannot be shared as it is used.

    `form` is `decorate` where the function only gives the client, else `factory`; `closes` are the places of
    the statements that close it, as `line:column`. `is_own`: it only tests a server, or the object that holds
    it sets it up. `is_busy`: one call of the function makes many requests with it.
    """

    facts: dict[str, str] = field(default_factory=dict)
    why_not: str = ""
    is_own: bool = False
    is_busy: bool = False


def use_of(module: Module, function: FunctionNode, call: ast.Call) -> Use:
    """Return how the function around a call uses what it makes."""
    name = _name_of(module, call)
    if _only_gives(module, function, call, name):
        return Use({"form": "decorate"}, _stood_in(module, call))
    loads = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    closes = [use for use in loads if _is_closed(module, use)]
    parent = module.parents.get(call)
    held = _held_by(module, parent)
    is_own = _only_tests(module, loads) or bool(held and _changes(module, parent, held, SET_ON))
    why_not = (
        _why_not(module, function, call, name, loads)
        or next(filter(None, (_why_kept(module, use) for use in closes)), "")
        or _stood_in(module, call)
    )
    places = (module.span(module.statement(use)) for use in closes)
    closing = " ".join(f"{place.line}:{place.column}" for place in places)
    is_busy = any(_is_repeated(module, use, call) for use in loads)
    return Use({"form": "factory", "closes": closing}, why_not, is_own, is_busy)


def written_out(
    module: Module, function: FunctionNode, call: ast.Call, given: dict[str, ast.expr]
) -> dict[str, str]:
    """Return the facts by which local names are written out: `given`, and `drops`, the ones left over."""
    drops = []
    for name, value in given.items():
        statement = module.statement(value)
        uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
        inside = set(ast.walk(call))
        others = [use for use in uses if use not in inside and isinstance(use.ctx, ast.Load)]
        lines = module.lines[statement.lineno - 1 : statement.end_lineno]
        is_plain = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        in_body = statement in function.body and not any("#" in line for line in lines)
        if is_plain and in_body and not others:
            place = module.span(statement)
            drops.append(f"{place.line}:{place.column}")
    texts = (f"{name}={' '.join(module.segment(value).split())}" for name, value in given.items())
    return {"given": "\n".join(texts), "drops": " ".join(drops)} if given else {}


def _only_tests(module: Module, loads: list[ast.Name]) -> bool:
    """Tell whether nothing is asked of a server but whether it is there."""
    parents = [module.parents.get(use) for use in loads]
    asked = {parent.attr for parent in parents if isinstance(parent, ast.Attribute)}
    return bool(asked & _PROBES) and asked <= _PROBES | ENDS


def _is_repeated(module: Module, use: ast.Name, call: ast.Call) -> bool:
    around = set(module.ancestors(call))
    for outer in module.ancestors(use):
        if outer in around:
            return False
        if isinstance(
            outer, ast.For | ast.AsyncFor | ast.While | ast.comprehension | FunctionNode | ast.Lambda
        ):
            return True
        if isinstance(outer, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
            return True
    return False


def _name_of(module: Module, call: ast.Call) -> str:
    match module.parents.get(call):
        case (
            ast.Assign(targets=[ast.Name(id=name)])
            | ast.AnnAssign(target=ast.Name(id=name))
            | ast.NamedExpr(target=ast.Name(id=name))
            | ast.withitem(optional_vars=ast.Name(id=name))
        ):
            return name
    return ""


def _only_gives(module: Module, function: FunctionNode, call: ast.Call, name: str) -> bool:
    """Tell whether a function without parameters does nothing but make the client and return it."""
    taken = function.args
    if (
        isinstance(function, ast.AsyncFunctionDef)
        or function.decorator_list
        or is_generator(module, function)
    ):
        return False
    if not isinstance(module.parents.get(function), ast.Module):
        return False
    if taken.posonlyargs or taken.args or taken.kwonlyargs or taken.vararg or taken.kwarg:
        return False
    returns = [node.value for node in own_nodes(function) if isinstance(node, ast.Return)]
    if len(returns) != 1:
        return False
    given = returns[0]
    if given is call:
        return True
    return isinstance(given, ast.Name) and given.id == name and isinstance(module.statement(call), ast.Assign)


def _why_not(module: Module, function: FunctionNode, call: ast.Call, name: str, loads: list[ast.Name]) -> str:
    statement, parent = module.statement(call), module.parents.get(call)
    if isinstance(parent, ast.withitem) and not name:
        return "It is closed at the end of its `with` block, which gives it no plain name."
    if isinstance(parent, ast.Call) and call in parent.args and _closes(module, parent):
        return "It is closed by what it is handed to: make it once, where the application starts."
    if isinstance(parent, ast.withitem) and _is_one_line(statement):
        return "The `with` block stands on one line: put its body on lines of its own first."
    if (held := _held_by(module, parent)) and _changes(module, parent, held, ENDS):
        return f"self.{held} is closed by its object: make that object once instead."
    if name and len(module.names.scopes[function].bindings.get(name, ())) != 1:
        return f"{name} is given several values in this function: use one name for each first."
    if any(_is_set(module, use) for use in loads):
        return f"What is set on {name} here has to be set once: make it in a function that does so."
    if any(isinstance(module.parents.get(use), ast.withitem) for use in loads):
        return f"{name} is closed by a `with` block: make it once, where the application starts."
    return ""


def _held_by(module: Module, parent: ast.AST | None) -> str:
    """Return the name of the attribute that an object holds its client by."""
    match parent:
        case (
            ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)])
            | ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=name))
        ):
            return name
    return ""


def _changes(module: Module, parent: ast.AST | None, held: str, names: frozenset[str]) -> bool:
    """Tell whether an object closes or sets up the client that it holds by a name."""
    owner = module.owner(parent) if parent is not None else None
    for node in ast.walk(owner) if owner is not None else ():
        match node:
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr=attr):
                if name == held and (attr in names or not isinstance(node.ctx, ast.Load)):
                    return True
            case ast.withitem(context_expr=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                if name == held:
                    return True
    return False


def _is_one_line(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.With) and statement.body[0].lineno == statement.lineno


def _closes(module: Module, call: ast.Call) -> bool:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return method in ("enter_context", "callback") or module.resolve(call.func) == "contextlib.closing"


def _is_set(module: Module, use: ast.Name) -> bool:
    parent = module.parents.get(use)
    if not isinstance(parent, ast.Attribute):
        return False
    return parent.attr in SET_ON or not isinstance(parent.ctx, ast.Load)


def _is_closed(module: Module, use: ast.Name) -> bool:
    parent = module.parents.get(use)
    return isinstance(parent, ast.Attribute) and parent.attr in ENDS


def _why_kept(module: Module, use: ast.Name) -> str:
    """Return why the statement that closes a client cannot go."""
    statement = module.statement(use)
    block = module.parents.get(statement)
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return f"{use.id} is closed in the middle of a statement."
    lines = module.lines[statement.lineno - 2 : statement.end_lineno]
    if any("#" in line for line in lines):
        return _COMMENT
    if isinstance(block, ast.Try) and statement in block.finalbody:
        return ""
    bodies = [getattr(block, part, []) for part in ("body", "orelse")]
    if any(statement in body and len(body) == 1 for body in bodies):
        return f"{use.id} is closed under a condition, or where nothing else is done."
    return ""


def _stood_in(module: Module, call: ast.Call) -> str:
    """Return why a client that is remembered would break a test that puts another in its place."""
    path = module.resolve(call.func) or ""
    package = path.partition(".")[0]
    word = package if package in ("boto3", "redis", "pymongo") else ast.unparse(call.func)
    words = [word, "moto"] if package == "boto3" else [word]
    for test in (test for word in words for test in module.project.mentions(word)):
        if file_kind(test) is FileKind.TEST:
            text = module.project.read(test).decode("utf-8", "replace")
            if any(mark in text for mark in (*_STAND_INS, "moto")):
                return f"{test} puts something else in its place, which one that is remembered would outlive."
    return ""
