"""Configure logging where a service is made."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from harden.codemods.codemod import Edited, Options, PythonCodemod
from harden.codemods.import_header import LOADERS
from harden.codemods.import_lines import ImportStatement
from harden.codemods.imports import Imports
from harden.codemods.quotes import favourite_quote
from harden.errors import Refusal
from harden.findings import Finding, Severity
from harden.log_setup import entry_point
from harden.module import split_lines
from harden.project import Project

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class LogSetupOptions(Options):
    """How a service logs."""

    format: Literal["text", "json"] = Field(
        "text", title="Format", description="json adds a small module that writes one JSON object per line"
    )
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", title="Level", description="what is shown where the variable is not set"
    )
    variable: str = Field(
        "LOG_LEVEL",
        pattern=r"^[A-Z_][A-Z0-9_]*$",
        title="Variable",
        description="the environment variable that sets the level",
    )


class ConfigureLogging(PythonCodemod):
    """Write the configuration before the application, or after the last of Django's settings."""

    Options: ClassVar[type[BaseModel]] = LogSetupOptions
    options: LogSetupOptions

    def prepare(self) -> None:
        """Insert it as whole lines."""
        self.quote = favourite_quote(self.module)
        indents = re.search(r"^([ \t]+)\S", self.module.text, re.MULTILINE)
        self.indent = "\t" if indents and indents[1].startswith("\t") else "    "
        finding = self._targets[0]
        self._current = finding
        statement = next(
            node for node in ast.walk(self.module.tree) if isinstance(node, ast.stmt) and _at(node, finding)
        )
        if finding.facts["place"] == "django":
            line = statement.end_lineno or statement.lineno
            self._insert_after(line, self._settings(), statement)
        elif isinstance(self.module.parents[statement], ast.Module):
            last = self._last_import(statement)
            self._insert_after(last.end_lineno or last.lineno, self._call(), last)
        else:
            self._insert_before(statement)

    def _call(self) -> str:
        if self.options.format == "json":
            return f"{self._json_module('configure_logging')}()\n"
        basic = f"{self.import_name('logging')}.basicConfig"
        return f'{basic}(\n    level={self._level()},\n    format="{_FORMAT}",\n)\n'

    def _settings(self) -> str:
        """Return Django's setting; its own loggers keep what Django gives them."""
        how = f'"format": "{_FORMAT}"'
        if self.options.format == "json":
            how = f'"()": "{self._json_path()[1]}.JsonFormatter"'
        return _SETTINGS.replace("{how}", how).replace("{level}", self._level())

    def _level(self) -> str:
        getenv = self.import_member("os", "getenv")
        return f'{getenv}("{self.options.variable}", "{self.options.level}").upper()'

    def _json_module(self, name: str) -> str:
        """Return what to write for a name of the module with the JSON formatter, which is made here."""
        return self.import_name(self._json_path()[1], name)

    def _json_path(self) -> tuple[str, str]:
        folder = PurePosixPath(self.module.path).parent
        for stem in ("logging_config", "json_logging"):
            path = (folder / f"{stem}.py").as_posix()
            if self.read_other(path) is None:
                code = _JSON_MODULE.replace("{variable}", self.options.variable)
                code = code.replace("{level}", self.options.level)
                self.other_file(path, code.replace("\n", self.module.source.newline).encode())
                project = self.project.with_files({path: b""})  # one that knows the new file as its own
                self._imports = Imports(project.module(self.module.path))
                return path, project.module_name(path)
        raise Refusal(f"{folder}/logging_config.py exists already: call it from here.")

    def _last_import(self, statement: ast.stmt) -> ast.stmt:
        """Return the last statement before the application that imports, or reads variables from a file."""
        body = self.module.tree.body
        before = [node for node in body[: body.index(statement)] if self._is_preparation(node)]
        if not before:
            raise Refusal("The application is made before anything is imported.")
        return before[-1]

    def _is_preparation(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return self.module.resolve(node.value.func) in LOADERS
        if isinstance(node, ast.Try | ast.If):
            return any(isinstance(inner, ImportStatement) for inner in node.body)
        return isinstance(node, ImportStatement)

    def _insert_after(self, line: int, code: str, statement: ast.stmt) -> None:
        """Insert top-level code after a statement, with a blank line on each side."""
        following = self.module.lines[line:]
        if any(node.lineno == line and node is not statement for node in self.module.tree.body):
            raise Refusal("Several statements share the line after which logging would be configured.")
        ended = "" if self.module.lines[line - 1].endswith(("\n", "\r")) else "\n"
        gap = "\n" if following and following[0].strip() else ""
        self.insert(line + 1, self._as_written(f"{ended}\n{code}{gap}"))

    def _insert_before(self, statement: ast.stmt) -> None:
        """Insert code before a statement of a function, above its comments."""
        line = statement.lineno
        written = self.module.lines[line - 1]
        margin = written[: len(written) - len(written.lstrip())]
        if len(margin) != statement.col_offset:
            raise Refusal("The application shares its line with other code.")
        while self.module.lines[line - 2].startswith(f"{margin}#"):
            line -= 1
        code = "".join(margin + text for text in split_lines(self._call()))
        self.insert(line, self._as_written(code, margin))

    def _as_written(self, code: str, margin: str = "") -> str:
        """Return code with the file's indentation, quotes and line endings."""
        lines = [text.removeprefix(margin) for text in split_lines(code)]
        code = "".join(margin + text.replace("    ", self.indent) if text.strip() else text for text in lines)
        return code.replace('"', self.quote).replace("\n", self.module.source.newline)


def with_configuration(project: Project, path: str, edited: Edited) -> Edited:
    """Return an edit of `path` to which the configuration at the project's entry point is added."""
    after = project.with_files({**edited.others, path: edited.data})
    entry = entry_point(after)
    if entry is None:
        return edited
    place = "django" if entry.is_django else "application"
    module, statement = entry.module, entry.statement
    finding = Finding(
        "no-logging-config",
        module.path,
        module.span(statement),
        "",
        Severity.MEDIUM,
        facts={"place": place},
    )
    try:
        setup = ConfigureLogging(after, ConfigureLogging.Options()).edit(module.path, [finding])
    except Refusal as refusal:
        return replace(edited, notes=[*edited.notes, f"Logging is still not configured: {refusal}"])
    others = {**edited.others, **setup.others}
    if module.path == path:
        return replace(edited, data=setup.data, others=others)
    return replace(edited, others={**others, module.path: setup.data})


def _at(node: ast.stmt, finding: Finding) -> bool:
    return (node.lineno, node.col_offset) == (finding.span.line, finding.span.column)


_SETTINGS = """\
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {{how}},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
    },
    "root": {
        "handlers": ["console"],
        "level": {level},
    },
}
"""
_JSON_MODULE = '''\
"""Logging as JSON lines: one object per record."""

import json
import logging
import os
from datetime import datetime, timezone

_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON, with the values given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name, value in vars(record).items() if name not in _STANDARD})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line, default=str)


def configure_logging() -> None:
    """Send every record to standard error, from the level in {variable} on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=os.getenv("{variable}", "{level}").upper(), handlers=[handler])
'''
