"""Send what is printed to the file's logger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Literal

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.codemod import Edited, expression
from harden.codemods.flushes import DropsFlushes
from harden.codemods.log_messages import Message
from harden.codemods.log_setup import with_configuration
from harden.codemods.log_styles import written
from harden.codemods.loggers import LoggerOptions, logger_at
from harden.codemods.quotes import favourite_quote
from harden.errors import Refusal
from harden.findings import Finding
from harden.log_setup import hides_info
from harden.logs import Flavour

Level = Literal["auto", "debug", "info", "warning", "error"]


class PrintOptions(LoggerOptions):
    """How a print becomes a record."""

    level: Level = Field(
        "auto",
        title="Level",
        description="auto goes by the words of the message and the except block around it",
    )
    configure: bool = Field(
        False,
        title="Configure logging",
        description="where the project does not yet: at its entry point, in the same patch",
    )


class PrintToLogger(DropsFlushes):
    """Turn `print`, `pprint` and what is written to `sys.stderr` into a call of the file's logger."""

    Options: ClassVar[type[BaseModel]] = PrintOptions
    options: PrintOptions

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Mend the findings, and see to it that what was visible stays so."""
        edited = super().edit(path, findings)
        if not self.quiet or not hides_info(self.project):
            return edited
        if self.options.configure:
            return with_configuration(self.project, path, edited)
        note = "INFO is not shown before logging is configured: set `configure`, or fix no-logging-config."
        return replace(edited, notes=[*edited.notes, note])

    def prepare(self) -> None:
        """Learn how the file is written."""
        super().prepare()
        self.quote = favourite_quote(self.module)
        self.quiet = False

    def leave_Expr(
        self, original_node: cst.Expr, updated_node: cst.Expr
    ) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        """Take away a print that only draws a line or leaves one empty."""
        if not isinstance(original_node.value, cst.Call):
            return updated_node
        finding = self.target(original_node.value)
        if finding is None or finding.facts["form"] != "ruler":
            return updated_node
        return cst.RemoveFromParent()

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Write the record with the level that the finding or the owner names."""
        finding = self.target(original_node)
        if finding is None or finding.facts["form"] == "ruler":
            return updated_node
        level = finding.facts["level"] if self.options.level == "auto" else self.options.level
        logger, flavour = logger_at(self, finding, self.options.name)
        call = without_keywords(updated_node)
        func = expression(f"{logger}.{level}")
        self.quiet |= flavour is Flavour.STANDARD and level in ("debug", "info")
        try:
            message = self._message(call, finding, flavour)
        except Refusal:
            if flavour is Flavour.STANDARD or len(call.args) != 1:
                raise
            return call.with_changes(func=func)  # one finished text is what every logger takes
        return written(call.with_changes(func=func), 0, message, flavour)

    def _message(self, call: cst.Call, finding: Finding, flavour: Flavour) -> Message:
        form = finding.facts["form"]
        if form == "pprint" and flavour is Flavour.STRUCTLOG:  # it lays values out itself
            self.drop_import("pprint")
        elif form == "pprint":
            shown = cst.Call(
                expression(self.import_name("pprint", "pformat")),
                [call.args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)],
            )
            self.drop_import("pprint")
            message = Message(self.quote)
            message.add(shown)
            return message
        if form == "write" or "sys." in finding.facts.get("file", ""):
            self.drop_import("sys")
        message = printed(call, finding.facts.get("sep", " "), self.quote)
        message.strip()
        return message


def printed(call: cst.Call, separator: str, quote: str) -> Message:
    """Return what a print shows: its arguments, parted by the separator."""
    message = Message(quote)
    for at, arg in enumerate(call.args):
        if at:
            message.text(separator)
        message.add(arg.value)
    return message


def without_keywords(call: cst.Call) -> cst.Call:
    """Return a call with its positional arguments only; the last one ends as the call did."""
    args = [arg for arg in call.args if arg.keyword is None]
    if args and len(args) < len(call.args):
        ends = call.args[-1]
        args[-1] = args[-1].with_changes(comma=ends.comma, whitespace_after_arg=ends.whitespace_after_arg)
    return call.with_changes(args=args)
