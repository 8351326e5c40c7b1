"""Mutations that make functions methods of a class that holds what they use, here or in another file."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tests.engine.mutating_holders import Held, held_at_top, held_by_parameters, moved
from tests.engine.mutations import MUTATIONS, Example, Files, FunctionNode, file, new, swapped

HERE, ELSEWHERE = "main", "holders"
SERVICES: dict[str, tuple[str, str, str, str]] = {
    "service_of_a_base_elsewhere": (
        "class Base:\n    def __init__(self):\n        self.{name} = {made}",
        "class Service(Base):\n    pass",
        "self",
        "self.{name}",
    ),
    "service_of_a_base_with_a_property_elsewhere": (
        "class Base:\n    @property\n    def {name}(self):\n        return {made}",
        "class Service(Base):\n    pass",
        "self",
        "self.{name}",
    ),
    "service_of_a_base_with_a_class_attribute_elsewhere": (
        "class Base:\n    {name} = {made}",
        "class Service(Base):\n    pass",
        "self",
        "self.{name}",
    ),
    "service_of_two_bases_elsewhere": (
        "class First:\n    def __init__(self):\n        self.{name} = {made}\n\nclass Base(First):\n    pass",
        "class Service(Base):\n    pass",
        "self",
        "self.{name}",
    ),
    "service_with_a_method_elsewhere": (
        "class Base:\n    def make(self):\n        return {made}",
        "class Service(Base):\n    pass",
        "self",
        "self.make()",
    ),
    "service_given_a_holder": (
        "class Base:\n    def __init__(self):\n        self.{name} = {made}",
        "class Service:\n    def __init__(self, holder: Base):\n        self.holder = holder",
        "self",
        "self.holder.{name}",
    ),
    "service_given_a_declared_holder": (
        "from dataclasses import dataclass\n\n@dataclass\nclass Base:\n    {name}: {kind}",
        "class Service:\n    def __init__(self, holder: Base) -> None:\n        self.holder = holder",
        "self",
        "self.holder.{name}",
    ),
    "service_given_what_it_uses": (
        "Base = {kind}",
        "class Service:\n    def __init__(self, {name}: Base | None = None):\n"
        "        self.{name} = {name} or {made}",
        "self",
        "self.{name}",
    ),
    "function_given_a_holder": (
        "class Base:\n    def __init__(self):\n        self.{name} = {made}",
        "",
        "holder: Base",
        "holder.{name}",
    ),
    "function_given_a_holder_that_may_be_missing": (
        "class Base:\n    def __init__(self):\n        self.{name} = {made}",
        "",
        "holder: 'Base | None'",
        "holder.{name}",
    ),
}


def _served(elsewhere: str, here: str, first: str, use: str) -> Callable[[Example], Files | None]:
    def mutated(example: Example) -> Files | None:
        for held in [*held_at_top(example), *held_by_parameters(example)]:
            if "{kind}" in elsewhere and not held.kind.rpartition(".")[2][:1].isupper():
                continue
            if "{made}" not in elsewhere and held.line:  # what makes it would be gone
                continue
            rest, other = moved(example, held, elsewhere)
            users = [node for node in rest if _uses(node, held)]
            plain = [node for node in users if isinstance(node, FunctionNode) and not node.decorator_list]
            if not plain or len(plain) < len(users):
                continue
            _put_first(plain, first)
            swapped(file(list(plain)), {held.name: use.format(name=held.name)})
            body = [node for node in rest if not here or node not in plain]
            if here:
                owner = new(here.format(name=held.name, made=held.made, kind=held.kind))[0]
                assert isinstance(owner, ast.ClassDef)
                owner.body += plain
                body.append(owner)
            wanted = new(f"from {example.name_of('holders')} import Base")
            return {example.path: file(wanted, body), example.beside("holders.py"): other}
        return None

    return mutated


def _put_first(functions: list[FunctionNode], parameter: str) -> None:
    given = new(f"def f({parameter}): pass")[0]
    assert isinstance(given, ast.FunctionDef)
    for function in functions:
        function.args.args.insert(0, given.args.args[0])


def _uses(node: ast.stmt, held: Held) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == held.name for inner in ast.walk(node))


MUTATIONS.update((name, _served(*parts)) for name, parts in SERVICES.items())
