"""Each process counts, limits and switches for itself what is meant for all of them.

A service runs as several workers on several machines, and each has a copy of its own of a module's names. A
counter shows what one of them counted, a limit of five tries is five tries per worker, a switch that an
administrator turns holds for whichever process got the request, and numbers that are given out come twice.
Every deployment begins again at nought. Threads of one process change it at the same time, too. Keep what is
shared where all see it: a counter in Redis or the database, figures in a metrics library, who asks in the
request itself.

Looked at are names of modules, attributes of classes and of objects that live as long as the process, where
a request, a task or what these call changes them. Left out: what is filled when the program starts,
clients and settings that are made when they are first needed, values that are fetched anew when they are too
old, buffers that are emptied and lists that are kept short, locks, metrics, context variables and containers
with a size of their own, and programs that answer no requests.

Flagged:

    from flask import Flask

    app = Flask(__name__)
    visits = 0


    @app.get("/")
    def index():
        global visits
        visits += 1
        return {"visits": visits}

Fixed:

    import os

    import redis
    from flask import Flask

    app = Flask(__name__)
    store = redis.Redis.from_url(os.environ["REDIS_URL"])


    @app.get("/")
    def index():
        return {"visits": store.incr("visits")}

Flagged:

    import time
    from collections import defaultdict

    from fastapi import FastAPI, HTTPException, Request

    app = FastAPI()
    attempts = defaultdict(list)


    def check_limit(address):
        attempts[address] = [moment for moment in attempts[address] if moment > time.time() - 60]
        attempts[address].append(time.time())
        return len(attempts[address]) <= 5


    @app.post("/login")
    def login(request: Request):
        if not check_limit(request.client.host):
            raise HTTPException(429)
        return {"ok": True}

Fixed:

    import os

    import redis
    from fastapi import FastAPI, HTTPException, Request

    app = FastAPI()
    store = redis.Redis.from_url(os.environ["REDIS_URL"])


    def check_limit(address):
        key = f"attempts:{address}"
        with store.pipeline() as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, 60, nx=True)
            return pipeline.execute()[0] <= 5


    @app.post("/login")
    def login(request: Request):
        if not check_limit(request.client.host):
            raise HTTPException(429)
        return {"ok": True}

Flagged (app/handler.py):

    seen_ids = set()


    def lambda_handler(event, context):
        if event["id"] in seen_ids:
            return {"status": "duplicate"}
        seen_ids.add(event["id"])
        return {"status": "ok"}

Fixed (app/handler.py):

    import os

    import boto3
    from botocore.exceptions import ClientError

    table = boto3.resource("dynamodb").Table(os.environ["SEEN_TABLE"])


    def lambda_handler(event, context):
        try:
            table.put_item(Item={"id": event["id"]}, ConditionExpression="attribute_not_exists(id)")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return {"status": "duplicate"}
        return {"status": "ok"}

Fine:

    import collections
    import contextvars
    import threading
    import time

    import httpx
    from flask import Flask, g, request
    from prometheus_client import Counter

    app = Flask(__name__)
    requests_total = Counter("requests_total", "Requests")
    current_user = contextvars.ContextVar("current_user")
    latest = collections.deque(maxlen=100)
    lock = threading.Lock()
    locks = {}
    pending_lines = []
    LIMITS = {"login": 5}
    PLUGINS = []
    _client = None
    _rates = None
    _rates_from = 0.0


    def register(plugin):
        PLUGINS.append(plugin)
        return plugin


    def client():
        global _client
        if _client is None:
            _client = httpx.Client(timeout=5)
        return _client


    def rates():
        global _rates, _rates_from
        if _rates is None or time.monotonic() - _rates_from > 3600:
            _rates = client().get("https://rates.example/latest").json()
            _rates_from = time.monotonic()
        return _rates


    @app.before_request
    def begin():
        requests_total.inc()
        current_user.set(request.headers.get("X-User"))
        g.limits = {}
        g.limits["login"] = LIMITS["login"]


    @app.get("/")
    def index():
        latest.append(request.path)
        pending_lines.append(request.path)
        if len(pending_lines) >= 100:
            send(pending_lines)
            pending_lines.clear()
        with locks.setdefault(request.path, threading.Lock()):
            return rates()

Fine (count.py):

    import sys

    total = 0


    def count(path):
        global total
        with open(path) as file:
            total += sum(1 for _ in file)


    if __name__ == "__main__":
        count(sys.argv[1])
        print(total)

Pattern (flask):

    import os

    import redis
    from flask import Flask

    app = Flask(__name__)
    store = redis.Redis.from_url(os.environ["REDIS_URL"])


    @app.get("/articles/<int:article_id>")
    def show(article_id):
        return {"views": store.hincrby("article-views", str(article_id), 1)}

Pattern (fastapi, starlette):

    import os

    import redis.asyncio as redis
    from fastapi import FastAPI

    app = FastAPI()
    store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


    @app.put("/maintenance")
    async def switch(on: bool) -> dict:
        await store.set("maintenance", int(on))
        return {"maintenance": on}

Pattern (django):

    from django.core.cache import cache  # CACHES on Redis: locmem is one per process
    from django.db.models import F
    from django.http import HttpRequest, JsonResponse

    from app.models import Article


    def show(request: HttpRequest, pk: int) -> JsonResponse:
        Article.objects.filter(pk=pk).update(views=F("views") + 1)
        cache.add("visits", 0, timeout=None)
        return JsonResponse({"visits": cache.incr("visits")})

Pattern:

    import os

    import redis

    store = redis.Redis.from_url(os.environ["REDIS_URL"])


    def count(name: str) -> int:
        return int(store.incr(f"count:{name}"))

When to ignore: each process is meant to have its own, as with a circuit breaker or a sample of figures.

References:
    https://12factor.net/processes
    https://redis.io/docs/latest/commands/incr/
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.checklists.state.kept_kinds import Kind, kept_as
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module

check = Check(
    id="global-mutable-state",
    title="State that each process has for itself",
    severity=Severity.HIGH,
)


@check.module
def kept_state(module: Module) -> Iterator[Finding]:
    """Flag counters, switches and containers that requests change and the process keeps."""
    for kept in kept_as(module, Kind.STATE):
        message = f"each process has its own {kept.name}, which requests change"
        yield check.found(module, kept.node, message, steps=kept.steps)
