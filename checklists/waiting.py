"""What the checks of timeouts share: whether a call sets one, and where a program waits as a service."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from harden.checklists.unpacking import unpacked
from harden.errors import UnreadableSource
from harden.module import Module, is_literal, keyword
from harden.project import Project
from harden.roles import FileKind, Role
from harden.tree import FunctionNode

SERVICES = re.compile(
    r"(?im)^[\s\"'-]*(flask|fastapi|django|starlette|sanic|quart|tornado|aiohttp|falcon|bottle|litestar|celery|"
    r"dramatiq|huey|rq|arq|gunicorn|uvicorn|hypercorn|streamlit|grpcio|apiflask|connexion)(?![\w-])"
)
"""A line of a dependency file that names a web framework, a server or a task queue."""
_DEPENDENCY_FILE = re.compile(
    r"(requirements[^/]*\.(txt|in)|requirements/[^/]+\.txt|pyproject\.toml|Pipfile)$"
)
_FRAMEWORKS = ("flask", "fastapi", "django", "starlette", "sanic", "quart", "celery", "dramatiq", "tornado")

_LIMITS = (
    "asyncio.wait_for",
    "asyncio.timeout",
    "asyncio.timeout_at",
    "async_timeout.timeout",
    "asyncio.wait",
)
"""What limits all that is awaited within it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The argument that limits how long a call waits.

    `at`: its number where it may be given by position; `form`: how the codemod writes it; `waits`: how
    long the call waits without it.
    """

    name: str = "timeout"
    at: int = -1
    form: str = "seconds"
    waits: str = "for ever"

    def is_missing(self, module: Module, call: ast.Call) -> bool:
        """Tell whether a call leaves the limit out or gives None for it."""
        return lacks(module, call, self.name, self.at) and not _is_refused(module, call, self.name)

    def facts(self, call: ast.Call) -> dict[str, str]:
        """Return what the codemod needs to set the limit."""
        return place_of(call, self.name, self.at, self.form)


def lacks(module: Module, call: ast.Call, name: str, at: int = -1) -> bool:
    """Tell whether a call leaves a timeout out or gives None for it, by keyword or as argument `at`."""
    value = keyword(call, name)
    if value is None and 0 <= at < len(call.args):
        value = call.args[at]
    if value is not None:
        return is_unlimited(value)
    brought = unpacked(module, call)
    return brought is not None and name not in brought


def _is_refused(module: Module, call: ast.Call, name: str) -> bool:
    """Tell whether the same call with a timeout was tried just before, and its keyword refused."""
    for outer in module.ancestors(call):
        if isinstance(outer, FunctionNode):
            return False
        if isinstance(outer, ast.ExceptHandler):
            attempt = module.parents[outer]
            caught = ast.unparse(outer.type) if outer.type is not None else ""
            tried = [node for part in getattr(attempt, "body", []) for node in ast.walk(part)]
            return "TypeError" in caught and any(
                isinstance(node, ast.Call)
                and keyword(node, name) is not None
                and ast.dump(node.func) == ast.dump(call.func)
                for node in tried
            )
    return False


def is_unlimited(value: ast.expr) -> bool:
    """Tell whether a value means no limit: None, or a pair with None in it."""
    if isinstance(value, ast.Tuple):
        return any(is_literal(item, None) for item in value.elts)
    return is_literal(value, None)


def place_of(call: ast.Call, name: str, at: int, form: str) -> dict[str, str]:
    """Return the facts by which the codemod sets a timeout: in place of a positional None, or by name."""
    if 0 <= at < len(call.args) and keyword(call, name) is None:
        return {"at": str(at), "form": form}
    return {"set": f"{name}={form}"}


def sets_elsewhere(module: Module, *prefixes: str, name: str = "timeout") -> bool:
    """Tell whether any call in the file of something that begins so passes a timeout itself."""
    return any(
        (value := keyword(call, name)) is not None
        and not is_unlimited(value)
        and (module.resolve(call.func) or "").startswith(prefixes)
        for call in module.nodes(ast.Call)
    )


def has_default_timeout(project: Project) -> bool:
    """Tell whether the project gives all sockets a timeout."""
    return bool(project.mentions("setdefaulttimeout"))


def serves(module: Module, node: ast.AST) -> bool:
    """Tell whether `node` runs in a service, not in a script, a command or behind a `__main__` guard."""
    if module.kind is not FileKind.APP or module.in_main_guard(node):
        return False
    role = module.role(node)
    if role is not Role.NONE:
        return role in (Role.HANDLER, Role.TASK)
    if is_command(module):
        return False
    return module.imports(*_FRAMEWORKS) or is_service(module.project)


def is_command(module: Module) -> bool:
    """Tell whether a file is a command: by its name, its folder, or by what it reads its arguments with."""
    return module.imports("argparse", "click", "typer", "fire", "docopt") or bool(
        re.search(r"(^|/)(cli|commands?|management|__main__)(/|\.py$)|^dev/", module.path)
    )


def is_service(project: Project) -> bool:
    """Tell whether the project depends on a web framework, a server or a task queue."""
    return "manage.py" in project.paths or bool(SERVICES.search(dependencies(project)))


def dependencies(project: Project) -> str:
    """Return the text of the files near the root that declare what the project depends on."""
    texts = []
    for path in project.paths:
        if path.count("/") < 2 and _DEPENDENCY_FILE.search(path):
            try:
                texts.append(project.text_file(path).text)
            except UnreadableSource:
                continue
    return "\n".join(texts)


def in_loop(module: Module, node: ast.AST) -> bool:
    """Tell whether a node runs again and again within its function."""
    for outer in module.ancestors(node):
        if isinstance(outer, ast.While | ast.For | ast.AsyncFor):
            return True
        if isinstance(outer, FunctionNode | ast.Lambda):
            return False
    return False


def is_limited(module: Module, node: ast.AST) -> bool:
    """Tell whether an await stands within a timeout."""
    for outer in module.ancestors(node):
        items = outer.items if isinstance(outer, ast.AsyncWith | ast.With) else []
        if any(module.resolve(item.context_expr) in _LIMITS for item in items):
            return True
    return False
