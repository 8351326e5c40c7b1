"""Hosts, buckets and recipients that the code names for a client."""

from __future__ import annotations

import ast
import re

from harden.checklists.addressed import CLIENTS, HOST_WORDS, Use, callee, top_package
from harden.checklists.endpoints import is_host
from harden.environment import SETTINGS_BASES, screaming
from harden.logs import log_call
from harden.module import Module, is_literal, keyword
from harden.words import words_of

_FIRST_IS_HOST = (
    *("smtplib.", "ftplib.", "imaplib.", "poplib.", "pymongo.MongoClient", "motor."),
    *("pika.ConnectionParameters", "grpc.insecure_channel", "grpc.secure_channel", "grpc.aio."),
    *("redis.Redis", "redis.StrictRedis", "minio.Minio", "memcache.Client", "pymemcache."),
    *("cassandra.cluster.Cluster", "elasticsearch.", "redis.asyncio.Redis"),
    *("paramiko.client.SSHClient.connect", "paramiko.SSHClient.connect", "paho.mqtt.client.Client.connect"),
)
_BUCKETS = ("boto3.", "aioboto3.", "aiobotocore.", "google.cloud.storage.", "minio.", "botocore.")
_BUCKET_PACKAGES = frozenset({"boto3", "aioboto3", "google", "minio", "aiobotocore"})
_HOST_NAME = re.compile(
    r"(\w+_)?(DB|DATABASE|PG|POSTGRES|POSTGRESQL|MYSQL|MARIADB|MSSQL|MONGO|MONGODB|REDIS|CACHE|MEMCACHED|RABBITMQ"
    r"|RABBIT|AMQP|BROKER|QUEUE|KAFKA|MQTT|NATS|ELASTIC|ELASTICSEARCH|OPENSEARCH|SMTP|MAIL|EMAIL|IMAP|POP3|LDAP"
    r"|FTP|SFTP|SSH|INFLUXDB|CLICKHOUSE|CASSANDRA|NEO4J|CONSUL|STATSD)_(HOST|HOSTNAME|SERVER|IP|ADDR)"
)
_BUCKET_AT = {"upload_file": 1, "upload_fileobj": 1, "download_file": 0, "download_fileobj": 0}
_CONNECTS = re.compile(r"[A-Z]\w*|connect|(in)?secure_channel")
_MAIL = re.compile(r"[A-Za-z0-9._+\-]+@[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)+")
_SENDS = re.compile(r"(?i)mail|^notify|^send|^alert")


def host_use(module: Module, node: ast.Constant, text: str) -> Use | None:
    """Return how a bare host or a bucket's name is used by a client, or None."""
    parent = module.parents.get(node)
    holder: ast.AST = node
    if isinstance(parent, ast.List | ast.Tuple):
        holder, parent = parent, module.parents.get(parent)
    match parent:
        case ast.keyword(arg=str() as name):
            call = module.parents[parent]
            if not isinstance(call, ast.Call):
                return None
            if name == "Bucket" and (module.resolve(call.func) or "").startswith(_BUCKETS):
                return Use("the name of a bucket", {"env": "S3_BUCKET"})
            if name in HOST_WORDS:
                return _client_host(module, call, text, holder, name)
        case ast.Call() if parent.args and parent.args[0] is holder and callee(parent) not in _BUCKET_AT:
            path = module.resolve(parent.func) or ""
            if path.startswith("boto3.resource") and path.endswith(".Bucket"):
                return Use("the name of a bucket", {"env": "S3_BUCKET"})
            if path.startswith(_FIRST_IS_HOST) and _CONNECTS.fullmatch(path.rpartition(".")[2]):
                return _client_host(module, parent, text, holder)
            if path.startswith("google.cloud.storage.Client.") and path.endswith((".bucket", ".get_bucket")):
                return Use("the name of a bucket", {"env": "GCS_BUCKET"})
        case ast.Call() if callee(parent) in _BUCKET_AT:
            at = _BUCKET_AT[callee(parent)]
            is_bucket = len(parent.args) > at and parent.args[at] is node
            if is_bucket and (module.resolve(parent.func) or "").startswith("boto3."):
                return Use("the name of a bucket", {"env": "S3_BUCKET"})
        case ast.Dict() if isinstance(parent, ast.Dict) and holder is node:
            return _django_host(module, parent, node, text)
        case ast.Assign(targets=[ast.Name(id=name)]) if holder is node:
            return _bucket_constant(module, name) or _host_constant(module, parent, name, text)
    return None


def mail_use(module: Module, node: ast.Constant, text: str) -> Use | None:
    """Return the use of an address that mail is sent to or from, or None."""
    if not _MAIL.fullmatch(text) or text.rpartition("@")[2] in ("example.com", "example.org", "example.net"):
        return None
    parent = module.parents.get(node)
    while isinstance(parent, ast.List | ast.Tuple | ast.keyword):
        parent = module.parents.get(parent)
    if not isinstance(parent, ast.Call) or log_call(module, parent) is not None:
        return None
    name = callee(parent)
    if not _SENDS.search(name) or not name[0].islower():
        return None
    who = screaming(re.sub(r"\W", "_", text.partition("@")[0]))
    return Use(
        "an address that mail goes to",
        {"env": f"{who}_EMAIL"} if who[:1].isalpha() else {"env": "MAIL_ADDRESS"},
    )


def _client_host(
    module: Module, call: ast.Call, text: str, holder: ast.AST, name: str = "hosts"
) -> Use | None:
    """Judge `redis.Redis(host="localhost", port=6379)`."""
    service = CLIENTS.get(top_package(module, call))
    if service is None or not is_host(text):
        return None
    if isinstance(holder, ast.List):
        if not all(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in holder.elts):
            return None
        facts = {"env": f"{service}_{screaming(name)}", "cast": "list"}
        return Use(f"the address {text}", facts, is_around=True)
    if ":" in text:
        return Use(f"the address {text}", {"env": f"{service}_ADDRESS"})
    facts = {"env": f"{service}_HOST"}
    port = keyword(call, "port")
    if isinstance(port, ast.Constant) and isinstance(port.value, int):
        facts["port"] = f"{service}_PORT"
    elif len(call.args) > 1 and not isinstance(holder, ast.Tuple) and _is_port(call.args[1]):
        facts |= {"port": f"{service}_PORT", "port_at": "1"}
    return Use(f"the host {text}", facts)


def _django_host(module: Module, mapping: ast.Dict, node: ast.Constant, text: str) -> Use | None:
    entries = {
        key.value: value
        for key, value in zip(mapping.keys, mapping.values, strict=True)
        if isinstance(key, ast.Constant)
    }
    engine = entries.get("ENGINE")
    if entries.get("HOST") is not node or engine is None or is_literal(engine, "django.db.backends.sqlite3"):
        return None
    return Use(f"the host {text}", {"env": "DB_HOST"}) if is_host(text) else None


def _bucket_constant(module: Module, name: str) -> Use | None:
    words = words_of(name)
    is_bucket = name.isupper() and "bucket" in words and words[-1] in ("bucket", "name")
    if not is_bucket or module.project.imported.isdisjoint(_BUCKET_PACKAGES):
        return None
    return Use("the name of a bucket", {"env": name})


def _host_constant(module: Module, statement: ast.stmt, name: str, text: str) -> Use | None:
    """Judge `REDIS_HOST = "10.0.3.17"` in a module, or in a class that the environment does not fill."""
    if not _HOST_NAME.fullmatch(name) or module.function(statement) is not None or not is_host(text):
        return None
    owner = module.parents.get(statement)
    if isinstance(owner, ast.ClassDef) and any(base in SETTINGS_BASES for base in module.bases(owner)):
        return None
    return Use(f"the host {text}", {"env": name})


def _is_port(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Constant) and isinstance(expr.value, int) and expr.value > 1
