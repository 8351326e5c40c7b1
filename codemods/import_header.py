"""The imports at the top of a file, and where they end."""

from __future__ import annotations

import ast

from harden.codemods.import_lines import ImportStatement
from harden.module import Module

LOADERS = ("dotenv.load_dotenv", "environs.Env.read_env", "environ.Env.read_env")
"""Calls that read variables from a file."""
_SETUPS = frozenset(
    {*LOADERS, "logging.basicConfig", "logging.config.dictConfig", "logging.config.fileConfig"}
    | {"structlog.configure", "sys.path.append", "sys.path.insert", "warnings.filterwarnings"}
)
"""Calls that stand between the imports and what the rest of a file defines."""
_LOG_SETUPS = frozenset({"configure_logging", "setup_logging", "init_logging", "setup_logger"})


def is_docstring(statement: ast.stmt) -> bool:
    """Tell whether a statement is a text alone."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def header(tree: ast.Module) -> list[ImportStatement]:
    """Return the imports at the top of a file, up to the first statement that is something else.

    An import that shares a line with other code is not among them: nothing can be put between the two.
    """
    found: list[ImportStatement] = []
    for at, statement in enumerate(tree.body):
        if isinstance(statement, ImportStatement):
            found.append(statement)
        elif not (at == 0 and is_docstring(statement)) and not _is_dunder(statement):
            while found and found[-1].end_lineno == statement.lineno:
                found.pop()
            break
    return found


def _is_dunder(statement: ast.stmt) -> bool:
    """Tell whether a statement is `__all__ = …` or the like, which may stand among the imports."""
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id.startswith("__")
        and isinstance(statement.value, ast.Constant | ast.List | ast.Tuple)
    )


def zone_end(module: Module, last: ImportStatement) -> int:
    """Return the last line of the imports, of guards around imports, and of what sets the program up."""
    body = module.tree.body
    end = last.end_lineno or last.lineno
    rest = body[body.index(last) + 1 :]
    for statement, following in zip(rest, [*rest[1:], None], strict=True):
        if (
            isinstance(statement, ImportStatement)
            or _guards_imports(statement)
            or _sets_up(module, statement)
        ):
            end = statement.end_lineno or end
        elif following is None or not (_sets_up(module, following) and _is_made_for(statement, following)):
            break
    return end


def _sets_up(module: Module, statement: ast.stmt) -> bool:
    """Tell whether a statement configures the program, or makes the logger of the file."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
        return ast.unparse(statement.value).endswith(("getLogger(__name__)", "get_logger(__name__)"))
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    path = module.resolve(statement.value.func) or ""
    return path in _SETUPS or path.rpartition(".")[2] in _LOG_SETUPS


def _is_made_for(statement: ast.stmt, following: ast.stmt) -> bool:
    """Tell whether a statement makes the object whose method the next one calls: `env = Env()`."""
    match statement, following:
        case (
            ast.Assign(targets=[ast.Name(id=made)], value=ast.Call()),
            ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=used)))),
        ):
            return made == used
    return False


def _guards_imports(statement: ast.stmt) -> bool:
    """Tell whether a `try` or `if` holds imports, and besides them only names as stand-ins."""
    if not isinstance(statement, ast.Try | ast.If):
        return False
    inner = [*statement.body, *statement.orelse, *getattr(statement, "finalbody", [])]
    inner += [child for handler in getattr(statement, "handlers", []) for child in handler.body]
    allowed = ast.Import | ast.ImportFrom | ast.Assign | ast.Pass
    return any(isinstance(child, ImportStatement) for child in inner) and all(
        isinstance(child, allowed) or _guards_imports(child) for child in inner
    )
