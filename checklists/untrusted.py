"""What brings data into the program that somebody outside chose: requests, uploads, messages, responses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

REQUEST = "request data"
_REQUESTS = tuple(
    f"{request}."
    for request in (
        *("flask.request", "quart.request", "bottle.request", "sanic.request", "django.http.HttpRequest"),
        *("django.http.request.HttpRequest", "fastapi.Request", "starlette.requests.Request"),
        *("rest_framework.request.Request", "aiohttp.web.Request", "sanic.Request", "sanic.request.Request"),
        *("litestar.Request", "falcon.Request", "falcon.asgi.Request", "tornado.httputil.HTTPServerRequest"),
        *(
            "fastapi.WebSocket",
            "starlette.websockets.WebSocket",
            "werkzeug.wrappers.Request",
            "webob.Request",
        ),
        *("flask.wrappers.Request", "quart.wrappers.Request", "starlette.requests.HTTPConnection"),
    )
)
_OWN_WORDS = frozenset(
    {"method", "endpoint", "blueprint", "blueprints", "is_json", "is_secure", "is_ajax", "remote_addr", "app"}
    | {"url_rule", "environ", "session", "user", "auth", "state", "scope", "client", "user_id", "accepts"}
    | {"content_length", "scheme", "url_for", "is_disconnected", "accept", "close", "send_text", "send_json"}
    | {"resolver_match", "site", "context", "loop", "transport", "successful_authenticator", "tenant", "ctx"}
)
_PARTS = frozenset(
    {"body", "POST", "GET", "FILES", "COOKIES", "data", "query_params", "headers", "META", "args", "form"}
    | {"json", "params", "query", "match_info", "rel_url", "media", "files", "cookies", "values", "stream"}
    | {"get_param", "get_json", "get_data", "path_params", "arguments", "post", "text", "read", "get_media"}
    | {"bounded_stream", "get_header", "query_string", "query_arguments", "body_arguments", "raw_body"}
)
_ARGUMENTS = re.compile(r"get_(query_|body_)?arguments?|get_(secure_)?cookie")
_FORMS = ("flask_wtf.FlaskForm", "wtforms.Form", "flask_wtf.Form", "wtforms.form.Form")
_BODIES = ("requests.", "httpx.", "urllib.request.urlopen", "urllib3.", "aiohttp.", "niquests.")
_BODY_PARTS = frozenset({"content", "text", "read", "body", "data", "json", "raw", "readall", "iter_content"})
_CACHES = ("redis.", "aioredis.", "pymemcache.", "memcache.", "pylibmc.", "django_redis.")
_CACHE_READS = frozenset(
    {"get", "hget", "lpop", "rpop", "blpop", "brpop", "mget", "getset", "getdel", "hmget"}
)
_SOCKETS = frozenset({"recv", "recvfrom", "recv_bytes", "recv_multipart"})
_UPLOADS = ("fastapi.UploadFile", "starlette.datastructures.UploadFile", "fastapi.datastructures.UploadFile")
_CHATS = {
    "telegram.Update": frozenset({"text", "args", "caption", "data"}),
    "discord.Message": frozenset({"content"}),
    "aiogram.types.Message": frozenset({"text", "caption"}),
}
_QUEUES = ("kafka.KafkaConsumer", "confluent_kafka.Consumer", "aiokafka.AIOKafkaConsumer", "aio_pika.")
_INJECTED = ("Depends", "Security", "Dependency")
_MODELS = ("pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "msgspec.Struct")
_CONVERTING = ("fastapi", "litestar", "starlite", "ninja", "robyn")
_CHECKED = frozenset(
    {"builtins.int", "builtins.float", "builtins.bool", "uuid.UUID", "decimal.Decimal", "typing.Literal"}
    | {
        "datetime.date",
        "datetime.datetime",
        "datetime.time",
        "datetime.timedelta",
        "typing_extensions.Literal",
    }
    | {"pydantic.PositiveInt", "pydantic.NonNegativeInt", "pydantic.conint", "ipaddress.IPv4Address"}
    | {"pydantic.UUID4", "pydantic.types.UUID4", "pydantic.EmailStr"}
)
_KEY = re.compile(r"(id|pk|.*_id|.*_pk|page|year|month|day)$")


def direct_source(module: Module, expr: ast.expr) -> str:
    """Say in words what an expression itself brings in from outside; an empty string where it does not."""
    if not isinstance(expr, ast.Attribute | ast.Call | ast.Subscript | ast.Await):
        return ""
    path = module.resolve(expr) or ""
    last = path.rpartition(".")[2].rstrip("[]")
    if path.startswith(_REQUESTS):
        return "" if _after(path).partition(".")[0].rstrip("[]") in _OWN_WORDS else REQUEST
    if path.startswith(_UPLOADS):
        return "an upload"
    if path.startswith(_BODIES) and last in _BODY_PARTS:
        return "a response from another host"
    if path.startswith(_CACHES) and last in _CACHE_READS:
        return "a value from a shared cache"
    if path == "urllib.request.urlopen":
        return "a response from another host"
    if path.startswith(("socket.", "zmq.", "websockets.", "websocket.")) and last in _SOCKETS:
        return "bytes from a socket"
    if last == "" and isinstance(expr, ast.Call) and _is_accepted(module, expr):
        return "bytes from a socket"
    if path in _QUEUES or (path.startswith(_QUEUES) and last in ("value", "body", "poll")):
        return "a message of a queue"
    if any(path.startswith(f"{kind}.") and last in parts for kind, parts in _CHATS.items()):
        return "a chat message"
    return REQUEST if _is_of_own_class(module, expr, path) else ""


def _is_accepted(module: Module, call: ast.Call) -> bool:
    """Tell whether something is received from the connection that a socket accepted."""
    match call.func:
        case ast.Attribute(value=ast.Name() as connection, attr=attr) if attr in _SOCKETS:
            bound = module.names.lookup(connection)
            pair = module.parents.get(bound) if bound is not None else None
            given = module.parents.get(pair) if isinstance(pair, ast.Tuple) else None
            accepted = given.value if isinstance(given, ast.Assign) else None
            return isinstance(accepted, ast.Call) and module.resolve(accepted.func) == "socket.socket.accept"
    return False


def _after(path: str) -> str:
    return next(path[len(prefix) :] for prefix in _REQUESTS if path.startswith(prefix))


def _is_of_own_class(module: Module, expr: ast.expr, path: str) -> bool:
    """Tell whether a view or form class of the project gives what its framework read from the request."""
    match expr:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
            return bool(_ARGUMENTS.fullmatch(name)) and _is_view(module, expr)
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr="request"), attr=name):
            return name in _PARTS and _is_view(module, expr)
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id="self"), attr="kwargs"), slice=ast.Constant(value=key)
        ):
            return _is_view(module, expr) and not _KEY.match(str(key))
        case ast.Attribute(attr="data", value=ast.Attribute(value=form)):
            return module.is_a(module.resolve(form) or "", *_FORMS)
    return False


def _is_view(module: Module, node: ast.AST) -> bool:
    if module.role(node) is Role.HANDLER:
        return True
    owner = module.owner(node)
    return owner is not None and any(
        "View" in base or "RequestHandler" in base for base in module.bases(owner)
    )


def parameter_source(module: Module, name: ast.expr, arg: ast.arg, function: FunctionNode) -> str:
    """Say what a framework puts into a parameter: a request object's part, a route's argument, a message."""
    if arg.arg in ("self", "cls"):
        return ""
    if module.role(function) is not Role.HANDLER and not _is_responder(module, function):
        if function.name in ("data_received", "datagram_received") and arg.arg == "data":
            return "bytes from a socket" if module.imports("asyncio") else ""
        is_body = arg.arg == "body" and [a.arg for a in function.args.args[-4:]][1:3] == [
            "method",
            "properties",
        ]
        return "a message of a queue" if is_body else ""
    if arg.arg in ("request", "req", "context", "ctx", "response", "resp", "res"):
        part = module.parents.get(name)
        is_part = isinstance(part, ast.Attribute) and part.attr in _PARTS and arg.arg in ("request", "req")
        return REQUEST if is_part else ""
    if _is_injected(module, function, arg) or _is_converted(module, function, arg):
        return ""
    if arg.annotation is None:
        return REQUEST if _is_routed(module, function, arg) else ""
    kind = module.names.annotation(arg.annotation) or ""
    if kind in (
        "builtins.str",
        "builtins.bytes",
        "builtins.list",
        "builtins.dict",
        "typing.Any",
        "typing.List",
    ):
        return REQUEST
    plain = kind.startswith("builtins.") and not (module.imports(*_CONVERTING) and kind in _CHECKED)
    return REQUEST if plain or is_model(module, kind) else ""


def _is_responder(module: Module, function: FunctionNode) -> bool:
    """Tell whether a method answers requests in Falcon, whose resources have no base class."""
    names = [arg.arg for arg in function.args.args[:3]]
    return function.name.startswith("on_") and names == ["self", "req", "resp"] and module.imports("falcon")


def _is_routed(module: Module, function: FunctionNode, arg: ast.arg) -> bool:
    """Tell whether a parameter without annotation comes from the address, as far as the route is in sight."""
    routes = [
        part.value
        for decorator in function.decorator_list
        for part in ast.walk(decorator)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and "/" in part.value
    ]
    if routes and not module.imports(*_CONVERTING):
        return any(re.search(rf"[<{{:](\w+:)?{arg.arg}\b", route) for route in routes)
    in_class = isinstance(module.parents.get(function), ast.ClassDef)
    return not in_class or module.imports(
        "flask", "flask_restful", "flask_restx", "django", "tornado", "falcon"
    )


def is_model(module: Module, path: str) -> bool:
    """Tell whether a class is a model that a framework fills from a request's body."""
    return module.project.owns(path) and module.is_a(path, *_MODELS)


def field_is_text(module: Module, model: str, field: str) -> bool:
    """Tell whether a field of a model can hold any text, as far as its annotation says."""
    for kind in module.project.ancestry((model,)):
        found = module.project.class_of(kind)
        for statement in found[1].body if found is not None else ():
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if (
                    name == field and found
                ):
                    path = found[0].names.annotation(annotation) or ""
                    return path not in _CHECKED and not _is_enum(found[0], path)
    return True


def _is_enum(module: Module, path: str) -> bool:
    return any(base.startswith("enum.") for base in module.project.ancestry((path,)))


def _is_injected(module: Module, function: FunctionNode, arg: ast.arg) -> bool:
    """Tell whether a framework fills a parameter with something of the program's own (`Depends`)."""
    default = dict(_defaults(function)).get(arg)
    known = [node for node in (default, arg.annotation) if node is not None]
    return any(
        isinstance(part, ast.Call) and ast.unparse(part.func).rpartition(".")[2] in _INJECTED
        for node in known
        for part in ast.walk(node)
    )


def _defaults(function: FunctionNode) -> Iterator[tuple[ast.arg, ast.expr]]:
    positional = [*function.args.posonlyargs, *function.args.args]
    yield from zip(reversed(positional), reversed(function.args.defaults), strict=False)
    for arg, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if default is not None:
            yield arg, default


def _is_converted(module: Module, function: FunctionNode, arg: ast.arg) -> bool:
    """Tell whether the route takes numbers only: `<int:page>`; or a URL of Django's, which mostly does."""
    pattern = re.compile(rf"<(int|float|uuid)(\([^)]*\))?:{arg.arg}>|<{arg.arg}:(int|float|uuid)>")
    parts = (part for decorator in function.decorator_list for part in ast.walk(decorator))
    if any(
        isinstance(p, ast.Constant) and isinstance(p.value, str) and pattern.search(p.value) for p in parts
    ):
        return True
    if module.imports("django", "rest_framework"):
        return bool(_KEY.fullmatch(arg.arg)) or arg in (function.args.vararg, function.args.kwarg)
    return False
