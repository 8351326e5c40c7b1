"""Class-based lists of Django and Django REST framework get pages, in order and in the shape they had."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

MODELS = """\
from django.db import models


class Item(models.Model):
    name = models.TextField()


class Sorted(models.Model):
    class Meta:
        ordering = ["name"]
"""
REST = """\
from rest_framework import generics, viewsets
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.response import Response

from shop.models import Item, Sorted


"""
LISTS = """\
from django.views.generic import ListView

from shop.models import Item, Sorted


"""
PAGES = """\
class ListPagination(LimitOffsetPagination):
    default_limit = 50
    max_limit = 200

    def get_paginated_response(self, data):
        return Response(data)


"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "class Items(viewsets.ModelViewSet):\n    queryset = Item.objects.all()\n    page_kwarg = 1\n",
            'class Items(viewsets.ModelViewSet):\n    queryset = Item.objects.all().order_by("pk")\n'
            "    page_kwarg = 1\n    pagination_class = ListPagination\n",
        ),
        (
            "class Items(generics.ListAPIView):\n    queryset = Sorted.objects.all()\n",
            "class Items(generics.ListAPIView):\n    queryset = Sorted.objects.all()\n"
            "    pagination_class = ListPagination\n",
        ),
        (
            "class Items(generics.ListCreateAPIView):\n    def get_queryset(self):\n"
            "        found = Item.objects.all()\n        if self.kind:\n"
            "            found = found.filter(kind=self.kind)\n        return found\n",
            "class Items(generics.ListCreateAPIView):\n    pagination_class = ListPagination\n\n"
            "    def get_queryset(self):\n        found = Item.objects.all()\n        if self.kind:\n"
            '            found = found.filter(kind=self.kind)\n        return found.order_by("pk")\n',
        ),
        (
            "class Items(viewsets.ReadOnlyModelViewSet):\n    queryset = Item.objects.all()\n\n"
            "    def get_queryset(self):\n        return super().get_queryset().filter(a=1)\n",
            "class Items(viewsets.ReadOnlyModelViewSet):\n    queryset = Item.objects.all()\n"
            "    pagination_class = ListPagination\n\n"
            '    def get_queryset(self):\n        return super().get_queryset().filter(a=1).order_by("pk")\n',
        ),
    ],
)
def test_rest_framework(before: str, after: str, mend: Mend) -> None:
    done = mend("unbounded-query", REST + before, path="shop/api.py", files={"shop/models.py": MODELS})
    assert not done.refused
    assert done.text == REST + PAGES + after
    again = mend("unbounded-query", done.data, path="shop/api.py", files={"shop/models.py": MODELS})
    assert (again.text, again.refused) == (done.text, ())


def test_rest_framework_in_its_own_envelope(mend: Mend) -> None:
    code = "class Items(viewsets.ModelViewSet):\n    queryset = Sorted.objects.all()\n"
    files = {"shop/models.py": MODELS}
    done = mend("unbounded-query", REST + code, path="shop/api.py", files=files, envelope=True, page_size=20)
    assert "    default_limit = 20\n    max_limit = 200\n\n\nclass Items" in done.text
    assert "get_paginated_response" not in done.text


def test_one_class_of_pages_serves_a_file(mend: Mend) -> None:
    code = "class {}(viewsets.ModelViewSet):\n    queryset = Sorted.objects.all()\n"
    both = REST + code.format("A") + "\n\n" + code.format("B")
    done = mend("unbounded-query", both, path="shop/api.py", files={"shop/models.py": MODELS})
    assert done.text.count("class ListPagination") == 1
    assert done.text.count("pagination_class = ListPagination") == 2
    more = done.text + "\n\n" + code.format("C")
    done = mend("unbounded-query", more, path="shop/api.py", files={"shop/models.py": MODELS})
    assert done.text.count("class ListPagination") == 1
    assert done.text.count("pagination_class = ListPagination") == 3


def test_the_project_default_is_enough(mend: Mend) -> None:
    code = REST + "class Items(viewsets.ModelViewSet):\n    queryset = Item.objects.all()\n"
    settings = 'REST_FRAMEWORK = {"DEFAULT_PAGINATION_CLASS": "x", "PAGE_SIZE": 9}\n'
    done = mend("unbounded-query", code, path="shop/api.py", files={"shop/settings.py": settings})
    assert (done.text, done.refused) == (code, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "class Items(ListView):\n    def get_queryset(self):\n        return Item.objects.filter(a=1)\n",
            "class Items(ListView):\n    paginate_by = 50\n\n    def get_queryset(self):\n"
            '        return Item.objects.filter(a=1).order_by("pk")\n',
        ),
        (
            "class Items(ListView):\n    queryset = Item.objects.exclude(a=1)\n",
            'class Items(ListView):\n    queryset = Item.objects.exclude(a=1).order_by("pk")\n'
            "    paginate_by = 50\n",
        ),
        (
            "class Items(ListView):\n    def get_queryset(self):\n        return Sorted.objects.all()\n",
            "class Items(ListView):\n    paginate_by = 50\n\n    def get_queryset(self):\n"
            "        return Sorted.objects.all()\n",
        ),
    ],
)
def test_list_views(before: str, after: str, mend: Mend) -> None:
    done = mend("unbounded-query", LISTS + before, path="shop/lists.py", files={"shop/models.py": MODELS})
    assert not done.refused
    assert done.text == LISTS + after


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            REST + "class Items(generics.ListAPIView):\n    def get_queryset(self):\n"
            "        return self.request.user.items.all()\n",
            "order cannot be told",
        ),
        (
            REST + "class Items(generics.ListAPIView):\n    def get_queryset(self):\n"
            "        return Item.objects.values('name').distinct()\n",
            "order cannot be told",
        ),
        (
            LISTS + "class Items(ListView):\n    model = Item\n\n    def get_context_data(self):\n"
            "        return {'n': self.object_list.count()}\n",
            "also counts",
        ),
        (REST + "class Items(generics.ListAPIView): queryset = Sorted.objects.all()\n", "on one line"),
    ],
)
def test_explains(code: str, reason: str, mend: Mend) -> None:
    done = mend("unbounded-query", code, path="shop/api.py", files={"shop/models.py": MODELS})
    assert [reason in text for text in done.refused] == [True]
    assert done.text == code


SETTINGS = 'INSTALLED_APPS = ["rest_framework", "shop"]\nROOT_URLCONF = "site.urls"\n'
DEFAULT = '"DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SETTINGS, f'{SETTINGS}\nREST_FRAMEWORK = {{\n    {DEFAULT},\n    "PAGE_SIZE": 20,\n}}\n'),
        (
            f'{SETTINGS}REST_FRAMEWORK = {{\n    "A": [1],  # one\n    "B": 2,  # two\n}}\nX = 1\n',
            f'{SETTINGS}REST_FRAMEWORK = {{\n    "A": [1],  # one\n    "B": 2,  # two\n    {DEFAULT},\n'
            '    "PAGE_SIZE": 20,\n}\nX = 1\n',
        ),
        (
            f'{SETTINGS}REST_FRAMEWORK = {{\n    "A": [\n        1,\n    ]\n}}\n',
            f'{SETTINGS}REST_FRAMEWORK = {{\n    "A": [\n        1,\n    ],\n    {DEFAULT},\n'
            '    "PAGE_SIZE": 20,\n}\n',
        ),
        (
            f'{SETTINGS}REST_FRAMEWORK = {{"A": 1}}\n',
            f'{SETTINGS}REST_FRAMEWORK = {{\n    "A": 1,\n    {DEFAULT},\n    "PAGE_SIZE": 20,\n}}\n',
        ),
        (
            f"{SETTINGS}REST_FRAMEWORK = {{}}\n",
            f'{SETTINGS}REST_FRAMEWORK = {{\n    {DEFAULT},\n    "PAGE_SIZE": 20,\n}}\n',
        ),
    ],
)
def test_rest_framework_for_the_project(before: str, after: str, mend: Mend) -> None:
    items = "class Items(viewsets.ModelViewSet):\n    queryset = Item.objects.all()\n\n\n"
    code = REST + items + "class Two(generics.ListAPIView):\n    queryset = Sorted.objects.all()\n"
    files = {"shop/models.py": MODELS, "site/settings.py": before}
    done = mend("unbounded-query", code, path="shop/api.py", files=files, rest="project", page_size=20)
    assert not done.refused
    assert done.text == code.replace("Item.objects.all()", 'Item.objects.all().order_by("pk")')
    assert done.others == {"site/settings.py": after}


@pytest.mark.parametrize(
    "settings", ["REST_FRAMEWORK = dict(A=1)\n", "REST_FRAMEWORK = {}\nREST_FRAMEWORK = {}\n"]
)
def test_rest_framework_in_settings_that_are_not_plain(settings: str, mend: Mend) -> None:
    code = REST + "class Items(viewsets.ModelViewSet):\n    queryset = Sorted.objects.all()\n"
    files = {"shop/models.py": MODELS, "site/settings.py": SETTINGS + settings}
    done = mend("unbounded-query", code, path="shop/api.py", files=files, rest="project")
    assert done.text == code
    assert ["cannot be told" in reason for reason in done.refused] == [True]


def test_list_views_have_no_envelope(mend: Mend) -> None:
    code = LISTS + "class Items(ListView):\n    queryset = Item.objects.all()\n"
    done = mend(
        "unbounded-query", code, path="shop/lists.py", files={"shop/models.py": MODELS}, envelope=True
    )
    assert done.text == code
    assert ["without `envelope`" in reason for reason in done.refused] == [True]
