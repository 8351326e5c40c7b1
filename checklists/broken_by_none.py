"""What breaks when a value is None: at once with an error that names nothing, or later and elsewhere."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from harden.logs import log_call
from harden.module import Module

_CONVERSIONS = (
    *("builtins.int", "builtins.float", "json.loads", "pathlib.Path", "pathlib.PurePath"),
    *("ast.literal_eval", "base64.b64decode", "urllib.parse.urlparse", "decimal.Decimal", "uuid.UUID"),
    *("builtins.len", "builtins.open", "os.path.join", "os.path.exists", "os.path.isfile"),
    *("os.path.isdir", "os.makedirs", "builtins.bytes.fromhex", "os.path.expanduser"),
    *("os.path.abspath", "os.path.dirname", "builtins.list", "builtins.tuple", "builtins.set"),
)
_CLIENTS = {
    "sqlalchemy.create_engine": 0,
    "sqlalchemy.ext.asyncio.create_async_engine": 0,
    "sqlmodel.create_engine": 0,
    "redis.from_url": 0,
    "redis.Redis.from_url": 0,
    "redis.StrictRedis.from_url": 0,
    "redis.asyncio.from_url": 0,
    "redis.asyncio.Redis.from_url": 0,
    "cryptography.fernet.Fernet": 0,
    "itsdangerous.URLSafeTimedSerializer": 0,
    "itsdangerous.URLSafeSerializer": 0,
    "itsdangerous.TimestampSigner": 0,
    "hmac.new": 0,
    "jwt.encode": 1,
    "jwt.decode": 1,
    "jose.jwt.encode": 1,
    "jose.jwt.decode": 1,
    "sendgrid.SendGridAPIClient": 0,
    "twilio.rest.Client": 1,
    "telegram.Bot": 0,
    "telebot.TeleBot": 0,
    "discord.Client.run": 0,
    "discord.ext.commands.Bot.run": 0,
    "slack_sdk.WebClient": 0,
    "stripe.Webhook.construct_event": 2,
    "requests.get": 0,
    "requests.post": 0,
    "requests.put": 0,
    "requests.patch": 0,
    "requests.delete": 0,
    "httpx.get": 0,
    "httpx.post": 0,
    "smtplib.SMTP.login": 1,
    "smtplib.SMTP_SSL.login": 1,
}
"""Calls that have no use without a value at this position."""
_RAISING = (
    *("sqlalchemy.", "sqlmodel.", "redis.", "cryptography.", "hmac.", "jwt.", "jose.", "requests.", "httpx."),
)
_KEYS = frozenset({"stripe.api_key", "sendgrid.api_key", "resend.api_key", "replicate.api_token"})
_SECRETS = frozenset({"SECRET_KEY", "JWT_SECRET_KEY", "SQLALCHEMY_DATABASE_URI", "SECURITY_PASSWORD_SALT"})
_TEXT_METHODS = frozenset(
    {"split", "strip", "lower", "upper", "encode", "replace", "startswith", "endswith", "rstrip"}
    | {"lstrip", "splitlines", "removeprefix", "removesuffix", "title", "isdigit", "rsplit", "partition"}
    | {"format", "casefold", "join"}
)
_ADDRESS = re.compile(r"://|^(Bearer|Basic|Token|token|ApiKey|Bot) $|^/|[?&]\w+=$|\.\w+/|@")


def breaks_on_none(module: Module, use: ast.expr) -> str:
    """Return `loud:why` or `quiet:why` where None breaks what is done with a value; nothing elsewhere.

    Loud: the statement itself raises. Quiet: it goes on, and something fails later.
    """
    parent = module.parents.get(use)
    match parent:
        case ast.Call() if use in parent.args:
            return _argument(module, parent, parent.args.index(use))
        case ast.keyword(arg=str() as name):
            call = module.parents[parent]
            return _keyword(module, call, name) if isinstance(call, ast.Call) else ""
        case ast.Attribute(attr=method) if isinstance(module.parents.get(parent), ast.Call):
            return f"loud:which has no {method}()" if method in _TEXT_METHODS else ""
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()):
            other = parent.right if parent.left is use else parent.left
            is_text = isinstance(other, ast.Constant | ast.JoinedStr | ast.BinOp)
            return "loud:and cannot be joined to a text" if is_text else ""
        case ast.BinOp(op=ast.Div()) if parent.right is use:
            return "loud:and no part of a path"
        case ast.FormattedValue():
            return _formatted(module, parent)
        case ast.Subscript(value=value) if value is use:
            return "loud:and has no parts"
        case ast.Assign(targets=[target]) if parent.value is use:
            return _assigned(module, target)
    return ""


def _argument(module: Module, call: ast.Call, at: int) -> str:
    path = module.resolve(call.func) or ""
    if path in _CONVERSIONS and (at == 0 or path == "os.path.join"):
        return f"loud:which {path.rpartition('.')[2]}() does not take"
    if _CLIENTS.get(path) == at:
        kind = "loud" if path.startswith(_RAISING) else "quiet"
        return f"{kind}:and {path.rpartition('.')[2]}() has no use for None"
    return ""


def _keyword(module: Module, call: ast.Call, name: str) -> str:
    path = module.resolve(call.func) or ""
    if path in ("jwt.encode", "jwt.decode", "jose.jwt.encode", "jose.jwt.decode") and name == "key":
        return f"quiet:and {path.rpartition('.')[2]}() has no use for None"
    if path.startswith("starlette.middleware.sessions.") or (
        name == "secret_key" and path.endswith((".add_middleware", ".Middleware"))
    ):
        return "quiet:and signs nothing" if name == "secret_key" else ""
    if path.endswith((".config.update", ".config.from_mapping")) and name in _SECRETS:
        return f"quiet:and {name} is needed at the first request"
    return ""


def _formatted(module: Module, value: ast.FormattedValue) -> str:
    """Judge `f"https://{host}/"`: an address, a header or a path with the text None in it."""
    text = module.parents.get(value)
    if not isinstance(text, ast.JoinedStr) or value.conversion != -1:
        return ""
    for outer in module.ancestors(text):
        if isinstance(outer, ast.Raise) or (
            isinstance(outer, ast.Call)
            and (
                log_call(module, outer) is not None
                or module.resolve(outer.func) in ("builtins.print", "sys.exit")
            )
        ):
            return ""
        if isinstance(outer, ast.stmt):
            break
    at = text.values.index(value)
    before = text.values[at - 1] if at else None
    lead = before.value if isinstance(before, ast.Constant) and isinstance(before.value, str) else ""
    after = text.values[at + 1] if at + 1 < len(text.values) else None
    tail = after.value if isinstance(after, ast.Constant) and isinstance(after.value, str) else ""
    whole = "".join(
        part.value for part in text.values if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )
    if " " in whole.strip() and not lead.endswith(("Bearer ", "Basic ", "Token ", "token ", "Bot ")):
        return ""
    if "://" in whole or (_ADDRESS.search(lead) and len(whole) < 200) or (not lead and tail.startswith("/")):
        return "quiet:and becomes the text None in an address or a header"
    return ""


def _assigned(module: Module, target: ast.expr) -> str:
    match target:
        case ast.Attribute(attr="secret_key", value=owner):
            path = module.resolve(owner) or ""
            return "quiet:and no session can be signed" if path.startswith(("flask.", "quart.")) else ""
        case ast.Attribute():
            path = module.resolve(target) or ""
            return "quiet:and every call of the service will fail" if path in _KEYS else ""
        case ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str() as name)):
            return f"quiet:and {name} is needed at the first request" if name in _SECRETS else ""
        case ast.Name(id=name) if name in _SECRETS and _is_flask_config(module, target):
            return f"quiet:and {name} is needed at the first request"
    return ""


def _is_flask_config(module: Module, target: ast.Name) -> bool:
    """Tell whether a name is a field of a class of settings in a project that uses Flask."""
    scope = module.names.scope(target)
    stem = PurePosixPath(module.path).stem
    named = isinstance(scope.node, ast.ClassDef) and scope.node.name.endswith(("Config", "Settings"))
    return named and stem in ("config", "settings", "conf") and "flask" in module.project.imported
