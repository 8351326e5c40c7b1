"""The form of a fix's options, made from the fields of its model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, get_args, get_origin

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Static

from harden.option_fields import hint, shown, title
from harden.tui.choice import Choice

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

OptionValue = bool | int | float | str


class OptionsForm(VerticalScroll, can_focus=False):
    """One line per option; every change is told at once, so that the diff below follows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", "keep", priority=True, show=False),
        Binding("escape", "cancel", "cancel", show=False),
        Binding("ctrl+r", "defaults", "defaults", priority=True, id="fix.defaults", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    @dataclass
    class Changed(Message):
        """An option was changed."""

        values: dict[str, OptionValue]

    @dataclass
    class Closed(Message):
        """The form is done with; `keep` tells whether the options are to be remembered."""

        values: dict[str, OptionValue]
        keep: bool

    def __init__(self, options: BaseModel) -> None:
        super().__init__()
        self._options = options

    def compose(self) -> ComposeResult:
        """Make a line for each field, and one for what is wrong."""
        for name, field in type(self._options).model_fields.items():
            with Horizontal(classes="option"):
                yield Static(title(name, field), classes="name", markup=False)
                yield self._editor(name, field)
        yield Static("", id="wrong", markup=False)
        yield Static("", id="option-hint", classes="hint", markup=False)
        yield Static("enter keep   esc cancel   ctrl+r defaults", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Go to the first option."""
        self.query(".editor").first().focus()

    @on(events.DescendantFocus)
    def _explain(self, event: events.DescendantFocus) -> None:
        field = type(self._options).model_fields.get(event.widget.name or "")
        if field is not None:
            self.query_one("#option-hint", Static).update(hint(field))

    @property
    def values(self) -> dict[str, OptionValue]:
        """Return what stands in the form; the model turns text into numbers."""
        return dict(self._read())

    def complain(self, text: str) -> None:
        """Show what is wrong with the options, or nothing."""
        wrong = self.query_one("#wrong", Static)
        wrong.update(f"! {text}" if text else "")
        wrong.display = bool(text)

    @on(Input.Changed)
    @on(Checkbox.Changed)
    @on(Choice.Changed)
    def _tell(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Changed(self.values))

    def action_keep(self) -> None:
        """Keep the options for this repository."""
        self.post_message(self.Closed(self.values, keep=True))

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
            return Checkbox("", value, name=name, classes="editor", compact=True)
        if get_origin(field.annotation) is Literal:
            choices = [(str(choice), str(choice)) for choice in get_args(field.annotation)]
            return Choice(choices, str(value), name=name, classes="editor")
        return Input(shown(value), name=name, classes="editor", compact=True, select_on_focus=True)

    def _read(self) -> Iterator[tuple[str, OptionValue]]:
        for widget in self.query(".editor"):
            if isinstance(widget, Checkbox | Input | Choice):
                yield str(widget.name), widget.value
