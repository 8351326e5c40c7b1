"""Serializers that rows are given to: pydantic, Django REST framework and marshmallow, field by field."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harden.annotated import kind_of
from harden.checklists.database.related import way_of
from harden.checklists.database.row_held import Held, Kind
from harden.checklists.database.row_steps import name_of
from harden.model_facts import literal_text, said
from harden.module import Module, keyword
from harden.tree import FunctionNode

if TYPE_CHECKING:
    from harden.checklists.database.row_reading import Reading

_PYDANTIC = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "ninja.Schema"})
_REST = "rest_framework.serializers."
_TEXTS = frozenset({"StringRelatedField", "SlugRelatedField"})
_KEYS = frozenset({"PrimaryKeyRelatedField", "HyperlinkedRelatedField", "HyperlinkedIdentityField"})
_DEEPEST = 6


def serialised_by(reading: Reading, module: Module, call: ast.Call, expr: ast.expr, held: Held) -> bool:
    """Follow rows into the serializer that a call gives them to; tell whether it is one."""
    name = name_of(call)
    path = module.resolve(call.func) or ""
    if name in ("model_validate", "from_orm", "validate_python") and call.args[:1] == [expr]:
        by_field(reading, module, path.rpartition(".")[0], held)
        return True
    if name == "dump" and call.args[:1] == [expr]:
        by_schema(reading, module, path.rpartition(".")[0], held)
        return True
    if not name[:1].isupper() or module.project.class_of(path) is None:
        return False
    bases = module.project.ancestry((path,))
    if any(base.startswith(_REST) for base in bases):
        by_serializer(reading, module, path, held)
        return True
    if not _PYDANTIC.isdisjoint(bases):
        given = next((item.arg for item in call.keywords if item.value is expr), None)
        for source, field in _fields(module, path) if given else ():
            if _name(field) == given:
                _by_annotation(reading, source, field.annotation, held)
        return True
    return False


def by_field(reading: Reading, module: Module, path: str, held: Held) -> None:
    """Follow rows into a class of pydantic that reads its fields from their attributes."""
    if held.kind in (Kind.TUPLES, Kind.MANAGER) or _PYDANTIC.isdisjoint(module.project.ancestry((path,))):
        return
    row = held.row
    if not reading.is_new(path, row):
        return
    for source, field in _fields(module, path):
        name = _name(field)
        place = f"{source.path}:{field.lineno} gives {path.rpartition('.')[2]}.{name}"
        inner = reading.read(row, name, place)
        if inner is not None:
            _by_annotation(reading, source, field.annotation, reading.opened(inner, place))
        else:
            reading.member(None, None, row, name)


def _by_annotation(reading: Reading, module: Module, annotation: ast.expr, held: Held) -> None:
    kind = kind_of(module, annotation)
    if kind.path:
        by_field(reading, module, kind.path, held)


def _fields(module: Module, path: str) -> Iterator[tuple[Module, ast.AnnAssign]]:
    """Yield the fields of a class of pydantic and of those that it is derived from."""
    for base in module.project.ancestry((path,)):
        found = module.project.class_of(base)
        for statement in found[1].body if found is not None else ():
            if found is not None and isinstance(statement, ast.AnnAssign):
                yield found[0], statement


def answer_field(module: Module, path: str, name: str) -> tuple[Module, ast.expr] | None:
    """Return the annotation of a field of a class of pydantic."""
    return next(((m, field.annotation) for m, field in _fields(module, path) if _name(field) == name), None)


def _name(field: ast.AnnAssign) -> str:
    return field.target.id if isinstance(field.target, ast.Name) else ""


def by_serializer(reading: Reading, module: Module, path: str, held: Held, depth: int = 0) -> None:
    """Follow rows into a serializer of Django REST framework."""
    found = module.project.class_of(path)
    if found is None or held.kind in (Kind.TUPLES, Kind.MANAGER) or depth > _DEEPEST:
        return
    row = held.row
    if not reading.is_new(path, row):
        return
    listed, nested = _meta(found[0], found[1])
    declared: set[str] = set()
    for base in module.project.ancestry((path,)):
        source, owner = module.project.class_of(base) or (None, None)
        if source is None or owner is None:
            continue
        for name, call, place in _calls(source, owner):
            if name not in declared and (listed is None or name in listed or not listed):
                _rest_field(reading, source, owner, name, call, row, depth, place)
            declared.add(name)
        for statement in owner.body:
            if isinstance(statement, FunctionNode) and statement.name == "to_representation":
                _second(reading, source, statement, row)
    for name in [*(listed if listed is not None else _forward(row))]:
        if name in declared:
            continue
        place = f"{found[0].path}:{found[1].lineno} gives {found[1].name}.{name}"
        way = way_of(reading.module, row.model, row.outside, name)
        if way is not None and (way.many or nested):
            inner = reading.read(row, name, place)
            if inner is not None:
                reading.opened(inner, place)
        elif way is None:
            reading.member(None, None, row, name)


def _meta(module: Module, owner: ast.ClassDef) -> tuple[list[str] | None, bool]:
    """Return the fields that `Meta` lists, None for all, and whether it nests related rows."""
    meta = next((item for item in owner.body if isinstance(item, ast.ClassDef) and item.name == "Meta"), None)
    fields = said(meta, "fields") if meta is not None else None
    depth = said(meta, "depth") if meta is not None else None
    nested = isinstance(depth, ast.Constant) and bool(depth.value)
    if isinstance(fields, ast.List | ast.Tuple):
        return [text for item in fields.elts if (text := module.string(item))], nested
    return (None, nested) if fields is not None else ([], nested)


def _forward(row: Held) -> list[str]:
    return list(row.model.relations) if row.model is not None else []


def _calls(module: Module, owner: ast.ClassDef) -> Iterator[tuple[str, ast.Call, str]]:
    for statement in owner.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                yield name, call, f"{module.path}:{statement.lineno} gives {owner.name}.{name}"


def _rest_field(
    reading: Reading,
    module: Module,
    owner: ast.ClassDef,
    name: str,
    call: ast.Call,
    row: Held,
    depth: int,
    place: str,
) -> None:
    path = module.resolve(call.func) or ""
    kind = path.rpartition(".")[2]
    source = module.string(keyword(call, "source")) or name
    if source == "*" or (
        isinstance(write_only := keyword(call, "write_only"), ast.Constant) and write_only.value
    ):
        return
    if kind == "SerializerMethodField":
        method = literal_text(call.args[0] if call.args else keyword(call, "method_name")) or f"get_{name}"
        found = next((s for s in owner.body if isinstance(s, FunctionNode) and s.name == method), None)
        if found is not None:
            _second(reading, module, found, row)
        return
    if kind in _KEYS and "many" not in {item.arg for item in call.keywords}:
        return
    inner = walked(reading, row, source, place)
    if inner is None:
        return
    inner = reading.opened(inner, place)
    if kind == "StringRelatedField":
        reading.member(None, None, inner.row, "__str__")
    elif module.project.class_of(path) is not None:
        by_serializer(reading, module, path, inner, depth + 1)


def walked(reading: Reading, row: Held, source: str, place: str) -> Held | None:
    """Follow a dotted source from a row; return what it gives where that is related rows."""
    held: Held | None = row
    for part in source.split("."):
        if held is None or held.kind is not Kind.ROW:
            return held
        inner = reading.read(held, part, place)
        if inner is None:
            reading.member(None, None, held, part)
        held = inner
    return held


def _second(reading: Reading, module: Module, function: FunctionNode, row: Held) -> None:
    """Follow a row into the parameter behind `self`."""
    arguments = function.args.args
    is_static = any(ast.unparse(item) == "staticmethod" for item in function.decorator_list)
    at = 0 if is_static else 1
    if len(arguments) > at:
        reading.enter(module, function, arguments[at].arg, row, None)


def by_schema(reading: Reading, module: Module, path: str, held: Held, depth: int = 0) -> None:
    """Follow rows into a schema of marshmallow."""
    found = module.project.class_of(path)
    if found is None or held.kind in (Kind.TUPLES, Kind.MANAGER) or depth > _DEEPEST:
        return
    source, owner = found
    for name, call, place in _calls(source, owner):
        inner_call = call
        if name_of(call) == "List" and call.args and isinstance(call.args[0], ast.Call):
            inner_call = call.args[0]
        kind = name_of(inner_call)
        if kind == "Method":
            method = literal_text(call.args[0]) if call.args else None
            named = next((s for s in owner.body if isinstance(s, FunctionNode) and s.name == method), None)
            if named is not None:
                _second(reading, source, named, held.row)
        elif kind == "Function" and call.args and isinstance(call.args[0], ast.Lambda):
            function = call.args[0]
            if function.args.args:
                reading.enter(source, function, function.args.args[0].arg, held.row, None)
        else:
            inner = walked(reading, held.row, source.string(keyword(call, "attribute")) or name, place)
            if inner is not None and kind in ("Nested", "Pluck") and inner_call.args:
                by_schema(
                    reading,
                    source,
                    _schema(source, inner_call.args[0]),
                    reading.opened(inner, place),
                    depth + 1,
                )


def _schema(module: Module, expr: ast.expr) -> str:
    if (text := module.string(expr)) is not None:
        return f"{module.name}.{text}"
    if isinstance(expr, ast.Lambda):
        return module.resolve(expr.body) or ""
    return module.resolve(expr) or ""
