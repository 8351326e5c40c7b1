"""Names from other modules for a codemod: reused where the file has them, else imported in its style."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator

from harden.codemods.import_lines import ImportStatement, LineEdit, NewImport
from harden.codemods.import_places import Places
from harden.errors import Refusal
from harden.findings import Span
from harden.module import Module
from harden.syntax import tree_of
from harden.tree import Scope

_LATER = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
"""Scopes whose code runs after the file was imported."""


class Imports:
    """The imports of one file, and those that an edit adds."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._new: list[NewImport] = []
        self._statements: list[tuple[str, str]] = []
        self._earliest: int | None = None

    def mark(self) -> tuple[int, int]:
        """Return a point that `reset` can go back to."""
        return len(self._new), len(self._statements)

    def reset(self, mark: tuple[int, int]) -> None:
        """Forget what was asked for since `mark`."""
        del self._new[mark[0] :], self._statements[mark[1] :]

    def name(self, module: str, name: str = "", at: Span | None = None) -> str:
        """Return the expression for `module` or `module.name` at a place, importing it if need be.

        Raises Refusal when the name means something else in this file or around the place.
        """
        if found := self._existing(module, name, at):
            return found
        if self.is_optional(module):
            raise Refusal(f"{module.partition('.')[0]} is imported only where it may be missing.")
        for wanted in (NewImport(module, name), NewImport(module, "")):
            if not self._taken(wanted.bound, wanted.path, at):
                self._add(wanted, at)
                return name if wanted.name else f"{module}.{name}".rstrip(".")
        raise Refusal(f"The name {name or module} already means something else in this file.")

    def add_statement(self, code: str, binds: str, at: Span | None = None) -> None:
        """Put a statement after the imports, once, and see to it that the names it uses are there.

        What only a function around the place imports is imported at the top too. Raises Refusal when its
        name is taken, or one that it uses is not to be had at the top.
        """
        code = self._at_top(code, at)
        known = (code, binds) in self._statements
        if self._taken(binds, "" if not known else binds, at):
            raise Refusal(f"The name {binds} already means something else in this file.")
        if not known:
            self._statements.append((code, binds))
        self._must_precede(at)

    def _at_top(self, code: str, at: Span | None) -> str:
        """Return a statement with what it uses imported at the file's top. Raises Refusal."""
        bound = {*self.module.names.scopes[self.module.tree].bindings, *(new.bound for new in self._new)}
        bound |= {name for _, name in self._statements} | {"__name__", "__file__"}
        for name in _free_names(code):
            if name not in bound:
                code = _renamed(code, name, self.name(*self._imported_around(name, at)))
        return code

    def _imported_around(self, name: str, at: Span | None) -> tuple[str, str]:
        """Return module and name of the import that a function around a place has. Raises Refusal."""
        for scope in self._around(at) if at is not None else ():
            for node in scope.bindings.get(name, ()):
                statement = self.module.parents.get(node)
                if isinstance(node, ast.alias) and isinstance(statement, ast.ImportFrom):
                    return self.module.names.absolute(statement), node.name
                if isinstance(node, ast.alias):
                    return (node.name if node.asname else name), ""
        raise Refusal(f"What is added at the top needs {name}, which this file has only elsewhere.")

    def is_optional(self, module: str) -> bool:
        """Tell whether the file imports a third-party package, but never plainly at its top."""
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or not self.module.imports(top):
            return False
        plain = (node for node in self.module.tree.body if isinstance(node, ImportStatement))
        return all(top not in self._packages(node) for node in plain)

    def _packages(self, statement: ImportStatement) -> set[str]:
        if isinstance(statement, ast.ImportFrom):
            return {self.module.names.absolute(statement).partition(".")[0]}
        return {alias.name.partition(".")[0] for alias in statement.names}

    def _add(self, wanted: NewImport, at: Span | None) -> None:
        if wanted not in self._new:
            self._new.append(wanted)
        self._must_precede(at)

    def _must_precede(self, at: Span | None) -> None:
        """Remember a use that runs while the file is imported, so that what it needs stands above it."""
        if at is not None and not any(isinstance(s.node, _LATER) for s in self._around(at)):
            self._earliest = min(at.line, self._earliest or at.line)

    def _existing(self, module: str, name: str, at: Span | None) -> str:
        """Return what is imported already; the name itself rather than the module, whichever comes first."""
        known = [
            found
            for statement, local in self._usable_imports(at)
            for alias in statement.names
            if (found := self._match(statement, alias, module, name))
            and (local or self._only_imported(found.partition(".")[0], at))
        ]
        return next((found for found in known if name and "." not in found), next(iter(known), ""))

    def _match(self, statement: ImportStatement, alias: ast.alias, module: str, name: str) -> str:
        if isinstance(statement, ast.ImportFrom):
            origin = self.module.names.absolute(statement)
            if name and origin == module and alias.name == name:
                return alias.asname or name
            if f"{origin}.{alias.name}" == module:
                return ".".join(filter(None, (alias.asname or alias.name, name)))
        elif alias.name == module or (not alias.asname and alias.name.startswith(module + ".")):
            return ".".join(filter(None, (alias.asname or module, name)))
        return ""

    def _usable_imports(self, at: Span | None) -> Iterator[tuple[ImportStatement, bool]]:
        """Yield the imports that have surely run when `at` runs, and whether each is local to a function."""
        later = at is None or any(isinstance(scope.node, _LATER) for scope in self._around(at))
        for node in self.module.tree.body:
            if isinstance(node, ImportStatement) and (later or (at is not None and node.lineno < at.line)):
                yield node, False
        for scope in self._around(at) if at is not None else ():
            if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in scope.node.body:
                if not isinstance(node, ImportStatement) or at is None or node.lineno >= at.line:
                    continue
                if self._nearest_binder(node.names[0], at) is scope:
                    yield node, True

    def _nearest_binder(self, alias: ast.alias, at: Span) -> Scope | None:
        bound = (alias.asname or alias.name).partition(".")[0]
        return next((scope for scope in self._around(at) if bound in scope.bindings), None)

    def _around(self, at: Span) -> list[Scope]:
        """Return the scopes whose names are seen at a place, innermost first, without the module's."""
        found = []
        for scope in self.module.names.scopes.values():
            if isinstance(scope.node, ast.Module):
                continue
            span = self.module.span(scope.node)
            if (span.line, span.column) <= (at.line, at.column) < (span.end_line, span.end_column):
                found.append(((span.line, span.column), scope))
        found.sort(key=lambda pair: pair[0], reverse=True)
        return [scope for at, (_, scope) in enumerate(found) if not at or not _is_class(scope)]

    def _only_imported(self, name: str, at: Span | None) -> bool:
        """Tell whether a name of the module is bound by nothing but imports, and not hidden at a place."""
        bound = self.module.names.scopes[self.module.tree].bindings.get(name, [])
        hidden = at is not None and any(name in scope.bindings for scope in self._around(at))
        return not hidden and all(isinstance(node, ast.alias) for node in bound)

    def _taken(self, name: str, path: str, at: Span | None) -> bool:
        """Tell whether a name means something else than `path` in the module or around a place."""
        if any(new.bound == name and new.path != path for new in self._new):
            return True
        if any(name == bound and path != bound for _, bound in self._statements):
            return True
        scopes = self.module.names.scopes
        inner = (
            self._around(at)
            if at is not None
            else [s for n, s in scopes.items() if n is not self.module.tree]
        )
        if any(
            at is not None
            or not self._is_same(node, path)  # at the top, the same import elsewhere is no harm
            for scope in inner
            for node in scope.bindings.get(name, ())
        ):
            return True
        return any(
            not self._is_same(node, path) for node in scopes[self.module.tree].bindings.get(name, [])
        ) or self._is_starred(name)

    def _is_same(self, node: ast.AST, path: str) -> bool:
        """Tell whether a binding is an import of `path` that another import of it does not disturb."""
        if not isinstance(node, ast.alias):
            return False
        statement = self.module.parents[node]
        if not isinstance(statement, ImportStatement):
            return False
        guarded = any(isinstance(outer, ast.Try) for outer in self.module.ancestors(node))
        if guarded and path.partition(".")[0] not in sys.stdlib_module_names:
            return False  # an optional dependency must stay optional
        if isinstance(statement, ast.ImportFrom):
            return f"{self.module.names.absolute(statement)}.{node.name}" == path
        return (node.name if node.asname else node.name.partition(".")[0]) == path

    def edits(self) -> list[LineEdit]:
        """Return the edits of original lines that add what was asked for. Raises Refusal."""
        statements = [code for code, _ in self._statements]
        needed = {name for code in statements for name in _free_names(code)}
        edits = Places(self.module).edits(self._new, statements, needed)
        lowest = max([edit.first for edit in edits], default=0)
        if self._earliest is not None and lowest > self._earliest:
            raise Refusal("What the edit needs would only be imported after this line.")
        return edits

    def _is_starred(self, name: str) -> bool:
        """Tell whether a name is used that only a star import can have brought."""
        starred = any(alias.name == "*" for node in self.module.nodes(ast.ImportFrom) for alias in node.names)
        return starred and any(
            node.id == name and self.module.names.lookup(node) is None for node in self.module.nodes(ast.Name)
        )


def _is_class(scope: Scope) -> bool:
    return isinstance(scope.node, ast.ClassDef)


def _free_names(code: str) -> list[str]:
    """Return the names that a statement takes from around it, in order."""
    nodes = list(ast.walk(tree_of(code)))
    own = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {
        node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    names = (node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return [name for name in dict.fromkeys(names) if name not in own and not hasattr(builtins, name)]


def _renamed(code: str, name: str, other: str) -> str:
    """Return a statement with another expression for a name."""
    lines = code.split("\n")
    uses = [node for node in ast.walk(tree_of(code)) if isinstance(node, ast.Name) and node.id == name]
    for use in sorted(uses, key=lambda use: (use.lineno, use.col_offset), reverse=True):
        line = lines[use.lineno - 1].encode()
        changed = line[: use.col_offset] + other.encode() + line[use.end_col_offset :]
        lines[use.lineno - 1] = changed.decode()
    return "\n".join(lines)
