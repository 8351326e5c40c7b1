"""Previews by row: made once, one of them ahead of the cursor, kept while the files stay as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from harden.tui.rows import FindingRow

if TYPE_CHECKING:
    from harden.decisions import OptionValue
    from harden.previews import Preview
    from harden.tui.previewer import Previewer

Made = tuple["Preview", Content]
_KEPT = 50


class Prepared:
    """A preview and its line of options, for rows as they were asked for."""

    def __init__(self, previewer: Previewer) -> None:
        self._previewer = previewer
        self._tasks: dict[tuple[str, str, str], asyncio.Task[Made]] = {}

    async def get(self, row: FindingRow, values: Mapping[str, OptionValue] | None) -> Made:
        """Return the preview of a row; who stops waiting does not stop the work. Raises UsageError."""
        task = self._task(row, values)
        try:
            return await asyncio.shield(task)
        finally:
            if task.done() and (task.cancelled() or task.exception()):
                self.clear()

    def ahead(self, row: FindingRow) -> None:
        """Make a preview before it is asked for."""
        self._task(row, None)

    def clear(self) -> None:
        """Forget every preview: a file or an option has changed."""
        self._tasks.clear()

    def _task(self, row: FindingRow, values: Mapping[str, OptionValue] | None) -> asyncio.Task[Made]:
        key = (row.key, row.state, repr(values))
        if key not in self._tasks:
            if len(self._tasks) >= _KEPT:
                del self._tasks[next(iter(self._tasks))]
            task = self._tasks[key] = asyncio.create_task(self._make(row, values))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._tasks[key]

    async def _make(self, row: FindingRow, values: Mapping[str, OptionValue] | None) -> Made:
        from harden.previews import option_words, preview, written

        ask = self._previewer.ask
        if row.state == "applied":
            return await ask(written, row.finding), Content("")
        made = await ask(preview, [row.finding], values)
        words = await ask(option_words, row.finding)
        if words is None:
            return made, Content("")
        return made, Content("   ".join(words))
