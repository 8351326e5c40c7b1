"""Rows that are inserted because a question before found none: what two requests at once both do."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harden.checklists.database.branches import leaves, notes_in, otherwise, unfound
from harden.checklists.database.conditions import Way, is_constant
from harden.checklists.database.forms import refuses
from harden.checklists.database.inserts import Insert, inserts_of
from harden.checklists.database.lookups import Asked, Lookup, asked
from harden.checklists.database.stores import Store
from harden.checklists.database.uniqueness import is_unique
from harden.module import Module
from harden.roles import WEB_PACKAGES, FileKind, Role
from harden.tree import FunctionNode, own_nodes

DATABASES = frozenset(
    {"sqlalchemy", "flask_sqlalchemy", "sqlmodel", "django", "pymongo", "motor", "flask_pymongo", "sqlite3"}
    | {"psycopg", "psycopg2", "asyncpg", "aiosqlite", "pymysql", "MySQLdb", "mysql", "aiomysql", "peewee"}
    | {"tortoise", "mongoengine", "flask_mongoengine", "beanie", "odmantic", "databases", "rest_framework"}
)
_SERVED = WEB_PACKAGES | {"celery", "rq", "dramatiq", "huey", "chalice", "mangum", "aiogram", "telegram"}
_ABSENT = ("DoesNotExist", "NoResultFound", "ObjectDoesNotExist")
_LOCKS = frozenset({"with_for_update", "select_for_update", "lock", "advisory_lock", "acquire"})
_KEYS = frozenset({"id", "pk", "_id"})
_MOST_STATEMENTS = 400


@dataclass(frozen=True, slots=True)
class Race:
    """A look-up and the insert that rests on it; `unique`: the database itself would refuse a double.

    Where the look-up is a validator's, who inserts is not in sight.
    """

    place: ast.expr
    store: Store
    way: Way
    insert: Insert | None
    call: ast.Call | None
    unique: bool | None


def races_in(module: Module) -> tuple[Race, ...]:
    """Return the inserts of a file that rest on a look-up which another request may make at the same time."""
    return module.once(races_in, lambda: tuple(_found(module)) if may_race(module) else ())


def may_race(module: Module) -> bool:
    """Tell whether a file belongs to a program that answers several requests, or does several jobs."""
    imported = module.project.imported
    if module.imports("alembic"):  # a migration runs once
        return False
    return module.kind is FileKind.APP and not (
        imported.isdisjoint(DATABASES) or imported.isdisjoint(_SERVED)
    )


def _found(module: Module) -> Iterator[Race]:
    seen: set[tuple[ast.AST, frozenset[str]]] = set()
    for place, answer, region in _questions(module):
        race = _race(module, place, answer, region)
        key = (race.call or race.place, frozenset(race.way.same)) if race is not None else None
        if race is not None and key is not None and key not in seen:
            seen.add(key)
            yield race


def _questions(module: Module) -> Iterator[tuple[ast.expr, Asked, list[ast.stmt]]]:
    """Yield each look-up that is tested, and the statements that run only where it found nothing."""
    for node in module.nodes(ast.If):
        if not _is_served(module, node) or not _acts(module, node):
            continue
        for term in _terms(node.test):
            answer = asked(module, term)
            if answer is not None:
                yield answer.lookup.call, answer, unfound(module, node, term, found=answer.found)
    for attempt in module.nodes(ast.Try):
        if _is_served(module, attempt) and (known := _attempted(module, attempt)) is not None:
            yield known


def _is_served(module: Module, node: ast.AST) -> bool:
    return module.function(node) is not None and module.role(node) not in (Role.CLI, Role.TEST)


def _terms(test: ast.expr) -> Sequence[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) else [test]


def _acts(module: Module, node: ast.If) -> bool:
    """Tell whether anything is called where a look-up may have found nothing, before the test is read."""
    region = [*node.body, *node.orelse]
    if leaves(module, node.body) or notes_in(node.body):
        region += otherwise(module, node)
    return any(isinstance(inner, ast.Call) for statement in region for inner in ast.walk(statement))


def _attempted(module: Module, attempt: ast.Try) -> tuple[ast.expr, Asked, list[ast.stmt]] | None:
    """Recognise `try: User.objects.get(email=email)` whose `except` inserts."""
    for handler in attempt.handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if not any(kind is not None and ast.unparse(kind).endswith(_ABSENT) for kind in kinds):
            continue
        for statement in attempt.body:
            for call in (node for node in ast.walk(statement) if isinstance(node, ast.Call)):
                if isinstance(module.parents.get(call), ast.Attribute):
                    continue
                answer = asked(module, call)
                if answer is not None:
                    after = (
                        otherwise(module, attempt) if leaves(module, attempt.body + attempt.orelse) else []
                    )
                    return call, answer, [*handler.body, *after]
    return None


def _race(module: Module, place: ast.expr, answer: Asked, region: list[ast.stmt]) -> Race | None:
    lookup = answer.lookup
    ways = [way for way in lookup.ways if not all(is_constant(module, value) for value in way.same.values())]
    function = module.function(place)
    if not ways or function is None or _is_seeding(module, ways) or _is_locked(module, function, lookup.call):
        return None
    for call, insert in _inserts(module, region):
        if insert.store.key != lookup.store.key or insert.call is lookup.call:
            continue
        found = [way for way in ways if _gives(module, insert, way) and _is_same(module, way, insert)]
        known = {at: is_unique(insert.module, insert.store, way.same) for at, way in enumerate(found)}
        worst = next((at for state in (False, None, True) for at in known if known[at] is state), None)
        if worst is not None:
            way = found[worst]
            return Race(place, lookup.store, way, insert, call, known[worst])
    return _refused(module, function, lookup, ways) if answer.found else None


def _gives(module: Module, insert: Insert, way: Way) -> bool:
    """Tell whether rows get what a question asked for; what it asked as a constant may be their default."""
    if any(name in _KEYS and name not in insert.columns for name in way.same):
        return False  # one certain row was asked for
    asked_for = [name for name, value in way.same.items() if not is_constant(module, value)]
    return bool(asked_for) and insert.gives(asked_for)


def _refused(module: Module, function: FunctionNode, lookup: Lookup, ways: list[Way]) -> Race | None:
    """Recognise a validator that refuses what is there, on behalf of whoever inserts afterwards."""
    for way in ways:
        if refuses(module, function, lookup.store, frozenset(way.same)):
            return Race(lookup.call, lookup.store, way, None, None, is_unique(module, lookup.store, way.same))
    return None


def _inserts(module: Module, region: list[ast.stmt]) -> Iterator[tuple[ast.Call, Insert]]:
    for statement in region[:_MOST_STATEMENTS]:
        for node in _nodes(statement):
            if isinstance(node, ast.Call):
                for insert in inserts_of(module, node):
                    yield node, insert


def _nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield what runs with a statement, in source order; not what nested functions hold."""
    holder = ast.FunctionDef("", ast.arguments([], [], None, [], [], None, []), [statement], [])
    return own_nodes(holder)


def _is_same(module: Module, way: Way, insert: Insert) -> bool:
    """Tell whether an insert writes the values that were asked for, as far as they are in sight."""
    if insert.steps:
        return True
    for name, value in way.same.items():
        given = insert.columns.get(name)
        if value is None or given is None:
            continue
        if is_constant(module, value) and is_constant(module, given):
            if ast.dump(value) != ast.dump(given):
                return False
        elif not _words(module, value) & _words(module, given):
            return False
    return True


def _words(module: Module, expr: ast.expr) -> set[str]:
    """Return the names that a value is made of, one assignment back as well."""
    found: set[str] = set()
    for node in ast.walk(expr):
        match node:
            case ast.Name(id=name):
                found.add(name)
                for value in module.flow.values(node):
                    if value.expr is not None and value.module is module:
                        found |= {part.id for part in ast.walk(value.expr) if isinstance(part, ast.Name)}
            case ast.Attribute(attr=name) | ast.Constant(value=str() as name):
                found.add(name)
    return found


def _is_seeding(module: Module, ways: list[Way]) -> bool:
    """Tell whether the values come from a list that is written out: what a program starts with."""
    for way in ways:
        for value in way.same.values():
            for name in ast.walk(value) if value is not None else ():
                if isinstance(name, ast.Name) and _is_listed(module, name):
                    return True
    return False


def _is_listed(module: Module, name: ast.Name) -> bool:
    for value in module.flow.values(name):
        held = value.module.flow.only(value.expr) if value.expr is not None else None
        if held is not None and isinstance(held.expr, ast.List | ast.Tuple | ast.Dict | ast.Set):
            return True
        match value.expr:
            case ast.Call(func=ast.Attribute(value=ast.Name() as inner, attr="items" | "keys" | "values")):
                return _is_listed_in(module, inner)
    return False


def _is_listed_in(module: Module, name: ast.Name) -> bool:
    held = module.flow.only(name)
    return held is not None and isinstance(held.expr, ast.Dict)


def _is_locked(module: Module, function: FunctionNode, lookup: ast.expr) -> bool:
    """Tell whether a function holds a lock; one on the rows asked for holds nothing where there are none."""
    asked_for = set(ast.walk(lookup))
    for node in own_nodes(function):
        if getattr(node, "lineno", 0) > (lookup.end_lineno or lookup.lineno):
            continue
        match node:
            case ast.Attribute(attr=name) if name in _LOCKS and node not in asked_for:
                return True
            case ast.With(items=items) | ast.AsyncWith(items=items):
                named = any("lock" in ast.unparse(item.context_expr).lower() for item in items)
                if named and any(outer is node for outer in module.ancestors(lookup)):
                    return True
            case ast.Constant(value=str() as text) if "advisory" in text or "FOR UPDATE" in text:
                return True
    return "SERIALIZABLE" in module.text
