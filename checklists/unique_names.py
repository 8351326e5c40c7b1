"""What makes the name of a stored file differ from all others, and what does not."""

from __future__ import annotations

import ast
import re

from harden.checklists.file_paths import pieces
from harden.checklists.sharing import From, origin
from harden.checklists.taint import taint_of
from harden.checklists.uploads import is_upload
from harden.module import Module, keyword
from harden.tree import FunctionNode, name_of

_UNIQUE = (
    "uuid.",
    "secrets.",
    "os.urandom",
    "hashlib.",
    "tempfile.",
    "random.",
    "shortuuid.",
    "nanoid.",
    "ulid.",
)
_UNIQUE_CALLS = frozenset(
    {
        "hexdigest",
        "token_hex",
        "token_urlsafe",
        "uuid4",
        "uuid1",
        "urandom",
        "time_ns",
        "perf_counter",
        "getrandbits",
    }
    | {"get_random_string", "mkdtemp", "mkstemp", "get_available_name", "get_alternative_name", "nextval"}
)
_OWN_NAME = re.compile(
    r"(?i)(^|_)(id|pk|uuid|guid|uid|key|token|hash|digest|checksum|sha\d*|md5|hex|nonce|seq|number|index|version)(_|$)"
    r"|user|owner|account|tenant|customer|unique|random"
)
_CLOCK = "the time to the second"
_SENDERS = "the name that its sender gave it"
_FOR_A_MOMENT = re.compile(r"(?i)(^|_)(te?mp|temporary)(_|$|dir|path|file)")
_CLOCKS = frozenset({"strftime", "isoformat", "time", "timestamp", "date"})
_CLOCK_PATHS = ("datetime.", "time.", "django.utils.timezone.", "arrow.", "pendulum.")
_TABLES = {"upload_fileobj": 2, "upload_file": 2, "blob": 0}


def weakness(module: Module, path: ast.expr) -> str:
    """Say what a name rests on that a second user or run can have too; empty where it is unique."""
    found, varying = set[str](), 0
    for source, piece in pieces(module, path):
        if _is_unique(source, piece):
            return ""
        if kind := _weak(source, piece):
            found.add(kind)
        varying += isinstance(piece, ast.FormattedValue) and origin(source, piece.value) is From.CALL
    if len(found) != 1 or (_CLOCK in found and varying > 1):
        return ""
    return found.pop()


def _is_unique(module: Module, piece: ast.expr) -> bool:
    if isinstance(piece, ast.Constant):
        return isinstance(piece.value, str) and "%f" in piece.value
    if isinstance(piece, ast.FormattedValue):
        return piece.format_spec is not None and "%f" in ast.unparse(piece.format_spec)
    if not isinstance(piece, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        return False
    if (
        _FOR_A_MOMENT.search(name_of(piece))
        or _OWN_NAME.search(name_of(piece))
        or name_of(piece) in _UNIQUE_CALLS
    ):
        return True
    if isinstance(piece, ast.Subscript):
        key = piece.slice
        return (
            isinstance(key, ast.Constant) and isinstance(key.value, str) and bool(_OWN_NAME.search(key.value))
        )
    return (module.resolve(piece) or "").startswith(_UNIQUE)


def _weak(module: Module, piece: ast.expr) -> str:
    match piece:
        case ast.Attribute(attr="filename", value=holder) if taint_of(module, holder) is not None:
            return _SENDERS
        case ast.Attribute(attr="filename" | "name", value=holder) if is_upload(module, holder):
            return _SENDERS
        case ast.Call(func=ast.Attribute(attr="strftime")):
            return _CLOCK
        case ast.Call() if name_of(piece) in _CLOCKS:
            path = module.resolve(piece.func) or ""
            return _CLOCK if path.startswith(_CLOCK_PATHS) else ""
        case ast.FormattedValue(format_spec=ast.JoinedStr() as spec) if "%" in ast.unparse(spec):
            return _CLOCK
        case ast.Call(func=ast.Attribute(attr="split" | "rsplit"), args=[ast.Constant(value="/"), *_]):
            return "the last part of an address"
    return ""


def is_tested(function: FunctionNode) -> bool:
    """Tell whether a function asks whether there is such a file before it writes one."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and name_of(node) in ("exists", "isfile", "is_file", "head_object"):
            statement = next(
                (o for o in ast.walk(function) if isinstance(o, ast.If | ast.While) and _holds(o.test, node)),
                None,
            )
            if statement is not None and not _makes_folder(statement):
                return True
    return False


def _holds(test: ast.expr, node: ast.AST) -> bool:
    return any(part is node for part in ast.walk(test))


def _makes_folder(statement: ast.If | ast.While) -> bool:
    return any(isinstance(n, ast.Call) and name_of(n) in ("makedirs", "mkdir") for n in ast.walk(statement))


def key_in_bucket(module: Module, call: ast.Call) -> ast.expr | None:
    """Return the key under which a call puts something into a bucket."""
    name = name_of(call)
    if (given := keyword(call, "Key")) is not None:
        return given
    at = _TABLES.get(name)
    if at is None or len(call.args) <= at:
        return None
    if name == "blob" and not (module.resolve(call.func) or "").startswith("google.cloud.storage."):
        return None
    return call.args[at]
