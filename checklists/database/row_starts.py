"""Where queries begin whose rows are followed: managers, sessions, statements, related rows, views."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from harden.checklists.database.loaded import Path, chain_loads
from harden.checklists.database.managers import returned_by
from harden.checklists.database.related import LAZY_ORMS, USER, way_of
from harden.checklists.database.row_held import Held, Kind
from harden.checklists.database.row_shown import is_view
from harden.checklists.database.row_steps import KEEPS, name_of
from harden.model import Model
from harden.model_facts import Orm, said
from harden.models import models_of
from harden.module import Module, keyword
from harden.roles import Role
from harden.tree import FunctionNode

CHAIN, GET, ARGUMENT, CLASS, NOWHERE = "chain", "get", "argument", "class", "nowhere"
_SHORTCUTS = {
    "get_object_or_404": Kind.ROW,
    "aget_object_or_404": Kind.ROW,
    "get_list_or_404": Kind.ROWS,
    "aget_list_or_404": Kind.ROWS,
}
_BEGINS = frozenset({"query", "select", "get", "get_or_404", *_SHORTCUTS})
_DJANGO_USER = "django.contrib.auth.models.User"
_SQL = frozenset({Orm.SQLALCHEMY, Orm.SQLMODEL})


@dataclass(frozen=True, slots=True)
class Start:
    """Where a query begins: the expression that is followed, and where a loader can be put (`form`).

    `owner` is the view that names its model, `method` the model's method that asks for related rows.
    """

    begin: ast.expr
    place: ast.expr
    report: ast.AST
    model: Model | None
    held: Held
    form: str
    loaded: frozenset[Path] = field(default_factory=frozenset)
    owner: ast.ClassDef | None = None
    method: str = ""

    @property
    def orm(self) -> Orm:
        """Return the library that keeps the rows; only Django brings models of its own."""
        return self.model.orm if self.model is not None else Orm.DJANGO

    @property
    def name(self) -> str:
        """Return the name of the model."""
        return self.model.name if self.model is not None else "User"

    @property
    def manager(self) -> str:
        """Return the manager that Django takes where none is named."""
        return next(iter(self.model.managers), "objects") if self.model is not None else "objects"


def starts_in(module: Module) -> tuple[Start, ...]:
    """Return where the queries of a file begin; those of other files ask for it, too."""
    return module.once(starts_in, lambda: tuple(_starts(module)))


def _starts(module: Module) -> Iterator[Start]:
    is_django = "django" in module.project.imported
    for attribute in module.nodes(ast.Attribute):
        if isinstance(attribute.ctx, ast.Load):
            yield from _by_attribute(module, attribute, is_django=is_django)
    for call in module.nodes(ast.Call):
        yield from _by_call(module, call)
    for owner in module.nodes(ast.ClassDef):
        yield from _by_class(module, owner)
    turns: list[ast.For | ast.comprehension] = [*module.nodes(ast.For), *module.nodes(ast.comprehension)]
    for loop in turns:
        if isinstance(loop.iter, ast.Attribute) and isinstance(loop.iter.value, ast.Name):
            yield from _of_given(module, loop.iter, loop.iter.value)


def _of_given(module: Module, rows: ast.Attribute, name: ast.Name) -> Iterator[Start]:
    """Recognise related rows of the row that a handler is given: `current_user.orders`."""
    if name.id != "current_user" and module.role(rows) is not Role.HANDLER:
        return
    model = models_of(module.project).of(module, name)
    if model is None and name.id == "current_user" and "flask_login" in module.project.imported:
        known = models_of(module.project).named("User")
        model = known[0] if len(known) == 1 else None
    way = way_of(module, model, "", rows.attr) if model is not None and model.orm in _SQL else None
    if way is not None and way.model is not None and way.many and way.lazy == "select":
        held = Held(Kind.ROWS, way.model, free=frozenset({way.back} if way.back else ()))
        yield Start(rows, rows, rows, way.model, held, NOWHERE)


def _named_as_class(expr: ast.expr) -> bool:
    name = expr.id if isinstance(expr, ast.Name) else expr.attr if isinstance(expr, ast.Attribute) else ""
    return name[:1].isupper() and not name.isupper()


def _model(module: Module, expr: ast.expr) -> Model | None:
    found = models_of(module.project).of(module, expr) if _named_as_class(expr) else None
    return found if found is not None and found.lineage and found.orm in LAZY_ORMS else None


def _by_attribute(module: Module, node: ast.Attribute, *, is_django: bool) -> Iterator[Start]:
    """Recognise `Model.objects`, another manager, `Model.query`, and `request.user.orders.all()`."""
    above = module.parents.get(node)
    if node.attr != "query" and not isinstance(above, ast.Attribute):
        return
    if is_django and node.attr == "objects" and module.resolve(node.value) == _DJANGO_USER:
        held = Held(Kind.ROWS, None, USER)
        yield Start(node, node, _whole(module, node), None, held, CHAIN)
    elif _named_as_class(node.value):
        if node.attr not in ("objects", "query") and not is_django:
            return
        model = _model(module, node.value)
        if model is None or (model.orm is Orm.DJANGO) != (node.attr != "query"):
            return
        if node.attr in ("objects", "query") or node.attr in model.managers:
            yield _chain(module, node, node, model, Kind.ROWS, _defaults(model, node.attr))
    elif is_django and _is_user(node.value) and isinstance(above, ast.Attribute) and above.attr in KEEPS:
        way = way_of(module, None, USER, node.attr)
        if way is not None and way.model is not None and way.many:
            held = Held(Kind.ROWS, way.model, free=frozenset({way.back} if way.back else ()))
            yield Start(node, node, _whole(module, node), way.model, held, CHAIN)


def _is_user(expr: ast.expr) -> bool:
    return getattr(expr, "attr", getattr(expr, "id", "")) == "user"


def _defaults(model: Model, manager: str) -> frozenset[Path]:
    """Return what the project's own manager brings along from the start."""
    found: set[Path] = set()
    for source, expr in returned_by(model, "get_queryset", manager) if model.managers else ():
        found |= chain_loads(source, expr) or set()
    return frozenset(found)


def _by_call(module: Module, call: ast.Call) -> Iterator[Start]:
    """Recognise `session.query(Model)`, `select(Model)`, `session.get(Model, …)` and Django's shortcuts."""
    if not call.args or not _named_as_class(call.args[0]):
        return
    name = name_of(call)
    if name not in _BEGINS:  # imported by another name
        name = (module.resolve(call.func) or "").rpartition(".")[2]
    if name not in _BEGINS:
        return
    model = _model(module, call.args[0])
    if model is None:
        return
    is_sql = model.orm in _SQL
    if name in _SHORTCUTS and not is_sql:
        held = Held(_SHORTCUTS[name], model, one=_SHORTCUTS[name] is Kind.ROW)
        yield Start(
            call,
            call.args[0],
            call,
            model,
            held,
            ARGUMENT,
            _defaults(model, next(iter(model.managers), "objects")),
        )
    elif name in ("query", "select") and is_sql and len(call.args) == 1 and not call.keywords:
        yield _chain(module, call, call, model, Kind.ROWS)
    elif name in ("get", "get_or_404") and is_sql and isinstance(call.func, ast.Attribute):
        if keyword(call, "options") is not None:
            return
        yield Start(call, call, call, model, Held(Kind.ROW, model, one=True), GET)


def _chain(
    module: Module,
    begin: ast.expr,
    place: ast.expr,
    model: Model,
    kind: Kind,
    loaded: frozenset[Path] = frozenset(),
) -> Start:
    return Start(begin, place, _whole(module, begin), model, Held(kind, model), CHAIN, loaded)


def _whole(module: Module, expr: ast.expr) -> ast.expr:
    """Return the whole chain that an expression begins."""
    while True:
        outer = module.parents.get(expr)
        if isinstance(outer, ast.Attribute) or (isinstance(outer, ast.Call) and outer.func is expr):
            expr = outer
        else:
            return expr


def _by_class(module: Module, owner: ast.ClassDef) -> Iterator[Start]:
    """Recognise a view that is only told its model, and related rows that a model's methods go through."""
    if not owner.bases:
        return
    named = said(owner, "model")
    if named is not None and is_view(module, owner) and said(owner, "queryset") is None:
        model = _model(module, named)
        own = next((s for s in owner.body if isinstance(s, FunctionNode) and s.name == "get_queryset"), None)
        if model is not None and (own is None or "super()" in module.segment(own)):
            held = Held(Kind.ROWS, model)
            yield Start(
                named,
                named,
                owner,
                model,
                held,
                CLASS,
                _defaults(model, next(iter(model.managers), "objects")),
                owner,
            )
    functions = [item for item in owner.body if isinstance(item, FunctionNode) and item.args.args]
    if functions and "for " in module.segment(owner):
        me = models_of(module.project).at(module.names.local_path(owner))
        if me is not None and me.orm in LAZY_ORMS:
            for function in functions:
                yield from _own_rows(module, me, function)


def _own_rows(module: Module, me: Model, function: FunctionNode) -> Iterator[Start]:
    """Yield the related rows that a method asks its own row for."""
    first = function.args.args[0].arg
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr, ctx=ast.Load()) if name == first:
                if attr in me.columns or not (
                    attr in me.relations or isinstance(module.parents.get(node), ast.Attribute)
                ):
                    continue
                way = way_of(module, me, "", attr)
                if way is None or not way.many or way.model is None:
                    continue
                form = CHAIN if me.orm is Orm.DJANGO or way.lazy == "dynamic" else NOWHERE
                held = Held(Kind.ROWS, way.model, free=frozenset({way.back} if way.back else ()))
                yield Start(node, node, _whole(module, node), way.model, held, form, method=function.name)


def substarts(module: Module, managers: list[tuple[ast.Attribute, Held]]) -> Iterator[Start]:
    """Yield the queries that related rows of one row of Django begin in the same function."""
    for node, held in managers:
        if held.model is not None:
            inner = Held(Kind.ROWS, held.model, free=held.free)
            yield Start(node, node, _whole(module, node), held.model, inner, CHAIN)
