"""Whether and how a list can be sent page by page: what the pagination codemod needs to know."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from harden.checklists.database.handlers import answers_get, called_at, framework_of, is_cached, is_export
from harden.checklists.database.models import has_default_order, is_known, primary_keys
from harden.checklists.database.passing import Step, first_step, place_of, stands_alone
from harden.checklists.database.purposes import Purpose, reaching
from harden.checklists.database.queries import Rows
from harden.checklists.database.tables import key_for
from harden.checklists.database.whole_lists import counted_in_template
from harden.module import Module
from harden.tree import FunctionNode

_UNLIMITED = frozenset({"union", "union_all", "intersect", "except_", "contains_eager", "from_statement"})


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
    if is_cached(module, handler):
        return "Its answer is kept in a cache under a key that names no page: put the page into the key, too."
    framework = framework_of(module, handler)
    if not framework or (framework == "django") != (rows.style == "queryset"):
        return "The codemod knows no pages for this framework."
    if framework != "fastapi" and not stands_alone(module, rows.query):
        return "Its statement shares a line with others."
    if place := counted_in_template(module, handler, rows.result, pages=framework == "django"):
        return f"{place} counts the rows or picks from all of them, and a page would change that."
    if why := query_obstacle(module, rows, what, siblings):
        return why
    if place := called_at(module, handler):  # last, as other files are read for it
        return f"{handler.name} is called as a function at {place}, which may rely on every row."
    return ""


def query_obstacle(module: Module, rows: Rows, what: set[Purpose], siblings: Sequence[Rows]) -> str:
    """Return why a query cannot be cut to a page where it stands, or nothing."""
    if what - {Purpose.OUTPUT, Purpose.TEST}:
        return "Its rows are also counted, searched or worked on here, and a page of them would change that."
    if not rows.steps.isdisjoint(_UNLIMITED):
        return "It combines queries or fills collections from a join, which a limit would cut short."
    if any(_meets(module, rows, other) for other in siblings):
        name = getattr(module.function(rows.result), "name", "It")
        return f"{name} sends several lists: decide which of them is the one with pages."
    if rows.style == "sql":
        return _sql_obstacle(module, rows)
    return _order_obstacle(module, rows)


def page_facts(module: Module, handler: FunctionNode, rows: Rows) -> dict[str, str]:
    """Return what the codemod needs to paginate a list that a handler fetches itself, as text."""
    framework = framework_of(module, handler)
    facts = query_facts(module, rows, [first_step(module, handler, framework, rows.query)], framework)
    return facts | _django_place(module, handler, rows) if framework == "django" else facts


def query_facts(
    module: Module, rows: Rows, steps: Sequence[Step], framework: str = "plain"
) -> dict[str, str]:
    """Return what the codemod needs to cut a query to a page that comes along `steps`."""
    limit, offset = steps[0].given
    return {
        "style": rows.style,
        "framework": framework,
        "order": _order(module, rows),
        "limit": limit,
        "offset": offset,
        "query": place_of(module, rows.query),
        "statement": place_of(module, module.statement(rows.query)),
        "steps": "" if framework == "django" else "\n".join(step.line for step in steps),
        "tested": "\n".join(step.tested for step in steps if step.tested),
        "mark": rows.mark,
        "alone": _alone(module, rows.query),
        "before": "all" if rows.style == "query" and rows.query is rows.result else "",
    }


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
    if not rows.ordered and not key_for(module.project, rows.sql):
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
    if rows.style == "sql" and not rows.ordered:
        return key_for(module.project, rows.sql)
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
                facts["statement"] = place_of(module, module.statement(uses[-1]))
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
