"""What a coroutine does once, or with nobody else on its loop: blocking there holds up no one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.module import Module
from harden.roles import FileKind
from harden.tree import FunctionNode

_SERVERS = (
    *("fastapi", "starlette", "aiohttp", "quart", "sanic", "tornado", "litestar", "websockets", "uvicorn"),
    *(
        "discord",
        "telegram",
        "aiogram",
        "telethon",
        "pyrogram",
        "nextcord",
        "disnake",
        "slack_bolt",
        "channels",
    ),
)
_TOGETHER = ("gather(", "create_task(", "TaskGroup(", "start_server(", "ensure_future(")
_ONCE = frozenset({"lifespan", "startup", "shutdown", "on_startup", "on_shutdown", "main"})


def runs_alone(module: Module) -> bool:
    """Tell whether a file is a program in which nothing else waits for the loop."""
    is_script = module.kind is FileKind.SCRIPT or "asyncio.run(" in module.text
    return is_script and not module.imports(*_SERVERS) and not any(word in module.text for word in _TOGETHER)


def runs_once(module: Module, function: ast.AsyncFunctionDef) -> bool:
    """Tell whether a coroutine runs when the service starts or stops, before or after all requests."""
    decorators = [module.resolve(decorator) or "" for decorator in function.decorator_list]
    return function.name in _ONCE or any(
        (path == "contextlib.asynccontextmanager" and "lifespan" in function.name)
        or path.endswith((".on_event", ".before_serving", ".after_serving", ".before_server_start"))
        for path in decorators
    )


def happens_once(module: Module, call: ast.Call) -> bool:
    """Tell whether a call makes a value that is kept, under a test such as `if self._client is None`."""
    return any(missing in _kept(module, branch) for branch, missing in _branches(module, call))


def lacks_threads(module: Module, call: ast.Call) -> bool:
    """Tell whether a call stands where there are no threads to run it, under `if executor is None`."""
    return any(missing.endswith("executor") for _, missing in _branches(module, call))


def _branches(module: Module, call: ast.Call) -> Iterator[tuple[ast.If, str]]:
    """Yield the branches around a call that are taken when something is missing, and what that is."""
    child: ast.AST = call
    for outer in module.ancestors(call):
        if isinstance(outer, FunctionNode):
            return
        if isinstance(outer, ast.If) and child in outer.body and (missing := _missing(outer.test)):
            yield outer, missing
        child = outer


def _missing(test: ast.expr) -> str:
    """Return what a test finds to be missing, as it is written."""
    match test:
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            return ast.unparse(left)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name() | ast.Attribute() as operand):
            return ast.unparse(operand)
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return _missing(first)
    return ""


def _kept(module: Module, branch: ast.If) -> Iterator[str]:
    """Yield what a branch gives a value that outlives the function: attributes and global names."""
    for statement in branch.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign):
                targets = node.targets
            else:
                targets = [node.target] if isinstance(node, ast.AnnAssign) else []
            for target in targets:
                if isinstance(target, ast.Attribute):
                    yield ast.unparse(target)
                elif isinstance(target, ast.Name) and _is_global(module, target):
                    yield target.id


def _is_global(module: Module, name: ast.Name) -> bool:
    scope = module.names.scope(name)
    return name.id in scope.shared or name.id in scope.outer
