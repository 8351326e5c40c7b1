"""How a timeout is written: seconds, pairs, each library's own object, or a constant of the module."""

from __future__ import annotations

import ast
import math
import re
from typing import ClassVar

from pydantic import BaseModel, Field

from harden.codemods.codemod import Options, PythonCodemod
from harden.errors import Refusal
from harden.source import decode

_NAME = r"^([A-Za-z_]\w*(\.[A-Za-z_]\w*)*)?$"


class TimeoutOptions(Options):
    """How long a call may wait for its peer."""

    timeout: float = Field(10, gt=0, le=3600, title="Timeout", description="seconds before the call gives up")
    connect_timeout: float | None = Field(
        None,
        gt=0,
        le=3600,
        title="Connect timeout",
        description="seconds to connect, where the library tells the two apart; empty: as the timeout",
    )
    slow_timeout: float = Field(
        60,
        gt=0,
        le=3600,
        title="Timeout of slow services",
        description="seconds for language models and the like",
    )
    constant: str = Field(
        "",
        pattern=_NAME,
        title="Constant",
        description="name for the value: HTTP_TIMEOUT is defined in each file, app.config.HTTP_TIMEOUT once",
    )


class WaitOptions(Options):
    """How long to wait for another thread, task or program."""

    timeout: float = Field(
        60, gt=0, le=86400, title="Timeout", description="seconds before the wait is given up"
    )
    task_timeout: float = Field(
        600, gt=0, le=86400, title="Timeout in tasks", description="the same in background tasks"
    )
    constant: str = Field(
        "",
        pattern=_NAME,
        title="Constant",
        description="name for the value: WAIT_TIMEOUT is defined in each file, app.config.WAIT_TIMEOUT once",
    )


class TimedCodemod(PythonCodemod):
    """A codemod whose options say how long calls may wait."""

    Options: ClassVar[type[BaseModel]] = TimeoutOptions
    options: TimeoutOptions | WaitOptions

    def value(self, form: str) -> str:
        """Return the code of a timeout in one of the forms that findings ask for."""
        read = self.options.timeout
        connect = getattr(self.options, "connect_timeout", None) or read
        slow = getattr(self.options, "slow_timeout", read)
        match form:
            case "connect":
                return self._named(number(connect), "" if connect == read else "CONNECT")
            case "pair":
                seconds = self.value("seconds")
                return f"({self.value('connect')}, {seconds})" if connect != read else seconds
            case "slow":
                return self._named(number(slow), "" if slow == read else "SLOW")
            case "task":
                task = getattr(self.options, "task_timeout", read)
                return self._named(number(task), "" if task == read else "TASK")
            case "aiohttp":
                apart = f", connect={self.value('connect')}" if connect != read else ""
                made = self.import_name("aiohttp", "ClientTimeout")
                return f"{made}(total={self.value('seconds')}{apart})"
            case "boto" | "boto-slow":
                config = self._aws_config()
                reads = self.value("slow" if form == "boto-slow" else "seconds")
                return f"{config}(connect_timeout={self.value('connect')}, read_timeout={reads})"
            case "twilio":
                client = self.import_name("twilio.http.http_client", "TwilioHttpClient")
                return f"{client}(timeout={self.value('seconds')})"
            case "stripe":
                client = self.import_name("stripe", "RequestsClient")
                return f"{client}(timeout={self.value('pair')})"
            case "genai":
                return f'{{"timeout": {round(slow * 1000)}}}'
        return self._named(number(read), "")

    def _aws_config(self) -> str:
        """Return botocore's Config; where boto3 may be missing, by way of the boto3 that is there."""
        if not self.is_optional("boto3"):
            return self.import_name("botocore.config", "Config")
        given = self._current.facts.get("package", "") if self._current else ""
        if not given:
            raise Refusal("boto3 is imported only where it may be missing, and botocore with it.")
        return f"{given}.session.Config"

    def _named(self, code: str, kind: str) -> str:
        """Return a value, or the constant that stands for it, defined after the imports."""
        module, _, name = self.options.constant.rpartition(".")
        if not name:
            return code
        if kind:  # HTTP_TIMEOUT for slow services is HTTP_SLOW_TIMEOUT
            head, _, tail = name.rpartition("_")
            kind = kind if name.isupper() else kind.lower()
            name = "_".join(part for part in (head, kind, tail) if part)
        if module and module != self.module.name:
            return self._shared(module, name, code)
        if not self._is_constant(name):
            self.top_level(f"{name} = {code}", binds=name)
        return name

    def _shared(self, module: str, name: str, code: str) -> str:
        """Return a constant of another module of the project, which gets it at its end where it lacks it."""
        path = self.project.names.get(module)
        if path is None:
            raise Refusal(f"The project has no module {module} for the constant.")
        home = self.project.module(path)
        if any(home.names.absolute(node) == self.module.name for node in home.nodes(ast.ImportFrom)):
            raise Refusal(f"{path} imports {self.module.path}, so that it cannot be imported here.")
        text = decode(path, self.read_other(path) or b"").text
        if not re.search(rf"^{name}\b", text, re.MULTILINE):
            newline = home.source.newline
            end = "" if not text or text.endswith(("\n", "\r")) else newline
            self.other_file(path, home.source.encode(f"{text}{end}{name} = {code}{newline}"))
        return self.import_name(module, name)

    def _is_constant(self, name: str) -> bool:
        """Tell whether the file has a constant of this name already: its own, or one that it imports."""
        scopes = self.module.names.scopes
        bound = scopes[self.module.tree].bindings.get(name, [])
        statement = self.module.parents.get(bound[0]) if len(bound) == 1 else None
        if statement not in self.module.tree.body or not isinstance(statement, ast.stmt):
            return False
        if self._current is None or statement.lineno >= self._current.span.line:
            return False
        if any(name in scope.bindings for node, scope in scopes.items() if node is not self.module.tree):
            return False
        value = getattr(statement, "value", None)
        is_none = isinstance(value, ast.Constant) and value.value is None
        return isinstance(statement, ast.ImportFrom) or (isinstance(value, ast.expr) and not is_none)


def number(seconds: float) -> str:
    """Return a number of seconds as a person writes it."""
    return str(math.trunc(seconds)) if seconds == math.trunc(seconds) else repr(seconds)
