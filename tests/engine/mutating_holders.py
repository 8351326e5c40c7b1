"""Mutations of who holds a client, a connection or a session: globals, functions, classes elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from textwrap import indent

from tests.engine.mutations import (
    MUTATIONS,
    Example,
    Files,
    FunctionNode,
    copied,
    dotted,
    file,
    is_stored,
    libraries,
    new,
    placed,
    swapped,
    without_imports,
)


@dataclass(frozen=True, slots=True)
class Held:
    """What is held: by which name, how it is made, of which type, and from which line of the example."""

    name: str
    made: str
    kind: str
    line: int


Shape = tuple[str, str]
"""What another module says (`{made}`, `{name}`, `{kind}`), and what stands for the name where it is used."""

SHAPES: dict[str, Shape] = {
    "a_global_elsewhere": ("{name} = {made}", "holders.{name}"),
    "a_declared_global_elsewhere": ("{name}: {kind} = {made}", "holders.{name}"),
    "a_walrus_elsewhere": ("if ({name} := {made}):\n    pass", "holders.{name}"),
    "a_tuple_elsewhere": ("{name}, limit = {made}, 5", "holders.{name}"),
    "a_second_name_elsewhere": ("first = {made}\n{name} = first", "holders.{name}"),
    "a_function_elsewhere": ("def make():\n    return {made}", "holders.make()"),
    "a_declared_function_elsewhere": ("def make() -> {kind}:\n    return {made}", "holders.make()"),
    "a_function_quoting_its_type_elsewhere": (
        "def make() -> '{kind} | None':\n    return {made}",
        "holders.make()",
    ),
    "a_function_with_a_local_elsewhere": (
        "def make():\n    found = {made}\n    return found",
        "holders.make()",
    ),
    "a_function_of_a_function_elsewhere": (
        "def make():\n    return {made}\n\ndef given():\n    return make()",
        "holders.given()",
    ),
    "a_cached_function_elsewhere": (
        "from functools import lru_cache\n\n@lru_cache(maxsize=1)\ndef make():\n    return {made}",
        "holders.make()",
    ),
    "a_lazy_global_elsewhere": (
        "{name}_ = None\n\ndef make():\n    global {name}_\n    if {name}_ is None:\n"
        "        {name}_ = {made}\n    return {name}_",
        "holders.make()",
    ),
    "a_function_with_early_returns_elsewhere": (
        "def make(ready=None):\n    if not ready:\n        return None\n    return {made}",
        "holders.make()",
    ),
    "a_class_elsewhere": (
        "class Holder:\n    {name} = {made}",
        "holders.Holder.{name}",
    ),
    "an_instance_elsewhere": (
        "class Holder:\n    def __init__(self):\n        self.{name} = {made}\n\nholder = Holder()",
        "holders.holder.{name}",
    ),
    "a_new_instance": (
        "class Holder:\n    def __init__(self):\n        self.{name} = {made}",
        "holders.Holder().{name}",
    ),
    "an_instance_made_by_a_function": (
        "class Holder:\n    def __init__(self):\n        self.{name} = {made}\n\n"
        "def holder():\n    return Holder()",
        "holders.holder().{name}",
    ),
    "an_instance_of_a_derived_class": (
        "class Base:\n    def __init__(self):\n        self.{name} = {made}\n\nclass Holder(Base):\n    pass",
        "holders.Holder().{name}",
    ),
    "a_method_elsewhere": (
        "class Holder:\n    def make(self):\n        return {made}\n\nholder = Holder()",
        "holders.holder.make()",
    ),
    "a_method_through_self_elsewhere": (
        "class Holder:\n    def make(self):\n        return {made}\n\n    def given(self):\n"
        "        return self.make()\n\nholder = Holder()",
        "holders.holder.given()",
    ),
    "a_class_method_elsewhere": (
        "class Holder:\n    @classmethod\n    def make(cls):\n        return {made}",
        "holders.Holder.make()",
    ),
    "a_static_method_elsewhere": (
        "class Holder:\n    @staticmethod\n    def make():\n        return {made}",
        "holders.Holder.make()",
    ),
    "a_property_elsewhere": (
        "class Holder:\n    @property\n    def {name}(self):\n        return {made}\n\nholder = Holder()",
        "holders.holder.{name}",
    ),
    "a_cached_property_elsewhere": (
        "from functools import cached_property\n\nclass Holder:\n    @cached_property\n"
        "    def {name}(self):\n        return {made}\n\nholder = Holder()",
        "holders.holder.{name}",
    ),
    "a_declared_attribute_elsewhere": (
        "from dataclasses import dataclass, field\n\n@dataclass\nclass Holder:\n"
        "    {name}: {kind} = field(default_factory=lambda: {made})\n\nholder = Holder()",
        "holders.holder.{name}",
    ),
    "a_builder_elsewhere": (
        "class Builder:\n    def __init__(self):\n        self.{name} = {made}\n\n"
        "    def with_options(self):\n        return self",
        "holders.Builder().with_options().{name}",
    ),
    "an_own_class_elsewhere": (
        "class Own({kind}):\n    pass\n\n{name} = Own{arguments}",
        "holders.{name}",
    ),
    "an_own_class_made_by_a_function_elsewhere": (
        "class Own({kind}):\n    def __init__(self, *given, **options):\n"
        "        super().__init__(*given, **options)\n\ndef make() -> Own:\n    return Own{arguments}",
        "holders.make()",
    ),
}


@cache
def held_at_top(example: Example) -> list[Held]:
    """Return what the top level makes once of libraries alone, and uses in functions."""
    tree = example.tree
    names = libraries(example)
    found = []
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as made):
                used = {n.id for n in ast.walk(made) if isinstance(n, ast.Name)}
                stores = [
                    n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name and is_stored(n)
                ]
                if used <= names.keys() and len(stores) == 1 and not is_no_client(dotted(made.func), names):
                    found.append(Held(name, ast.unparse(made), dotted(made.func), node.lineno))
    return found


def is_no_client(made: str, names: dict[str, str]) -> bool:
    """Tell whether a call reads a value, or makes what routes hang on: an entry point stays at the top."""
    head, _, rest = made.partition(".")
    path = ".".join(filter(None, (names.get(head, head), rest)))
    return path.startswith("os.") or path.rpartition(".")[2] in ("FastAPI", "Flask", "APIRouter", "Blueprint")


@cache
def held_by_parameters(example: Example) -> list[Held]:
    """Return the parameters of plain functions that are declared to be something of a library."""
    tree = example.tree
    names = libraries(example)
    return [
        Held(arg.arg, f"{kind}()", kind, 0)
        for function in tree.body
        if isinstance(function, FunctionNode)
        for arg in function.args.args
        if arg.annotation is not None and (kind := dotted(arg.annotation)).partition(".")[0] in names
        if kind.rpartition(".")[2][:1].isupper()
    ]


def moved(example: Example, held: Held, elsewhere: str) -> tuple[list[ast.stmt], ast.Module]:
    """Return the example without what is held, and the module that holds it."""
    taken, rest = without_imports(example.tree, example)
    kept = [node for node in rest if node.lineno != held.line]
    if not held.line:
        for function in (node for node in kept if isinstance(node, FunctionNode)):
            _drop(function, held.name)
    arguments = held.made.removeprefix(held.kind)
    said = new(elsewhere.format(name=held.name, made=held.made, kind=held.kind, arguments=arguments))
    for node in (inner for statement in said for inner in ast.walk(statement)):
        if isinstance(node, ast.Call) and ast.unparse(node) in (held.made, f"Own{arguments}"):
            placed(node, held.line)
    return [*taken, *kept], file(copied(taken), said)


def _drop(function: FunctionNode, name: str) -> None:
    """Take a parameter away, with its default."""
    arguments = function.args
    at = next((i for i, arg in enumerate(arguments.args) if arg.arg == name), None)
    if at is None:
        return
    default = at - (len(arguments.args) - len(arguments.defaults))
    if default >= 0:
        del arguments.defaults[default]
    del arguments.args[at]


def _shaped(shape: Shape) -> Callable[[Example], Files | None]:
    def mutated(example: Example) -> Files | None:
        elsewhere, use = shape
        for held in [*held_at_top(example), *held_by_parameters(example)]:
            if "{kind}" in elsewhere and not held.kind.rpartition(".")[2][:1].isupper():
                continue
            rest, other = moved(example, held, elsewhere)
            tree = swapped(file(rest), {held.name: use.format(name=held.name)})
            wanted = new("from . import holders" if example.folder else "import holders")
            return {example.path: file(wanted, tree.body), example.beside("holders.py"): other}
        return None

    return mutated


MUTATIONS.update((f"held_by_{name}", _shaped(shape)) for name, shape in SHAPES.items())


def _provided(
    elsewhere: str, wanted: str, put: Callable[[FunctionNode, str], None]
) -> Callable[[Example], Files | None]:
    """Give what is held to each function that uses it, from a function elsewhere."""

    def mutated(example: Example) -> Files | None:
        for held in [*held_at_top(example), *held_by_parameters(example)]:
            if "{kind}" in elsewhere and not held.kind.rpartition(".")[2][:1].isupper():
                continue
            rest, other = moved(example, held, elsewhere)
            users = [
                node
                for node in rest
                if any(isinstance(n, ast.Name) and n.id == held.name for n in ast.walk(node))
            ]
            if not users or any(not isinstance(node, FunctionNode) for node in users):
                continue
            decorators = [d for node in users if isinstance(node, FunctionNode) for d in node.decorator_list]
            if any(held.name in ast.unparse(decorator) for decorator in decorators):
                continue
            for user in users:
                if isinstance(user, FunctionNode):
                    put(user, held.name)
            files = {example.path: file(new(wanted.format(home=example.name_of("holders"))), rest)}
            return {**files, example.beside("holders.py"): other}
        return None

    return mutated


def _as_local(function: FunctionNode, name: str) -> None:
    function.body[:0] = new(f"{name} = make()")


def _by_with(function: FunctionNode, name: str) -> None:
    entered = new(f"with make() as {name}:\n    pass")[0]
    assert isinstance(entered, ast.With)
    entered.body = function.body
    function.body = [entered]


def _by_async_with(function: FunctionNode, name: str) -> None:
    if not isinstance(function, ast.AsyncFunctionDef):
        return _by_with(function, name)
    item = ast.withitem(ast.parse("make()", mode="eval").body, ast.Name(name, ast.Store()))
    function.body = [ast.AsyncWith([item], function.body)]
    return None


def _by_default(function: FunctionNode, name: str) -> None:
    function.args.kwonlyargs.append(ast.arg(name))
    function.args.kw_defaults.append(ast.parse("Depends(make)", mode="eval").body)


def _by_annotation(function: FunctionNode, name: str) -> None:
    function.args.kwonlyargs.append(ast.arg(name, ast.parse("Given", mode="eval").body))
    function.args.kw_defaults.append(None)


_MAKE = "from {home} import make"
_MANAGER = "from contextlib import contextmanager\n\n@contextmanager\ndef make(){returns}:\n"
_YIELDING = "found = {made}\ntry:\n    yield found\nfinally:\n    found = None"
MUTATIONS |= {
    "given_by_a_function": _provided("def make():\n    return {made}", _MAKE, _as_local),
    "given_by_a_declared_function": _provided("def make() -> {kind}:\n    return {made}", _MAKE, _as_local),
    "entered_in_a_context_manager": _provided(
        _MANAGER.format(returns="") + indent(_YIELDING, "    "), _MAKE, _by_with
    ),
    "entered_in_a_declared_context_manager": _provided(
        "from collections.abc import Iterator\n"
        + _MANAGER.format(returns=" -> Iterator[{kind}]")
        + indent(_YIELDING, "    "),
        _MAKE,
        _by_with,
    ),
    "entered_in_a_class": _provided(
        "class make:\n    def __enter__(self):\n        self.held = {made}\n        return self.held\n\n"
        "    def __exit__(self, *error):\n        pass",
        _MAKE,
        _by_with,
    ),
    "entered_asynchronously": _provided(
        "from contextlib import asynccontextmanager\n\n@asynccontextmanager\nasync def make():\n"
        + indent(_YIELDING, "    "),
        _MAKE,
        _by_async_with,
    ),
    "injected": _provided(
        "def make():\n    return {made}", "from fastapi import Depends\n" + _MAKE, _by_default
    ),
    "injected_by_a_generator": _provided(
        "def make():\n" + indent(_YIELDING, "    "), "from fastapi import Depends\n" + _MAKE, _by_default
    ),
    "injected_by_a_declared_generator": _provided(
        "from typing import Generator\n\ndef make() -> Generator[{kind}, None, None]:\n"
        + indent(_YIELDING, "    "),
        "from fastapi import Depends\n" + _MAKE,
        _by_default,
    ),
    "injected_by_an_alias": _provided(
        "from typing import Annotated\nfrom fastapi import Depends\n\ndef make():\n    return {made}\n\n"
        "Given = Annotated[{kind}, Depends(make)]",
        "from {home} import Given",
        _by_annotation,
    ),
}
