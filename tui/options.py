"""Change the options of a fix while its diff follows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from harden.errors import UsageError
from harden.tui.part import Action, Part

if TYPE_CHECKING:
    from harden.decisions import OptionValue


class Tuning(Part):
    """Holds what stands in the form while it is open."""

    values: dict[str, OptionValue] | None = None
    _from_detail = False

    def actions(self) -> Mapping[str, Action]:
        """Return the actions of this part."""
        return {"fix.options": self._open, "fix.defaults": self._defaults}

    def why_not(self, id: str) -> str:
        """Return why an action can do nothing now."""
        check, row = self.screen.fixing.check, self.screen.fixing.row
        if check is None or row is None or not check.takes_options(row.finding):
            return "There is no fix with options here."
        if row.state != "open":
            return f"It is {row.state}; options count for open findings."
        if id == "fix.defaults" and self.screen.detail.form is None:
            return f"{self.key('fix.options')} opens the options first."
        return ""

    async def _open(self) -> None:
        from harden.tui.form import OptionsForm

        detail, check = self.screen.detail, self.screen.fixing.check
        if detail.form is not None or check is None:
            return
        detail.tab = "fix"
        options = await self.app.run_engine(self.session.options, check)
        if not type(options).model_fields:
            self.screen.notify("This fix has no options.", timeout=3)
            return
        detail.show_options(Content(""))
        self._from_detail = detail.has_focus_within
        form = OptionsForm(options, len(self.screen.fixing.fixable(check)))
        self.screen.add_class("-tuning")
        await detail.query_one("#fix").mount(form, before="#diff")
        self.screen.fixing.tell_notes()

    def _defaults(self) -> None:
        if (form := self.screen.detail.form) is not None:
            form.action_defaults()

    def try_out(self, values: dict[str, OptionValue]) -> None:
        """Preview with other options, without keeping them."""
        self.values = values
        self.screen.fixing.try_again()

    async def finish(self, values: dict[str, OptionValue] | None, *, everywhere: bool) -> None:
        """Keep the options, or forget them, and close the form; then offer them for every finding."""
        fixing, writing, form = self.screen.fixing, self.screen.writing, self.screen.detail.form
        check = fixing.check
        if values is not None and check is not None:
            try:
                kept = await writing.save(partial(self.session.keep_options, check, values))
            except UsageError as error:
                if form is not None:
                    form.complain(str(error))
                return
            undo = f"{self.key('fix.undo')} undoes."
            writing.tell(f"The options are kept. {undo}" if kept else "The options are as they were.")
        self.close()
        fixing.forget()
        if fixing.row is not None:
            fixing.show(fixing.row)
        self.screen.detail.focus_view() if self._from_detail else self.screen.findings.focus()
        if values is not None and check is not None and everywhere:
            self.screen.work(partial(writing.choose_all, check, values), "write")

    def close(self) -> None:
        """Close the form and forget what stands in it."""
        self.values = None
        if (form := self.screen.detail.form) is not None:
            form.remove()
            self.screen.remove_class("-tuning")
