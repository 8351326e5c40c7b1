"""Entries of Redis that are written under ever new keys and never go."""

from __future__ import annotations

import ast

from harden.module import Module, keyword

_CLIENTS = (
    *("redis.Redis", "redis.StrictRedis", "redis.client.Redis", "redis.client.StrictRedis"),
    *("redis.asyncio.Redis", "redis.asyncio.client.Redis", "redis.asyncio.StrictRedis", "aioredis.Redis"),
    *("flask_redis.FlaskRedis", "fakeredis.FakeRedis", "redis.RedisCluster"),
)
_MAKERS = (
    "redis.from_url",
    "redis.asyncio.from_url",
    "aioredis.from_url",
    "django_redis.get_redis_connection",
)
SETS = tuple(f"{path}.set" for path in (*_CLIENTS, *(f"{client}.from_url" for client in _CLIENTS), *_MAKERS))
"""What is called to write an entry."""
_TIMES = ("ex", "px", "exat", "pxat", "keepttl", "nx")
_DATABASES = frozenset(
    {"sqlalchemy", "sqlmodel", "django", "psycopg2", "psycopg", "asyncpg", "pymongo", "motor", "sqlite3"}
    | {"flask_sqlalchemy", "tortoise", "peewee", "beanie", "mongoengine", "databases", "aiosqlite", "pymysql"}
)
_TEXTS = (ast.JoinedStr, ast.BinOp)


def stays_for_ever(module: Module, call: ast.Call) -> bool:
    """Tell whether a call of `set` writes under a key that varies, and nothing gives the entry an end."""
    given = {item.arg for item in call.keywords}
    if None in given or not given.isdisjoint(_TIMES) or len(call.args) > 2:
        return False
    key = call.args[0] if call.args else keyword(call, "name")
    if key is None or not _varies(module, key) or module.project.imported.isdisjoint(_DATABASES):
        return False
    around = module.function(call)
    return around is None or not _expires(around)


def _varies(module: Module, key: ast.expr) -> bool:
    """Tell whether a key is put together from a text and something else."""
    if isinstance(key, ast.Name):
        value = module.flow.only(key)
        return value is not None and value.expr is not None and _varies_as_text(value.module, value.expr)
    return _varies_as_text(module, key)


def _varies_as_text(module: Module, key: ast.expr) -> bool:
    if isinstance(key, ast.Call):
        is_format = isinstance(key.func, ast.Attribute) and key.func.attr == "format"
        return is_format and module.string(key) is None
    return isinstance(key, _TEXTS) and module.string(key) is None


def _expires(function: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in ("expire", "pexpire", "expireat", "pexpireat")
        for node in ast.walk(function)
    )
