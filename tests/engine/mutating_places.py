"""Mutations of where code stands: in blocks, classes and closures, in other folders."""

from __future__ import annotations

import ast

from tests.engine.mutations import (
    Example,
    Files,
    FunctionNode,
    changed,
    copied,
    file,
    functions,
    imports,
    mutation,
    new,
    without_imports,
)


@mutation
def as_it_is(example: Example) -> Files | None:
    """Nothing is changed."""
    return {example.path: example.tree}


@mutation
def within_if(example: Example) -> Files | None:
    """All stands under `if True:`."""
    return {example.path: file(ast.If(ast.Constant(True), example.tree.body, []))}


@mutation
def within_try(example: Example) -> Files | None:
    """All stands in a `try` that ends with `finally`."""
    done = new("print")
    return {example.path: file(ast.Try(example.tree.body, [], [], done))}


def _wrapped(example: Example, decorator: str, first: str) -> Files | None:
    """Put the plain functions into a class."""
    tree = example.tree
    moved = functions(tree)
    if not moved:
        return None
    for function in moved:
        if first:
            function.args.args.insert(0, ast.arg(first))
            if function.args.posonlyargs:
                return None
        if decorator:
            function.decorator_list = [ast.Name(decorator, ast.Load())]
    owner = ast.ClassDef("Service", [], [], list(moved), [])
    tree.body = [node for node in tree.body if node not in moved]
    return {example.path: file(tree.body, owner)}


@mutation
def into_a_class(example: Example) -> Files | None:
    """Functions become methods."""
    return _wrapped(example, "", "self")


@mutation
def into_a_class_as_static_methods(example: Example) -> Files | None:
    """Functions become static methods."""
    return _wrapped(example, "staticmethod", "")


@mutation
def into_a_class_as_class_methods(example: Example) -> Files | None:
    """Functions become class methods."""
    return _wrapped(example, "classmethod", "cls")


@mutation
def into_a_closure(example: Example) -> Files | None:
    """Functions are made by another function."""
    tree = example.tree
    moved = functions(tree)
    if not moved:
        return None
    rest: list[ast.stmt] = []
    for node in tree.body:
        if node in moved and isinstance(node, FunctionNode):
            maker = new(f"def make_{node.name}():\n    return {node.name}")[0]
            assert isinstance(maker, ast.FunctionDef)
            maker.body.insert(0, node)
            rest.append(maker)
        else:
            rest.append(node)
    return {example.path: file(rest)}


@mutation
def into_another_module(example: Example) -> Files | None:
    """Functions move to another module, which this one imports."""
    tree = example.tree
    moved = functions(tree)
    others = [node for node in tree.body if node not in moved and node not in imports(tree, example)]
    names = {node.id for function in moved for node in ast.walk(function) if isinstance(node, ast.Name)}
    given = {n.id for node in others for n in ast.walk(node) if isinstance(n, ast.Name)}
    given |= {node.name for node in others if isinstance(node, FunctionNode | ast.ClassDef)}
    if not moved or names & given or any(isinstance(node, ast.ImportFrom) for node in others):
        return None
    wanted = new(f"from {example.name_of('service')} import {', '.join(node.name for node in moved)}")
    taken, _ = without_imports(tree, example)
    service = file(copied(taken), list(moved))
    return {example.path: file(taken, wanted, others), example.beside("service.py"): service}


def _is_own(example: Example) -> bool:
    """Tell whether the example imports other modules of its project by their place."""
    return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(example.tree))


@mutation
def into_a_sub_package(example: Example) -> Files | None:
    """The file moves one folder down."""
    if not example.folder:
        return None
    tree = example.tree
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            node.level += 1
    folder = f"{example.folder}/core"
    path = f"{folder}/{example.path.rpartition('/')[2]}"
    return {f"{example.folder}/__init__.py": file(), f"{folder}/__init__.py": file(), path: tree}


@mutation
def into_a_src_layout(example: Example) -> Files | None:
    """The package moves into `src`."""
    return {f"src/{example.beside('__init__.py')}": file(), f"src/{example.path}": example.tree}


@mutation
def with_main_elsewhere(example: Example) -> Files | None:
    """The file imports itself into another one, which does nothing with it."""
    if _is_own(example) or not example.path.endswith(".py"):
        return None
    name = example.path.rpartition("/")[2].removesuffix(".py")
    if "." in name or name == "__init__":
        return None
    return {example.path: example.tree, "start.py": file(new(f"import {example.name_of(name)}"))}


@mutation
def with_names_declared(example: Example) -> Files | None:
    """Plain assignments at the top level are given an annotation that tells nothing."""
    tree = example.tree
    tree.body = [_declared(node) for node in tree.body]
    return changed(file(new("from typing import Any"), tree.body), example) if tree.body else None


def _declared(node: ast.stmt) -> ast.stmt:
    match node:
        case ast.Assign(targets=[ast.Name() as target], value=ast.Call() as value):
            made = ast.AnnAssign(target, ast.Name("Any", ast.Load()), value, 1)
            return ast.copy_location(made, node)
    return node
