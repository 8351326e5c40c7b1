"""Move a value from the code into the environment, required at the start."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import argument_at, without_argument
from harden.codemods.codemod import Edited, PythonCodemod, expression
from harden.codemods.dotenv import move_value
from harden.codemods.env_files import declare_variable
from harden.codemods.env_names import TESTS, ValueOptions, claim
from harden.codemods.env_readers import read_variable, reader_at, variable_read
from harden.codemods.for_builds import give_to_builds
from harden.codemods.for_tests import give_to_tests
from harden.codemods.settings_fields import read_field, settings_object
from harden.environment import environment_reads
from harden.errors import Refusal, UnreadableSource
from harden.findings import Finding
from harden.history import Sightings, sightings
from harden.roles import FileKind, file_kind

_TEXT = (cst.SimpleString, cst.ConcatenatedString)


class VariableOptions(ValueOptions):
    """Where the value is to come from, and who else needs it."""

    tests: bool = TESTS


class SecretOptions(VariableOptions):
    """Where the secret is to come from, and what becomes of its value."""

    move: bool = Field(
        False,
        title="Put today's value into .env",
        description="where git ignores that file and the program loads it; else the fix is refused",
    )


class RequireVariable(PythonCodemod):
    """Replace a secret by a required environment variable, through the reader that the file already has."""

    Options: ClassVar[type[BaseModel]] = SecretOptions
    options: SecretOptions

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Mend the findings, and say in which commits their values are."""
        edited = super().edit(path, findings)
        seen = sightings(self.project.root, path, self._moved)
        edited.notes += [_where(name, seen.get(name)) for name in self._moved]
        return edited

    def prepare(self) -> None:
        """Note which variables the file reads, and how."""
        self._values: dict[str, str] = {}
        self._moved: dict[str, str] = {}
        self._read_here = {read.name for read in environment_reads(self.module)}

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        """Replace a secret written as one literal."""
        return self._literal(original_node, updated_node)

    def leave_ConcatenatedString(
        self, original_node: cst.ConcatenatedString, updated_node: cst.ConcatenatedString
    ) -> cst.BaseExpression:
        """Replace a secret written as adjacent literals."""
        return self._literal(original_node, updated_node)

    def leave_AnnAssign(self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign) -> cst.AnnAssign:
        """Make a field of a settings class required."""
        finding = self._finding_in(original_node.value)
        if finding is None or "field" not in finding.facts or updated_node.value is None:
            return updated_node
        if self.options.name:
            raise Refusal(
                f"pydantic-settings reads {finding.facts['env']} for this field: rename the field instead."
            )
        kept = _without_default(updated_node.value)
        self.drop_import("pydantic")
        value = _text_in(original_node.value)
        self._announce(finding.facts["env"], value)
        self._let_go(finding.facts["env"], value, "settings")
        equal = cst.MaybeSentinel.DEFAULT if kept is None else updated_node.equal
        return updated_node.with_changes(value=kept, equal=equal)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Take the fallback off a read of the environment."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        fallbacks = [arg.value for arg in original_node.args[1:] if isinstance(arg.value, _TEXT)]
        return self._required(finding, updated_node, _text_in(fallbacks[0]) if fallbacks else "")

    def leave_BooleanOperation(
        self, original_node: cst.BooleanOperation, updated_node: cst.BooleanOperation
    ) -> cst.BaseExpression:
        """Take `or "literal"` off a read of the environment."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        return self._required(finding, updated_node.left, _text_in(original_node.right))

    def _literal(self, original: cst.BaseString, updated: cst.BaseString) -> cst.BaseExpression:
        finding = self.target(original)
        if finding is None or "field" in finding.facts:
            return updated
        scheme = finding.facts.get("scheme", "")
        value = _text_in(original).removeprefix(scheme)
        if finding.facts.get("bytes") and not (value.isprintable() and value.isascii()):
            raise Refusal("These bytes are no text, which is all that a variable can hold.")
        name = self.options.name or finding.facts["env"]
        claim(self._values, name, value, read_in="" if self.options.name else self._read_in(name, value))
        code, variable, through = self._read(finding, name, _quote(original))
        if finding.facts.get("bytes"):
            code += ".encode()"
        if scheme:
            quote = _quote(original)
            code = f"{quote}{scheme}{quote} + {code}"
        self._announce(variable, value)
        self._let_go(variable, value, through)
        return expression(code)

    def _read(self, finding: Finding, name: str, quote: str) -> tuple[str, str, str]:
        """Return the code that reads a secret, the variable it comes from, and what reads that."""
        reader = reader_at(self, finding)
        found = settings_object(self) if reader.kind == "os" else None
        if found is not None:
            field, variable = found.field_of(name)
            return read_field(self, finding, found, field), variable, "settings"
        code = read_variable(self, finding, name, quote=quote)
        return code, variable_read(self, finding, name), reader.kind

    def _read_in(self, name: str, value: str) -> str:
        """Return where the program reads a variable already, unless for the same value."""
        if name in self._read_here:
            return "this file"
        for path in self.project.mentions(name):
            if path == self.module.path or file_kind(path) not in (FileKind.APP, FileKind.SCRIPT):
                continue
            try:
                reads = environment_reads(self.project.module(path))
            except UnreadableSource:
                continue
            if any(read.name == name for read in reads) and not self._had(path, value):
                return path
        return ""

    def _had(self, path: str, value: str) -> bool:
        """Tell whether a file that this patch edits held the same value before."""
        if path not in self.project.overlay:
            return False
        try:
            return value.encode() in (self.project.root / path).read_bytes()
        except OSError:
            return False

    def _required(self, finding: Finding, node: cst.BaseExpression, value: str) -> cst.BaseExpression:
        name = finding.facts["env"]
        if self.options.name and self.options.name != name:
            raise Refusal(f"The code already reads {name}; a new name would lose the value that is set.")
        through = reader_at(self, finding).kind if finding.facts.get("reader") else "os"
        self._announce(name, value)
        self._let_go(name, value, through)
        if finding.facts.get("reader") and isinstance(node, cst.Call):
            at = argument_at(node, "default")
            if at is None and len(node.args) > 1 and node.args[1].keyword is None:
                at = 1
            return node if at is None else without_argument(node, at)
        self.drop_import("os")
        quote = _quote(node.args[0].value) if isinstance(node, cst.Call) else '"'
        return expression(f"{self.import_member('os', 'environ')}[{quote}{name}{quote}]")

    def _finding_in(self, value: cst.BaseExpression | None) -> Finding | None:
        if isinstance(value, _TEXT):
            return self.target(value)
        if isinstance(value, cst.Call):
            return next(filter(None, (self._finding_in(arg.value) for arg in value.args)), None)
        return None

    def _announce(self, name: str, value: str) -> None:
        """Name the variable where people and tests look for it."""
        harmless = _harmless(name, value)
        if self.options.tests:
            give_to_tests(self, name, harmless, value)
        if self.options.template:
            declare_variable(self, name)
        give_to_builds(self, name, harmless)
        self.notes.append(f"{name} must be set wherever the service runs; it does not start without.")

    def _let_go(self, name: str, value: str, through: str) -> None:
        """See to a value that leaves the code; `through` is what will read the variable."""
        if not value:
            return
        if self.options.move:
            move_value(self, name, value, through)
        self._moved[name] = value


def _where(name: str, seen: Sightings | None) -> str:
    """Say in which commits a value is, as far as that is known."""
    if seen is None:
        return (
            f"The value of {name} stays in the history, if it was ever committed: replace the secret itself."
        )
    return f"The value of {name} is {seen}{': replace the secret itself.' if seen.commits else '.'}"


def _without_default(value: cst.BaseExpression) -> cst.BaseExpression | None:
    """Return what is left of a field's value: `Field(min_length=8)` of `Field("x", min_length=8)`."""
    if not isinstance(value, cst.Call) or not isinstance(value.func, cst.Name | cst.Attribute):
        return None
    name = value.func.value if isinstance(value.func, cst.Name) else value.func.attr.value
    if name != "Field":
        return None
    at = argument_at(value, "default")
    call = without_argument(value, 0 if at is None else at)
    return call if call.args else None


def _text_in(value: cst.BaseExpression | None) -> str:
    if isinstance(value, _TEXT):
        text = value.evaluated_value
        return text.decode("latin-1") if isinstance(text, bytes) else text or ""
    if isinstance(value, cst.Call):
        return next(filter(None, (_text_in(arg.value) for arg in value.args)), "")
    return ""


def _quote(value: cst.BaseExpression) -> str:
    first = value.left if isinstance(value, cst.ConcatenatedString) else value
    return "'" if isinstance(first, cst.SimpleString) and first.quote.startswith("'") else '"'


def _harmless(name: str, value: str) -> str:
    """Return a value for tests that nobody can take for a secret, of the same form as the old one."""
    if found := re.match(r"([a-z][a-z0-9+.\-]*)://", value):
        return f"{found[1]}://test:test@localhost/test"
    return f"only-for-tests-{name.lower().replace('_', '-')}-{'0' * max(0, 32 - 16 - len(name))}".rstrip("-")
