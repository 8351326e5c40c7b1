"""Turn what was applied into commits, one per stage; outside git, into a patch file."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Checkbox, Input, Static

from harden.errors import HardenError
from harden.tui import keys
from harden.tui.choice import Choice

if TYPE_CHECKING:
    from harden.commits import CommitPlan, Group
    from harden.repository import Commit
    from harden.session import Session
    from harden.tui.application import HardenApp

_STAY = "stay"


class CommitScreen(Screen[bool]):
    """What would be committed where; nothing happens before ctrl+s."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("question_mark", "help", show=False),
        *keys.bindings([keys.BY_ID["commit.now"]]),
    ]

    plan_pane = getters.query_one("#plan", VerticalScroll)
    foot = getters.query_one("#commit-keys", Static)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._plan: CommitPlan | None = None
        self._made = False

    @property
    def harden(self) -> HardenApp:
        """Return the app."""
        return cast("HardenApp", self.app)

    def compose(self) -> ComposeResult:
        """Make an empty pane; the plan follows when git has told."""
        with Vertical(classes="pane page"):
            with VerticalScroll(id="plan"):
                yield Static("Asking git …", markup=False)
            yield Static("esc back", id="commit-keys", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Make the plan beside the screen."""
        self.query_one(".page").border_title = "Commit"
        self._make_plan()

    @work(exit_on_error=False, exclusive=True)
    async def _make_plan(self) -> None:
        from harden.export import is_repository
        from harden.tui.previews import reason_of

        try:
            if not await self.harden.run_engine(is_repository, self._session):
                await self._offer_patch()
                return
            self._plan = await self.harden.run_engine(self._session.commit_plan)
        except Exception as error:
            await self._say(reason_of(error))
            return
        await self._show(self._plan)

    async def _show(self, plan: CommitPlan) -> None:
        widgets: list[Vertical | Static | Choice] = []
        for index, group in enumerate(plan.groups):
            title = f"{group.title}   {_size(group)}"
            subject = group.message.partition("\n")[0]
            widgets.append(
                Vertical(
                    Checkbox(title, group.chosen, name=str(index), compact=True, classes="chosen"),
                    Input(subject, name=str(index), compact=True, classes="subject"),
                    Static("  ".join(group.paths), classes="hint", markup=False),
                    classes="group",
                )
            )
        branches = [(plan.branch, f"new branch {plan.branch}"), (_STAY, f"stay on {plan.current_branch}")]
        widgets += [Choice(branches, plan.branch, id="branch"), Static(_left_out(plan), markup=False)]
        await self._replace(*widgets)
        self.foot.update("ctrl+s commit   space choose   tab next field   esc back")
        self.query(".subject").first().focus()

    async def _offer_patch(self) -> None:
        count = len(self._session.applied_entries())
        await self._say(
            "This folder is not a git repository, so there is nothing to commit to.",
            f"ctrl+s writes what was applied ({count} fix{'es' if count != 1 else ''}) to harden.patch, "
            "for review or for another copy. `git init` makes this folder a repository.",
        )
        self.foot.update("ctrl+s write harden.patch   esc back")

    async def _say(self, *sentences: str) -> None:
        await self._replace(*(Static(sentence, markup=False) for sentence in sentences))

    async def _replace(self, *widgets: Vertical | Static | Choice) -> None:
        await self.plan_pane.remove_children()
        await self.plan_pane.mount(*widgets)

    @on(Input.Submitted)
    def _next_field(self) -> None:
        self.focus_next()

    def action_leave(self) -> None:
        """Go back to the findings."""
        self.dismiss(self._made)

    def action_help(self) -> None:
        """Show all keys."""
        from harden.tui.help import Help

        self.app.push_screen(Help(self._session.settings.keys))

    def action_do(self, _id: str) -> None:
        """Commit, or write the patch file."""
        if not self._made:
            self._carry_out()

    @work(exit_on_error=False, exclusive=True)
    async def _carry_out(self) -> None:
        from harden.export import write_patch
        from harden.tui.previews import reason_of

        plan = self._chosen_plan()
        self.foot.update("Working … hooks may take a while.")
        try:
            async with self.harden.turn:
                if plan is None:
                    path = await self.harden.run_engine(write_patch, self._session)
                    told = [f"Written: {path.name}"]
                else:
                    made = await self.harden.run_engine(self._session.commit, plan)
                    told = _result(made, plan)
                    self._made = True
        except HardenError as error:
            self.foot.update("ctrl+s try again   esc back")
            self.notify(reason_of(error), severity="error", timeout=15, markup=False)
            return
        await self._say(*told)
        self.foot.update("esc back")

    def _chosen_plan(self) -> CommitPlan | None:
        plan = self._plan
        if plan is None:
            return None
        for index, group in enumerate(plan.groups):
            chosen = self.query(Checkbox).filter(".chosen").nodes[index].value
            subject = self.query(Input).filter(".subject").nodes[index].value.strip()
            _, _, rest = group.message.partition("\n")
            message = f"{subject}\n{rest}" if subject else group.message
            plan = plan.with_group(index, message=message, chosen=chosen)
        branch = self.query_one("#branch", Choice).value
        return plan.on_branch(plan.current_branch if branch == _STAY else branch)


def _size(group: Group) -> str:
    fixes, files = len(group.entries), len(group.paths)
    return f"{fixes} fix{'es' if fixes != 1 else ''} in {files} file{'s' if files != 1 else ''}"


def _left_out(plan: CommitPlan) -> str:
    """Return what the commits will not hold."""
    lines = []
    if plan.others:
        noun = "file" if len(plan.others) == 1 else "files"
        lines.append(f"Not included: {len(plan.others)} {noun} you changed yourself")
        lines += [f"  {path}" for path in plan.others[:6]]
    if plan.mixed:
        lines.append("Only harden's own lines are taken from files that also hold changes of yours:")
        lines += [f"  {path}" for path in plan.mixed[:6]]
    return "\n".join(lines or ["Nothing else is changed in this repository."])


def _result(made: list[Commit], plan: CommitPlan) -> list[str]:
    """Return the commits that were made."""
    place = f"on the new branch {plan.branch}" if plan.branch != plan.current_branch else f"on {plan.branch}"
    head = f"{len(made)} commit{'s' if len(made) != 1 else ''} {place}:"
    return [head, "\n".join(f"  {commit.sha[:9]}  {commit.subject}" for commit in made)]
