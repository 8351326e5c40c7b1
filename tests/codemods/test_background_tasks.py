"""Dropped tasks are kept in a set and their errors logged, by the logger that the file has."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

ID = "dangling-task"
DONE = """
_background_tasks: set[asyncio.Task[object]] = set()


def _forget_task(task: asyncio.Task[object]) -> None:
    \"\"\"Let go of a finished task, and log how it failed.\"\"\"
    _background_tasks.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        {log}
"""
LOGGED = 'error("Background task %s failed", task.get_name(), exc_info=error)'


def test_logger_is_made_where_there_is_none(mend: Mend) -> None:
    before = "import asyncio\n\n\nasync def f(task):\n    if task:\n        asyncio.create_task(task())\n"
    after = (
        "import asyncio\nimport logging\n\nlogger = logging.getLogger(__name__)\n"
        + DONE.format(log=f"logger.{LOGGED}")
        + "\n\nasync def f(task):\n    if task:\n        background_task = asyncio.create_task(task())\n"
        "        _background_tasks.add(background_task)\n"
        "        background_task.add_done_callback(_forget_task)\n"
    )
    done = mend(ID, before)
    assert done.text == after
    assert not done.refused
    assert mend(ID, after).text == after


def test_second_fix_uses_the_same_set(mend: Mend) -> None:
    code = "import asyncio\n\n\nasync def f(a):\n    asyncio.create_task(a())  # later\n"
    first = mend(ID, code).text
    again = mend(ID, first + "\n\nasync def g(a):\n    _ = asyncio.ensure_future(a(), loop=None)\n")
    assert not again.refused
    assert again.text.count("_background_tasks: set") == 1
    assert "    task = asyncio.ensure_future(a(), loop=None)\n    _background_tasks.add(task)\n" in again.text
    assert "    task = asyncio.create_task(a())  # later\n" in again.text


@pytest.mark.parametrize(
    ("header", "log"),
    [
        ("import logging\nlog = logging.getLogger('x')\n", f"log.{LOGGED}"),
        (
            "from loguru import logger\n",
            'logger.opt(exception=error).error("Background task {} failed", task.get_name())',
        ),
        ("def logger(): pass\n", f"_logger.{LOGGED}"),
    ],
)
def test_the_logger_of_the_file_is_used(mend: Mend, header: str, log: str) -> None:
    code = "from asyncio import create_task\n" + header + "\n\nasync def f(a):\n    create_task(a())\n"
    done = mend(ID, code)
    assert not done.refused
    assert log in done.text
    assert "    task = create_task(a())\n    _background_tasks.add(task)\n" in done.text


REFUSED = [
    pytest.param("async def f(a):\n    if a: asyncio.create_task(a())\n", "line of its own", id="one line"),
    pytest.param("async def f(a):\n    a(); asyncio.create_task(a())\n", "share the line", id="semicolon"),
    pytest.param("asyncio.get_event_loop().create_task(main())\n", "outside any function", id="module level"),
    pytest.param(
        "_forget_task = 1\nasync def f(a):\n    asyncio.create_task(a())\n", "_forget_task", id="taken"
    ),
]


@pytest.mark.parametrize(("code", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, code: str, reason: str) -> None:
    code = "import asyncio\n" + code
    done = mend(ID, code)
    assert done.text == code
    assert len(done.refused) == 1
    assert reason in done.refused[0]


SILENT = [
    pytest.param(
        "async def f(a):\n    async with asyncio.TaskGroup() as g:\n        g.create_task(a())\n", id="group"
    ),
    pytest.param("async def f(a):\n    tasks.append(asyncio.create_task(a()))\n", id="stored"),
    pytest.param("async def f(a):\n    await asyncio.create_task(a())\n", id="awaited"),
    pytest.param("async def f(asyncio):\n    asyncio.create_task(1)\n", id="shadowed"),
    pytest.param(
        "async def f(a):\n    _ = asyncio.create_task(a())\n    await _\n", id="underscore that is read"
    ),
]


@pytest.mark.parametrize("code", SILENT)
def test_not_a_finding(mend: Mend, code: str) -> None:
    code = "import asyncio\n" + code
    done = mend(ID, code)
    assert (done.text, done.refused) == (code, ())


def test_what_only_the_function_imports_is_imported_at_the_top(mend: Mend) -> None:
    code = "async def f(a):\n    import asyncio\n\n    asyncio.create_task(a())\n"
    done = mend(ID, code).text
    assert done.startswith(
        "import asyncio\nimport logging\n\nlogger = logging.getLogger(__name__)\n\n_background"
    )
    assert "    import asyncio\n\n    task = asyncio.create_task(a())\n" in done
