"""How an address in the code is used: as a setting or by a client; or only shown, compared, matched."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from harden.checklists.endpoints import Endpoint, service_name
from harden.environment import SETTINGS_BASES, screaming
from harden.logs import log_call
from harden.module import Module
from harden.words import words_of

CLIENTS = {
    **dict.fromkeys(("redis", "aioredis", "fakeredis"), "REDIS"),
    **dict.fromkeys(
        ("psycopg2", "psycopg", "asyncpg", "pymysql", "MySQLdb", "mysql", "aiomysql", "pg8000"), "DB"
    ),
    **dict.fromkeys(("pymongo", "motor"), "MONGO"),
    **dict.fromkeys(("pika", "aio_pika", "kombu"), "RABBITMQ"),
    **dict.fromkeys(("smtplib", "aiosmtplib"), "SMTP"),
    **dict.fromkeys(("elasticsearch", "elasticsearch_async"), "ELASTICSEARCH"),
    **dict.fromkeys(("kafka", "aiokafka", "confluent_kafka"), "KAFKA"),
    **dict.fromkeys(("memcache", "pymemcache", "pylibmc", "aiomcache"), "MEMCACHED"),
    "opensearchpy": "OPENSEARCH",
    "cassandra": "CASSANDRA",
    "paramiko": "SSH",
    "ftplib": "FTP",
    "ldap3": "LDAP",
    "influxdb": "INFLUXDB",
    "influxdb_client": "INFLUXDB",
    "clickhouse_driver": "CLICKHOUSE",
    "neo4j": "NEO4J",
    "clickhouse_connect": "CLICKHOUSE",
    "paho": "MQTT",
    "grpc": "GRPC",
    "minio": "MINIO",
    "etcd3": "ETCD",
    "consul": "CONSUL",
    "statsd": "STATSD",
    "imaplib": "IMAP",
    "poplib": "POP3",
    "nats": "NATS",
    "rethinkdb": "DB",
    "qdrant_client": "QDRANT",
    "weaviate": "WEAVIATE",
    "chromadb": "CHROMA",
    "pymssql": "DB",
    "asyncssh": "SSH",
}
"""Packages whose classes and functions connect to a host, and what variables for it begin with."""
HOST_WORDS = (
    *("host", "hostname", "server", "address", "hosts", "bootstrap_servers", "contact_points", "broker"),
)
_SHOWN = frozenset(
    {"print", "echo", "secho", "fail", "write", "compile", "match", "search", "sub", "startswith"}
    | {"endswith", "replace", "removeprefix", "split", "find", "index", "count", "strip", "lstrip"}
    | {"urlparse", "urlsplit", "mount", "add_argument", "option", "argument", "Option", "Argument"}
    | {"Field", "Column", "Query", "Path", "Body", "Form", "getattr", "get", "setdefault", "pop"}
    | {"help_text", "Exception", "CharField", "URLField", "mapped_column", "log", "debug", "info"}
    | {"warning", "error", "exception", "critical", "append", "add", "extend", "join", "ExampleObject"}
    | {"OpenApiExample", "Example", "redirect", "RedirectResponse", "HttpResponseRedirect", "Namespace"}
    | {"register_namespace", "Element", "SubElement", "QName", "URIRef", "flash", "build_absolute_uri"}
)
_COMES_BACK = re.compile(r"(SUCCESS|CANCEL|CANCELED|RETURN|FAILURE|FAILED|ERROR|BACK|NEXT|LOGOUT)_(URL|URI)")
"""Names of addresses that another site sends people back to."""
_HTTP = frozenset({"get", "post", "put", "patch", "delete", "head", "request", "stream", "options"})
_OTHER_WORDS = frozenset(
    {"example", "examples", "default", "defaults", "test", "mock", "fake", "sample", "placeholder"}
    | {"docs", "doc", "allowed", "origin", "origins", "cors", "csp", "trusted", "internal", "namespace"}
    | {"xmlns", "schema", "help", "description", "title", "message", "pattern", "regex", "local"}
    | {"localhost", "prefix", "demo", "hint", "agent", "text", "label", "version", "scheme", "msg"}
    | {"usage", "epilog", "context", "comment", "note", "readme", "vocab", "allow", "hosts", "whitelist"}
    | {"whitelisted", "referer", "referrer", "issuer", "xml", "ns", "dummy", "loopback"}
)
_PLAIN = frozenset(
    {"URL", "URI", "BASE_URL", "HOST", "ENDPOINT", "DSN", "BROKER", "BACKEND", "API_URL", "ADDRESS", ""}
)


@dataclass(frozen=True, slots=True)
class Use:
    """What an address is, and what its codemod needs; `is_around`: the finding is the f-string or list."""

    why: str
    facts: Mapping[str, str]
    is_around: bool = False


def use_of(module: Module, node: ast.Constant, found: Endpoint, *, is_start: bool) -> Use | None:
    """Return how a URL is used, or None where it is only shown, compared or matched."""
    whole: ast.expr = node
    parent = module.parents.get(node)
    is_template = False
    if isinstance(parent, ast.JoinedStr) or (isinstance(parent, ast.BinOp) and parent.left is node):
        whole = parent
        is_template = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mod)
    elif isinstance(parent, ast.Attribute) and parent.attr == "format":
        outer = module.parents.get(parent)
        whole, is_template = (outer, True) if isinstance(outer, ast.Call) else (node, False)
    name, call = _named(module, whole)
    if name is None or not _OTHER_WORDS.isdisjoint(words_of(name)):
        return None
    if call is not None and not _is_client(module, call, found):
        return None
    variable = _variable(module, node, name, found, call)
    facts = {"env": variable}
    if isinstance(parent, ast.List):
        return Use(found.why, facts | {"cast": "list"}, is_around=True)
    is_in_function = module.function(node) is not None
    if is_start or (is_in_function and found.rest and not found.is_database):
        facts["base"] = found.base
        if is_template:
            facts["template"] = "yes"
        if (name and screaming(name) != variable) or not name:
            facts["env"] = variable if variable.endswith(("_URL", "_DSN")) else f"{variable}_URL"
    return Use(found.why, facts, is_around=is_start)


def _named(module: Module, whole: ast.expr) -> tuple[str | None, ast.Call | None]:
    """Return the name that an address goes under and the call it is passed to; no name: not in use."""
    parent = module.parents.get(whole)
    match parent:
        case ast.Assign(targets=[target], value=value) if value is whole:
            return _target(module, parent, target), None
        case ast.AnnAssign(target=target):
            owner = module.parents.get(parent)
            if not isinstance(owner, ast.ClassDef):
                return _target(module, parent, target), None
            if isinstance(target, ast.Name) and is_plain_settings(module, owner, target.id):
                return target.id, None
        case ast.keyword(arg=str() as name):
            call = module.parents[parent]
            return (name, call) if isinstance(call, ast.Call) else (None, None)
        case ast.Call() if whole in parent.args:
            return "", parent
        case ast.Dict(keys=keys, values=values) if whole in values:
            key = keys[values.index(whole)]
            text = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
            return (text, None) if _is_setting(module, parent) and text else (None, None)
        case ast.List() | ast.Tuple():
            outer = module.parents.get(parent)
            if isinstance(outer, ast.keyword) and outer.arg in HOST_WORDS:
                call = module.parents[outer]
                return ("", call) if isinstance(call, ast.Call) else (None, None)
            if isinstance(outer, ast.Call) and parent in outer.args and top_package(module, outer) in CLIENTS:
                return "", outer
    return None, None


def _target(module: Module, statement: ast.stmt, target: ast.expr) -> str | None:
    owner = module.parents.get(statement)
    if isinstance(owner, ast.ClassDef):
        bases = module.bases(owner)
        if any(
            base in SETTINGS_BASES or base.endswith(("Enum", "Choices", "BaseModel", "Meta"))
            for base in bases
        ):
            return None
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
    return None


def is_plain_settings(module: Module, owner: ast.ClassDef, field: str) -> bool:
    """Tell whether a dataclass holds settings that nothing in the project fills from elsewhere."""
    decorators = [module.resolve(one) for one in owner.decorator_list]
    if "dataclasses.dataclass" not in decorators or not owner.name.lower().endswith(("config", "settings")):
        return False
    given = re.compile(rf"\b{field}\s*=(?!=)|\b{owner.name}\(\s*\*|\b{owner.name}\([^)\s]")
    texts = (module.project.text(path) for path in module.project.naming(owner.name))
    return not any(given.search(text) for text in texts)


def _is_setting(module: Module, mapping: ast.Dict) -> bool:
    """Tell whether a dict is (part of) a setting: what a name in capitals is given."""
    for outer in module.ancestors(mapping):
        if isinstance(outer, ast.Assign):
            target = outer.targets[0]
            return (
                isinstance(target, ast.Name)
                and target.id.isupper()
                and _OTHER_WORDS.isdisjoint(words_of(target.id))
            )
        if not isinstance(outer, ast.Dict):
            return False
    return False


def _is_client(module: Module, call: ast.Call, found: Endpoint) -> bool:
    """Tell whether a call connects to the address that it is given."""
    name = callee(call)
    if log_call(module, call) is not None or module.resolve(call.func) in ("os.getenv", "os.environ.get"):
        return False
    path = module.resolve(call.func) or ""
    if path.startswith(
        ("re.", "urllib.parse.", "click.", "typer.", "argparse.", "pydantic.", "fastapi.Query")
    ):
        return False
    if name in _HTTP:
        return path.startswith(("requests.", "httpx.", "aiohttp.", "urllib3.", "niquests.")) or not path
    if name.startswith("get") or name in _SHOWN:
        return False
    return not name.endswith(("Error", "Exception", "Warning"))


def _variable(module: Module, node: ast.AST, name: str, found: Endpoint, call: ast.Call | None) -> str:
    own = screaming(name)
    if found.is_here and found.rest and _COMES_BACK.fullmatch(own):
        return "SITE_URL"  # several of these lead to pages of the one site
    if own == "ENDPOINT_URL" and call is not None and top_package(module, call) in ("boto3", "aioboto3"):
        return "AWS_ENDPOINT_URL"
    if own not in _PLAIN and not (
        own.startswith("BASE") or (found.is_database and own in ("LOCATION", "CONN"))
    ):
        return own
    if found.is_database:
        return {"BROKER": "BROKER_URL", "BACKEND": "RESULT_BACKEND"}.get(
            own, _database_variable(found.scheme)
        )
    client = CLIENTS.get(top_package(module, call)) if call is not None else None
    if client is not None:
        return f"{client}_URL"
    service = service_name(found.host) or _around(module, node) or _first_word(found.rest)
    return f"{service}_URL" if service else "SERVICE_URL"


def _database_variable(scheme: str) -> str:
    head = scheme.partition("+")[0].rstrip("s")
    known = {"redi": "REDIS_URL", "amqp": "BROKER_URL", "pyamqp": "BROKER_URL", "mongodb": "MONGODB_URL"}
    if head in known:
        return known[head]
    database = re.match(r"postgres|mysql|maria|mssql|oracle|cockroach", scheme)
    return "DATABASE_URL" if database else f"{screaming(head)}_URL"


def _first_word(path: str) -> str:
    """Return what the path of an address begins with: `/api/v1/bookings/7` is BOOKINGS."""
    words = (
        part for part in path.split("/") if part and not re.fullmatch(r"api|rest|v\d+|\W*|.*[{%].*", part)
    )
    name = screaming(next(words, "").partition("?")[0])
    return name if name[:1].isalpha() else ""


def _around(module: Module, node: ast.AST) -> str:
    owner = module.owner(node)
    name = owner.name if owner is not None else ""
    words = [
        word for word in words_of(name) if word not in ("client", "config", "service", "api", "base", "app")
    ]
    return "_".join(words).upper()


def top_package(module: Module, call: ast.Call) -> str:
    """Return the package that what is called comes from."""
    return (module.resolve(call.func) or "").partition(".")[0]


def callee(call: ast.Call) -> str:
    """Return the last name of what is called."""
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
