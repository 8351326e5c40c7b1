"""The pane at the right: what a finding is, its fix, why it matters, and the code around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widgets import ContentSwitcher, Static

from harden.tui.codepane import CodePane
from harden.tui.diffpane import DiffPane
from harden.tui.lines import Line
from harden.tui.words import Words

if TYPE_CHECKING:
    from harden.tui.form import OptionsForm

TABS = ("fix", "why", "code")


class Detail(Vertical):
    """Header, tabs, and the three views; all but the one that is seen stay as they are."""

    tab: reactive[str] = reactive("fix", init=False)

    class Turned(Message):
        """Another tab is looked at."""

    heading = getters.query_one("#heading", Words)
    tabs = getters.query_one("#tabs", Words)
    options_line = getters.query_one("#options-line", Words)
    diff = getters.query_one("#diff", DiffPane)
    code = getters.query_one("#code", CodePane)
    why_text = getters.query_one("#why-text", Static)

    def compose(self) -> ComposeResult:
        """Make the views once."""
        yield Words(id="heading")
        yield Words(id="tabs")
        with ContentSwitcher(initial="fix", id="views"):
            with Container(id="fix"):
                yield Words(id="options-line")
                yield DiffPane(id="diff")
            with VerticalScroll(id="why"):
                yield Static(id="why-text", markup=False)
            yield CodePane(id="code")

    @property
    def form(self) -> OptionsForm | None:
        """Return the form of options while it is open."""
        found = self.query("OptionsForm")
        return cast("OptionsForm", found.first()) if found else None

    def show_heading(self, heading: Content, position: str) -> None:
        """Show what is selected."""
        self._position = position
        self.heading.show(heading)
        self._show_tabs()

    def offer_tabs(self, *, offered: bool) -> None:
        """Show the tabs, or only the first view where there is but one."""
        self.tabs.display = offered
        self.query_one("#views", ContentSwitcher).current = self.tab if offered else "fix"

    def show_options(self, text: Content) -> None:
        """Show the options of a fix in one line; an empty one hides it."""
        self.options_line.show(text)
        self.options_line.display = bool(text)

    def say(self, *sentences: Content | str) -> None:
        """Show sentences in place of a diff."""
        self.diff.show_text(sentences)

    def show_why(self, content: Content) -> None:
        """Show the page of a check, or a question with its reason."""
        if content is not self._why:  # the page of a check is long, and the same for all its findings
            self._why = content
            self.why_text.update(content)
            self.query_one("#why", VerticalScroll).scroll_home(animate=False)

    def show_code(self, lines: Sequence[Line], line: int) -> None:
        """Show a file around a 1-based line."""
        self.code.show_file(lines, line)

    def watch_tab(self, tab: str) -> None:
        """Show another view, and leave the focus in this pane if it is here."""
        within = self.has_focus_within
        self.query_one("#views", ContentSwitcher).current = tab
        self._show_tabs()
        self.post_message(self.Turned())
        if within:
            self.focus_view()

    def focus_view(self) -> None:
        """Put the focus on the view that is seen."""
        shown = self.tab if self.tabs.display else "fix"
        self.query_one({"fix": "#diff", "why": "#why", "code": "#code"}[shown]).focus()

    def turn(self, step: int) -> None:
        """Go to the tab beside."""
        self.tab = TABS[(TABS.index(self.tab) + step) % len(TABS)]

    def on_mount(self) -> None:
        """Draw the tabs once, for when there is something to show in them."""
        self._show_tabs()
        self.tabs.display = False

    _position = ""
    _why = Content("")

    def _show_tabs(self) -> None:
        parts = []
        for tab in TABS:
            here = tab == self.tab
            text = f"[{tab.title()}]" if here else f" {tab.title()} "
            style = "bold $text-accent" if here else "$text-muted"
            parts.append(Content(text).stylize(style).stylize(Style.from_meta({"tab": tab})))
        line = Content(" ").join(parts)
        room = max(1, self.size.width - line.cell_length - len(self._position) - 1)
        self.tabs.show(line + Content.styled(" " * room + self._position, "$text-muted"))

    def on_click(self, event: events.Click) -> None:
        """Show the tab that was clicked."""
        if tab := event.style.meta.get("tab"):
            self.tab = tab

    def on_resize(self) -> None:
        """Keep the position at the right edge."""
        self._show_tabs()
