"""A mail server, a socket or a broker that stops answering holds the worker for ever.

Sockets have no timeout of their own, and neither have the libraries that are thin layers over them:
smtplib, ftplib, imaplib, poplib, telnetlib, paramiko, ldap3, aio-pika, asyncio's streams, gRPC stubs, and
Django's mails, which rest on smtplib. The peer need not even be down: a firewall that drops packets is
enough, and the thread that sends a mail stays where it is.

Left out: sockets of the local machine (`AF_UNIX`) and datagrams, files and projects that set a timeout on
the socket or for all sockets (`settimeout`, `setdefaulttimeout`), streams that are read in a loop, answers
of gRPC that come one by one, and libraries that have a sensible timeout already (websockets, aiosmtplib,
kafka-python, aiokafka, confluent-kafka outside of request handlers), unless it is switched off.

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

Flagged (app/whois.py):

    import asyncio


    async def owner(domain):
        reader, writer = await asyncio.open_connection("whois.example", 43)
        writer.write(f"{domain}\\r\\n".encode())
        return await reader.read()

Fixed (app/whois.py):

    import asyncio


    async def owner(domain):
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection("whois.example", 43), timeout=10
        )
        writer.write(f"{domain}\\r\\n".encode())
        return await asyncio.wait_for(reader.read(), timeout=10)

Flagged (shop/settings.py):

    EMAIL_HOST = "mail.example"
    EMAIL_PORT = 587

Fixed (shop/settings.py):

    EMAIL_HOST = "mail.example"
    EMAIL_TIMEOUT = 10
    EMAIL_PORT = 587

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

from harden.checklists.resilience.connections import (
    is_reader,
    is_set_later,
    is_streamed,
    reaches_out,
    sets_timeouts,
)
from harden.checklists.resilience.network_limits import (
    FLUSHES,
    OTHERS,
    READS,
    STANDARD,
    WEBSOCKETS,
)
from harden.checklists.waiting import has_default_timeout, in_loop, is_limited, lacks
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal, keyword
from harden.roles import Role

check = Check(
    id="network-timeout",
    title="Network connection without timeout",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.timeouts:AddTimeout", Risk.REVIEW),
)


@check.call(*STANDARD)
def standard(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag clients of the standard library without timeout."""
    limit, name = STANDARD[path], path.rpartition(".")[2]
    if has_default_timeout(module.project) or is_set_later(module, path):
        return
    if limit.is_missing(module, call):
        what = f"{name}()" if name.islower() else name
        yield check.found(module, call, f"{what} waits for ever", facts=limit.facts(call))


@check.call(*OTHERS)
def other(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag clients of other libraries without timeout."""
    limit = OTHERS[path]
    is_default = path == "pika.ConnectionParameters" and not (call.args or call.keywords)
    if limit.is_missing(module, call) and not is_default:
        what = ".".join(path.split(".")[-2:])
        yield check.found(module, call, f"{what} waits {limit.waits}", facts=limit.facts(call))


@check.call(*FLUSHES)
def flush(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag request handlers that wait until a producer has sent all it has."""
    limit = FLUSHES[path]
    if module.role(call) is Role.HANDLER and limit.is_missing(module, call):
        yield check.found(module, call, f"flush() waits {limit.waits}", facts=limit.facts(call))


@check.call(*WEBSOCKETS)
def opened(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag websockets whose timeout for the handshake is switched off."""
    if is_literal(keyword(call, "open_timeout"), None):
        yield check.found(module, call, "connect() waits for ever", facts={"set": "open_timeout=seconds"})


@check.call("socket.socket.connect")
def connect(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag sockets that connect, and then wait, without timeout."""
    if not isinstance(call.func, ast.Attribute) or has_default_timeout(module.project):
        return
    peer = call.func.value
    if sets_timeouts(module) or not reaches_out(module, peer):
        return
    if isinstance(peer, ast.Name | ast.Attribute):
        facts = {"method": f"{ast.unparse(peer)}.settimeout"}
        yield check.found(module, call, "The socket waits for ever", facts=facts)


@check.node(ast.Await)
def stream(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag asyncio connections, and single answers read from them."""
    call = node.value if isinstance(node, ast.Await) else None
    if not isinstance(call, ast.Call) or is_limited(module, call):
        return
    facts = {"wrap": "asyncio:wait_for"}
    if module.resolve(call.func) == "asyncio.open_connection":
        yield check.found(module, call, "open_connection() waits for minutes", facts=facts)
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in READS and is_reader(module, call.func) and not in_loop(module, call):
        yield check.found(module, call, f"{method}() waits for ever", facts=facts)


@check.call("ldap.initialize")
def directory(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag python-ldap, which takes its timeout as an option."""
    if module.project.mentions("OPT_NETWORK_TIMEOUT"):
        return
    statement = module.statement(call)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(target, ast.Name | ast.Attribute) and statement.value is call:  # type: ignore[attr-defined]
        options = ast.unparse(call.func).removesuffix(".initialize")
        dotted = isinstance(call.func, ast.Attribute)
        why_not = "" if dotted else "Set its option ldap.OPT_NETWORK_TIMEOUT."
        after = f"{ast.unparse(target)}.set_option({options}.OPT_NETWORK_TIMEOUT, {{seconds}})"
        message = "The directory is waited for without limit"
        yield check.found(module, statement, message, facts={"after": after}, why_not=why_not)


@check.node(ast.Assign, named={"EMAIL_HOST"})
def django_mail(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag Django's settings for mail without EMAIL_TIMEOUT."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return
    if is_literal(node.value, "localhost"):
        return
    at_top = isinstance(module.parents.get(node), ast.Module | ast.If)
    if at_top and "settings" in module.path and not module.project.mentions("EMAIL_TIMEOUT"):
        facts = {"after": "EMAIL_TIMEOUT = {seconds}"}
        yield check.found(module, node, "Django's mails wait for ever", facts=facts)


@check.module
def stubs(module: Module) -> Iterator[Finding]:
    """Flag calls of generated gRPC stubs without deadline."""
    if "_pb2_grpc" not in module.text:
        return
    for call in module.nodes(ast.Call):
        path = module.resolve(call.func) or ""
        owner, _, method = path.rpartition(".")
        remote = owner.endswith("Stub") and "_pb2_grpc." in owner and method[:1].isupper() and call.args
        if remote and lacks(module, call, "timeout", 1) and not is_streamed(module, call):
            facts = {"set": "timeout=seconds"}
            yield check.found(module, call, f"{method}() waits for ever", facts=facts)
