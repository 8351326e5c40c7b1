"""Whether a project configures logging, and at which place it would do so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from harden.errors import UnreadableSource
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind, Role, file_kind

APPLICATIONS = (
    *("flask.Flask", "flask.app.Flask", "quart.Quart", "apiflask.APIFlask", "flask_openapi3.OpenAPI"),
    *("fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette"),
    *("litestar.Litestar", "aiohttp.web.Application", "bottle.Bottle", "falcon.App", "falcon.asgi.App"),
    *("connexion.FlaskApp", "connexion.AsyncApp", "robyn.Robyn", "blacksheep.Application"),
)
"""Web applications that leave logging to whoever makes them; Celery, Sanic and Tornado set it up."""
FRAMEWORKS = tuple(sorted({path.partition(".")[0] for path in APPLICATIONS}))

_CONFIGURING = frozenset(
    {"basicConfig", "dictConfig", "fileConfig", "addHandler", "LOGGING", "LOGGING_CONFIG", "log_config"}
    | {"logconfig", "logconfig_dict", "setup_logging", "configure_logging", "init_logging", "setup_logger"}
    | {"setup_logs", "configure_logger", "configure_logs", "init_logger", "config_logging", "logging_setup"}
    | {"initialize_logging", "loguru", "structlog", "coloredlogs", "logfire", "logbook", "eliot"}
    | {"enable_pretty_logging", "configure_azure_monitor", "LoggingInstrumentor", "watchtower"}
    | {"aws_lambda_powertools", "log_to_stderr"}
)
_MENTIONED = re.compile("|".join(sorted(_CONFIGURING)))
_NO_HANDLER = re.compile(r"(^|\.)NullHandler\b")
_FILES = re.compile(
    r"(^|/)log(ging|gers?|s)?([-_.]?(conf|config|cfg|settings))?\.(ini|cfg|conf|ya?ml|json|toml)$"
)
_STARTS = re.compile(
    r"(^|/)(Dockerfile|Procfile|Makefile|docker-compose|compose)[^/]*$|\.(sh|service|ya?ml)$"
)
_BY_OPTION = re.compile(r"--log-config|--logging-conf|UVICORN_LOG_CONFIG")
_MAIN = ("main", "app", "application", "wsgi", "asgi", "server", "__init__", "factory", "api")
_SCRIPT_FOLDERS = frozenset({"scripts", "script", "bin", "tools", "benchmarks", "ci", "contrib"})


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """Where a service is made: the statement with its application, or the last of Django's settings."""

    module: Module
    statement: ast.stmt
    is_django: bool = False


def entry_point(project: Project) -> EntryPoint | None:
    """Return the place in the project where its web application is made, the likeliest one first."""
    found = [entry for module in _candidates(project) for entry in entries_of(module)]
    return min(found, key=_likelihood, default=None)


def entries_of(module: Module) -> Iterator[EntryPoint]:
    """Yield the places in one file where a web application is made, and the end of Django's settings."""
    if module.kind is not FileKind.APP:
        return
    for call in module.nodes(ast.Call):
        made = module.resolve(call.func)
        if made is not None and module.is_a(made, *APPLICATIONS) and _is_service(module, call):
            yield EntryPoint(module, module.statement(call))
    if (last := _last_setting(module)) is not None:
        yield EntryPoint(module, last, is_django=True)


def is_configured(project: Project) -> bool:
    """Tell whether anything that ships, or starts the service, sets up where log records go."""
    return any(_configures(project, path) for path in project.paths)


def hides_info(project: Project) -> bool:
    """Tell whether records of the level INFO are shown nowhere: a web service that configures no logging."""
    return entry_point(project) is not None and not is_configured(project)


def _candidates(project: Project) -> Iterator[Module]:
    mentioned = {path for word in (*FRAMEWORKS, "INSTALLED_APPS") for path in project.mentions(word)}
    for path in sorted(mentioned):
        try:
            if file_kind(path) is FileKind.APP:
                yield project.module(path)
        except UnreadableSource:
            continue


def _is_service(module: Module, call: ast.Call) -> bool:
    """Tell whether the call stands where an application is made for good: a module's top, a factory."""
    function = module.function(call)
    if module.role(call) is not Role.NONE or module.owner(call) is not None:
        return False
    return function is None or re.search(r"app|main|make|create|build|init|server", function.name) is not None


def _last_setting(module: Module) -> ast.stmt | None:
    """Return the last statement of Django's settings that sets one, None in other files."""
    settings = {
        target.id: statement
        for statement in module.tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name) and target.id.isupper()
    }
    if "INSTALLED_APPS" not in settings or not {"MIDDLEWARE", "ROOT_URLCONF", "DATABASES"} & settings.keys():
        return None
    return list(settings.values())[-1]


def _likelihood(entry: EntryPoint) -> tuple[bool, bool, int, str, int]:
    path = PurePosixPath(entry.module.path)
    is_inner = entry.module.function(entry.statement) is not None
    return path.stem not in _MAIN, is_inner, len(path.parts), entry.module.path, entry.statement.lineno


def _configures(project: Project, path: str) -> bool:
    if not path.endswith(".py"):
        if _FILES.search(path):
            return True
        return _STARTS.search(path) is not None and _BY_OPTION.search(project.text(path)) is not None
    kind = file_kind(path)
    ships = kind is FileKind.APP or (
        kind is FileKind.SCRIPT and _SCRIPT_FOLDERS.isdisjoint(PurePosixPath(path).parts[:-1])
    )
    if not ships or not _MENTIONED.search(project.text(path)):
        return False
    try:
        module = project.module(path)
    except UnreadableSource:
        return True  # who knows
    return any(map(_is_setup, ast.walk(module.tree)))


def _is_setup(node: ast.AST) -> bool:
    """Tell whether a node names something that configures logging; comments and texts do not count."""
    match node:
        case ast.Call(func=ast.Attribute(attr="addHandler"), args=[ast.Call() as handler]):
            return not _NO_HANDLER.search(ast.unparse(handler.func))
        case ast.Attribute(attr="addHandler"):
            return False  # the call around it tells
        case ast.Call(func=ast.Attribute(attr="addHandler")):
            return True
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)):
            return name in _CONFIGURING
        case ast.alias(name=name):
            return not _CONFIGURING.isdisjoint(name.split("."))
        case ast.ImportFrom(module=str(name)):
            return not _CONFIGURING.isdisjoint(name.split("."))
    return False
