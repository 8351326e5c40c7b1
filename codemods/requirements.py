"""Pin requirements to the versions that are installed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, Field

from harden.codemods.codemod import Options, TextCodemod
from harden.codemods.installed import environment, normalised
from harden.errors import Refusal
from harden.findings import Finding
from harden.module import TextFile, split_lines

_PARTS = re.compile(
    r"(\s*[A-Za-z0-9][\w.-]*(?:\s*\[[^\]]*\])?)(\s*)(\([^)]*\)|[^;#\\\r\n]*?)(\s*(?:[;#\\].*)?)"
)


class PinOptions(Options):
    """Where versions come from."""

    versions_from: str = Field(
        "",
        title="Versions from",
        description="folder of a virtual environment; empty: .venv, venv or env in the project",
    )


class PinVersion(TextCodemod):
    """Write `==` and the installed version; markers, extras and comments stay."""

    Options: ClassVar[type[BaseModel]] = PinOptions
    options: PinOptions

    def edit_text(self, file: TextFile, findings: Sequence[Finding]) -> str:
        """Return the text with each requirement pinned. Raises Refusal for one that is not installed."""
        known = environment(self.project.root, self.options.versions_from)
        lines = split_lines(file.text)
        for finding in findings:
            name = finding.facts["name"]
            version = known.get(normalised(name))
            if version is None:
                raise Refusal(f"{name} is not installed there: nothing to take its version from.")
            line = lines[finding.span.line - 1]
            body = line.rstrip("\r\n")
            parts = _PARTS.fullmatch(body)
            if parts is None:
                raise Refusal(f"The line of {name} is written in a way that is not understood.")
            lines[finding.span.line - 1] = f"{parts[1].rstrip()}=={version}{parts[4]}{line[len(body) :]}"
        return "".join(lines)
