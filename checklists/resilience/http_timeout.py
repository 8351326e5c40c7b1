"""A slow peer holds the worker for ever.

requests, urllib and http.client have no timeout of their own: when the peer accepts the connection and
then says nothing, the call never returns. A handful of such calls takes every worker of the service with it.
The clients of OpenAI, Anthropic, AWS, Stripe and aiohttp do give up, but after minutes and several
attempts: long after the user has gone and the load balancer has answered for you.

A timeout belongs on the client where the library has one there (httpx, aiohttp, urllib3, SDK clients);
requests wants it on each call. It raises an error that the caller has to expect.
Left out: calls that pass `**options`, sessions with an adapter of the project's own that sets a timeout,
and httpx, whose default is five seconds, unless it is switched off.

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

When to ignore: the call runs in a script that a person watches.

References:
https://requests.readthedocs.io/en/latest/user/advanced/#timeouts
https://docs.aiohttp.org/en/stable/client_quickstart.html#timeouts
https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.requests_sessions import has_own_timeout
from harden.checklists.waiting import has_default_timeout, lacks, place_of, sets_elsewhere
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, is_literal, keyword

check = Check(
    id="http-timeout",
    title="HTTP call without timeout",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.timeouts:AddTimeout", Risk.REVIEW),
    codes=frozenset({"S113", "B113"}),
)

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "request", "send")
_SESSIONS = (
    "requests.Session",
    "requests.session",
    "requests.sessions.Session",
    "requests.sessions.session",
    "requests_oauthlib.OAuth1Session",
    "requests_oauthlib.OAuth2Session",
    "requests_cache.CachedSession",
    "requests_html.HTMLSession",
    "cachecontrol.CacheControl",
)
_TIMEOUTS_AT = {
    "urllib.request.urlopen": 2,
    "urllib.request.build_opener.open": 2,
    "urllib.request.OpenerDirector.open": 2,
    "http.client.HTTPConnection": 2,
    "http.client.HTTPSConnection": -1,
    "urllib3.request": -1,
}
"""Calls of libraries without a timeout of their own, and the number of the argument if it has one."""
_POOLS = ("urllib3.PoolManager", "urllib3.ProxyManager", "urllib3.HTTPConnectionPool")
_MODELS = ("OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI", "Anthropic", "AsyncAnthropic")
_SLOW_AWS = frozenset({"lambda", "bedrock-runtime", "bedrock-agent-runtime", "sagemaker-runtime", "textract"})
_HTTPX = (
    "Client",
    "AsyncClient",
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "request",
    "stream",
)


@check.call(
    *(f"requests.{m}" for m in _METHODS),
    *(f"requests.api.{m}" for m in _METHODS),
    *(f"{session}.{m}" for session in _SESSIONS for m in _METHODS),
)
def requests_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag requests calls without timeout; requests has none for a whole session."""
    method = path.rpartition(".")[2]
    at = 8 if path.startswith(_SESSIONS) and method == "request" else -1
    if lacks(call, "timeout", at) and not has_own_timeout(module, call):
        message = f"requests.{method}() waits for ever"
        yield check.found(module, call, message, facts=place_of(call, "timeout", at, "pair"))


@check.call(*_TIMEOUTS_AT)
def standard_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag urllib, http.client and urllib3 calls without timeout."""
    at, name = _TIMEOUTS_AT[path], path.rpartition(".")[2]
    url = module.string(call.args[0]) if call.args else None
    if url is not None and url.startswith(("file:", "data:")):
        return
    if lacks(call, "timeout", at) and not has_default_timeout(module.project):
        facts = place_of(call, "timeout", at, "seconds")
        yield check.found(module, call, f"{name}() waits for ever", facts=facts)


@check.call("urllib.request.urlretrieve")
def retrieve(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `urlretrieve`, which takes no timeout."""
    if not has_default_timeout(module.project):
        why_not = (
            "urlretrieve takes no timeout: open the address with urlopen and copy it with shutil.copyfileobj."
        )
        yield check.found(module, call, "urlretrieve() waits for ever", why_not=why_not)


@check.call(*_POOLS, "urllib3.HTTPSConnectionPool", "urllib3.connection_from_url")
def pool(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag urllib3 pools without timeout, unless the requests made through them have one."""
    if not lacks(call, "timeout") or has_default_timeout(module.project):
        return
    if not sets_elsewhere(module, *_POOLS, "urllib3.HTTPSConnectionPool"):
        name = path.rpartition(".")[2]
        yield check.found(module, call, f"{name} waits for ever", facts={"set": "timeout=seconds"})


@check.call("aiohttp.ClientSession", "aiohttp.client.ClientSession")
def aiohttp_session(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag sessions that rest on aiohttp's default of five minutes, or on none."""
    if lacks(call, "timeout") and not sets_elsewhere(module, "aiohttp.ClientSession."):
        limited = any(
            isinstance(node, ast.Attribute | ast.Name)
            and module.resolve(node) in ("asyncio.wait_for", "asyncio.timeout", "async_timeout.timeout")
            for kind in (ast.Attribute, ast.Name)
            for node in module.nodes(kind)
            if getattr(node, "attr", getattr(node, "id", "")) in ("wait_for", "timeout")
        )
        off = keyword(call, "timeout") is not None
        if off or not limited:
            message = "ClientSession waits for ever" if off else "ClientSession waits for five minutes"
            yield check.found(module, call, message, facts={"set": "timeout=aiohttp"})


@check.call("aiohttp.ClientTimeout")
def aiohttp_timeout(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `ClientTimeout(total=None)` that limits nothing else either."""
    others = [item for item in call.keywords if item.arg != "total" and not is_literal(item.value, None)]
    if is_literal(keyword(call, "total"), None) and not others:
        yield check.found(module, call, "ClientTimeout without any limit", facts={"set": "total=seconds"})


@check.call(
    *(f"httpx.{name}" for name in _HTTPX), *(f"httpx.{c}.{m}" for c in _HTTPX[:2] for m in _HTTPX[2:])
)
def httpx_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag httpx where its default timeout is switched off."""
    if is_literal(keyword(call, "timeout"), None):
        message = f"{path.rpartition('.')[2]}() with the timeout switched off waits for ever"
        yield check.found(module, call, message, facts={"set": "timeout=seconds"})


@check.call("httpx.Timeout")
def httpx_timeout(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `httpx.Timeout(None)` that limits nothing else either."""
    others = [item for item in call.keywords if item.arg != "timeout"]
    if (call.args or call.keywords) and lacks(call, "timeout", 0) and not others:
        facts = place_of(call, "timeout", 0, "seconds")
        yield check.found(module, call, "Timeout without any limit", facts=facts)


@check.call(*(f"{package}.{name}" for package in ("openai", "anthropic") for name in _MODELS))
def model_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag clients of language models that rest on ten minutes per attempt."""
    if (
        keyword(call, "http_client") is None
        and lacks(call, "timeout")
        and not sets_elsewhere(module, path + ".")
    ):
        name = path.rpartition(".")[2]
        message = f"{name} waits for ten minutes, and tries three times"
        yield check.found(module, call, message, facts={"set": "timeout=slow"}, severity=Severity.MEDIUM)


@check.call(
    *(
        f"boto3.{owner}{kind}"
        for owner in ("", "Session.", "session.Session.")
        for kind in ("client", "resource")
    )
)
def aws_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag AWS clients that rest on one minute per attempt."""
    if has_star_arguments(call) or keyword(call, "config") is not None or len(call.args) > 3:
        return
    service = module.string(call.args[0]) if call.args else None
    form = "boto-slow" if service in _SLOW_AWS else "boto"
    message = f"{service or 'AWS'} client waits for a minute, and tries five times"
    yield check.found(module, call, message, facts={"set": f"config={form}"}, severity=Severity.MEDIUM)


@check.call("twilio.rest.Client")
def twilio_client(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag Twilio clients, whose HTTP client has no timeout of its own."""
    if keyword(call, "http_client") is None and not has_star_arguments(call):
        yield check.found(module, call, "Twilio client waits for ever", facts={"set": "http_client=twilio"})


@check.node(ast.Assign)
def stripe_key(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the place that sets up Stripe while nothing replaces its HTTP client."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Attribute):
        return
    if node.targets[0].attr != "api_key" or module.resolve(node.targets[0].value) != "stripe":
        return
    if not module.project.mentions("default_http_client"):
        why_not = "Set `stripe.default_http_client = stripe.RequestsClient(timeout=10)` beside the key."
        message = "Stripe calls wait for 80 seconds"
        yield check.found(module, node, message, why_not=why_not, severity=Severity.MEDIUM)
