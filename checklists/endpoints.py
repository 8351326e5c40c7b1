"""Addresses that differ from one environment to the next: what a text says of its host."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harden.environment import screaming

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9]*(?:\+[a-z0-9_]+)?)://(?:(?P<login>[^/@\s{}]*)@)?"
    r"(?P<host>\[[0-9a-f:]+\]|[A-Za-z0-9._\-]+)(?P<port>:\d+)?(?P<rest>(?:[/?#,;][^\s]*)?)"
)
_DATABASE = re.compile(
    r"(rediss?|amqps?|pyamqp|postgres(ql)?|mysql|mariadb|mongodb|mssql|oracle|cockroachdb|clickhouse|cassandra"
    r"|memcached?|kafka|nats|mqtts?|ldaps?|neo4j|bolt|influxdb|smtps?|etcd|stomp|tcp)(\+\w+)?"
)
_HERE = re.compile(r"localhost|127(\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0|host\.docker\.internal")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_PRIVATE = re.compile(
    r".+\.(local|internal|lan|corp|intranet|svc|private|home\.arpa|cluster\.local|localdomain|consul)"
)
_INSTANCE = re.compile(
    r".+\.(rds|cache|elb|sqs|execute-api|es|dynamodb|redshift|lambda-url|kafka|docdb)\b[\w.\-]*\.amazonaws\.com(\.cn)?"
    r"|[\w\-]+\.s3[.\-][\w.\-]*amazonaws\.com|(sqs|kinesis)\.[\w\-]+\.amazonaws\.com"
    r"|.+\.(azurewebsites\.net|core\.windows\.net|database\.windows\.net|servicebus\.windows\.net"
    r"|redis\.cache\.windows\.net|herokuapp\.com|run\.app|cloudfunctions\.net|appspot\.com|firebaseio\.com"
    r"|vercel\.app|netlify\.app|ngrok(-free)?\.(io|app|dev)|onrender\.com|up\.railway\.app|fly\.dev"
    r"|supabase\.co|mongodb\.net|upstash\.io|cloudfront\.net|digitaloceanspaces\.com|ondigitalocean\.com)"
)
_STAGE = re.compile(r"(^|[.\-_])(staging|stage|prod|production|uat|qa|preprod|sandbox)([.\-_]|$)")
_STAGE_WORD = re.compile(
    r"(?i)(?:^|_)(prod|production|live|sandbox|staging|stage|dev|development|test|testnet|mainnet|uat|qa)(?=_|$)"
)
_SAME_EVERYWHERE = frozenset(
    {"169.254.169.254", "metadata.google.internal", "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1"}
    | {"10.255.255.255", "10.254.254.254", "169.254.170.2", "255.255.255.255", "fastdl.mongodb.net"}
)
_PLACEHOLDER = re.compile(
    r"(.+\.)?example\.(com|org|net)|(.+\.)?(test|invalid)|192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+"
    r"|(your|my|some|the)?-?(host(name)?|server|domain|ip|address|url|broker|dummy|fake|foo|bar|baz|x+|test(server)?)"
)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.\-_]*[A-Za-z0-9])?(:\d{2,5})?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address in a text: `base` is what its path comes after, `why` what makes it one environment's."""

    scheme: str
    host: str
    base: str
    rest: str
    why: str

    @property
    def is_database(self) -> bool:
        """Tell whether it names a database, a cache or a broker."""
        return _DATABASE.fullmatch(self.scheme) is not None

    @property
    def is_here(self) -> bool:
        """Tell whether it is a web address on the machine itself."""
        return not self.is_database and _HERE.fullmatch(self.host) is not None


def endpoint(text: str, *, is_start: bool = False) -> Endpoint | None:
    """Return the address of one environment that a text is (or begins with), or None."""
    found = _URL.match(text)
    if found is None or found.end() != len(text) or ":" in (found["login"] or ""):
        return None
    if is_start and not found["rest"] and not found["port"]:
        return None  # the host may go on in what follows
    scheme, host = found["scheme"], found["host"].lower()
    if host in _SAME_EVERYWHERE or _PLACEHOLDER.fullmatch(host):
        return None
    why = _why(scheme, host, found["port"] or "")
    return Endpoint(scheme, host, text[: found.start("rest")], found["rest"], why) if why else None


def _why(scheme: str, host: str, port: str) -> str:
    if _DATABASE.fullmatch(scheme):
        return f"the address of {host}"
    if not scheme.startswith(("http", "ws", "grpc")):
        return ""
    if _HERE.fullmatch(host):
        return "an address on this machine"
    if _ADDRESS.fullmatch(host):
        return "the address of one machine"
    if "." not in host:
        return f"the address of the service {host}" if port or "-" in host else ""
    if _PRIVATE.fullmatch(host):
        return f"the internal address {host}"
    if _INSTANCE.fullmatch(host):
        return f"the address of one deployment, {host}"
    if _STAGE.search(host.rpartition(".")[0]):
        return f"the address of one environment, {host}"
    return f"the address {host}{port}" if port and port not in (":80", ":443") else ""


def is_host(text: str) -> bool:
    """Tell whether a text may be the name or address of a host, with or without a port."""
    host = text.partition(":")[0].lower()
    return (
        _HOST.fullmatch(text) is not None
        and host not in _SAME_EVERYWHERE
        and not (_PLACEHOLDER.fullmatch(host) and not _HERE.fullmatch(host))
        and not host.isdigit()
    )


def stage_in(name: str) -> str:
    """Return the word of a constant's name that says for which environment it is, or an empty string."""
    found = _STAGE_WORD.search(name)
    return found[1] if found else ""


def service_name(host: str) -> str:
    """Return a word for environment variables from a host: `user-service` is USER_SERVICE."""
    if _HERE.fullmatch(host) or _ADDRESS.fullmatch(host):
        return ""
    labels = [label for label in host.split(".") if label not in ("www", "api", "com", "net", "org", "io")]
    name = screaming(labels[0].replace("-", "_")) if labels else ""
    return name if name and not name[0].isdigit() else ""
