"""A client made anew for each request opens new connections each time, and throws them away.

Clients, engines and pools hold connections open, so that the next call needs no new handshake, log-in or
look-up of a name: tens to hundreds of milliseconds each time. One that is made in a request handler, in a
task or on every turn of a loop pays all of that for every call, an engine leaves its pool behind, and under
load the machine runs out of ports, or the other side of connections. Make it once: in a function that
remembers it, or, where it belongs to an event loop, in the lifespan of the application.

Functions are followed through their callers up to the request handler. Left out: commands and scripts, what
runs at the start of a service, clients that are kept (in a global name, on an object, in a cache), clients
whose address or credentials differ from call to call, and connections of drivers, which `pool-config` looks
at.

Flagged:

    import boto3
    import httpx
    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/rates/{currency}")
    def rates(currency: str) -> dict[str, float]:
        with httpx.Client(base_url="https://rates.example", timeout=5) as client:
            answer = client.get(f"/latest/{currency}")
            answer.raise_for_status()
        return answer.json()


    @app.get("/reports/{name}")
    def report(name: str) -> str:
        s3 = boto3.client("s3", region_name="eu-west-1")
        return s3.generate_presigned_url("get_object", Params={"Bucket": "reports", "Key": name})

Fixed:

    from functools import cache

    import boto3
    import httpx
    from fastapi import FastAPI


    @cache
    def get_http_client() -> httpx.Client:
        return httpx.Client(base_url="https://rates.example", timeout=5)


    @cache
    def get_s3_client():
        return boto3.client("s3", region_name="eu-west-1")


    app = FastAPI()


    @app.get("/rates/{currency}")
    def rates(currency: str) -> dict[str, float]:
        client = get_http_client()
        answer = client.get(f"/latest/{currency}")
        answer.raise_for_status()
        return answer.json()


    @app.get("/reports/{name}")
    def report(name: str) -> str:
        s3 = get_s3_client()
        return s3.generate_presigned_url("get_object", Params={"Bucket": "reports", "Key": name})

Flagged (app/views.py):

    import os

    import redis
    from flask import Flask, jsonify
    from pymongo import MongoClient

    app = Flask(__name__)


    def get_redis():
        return redis.Redis.from_url(os.environ["REDIS_URL"])


    @app.route("/visits")
    def visits():
        client = MongoClient(os.environ["MONGO_URL"])
        try:
            pages = client["site"]["pages"].count_documents({})
        finally:
            client.close()
        return jsonify(visits=get_redis().incr("visits"), pages=pages)

Fixed (app/views.py):

    import os
    from functools import cache

    import redis
    from flask import Flask, jsonify
    from pymongo import MongoClient


    @cache
    def get_mongo_client():
        return MongoClient(os.environ["MONGO_URL"])


    app = Flask(__name__)


    @cache
    def get_redis():
        return redis.Redis.from_url(os.environ["REDIS_URL"])


    @app.route("/visits")
    def visits():
        client = get_mongo_client()
        pages = client["site"]["pages"].count_documents({})
        return jsonify(visits=get_redis().incr("visits"), pages=pages)

Flagged (app/payments.py):

    import httpx
    from fastapi import APIRouter

    router = APIRouter()


    async def charge(amount: int) -> str:
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.post("https://pay.example/charges", json={"amount": amount})
        answer.raise_for_status()
        return answer.json()["id"]


    @router.post("/checkout")
    async def checkout(amount: int) -> str:
        return await charge(amount)

Fixed (app/payments.py):

    from typing import Annotated

    import httpx
    from fastapi import APIRouter, Depends, Request

    router = APIRouter()


    def get_http(request: Request) -> httpx.AsyncClient:
        return request.app.state.http


    async def charge(client: httpx.AsyncClient, amount: int) -> str:
        answer = await client.post("https://pay.example/charges", json={"amount": amount})
        answer.raise_for_status()
        return answer.json()["id"]


    @router.post("/checkout")
    async def checkout(amount: int, client: Annotated[httpx.AsyncClient, Depends(get_http)]) -> str:
        return await charge(client, amount)

Pattern (fastapi, starlette):

    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    import httpx
    from fastapi import FastAPI, Request


    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=10) as client:
            app.state.http = client
            yield


    app = FastAPI(lifespan=lifespan)


    @app.get("/rates")
    async def rates(request: Request) -> dict[str, float]:
        answer = await request.app.state.http.get("https://rates.example/latest")
        answer.raise_for_status()
        return answer.json()

Pattern (flask):

    from flask import Flask, current_app
    from redis import Redis


    def create_app() -> Flask:
        app = Flask(__name__)
        app.config.from_prefixed_env()
        app.extensions["redis"] = Redis.from_url(app.config["REDIS_URL"])
        return app


    def get_redis() -> Redis:
        return current_app.extensions["redis"]

Pattern (django):

    from functools import cache

    from django.conf import settings
    from openai import OpenAI


    @cache
    def get_openai_client() -> OpenAI:
        return OpenAI(api_key=settings.OPENAI_API_KEY, timeout=30)

Pattern:

    import os
    from functools import cache

    from openai import OpenAI


    @cache
    def get_openai_client() -> OpenAI:
        return OpenAI(api_key=os.environ["OPENAI_API_KEY"], timeout=30)

Flagged:

    from flask import Flask, request
    from openai import OpenAI

    app = Flask(__name__)
    asked = 0


    @app.post("/ask")
    def ask():
        global asked
        asked += 1
        client = OpenAI(timeout=20)
        answer = client.responses.create(model="gpt-4o-mini", input=request.form["text"])
        return answer.output_text

Fixed:

    from functools import cache

    from flask import Flask, request
    from openai import OpenAI


    @cache
    def get_openai_client():
        return OpenAI(timeout=20)


    app = Flask(__name__)
    asked = 0


    @app.post("/ask")
    def ask():
        global asked
        asked += 1
        client = get_openai_client()
        answer = client.responses.create(model="gpt-4o-mini", input=request.form["text"])
        return answer.output_text

Fine:

    import os
    from contextlib import asynccontextmanager
    from functools import lru_cache

    import boto3
    import click
    import httpx
    import redis
    from fastapi import Depends, FastAPI, Request
    from openai import AsyncOpenAI, OpenAI
    from sqlalchemy import create_engine

    engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
    POOL = redis.ConnectionPool.from_url(os.environ["REDIS_URL"])
    _openai = None


    @asynccontextmanager
    async def lifespan(app: FastAPI):
        app.state.redis = redis.Redis.from_url(os.environ["REDIS_URL"])
        async with httpx.AsyncClient(timeout=5) as app.state.http:
            yield


    app = FastAPI(lifespan=lifespan)


    @lru_cache
    def get_s3():
        return boto3.client("s3")


    def get_openai() -> OpenAI:
        global _openai
        if _openai is None:
            _openai = OpenAI()
        return _openai


    class Answers:
        def __init__(self):
            self._client = None

        @property
        def client(self):
            if self._client is None:
                self._client = OpenAI()
            return self._client


    class Mailer:
        def __init__(self):
            self.session = httpx.Client(timeout=5)


    mailer = Mailer()


    @app.get("/visits")
    def visits(request: Request, s3=Depends(get_s3), openai=Depends(get_openai)):
        return redis.Redis(connection_pool=POOL).incr("visits") + mailer.session.get("/x").json()


    @app.post("/ask")
    async def ask(question: str, api_key: str):
        return await AsyncOpenAI(api_key=api_key).models.list()


    @app.get("/tenants/{tenant}/s3")
    def buckets(tenant: str):
        role = assume_role(tenant)
        return boto3.client("s3", aws_access_key_id=role["key"], aws_secret_access_key=role["secret"])


    def regions():
        for region in ("eu-west-1", "us-east-1"):
            print(boto3.client("ec2", region_name=region).describe_instances())


    @click.command()
    def upload():
        boto3.client("s3").upload_file("a", "b", "c")

When to ignore: it is called a few times a day, and the code is simpler so.

References:
    https://www.python-httpx.org/advanced/clients/
    https://docs.aiohttp.org/en/stable/client_quickstart.html
    https://docs.sqlalchemy.org/en/20/core/connections.html#basic-usage
    https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.clients import CLIENTS, PER_CALL, SHARED_BY, Client
from harden.checklists.served import served
from harden.checklists.shared_use import Use, use_of, written_out
from harden.checklists.sharing import From, is_kept, locals_in, origin
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import FileKind

check = Check(
    id="client-per-call",
    title="Client made anew for every call",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.shared_clients:ShareClient", Risk.REVIEW),
    kinds=frozenset({FileKind.APP}),
)

_REASONS = {
    From.LOCAL: "It is made from what is worked out here: make it once, in a function that remembers it.",
    From.SETTINGS: "Its settings are read when it is made: make it once where the application starts.",
    From.INSTANCE: "Make it once in __init__, keep it on the object, and make that object once.",
    From.CALLER: "It depends on what callers pass: remember one for each, or make it once and pass it on.",
    From.OPTION: "What differs from call to call has to be given with the request, not to the client.",
}


@check.call(*sorted(CLIENTS))
def made_anew(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag what holds connections and is made for every request, task or turn of a loop."""
    client = CLIENTS.get(path)
    function = module.function(call)
    if client is None or function is None or _is_shared(module, call):
        return
    found = served(module, call, is_kept)
    if found is None or (source := _source(module, call)) is From.CALL:
        return
    use = use_of(module, function, call)
    if use.is_own or (found.steps and use.is_busy and client.name.startswith("http_")):
        return
    given = (locals_in(module, call) or {}) if source is From.LOCAL and use.facts["form"] == "factory" else {}
    why_not = client.alone or _why_not(source, use, is_written=bool(given))
    facts = {"name": _name(module, call, client), **use.facts, **written_out(module, function, call, given)}
    message = f"{path}() opens connections of its own for every {found.how}"
    yield check.found(module, call, message, facts=facts, why_not=why_not, steps=found.steps)


def _is_shared(module: Module, call: ast.Call) -> bool:
    """Tell whether the connections are held by something that lives longer."""
    for item in call.keywords:
        if item.arg in SHARED_BY:
            is_made_here = isinstance(item.value, ast.Call) and item.arg not in ("app", "poolclass")
            if not is_made_here or (module.resolve(item.value) or "").endswith("ASGITransport"):
                return True
    return False


def _source(module: Module, call: ast.Call) -> From:
    """Return what the client depends on, and CALL where another call needs another client."""
    least = [origin(module, call.func)]
    least += [origin(module, item) for item in call.args]
    for item in call.keywords:
        found = origin(module, item.value)
        is_small = item.arg in PER_CALL and found is From.CALL
        least.append(From.OPTION if is_small else found)
    return max(least)


def _why_not(source: From, use: Use, *, is_written: bool) -> str:
    allowed = From.LOCAL if use.facts["form"] == "decorate" or is_written else From.ENVIRONMENT
    if source > allowed:
        return _REASONS[source]
    return use.why_not


def _name(module: Module, call: ast.Call, client: Client) -> str:
    """Return what a function that gives the client is called: `get_s3_client` of `boto3.client("s3")`."""
    service = module.string(call.args[0]) if client.name == "client" and call.args else None
    words = (service or "aws").replace("-", "_") if client.name == "client" else ""
    return f"get_{words}_{client.name}" if words.isidentifier() else f"get_{client.name}"
