"""A cache or session store inside one process or on one disk is another one for each instance.

With two workers a value that one of them deleted is still served by the other, a limit counts twice, and who
logged in at one instance is a stranger to the next. Django's locmem cache and Flask-Caching's SimpleCache
live in a process; file caches and file sessions lie on a disk that a deployment empties; the dummy cache
keeps nothing at all. Use Redis (or memcached, or the database) in production, by an address from the
environment.

The fix chooses Redis where `REDIS_URL` is set, and is made in projects that depend on Redis already. Left
out: settings for development and tests, backends that the environment or another setting chooses, those that
a class of settings for production replaces, further caches beside a shared default one, and limiters that do
not say where they count.

Flagged (shop/settings.py):

    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "shop",
        }
    }

Fixed (shop/settings.py):

    import os

    CACHES = {
        "default": {
            "BACKEND": (
                "django.core.cache.backends.redis.RedisCache"
                if os.getenv("REDIS_URL")
                else "django.core.cache.backends.locmem.LocMemCache"
            ),
            "LOCATION": os.getenv("REDIS_URL") or "shop",
        }
    }

Flagged:

    import redis
    from flask import Flask
    from flask_caching import Cache

    app = Flask(__name__)
    cache = Cache(app, config={"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 300})
    store = redis.Redis(socket_timeout=5)

Fixed:

    import os

    import redis
    from flask import Flask
    from flask_caching import Cache

    app = Flask(__name__)
    cache = Cache(
        app,
        config={
            "CACHE_TYPE": "RedisCache" if os.getenv("REDIS_URL") else "SimpleCache",
            "CACHE_DEFAULT_TIMEOUT": 300,
            "CACHE_REDIS_URL": os.getenv("REDIS_URL"),
        },
    )
    store = redis.Redis(socket_timeout=5)

Flagged (app/config.py):

    import redis
    from flask_caching import Cache

    cache = Cache()


    class Config:
        CACHE_TYPE = "simple"  # in memory


    class TestConfig(Config):
        CACHE_TYPE = "null"

Fixed (app/config.py):

    import os

    import redis
    from flask_caching import Cache

    cache = Cache()


    class Config:
        CACHE_TYPE = "redis" if os.getenv("REDIS_URL") else "simple"  # in memory
        CACHE_REDIS_URL = os.getenv("REDIS_URL")


    class TestConfig(Config):
        CACHE_TYPE = "null"

Flagged (app/web.py):

    from flask import Flask
    from flask_session import Session

    app = Flask(__name__)
    app.config["SESSION_TYPE"] = "filesystem"
    Session(app)

Fixed (app/web.py):

    import os

    import redis
    from flask import Flask
    from flask_session import Session

    app = Flask(__name__)
    app.config["SESSION_TYPE"] = "redis"
    app.config["SESSION_REDIS"] = redis.from_url(os.environ["REDIS_URL"], socket_timeout=5)
    Session(app)

Flagged (app/api.py):

    from fastapi import FastAPI
    from fastapi_cache import FastAPICache
    from fastapi_cache.backends.inmemory import InMemoryBackend

    app = FastAPI()
    FastAPICache.init(InMemoryBackend())

Fixed (app/api.py):

    import os

    import redis.asyncio as redis
    from fastapi import FastAPI
    from fastapi_cache import FastAPICache
    from fastapi_cache.backends.redis import RedisBackend

    app = FastAPI()
    FastAPICache.init(RedisBackend(redis.from_url(os.environ["REDIS_URL"])))

Fine:

    import os

    from flask import Flask
    from flask_caching import Cache
    from flask_limiter import Limiter
    from flask_session import Session

    limiter = Limiter(key_func=None, storage_uri=os.getenv("LIMITS_URL", "memory://"))

    app = Flask(__name__)
    app.config["CACHE_TYPE"] = os.getenv("CACHE_TYPE", "SimpleCache")
    app.config["SESSION_TYPE"] = "redis"
    if app.debug:
        app.config["CACHE_TYPE"] = "NullCache"
    kinds = {"SimpleCache": "in memory", "filesystem": "on disk"}


    class TestingConfig:
        CACHE_TYPE = "SimpleCache"

Fine (shop/settings/production.py):

    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL},
        "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

Fine (shop/settings/dev.py):

    CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

Pattern (django):

    import os

    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": os.environ["REDIS_URL"],
        }
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

Pattern (flask_session):

    import os

    import redis
    from flask import Flask
    from flask_session import Session

    app = Flask(__name__)
    app.config["SESSION_TYPE"] = "redis"
    app.config["SESSION_REDIS"] = redis.from_url(os.environ["REDIS_URL"], socket_timeout=5)
    Session(app)

Pattern (flask, flask_caching):

    import os

    from flask import Flask
    from flask_caching import Cache

    app = Flask(__name__)
    cache = Cache(app, config={"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": os.environ["REDIS_URL"]})

Pattern (fastapi, fastapi_cache):

    import os

    import redis.asyncio as redis
    from fastapi_cache import FastAPICache
    from fastapi_cache.backends.redis import RedisBackend


    def start_cache() -> None:
        FastAPICache.init(RedisBackend(redis.from_url(os.environ["REDIS_URL"])), prefix="shop")

When to ignore: the service is one process on one machine, or each process may well have its own copies.

References:
    https://docs.djangoproject.com/en/stable/topics/cache/#local-memory-caching
    https://flask-caching.readthedocs.io/en/latest/#built-in-cache-backends
    https://flask-session.readthedocs.io/en/latest/config.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.state.lasting import is_stand_in
from harden.checklists.written import is_fallback
from harden.checks import Check, Fix
from harden.environment import env_read, is_playground
from harden.findings import Finding, Risk, Severity
from harden.module import Module, keyword
from harden.roles import FileKind
from harden.tree import FunctionNode

check = Check(
    id="local-cache-backend",
    title="Cache or sessions of one instance",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.shared_cache:RedisByVariable", Risk.REVIEW),
    words=("locmem", "CACHE_TYPE", "SESSION_TYPE", "SESSION_ENGINE", "DummyCache", "FileBasedCache"),
    kinds=frozenset({FileKind.APP}),
)

_DJANGO = {
    "django.core.cache.backends.locmem.LocMemCache": "each process has a cache of its own",
    "django.core.cache.backends.dummy.DummyCache": "nothing is cached",
    "django.core.cache.backends.filebased.FileBasedCache": "each instance has a cache on its own disk",
}
_ENGINES = {
    "django.contrib.sessions.backends.file": "sessions lie on the disk of one instance",
}
_FLASK = {
    **dict.fromkeys(("simple", "SimpleCache"), "each process has a cache of its own"),
    **dict.fromkeys(("flask_caching.backends.SimpleCache",), "each process has a cache of its own"),
    **dict.fromkeys(("filesystem", "FileSystemCache"), "each instance has a cache on its own disk"),
    **dict.fromkeys(("null", "NullCache"), "nothing is cached"),
}
_SESSIONS = {
    "filesystem": "sessions lie on the disk of one instance",
    "cachelib": "sessions lie in this instance",
}
_SETTINGS = {"CACHE_TYPE": _FLASK, "SESSION_TYPE": _SESSIONS, "SESSION_ENGINE": _ENGINES, "BACKEND": _DJANGO}
_PACKAGES = {"CACHE_TYPE": ("flask_caching", "flask_cache"), "SESSION_TYPE": ("flask_session",)}
"""What reads a setting whose name and value do not tell; those of Django name it."""
_LISTED = re.compile(
    r"(^|/)(requirements[^/]*\.(txt|in)|requirements/[^/]+|pyproject\.toml|Pipfile|setup\.(py|cfg))$"
)
_PRODUCTION = re.compile(r"(?i)prod|staging|live|deploy")
_BY_HAND = {
    "SESSION_TYPE": "Set SESSION_TYPE to redis and SESSION_REDIS to a client, where the service is deployed.",
    "SESSION_ENGINE": "Keep sessions in the database: `django.contrib.sessions.backends.cached_db`.",
}
_NO_REDIS = "The project has no Redis: add one, or another store that all instances share, and name it here."
_WITH_OPTIONS = "Its OPTIONS are not those of Redis: decide which of them stay."


@check.node(ast.Constant)
def backend(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the name of a backend that only one instance sees, where it is set for production."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return
    setting = _setting(module, node)
    told = _SETTINGS[setting].get(node.value) if setting else None
    if told is None or not _counts(module, node, setting):
        return
    why_not = _BY_HAND.get(setting, "") or _why_not(module, node)
    facts = {"setting": setting, "package": "django_redis" if _has_django_redis(module) else ""}
    yield check.found(module, node, told, facts=facts, why_not=why_not)


@check.call("fastapi_cache.backends.inmemory.InMemoryBackend", "flask_limiter.Limiter", "slowapi.Limiter")
def made_in_memory(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a cache or a limiter that is told to keep in memory what all instances should share."""
    told = keyword(call, "storage_uri")
    if path.endswith(".Limiter") and not (module.string(told) or "").startswith("memory:"):
        return
    node = call if told is None else told
    if not is_playground(module, node) and not is_fallback(module, node) and not is_stand_in(module, node):
        message = "each process counts for itself" if path.endswith(".Limiter") else _FLASK["SimpleCache"]
        yield check.found(module, node, message, why_not="Give it the address of Redis from the environment.")


def _setting(module: Module, node: ast.Constant) -> str:
    """Return the setting whose value a text is, or nothing."""
    parent = module.parents.get(node)
    match parent:
        case ast.Dict():
            name = _key_of(parent, node)
            return name if name != "BACKEND" or _is_default_cache(module, parent) else ""
        case ast.keyword(arg=str() as name):
            return name if name in ("CACHE_TYPE", "SESSION_TYPE") else ""
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
            name = _assigned(module, parent, target)
            return name if name != "BACKEND" else ""
    return ""


def _key_of(holder: ast.Dict, value: ast.expr) -> str:
    found = (
        key.value
        for key, item in zip(holder.keys, holder.values, strict=True)
        if item is value and isinstance(key, ast.Constant)
    )
    name = next(found, "")
    return name if name in ("CACHE_TYPE", "SESSION_TYPE", "BACKEND") else ""


def _is_default_cache(module: Module, entry: ast.Dict) -> bool:
    caches = module.parents.get(entry)
    if not isinstance(caches, ast.Dict):
        return False
    statement = module.parents.get(caches)
    names = [
        key.value
        for key, item in zip(caches.keys, caches.values, strict=True)
        if item is entry and isinstance(key, ast.Constant)
    ]
    is_caches = isinstance(statement, ast.Assign | ast.AnnAssign) and "CACHES" in ast.unparse(
        statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    )
    return is_caches and names == ["default"]


def _assigned(module: Module, statement: ast.stmt, target: ast.expr) -> str:
    match target:
        case ast.Name(id=name):
            is_held = isinstance(module.parents.get(statement), ast.ClassDef | ast.Module | ast.If)
            return name if name in _SETTINGS and is_held else ""
        case ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str() as name)):
            return name if name in _SETTINGS else ""
    return ""


def _counts(module: Module, node: ast.Constant, setting: str) -> bool:
    """Tell whether a setting holds in production, as far as the project tells."""
    packages = _PACKAGES.get(setting)
    if packages is not None and module.project.imported.isdisjoint(packages):
        return False
    if is_playground(module, node):
        return False
    if is_fallback(module, node) or _is_under_setting(module, node):
        return False
    return not _is_given_again(module, node, setting)


def _is_under_setting(module: Module, node: ast.Constant) -> bool:
    """Tell whether another setting chooses: an `if` around it that asks for anything."""
    return any(
        isinstance(outer, ast.If) and any(isinstance(part, ast.Name) for part in ast.walk(outer.test))
        for outer in module.ancestors(node)
    )


def _is_given_again(module: Module, node: ast.Constant, setting: str) -> bool:
    """Tell whether settings for production say otherwise: another class, a later line, a file beside."""
    name = "CACHES" if setting == "BACKEND" else setting
    owner = module.owner(node)
    if owner is not None:
        others = (other for other in module.nodes(ast.ClassDef) if _PRODUCTION.search(other.name))
        return any(other is not owner and name in module.segment(other) for other in others)
    texts = [item for item in module.nodes(ast.Constant) if item.value == name]
    names = [item for item in module.nodes(ast.Name) if item.id == name and isinstance(item.ctx, ast.Store)]
    stores = [item for item in [*texts, *names] if module.statement(item) is not module.statement(node)]
    reads = (part for item in stores for part in ast.walk(module.statement(item)))
    if any(env_read(module, part) is not None for part in reads) or len(names) > 1:
        return True
    return any(
        path != module.path and _PRODUCTION.search(path.rpartition("/")[2])
        for path in module.project.mentions(name)
    )


def _why_not(module: Module, node: ast.Constant) -> str:
    holder = module.parents.get(node)
    if isinstance(holder, ast.Dict) and any(
        isinstance(key, ast.Constant) and key.value == "OPTIONS" for key in holder.keys
    ):
        return _WITH_OPTIONS
    call = module.parents.get(holder) if isinstance(holder, ast.keyword) else None
    if isinstance(call, ast.Call) and keyword(call, "CACHE_REDIS_URL") is not None:
        return "CACHE_REDIS_URL is set beside it: decide which one is meant."
    function = module.function(node)
    if (
        isinstance(function, FunctionNode)
        and isinstance(holder, ast.keyword)
        and not isinstance(call, ast.Call)
    ):
        return _NO_REDIS
    return "" if _has_redis(module) else _NO_REDIS


def _has_redis(module: Module) -> bool:
    """Tell whether the project depends on a client of Redis."""
    project = module.project
    if not project.imported.isdisjoint(("redis", "django_redis", "flask_redis")):
        return True
    return any(
        re.search(r"(?im)^[\s\"']*(django-|flask-)?redis\b", project.text(path))
        for path in project.paths
        if _LISTED.search(path)
    )


def _has_django_redis(module: Module) -> bool:
    return "django_redis" in module.project.imported
