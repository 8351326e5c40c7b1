"""Make a client once, in a function that remembers it, instead of for every call."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

import libcst as cst

from harden.codemods.codemod import PythonCodemod, expression
from harden.errors import Refusal
from harden.findings import Finding
from harden.syntax import tree_of
from harden.tree import FunctionNode

_COOKIES = ("get_http_client", "get_http_session")


class ShareClient(PythonCodemod):
    """Put the call into a cached function, and call that; a `with` around the client and its close() go."""

    def prepare(self) -> None:
        """Collect where clients are closed, which nobody may do with one that others use."""
        closes = [
            place
            for finding in self._targets
            for fact in ("closes", "drops")
            for place in finding.facts.get(fact, "").split()
        ]
        self._closes = {tuple(map(int, place.split(":"))) for place in closes}
        self._given: dict[str, str] = {}

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Call the function that remembers the client."""
        finding = self.target(original_node)
        if finding is None or finding.facts["form"] != "factory":
            return updated_node
        return expression(f"{self._factory(original_node, finding)}()")

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Let a function that only gives the client remember it."""
        finding = self._decorated(original_node)
        if finding is None:
            return updated_node
        cached = cst.Decorator(expression(self.import_name("functools", "cache", top=True)))
        self._tell(finding)
        return updated_node.with_changes(decorators=[cached])

    def _decorated(self, function: cst.FunctionDef) -> Finding | None:
        span = self.span(function)
        for finding in self._targets:
            inside = span.line <= finding.line <= span.end_line
            if inside and finding.facts["form"] == "decorate" and finding.fingerprint not in self.refused:
                self._current = finding
                return finding
        return None

    def _factory(self, call: cst.Call, finding: Finding) -> str:
        """Return the name of the function that gives the client, which is added unless it is there."""
        code = _with_values(self._written(call), finding.facts.get("given", ""))
        if code not in self._given:
            self._given[code] = self._added(call, code, finding)
        self._tell(finding)
        return self._given[code]

    def _added(self, call: cst.Call, code: str, finding: Finding) -> str:
        wanted = finding.facts["name"]
        around = finding.scope.rpartition(".")[2]
        cache = self.import_name("functools", "cache", top=True)
        for name in (wanted, f"{wanted}_for_{around}"):
            if not self._is_taken(name):
                text = f"@{cache}\ndef {name}(){self._type(call)}:\n    return {code}"
                self.top_level(f"\n{text}", binds=name)
                return name
        raise Refusal(f"The names {wanted} and {wanted}_for_{around} are in use here.")

    def _is_taken(self, name: str) -> bool:
        known = any(name in scope.bindings for scope in self.module.names.scopes.values())
        return known or name in self._given.values()

    def _written(self, call: cst.Call) -> str:
        """Return the code of a call, its further lines as they stand behind `return` in a function."""
        lines = cst.Module([]).code_for_node(call).splitlines()
        rest = textwrap.dedent("\n".join(lines[1:])).split("\n") if lines[1:] else []
        last = self.module.lines[self.span(call).end_line - 1]
        first = self.module.lines[self.span(call).line - 1]
        hangs = len(last) - len(last.lstrip()) > len(first) - len(first.lstrip())
        shift = "        " if hangs else "    "
        return "\n".join([lines[0], *(f"{shift}{line}".rstrip() for line in rest)])

    def _type(self, call: cst.Call) -> str:
        """Return the annotation of what is given, where the file has annotations and a class is called."""
        functions: list[FunctionNode] = [
            *self.module.nodes(ast.FunctionDef),
            *self.module.nodes(ast.AsyncFunctionDef),
        ]
        is_annotated = any(function.returns is not None for function in functions)
        made = cst.Module([]).code_for_node(call.func)
        return f" -> {made}" if is_annotated and made.rpartition(".")[2][:1].isupper() else ""

    def _tell(self, finding: Finding) -> None:
        note = "Cookies that a server sets are kept by the client, and now by all requests together."
        if finding.facts["name"] in _COOKIES and note not in self.notes:
            self.notes.append(note)

    def leave_With(
        self, original_node: cst.With, updated_node: cst.With
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Take the client out of a `with` block, which would close it."""
        mine = [at for at, item in enumerate(original_node.items) if self._is_shared(item.item)]
        if not mine:
            return updated_node
        block = updated_node.body
        if not isinstance(block, cst.IndentedBlock):
            raise Refusal("The `with` block stands on one line: put its body on lines of its own first.")
        given = [_assigned(updated_node.items[at]) for at in mine]
        kept = [item for at, item in enumerate(updated_node.items) if at not in mine]
        first = given[0].with_changes(leading_lines=updated_node.leading_lines)
        if kept:
            last = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            rest = updated_node.with_changes(items=[*kept[:-1], last], leading_lines=[])
            return cst.FlattenSentinel([first, *given[1:], rest])
        if _has_comment(block.footer):
            raise Refusal("A comment ends the `with` block: mend it by hand.")
        given = [first, *given[1:]]
        given[-1] = given[-1].with_changes(trailing_whitespace=block.header)
        return cst.FlattenSentinel([*given, *block.body])

    def _is_shared(self, expr: cst.BaseExpression) -> bool:
        if not isinstance(expr, cst.Call):
            return False
        finding = self.target(expr)
        return finding is not None and finding.fingerprint not in self.refused

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        """Drop the statement that closes a client."""
        if not self._is_close(original_node):
            return updated_node
        return cst.RemoveFromParent()

    def _is_close(self, node: cst.BaseStatement) -> bool:
        span = self.span(node)
        is_one = isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1
        return is_one and (span.line, span.column) in self._closes

    def leave_Try(
        self, original_node: cst.Try, updated_node: cst.Try
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Drop a `finally` that only closed a client, and the `try` that is left without a reason."""
        final = original_node.finalbody
        if final is None or not all(self._is_close(node) for node in _statements(final.body)):
            return updated_node
        if updated_node.handlers:
            return updated_node.with_changes(finalbody=None)
        body = _statements(updated_node.body)
        first = body[0].with_changes(leading_lines=[*updated_node.leading_lines, *_comments(body[0])])
        return cst.FlattenSentinel([first, *body[1:]])


def _with_values(code: str, given: str) -> str:
    """Return the code of a call with what local names are given in their places."""
    values = dict(line.split("=", 1) for line in given.split("\n") if line)
    lines = code.split("\n")
    names = [node for node in ast.walk(tree_of(code)) if isinstance(node, ast.Name) and node.id in values]
    for name in sorted(names, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        line = lines[name.lineno - 1].encode()
        changed = line[: name.col_offset] + values[name.id].encode() + line[name.end_col_offset :]
        lines[name.lineno - 1] = changed.decode()
    return "\n".join(lines)


def _statements(block: cst.BaseSuite) -> Sequence[cst.BaseStatement]:
    return block.body if isinstance(block, cst.IndentedBlock) else ()


def _comments(node: cst.BaseStatement) -> list[cst.EmptyLine]:
    return [line for line in getattr(node, "leading_lines", ()) if line.comment is not None]


def _has_comment(lines: Sequence[cst.EmptyLine]) -> bool:
    return any(line.comment is not None for line in lines)


def _assigned(item: cst.WithItem) -> cst.SimpleStatementLine:
    name = cst.ensure_type(cst.ensure_type(item.asname, cst.AsName).name, cst.Name)
    return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(name)], item.item)])
