"""Calls that bring all of something into memory at once: an upload, a stored file, an object of a bucket."""

from __future__ import annotations

import ast
import re

from harden.checklists.file_paths import is_scratch, suffix
from harden.checklists.sharing import From, origin
from harden.checklists.uploads import is_upload
from harden.flow import How
from harden.module import Module, keyword
from harden.tree import FunctionNode, name_of

METHODS = frozenset(
    {"read", "readlines", "read_bytes", "read_text", "list"}
    | {"download_as_bytes", "download_as_string", "download_as_text", "readall"}
)
"""Names of the calls that `whole_read` knows, for a subscription."""
OPENS = (
    "builtins.open",
    "io.open",
    "codecs.open",
    "gzip.open",
    "pathlib.Path.open",
    "aiofiles.open",
    "bz2.open",
)
TABLES = tuple(
    f"{package}.read_{kind}"
    for package in ("pandas", "polars")
    for kind in ("csv", "excel", "json", "parquet")
)
_BOUNDS = ("chunksize", "nrows", "iterator", "n_rows")
_READERS = ("csv.reader", "csv.DictReader")
_OBJECT = re.compile(
    r"^boto3\.(client|Session\.client|resource\.Object)\.get(_object)?\[\]\.read$|^boto3\..*Body.*read$"
)
_DEEP = 5
_BLOBS = frozenset({"download_as_bytes", "download_as_string", "download_as_text", "readall"})
_LARGE = frozenset(
    {".log", ".csv", ".tsv", ".jsonl", ".ndjson", ".xml", ".sql", ".zip", ".gz", ".mp4", ".pdf", ".dat"}
)
_LIMITS = re.compile(r"(?i)size|content_length|max_|_max|limit")


def whole_read(module: Module, call: ast.Call) -> str:
    """Say what a call brings into memory as a whole; an empty string where it is small, or in parts."""
    name = name_of(call)
    if name == "list" and call.args:
        return _rows(module, call)
    if not isinstance(call.func, ast.Attribute) or (call.args and name not in ("read_text",)):
        return ""
    source = call.func.value
    if name in _BLOBS:
        path = module.resolve(call.func) or ""
        return (
            "an object of a bucket"
            if path.startswith(("google.cloud.storage.", "azure.storage.blob."))
            else ""
        )
    if name in ("read_bytes", "read_text"):
        return _stored(module, source, name == "read_bytes")
    if name in ("read", "readlines"):
        return _read(module, call, source)
    return ""


def _read(module: Module, call: ast.Call, source: ast.expr) -> str:
    path = module.resolve(call.func) or ""
    if _is_object(module, source, path):
        return "" if _is_parsed(module, call) else "an object of a bucket"
    if path.startswith(tuple(f"{opening}." for opening in OPENS)):
        opened = opening_of(module, source)
        where = _path_of(module, opened) if opened is not None else None
        if opened is None or where is None or _is_parsed(module, call):
            return ""
        lines = name_of(call) == "readlines"
        return _stored(module, where, lines or "b" in _mode(module, opened), of_lines=lines)
    return "an upload" if is_upload(module, source) else ""


def _is_object(module: Module, source: ast.expr, path: str, depth: int = 0) -> bool:
    """Tell whether the body of an object of S3 is read: `get_object(…)["Body"].read()`."""
    if _OBJECT.match(path):
        return True
    match source:
        case ast.Subscript(slice=ast.Constant(value="Body")):
            return True
        case ast.Name():
            given = [v for v in module.flow.values(source) if v.expr is not None and depth < _DEEP]
            return any(_is_object(v.module, v.expr, "", depth + 1) for v in given if v.expr is not None)
    return False


def _is_parsed(module: Module, call: ast.Call) -> bool:
    """Tell whether what is read can only be understood as a whole: JSON, YAML."""
    node: ast.AST = call
    for outer in module.ancestors(call):
        if isinstance(outer, ast.stmt):
            return False
        if (
            isinstance(outer, ast.Call)
            and node in outer.args
            and name_of(outer) in ("loads", "safe_load", "load")
        ):
            return True
        node = outer
    return False


def _mode(module: Module, opened: ast.Call) -> str:
    at = (
        0
        if isinstance(opened.func, ast.Attribute) and name_of(opened) == "open" and _is_method(module, opened)
        else 1
    )
    mode = opened.args[at] if len(opened.args) > at else keyword(opened, "mode")
    return (module.string(mode) or "") if mode is not None else "r"


def _path_of(module: Module, opened: ast.Call) -> ast.expr | None:
    if isinstance(opened.func, ast.Attribute) and _is_method(module, opened):
        return opened.func.value
    return opened.args[0] if opened.args else keyword(opened, "file")


def _is_method(module: Module, opened: ast.Call) -> bool:
    return (module.resolve(opened.func) or "").startswith("pathlib.")


def opening_of(module: Module, source: ast.expr) -> ast.Call | None:
    """Return the call that opened a file, where it is in sight."""
    if isinstance(source, ast.Call):
        return source if module.resolve(source.func) in OPENS else None
    values = module.flow.values(source) if isinstance(source, ast.Name) else ()
    for value in values:
        expr = value.expr.value if isinstance(value.expr, ast.Await) else value.expr
        if len(values) == 1 and value.how in (How.GIVEN, How.ENTERED) and isinstance(expr, ast.Call):
            return expr if value.module.resolve(expr.func) in OPENS else None
    return None


def _stored(module: Module, path: ast.expr, is_large: bool, *, of_lines: bool = False) -> str:
    """Say that a file is read, where its name differs from call to call, or its kind grows."""
    if is_scratch(module, path) or _is_shipped(module, path):
        return ""
    ending = suffix(module, path)
    varies = origin(module, path) is From.CALL
    if ending in _LARGE or (varies and (is_large or of_lines)):
        return "a stored file"
    return ""


def _is_shipped(module: Module, path: ast.expr) -> bool:
    """Tell whether a file is part of the project, so that its size is known."""
    text = module.string(path)
    return text is not None and (module.project.exists(text) or module.project.exists(f"app/{text}"))


def _rows(module: Module, call: ast.Call) -> str:
    given = module.flow.only(call.args[0])
    inner = given.expr if given is not None and given.module is module else None
    if isinstance(inner, ast.Call) and module.resolve(inner.func) in _READERS:
        return "every row of a CSV file"
    return ""


def whole_table(module: Module, call: ast.Call) -> str:
    """Say that a table of unknown size is read without chunks; an empty string where it is not."""
    if not call.args or any(keyword(call, name) is not None for name in _BOUNDS):
        return ""
    return "" if _is_shipped(module, call.args[0]) or is_scratch(module, call.args[0]) else "a whole table"


def is_limited(function: FunctionNode) -> bool:
    """Tell whether uploads are limited: by a test of the size, or for the whole application."""
    for node in ast.walk(function):
        if isinstance(node, ast.Compare):
            names = [part for side in (node.left, *node.comparators) for part in ast.walk(side)]
            if any(
                _LIMITS.search(str(getattr(part, "id", "") or getattr(part, "attr", ""))) for part in names
            ):
                return True
    return False


def has_global_limit(module: Module) -> bool:
    """Tell whether Flask refuses large requests of the whole application."""
    return bool(module.project.mentions("MAX_CONTENT_LENGTH"))
