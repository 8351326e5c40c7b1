"""The vocabulary of a check module: one declaration and the functions subscribed to it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib import import_module

from harden.findings import NO_FACTS, Finding, Risk, Severity, Span
from harden.module import Module, TextFile
from harden.project import Project
from harden.roles import FileKind, Role

CallFunction = Callable[[Module, ast.Call, str], Iterable[Finding]]
NodeFunction = Callable[[Module, ast.AST], Iterable[Finding]]
ModuleFunction = Callable[[Module], Iterable[Finding]]
FileFunction = Callable[[TextFile, Project], Iterable[Finding]]

SHIPPED = frozenset({FileKind.APP, FileKind.SCRIPT})
"""Kinds of file that run in production; the default of every check."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Which codemod mends a finding, named as `package.module:Class`, and who must agree."""

    codemod: str
    risk: Risk


GUIDE = Fix("", Risk.GUIDE)
"""No safe mechanical edit: the check's page shows the pattern to follow."""


@dataclass(frozen=True, slots=True)
class OnNodes:
    """A subscription to the nodes of one type, or to those of them that bear one of some names."""

    kind: type[ast.AST]
    function: NodeFunction
    names: frozenset[str] | None


@dataclass(slots=True)
class Check:
    """What to look for. The stage is the folder the check's module lies in, its page the module's docstring.

    `codes` are the ids under which ruff, flake8 or bandit know the same defect: `# noqa: CODE`
    silences this check too. `words`: a file that contains none of them is skipped.
    `secret`: what it finds is masked wherever it is shown. `scaffold` names, as a fix names its codemod,
    what adds files that a person goes on from. `source` is its module, `patterns` are the files that are
    not Python which it looks at. A check that comes from the catalogue holds no more than that until it is
    loaded.
    """

    id: str
    title: str
    severity: Severity
    fix: Fix = GUIDE
    codes: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    secret: bool = False
    scaffold: str = ""
    kinds: frozenset[FileKind] = SHIPPED
    stage: str = ""
    page: str = ""
    calls: list[tuple[str, CallFunction]] = field(default_factory=list)
    node_types: list[OnNodes] = field(default_factory=list)
    modules: list[ModuleFunction] = field(default_factory=list)
    files: list[tuple[str, FileFunction]] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    source: str = ""

    def load(self) -> Check:
        """Return the check with its page and functions."""
        if self.page or not self.source:
            return self
        module = import_module(self.source)
        loaded: Check = module.check
        loaded.stage, loaded.page, loaded.source = self.stage, module.__doc__ or "", self.source
        return loaded

    def takes_options(self, finding: Finding) -> bool:
        """Tell whether what is offered for a finding has the options of its codemod, or of its scaffold."""
        return finding.fixable if self.fix.codemod else bool(self.scaffold)

    def call(self, *patterns: str) -> Callable[[CallFunction], CallFunction]:
        """Subscribe to calls whose resolved path matches: `a.b.c`, `a.b.*` or `*.c`."""

        def subscribe(function: CallFunction) -> CallFunction:
            self.calls += [(pattern, function) for pattern in patterns]
            return function

        return subscribe

    def node(
        self, *kinds: type[ast.AST], named: Collection[str] | None = None
    ) -> Callable[[NodeFunction], NodeFunction]:
        """Subscribe to syntax nodes of exactly these types, all or those of some names (`tree.name_of`)."""
        names = None if named is None else frozenset(named)

        def subscribe(function: NodeFunction) -> NodeFunction:
            self.node_types += [OnNodes(kind, function, names) for kind in kinds]
            return function

        return subscribe

    def module(self, function: ModuleFunction) -> ModuleFunction:
        """Subscribe to whole modules."""
        self.modules.append(function)
        return function

    def file(self, *names: str) -> Callable[[FileFunction], FileFunction]:
        """Subscribe to files that are not Python, by the pattern of their name (or path, if it has a `/`)."""

        def subscribe(function: FileFunction) -> FileFunction:
            self.files += [(name, function) for name in names]
            self.patterns += names
            return function

        return subscribe

    def found(
        self,
        source: Module,
        node: ast.AST,
        message: str,
        *,
        facts: Mapping[str, str] = NO_FACTS,
        why_not: str = "",
        severity: Severity | None = None,
        steps: tuple[str, ...] = (),
    ) -> Finding:
        """Report a defect at `node`; `why_not` says why the codemod cannot serve here."""
        return Finding(
            check=self.id,
            path=source.path,
            span=source.span(node),
            message=message,
            severity=severity or self.severity,
            scope=source.qualname(node),
            fixable=self.fix is not GUIDE and not why_not,
            why_not=why_not,
            facts=facts,
            steps=steps,
            reached=_reached(source, node),
        )

    def found_at(
        self,
        path: str,
        span: Span,
        message: str,
        *,
        facts: Mapping[str, str] = NO_FACTS,
        why_not: str = "",
        severity: Severity | None = None,
    ) -> Finding:
        """Report a defect at a stretch of a file that is not Python."""
        fixable = self.fix is not GUIDE and not why_not
        chosen = severity or self.severity
        return Finding(self.id, path, span, message, chosen, fixable=fixable, why_not=why_not, facts=facts)


def _reached(source: Module, node: ast.AST) -> str:
    role = source.role(node)
    if role is Role.NONE:
        return Role.CLI.value if source.kind is FileKind.SCRIPT else ""
    return str(role.value)


def matches_name(path: str, pattern: str) -> bool:
    """Tell whether a POSIX path is a file that the pattern of a subscription asks for."""
    subject = path if "/" in pattern else path.rpartition("/")[2]
    return fnmatchcase(subject, pattern)
