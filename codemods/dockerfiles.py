"""Edit Dockerfiles."""

from __future__ import annotations

from collections.abc import Sequence

from harden.codemods.codemod import Edited, TextCodemod
from harden.findings import Finding
from harden.module import TextFile, split_lines


class AddUser(TextCodemod):
    """Make a user and switch to it before the program is started.

    Facts: `line` before which it goes, `user`, and the instruction that makes it, if it has to be made.
    """

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Add the instructions, and say what else may have to change."""
        edited = super().edit(path, findings)
        edited.notes.append(
            "Folders that the program writes to must belong to the new user: "
            "`RUN chown` them before USER, or copy with `--chown`."
        )
        return edited

    def edit_text(self, file: TextFile, findings: Sequence[Finding]) -> str:
        """Return the text with the instructions above the first CMD or ENTRYPOINT and its comments."""
        lines = split_lines(file.text)
        newline = file.source.newline
        for finding in sorted(findings, key=lambda finding: int(finding.facts["line"]), reverse=True):
            at = int(finding.facts["line"]) - 1
            while at and lines[at - 1].lstrip().startswith("#"):
                at -= 1
            if at and not lines[at - 1].endswith(("\n", "\r")):
                lines[at - 1] += newline
            created = [finding.facts["create"]] if finding.facts["create"] else []
            gap = (
                [newline] if at < int(finding.facts["line"]) - 1 and at and not lines[at - 1].strip() else []
            )
            lines[at:at] = [*(code + newline for code in (*created, f"USER {finding.facts['user']}")), *gap]
        return "".join(lines)
