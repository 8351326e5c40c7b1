"""Class-based lists of Django and Django REST framework: whether and how they get a page size."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from harden.checklists.database.models import has_default_order, is_known
from harden.module import Module

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
