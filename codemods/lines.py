"""Loop over a file instead of over the list of its lines."""

from __future__ import annotations

import libcst as cst

from harden.codemods.codemod import PythonCodemod


class IterateLines(PythonCodemod):
    """Write the file itself for `file.readlines()`."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Leave the call away."""
        if self.target(original_node) is None:
            return updated_node
        file = cst.ensure_type(updated_node.func, cst.Attribute).value
        if updated_node.lpar:
            return file.with_changes(
                lpar=[*updated_node.lpar, *file.lpar], rpar=[*file.rpar, *updated_node.rpar]
            )
        return file
