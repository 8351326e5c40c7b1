"""What every scaffold is: files that a project lacks, added for a person to go on from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from pydantic import BaseModel

from harden.codemods.codemod import Codemod, Edited
from harden.errors import Refusal
from harden.findings import Finding
from harden.project import Project

_HOME = (
    *("pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", "Pipfile", "manage.py"),
    *("Dockerfile", "Procfile", "requirements/base.txt"),
)
"""Files that stand where a service is built and started."""
_REQUIREMENTS = ("requirements", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg")


class Scaffold(Codemod):
    """A codemod that only adds new files; what is there stays as it is, and so does the finding."""

    def __init__(self, project: Project, options: BaseModel) -> None:
        super().__init__(project, options)
        self.notes: list[str] = []
        """What is left for a person, in sentences."""

    def files(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        """Return the new files by path, for the findings of a check that lie anywhere in the project.

        Raises Refusal where a file is there already, or the right place or framework cannot be known.
        """
        raise NotImplementedError

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Leave the file with the findings as it is, and add the others."""
        return Edited(self.project.read(path), self.files(findings), notes=self.notes)

    def homes(self, findings: Sequence[Finding]) -> tuple[str, ...]:
        """Return the folders, each with its slash, from which the services with findings are started."""
        return tuple(dict.fromkeys(self.home(finding.path) for finding in findings))

    def home(self, path: str) -> str:
        """Return the nearest folder above a file that holds what a service is built by, else the root."""
        for parent in PurePosixPath(path).parents:
            folder = "" if str(parent) == "." else f"{parent}/"
            if any(self.project.exists(folder + name) for name in _HOME):
                return folder
        return ""

    def requires(self, package: str) -> bool:
        """Tell whether the project names a package among those that it needs."""
        return any(
            package in self.project.text(path)
            for path in self.project.paths
            if path.rpartition("/")[2].startswith(_REQUIREMENTS)
        )

    def free(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the paths that no file has. Raises Refusal where all are taken."""
        asked = tuple(paths)
        free = tuple(path for path in asked if not self.project.exists(path))
        if not free:
            raise Refusal(f"{' and '.join(asked)} {'is' if len(asked) == 1 else 'are'} there already.")
        return free
