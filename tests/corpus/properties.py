"""What must hold for every edit of every codemod, looked at from outside: the text before and after.

Nothing here trusts the engine's own tests of a patch; a broken property comes back as a line that names it.
"""

from __future__ import annotations

import ast
import io
import random
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harden.checks import Check
from harden.errors import UnreadableSource
from harden.findings import Finding
from harden.fixing import make_offer
from harden.patches import Patch
from harden.project import Project
from harden.scan import Rules, scan_file
from harden.source import decode
from harden.syntax import parse

Lines = tuple[int, int]
"""The first and the last line of something, 1-based."""
_SINGLES = 1
"""Findings of one check in one file that are also mended alone."""


@dataclass(slots=True)
class Tally:
    """Counts over a corpus; `failures` are lines for a person, none when every property holds."""

    files: int = 0
    lines: int = 0
    unreadable: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    guided: Counter[str] = field(default_factory=Counter)
    fixed: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    compositions: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add the counts of another part of the corpus."""
        self.files += other.files
        self.lines += other.lines
        self.unreadable += other.unreadable
        self.findings += other.findings
        self.guided += other.guided
        self.fixed += other.fixed
        self.refused += other.refused
        self.compositions += other.compositions
        self.failures += other.failures


def examine(project: Project, checks: Sequence[Check], path: str) -> Tally:
    """Mend everything in one file, check by check, alone and together in several orders."""
    tally = Tally(files=1)
    result = scan_file(project, Rules(tuple(checks)), path)
    try:
        tally.lines = decode(path, project.read(path)).text.count("\n")
    except UnreadableSource:
        tally.unreadable = 1
        return tally
    tally.failures += [
        f"{problem.place}: {problem.reason}" for problem in result.problems if "failed" in problem.reason
    ]
    fixers = []
    for check in checks:
        found = [finding for finding in result.findings if finding.check == check.id]
        tally.findings[check.id] += len(found)
        fixable = [finding for finding in found if finding.fixable and check.fix.codemod]
        tally.guided[check.id] += len(found) - len(fixable)
        if fixable and _mend(project, check, path, fixable, tally):
            fixers.append(check)
    if len(fixers) > 1:
        _compose(project, fixers, path, tally)
    return tally


def _mend(project: Project, check: Check, path: str, findings: Sequence[Finding], tally: Tally) -> bool:
    """Mend all findings of one check together, and some alone; tell whether anything was offered."""
    offer = make_offer(project, check, findings)
    for reason in offer.refused.values():
        tally.refused[check.id, _general(reason, path)] += 1
        if "please report" in reason or "The codemod failed" in reason or "would lose" in reason:
            tally.failures.append(f"{check.id} {path}: {reason}")
    if offer.patch is None:
        return False
    tally.fixed[check.id] += sum(finding.fingerprint in offer.patch.resolves for finding in findings)
    tally.failures += [f"{check.id} {line}" for line in broken(project, check, offer.patch)]
    for finding in findings[:_SINGLES] if len(findings) > 1 else ():
        alone = make_offer(project, check, [finding])
        if alone.patch is not None:
            lines = broken(project, check, alone.patch)
            tally.failures += [f"{check.id} {finding.place} alone: {line}" for line in lines]
    return True


def broken(project: Project, check: Check, patch: Patch) -> Iterator[str]:
    """Yield a line for each property that a patch of one check breaks."""
    if patch.select(range(len(patch.hunks()))).edits != patch.edits:
        yield f"{patch.paths[0]}: all its hunks together are not the patch"
    for edit in patch.edits:
        if edit.path.endswith(".py") and edit.before is not None:
            lines = [(t.line, t.end_line) for t in patch.targets if t.path == edit.path]
            for what in _differences(edit.path, edit.before, edit.after, lines):
                yield f"{edit.path}: {what}"
    after = project.with_files({edit.path: edit.after for edit in patch.edits})
    for path in dict.fromkeys(target.path for target in patch.targets):
        yield from (f"{path}: {what}" for what in _left(project, after, check, path, patch))


def _left(before: Project, after: Project, check: Check, path: str, patch: Patch) -> Iterator[str]:
    """Yield what a second scan and a second fix tell."""
    rules = Rules((check,))
    was, now = scan_file(before, rules, path).findings, scan_file(after, rules, path).findings
    mended = sum(finding.fingerprint in patch.resolves for finding in was)
    if len(now) > len(was) - mended:
        yield f"{len(was)} findings, {mended} mended, {len(now)} left"
    again = [finding for finding in now if finding.fixable and finding.fingerprint in patch.resolves]
    second = make_offer(after, check, again).patch if again and len(now) == len(was) - mended else None
    if second is not None and len({f.scope for f in was}) == len(was):
        yield "a second fix changes it again"


def _differences(path: str, before: bytes, after: bytes, targets: Sequence[Lines]) -> Iterator[str]:
    """Yield what an edit changed that it should not have."""
    try:
        parse(path, after)
    except UnreadableSource as error:
        yield f"does not parse: {error}"
        return
    old, new = decode(path, before), decode(path, after)
    if old.encoding != new.encoding:
        yield f"was {old.encoding}, is {new.encoding}"
    if "\r" not in old.text and "\r" in new.text:
        yield "has another kind of line ending"
    if lost := _comments(old.text) - _comments(new.text):
        yield f"lost the comment {next(iter(lost))!r}"
    if not targets:  # a file that the fix needs besides: a caller, a settings class, a conftest
        return
    tree = ast.parse(before)
    extents = _edited(tree, targets)
    kept = [
        line
        for number, line in enumerate(old.text.splitlines(keepends=True), 1)
        if line.strip() and not _is_in(number, extents)
    ]
    if line := _gone(kept, new.text.splitlines(keepends=True)):
        yield f"changed the line {line!r} outside of what it mends"
    missing = _gone(_code(tree, extents), _code(ast.parse(after), ()))
    if missing:
        yield f"changed the code {missing!r}"


def _edited(tree: ast.Module, targets: Sequence[Lines]) -> list[Lines]:
    """Return the lines that may change: functions or top-level statements with a target, and imports."""
    extents = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            extents.append((node.lineno, node.end_lineno or node.lineno))
    for statement in tree.body:
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        last = statement.end_lineno or first
        inside = [(a, b) for a, b in targets if first <= a <= last]
        if inside:
            extents += _within(statement, (first, last), inside)
    return extents


def _within(node: ast.stmt, extent: Lines, targets: Sequence[Lines]) -> list[Lines]:
    """Return the extents of the innermost functions, of the whole statement where a target is in none."""
    found = []
    rest = list(targets)
    for child in ast.walk(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and child is not node:
            first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
            last = child.end_lineno or first
            inside = [target for target in rest if first <= target[0] <= last]
            if inside:
                found.append((first, last))
                rest = [target for target in rest if target not in inside]
    return [*found, extent] if rest else found


def _is_in(line: int, extents: Sequence[Lines]) -> bool:
    return any(first <= line <= last for first, last in extents)


def _code(tree: ast.Module, extents: Sequence[Lines]) -> list[str]:
    """Return the simple statements outside `extents`, in order, without positions."""
    compound = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While)
    return [
        ast.dump(node)
        for node in _statements(tree)
        if not isinstance(node, (*compound, ast.Try, ast.With, ast.AsyncWith, ast.Match, ast.TryStar))
        and not _is_in(node.lineno, extents)
    ]


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        if not isinstance(child, ast.expr):
            yield from _statements(child)


def _gone(wanted: Sequence[str], there: Sequence[str]) -> str:
    """Return the first of `wanted` that does not follow in `there`, or an empty string."""
    rest = iter(there)
    return next((code for code in wanted if all(code != other for other in rest)), "")


def _compose(project: Project, checks: Sequence[Check], path: str, tally: Tally) -> None:
    """Apply the fixes of several checks one after the other, forwards, backwards and shuffled."""
    orders = [list(checks), list(reversed(checks))]
    if len(checks) > 2:
        shuffled = list(checks)
        random.Random(path).shuffle(shuffled)  # noqa: S311 - a fixed order for each path
        orders.append(shuffled)
    results = [_applied(project, order, path, tally) for order in orders]
    if len(set(map(_unordered, results))) > 1:  # one fix may open the way for another one
        again = [project.with_files({path: result}) for result in results]
        results = [_applied(known, order, path, tally) for known, order in zip(again, orders, strict=True)]
    tally.compositions += len(orders)
    if len(set(map(_unordered, results))) > 1:
        together = ", ".join(check.id for check in checks)
        tally.failures.append(f"{path}: {together} give another result in another order")


def _applied(project: Project, order: Sequence[Check], path: str, tally: Tally) -> bytes:
    """Return the file after the fixes of one check after the other."""
    names = " → ".join(check.id for check in order)
    for check in order:
        found = [f for f in scan_file(project, Rules((check,)), path).findings if f.fixable]
        offer = make_offer(project, check, found)
        if offer.patch is not None:
            lines = broken(project, check, offer.patch)
            tally.failures += [f"{names}, at {check.id}: {line}" for line in lines]
            project = project.with_files({edit.path: edit.after for edit in offer.patch.edits})
    return project.read(path)


def _unordered(data: bytes) -> str:
    """Return the code of a module with its imports in a fixed order."""
    tree = ast.parse(data)
    imports = sorted(ast.dump(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    rest = [ast.dump(node) for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(imports + rest)


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def _general(reason: str, path: str) -> str:
    """Return a reason without the names that differ from place to place."""
    return reason.replace(path, "the file")
