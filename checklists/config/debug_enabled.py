"""Debug mode shows strangers the code, and lets them run their own.

In debug mode frameworks answer an error with source code, settings and variables; the interactive
debugger of Werkzeug (Flask) runs any code that is typed into it. Debug mode also keeps every SQL query
in memory, restarts the server when a file changes, and turns caches off.
It has to be off unless the environment turns it on.

Settings for development and tests (by file, class or guarding `if`) are left out.

Flagged:

    from flask import Flask

    app = Flask(__name__)

    if __name__ == "__main__":
        app.run(debug=True)

Fixed:

    import os

    from flask import Flask

    app = Flask(__name__)

    if __name__ == "__main__":
        app.run(
            debug=os.getenv("FLASK_DEBUG", "False").lower() in {"1", "true", "yes", "on"}
        )

Flagged (shop/settings.py):

    INSTALLED_APPS = ["django.contrib.auth"]
    DEBUG = True

Fixed (shop/settings.py):

    import os

    INSTALLED_APPS = ["django.contrib.auth"]
    DEBUG = os.getenv("DEBUG", "False").lower() in {"1", "true", "yes", "on"}

Flagged (app/settings.py):

    import os

    DEBUG = os.getenv("DEBUG", "True") == "True"

Fixed (app/settings.py):

    import os

    DEBUG = os.getenv("DEBUG", "False") == "True"

Flagged (app/settings.py):

    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        debug: bool = True

Fixed (app/settings.py):

    from pydantic_settings import BaseSettings


    class Settings(BaseSettings):
        debug: bool = False

Flagged (app/serve.py):

    import tornado.web
    import uvicorn

    OPTIONS = {"debug": True}


    def serve(routes):
        uvicorn.Config("app.main:app", reload=True)
        return tornado.web.Application(routes, **OPTIONS)

Fixed (app/serve.py):

    import os

    import tornado.web
    import uvicorn

    OPTIONS = {"debug": os.getenv("DEBUG", "False").lower() in {"1", "true", "yes", "on"}}


    def serve(routes):
        uvicorn.Config(
            "app.main:app",
            reload=os.getenv("RELOAD", "False").lower() in {"1", "true", "yes", "on"},
        )
        return tornado.web.Application(routes, **OPTIONS)

Fine (app/config.py):

    import os

    ENVIRONMENT = os.getenv("ENVIRONMENT", "production")
    DEBUG = ENVIRONMENT in ("dev", "development")
    TESTING = not os.environ["RELEASE"]

Fine:

    import os

    from flask import Flask

    app = Flask(__name__)
    app.config["DEBUG"] = False


    class DevelopmentConfig:
        DEBUG = True


    def render(page):
        return page.show(debug=True)


    if __name__ == "__main__":
        app.run(debug=os.getenv("FLASK_DEBUG") == "1")

When to ignore: the file is never part of a deployment.

References:

    https://flask.palletsprojects.com/en/stable/debugging/
    https://docs.djangoproject.com/en/stable/ref/settings/#debug
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.debug_settings import DEBUG_NAME, debug_setting, reads_as_on, switched_off
from harden.checklists.unpacking import argument, entries
from harden.checklists.without_environment import without_environment
from harden.checklists.written import written
from harden.checks import Check, Fix
from harden.environment import READS, env_read, is_playground, settings_class
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal, keyword

check = Check(
    id="debug-enabled",
    title="Debug mode on",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.env_switch:SwitchByVariable", Risk.REVIEW),
    codes=frozenset({"S201", "B201"}),
)

_DEBUG_CALLS = (
    *("flask.Flask.run", "quart.Quart.run", "sanic.Sanic.run", "bottle.run", "bottle.Bottle.run"),
    *(
        "fastapi.FastAPI",
        "starlette.applications.Starlette",
        "aiohttp.web.Application",
        "tornado.web.Application",
    ),
    *("dash.Dash.run", "dash.Dash.run_server", "flask_socketio.SocketIO.run", "connexion.FlaskApp.run"),
    *("apiflask.APIFlask.run", "litestar.Litestar", "eve.Eve.run", "uvicorn.run", "uvicorn.Config"),
    *("connexion.App.run", "dash.Dash.enable_dev_tools", "werkzeug.serving.run_simple", "chalice.Chalice"),
    *("blacksheep.Application", "pywebio.start_server", "nicegui.ui.run", "starlite.Starlite", "robyn.Robyn"),
)
_BY_POSITION = {"flask.Flask.run": 2, "starlette.applications.Starlette": 0}
_RELOADERS = ("uvicorn.", "sanic.", "bottle.", "tornado.", "werkzeug.")
_SWITCHES = ("debug", "use_debugger", "reload", "auto_reload", "use_reloader")
_MORE_SWITCHES = {
    "bottle.": ("reloader",),
    "tornado.": ("autoreload", "serve_traceback"),
    "sanic.": ("dev",),
    "blacksheep.": ("show_error_details",),
}
_VARIABLES = ("FLASK_ENV", "FLASK_DEBUG", "QUART_DEBUG")
_FLASK_LIKE = ("flask", "quart", "dash", "apiflask", "connexion", "eve")
_FACTORIES = frozenset(
    {"create_app", "make_app", "build_app", "get_app", "app_factory", "create_application"}
)
_RUN_OPTIONS = frozenset(
    {
        "host",
        "port",
        "debug",
        "threaded",
        "processes",
        "use_reloader",
        "use_debugger",
        "ssl_context",
        "load_dotenv",
    }
)
_TRUTHY = frozenset({"1", "true", "yes", "on", "t", "y"})


@check.call(*_DEBUG_CALLS)
def started_in_debug(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `debug=True` and `reload=True` where an application is made or started."""
    more = next((names for owner, names in _MORE_SWITCHES.items() if path.startswith(owner)), ())
    for name in (*_SWITCHES, *more):
        value = written(module, _given(module, call, path, name))
        if value is None or not _is_on(value) or is_playground(module, call) or is_playground(module, value):
            continue
        if name in ("reload", "auto_reload", "use_reloader") and not path.startswith(_RELOADERS):
            continue
        statement = module.statement(value)
        if isinstance(statement, ast.Assign) and debug_setting(module, statement, statement.targets[0]):
            continue  # found as a setting
        facts = {"env": _variable(path, name)}
        yield check.found(module, value, f"{name}=True is on wherever this runs", facts=facts)


def _given(module: Module, call: ast.Call, path: str, name: str) -> ast.expr | None:
    at = _BY_POSITION.get(path, -1) if name == "debug" else -1
    by_position = call.args[at] if 0 <= at < len(call.args) else None
    return argument(module, call, name) or by_position


def _is_on(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value in (True, 1) and isinstance(value.value, int)


@check.call("werkzeug.debug.DebuggedApplication", "bottle.debug")
def debugger(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag the debugger of Werkzeug put around an application, and `bottle.debug()`."""
    on = call.args[-1] if call.args else None
    if is_playground(module, call) or (path == "bottle.debug" and on is not None and not _is_on(on)):
        return
    evalex = keyword(call, "evalex") or (call.args[1] if len(call.args) > 1 else None)
    if path == "bottle.debug" or _is_on(evalex):
        why_not = "Take it out, or call it only where a variable of the environment asks for it."
        message = f"{path.rpartition('.')[2]}() is on wherever this runs"
        yield check.found(module, call, message, why_not=why_not)


@check.call("os.environ.setdefault", "os.putenv")
def environment_default(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `os.environ.setdefault("FLASK_DEBUG", "1")`."""
    match call.args:
        case [ast.Constant(value=str() as name), ast.Constant(value=str() as value)]:
            yield from _development(module, name, value, call.args[1])


@check.node(ast.Assign, named={*_VARIABLES, "ENV", "env"})
def environment_set(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `os.environ["FLASK_ENV"] = "development"`, `app.config["ENV"]` and `app.env`."""
    match node:
        case ast.Assign(
            targets=[ast.Subscript(value=owner, slice=ast.Constant(value=str() as name))],
            value=ast.Constant(value=str() as value) as given,
        ) if name in (*_VARIABLES, "ENV"):
            path = module.resolve(owner) or ""
            if path == "os.environ":
                yield from _development(module, name, value, given)
            elif name == "ENV" and path.startswith("flask.Flask.config"):
                yield from _development(module, "FLASK_ENV", value, given)
        case ast.Assign(
            targets=[ast.Attribute(value=app, attr="env")], value=ast.Constant(value="development") as given
        ) if module.resolve(app) == "flask.Flask":
            yield from _development(module, "FLASK_ENV", "development", given)


def _development(module: Module, name: str, value: str, given: ast.expr) -> Iterator[Finding]:
    if name not in _VARIABLES or is_playground(module, given):
        return
    if value.lower() in (("development",) if name.endswith("ENV") else _TRUTHY):
        why_not = f"Leave {name} to the environment that the program is started in."
        yield check.found(module, given, f"{name} is {value!r} wherever this runs", why_not=why_not)


@check.call("*.run")
def made_app_started_in_debug(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `create_app().run(debug=True)`: what the project's own factory makes is an application."""
    value = keyword(call, "debug")
    owner = path.split(".")[-2:-1]
    if value is None or not is_literal(value, True) or path in _DEBUG_CALLS or is_playground(module, call):
        return
    if owner and owner[0] in _FACTORIES and {item.arg for item in call.keywords} <= _RUN_OPTIONS:
        facts = {"env": "FLASK_DEBUG"}
        yield check.found(module, value, "debug=True is on wherever this runs", facts=facts)


@check.node(ast.Assign, ast.AnnAssign)
def assigned(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `DEBUG = True` in settings, `app.debug = True`, `app.config["DEBUG"] = True`."""
    if (
        not isinstance(node, ast.Assign | ast.AnnAssign)
        or not is_literal(node.value, True)
        or node.value is None
    ):
        return
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    name = debug_setting(module, node, target)
    if not name or is_playground(module, node):
        return
    if settings_class(module, node):
        yield check.found(
            module, node.value, f"{name} is on unless the environment says no", facts={"value": "False"}
        )
    else:
        yield check.found(
            module, node.value, f"{name} is on wherever this runs", facts={"env": _env_name(name)}
        )


@check.node(ast.Assign, ast.AnnAssign)
def on_without(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `DEBUG = os.getenv("ENV") != "production"`: on wherever nobody says that this is production."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if debug_setting(module, node, target):
        yield from _on_without(module, node.value)
        yield from _on_by_own_reader(module, node.value)


def _on_by_own_reader(module: Module, value: ast.expr) -> Iterator[Finding]:
    """Flag `DEBUG = env_bool("DEBUG", True)`, which a function of the project's own reads."""
    match value:
        case ast.Call(
            func=ast.Name(id=function),
            args=[ast.Constant(value=str() as name), *rest],
        ) if DEBUG_NAME.fullmatch(name) and env_read(module, value) is None:
            default = rest[0] if rest else keyword(value, "default")
            if reads_as_on(default) and not is_playground(module, value):
                why_not = f"{function}() is the project's own: have it take a missing {name} for off."
                message = f"{name} is on where the variable is missing"
                yield check.found(module, value, message, why_not=why_not)


@check.call(*_DEBUG_CALLS)
def started_on_without(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `app.run(debug=os.getenv("ENV") != "production")`."""
    value = keyword(call, "debug")
    if value is not None:
        yield from _on_without(module, value)


def _on_without(module: Module, value: ast.expr) -> Iterator[Finding]:
    missing = without_environment(module, value)
    if missing is None or not missing.value or any(map(DEBUG_NAME.fullmatch, missing.asked)):
        return  # a switch of its own name is found where it is read
    if str(missing.value).lower() in (*_TRUTHY, "true") and not is_playground(module, value):
        name = missing.asked[0]
        why_not = f"Let a missing {name} mean production: ask whether it says development."
        yield check.found(module, value, f"debug mode is on where {name} is missing", why_not=why_not)


@check.call("*.update", "*.from_mapping")
def updated(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `app.config.update(DEBUG=True)`."""
    if not re.search(r"\.config\.(update|from_mapping)$", path):
        return
    given = [item.value for item in call.keywords if item.arg in ("DEBUG", "TESTING")]
    names = [str(item.arg) for item in call.keywords if item.arg in ("DEBUG", "TESTING")]
    for settings in call.args[:1]:
        for name, value in (entries(module, settings) or {}).items():
            if name in ("DEBUG", "TESTING"):
                given.append(value)
                names.append(name)
    for name, value in zip(names, given, strict=True):
        if is_literal(value, True) and not is_playground(module, call):
            facts = {"env": _env_name(name)}
            yield check.found(module, value, f"{name} is on wherever this runs", facts=facts)


@check.call(*READS)
def on_by_default(module: Module, node: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `os.getenv("DEBUG", "True")`: on wherever the variable is missing."""
    read = env_read(module, node)
    if read is None or not DEBUG_NAME.fullmatch(read.name) or is_playground(module, node):
        return
    default = read.default
    if isinstance(default, ast.Constant) and reads_as_on(default):
        facts = {"value": switched_off(default)}
        yield check.found(module, default, f"{read.name} is on where the variable is missing", facts=facts)


def _variable(path: str, name: str) -> str:
    if name in ("debug", "use_debugger"):
        return "FLASK_DEBUG" if path.startswith(_FLASK_LIKE) else "DEBUG"
    return "RELOAD"


def _env_name(name: str) -> str:
    return name.upper()
