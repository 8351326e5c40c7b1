"""Start and stop scans, tell how things stand, and lead to the other screens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from harden.changes import Changes
from harden.tui import trouble
from harden.tui.part import Action, Part
from harden.tui.readiness import notes
from harden.tui.rows import left_of
from harden.tui.topbar import Status
from harden.tui.visiting import Visiting
from harden.words import plural

if TYPE_CHECKING:
    from textual.timer import Timer

    from harden.score import Potential
    from harden.tui.review import ReviewScreen
    from harden.tui.standing import Told


_WATCH = 2.0
"""Seconds between two looks at git while it forbids a commit."""


def welcome(key: Callable[[str], str]) -> str:
    """Return what harden is for, in the words of a first start."""
    return (
        "harden looks for what will fail in production, shows why, and offers edits that you see as a diff "
        f"first. Nothing is written until you press {key('fix.apply')} on a preview, and {key('fix.undo')} "
        "takes every fix back."
    )


class Going(Part):
    """Holds the progress of the scan and what git says."""

    scanning = False
    failed = ""
    stopped = False
    done = 0
    total = 0
    seconds = 0.0
    changes = Changes()
    _ignored = 0
    _scans = 0
    _watch: Timer | None = None
    _points: int | None = None
    _potential: Potential | None = None

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self.visiting = Visiting(screen)

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {
            "app.help": self._help,
            "app.palette": self.app_palette,
            "app.rescan": self._rescan,
            "app.summary": self._summary,
            "app.commit": self._commit,
            "app.quit": self._quit,
        }

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        if id in ("app.summary", "app.commit") and self.screen.session is None:
            return self.failed or "The repository is still being opened."
        if id == "app.rescan" and self.screen.session is None and not self.failed:
            return "The repository is still being opened."
        if id == "app.commit" and self.changes.blocked:
            return self.changes.blocked
        if id == "app.commit" and not self.changes.applied:
            return "Nothing to commit: no fix is applied."
        return ""

    # The scan

    def start(self) -> None:
        """Begin to scan, and look at git."""
        self._tell_recovered(self.session.recovered)
        self.scan()
        self.look_at_git()

    def _tell_recovered(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.screen.notify(line, timeout=10, markup=False)

    def scan(self) -> None:
        """Scan everything, in a process of its own."""
        self.scanning, self.stopped, self.failed, self.done, self.total = True, False, "", 0, 0
        self._scans += 1
        self.session.rescanned.clear()
        self.screen.work(partial(self._scan, self._scans), "scan", exclusive=True)

    async def _scan(self, number: int) -> None:
        """Take over what a scan finds, but for files that were written and looked at since it began."""
        from harden.report.jsonl import Done, Start
        from harden.scan import FileResult
        from harden.tui.scanner import ScanFailed, stream

        session, seen = self.session, set[str]()
        try:
            async for event in stream(await self.app.next_scan()):
                match event:
                    case Start(files=files, recovered=lines):
                        self.total = files
                        self._tell_recovered(lines)
                    case FileResult():
                        async with self.app.turn:
                            if event.path not in session.rescanned:
                                session.take(event)
                        seen.add(event.path)
                        self.done += 1
                    case Done(seconds=seconds):
                        self.seconds = seconds
                        async with self.app.turn:
                            for path in session.found.paths - seen - session.rescanned:
                                session.take(FileResult(path))
                        self.screen.browsing.begin()
                self.screen.sync_soon()
            await self._count_ignored()
            await self.visiting.scanned()
        except ScanFailed as error:
            self.failed = f"The scan stopped: {error}"
        except OSError as error:
            self.failed = f"The scan stopped: {error.strerror or error}."
        finally:
            if number == self._scans:  # else the next one runs already
                self.scanning = False
                self.screen.sync_soon()

    def stop_scan(self) -> None:
        """Stop a scan that runs; what was found stays."""
        if self.scanning:
            self.screen.workers.cancel_group(self.screen, "scan")
            self.stopped = True
            self.screen.notify(f"The scan is stopped; {self.key('app.rescan')} starts it again.", timeout=4)

    def _rescan(self) -> None:
        if self.screen.session is None:
            self.failed = ""
            self.app.open_session()
            return
        self.scan()
        self.screen.writing.changed()

    # How things stand

    def look_at_git(self) -> None:
        """Ask git for the branch and for other changes, beside the screen."""
        if self.screen.session is not None:
            self.screen.work(self._look_at_git, "git", exclusive=True)

    async def _look_at_git(self) -> None:
        from harden.changes import changes

        self.changes = await self.app.run_engine(changes, self.session)
        if self._watch is not None:
            self._watch.stop()
        blocked = bool(self.changes.blocked)
        self._watch = self.screen.set_interval(_WATCH, self._watch_git) if blocked else None
        self.screen.sync()

    def _watch_git(self) -> None:
        """See whether a merge or rebase has come to its end elsewhere."""
        from harden.changes import unfinished

        if unfinished(self.session) != self.changes.unfinished:
            self.look_at_git()

    async def _count_ignored(self) -> None:
        """Know what git keeps from the scan, where there is nothing else to show."""
        from harden.changes import ignored_python

        if not self._has_python():
            self._ignored = await self.app.run_engine(ignored_python, self.session)

    def _has_python(self) -> bool:
        return any(path.endswith(".py") for path in self.session.found.paths)

    def show_status(self) -> None:
        """Show the top line and the notes below the stages."""
        session = self.screen.session
        if session is not None and session.scope.is_all and not self.scanning and self.total:
            self._points, self._potential = session.score().points, session.score_with_fixes()
        self.screen.topbar.status = Status(
            self.app.root.name, self._branch(), len(self.changes.others), self._progress(), self._points
        )
        if session is not None:
            told = notes(session, self.changes, self._points, self._potential, self.key)
            self.screen.rail_notes.show(Content(told))

    def _branch(self) -> str:
        """Return the branch with what is going on there."""
        if not self.changes.is_git:
            return "no git"
        unfinished = self.changes.unfinished
        return f"{self.changes.branch} ({unfinished})" if unfinished else self.changes.branch

    def _progress(self) -> str:
        if self.failed:
            return "scan failed"
        if self.screen.session is None:
            return "opening …"
        if self.scanning:
            return f"scanning {self.done}/{self.total}" if self.total else "finding files …"
        if self.stopped:
            return f"{self.done} of {self.total} files, stopped"
        return plural(self.done, "file") + self._only

    @property
    def _only(self) -> str:
        """Return what of the repository is looked at, if not all."""
        return "" if self.session.scope.is_all else f", only {self.session.scope.label}"

    @property
    def settled(self) -> bool:
        """Tell whether the last scan came to its end."""
        return not (self.scanning or self.stopped or self.failed)

    def nothing_to_show(self) -> list[str]:
        """Return what to say where nothing passes the filter."""
        told = "Nothing in this stage passes the filter."
        return [*self.how_it_stands(), told, f"{self.key('app.back')} shows everything again."]

    def how_it_stands(self) -> list[str]:
        """Return in sentences what the scan has come to, where that needs saying."""
        if self.failed:
            return [self.failed, f"{self.key('app.rescan')} starts it again."]
        if self.scanning:
            bar = f"  {self.done} of {self.total} files" if self.total else ""
            return [f"Looking at the code …{bar} You can start reading: results are added below."]
        if self.stopped:
            again = f"{self.key('app.rescan')} starts it again."
            return [f"The scan was stopped after {self.done} of {self.total} files; {again}"]
        told = trouble.listed(self.session.problems) if self.session.problems else []
        if self.session.found.shelves():
            return []
        if not self.session.scope.is_all:
            return [f"No issues in {self._progress()}.", *told]
        if not self._has_python():
            ignored = f" ({self._ignored} ignored by git)" if self._ignored else ""
            return [f"No .py files under {self.app.root}{ignored}.", *told]
        waiting = sum(left.questions for left in left_of(self.session).values())
        asked = f" {waiting} question{'s wait' if waiting != 1 else ' waits'} for you." if waiting else ""
        return [f"No issues in {plural(self.done, 'file')}.{asked}", *told]

    # Other screens

    def _help(self) -> None:
        self.screen.action_help()

    def app_palette(self) -> None:
        """Open the palette."""
        self.app.action_command_palette()

    def _summary(self) -> None:
        from harden.tui.summary import Summary

        self.app.push_screen(Summary(self), self._after_summary)

    def told(self) -> Told:
        """Return what the summary is made of now."""
        from harden.tui.standing import Told

        complete = self.visiting.complete
        return Told(
            session=self.session,
            partial="" if complete else self._partial(),
            since=self.visiting.since() if complete else None,
            applied=len(self.changes.applied),
            keymap=self.app.keymap,
        )

    def _partial(self) -> str:
        if self.failed:
            return f"{self.failed} This is what was found until then."
        seen = f"{self.done} of {self.total} files were looked at" if self.total else "no file was looked at"
        if self.stopped:
            return f"The scan is stopped: {seen}."
        if self.settled and not self.session.scope.is_all:
            return f"Only {self.session.scope.label}: this rates no more than that."
        return f"The scan is under way: so far {seen}."

    async def _after_summary(self, id: str | None) -> None:
        if id:
            await self.screen.action_do(id)

    def _commit(self) -> None:
        from harden.tui.commit import CommitScreen

        self.app.push_screen(CommitScreen(self.session), self._after_commit)

    def _after_commit(self, made: bool | None) -> None:
        if made:
            self.look_at_git()
            self.screen.sync()

    async def _quit(self) -> None:
        await self.app.action_quit()
