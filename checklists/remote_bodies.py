"""Bodies of other hosts' responses: where they are read, from which address, and up to which size."""

from __future__ import annotations

import ast
import re

from harden.checklists.sharing import From, origin
from harden.flow import How
from harden.module import Module, keyword
from harden.tree import FunctionNode

WHOLE = frozenset({"content", "text", "read", "aread", "data"})
"""Names by which a body is read as a whole."""
PARTS = frozenset(
    {"iter_content", "iter_bytes", "aiter_bytes", "iter_raw", "aiter_raw", "iter_chunked", "stream"}
)
"""Names by which a body is read in parts, as many as come."""
_VERBS = r"(get|request|stream|urlopen)"
_OTHER_VERBS = ("POST", "PUT", "PATCH", "DELETE", "HEAD")
_BODY = re.compile(
    rf"^(requests|httpx|niquests|urllib3|aiohttp|urllib\.request|cloudscraper)(\.\w+)*?\.{_VERBS}\.(raw\.|content\.)?"
    rf"({'|'.join(sorted(WHOLE | PARTS))})$"
)
_SIZE = re.compile(r"(?i)size|total|length|bytes|max|limit|received|downloaded|written|read_so_far|count")
_FIXED = re.compile(r"^[a-z+]+://[^/{]+/", re.I)


def is_body(path: str) -> bool:
    """Tell whether a resolved path is the body of a response."""
    return _BODY.match(path) is not None


def request_of(module: Module, node: ast.expr) -> ast.Call | None:
    """Return the call that made the request whose body an expression reads, where it is in sight."""
    for _ in range(8):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in WHOLE | PARTS:
                node = value
            case ast.Call():
                return node
            case ast.Attribute(value=value) | ast.Await(value=value):
                node = value
            case ast.Name():
                values = [v for v in module.flow.values(node) if v.expr is not None]
                given = [v for v in values if v.how in (How.GIVEN, How.ENTERED) and v.module is module]
                if len(given) != 1 or given[0].expr is None:
                    return None
                node = given[0].expr
            case _:
                return None
    return None


def address_of(call: ast.Call) -> ast.expr | None:
    """Return the address that something is fetched from."""
    given = keyword(call, "url")
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    verb = call.args[0] if call.args and name in ("request", "stream") else None
    if isinstance(verb, ast.Constant) and verb.value in _OTHER_VERBS:
        return None
    at = 1 if name in ("request", "stream") else 0
    return given if given is not None else (call.args[at] if len(call.args) > at else None)


def is_any_host(module: Module, address: ast.expr, depth: int = 0) -> bool:
    """Tell whether the host that an address leads to differs from call to call."""
    match address:
        case ast.Constant():
            return False
        case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Attribute()), ast.Constant(), *_]):
            return False  # `f"{settings.api_url}/items"`
        case ast.JoinedStr(values=[first, *_]):
            return is_any_host(module, first, depth + 1)
        case ast.FormattedValue(value=value):
            return is_any_host(module, value, depth + 1)
        case ast.BinOp(left=left):
            return is_any_host(module, left, depth + 1)
        case ast.Name() if depth < 6:
            values = module.flow.values(address)
            known = [v for v in values if v.how is How.GIVEN and v.expr is not None]
            if known and len(known) == len(values):
                return any(is_any_host(v.module, v.expr, depth + 1) for v in known if v.expr is not None)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format")):
            if text.startswith("{") and address.args:
                return is_any_host(module, address.args[0], depth + 1)
            return _FIXED.match(text) is None
        case ast.Attribute(value=ast.Name(id="self")):
            return False
    return origin(module, address) is From.CALL


def is_capped(function: FunctionNode) -> bool:
    """Tell whether a function compares a size, or looks at what the other side says of it."""
    for node in ast.walk(function):
        match node:
            case ast.Compare(left=left, comparators=others):
                if any(_SIZE.search(_name(part)) for side in (left, *others) for part in ast.walk(side)):
                    return True
            case ast.Constant(value=str() as text) if text.lower() == "content-length":
                return True
            case ast.Call(func=ast.Attribute(attr="read"), args=[_, *_]):
                return True
    return False


def _name(node: ast.AST) -> str:
    return str(getattr(node, "id", "") or getattr(node, "attr", ""))
