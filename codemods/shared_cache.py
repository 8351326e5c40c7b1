"""Let a cache be the one in Redis that all instances share, wherever its address is set."""

from __future__ import annotations

import ast
from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import with_keyword
from harden.codemods.codemod import Options, PythonCodemod, expression, source_of
from harden.codemods.env_files import declare_variable
from harden.codemods.env_names import TEMPLATE
from harden.codemods.quotes import favourite_quote
from harden.errors import Refusal
from harden.findings import Finding

_SHARED = {"simple": "redis", "filesystem": "redis", "null": "redis"}
"""What older releases of Flask-Caching call it, by what they call the one to replace."""
_BESIDE = "CACHE_REDIS_URL"
_LONGEST = 70
"""Characters of a choice beyond which it has three lines."""

_BARE = cst.TrailingWhitespace()


class SharedOptions(Options):
    """Where the address of Redis comes from."""

    variable: str = Field(
        "REDIS_URL",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        max_length=100,
        description="environment variable with the address of Redis",
    )
    template: bool = TEMPLATE


class RedisByVariable(PythonCodemod):
    """Choose the backend by whether there is an address, and give the address beside it."""

    Options: ClassVar[type[BaseModel]] = SharedOptions
    options: SharedOptions

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        """Write the backend and its address into a dict of settings."""
        at, finding = self._entry(original_node)
        if finding is None:
            return updated_node
        elements = list(updated_node.elements)
        chosen = elements[at]
        column = self._column(original_node.elements[at])
        elements[at] = chosen.with_changes(value=self._backend(finding, chosen.value, column))
        beside = "LOCATION" if finding.facts["setting"] == "BACKEND" else _BESIDE
        for number, element in enumerate(elements):
            if isinstance(element, cst.DictElement) and _text(element.key) == beside:
                if beside == _BESIDE:
                    raise Refusal(f"{_BESIDE} is set beside it: decide which one is meant.")
                either = expression(f"{self._address()} or {source_of(element.value)}")
                elements[number] = element.with_changes(value=either)
                return updated_node.with_changes(elements=elements)
        fallback = f"{self._address()} or {self._quoted('')}" if beside == "LOCATION" else self._address()
        key = cst.SimpleString(self._quoted(beside))
        return _with_entry(updated_node.with_changes(elements=elements), key, expression(fallback))

    def _column(self, entry: cst.BaseDictElement) -> int:
        """Return where an entry begins that has a line of a top-level statement to itself, else 0."""
        span = self.span(entry.key if isinstance(entry, cst.DictElement) else entry.value)
        is_first = not self.module.lines[span.line - 1][: span.column].strip()
        return span.column if is_first and self._is_top_level(span.line) else 0

    def _is_top_level(self, line: int) -> bool:
        return any(
            item.lineno <= line <= (item.end_lineno or 0)
            for item in self.module.tree.body
            if isinstance(item, ast.Assign | ast.AnnAssign)
        )

    def _entry(self, node: cst.Dict) -> tuple[int, Finding | None]:
        for at, element in enumerate(node.elements):
            if isinstance(element.value, cst.SimpleString) and (finding := self.target(element.value)):
                return at, finding
        return 0, None

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Write the backend and its address into the keywords of a call."""
        for at, arg in enumerate(original_node.args):
            finding = self.target(arg.value) if isinstance(arg.value, cst.SimpleString) else None
            if finding is not None and arg.keyword is not None:
                args = list(updated_node.args)
                args[at] = args[at].with_changes(value=self._backend(finding, args[at].value))
                return with_keyword(
                    updated_node.with_changes(args=args), _BESIDE, expression(self._address())
                )
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Write the backend into an assignment, and its address into one of its own below."""
        found = ((at, self._assigned(small)) for at, small in enumerate(original_node.body))
        at, finding = next(((at, finding) for at, finding in found if finding is not None), (0, None))
        after = updated_node.body[at]
        if finding is None or not isinstance(after, cst.Assign | cst.AnnAssign) or after.value is None:
            return updated_node
        if len(original_node.body) > 1:
            raise Refusal("Several statements share the line: put this one on a line of its own first.")
        given = after.with_changes(value=self._backend(finding, after.value))
        beside = cst.Assign([cst.AssignTarget(self._beside(after))], expression(self._address()))
        return cst.FlattenSentinel(
            [updated_node.with_changes(body=[given]), cst.SimpleStatementLine([beside])]
        )

    def _assigned(self, small: cst.BaseSmallStatement) -> Finding | None:
        value = small.value if isinstance(small, cst.Assign | cst.AnnAssign) else None
        return self.target(value) if isinstance(value, cst.SimpleString) else None

    def _beside(self, statement: cst.Assign | cst.AnnAssign) -> cst.BaseAssignTargetExpression:
        """Return what stands for the address where the statement stands for the backend."""
        target = statement.targets[0].target if isinstance(statement, cst.Assign) else statement.target
        if isinstance(target, cst.Subscript):
            key = cst.SubscriptElement(cst.Index(cst.SimpleString(self._quoted(_BESIDE))))
            return target.with_changes(slice=[key])
        return cst.Name(_BESIDE)

    def _backend(self, finding: Finding, value: cst.BaseExpression, column: int = 0) -> cst.BaseExpression:
        """Return the choice between two backends; on lines of its own below a column where that is known."""
        text = _text(value)
        if finding.facts["setting"] == "BACKEND":
            own = "django_redis.cache.RedisCache"
            shared = own if finding.facts.get("package") else "django.core.cache.backends.redis.RedisCache"
        else:
            shared = _SHARED.get(text, "RedisCache")
        if self.options.template:
            declare_variable(self, self.options.variable, None)
        parts = (self._quoted(shared), f"if {self._address()}", f"else {source_of(value)}")
        if column and column + len(" ".join(parts)) > _LONGEST:
            inner = "".join(f"\n{' ' * (column + 4)}{part}" for part in parts)
            return expression(f"({inner}\n{' ' * column})")
        return expression(" ".join(parts))

    def _address(self) -> str:
        return f"{self.import_name('os')}.getenv({self._quoted(self.options.variable)})"

    def _quoted(self, text: str) -> str:
        quote = favourite_quote(self.module)
        return f"{quote}{text}{quote}"


def _text(expr: cst.BaseExpression) -> str:
    return str(expr.evaluated_value) if isinstance(expr, cst.SimpleString) else ""


def _with_entry(node: cst.Dict, key: cst.BaseExpression, value: cst.BaseExpression) -> cst.Dict:
    """Return a dict with another entry at the end, laid out like the others."""
    *rest, last = node.elements
    gap = rest[-1].comma if rest else cst.MaybeSentinel.DEFAULT
    indent = gap.whitespace_after if isinstance(gap, cst.Comma) else cst.SimpleWhitespace(" ")
    if not rest and isinstance(node.lbrace.whitespace_after, cst.ParenthesizedWhitespace):
        indent = node.lbrace.whitespace_after
    end = node.rbrace.whitespace_before
    if isinstance(indent, cst.ParenthesizedWhitespace):
        first = end.first_line if isinstance(end, cst.ParenthesizedWhitespace) else _BARE
        indent = indent.with_changes(first_line=first, empty_lines=[])
    if isinstance(end, cst.ParenthesizedWhitespace):
        end = end.with_changes(first_line=_BARE)
    added = cst.DictElement(key, value, comma=last.comma)
    last = last.with_changes(comma=cst.Comma(whitespace_after=indent))
    return node.with_changes(
        elements=[*rest, last, added], rbrace=node.rbrace.with_changes(whitespace_before=end)
    )
