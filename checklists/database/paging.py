"""Whether and how a list can be sent page by page: what the pagination codemod needs to know."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from harden.checklists.database.handlers import answers_get, called_at, framework_of, is_export
from harden.checklists.database.models import has_default_order, is_known, primary_keys
from harden.checklists.database.purposes import Purpose, reaching
from harden.checklists.database.queries import Rows
from harden.module import Module
from harden.names import FunctionNode

_DJANGO_LISTS = ("django.views.generic.ListView", "django.views.generic.list.ListView")
_REST_LISTS = (
    "rest_framework.generics.ListAPIView",
    "rest_framework.generics.ListCreateAPIView",
    "rest_framework.viewsets.ModelViewSet",
    "rest_framework.viewsets.ReadOnlyModelViewSet",
    "rest_framework.mixins.ListModelMixin",
)


@dataclass(frozen=True, slots=True)
class ClassPage:
    """How a class-based list gets a page size, or why it cannot."""

    facts: dict[str, str] = field(default_factory=dict)
    why_not: str = ""


def obstacle(
    module: Module, handler: FunctionNode, rows: Rows, what: set[Purpose], siblings: Sequence[Rows]
) -> str:
    """Return why a list cannot be paginated mechanically, or nothing."""
    if not answers_get(module, handler):
        return (
            "It answers no GET request, so there are no pages to ask for: give the work a bound of its own."
        )
    if is_export(module, handler):
        return "An export needs every row: stream it (yield_per, iterator) instead of cutting it."
    if what - {Purpose.OUTPUT, Purpose.TEST}:
        return "Its rows are also counted, searched or worked on here, and a page of them would change that."
    if place := called_at(module, handler):
        return f"{handler.name} is called as a function at {place}, which may rely on every row."
    if any(_meets(module, rows, other) for other in siblings):
        return f"{handler.name} sends several lists: decide which of them is the one with pages."
    framework = framework_of(module, handler)
    if not framework or (framework == "django") != (rows.style == "queryset"):
        return "The codemod knows no pages for this framework."
    if framework != "fastapi" and not _stands_alone(module, rows.query):
        return "Its statement shares a line with others."
    if rows.style == "sql":
        return _sql_obstacle(module, rows)
    return _order_obstacle(module, rows)


def page_facts(module: Module, handler: FunctionNode, rows: Rows) -> dict[str, str]:
    """Return what the codemod needs to paginate a list, as text."""
    framework = framework_of(module, handler)
    limit, offset = _parameters(handler, framework)
    statement = module.statement(rows.query)
    facts = {
        "style": rows.style,
        "framework": framework,
        "order": _order(module, rows),
        "limit": limit,
        "offset": offset,
        "query": _at(module, rows.query),
        "statement": _at(module, statement),
        "handler": _at(module, handler),
        "mark": rows.mark,
        "alone": _alone(module, rows.query),
        "before": "all" if rows.style == "query" and rows.query is rows.result else "",
    }
    if framework == "django":
        facts |= _django_place(module, handler, rows)
    return facts


def class_page(module: Module, node: ast.ClassDef) -> ClassPage | None:
    """Return how a class-based list is paginated, None where it is none or has pages."""
    bases = module.bases(node)
    text = "\n".join([module.segment(node), *_own_bases(module, bases)])
    named = {name for statement in node.body for name in _names(statement)}
    if "paginat" in text or "[:" in text or named.isdisjoint({"model", "queryset", "get_queryset"}):
        return None
    if not set(bases).isdisjoint(_REST_LISTS):
        if module.project.mentions("DEFAULT_PAGINATION_CLASS") or "list" in named:
            return None
        return ClassPage(
            why_not="A pagination_class changes the shape of the response to {count, next, results}: agree "
            "on it with the clients, then set DEFAULT_PAGINATION_CLASS and PAGE_SIZE in REST_FRAMEWORK."
        )
    if set(bases).isdisjoint(_DJANGO_LISTS):
        return None
    return _django_page(module, node, named, text)


def _django_page(module: Module, node: ast.ClassDef, named: set[str], text: str) -> ClassPage:
    facts = {"style": "class", "framework": "django", "order": ""}
    if ".count()" in text or "len(" in text:
        return ClassPage(why_not="It also counts its rows, and a page of them would change that.")
    if "ordering" in named or "order_by" in text:
        return ClassPage(facts)
    model = next((value for name, value in _values(node) if name == "model"), None)
    if model is None or not is_known(module, model):
        return ClassPage(why_not="Its order cannot be told: give the queryset an order_by first.")
    if has_default_order(module, model):
        return ClassPage(facts)
    if "get_queryset" in named and "super()" not in text:
        return ClassPage(why_not="Its get_queryset() gives no order: add an order_by first.")
    return ClassPage(facts | {"order": '["pk"]'})


def _own_bases(module: Module, bases: Sequence[str]) -> list[str]:
    found = [module.project.class_of(base) for base in bases]
    return [source.segment(owner) for source, owner in filter(None, found)]


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _values(node: ast.ClassDef) -> list[tuple[str, ast.expr]]:
    return [(name, s.value) for s in node.body if isinstance(s, ast.Assign) for name in _names(s)]


def _meets(module: Module, rows: Rows, other: Rows) -> bool:
    """Tell whether two queries are sent by one call of a handler, rather than one or the other."""
    mine, its = module.statement(rows.result), module.statement(other.result)
    if isinstance(mine, ast.Return) and isinstance(its, ast.Return) and mine is not its:
        return False
    if rows.place is other.place:
        return False
    return not (
        isinstance(mine, ast.Assign)
        and isinstance(its, ast.Assign)
        and [ast.dump(target) for target in mine.targets] == [ast.dump(target) for target in its.targets]
    )


def _stands_alone(module: Module, node: ast.expr) -> bool:
    statement = module.statement(node)
    line = module.lines[statement.lineno - 1]
    following = module.lines[(statement.end_lineno or 1) - 1][module.span(statement).end_column :]
    is_elif = isinstance(statement, ast.If) and not line.lstrip().startswith("if")
    return not line[: module.span(statement).column].strip() and ";" not in following and not is_elif


def _alone(module: Module, query: ast.expr) -> str:
    """Tell whether a query is all that a statement (`yes`) or a call (`argument`) holds."""
    match module.parents.get(query):
        case ast.Assign() | ast.Return():
            return "yes"
        case ast.Call(args=[only], keywords=[]) if only is query:
            return "argument"
    return ""


def _sql_obstacle(module: Module, rows: Rows) -> str:
    call = rows.query
    if not rows.mark or not isinstance(call, ast.Call):
        return "It cannot be told how the driver writes bound parameters."
    if not rows.ordered:
        return "The statement has no ORDER BY: without one, pages repeat and leave out rows."
    text, values = _literal(call.args[0]), call.args[1:]
    plain = "This statement is not one plain text with plain parameters."
    if text is None or "--" in rows.sql or call.keywords or any(isinstance(v, ast.Starred) for v in values):
        return plain
    if rows.mark == "$" or not values:
        return ""
    fitting = ast.Dict if rows.mark == ":" else ast.Tuple | ast.List
    return "" if len(values) == 1 and isinstance(values[0], fitting) else plain


def _literal(expr: ast.expr) -> ast.Constant | None:
    if isinstance(expr, ast.Call) and len(expr.args) == 1:
        return _literal(expr.args[0])
    return expr if isinstance(expr, ast.Constant) and isinstance(expr.value, str) else None


def _order_obstacle(module: Module, rows: Rows) -> str:
    if rows.ordered or rows.style == "mongo":
        return ""
    models = [rows.model, *rows.others]
    if any(model is None or not is_known(module, model) for model in models):
        return "Its model is not defined in this project, so no stable order is known: add an order_by first."
    if rows.style == "query" and not all(primary_keys(module, model) for model in models if model):
        return "The primary key of its model cannot be told: add an order_by first."
    return ""


def _order(module: Module, rows: Rows) -> str:
    """Return the arguments of the `order_by` that is missing, or nothing."""
    if rows.style == "mongo":
        return "given" if rows.ordered else ""
    if rows.ordered or rows.model is None:
        return ""
    if rows.style == "queryset":
        return "" if has_default_order(module, rows.model) else '"pk"'
    keys = [
        f"{module.segment(model)}.{name}"
        for model in (rows.model, *rows.others)
        for name in primary_keys(module, model)
    ]
    return ", ".join(dict.fromkeys(keys))


def _parameters(handler: FunctionNode, framework: str) -> tuple[str, str]:
    """Return the names of limit and offset: the handler's own where it has both, else free ones."""
    arguments = handler.args
    own = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    for offset in ("offset", "skip"):
        if framework == "fastapi" and "limit" in own and offset in own:
            return "limit", offset
    used = {node.id for node in ast.walk(handler) if isinstance(node, ast.Name)} | set(own)
    return ("page_limit", "page_offset") if used & {"limit", "offset"} else ("limit", "offset")


def _django_place(module: Module, handler: FunctionNode, rows: Rows) -> dict[str, str]:
    """Return where a queryset becomes a page: below its assignment, above its use, or in place."""
    first = [arg.arg for arg in handler.args.args]
    facts = {"request": "request" if "request" in first else "self.request", "variable": ""}
    statement = module.statement(rows.result)
    if isinstance(statement, ast.Assign) and statement.value is rows.result and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name):
            uses = _uses(module, target)
            facts["variable"] = target.id
            if len(uses) > 1 or any(len(reaching(module, use)) > 1 for use in uses):
                facts["query"] = ""
                facts["statement"] = _at(module, module.statement(uses[-1]))
    return facts


def _uses(module: Module, target: ast.Name) -> list[ast.Name]:
    return [
        name
        for name in module.nodes(ast.Name)
        if name.id == target.id
        and isinstance(name.ctx, ast.Load)
        and target in reaching(module, name)
        and not isinstance(module.parents.get(name), ast.Attribute)
    ]


def _at(module: Module, node: ast.AST) -> str:
    span = module.span(node)
    return f"{span.line},{span.column},{span.end_line},{span.end_column}"
