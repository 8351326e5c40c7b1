"""Which calls make a thread wait, and for what."""

from __future__ import annotations

import ast

from harden.module import Module, is_literal, keyword

MEANING = {
    "http": "waits for a peer",
    "process": "waits for a process",
    "wait": "waits",
    "mail": "waits for the mail server",
    "socket": "waits for a peer",
    "database": "waits for the database",
    "hash": "computes a slow hash",
    "file": "reads or writes files",
    "cloud": "waits for a remote service",
}
"""What a call of each kind does, as a message says it."""

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_HTTP = frozenset(
    {f"requests.{verb}" for verb in _VERBS}
    | {f"requests.{kind}.{verb}" for kind in ("Session", "session") for verb in (*_VERBS, "send")}
    | {f"requests.sessions.Session.{verb}" for verb in (*_VERBS, "send")}
    | {f"httpx.{verb}" for verb in (*_VERBS, "stream")}
    | {f"httpx.Client.{verb}" for verb in (*_VERBS, "send")}
    | {
        "urllib.request.urlopen",
        "urllib.request.urlretrieve",
        "urllib3.request",
        "urllib3.PoolManager.request",
    }
    | {"http.client.HTTPConnection.getresponse", "http.client.HTTPSConnection.getresponse"}
)
_PROCESSES = frozenset(
    {f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "getoutput")}
    | {"subprocess.getstatusoutput", "os.system", "subprocess.Popen.wait", "subprocess.Popen.communicate"}
    | {"os.popen", "os.wait", "os.waitpid"}
)
_WAITS = frozenset(
    {"time.sleep", "threading.Thread.join", "threading.Event.wait", "concurrent.futures.wait"}
    | {"threading.Barrier.wait", "concurrent.futures.Future.result", "multiprocessing.Process.join"}
    | {f"concurrent.futures.{kind}Executor.submit.result" for kind in ("ThreadPool", "ProcessPool")}
    | {f"concurrent.futures.thread.{kind}Executor.submit.result" for kind in ("ThreadPool", "ProcessPool")}
)
_MAIL = frozenset(
    f"smtplib.{kind}{method}"
    for kind in ("SMTP", "SMTP_SSL")
    for method in ("", ".sendmail", ".send_message", ".login")
)
_SOCKETS = frozenset(
    {"socket.create_connection", "socket.gethostbyname", "socket.getaddrinfo", "socket.gethostbyaddr"}
    | {f"paramiko.SSHClient.{method}" for method in ("connect", "exec_command", "open_sftp")}
    | {"ftplib.FTP", "ftplib.FTP_TLS", "imaplib.IMAP4", "imaplib.IMAP4_SSL", "poplib.POP3_SSL"}
    | {"telnetlib.Telnet", "dns.resolver.resolve", "dns.resolver.query"}
    | {f"socket.socket.{method}" for method in ("connect", "accept", "recv", "recvfrom", "sendall")}
)
_HASHES = frozenset(
    {"bcrypt.hashpw", "bcrypt.checkpw", "bcrypt.kdf"}
    | {f"passlib.context.CryptContext.{method}" for method in ("hash", "verify", "verify_and_update")}
    | {f"argon2.PasswordHasher.{method}" for method in ("hash", "verify")}
)
FILES = frozenset(
    {"builtins.open", "io.open", "shutil.copyfileobj", "shutil.copy", "shutil.copyfile", "shutil.copytree"}
    | {"shutil.rmtree", "shutil.make_archive"}
    | {f"pathlib.Path.{name}" for name in ("open", "read_text", "read_bytes", "write_text", "write_bytes")}
)
SESSIONS = (
    "sqlalchemy.orm.Session",
    "sqlalchemy.orm.session.Session",
    "sqlalchemy.orm.sessionmaker",
    "sqlalchemy.orm.scoped_session",
    "sqlmodel.Session",
    "flask_sqlalchemy.SQLAlchemy.session",
)
_SESSION_CALLS = frozenset(
    {
        "execute",
        "exec",
        "scalar",
        "scalars",
        "get",
        "get_one",
        "commit",
        "flush",
        "refresh",
        "merge",
        "delete",
    }
    | {"bulk_save_objects", "bulk_insert_mappings", "rollback"}
) - {"delete", "rollback"}
_QUERY_ENDS = frozenset(
    {"all", "first", "one", "one_or_none", "scalar", "count", "get", "delete", "update", "paginate"}
)
DRIVERS = (
    "psycopg2.connect",
    "psycopg.connect",
    "pymysql.connect",
    "MySQLdb.connect",
    "sqlite3.connect",
    "pyodbc.connect",
    "mysql.connector.connect",
    "pymssql.connect",
    "oracledb.connect",
    "cx_Oracle.connect",
    "snowflake.connector.connect",
)
_DRIVER_CALLS = frozenset(
    {"execute", "executemany", "executescript", "fetchall", "fetchone", "fetchmany", "commit"}
)
_REDIS = ("redis.Redis.", "redis.StrictRedis.", "redis.from_url.", "redis.client.Redis.")
_REDIS_LAZY = frozenset(
    {"pipeline", "pubsub", "lock", "register_script", "from_url", "scan_iter", "close", "transaction"}
)
_MONGO_CALLS = frozenset(
    {"find_one", "insert_one", "insert_many", "update_one", "update_many", "delete_one", "delete_many"}
    | {"replace_one", "find_one_and_update", "find_one_and_delete", "find_one_and_replace", "count_documents"}
    | {"aggregate", "distinct", "bulk_write", "estimated_document_count", "create_index"}
)
_SDKS = (
    ("openai.OpenAI.", frozenset({"create", "parse", "generate", "retrieve", "list"})),
    ("openai.AzureOpenAI.", frozenset({"create", "parse", "generate"})),
    ("anthropic.Anthropic.", frozenset({"create", "count_tokens"})),
    ("stripe.", frozenset({"create", "retrieve", "modify", "list", "cancel", "confirm", "capture"})),
    ("twilio.rest.Client.", frozenset({"create", "fetch", "list"})),
    ("slack_sdk.WebClient.", frozenset({"chat_postMessage", "chat_update", "files_upload_v2", "users_info"})),
    ("google.generativeai.GenerativeModel.", frozenset({"generate_content"})),
    ("google.genai.Client.models.", frozenset({"generate_content", "embed_content"})),
    ("groq.Groq.", frozenset({"create"})),
    ("ollama.Client.", frozenset({"chat", "generate", "embed", "embeddings"})),
    (
        "elasticsearch.Elasticsearch.",
        frozenset({"search", "index", "get", "bulk", "update", "delete", "count"}),
    ),
    ("opensearchpy.OpenSearch.", frozenset({"search", "index", "get", "bulk", "update", "delete", "count"})),
    ("sendgrid.SendGridAPIClient.", frozenset({"send"})),
)


def called_kind(module: Module, call: ast.Call) -> tuple[str, str]:
    """Return what is called, and what it waits for: of a class of the project also what that inherits."""
    path = module.resolve(call.func)
    for called in (path, *module.project.inherited(path)) if path else ():
        if kind := kind_of(module, call, called):
            return called, kind
    return path or "", ""


def kind_of(module: Module, call: ast.Call, path: str) -> str:
    """Return what a call waits for, or nothing when it does not block."""
    for kind, paths in (
        ("http", _HTTP),
        ("process", _PROCESSES),
        ("wait", _WAITS),
        ("mail", _MAIL),
        ("hash", _HASHES),
        ("file", FILES),
    ):
        if path in paths:
            return kind
    if path in _SOCKETS:
        return "" if "setblocking(" in module.text or "sock_" in module.text else "socket"
    if _is_database(path):
        return "database"
    if path in ("queue.Queue.get", "queue.SimpleQueue.get"):
        return "" if is_literal(keyword(call, "block"), False) or call.args else "wait"
    return "cloud" if _is_cloud(path) else ""


def _is_database(path: str) -> bool:
    method = path.rpartition(".")[2]
    for session in SESSIONS:
        if path.startswith(f"{session}."):
            rest = path[len(session) + 1 :]
            if rest.startswith("query."):  # what a row holds is at hand: `user.settings.get("theme")`
                return method in _QUERY_ENDS and _QUERY_ENDS.isdisjoint(rest.split(".")[1:-1])
            return rest in _SESSION_CALLS
    if path in DRIVERS:
        return True
    if path.startswith(tuple(driver + "." for driver in DRIVERS)):
        return method in _DRIVER_CALLS
    if path.startswith(_REDIS):
        rest = path.partition(".from_url.")[2] or path.removeprefix("redis.").partition(".")[2]
        return "." not in rest and rest not in _REDIS_LAZY and not rest.startswith("_")
    if path.startswith(("sqlalchemy.create_engine.", "sqlalchemy.engine.create_engine.")):
        return method in ("execute", "scalar", "scalars", "commit")
    return (
        path.startswith(("pymongo.MongoClient", "pymongo.mongo_client.MongoClient"))
        and method in _MONGO_CALLS
    )


def _is_cloud(path: str) -> bool:
    base, _, method = path.rpartition(".")
    if base in ("boto3.client", "boto3.resource", "boto3.session.Session.client", "boto3.Session.client"):
        return method not in (
            "generate_presigned_url",
            "generate_presigned_post",
            "get_paginator",
            "get_waiter",
            "close",
            "Table",
            "Bucket",
            "Object",
            "Queue",
            "Topic",
        )
    if path.startswith("boto3.resource.") or base.startswith("boto3.client.get_"):
        return method in ("put_item", "get_item", "query", "scan", "update_item", "delete_item", "wait")
    return any(path.startswith(prefix) and method in methods for prefix, methods in _SDKS)
