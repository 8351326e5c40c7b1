"""One parsed Python file as checks see it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import copy
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from harden.findings import Span
from harden.flow import Flow
from harden.folding import constants
from harden.names import Names
from harden.roles import Role, file_kind, role_of, routed
from harden.source import SourceText, decode
from harden.syntax import parse
from harden.tree import FunctionNode

if TYPE_CHECKING:
    from harden.project import Project

Node = TypeVar("Node", bound=ast.AST)
Known = TypeVar("Known")
ClassOrFunction = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class TextFile:
    """A file that is not Python: its path, text and lines."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.source = decode(path, data, python=False)
        self.text = self.source.text
        self.kind = file_kind(path)

    @cached_property
    def lines(self) -> list[str]:
        """Return the lines without their endings."""
        return [line.rstrip("\r\n") for line in split_lines(self.text)]

    def span(self, line: int) -> Span:
        """Return the span of a whole 1-based line."""
        return Span(line, 0, line, len(self.lines[line - 1]) if line <= len(self.lines) else 0)


class Module:
    """A parsed Python file: nodes by type, parents, names, roles and positions.

    Raises UnreadableSource when the bytes cannot be decoded or parsed.
    """

    def __init__(self, path: str, data: bytes, project: Project) -> None:
        self.path = path
        self.project = project
        self.source: SourceText = decode(path, data)
        self.text = self.source.text
        self.tree = parse(path, data)
        self.kind = file_kind(path, data)
        self.name = project.module_name(path)
        is_package = PurePosixPath(path).stem == "__init__"
        package = self.name if is_package and self.name != "__init__" else self.name.rpartition(".")[0]
        self.names = Names(self.tree, path, self.name, package, project)
        self._bind()

    def _bind(self) -> None:
        self.parents = self.names.parents
        self.resolve = self.names.resolve
        self.ancestors = self.names.ancestors
        self._roles: dict[ast.AST, Role] = {}
        self._flow: Flow | None = None
        self._known: dict[object, object] = {}

    def within(self, project: Project) -> Module:
        """Return the same file in a project whose other files say something else; it is not parsed again."""
        other = copy(self)
        other.project, other.names = project, self.names.within(project)
        other._bind()
        return other

    def is_of(self, data: bytes) -> bool:
        """Tell whether this was parsed from these bytes."""
        return self.source.encode(self.text) == data

    def nodes(self, kind: type[Node]) -> list[Node]:
        """Return every node of exactly this type, in source order."""
        return self.names.nodes.get(kind, [])  # type: ignore[return-value]

    @cached_property
    def lines(self) -> list[str]:
        """Return the lines with their endings, split as Python counts lines."""
        return split_lines(self.text)

    def imports(self, *packages: str) -> bool:
        """Tell whether the file imports one of these top-level packages anywhere."""
        return not self._imported.isdisjoint(packages)

    @cached_property
    def _imported(self) -> frozenset[str]:
        plain = {alias.name for node in self.nodes(ast.Import) for alias in node.names}
        from_ = {self.names.absolute(node) for node in self.nodes(ast.ImportFrom)}
        return frozenset(name.partition(".")[0] for name in plain | from_)

    @cached_property
    def routed(self) -> frozenset[ast.AST]:
        """Return the functions that are given to a route by name; found once, for a file may hold many."""
        return routed(self)

    def span(self, node: ast.AST) -> Span:
        """Return where a node stands, in characters (ast counts UTF-8 bytes)."""
        line, end_line = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
        return Span(
            line,
            self._characters(line, node.col_offset),  # type: ignore[attr-defined]
            end_line,
            self._characters(end_line, node.end_col_offset or 0),  # type: ignore[attr-defined]
        )

    def _characters(self, line: int, offset: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace"))

    def segment(self, node: ast.AST) -> str:
        """Return the source text of a node, exactly as written."""
        span = self.span(node)
        lines = self.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column]
        lines[0] = lines[0][span.column :]
        return "".join(lines)

    def function(self, node: ast.AST) -> FunctionNode | None:
        """Return the innermost function whose body runs `node`; lambdas are looked through."""
        child = node
        for outer in self.ancestors(node):
            if isinstance(outer, FunctionNode) and child not in outer.decorator_list:
                return outer
            child = outer
        return None

    def owner(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the innermost class around `node`."""
        return next((outer for outer in self.ancestors(node) if isinstance(outer, ast.ClassDef)), None)

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the innermost statement that contains `node`, or `node` itself."""
        if isinstance(node, ast.stmt):
            return node
        return next(outer for outer in self.ancestors(node) if isinstance(outer, ast.stmt))

    def in_async(self, node: ast.AST) -> bool:
        """Tell whether `node` runs on the event loop: directly inside an `async def`."""
        for outer in self.ancestors(node):
            if isinstance(outer, ast.AsyncFunctionDef):
                return True
            if isinstance(outer, ast.FunctionDef | ast.Lambda):
                return False
        return False

    def role(self, node: ast.AST) -> Role:
        """Return how the function around `node` (or a function itself) is reached; outermost role wins."""
        around = [node] if isinstance(node, FunctionNode) else []
        around += [outer for outer in self.ancestors(node) if isinstance(outer, FunctionNode)]
        for function in around:
            if function not in self._roles:
                self._roles[function] = role_of(self, function)
            if self._roles[function] is not Role.NONE:
                return self._roles[function]
        return Role.NONE

    def bases(self, node: ast.ClassDef) -> tuple[str, ...]:
        """Return the paths of all base classes, the project's own followed to theirs."""
        return self.project.ancestry(tuple(filter(None, map(self.resolve, node.bases))))

    def is_a(self, path: str, *kinds: str) -> bool:
        """Tell whether a resolved path is one of `kinds` or a class derived from one of them."""
        if path in kinds:
            return True
        return any(base in kinds for base in self.project.ancestry((path,)))

    def qualname(self, node: ast.AST) -> str:
        """Return the dotted names of the functions and classes around `node`."""
        return self.names.qualname(node)

    @property
    def flow(self) -> Flow:
        """Return the values that the file's names may hold."""
        if self._flow is None:
            self._flow = Flow(self)
        return self._flow

    def once(self, key: object, make: Callable[[], Known]) -> Known:
        """Return what `make` works out of this module, once for as long as the module is kept parsed.

        What it rests on is noted for this module, so that whoever asks for it rests on the module.
        """
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]  # type: ignore[return-value]

    def forget(self) -> None:
        """Let go of what leads back to this module: a circle is never freed while the collector is off."""
        self._flow = None
        self._known.clear()

    def string(self, expr: ast.expr | None) -> str | None:
        """Return the text that an expression always is, worked out through names; None where it may vary."""
        found = constants(self, expr)
        return found[0] if found is not None and len(found) == 1 and isinstance(found[0], str) else None

    @cached_property
    def has_main_guard(self) -> bool:
        """Tell whether the file has an `if __name__ == "__main__"`."""
        return any(_is_main_guard(node) for node in self.tree.body)

    def in_main_guard(self, node: ast.AST) -> bool:
        """Tell whether `node` runs only when the file is started as a program."""
        return any(_is_main_guard(outer) for outer in self.ancestors(node))


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return the value of a keyword argument, or None."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def has_star_arguments(call: ast.Call) -> bool:
    """Tell whether a call passes `*args` or `**kwargs`, so that its arguments are not all known."""
    return any(item.arg is None for item in call.keywords) or any(
        isinstance(item, ast.Starred) for item in call.args
    )


def is_literal(expr: ast.expr | None, value: object) -> bool:
    """Tell whether an expression is the constant `value` (`True` is not `1`)."""
    return isinstance(expr, ast.Constant) and expr.value == value and type(expr.value) is type(value)


def split_lines(text: str) -> list[str]:
    r"""Split at `\n`, `\r\n` and `\r` only, keeping the endings (Python's own idea of a line)."""
    if "\r" not in text:
        return [line + "\n" for line in text.split("\n")[:-1]] + (
            [tail] if (tail := text.rpartition("\n")[2]) else []
        )
    lines, start = [], 0
    for at, character in enumerate(text):
        if character == "\n" or (character == "\r" and text[at + 1 : at + 2] != "\n"):
            lines.append(text[start : at + 1])
            start = at + 1
    return [*lines, text[start:]] if start < len(text) else lines


def _is_main_guard(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
    )


def walk_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield every statement that runs with `body`: nested blocks, but no nested functions or classes."""
    for statement in body:
        yield statement
        if isinstance(statement, ClassOrFunction):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from walk_statements(getattr(statement, name, []))
        for handler in getattr(statement, "handlers", []):
            yield from walk_statements(handler.body)
        for case in getattr(statement, "cases", []):
            yield from walk_statements(case.body)
