"""How the libraries that talk TLS or SSH are told not to look at who answers."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from harden.module import Module, is_literal

OFF = {
    "verify": (
        *("requests.", "httpx.", "boto3.", "niquests.", "hvac.", "consul.", "botocore.", "aioboto3."),
        *("aiobotocore.", "cloudscraper.", "curl_cffi.", "requests_html.", "requests_futures.", "docker."),
        *("github.", "keystoneauth1.", "openstack.", "trino.", "prestodb.", "clickhouse_connect."),
        *("clickhouse_driver.", "pysolr.", "splunklib.", "qdrant_client.", "requests_toolbelt."),
    ),
    "ssl": ("aiohttp.",),
    "verify_ssl": (
        *("aiohttp.", "kubernetes.", "influxdb.", "elasticsearch.", "influxdb_client.", "proxmoxer."),
        *("atlassian.", "opensearchpy.", "synology_api."),
    ),
    "ssl_verify": ("gitlab.", "proxmoxer.", "pyzabbix."),
    "verify_certs": ("elasticsearch.", "opensearchpy.", "elasticsearch_dsl.", "elastic_transport."),
    "check_hostname": ("redis.", "urllib3."),
    "ssl_check_hostname": ("redis.",),
    "assert_hostname": ("urllib3.",),
    "validate_certs": ("aiosmtplib.",),
    "validate_cert": ("tornado.",),
    "tls_insecure": ("pymongo.",),
    "cert_check": ("minio.",),
    "ssl_verify_cert": ("pymysql.", "mysql.", "aiomysql."),
    "ssl_verify_identity": ("pymysql.", "mysql.", "aiomysql."),
}
"""Keyword arguments that turn verification off when False, and whose calls take them."""
ON = {
    "tlsAllowInvalidCertificates": ("pymongo.", "motor."),
    "tlsAllowInvalidHostnames": ("pymongo.", "motor."),
    "tlsInsecure": ("pymongo.", "motor."),
    "disable_ssl_certificate_validation": ("httplib2.",),
    "disableSslCertValidation": ("pyVim.",),
    "insecure_mode": ("snowflake.",),
    "insecure_skip_verify": ("kafka.", "hvac."),
}
"""Keyword arguments that do so when True."""
NOTHING = {
    "ssl_cert_reqs": (("redis.",), (None, "none")),
    "cert_reqs": (("urllib3.",), ("CERT_NONE", "NONE")),
    "known_hosts": (("asyncssh.",), (None,)),
}
"""Keyword arguments that do so with another value."""
FALSE_BY_DEFAULT = frozenset(
    {"ssl_verify_cert", "ssl_verify_identity", "ssl_check_hostname", "check_hostname"}
)
"""Switches that have to be turned on, because they are off where they are not given."""
SESSIONS = (
    *("requests.Session", "requests.session", "requests.sessions.Session", "niquests.Session"),
    *("cloudscraper.create_scraper", "requests_html.HTMLSession", "requests_futures.sessions.FuturesSession"),
)
ASSIGNED = {
    "verify": SESSIONS,
    "verify_ssl": ("kubernetes.client.Configuration", "kubernetes.client.configuration.Configuration"),
    "assert_hostname": ("kubernetes.client.Configuration", "kubernetes.client.configuration.Configuration"),
}
"""Attributes that turn verification off when False, and whose objects have them."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option that a call sets: whose it is, which values turn verification off, and the safe one."""

    owner: str
    unsafe: tuple[object, ...]
    safe: str
    meaning: str


_OPTIONS = {
    "SSL_VERIFYPEER": Option("pycurl.", (0, False), "1", "any certificate is accepted"),
    "SSL_VERIFYHOST": Option("pycurl.", (0, False), "2", "a certificate for any other host is accepted"),
    "OPT_X_TLS_REQUIRE_CERT": Option(
        "ldap.",
        ("OPT_X_TLS_NEVER", "OPT_X_TLS_ALLOW"),
        "OPT_X_TLS_DEMAND",
        "any certificate is accepted",
    ),
}
IN_ADDRESS = ("ssl_cert_reqs=none", "tlsallowinvalidcertificates=true", "tlsinsecure=true")
ADDRESSED = (
    *("redis.from_url", "redis.Redis.from_url", "redis.asyncio.from_url", "redis.asyncio.Redis.from_url"),
    *("redis.StrictRedis.from_url", "redis.ConnectionPool.from_url", "pymongo.MongoClient"),
    *("motor.motor_asyncio.AsyncIOMotorClient", "pymongo.AsyncMongoClient"),
)
"""Clients whose address may say it."""
POLICIES = ("AutoAddPolicy", "WarningPolicy", "MissingHostKeyPolicy")
"""What paramiko does with the key of an unknown host: each of these goes on."""


def owners_of(name: str, value: ast.expr) -> tuple[str, ...] | None:
    """Return the libraries whose calls are told by this argument to accept anyone."""
    if isinstance(value, ast.Constant):
        if name in ON and value.value is True:
            return ON[name]
        if name in OFF and (value.value is False or (value.value == 0 and isinstance(value.value, int))):
            return OFF[name]
        if name in NOTHING and any(is_literal(value, given) for given in NOTHING[name][1]):
            return NOTHING[name][0]
    return None


def takes_itself(module: Module, path: str, name: str) -> bool:
    """Tell whether the project's own class or method has the parameter: left out, it may say the same."""
    for called in (path, *(f"{base}.__init__" for base in module.project.ancestry((path,)))):
        if (found := module.project.function_of(called)) is not None:
            given = found[1].args
            return any(arg.arg == name for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs))
    return False


def option_off(module: Module, call: ast.Call) -> Option | None:
    """Return the option that a call such as `curl.setopt(SSL_VERIFYPEER, 0)` turns off."""
    if len(call.args) != 2:
        return None
    name, value = call.args
    path = module.resolve(name) or ""
    option = _OPTIONS.get(path.rpartition(".")[2])
    if option is None or not path.startswith(option.owner):
        return None
    if isinstance(value, ast.Constant):
        return option if value.value in option.unsafe else None
    given = module.resolve(value) or ""
    is_off = given.startswith(option.owner) and given.rpartition(".")[2] in option.unsafe
    return option if is_off else None


def is_choice(module: Module, node: ast.AST) -> bool:
    """Tell whether the place is reached only when a setting asks for it (`if insecure:`)."""
    inner = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.If) and inner is not outer.test:  # a condition itself is always reached
            asked = ast.unparse(outer.test).lower()
            if any(word in asked for word in ("verify", "insecure", "cert", "skip", "ssl")):
                return True
        inner = outer
    return False


def why_a_start(module: Module, node: ast.AST) -> str:
    """Return a reason where a weak setting is what an `if` below starts from, or nothing."""
    weak, around = module.statement(node), module.function(node)
    if around is None or not isinstance(weak, ast.Assign) or not isinstance(weak.targets[0], ast.Attribute):
        return ""
    target = weak.targets[0]
    is_reset = any(
        isinstance(other, ast.Assign)
        and other is not weak
        and other.lineno > weak.lineno
        and isinstance(module.parents.get(other), ast.If)
        and isinstance(again := other.targets[0], ast.Attribute)
        and ast.dump(again) == ast.dump(target)
        for other in ast.walk(around)
    )
    return f"`{ast.unparse(target)}` is chosen by what follows: make the strict one the default." * is_reset


def is_put_to_use(module: Module, node: ast.Attribute) -> bool:
    """Tell whether a constant is assigned, passed or called, rather than compared or imported."""
    if not isinstance(node.ctx, ast.Load):
        return False
    match module.parents.get(node):
        case ast.keyword() | ast.Dict() | ast.arguments():
            return True
        case ast.Call(func=func):
            return True if func is node else node.attr != "CERT_NONE"
        case ast.Assign(targets=[ast.Attribute() as target]):
            return target.value is not node
    return False


def is_minimum(module: Module, node: ast.Attribute) -> bool:
    """Tell whether a version is the oldest one that is allowed."""
    match module.parents.get(node):
        case ast.Assign(targets=[ast.Attribute(attr="minimum_version")]):
            return True
        case ast.keyword(arg="ssl_minimum_version" | "minimum_version"):
            return True
    return False
