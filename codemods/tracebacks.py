"""Record a caught error with its traceback."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst
from pydantic import BaseModel

from harden.codemods.arguments import with_keyword
from harden.codemods.codemod import expression, source_of
from harden.codemods.flushes import DropsFlushes
from harden.codemods.lazy_logs import log_message
from harden.codemods.log_layout import on_one_line
from harden.codemods.log_messages import Message
from harden.codemods.log_styles import written
from harden.codemods.loggers import LoggerOptions, logger_at
from harden.codemods.placeholders import Value
from harden.codemods.prints import printed, without_keywords
from harden.codemods.quotes import favourite_quote
from harden.errors import Refusal
from harden.findings import Finding
from harden.logs import Flavour


class AddTraceback(DropsFlushes):
    """Turn what an except block writes about its error into `logger.exception`."""

    Options: ClassVar[type[BaseModel]] = LoggerOptions
    options: LoggerOptions

    def prepare(self) -> None:
        """Learn how the file is written."""
        super().prepare()
        self.quote = favourite_quote(self.module)

    def leave_Expr(
        self, original_node: cst.Expr, updated_node: cst.Expr
    ) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        """Take away a `traceback.print_exc()` beside a record that has the traceback now."""
        span = self.span(original_node)
        place = f"{span.line}:{span.column}"
        if any(
            place in finding.facts["also"].split() and finding.fingerprint not in self.refused
            for finding in self._targets
        ):
            self.drop_import("traceback")
            return cst.RemoveFromParent()
        return updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Write the record; the text keeps all that the traceback does not say."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        form, level = finding.facts["form"], finding.facts["level"]
        if form == "log" and level != "error":
            return with_keyword(updated_node, "exc_info", cst.Name("True"))
        func, flavour = self._func(updated_node, finding)
        call = without_keywords(updated_node) if form != "log" else updated_node
        message = self._message(call, finding, flavour)
        if message is None:
            return call.with_changes(func=func)
        if form == "print_exc":
            self.drop_import("traceback")
        if not call.args:
            call = call.with_changes(args=[cst.Arg(cst.SimpleString('""'))])
        call = written(call.with_changes(func=func), 0, message, flavour)
        return on_one_line(self, original_node, call, 0) if original_node.args else call

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        """Take away the error's name where the record was all that used it."""
        bound = original_node.name.name if original_node.name is not None else None
        if not isinstance(bound, cst.Name) or not _names(original_node.body, bound.value):
            return updated_node
        if _names(updated_node.body, bound.value):
            return updated_node
        return updated_node.with_changes(name=None)

    def is_printed(self, call: cst.BaseExpression) -> bool:
        """Tell whether a call prints rather than logs."""
        finding = self.target(call)
        return finding is not None and finding.facts["form"] != "log"

    def _func(self, call: cst.Call, finding: Finding) -> tuple[cst.BaseExpression, Flavour]:
        if finding.facts["form"] == "log":
            flavour = Flavour(finding.facts["flavour"])
            if isinstance(call.func, cst.Attribute):
                return call.func.with_changes(attr=cst.Name("exception")), flavour
            return expression(self.import_name("logging", "exception")), flavour
        logger, flavour = logger_at(self, finding, self.options.name)
        return expression(f"{logger}.exception"), flavour

    def _message(self, call: cst.Call, finding: Finding, flavour: Flavour) -> Message | None:
        """Return the new message without the error at its end, None where it stays as it is."""
        form, error = finding.facts["form"], finding.facts["error"]
        subject = Message(self.quote)
        subject.text(f"{finding.facts['subject']} failed")
        if form == "print_exc":
            return subject
        try:
            message = (
                log_message(call, 0, self.quote)
                if form == "log"
                else printed(call, finding.facts.get("sep", " "), self.quote)
            )
        except Refusal:
            if form == "log":
                return None
            raise
        if form == "log" and message.is_bare() and not _is_error(message.pending[0], error):
            return None  # the text was made elsewhere
        message.strip()
        dropped = message.drop_last(lambda value: _is_error(value, error))
        if message.is_empty():
            return subject
        if flavour is not Flavour.STANDARD and not dropped and form == "log":
            return None
        return message


def _names(node: cst.CSTNode, name: str) -> bool:
    """Tell whether a name stands anywhere in some code."""
    if isinstance(node, cst.Name):
        return node.value == name
    return any(_names(child, name) for child in node.children)


def _is_error(value: str | Value, name: str) -> bool:
    """Tell whether a value only shows the error itself, as its traceback will."""
    return (
        isinstance(value, Value)
        and bool(name)
        and source_of(value.code) in (name, f"repr({name})", f"str({name})", f"{name}.args")
    )
