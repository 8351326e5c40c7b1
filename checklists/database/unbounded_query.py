"""A list that is sent whole grows with the data until it takes the service down.

The query that gives ten rows today gives a million in a year. Each request then reads them all, builds
an object for each, and holds them until the answer is sent: memory runs out, the database is busy with
one page, and every client waits. A list needs a limit that the server enforces, and a stable order, or
rows are repeated and left out between two pages.
Only what a request handler returns, serialises or renders is looked at. Not reported: rows picked by
primary key, aggregates and groups, distinct values, lists that are cut or paginated, streamed results,
querysets that a function gives to its callers, queries that only serve to look something up, and what
belongs to one row, such as `post.comments.all()`: how much that may be is for the one who knows the data.
The fix adds `limit` and `offset` (Django: `page`) and leaves the shape of the response as it is, unless an
envelope is asked for. With the option `rest=project`, Django REST framework gets a default for all its lists
in the settings instead, which puts them into its own envelope. A function between handler and query hands
limit and offset on, if all its callers are in sight; where a template, a test or a caller relies on every
row, the fix is explained instead. Clients that expect everything must ask for further pages, and templates
want links to them.

Flagged:

    from fastapi import APIRouter, Depends
    from sqlalchemy.orm import Session

    from app.db import Base, Column, Integer, get_db

    router = APIRouter()


    class Item(Base):
        id = Column(Integer, primary_key=True)


    @router.get("/items")
    def list_items(db: Session = Depends(get_db)):
        return db.query(Item).all()

Fixed:

    from typing import Annotated

    from fastapi import APIRouter, Depends, Query
    from sqlalchemy.orm import Session

    from app.db import Base, Column, Integer, get_db

    router = APIRouter()


    class Item(Base):
        id = Column(Integer, primary_key=True)


    @router.get("/items")
    def list_items(
        db: Session = Depends(get_db),
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Annotated[int, Query(ge=0)] = 0,
    ):
        return db.query(Item).order_by(Item.id).limit(limit).offset(offset).all()

Flagged:

    from flask import Blueprint, render_template

    from app.models import Note

    bp = Blueprint("notes", __name__)


    @bp.route("/notes")
    def index():
        notes = (
            Note.query.filter_by(public=True)
            .order_by(Note.id)
            .all()
        )
        return render_template("notes.html", notes=notes)

Fixed:

    from flask import Blueprint, render_template, request

    from app.models import Note

    bp = Blueprint("notes", __name__)


    @bp.route("/notes")
    def index():
        limit = min(max(request.args.get("limit", 50, type=int), 1), 200)
        offset = max(request.args.get("offset", 0, type=int), 0)
        notes = (
            Note.query.filter_by(public=True)
            .order_by(Note.id)
            .limit(limit)
            .offset(offset)
            .all()
        )
        return render_template("notes.html", notes=notes)

Flagged (shop/views.py):

    from django.db import models
    from django.shortcuts import render


    class Product(models.Model):
        name = models.TextField()


    def products(request):
        found = Product.objects.filter(name__contains=request.GET["q"])
        return render(request, "products.html", {"products": found})

Fixed (shop/views.py):

    from django.core.paginator import Paginator
    from django.db import models
    from django.shortcuts import render


    class Product(models.Model):
        name = models.TextField()


    def products(request):
        found = Product.objects.filter(name__contains=request.GET["q"]).order_by("pk")
        found = Paginator(found, 50).get_page(request.GET.get("page"))
        return render(request, "products.html", {"products": found})

Flagged (shop/lists.py):

    from django.views.generic import ListView

    from shop.models import Product


    class Products(ListView):
        model = Product
        ordering = ["name"]

Fixed (shop/lists.py):

    from django.views.generic import ListView

    from shop.models import Product


    class Products(ListView):
        model = Product
        ordering = ["name"]
        paginate_by = 50

Fine:

    from fastapi import APIRouter
    from sqlalchemy import func, select

    from app.models import Item, Owner

    router = APIRouter()


    @router.get("/items")
    def some(db, ids: list[int]):
        newest = db.query(Item).order_by(Item.id.desc()).limit(20).all()
        picked = db.query(Item).filter(Item.id.in_(ids)).all()
        counts = db.execute(select(Item.kind, func.count()).group_by(Item.kind)).all()
        owners = {owner.id: owner for owner in db.query(Owner).all()}
        return {"newest": newest, "picked": picked, "counts": counts, "first": owners[1]}


    def nightly(db):
        return db.query(Item).all()

Fine (shop/views.py):

    from django.core.paginator import Paginator
    from django.shortcuts import render

    from shop.models import Product


    def products(request):
        found = Product.objects.all().order_by("pk")
        page = Paginator(found, 25).get_page(request.GET.get("page"))
        newest = Product.objects.order_by("-made")[:5]
        return render(request, "products.html", {"page": page, "newest": newest})

When to ignore: the table is small by its nature, such as countries or the plans on offer.

References: https://fastapi.tiangolo.com/tutorial/query-params-str-validations/
https://docs.djangoproject.com/en/stable/topics/pagination/
https://www.django-rest-framework.org/api-guide/pagination/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.class_lists import class_page
from harden.checklists.database.handlers import handler_of
from harden.checklists.database.paging import obstacle, page_facts, query_facts, query_obstacle
from harden.checklists.database.passing import passage
from harden.checklists.database.purposes import Purpose, purposes
from harden.checklists.database.queries import Rows, rows_of
from harden.checklists.database.reach import output_handler
from harden.checks import Check, Fix
from harden.errors import Refusal
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.tree import FunctionNode

check = Check(
    id="unbounded-query",
    title="Query without a limit",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.pagination:Paginate", Risk.REVIEW),
)


@check.module
def lists(module: Module) -> Iterator[Finding]:
    """Flag queries that may give any number of rows, all of which a handler sends."""
    found = [rows for call in module.nodes(ast.Call) if (rows := rows_of(module, call))]
    for rows in found:
        function = module.function(rows.result)
        what = purposes(module, rows.result) if function is not None else set()
        if function is None or Purpose.OUTPUT not in what or Purpose.BOUNDED in what:
            continue
        if isinstance(module.parents.get(function), ast.ClassDef) and function.name == "get_queryset":
            continue  # the class is judged as a whole
        handler = handler_of(module, rows.result)
        if handler is not None:
            siblings = [
                other for other in found if other is not rows and handler_of(module, other.result) is handler
            ]
            why_not = obstacle(module, handler, rows, what, siblings)
            facts = {} if why_not else page_facts(module, handler, rows)
            yield _finding(module, rows, facts, why_not)
        elif rows.style != "queryset" and output_handler(module, function):
            others = [other for other in found if module.function(other.result) is function]
            yield _passed_on(module, function, rows, what, others)


def _passed_on(
    module: Module, function: FunctionNode, rows: Rows, what: set[Purpose], siblings: list[Rows]
) -> Finding:
    """Report a list that handlers get from a function, which they can ask for a page."""
    why_not = query_obstacle(module, rows, what, [other for other in siblings if other is not rows])
    if why_not:
        return _finding(module, rows, {}, why_not)
    try:
        steps = passage(module, function)
    except Refusal as refusal:
        return _finding(module, rows, {}, str(refusal))
    return _finding(module, rows, query_facts(module, rows, steps), "")


@check.node(ast.ClassDef)
def list_views(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag class-based lists of Django and Django REST framework that have no page size."""
    if isinstance(node, ast.ClassDef) and (page := class_page(module, node)):
        yield check.found(
            module, node, f"{node.name} lists every row", facts=page.facts, why_not=page.why_not
        )


def _finding(module: Module, rows: Rows, facts: dict[str, str], why_not: str) -> Finding:
    severity = Severity.MEDIUM if rows.filtered else Severity.HIGH
    name = f" of {module.segment(rows.model)}" if rows.model is not None else ""
    message = f"every {'matching ' if rows.filtered else ''}row{name} is sent at once"
    return check.found(module, rows.place, message, facts=facts, why_not=why_not, severity=severity)
