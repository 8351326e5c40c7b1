"""How rows get into an answer: contexts of templates, response models, views that are classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from harden.annotated import Kind as Annotation
from harden.annotated import kind_of
from harden.checklists.database.loaded import STEPS, loaded_by
from harden.checklists.database.row_held import Held, Kind
from harden.checklists.database.row_serialised import answer_field, by_field, by_serializer
from harden.checklists.database.row_steps import name_of
from harden.checklists.database.row_templates import shown_by
from harden.flow import returned
from harden.model_facts import said
from harden.module import Module, keyword
from harden.tree import FunctionNode, own_nodes

if TYPE_CHECKING:
    from harden.checklists.database.row_reading import Reading

_RENDERS = frozenset({"render_template", "render", "TemplateResponse", "render_to_string", "render_async"})
_TEMPLATES = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".txt", ".xml")
_LISTS = frozenset({"ListView", "ArchiveIndexView", "MultipleObjectMixin", "BaseListView", "FilterView"})
_DETAILS = frozenset({"DetailView", "SingleObjectMixin", "BaseDetailView"})
_REST_LISTS = frozenset(
    {"ListAPIView", "ListCreateAPIView", "ModelViewSet", "ReadOnlyModelViewSet", "ListModelMixin"}
)
_REST_DETAILS = frozenset({"RetrieveAPIView", "RetrieveUpdateAPIView", "RetrieveUpdateDestroyAPIView"})


def is_render(call: ast.Call) -> bool:
    """Tell whether a call renders a template, as far as its name says."""
    return name_of(call) in _RENDERS


def rendered(reading: Reading, module: Module, call: ast.Call, shown: dict[str, Held]) -> None:
    """Follow rows into the templates that a call renders."""
    arguments = [*call.args, *(item.value for item in call.keywords)]
    if isinstance(call.func, ast.Attribute) and isinstance(inner := call.func.value, ast.Call | ast.Name):
        value = module.flow.only(inner)
        made = value.expr if value is not None else None
        arguments += made.args if isinstance(made, ast.Call) else []  # `get_template("x.html").render(…)`
    for argument in arguments:
        for text in _texts(module, argument):
            if text.endswith(_TEMPLATES):
                shown_by(reading, module, text, shown)


def _texts(module: Module, expr: ast.expr) -> list[str]:
    if isinstance(expr, ast.List | ast.Tuple):
        return [text for item in expr.elts if (text := module.string(item))]
    text = module.string(expr) if isinstance(expr, ast.Constant | ast.Name | ast.Attribute) else None
    return [text] if text else []


def in_context(reading: Reading, module: Module, holder: ast.expr, key: str, held: Held) -> None:
    """Follow rows that a dict holds by a key, where it is the context of a template or an answer."""
    for use in _ends(module, holder):
        parent = module.parents.get(use)
        call = module.parents.get(parent) if isinstance(parent, ast.keyword) else parent
        if isinstance(call, ast.Call) and use is not call.func:
            if is_render(call):
                rendered(reading, module, call, {key: held})
            elif name_of(call) == "update":
                _in_view(reading, module, use, {key: held})
        elif isinstance(parent, ast.Return):
            _in_answer(reading, module, parent, key, held)


def _ends(module: Module, holder: ast.expr) -> Iterator[ast.expr]:
    """Yield where a dict goes: itself, and the uses of the name that it gets."""
    statement = module.parents.get(holder)
    name = holder if isinstance(holder, ast.Name) else None
    if isinstance(statement, ast.Assign) and isinstance(holder, ast.Dict):
        target = statement.targets[0]
        name = target if isinstance(target, ast.Name) else None
    elif name is None:
        yield holder
    function = module.function(holder)
    if name is None or function is None:
        return
    for use in own_nodes(function):
        if isinstance(use, ast.Name) and use.id == name.id and isinstance(use.ctx, ast.Load):
            yield use


def _in_answer(reading: Reading, module: Module, statement: ast.Return, key: str, held: Held) -> None:
    function = module.function(statement)
    if function is None:
        return
    if function.name == "get_context_data":
        _in_view(reading, module, statement, {key: held})
        return
    annotation = _response(module, function)
    if annotation is not None and annotation.path:
        field = answer_field(module, annotation.path, key)
        if field is not None and (path := kind_of(*field).path):
            by_field(reading, field[0], path, held)


def _in_view(reading: Reading, module: Module, node: ast.AST, shown: dict[str, Held]) -> None:
    owner, function = module.owner(node), module.function(node)
    if owner is not None and function is not None and function.name == "get_context_data":
        for template in _class_templates(module, owner):
            shown_by(reading, module, template, shown)


def answered(
    reading: Reading, module: Module, function: FunctionNode, statement: ast.Return, held: Held
) -> None:
    """Follow rows that a request handler returns."""
    owner = module.parents.get(function)
    if isinstance(owner, ast.ClassDef):
        if function.name == "get_queryset" and statement.value in _for_lists(module, function):
            viewed(reading, module, owner, held)
        return
    annotation = _response(module, function)
    if annotation is not None and annotation.path:
        by_field(reading, module, annotation.path, held)


def _response(module: Module, function: FunctionNode) -> Annotation | None:
    """Return the model of FastAPI's answer that a handler names, by its decorator or by its annotation."""
    for decorator in function.decorator_list:
        given = keyword(decorator, "response_model") if isinstance(decorator, ast.Call) else None
        given = given or (keyword(decorator, "response") if isinstance(decorator, ast.Call) else None)
        if given is not None:
            return kind_of(module, given)
    routed = module.imports("fastapi", "ninja") and function.decorator_list
    return kind_of(module, function.returns) if routed and function.returns is not None else None


def viewed(reading: Reading, module: Module, owner: ast.ClassDef, held: Held) -> None:
    """Follow the rows of a view of Django or Django REST framework that is a class."""
    if held.kind is not Kind.ROWS or _loads_elsewhere(module, owner):
        return
    kinds = {base.rpartition(".")[2] for base in module.bases(owner)}
    for statement in owner.body:
        if isinstance(statement, FunctionNode) and statement.name == "get_queryset":
            for node in own_nodes(statement):
                if isinstance(node, ast.Call) and name_of(node) in STEPS:
                    reading.loads(loaded_by(module, node, name_of(node)))
    if kinds & (_REST_LISTS | _REST_DETAILS):
        row = held.row if kinds & _REST_LISTS else replace(held, kind=Kind.ROW)
        for path in _serializers(module, owner):
            by_serializer(reading, module, path, row)
    elif kinds & (_LISTS | _DETAILS):
        _in_templates(reading, module, owner, held, is_list=bool(kinds & _LISTS))


def _loads_elsewhere(module: Module, owner: ast.ClassDef) -> bool:
    """Tell whether a base of a view may put loaders into its queryset."""
    bases = [module.project.class_of(base) for base in module.bases(owner)]
    return any(
        "prefetch" in source.segment(base) or "select_related" in source.segment(base)
        for source, base in filter(None, bases)
    )


def is_view(module: Module, owner: ast.ClassDef) -> bool:
    """Tell whether a class shows the rows of a model as a list, or one of them."""
    kinds = {base.rpartition(".")[2] for base in module.bases(owner)}
    return bool(kinds & (_LISTS | _DETAILS | _REST_LISTS | _REST_DETAILS))


def _in_templates(
    reading: Reading, module: Module, owner: ast.ClassDef, held: Held, *, is_list: bool
) -> None:
    own = module.string(said(owner, "context_object_name"))
    model = held.model.name.lower() if held.model is not None else ""
    shown = held if is_list else replace(held, kind=Kind.ROW)
    names = ["object_list", f"{model}_list", "page_obj"] if is_list else ["object", model]
    for template in _class_templates(module, owner) or _default_templates(held, is_list=is_list):
        shown_by(reading, module, template, dict.fromkeys(filter(None, [*names, own]), shown))


def _class_templates(module: Module, owner: ast.ClassDef) -> list[str]:
    template = said(owner, "template_name")
    return _texts(module, template) if template is not None else []


def _default_templates(held: Held, *, is_list: bool) -> list[str]:
    if held.model is None:
        return []
    label = held.model.models.label_of(held.model)
    return [f"{label}/{held.model.name.lower()}_{'list' if is_list else 'detail'}.html"] if label else []


def _serializers(module: Module, owner: ast.ClassDef) -> list[str]:
    """Return the serializers that a view names, by its setting or its method."""
    exprs: list[ast.expr | None] = [said(owner, "serializer_class")]
    for statement in owner.body:
        if isinstance(statement, FunctionNode) and statement.name == "get_serializer_class":
            exprs = list(_for_lists(module, statement))
    return [path for expr in exprs if expr is not None and (path := module.resolve(expr))]


def _for_lists(module: Module, function: FunctionNode) -> list[ast.expr]:
    """Return what a method returns for lists: by an `if` that says so, else the last that it returns."""
    found = returned(function)
    if "self.action" not in module.segment(function) and "request.method" not in module.segment(function):
        return found
    for expr in found:
        tests = [outer.test for outer in module.ancestors(expr) if isinstance(outer, ast.If)]
        if any("'list'" in ast.unparse(test) for test in tests):
            return [expr]
    return found[-1:]
