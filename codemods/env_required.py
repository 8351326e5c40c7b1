"""Reads of the environment that go on without their variable become required."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst
from pydantic import BaseModel

from harden.codemods.codemod import Options, PythonCodemod, expression, source_of
from harden.codemods.env_files import declare_variable
from harden.codemods.env_names import TEMPLATE, TESTS
from harden.codemods.for_builds import give_to_builds
from harden.codemods.for_tests import give_to_tests


class RequireOptions(Options):
    """What else is told of the variable."""

    template: bool = TEMPLATE
    tests: bool = TESTS


class RequireRead(PythonCodemod):
    """Read a variable so that the code fails, and names it, where it is missing."""

    Options: ClassVar[type[BaseModel]] = RequireOptions
    options: RequireOptions

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Write `os.environ["X"]` for `os.getenv("X")`."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        name = finding.facts["env"]
        if self.options.tests and finding.facts["breaks"] != "loud":  # what raised until now is set in tests
            harmless = f"only-for-tests-{name.lower().replace('_', '-')}"
            give_to_tests(self, name, harmless, "")
            give_to_builds(self, name, harmless)
        if self.options.template:
            declare_variable(self, name)
        self.notes.append(f"{name} must be set wherever the service runs.")
        self.drop_import("os")
        written = source_of(updated_node.args[0].value)
        read = expression(f"{self.import_member('os', 'environ')}[{written}]")
        return read.with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)
