"""Each kind of wait within a program: where it is found, how it is limited, and what is left alone."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

FLASK = "import asyncio\nimport multiprocessing\nimport queue\nimport subprocess\nimport threading\n"
FLASK += (
    "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n\nfrom flask import Flask\n\n"
)
FLASK += "app = Flask(__name__)\nlock = threading.Lock()\n\n\n"


def handler(*lines: str) -> str:
    return FLASK + "@app.get('/')\ndef view():\n    " + "\n    ".join(lines) + "\n"


def coroutine(*lines: str) -> str:
    return FLASK + "@app.get('/')\nasync def view():\n    " + "\n    ".join(lines) + "\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("subprocess.run(a)", "subprocess.run(a, timeout=60)"),
        (
            "subprocess.check_output(a, **{'x': 1})",
            "subprocess.check_output(a, timeout=60, **{'x': 1})",
        ),
        ("subprocess.Popen(a).communicate()", "subprocess.Popen(a).communicate(timeout=60)"),
        ("queue.Queue().get(True, None)", "queue.Queue().get(True, 60)"),
        ("multiprocessing.Queue().get(block=True)", "multiprocessing.Queue().get(block=True, timeout=60)"),
        ("threading.Thread().join()", "threading.Thread().join(timeout=60)"),
        ("multiprocessing.Process().join(None)", "multiprocessing.Process().join(60)"),
        ("threading.Event().wait()", "threading.Event().wait(timeout=60)"),
        ("threading.Condition().wait_for(ready)", "threading.Condition().wait_for(ready, timeout=60)"),
        ("ProcessPoolExecutor().submit(f).result()", "ProcessPoolExecutor().submit(f).result(timeout=60)"),
        (
            "multiprocessing.Pool().starmap_async(f, x).get()",
            "multiprocessing.Pool().starmap_async(f, x).get(timeout=60)",
        ),
        ("if not lock.acquire(): return ''", "if not lock.acquire(timeout=60): return ''"),
        (
            "asyncio.run_coroutine_threadsafe(c, loop).result()",
            "asyncio.run_coroutine_threadsafe(c, loop).result(timeout=60)",
        ),
    ],
)
def test_each_wait_gets_its_limit(before: str, after: str, mend: Mend) -> None:
    mended = mend("wait-forever", handler(before))
    assert mended.text == handler(after)
    assert not mended.refused
    assert mend("wait-forever", mended.data).text == mended.text


@pytest.mark.parametrize(
    "call",
    [
        "asyncio.LifoQueue().get()",
        "asyncio.Queue().join()",
        "asyncio.Event().wait()",
        "asyncio.Lock().acquire()",
        "asyncio.Semaphore(3).acquire()",
    ],
)
def test_what_is_awaited_is_wrapped(call: str, mend: Mend) -> None:
    text = mend("wait-forever", coroutine(f"await {call}")).text
    assert text == coroutine(f"await asyncio.wait_for({call}, timeout=60)")


def test_a_child_of_asyncio_is_waited_for_by_wait_for(mend: Mend) -> None:
    code = coroutine("p = await asyncio.create_subprocess_exec('x')", "out, _ = await p.communicate()")
    assert "out, _ = await asyncio.wait_for(p.communicate(), timeout=60)" in mend("wait-forever", code).text


@pytest.mark.parametrize(
    "code",
    [
        handler("with lock:", "    pass"),
        handler("lock.acquire(False)", "lock.acquire(True, 3)", "lock.acquire(timeout=3)"),
        handler("lock.acquire(blocking=False)"),
        handler("queue.Queue().get(False)", "queue.Queue().get(timeout=3)", "queue.Queue().get_nowait()"),
        handler("queue.Queue().join()"),
        handler("subprocess.run(a, timeout=3)", "subprocess.run(a, **options)", "subprocess.Popen(a)"),
        handler("p = subprocess.Popen(a)", "p.terminate()", "p.wait()"),
        handler("threading.Thread().join(3)", "', '.join(x)", "{}.get(x)"),
        coroutine("await asyncio.wait_for(asyncio.Event().wait(), 3)"),
        coroutine("async with asyncio.timeout(3):", "    await asyncio.Event().wait()"),
        coroutine("async with asyncio.Lock():", "    pass"),
        coroutine("while True:", "    await asyncio.Queue().get()"),
        FLASK + "def helper():\n    lock.acquire()\n    threading.Event().wait()\n",
    ],
)
def test_look_alikes_are_left_alone(code: str, mend: Mend) -> None:
    mended = mend("wait-forever", code)
    assert mended.text == code
    assert not mended.refused


def test_a_lock_whose_answer_is_ignored_is_told_but_not_edited(mend: Mend) -> None:
    code = handler("lock.acquire()", "lock.release()")
    mended = mend("wait-forever", code)
    assert mended.text == code
    assert "say what happens then" in mended.refused[0]


def test_a_task_may_take_longer(mend: Mend) -> None:
    code = "import subprocess\n\nfrom celery import shared_task\n\n\n"
    code += "@shared_task\ndef convert(a):\n    subprocess.run(a)\n"
    assert mend("wait-forever", code).text == code.replace("run(a)", "run(a, timeout=600)")
    text = mend("wait-forever", code, constant="WAIT_TIMEOUT").text
    assert "\nWAIT_TASK_TIMEOUT = 600\n" in text


@pytest.mark.parametrize("call", ["add.delay(1).get()", "app.send_task('a').get()", "AsyncResult(i).get()"])
def test_a_celery_result_gets_a_limit(call: str, mend: Mend) -> None:
    code = "from celery import Celery\nfrom celery.result import AsyncResult\n\napp = Celery()\n\n\n"
    code += f"@app.task\ndef add(a):\n    return a\n\n\nx = {call}\n"
    assert mend("wait-forever", code).text == code.replace(".get()", ".get(timeout=60)")


@pytest.mark.parametrize(
    "order", [("blocking-in-async", "wait-forever"), ("wait-forever", "blocking-in-async")]
)
def test_a_program_in_a_thread_gets_its_limit_too(order: tuple[str, str], mend: Mend) -> None:
    code = coroutine("done = subprocess.run(a, check=True)", "return done")
    for check in order:
        code = mend(check, code).text
    assert "    done = await asyncio.to_thread(subprocess.run, a, check=True, timeout=60)\n" in code
    assert mend("wait-forever", code).text == code


def test_a_thread_that_is_limited_or_does_something_else(mend: Mend) -> None:
    code = coroutine(
        "await asyncio.wait_for(asyncio.to_thread(subprocess.run, a), 3)",
        "await asyncio.to_thread(subprocess.run, a, timeout=3)",
        "await asyncio.to_thread(load, a)",
        "await asyncio.to_thread()",
    )
    done = mend("wait-forever", code)
    assert (done.text, done.refused) == (code, ())
