"""Values of one environment move out of the code, with today's value as default."""

from __future__ import annotations

import ast
import re
from typing import ClassVar, Literal

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import argument_at, with_argument, with_keyword
from harden.codemods.codemod import PythonCodemod, expression, source_of
from harden.codemods.env_files import declare_variable
from harden.codemods.env_names import ValueOptions, claim
from harden.codemods.env_readers import Cast, read_variable, variable_read
from harden.codemods.quotes import favourite_quote
from harden.dockerfile import builds_image
from harden.environment import environment_reads
from harden.errors import Refusal
from harden.findings import Finding
from harden.module import Module
from harden.roles import FileKind, file_kind

_CORS_HEADER = re.compile(r"(?i)access-control-allow-origin")


class ValueByVariable(PythonCodemod):
    """Replace a literal by an environment variable that falls back to the literal."""

    Options: ClassVar[type[BaseModel]] = ValueOptions
    options: ValueOptions

    def prepare(self) -> None:
        """Note which variables the file reads already."""
        self._values: dict[str, str] = {}
        self._read_here = {read.name for read in environment_reads(self.module)}

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        """Replace a literal."""
        return self._replaced(original_node, updated_node)

    def leave_ConcatenatedString(
        self, original_node: cst.ConcatenatedString, updated_node: cst.ConcatenatedString
    ) -> cst.BaseExpression:
        """Replace adjacent literals."""
        return self._replaced(original_node, updated_node)

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.BaseExpression:
        """Replace an f-string."""
        return self._replaced(original_node, updated_node)

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        """Replace a text that is put together."""
        return self._replaced(original_node, updated_node)

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.BaseExpression:
        """Replace a list of texts."""
        return self._replaced(original_node, updated_node)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Replace a text that is formatted; give a host's port a variable too."""
        host = next((f for arg in original_node.args if (f := self._host_in(arg.value)) is not None), None)
        if host is not None:
            return self._with_port(host, original_node, updated_node)
        return self._replaced(original_node, updated_node)

    def _host_in(self, value: cst.BaseExpression) -> Finding | None:
        finding = self.target(value) if isinstance(value, cst.SimpleString | cst.ConcatenatedString) else None
        return finding if finding is not None and "port" in finding.facts else None

    def _with_port(self, finding: Finding, original: cst.Call, call: cst.Call) -> cst.Call:
        at = argument_at(call, "port")
        if at is None and finding.facts.get("port_at"):
            at = int(finding.facts["port_at"])
        if at is None or at >= len(call.args) or not isinstance(call.args[at].value, cst.Integer):
            return call
        old = call.args[at].value
        host = next(arg.value for arg in original.args if self._host_in(arg.value) is not None)
        quote = "'" if source_of(host).startswith("'") else '"'
        code = self._read(finding, finding.facts["port"], source_of(old), "int", quote)
        return with_argument(call, at, expression(code))

    def _replaced(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        finding = self.target(original)
        if finding is None:
            return updated
        bare = updated.with_changes(lpar=[], rpar=[])
        code = source_of(bare)
        if "\n" in code:
            raise Refusal("The value stands on several lines: put it on one first.")
        name = self.options.name or finding.facts["env"]
        cast = finding.facts.get("cast", "str")
        return expression(self._read(finding, name, self._default(finding, code), cast))

    def _default(self, finding: Finding, code: str) -> str:
        """Return the code of the value to fall back on."""
        return code

    def _read(self, finding: Finding, name: str, default: str, cast: str, quote: str = "") -> str:
        is_read = name in self._read_here and not self.options.name
        claim(self._values, name, default, read_in="this file" if is_read else "")
        kinds: dict[str, Cast] = {"int": "int", "list": "list", "path": "path"}
        if not quote:
            quote = default[:1] if default[:1] in ("'", '"') else favourite_quote(self.module)
        code = read_variable(self, finding, name, quote=quote, default=default, cast=kinds.get(cast, "str"))
        self._declare(variable_read(self, finding, name), finding, default)
        return code

    def _declare(self, name: str, finding: Finding, default: str) -> None:
        if self.options.template:
            declare_variable(self, name, _shown(default))


class PathByVariable(ValueByVariable):
    """Read a path from the environment; one to a file of the project is told from the module's own."""

    def _read(self, finding: Finding, name: str, default: str, cast: str, quote: str = "") -> str:
        beside = finding.facts.get("beside")
        if not beside or self.options.name:
            return super()._read(finding, name, default, cast, quote)
        path, quote = f"{self.import_name('os')}.path", favourite_quote(self.module)
        parts = ", ".join(f"{quote}{part}{quote}" for part in beside.split("/"))
        return f"{path}.join({path}.dirname({path}.abspath(__file__)), {parts})"


class EndpointByVariable(ValueByVariable):
    """Read an address from the environment; what comes before a path gets a name of its own."""

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.BaseExpression:
        """Let an f-string begin with the named address."""
        finding = self.target(original_node)
        first = updated_node.parts[0] if updated_node.parts else None
        if finding is None or "base" not in finding.facts or not isinstance(first, cst.FormattedStringText):
            return updated_node
        base = finding.facts["base"]
        if not first.value.startswith(base):
            raise Refusal("The address is written with escapes.")
        name = cst.FormattedStringExpression(cst.Name(self._named(finding, base)))
        rest = [first.with_changes(value=first.value[len(base) :])] if first.value != base else []
        return updated_node.with_changes(parts=[name, *rest, *updated_node.parts[1:]])

    def _replaced(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        finding = self.target(original)
        if finding is None or "base" not in finding.facts or not isinstance(updated, cst.SimpleString):
            return super()._replaced(original, updated)
        rest = updated.raw_value.removeprefix(finding.facts["base"])
        is_template = "template" in finding.facts
        if (
            rest == updated.raw_value
            or updated.prefix
            or set(rest) & set("\\\n" if is_template else "{}\\\n")
        ):
            return super()._replaced(original, updated)
        name = self._named(finding, finding.facts["base"])
        if is_template:
            return expression(f"({name} + {updated.quote}{rest}{updated.quote})")
        return expression(f"f{updated.quote}{{{name}}}{rest}{updated.quote}" if rest else name)

    def _named(self, finding: Finding, base: str) -> str:
        """Return the name of a new constant that holds the address, as the environment gives it."""
        variable = self.options.name or finding.facts["env"]
        if _is_given(self.module, variable, base):
            return variable
        quote = favourite_quote(self.module)
        code = self._read(finding, variable, f"{quote}{base}{quote}", "str")
        self.top_level(f"{variable} = {code}", binds=variable)
        return variable


class DatabaseByVariable(ValueByVariable):
    """Read a database's address from the environment, with the SQLite file as default."""

    def _declare(self, name: str, finding: Finding, default: str) -> None:
        images = [path for path in self.project.paths if builds_image(path)]
        if images and not (self.options.template or any(name in self.project.text(path) for path in images)):
            raise Refusal(f"Nothing would tell who runs the image of {name}: leave `template` on.")
        super()._declare(name, finding, default)
        self.notes.append(
            f"Without {name} the service goes on with the SQLite file: set it where it is deployed."
        )
        if "check_same_thread" in self.module.text:
            self.notes.append(
                "check_same_thread is an argument of SQLite alone: take it out for another database."
            )


class ListenOptions(ValueOptions):
    """Which address is meant where the environment names none."""

    default: Literal["auto", "127.0.0.1", "unchanged"] = Field(
        "auto",
        title="Without the variable",
        description="this machine only, or as today; auto: as today where a container image is built",
    )


class ListenWhereTold(ValueByVariable):
    """Take the address to listen on from the environment."""

    Options: ClassVar[type[BaseModel]] = ListenOptions
    options: ListenOptions

    def _default(self, finding: Finding, code: str) -> str:
        keeps = self.options.default == "unchanged"
        if self.options.default == "auto":
            keeps = any(builds_image(path) for path in self.project.paths)
        if keeps:
            return code
        self.notes.append(f"Without {finding.facts['env']} the service is reached from its own machine only.")
        quote = code[:1] if code[:1] in "'\"" else '"'
        return f"{quote}{finding.facts['safe']}{quote}"


class AllowNamedOrigins(ValueByVariable):
    """Take the origins that may call the service from the environment."""

    def prepare(self) -> None:
        """Refuse where tests look at the header that is about to change."""
        super().prepare()
        tests = [path for path in self.project.paths if file_kind(path) is FileKind.TEST]
        for path in (path for path in tests if path.endswith(".py")):
            if _CORS_HEADER.search(self.project.text(path)):
                raise Refusal(f"{path} looks at the header that allows all websites: change that test first.")

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.BaseExpression:
        """Replace `("*",)`."""
        return self._replaced(original_node, updated_node)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Name the origins of `CORS(app)`."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        return with_keyword(updated_node, "origins", expression(self._origins(finding)))

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        """Replace `CORS_ALLOW_ALL_ORIGINS = True` by a list, or turn it off where there is a list."""
        finding = self.target(original_node.value)
        if finding is None or not isinstance(original_node.value, cst.Name):
            return updated_node
        if "value" in finding.facts:
            return updated_node.with_changes(value=expression(finding.facts["value"]))
        target = updated_node.targets[0].with_changes(target=cst.Name(finding.facts["setting"]))
        return updated_node.with_changes(targets=[target], value=expression(self._origins(finding)))

    def _replaced(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        finding = self.target(original)
        return updated if finding is None else expression(self._origins(finding))

    def _origins(self, finding: Finding) -> str:
        name = self.options.name or finding.facts["env"]
        self.notes.append(f"Set {name} to the sites that call the service, with commas between.")
        return self._read(finding, name, "[]", "list")


def _is_given(module: Module, name: str, value: str) -> bool:
    """Tell whether the file has a constant of this name that holds this value, or falls back to it."""
    bound = module.names.scopes[module.tree].bindings.get(name, ())
    statement = module.parents.get(bound[0]) if len(bound) == 1 else None
    if not isinstance(statement, ast.Assign):
        return False
    return any(isinstance(node, ast.Constant) and node.value == value for node in ast.walk(statement.value))


def _shown(default: str) -> str | None:
    """Return the text of a default as a template of the environment shows it; None for what is computed."""
    try:
        value: object = ast.literal_eval(default)
    except ValueError:
        return None
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
