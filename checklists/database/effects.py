"""Calls that change what has to agree with the database: payments, queues, search indexes."""

from __future__ import annotations

import ast
import re

from harden.checklists.reached_calls import Reached, Reaching
from harden.model_facts import last_of
from harden.module import Module

PACKAGES = frozenset(
    {"stripe", "braintree", "requests", "httpx", "aiohttp", "boto3", "kafka", "confluent_kafka", "aiokafka"}
    | {"pika", "aio_pika", "kombu", "nats", "google", "redis", "elasticsearch", "opensearchpy", "meilisearch"}
    | {"algoliasearch", "typesense", "azure"}
)
"""Packages without which a project has none of these effects."""
_PAYS = {
    "stripe": frozenset({"create", "capture", "confirm", "pay"}),
    "braintree": frozenset({"sale", "refund", "submit_for_settlement"}),
}
_CHARGED = re.compile(
    r"(?i)\b(charge|paymentintent|payment_intents|refund|subscription|invoice|transfer|payout)s?\b"
)
_PAYMENT_URL = re.compile(
    r"(?i)/(charges?|payments?|payment[-_]intents?|refunds?|payouts?|transfers?|captures?)\b"
)
_POSTS = re.compile(r"^(requests|httpx|aiohttp)\..*post$|^(requests|httpx)\.post$")
_QUEUES = {
    "boto3": frozenset(
        {"send_message", "send_message_batch", "publish", "put_events", "put_record", "put_records"}
    ),
    "kafka": frozenset({"send"}),
    "confluent_kafka": frozenset({"produce"}),
    "aiokafka": frozenset({"send", "send_and_wait"}),
    "pika": frozenset({"basic_publish"}),
    "aio_pika": frozenset({"publish"}),
    "kombu": frozenset({"publish"}),
    "nats": frozenset({"publish"}),
    "google": frozenset({"publish"}),
    "redis": frozenset({"xadd", "lpush", "rpush"}),
    "elasticsearch": frozenset({"index", "update", "delete", "create", "bulk"}),
    "opensearchpy": frozenset({"index", "update", "delete", "create", "bulk"}),
    "meilisearch": frozenset({"add_documents", "update_documents", "delete_document"}),
    "algoliasearch": frozenset({"save_object", "save_objects", "delete_object"}),
}
_PUSHES = frozenset({"lpush", "rpush"})
_POPS = (".brpop(", ".blpop(", ".rpop(", ".lpop(", ".blmove(", ".brpoplpush(")
"""How a worker takes what waits in a list of Redis."""


def payment_path(module: Module, call: ast.Call) -> str:
    """Return the path of a call that moves money; nothing for others, and where a retry is recognised."""
    path = module.resolve(call.func) or ""
    package = path.partition(".")[0]
    if last_of(path) in _PAYS.get(package, ()):
        pays = package != "stripe" or _CHARGED.search(path)
    else:
        pays = _POSTS.match(path) and _PAYMENT_URL.search(_address(module, call))
    return path if pays and "dempoten" not in module.segment(call) else ""


def _address(module: Module, call: ast.Call) -> str:
    """Return what is constant in the address that a call is made to."""
    given = call.args[0] if call.args else None
    if isinstance(given, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in given.values)
    if isinstance(given, ast.BinOp):
        return _part(module, given.left) + _part(module, given.right)
    return _part(module, given)


def _part(module: Module, expr: ast.expr | None) -> str:
    return module.string(expr) or ""


def message_path(module: Module, call: ast.Call) -> str:
    """Return the path of a call that sends a message to a queue, or changes an index of a search engine."""
    if not isinstance(call.func, ast.Attribute):
        return ""
    name = call.func.attr
    if not any(name in names for names in _QUEUES.values()):
        return ""
    path = module.resolve(call.func) or ""
    if name in _PUSHES and not any(map(module.project.mentions, _POPS)):
        return ""  # a list of what happened, perhaps
    known = (path, *module.project.inherited(path))
    return next((one for one in known if name in _QUEUES.get(one.partition(".")[0], ())), "")


_PAYMENTS = Reaching(payment_path)
_MESSAGES = Reaching(message_path)


def payment_of(module: Module, call: ast.Call) -> Reached | None:
    """Return the payment that a call makes, itself or through functions of the project."""
    return _PAYMENTS.of(module, call)


def message_of(module: Module, call: ast.Call) -> Reached | None:
    """Return the message or change of an index that a call makes, itself or through functions."""
    return _MESSAGES.of(module, call)
