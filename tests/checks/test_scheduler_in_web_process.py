"""A schedule counts where the service starts it, from whichever file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.state.scheduler_in_web_process import check
from harden.scan import Rules, scan_file
from tests.given import project, write

JOBS = """\
import asyncio
import os
import threading
import time

from apscheduler.schedulers.background import BackgroundScheduler

scheduler = BackgroundScheduler()


def start():
    scheduler.start()


def later():
    send()
    timer = threading.Timer(60, later)
    timer.start()


class Poller:
    def run(self):
        while not self.stopped.wait(60):
            send()

    def start(self):
        threading.Thread(target=self.run, daemon=True).start()


async def sweep():
    while True:
        await send()
        await asyncio.sleep(60)


async def begin():
    asyncio.get_running_loop().create_task(sweep())


def chosen():
    if os.environ.get("SCHEDULER"):
        scheduler.start()


def reloaded():
    if os.environ.get("WERKZEUG_RUN_MAIN") == "true":
        scheduler.start()


def early():
    if not settings.IS_WORKER:
        return
    scheduler.start()
"""
HEAD = "import jobs\nfrom fastapi import FastAPI\n\n"


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("app = FastAPI()\njobs.start()\n", [12]),
        ("app = FastAPI()\n@app.on_event('startup')\ndef up():\n    jobs.start()\n", [12]),
        ("app = FastAPI(on_startup=[jobs.start])\n", [12]),
        ("app = FastAPI()\napp.add_event_handler('startup', jobs.begin)\n", [37]),
        ("app = FastAPI()\njobs.later()\n", [17]),
        ("app = FastAPI()\njobs.Poller().start()\n", [27]),
        ("def create_app():\n    jobs.start()\n    return FastAPI()\n", [12]),
        ("app = FastAPI()\njobs.reloaded()\n", [47]),
        (
            "from uvicorn import run\napp = FastAPI()\n"
            "if __name__ == '__main__':\n    jobs.start()\n    run(app)\n",
            [12],
        ),
        ("app = FastAPI()\nif __name__ == '__main__':\n    jobs.start()\n", []),
        ("app = FastAPI()\njobs.chosen()\njobs.early()\n", []),
        ("app = FastAPI()\n@app.post('/start')\ndef up():\n    jobs.start()\n", []),
        ("app = FastAPI()\ndef unused():\n    jobs.start()\n", []),
        ("app = FastAPI()\n", []),
    ],
)
def test_who_starts_it(tmp_path: Path, code: str, lines: list[int]) -> None:
    write(tmp_path, {"jobs.py": JOBS, "main.py": HEAD + code})
    result = scan_file(project(tmp_path), Rules((check,)), "jobs.py")
    assert not result.problems
    assert [finding.line for finding in result.findings] == lines


def test_a_program_without_a_service_may_have_its_own(tmp_path: Path) -> None:
    write(tmp_path, {"jobs.py": f"{JOBS}\n\nstart()\nlater()\n"})
    assert not scan_file(project(tmp_path), Rules((check,)), "jobs.py").findings


@pytest.mark.parametrize(
    ("work", "found"),
    [
        ("send_reports()", True),
        ("store.delete_expired()", True),
        ("if stopping():\n            break\n        send_reports()", True),
        ("if send_reports():\n            break", False),
        ("forget()", False),
        ("manager.broadcast('tick')", False),
        ("run(jobs.get())", False),
        ("consumer.poll(1)", False),
    ],
)
def test_what_a_loop_works_on(tmp_path: Path, work: str, found: bool) -> None:
    code = (
        "import threading\nimport time\n\nimport flask\n\nsessions = {}\n\n\n"
        "def forget():\n    for key in list(sessions):\n        sessions.pop(key)\n\n\n"
        f"def loop():\n    while True:\n        {work}\n        time.sleep(60)\n\n\n"
        "threading.Thread(target=loop, daemon=True).start()\n"
    )
    write(tmp_path, {"app.py": code})
    result = scan_file(project(tmp_path), Rules((check,)), "app.py")
    assert not result.problems
    assert [finding.line for finding in result.findings] == [code.count("\n")] * found


def test_a_lock_lets_one_process_work(tmp_path: Path) -> None:
    code = f"{JOBS}\n\ndef work():\n    with store.lock('jobs'):\n        send()\n"
    write(tmp_path, {"jobs.py": code, "main.py": f"{HEAD}app = FastAPI()\njobs.start()\n"})
    assert not scan_file(project(tmp_path), Rules((check,)), "jobs.py").findings
