"""A mail server, a socket or a broker that stops answering holds the worker for ever.

Sockets have no timeout of their own, and neither have the libraries that are thin layers over them:
smtplib, ftplib, imaplib, poplib, telnetlib, paramiko, ldap3, gRPC stubs. The peer need not even be down:
a firewall that drops packets is enough, and the thread that sends a mail stays where it is.

Left out: sockets of the local machine (`AF_UNIX`) and datagrams, files and projects that set a timeout on
the socket or for all sockets (`settimeout`, `setdefaulttimeout`), and libraries that have a sensible
timeout already (websockets, kafka-python), unless it is switched off.

Flagged:

    import smtplib


    def notify(address, text):
        with smtplib.SMTP("mail.example", 25) as server:
            server.sendmail("shop@example.org", address, text)

Fixed:

    import smtplib


    def notify(address, text):
        with smtplib.SMTP("mail.example", 25, timeout=10) as server:
            server.sendmail("shop@example.org", address, text)

Flagged (app/tcp.py):

    import socket


    def ask(host, question):
        peer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        peer.connect((host, 4000))
        peer.sendall(question)
        return peer.recv(1024)

Fixed (app/tcp.py):

    import socket


    def ask(host, question):
        peer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        peer.settimeout(10)
        peer.connect((host, 4000))
        peer.sendall(question)
        return peer.recv(1024)

Flagged (app/rpc.py):

    import grpc
    import paramiko

    from app import shop_pb2_grpc

    stub = shop_pb2_grpc.ShopStub(grpc.insecure_channel("shop:50051"))


    def stock(request):
        return stub.Stock(request)


    def open_shell(host):
        client = paramiko.SSHClient()
        client.connect(host, username="shop")
        return client

Fixed (app/rpc.py):

    import grpc
    import paramiko

    from app import shop_pb2_grpc

    stub = shop_pb2_grpc.ShopStub(grpc.insecure_channel("shop:50051"))


    def stock(request):
        return stub.Stock(request, timeout=10)


    def open_shell(host):
        client = paramiko.SSHClient()
        client.connect(host, username="shop", timeout=10)
        return client

Fine:

    import imaplib
    import smtplib
    import socket


    def notify(address, **options):
        smtplib.SMTP("mail.example", 25, None, 30)
        smtplib.SMTP_SSL("mail.example", **options)
        return imaplib.IMAP4_SSL("mail.example", timeout=20)


    def local_address():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 80))
            return probe.getsockname()[0]


    def supervisor():
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.connect("/run/supervisor.sock")
        return peer

When to ignore: the connection is meant to be quiet for hours, and something else notices when it is dead.

References:
https://docs.python.org/3/library/socket.html#notes-on-socket-timeouts
https://docs.python.org/3/library/smtplib.html#smtplib.SMTP
https://grpc.io/docs/guides/deadlines/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.waiting import has_default_timeout, lacks, place_of
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, is_literal, keyword

check = Check(
    id="network-timeout",
    title="Network connection without timeout",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.timeouts:AddTimeout", Risk.REVIEW),
)

_STANDARD = {
    "smtplib.SMTP": 3,
    "smtplib.SMTP_SSL": 5,
    "smtplib.LMTP": 4,
    "ftplib.FTP": 4,
    "ftplib.FTP_TLS": -1,
    "imaplib.IMAP4": 2,
    "imaplib.IMAP4_SSL": -1,
    "poplib.POP3": 2,
    "poplib.POP3_SSL": 4,
    "nntplib.NNTP": -1,
    "nntplib.NNTP_SSL": -1,
    "telnetlib.Telnet": 2,
}
"""Classes of the standard library, and the number of their timeout argument."""
_OTHERS = {
    "paramiko.SSHClient.connect": ("timeout", 6, "seconds"),
    "paramiko.client.SSHClient.connect": ("timeout", 6, "seconds"),
    "ldap3.Server": ("connect_timeout", -1, "connect"),
    "ldap3.Connection": ("receive_timeout", -1, "seconds"),
    "websocket.create_connection": ("timeout", 1, "seconds"),
    "pika.ConnectionParameters": ("blocked_connection_timeout", -1, "slow"),
    "kafka.KafkaProducer.send.get": ("timeout", 0, "seconds"),
}
_OPENERS = ("websockets.connect", "websockets.client.connect", "websockets.asyncio.client.connect")
_STREAMS = ("websockets.sync.client.connect", *_OPENERS)


@check.call(*_STANDARD)
def standard(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag clients of the standard library without timeout."""
    at, name = _STANDARD[path], path.rpartition(".")[2]
    if lacks(module, call, "timeout", at) and not has_default_timeout(module.project):
        facts = place_of(call, "timeout", at, "seconds")
        yield check.found(module, call, f"{name} waits for ever", facts=facts)


@check.call(*_OTHERS)
def other(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag clients of other libraries without timeout."""
    name, at, form = _OTHERS[path]
    if lacks(module, call, name, at) and (path != "pika.ConnectionParameters" or call.args or call.keywords):
        what = ".".join(path.split(".")[-2:])
        yield check.found(module, call, f"{what} waits for ever", facts=place_of(call, name, at, form))


@check.call(*_STREAMS)
def opened(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag websockets whose timeout for the handshake is switched off."""
    if is_literal(keyword(call, "open_timeout"), None):
        yield check.found(module, call, "connect() waits for ever", facts={"set": "open_timeout=seconds"})


@check.call("socket.create_connection")
def connection(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `create_connection` without timeout."""
    if lacks(module, call, "timeout", 1) and not has_default_timeout(module.project):
        facts = place_of(call, "timeout", 1, "seconds")
        yield check.found(module, call, "create_connection() waits for ever", facts=facts)


@check.call("socket.socket.connect")
def connect(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag sockets that connect, and then wait, without timeout."""
    if not isinstance(call.func, ast.Attribute) or has_default_timeout(module.project):
        return
    peer = call.func.value
    if _is_limited(module) or not _reaches_out(module, peer):
        return
    if isinstance(peer, ast.Name | ast.Attribute):
        facts = {"method": f"{ast.unparse(peer)}.settimeout"}
        yield check.found(module, call, "The socket waits for ever", facts=facts)


@check.module
def stubs(module: Module) -> Iterator[Finding]:
    """Flag calls of generated gRPC stubs without deadline."""
    if "_pb2_grpc" not in module.text:
        return
    for call in module.nodes(ast.Call):
        path = module.resolve(call.func) or ""
        owner, _, method = path.rpartition(".")
        remote = owner.endswith("Stub") and "_pb2_grpc." in owner and method[:1].isupper() and call.args
        if remote and keyword(call, "timeout") is None and not has_star_arguments(call):
            facts = {"set": "timeout=seconds"}
            yield check.found(module, call, f"{method}() waits for ever", facts=facts)


def _is_limited(module: Module) -> bool:
    """Tell whether the file sets timeouts on sockets, or does not block on them."""
    return any(
        isinstance(call.func, ast.Attribute) and call.func.attr in ("settimeout", "setblocking")
        for call in module.nodes(ast.Call)
    )


def _reaches_out(module: Module, peer: ast.expr) -> bool:
    """Tell whether a socket is a TCP one, as far as its making is in sight."""
    if isinstance(peer, ast.Attribute):
        owner = module.resolve(peer.value) or ""
        made = module.names.member(owner.removeprefix(module.name + "."), peer.attr)
    else:
        bound = module.names.lookup(peer) if isinstance(peer, ast.Name) else None
        parent = module.parents.get(bound) if bound is not None else None
        made = getattr(parent, "value", getattr(parent, "context_expr", None))
    if not isinstance(made, ast.Call) or module.resolve(made.func) != "socket.socket":
        return False
    kinds = [module.resolve(arg) or "?" for arg in (*made.args, *(item.value for item in made.keywords))]
    return all(kind in ("socket.AF_INET", "socket.AF_INET6", "socket.SOCK_STREAM") for kind in kinds[:2])
