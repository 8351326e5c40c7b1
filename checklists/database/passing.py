"""The way of a page from the handlers that are asked for it to the function that holds the query."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.calls import callers_of
from harden.checklists.database.envelopes import envelope_place
from harden.checklists.database.handlers import (
    answers_get,
    called_at,
    framework_of,
    is_export,
    parameters_of,
)
from harden.checklists.database.purposes import Purpose, purposes
from harden.checklists.database.queries import rows_of
from harden.checklists.database.whole_lists import counted_in_template, tested_rows
from harden.errors import Refusal, UnreadableSource
from harden.module import Module, has_star_arguments
from harden.roles import FileKind, Role
from harden.tree import FunctionNode

_DEEPEST = 3
"""Functions between a handler and a query; further ones are explained, not edited."""

_PLAIN_BASES = ("builtins.object", "typing.Generic", "abc.ABC")


@dataclass(frozen=True, slots=True)
class Step:
    """One function that hands a page on: what it names limit and offset, and the call that takes them.

    `call` and `statement` are empty for the function that holds the query; `taken` is what the called
    function names its parameters. `envelope` is the span of what a handler sends, or `!` and the reason why
    it can have no envelope. `tested`: a test of the handler and the number of rows that it counts on.
    """

    path: str
    kind: str
    function: str
    statement: str
    call: str
    given: tuple[str, str]
    taken: tuple[str, str]
    envelope: str = ""
    tested: str = ""

    @property
    def line(self) -> str:
        """Return the step as one line of a fact."""
        return "\t".join(
            (
                *(self.path, self.kind, self.function, self.statement, self.call),
                *(*self.given, *self.taken, self.envelope),
            )
        )


def passage(module: Module, function: FunctionNode) -> list[Step]:
    """Return every function that has to hand a page on, the one with the query first.

    Raises Refusal with the reason why not all callers can be made to.
    """
    given = parameters_of(function, "plain")
    own = Step(module.path, "plain", place_of(module, function), "", "", given, ("", ""))
    steps = {own.line: own}
    for step in _callers(module, function, given, 0):
        steps[step.line] = step
    return list(steps.values())


def first_step(module: Module, handler: FunctionNode, kind: str, query: ast.expr) -> Step:
    """Return the step of a handler that runs its query itself."""
    given = parameters_of(handler, kind)
    statement = place_of(module, module.statement(query))
    envelope = _envelope(module, handler, kind)
    tested = tested_rows(module, handler)
    return Step(
        module.path, kind, place_of(module, handler), statement, "", given, ("", ""), envelope, tested
    )


def _envelope(module: Module, handler: FunctionNode, kind: str) -> str:
    place = envelope_place(module, handler, kind) if kind not in ("plain", "django") else ""
    return place_of(module, place) if isinstance(place, ast.expr) else f"!{place}" if place else ""


def _callers(module: Module, function: FunctionNode, taken: tuple[str, str], depth: int) -> Iterator[Step]:
    if depth > _DEEPEST:
        raise Refusal("Too many functions lie between the handler and the query to hand a page through.")
    _check_sight(module, function)
    calls = list(callers_of(module, function))
    if not calls:
        raise Refusal(
            f"{function.name} at {module.path}:{function.lineno} hands it on to callers out of sight."
        )
    for other, call in calls:
        caller = _caller(other, call)
        kind = framework_of(other, caller) if other.role(caller) is Role.HANDLER else "plain"
        given = parameters_of(caller, kind)
        where = (place_of(other, caller), place_of(other, other.statement(call)), place_of(other, call))
        tested = tested_rows(other, caller)
        yield Step(other.path, kind, *where, given, taken, _envelope(other, caller, kind), tested)
        if kind == "plain":
            yield from _callers(other, caller, given, depth + 1)


def _caller(module: Module, call: ast.Call) -> FunctionNode:
    """Return the function around a call that hands a page on. Raises Refusal."""
    place = f"{module.path}:{call.lineno}"
    caller = module.function(call)
    what = purposes(module, call)
    if caller is None or has_star_arguments(call):
        raise Refusal(f"How it is called at {place} cannot be told.")
    if what - {Purpose.OUTPUT, Purpose.TEST}:
        raise Refusal(f"Its rows are counted, searched or worked on at {place}: a page would change that.")
    role = module.role(caller)
    if role not in (Role.HANDLER, Role.NONE):
        raise Refusal(f"The {role.value} at {place} needs every row.")
    if role is Role.HANDLER and (reason := _obstacle(module, caller, call)):
        raise Refusal(reason)
    return caller


def _obstacle(module: Module, handler: FunctionNode, call: ast.Call) -> str:
    place = f"{module.path}:{call.lineno}"
    if framework_of(module, handler) not in ("fastapi", "flask", "starlette"):
        return f"The codemod knows no pages for the framework of {handler.name} at {place}."
    if not answers_get(module, handler) or is_export(module, handler):
        return f"{handler.name} at {place} is no list to turn pages in: give the work a bound of its own."
    if called := called_at(module, handler):
        return f"{handler.name} is called as a function at {called}, which may rely on every row."
    if counted := counted_in_template(module, handler, call, pages=False):
        return f"{counted} counts on more rows than a page has."
    if any(_gives_rows(module, other) for other in _other_calls(module, handler, call)):
        return f"{handler.name} sends several lists: decide which of them is the one with pages."
    return "" if stands_alone(module, call) else "Its call shares a line with other statements."


def _other_calls(module: Module, handler: FunctionNode, call: ast.Call) -> list[ast.Call]:
    path = module.resolve(call.func)
    return [
        other
        for other in module.nodes(ast.Call)
        if module.function(other) is handler and module.resolve(other.func) != path
    ]


def _gives_rows(module: Module, call: ast.Call) -> bool:
    """Tell whether a call fetches another list, itself or in a function of the project."""
    found = module.project.function_of(module.resolve(call.func) or "")
    if found is None:
        return rows_of(module, call) is not None
    source, function = found
    return any(
        source.function(inner) is function and rows_of(source, inner) is not None
        for inner in source.nodes(ast.Call)
    )


def _check_sight(module: Module, function: FunctionNode) -> None:
    """Make sure that every use of a function is a call that can be followed. Raises Refusal."""
    name, project = function.name, module.project
    owner = module.parents.get(function)
    if not isinstance(owner, ast.Module | ast.ClassDef) or any(
        module.segment(decorator) not in ("staticmethod", "classmethod")
        for decorator in function.decorator_list
    ):
        raise Refusal(f"{name} is wrapped by something else, so its callers cannot be told.")
    path = module.names.local_path(function)
    for file in project.naming(name):
        try:
            other = project.module(file)
        except UnreadableSource as error:
            raise Refusal(f"Whether {file} calls {name} cannot be told.") from error
        if other.kind is FileKind.TEST:
            if found := re.search(rf"(?<![\w/.-]){name}\b|\.{name}\(|\.{name}\"", other.text):
                line = other.text.count("\n", 0, found.start()) + 1
                raise Refusal(f"{file}:{line} uses {name} too, and may rely on every row.")
            continue
        for use in _uses(other, name):
            if _is_unsure(other, use, path, isinstance(owner, ast.ClassDef)):
                place = f"{file}:{use.lineno}"
                raise Refusal(f"{name} may be used at {place} too, where every row may be relied on.")
    if isinstance(owner, ast.ClassDef) and (reason := _overridden(module, owner, name)):
        raise Refusal(reason)


def _uses(module: Module, name: str) -> list[ast.Name | ast.Attribute]:
    names = [node for node in module.nodes(ast.Name) if node.id == name and isinstance(node.ctx, ast.Load)]
    return [*names, *(node for node in module.nodes(ast.Attribute) if node.attr == name)]


def _is_unsure(module: Module, use: ast.Name | ast.Attribute, path: str, is_method: bool) -> bool:
    """Tell whether a use may mean the function without being a plain call of it."""
    resolved = module.resolve(use)
    parent = module.parents.get(use)
    if resolved == path:
        return not (isinstance(parent, ast.Call) and parent.func is use)
    return is_method and resolved is None and isinstance(use, ast.Attribute)


def _overridden(module: Module, owner: ast.ClassDef, name: str) -> str:
    """Return why a method's signature is not its own affair, or nothing."""
    path = module.names.local_path(owner)
    named = [module.resolve(base) or "" for base in owner.bases]
    if any(base.removesuffix("[]") not in _PLAIN_BASES for base in named):
        return f"{owner.name} has a base class, which may lay down the parameters of {name}."
    for file in module.project.naming(owner.name):
        other = module.project.module(file)
        for node in other.nodes(ast.ClassDef):
            if path in other.bases(node):
                return f"{node.name} derives from {owner.name} and may override {name}."
    return ""


def stands_alone(module: Module, node: ast.expr) -> bool:
    """Tell whether the statement around `node` has its lines to itself, so that others fit above it."""
    statement = module.statement(node)
    line = module.lines[statement.lineno - 1]
    following = module.lines[(statement.end_lineno or 1) - 1][module.span(statement).end_column :]
    is_elif = isinstance(statement, ast.If) and not line.lstrip().startswith("if")
    return not line[: module.span(statement).column].strip() and ";" not in following and not is_elif


def place_of(module: Module, node: ast.AST) -> str:
    """Return the span of a node as text for a fact."""
    span = module.span(node)
    return f"{span.line},{span.column},{span.end_line},{span.end_column}"
