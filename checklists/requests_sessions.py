"""Sessions of requests: which values are one, and those whose calls need no timeout of their own."""

from __future__ import annotations

import ast
from functools import lru_cache

from harden.calls import callee_of
from harden.errors import UnreadableSource
from harden.flow import returned
from harden.module import Module, is_literal
from harden.project import Project
from harden.tree import FunctionNode

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "request", "send")
SESSIONS = (
    "requests.Session",
    "requests.session",
    "requests.sessions.Session",
    "requests.sessions.session",
    "requests_oauthlib.OAuth1Session",
    "requests_oauthlib.OAuth2Session",
    "requests_cache.CachedSession",
    "requests_html.HTMLSession",
    "requests_futures.sessions.FuturesSession",
    "requests_toolbelt.sessions.BaseUrlSession",
    "authlib.integrations.requests_client.OAuth1Session",
    "authlib.integrations.requests_client.OAuth2Session",
    "cachecontrol.CacheControl",
    "cloudscraper.create_scraper",
    "cloudscraper.CloudScraper",
)
FUNCTIONS = tuple(f"{package}.{method}" for package in ("requests", "requests.api") for method in METHODS)


def is_session(module: Module, path: str) -> bool:
    """Tell whether a resolved path is a session, of requests or the project's own, without a timeout."""
    if path in SESSIONS:
        return True
    project = module.project
    if not project.owns(path):
        return False
    if project.class_of(path) is not None:
        return module.is_a(path, *SESSIONS) and not _class_sets(project, path)
    made = project.function_of(path)
    if made is not None:
        return _returned(*made)
    owner, _, name = path.rpartition(".")
    holder = project.class_of(owner)
    held = holder[0].names.member(holder[0].qualname(holder[1]), name) if holder else None
    return holder is not None and held is not None and holder[0].resolve(held) in SESSIONS


def has_own_timeout(module: Module, call: ast.Call, path: str) -> bool:
    """Tell whether the session that a call goes through sets a timeout, where it was made or here."""
    if isinstance(call.func, ast.Attribute) and _may_set(module, call.func.value):
        return True
    homes = [module, _home(module, call.func)]
    owner = path.rpartition(".")[0]
    maker = module.project.function_of(owner) or module.project.class_of(owner.rpartition(".")[0])
    homes += [maker[0]] if maker else []
    if path not in FUNCTIONS and not _makes_sessions(module):
        homes += _modules(module.project, ".mount(")
    return any(_sets_timeout(home) for home in homes)


def _may_set(module: Module, session: ast.expr) -> bool:
    """Tell whether a session is of an own class that sets timeouts, or made where that cannot be told."""
    path = module.resolve(session) or ""
    if module.project.class_of(path) is not None:
        return _class_sets(module.project, path)
    found = callee_of(module, session) if isinstance(session, ast.Call) else None
    if found is None or found[1].name == "__init__":
        return False
    source, function = found
    values = [value for value in returned(function) if not is_literal(value, None)]
    return not all(is_session(source, source.resolve(value) or "") for value in values)


def _returned(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether all that a function returns are sessions."""
    kinds = {
        module.resolve(node.value) if node.value is not None else None
        for node in module.nodes(ast.Return)
        if module.function(node) is function
    }
    return bool(kinds) and all(kind is not None and kind in SESSIONS for kind in kinds)


def _class_sets(project: Project, path: str) -> bool:
    """Tell whether a session class of the project, or one it is derived from, speaks of timeouts."""
    own = [found for base in project.ancestry((path,)) if (found := project.class_of(base)) is not None]
    return any("timeout" in source.segment(node) for source, node in own)


def _makes_sessions(module: Module) -> bool:
    return any(module.resolve(call.func) in SESSIONS for call in module.nodes(ast.Call))


def _modules(project: Project, word: str) -> list[Module]:
    """Return the modules of the project whose text contains a word."""
    found = []
    for path in project.mentions(word):
        try:
            found.append(project.module(path))
        except UnreadableSource:
            continue
    return found


def _home(module: Module, func: ast.expr) -> Module:
    """Return the module of the project that a session was imported from, or the module itself."""
    base = func
    while isinstance(base, ast.Attribute | ast.Call):
        base = base.value if isinstance(base, ast.Attribute) else base.func
    bound = module.names.lookup(base) if isinstance(base, ast.Name) else None
    statement = module.parents.get(bound) if bound is not None else None
    if isinstance(statement, ast.ImportFrom):
        path = module.project.names.get(module.names.absolute(statement))
        try:
            return module.project.module(path) if path else module
        except UnreadableSource:
            return module
    return module


@lru_cache(maxsize=16)  # asked for every call of a module
def _sets_timeout(module: Module) -> bool:
    """Tell whether a file mounts an adapter that sets a timeout, or wraps the session's methods with one."""
    mounted = [
        call.args[1]
        for call in module.nodes(ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "mount" and len(call.args) == 2
    ]
    return any(_adapter_sets(module, adapter) for adapter in mounted) or any(
        isinstance(target, ast.Attribute)
        and target.attr in METHODS
        and "timeout" in _written(module, node.value)
        for node in module.nodes(ast.Assign)
        for target in node.targets
    )


def _written(module: Module, expr: ast.expr) -> str:
    """Return the text of what takes a method's place: of the function where it is a name."""
    bound = module.names.lookup(expr) if isinstance(expr, ast.Name) else None
    return module.segment(bound if isinstance(bound, FunctionNode | ast.Lambda) else expr)


def _adapter_sets(module: Module, adapter: ast.expr) -> bool:
    path = module.resolve(adapter) or ""
    if "timeout" in path.lower() or "timeout" in module.segment(adapter).lower():
        return True
    found = module.project.class_of(path)
    return found is not None and "timeout" in found[0].segment(found[1])
