"""The form of a fix's options, made from the fields of its model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, cast, get_args, get_origin

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Static

from harden.option_fields import bounds, is_number, shown, title, wrong
from harden.tui import keys
from harden.tui.box import Box
from harden.tui.choice import Choice
from harden.tui.dialog import FIELDS, keep

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from harden.decisions import OptionValue
    from harden.tui.application import HardenApp

_NAME = 30
"""How wide the names of options may be."""


class OptionsForm(VerticalScroll, can_focus=False):
    """One line per option; every change is told at once, so that the diff below follows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        keep("keep"),
        *keys.bound_to({"dialog.leave": "cancel"}),
        *FIELDS,
        Binding("ctrl+r", "defaults", "defaults", priority=True, id="fix.defaults", show=False),
        Binding("q", "cancel", "cancel", show=False),
    ]

    @dataclass
    class Changed(Message):
        """An option was changed."""

        values: dict[str, OptionValue]

    @dataclass
    class Closed(Message):
        """The form is done with: whether the options are to be remembered, and used for every finding."""

        values: dict[str, OptionValue]
        keep: bool
        everywhere: bool = False

    def __init__(self, options: BaseModel, count: int) -> None:
        super().__init__()
        self._options = options
        self._count = count
        self._last: dict[str, OptionValue] = {}
        self._complaint = Static("", id="wrong", markup=False)
        self._notes = Static("", id="notes", markup=False)

    def compose(self) -> ComposeResult:
        """Make a line for each field, and one for what is wrong."""
        for name, field in type(self._options).model_fields.items():
            with Horizontal(classes="option"):
                yield Static(title(name, field), classes="name", markup=False)
                yield self._editor(name, field)
                width = " number" if is_number(field) else ""
                beside = Static(bounds(field), classes=f"beside hint{width}", name=name, markup=False)
                beside.display = bool(bounds(field))
                yield beside
        if self._count > 1:
            with Horizontal(classes="option"):
                yield Static("Apply to", classes="name")
                reach = [("one", "this finding"), ("all", f"all {self._count} of this check")]
                yield Choice(reach, "one", id="reach")
        yield self._complaint
        yield self._notes
        yield Static("", id="option-hint", classes="hint", markup=False)
        words = (("dialog.keep", "keep"), ("dialog.leave", "cancel"), ("fix.defaults", "defaults"))
        keymap = cast("HardenApp", self.app).keymap
        hints = "   ".join(f"{keys.first(id, keymap)} {word}" for id, word in words)
        yield Static(hints, classes="hint", markup=False)

    def on_mount(self) -> None:
        """Go to the first option."""
        names = list(self.query(".option > .name").results(Static))
        width = min(_NAME, 2 + max(Content(str(name.visual)).cell_length for name in names))
        for name in names:
            name.styles.width = width
        self._last = self.values
        self.query(".editor").first().focus()

    @on(events.DescendantFocus)
    def _explain(self, event: events.DescendantFocus) -> None:
        field = type(self._options).model_fields.get(event.widget.name or "")
        if field is not None:
            self.query_one("#option-hint", Static).update(field.description or "")

    @property
    def values(self) -> dict[str, OptionValue]:
        """Return what stands in the form; the model turns text into numbers."""
        return dict(self._read())

    def complain(self, text: str) -> None:
        """Show what is wrong with the options, unless it stands beside one of them already."""
        told = [text] if text and not self._wrong() else []
        self._show(self._complaint, told)
        if told:
            self.call_after_refresh(self._complaint.scroll_visible, animate=False)

    def note(self, notes: Sequence[str]) -> None:
        """Show what the codemod has to say about the fix with these options."""
        self._show(self._notes, notes)

    def _show(self, place: Static, lines: Sequence[str]) -> None:
        place.update("\n".join(f"! {line}" for line in lines))
        place.display = bool(lines)

    def _wrong(self) -> dict[str, str]:
        return wrong(type(self._options), self.values)

    @on(Input.Changed)
    @on(Checkbox.Changed)
    @on(Choice.Changed)
    def _tell(self, event: Message) -> None:
        event.stop()
        values = self.values
        if event.control is not self.reach and values != self._last:  # fields tell of their first value too
            self._last = values
            self._judge()
            self.post_message(self.Changed(values))

    def _judge(self) -> None:
        """Tell beside each field what is wrong with it."""
        found, fields = self._wrong(), type(self._options).model_fields
        for beside in self.query(".beside").results(Static):
            name = str(beside.name)
            beside.set_class(name in found, "wrong")
            told = f"! {found[name]}" if name in found else bounds(fields[name])
            beside.update(told)
            beside.display = bool(told)

    @property
    def reach(self) -> Choice | None:
        """Return the choice of one finding or all; it is no option, and never kept."""
        return next(iter(self.query("#reach").results(Choice)), None)

    def action_keep(self) -> None:
        """Keep the options for this repository."""
        everywhere = self.reach is not None and self.reach.value == "all"
        self.post_message(self.Closed(self.values, keep=True, everywhere=everywhere))

    def action_cancel(self) -> None:
        """Forget the changes."""
        self.post_message(self.Closed(self.values, keep=False))

    def action_defaults(self) -> None:
        """Put every option back to its default."""
        defaults = type(self._options)().model_dump(mode="json")
        for widget in self.query(".editor"):
            value = defaults[str(widget.name)]
            if isinstance(widget, Checkbox):
                widget.value = bool(value)
            elif isinstance(widget, Input):
                widget.value = shown(value)
            elif isinstance(widget, Choice):
                widget.value = str(value)

    def _editor(self, name: str, field: FieldInfo) -> Widget:
        value = self._options.model_dump(mode="json")[name]
        if field.annotation is bool:
            return Box("", value, name=name, classes="editor", compact=True)
        if get_origin(field.annotation) is Literal:
            choices = [(str(choice), str(choice)) for choice in get_args(field.annotation)]
            return Choice(choices, str(value), name=name, classes="editor")
        classes = "editor number" if is_number(field) else "editor"
        return Input(shown(value), name=name, classes=classes, compact=True, select_on_focus=True)

    def _read(self) -> Iterator[tuple[str, OptionValue]]:
        for widget in self.query(".editor"):
            if isinstance(widget, Checkbox | Input | Choice):
                yield str(widget.name), widget.value
