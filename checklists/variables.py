"""A good name for the environment variable that is to hold a literal."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from harden.checklists.literals import Spot
from harden.environment import screaming
from harden.module import Module
from harden.words import words_of

_SERVICES = {
    "psycopg2": "DB",
    "psycopg": "DB",
    "asyncpg": "DB",
    "MySQLdb": "DB",
    "pymysql": "DB",
    "mysql": "DB",
    "aiomysql": "DB",
    "sqlalchemy": "DB",
    "smtplib": "SMTP",
    "aiosmtplib": "SMTP",
    "pymongo": "MONGO",
    "paramiko": "SSH",
    "boto3": "AWS",
}
_PLAIN = frozenset(
    {"PASSWORD", "PASSWD", "PWD", "TOKEN", "SECRET", "API_KEY", "APIKEY", "KEY", "PASS", "ACCESS_KEY"}
)
_PLAIN_URLS = frozenset({"URL", "URI", "DSN", "CONNECTION", "CONN", "BROKER", "BACKEND", ""})
_URLS = (
    (r"postgres|mysql|mariadb|mssql|oracle|cockroach", "DATABASE_URL"),
    (r"rediss?$", "REDIS_URL"),
    (r"amqps?$", "BROKER_URL"),
    (r"mongodb", "MONGODB_URL"),
    (r"smtp", "SMTP_URL"),
)
_DULL = frozenset(
    {"config", "settings", "app", "main", "init", "base", "default", "constants", "utils", "views", "client"}
    | {"get", "make", "create", "run", "do", "setup", "helpers", "common", "core", "lambda"}
)
_GENERIC_CALLS = frozenset(
    {"builtins", "dict", "requests", "httpx", "app", "src", "flask", "fastapi", "click"}
)


def variable_for(module: Module, node: ast.AST, spot: Spot, value: str) -> str:
    """Propose a variable: the literal's own name, with its service or module where that says too little."""
    name = screaming(spot.name)
    scheme = value.partition("://")[0] if "://" in value else ""
    if scheme and name in _PLAIN_URLS:
        return next((proposed for pattern, proposed in _URLS if re.search(pattern, scheme)), "SERVICE_URL")
    if name == "AUTHORIZATION" or not name:
        name = "API_TOKEN" if name else "API_KEY"
    if name not in _PLAIN and name != "API_TOKEN":
        return name
    prefix = _service(module, spot) or _around(module, node)
    return name if not prefix or name.startswith(prefix + "_") else f"{prefix}_{name}"


def _service(module: Module, spot: Spot) -> str:
    top = spot.call.partition(".")[0]
    if not top or top in _GENERIC_CALLS or top in {known.partition(".")[0] for known in module.project.names}:
        return ""
    return _SERVICES.get(top, screaming(top))


def _around(module: Module, node: ast.AST) -> str:
    """Return the class, module or function whose literal it is, without words that say nothing."""
    owner, function = module.owner(node), module.function(node)
    name = owner.name if owner is not None else PurePosixPath(module.path).stem
    match module.statement(node):
        case ast.Assign(targets=[ast.Name(id=mapping)], value=ast.Dict()):
            name = "db" if mapping == "DATABASES" else mapping  # Django's
        case ast.FunctionDef(name=of_default) | ast.AsyncFunctionDef(name=of_default) if owner is None:
            return _telling(name) or _telling(of_default)
    return _telling(name) or (_telling(function.name) if function is not None else "")


def _telling(name: str) -> str:
    return "_".join(word for word in words_of(name) if word not in _DULL).upper()
