"""One person's work on one repository: what was found, what was decided, what was written.

The app and the command line both speak to this model and to nothing below it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harden import ledger
from harden import settings as configured
from harden.cache import scan_again
from harden.checks import Check
from harden.discover import find_root, list_files
from harden.errors import ApplyError, Overtaken, Refusal, RepositoryError, UsageError, WrongOption
from harden.evidence import EvidenceLine, evidence
from harden.findings import Finding, Problem
from harden.found import Found, Placed, State, why_ignored
from harden.journal import Entry, Journal
from harden.patches import Patch
from harden.places import DECISIONS, is_absent
from harden.project import Project
from harden.registry import check_named, checks, stages
from harden.scan import FileResult, Rules, scan_file, wanted_by
from harden.scope import Scope
from harden.score import Potential, Score, score
from harden.stages import Question, Stage

if TYPE_CHECKING:
    from pydantic import BaseModel

    from harden.commits import CommitPlan
    from harden.decisions import Answer, AnswerKind, Decisions, OptionValue
    from harden.fixing import Offer
    from harden.repository import Commit, Repository


class Session:
    """The state of the work. Nothing here needs a scan, git or libcst before it is asked for."""

    def __init__(self, start: Path) -> None:
        self.root = find_root(start)
        self.settings = configured.load(self.root)
        self.scope = Scope(self.root)
        """What a scan looks at where it is not told otherwise, and all that is looked at again."""
        self.journal = Journal(self.root)
        self.recovered = self._recover()
        self.notices: list[str] = []
        self.found = Found(lambda: vars(self).get("decisions"))  # loading their model takes time
        self.rescanned: set[str] = set()
        """Files that were looked at again since this was emptied: an older scan counts for nothing there."""
        self._chosen: Sequence[Check] | None = None
        if not is_absent(self.root / DECISIONS):
            _ = self.decisions  # what is wrong with them is told at the start

    def _recover(self) -> list[str]:
        try:
            return self.journal.recover()
        except ApplyError as error:
            return [str(error)]

    # What there is to look at

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return the stages in walking order."""
        return stages()

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Return every check that the settings leave on, in walking order."""
        return tuple(check for check in checks().values() if check.id not in self.settings.disable)

    @cached_property
    def project(self) -> Project:
        """Return the files of the repository, those excluded by the settings left out."""
        return Project(self.root, self._listed())

    def _listed(self) -> tuple[str, ...]:
        return tuple(path for path in list_files(self.root) if not self.settings.excludes(path))

    @cached_property
    def decisions(self) -> Decisions:
        """Return what the team has decided. Raises SettingsError."""
        return self._read_decisions()

    def forget_decisions(self) -> None:
        """Read the decisions again when they are next asked for: another process may have written them."""
        vars(self).pop("decisions", None)

    def _read_decisions(self) -> Decisions:
        from harden.decisions import load

        return load(self.root)

    # Scanning

    def scan(
        self, chosen: Sequence[Check] | None = None, only: Iterable[str] | None = None
    ) -> Iterator[FileResult]:
        """Scan the repository afresh and take each file's result over as it is yielded."""
        if not self.found.is_empty:
            self._reread()
            self.scope = self.scope.renewed()
        self.found.clear()
        self._chosen = chosen
        wanted = self._files() if only is None else only
        for result in scan_again(self.project, self._looked_for, only=wanted):
            kept = self.scope.kept(result, self.project)
            self.take(kept)
            yield kept

    def wanted(self, chosen: Sequence[Check]) -> list[str]:
        """Return the files that a scan with some checks looks at."""
        files = self._files()
        return wanted_by(chosen, self.project.paths if files is None else files)

    def _files(self) -> list[str] | None:
        return self.scope.files(self.project.paths, self.settings.excludes)

    def take(self, result: FileResult) -> None:
        """Replace what is known about one file."""
        self.found.take(result)

    @property
    def _looked_for(self) -> Sequence[Check]:
        """Return the checks of the last scan: files that change later are looked at with the same."""
        return self.checks if self._chosen is None else self._chosen

    def rescan(self, paths: Iterable[str]) -> None:
        """Look at some files again, after they were changed."""
        self._reread()
        self.scope = self.scope.renewed()
        rules = Rules(tuple(self._looked_for))
        listed = frozenset(self.project.paths)
        paths = list(paths)
        self.rescanned.update(paths)
        for path in wanted_by(self._looked_for, paths):
            if not self.scope.holds(path) and path not in self.found.paths:
                continue
            result = scan_file(self.project, rules, path) if path in listed else FileResult(path)
            self.take(self.scope.kept(result, self.project))

    def _reread(self) -> None:
        """List and read the files anew; what is known of them stays known where none has changed."""
        self.__dict__["project"] = self.project.renewed(self._listed())

    def pinned(self) -> Project:
        """Return the project as its files are now, each read once: what was masked is what is shown."""
        self.__dict__["project"] = self.project.renewed(self.project.paths)
        return self.project.pinned()

    # Findings

    def findings(self, *, stage: str = "", check: str = "", path: str = "") -> list[Finding]:
        """Return what was found, applied findings included, in stable order."""
        return [one.finding for one in self._placed(stage, check, path)]

    def _placed(self, stage: str = "", check: str = "", path: str = "") -> Iterator[Placed]:
        chosen = checks()
        for one in self.found.placed(check):
            finding = one.finding
            if (not stage or chosen[finding.check].stage == stage) and (not path or finding.path == path):
                yield one

    def finding(self, fingerprint: str) -> Finding | None:
        """Return a finding by its identity."""
        return self.found.finding(fingerprint)

    def state(self, finding: Finding) -> State:
        """Return where a finding stands."""
        return self.found.state(finding)

    def why_ignored(self, finding: Finding) -> str:
        """Return why a finding is ignored, in code or in the decisions, or an empty string."""
        return why_ignored(finding, vars(self).get("decisions"))

    def open_findings(self, *, stage: str = "", check: str = "") -> list[Finding]:
        """Return the findings that wait for a decision."""
        return [one.finding for one in self._placed(stage, check) if one.state is State.OPEN]

    @property
    def problems(self) -> list[Problem]:
        """Return the places that could not be looked at."""
        return self.found.problems

    # Fixing

    def options(self, check: Check) -> BaseModel:
        """Return the options of a check's codemod: the person's, else the settings', else the defaults."""
        return self.options_with(check, {})

    def options_with(self, check: Check, values: Mapping[str, OptionValue]) -> BaseModel:
        """Return the options with some replaced. Raises WrongOption: option, value, what is allowed."""
        from pydantic import ValidationError

        from harden.decisions import first_problem
        from harden.scaffolding import options_of

        model = options_of(check)
        saved = {**self.settings.options.get(check.id, {}), **self.decisions.options.get(check.id, {})}
        try:
            return model.model_validate({**saved, **values})
        except ValidationError as error:
            names = ", ".join(model.model_fields) or "none"
            problem = first_problem(error)
            raise WrongOption(f"{check.id}: {problem} (options: {names})", problem) from None

    def keep_options(self, check: Check, values: Mapping[str, OptionValue]) -> Entry | None:
        """Remember options for this repository. Raises UsageError."""
        from harden import deciding

        return deciding.keep_options(self, check, values)

    def preview(self, findings: Sequence[Finding], options: BaseModel | None = None) -> Offer:
        """Make the patch for findings of one check, from the files as they are now. Writes nothing.

        Where only a person can mend them, it adds the files that the check's scaffold has for them.
        """
        from harden.fixing import make_offer
        from harden.scaffolding import has_scaffold, make_scaffold

        check = check_named(findings[0].check)
        if options is None and (check.fix.codemod or check.scaffold):
            options = self.options(check)
        self._reread()
        make = make_scaffold if has_scaffold(check, findings) else make_offer
        return make(self.project, check, findings, options)

    def apply(self, patch: Patch) -> Entry:
        """Write a patch, exactly as previewed. Raises ApplyError; then nothing was changed."""
        entry = self.journal.apply(patch)
        self.found.applied(patch.resolves)
        self.rescan(_concerned(patch))
        self.record(ledger.Line("applied", patch.check, patch.paths, patch.id))
        return entry

    def undo(self) -> Entry:
        """Take back what was done last: a patch or a decision. Raises ApplyError."""
        return self._reverse("undone")

    def redo(self) -> Entry:
        """Do again what was undone last. Raises ApplyError."""
        return self._reverse("redone")

    def _reverse(self, event: Literal["undone", "redone"]) -> Entry:
        try:
            entry = self.journal.undo() if event == "undone" else self.journal.redo()
        except Overtaken:
            self.decisions = self._read_decisions()
            raise
        if entry.is_decision:
            self.decisions = self._read_decisions()
            self.record(ledger.Line(event, entry.check, (), entry.patch, entry.title))
            return entry
        if event == "undone":
            self.found.taken_back(entry.resolves)
        else:
            self.found.applied(entry.resolves)
        self.rescan(_concerned(entry))
        self.record(ledger.Line(event, entry.check, entry.paths, entry.patch))
        return entry

    def record(self, line: ledger.Line) -> None:
        """Write a line to the ledger; what it tells has happened, so that a failure is a notice only."""
        try:
            ledger.append(self.root, line)
        except ApplyError as error:
            self.notices.append(str(error))

    def applied_entries(self) -> list[Entry]:
        """Return the patches that are written and not yet committed, oldest first."""
        return [e for e in self.journal.entries() if e.state == "applied" and not e.is_decision]

    @property
    def can_undo(self) -> bool:
        """Tell whether there is something to undo, as the journal was read last; nothing is read for this."""
        return self.journal.can_undo

    @property
    def can_redo(self) -> bool:
        """Tell whether there is something to do again, as the journal was read last."""
        return self.journal.can_redo

    # Deciding

    def ignore(
        self,
        finding: Finding,
        reason: str,
        *,
        scope: Literal["line", "file", "check"] = "line",
        until: datetime.date | None = None,
    ) -> Entry | None:
        """Accept a finding, its check in the file, or the whole check. Raises UsageError without a reason.

        This and what follows can be undone. They return None where all is decided so already.
        """
        from harden import deciding

        return deciding.ignore(self, finding, reason, scope, until)

    def reopen(self, finding: Finding) -> Entry | None:
        """Drop every decision that ignores a finding. Raises UsageError where a comment in the code does."""
        from harden import deciding

        return deciding.reopen(self, finding)

    def answer(self, question: Question, answer: AnswerKind, note: str | None = None) -> Entry | None:
        """Record a person's answer; a note given before is kept unless a new one is given."""
        from harden import deciding

        return deciding.answer(self, question, answer, note)

    def answered(self, question: Question) -> Answer | None:
        """Return the answer to a question, if there is one."""
        return self.decisions.answers.get(question.id)

    def evidence(self, question: Question) -> list[EvidenceLine]:
        """Return at most five lines of the repository that bear on a question."""
        return evidence(self.project, question)

    def score(self) -> Score:
        """Rate the repository as it stands."""
        return self._rated(self.found.counts(State.OPEN))

    def score_with_fixes(self) -> Potential:
        """Return what the score would be if every open finding with a fix were mended."""
        left = self._rated(self.found.counts(State.OPEN, fixable=False))
        return Potential(left.points, self.found.counts(State.OPEN, fixable=True).total())

    def _rated(self, counts: Mapping[str, int]) -> Score:
        answers = {id: answer.answer.value for id, answer in self.decisions.answers.items()}
        return score(self.stages, counts, answers)

    # Committing

    @cached_property
    def repository(self) -> Repository:
        """Return the git side of the session. Raises RepositoryError outside git."""
        from harden.repository import Repository

        return Repository(self.root)

    def commit_plan(self) -> CommitPlan:
        """Return what a commit would hold. Raises RepositoryError where nothing can be committed."""
        from harden.commits import plan

        return plan(self)

    def commit(self, commit_plan: CommitPlan) -> list[Commit]:
        """Make the commits of a plan. Raises RepositoryError; commits made before it stand."""
        from harden.commits import carry_out

        return carry_out(self, commit_plan)


def _concerned(done: Patch | Entry) -> list[str]:
    """Return the files that a patch writes, and those with what it mends there by writing others."""
    return sorted({*done.paths, *(target.path for target in done.targets)})


__all__ = ["ApplyError", "EvidenceLine", "Refusal", "RepositoryError", "Session", "State", "UsageError"]
