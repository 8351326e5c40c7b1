"""Forms and serializers that are made for a model: whose rows they save, and what their validators refuse."""

from __future__ import annotations

import ast

from harden.checklists.database.stores import Store, plain, store_of
from harden.model_facts import inner_class, said
from harden.module import Module
from harden.tree import FunctionNode

_MADE_FOR = ("rest_framework.serializers.", "django.forms.", "django.contrib.auth.forms.")
_FORMS = ("flask_wtf.", "wtforms.")
_CREATES = ("CreateView", "CreateAPIView", "CreateModelMixin", "ModelViewSet")
_VALIDATES = ("validate_", "clean_")


def form_store(module: Module, holder: ast.expr) -> Store | None:
    """Return the model whose row `form.save()` inserts: of a form or serializer that is given no row."""
    found = None
    if isinstance(holder, ast.Name):
        for value in module.flow.values(holder):
            if isinstance(value.expr, ast.Call) and not _is_given_row(module, value.expr):
                found = found or _saved_by(module, value.expr.func)
        if found is None and holder.id == "serializer":
            found = _of_view(module, holder)
    return found


def _is_given_row(module: Module, call: ast.Call) -> bool:
    """Tell whether a form or serializer is made to change a row that there is."""
    if any(item.arg in ("instance", None) for item in call.keywords):
        return True
    bases = module.project.ancestry((module.resolve(call.func) or "",))
    is_serializer = any(base.startswith("rest_framework.") for base in bases)
    return is_serializer and bool(call.args)


def view_store(module: Module, call: ast.Call) -> Store | None:
    """Return the model whose row `super().form_valid(form)` inserts, in a view that creates rows."""
    owner = module.owner(call)
    if owner is None or not (module.resolve(call.func) or "").startswith("builtins.super."):
        return None
    if not any(base.endswith(_CREATES) for base in module.bases(owner)):
        return None
    model, kind = said(owner, "model"), said(owner, "form_class") or said(owner, "serializer_class")
    if model is not None:
        return store_of(module, model)
    return _saved_by(module, kind) if kind is not None else None


def _saved_by(module: Module, kind: ast.expr) -> Store | None:
    found = module.project.class_of(module.resolve(kind) or "")
    return made_for(*found) if found is not None else None


def _of_view(module: Module, name: ast.Name) -> Store | None:
    """Return the model of `serializer_class` in the view whose `perform_create` is given a serializer."""
    function, owner = module.function(name), module.owner(name)
    if function is None or owner is None or function.name != "perform_create":
        return None
    kind, rows = said(owner, "serializer_class"), said(owner, "queryset")
    if kind is None:
        return store_of(module, _entity(rows)) if rows is not None else None
    return _saved_by(module, kind)


def _entity(rows: ast.expr) -> ast.expr:
    """Return the model in `Post.objects.filter(…)`."""
    while isinstance(rows, ast.Call | ast.Attribute):
        is_manager = isinstance(rows, ast.Attribute) and rows.attr == "objects"
        rows = rows.func if isinstance(rows, ast.Call) else rows.value
        if is_manager:
            break
    return rows


def made_for(module: Module, owner: ast.ClassDef) -> Store | None:
    """Return the model that a form or serializer names in its `Meta`, its own or that of a base."""
    for path in (module.names.local_path(owner), *module.bases(owner)):
        found = module.project.class_of(path)
        meta = inner_class(found[1], "Meta") if found is not None else None
        model = said(meta, "model") if meta is not None else None
        if found is not None and model is not None:
            return store_of(found[0], model)
    return None


def refuses(module: Module, function: FunctionNode, store: Store, columns: frozenset[str]) -> bool:
    """Tell whether a function is a validator of new rows of a store, which refuses what is there already."""
    owner = module.parents.get(function)
    if not isinstance(owner, ast.ClassDef) or not function.name.startswith(("validate", "clean")):
        return False
    bases = module.bases(owner)
    if not any(base.startswith((*_MADE_FOR, *_FORMS)) for base in bases):
        return False
    if (model := made_for(module, owner)) is not None:
        return model.key == store.key
    field = next(
        (function.name.removeprefix(word) for word in _VALIDATES if function.name.startswith(word)), ""
    )
    return bool(field) and {plain(name) for name in columns} == {plain(field)}
