"""Which files the ignore lists of a project keep out of git."""

from __future__ import annotations

from pathlib import PurePosixPath

from harden.project import Project


def is_ignored(project: Project, path: str) -> bool:
    """Tell whether the ignore lists above a file keep it out of git; the nearest one that speaks decides."""
    from pathspec import GitIgnoreSpec

    for folder in PurePosixPath(path).parents:
        above = "" if str(folder) == "." else f"{folder}/"
        if project.exists(f"{above}.gitignore"):
            lines = project.text(f"{above}.gitignore").splitlines()
            verdict = GitIgnoreSpec.from_lines(lines).check_file(path.removeprefix(above)).include
            if verdict is not None:
                return verdict
    return False
