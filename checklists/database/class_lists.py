"""Class-based lists of Django and Django REST framework: whether and how they get a page size."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from harden.checklists.database.links import chain_of
from harden.checklists.database.models import has_default_order, is_known, manager_in
from harden.checklists.database.passing import place_of
from harden.checklists.database.whole_lists import counted_in_list_view
from harden.module import Module, is_literal, walk_statements

_DJANGO_LISTS = ("django.views.generic.ListView", "django.views.generic.list.ListView")
_REST_LISTS = (
    "rest_framework.generics.ListAPIView",
    "rest_framework.generics.ListCreateAPIView",
    "rest_framework.viewsets.ModelViewSet",
    "rest_framework.viewsets.ReadOnlyModelViewSet",
    "rest_framework.mixins.ListModelMixin",
)

_NO_ORDER = frozenset({"union", "intersection", "difference", "distinct", "values", "values_list", "raw"})
_UNKNOWN = "Its order cannot be told: give the queryset an order_by first."
_COUNTS = "It also counts its rows, and a page of them would change that."


@dataclass(frozen=True, slots=True)
class ClassPage:
    """How a class-based list gets a page size, or why it cannot."""

    facts: dict[str, str] = field(default_factory=dict)
    why_not: str = ""


def class_page(module: Module, node: ast.ClassDef) -> ClassPage | None:
    """Return how a class-based list is paginated, None where it is none or has pages."""
    bases = module.bases(node)
    named = {name for statement in node.body for name in _names(statement)}
    if {*bases}.isdisjoint((*_REST_LISTS, *_DJANGO_LISTS)):
        return None
    text = "\n".join([module.segment(node), *_own_bases(module, bases)])
    if "paginat" in text or "[:" in text or named.isdisjoint({"model", "queryset", "get_queryset"}):
        return None
    counts = ".count()" in text or "len(" in text
    if not set(bases).isdisjoint(_REST_LISTS):
        if _has_project_pages(module) or "list" in named:
            return None
        if counts and "get_queryset" in named:
            return ClassPage(why_not=_COUNTS)
        return _page(module, node, "rest", text)
    if counts:
        return ClassPage(why_not=_COUNTS)
    if place := _counted_at(module, node):
        return ClassPage(why_not=f"{place} counts the rows, and a page of them would change that.")
    return _page(module, node, "class", text)


def _counted_at(module: Module, node: ast.ClassDef) -> str:
    """Return where the template of a list counts its rows."""
    values = dict(_values(node))
    own = module.string(values.get("context_object_name"))
    model = values.get("model")
    name = ast.unparse(model).rpartition(".")[2].lower() if model is not None else ""
    template = module.string(values.get("template_name")) or (f"{name}_list.html" if name else "")
    return counted_in_list_view(
        module, template, ["object_list", *filter(None, [own, name and f"{name}_list"])]
    )


def unordered_class(module: Module, node: ast.ClassDef) -> ClassPage | None:
    """Return how a class-based list that has pages is put in order, None where it is or nothing is known."""
    bases = module.bases(node)
    named = dict(_values(node))
    if not set(bases).isdisjoint(_REST_LISTS):
        pages = named.get("pagination_class")
        paged = pages is not None or _has_project_pages(module)
        if not paged or is_literal(pages, None) or module.project.mentions("CursorPagination"):
            return None
    elif set(bases).isdisjoint(_DJANGO_LISTS) or "paginate_by" not in named:
        return None
    text = "\n".join([module.segment(node), *_own_bases(module, bases)])
    page = _page(module, node, "class", text)
    return page if not page.why_not and (page.facts["order"] or page.facts["query"]) else None


def _has_project_pages(module: Module) -> bool:
    """Tell whether the settings of Django REST framework give every list pages."""
    return bool(module.project.mentions("DEFAULT_PAGINATION_CLASS"))


def _page(module: Module, node: ast.ClassDef, style: str, text: str) -> ClassPage:
    """Return the facts of a list of rows, with what has to be put in order first."""
    facts = {"style": style, "framework": "django", "order": "", "query": ""}
    values = dict(_values(node))
    if "ordering" in values or "order_by" in text:
        return ClassPage(facts)
    method = next((s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "get_queryset"), None)
    if method is not None:
        returned = [s.value for s in walk_statements(method.body) if isinstance(s, ast.Return) and s.value]
        return _with_order(module, node, returned, facts)
    if "queryset" in values:
        return _with_order(module, node, [values["queryset"]], facts)
    model = values.get("model")
    if model is None or not is_known(module, model):
        return ClassPage(why_not=_UNKNOWN)
    if has_default_order(module, model):
        return ClassPage(facts)
    return ClassPage(facts | {"order": '["pk"]'})


def _with_order(
    module: Module, node: ast.ClassDef, querysets: list[ast.expr], facts: dict[str, str]
) -> ClassPage:
    """Return the facts with the querysets that need an order by primary key."""
    unordered = []
    for queryset in querysets:
        model = model_of(module, node, queryset)
        if model is None or not is_known(module, model):
            return ClassPage(why_not=_UNKNOWN)
        if not has_default_order(module, model):
            unordered.append(place_of(module, queryset))
    return ClassPage(facts | {"query": "\n".join(unordered)})


def model_of(module: Module, node: ast.ClassDef, queryset: ast.expr) -> ast.expr | None:
    """Return the model of a queryset that a class-based list is made from."""
    chain = chain_of(module, queryset)
    if not chain.names.isdisjoint(_NO_ORDER):
        return None
    at = manager_in(module, chain)
    if at is not None and isinstance(manager := chain.links[at].node, ast.Attribute):
        return manager.value
    inherits = any(link.name == "get_queryset" for link in chain.links)
    values = dict(_values(node))
    if inherits and "queryset" in values:
        own = values["queryset"]
        return model_of(module, node, own) if own is not queryset else None
    return values.get("model") if inherits else None


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
