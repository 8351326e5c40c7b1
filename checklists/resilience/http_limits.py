"""What HTTP libraries and the SDKs on top of them call their timeout, and how long they wait without it."""

from __future__ import annotations

from harden.checklists.waiting import Limit

STANDARD = {
    "urllib.request.urlopen": Limit(at=2),
    "urllib.request.build_opener.open": Limit(at=2),
    "urllib.request.OpenerDirector.open": Limit(at=2),
    "http.client.HTTPConnection": Limit(at=2),
    "http.client.HTTPSConnection": Limit(at=4),
    "httplib2.Http": Limit(at=1),
    "ollama.Client": Limit(form="slow"),
    "ollama.AsyncClient": Limit(form="slow"),
}
"""Calls that wait as long as the socket does: a default timeout of all sockets serves them too."""

POOLS = tuple(
    f"urllib3.{owner}{name}"
    for owner, names in {
        "": ("PoolManager", "ProxyManager", "HTTPConnectionPool", "HTTPSConnectionPool"),
        "poolmanager.": ("PoolManager", "ProxyManager"),
        "connectionpool.": ("HTTPConnectionPool", "HTTPSConnectionPool"),
        "contrib.socks.": ("SOCKSProxyManager",),
    }.items()
    for name in names
)
POOL_MAKERS = (*POOLS, "urllib3.connection_from_url", "urllib3.proxy_from_url")

_TEN_MINUTES = "for ten minutes, and tries three times"
_MODEL_CLASSES = {
    "openai": ("OpenAI", "AzureOpenAI"),
    "anthropic": ("Anthropic", "AnthropicBedrock", "AnthropicVertex", "AnthropicFoundry"),
}
MODELS = {
    f"{package}.{prefix}{name}": Limit(form="slow", waits=_TEN_MINUTES)
    for package, names in _MODEL_CLASSES.items()
    for name in names
    for prefix in ("", "Async")
}
"""Clients of language models; one that is given a client of httpx takes its timeout from there."""

SERVICES = {
    **MODELS,
    "langchain_openai.ChatOpenAI": Limit(form="slow", waits=_TEN_MINUTES),
    "langchain_openai.AzureChatOpenAI": Limit(form="slow", waits=_TEN_MINUTES),
    "langchain_anthropic.ChatAnthropic": Limit(form="slow", waits=_TEN_MINUTES),
    "litellm.completion": Limit(form="slow", waits="for ten minutes"),
    "litellm.acompletion": Limit(form="slow", waits="for ten minutes"),
    **{
        f"openai.{kind}.{method}": Limit("request_timeout", form="slow", waits="for ten minutes")
        for kind in ("ChatCompletion", "Completion", "Embedding")
        for method in ("create", "acreate")
    },
    "google.genai.Client": Limit("http_options", form="genai"),
    "twilio.rest.Client": Limit("http_client", form="twilio"),
    "stripe.StripeClient": Limit("http_client", form="stripe", waits="for 80 seconds"),
    "gitlab.Gitlab": Limit(at=7),
    "influxdb.InfluxDBClient": Limit(at=7),
}
"""Clients of services, whose default is minutes or nothing."""
ALIASES = frozenset(
    {"request_timeout", "default_request_timeout", "http_client", "http_async_client", "client"}
    | {"mock_response"}
)
"""Other arguments by which such a client is given its timeout, or needs none."""

SWITCHED_OFF = {
    "slack_sdk.WebClient": Limit(),
    "slack_sdk.web.async_client.AsyncWebClient": Limit(),
    "slack_sdk.webhook.WebhookClient": Limit(),
    "slack_sdk.web.client.WebClient": Limit(),
}
"""Clients with a sensible default, which None switches off."""

SLOW_AWS = frozenset({"lambda", "bedrock-runtime", "bedrock-agent-runtime", "sagemaker-runtime", "textract"})
AWS_CLIENTS = tuple(
    f"boto3.{owner}{kind}"
    for owner in ("", "Session.", "session.Session.")
    for kind in ("client", "resource")
)
AWS_CONFIGS = ("botocore.config.Config", "botocore.client.Config", "boto3.session.Config")

_HTTPX_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "request", "stream")
HTTPX = tuple(
    f"{package}.{name}"
    for package in ("httpx", "httpx2")
    for name in (
        "Client",
        "AsyncClient",
        *_HTTPX_METHODS,
        *(f"{kind}.{method}" for kind in ("Client", "AsyncClient") for method in _HTTPX_METHODS),
    )
)

PASS_ON = (
    "functools.partial",
    "asyncio.to_thread",
    "starlette.concurrency.run_in_threadpool",
    "fastapi.concurrency.run_in_threadpool",
    "concurrent.futures.ThreadPoolExecutor.submit",
    "concurrent.futures.thread.ThreadPoolExecutor.submit",
    "concurrent.futures.ProcessPoolExecutor.submit",
)
"""Calls that call their first argument with all the others, by keyword too."""
CALL_LATER = {
    "asyncio.get_event_loop.run_in_executor": 1,
    "asyncio.get_running_loop.run_in_executor": 1,
    "anyio.to_thread.run_sync": 0,
    "concurrent.futures.ThreadPoolExecutor.map": 0,
    "concurrent.futures.thread.ThreadPoolExecutor.map": 0,
    "builtins.map": 0,
}
"""Calls that call that argument without any keyword."""
