"""Write fixes and decisions, and take them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harden.errors import ApplyError, HardenError, Refusal, Stale
from harden.tui.part import Action, Part
from harden.words import inside_sentence, plural

if TYPE_CHECKING:
    from harden.checks import Check
    from harden.decisions import OptionValue
    from harden.entries import Entry
    from harden.patches import Patch
    from harden.tui.review import ReviewScreen


class Writing(Part):
    """Writes patches that were shown, and what is decided, in the order of the keys; all can be undone."""

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._allowed: set[str] = set()
        self._applying = False
        self._waiting = self._reversing = 0
        self._told = ""

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {
            "fix.apply": self._apply,
            "fix.apply_all": self._apply_all,
            "fix.undo": partial(self._reverse, back=True),
            "fix.redo": partial(self._reverse, back=False),
        }

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        if self._applying:
            return "One moment: a fix is being written."
        if id in ("fix.undo", "fix.redo"):
            return self._why_not_reverse(back=id == "fix.undo")
        if self._reversing:
            return "One moment: the undo is not done."
        fixing = self.screen.fixing
        if id == "fix.apply":
            return fixing.why_not_apply()
        check = fixing.check
        if check is None or not check.fix.codemod:
            return "No codemod fixes this; the Why tab shows the pattern to follow."
        return "" if fixing.fixable(check) else "No open finding of this check can be fixed by harden."

    def _why_not_reverse(self, *, back: bool) -> str:
        if self._waiting:  # what is being written can be undone as soon as it is
            return ""
        if back:
            return "" if self.session.can_undo else "Nothing to undo."
        return "" if self.session.can_redo else "Nothing to redo."

    @property
    def _undoes(self) -> str:
        return f"{self.key('fix.undo')} undoes."

    def _apply(self) -> None:
        try:
            patch = self.screen.fixing.chosen_patch()
        except Refusal as refusal:
            self.screen.notify(str(refusal), severity="warning", markup=False)
            return
        if patch is not None:
            self._applying = True
            self.screen.work(partial(self._write, patch), "write")

    def _apply_all(self) -> None:
        if (check := self.screen.fixing.check) is not None:
            self.screen.work(partial(self.choose_all, check), "write")

    async def choose_all(self, check: Check, values: Mapping[str, OptionValue] | None = None) -> None:
        """Show every fix of a check, made with some options, and write those that are left in."""
        from harden.tui.apply_all import ApplyAll

        dialog = ApplyAll(check.title, self.screen.fixing.fixable(check), values)
        patch = await self.app.push_screen_wait(dialog)
        if patch is not None:
            await self._write(patch)

    async def _write(self, patch: Patch) -> None:
        from harden.changes import edited_by_user
        from harden.tui.edited import Edited

        self._applying = True
        try:
            edited = await self.app.run_engine(edited_by_user, self.session, patch.paths)
            new = [path for path in edited if path not in self._allowed]
            if new and not await self.app.push_screen_wait(Edited(self.session, new)):
                return
            self._allowed.update(new)
            async with self.app.turn:
                await self.app.run_engine(self.session.apply, patch)
        except Stale as error:
            await self.look_again(patch.paths)
            what = "is gone" if error.what == "is gone" else "changed since the scan; it was scanned again"
            self.screen.notify(f"{error.path} {what}.", severity="warning", timeout=8, markup=False)
            return
        except ApplyError as error:
            self.screen.notify(str(error), severity="warning", timeout=8, markup=False)
            await self.look_again(patch.paths)
            return
        finally:
            self._applying = False
            self.screen.refresh_keys()
        self.changed()
        count = sum(not hunk.supports for hunk in patch.hunks())
        self.tell(f"{plural(count, 'hunk')} in {named(patch.paths)}. {self._undoes}")

    def decide(self, decide: Callable[[], Entry | None], done: str, already: str) -> None:
        """Write a decision after what was asked for before it, and tell."""
        self._waiting += 1
        self.screen.work(partial(self._decide, decide, done, already), "act")

    async def _decide(self, decide: Callable[[], Entry | None], done: str, already: str) -> None:
        try:
            entry = await self.save(decide)
        except HardenError as error:
            self.screen.notify(str(error), severity="warning", timeout=8, markup=False)
            return
        finally:
            self._waiting -= 1
            self.screen.refresh_keys()
        self.screen.sync()
        self.tell(f"{done} {self._undoes}" if entry else already)

    async def save(self, decide: Callable[[], Entry | None]) -> Entry | None:
        """Write a decision beside the screen, when nothing else is being written. Raises HardenError."""
        async with self.app.turn:
            return await self.app.run_engine(decide)

    def _reverse(self, *, back: bool) -> None:
        self._waiting += 1
        self._reversing += 1
        self.screen.work(partial(self._take_back, back=back), "write")

    async def _take_back(self, *, back: bool) -> None:
        session = self.session
        try:
            async with self.app.turn:
                entry = await self.app.run_engine(session.undo if back else session.redo)
        except HardenError as error:
            self.screen.notify(str(error), severity="warning", timeout=8, markup=False)
            self.screen.sync()
            return
        finally:
            self._waiting -= 1
            self._reversing -= 1
            self.screen.refresh_keys()
        self.changed()
        place = "" if self._go_to(entry) else self._stage_of(entry)
        what = inside_sentence(entry.title) if entry.is_decision else f"{entry.title} in {named(entry.paths)}"
        if back:
            self.tell(f"Undone{place}: {what}. {self.key('fix.redo')} does it again.")
        else:
            self.tell(f"Done again{place}: {what}. {self._undoes}")

    def _go_to(self, entry: Entry) -> bool:
        """Put the cursor on what changed; tell whether it is in the list."""
        keys = [key for id in entry.resolves for key in (id, f"question:{id}")]
        item, check = self.screen.item, self.screen.fixing.check
        if keys and item is not None and item.key in keys:
            return True
        if not keys and check is not None and check.id == entry.check:
            return True
        return any(self.screen.findings.select(key) for key in keys or [f"check:{entry.check}"])

    def _stage_of(self, entry: Entry) -> str:
        titles = [stage.title for stage in self.session.stages if stage.id == entry.stage]
        return f" in {titles[0]}" if titles else ""

    async def look_again(self, paths: Sequence[str]) -> None:
        """Scan files again that were changed elsewhere."""
        async with self.app.turn:
            await self.app.run_engine(self.session.rescan, list(paths))
        self.changed()

    def tell(self, text: str) -> None:
        """Say what was done, in the place of what was said before."""
        for toast in [toast for toast in self.app._notifications if toast.message == self._told]:
            self.app._unnotify(toast)
        self._told = text
        self.screen.notify(text, timeout=5, markup=False)

    def changed(self) -> None:
        """Show what writing changed."""
        self.screen.fixing.forget()
        self.screen.showing.forget()
        self.screen.sync()
        self.screen.going.look_at_git()


def named(paths: Sequence[str]) -> str:
    """Return files by their names, the rest as a number."""
    first = PurePosixPath(paths[0]).name if paths else ""
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"
