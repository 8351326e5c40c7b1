"""How ready the repository is, what that is made of, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from harden.tui.rows import fixable_count

if TYPE_CHECKING:
    from harden.score import Score, StageScore
    from harden.session import Session

_BAR = 10
_COSTS = 3


class Summary(Screen[None]):
    """The score of each stage with its dearest costs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,s,q", "leave", "back", show=False),
        Binding("question_mark", "help", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        """Show the whole as text."""
        with Vertical(classes="pane page"):
            with VerticalScroll():
                yield Static(content(self._session), markup=False)
            yield Static("esc back", classes="hint")

    def on_mount(self) -> None:
        """Name the screen."""
        self.query_one(".page").border_title = "Summary"

    def action_leave(self) -> None:
        """Go back to the findings."""
        self.dismiss()

    def action_help(self) -> None:
        """Show all keys."""
        from harden.tui.help import Help

        self.app.push_screen(Help(self._session.settings.keys))


def content(session: Session) -> Content:
    """Return the summary."""
    score = session.score()
    parts = [
        Content.assemble(("Readiness ", "bold"), (f"{score.points}/100", "bold $text-accent")),
        Content.assemble(("What to do next", "bold"), "\n", _next(session, score)),
        Content("\n").join(_stage(stage) for stage in score.stages),
    ]
    ignored = [finding for finding in session.findings() if session.state(finding).value == "ignored"]
    if ignored:
        lines = [f"  {finding.place}  {session.why_ignored(finding)}" for finding in ignored[:20]]
        more = [f"  and {len(ignored) - 20} more"] if len(ignored) > 20 else []
        parts.append(Content.assemble(("Ignored", "bold"), "\n", "\n".join([*lines, *more])))
    return Content("\n\n").join(parts)


def _stage(rated: StageScore) -> Content:
    filled = round(rated.points * _BAR / 100)
    colour = (
        "$text-success" if rated.points >= 80 else "$text-warning" if rated.points >= 50 else "$text-error"
    )
    head = Content.assemble(
        f"{rated.stage.title:<15} ",
        ("█" * filled + "░" * (_BAR - filled), colour),
        (f" {rated.points:>3}", "bold"),
    )
    findings = [cost for cost in rated.costs if not cost.text.startswith(("answered", "not answered"))]
    asked = [cost for cost in rated.costs if cost not in findings]
    told = [f"-{cost.points} {cost.text}" for cost in findings[:_COSTS]]
    if rest := sum(cost.points for cost in findings[_COSTS:]):
        told.append(f"-{rest} others")
    if asked:
        points = sum(cost.points for cost in asked)
        told.append(f"-{points} {len(asked)} question{'s' if len(asked) != 1 else ''}")
    lines = [Content.styled(f"    {text}", "$text-muted") for text in told]
    return Content("\n").join([head, *lines])


def _next(session: Session, score: Score) -> str:
    """Return the three steps that gain most."""
    steps = []
    if fixes := fixable_count(session):
        steps.append(f"{fixes} findings have a fix ready: J goes from one to the next, a applies.")
    worst = min(score.stages, key=lambda stage: stage.points, default=None)
    if worst is not None and worst.points < 100:
        steps.append(f"{worst.stage.title} costs most: press {score.stages.index(worst) + 1}.")
    asked = [question for stage in session.stages for question in stage.questions]
    if missing := sum(session.answered(question) is None for question in asked):
        steps.append(f"{missing} questions wait for an answer: they stand at the end of each stage.")
    if session.applied_entries():
        steps.append("Some fixes are applied and not committed: press C.")
    return "\n".join(f"  {step}" for step in steps or ["Nothing is open."])
