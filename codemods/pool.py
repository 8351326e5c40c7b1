"""Tend pools of connections: test and recycle them, and let Django keep them."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import with_keyword
from harden.codemods.codemod import Options, PythonCodemod, expression
from harden.codemods.quotes import quote_near
from harden.errors import Refusal

_EMPTY = cst.TrailingWhitespace()


class PoolOptions(Options):
    """How connections are kept."""

    pool_recycle: int = Field(
        1800,
        ge=1,
        le=86400,
        title="Recycle after",
        description="seconds after which a connection is replaced",
    )
    pool_size: int = Field(
        0,
        ge=0,
        le=500,
        title="Pool size",
        description="connections kept per process; 0 keeps the default of 5",
    )
    max_overflow: int = Field(
        0, ge=0, le=500, title="Overflow", description="connections above the size; 0 keeps the default of 10"
    )
    conn_max_age: int = Field(
        60, ge=1, le=86400, title="Django: keep for", description="seconds that Django keeps a connection"
    )


class TendPool(PythonCodemod):
    """Add pool settings; the finding's `place` fact says where they go."""

    Options: ClassVar[type[BaseModel]] = PoolOptions
    options: PoolOptions

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Add keyword arguments to `create_engine(…)` or `dj_database_url.config(…)`."""
        finding = self.target(original_node)
        if finding is not None and finding.facts["place"] in ("call", "address"):
            pairs = self._engine() if finding.facts["place"] == "call" else self._django(lower=True)
            for name, value in pairs:
                updated_node = with_keyword(updated_node, name, expression(value))
            return updated_node
        for argument in original_node.args:
            finding = self.target(argument) if argument.keyword is not None else None
            if finding is not None and finding.facts["place"] == "argument":
                options = expression(self._flask(quote_near(self.module, argument)))
                return with_keyword(updated_node, "SQLALCHEMY_ENGINE_OPTIONS", options)
        return updated_node

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.BaseExpression:
        """Add entries to a dict of settings."""
        finding = self.target(original_node)
        if finding is None or finding.facts["place"] not in ("dict", "flask-dict"):
            return updated_node
        quote = quote_near(self.module, original_node)
        pairs = self._django(lower=False)
        if finding.facts["place"] == "flask-dict":
            pairs = [("SQLALCHEMY_ENGINE_OPTIONS", self._flask(quote))]
        for name, value in pairs:
            updated_node = _with_setting(updated_node, f"{quote}{name}{quote}", value)
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Add a statement beside `SQLALCHEMY_DATABASE_URI = …`."""
        finding = self.target(original_node)
        if finding is None or finding.facts["place"] != "statement":
            return updated_node
        assign = original_node.body[0]
        if len(original_node.body) > 1 or not isinstance(assign, cst.Assign):
            raise Refusal("Several statements share this line.")
        target = assign.targets[0].target
        code = cst.Module([]).code_for_node(target)
        code = code.replace("SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_ENGINE_OPTIONS")
        added = cst.parse_statement(f"{code} = {self._flask(quote_near(self.module, original_node))}")
        return cst.FlattenSentinel([updated_node, added])

    def _engine(self) -> list[tuple[str, str]]:
        pairs = [("pool_pre_ping", "True"), ("pool_recycle", str(self.options.pool_recycle))]
        sizes = (("pool_size", self.options.pool_size), ("max_overflow", self.options.max_overflow))
        return pairs + [(name, str(value)) for name, value in sizes if value]

    def _flask(self, quote: str) -> str:
        return "{" + ", ".join(f"{quote}{name}{quote}: {value}" for name, value in self._engine()) + "}"

    def _django(self, *, lower: bool) -> list[tuple[str, str]]:
        pairs = [("CONN_MAX_AGE", str(self.options.conn_max_age)), ("CONN_HEALTH_CHECKS", "True")]
        return [(name.lower(), value) for name, value in pairs] if lower else pairs


def _with_setting(node: cst.Dict, key: str, value: str) -> cst.Dict:
    """Return the dict with one more entry, above OPTIONS where that is the last one."""
    new = cst.DictElement(expression(key), expression(value))
    *rest, last = [*node.elements] or [new]
    gap = rest[-1].comma if rest else None
    is_options = isinstance(last, cst.DictElement) and "OPTIONS" in cst.Module([]).code_for_node(last.key)
    if is_options and isinstance(gap, cst.Comma) and "#" not in cst.Module([]).code_for_node(gap):
        return node.with_changes(elements=[*rest, new.with_changes(comma=gap), last])
    return with_entry(node, key, value)


def with_entry(node: cst.Dict, key: str, value: str) -> cst.Dict:
    """Return the dict with one more entry, in the layout that it already has."""
    new = cst.DictElement(expression(key), expression(value))
    if not node.elements:
        return node.with_changes(elements=[new])
    *rest, last = node.elements
    space: cst.BaseParenthesizableWhitespace = cst.SimpleWhitespace(" ")
    if rest and isinstance(rest[-1].comma, cst.Comma):
        space = rest[-1].comma.whitespace_after
    elif isinstance(node.lbrace.whitespace_after, cst.ParenthesizedWhitespace):
        space = node.lbrace.whitespace_after
    if isinstance(space, cst.ParenthesizedWhitespace):
        space = space.with_changes(first_line=_EMPTY, empty_lines=[])
    comma = last.comma if isinstance(last.comma, cst.Comma) else None
    if comma is not None and isinstance(comma.whitespace_after, cst.ParenthesizedWhitespace):
        end: cst.BaseParenthesizableWhitespace = comma.whitespace_after
    else:
        end = node.rbrace.whitespace_before
    if isinstance(space, cst.ParenthesizedWhitespace) and isinstance(end, cst.ParenthesizedWhitespace):
        space = space.with_changes(first_line=end.first_line)  # its comment is about the last entry
        end = end.with_changes(first_line=_EMPTY)
    if comma is not None and isinstance(comma.whitespace_after, cst.ParenthesizedWhitespace):
        new = new.with_changes(comma=comma.with_changes(whitespace_after=end))
    else:
        new = new.with_changes(comma=comma) if comma is not None else new
        node = node.with_changes(rbrace=node.rbrace.with_changes(whitespace_before=end))
    first = last.with_changes(comma=cst.Comma(whitespace_after=space))
    return node.with_changes(elements=[*rest, first, new])
