"""Send records of the root logger through the module's own."""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst
from pydantic import BaseModel

from harden.codemods.codemod import PythonCodemod, expression
from harden.codemods.loggers import LoggerOptions, logger_at
from harden.errors import Refusal
from harden.logs import Flavour
from harden.roles import FileKind, file_kind

_LOOKS = re.compile(
    r"""\(\s*["']root["'],\s*(logging\.|\d)|name\s*==\s*["']root["']|assertLogs\(\s*["']root["']"""
    r"""|(DEBUG|INFO|WARNING|ERROR|CRITICAL):root:"""
)


class UseModuleLogger(PythonCodemod):
    """Turn `logging.info` into `logger.info`; arguments stay as they are."""

    Options: ClassVar[type[BaseModel]] = LoggerOptions
    options: LoggerOptions

    def prepare(self) -> None:
        """Refuse where tests look at the names of records."""
        for path in self.project.mentions("root"):
            text = self.project.text(path)
            if file_kind(path) is FileKind.TEST and _LOOKS.search(text):
                raise Refusal(f"{path} looks for records of `root`.")

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Replace what is called."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        logger, flavour = logger_at(self, finding, self.options.name)
        if flavour is not Flavour.STANDARD:
            raise Refusal(f"This file's logger is of {flavour.value}, which takes other arguments.")
        self.drop_import("logging")
        return updated_node.with_changes(func=expression(f"{logger}.{finding.facts['method']}"))
