"""Turn what was applied into commits, one per stage; outside git, into a patch file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from harden.errors import RepositoryError
from harden.tui import keys
from harden.tui.choice import Choice
from harden.tui.committing import GroupLines, edit_message
from harden.tui.keyed import Keyed
from harden.words import plural

if TYPE_CHECKING:
    from harden.commits import CommitPlan
    from harden.session import Session

_STAY = "stay"
_KEYS = ("commit.now", "commit.choose", "commit.edit", "commit.editor", "commit.diff", "commit.leave")


class CommitScreen(Keyed[bool]):
    """What would be committed where; nothing happens before ctrl+s."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.bindings(keys.BY_ID[id] for id in _KEYS if id != "commit.choose"),
        *keys.bound_to(
            {
                "move.down": "app.focus_next",
                "move.up": "app.focus_previous",
                "move.page_down": "scroll(1)",
                "move.page_up": "scroll(-1)",
            }
        ),
    ]

    plan_pane = getters.query_one("#plan", VerticalScroll)
    trouble = getters.query_one("#trouble", VerticalScroll)
    foot = getters.query_one("#commit-keys", Static)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._plan: CommitPlan | None = None
        self._made = self._is_patch = self._is_over = self._is_working = False

    def compose(self) -> ComposeResult:
        """Make an empty pane; the plan follows when git has told."""
        with Vertical(classes="pane page"):
            with VerticalScroll(id="plan", can_focus=False):
                yield Static("Asking git …", markup=False)
            with VerticalScroll(id="trouble"):
                yield Static("", id="trouble-text", markup=False)
            yield Static("", id="commit-keys", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Make the plan beside the screen."""
        self.query_one(".page").border_title = "Commit"
        self.trouble.display = False
        self._hint("commit.leave")
        self._make_plan()

    # What would be committed

    @work(exit_on_error=False, exclusive=True)
    async def _make_plan(self) -> None:
        from harden.export import is_repository
        from harden.previews import reason_of

        try:
            if not await self.harden.run_engine(is_repository, self._session):
                await self._offer_patch()
                return
            plan = await self.harden.run_engine(self._session.commit_plan)
        except Exception as error:
            self._is_over = True
            await self._say(reason_of(error))
            return
        await self._show(plan)
        next(iter(self.groups)).box.focus()

    async def _show(self, plan: CommitPlan) -> None:
        from harden.committed import left_out, what_git_does

        self._plan = plan
        branches = [(plan.branch, f"new branch {plan.branch}"), (_STAY, f"stay on {plan.current_branch}")]
        chosen = _STAY if self._made else plan.branch
        await self._replace(
            *(GroupLines(group, index) for index, group in enumerate(plan.groups)),
            Choice(branches, chosen, id="branch"),
            Static("\n".join(left_out(plan)), markup=False),
            Static(what_git_does(plan), markup=False),
        )
        self._hint(*_KEYS)

    async def _offer_patch(self) -> None:
        self._is_patch = True
        count = len(self._session.applied_entries())
        await self._say(
            "This folder is not a git repository, so there is nothing to commit to.",
            f"{self.key('commit.now')} writes what was applied "
            f"({plural(count, 'fix', 'fixes')}) to harden.patch, for review or for another copy.",
            "`git init` makes this folder a repository; after your first commit, "
            f"{self.key('app.commit')} makes commits of fixes.",
        )
        leave = keys.hint(self.harden.keymap, "commit.leave")
        self.foot.update(f"{self.key('commit.now')} write harden.patch   {leave}")

    async def _say(self, *sentences: str) -> None:
        await self._replace(*(Static(sentence, markup=False) for sentence in sentences))

    async def _replace(self, *widgets: Widget) -> None:
        await self.plan_pane.remove_children()
        await self.plan_pane.mount(*widgets)

    @property
    def groups(self) -> list[GroupLines]:
        """Return the commits, in order."""
        return list(self.query(GroupLines))

    @property
    def here(self) -> GroupLines | None:
        """Return the commit under the cursor, or the only one there is."""
        groups = self.groups
        alone = groups[0] if len(groups) == 1 else None
        return next((group for group in groups if group.has_focus_within), alone)

    def _hint(self, *ids: str) -> None:
        self.foot.update(keys.hint(self.harden.keymap, *ids))

    # Keys

    async def action_do(self, id: str) -> None:
        """Do what a key stands for, or say why not."""
        if self._is_working:
            self._tell("git is at work, and hooks may take a while; ctrl+q leaves all the same.")
        elif id == "commit.leave":
            self._leave()
        elif id == "commit.now":
            if self._plan is None and not self._is_patch and not self._is_over:
                self._tell("git is still being asked what would be committed.")
            elif not self._is_over:
                self._is_working = True
                self._carry_out()
        elif self.here is None:
            self._tell("Choose a commit first: up and down." if self.groups else "There is no commit here.")
        else:
            acts: dict[str, Callable[[GroupLines], None]] = {
                "commit.edit": GroupLines.edit,
                "commit.editor": self._open_editor,
                "commit.diff": self._read_diff,
            }
            acts[id](self.here)

    def _tell(self, text: str) -> None:
        self.notify(text, timeout=4, markup=False)

    def action_leave(self) -> None:
        """Go back to the findings, unless git is at work."""
        if not self._is_working:
            self.dismiss(self._made)

    def _leave(self) -> None:
        if self.here is not None and self.here.is_editing:
            self.here.done(keep=False)
        else:
            self.dismiss(self._made)

    def _open_editor(self, lines: GroupLines) -> None:
        lines.message, problem = edit_message(self.harden, lines.message)
        if problem:
            self.notify(problem, severity="error", timeout=8, markup=False)

    def _read_diff(self, lines: GroupLines) -> None:
        from harden.tui.reader import Reader
        from harden.uncommitted import group_preview

        ask = partial(self.harden.run_engine, group_preview, self._session, lines.group)
        self.app.push_screen(Reader(f"{lines.group.title}   {lines.message.partition(chr(10))[0]}", ask))

    def action_scroll(self, pages: int) -> None:
        """Go through what does not fit."""
        pane = self.plan_pane
        pane.scroll_page_down(animate=False) if pages > 0 else pane.scroll_page_up(animate=False)

    # The commit itself

    @work(exit_on_error=False, exclusive=True)
    async def _carry_out(self) -> None:
        plan = self._chosen_plan()
        self.trouble.display = False
        self.foot.update("Working … hooks may take a while.")
        try:
            async with self.harden.turn:
                told = await (self._write_patch() if plan is None else self._commit(plan))
        except Exception as error:
            await self._refused(plan, error)
            return
        finally:
            self._is_working = False
        self._is_over = True
        await self._say(*told)
        self._hint("commit.leave")

    async def _write_patch(self) -> list[str]:
        from harden.export import write_patch

        path = await self.harden.run_engine(write_patch, self._session)
        return [f"Written: {path.name}", "`git apply harden.patch` makes the same changes in another copy."]

    async def _commit(self, plan: CommitPlan) -> list[str]:
        from harden.committed import result

        made = await self.harden.run_engine(self._session.commit, plan)
        self._made = True
        push = await self.harden.run_engine(self._session.repository.push_command)
        return result(made, plan, push)

    def _chosen_plan(self) -> CommitPlan | None:
        plan = self._plan
        if plan is None:
            return None
        for lines in self.groups:
            plan = plan.with_group(lines.index, message=lines.message, chosen=lines.box.value)
        branch = self.query_one("#branch", Choice).value
        return plan.on_branch(plan.current_branch if branch == _STAY else branch)

    async def _refused(self, plan: CommitPlan | None, error: Exception) -> None:
        """Tell what git or a hook said; what was typed stays, and what was committed before leaves."""
        from rich.text import Text

        from harden.previews import reason_of

        told = "Nothing was written."
        if plan is not None:
            told = await self._plan_again(plan)
        output = error.output if isinstance(error, RepositoryError) else ""
        said = Content.from_rich_text(Text.from_ansi(output)) if output else Content(reason_of(error))
        self.query_one("#trouble-text", Static).update(Content.assemble((told, "bold"), "\n\n", said))
        self.trouble.display = True
        self.trouble.scroll_home(animate=False)
        self.trouble.focus()
        self._hint(*(_KEYS if self.groups else ("commit.now", "commit.leave")))

    async def _plan_again(self, tried: CommitPlan) -> str:
        """Show what is left to commit, as it was typed; return how far git came."""
        try:
            left = await self.harden.run_engine(self._session.commit_plan)
        except Exception:  # nothing can be committed now: what was asked for stays on the screen
            return "No commit was made."
        typed = {group.entries: group for group in tried.groups}
        if len(left.groups) == len(tried.groups):
            return f"No commit was made, and nothing is lost: {self.key('commit.now')} tries again."
        self._made = True
        for index, group in enumerate(left.groups):
            if (known := typed.get(group.entries)) is not None:
                left = left.with_group(index, message=known.message, chosen=known.chosen)
        await self._show(left)
        made = len(tried.groups) - len(left.groups)
        return (
            f"{made} commit{'s were' if made != 1 else ' was'} made on {left.current_branch}; "
            f"the next one was refused. {self.key('commit.now')} tries again."
        )
