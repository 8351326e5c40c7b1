"""What the path of a file is made of, and whether the file is only there for a moment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice

from harden.calls import argument_for, callee_of, few_callers
from harden.flow import How, returned
from harden.module import Module
from harden.tree import FunctionNode, name_of

Piece = tuple[Module, ast.expr]

_DEEP = 8
_CALLERS = 4
_SHALLOW = 5
_MOST = 200
"""Expressions that are looked at for one path."""
_SCRATCH = re.compile(
    r"(?i)^/(var/)?tmp(/|$)|^/dev/|(^|[/\\])\.?(te?mp|cache|scratch|__pycache__|trash)([/\\]|$|_\w*[/\\])"
)
_SCRATCH_NAME = re.compile(r"(?i)(^|_)(te?mp|temporary|scratch)(_|$|dir|path|file)")
_REMOVES = re.compile(r"(?i)remove|unlink|rmtree|clean_?up|delete")
_SENDS_ON = re.compile(
    r"^(upload_file|fput_object|upload_from_filename|upload_blob|put_file|upload_fileobj|send_to_\w+|upload_to_\w+)$"
)
_NOT_PATHS = ("io.", "django.http.", "zipfile.", "tarfile.", "sys.", "flask.Response", "socket.", "http.")


def pieces(module: Module, expr: ast.expr) -> Iterator[Piece]:
    """Yield the expressions that a path is put together from, names and parameters followed."""
    return islice(_pieces(module, expr, 0), _MOST)


def _pieces(module: Module, expr: ast.expr, depth: int) -> Iterator[Piece]:
    yield module, expr
    if depth > _DEEP:
        return
    for source, part in _parts(module, expr):
        yield from _pieces(source, part, depth + 1)


def _parts(module: Module, expr: ast.expr) -> Iterator[Piece]:
    match expr:
        case ast.BinOp(left=left, right=right):
            yield from ((module, left), (module, right))
        case ast.JoinedStr(values=values):
            yield from ((module, value) for value in values)
        case ast.FormattedValue(value=value) | ast.Await(value=value) | ast.Starred(value=value):
            yield module, value
        case ast.Subscript(value=ast.Call() as call) if name_of(call) in ("splitext", "split", "rsplit"):
            if not _is_ending(expr, call):
                yield module, call
        case ast.Subscript(value=value) | ast.NamedExpr(value=value):
            yield module, value
        case ast.IfExp(body=body, orelse=orelse):
            yield from ((module, body), (module, orelse))
        case ast.BoolOp(values=values) | ast.Tuple(elts=values):
            yield from ((module, value) for value in values)
        case ast.Call(func=func, args=args):
            if isinstance(func, ast.Attribute):
                yield module, func.value
            yield from ((module, arg) for arg in args)
            if (made := callee_of(module, expr)) is not None:
                yield from ((made[0], value) for value in returned(made[1]))
        case ast.Attribute(attr="parent" | "suffix" | "suffixes"):
            return
        case ast.Attribute(value=value):
            held = [(v.module, v.expr) for v in module.flow.values(expr) if v.expr is not None]
            yield from held or [(module, value)]
        case ast.Name():
            yield from _held(module, expr)


def _is_ending(expr: ast.Subscript, call: ast.Call) -> bool:
    """Tell whether only the ending of a name is taken: `splitext(name)[1]`, `name.rsplit(".", 1)[-1]`."""
    is_last = ast.unparse(expr.slice) in ("1", "-1")
    by_dot = name_of(call) == "splitext" or (bool(call.args) and ast.unparse(call.args[0]) in ("'.'", '"."'))
    return is_last and by_dot


def _held(module: Module, name: ast.Name) -> Iterator[Piece]:
    for value in module.flow.values(name):
        if value.how is How.PARAMETER:
            yield from given_by_callers(value.module, value.node)
        elif value.expr is not None and value.expr is not name:
            yield value.module, value.expr


def given_by_callers(module: Module, arg: ast.AST) -> Iterator[Piece]:
    """Yield what callers pass for a parameter."""
    function = next((o for o in module.ancestors(arg) if isinstance(o, FunctionNode)), None)
    if function is None or not isinstance(arg, ast.arg) or arg.arg in ("self", "cls"):
        return
    for other, call in few_callers(module, function)[:_CALLERS]:
        value = argument_for(call, function, arg.arg)
        if value is not None:
            yield other, value


def is_scratch(module: Module, path: ast.expr, depth: int = 0) -> bool:
    """Tell whether a path leads, on every way to it, into a folder for what is only there for a moment."""
    if _is_scratch(module, path):
        return True
    if depth > _SHALLOW:
        return False
    match path:
        case ast.Name():
            return _all_scratch(list(_held(module, path)), depth)
        case ast.IfExp(body=body, orelse=orelse):
            return _all_scratch([(module, body), (module, orelse)], depth)
        case ast.Attribute():
            return _all_scratch(list(_parts(module, path)), depth)
        case ast.Call() if (made := callee_of(module, path)) is not None:
            return _all_scratch([(made[0], value) for value in returned(made[1])], depth)
    return any(is_scratch(*part, depth + 1) for part in _parts(module, path))


def _all_scratch(ways: list[Piece], depth: int) -> bool:
    return bool(ways) and all(is_scratch(*way, depth + 1) for way in ways)


def _is_scratch(module: Module, expr: ast.expr) -> bool:
    if isinstance(expr, ast.Constant):
        return isinstance(expr.value, str) and _SCRATCH.search(expr.value) is not None
    if isinstance(expr, ast.Name | ast.Attribute | ast.Call):
        if _SCRATCH_NAME.search(name_of(expr)):
            return True
        path = module.resolve(expr) or ""
        return path.startswith("tempfile.") or path in ("os.devnull", "flask.current_app.instance_tmp")
    return False


def is_no_path(module: Module, path: ast.expr) -> bool:
    """Tell whether something is written into that is in memory, or a response."""
    for source, expr in pieces(module, path):
        is_plain = isinstance(expr, ast.Name | ast.Attribute | ast.Call)
        if is_plain and (source.resolve(expr) or "").startswith(_NOT_PATHS):
            return True
    return False


def looks_like_path(module: Module, path: ast.expr) -> bool:
    """Tell whether an expression visibly is the path of a file: text, `os.path.join`, a `Path`."""
    for source, expr in pieces(module, path):
        if isinstance(expr, ast.JoinedStr):
            return True
        if isinstance(expr, ast.Constant) and isinstance(expr.value, str):
            return "/" in expr.value or "." in expr.value
        found = source.resolve(expr) or ""
        if found.startswith(("os.path.", "pathlib.", "builtins.str")):
            return True
        if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.Div):
            return True
    return False


def is_removed(module: Module, function: FunctionNode, path: ast.expr) -> bool:
    """Tell whether a function takes away what it writes, or sends it on to where it is kept."""
    names = {part.id for part in ast.walk(path) if isinstance(part, ast.Name)}
    names |= {
        target.id
        for statement in ast.walk(function)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and _mentions(statement.value, names)
    }
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and _takes_away(call):
            parts = [*call.args, *(item.value for item in call.keywords), call.func]
            if any(_mentions(part, names) for part in parts):
                return True
    return False


def _takes_away(call: ast.Call) -> bool:
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if _SENDS_ON.match(name) or _REMOVES.search(name):
        return True
    return any(
        _REMOVES.search(ast.unparse(arg))
        for arg in call.args[:1]
        if isinstance(arg, ast.Name | ast.Attribute)
    )


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def suffix(module: Module, path: ast.expr) -> str:
    """Return the ending of a file's name in small letters, as far as it is written down."""
    texts = [
        text.lower()
        for source, expr in pieces(module, path)
        if (text := source.string(expr)) is not None and "." in text.rpartition("/")[2]
    ]
    return f".{texts[-1].rpartition('.')[2]}" if texts else ""
