"""Calls that open something which has to be closed, and those that use it in passing."""

from __future__ import annotations

import ast

from harden.module import Module

FILES = frozenset(
    {"builtins.open", "io.open", "codecs.open", "pathlib.Path.open", "os.fdopen"}
    | {"gzip.open", "bz2.open", "lzma.open", "tarfile.open", "zipfile.ZipFile", "urllib.request.urlopen"}
)
MANAGED = FILES | frozenset(
    {"socket.socket", "socket.create_connection", "smtplib.SMTP", "smtplib.SMTP_SSL", "smtplib.LMTP"}
    | {"ftplib.FTP", "ftplib.FTP_TLS", "imaplib.IMAP4", "imaplib.IMAP4_SSL", "shelve.open", "mmap.mmap"}
    | {"paramiko.SSHClient"}
)
"""What closes itself at the end of a `with` block."""
CLOSABLE = frozenset(
    {"sqlite3.connect", "psycopg2.connect", "psycopg.connect", "pymysql.connect", "MySQLdb.connect"}
    | {"pyodbc.connect", "mysql.connector.connect", "cx_Oracle.connect", "oracledb.connect"}
    | {"http.client.HTTPConnection", "http.client.HTTPSConnection", "poplib.POP3", "poplib.POP3_SSL"}
)
"""What has a `close()`, but whose `with` block does something else or is missing."""

SESSIONS = frozenset(
    {"sqlalchemy.create_engine.connect", "sqlalchemy.engine.Engine.connect", "sqlalchemy.Engine.connect"}
    | {"sqlalchemy.engine.create_engine.connect", "sqlmodel.create_engine.connect"}
    | {"sqlalchemy.orm.Session", "sqlmodel.Session", "sqlalchemy.orm.sessionmaker"}
)
"""Sessions and connections of SQLAlchemy, which go back to the pool at the end of a `with` block.

The last one stands for what a session factory gives: `SessionLocal()`.
"""
AWAITED = frozenset(
    {"asyncpg.connect", "aiosqlite.connect", "aiomysql.connect", "psycopg.AsyncConnection.connect"}
    | {"aiopg.connect", "aio_pika.connect", "aio_pika.connect_robust", "asyncio.open_connection"}
)
"""Connections that are awaited."""

OUTLIVES_WITH = frozenset({"sqlite3.connect", "psycopg2.connect", "pyodbc.connect"})
"""Connections whose `with` block ends a transaction and leaves them open."""

CLOSERS = frozenset({"close", "quit", "logout", "shutdown", "disconnect", "detach"})
DATA_METHODS = frozenset(
    {
        "read",
        "readline",
        "readlines",
        "readall",
        "write",
        "writelines",
        "seek",
        "tell",
        "getvalue",
        "fetchall",
    }
    | {
        "fetchone",
        "fetchmany",
        "namelist",
        "infolist",
        "getnames",
        "getmembers",
        "recv",
        "recvfrom",
        "sendall",
    }
    | {"send_message", "sendmail", "login", "getcode", "geturl", "commit", "extractall", "testzip", "fileno"}
)
LAZY_METHODS = frozenset({"makefile", "accept", "open", "extractfile", "cursor", "open_sftp", "detach"})
DATA_CALLS = frozenset(
    {
        f"{package}.load"
        for package in ("json", "pickle", "tomllib", "tomli", "toml", "plistlib", "marshal", "joblib")
    }
    | {
        "yaml.load",
        "yaml.safe_load",
        "yaml.full_load",
        "json.dump",
        "pickle.dump",
        "yaml.dump",
        "yaml.safe_dump",
    }
    | {"simplejson.load", "orjson.loads", "ujson.load", "shutil.copyfileobj", "hashlib.file_digest"}
    | {
        f"builtins.{name}"
        for name in ("list", "tuple", "set", "dict", "sorted", "sum", "len", "max", "min", "any")
    }
    | {
        "builtins.all",
        "builtins.next",
        "builtins.print",
        "builtins.str.join",
        "configparser.ConfigParser.read_file",
    }
)
"""Calls that are done with an open file when they return."""
LAZY_CALLS = frozenset({"csv.reader", "csv.DictReader", "csv.writer", "csv.DictWriter", "builtins.enumerate"})
"""Calls whose result goes on using the file."""


def used_in_passing(module: Module, call: ast.Call) -> ast.expr | ast.For | None:
    """Return what uses an opened file without a name, as in `json.load(open(p))`; None where it is kept."""
    parent = module.parents.get(call)
    match parent:
        case ast.Attribute(attr=method) if method in DATA_METHODS:
            outer = module.parents.get(parent)
            return outer if isinstance(outer, ast.Call) and outer.func is parent else None
        case ast.Call(func=func) if func is not call:
            path = module.resolve(func)
            if path in DATA_CALLS:
                return parent
            return (
                used_in_passing(module, parent)
                if path in LAZY_CALLS and _is_iterated(module, parent)
                else None
            )
        case ast.keyword(arg="file"):
            outer = module.parents.get(parent)
            return (
                outer
                if isinstance(outer, ast.Call) and module.resolve(outer.func) == "builtins.print"
                else None
            )
        case ast.For(iter=source) if source is call:
            return parent
        case ast.comprehension(iter=source) if source is call:
            outer = module.parents.get(parent)
            if isinstance(outer, ast.ListComp | ast.SetComp | ast.DictComp) and outer.generators[0] is parent:
                return outer
    return None


def _is_iterated(module: Module, call: ast.Call) -> bool:
    return isinstance(module.parents.get(call), ast.For | ast.comprehension | ast.Call)
