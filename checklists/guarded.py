"""Whether the code has made sure of a value: turned it into a number, or compared it with what is allowed."""

from __future__ import annotations

import ast
import re

from harden.module import Module
from harden.tree import FunctionNode

NUMBERS = frozenset(
    {"builtins.int", "builtins.float", "builtins.bool", "builtins.len", "builtins.ord", "builtins.round"}
    | {
        "builtins.sum",
        "builtins.range",
        "builtins.abs",
        "builtins.hash",
        "builtins.id",
        "builtins.isinstance",
        "builtins.hex",
    }
    | {
        "uuid.UUID",
        "decimal.Decimal",
        "datetime.date",
        "datetime.datetime",
        "time.time",
        "ipaddress.ip_address",
    }
    | {
        "uuid.uuid4",
        "uuid.uuid1",
        "time.monotonic",
        "os.getpid",
        "hashlib.sha256",
        "hashlib.md5",
        "hashlib.sha1",
    }
    | {"datetime.datetime.now", "datetime.datetime.strptime", "datetime.datetime.fromisoformat"}
    | {
        "datetime.date.today",
        "datetime.date.fromisoformat",
        "datetime.datetime.utcnow",
        "builtins.any",
        "builtins.all",
    }
)
_QUOTING = re.compile(
    r"(?i)quote|escape|identifier|literal|sanitize|sanitise|placeholder|mogrify|bind|validate"
)
_QUOTES_NOTHING = re.compile(
    r"(?i)unquote|unescape|quote_plus|literal_eval|literal_column|validate_on_submit"
)
_SAFE_TESTS = frozenset({"isdigit", "isdecimal", "isnumeric", "isalnum", "isidentifier", "isalpha"})


def is_checked_text(module: Module, call: ast.Call) -> bool:
    """Tell whether a call gives a number, an identifier, or text that is quoted for its use."""
    path = module.resolve(call.func) or ""
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else path
    if path in NUMBERS or (not path and name in ("int", "float")):
        return True
    match call.args:
        case [ast.Constant(value="'"), ast.Constant(value="''")] if name == "replace":
            return True
        case [ast.Constant(value=str() as pattern), ast.Constant(value=""), _] if path == "re.sub":
            return pattern.startswith("[^")
    return bool(_QUOTING.search(name)) and not _QUOTES_NOTHING.search(name)


def is_allowed(module: Module, name: ast.Name) -> bool:
    """Tell whether the function holds a name against a list of what is allowed, or against a pattern."""
    known = module.once(is_allowed, lambda: _all_asked(module))
    return name.id in known.get(module.function(name), ())


def _all_asked(module: Module) -> dict[ast.AST | None, set[str]]:
    """Return the names that each function makes sure of."""
    found: dict[ast.AST | None, set[str]] = {}
    for kind in (ast.Compare, ast.Call):
        for node in module.names.nodes.get(kind, ()):
            if name := _checked_name(module, node):
                around = (outer for outer in module.ancestors(node) if isinstance(outer, FunctionNode))
                for function in around:
                    found.setdefault(function, set()).add(name)
    return found


def _checked_name(module: Module, node: ast.AST) -> str:
    match node:
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn(), *_], comparators=[allowed, *_]):
            return "" if isinstance(allowed, ast.Constant | ast.JoinedStr) else _bare(left)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=asked), attr=test)) if test in _SAFE_TESTS:
            return asked
        case ast.Call(func=ast.Attribute(attr="fullmatch" | "match"), args=[ast.Name(id=asked)]):
            return asked
        case ast.Call(func=ast.Attribute(attr="fullmatch" | "match"), args=[_, ast.Name(id=asked), *_]):
            return asked if (module.resolve(node.func) or "") in ("re.fullmatch", "re.match") else ""
    return ""


def _bare(expr: ast.expr) -> str:
    """Return the name that an expression is, be it in lower case or stripped."""
    if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Attribute) and not expr.args:
        return _bare(expr.func.value)
    return expr.id if isinstance(expr, ast.Name) else ""
