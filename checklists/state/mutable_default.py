'''A mutable default is made once and then shared by every call and every instance.

Python evaluates a default when the `def` runs, not when the function is called. What one request puts into
such a list is still there in the next one, of another user. A list or dict in a class body is shared in the
same way by all instances that change it through `self`. Defaults that are only read are reported as low:
the first edit that changes them brings the defect in. Left out: parameters named as a cache on purpose, those
annotated as Sequence, Mapping and the like, private tables of a class that are filled by key,
request handlers and commands whose framework copies the default, `ClassVar` attributes, and attributes that
requests use as a store (`in-memory-session`, `global-mutable-state`, `connection-registry`).

Flagged:

    def add_item(item, cart=[]):
        """Put an item into a cart."""
        cart.append(item)
        return cart

Fixed:

    def add_item(item, cart=None):
        """Put an item into a cart."""
        if cart is None:
            cart = []
        cart.append(item)
        return cart

Flagged:

    from typing import Optional


    class Report:
        def build(
            self,
            title: str,
            columns: list[str] = [],
            filters: dict[str, str] = {},  # by column
            limit: Optional[int] = None,
        ):
            # the id always comes first
            columns.insert(0, "id")
            filters.setdefault("state", "open")
            return title, columns, filters, limit

Fixed:

    from typing import Optional


    class Report:
        def build(
            self,
            title: str,
            columns: Optional[list[str]] = None,
            filters: Optional[dict[str, str]] = None,  # by column
            limit: Optional[int] = None,
        ):
            if columns is None:
                columns = []
            if filters is None:
                filters = {}
            # the id always comes first
            columns.insert(0, "id")
            filters.setdefault("state", "open")
            return title, columns, filters, limit

Flagged:

    class Basket:
        items = []
        currency = "EUR"

        def add(self, item):
            self.items.append(item)

Fixed:

    class Basket:
        currency = "EUR"

        def __init__(self):
            self.items = []

        def add(self, item):
            self.items.append(item)

Fine:

    from collections.abc import Sequence
    from typing import ClassVar, overload


    def add_item(item, cart=None, tags=(), kinds=frozenset(), names: Sequence[str] = []):
        return [*(cart or []), item, *tags, *kinds, *names]


    def fibonacci(n, _cache={}):
        if n not in _cache:
            _cache[n] = n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
        return _cache[n]


    @overload
    def parse(text: str, flags: list[str] = []) -> str: ...


    class Basket:
        registry: ClassVar[dict] = {}
        columns = ["id", "name"]
        items = []

        def __init__(self):
            self.items = []
            self.registry["basket"] = self

        def add(self, item):
            self.items.append((item, self.columns))

Fine:

    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/search")
    def search(tags: list[str] = []):
        return tags

Fine (app/views.py):

    from flask import request
    from flask.views import MethodView


    class Votes(MethodView):
        votes = {}

        def post(self):
            self.votes[request.form["name"]] = request.form["vote"]
            return self.votes

Fine (app/settings.py):

    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        models: set[str] = set()

        def model_post_init(self, context):
            self.models.add("default")

When to ignore: the sharing is meant, for example as a memo of a pure function.

References:
    https://docs.python.org/3/faq/programming.html#why-are-default-values-shared-between-objects
    https://docs.astral.sh/ruff/rules/mutable-argument-default/
'''

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.mutable_values import (
    attribute_uses,
    class_attribute,
    is_changed_or_passed_on,
    is_mutable,
    is_read_only,
    is_same_inside,
)
from harden.checklists.state.kept_kinds import judged
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

check = Check(
    id="mutable-default",
    title="Mutable default shared between calls",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.mutable_defaults:CreateEachTime", Risk.AUTO),
    codes=frozenset({"B006", "RUF012"}),
)

_SHARED_ON_PURPOSE = ("cache", "memo", "registry", "singleton", "instances", "_shared", "warned")
_COPIED_BY = ("fastapi.", "starlette.", "typer.", "ninja.", "litestar.", "pydantic.", "fastmcp.", "mcp.")
_OWN_RULES = (
    "pydantic.",
    "pydantic_settings.",
    "enum.",
    "typing.",
    "sqlmodel.",
    "django.",
    "rest_framework.",
    "sqlalchemy.",
    "wtforms.",
    "marshmallow.",
    "unittest.",
    "ctypes.",
    "textual.",
)


@check.node(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
def mutable_default(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag every parameter whose default is a fresh list, dict or set."""
    if not isinstance(node, FunctionNode | ast.Lambda):
        return
    shared = [
        (arg, default)
        for arg, default in _defaults(node.args)
        if is_mutable(module, default) and not _is_meant(arg.arg)
    ]
    if not shared or _is_exempt(module, node):
        return
    for arg, default in shared:
        used = is_changed_or_passed_on(module, node, arg.arg)
        if is_read_only(module, arg) or (arg.arg.startswith("_") and not used):
            continue
        yield check.found(
            module,
            default,
            f"default of {arg.arg} is shared by all calls" + ("" if used else ", though only read so far"),
            facts={"parameter": arg.arg},
            why_not=_why_not(module, node, arg, default),
            severity=Severity.MEDIUM if used else Severity.LOW,
        )


@check.node(ast.ClassDef)
def mutable_attribute(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag class attributes that methods change through self and never assign."""
    if not isinstance(node, ast.ClassDef) or node.decorator_list or node.keywords:
        return
    if not any(class_attribute(module, statement) for statement in node.body):
        return
    if any(base.startswith(_OWN_RULES) for base in module.bases(node)):
        return
    changed, assigned, shared = attribute_uses(node)
    for statement in node.body:
        name = class_attribute(module, statement)
        if name in changed and name not in assigned and not _is_meant(name):
            if any(one.kept.node is statement and one.kind is not None for one in judged(module)):
                continue  # it is a store of the process: told as one, for each object's own would lose it
            why_not = _why_class_not(module, node, name, name in shared)
            message = f"{name} is one object shared by all instances of {node.name}"
            yield check.found(module, statement, message, why_not=why_not)


def _defaults(args: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    positional = [*args.posonlyargs, *args.args]
    if args.defaults:
        yield from zip(positional[-len(args.defaults) :], args.defaults, strict=True)
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if default is not None:
            yield arg, default


def _is_meant(name: str) -> bool:
    return any(word in name.lower() for word in _SHARED_ON_PURPOSE)


def _is_exempt(module: Module, node: FunctionNode | ast.Lambda) -> bool:
    """Tell whether a function never uses its defaults, or a framework copies them."""
    if isinstance(node, ast.Lambda):
        return False
    paths = [module.resolve(decorator) or "" for decorator in node.decorator_list]
    if any(path.endswith(".overload") or path.startswith(_COPIED_BY) for path in paths):
        return True
    if module.role(node) in (Role.HANDLER, Role.CLI) and module.imports("fastapi", "typer", "ninja"):
        return bool(node.decorator_list)
    return all(
        isinstance(statement, ast.Pass | ast.Raise)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in node.body
    )


def _why_not(module: Module, node: FunctionNode | ast.Lambda, arg: ast.arg, default: ast.expr) -> str:
    if isinstance(node, ast.Lambda):
        return "A lambda has no body in which a fresh value could be made: write it as a function."
    if _has_body_beside(module, node):
        return "The body stands on the line of its def: put it on lines of its own first."
    if _means_something_as_none(node, arg.arg):
        return f"The body tells a {arg.arg} of None from other values, so None cannot stand for the default."
    for name in ast.walk(default):
        if isinstance(name, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
            return "The default does more than make a value, so it cannot move into the body."
        if isinstance(name, ast.Name) and not is_same_inside(module, node, name):
            return f"The default uses {name.id}, which may mean something else inside the function."
    return ""


def _means_something_as_none(node: FunctionNode, name: str) -> bool:
    return any(
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == name
        and isinstance(test.ops[0], ast.Is | ast.IsNot)
        for test in ast.walk(node)
    )


def _has_body_beside(module: Module, node: FunctionNode) -> bool:
    first = node.body[0]
    line = module.lines[first.lineno - 1]
    return bool(line[: module.span(first).column].strip())


def _why_class_not(module: Module, node: ast.ClassDef, name: str, through_cls: bool) -> str:
    own = [item for item in node.body if isinstance(item, FunctionNode) and item.name == "__init__"]
    if through_cls or any(
        isinstance(use, ast.Attribute)
        and use.attr == name
        and module.resolve(use.value) == module.names.local_path(node)
        and not (isinstance(use.value, ast.Name) and use.value.id == "self")
        for use in module.nodes(ast.Attribute)
    ):
        return f"{name} is also reached through the class: decide whether sharing it is meant."
    if not own and node.bases:
        return f"{node.name} inherits its __init__: make the value in one of its own."
    if own and _has_body_beside(module, own[0]):
        return "__init__ stands on one line: put its body on lines of its own first."
    return ""
