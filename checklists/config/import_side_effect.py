"""Importing a module talks to another machine, or starts a thread.

A module is imported by every worker, by tests, by migrations, by the shell and by tools that only read
its names. When the import itself asks an API or opens a connection to the database, none of these start
while the other side is down, a deployment hangs for as long as it is slow, and nothing can be put in its
place in a test. A connection or a thread that is made before the server forks its workers is shared by
all of them, or is missing in them. An answer that is read once is kept until the next deployment,
whatever changes.

Looked at is what runs at the top level of modules that others import or a server loads: HTTP and mail,
sockets, calls of cloud services, connections and queries of databases and brokers, downloads, threads and
processes, in place or in a function that is called there. Programs of their own, commands and `__main__`
blocks are left out, as are applications, engines and clients that connect when they are first used,
SQLite, Streamlit pages, what a Lambda function prepares, and connections that all requests share
(`shared-session`).

Flagged:

    import requests
    from fastapi import FastAPI

    app = FastAPI()
    RATES = requests.get("https://rates.shop.io/today", timeout=5).json()["rates"]


    @app.get("/rates")
    def rates():
        return RATES

Fixed:

    from functools import lru_cache

    import requests
    from fastapi import FastAPI

    app = FastAPI()


    @lru_cache(maxsize=1)
    def today():
        answer = requests.get("https://rates.shop.io/today", timeout=5)
        answer.raise_for_status()
        return answer.json()["rates"]


    @app.get("/rates")
    def rates():
        return today()

Flagged:

    import psycopg2
    from flask import Flask

    from app.config import DATABASE_URL


    def connect():
        return psycopg2.connect(DATABASE_URL)


    app = Flask(__name__)
    connection = connect()

Fixed:

    import psycopg2
    from flask import Flask, g

    from app.config import DATABASE_URL

    app = Flask(__name__)


    def connection():
        if "connection" not in g:
            g.connection = psycopg2.connect(DATABASE_URL)
        return g.connection

Flagged:

    import queue
    import threading

    from flask import Flask

    app = Flask(__name__)
    jobs = queue.Queue()


    def work():
        for job in iter(jobs.get, None):
            job()


    threading.Thread(target=work, daemon=True).start()

Fixed:

    import queue
    import threading

    from flask import Flask

    jobs = queue.Queue()


    def work():
        for job in iter(jobs.get, None):
            job()


    def create_app():
        app = Flask(__name__)
        threading.Thread(target=work, daemon=True).start()
        return app

Flagged (shop/forms.py):

    from django import forms

    from shop.models import Category


    class Filter(forms.Form):
        category = forms.ChoiceField(choices=[(c.id, c.name) for c in Category.objects.all()])

Fixed (shop/forms.py):

    from django import forms

    from shop.models import Category


    class Filter(forms.Form):
        category = forms.ModelChoiceField(queryset=Category.objects.all())

Fine:

    import boto3
    import redis
    from celery import Celery
    from fastapi import FastAPI
    from pymongo import MongoClient
    from sqlalchemy import create_engine

    from app.config import settings

    app = FastAPI()
    queue = Celery("shop", broker=settings.broker)
    engine = create_engine(settings.database_url)
    cache = redis.Redis.from_url(settings.redis_url)
    store = boto3.client("s3")
    notes = MongoClient(settings.mongo_url)["shop"]["notes"]

Fine:

    import requests
    from flask import Flask

    app = Flask(__name__)


    def rates():
        return requests.get("https://rates.shop.io/today", timeout=5).json()


    refresh = lambda: requests.get("https://rates.shop.io/refresh", timeout=5)

    if __name__ == "__main__":
        print(requests.get("https://rates.shop.io/health", timeout=5).status_code)
        app.run()

Fine (report.py):

    import psycopg2

    connection = psycopg2.connect("service=shop")
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders")
        print(cursor.fetchone())

Fine (shop/views.py):

    from django.views.generic import ListView

    from shop.models import Category


    class Categories(ListView):
        queryset = Category.objects.filter(shown=True)

Pattern (fastapi, starlette):

    from contextlib import asynccontextmanager

    import httpx
    from fastapi import FastAPI


    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with httpx.AsyncClient(timeout=5) as client:
            app.state.rates = (await client.get("https://rates.shop.io/today")).json()
            yield


    app = FastAPI(lifespan=lifespan)

Pattern (flask, quart):

    from flask import Flask


    def create_app():
        app = Flask(__name__)
        app.extensions["rates"] = load_rates()  # what the start needs, in the factory
        return app

Pattern (django):

    from functools import lru_cache

    from shop.models import Category


    @lru_cache(maxsize=1)
    def categories():
        return dict(Category.objects.values_list("id", "name"))

Pattern:

    from functools import lru_cache


    @lru_cache(maxsize=1)
    def rates():
        return load_rates()  # when it is first asked for, and once

When to ignore: the program cannot do anything at all without the answer, and is never imported by
anything else.

References:

    https://docs.gunicorn.org/en/stable/settings.html#preload-app
    https://docs.djangoproject.com/en/stable/ref/applications/#how-applications-are-loaded
    https://fastapi.tiangolo.com/advanced/events/
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.called import function_of
from harden.checklists.blocked import block_of
from harden.checklists.blocking_calls import called_kind
from harden.checklists.database.shared_handles import shared_of
from harden.checklists.imported import is_loaded
from harden.checklists.written import written
from harden.checks import Check
from harden.environment import is_playground
from harden.findings import Finding, Severity
from harden.module import Module, keyword
from harden.roles import WEB_PACKAGES, FileKind
from harden.tree import FunctionNode

check = Check(
    id="import-side-effect",
    title="Work done by an import",
    severity=Severity.MEDIUM,
    kinds=frozenset({FileKind.APP}),
)

_TALKS = frozenset({"http", "mail", "socket", "cloud", "database"})
_CONNECTS = frozenset(
    {"pika.BlockingConnection", "kafka.KafkaProducer", "kafka.KafkaConsumer", "nltk.download"}
    | {f"psycopg2.pool.{kind}ConnectionPool" for kind in ("Simple", "Threaded", "Persistent")}
    | {f"sqlalchemy.create_engine.{how}" for how in ("connect", "begin", "raw_connection")}
    | {"mysql.connector.pooling.MySQLConnectionPool", "cassandra.cluster.Cluster.connect"}
    | {"paho.mqtt.client.Client.connect"}
    | {"weaviate.connect_to_local", "weaviate.connect_to_custom"}
)
_ASKED = re.compile(
    r"pymongo\.(\w+\.)*MongoClient\.(\w+\.)*(command|server_info|list_database_names|list_collection_names)"
    r"|(elasticsearch\.Elasticsearch|opensearchpy\.OpenSearch)\.(indices\.)?(ping|info|create|exists)"
)
"""Methods of clients that connect when they are first used, and these use them."""
_THREADS = frozenset(
    {"threading.Thread.start", "threading.Timer.start", "multiprocessing.Process.start"}
    | {f"concurrent.futures.{kind}Executor.submit" for kind in ("ThreadPool", "ProcessPool")}
    | {f"concurrent.futures.{part}Executor.submit" for part in ("thread.ThreadPool", "process.ProcessPool")}
    | {"_thread.start_new_thread"}
)
_OBJECTS = "objects."
_EVALUATED = re.compile(
    r".+\.objects(\.\w+)*\.(get|first|last|count|exists|create|get_or_create|update_or_create|in_bulk"
    r"|aggregate|earliest|latest)"
)
_LAZY = re.compile(r".+\.objects(\.\w+)*\.(all|filter|exclude|values|values_list|order_by|only)")
_FACTORY = re.compile(
    r"(create|make|build|init|get|setup)_(\w+_)?(app|application|api|server|engine|client)s?"
)
_OPAQUE = (ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple, ast.Name, ast.Lambda, ast.JoinedStr)
_COLLECTS = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "dict", "set", "sorted", "len", "bool")
)


@check.module
def work_at_import(module: Module) -> Iterator[Finding]:
    """Flag what the top level of a module does beyond defining names."""
    found = [
        (call, what)
        for statement in _statements(module)
        for expr in _expressions(statement)
        for call, what in _work(module, expr)
    ]
    if not found or not is_loaded(module):
        return
    for call, what in found:
        if not is_playground(module, call) and not _is_shared(module, call):
            yield check.found(module, call, f"{what} when this module is imported")


def _is_shared(module: Module, expr: ast.expr) -> bool:
    """Tell whether a connection is shared by all requests, which is told of as that."""
    return isinstance(expr, ast.Call) and shared_of(module, expr) is not None


def _statements(module: Module) -> Iterator[ast.stmt]:
    """Yield the statements that an import runs; of classes only those that speak of a table."""
    has_tables = _OBJECTS in module.text
    todo = [(statement, False) for statement in reversed(module.tree.body)]
    while todo:
        statement, in_class = todo.pop()
        if isinstance(statement, FunctionNode | ast.Import | ast.ImportFrom):
            continue
        is_class = isinstance(statement, ast.ClassDef)
        if (is_class or in_class) and not (has_tables and _names_tables(module, statement)):
            continue
        yield statement
        inner = (
            [] if isinstance(statement, ast.If) and _is_never(statement.test) else _block(statement, "body")
        )
        for handler in getattr(statement, "handlers", []):
            inner += handler.body
        inner += [*_block(statement, "orelse"), *_block(statement, "finalbody")]
        todo += [(one, in_class or is_class) for one in reversed(inner)]


def _block(statement: ast.stmt, name: str) -> list[ast.stmt]:
    return [*getattr(statement, name, [])]


def _names_tables(module: Module, statement: ast.stmt) -> bool:
    return any(_OBJECTS in line for line in module.lines[statement.lineno - 1 : statement.end_lineno])


def _is_never(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare | ast.Name | ast.Attribute) and any(
        isinstance(node, ast.Name | ast.Attribute)
        and getattr(node, "id", getattr(node, "attr", "")) in ("__name__", "TYPE_CHECKING")
        for node in ast.walk(test)
    )


def _expressions(statement: ast.stmt) -> list[ast.expr]:
    """Return what a statement works out itself, values of a kind that calls nothing of interest left out."""
    match statement:
        case ast.Expr(value=value) | ast.Assign(value=value) | ast.AugAssign(value=value):
            found = [value]
        case ast.AnnAssign(value=ast.expr() as value):
            found = [value]
        case ast.With(items=items):
            found = [item.context_expr for item in items]
        case ast.For(iter=value):
            found = [value]
        case ast.If(test=test) | ast.While(test=test):
            found = [test]
        case _:
            found = []
    return [value for value in found if not isinstance(value, _OPAQUE)]


def _work(module: Module, expr: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Yield what reaches out of the process in an expression, with what a message says of it."""
    todo: list[ast.AST] = [expr]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Call) and (what := _done_by(module, node)):
            yield node, what
            return
        if isinstance(node, ast.comprehension) and _LAZY.fullmatch(module.resolve(node.iter) or ""):
            yield node.iter, "the database is asked"
            return
        todo += ast.iter_child_nodes(node)


def _done_by(module: Module, call: ast.Call) -> str:
    """Return what a call does beyond this process, or nothing."""
    path, kind = called_kind(module, call)
    words = f"{ast.unparse(call.func)}()" if len(call.args) < 9 else path
    if path.startswith("sqlite3."):
        return ""
    if path in _CONNECTS or kind in _TALKS or _ASKED.fullmatch(path):
        return "" if kind == "cloud" and _is_lambda(module) else f"{words} waits for another machine"
    if path in _THREADS:
        return "" if _is_schedule(module, call) else f"{words} starts a thread"
    if _OBJECTS in module.text and _asks_database(module, call, path):
        return "the database is asked"
    return _done_inside(module, call, path) if module.project.owns(path) else ""


def _done_inside(module: Module, call: ast.Call, path: str) -> str:
    """Return what a function of the project does that is called here."""
    if _FACTORY.fullmatch(path.rpartition(".")[2]):
        return ""
    block = block_of(module, call)
    if block is None or block.kind not in _TALKS or block.path.startswith("sqlite3."):
        return ""
    if block.kind == "cloud" and _is_lambda(module):
        return ""
    return f"{ast.unparse(call.func)}() waits for another machine ({block.where})"


def _asks_database(module: Module, call: ast.Call, path: str) -> bool:
    """Tell whether a call runs a query of Django's ORM."""
    if _EVALUATED.fullmatch(path):
        return True
    return path in _COLLECTS and any(_LAZY.fullmatch(module.resolve(given) or "") for given in call.args)


def _is_lambda(module: Module) -> bool:
    """Tell whether a file holds a Lambda function: what it prepares is done before the first event."""
    return any(
        [arg.arg for arg in function.args.args] == ["event", "context"]
        for function in module.nodes(ast.FunctionDef)
    )


def _is_schedule(module: Module, call: ast.Call) -> bool:
    """Tell whether a thread works at intervals in a web service, which is another defect."""
    made = written(module, call.func.value) if isinstance(call.func, ast.Attribute) else None
    target = keyword(made, "target") if isinstance(made, ast.Call) else None
    called = function_of(module, target) if target is not None else None
    if called is None or module.project.imported.isdisjoint(WEB_PACKAGES):
        return False
    nodes = list(ast.walk(called[1]))
    return any(isinstance(node, ast.While) for node in nodes) and any(
        isinstance(node, ast.Attribute) and node.attr in ("sleep", "run_pending") for node in nodes
    )
