"""What becomes of a temporary file or folder that a function makes and has to remove itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from harden.calls import callee_of, callers_of
from harden.module import Module
from harden.tree import FunctionNode, name_of

_REMOVES = re.compile(r"(?i)remove|unlink|rmtree|clean_?up|delete|discard|purge|dispose")
_MOVES = frozenset({"move", "rename", "replace", "link"})
_SENDS = frozenset(
    {"FileResponse", "send_file", "send_from_directory", "StreamingResponse", "StreamingHttpResponse"}
)
_LATER = frozenset(
    {
        "delay",
        "apply_async",
        "enqueue",
        "add_task",
        "submit",
        "send",
        "put",
        "create_task",
        "Thread",
        "Popen",
        "s",
        "si",
    }
)
_KEEPS = frozenset({"append", "add", "insert", "extend"})
_CALLERS = 6


@dataclass(frozen=True, slots=True)
class Left:
    """A temporary file that stays; `through` counts the statements after it that use it.

    `path` is how the code names it, `form` how it can be removed: `folder` (a `with` block), `drop` (leave
    `delete=False` away) or `finally`.
    """

    form: str
    path: str
    through: int = 0
    why_not: str = ""


def left_behind(module: Module, call: ast.Call) -> Left | None:
    """Return how what a call makes is left behind; None where it is removed, or somebody else's to remove."""
    function = module.function(call)
    name = _name_of(module, call)
    if function is None or not name:
        return None
    paths = _paths(function, name)
    if _is_removed(function, _aliases(function, name)) or _is_handed_on(module, function, paths):
        return None  # who is only given what was read from it removes nothing
    escape = _escape(function, paths) or _yielded(function, paths)
    if escape == "caller" and _callers_remove(module, function):
        return None
    if escape == "kept":
        return None
    return _left(module, call, function, name, escape)


def _name_of(module: Module, call: ast.Call) -> str:
    """Return the name that a function knows it by."""
    parent = module.parents.get(call)
    if (
        isinstance(parent, ast.Call)
        and module.resolve(parent.func) == "pathlib.Path"
        and parent.args == [call]
    ):
        parent = module.parents.get(parent)
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.withitem(optional_vars=ast.Name(id=name)):
            return name
        case ast.Assign(targets=[ast.Tuple(elts=[_, ast.Name(id=name)])]):
            return name
    return ""


def _aliases(function: FunctionNode, name: str) -> set[str]:
    """Return the names that anything made of a value goes by."""
    names = {name}
    for _ in range(6):
        before = len(names)
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=targets, value=value) if _mentions(value, names):
                    names |= {
                        part.id
                        for target in targets
                        for part in ast.walk(target)
                        if isinstance(part, ast.Name)
                    }
                case ast.For(target=ast.Name(id=each), iter=source) if _mentions(source, names):
                    names.add(each)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=holder), attr=method), args=[given, *_]):
                    if method in _KEEPS and _mentions(given, names):
                        names.add(holder)
        if len(names) == before:
            break
    return names


def _paths(function: FunctionNode, name: str) -> set[str]:
    """Return the names under which the path itself is known, or one inside of the folder."""
    names = {name}
    for _ in range(6):
        before = len(names)
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=other)], value=value) if _is_path(value, names):
                    names.add(other)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=other), attr=method), args=[given]):
                    if method in _KEEPS and _is_path(given, names):
                        names.add(other)
        if len(names) == before:
            break
    return names


def _is_path(value: ast.expr, names: set[str]) -> bool:
    match value:
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(value=inner, attr="name" | "parent"):
            return _is_path(inner, names)
        case ast.JoinedStr() | ast.BinOp():
            return _mentions(value, names)
        case ast.Call(args=args) if name_of(value) in (
            "join",
            "Path",
            "str",
            "fspath",
            "cast",
            "joinpath",
            "abspath",
        ):
            return _mentions(value, names) or any(_mentions(arg, names) for arg in args)
    return False


def _is_removed(function: FunctionNode, names: set[str]) -> bool:
    return any(isinstance(node, ast.Call) and _removes(node, names) for node in ast.walk(function))


def _removes(call: ast.Call, names: set[str]) -> bool:
    """Tell whether a call removes what one of the names stands for, moves it, or has it removed later."""
    given = [*call.args, *(item.value for item in call.keywords)]
    name = name_of(call)
    takes = bool(_REMOVES.search(name)) or name in _MOVES
    takes = takes or any(
        _REMOVES.search(name_of(arg)) for arg in given if isinstance(arg, ast.Name | ast.Attribute)
    )
    return takes and any(_mentions(part, names) for part in (*given, call.func))


def _is_handed_on(module: Module, function: FunctionNode, names: set[str]) -> bool:
    """Tell whether it is handed to a task, a process, an object, or a function that removes it."""
    for call in ast.walk(function):
        given = [*call.args, *(item.value for item in call.keywords)] if isinstance(call, ast.Call) else []
        if isinstance(call, ast.Call) and any(_mentions(arg, names) for arg in given):
            if name_of(call) in _LATER or module.project.class_of(module.resolve(call.func) or ""):
                return True
            found = callee_of(module, call)
            if found is not None and _is_removed(found[1], {arg.arg for arg in found[1].args.args}):
                return True
    return False


def _escape(function: FunctionNode, names: set[str]) -> str:
    """Say where it goes: to the `caller`, `sent`, `kept` by an object, or nowhere."""
    for node in ast.walk(function):
        match node:
            case ast.Return(value=ast.expr() as value) if _mentions(value, names):
                if found := _handed(value, names):
                    return found
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()], value=value) if _mentions(
                value, names
            ):
                return "kept"
    return ""


def _yielded(function: FunctionNode, names: set[str]) -> str:
    """Say that what a generator yields is its caller's."""
    for node in ast.walk(function):
        if isinstance(node, ast.Yield) and node.value is not None and _mentions(node.value, names):
            return "caller"
    return ""


def _handed(value: ast.expr, names: set[str]) -> str:
    """Say whether a returned value still needs the file; a call's result is taken for data."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and name_of(node) in _SENDS:
            return "sent"
    match value:
        case ast.Name() | ast.Attribute() | ast.JoinedStr() | ast.BinOp() | ast.Subscript():
            return "caller" if _is_path(value, names) else ""
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(values=parts):
            return next(
                (found for part in parts if _mentions(part, names) and (found := _handed(part, names))), ""
            )
        case ast.Call(func=func) if name_of(value) in ("str", "Path", "join", "open") or _mentions(
            func, set()
        ):
            return "caller"
    return ""


def _callers_remove(module: Module, function: FunctionNode) -> bool:
    """Tell whether a caller removes what it is given, or none is in sight."""
    callers = list(islice(callers_of(module, function), _CALLERS))
    for other, call in callers:
        outer = other.function(call)
        statement = other.statement(call)
        if outer is None or not isinstance(statement, ast.Assign):
            return True
        given = {
            part.id for target in statement.targets for part in ast.walk(target) if isinstance(part, ast.Name)
        }
        names = set().union(*(_aliases(outer, name) for name in given)) if given else set[str]()
        if _is_removed(outer, names) or _escape(outer, names) in ("caller", "kept"):
            return True
    return not callers


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


_SENT = "It is sent after the function has returned: remove it in a task that runs when it is sent."
_REASONS = {
    "sent": _SENT,
    "caller": "It is handed to the caller: remove it there.",
}


def _left(module: Module, call: ast.Call, function: FunctionNode, name: str, escape: str) -> Left:
    statement = module.statement(call)
    block = next(block for block in _blocks(module.parents[statement]) if statement in block)
    after = block[block.index(statement) + 1 :]
    names = _paths(function, name)
    through = max((at for at, other in enumerate(after, 1) if _mentions(other, names)), default=0)
    is_file = name_of(call) == "NamedTemporaryFile"
    path = f"{name}.name" if is_file else name
    form = _form(module, call, statement, through)
    why_not = _REASONS.get(escape, "") or _why_not(module, function, statement, name, after)
    if not why_not and form != "drop" and through == 0:
        why_not = "It is never used: leave it away."
    return Left(form, path, through, why_not)


def _form(module: Module, call: ast.Call, statement: ast.stmt, through: int) -> str:
    if name_of(call) == "mkdtemp" and isinstance(module.parents.get(call), ast.Assign):
        return "folder"
    if isinstance(statement, ast.With) and through == 0:
        return "drop"
    return "finally"


def _why_not(
    module: Module, function: FunctionNode, statement: ast.stmt, name: str, after: list[ast.stmt]
) -> str:
    if len(module.names.scopes[function].bindings.get(name, ())) != 1:
        return f"{name} is given several values in this function: use one name for each first."
    inside = {node for part in (statement, *after) for node in ast.walk(part)}
    for use in ast.walk(function):
        if isinstance(use, ast.Name) and use.id == name and use not in inside:
            return "It is used outside the block that it is made in."
    before = module.lines[statement.lineno - 1][: module.span(statement).column]
    return "The statement shares its line with another." if before.strip() else ""


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for part in ("body", "orelse", "finalbody"):
        block = getattr(node, part, None)
        if isinstance(block, list):
            yield block
