"""Keep a file out of git: an ignore line, a template with the names, and word of what is left to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from harden.codemods.codemod import Codemod, Edited
from harden.codemods.dotenv import is_tracked
from harden.codemods.env_files import appended, exists, is_ignored, text_of
from harden.dotenv import TEMPLATES
from harden.errors import Refusal
from harden.findings import Finding

_LIST = ".gitignore"
_NAMED = re.compile(r"(?m)^\s*#?\s*(?:export\s+)?([\w.\-]+)[ \t]*=")


class KeepOutOfGit(Codemod):
    """Have git ignore a file. The file itself, and what git tracks, stay as they are."""

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Add the ignore line, and name the variables of an environment file in its template."""
        self._ignore(path)
        names = findings[0].facts.get("names", "").split()
        if names:
            self._name(path, names)
        return Edited(self.project.read(path), self.others, notes=self._left_to_do(path))

    def _ignore(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        own = f"{folder}/{_LIST}" if folder else _LIST
        place = own if exists(self, own) else _LIST
        pattern = name if place == own and folder else path
        line = ".env" if name == ".env" else f"/{pattern}"
        text, source = text_of(self, place)
        self.other_file(place, source.encode(appended(text, line, source)))
        if not is_ignored(self, path):
            raise Refusal(f"{place} says elsewhere that git is to take {path}: change that first.")

    def _name(self, path: str, names: Sequence[str]) -> None:
        folder = path.removesuffix(PurePosixPath(path).name)
        known = [folder + file for file in TEMPLATES if exists(self, folder + file)]
        template = known[0] if known else folder + TEMPLATES[0]
        text, source = text_of(self, template)
        told = set(_NAMED.findall(text))
        for name in names:
            if name not in told:
                text = appended(text, f"{name}=", source)
        self.other_file(template, source.encode(text))

    def _left_to_do(self, path: str) -> list[str]:
        if not is_tracked(self.project.root, path):
            return [f"git does not track {path} yet, so that this is enough."]
        return [
            f"git tracks {path} until `git rm --cached {path}` is committed; the file stays where it is.",
            "What it holds stays in the history: replace the secrets themselves.",
        ]
