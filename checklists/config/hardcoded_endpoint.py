"""An address in the code is right in one environment and wrong in all others.

`localhost` is the laptop; inside a container it is the container itself. A staging host in the code sends
production's orders to the test system, or the other way round, and moving a database means changing, testing
and deploying every service that names it.

Flagged are databases, brokers and caches, hosts of clients, internal and single-word hosts, IP addresses,
buckets, hosts of one deployment (`*.rds.amazonaws.com`, `*.herokuapp.com`), of one stage (`staging`,
`prod`), and the addresses that mail goes to. The public address of somebody else's API is the same
everywhere and left out, and so are defaults: of environment reads, settings classes, functions and
command-line options. A dataclass of settings that nobody fills is no default. Addresses with a password are
findings of hardcoded-secret.

Flagged:

    from redis import Redis

    REDIS_URL = "redis://localhost:6379/0"

    cache = Redis.from_url(REDIS_URL)

Fixed:

    import os

    from redis import Redis

    REDIS_URL = os.getenv("REDIS_URL", "redis://localhost:6379/0")

    cache = Redis.from_url(REDIS_URL)

Flagged:

    import redis

    queue = redis.Redis(host="localhost", port=6379, db=0)

Fixed:

    import os

    import redis

    queue = redis.Redis(
        host=os.getenv("REDIS_HOST", "localhost"),
        port=int(os.getenv("REDIS_PORT", "6379")),
        db=0,
    )

Flagged:

    import requests


    def stock(sku):
        response = requests.get(f"http://inventory-service:8080/items/{sku}", timeout=5)
        response.raise_for_status()
        return response.json()["stock"]

Fixed:

    import os

    import requests

    INVENTORY_SERVICE_URL = os.getenv("INVENTORY_SERVICE_URL", "http://inventory-service:8080")


    def stock(sku):
        response = requests.get(f"{INVENTORY_SERVICE_URL}/items/{sku}", timeout=5)
        response.raise_for_status()
        return response.json()["stock"]

Flagged (app/config.py):

    DEBUG_MAILS = False
    REDIS_HOST = "10.0.3.17"
    MAIL_SERVER = "smtp.acme.io"

Fixed (app/config.py):

    import os

    DEBUG_MAILS = False
    REDIS_HOST = os.getenv("REDIS_HOST", "10.0.3.17")
    MAIL_SERVER = os.getenv("MAIL_SERVER", "smtp.acme.io")

Flagged:

    import boto3

    s3 = boto3.client("s3")


    def archive(key, body):
        s3.put_object(Bucket="acme-invoices", Key=key, Body=body)

Fixed:

    import os

    import boto3

    s3 = boto3.client("s3")


    def archive(key, body):
        s3.put_object(Bucket=os.getenv("S3_BUCKET", "acme-invoices"), Key=key, Body=body)

Flagged:

    from app.mail import send_email


    def low_stock(product):
        send_email("stock@acme.io", "Low stock", product.name)

Fixed:

    import os

    from app.mail import send_email


    def low_stock(product):
        send_email(os.getenv("STOCK_EMAIL", "stock@acme.io"), "Low stock", product.name)

Flagged (app/config.py):

    from dataclasses import dataclass


    @dataclass
    class Config:
        redis_url: str = "redis://localhost:6379/0"
        page_size: int = 20


    config = Config()

Fixed (app/config.py):

    import os
    from dataclasses import dataclass


    @dataclass
    class Config:
        redis_url: str = os.getenv("REDIS_URL", "redis://localhost:6379/0")
        page_size: int = 20


    config = Config()

Flagged:

    import stripe


    def pay(items):
        return stripe.checkout.Session.create(
            line_items=items,
            success_url="http://localhost:8080/paid",
            cancel_url="http://localhost:8080/basket",
        )

Fixed:

    import os

    import stripe

    SITE_URL = os.getenv("SITE_URL", "http://localhost:8080")


    def pay(items):
        return stripe.checkout.Session.create(
            line_items=items,
            success_url=f"{SITE_URL}/paid",
            cancel_url=f"{SITE_URL}/basket",
        )

Fine (app/options.py):

    import os
    from dataclasses import dataclass


    @dataclass
    class Settings:
        redis_url: str = "redis://localhost:6379/0"


    settings = Settings(redis_url=os.environ["REDIS_URL"])

Fine:

    import os
    import re
    from xml.etree import ElementTree

    import requests

    REDIS_URL = os.getenv("REDIS_URL", "redis://localhost:6379/0")
    BROKER = os.environ.get("BROKER_URL") or "amqp://localhost"
    DOCS_URL = "https://docs.acme.io/install"
    STRIPE_API = "https://api.stripe.com/v1"
    NAMESPACE = "http://www.w3.org/2000/svg"
    SCHEMA = {"$schema": "http://json-schema.org/draft-07/schema#"}
    LOCAL = re.compile(r"https?://localhost(:\\d+)?")
    ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    LIVE_URL = "https://api.pay.example"
    SANDBOX_URL = "https://api-sandbox.pay-tools.io"
    CORS_ORIGINS = ["http://localhost:3000"]
    AGENT = {"User-Agent": "shop/1.0 (+http://crawler.internal/info)"}


    def is_local(url):
        return url.startswith("http://localhost") or url == "http://127.0.0.1:8000"


    def fetch(url="http://localhost:8000", host="localhost"):
        print("Listening on http://localhost:8000")
        if not url:
            raise ValueError("Give an address such as http://localhost:8000")
        return requests.get("https://api.github.com/repos/acme/shop", timeout=5)


    def icon():
        return ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg")

Fine (app/settings.py):

    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        redis_url: str = "redis://redis:6379/0"
        smtp_host: str = "smtp.acme.io"
        REDIS_HOST: str = "redis"

Fine (app/server.py):

    HOST = "localhost"
    EMAIL_HOST_USER = "shop"
    REDIS_HOST = "your-host"


    class TestConfig:
        DB_HOST = "10.0.0.7"

When to ignore: the address is part of a protocol, or the code runs beside what it calls by design (a
sidecar).

References: https://12factor.net/backing-services
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.addressed import Use, use_of
from harden.checklists.client_hosts import host_use, mail_use
from harden.checklists.endpoints import endpoint, stage_in
from harden.checklists.secret_evidence import has_credentials
from harden.checklists.written import is_fallback
from harden.checks import Check, Fix
from harden.environment import is_playground
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import FileKind

check = Check(
    id="hardcoded-endpoint",
    title="Address in the code",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.env_values:EndpointByVariable", Risk.REVIEW),
)


@check.node(ast.Constant)
def literal(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag an address that is used as one."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or not 2 < len(node.value) < 300:
        return
    use = _judged(module, node, node.value)
    if use is None or is_fallback(module, node) or is_playground(module, node) or _is_choice(module, node):
        return
    if any(isinstance(outer, ast.Raise | ast.Assert) for outer in module.ancestors(node)):
        return
    at = module.parents[node] if use.is_around else node
    yield check.found(module, at, f"{use.why} stands in the code", facts=use.facts)


def _is_choice(module: Module, node: ast.Constant) -> bool:
    """Tell whether a constant is one of several that say in their names for which environment they are."""
    statement = module.parents.get(node)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    own = stage_in(statement.targets[0].id)
    around = module.names.scope(statement).bindings
    return bool(own) and any(
        (other := stage_in(name)) and other != own and name.replace(other, "") == _without(statement, own)
        for name in around
    )


def _without(statement: ast.Assign, stage: str) -> str:
    target = statement.targets[0]
    return target.id.replace(stage, "") if isinstance(target, ast.Name) else ""


def _judged(module: Module, node: ast.Constant, text: str) -> Use | None:
    if "://" in text:
        parent = module.parents.get(node)
        is_start = isinstance(parent, ast.JoinedStr) and parent.values[0] is node
        found = None if has_credentials(text) else endpoint(text, is_start=is_start)
        if found is None or (found.is_here and module.kind is not FileKind.APP):
            return None  # a script asks the service beside it
        return use_of(module, node, found, is_start=is_start)
    if "@" in text:
        return mail_use(module, node, text)
    return host_use(module, node, text)
