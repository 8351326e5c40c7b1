"""Write fixes and take them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harden.errors import ApplyError, Refusal
from harden.tui.part import Action, Part

if TYPE_CHECKING:
    from harden.checks import Check
    from harden.patches import Patch
    from harden.tui.review import ReviewScreen


class Writing(Part):
    """Writes nothing but patches that were shown; each can be undone."""

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._allowed: set[str] = set()
        self._busy = False

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
        if self._busy:
            return "One moment: a fix is being written."
        fixing = self.screen.fixing
        if id == "fix.apply":
            return fixing.why_not_apply()
        if id == "fix.apply_all":
            check = fixing.check
            if check is None or not check.fix.codemod:
                return "No codemod fixes this; the Why tab shows the pattern to follow."
            return "" if fixing.fixable(check) else "No open finding of this check can be fixed by harden."
        return ""

    def _apply(self) -> None:
        try:
            patch = self.screen.fixing.chosen_patch()
        except Refusal as refusal:
            self.screen.notify(str(refusal), severity="warning", markup=False)
            return
        if patch is not None:
            self._busy = True
            self.screen.work(partial(self._write, patch), "write")

    def _apply_all(self) -> None:
        if (check := self.screen.fixing.check) is not None:
            self.screen.work(partial(self._choose_all, check), "write")

    async def _choose_all(self, check: Check) -> None:
        from harden.tui.apply_all import ApplyAll

        dialog = ApplyAll(check.title, self.screen.fixing.fixable(check))
        patch = await self.app.push_screen_wait(dialog)
        if patch is not None:
            await self._write(patch)

    async def _write(self, patch: Patch) -> None:
        from harden.changes import edited_by_user
        from harden.tui.edited import Edited

        self._busy = True
        try:
            edited = await self.app.run_engine(edited_by_user, self.session, patch.paths)
            new = [path for path in edited if path not in self._allowed]
            if new and not await self.app.push_screen_wait(Edited(new)):
                return
            self._allowed.update(new)
            async with self.app.turn:
                await self.app.run_engine(self.session.apply, patch)
        except ApplyError as error:
            self.screen.notify(str(error), severity="warning", timeout=8, markup=False)
            await self.look_again(patch.paths)
            return
        finally:
            self._busy = False
            self.screen.refresh_keys()
        self.changed()
        count = sum(not hunk.supports for hunk in patch.hunks())
        what = f"{count} hunk{'s' if count != 1 else ''} in {named(patch.paths)}. z undoes."
        self.screen.notify(what, timeout=4, markup=False)

    def _reverse(self, *, back: bool) -> None:
        self._busy = True
        self.screen.work(partial(self._take_back, back=back), "write")

    async def _take_back(self, *, back: bool) -> None:
        session = self.session
        try:
            async with self.app.turn:
                entry = await self.app.run_engine(session.undo if back else session.redo)
        except ApplyError as error:
            self.screen.notify(str(error), severity="warning", timeout=6, markup=False)
            return
        finally:
            self._busy = False
            self.screen.refresh_keys()
        self.changed()
        verb, again = ("Undone", "Z applies it again") if back else ("Applied again", "z undoes")
        self.screen.notify(
            f"{verb}: {entry.title} in {named(entry.paths)}. {again}.", timeout=4, markup=False
        )

    async def look_again(self, paths: Sequence[str]) -> None:
        """Scan files again that were changed elsewhere."""
        async with self.app.turn:
            await self.app.run_engine(self.session.rescan, list(paths))
        self.changed()

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
