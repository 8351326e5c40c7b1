"""A slow peer holds the worker for ever.

requests, urllib and http.client have no timeout of their own: when the peer accepts the connection and
then says nothing, the call never returns. A handful of such calls takes every worker of the service with it.
The clients of OpenAI, Anthropic, AWS, Stripe and aiohttp do give up, but after minutes and several
attempts: long after the user has gone and the load balancer has answered for you.

A timeout belongs on the client where the library has one there (httpx, aiohttp, urllib3, SDK clients);
requests wants it on each call, also where a function of it is handed to `partial` or to a thread. It raises
an error that the caller has to expect. On request (`constant`) all calls of a file share a named constant.

A function that only hands its `**options` on is told where none of its callers sets a timeout.
Left out: calls that pass other `**options`, sessions whose adapter or class sets a timeout, and
libraries with a sensible default (httpx, urllib3.request, Slack, Google Cloud), unless it is switched off.

Flagged:

    import requests


    def charge(order):
        response = requests.post("https://pay.example/charge", json=order)
        response.raise_for_status()

Fixed:

    import requests


    def charge(order):
        response = requests.post("https://pay.example/charge", json=order, timeout=10)
        response.raise_for_status()

Flagged (app/clients.py):

    import boto3
    from aiohttp import ClientSession
    from openai import OpenAI
    from urllib.request import urlopen

    model = OpenAI()
    queue = boto3.client("sqs")


    async def prices(url):
        async with ClientSession() as session:
            async with session.get(url) as response:
                return await response.json()


    def state(url):
        return urlopen(url, None, None).read()

Fixed (app/clients.py):

    import boto3
    from aiohttp import ClientSession, ClientTimeout
    from botocore.config import Config
    from openai import OpenAI
    from urllib.request import urlopen

    model = OpenAI(timeout=60)
    queue = boto3.client("sqs", config=Config(connect_timeout=10, read_timeout=10))


    async def prices(url):
        async with ClientSession(timeout=ClientTimeout(total=10)) as session:
            async with session.get(url) as response:
                return await response.json()


    def state(url):
        return urlopen(url, None, 10).read()

Flagged (app/session.py):

    import httpx
    import requests


    class Shop:
        def __init__(self):
            self.session = requests.Session()
            self.client = httpx.Client(
                base_url="https://shop.example",
                timeout=None,
            )

        def stock(self, **options):
            return self.session.request("GET", "https://shop.example/stock")

Fixed (app/session.py):

    import httpx
    import requests


    class Shop:
        def __init__(self):
            self.session = requests.Session()
            self.client = httpx.Client(
                base_url="https://shop.example",
                timeout=10,
            )

        def stock(self, **options):
            return self.session.request("GET", "https://shop.example/stock", timeout=10)

Flagged (app/wrapper.py):

    import requests


    def fetch(path, **options):
        return requests.get(f"https://shop.example{path}", **options)


    def stock():
        return fetch("/stock", headers={"Accept": "application/json"})

Fixed (app/wrapper.py):

    import requests


    def fetch(path, **options):
        return requests.get(f"https://shop.example{path}", timeout=10, **options)


    def stock():
        return fetch("/stock", headers={"Accept": "application/json"})

Fine:

    import aiohttp
    import httpx
    import requests
    from openai import OpenAI

    model = OpenAI(timeout=20)
    client = httpx.AsyncClient()
    stream = aiohttp.ClientTimeout(total=None, sock_read=30)


    def charge(order, **options):
        requests.post("https://pay.example/charge", json=order, timeout=3)
        requests.get("https://pay.example/state", **options)
        return order.get("https://pay.example/state")


    def ask(url, **options):
        return requests.get(url, **options)


    def state():
        return ask("https://pay.example/state", timeout=3)

Fine (app/adapter.py):

    import requests
    from requests.adapters import HTTPAdapter


    class TimeoutAdapter(HTTPAdapter):
        def send(self, request, **options):
            options["timeout"] = options.get("timeout") or 5
            return super().send(request, **options)


    session = requests.Session()
    session.mount("https://", TimeoutAdapter())


    def state():
        return session.get("https://pay.example/state")

Fine (app/wrapped.py):

    import openai
    import requests


    def build_session(limit=5):
        session = requests.Session()
        plain = session.request

        def request(method, url, **options):
            options.setdefault("timeout", limit)
            return plain(method, url, **options)

        session.request = request
        return session


    def state():
        return build_session().get("https://pay.example/state")


    def model(key):
        try:
            return openai.OpenAI(api_key=key, timeout=20)
        except TypeError:
            return openai.OpenAI(api_key=key)

When to ignore: the call runs in a script that a person watches.

References:
https://requests.readthedocs.io/en/latest/user/advanced/#timeouts
https://docs.aiohttp.org/en/stable/client_quickstart.html#timeouts
https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.requests_sessions import FUNCTIONS, METHODS, SESSIONS, has_own_timeout, is_session
from harden.checklists.resilience.forwarded import never_given
from harden.checklists.resilience.http_limits import (
    ALIASES,
    AWS_CLIENTS,
    AWS_CONFIGS,
    CALL_LATER,
    HTTPX,
    MODELS,
    PASS_ON,
    POOL_MAKERS,
    POOLS,
    SERVICES,
    SLOW_AWS,
    STANDARD,
    SWITCHED_OFF,
)
from harden.checklists.resilience.limited import awaits_within_limits, is_called_here, is_limited_elsewhere
from harden.checklists.unpacking import argument, is_open
from harden.checklists.waiting import Limit, has_default_timeout, lacks, sets_elsewhere
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal, keyword
from harden.roles import Role

check = Check(
    id="http-timeout",
    title="HTTP call without timeout",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.timeouts:AddTimeout", Risk.REVIEW),
    codes=frozenset({"S113", "B113"}),
)


@check.call(*FUNCTIONS, *(f"{session}.{m}" for session in SESSIONS for m in METHODS))
def requests_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag requests calls without timeout; requests has none for a whole session."""
    method = path.rpartition(".")[2]
    limit = Limit(at=8 if path not in FUNCTIONS and method == "request" else -1, form="pair")
    if has_own_timeout(module, call, path):
        return
    message = f"requests.{method}() waits for ever"
    if limit.is_missing(module, call):
        yield check.found(module, call, message, facts=limit.facts(call))
    elif (form := never_given(module, call, limit.name)) == "options":
        yield check.found(module, call, f"{message}: no caller sets a timeout", facts=limit.facts(call))
    elif form == "parameter":
        why_not = "The timeout is a parameter that no caller gives: give it another default than None."
        yield check.found(module, call, f"{message}: no caller sets a timeout", why_not=why_not)


@check.call(*(f"*.{method}" for method in METHODS))
def own_session_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag calls through the project's own session classes, and sessions that its own functions return."""
    if module.project.owns(path) and is_session(module, path.rpartition(".")[0]):
        yield from requests_call(module, call, path)


@check.call(*PASS_ON, *CALL_LATER)
def passed_on(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag requests functions that are handed over to be called without timeout."""
    at = CALL_LATER.get(path, 0)
    called = (module.resolve(call.args[at]) or "") if at < len(call.args) else ""
    if called not in FUNCTIONS and not (
        called.rpartition(".")[2] in METHODS and is_session(module, called.rpartition(".")[0])
    ):
        return
    if lacks(module, call, "timeout") and not has_own_timeout(module, call, called):
        if path == "functools.partial" and not is_called_here(module, call):
            return
        facts = {"at": str(at), "form": "partial"} if path in CALL_LATER else {"set": "timeout=pair"}
        name = called.rpartition(".")[2]
        yield check.found(module, call, f"requests.{name}() will wait for ever", facts=facts)


@check.call(*STANDARD)
def standard_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag urllib and http.client calls without timeout."""
    limit, name = STANDARD[path], path.rpartition(".")[2]
    url = module.string(call.args[0]) if call.args else None
    if url is not None and url.startswith(("file:", "data:")):
        return
    if limit.is_missing(module, call) and not has_default_timeout(module.project):
        yield check.found(module, call, f"{name}() waits for ever", facts=limit.facts(call))


@check.call("urllib.request.urlretrieve")
def retrieve(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `urlretrieve`, which takes no timeout."""
    if not has_default_timeout(module.project):
        why_not = (
            "urlretrieve takes no timeout: open the address with urlopen and copy it with shutil.copyfileobj."
        )
        yield check.found(module, call, "urlretrieve() waits for ever", why_not=why_not)


@check.call(*POOL_MAKERS)
def pool(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag urllib3 pools without timeout, unless the requests made through them have one."""
    limited = has_default_timeout(module.project) or sets_elsewhere(module, *POOLS)
    if lacks(module, call, "timeout") and not limited:
        name = path.rpartition(".")[2]
        yield check.found(module, call, f"{name} waits for ever", facts={"set": "timeout=seconds"})


@check.call("aiohttp.ClientSession", "aiohttp.client.ClientSession", "aiohttp.request")
def aiohttp_session(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag what rests on aiohttp's default of five minutes, which None stands for too."""
    if lacks(module, call, "timeout") and not sets_elsewhere(module, "aiohttp.ClientSession."):
        off = keyword(call, "timeout") is not None
        if off or not (awaits_within_limits(module) or is_limited_elsewhere(module)):
            message = f"{path.rpartition('.')[2]} waits for five minutes"
            yield check.found(module, call, message, facts={"set": "timeout=aiohttp"})


@check.call(*(f"aiohttp.ClientSession.{method}" for method in METHODS))
def aiohttp_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag single requests whose timeout is switched off."""
    if is_literal(keyword(call, "timeout"), None) and not awaits_within_limits(module):
        message = f"{path.rpartition('.')[2]}() with the timeout switched off waits for ever"
        yield check.found(module, call, message, facts={"set": "timeout=aiohttp"})


@check.call("aiohttp.ClientTimeout", "aiohttp.client.ClientTimeout")
def aiohttp_timeout(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `ClientTimeout()` and `ClientTimeout(total=None)` that limit nothing else either."""
    total = keyword(call, "total")
    others = [item for item in call.keywords if item.arg != "total" and not is_literal(item.value, None)]
    off = total is None or is_literal(total, None) or is_literal(total, 0)
    if off and not others and not call.args:
        yield check.found(module, call, "ClientTimeout without any limit", facts={"set": "total=seconds"})


@check.call(*HTTPX, *SWITCHED_OFF)
def switched_off(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag httpx and others with a sensible default where it is switched off."""
    if is_literal(keyword(call, "timeout"), None):
        name = path.rpartition(".")[2]
        form = "slow" if name == "stream" else "seconds"
        message = f"{name}() with the timeout switched off waits for ever"
        yield check.found(module, call, message, facts={"set": f"timeout={form}"})


@check.node(ast.Assign, named={"timeout"})
def assigned_off(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `client.timeout = None` of httpx."""
    match node:
        case ast.Assign(
            targets=[ast.Attribute(value=client, attr="timeout")], value=ast.Constant(value=None)
        ):
            if module.resolve(client) in _CLIENTS:
                why_not = "Give the client a timeout in seconds, or leave its default of five."
                message = "every call of this client waits for ever"
                yield check.found(module, node, message, why_not=why_not)


_CLIENTS = tuple(f"{package}.{kind}" for package in ("httpx", "httpx2") for kind in ("Client", "AsyncClient"))


@check.call("xmlrpc.client.ServerProxy", "xmlrpc.client.Server")
def proxy(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag XML-RPC clients, which take no timeout but through a transport of one's own."""
    own = keyword(call, "transport") is not None or len(call.args) > 1 or is_open(module, call)
    if not own and not has_default_timeout(module.project):
        why_not = "ServerProxy takes no timeout: give it a transport whose make_connection() sets one."
        yield check.found(module, call, "ServerProxy waits for ever", why_not=why_not)


@check.call("httpx.Timeout", "httpx2.Timeout")
def httpx_timeout(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `httpx.Timeout(None)` that limits nothing else either."""
    others = [item for item in call.keywords if item.arg != "timeout"]
    limit = Limit(at=0)
    if (call.args or call.keywords) and limit.is_missing(module, call) and not others:
        yield check.found(module, call, "Timeout without any limit", facts=limit.facts(call))


@check.call(*SERVICES)
def service_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag clients of services that rest on minutes per attempt, or on nothing."""
    limit, name = SERVICES[path], path.rpartition(".")[2]
    if any(argument(module, call, alias) is not None for alias in ALIASES if alias != limit.name):
        return
    if limit.is_missing(module, call) and not sets_elsewhere(
        module, *((path + ".",) if path in MODELS else ())
    ):
        severity = check.severity if limit.waits == "for ever" else Severity.MEDIUM
        message = f"{name} waits {limit.waits}"
        yield check.found(module, call, message, facts=limit.facts(call), severity=severity)


@check.call(*AWS_CLIENTS)
def aws_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag AWS clients that rest on one minute per attempt."""
    if is_open(module, call) or argument(module, call, "config") is not None or len(call.args) > 3:
        return
    service = module.string(call.args[0]) if call.args else None
    form = "boto-slow" if service in SLOW_AWS else "boto"
    message = f"{service or 'AWS'} client waits for a minute, and tries five times"
    facts = {"set": f"config={form}"}
    if isinstance(call.func, ast.Attribute) and module.resolve(call.func.value) == "boto3":
        facts["package"] = ast.unparse(call.func.value)
    yield check.found(module, call, message, facts=facts, severity=Severity.MEDIUM)


@check.call(*AWS_CONFIGS)
def aws_config(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag configurations of AWS clients that say other things, but no timeout."""
    if call.keywords and lacks(module, call, "read_timeout") and lacks(module, call, "connect_timeout"):
        facts = {"set": "connect_timeout=connect read_timeout=seconds"}
        message = "AWS client waits for a minute, and tries five times"
        yield check.found(module, call, message, facts=facts, severity=Severity.MEDIUM)


@check.node(ast.Assign, named={"api_key"})
def stripe_key(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the place that sets up Stripe while nothing replaces its HTTP client."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Attribute):
        return
    if module.resolve(node.targets[0].value) != "stripe":
        return
    if not module.project.mentions("default_http_client"):
        name = ast.unparse(node.targets[0].value)
        after = f"{name}.default_http_client = {name}.RequestsClient(timeout={{pair}})"
        why_not = ""
        if module.role(node) in (Role.HANDLER, Role.TASK):
            why_not = "Set `stripe.default_http_client = stripe.RequestsClient(timeout=10)` once, at start."
        message = "Stripe calls wait for 80 seconds"
        facts = {"after": after}
        yield check.found(module, node, message, facts=facts, why_not=why_not, severity=Severity.MEDIUM)
