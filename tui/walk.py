"""Lead through the work: the next thing that is worth a look, the next open row, and when a stage is done."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from harden.registry import check_named
from harden.tui.part import Action, Part
from harden.tui.rows import FindingRow, Group, Left, QuestionRow, keys_of, left_of


class Walking(Part):
    """Goes from one open thing to the next, through all stages."""

    _done: frozenset[str] | None = None

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {
            "list.next_best": self._next_best,
            "list.next": partial(self._jump, 1),
            "list.previous": partial(self._jump, -1),
        }

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        if id == "list.next_best" and isinstance(self.screen.item, QuestionRow):
            return self._on()
        return ""

    def _on(self) -> str:
        no, on, back = map(self.key, ("answer.no", "list.next", "list.previous"))
        return f"{no} answers no here; {on} and {back} go on."

    def _next_best(self) -> None:
        from harden.worth import next_best

        item = self.screen.item
        here = item.finding if isinstance(item, FindingRow) else None
        best = next_best(self.session.found, here)
        if best is not None:
            self.screen.browsing.go_to(best.fingerprint, check_named(best.check).stage)
            return
        if self.screen.going.scanning:
            self._say("No finding is open so far; the scan goes on.")
            return
        waiting = left_of(self.session)
        stages = self.session.stages
        at = self.screen.browsing.at
        for stage in (*stages[at + 1 :], *stages[: at + 1]):
            if waiting[stage.id].questions:
                self.screen.browsing.go_to("questions", stage.id)
                self._say(f"No finding is open; {waiting[stage.id].questions} questions of this stage are.")
                return
        score = f"{self.key('app.summary')} tells the score."
        self._say(f"Nothing is open: every finding is decided, every question answered. {score}")

    def _jump(self, step: int) -> None:
        """Go to the next row that waits, in this stage or the stages after it."""
        findings, browsing = self.screen.findings, self.screen.browsing
        waiting = findings.open_keys
        item = findings.item
        order = keys_of(findings.headings)
        here = order.index(item.key) if item and item.key in order else -1
        if isinstance(item, Group) and item.rows:
            here = order.index(item.rows[0].key) - (step > 0)
        places = {key: at for at, key in enumerate(order)}
        later = [key for key in waiting if (places[key] - here) * step > 0]
        if later:
            findings.select(later[0] if step > 0 else later[-1])
            return
        stages, left = self.session.stages, left_of(self.session)
        for distance in range(1, len(stages)):
            at = (browsing.at + step * distance) % len(stages)
            if left[stages[at].id].findings:
                browsing.go_to_stage(at)
                if waiting := findings.open_keys:
                    findings.select(waiting[0] if step > 0 else waiting[-1])
                return
        self._say("Nothing else is open so far." if self.screen.going.scanning else "Nothing else is open.")

    def tell_done(self, left: Mapping[str, Left], *, scanning: bool) -> None:
        """Say when the last open thing of a stage was decided; what a scan finds is no merit."""
        done = frozenset(id for id, waits in left.items() if not any(waits))
        before, self._done = self._done, None if scanning else done
        if before is None or scanning:
            return
        for stage in self.session.stages:
            if stage.id in done - before:
                rest = sum(not any(waits) for waits in left.values())
                on = f"{self.key('list.next_best')} goes on."
                more = f"{rest} of {len(left)} stages are; {on}" if rest < len(left) else "So are all."
                self._say(f"{stage.title} is done: nothing is open in it. {more}")

    def _say(self, text: str) -> None:
        self.screen.notify(text, timeout=5, markup=False)
