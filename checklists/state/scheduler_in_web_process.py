"""A schedule that runs inside the web service runs once in each of its processes.

With four workers the reminder goes out four times, with two machines eight times; while a deployment
overlaps, more often still. Where the service is scaled to nothing, it does not run at all, and a job that is
cut off by a restart is not made up for. Start the schedule from one place: a process of its own, cron, a
CronJob of the cluster, Celery beat; the job itself may stay where it is.

Looked at are APScheduler, `schedule`, timers that start themselves anew, and threads and tasks that work and
sleep in an endless loop, where a module, a startup hook or a factory of the application starts them. Left
out: programs of their own and commands, starts behind a setting that says which process is the scheduler,
files that take a lock that all processes share, loops that wait for a queue or a message, and those that only
look after their own process: what it keeps in memory, its metrics, its connections.

Flagged:

    from apscheduler.schedulers.background import BackgroundScheduler
    from flask import Flask

    from app.mails import send_reminders

    app = Flask(__name__)
    scheduler = BackgroundScheduler()
    scheduler.add_job(send_reminders, "cron", hour=6)
    scheduler.start()

Fixed:

    from flask import Flask

    from app.mails import send_reminders

    app = Flask(__name__)


    @app.cli.command("send-reminders")  # crontab: 0 6 * * * flask send-reminders
    def remind():
        send_reminders()

Flagged:

    import asyncio
    from contextlib import asynccontextmanager

    from fastapi import FastAPI

    from app.orders import cancel_unpaid


    async def sweep():
        while True:
            await cancel_unpaid()
            await asyncio.sleep(3600)


    @asynccontextmanager
    async def lifespan(app: FastAPI):
        task = asyncio.create_task(sweep())
        yield
        task.cancel()


    app = FastAPI(lifespan=lifespan)

Fixed:

    import asyncio

    from app.orders import cancel_unpaid

    if __name__ == "__main__":  # started by a CronJob every hour
        asyncio.run(cancel_unpaid())

Flagged (shop/apps.py):

    import threading
    import time

    import schedule
    from django.apps import AppConfig


    def run_jobs():
        while True:
            schedule.run_pending()
            time.sleep(1)


    class ShopConfig(AppConfig):
        name = "shop"

        def ready(self):
            from shop.jobs import clean_up

            schedule.every().day.at("03:00").do(clean_up)
            threading.Thread(target=run_jobs, daemon=True).start()

Fixed (shop/apps.py):

    from django.apps import AppConfig


    class ShopConfig(AppConfig):
        name = "shop"  # shop/management/commands/clean_up.py is started by cron

Fine:

    import os
    import queue
    import threading
    import time

    from apscheduler.schedulers.background import BackgroundScheduler
    from flask import Flask

    app = Flask(__name__)
    scheduler = BackgroundScheduler()
    lines = queue.Queue()
    rates = {}


    def write_lines():
        while True:
            send(lines.get())


    def refresh():
        while True:
            rates["all"] = fetch_rates()
            time.sleep(600)


    def once():
        time.sleep(5)
        warm_up()


    if os.environ.get("RUN_SCHEDULER") == "1":
        scheduler.start()
    threading.Thread(target=write_lines, daemon=True).start()
    threading.Thread(target=refresh, daemon=True).start()
    threading.Thread(target=once, daemon=True).start()


    @app.cli.command("jobs")
    def run_scheduler():
        scheduler.start()

Fine (worker.py):

    import time

    from apscheduler.schedulers.background import BackgroundScheduler

    from app.main import app

    import flask

    if __name__ == "__main__":
        scheduler = BackgroundScheduler()
        scheduler.start()
        while True:
            time.sleep(60)

Pattern (celery):

    from celery import Celery
    from celery.schedules import crontab

    app = Celery("shop")
    app.conf.beat_schedule = {  # one process of its own: celery -A shop beat
        "reminders": {"task": "shop.tasks.send_reminders", "schedule": crontab(hour=6, minute=0)},
    }

Pattern (flask):

    from flask import Flask

    from app.mails import send_reminders

    app = Flask(__name__)


    @app.cli.command("send-reminders")  # crontab: 0 6 * * * flask send-reminders
    def remind() -> None:
        send_reminders()

Pattern (django):

    # shop/management/commands/send_reminders.py, crontab: 0 6 * * * python manage.py send_reminders
    from django.core.management.base import BaseCommand

    from shop.mails import send_reminders


    class Command(BaseCommand):
        help = "Send the reminders of the day."

        def handle(self, *args: object, **options: object) -> None:
            send_reminders()

Pattern:

    # app/scheduler.py, a service of its own with one replica: python -m app.scheduler
    from apscheduler.schedulers.blocking import BlockingScheduler

    from app.mails import send_reminders

    if __name__ == "__main__":
        scheduler = BlockingScheduler()
        scheduler.add_job(send_reminders, "cron", hour=6, max_instances=1, coalesce=True)
        scheduler.start()

When to ignore: the job is meant for each process, or does no harm when it runs several times at once.

References:
    https://apscheduler.readthedocs.io/en/3.x/faq.html#how-do-i-share-a-single-job-store-among-one-or-more-worker-processes
    https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html
    https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.called import function_of
from harden.calls import callee_of
from harden.checklists.state.changes import change_of
from harden.checklists.state.endless import goes_on
from harden.checklists.state.web_start import runs_with_web
from harden.checks import Check
from harden.environment import env_read
from harden.findings import Finding, Severity
from harden.module import Module, is_literal, keyword
from harden.tree import FunctionNode, own_nodes

check = Check(
    id="scheduler-in-web-process",
    title="Schedule that runs in each web process",
    severity=Severity.HIGH,
)

_SCHEDULERS = tuple(
    f"{package}.{name}"
    for package, names in {
        "apscheduler.schedulers.background": ("BackgroundScheduler",),
        "apscheduler.schedulers.asyncio": ("AsyncIOScheduler",),
        "apscheduler.schedulers.gevent": ("GeventScheduler",),
        "apscheduler.schedulers.tornado": ("TornadoScheduler",),
        "apscheduler": ("AsyncScheduler", "Scheduler"),
        "flask_apscheduler": ("APScheduler",),
        "rocketry": ("Rocketry",),
    }.items()
    for name in names
)
_STARTS = tuple(f"{path}.{how}" for path in _SCHEDULERS for how in ("start", "start_in_background"))
_REPEATERS = (
    *("fastapi_utils.tasks.repeat_every", "fastapi_utils.repeat_every", "fastapi_restful.tasks.repeat_every"),
    *("fastapi_utilities.repeat_every", "fastapi_utilities.repeat_at", "aiocron.crontab"),
)
_TASKS = (
    *("asyncio.create_task", "asyncio.ensure_future"),
    *("asyncio.get_event_loop.create_task", "asyncio.get_running_loop.create_task"),
)
_SLEEPS = frozenset({"time.sleep", "asyncio.sleep", "schedule.run_pending", "gevent.sleep", "eventlet.sleep"})
_GIVEN = frozenset(
    {"blpop", "brpop", "lpop", "rpop", "get_message", "receive_message", "xreadgroup", "poll", "recv"}
    | {"broadcast", "send_text", "send_json", "send_bytes", "emit"}
)
"""What takes work from where only one process gets it, or talks to the connections of the own one."""
_CHOSEN = re.compile(r"(?i)sched|cron|worker|leader|primary|enable|run_|jobs|beat|singleton")
_SHARED_LOCK = re.compile(
    r"nx=True|\.lock\(|advisory_lock|flock\(|FileLock|Lock\.objects|setnx|leader|SKIP LOCKED|skip_locked"
)
_OWN_PROCESS = re.compile(
    r"(?i)heart_?beat|keep_?alive|metrics|memory|watchdog|flush|ping|(^|_)gc(_|$)|health"
)
"""Names of what each process does for itself."""
_MESSAGE = "this runs in each process of the service, and as often as there are processes"


@check.call(*_STARTS, *_REPEATERS)
def scheduler_started(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag schedulers that the web service starts."""
    if not is_literal(keyword(call, "paused"), True):
        yield from _found(module, call)


@check.call("threading.Thread", "threading.Timer", "_thread.start_new_thread", *_TASKS)
def loop_started(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag threads, timers and tasks that work at intervals for as long as the process lives."""
    run = _run(module, call, path)
    called = function_of(module, run) if run is not None else None
    if called is None:
        return
    if path == "threading.Timer":
        if module.function(call) is called[1]:
            yield from _found(module, call)
    elif not _OWN_PROCESS.search(called[1].name) and _works_at_intervals(*called):
        yield from _found(module, call)


def _run(module: Module, call: ast.Call, path: str) -> ast.expr | None:
    """Return what a call runs beside the caller."""
    if path in _TASKS:
        return call.args[0].func if call.args and isinstance(call.args[0], ast.Call) else None
    if path == "threading.Timer":
        return call.args[1] if len(call.args) > 1 else keyword(call, "function")
    return keyword(call, "target") or (call.args[0] if path.startswith("_thread") and call.args else None)


def _found(module: Module, call: ast.Call) -> Iterator[Finding]:
    if not runs_with_web(module, call) or _is_chosen(module, call) or _SHARED_LOCK.search(module.text):
        return
    yield check.found(module, call, _MESSAGE)


def _is_chosen(module: Module, call: ast.Call) -> bool:
    """Tell whether a setting says which process runs it."""
    tests = [outer.test for outer in module.ancestors(call) if isinstance(outer, ast.If | ast.IfExp)]
    function = module.function(call)
    for node in own_nodes(function) if function is not None else ():
        if isinstance(node, ast.If) and node.lineno < call.lineno and isinstance(node.body[-1], ast.Return):
            tests.append(node.test)
    parts = [part for test in tests for part in ast.walk(test)]
    for part in parts:
        read = env_read(module, part)
        if read is not None and "WERKZEUG" not in read.name:
            return True
        name = (
            getattr(part, "attr", getattr(part, "id", ""))
            if isinstance(part, ast.Name | ast.Attribute)
            else ""
        )
        if _CHOSEN.search(name) and name.lower() not in ("scheduler", "running"):
            return True
    return False


def _works_at_intervals(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function works and sleeps in an endless loop, on more than its own process's memory."""
    nodes = list(own_nodes(function))
    loops = [node for node in nodes if isinstance(node, ast.While) and goes_on(node)]
    inside = [part for loop in loops for part in ast.walk(loop)]
    calls = [node for node in inside if isinstance(node, ast.Call)]
    sleeps = any(_sleeps(module, call) for call in calls)
    if not sleeps or any(map(_waits_for_work, calls)) or _keeps_in_memory(module, function):
        return False
    called = (callee_of(module, call) for call in calls)
    return not any(_keeps_in_memory(*one) for one in called if one is not None)


def _sleeps(module: Module, call: ast.Call) -> bool:
    if module.resolve(call.func) in _SLEEPS:
        return True
    return (
        isinstance(call.func, ast.Attribute) and call.func.attr == "wait" and bool(call.args or call.keywords)
    )


def _waits_for_work(call: ast.Call) -> bool:
    """Tell whether a loop is handed its work by a queue or a broker, or talks to those connected to it."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in ("get", "get_nowait"):
        owner = ast.unparse(call.func.value).lower() if isinstance(call.func, ast.Attribute) else ""
        return "queue" in owner or owner in ("q", "jobs", "tasks")
    return name in _GIVEN


def _keeps_in_memory(module: Module, function: FunctionNode) -> bool:
    """Tell whether a function renews or clears what its process holds in names of the module."""
    if module.names.scopes[function].shared:
        return True
    held = module.names.scopes[module.tree].bindings
    return any(
        change_of(module, node) is not None
        for node in own_nodes(function)
        if isinstance(node, ast.Name) and node.id in held and module.names.lookup(node) in held[node.id]
    )
