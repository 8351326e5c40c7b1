"""A variable that has to be there is asked for only when a request or task needs it.

The service starts without it, passes its health checks and takes the traffic over from the old version.
Then the first user who needs the feature gets an error, perhaps hours after the deployment, and perhaps
only for one way to pay. Read at the start, a missing variable stops the new version before it gets any
traffic, and the old one goes on.

Looked at are required variables, `os.environ["KEY"]` and readers without a default, and
`os.getenv("KEY")` whose absence is answered by an error at once, in request handlers and tasks and in
functions that handlers call or depend on. Left out are variables that are also demanded at the top level
of some module, those that every system sets, reads that a condition or `except KeyError` guards, and
functions that keep what they read (`lru_cache`).

Flagged:

    import os

    import stripe
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/pay")
    def pay(order: dict):
        stripe.api_key = os.environ["STRIPE_KEY"]
        return stripe.Charge.create(amount=order["cents"], currency="eur")

Fixed:

    import os

    import stripe
    from fastapi import FastAPI

    app = FastAPI()
    stripe.api_key = os.environ["STRIPE_KEY"]


    @app.post("/pay")
    def pay(order: dict):
        return stripe.Charge.create(amount=order["cents"], currency="eur")

Flagged:

    import os

    from flask import Flask, abort

    app = Flask(__name__)


    @app.get("/weather")
    def weather():
        key = os.getenv("WEATHER_KEY")
        if not key:
            abort(500, "WEATHER_KEY is not set")
        return ask(key)

Fixed:

    import os

    from flask import Flask

    app = Flask(__name__)
    WEATHER_KEY = os.environ["WEATHER_KEY"]


    @app.get("/weather")
    def weather():
        return ask(WEATHER_KEY)

Flagged (app/tasks.py):

    from celery import Celery
    from decouple import config

    queue = Celery("shop")


    @queue.task
    def send(mail):
        deliver(mail, config("SMTP_PASSWORD"))

Fixed (app/tasks.py):

    from celery import Celery
    from decouple import config

    queue = Celery("shop")
    SMTP_PASSWORD = config("SMTP_PASSWORD")


    @queue.task
    def send(mail):
        deliver(mail, SMTP_PASSWORD)

Flagged:

    import os

    from fastapi import Depends, FastAPI

    app = FastAPI()


    def bucket():
        return os.environ["BUCKET"]


    @app.get("/files")
    def files(name: str = Depends(bucket)):
        return name

Fixed:

    import os

    from fastapi import Depends, FastAPI

    app = FastAPI()
    BUCKET = os.environ["BUCKET"]


    def bucket():
        return BUCKET


    @app.get("/files")
    def files(name: str = Depends(bucket)):
        return name

Fine:

    import os
    from functools import lru_cache

    from fastapi import Depends, FastAPI

    app = FastAPI()
    KEY = os.environ["KEY"]


    @lru_cache
    def settings():
        return {"bucket": os.environ["BUCKET"]}


    @app.get("/files")
    def files(known: dict = Depends(settings)):
        if "PROXY" in os.environ:
            known["proxy"] = os.environ["PROXY"]
        try:
            known["zone"] = os.environ["ZONE"]
        except KeyError:
            known["zone"] = "eu"
        known["home"] = os.environ["HOME"]
        known["key"] = os.environ["KEY"]
        return known, os.getenv("COLOUR"), os.environ.get("SIZE", "10")

Fine (app/cli.py):

    import os

    import click


    @click.command()
    def load():
        print(os.environ["BUCKET"])


    def create_app(name):
        return connect(os.environ["DATABASE_URL"])

Pattern (fastapi, starlette):

    from functools import lru_cache

    from fastapi import FastAPI
    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        stripe_key: str
        bucket: str


    settings = Settings()  # says which field is missing, and does not start
    app = FastAPI()

Pattern (django):

    # settings.py; elsewhere: from django.conf import settings
    import os

    STRIPE_KEY = os.environ["STRIPE_KEY"]

Pattern:

    # config.py; elsewhere: from config import STRIPE_KEY
    import os

    STRIPE_KEY = os.environ["STRIPE_KEY"]

When to ignore: the feature is meant to be missing where the variable is, and says so to the user.

References:

    https://12factor.net/config
    https://docs.pydantic.dev/latest/concepts/pydantic_settings/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.reach import is_reached_by_handler
from harden.checks import Check
from harden.environment import EnvRead, env_read, is_playground
from harden.errors import UnreadableSource
from harden.findings import Finding, Severity
from harden.module import Module
from harden.roles import FileKind, Role, file_kind
from harden.tree import FunctionNode

check = Check(
    id="env-read-late",
    title="Required variable read at a request",
    severity=Severity.LOW,
    words=("environ", "getenv", "decouple", "config(", "env(", "env."),
)

_SYSTEM = frozenset(
    {"PATH", "HOME", "USER", "PWD", "SHELL", "TEMP", "TMPDIR", "HOSTNAME", "LANG", "TZ", "PORT"}
    | {"APPDATA", "LOCALAPPDATA", "USERPROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"}
    | {"AWS_LAMBDA_FUNCTION_NAME", "K_SERVICE", "DYNO", "POD_NAME"}
)
"""Variables that the system or the platform sets."""
_KEEPS = ("functools.lru_cache", "functools.cache", "functools.cached_property")
_FAILS = ("flask.abort", "quart.abort", "werkzeug.exceptions.abort", "bottle.abort", "sys.exit")
_WHEN = {
    Role.TASK: "a task runs: one that is missing is met by the task",
    Role.HANDLER: "a request comes: one that is missing is met by a user",
}


@check.module
def read_late(module: Module) -> Iterator[Finding]:
    """Flag the first read of each required variable in what answers requests or runs tasks."""
    told: set[str] = set()
    for node in (*module.nodes(ast.Subscript), *module.nodes(ast.Call)):
        found = env_read(module, node)
        if found is None or found.name in told or found.name in _SYSTEM:
            continue
        function = module.function(node)
        if function is None or not _is_required(module, node, found) or is_playground(module, node):
            continue
        role = _reached(module, node, function)
        if role in _WHEN and not _is_demanded_at_start(module, found.name):
            told.add(found.name)
            message = f"{found.name} is read when {_WHEN[role]}, not by the start"
            yield check.found(module, node, message)


def _is_required(module: Module, node: ast.expr, read: EnvRead) -> bool:
    """Tell whether the code fails where the variable is missing."""
    if read.default is not None or _is_guarded(module, node, read.name):
        return False
    return _demands(node, read) or (isinstance(node, ast.Call) and _is_answered_by_error(module, node))


def _demands(node: ast.expr, read: EnvRead) -> bool:
    """Tell whether a read fails by itself where the variable is missing."""
    if isinstance(node, ast.Call):
        return not read.through_os and len(node.args) == 1 and read.default is None
    return True


def _is_guarded(module: Module, node: ast.AST, name: str) -> bool:
    """Tell whether a condition asks for the variable, or its absence is caught."""
    child = node
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode):
            return False
        if (
            isinstance(outer, ast.If | ast.IfExp)
            and outer.test is not child
            and name in ast.unparse(outer.test)
        ):
            return True
        if isinstance(outer, ast.Try) and child in outer.body and outer.handlers:
            return True
        child = outer
    return False


def _is_answered_by_error(module: Module, call: ast.Call) -> bool:
    """Tell whether the next statement fails where nothing was read: `if not key: raise …`."""
    statement = module.parents.get(call)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    following = _next(module, statement)
    if not isinstance(following, ast.If) or not following.body:
        return False
    asked = ast.unparse(following.test)
    name = statement.targets[0].id
    if asked not in (f"not {name}", f"{name} is None", f"{name} == ''", f"{name} == None"):
        return False
    last = following.body[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        return (module.resolve(last.value.func) or "") in _FAILS
    return isinstance(last, ast.Raise)


def _next(module: Module, statement: ast.stmt) -> ast.stmt | None:
    block = getattr(module.parents.get(statement), "body", [])
    at = block.index(statement) + 1 if isinstance(block, list) and statement in block else 0
    return block[at] if 0 < at < len(block) else None


def _reached(module: Module, node: ast.AST, function: FunctionNode) -> Role:
    """Return how production comes to a read: by a request or a task, also a call away."""
    role = module.role(node)
    if role is not Role.NONE:
        return role
    if any(module.resolve(decorator) in _KEEPS for decorator in function.decorator_list):
        return Role.NONE
    return Role.HANDLER if is_reached_by_handler(module, function) else Role.NONE


def _is_demanded_at_start(module: Module, name: str) -> bool:
    """Tell whether the top level of some module demands the variable too."""
    for path in module.project.naming(name):
        if file_kind(path) is FileKind.TEST:
            continue
        try:
            other = module.project.module(path)
        except UnreadableSource:
            continue
        for node in (*other.nodes(ast.Subscript), *other.nodes(ast.Call)):
            read = env_read(other, node)
            if read is None or read.name != name or not _demands(node, read):
                continue
            if other.function(node) is None:
                return True
    return False
