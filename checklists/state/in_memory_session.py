"""Sessions, carts, tokens or jobs kept in a process are gone with it, and no other process sees them.

A service runs as several workers on several machines. Who logs in at one and comes to the next is logged out;
a cart is full or empty by chance; a job that was started here is "not found" there. Each deployment and each
crash empties all of it. Keep such records where all instances reach them: in the database, or in Redis with a
time after which an entry goes by itself.

Looked at are containers of modules, classes, applications and objects that live as long as the process, where
a request, a task or what these call puts something in. Left out: what is filled when the program is loaded or
starts, what a branch chooses only where the real store is not configured, caches that can be worked out again
(`unbounded-cache`) or that drop an entry themselves when they hold too many, counters and flags
(`global-mutable-state`), and programs that answer no requests.

Flagged:

    import secrets

    from flask import Flask, request

    app = Flask(__name__)
    tokens = {}


    @app.post("/login")
    def login():
        token = secrets.token_urlsafe(32)
        tokens[token] = request.json["user"]
        return {"token": token}


    @app.get("/me")
    def me():
        return {"user": tokens[request.headers["X-Token"]]}

Fixed:

    import os
    import secrets

    import redis
    from flask import Flask, request

    app = Flask(__name__)
    store = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


    @app.post("/login")
    def login():
        token = secrets.token_urlsafe(32)
        store.set(f"token:{token}", request.json["user"], ex=3600)
        return {"token": token}


    @app.get("/me")
    def me():
        return {"user": store.get(f"token:{request.headers['X-Token']}")}

Flagged:

    import uuid

    from fastapi import BackgroundTasks, FastAPI

    app = FastAPI()


    class JobStore:
        def __init__(self):
            self.jobs: dict[str, dict] = {}

        def start(self, name):
            job_id = str(uuid.uuid4())
            self.jobs[job_id] = {"name": name, "status": "queued"}
            return job_id

        def finish(self, job_id):
            self.jobs[job_id]["status"] = "done"


    store = JobStore()


    @app.post("/jobs")
    def start(name: str, background: BackgroundTasks):
        job_id = store.start(name)
        background.add_task(store.finish, job_id)
        return {"job": job_id}

Fixed:

    import uuid

    from fastapi import BackgroundTasks, FastAPI
    from sqlalchemy.orm import Session

    from app.database import Job, engine

    app = FastAPI()


    def finish(job_id):
        with Session(engine) as session, session.begin():
            session.get_one(Job, job_id).status = "done"


    @app.post("/jobs")
    def start(name: str, background: BackgroundTasks):
        job_id = str(uuid.uuid4())
        with Session(engine) as session, session.begin():
            session.add(Job(id=job_id, name=name, status="queued"))
        background.add_task(finish, job_id)
        return {"job": job_id}

Fine:

    import asyncio
    import os
    from contextlib import asynccontextmanager

    from cachetools import TTLCache
    from fastapi import FastAPI, Request

    from app.store import RedisStore

    HANDLERS = {}
    USER_ROLES = {"admin": 3, "member": 1}
    models = {}
    running_tasks = set()
    recent_users = TTLCache(maxsize=1000, ttl=60)


    class MemoryStore:
        def __init__(self):
            self.sessions = {}

        def put(self, key, value):
            self.sessions[key] = value


    store = RedisStore() if os.getenv("REDIS_URL") else MemoryStore()


    def handles(event):
        def decorate(function):
            HANDLERS[event] = function
            return function

        return decorate


    @asynccontextmanager
    async def lifespan(app):
        models["users"] = load_model()
        yield
        models.clear()


    app = FastAPI(lifespan=lifespan)


    @app.post("/users/{name}")
    async def create(name: str, request: Request):
        orders = {}
        orders[name] = USER_ROLES["member"]
        request.state.session = orders
        recent_users[name] = orders
        store.put(name, orders)
        task = asyncio.create_task(greet(name))
        running_tasks.add(task)
        task.add_done_callback(running_tasks.discard)
        return orders

Fine (crawl.py):

    sessions = {}
    results = []


    def crawl(host):
        sessions[host] = connect(host)
        results.append(host)


    if __name__ == "__main__":
        crawl("localhost")

Pattern (flask):

    import json
    import os

    import redis
    from flask import Flask, abort, request

    app = Flask(__name__)
    store = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


    @app.put("/carts/<cart_id>")
    def save_cart(cart_id):
        store.set(f"cart:{cart_id}", json.dumps(request.get_json()), ex=7 * 24 * 3600)
        return {"saved": True}


    @app.get("/carts/<cart_id>")
    def show_cart(cart_id):
        kept = store.get(f"cart:{cart_id}")
        if kept is None:
            abort(404)
        return json.loads(kept)

Pattern (fastapi, starlette):

    import os
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager
    from typing import Annotated

    import redis.asyncio as redis
    from fastapi import Depends, FastAPI, HTTPException, Request


    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.redis = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
        yield
        await app.state.redis.aclose()


    app = FastAPI(lifespan=lifespan)


    def get_store(request: Request) -> redis.Redis:
        return request.app.state.redis


    Store = Annotated[redis.Redis, Depends(get_store)]


    @app.get("/sessions/{token}")
    async def show_session(token: str, store: Store) -> dict:
        user = await store.get(f"session:{token}")
        if user is None:
            raise HTTPException(404)
        return {"user": user}

Pattern (django):

    # settings.py: SESSION_ENGINE = "django.contrib.sessions.backends.cached_db", and CACHES on Redis
    from django.http import HttpRequest, JsonResponse
    from django.views.decorators.http import require_POST


    @require_POST
    def add_to_cart(request: HttpRequest, product_id: int) -> JsonResponse:
        cart = request.session.setdefault("cart", {})
        cart[str(product_id)] = cart.get(str(product_id), 0) + 1
        request.session.modified = True
        return JsonResponse(cart)

Pattern:

    import json
    import os

    import redis

    store = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


    def save(kind: str, key: str, value: dict, seconds: int = 3600) -> None:
        store.set(f"{kind}:{key}", json.dumps(value), ex=seconds)


    def load(kind: str, key: str) -> dict | None:
        kept = store.get(f"{kind}:{key}")
        return json.loads(kept) if kept is not None else None

When to ignore: the service is one process by its nature, such as a tool on one machine, and may forget.

References:
    https://12factor.net/processes
    https://redis.io/docs/latest/commands/set/
    https://docs.djangoproject.com/en/stable/topics/http/sessions/
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.checklists.state.kept_kinds import Kind, kept_as
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module

check = Check(
    id="in-memory-session",
    title="Records of users kept in memory",
    severity=Severity.HIGH,
    scaffold="harden.codemods.redis_store:RedisStore",
)


@check.module
def records_in_memory(module: Module) -> Iterator[Finding]:
    """Flag containers in which requests store what later ones come back for."""
    for kept in kept_as(module, Kind.RECORDS):
        message = f"{kept.name} is lost with its process, and no other instance sees what is put in"
        yield check.found(module, kept.node, message, steps=kept.steps)
