"""SQLite is a file on one machine's disk, with one writer at a time.

In a container the file is gone with the next deployment, and every instance has one of its own. Two workers
that write at once get `database is locked`; backups copy a file that changes. For development it is fine:
the address has to come from the environment, with SQLite as what it falls back to.

Only web applications are looked at. In-memory databases, settings for development and tests, command-line
tools and programs that work on SQLite files are left out. A fallback to SQLite is flagged where the project
is built as a container image and none of its deployment files name the variable.

Flagged:

    from fastapi import FastAPI
    from sqlalchemy import create_engine

    DATABASE_URL = "sqlite:///./shop.db"

    engine = create_engine(DATABASE_URL)
    app = FastAPI()

Fixed:

    import os

    from fastapi import FastAPI
    from sqlalchemy import create_engine

    DATABASE_URL = os.getenv("DATABASE_URL", "sqlite:///./shop.db")

    engine = create_engine(DATABASE_URL)
    app = FastAPI()

Flagged:

    from flask import Flask

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///notes.db"

Fixed:

    import os

    from flask import Flask

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.getenv("DATABASE_URL", "sqlite:///notes.db")

Flagged (config.py):

    import os

    from flask import Flask

    BASE = os.path.abspath(os.path.dirname(__file__))


    class Config:
        SQLALCHEMY_DATABASE_URI = "sqlite:///" + os.path.join(BASE, "app.db")

Fixed (config.py):

    import os

    from flask import Flask

    BASE = os.path.abspath(os.path.dirname(__file__))


    class Config:
        SQLALCHEMY_DATABASE_URI = os.getenv(
            "DATABASE_URL", "sqlite:///" + os.path.join(BASE, "app.db")
        )

Flagged (shop/settings.py):

    from pathlib import Path

    import django

    BASE_DIR = Path(__file__).resolve().parent.parent

    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": BASE_DIR / "db.sqlite3",
        }
    }

Fixed (shop/settings.py):

    from pathlib import Path

    import dj_database_url

    BASE_DIR = Path(__file__).resolve().parent.parent

    DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}

Fine:

    import os
    import sqlite3

    from flask import Flask
    from sqlalchemy import create_engine

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite:///notes.db")
    engine = create_engine(os.environ["DATABASE_URL"])
    scratch = create_engine("sqlite:///:memory:")


    class TestConfig:
        SQLALCHEMY_DATABASE_URI = "sqlite:///test.db"


    def tables(path):
        with sqlite3.connect(path) as connection:
            return connection.execute("SELECT name FROM sqlite_master").fetchall()

Fine (shop/settings/development.py):

    import django

    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}

When to ignore: the service runs as one process on one machine with a disk that stays, and its load is small.

References:

    https://www.sqlite.org/whentouse.html
    https://12factor.net/backing-services
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from harden.checklists.database.dialects import address
from harden.checklists.written import is_fallback, written
from harden.checks import Check, Fix
from harden.dockerfile import builds_image
from harden.environment import env_read, is_playground, settings_class
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal, keyword
from harden.roles import FileKind, Role

check = Check(
    id="sqlite-in-production",
    title="SQLite in a web application",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.env_values:DatabaseByVariable", Risk.REVIEW),
    words=("sqlite",),
    kinds=frozenset({FileKind.APP}),
)

_FRAMEWORKS = frozenset(
    {"flask", "fastapi", "django", "starlette", "sanic", "quart", "aiohttp", "litestar", "bottle", "falcon"}
    | {"pyramid", "apiflask", "connexion", "ninja"}
)
_ENGINES = (
    *("sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine", "sqlmodel.create_engine"),
    *(
        "databases.Database",
        "sqlalchemy.engine.create_engine",
        "sqlalchemy.ext.asyncio.engine.create_async_engine",
    ),
)
_SETTINGS = frozenset(
    {"SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_DATABASE_URL", "DATABASE_URI", "DATABASE_URL", "DB_URL"}
)
_ON_DISK = re.compile(r"(sqlite(\+\w+)?|duckdb)://(?!$|/?:memory:|/?$)(?!.*(mode=memory|:memory:))")
_NAMED = re.compile(r"(^|/)(\.env[^/]*|env\.example|[^/]*\.(ya?ml|json|tf|sh|env|service))$")
_PRODUCTION = re.compile(r"(^|[._-])(prod|production|live|deploy|heroku|docker|staging)($|[._-])")


@check.call(*_ENGINES)
def engine_made(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag an engine for an SQLite file."""
    url = keyword(call, "url") or (call.args[0] if call.args else None)
    if url is None or module.role(call) in (Role.CLI, Role.TEST) or is_playground(module, call):
        return
    literal = written(module, url)
    yield from _judged(module, literal, "DATABASE_URL")


@check.node(ast.Assign, ast.AnnAssign)
def setting(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `SQLALCHEMY_DATABASE_URI = "sqlite:///…"`, and Django's DATABASES."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or settings_class(module, node) is not None:
        return
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    match target:
        case ast.Name(id="DATABASES") if isinstance(node.value, ast.Dict):
            yield from _django(module, node.value)
        case ast.Name(id=name) if name in _SETTINGS and _is_in_use(module, node, name):
            yield from _judged(module, node.value, "DATABASE_URL")
        case ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str() as name)):
            if name in _SETTINGS:
                yield from _judged(module, written(module, node.value), "DATABASE_URL")


@check.call("*.from_mapping", "*.update")
def configured(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `app.config.from_mapping(SQLALCHEMY_DATABASE_URI="sqlite:///…")`."""
    if path.endswith((".config.from_mapping", ".config.update")):
        for name in sorted(_SETTINGS):
            yield from _judged(module, keyword(call, name), "DATABASE_URL")


@check.call("sqlite3.connect", "aiosqlite.connect")
def connected(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a connection to a file of the application's own, as handlers and what they call make it."""
    name = written(module, call.args[0]) if call.args else None
    function = module.function(call)
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str) or function is None:
        return
    if not _is_web(module) or name.value in ("", ":memory:") or "mode=memory" in name.value:
        return
    roles = (Role.CLI, Role.TEST, Role.TASK)
    if module.role(call) in roles or is_playground(module, call) or is_fallback(module, name):
        return
    why = (
        "The statements are SQLite's own: go through SQLAlchemy or another layer that takes an address, "
        "and give it DATABASE_URL."
    )
    yield check.found(module, call, "the data lies in a file beside this instance", why_not=why)


def _judged(module: Module, value: ast.expr | None, variable: str) -> Iterator[Finding]:
    if value is None or not _is_web(module) or is_playground(module, value):
        return
    if (read := _read_in(module, value)) is not None:
        yield from _fallback(module, value, read)
    elif _ON_DISK.match(address(module, value)) and not is_fallback(module, value):
        if isinstance(value, ast.Name | ast.Attribute) or _is_overridden(module, value):
            return
        facts = {"env": variable, "text": "yes"}
        yield check.found(module, value, "the data lies in an SQLite file wherever this runs", facts=facts)


def _read_in(module: Module, value: ast.expr) -> str | None:
    """Return the variable that an address is read from."""
    reads = (env_read(module, inner) for inner in ast.walk(value))
    return next((read.name for read in reads if read is not None), None)


def _fallback(module: Module, value: ast.expr, variable: str) -> Iterator[Finding]:
    """Flag a fallback to SQLite that the deployment of the project leaves in force."""
    project = module.project
    if not _ON_DISK.match(address(module, value)) or not any(map(builds_image, project.paths)):
        return
    told = (path for path in project.paths if builds_image(path) or _NAMED.search(path))
    if not any(variable in project.text(path) for path in told):
        why = f"Set {variable} where the image is started, and name it in .env.example."
        message = f"the image runs on an SQLite file: nothing in the project sets {variable}"
        yield check.found(module, value, message, why_not=why, severity=Severity.MEDIUM)


def _is_web(module: Module) -> bool:
    return not module.project.imported.isdisjoint(_FRAMEWORKS)


def _is_in_use(module: Module, node: ast.stmt, name: str) -> bool:
    """Tell whether a name is a setting: a field of a class, or a name that the file gives once."""
    owner = module.parents.get(node)
    if isinstance(owner, ast.ClassDef):
        return name.startswith("SQLALCHEMY")
    return isinstance(owner, ast.Module) and len(module.names.scopes[module.tree].bindings[name]) == 1


def _is_overridden(module: Module, value: ast.expr) -> bool:
    """Tell whether a class of settings for production, beside this one, gives the setting another value."""
    statement = module.statement(value)
    owner = module.parents.get(statement)
    if not isinstance(owner, ast.ClassDef) or not isinstance(statement, ast.Assign | ast.AnnAssign):
        return False
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    name = target.id if isinstance(target, ast.Name) else ""
    others = [other for other in module.nodes(ast.ClassDef) if other is not owner]
    return any(
        name in ast.unparse(statement)
        for other in others
        if re.search(r"(?i)prod|staging|live", other.name)
        for statement in other.body
    )


def _django(module: Module, databases: ast.Dict) -> Iterator[Finding]:
    if is_playground(module, databases) or is_fallback(module, databases):
        return
    for value in databases.values:
        if not isinstance(value, ast.Dict) or _read_in(module, value) or _is_set_again(module):
            continue
        entries = {
            key.value: item
            for key, item in zip(value.keys, value.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        if is_literal(entries.get("ENGINE"), "django.db.backends.sqlite3"):
            why = (
                "Read the address: dj_database_url.config(default=...) of dj-database-url, "
                "or env.db() of django-environ."
            )
            yield check.found(
                module, value, "the data lies in an SQLite file wherever this runs", why_not=why
            )


def _is_set_again(module: Module) -> bool:
    """Tell whether DATABASES gets another value: later here, or in settings for production beside."""
    bound = module.names.scopes[module.tree].bindings.get("DATABASES", ())
    stores = [
        node
        for node in module.nodes(ast.Subscript)
        if isinstance(node.ctx, ast.Store) and "DATABASES" in ast.unparse(node)
    ]
    updates = [call for call in module.nodes(ast.Call) if ast.unparse(call.func).startswith("DATABASES[")]
    if len(bound) > 1 or stores or updates:
        return True
    beside = map(PurePosixPath, module.project.mentions("DATABASES"))
    here = PurePosixPath(module.path)
    return any(
        path.parent == here.parent and _PRODUCTION.search(path.stem) for path in beside if path != here
    )
