"""Make patches: run a check's codemod on the current text and let nothing doubtful through."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harden.checks import Check
from harden.details import details_of, named
from harden.errors import Refusal, UnreadableSource, UsageError
from harden.findings import Finding
from harden.patches import FileEdit, Patch, Target, text_of
from harden.project import Project
from harden.reliance import relied_on
from harden.scan import Rules, collector_off, scan_file
from harden.source import decode

if TYPE_CHECKING:
    from pydantic import BaseModel

    from harden.codemods.codemod import Codemod


@dataclass(slots=True)
class Offer:
    """What can be offered for some findings: a patch, and the reason for each one left unfixed."""

    patch: Patch | None = None
    refused: dict[str, str] = field(default_factory=dict)
    details: str = ""
    """Where the codemod failed, if it did."""


def codemod_class(check: Check) -> type[Codemod]:
    """Load the codemod of a check. Raises UsageError for a check that has none, Refusal where it fails."""
    if not check.fix.codemod:
        raise UsageError(f"{check.id} has no codemod: see `harden explain {check.id}`.")
    found: type[Codemod] = loaded(check.fix.codemod)
    return found


def loaded(name: str) -> Any:
    """Return the class named as `package.module:Class`. Raises Refusal where it cannot be loaded."""
    module, _, member = name.partition(":")
    try:
        return getattr(import_module(module), member)
    except Exception as error:  # a plug-in that does not fit must not look like a crash of harden
        reason = f"{type(error).__name__}: {error}"
        raise Refusal(f"The codemod {name} cannot be loaded ({reason}).") from error


def make_offer(
    project: Project, check: Check, findings: Sequence[Finding], options: BaseModel | None = None
) -> Offer:
    """Build one patch that mends `findings`, all of one check, from a fresh read of their files.

    Every file is read once, so that what the patch names as before is what the edit was made from.
    The result parses, keeps every comment, and no longer triggers the check where it was mended;
    what cannot be done so is refused with a reason.
    """
    if not check.fix.codemod:
        return Offer(None, {finding.fingerprint: "Only a person can fix this." for finding in findings})
    chosen = options if options is not None else codemod_class(check).Options()
    work = _Work(project.pinned(), check, chosen)
    with collector_off():
        for path in dict.fromkeys(finding.path for finding in findings):
            work.fix_file(path, [finding for finding in findings if finding.path == path])
    return work.offer()


class _TooDeep(Refusal):
    """The file as a whole cannot be edited, so that trying its findings apart is in vain."""


class _Work:
    """The state of one patch while it grows file by file."""

    def __init__(self, project: Project, check: Check, options: BaseModel) -> None:
        self.start = project
        self.project = project
        self.check = check
        self.options = options
        self.rules = Rules((check,))
        self.refused: dict[str, str] = {}
        self.resolved: list[Finding] = []
        self.notes: list[str] = []
        self.details = ""
        self.edits: dict[str, bytes] = {}

    def fix_file(self, path: str, wanted: Sequence[Finding]) -> None:
        """Mend the findings of one file together; where that fails, halve them to find the cause."""
        targets = self._refreshed(path, wanted)
        try:
            self._try(path, targets)
        except Refusal as refusal:
            if len(targets) == 1 or isinstance(refusal, _TooDeep):
                self.refused.update(dict.fromkeys((t.fingerprint for t in targets), str(refusal)))
                self.details = self.details or refusal.details
                return
            half = len(targets) // 2
            self.fix_file(path, targets[half:])  # from below: equal lines are told apart by their order
            self.fix_file(path, targets[:half])

    def _refreshed(self, path: str, wanted: Sequence[Finding]) -> list[Finding]:
        """Return the wanted findings as they stand in the current text."""
        now = {finding.fingerprint: finding for finding in self._scan(self.project, path)}
        found = []
        for finding in wanted:
            current = now.get(finding.fingerprint)
            if current is None and finding.fingerprint in self._mended_elsewhere(path):
                self.resolved.append(finding)
            elif current is None:
                self.refused[finding.fingerprint] = (
                    "It is no longer there: the file has changed since the scan."
                )
            elif not current.fixable:
                self.refused[finding.fingerprint] = current.why_not or "Only a person can fix this."
            else:
                found.append(current)
        return found

    def _mended_elsewhere(self, path: str) -> set[str]:
        """Return what stood in a file before an edit of this patch in another file mended it."""
        return {finding.fingerprint for finding in self._scan(self.start, path)} if self.edits else set()

    def _scan(self, project: Project, path: str) -> tuple[Finding, ...]:
        return scan_file(project, self.rules, path).findings

    def _try(self, path: str, targets: list[Finding]) -> None:
        """Run the codemod and take its edits over if they pass every test. Raises Refusal."""
        if not targets:
            return
        try:
            self._edit(path, targets)
        except Refusal:
            raise
        except UnreadableSource as error:
            raise Refusal(str(error)) from None
        except RecursionError:
            raise _TooDeep(f"{path} is nested too deeply to be edited.") from None
        except Exception as error:
            raise Refusal(
                f"The codemod failed on {path} ({named(error, quiet=self.check.secret)}); code untouched.",
                details_of(error, quiet=self.check.secret),
            ) from error

    def _edit(self, path: str, targets: list[Finding]) -> None:
        edited = codemod_class(self.check)(self.project, self.options).edit(path, targets)
        targets = [target for target in targets if target.fingerprint not in edited.refused]
        if not targets:
            self.refused.update(edited.refused)
            return
        changes = {
            name: data
            for name, data in {**edited.others, path: edited.data}.items()
            if data != self._read(name)
        }
        if not changes:
            raise Refusal("The codemod had nothing to change here.")
        after = self.project.with_files(changes)
        for name, data in changes.items():
            _verify_text(after, name, self._read(name), data)
        self._verify_resolved(path, targets, after)
        self._verify_tests(changes, after)
        self.refused.update(edited.refused)
        self.notes = list(dict.fromkeys([*self.notes, *edited.notes]))
        self.resolved += [*targets, *self._mended_besides(path, targets, after)]
        self.edits.update(changes)
        self.project = after

    def _verify_tests(self, changes: Iterable[str], after: Project) -> None:
        """Look at every edited file: a function and its callers may lie in several. Raises Refusal."""
        for name in changes:
            is_old = name.endswith(".py") and self.project.exists(name)
            if is_old and (reason := relied_on(self.project, after, name)):
                raise Refusal(f"A test would fail: {reason}")

    def _read(self, path: str) -> bytes | None:
        return self.project.read(path) if self.project.exists(path) else None

    def _verify_resolved(self, path: str, targets: list[Finding], after: Project) -> None:
        before = Counter(finding.scope for finding in self._scan(self.project, path))
        left = Counter(finding.scope for finding in self._scan(after, path))
        for scope, count in Counter(target.scope for target in targets).items():
            if left[scope] > before[scope] - count:
                raise Refusal(f"{path}: the edit would still trigger {self.check.id}; please report this.")

    def _mended_besides(self, path: str, targets: list[Finding], after: Project) -> list[Finding]:
        """Return what the edit mended without being asked to; equal lines change places in the count."""
        before, left = self._scan(self.project, path), self._scan(after, path)
        known = {finding.fingerprint for finding in (*left, *targets)}
        gone = [finding for finding in before if finding.fingerprint not in known]
        return gone[: max(0, len(before) - len(left) - len(targets))]

    def offer(self) -> Offer:
        """Return what has come together."""
        if not self.edits:
            return Offer(None, self.refused, self.details)
        edits = tuple(
            FileEdit(name, self.start.read(name) if self.start.exists(name) else None, data)
            for name, data in sorted(self.edits.items())
        )
        unique = {finding.fingerprint: finding for finding in self.resolved}
        patch = Patch(
            check=self.check.id,
            stage=self.check.stage,
            title=self.check.title,
            risk=self.check.fix.risk,
            edits=edits,
            resolves=tuple(unique),
            targets=tuple(Target(f.path, f.span.line, f.span.end_line) for f in unique.values()),
            notes=tuple(self.notes),
        )
        return Offer(patch, self.refused, self.details)


def _verify_text(after: Project, path: str, before: bytes | None, data: bytes) -> None:
    if not path.endswith(".py"):
        return
    try:
        after.module(path)
    except UnreadableSource as error:
        raise Refusal(f"The edit would not parse ({error}); please report this.") from None
    if before is None or not _may_lose_comments(text_of(before), text_of(data)):
        return
    try:
        lost = _comments(path, before) - _comments(path, data)
    except (tokenize.TokenError, SyntaxError, UnreadableSource) as error:
        raise Refusal(f"Whether {path} keeps its comments cannot be told ({error}).") from None
    if lost:
        raise Refusal(f"The edit would lose the comment {next(iter(lost))!r}.")


def _may_lose_comments(before: str, after: str) -> bool:
    """Tell whether a changed line could end a comment; reading the tokens of a long file takes its time."""
    old, new = Counter(before.splitlines()), Counter(after.splitlines())
    return any(mark in line for line in (*(old - new), *(new - old)) for mark in ("#", '"""', "'''", "\\"))


def _comments(path: str, data: bytes) -> Counter[str]:
    text = decode(path, data).text
    if "#" not in text:
        return Counter()
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
