"""Which calls open the same file: paths compared by the text and the names that they are made of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.calls import callee_of
from harden.errors import UnreadableSource
from harden.flow import How, returned
from harden.module import Module, keyword
from harden.roles import FileKind, file_kind
from harden.tree import name_of

READS = frozenset({"open", "read_text", "read_bytes", "read_csv", "read_json", "load_dotenv"})
_JOINS = (
    "os.path.join",
    "pathlib.Path",
    "pathlib.PurePath",
    "pathlib.Path.joinpath",
    "builtins.str",
    "os.fspath",
)
_SAME = (
    "os.path.abspath",
    "os.path.realpath",
    "os.path.expanduser",
    "pathlib.Path.resolve",
    "pathlib.Path.expanduser",
)
_DEEP = 8
_KIND = (FileKind.APP, FileKind.SCRIPT)


def key_of(module: Module, path: ast.expr, depth: int = 0) -> str:
    """Return a text that is the same for all expressions of one path; empty where nothing of it is known.

    What differs from call to call stands as `{}`.
    """
    text = _key(module, path, depth)
    return text if re.search(r"[^{}/\\.]", text) else ""


def _key(module: Module, path: ast.expr, depth: int) -> str:
    if depth > _DEEP:
        return "{}"
    match path:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_key(module, value, depth + 1) for value in values)
        case ast.FormattedValue(value=value):
            return _key(module, value, depth + 1)
        case ast.BinOp(left=left, op=op, right=right):
            between = "/" if isinstance(op, ast.Div) else ""
            return f"{_key(module, left, depth + 1)}{between}{_key(module, right, depth + 1)}"
        case ast.Call():
            return _of_call(module, path, depth)
        case ast.Name() | ast.Attribute():
            return _of_name(module, path, depth)
    return "{}"


def _of_call(module: Module, call: ast.Call, depth: int) -> str:
    path = module.resolve(call.func) or ""
    if path == "pathlib.Path.joinpath" and isinstance(call.func, ast.Attribute):
        return "/".join(_key(module, part, depth + 1) for part in (call.func.value, *call.args))
    if path in _JOINS:
        return "/".join(_key(module, part, depth + 1) for part in call.args)
    if path in _SAME:
        inner = (
            call.func.value if path.startswith("pathlib.") and isinstance(call.func, ast.Attribute) else None
        )
        return _key(module, inner or (call.args[0] if call.args else call.func), depth + 1)
    found = callee_of(module, call)
    values = returned(found[1]) if found is not None else []
    if found is not None and len(values) == 1:
        return _key(found[0], values[0], depth + 1)
    return "{}"


def _of_name(module: Module, path: ast.Name | ast.Attribute, depth: int) -> str:
    values = module.flow.values(path)
    if len(values) == 1 and values[0].how is How.GIVEN and values[0].expr is not None:
        found = _key(values[0].module, values[0].expr, depth + 1)
        if found != "{}":
            return found
    match path:
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            owner = module.owner(path)
            return f"<{module.names.local_path(owner)}.{name}>" if owner is not None else "{}"
        case ast.Attribute(attr=name):
            owned = module.resolve(path.value) or ""
            return f"<{owned}.{name}>" if module.project.owns(owned) else "{}"
    if isinstance(path, ast.Attribute):
        return "{}"
    top = module.names.scopes[module.tree].bindings.get(path.id, ())
    return f"<{module.name}.{path.id}>" if module.names.lookup(path) in top else "{}"


def is_read(module: Module, path: ast.expr, key: str) -> bool:
    """Tell whether the project reads the file of a path anywhere."""
    if any(found == key for found in _read_in(module)):
        return True
    words = {
        part.id if isinstance(part, ast.Name) else part.attr
        for part in ast.walk(path)
        if isinstance(part, ast.Name | ast.Attribute)
    } - {"self", "os", "path", "Path", "join"}
    words |= {part for part in re.findall(r"[\w.-]{4,}", key) if "." in part and "<" not in part}
    return any(found == key for other in _others(module, words) for found in _read_in(other))


def _others(module: Module, words: set[str]) -> Iterator[Module]:
    paths = {path for word in sorted(words) if len(word) > 3 for path in module.project.mentions(word)}
    for path in sorted(paths - {module.path})[:12]:
        if file_kind(path) in _KIND:
            try:
                yield module.project.module(path)
            except UnreadableSource:
                continue


def _read_in(module: Module) -> Iterator[str]:
    """Yield the keys of the paths that a file opens to read."""
    for call in module.nodes(ast.Call):
        if name_of(call) in READS and (path := _path_read(module, call)) is not None:
            yield key_of(module, path)


def _path_read(module: Module, call: ast.Call) -> ast.expr | None:
    name = name_of(call)
    if name in ("read_text", "read_bytes"):
        return call.func.value if isinstance(call.func, ast.Attribute) else None
    if name != "open":
        return call.args[0] if call.args else None
    is_method = isinstance(call.func, ast.Attribute) and module.resolve(call.func) not in (
        "io.open",
        "aiofiles.open",
    )
    at = 0 if is_method else 1
    mode = call.args[at] if len(call.args) > at else keyword(call, "mode")
    text = (module.string(mode) or "?") if mode is not None else "r"
    if not text.startswith("r"):
        return None
    if is_method and isinstance(call.func, ast.Attribute):
        return call.func.value
    return call.args[0] if call.args else keyword(call, "file")
