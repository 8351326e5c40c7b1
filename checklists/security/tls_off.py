"""The connection is encrypted, but to whom nobody checks.

With verification off, anyone on the way (a hotel network, a hijacked route, a stale DNS record) can
present a certificate of their own, read every password and token that passes, and change the answers.
The service goes on working, so nobody notices. For a peer with a private certificate authority, pass
that authority's file (`verify="/etc/ssl/internal-ca.pem"`) and keep the check.

Calls whose setting comes from a parameter or the configuration, and code under `if insecure:` and the
like, are left out: that is decided elsewhere.

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

Flagged (app/peers.py):

    import httpx
    import paho.mqtt.client as mqtt
    import requests


    class Peer(requests.Session):
        def state(self):
            return self.get("https://peer.example/state", verify=False, timeout=3)


    client = httpx.Client(verify=0)
    broker = mqtt.Client()
    broker.tls_insecure_set(True)

Fixed (app/peers.py):

    import httpx
    import paho.mqtt.client as mqtt
    import requests


    class Peer(requests.Session):
        def state(self):
            return self.get("https://peer.example/state", timeout=3)


    client = httpx.Client()
    broker = mqtt.Client()
    broker.tls_insecure_set(False)

Flagged (app/options.py):

    import asyncssh
    import ldap
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.SSL_VERIFYPEER, 0)
    ldap.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER)


    async def shell(host):
        return await asyncssh.connect(host, known_hosts=None)

Fixed (app/options.py):

    import asyncssh
    import ldap
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.SSL_VERIFYPEER, 1)
    ldap.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)


    async def shell(host):
        return await asyncssh.connect(host)

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

from harden.checklists.security.verification import (
    ADDRESSED,
    ASSIGNED,
    FALSE_BY_DEFAULT,
    IN_ADDRESS,
    NOTHING,
    OFF,
    ON,
    POLICIES,
    SESSIONS,
    is_choice,
    is_minimum,
    is_put_to_use,
    option_off,
    owners_of,
    takes_itself,
    why_a_start,
)
from harden.checklists.written import written
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

_MAIL = (
    "smtplib.SMTP.starttls",
    "smtplib.SMTP_SSL",
    "imaplib.IMAP4_SSL",
    "poplib.POP3_SSL",
    "ftplib.FTP_TLS",
)
_OLD = ("PROTOCOL_SSLv2", "PROTOCOL_SSLv3", "PROTOCOL_TLSv1", "PROTOCOL_TLSv1_1")
_OLD_METHODS = ("SSLv2_METHOD", "SSLv3_METHOD", "TLSv1_METHOD", "TLSv1_1_METHOD")
_UNVERIFIED = ("_create_unverified_context", "_create_stdlib_context")
_NOBODY = ("CERT_NONE", "VERIFY_NONE")
_CONSTANTS = frozenset({*_OLD, *_OLD_METHODS, *_UNVERIFIED, *_NOBODY, "SSLv3", "TLSv1", "TLSv1_1"})
_SWITCHED = frozenset({*OFF, *ON, *NOTHING})
_DICTS = ("ssl", "sslopt", "ssl_options")
_CERT_NONE = ("ssl.CERT_NONE", "ssl.VerifyMode.CERT_NONE")
_ANY_CERTIFICATE = "CERT_NONE accepts any certificate"
_OLD_VERSIONS = ("ssl.TLSVersion.SSLv3", "ssl.TLSVersion.TLSv1", "ssl.TLSVersion.TLSv1_1")


@check.node(ast.keyword, named={*_SWITCHED, *_DICTS, "**"})
def switched_off(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `verify=False` and its kin in calls of HTTP and database clients."""
    if not isinstance(node, ast.keyword):
        return
    if isinstance(node.value, ast.Dict):
        call = module.parents[node] if node.arg is None else None
        for key, value in zip(node.value.keys, node.value.values, strict=True):
            name = key.value if isinstance(key, ast.Constant) else None
            if name in _SWITCHED and call is not None:
                yield from _argument(module, node, str(name), value, call)
            elif name == "check_hostname" and node.arg in _DICTS and is_literal(value, False):
                yield check.found(module, value, _ANY_HOST, facts=_TRUE)
    elif node.arg in _SWITCHED:
        yield from _argument(module, node, node.arg, node.value, module.parents[node])


def _argument(
    module: Module, node: ast.keyword, name: str, value: ast.expr, call: ast.AST
) -> Iterator[Finding]:
    given = written(module, value) if name == "verify" else value
    owners = owners_of(name, given) if isinstance(call, ast.Call) and given is not None else None
    path = module.resolve(call.func) or "" if owners and isinstance(call, ast.Call) else ""
    if not owners or is_choice(module, node):
        return
    is_known = any(base.startswith(owners) for base in module.project.ancestry((path,)))
    if not is_known and not (name == "verify" and module.is_a(path.rpartition(".")[0], *SESSIONS)):
        return
    why_not = ""
    facts = _TRUE if name in FALSE_BY_DEFAULT else {"drop": name}
    if node.arg is None:
        facts, why_not = {}, f"Take `{name}` out of the dict."
    elif given is not value:
        facts, why_not = {}, f"Give {module.segment(value)} another value where it is set."
    elif takes_itself(module, path, name):
        why_not = f"{path.rpartition('.')[2]}() is the project's own: see what it makes of `{name}`."
    message = f"{name}={module.segment(value)} accepts any certificate"
    if name == "known_hosts":
        message = "any SSH server is taken for the right one"
    yield check.found(module, value, message, facts=facts, why_not=why_not)


@check.node(ast.Assign, named={*ASSIGNED, "check_hostname", "hostkeys"})
def assigned_off(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `session.verify = False` and `context.check_hostname = False`."""
    if not isinstance(node, ast.Assign) or not isinstance(target := node.targets[0], ast.Attribute):
        return
    if is_choice(module, node):
        return
    owner = module.resolve(target.value) or ""
    if target.attr == "hostkeys" and is_literal(node.value, None) and owner == "pysftp.CnOpts":
        why_not = "Load the server's key instead: cnopts.hostkeys.load(path)."
        yield check.found(module, node.value, "any SSH server is taken for the right one", why_not=why_not)
    if not is_literal(node.value, False):
        return
    if target.attr in ASSIGNED and module.is_a(owner, *ASSIGNED[target.attr]):
        subject = "every call of this session" if target.attr == "verify" else "every call of this client"
        yield check.found(module, node.value, f"{subject} accepts any certificate", facts=_TRUE)
    if target.attr == "check_hostname" and owner.startswith("ssl."):
        why_not = why_a_start(module, node)
        yield check.found(module, node.value, _ANY_HOST, facts=_TRUE, why_not=why_not)


_ANY_HOST = "a certificate for any other host is accepted"
_TRUE = {"value": "True"}


@check.node(ast.Attribute, named=_CONSTANTS)
def weak_constant(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `CERT_NONE`, unverified contexts and old protocol versions where they are put to use."""
    if not isinstance(node, ast.Attribute):
        return
    if not is_put_to_use(module, node) or is_choice(module, node):
        return
    path = module.resolve(node) or ""
    if path in _CERT_NONE:
        facts = {"name": "CERT_REQUIRED"}
        why_not = why_a_start(module, node)
        yield check.found(module, node, _ANY_CERTIFICATE, facts=facts, why_not=why_not)
    elif path == "OpenSSL.SSL.VERIFY_NONE":
        yield check.found(module, node, "VERIFY_NONE accepts any certificate", facts={"name": "VERIFY_PEER"})
    elif path.startswith("OpenSSL.SSL.") and node.attr in _OLD_METHODS:
        why = "Choose TLS_CLIENT_METHOD or TLS_SERVER_METHOD by the side that this context is for."
        yield check.found(module, node, f"{node.attr} is broken", why_not=why)
    elif path.startswith("ssl.") and node.attr in _UNVERIFIED:
        facts = {"name": "create_default_context"}
        yield check.found(module, node, "this context accepts any certificate", facts=facts)
    elif path.startswith("ssl.") and node.attr in _OLD:
        yield check.found(module, node, f"{node.attr} is broken", why_not=_BY_SIDE)
    elif path in _OLD_VERSIONS and is_minimum(module, node):
        yield check.found(module, node, f"{node.attr} is broken", facts={"name": "TLSv1_2"})


_BY_SIDE = "Choose PROTOCOL_TLS_CLIENT or PROTOCOL_TLS_SERVER by the side that this context is for."


@check.call("ssl.SSLContext", "ssl.wrap_socket", "urllib3.util.ssl_.create_urllib3_context")
def old_version(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag old protocol versions under a name of their own, such as `from ssl import PROTOCOL_TLSv1`."""
    for value in (*call.args, *(item.value for item in call.keywords)):
        given = (module.resolve(value) or "") if isinstance(value, ast.Name) else ""
        if given.startswith("ssl.") and given.rpartition(".")[2] in _OLD and not is_choice(module, call):
            yield check.found(module, value, f"{given.rpartition('.')[2]} is broken", why_not=_BY_SIDE)


@check.node(ast.Assign, ast.keyword, named={"verify_mode", "cert_reqs", "ssl_cert_reqs"})
def named_constant(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `CERT_NONE` under a name of its own, such as `from ssl import CERT_NONE`."""
    match node:
        case (
            ast.Assign(targets=[ast.Attribute(attr="verify_mode")], value=value)
            | ast.keyword(arg="cert_reqs" | "ssl_cert_reqs" | "verify_mode", value=value)
        ) if not isinstance(value, ast.Attribute) or value.attr not in _CONSTANTS:
            if module.resolve(value) not in ("ssl.CERT_NONE", "ssl.VerifyMode.CERT_NONE") or is_choice(
                module, value
            ):
                return
            why_not = f"Give `ssl.CERT_REQUIRED` in the place of `{ast.unparse(value)}`."
            yield check.found(module, value, _ANY_CERTIFICATE, why_not=why_not)


@check.call(*(f"paramiko.{home}SSHClient.set_missing_host_key_policy" for home in ("", "client.")))
def unknown_hosts(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag the policies that accept any SSH host key."""
    policy = keyword(call, "policy") or (call.args[0] if len(call.args) == 1 else None)
    if policy is None:
        return
    named = policy.func if isinstance(policy, ast.Call) else policy
    found = module.resolve(named) or ""
    if found.rpartition(".")[2] in POLICIES and found.startswith("paramiko."):
        facts = {"name": "RejectPolicy", "keys": "load"}
        yield check.found(module, named, "any SSH server is taken for the right one", facts=facts)


@check.call("*.setopt", "*.set_option")
def option_set(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `curl.setopt(pycurl.SSL_VERIFYPEER, 0)` and the like."""
    option = option_off(module, call)
    if option is not None and not is_choice(module, call):
        value = call.args[1]
        is_own_name = isinstance(value, ast.Attribute) and value.attr in option.unsafe
        facts = {"name": option.safe} if is_own_name else {"value": option.safe}
        why_not = "" if is_own_name or isinstance(value, ast.Constant) else f"Give `{option.safe}`."
        yield check.found(module, value, option.meaning, facts=facts, why_not=why_not)


@check.call("*.tls_insecure_set")
def broker(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag MQTT clients that accept a certificate for any host."""
    given = keyword(call, "value") or (call.args[0] if call.args else None)
    if given is None or not path.startswith("paho.mqtt.client.") or is_choice(module, call):
        return
    if is_literal(given, True):
        yield check.found(module, given, _ANY_HOST, facts={"value": "False"})


@check.call(*ADDRESSED)
def by_address(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag addresses of databases that switch verification off."""
    address = call.args[0] if call.args else keyword(call, "url") or keyword(call, "host")
    text = (module.string(address) or "").lower() if address is not None else ""
    said = next((part for part in IN_ADDRESS if part in text), "")
    if said and address is not None:
        why_not = f"Take `{said}` out of the address."
        yield check.found(module, address, "the address says that any certificate will do", why_not=why_not)


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
