"""With `*` any website may call the service from the browser of someone who uses it.

The browser keeps scripts of one site away from another site's answers, unless that site allows it. `*`
allows all of them. Together with credentials it is worst: the frameworks then answer with the caller's own
origin, so that any page a signed-in user opens reads their data and acts in their name. On an internal
network even an API without login is read so.

The fix reads a comma-separated list from the environment and allows no site where the variable is missing:
set it for the laptop too. Lists that already come from settings or from the environment are left out, even
with `*` as a default. So are headers that one handler sets for its own answers: badges, feeds and ingestion
are meant for all.

Flagged:

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_credentials=True,
    )

Fixed:

    import os

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware

    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[item for item in os.getenv("CORS_ORIGINS", "").split(",") if item],
        allow_credentials=True,
    )

Flagged:

    from flask import Flask
    from flask_cors import CORS

    app = Flask(__name__)
    CORS(app, supports_credentials=True)

Fixed:

    import os

    from flask import Flask
    from flask_cors import CORS

    app = Flask(__name__)
    CORS(
        app,
        supports_credentials=True,
        origins=[item for item in os.getenv("CORS_ORIGINS", "").split(",") if item],
    )

Flagged:

    from flask_cors import CORS

    cors = CORS(
        resources=r"/api/*",
        origins="*",
    )

Fixed:

    import os

    from flask_cors import CORS

    cors = CORS(
        resources=r"/api/*",
        origins=[item for item in os.getenv("CORS_ORIGINS", "").split(",") if item],
    )

Flagged (shop/settings.py):

    import environ

    env = environ.Env()

    INSTALLED_APPS = ["corsheaders"]
    CORS_ALLOW_ALL_ORIGINS = True

Fixed (shop/settings.py):

    import environ

    env = environ.Env()

    INSTALLED_APPS = ["corsheaders"]
    CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])

Flagged:

    from flask import Flask

    app = Flask(__name__)


    @app.after_request
    def allow(response):
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

Fixed:

    import os

    from flask import Flask

    app = Flask(__name__)
    ORIGINS = os.getenv("CORS_ORIGINS", "").split(",")


    @app.after_request
    def allow(response, request):
        origin = request.headers.get("Origin", "")
        if origin in ORIGINS:
            response.headers["Access-Control-Allow-Origin"] = origin
        return response

Flagged (app/chat.py):

    import socketio
    from flask_cors import CORS

    cors = CORS()
    server = socketio.AsyncServer(
        async_mode="asgi",
        cors_allowed_origins="*",
    )


    def create(app):
        cors.init_app(
            app,
            origins="*",
        )

Fixed (app/chat.py):

    import os

    import socketio
    from flask_cors import CORS

    cors = CORS()
    server = socketio.AsyncServer(
        async_mode="asgi",
        cors_allowed_origins=[
            item for item in os.getenv("CORS_ORIGINS", "").split(",") if item
        ],
    )


    def create(app):
        cors.init_app(
            app,
            origins=[item for item in os.getenv("CORS_ORIGINS", "").split(",") if item],
        )

Fine:

    import os

    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    from flask_cors import CORS

    from app.settings import settings

    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=settings.origins, allow_methods=["*"])
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"], expose_headers=["*"])
    app.add_middleware(CORSMiddleware, allow_origins=os.getenv("CORS_ORIGINS", "*").split(","))
    app.add_middleware(CORSMiddleware, allow_origin_regex=r"https://.*\\.shop\\.example")
    cors = CORS(origins=["https://shop.example"])


    def is_public(response):
        return response.headers["Access-Control-Allow-Origin"] == "*"

Fine (app/settings.py):

    CORS_ALLOW_ALL_ORIGINS = False
    CORS_ALLOW_METHODS = ["*"]
    DEBUG = False

    if DEBUG:
        CORS_ALLOW_ALL_ORIGINS = True

When to ignore: the answers are public, read-only and the same for everyone, and the service is on the
internet (open data, fonts, badges).

References:

    https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS
    https://cwe.mitre.org/data/definitions/942.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.written import is_fallback, texts, written
from harden.checks import Check, Fix
from harden.environment import is_playground
from harden.findings import Finding, Risk, Severity
from harden.module import Module, has_star_arguments, is_literal, keyword
from harden.tree import FunctionNode

check = Check(
    id="cors-wildcard",
    title="Any website may call the service",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.env_values:AllowNamedOrigins", Risk.REVIEW),
    words=("cors", "CORS", "Access-Control-Allow-Origin", "access-control-allow-origin"),
)

_MIDDLEWARE = (
    "fastapi.middleware.cors.CORSMiddleware",
    "starlette.middleware.cors.CORSMiddleware",
    "quart_cors.cors",
    "quart_cors.route_cors",
    "litestar.config.cors.CORSConfig",
    "starlite.config.cors.CORSConfig",
    "starlite.CORSConfig",
    "falcon.CORSMiddleware",
    "falcon.middleware.CORSMiddleware",
    "socketio.Server",
    "socketio.AsyncServer",
    "flask_socketio.SocketIO",
    "flask_socketio.SocketIO.init_app",
    "chalice.CORSConfig",
    "aws_lambda_powertools.event_handler.CORSConfig",
    "aws_lambda_powertools.event_handler.api_gateway.CORSConfig",
    "blacksheep.Application.use_cors",
    "robyn.ALLOW_CORS",
)
_GIVEN = ("allow_origins", "allow_origin", "allow_origin_regex", "cors_allowed_origins", "origins")
_ALL_AT_ONCE = {
    "falcon.App": "cors_enable",
    "falcon.asgi.App": "cors_enable",
    "falcon_cors.CORS": "allow_all_origins",
}
"""Switches that allow every origin."""
_FLASK = (
    "flask_cors.CORS",
    "flask_cors.cross_origin",
    "flask_cors.extension.CORS",
    "flask_cors.decorator.cross_origin",
    "flask_cors.CORS.init_app",
    "flask_cors.extension.CORS.init_app",
    "sanic_cors.CORS",
    "sanic_cors.cross_origin",
)
_EVERYONE = frozenset({"*", ".*", "^.*$", r"https?://.*", r"^https?://.*$", r".+"})
_DJANGO_LISTS = ("CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST")
_HEADER = "access-control-allow-origin"
_CREDENTIALS = re.compile(r"(?i)access-control-allow-credentials")


@check.call(
    *_MIDDLEWARE, "*.add_middleware", "starlette.middleware.Middleware", "fastapi.middleware.Middleware"
)
def middleware(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `allow_origins=["*"]` of the middleware of FastAPI, Starlette and Quart."""
    if path not in _MIDDLEWARE and not (call.args and module.resolve(call.args[0]) in _MIDDLEWARE):
        return
    credentials = is_literal(keyword(call, "allow_credentials"), True)
    for name in _GIVEN:
        yield from _origins(module, keyword(call, name), "CORS_ORIGINS", credentials=credentials, at=call)


@check.call(*_ALL_AT_ONCE)
def all_at_once(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `falcon.App(cors_enable=True)`."""
    given = keyword(call, _ALL_AT_ONCE[path])
    if given is not None and is_literal(given, True) and not is_playground(module, call):
        why_not = "Name the origins instead: middleware=CORSMiddleware(allow_origins=...) takes a list."
        message = "every website may call this service"
        yield check.found(module, given, message, why_not=why_not, severity=_severity(credentials=False))


@check.call("aiohttp_cors.setup", "aiohttp_cors.CorsConfig")
def aiohttp_defaults(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `*` among the defaults of aiohttp-cors."""
    defaults = written(module, keyword(call, "defaults"))
    if not isinstance(defaults, ast.Dict):
        return
    for star in defaults.keys:
        if star is not None and is_literal(star, "*") and not is_playground(module, call):
            credentials = "allow_credentials=True" in module.segment(defaults)
            message = _message("every website may call this service", credentials=credentials)
            why_not = "Name the origins as the keys of this dict, from a list in the environment."
            severity = _severity(credentials=credentials)
            yield check.found(module, star, message, why_not=why_not, severity=severity)


@check.call(*_FLASK)
def flask_cors(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag flask-cors without origins, which allows all of them, and with `*`."""
    credentials = is_literal(keyword(call, "supports_credentials"), True)
    origins, resources = keyword(call, "origins"), keyword(call, "resources")
    yield from _origins(module, origins, "CORS_ORIGINS", credentials=credentials, at=call)
    for entry in _entries(written(module, resources), "origins"):
        yield from _origins(module, entry, "CORS_ORIGINS", credentials=credentials, at=call)
    named = origins is not None or _names_origins(module, resources) or has_star_arguments(call)
    if not named and not _is_configured(module, call, path) and not is_playground(module, call):
        message = _message("flask-cors allows every origin where none are named", credentials=credentials)
        severity = _severity(credentials=credentials)
        yield check.found(module, call, message, facts=_FACTS, severity=severity)


@check.node(ast.Assign)
def setting(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `CORS_ALLOW_ALL_ORIGINS = True`, and `*` in the settings of flask-cors."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or is_playground(module, node):
        return
    match node.targets[0]:
        case ast.Name(id="CORS_ALLOW_ALL_ORIGINS" | "CORS_ORIGIN_ALLOW_ALL" as name) if is_literal(
            node.value, True
        ):
            yield _switch(module, node, name)
        case ast.Name(id="CORS_ALLOWED_ORIGIN_REGEXES" | "CORS_ORIGIN_REGEX_WHITELIST"):
            yield from _origins(module, node.value, "CORS_ORIGINS", credentials=False, at=node)
        case (
            ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value="CORS_ORIGINS"))
            | ast.Attribute(value=ast.Attribute(attr="config"), attr="CORS_ORIGINS")
        ):
            yield from _origins(module, node.value, "CORS_ORIGINS", credentials=False, at=node)


@check.node(ast.Assign, ast.Dict)
def header(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the header written by hand."""
    match node:
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str() as name))], value=value):
            found = [value] if name.lower() == _HEADER else []
        case ast.Dict():
            found = list(_entries(node, _HEADER))
        case _:
            return
    yield from (_by_hand(module, value) for value in found if _is_star(module, value))


@check.node(ast.Call)
def header_added(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `self.set_header("Access-Control-Allow-Origin", "*")`."""
    if (
        not isinstance(node, ast.Call)
        or not isinstance(node.func, ast.Attribute)
        or node.func.attr not in _SETTERS
    ):
        return
    match node.args:
        case [ast.Constant(value=str() as name), value] if name.lower() == _HEADER and _is_star(
            module, value
        ):
            yield _by_hand(module, value)


_SETTERS = ("setdefault", "set_header", "add_header", "send_header", "add", "set", "append_header")
_FACTS = {"env": "CORS_ORIGINS"}


def _origins(
    module: Module, given: ast.expr | None, env: str, *, credentials: bool, at: ast.AST
) -> Iterator[Finding]:
    literal = written(module, given)
    if literal is None or not any(text.value in _EVERYONE for text in texts(literal)):
        return
    if is_fallback(module, literal) or is_playground(module, literal) or is_playground(module, at):
        return
    message = _message("every website may call this service", credentials=credentials)
    parent = module.parents.get(given) if given is not None else None
    why_not = ""
    if isinstance(parent, ast.keyword) and parent.arg == "allow_origin_regex":
        why_not = "A pattern is in use here: write one that names your own domains, or use allow_origins."
    elif isinstance(parent, ast.Assign) and "REGEX" in module.segment(parent.targets[0]):
        why_not = "These are patterns: write some that name your own domains, or use CORS_ALLOWED_ORIGINS."
    elif any(text.value not in _EVERYONE for text in texts(literal)):
        why_not = "The list names other origins too: take the `*` out of it."
    yield check.found(
        module,
        literal,
        message,
        facts={"env": env},
        why_not=why_not,
        severity=_severity(credentials=credentials),
    )


def _switch(module: Module, node: ast.Assign, name: str) -> Finding:
    bound = module.names.scopes[module.tree].bindings
    credentials = any(
        isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id == "CORS_ALLOW_CREDENTIALS"
        and is_literal(statement.value, True)
        for statement in module.tree.body
    )
    known = [listed for listed in _DJANGO_LISTS if listed in bound]
    facts = (
        {"value": "False"} if known else {"setting": "CORS_ALLOWED_ORIGINS", "env": "CORS_ALLOWED_ORIGINS"}
    )
    if name == "CORS_ORIGIN_ALLOW_ALL" and not known:
        facts["setting"] = "CORS_ORIGIN_WHITELIST"
    message = _message("every website may call this service", credentials=credentials)
    severity = _severity(credentials=credentials)
    return check.found(module, node.value, message, facts=facts, severity=severity)


def _by_hand(module: Module, value: ast.expr) -> Finding:
    why = (
        "The header takes one origin: answer with the request's own if a list from the environment has it, "
        "or let the framework's CORS middleware do so."
    )
    message = "every website may read this answer"
    return check.found(module, value, message, why_not=why, severity=_severity(credentials=False))


def _is_star(module: Module, value: ast.expr) -> bool:
    """Tell whether `*` is given to every answer of the application, or together with credentials."""
    if not is_literal(value, "*") or is_fallback(module, value) or is_playground(module, value):
        return False
    function = module.function(value)
    if function is None:
        return False
    if _CREDENTIALS.search(module.segment(function)):
        return True
    is_asked = any(isinstance(outer, ast.If) for outer in module.ancestors(value) if outer is not function)
    return not is_asked and _is_for_all(module, function)


def _is_for_all(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function sees every answer: a hook, a middleware, the default headers of handlers."""
    paths = [module.resolve(decorator) or "" for decorator in function.decorator_list]
    hooked = any(path.endswith((".after_request", ".after_app_request", ".middleware")) for path in paths)
    if hooked or function.name in ("process_response", "set_default_headers"):
        return True
    if any(path == "bottle.hook" or path.endswith(".on_response") for path in paths):
        return True
    owner = module.parents.get(function)
    if not isinstance(owner, ast.ClassDef):
        return False
    if function.name == "dispatch":
        return any(base.endswith("BaseHTTPMiddleware") for base in module.bases(owner))
    return function.name == "__call__" and "self.get_response(" in module.segment(function)


def _entries(mapping: ast.expr | None, name: str) -> Iterator[ast.expr]:
    """Yield the values under a key of a dict literal, and of the dicts in it."""
    if isinstance(mapping, ast.Dict):
        for key, value in zip(mapping.keys, mapping.values, strict=True):
            if isinstance(key, ast.Constant) and str(key.value).lower() == name:
                yield value
            elif name != _HEADER:
                yield from _entries(value, name)


def _names_origins(module: Module, resources: ast.expr | None) -> bool:
    """Tell whether the resources of flask-cors may say who is allowed; a mere path does not."""
    match written(module, resources):
        case ast.Dict() as mapping:
            return any(True for _ in _entries(mapping, "origins")) or not all(
                isinstance(value, ast.Dict) for value in mapping.values
            )
        case ast.Constant() | ast.List():
            return False
    return resources is not None


def _is_configured(module: Module, call: ast.Call, path: str) -> bool:
    """Tell whether the origins come from elsewhere: the configuration, or `init_app` of a bare `CORS()`."""
    is_bare = path.endswith("CORS") and not call.args and not call.keywords
    return is_bare or bool(module.project.mentions("CORS_ORIGINS"))


def _message(text: str, *, credentials: bool) -> str:
    return f"{text}, with the cookies of its users" if credentials else text


def _severity(*, credentials: bool) -> Severity:
    return Severity.HIGH if credentials else Severity.MEDIUM
