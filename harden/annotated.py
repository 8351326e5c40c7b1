"""What an annotation of a model's field says: which type, one or many, optional or not."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from harden import syntax
from harden.assigned import assigned
from harden.module import Module

_MANY = frozenset({"list", "List", "set", "Set", "Sequence", "Collection", "Iterable", "tuple", "Tuple"})
_MANY_MAPPED = frozenset({"WriteOnlyMapped", "DynamicMapped", "InstrumentedList", "AppenderQuery"})
_AROUND = frozenset({"Mapped", "Link", "BackLink", "Indexed", "Required", "ReverseRelation"})
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """What an annotation says. `around` names what stands around the type, such as `Mapped` or `Link`.

    `made` is the call in `Annotated[int, mapped_column(…)]`, with the module it stands in.
    """

    path: str | None = None
    name: str = ""
    many: bool = False
    optional: bool = False
    around: frozenset[str] = frozenset()
    made: ast.Call | None = None


def kind_of(module: Module, annotation: ast.expr | None, depth: int = 0) -> Kind:
    """Return what an annotation says, texts and aliases looked into."""
    if annotation is None or depth > _DEPTH:
        return Kind()
    match annotation:
        case ast.Constant(value=str() as text):
            return _written(module, text, annotation, depth)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either(module, [left, right], depth)
        case ast.Subscript(value=value, slice=inside):
            return _subscripted(module, value, inside, depth)
        case ast.Call(func=func) if _last(module, func) == "Indexed":
            inner = kind_of(module, annotation.args[0] if annotation.args else None, depth + 1)
            return replace(inner, around=inner.around | {"Indexed"}, made=annotation)
        case ast.Name() | ast.Attribute():
            alias = assigned(module, annotation)
            if alias is not None and isinstance(alias[1], ast.Subscript | ast.BinOp):
                return kind_of(*alias, depth + 1)
            name = annotation.id if isinstance(annotation, ast.Name) else annotation.attr
            return Kind(module.names.annotation(annotation), name)
    return Kind()


def _written(module: Module, text: str, at: ast.Constant, depth: int) -> Kind:
    """Read an annotation that is a text."""
    inner = syntax.annotation(text)
    if inner is None:
        return Kind()
    for child in ast.walk(inner):
        module.parents.setdefault(child, at)
    return kind_of(module, inner, depth + 1)


def _either(module: Module, options: list[ast.expr], depth: int) -> Kind:
    some = [item for item in options if not _is_none(item)]
    kinds = [kind_of(module, item, depth + 1) for item in some]
    if not kinds:
        return Kind()
    found = kinds[0] if len(kinds) == 1 else Kind(many=any(kind.many for kind in kinds))
    is_optional = len(some) < len(options) or any(kind.optional for kind in kinds)
    return replace(found, optional=is_optional)


def _is_none(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Constant) and expr.value is None


def _subscripted(module: Module, value: ast.expr, inside: ast.expr, depth: int) -> Kind:
    outer = _last(module, value)
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if outer == "Optional":
        return replace(kind_of(module, parts[0], depth + 1), optional=True)
    if outer == "Union":
        return _either(module, list(parts), depth)
    if outer == "Annotated":
        found = kind_of(module, parts[0], depth + 1)
        made = next((item for item in parts[1:] if isinstance(item, ast.Call)), None)
        return replace(found, made=made or found.made)
    if outer in _MANY:
        return replace(kind_of(module, parts[0], depth + 1), many=True, optional=False)
    if outer in _MANY_MAPPED:
        return replace(kind_of(module, parts[0], depth + 1), many=True, around=frozenset({"Mapped", outer}))
    if outer in _AROUND:
        found = kind_of(module, parts[0], depth + 1)
        return replace(found, around=found.around | {outer})
    return Kind(module.names.annotation(value), outer)


def _last(module: Module, expr: ast.expr) -> str:
    path = module.resolve(expr)
    if path:
        return path.rpartition(".")[2].removesuffix("[]")
    return expr.id if isinstance(expr, ast.Name) else expr.attr if isinstance(expr, ast.Attribute) else ""
