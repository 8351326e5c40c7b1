"""Values that whoever sends a request chooses: text and numbers, themselves or in a body."""

from __future__ import annotations

import ast

from harden.annotated import kind_of
from harden.calls import argument_for, callee_of, few_callers
from harden.checklists.untrusted import direct_source
from harden.flow import How, Value
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode

_MADE = (
    "uuid.",
    "secrets.",
    "random.",
    "datetime.",
    "time.",
    "os.",
    "hashlib.",
    "string.",
    "nanoid.",
    "ulid.",
)
_PARTS = frozenset(
    {"args", "form", "values", "json", "data", "GET", "POST", "query_params", "path_params", "get_json"}
    | {"files", "cleaned_data", "validated_data", "view_args"}
)
_INJECTED = frozenset({"Depends", "Security", "Provide", "inject", "Request"})
_OWN = frozenset(
    {"self", "cls", "request", "req", "session", "db", "background_tasks", "current_user", "user"}
)
_FAR = 2
_DEEP = 12


def is_given(module: Module, expr: ast.expr | None, depth: int = 0, calls: int = 0) -> bool:
    """Tell whether a value comes out of a request, as far as can be seen."""
    if expr is None or depth > _DEEP:
        return False
    match expr:
        case ast.Constant() | ast.Lambda():
            return False
        case ast.Attribute(value=ast.Name(id="request" | "req"), attr=part):
            return part in _PARTS
        case ast.Attribute(attr="cleaned_data" | "validated_data"):
            return True
        case ast.Name():
            return any(_holds(value, depth, calls) for value in module.flow.values(expr))
        case ast.Call():
            return _is_called(module, expr, depth, calls)
        case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
            return bool(direct_source(module, expr)) or is_given(module, inner, depth + 1, calls)
        case ast.Await(value=inner) | ast.NamedExpr(value=inner) | ast.FormattedValue(value=inner):
            return is_given(module, inner, depth + 1, calls)
    parts = (part for part in ast.iter_child_nodes(expr) if isinstance(part, ast.expr))
    return any(is_given(module, part, depth + 1, calls) for part in parts)


def _is_called(module: Module, call: ast.Call, depth: int, calls: int) -> bool:
    """Tell whether what a call gives is made of what somebody chose; not what is made up, or found by it."""
    path = module.resolve(call.func) or ""
    if path.startswith(_MADE) or ((called := callee_of(module, call)) is not None and not _keeps(*called)):
        return False
    if direct_source(module, call):
        return True
    if isinstance(call.func, ast.Attribute) and is_given(module, call.func.value, depth + 1, calls):
        return True
    parts = [*call.args, *(item.value for item in call.keywords)]
    is_plain = path.startswith(("builtins.", "django.utils.text.", "slugify", "re.")) or called is not None
    return is_plain and any(is_given(module, part, depth + 1, calls) for part in parts)


def _keeps(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function may give back what it is given: it looks no rows up and makes nothing up."""
    names = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    paths = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return names.isdisjoint(
        {"query", "execute", "exec", "objects", "first", "get_or_404", "find_one"}
    ) and not (
        {"uuid", "uuid4", "secrets", "random", "token_urlsafe", "token_hex", "choices"} & (names | paths)
    )


def _holds(value: Value, depth: int, calls: int) -> bool:
    if value.how is not How.PARAMETER:
        return value.expr is not None and is_given(value.module, value.expr, depth + 1, calls)
    arg, module = value.node, value.module
    function = next((outer for outer in module.ancestors(arg) if isinstance(outer, FunctionNode)), None)
    if function is None or not isinstance(arg, ast.arg) or arg.arg in _OWN:
        return False
    if module.role(function) is Role.HANDLER:
        return not _is_injected(module, function, arg)
    if calls >= _FAR:
        return False
    given = ((other, argument_for(call, function, arg.arg)) for other, call in few_callers(module, function))
    return any(is_given(other, item, depth + 1, calls + 1) for other, item in given)


def _is_injected(module: Module, function: FunctionNode, arg: ast.arg) -> bool:
    """Tell whether a framework fills a parameter with something of the program's own."""
    made = kind_of(module, arg.annotation).made
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip(plain[::-1], arguments.defaults[::-1], strict=False))
    named = dict(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    default = defaults.get(arg) or named.get(arg)
    for call in (made, default):
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in _INJECTED:
            return True
    return ast.unparse(arg.annotation).rpartition(".")[2] in _INJECTED if arg.annotation else False


def is_found(module: Module, expr: ast.expr | None) -> bool:
    """Tell whether a row is looked up here by what comes out of a request."""
    for value in module.flow.values(expr) if isinstance(expr, ast.Name) else ():
        if isinstance(value.expr, ast.Call | ast.Await) and value.module is module:
            names = (node for node in ast.walk(value.expr) if isinstance(node, ast.Name))
            if any(is_given(module, name) for name in names):
                return True
    return False


def fields_of(module: Module, expr: ast.expr) -> frozenset[str] | None:
    """Return the fields of what an expression spreads, such as `data` in `**data.dict()`; None: any."""
    while isinstance(expr, ast.Call | ast.Attribute | ast.Await):
        expr = expr.func if isinstance(expr, ast.Call) else expr.value
    path = module.resolve(expr) if isinstance(expr, ast.Name) else None
    if path is None or module.project.class_of(path) is None:
        return None
    found = [module.project.class_of(base) for base in module.project.ancestry((path,))]
    return frozenset(
        statement.target.id
        for item in found
        if item is not None
        for statement in item[1].body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    )
