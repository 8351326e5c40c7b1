"""Let a silent except block record what it caught."""

from __future__ import annotations

from typing import ClassVar, Literal

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.codemod import PythonCodemod, expression
from harden.codemods.excepts import narrowed
from harden.codemods.loggers import LoggerOptions, logger_at
from harden.codemods.quotes import favourite_quote
from harden.findings import Finding
from harden.logs import Flavour


class SwallowedOptions(LoggerOptions):
    """How a caught error is recorded."""

    level: Literal["error", "warning", "info", "debug"] = Field(
        "error",
        title="Level",
        description="error writes logger.exception; the others keep the traceback too",
    )


class LogSwallowed(PythonCodemod):
    """Write `logger.exception` into a silent handler, and make one of `suppress(Exception)`."""

    Options: ClassVar[type[BaseModel]] = SwallowedOptions
    options: SwallowedOptions

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        """Put the record in the place of `pass`, or before what the handler does; narrow a bare one."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        handler = updated_node.with_changes(body=_recorded(updated_node.body, self._record(finding)))
        return narrowed(handler) if finding.facts["bare"] else handler

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With | cst.Try:
        """Turn `with suppress(Exception):` into `try` and a handler that records the error."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        line = cst.SimpleStatementLine([self._record(finding)])
        handler = cst.ExceptHandler(
            cst.IndentedBlock([line]),
            cst.Name("Exception"),
            whitespace_after_except=cst.SimpleWhitespace(" "),
        )
        self.drop_import("contextlib")
        return cst.Try(updated_node.body, [handler], leading_lines=updated_node.leading_lines)

    def _record(self, finding: Finding) -> cst.Expr:
        logger, flavour = logger_at(self, finding, self.options.name)
        quote = favourite_quote(self.module)
        message = f"{quote}{finding.facts['subject']} failed{quote}"
        level = self.options.level
        if level == "error":
            return cst.Expr(expression(f"{logger}.exception({message})"))
        if flavour is Flavour.LOGURU:
            return cst.Expr(expression(f"{logger}.opt(exception=True).{level}({message})"))
        return cst.Expr(expression(f"{logger}.{level}({message}, exc_info=True)"))


def _recorded(body: cst.BaseSuite, record: cst.Expr) -> cst.BaseSuite:
    """Return a handler's body that begins with the record; a lone `pass` gives way to it."""
    if isinstance(body, cst.SimpleStatementSuite):
        if _is_nothing(body.body[0]):
            return body.with_changes(body=[_in_place(body.body[0], record), *body.body[1:]])
        ended = record.with_changes(semicolon=cst.Semicolon(whitespace_after=cst.SimpleWhitespace(" ")))
        return body.with_changes(body=[ended, *body.body])
    first = body.body[0]
    if isinstance(first, cst.SimpleStatementLine) and _is_nothing(first.body[0]):
        new = first.with_changes(body=[_in_place(first.body[0], record), *first.body[1:]])
        return body.with_changes(body=[new, *body.body[1:]])
    return body.with_changes(body=[cst.SimpleStatementLine([record]), *body.body])


def _in_place(old: cst.BaseSmallStatement, record: cst.Expr) -> cst.Expr:
    return record.with_changes(semicolon=old.semicolon)


def _is_nothing(statement: cst.BaseSmallStatement) -> bool:
    if isinstance(statement, cst.Expr):
        return isinstance(statement.value, cst.Ellipsis)
    return isinstance(statement, cst.Pass)
