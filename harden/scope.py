"""The part of a repository that is looked at: all of it, paths, what changed since a revision, or both."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harden.changed_lines import Run, carried, changed_lines, fork_point, touches
from harden.discover import existing, find_root
from harden.errors import UnreadableSource, UsageError

if TYPE_CHECKING:
    from harden.findings import Finding
    from harden.project import Project
    from harden.scan import FileResult


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at below `root`.

    `within` are the files and folders asked for, as POSIX paths; none stand for all. `since` is the revision
    as a person wrote it, `commit` where HEAD left it, `lines` what changed from there on, by path.
    """

    root: Path
    within: tuple[str, ...] = ()
    since: str = ""
    commit: str = ""
    lines: dict[str, tuple[Run, ...]] | None = None

    @property
    def is_all(self) -> bool:
        """Tell whether nothing of the repository is left out."""
        return not self.within and self.lines is None

    @property
    def label(self) -> str:
        """Return what is looked at, for a sentence; empty for the whole repository."""
        changed = f"lines changed since {self.since}" if self.lines is not None else ""
        return " in ".join(filter(None, (changed, ", ".join(self.within))))

    @property
    def arguments(self) -> list[str]:
        """Return what to tell a command that is run in `root` to have it look at the same."""
        since = [f"--since={self.since}"] if self.lines is not None else []
        return [*since, *(f"./{path}" for path in self.within)]

    def files(self, listed: Sequence[str], excludes: Callable[[str], bool]) -> list[str] | None:
        """Return which files are looked at; None stands for every one that is listed.

        A file named outright is among them although git ignores it, but not if the settings exclude it.
        """
        if self.is_all:
            return None
        known = frozenset(listed)
        named = [path for path in self.within if path not in known and (self.root / path).is_file()]
        wanted = [*listed, *(path for path in named if not excludes(path))]
        return sorted({path for path in wanted if self.holds(path)})

    def holds(self, path: str) -> bool:
        """Tell whether anything of a file is looked at; a folder that may not be read ends in a slash."""
        if self.within and not any(path == above or path.startswith(f"{above}/") for above in self.within):
            return False
        return self.lines is None or path in self.lines or path.endswith("/")

    def kept(self, result: FileResult, project: Project) -> FileResult:
        """Return what a scan of a file gave, without the findings that are not looked at."""
        if self.is_all or not result.findings:
            return result
        if not self.holds(result.path):
            return replace(result, findings=())
        if self.lines is None:
            return result
        runs = self.lines[result.path]
        found = [finding for finding in result.findings if _is_touched(finding, runs, project)]
        return replace(result, findings=tuple(found))

    def renewed(self) -> Scope:
        """Return the same scope of the files as they are now. Raises RepositoryError."""
        if self.lines is None:
            return self
        return replace(self, lines=changed_lines(self.root, self.commit, _files(self.root, self.within)))

    def with_files(self, before: Project, after: Project, paths: Iterable[str]) -> Scope:
        """Return the scope of files that are edited, but not yet written."""
        if self.lines is None:
            return self
        lines = dict(self.lines)
        for path in paths:
            was = before.read(path) if before.exists(path) else b""
            lines[path] = carried(lines.get(path, ()), was, after.read(path))
        return replace(self, lines=lines)


def scope_of(paths: Sequence[str], since: str | None = None) -> Scope:
    """Return the scope that a person asks for. Raises UsageError and RepositoryError."""
    root = find_root(Path(paths[0] if paths else "."))
    within = []
    for path in map(existing, map(Path, paths)):
        if not path.is_relative_to(root):
            raise UsageError(f"{path} is not in {root}; scan one repository at a time.")
        within.append(path.relative_to(root).as_posix())
    wanted = () if "." in within else tuple(dict.fromkeys(within))
    if since is None:
        return Scope(root, wanted)
    commit = fork_point(root, since)
    return Scope(root, wanted, since, commit, changed_lines(root, commit, _files(root, wanted)))


def _files(root: Path, within: Iterable[str]) -> list[str]:
    return [path for path in within if (root / path).is_file()]


def _is_touched(finding: Finding, runs: tuple[Run, ...], project: Project) -> bool:
    """Tell whether lines of a finding changed; a function and a class begin with their decorators."""
    first, last = finding.span.line, finding.span.end_line
    if touches(runs, first, last):
        return True
    if not finding.path.endswith(".py") or not touches(runs, 0, first):
        return False
    try:
        module = project.module(finding.path)
    except UnreadableSource:
        return False
    heads: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef] = [
        *module.nodes(ast.FunctionDef),
        *module.nodes(ast.AsyncFunctionDef),
        *module.nodes(ast.ClassDef),
    ]
    decorators = [at.lineno for head in heads if head.lineno == first for at in head.decorator_list]
    return touches(runs, min([first, *decorators]), last)
