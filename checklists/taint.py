"""How data that somebody outside chose gets to a place: through names, containers, text and functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harden.calls import argument_for, callee_of, few_callers
from harden.checklists.guarded import is_allowed, is_checked_text
from harden.checklists.untrusted import direct_source, field_is_text, is_model, parameter_source
from harden.flow import How, Value, returned
from harden.module import Module
from harden.tree import FunctionNode

_DEEP = 30
_CALLS = 3
"""Functions of the project that a value is followed through, and callers that are asked for each."""
"""Files that mention a name beyond which it is taken for a word that everybody uses."""
_MOST = 300
"""Expressions that are looked at for one question."""
_KEEPS = (
    *(
        "base64.",
        "binascii.",
        "json.",
        "orjson.",
        "ujson.",
        "simplejson.",
        "urllib.parse.",
        "html.",
        "codecs.",
    ),
    *(
        "zlib.",
        "gzip.",
        "bz2.",
        "lzma.",
        "io.",
        "string.",
        "textwrap.",
        "re.",
        "itertools.",
        "copy.",
        "os.path.",
    ),
    *("pathlib.", "ast.literal_eval", "markupsafe.", "yaml.", "struct.", "collections.", "builtins.str"),
    *(
        "builtins.bytes",
        "builtins.list",
        "builtins.tuple",
        "builtins.dict",
        "builtins.set",
        "builtins.sorted",
    ),
    *(
        "builtins.reversed",
        "builtins.zip",
        "builtins.map",
        "builtins.filter",
        "builtins.next",
        "builtins.iter",
    ),
    *("builtins.enumerate", "builtins.repr", "builtins.format", "builtins.memoryview", "builtins.max"),
    *("builtins.min", "builtins.getattr", "cgi.", "typing.cast", "builtins.bytearray", "builtins.frozenset"),
)
_ANSWERS = frozenset(
    {
        "count",
        "find",
        "index",
        "rfind",
        "startswith",
        "endswith",
        "isdigit",
        "isalpha",
        "isalnum",
        "isnumeric",
    }
    | {"isidentifier", "isdecimal", "keys", "save", "close", "is_valid", "validate", "validate_on_submit"}
)


@dataclass(frozen=True, slots=True)
class Taint:
    """What came in from outside, and the steps by which it got here, outermost first."""

    what: str
    steps: tuple[str, ...] = ()

    def through(self, step: str) -> Taint:
        """Return the same one step further."""
        return self if self.steps[-1:] == (step,) else replace(self, steps=(*self.steps, step))


def taint_of(module: Module, expr: ast.expr) -> Taint | None:
    """Return what an expression brings in from outside, or None when it does not visibly."""
    return _Search().of(module, expr)


def place(module: Module, node: ast.AST, says: str) -> str:
    """Return a step of a path as it is shown."""
    return f"{module.path}:{node.lineno} {says}"  # type: ignore[attr-defined]


class _Search:
    """One question, and where it has been: each expression is looked at once per way into a function."""

    def __init__(self) -> None:
        self._open: set[tuple[ast.AST, int]] = set()
        self._given: list[Mapping[ast.arg, Taint | None]] = []
        self._left = _MOST

    def of(self, module: Module, expr: ast.expr, depth: int = 0) -> Taint | None:
        if depth > _DEEP or isinstance(expr, ast.Constant | ast.Compare | ast.Lambda):
            return None
        key = (expr, len(self._given))
        self._left -= 1
        if key in self._open or self._left < 0:
            return None
        self._open.add(key)
        try:
            return self._of(module, expr, depth + 1)
        finally:
            self._open.discard(key)

    def _of(self, module: Module, expr: ast.expr, depth: int) -> Taint | None:
        if what := direct_source(module, expr):
            return Taint(what, (place(module, expr, f"{_short(expr)} is {what}"),))
        match expr:
            case ast.Name():
                return None if is_allowed(module, expr) else self._held(module, expr, depth)
            case ast.Call():
                return self._called(module, expr, depth)
            case ast.Attribute(value=value):
                return self._attribute(module, expr, value, depth)
            case ast.Subscript(value=value):
                return self.of(module, value, depth)
            case ast.Await(value=value) | ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self.of(module, value, depth)
            case ast.BinOp(left=left, op=op, right=right):
                if isinstance(op, ast.Sub | ast.Div | ast.FloorDiv | ast.Pow):
                    return None
                return self._first(module, [left, right], depth)
            case ast.JoinedStr(values=values):
                return self._first(module, values, depth)
            case ast.FormattedValue(value=value, format_spec=spec):
                return None if _is_number_format(spec) else self.of(module, value, depth)
            case ast.IfExp(body=body, orelse=orelse):
                return self._first(module, [body, orelse], depth)
            case ast.BoolOp(values=values) | ast.Dict(values=values):
                return self._first(module, values, depth)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return self._first(module, elements, depth)
            case ast.ListComp(elt=item) | ast.SetComp(elt=item) | ast.GeneratorExp(elt=item):
                return self.of(module, item, depth)
            case ast.DictComp(key=key, value=value):
                return self._first(module, [key, value], depth)
        return None

    def _first(self, module: Module, exprs: Iterable[ast.expr], depth: int) -> Taint | None:
        return next(filter(None, (self.of(module, expr, depth) for expr in exprs)), None)

    def _held(self, module: Module, expr: ast.Name | ast.Attribute, depth: int) -> Taint | None:
        for value in module.flow.values(expr):
            if value.how is How.PARAMETER:
                if (found := self._parameter(value.module, expr, value, depth)) is not None:
                    return found
            elif value.expr is not None and value.expr is not expr:
                found = self.of(value.module, value.expr, depth)
                if found is not None:
                    return found.through(place(value.module, value.node, f"{_short(expr)} holds it"))
        return None

    def _parameter(self, module: Module, name: ast.expr, value: Value, depth: int) -> Taint | None:
        arg = value.node
        function = next((o for o in module.ancestors(arg) if isinstance(o, FunctionNode | ast.Lambda)), None)
        if not isinstance(arg, ast.arg) or not isinstance(function, FunctionNode):
            return None
        if self._given and arg in self._given[-1]:
            return self._given[-1][arg]
        if what := parameter_source(module, name, arg, function):
            return Taint(what, (place(module, arg, f"{arg.arg} of {function.name}() is {what}"),))
        return self._from_callers(module, arg, function, depth)

    def _from_callers(self, module: Module, arg: ast.arg, function: FunctionNode, depth: int) -> Taint | None:
        if len(self._given) >= _CALLS or arg.arg in ("self", "cls"):
            return None
        for other, call in few_callers(module, function):
            given = argument_for(call, function, arg.arg)
            if given is None or given in function.args.defaults or given in function.args.kw_defaults:
                continue
            self._given.append({})
            found = self.of(other, given, depth)
            self._given.pop()
            if found is not None:
                return found.through(place(other, call, f"passed to {function.name}()"))
        return None

    def _attribute(self, module: Module, expr: ast.Attribute, base: ast.expr, depth: int) -> Taint | None:
        if expr.attr in _ANSWERS:
            return None
        if module.flow.values(expr):
            return self._held(module, expr, depth)
        path = module.resolve(base) or ""
        if is_model(module, path) and not field_is_text(module, path, expr.attr):
            return None
        return self.of(module, base, depth)

    def _called(self, module: Module, call: ast.Call, depth: int) -> Taint | None:
        if is_checked_text(module, call):
            return None
        called = callee_of(module, call)
        if called is not None:
            return self._through(module, call, *called, depth)
        func = call.func
        if (
            isinstance(func, ast.Attribute)
            and (found := self._of_method(module, func, call, depth)) is not None
        ):
            return found
        path = module.resolve(func) or ""
        arguments = [*call.args, *(item.value for item in call.keywords)]
        own_class = module.project.owns(path)
        return self._first(module, arguments, depth) if path.startswith(_KEEPS) or own_class else None

    def _of_method(self, module: Module, func: ast.Attribute, call: ast.Call, depth: int) -> Taint | None:
        if func.attr in _ANSWERS:
            return None
        found = self.of(module, func.value, depth)
        if found is None and func.attr in (
            "format",
            "join",
            "replace",
            "encode",
            "substitute",
            "safe_substitute",
        ):
            arguments = [*call.args, *(item.value for item in call.keywords)]
            return self._first(module, arguments, depth)
        return found

    def _through(
        self, module: Module, call: ast.Call, other: Module, function: FunctionNode, depth: int
    ) -> Taint | None:
        """Return what a function of the project gives back, with what this call passes to it."""
        if len(self._given) >= _CALLS:
            return None
        given: dict[ast.arg, Taint | None] = {}
        arguments = function.args
        for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            value = argument_for(call, function, arg.arg)
            is_default = value in arguments.defaults or value in arguments.kw_defaults
            given[arg] = self.of(module, value, depth) if value is not None and not is_default else None
        if function.name == "__init__":
            return next(filter(None, given.values()), None)
        self._given.append(given)
        found = self._first(other, returned(function), depth)
        self._given.pop()
        return found.through(place(module, call, f"{function.name}() returns it")) if found else None


def _is_number_format(spec: ast.expr | None) -> bool:
    text = ast.unparse(spec) if spec is not None else ""
    return text.rstrip("'\"")[-1:] in ("d", "f", "x", "e", "g", "%")


def _short(expr: ast.expr) -> str:
    text = ast.unparse(expr)
    return text if len(text) <= 40 else f"{text[:37]}..."
