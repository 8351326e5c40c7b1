"""What drivers, clients and frameworks call their timeouts: `name=form`, the most important first."""

from __future__ import annotations

_POSTGRES = "connect_timeout=connect options=statement"
_MYSQL = "connect_timeout=connect read_timeout=answer write_timeout=answer"
_ASYNCPG = "command_timeout=answer"

DRIVERS = {
    "psycopg2": _POSTGRES,
    "psycopg2cffi": _POSTGRES,
    "psycopg": _POSTGRES,
    "psycopg_async": _POSTGRES,
    "asyncpg": _ASYNCPG,
    "pg8000": "timeout=connect",
    "mysqldb": _MYSQL,
    "pymysql": _MYSQL,
    "aiomysql": "connect_timeout=connect",
    "pymssql": "timeout=answer",
    "pyodbc": "timeout=connect",
}
"""What the drivers of SQLAlchemy take in `connect_args`."""

CLIENTS = {
    "psycopg2.connect": _POSTGRES,
    "psycopg2.pool.SimpleConnectionPool": _POSTGRES,
    "psycopg2.pool.ThreadedConnectionPool": _POSTGRES,
    "psycopg2.pool.PersistentConnectionPool": _POSTGRES,
    "psycopg.connect": _POSTGRES,
    "psycopg.Connection.connect": _POSTGRES,
    "psycopg.AsyncConnection.connect": _POSTGRES,
    "asyncpg.connect": _ASYNCPG,
    "asyncpg.create_pool": _ASYNCPG,
    "pymysql.connect": "read_timeout=answer write_timeout=answer",
    "MySQLdb.connect": _MYSQL,
    "aiomysql.connect": "connect_timeout=connect",
    "aiomysql.create_pool": "connect_timeout=connect",
    "pymssql.connect": "timeout=answer",
    "pg8000.connect": "timeout=connect",
    "pg8000.dbapi.connect": "timeout=connect",
    "peewee.PostgresqlDatabase": _POSTGRES,
    "peewee.MySQLDatabase": _MYSQL,
    **{
        f"pymemcache.{place}{name}": "connect_timeout=connect timeout=connect"
        for place, names in {
            "": ("Client", "PooledClient", "HashClient"),
            "client.base.": ("Client", "PooledClient"),
            "client.hash.": ("HashClient",),
        }.items()
        for name in names
    },
}
POSITIONS = {"pymssql.connect": 4, "pg8000.connect": 8, "pg8000.dbapi.connect": 8}
"""Where the first of them may be given by position."""

REDIS = "socket_timeout=answer socket_connect_timeout=connect"
_REDIS_KINDS = ("Redis", "StrictRedis", "ConnectionPool", "BlockingConnectionPool")
REDIS_CLIENTS = (
    *(
        f"{package}.{name}"
        for package in ("redis", "redis.client", "redis.asyncio", "redis.asyncio.client", "aioredis")
        for name in (
            "from_url",
            "RedisCluster",
            *_REDIS_KINDS,
            *(f"{kind}.from_url" for kind in _REDIS_KINDS),
        )
    ),
    "redis.RedisCluster",
    "redis.asyncio.RedisCluster",
    "redis.cluster.RedisCluster",
    "redis.cluster.RedisCluster.from_url",
    "redis.asyncio.cluster.RedisCluster",
    "redis.sentinel.Sentinel",
    "redis.Sentinel",
    "redis.asyncio.sentinel.Sentinel",
    "redis.asyncio.Sentinel",
)
BLOCKING = (
    "blpop",
    "brpop",
    "brpoplpush",
    "blmove",
    "bzpopmin",
    "bzpopmax",
    "xread",
    "xreadgroup",
    "pubsub",
)
"""Methods that wait on purpose, longer than a socket timeout allows."""

MONGO = "serverSelectionTimeoutMS=connect-ms socketTimeoutMS=answer-ms"
MONGO_CLIENTS = (
    "pymongo.MongoClient",
    "pymongo.mongo_client.MongoClient",
    "pymongo.AsyncMongoClient",
    "pymongo.asynchronous.mongo_client.AsyncMongoClient",
    "motor.motor_asyncio.AsyncIOMotorClient",
    "motor.motor_tornado.MotorClient",
    "mongoengine.connect",
)
SEARCH = (
    "elasticsearch.Elasticsearch",
    "elasticsearch.AsyncElasticsearch",
    "opensearchpy.OpenSearch",
    "opensearchpy.AsyncOpenSearch",
)
"""Clients with a default of ten seconds."""

ENGINES = (
    "sqlalchemy.create_engine",
    "sqlalchemy.engine.create_engine",
    "sqlalchemy.future.create_engine",
    "sqlalchemy.ext.asyncio.create_async_engine",
    "sqlmodel.create_engine",
)

BACKENDS = {
    "django.db.backends.postgresql": _POSTGRES,
    "django.db.backends.postgresql_psycopg2": _POSTGRES,
    "django.contrib.gis.db.backends.postgis": _POSTGRES,
    "django_prometheus.db.backends.postgresql": _POSTGRES,
    "django.db.backends.mysql": _MYSQL,
    "django.contrib.gis.db.backends.mysql": _MYSQL,
    "django_redis.cache.RedisCache": "SOCKET_TIMEOUT=connect SOCKET_CONNECT_TIMEOUT=connect",
    "django.core.cache.backends.redis.RedisCache": "socket_timeout=connect socket_connect_timeout=connect",
}
"""What the backends of Django's DATABASES and CACHES take in their OPTIONS; a cache has to answer at once."""
