"""Remove temporary files and folders on every way out."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from harden.codemods.arguments import argument_at, without_argument
from harden.codemods.codemod import PythonCodemod, expression
from harden.errors import Refusal
from harden.findings import Finding


class RemoveTemporary(PythonCodemod):
    """Use a `with` block for a folder; leave `delete=False` away, or remove the file in a `finally`."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Let the `with` block that is there remove the file."""
        finding = self.target(original_node)
        if finding is None or finding.facts["form"] != "drop":
            return updated_node
        at = argument_at(updated_node, "delete")
        if at is None:
            raise Refusal("It is not said here that the file stays.")
        return without_argument(updated_node, at)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        """Put the statements that use what is temporary into a block that removes it."""
        found = {
            at: made for at, node in enumerate(original_node.body) if (made := self._made(node)) is not None
        }
        body = list(updated_node.body)
        for at in sorted(found, reverse=True):
            body = self._wrapped(body, at, found[at])
        return updated_node.with_changes(body=body) if found else updated_node

    def _made(self, node: cst.BaseStatement) -> Finding | None:
        """Return the finding whose temporary file a statement makes."""
        if isinstance(node, cst.With):
            calls = [item.item for item in node.items]
        elif isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], cst.Assign):
            value = node.body[0].value
            inner = value.args[0].value if isinstance(value, cst.Call) and len(value.args) == 1 else value
            calls = [value, inner]
        else:
            return None
        for call in calls:
            finding = self.target(call) if isinstance(call, cst.Call) else None
            if finding is not None and finding.facts["form"] != "drop":
                if isinstance(node, cst.SimpleStatementLine) and len(node.body) > 1:
                    self.refuse(
                        finding, "Several statements share the line: give it a line of its own first."
                    )
                    return None
                return finding
        return None

    def _wrapped(self, body: list[cst.BaseStatement], at: int, finding: Finding) -> list[cst.BaseStatement]:
        last = at + int(finding.facts["through"])
        statement, inner, rest = body[at], body[at + 1 : last + 1], body[last + 1 :]
        if finding.facts["form"] == "folder":
            return [
                *body[:at],
                self._folder(cst.ensure_type(statement, cst.SimpleStatementLine), inner),
                *rest,
            ]
        return [*body[:at], statement, self._finally(inner, finding), *rest]

    def _folder(self, line: cst.SimpleStatementLine, inner: Sequence[cst.BaseStatement]) -> cst.With:
        assign = cst.ensure_type(line.body[0], cst.Assign)
        call = cst.ensure_type(assign.value, cst.Call)
        maker = expression(self.import_member("tempfile", "TemporaryDirectory"))
        self.drop_import("tempfile")
        name = cst.ensure_type(assign.targets[0].target, cst.Name)
        item = cst.WithItem(call.with_changes(func=maker), cst.AsName(name))
        block = cst.IndentedBlock(_closed_up(inner), header=line.trailing_whitespace)
        return cst.With([item], block, leading_lines=line.leading_lines)

    def _finally(self, inner: Sequence[cst.BaseStatement], finding: Finding) -> cst.Try:
        is_folder = finding.message.startswith("the temporary folder")
        remover = self.import_member("shutil", "rmtree") if is_folder else self.import_member("os", "unlink")
        options = ", ignore_errors=True" if is_folder else ""
        removal = cst.parse_statement(f"{remover}({finding.facts['path']}{options})")
        blank = [line for line in getattr(inner[0], "leading_lines", ()) if line.comment is None][:1]
        return cst.Try(
            cst.IndentedBlock(_closed_up(inner)),
            finalbody=cst.Finally(cst.IndentedBlock([removal])),
            leading_lines=blank if not _has_comment(inner[0]) else [],
        )


def _closed_up(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """Return statements without blank lines in front of the first one."""
    lines: Sequence[cst.EmptyLine] = getattr(body[0], "leading_lines", ())
    while lines and lines[0].comment is None:
        lines = lines[1:]
    return [body[0].with_changes(leading_lines=lines), *body[1:]]


def _has_comment(node: cst.BaseStatement) -> bool:
    return any(line.comment is not None for line in getattr(node, "leading_lines", ()))
