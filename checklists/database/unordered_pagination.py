"""Pages without a stable order repeat some rows and leave others out.

A database gives rows in whatever order suits its plan, and may choose another one for the next page: after an
update, with another index, from another worker. A client that walks through the pages then sees some rows
twice and others never, and nobody can reproduce it.
Looked at are `offset`, `slice` and `paginate` of SQLAlchemy and Flask-SQLAlchemy, `skip` of pymongo and
motor, Django's `Paginator`, slices with a start, lists with `paginate_by` or a `pagination_class`, and SQL
that is written out. A `limit` alone is a sample, not a page. Not reported: querysets whose model names an
order in its `Meta` or is defined elsewhere, grouped and distinct rows, queries that are ordered further on.
An order that is there is taken as it is: where many rows may be equal in it, end it with the primary key.
The fix orders by primary key, as the model's own definition names it.

Flagged:

    from fastapi import APIRouter, Depends
    from sqlalchemy.orm import Session

    from app.db import Base, Column, Integer, get_db

    router = APIRouter()


    class Item(Base):
        id = Column(Integer, primary_key=True)


    @router.get("/items")
    def list_items(skip: int = 0, limit: int = 100, db: Session = Depends(get_db)):
        return db.query(Item).offset(skip).limit(limit).all()

Fixed:

    from fastapi import APIRouter, Depends
    from sqlalchemy.orm import Session

    from app.db import Base, Column, Integer, get_db

    router = APIRouter()


    class Item(Base):
        id = Column(Integer, primary_key=True)


    @router.get("/items")
    def list_items(skip: int = 0, limit: int = 100, db: Session = Depends(get_db)):
        return db.query(Item).order_by(Item.id).offset(skip).limit(limit).all()

Flagged (shop/views.py):

    from django.core.paginator import Paginator
    from django.db import models
    from django.shortcuts import render
    from django.views.generic import ListView


    class Product(models.Model):
        name = models.TextField()


    def products(request):
        found = Product.objects.filter(name__contains=request.GET["q"])
        page = Paginator(found, 25).get_page(request.GET.get("page"))
        return render(request, "products.html", {"page": page})


    class Products(ListView):
        model = Product
        paginate_by = 25

Fixed (shop/views.py):

    from django.core.paginator import Paginator
    from django.db import models
    from django.shortcuts import render
    from django.views.generic import ListView


    class Product(models.Model):
        name = models.TextField()


    def products(request):
        found = Product.objects.filter(name__contains=request.GET["q"])
        page = Paginator(found.order_by("pk"), 25).get_page(request.GET.get("page"))
        return render(request, "products.html", {"page": page})


    class Products(ListView):
        model = Product
        paginate_by = 25
        ordering = ["pk"]

Flagged (app/notes.py):

    import sqlite3

    db = sqlite3.connect("notes.db")
    db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)")


    def rows_of(page):
        rows = db.execute("SELECT title FROM notes LIMIT ? OFFSET ?", page)
        return rows.fetchall()

Fixed (app/notes.py):

    import sqlite3

    db = sqlite3.connect("notes.db")
    db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)")


    def rows_of(page):
        rows = db.execute("SELECT title FROM notes ORDER BY id LIMIT ? OFFSET ?", page)
        return rows.fetchall()

Fine:

    from sqlalchemy import func, select

    from app.models import Item


    def pages(db, limit, offset):
        newest = select(Item).order_by(Item.made.desc()).limit(limit).offset(offset)
        query = db.query(Item)
        query = query.order_by(Item.id)
        kinds = db.query(Item.kind, func.count()).group_by(Item.kind).offset(offset).all()
        sample = db.query(Item).limit(5).all()
        return newest, query.offset(offset).limit(limit).all(), kinds, sample

Fine (shop/views.py):

    from django.core.paginator import Paginator
    from django.db import models


    class Product(models.Model):
        class Meta:
            ordering = ["name"]


    class Tag(models.Model):
        name = models.TextField()


    def pages(number, names):
        newest = Tag.objects.order_by("-id")[10:20]
        some = Tag.objects.all()[:5]
        return Paginator(Product.objects.all(), 25), Paginator(names, 25), newest, some

When to ignore: the rows are shown in any order on purpose, such as a random sample.

References: https://www.postgresql.org/docs/current/queries-limit.html
https://docs.djangoproject.com/en/stable/topics/pagination/
https://docs.sqlalchemy.org/en/20/faq/ormconfiguration.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.class_lists import unordered_class
from harden.checklists.database.unordered import unordered_pages
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module

check = Check(
    id="unordered-pagination",
    title="Pages without a stable order",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.stable_order:OrderByKey", Risk.REVIEW),
    words=("offset", "OFFSET", "limit", "LIMIT", "slice", "paginat", "Paginator", "skip", "objects"),
)


@check.module
def pages(module: Module) -> Iterator[Finding]:
    """Flag queries that are cut to pages without an order."""
    for found in unordered_pages(module):
        facts = {"style": found.style, "before": found.before, "order": found.order, "query": ""}
        message = f"the rows of {found.model} are cut to pages in no stable order"
        yield check.found(module, found.place, message, facts=facts, why_not=found.why_not)


@check.node(ast.ClassDef)
def list_views(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag class-based lists with pages whose rows have no order."""
    if isinstance(node, ast.ClassDef) and (page := unordered_class(module, node)):
        yield check.found(
            module,
            node,
            f"{node.name} sends pages in no stable order",
            facts=page.facts,
            why_not=page.why_not,
        )
