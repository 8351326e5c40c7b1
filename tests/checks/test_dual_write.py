"""Which effects beside a write are told of, through functions and files of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.project import Project
from harden.registry import checks
from harden.scan import Rules, scan_file

EVENTS = """\
import json

import pika
import redis
import requests

cache = redis.Redis()


def publish(name, data):
    channel = pika.BlockingConnection().channel()
    channel.basic_publish(exchange="", routing_key=name, body=json.dumps(data))


def charge(amount):
    return requests.post(f"{HOST}/v1/charges", json={"amount": amount}, timeout=5).json()


def push(order):
    cache.lpush("orders", order)
"""
MODELS = """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)


def save(order):
    db.session.add(order)
    db.session.commit()
"""
VIEWS = """\
from flask import Flask

from app.events import charge, publish, push
from app.models import Order, db, save

app = Flask(__name__)


@app.post("/orders")
def create():
    order = Order()
"""
WORKER = "from app.events import cache\n\n\ndef work():\n    return cache.brpop('orders')\n"


def said(tmp_path: Path, body: str, **others: str) -> list[str]:
    lines = "".join(f"    {line}\n" for line in body.split("; "))
    files = {"app/events.py": EVENTS, "app/models.py": MODELS, "app/views.py": VIEWS + lines}
    files |= {f"app/{name}.py": text for name, text in others.items()}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    project = Project(tmp_path, tuple(sorted(files)))
    result = scan_file(project, Rules((checks()["dual-write"],)), "app/views.py")
    assert not result.problems
    return [finding.message for finding in result.findings]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("save(order); publish('made', order.id)", "nothing sends it again"),
        ("db.session.add(order); publish('made', 1); db.session.commit()", "nothing takes it back"),
        ("charge(100); save(order)", "has taken the money"),
        ("save(order); charge(100); db.session.commit()", ""),
        ("charge(100); save(order); refund(order)", ""),
        ("publish('seen', 1)", ""),
        ("save(order); push(order.id)", ""),
    ],
)
def test_what_comes_beside_a_commit(tmp_path: Path, body: str, words: str) -> None:
    found = said(tmp_path, body)
    assert len(found) == bool(words)
    assert all(words in message for message in found)


def test_a_list_that_somebody_takes_from_is_a_queue(tmp_path: Path) -> None:
    assert said(tmp_path, "save(order); push(order.id)", worker=WORKER)


def test_an_outbox_repairs(tmp_path: Path) -> None:
    assert not said(tmp_path, "save(order); publish('made', 1)", relay="class Outbox:\n    pass\n")
