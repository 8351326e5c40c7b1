"""Whether the values in SQL text can be bound where it runs, and what the codemod needs to do so."""

from __future__ import annotations

import ast

from harden.checklists.sql_drivers import Style, list_style, style_of
from harden.checklists.sql_text import Piece, is_value
from harden.module import Module, has_star_arguments

STEPS = "The statement is put together in several steps: bind its values by hand."
_RUNNERS = frozenset(
    {"execute", "exec", "scalar", "scalars", "stream", "fetch_all", "fetch_one", "fetch_val"}
)
_NAMES = "Names of tables and columns cannot be bound: choose them from a list in the code."


def around(pieces: list[Piece], at: int) -> tuple[str, str]:
    """Return the constant text before and after a piece."""

    def text(part: list[Piece]) -> str:
        return "".join("" if piece.expr is not None else piece.text for piece in part)

    return text(pieces[:at]), text(pieces[at + 1 :])


def repair(
    module: Module, call: ast.Call, path: str, built: ast.expr, pieces: list[Piece], unsafe: list[int]
) -> tuple[str, dict[str, str]]:
    """Return why the values cannot be bound here, or what the codemod needs to do so."""
    for at in unsafe:
        before, after = around(pieces, at)
        if not is_value(before, after):
            return _NAMES, {}
        if before.rstrip().lower().endswith("in (") or not pieces[at].plain:
            return "A list, or a value that is formatted first, has to be bound by hand.", {}
    if not _is_plain(built):
        return STEPS, {}
    target = _receiver(module, call) if path == "sqlalchemy.text" else call
    style = style_of(module, call, path)
    if style is Style.UNKNOWN:
        return "The database driver is not known here, so neither is its placeholder.", {}
    if len(target.args) != 1 or target.keywords or has_star_arguments(target):
        return "The call passes parameters already: add the value to them.", {}
    if not _is_used_once(module, call, built):
        return "The text is used elsewhere too, or outside a function: bind its values by hand.", {}
    order = [at for at, piece in enumerate(pieces) if piece.expr is not None]
    span = module.span(target)
    return "", {
        "style": style.value,
        "container": list_style(module, target),
        "bind": ",".join(str(order.index(at)) for at in unsafe),
        "call": f"{span.line}:{span.column}:{span.end_line}:{span.end_column}",
    }


def _is_plain(built: ast.expr) -> bool:
    """Tell whether the text and each value in it are written in this one expression."""
    match built:
        case ast.JoinedStr() | ast.BinOp(op=ast.Add()):
            return True
        case ast.BinOp(op=ast.Mod(), left=ast.Constant(), right=values):
            return not (isinstance(values, ast.Call) and not values.args)
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="format"), keywords=named):
            return all(item.arg is not None for item in named)
    return False


def _receiver(module: Module, text: ast.Call) -> ast.Call:
    """Return the call that `text(...)` is passed to, which takes the parameters; else `text` itself."""
    parent = module.parents.get(text)
    if not isinstance(parent, ast.Call) or parent.args[:1] != [text]:
        return text
    return parent if isinstance(parent.func, ast.Attribute) and parent.func.attr in _RUNNERS else text


def _is_used_once(module: Module, call: ast.Call, built: ast.expr) -> bool:
    name = call.args[0] if call.args else None
    if name is built:
        return True
    if not isinstance(name, ast.Name) or module.function(call) is None:
        return False
    uses = [use for use in module.nodes(ast.Name) if use.id == name.id and isinstance(use.ctx, ast.Load)]
    same = [use for use in uses if module.function(use) is module.function(call)]
    return len(same) == 1 and module.function(built) is module.function(call)


def shown(expr: ast.expr | None) -> str:
    """Return a value as a message shows it."""
    text = ast.unparse(expr) if expr is not None else ""
    return text if len(text) <= 40 else f"{text[:37]}..."
