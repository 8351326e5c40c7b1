"""The connection is encrypted, but to whom nobody checks.

With verification off, anyone on the way (a hotel network, a hijacked route, a stale DNS record) can
present a certificate of their own, read every password and token that passes, and change the answers.
The service goes on working, so nobody notices. For a peer with a private certificate authority, pass
that authority's file (`verify="/etc/ssl/internal-ca.pem"`) and keep the check.

Calls whose setting comes from a variable, and code under `if insecure:` and the like, are left out:
that is decided elsewhere.

Flagged:

    import requests


    def charge(order):
        return requests.post("https://pay.example/charge", json=order, timeout=10, verify=False)

Fixed:

    import requests


    def charge(order):
        return requests.post("https://pay.example/charge", json=order, timeout=10)

Flagged:

    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

Fixed:

    import ssl

    context = ssl.create_default_context()
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED

Flagged:

    import paramiko

    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())

Fixed:

    import paramiko

    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())

Flagged:

    import smtplib


    def send(message):
        with smtplib.SMTP("mail.example", 587) as server:
            server.starttls()
            server.send_message(message)

Fixed:

    import smtplib
    import ssl


    def send(message):
        with smtplib.SMTP("mail.example", 587) as server:
            server.starttls(context=ssl.create_default_context())
            server.send_message(message)

Fine:

    import ssl

    import requests

    session = requests.Session()
    if settings.insecure:
        session.verify = False
    session.verify = "/etc/ssl/internal-ca.pem"
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2


    def state(options, verify):
        options.verify = False
        form.validate(verify=False)
        return session.get("https://peer.example/state", verify=verify, timeout=3)

When to ignore: the peer is on the same host, or a tool exists to inspect broken certificates.

References:

    https://docs.python.org/3/library/ssl.html#ssl.create_default_context
    https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, is_literal, keyword

check = Check(
    id="tls-off",
    title="Certificate or host key not verified",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.tls:VerifyPeer", Risk.REVIEW),
    codes=frozenset({"S501", "S502", "S503", "S504", "S507", "S323", "B501", "B502", "B503", "B504", "B507"}),
)

_OFF = {
    "verify": ("requests.", "httpx.", "boto3.", "niquests.", "hvac.", "consul.", "botocore."),
    "ssl": ("aiohttp.",),
    "verify_ssl": ("aiohttp.", "kubernetes.", "influxdb.", "elasticsearch."),
    "ssl_verify": ("gitlab.", "proxmoxer."),
    "verify_certs": ("elasticsearch.", "opensearchpy."),
    "check_hostname": ("redis.", "urllib3."),
    "ssl_check_hostname": ("redis.",),
    "assert_hostname": ("urllib3.",),
    "validate_certs": ("aiosmtplib.",),
    "tls_insecure": ("pymongo.",),
}
"""Keyword arguments that turn verification off when False, and whose calls take them."""
_ON = {
    "tlsAllowInvalidCertificates": ("pymongo.", "motor."),
    "tlsAllowInvalidHostnames": ("pymongo.", "motor."),
    "tlsInsecure": ("pymongo.", "motor."),
}
_MAIL = (
    "smtplib.SMTP.starttls",
    "smtplib.SMTP_SSL",
    "imaplib.IMAP4_SSL",
    "poplib.POP3_SSL",
    "ftplib.FTP_TLS",
)
_OLD = ("PROTOCOL_SSLv2", "PROTOCOL_SSLv3", "PROTOCOL_TLSv1", "PROTOCOL_TLSv1_1")
_CONSTANTS = frozenset(
    {*_OLD, "CERT_NONE", "_create_unverified_context", "_create_stdlib_context", "SSLv3", "TLSv1", "TLSv1_1"}
)
_ANY_CERTIFICATE = "CERT_NONE accepts any certificate"
_OLD_VERSIONS = ("ssl.TLSVersion.SSLv3", "ssl.TLSVersion.TLSv1", "ssl.TLSVersion.TLSv1_1")
_SESSIONS = ("requests.Session", "requests.session", "requests.sessions.Session", "niquests.Session")


@check.node(ast.keyword)
def switched_off(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `verify=False` and its kin in calls of HTTP and database clients."""
    call = module.parents[node]
    if not isinstance(node, ast.keyword) or not isinstance(call, ast.Call) or node.arg is None:
        return
    value = node.value
    owners: tuple[str, ...] | None = _ON.get(node.arg) if is_literal(value, True) else None
    if is_literal(value, False):
        owners = _OFF.get(node.arg)
    elif node.arg == "ssl_cert_reqs" and (is_literal(value, None) or is_literal(value, "none")):
        owners = ("redis.",)
    path = (module.resolve(call.func) or "") if owners else ""
    if owners and path.startswith(owners) and not _is_choice(module, node):
        yield check.found(
            module,
            value,
            f"{node.arg}={module.segment(value)} accepts any certificate",
            facts={"drop": node.arg},
        )


@check.node(ast.Assign)
def assigned_off(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `session.verify = False` and `context.check_hostname = False`."""
    if not isinstance(node, ast.Assign) or not isinstance(target := node.targets[0], ast.Attribute):
        return
    if not is_literal(node.value, False) or target.attr not in ("verify", "check_hostname"):
        return
    if _is_choice(module, node):
        return
    owner = module.resolve(target.value) or ""
    if target.attr == "verify" and module.is_a(owner, *_SESSIONS):
        yield check.found(
            module, node.value, "every call of this session accepts any certificate", facts=_TRUE
        )
    if target.attr == "check_hostname" and owner.startswith("ssl."):
        yield check.found(module, node.value, "a certificate for any other host is accepted", facts=_TRUE)


_TRUE = {"value": "True"}


@check.node(ast.Attribute)
def weak_constant(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `CERT_NONE`, unverified contexts and old protocol versions where they are put to use."""
    if not isinstance(node, ast.Attribute) or node.attr not in _CONSTANTS:
        return
    if not _is_put_to_use(module, node) or _is_choice(module, node):
        return
    path = module.resolve(node) or ""
    if path == "ssl.CERT_NONE":
        facts = {"name": "CERT_REQUIRED"}
        yield check.found(module, node, _ANY_CERTIFICATE, facts=facts)
    elif path in ("ssl._create_unverified_context", "ssl._create_stdlib_context"):
        facts = {"name": "create_default_context"}
        yield check.found(module, node, "this context accepts any certificate", facts=facts)
    elif path.startswith("ssl.") and node.attr in _OLD:
        facts = {"name": "PROTOCOL_TLS_CLIENT"}
        why = "Choose PROTOCOL_TLS_CLIENT or PROTOCOL_TLS_SERVER by the side that this context is for."
        yield check.found(module, node, f"{node.attr} is broken", facts=facts, why_not=why)
    elif path in _OLD_VERSIONS and _is_minimum(module, node):
        yield check.found(module, node, f"{node.attr} is broken", facts={"name": "TLSv1_2"})


@check.node(ast.Assign, ast.keyword)
def named_constant(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `CERT_NONE` under a name of its own, such as `from ssl import CERT_NONE`."""
    match node:
        case (
            ast.Assign(targets=[ast.Attribute(attr="verify_mode")], value=value)
            | ast.keyword(arg="cert_reqs" | "ssl_cert_reqs" | "verify_mode", value=value)
        ) if not isinstance(value, ast.Attribute) or value.attr not in _CONSTANTS:
            if module.resolve(value) != "ssl.CERT_NONE" or _is_choice(module, value):
                return
            why_not = f"Give `ssl.CERT_REQUIRED` in the place of `{ast.unparse(value)}`."
            yield check.found(module, value, _ANY_CERTIFICATE, why_not=why_not)


@check.call(*(f"paramiko.{home}SSHClient.set_missing_host_key_policy" for home in ("", "client.")))
def unknown_hosts(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag the policies that accept any SSH host key."""
    if len(call.args) != 1:
        return
    policy = call.args[0]
    named = policy.func if isinstance(policy, ast.Call) else policy
    found = module.resolve(named) or ""
    if found.rpartition(".")[2] in ("AutoAddPolicy", "WarningPolicy"):
        facts = {"name": "RejectPolicy", "keys": "load"}
        yield check.found(module, named, "any SSH server is taken for the right one", facts=facts)


@check.call(*_MAIL)
def mail_without_context(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag mail and FTP clients without a context: they encrypt, but verify nothing."""
    given = keyword(call, "context")
    if has_star_arguments(call) or keyword(call, "ssl_context") or keyword(call, "certfile"):
        return
    if path.endswith("starttls") and call.args:
        return
    if given is None or is_literal(given, None):
        name = path.removeprefix("smtplib.SMTP.").rpartition(".")[2]
        yield check.found(
            module,
            call,
            f"{name}() without a context accepts any certificate",
            facts={"context": "context"},
            severity=Severity.MEDIUM,
        )


def _is_choice(module: Module, node: ast.AST) -> bool:
    """Tell whether the place is reached only when a setting asks for it (`if insecure:`)."""
    return any(
        isinstance(outer, ast.If)
        and any(
            word in ast.unparse(outer.test).lower() for word in ("verify", "insecure", "cert", "skip", "ssl")
        )
        for outer in module.ancestors(node)
    )


def _is_put_to_use(module: Module, node: ast.Attribute) -> bool:
    """Tell whether a constant is assigned, passed or called, rather than compared or imported."""
    if not isinstance(node.ctx, ast.Load):
        return False
    match module.parents.get(node):
        case ast.keyword() | ast.Dict():
            return True
        case ast.Call(func=func):
            return True if func is node else node.attr != "CERT_NONE"
        case ast.Assign(targets=[ast.Attribute() as target]):
            return target.value is not node
    return False


def _is_minimum(module: Module, node: ast.Attribute) -> bool:
    match module.parents.get(node):
        case ast.Assign(targets=[ast.Attribute(attr="minimum_version")]):
            return True
        case ast.keyword(arg="ssl_minimum_version" | "minimum_version"):
            return True
    return False
