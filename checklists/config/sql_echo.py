"""Every statement goes to the log, with its parameters.

`echo=True` is for looking over a query's shoulder. In production it writes each statement with its
parameters, mail addresses and tokens among them, to a log that many can read and that is kept for long;
it costs time for every query, and the log is paid for by the gigabyte. The loggers of SQLAlchemy, Django,
peewee and Tortoise do the same once their level is low enough. Whether SQL is logged is for the
environment to say, and without a word it is not.

Engines, `SQLALCHEMY_ECHO`, fields of settings classes, `setLevel` and logging configurations are looked
at. What stands in settings for development or tests, or under an `if`, is left out, and so is a level
that is worked out.

Flagged:

    from sqlalchemy import create_engine

    from app.config import DATABASE_URL

    engine = create_engine(DATABASE_URL, echo=True, pool_pre_ping=True)

Fixed:

    import os

    from sqlalchemy import create_engine

    from app.config import DATABASE_URL

    engine = create_engine(
        DATABASE_URL,
        echo=os.getenv("SQL_ECHO", "False").lower() in {"1", "true", "yes", "on"},
        pool_pre_ping=True,
    )

Flagged:

    import os

    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    app.config["SQLALCHEMY_ECHO"] = True
    db = SQLAlchemy(app)

Fixed:

    import os

    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    app.config["SQLALCHEMY_ECHO"] = os.getenv("SQL_ECHO", "False").lower() in {
        "1",
        "true",
        "yes",
        "on",
    }
    db = SQLAlchemy(app)

Flagged:

    import logging

    logging.basicConfig(level=logging.INFO)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)

Fixed:

    import logging
    import os

    logging.basicConfig(level=logging.INFO)
    logging.getLogger("sqlalchemy.engine").setLevel(os.getenv("SQL_LOG_LEVEL", "WARNING"))

Flagged (shop/settings.py):

    LOGGING = {
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "loggers": {
            "shop": {"handlers": ["console"], "level": "DEBUG"},
            "django.db.backends": {"handlers": ["console"], "level": "DEBUG"},
        },
    }

Fixed (shop/settings.py):

    import os

    LOGGING = {
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "loggers": {
            "shop": {"handlers": ["console"], "level": "DEBUG"},
            "django.db.backends": {
                "handlers": ["console"],
                "level": os.getenv("SQL_LOG_LEVEL", "WARNING"),
            },
        },
    }

Flagged (app/config.py):

    import os

    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        database_url: str
        db_echo: bool = True


    class Config:
        SQLALCHEMY_ECHO = os.getenv("SQLALCHEMY_ECHO", "true") == "true"

Fixed (app/config.py):

    import os

    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        database_url: str
        db_echo: bool = False


    class Config:
        SQLALCHEMY_ECHO = os.getenv("SQLALCHEMY_ECHO", "false") == "true"

Fine:

    import os

    from sqlalchemy import create_engine
    from sqlalchemy.ext.asyncio import create_async_engine

    from app.config import settings

    engine = create_engine(settings.url, echo=False)
    other = create_engine(settings.url, echo=settings.debug)
    third = create_async_engine(settings.async_url, echo=os.getenv("SQL_ECHO") == "1")

Fine (app/config.py):

    class Config:
        SQLALCHEMY_ECHO = False


    class DevelopmentConfig(Config):
        SQLALCHEMY_ECHO = True


    class TestConfig(Config):
        SQLALCHEMY_ECHO = True

Fine:

    import logging

    import click
    from sqlalchemy import create_engine

    from app.config import settings

    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    logging.getLogger("app.engine").setLevel(logging.INFO)
    if settings.verbose:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)


    def prompt(name):
        return click.confirm(name, echo=True)


    def engine(url, echo=False):
        return create_engine(url, echo=echo)

Fine (shop/settings.py):

    LOGGING = {
        "version": 1,
        "loggers": {
            "django.db.backends": {"level": "INFO"},
            "sqlalchemy.engine": {"level": "WARNING"},
            "sqlalchemy.pool": {"level": "INFO"},
        },
    }

When to ignore: the program is only ever run by a developer.

References:

    https://docs.sqlalchemy.org/en/20/core/engines.html#configuring-logging
    https://docs.djangoproject.com/en/stable/ref/logging/#django-db-backends
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.debug_settings import reads_as_on, switched_off
from harden.checklists.sql_loggers import tells_statements
from harden.checklists.unpacking import argument, entries
from harden.checklists.written import written
from harden.checks import Check, Fix
from harden.environment import env_read, is_playground, settings_class
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal

check = Check(
    id="sql-echo",
    title="SQL echoed to the log",
    severity=Severity.LOW,
    fix=Fix("harden.codemods.sql_log:QuietSql", Risk.REVIEW),
    words=("echo", "ECHO", "sqlalchemy", "django.db.backends", "peewee", "tortoise"),
)

_ENGINES = (
    *("sqlalchemy.create_engine", "sqlalchemy.engine.create_engine", "sqlmodel.create_engine"),
    *("sqlalchemy.ext.asyncio.create_async_engine", "sqlalchemy.ext.asyncio.engine.create_async_engine"),
    *("flask_sqlalchemy.SQLAlchemy", "sqlalchemy.engine_from_config", "gino.Gino"),
)
_ECHO_NAME = re.compile(
    r"(?i)((sql|sqlalchemy|db|database|engine)_?)echo(_sql|_pool)?|echo_?(sql|queries|db)"
)


@check.call(*_ENGINES)
def echoing_engine(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag engines that are made with `echo=True`, or options with it."""
    options = (
        entries(module, given) if (given := argument(module, call, "engine_options")) is not None else None
    )
    for value in (argument(module, call, "echo"), (options or {}).get("echo")):
        value = written(module, value)
        if _is_on(value) and value is not None and not _is_aside(module, call, value):
            yield _switch(module, value, "echo=True logs every statement with its parameters")


@check.node(ast.Assign, ast.AnnAssign)
def setting(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `SQLALCHEMY_ECHO = True`, `engine.echo = True`, and options of an engine with `"echo": True`."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return
    name = _setting_name(module, node.targets[0] if isinstance(node, ast.Assign) else node.target)
    value: ast.expr | None = node.value
    if name.endswith("ENGINE_OPTIONS"):
        value = (entries(module, node.value) or {}).get("echo")
    elif not _ECHO_NAME.fullmatch(name):
        return
    if not _is_on(value) or value is None or _is_aside(module, node, value):
        return
    if settings_class(module, node):
        message = f"{name} is on unless the environment says no: every statement is logged"
        yield check.found(module, value, message, facts={"value": "False"})
    else:
        yield _switch(module, value, f"{name} logs every statement with its parameters")


def _setting_name(module: Module, target: ast.expr) -> str:
    """Return the name of what is set: a name, a key of a configuration, the switch of an engine."""
    match target:
        case ast.Name(id=name):
            return name
        case ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str() as name)):
            return name
        case ast.Attribute(value=owner, attr="echo") if (module.resolve(owner) or "") in _ENGINES:
            return "engine_echo"
    return ""


@check.call("*.update", "*.from_mapping")
def updated(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `app.config.update(SQLALCHEMY_ECHO=True)`."""
    if not path.endswith((".config.update", ".config.from_mapping")):
        return
    value = argument(module, call, "SQLALCHEMY_ECHO")
    if value is None and call.args:
        value = (entries(module, call.args[0]) or {}).get("SQLALCHEMY_ECHO")
    if value is not None and _is_on(value) and not _is_aside(module, call, value):
        yield _switch(module, value, "SQLALCHEMY_ECHO logs every statement with its parameters")


@check.node(ast.Call)
def on_by_default(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `os.getenv("SQL_ECHO", "true")`: on wherever the variable is missing."""
    match node:
        case ast.Call(args=[ast.Constant(value=str() as name), *_]) if _ECHO_NAME.fullmatch(name):
            read = env_read(module, node)
            if read is not None and isinstance(read.default, ast.Constant) and reads_as_on(read.default):
                facts = {"value": switched_off(read.default)}
                if not _is_aside(module, node, read.default):
                    message = f"{name} is on where the variable is missing: every statement is logged"
                    yield check.found(module, read.default, message, facts=facts)


@check.call("logging.getLogger.setLevel", "pony.orm.set_sql_debug", "pony.orm.sql_debug")
def talking_logger(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)`."""
    if not call.args or _is_chosen(module, call):
        return
    if path.startswith("pony."):
        if _is_on(call.args[0]) and not is_playground(module, call):
            yield _switch(module, call.args[0], "every statement is printed with its parameters")
        return
    maker = written(module, call.func.value) if isinstance(call.func, ast.Attribute) else None
    name = module.string(maker.args[0]) if isinstance(maker, ast.Call) and maker.args else None
    if name and tells_statements(module, name, call.args[0]) and not is_playground(module, call):
        yield _level(module, call.args[0], name)


@check.node(ast.Dict)
def talking_configuration(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `"loggers": {"django.db.backends": {"level": "DEBUG"}}`."""
    outer = module.parents.get(node)
    if not isinstance(node, ast.Dict) or not isinstance(outer, ast.Dict) or is_playground(module, node):
        return
    if not any(
        is_literal(key, "loggers") and value is node
        for key, value in zip(outer.keys, outer.values, strict=True)
    ):
        return
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            level = (entries(module, value) or {}).get("level")
            if level is not None and tells_statements(module, key.value, level):
                yield _level(module, level, key.value)


def _level(module: Module, level: ast.expr, name: str) -> Finding:
    facts = {"env": "SQL_LOG_LEVEL", "kind": "level"}
    return check.found(module, level, f"{name} logs every statement with its parameters", facts=facts)


def _switch(module: Module, value: ast.expr, message: str) -> Finding:
    return check.found(module, value, message, facts={"env": "SQL_ECHO"})


def _is_on(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and (value.value is True or value.value == "debug")


def _is_aside(module: Module, node: ast.AST, value: ast.AST) -> bool:
    return is_playground(module, node) or is_playground(module, value)


def _is_chosen(module: Module, call: ast.Call) -> bool:
    """Tell whether a call stands under a condition other than that of a main program."""
    tests = [outer.test for outer in module.ancestors(call) if isinstance(outer, ast.If)]
    return any(not isinstance(test, ast.Constant) and "__name__" not in ast.unparse(test) for test in tests)
