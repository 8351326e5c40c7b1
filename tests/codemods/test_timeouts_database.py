"""Each driver and client of a database: what is found, how it is mended, and what is left alone."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

MYSQL = "connect_timeout=5, read_timeout=30, write_timeout=30"
SOCKET = "socket_timeout=30, socket_connect_timeout=5"
MONGO = "serverSelectionTimeoutMS=5000, socketTimeoutMS=30000"
E = "from sqlalchemy import create_engine"


def flat(text: str) -> str:
    return "".join(text.split()).replace(",)", ")").replace(",}", "}")


@pytest.mark.parametrize(
    ("imports", "before", "after"),
    [
        ("import psycopg2", "psycopg2.connect(dsn)", "psycopg2.connect(dsn, connect_timeout=5)"),
        (
            "import psycopg2.pool",
            "psycopg2.pool.ThreadedConnectionPool(1, 9, dsn=d)",
            "psycopg2.pool.ThreadedConnectionPool(1, 9, dsn=d, connect_timeout=5)",
        ),
        (
            "import psycopg2",
            "DB = {'dbname': 'shop'}\npsycopg2.connect(**DB)",
            "DB = {'dbname': 'shop'}\npsycopg2.connect(connect_timeout=5, **DB)",
        ),
        ("import psycopg", "psycopg.connect(dsn)", "psycopg.connect(dsn, connect_timeout=5)"),
        (
            "from psycopg import AsyncConnection",
            "AsyncConnection.connect(dsn)",
            "AsyncConnection.connect(dsn, connect_timeout=5)",
        ),
        ("import asyncpg", "asyncpg.connect(dsn)", "asyncpg.connect(dsn, command_timeout=30)"),
        ("import asyncpg", "asyncpg.create_pool(dsn)", "asyncpg.create_pool(dsn, command_timeout=30)"),
        ("import MySQLdb", "MySQLdb.connect(host='h')", f"MySQLdb.connect(host='h', {MYSQL})"),
        (
            "import aiomysql",
            "aiomysql.create_pool(host='h')",
            "aiomysql.create_pool(host='h', connect_timeout=5)",
        ),
        ("import pymssql", "pymssql.connect('h')", "pymssql.connect('h', timeout=30)"),
        ("import pg8000", "pg8000.connect('u')", "pg8000.connect('u', timeout=5)"),
        (
            "import peewee",
            "peewee.PostgresqlDatabase('shop')",
            "peewee.PostgresqlDatabase('shop', connect_timeout=5)",
        ),
        (
            "from pymemcache.client.base import Client",
            "Client('h')",
            "Client('h', connect_timeout=5, timeout=5)",
        ),
        ("import redis", "redis.from_url(u)", f"redis.from_url(u, {SOCKET})"),
        ("import redis.asyncio as r", "r.Redis.from_url(u)", f"r.Redis.from_url(u, {SOCKET})"),
        ("from redis.sentinel import Sentinel", "Sentinel(hosts)", f"Sentinel(hosts, {SOCKET})"),
        (
            "import redis",
            "redis.Redis(socket_timeout=None)",
            "redis.Redis(socket_timeout=30, socket_connect_timeout=5)",
        ),
        ("import pymongo", "pymongo.MongoClient(u)", f"pymongo.MongoClient(u, {MONGO})"),
        ("import mongoengine", "mongoengine.connect('shop')", f"mongoengine.connect('shop', {MONGO})"),
        (
            "from elasticsearch import Elasticsearch",
            "Elasticsearch(u, request_timeout=None)",
            "Elasticsearch(u, request_timeout=30)",
        ),
        (
            E,
            "create_engine('postgresql://h/d')",
            "create_engine('postgresql://h/d', connect_args={'connect_timeout': 5})",
        ),
        (
            E,
            "create_engine('postgresql+psycopg://h/d')",
            "create_engine('postgresql+psycopg://h/d', connect_args={'connect_timeout': 5})",
        ),
        (
            E,
            "create_engine('mssql+pymssql://h/d')",
            "create_engine('mssql+pymssql://h/d', connect_args={'timeout': 30})",
        ),
        (
            "",
            "class Config:\n    SQLALCHEMY_DATABASE_URI = 'postgresql://h/d'\n"
            "    SQLALCHEMY_ENGINE_OPTIONS = {'pool_pre_ping': True}",
            "class Config:\n    SQLALCHEMY_DATABASE_URI = 'postgresql://h/d'\n"
            "    SQLALCHEMY_ENGINE_OPTIONS = {'pool_pre_ping': True, 'connect_args': {'connect_timeout': 5}}",
        ),
        (
            "",
            "D = {'default': {'ENGINE': 'django.contrib.gis.db.backends.postgis'}}",
            "D = {'default': {'ENGINE': 'django.contrib.gis.db.backends.postgis', "
            "'OPTIONS': {'connect_timeout': 5}}}",
        ),
        (
            "",
            "C = {'default': {'BACKEND': 'django_redis.cache.RedisCache', 'OPTIONS': {'DB': 1}}}",
            "C = {'default': {'BACKEND': 'django_redis.cache.RedisCache', "
            "'OPTIONS': {'DB': 1, 'SOCKET_TIMEOUT': 5, 'SOCKET_CONNECT_TIMEOUT': 5}}}",
        ),
    ],
)
def test_each_client_gets_its_own_timeouts(imports: str, before: str, after: str, mend: Mend) -> None:
    mended = mend("db-timeout", f"{imports}\n\n{before}\n")
    assert flat(mended.text) == flat(f"{imports}\n\n{after}\n")
    assert not mended.refused
    assert mend("db-timeout", mended.data).text == mended.text


@pytest.mark.parametrize(
    ("imports", "code"),
    [
        ("import psycopg2", "psycopg2.connect('host=h connect_timeout=3')"),
        ("import psycopg2", "psycopg2.connect(**settings.DB)"),
        ("import psycopg2", "DB = {'dbname': 'd', 'connect_timeout': 3}\npsycopg2.connect(**DB)"),
        ("import psycopg2", "DB = {'dbname': 'd'}\nDB['connect_timeout'] = 3\npsycopg2.connect(**DB)"),
        ("import asyncpg", "asyncpg.connect(dsn, command_timeout=3)"),
        ("import asyncmy", "asyncmy.connect(host='h')"),
        ("import mysql.connector", "mysql.connector.connect(host='h')"),
        ("import pymssql", "pymssql.connect('h', 'u', 'p', 'd', 9)"),
        ("import peewee", "peewee.PostgresqlDatabase(None)\npeewee.SqliteDatabase('d')"),
        ("import redis", "redis.Redis(socket_timeout=3)"),
        ("import redis", "r = redis.Redis()\nr.blpop('q')"),
        ("import redis\nimport rq", "rq.Worker(['q'], connection=redis.Redis())"),
        ("import pymongo", "pymongo.MongoClient(u, socketTimeoutMS=9)"),
        ("import pymongo", "pymongo.MongoClient(u, serverSelectionTimeoutMS=9)"),
        ("from elasticsearch import Elasticsearch", "Elasticsearch(u)"),
        ("from opensearchpy import OpenSearch", "OpenSearch(u, timeout=9)"),
        (E, "create_engine('mysql+asyncmy://h/d')"),
        (E, "create_engine('oracle+oracledb://h/d')"),
        (E, "create_engine('postgresql://h/d', creator=make)"),
        ("", "X = {'SQLALCHEMY_ENGINE_OPTIONS': {}}\nSQLALCHEMY_ENGINE_OPTIONS = {'pool_pre_ping': True}"),
        ("", "SQLALCHEMY_DATABASE_URI = 'sqlite://'\nSQLALCHEMY_ENGINE_OPTIONS = {'echo': True}"),
        ("", "C = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}"),
        ("", "C = {'BACKEND': 'django_redis.cache.RedisCache', 'OPTIONS': {'SOCKET_TIMEOUT': 3}}"),
    ],
)
def test_look_alikes_are_left_alone(imports: str, code: str, mend: Mend) -> None:
    text = f"{imports}\n\n{code}\n"
    mended = mend("db-timeout", text)
    assert mended.text == text
    assert not mended.refused


@pytest.mark.parametrize(
    ("declared", "is_flagged"),
    [
        ("redis==5.0.1\n", True),
        ("redis>=4\n", True),
        ("redis>=8.0\n", False),
        ("redis[hiredis]==8.1.0\n", False),
    ],
)
def test_the_redis_that_is_declared_decides(declared: str, is_flagged: bool, mend: Mend) -> None:
    code = "import redis\n\nr = redis.Redis()\n"
    text = mend("db-timeout", code, files={"requirements.txt": declared}).text
    assert (text != code) is is_flagged


def test_a_client_that_another_module_blocks_on_is_left_alone(mend: Mend) -> None:
    code = "import redis\n\nqueue = redis.Redis()\n"
    worker = "from app.main import queue\n\nwhile True:\n    queue.brpop('jobs')\n"
    assert mend("db-timeout", code, files={"app/worker.py": worker}).text == code


def test_django_gets_a_statement_timeout_on_request(mend: Mend) -> None:
    code = "D = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop'}}\n"
    text = mend("db-timeout", code, path="shop/settings.py", statement_timeout=2).text
    assert "'OPTIONS': {'connect_timeout': 5, 'options': '-c statement_timeout=2000'}" in text


URL = "import os\n\nfrom sqlalchemy import create_engine\n\nurl = os.getenv('DATABASE_URL', 'postgresql://h/d')\n"
DJANGO = "D = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'd'}}\n"


@pytest.mark.parametrize(
    ("code", "files"),
    [
        (URL + "e = create_engine(url)\n", {"tests/conftest.py": "URL = 'sqlite://'\n"}),
        (URL + "e = create_engine(url)\n", {"pytest.ini": "[pytest]\nenv = DATABASE_URL=sqlite://\n"}),
        (
            URL + "e = create_engine(url)\n",
            {".github/workflows/ci.yml": "env: {DATABASE_URL: 'sqlite://'}\n"},
        ),
        (DJANGO + "if testing:\n    D['default']['ENGINE'] = other\n", {}),
        (DJANGO, {"app/test.py": 'from app.main import D\n\nD["default"]["ENGINE"] = other\n'}),
        (
            "import os\n\n"
            + DJANGO.replace(
                "'django.db.backends.postgresql'", "os.getenv('E', 'django.db.backends.postgresql')"
            ),
            {"tests/settings.py": "os.environ['E'] = 'django.db.backends.sqlite3'\n"},
        ),
    ],
)
def test_what_may_be_sqlite_is_told_but_not_edited(code: str, files: dict[str, str], mend: Mend) -> None:
    mended = mend("db-timeout", code, files=files)
    assert mended.text == code
    assert "SQLite in some places" in mended.refused[0]


def test_a_fixed_address_stays_what_it_is(mend: Mend) -> None:
    code = (
        URL.replace("os.getenv('DATABASE_URL', 'postgresql://h/d')", "'postgresql://h/d'")
        + "e = create_engine(url)\n"
    )
    files = {"tests/conftest.py": "URL = 'sqlite://'\n"}
    assert "connect_timeout" in mend("db-timeout", code, files=files).text


@pytest.mark.parametrize(
    "files",
    [
        {"tests/conftest.py": "engine = create_engine('sqlite://')\n"},
        {"tests/conftest.py": "TEST_URL = 'sqlite://'\nengine = create_engine(TEST_URL)\n"},
        {"app/cache.py": "import sqlite3\n\nurl = load()\n"},
    ],
)
def test_an_engine_of_the_tests_own_changes_nothing(files: dict[str, str], mend: Mend) -> None:
    assert "connect_timeout" in mend("db-timeout", URL + "e = create_engine(url)\n", files=files).text


@pytest.mark.parametrize(("check", "added"), [("db-timeout", "connect_timeout"), ("pool-config", "CONN_MAX")])
def test_an_entry_that_a_test_compares_is_told_but_not_edited(mend: Mend, check: str, added: str) -> None:
    code = "def parse(url):\n    return {'ENGINE': 'django.db.backends.mysql', 'NAME': url}\n"
    test = "from app.main import parse\n\nassert parse('a') == {'ENGINE': 'django.db.backends.mysql'}\n"
    mended = mend(check, code, files={"tests/test_main.py": test})
    assert mended.text == code
    assert "tests/test_main.py may compare" in mended.refused[0]
    assert added in mend(check, code, files={"tests/test_main.py": ""}).text
