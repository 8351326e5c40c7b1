"""The database says one thing, the queue or the bank another.

Two systems are written one after the other, and between them the process may be killed, a broker away, a
commit refused. Then the order exists and nobody ever hears of it, or the card is charged and there is no
order. No order of the two calls helps. Write the message into a table (an outbox) in the same transaction as
the row, and let a worker send it until it is acknowledged; before money moves, commit a pending row and give
its id to the payment service as idempotency key, so that a retry or a webhook can finish the pair.

Flagged are, in one function, messages to Kafka, RabbitMQ, SQS, SNS, Pub/Sub, streams of Redis and lists that
the project takes from, and changes of a search index, beside a committed write; and payments that come before
the first write of what they were for. Left out: projects with an outbox, functions that catch the failure of
the second step or undo the first, payments with an idempotency key or where webhooks tell of them,
`transaction.on_commit`, tasks, mail, and tasks of Celery sent after the commit.

Flagged (app/orders.py):

    import json
    import os

    import boto3
    from flask import Flask, jsonify, request
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy()
    queue = boto3.client("sqs")


    class Order(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        item = db.Column(db.String(80))


    @app.post("/orders")
    def create():
        order = Order(item=request.json["item"])
        db.session.add(order)
        db.session.commit()
        queue.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps({"order": order.id}))
        return jsonify(id=order.id), 201

Fixed (app/orders.py):

    import json

    from flask import Flask, jsonify, request
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy()


    class Order(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        item = db.Column(db.String(80))


    class Outbox(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        message = db.Column(db.Text)
        sent_at = db.Column(db.DateTime(timezone=True))


    @app.post("/orders")
    def create():
        order = Order(item=request.json["item"])
        db.session.add(order)
        db.session.flush()
        db.session.add(Outbox(message=json.dumps({"order": order.id})))
        db.session.commit()
        return jsonify(id=order.id), 201

Flagged (shop/views.py):

    import stripe
    from django.db import models
    from django.http import JsonResponse


    class Order(models.Model):
        amount = models.IntegerField()
        charge = models.CharField(max_length=80)


    def checkout(request):
        amount = int(request.POST["amount"])
        charge = stripe.Charge.create(amount=amount, currency="eur", source=request.POST["token"])
        order = Order.objects.create(amount=amount, charge=charge.id)
        return JsonResponse({"id": order.id})

Fixed (shop/views.py):

    import stripe
    from django.db import models
    from django.http import JsonResponse


    class Order(models.Model):
        amount = models.IntegerField()
        charge = models.CharField(max_length=80)


    def checkout(request):
        amount = int(request.POST["amount"])
        order = Order.objects.create(amount=amount, charge="")
        charge = stripe.Charge.create(
            amount=amount,
            currency="eur",
            source=request.POST["token"],
            idempotency_key=f"order-{order.id}",
        )
        order.charge = charge.id
        order.save()
        return JsonResponse({"id": order.id})

Flagged (app/articles.py):

    from elasticsearch import Elasticsearch
    from fastapi import Depends, FastAPI
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    app = FastAPI()
    search = Elasticsearch("https://search.internal:9200")


    class Model(DeclarativeBase):
        pass


    class Article(Model):
        __tablename__ = "articles"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]


    @app.post("/articles")
    def create(title: str, db: Session = Depends()):
        article = Article(title=title)
        db.add(article)
        db.commit()
        search.index(index="articles", id=article.id, document={"title": title})
        return article.id

Fixed (app/articles.py):

    from fastapi import Depends, FastAPI
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    app = FastAPI()


    class Model(DeclarativeBase):
        pass


    class Article(Model):
        __tablename__ = "articles"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        indexed: Mapped[bool] = mapped_column(default=False, index=True)


    @app.post("/articles")
    def create(title: str, db: Session = Depends()):
        article = Article(title=title)
        db.add(article)
        db.commit()  # a worker indexes what is not indexed
        return article.id

Fine (app/orders.py):

    import os

    import boto3
    import redis
    import requests
    import stripe
    from flask import Flask, jsonify, request
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy()
    queue = boto3.client("sqs")
    cache = redis.Redis()


    class Order(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        item = db.Column(db.String(80))
        charge = db.Column(db.String(80))


    @app.post("/orders")
    def create():
        order = Order(item=request.json["item"])
        db.session.add(order)
        db.session.commit()
        try:
            queue.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=str(order.id))
        except Exception:
            db.session.delete(order)
            db.session.commit()
            raise
        cache.delete("orders")
        cache.publish("orders", order.id)
        return jsonify(id=order.id), 201


    @app.post("/orders/<int:order_id>/pay")
    def pay(order_id):
        order = db.session.get(Order, order_id)
        charge = stripe.Charge.create(amount=100, currency="eur", idempotency_key=f"order-{order_id}")
        order.charge = charge.id
        db.session.commit()
        return ""


    @app.post("/orders/refunded")
    def undone():
        charge = stripe.Charge.create(amount=100, currency="eur")
        try:
            db.session.add(Order(charge=charge.id))
            db.session.commit()
        except Exception:
            stripe.Refund.create(charge=charge.id)
            raise
        return ""


    @app.post("/remind")
    def remind():
        orders = Order.query.limit(10).all()
        for order in orders:
            queue.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=str(order.id))
        rates = requests.post("https://rates.example.com/quotes", json={"n": len(orders)}, timeout=5)
        return rates.text

Pattern (django):

    from django.db import models, transaction


    class Outbox(models.Model):
        topic = models.CharField(max_length=80)
        body = models.JSONField()
        sent_at = models.DateTimeField(null=True, db_index=True)


    def place(order, topic):
        with transaction.atomic():
            order.save()
            Outbox.objects.create(topic=topic, body={"order": order.pk})


    def relay(send):
        for entry in Outbox.objects.filter(sent_at=None).order_by("id")[:100]:
            send(entry.topic, entry.body)  # consumers take each id once
            entry.delete()

Pattern:

    def place(session, order, outbox):
        with session.begin():
            session.add(order)
            session.flush()
            session.add(outbox(topic="orders", body={"order": order.id}))


    def relay(session, outbox, send):
        for entry in session.query(outbox).order_by(outbox.id).limit(100):
            send(entry.topic, entry.body)  # consumers take each id once
            session.delete(entry)
            session.commit()

When to ignore: a job compares both systems regularly, or the second one is only a hint that may be lost.

References:
    https://microservices.io/patterns/data/transactional-outbox.html
    https://docs.stripe.com/api/idempotent_requests
    https://docs.djangoproject.com/en/5.2/topics/db/transactions/#performing-actions-after-commit
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.database.effects import PACKAGES, message_of, payment_of
from harden.checklists.database.races import DATABASES
from harden.checklists.database.transactions import commits_of, transaction_at
from harden.checklists.database.writes import Does, writes_of
from harden.checklists.reached_calls import Reached
from harden.checklists.remote_calls import remote_path
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode, own_nodes

check = Check(
    id="dual-write",
    title="Database and another system written one after the other",
    severity=Severity.MEDIUM,
)

_UNDOES = re.compile(r"(?i)refund|void|cancel|revers|compensat|rollback_payment|undo")
_REPAIRS = ("outbox", "Outbox", "OUTBOX")
_TOLD = ("construct_event", "payment_intent.succeeded", "charge.succeeded")
_WRITES = ("commit", "save", "create", "insert", "update", "store", "place", "persist", "make", "register")
_Spot = tuple[int, int]


@check.module
def written_in_one_go(module: Module) -> Iterator[Finding]:
    """Flag messages, indexes and payments that a failure leaves without their row, or it without them."""
    project = module.project
    if project.imported.isdisjoint(PACKAGES) or project.imported.isdisjoint(DATABASES):
        return
    functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    for function in functions:
        if module.role(function) in (Role.CLI, Role.TEST, Role.TASK):
            continue
        calls = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
        for call in calls if any(map(_may_write, calls)) else ():
            effect = payment_of(module, call) or message_of(module, call)
            message = _message(module, function, call, effect) if effect is not None else ""
            if message and effect is not None and not any(map(project.mentions, _REPAIRS)):
                yield check.found(module, call, message, steps=effect.steps)
                break


def _may_write(call: ast.Call) -> bool:
    """Tell by its name whether a call may write rows, before it is asked what it does."""
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return name.lower().lstrip("_a").startswith(_WRITES) or name.startswith("add")


def _message(module: Module, function: FunctionNode, call: ast.Call, effect: Reached) -> str:
    if _is_handled(module, call) or transaction_at(module, call) is not None:
        return ""
    kept = _kept(module, function, call)
    if payment_of(module, call) is not None:
        is_first = bool(kept) and min([*kept, *_writes(module, function, call)]) > _at(call)
        if not is_first or _is_undone(function) or any(map(module.project.mentions, _TOLD)):
            return ""
        return (
            f"{effect.said} has taken the money when the write after it fails: nothing finishes or undoes it"
        )
    before = [at for at in kept if at < _at(call)]
    if before:
        return f"the commit has been made when {effect.said} fails: nothing sends it again"
    if kept and not remote_path(module, call):
        return f"{effect.said} has been sent when the commit after it fails: nothing takes it back"
    return ""


def _kept(module: Module, function: FunctionNode, call: ast.Call) -> list[_Spot]:
    """Return where a function writes for good: commits after a write, and writes of their own transaction."""
    writes = [write for write in writes_of(module, function) if write.at is not call]
    if not writes:
        return []
    kept = [_at(write.at) for write in writes if write.at_once and write.does is not Does.DELETE]
    first = min(_at(write.at) for write in writes)
    return [*kept, *(_at(one.at) for one in commits_of(module, function) if _at(one.at) >= first)]


def _writes(module: Module, function: FunctionNode, call: ast.Call) -> list[_Spot]:
    """Return where a function writes at all, beside what a call itself does."""
    return [_at(write.at) for write in writes_of(module, function) if write.at is not call]


def _is_handled(module: Module, call: ast.Call) -> bool:
    """Tell whether the failure of a call is caught in its own function."""
    child: ast.AST = call
    for outer in module.ancestors(call):
        if isinstance(outer, FunctionNode | ast.Lambda):
            return False
        if isinstance(outer, ast.Try) and child in outer.body and outer.handlers:
            return True
        child = outer
    return False


def _is_undone(function: FunctionNode) -> bool:
    """Tell whether a function calls something that takes a payment back."""
    return any(
        isinstance(node, ast.Call) and _UNDOES.search(ast.unparse(node.func)) for node in own_nodes(function)
    )


def _at(node: ast.AST) -> _Spot:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
