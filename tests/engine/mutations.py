"""Ways to write the same program otherwise: other imports, other names, other places, other shapes.

A mutation is a function over an example. It returns the files that say the same, or nothing where it does
not apply. Nodes that come from the example keep their line, so that each line of the outcome knows which
line of the example it was.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from posixpath import dirname
from typing import TypeVar

Files = dict[str, ast.Module]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class Example:
    """Code of a page: where it lies, and what it says in the words of `ast.unparse`."""

    path: str
    code: str

    @property
    def tree(self) -> ast.Module:
        """Return the code, parsed anew each time."""
        return ast.parse(self.code)

    @property
    def folder(self) -> str:
        return dirname(self.path)

    @property
    def package(self) -> str:
        """Return the dotted name of the folder; empty at the root."""
        return self.folder.replace("/", ".")

    def beside(self, name: str) -> str:
        """Return the path of another file of the same folder."""
        return f"{self.folder}/{name}" if self.folder else name

    def name_of(self, name: str) -> str:
        """Return the dotted name of a module of the same folder."""
        return f"{self.package}.{name}" if self.package else name


MUTATIONS: dict[str, Callable[[Example], Files | None]] = {}


def mutation(function: Callable[[Example], Files | None]) -> Callable[[Example], Files | None]:
    """Register a way to write the same."""
    MUTATIONS[function.__name__] = function
    return function


def new(code: str) -> list[ast.stmt]:
    """Return statements that are no part of the example."""
    tree = ast.parse(code)
    return [placed(statement, 0) for statement in tree.body]


def placed(node: Node, line: int) -> Node:
    """Say that a node and all in it come from one line of the example; 0 is none."""
    for inner in ast.walk(node):
        if hasattr(inner, "lineno"):
            inner.lineno = line
    return node


def file(*statements: ast.stmt | list[ast.stmt]) -> ast.Module:
    """Return a module of these statements."""
    body: list[ast.stmt] = []
    for item in statements:
        body += item if isinstance(item, list) else [item]
    return ast.Module(body, [])


def origins(tree: ast.Module, code: str) -> dict[int, set[int]]:
    """Return which lines of the example each line of what became of it stands for."""
    found: dict[int, set[int]] = {}
    for made, read in zip(ast.walk(tree), ast.walk(ast.parse(code)), strict=True):
        assert type(made) is type(read), code
        if line := getattr(made, "lineno", 0):
            found.setdefault(read.lineno, set()).add(line)  # type: ignore[attr-defined]
    return found


def imports(tree: ast.Module, example: Example) -> list[ast.Import | ast.ImportFrom]:
    """Return the imports of libraries at the top level."""
    own = example.path.partition("/")[0].removesuffix(".py")
    found: list[ast.Import | ast.ImportFrom] = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            is_own = node.level or (node.module or "").partition(".")[0] in (own, "__future__")
        else:
            is_own = not isinstance(node, ast.Import) or node.names[0].name.partition(".")[0] == own
        if isinstance(node, ast.Import | ast.ImportFrom) and not is_own:
            found.append(node)
    return found


def bound(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Return what each name that an import binds stands for."""
    found = {}
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif alias.asname:
            found[alias.asname] = alias.name
        else:
            found[alias.name.partition(".")[0]] = alias.name.partition(".")[0]
    return found


@cache
def libraries(example: Example) -> dict[str, str]:
    """Return all names of libraries that the top level imports, unless one is given another value."""
    tree = example.tree
    names = {name: path for node in imports(tree, example) for name, path in bound(node).items()}
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and is_stored(node)}
    stored |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {} if stored & names.keys() else names


def is_stored(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def dotted(node: ast.AST) -> str:
    """Return a chain of attributes as text; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    base = dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{base}.{node.attr}" if base and isinstance(node, ast.Attribute) else ""


class Swap(ast.NodeTransformer):
    """Put other expressions in the place of dotted names."""

    def __init__(self, others: dict[str, str]) -> None:
        self.others = others
        self.count = 0

    def _swapped(self, node: ast.Name | ast.Attribute) -> ast.AST:
        other = self.others.get(dotted(node))
        if other is None or not isinstance(node.ctx, ast.Load):
            return self.generic_visit(node)
        self.count += 1
        return placed(ast.parse(other, mode="eval").body, node.lineno)

    visit_Name = visit_Attribute = _swapped


def swapped(tree: ast.Module, others: dict[str, str]) -> ast.Module:
    """Put other expressions in the place of dotted names of a module."""
    made = Swap(others).visit(tree)
    assert isinstance(made, ast.Module)
    return made


def chains(tree: ast.Module, names: dict[str, str]) -> list[str]:
    """Return the dotted names that begin with a library's name and are called or passed on."""
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = [
        text
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner
        if (text := dotted(node)).partition(".")[0] in names and isinstance(node.ctx, ast.Load)
    ]
    return sorted(dict.fromkeys(found), reverse=True)


def head_of(tree: ast.Module) -> int:
    """Return where statements go that come after the imports."""
    at = [i for i, node in enumerate(tree.body, 1) if isinstance(node, ast.Import | ast.ImportFrom)]
    return at[-1] if at else 0


def functions(tree: ast.Module) -> list[FunctionNode]:
    """Return the functions of the top level that nothing but their name says how they are reached."""
    found = [node for node in tree.body if isinstance(node, FunctionNode) and not node.decorator_list]
    plain = [
        node for node in found if [arg.arg for arg in node.args.args][:1] not in (["request"], ["event"])
    ]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return plain if not used & {node.name for node in plain} else []


def changed(tree: ast.Module, example: Example) -> Files | None:
    """Return the one file of a mutation that needs no other, if anything is changed."""
    return {example.path: tree} if ast.unparse(tree) != example.code else None


def statements_in(node: ast.AST) -> Iterator[ast.stmt]:
    """Yield every statement within a node."""
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.stmt))


def without_imports(tree: ast.Module, example: Example) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Return the imports of libraries, and what else there is."""
    taken: list[ast.stmt] = list(imports(tree, example))
    return taken, [node for node in tree.body if node not in taken]


def copied(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return the same statements as no part of the example."""
    return [placed(copy.deepcopy(statement), 0) for statement in statements]
