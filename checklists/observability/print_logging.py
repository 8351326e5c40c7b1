"""What a service prints has no time, no level and no origin, and often nobody sees it.

The output of `print` is buffered and lost when the worker is killed, cannot be turned down or up, does not
reach the error tracker, and says neither when nor where it was written. A module's logger gives each line
all of that, and lets whoever runs the service decide what is kept.

The new line goes to the logger that the file has, else to one like those of the project: structlog gets an
event and keywords, loguru its `{}`, a Celery task the task logger. INFO is shown only where logging is
configured; where it is not, the preview says so, and `configure=true` adds a configuration to the entry
point in the same patch (as the fix of `no-logging-config` does).

The output of programs is not flagged: commands, scripts, `__main__` blocks, functions named after printing,
functions that only programs call, what is printed for a person at a terminal or right before the exit, and
everything in projects that are no service. A print that shows the error caught around it is reported as
`error-without-traceback` instead.

Flagged:

    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/orders/{order_id}")
    def charge(order_id: int, total: float):
        print(f"charging order {order_id}: {total:.2f} EUR")
        receipt = pay(order_id, total)
        print("receipt:", receipt)
        print(order_id, total, sep=";", flush=True)
        if receipt is None:
            print("WARNING: no receipt for order", order_id)

Fixed:

    import logging

    from fastapi import FastAPI

    logger = logging.getLogger(__name__)

    app = FastAPI()


    @app.post("/orders/{order_id}")
    def charge(order_id: int, total: float):
        logger.info("charging order %s: %.2f EUR", order_id, total)
        receipt = pay(order_id, total)
        logger.info("receipt: %s", receipt)
        logger.info("%s;%s", order_id, total)
        if receipt is None:
            logger.warning("WARNING: no receipt for order %s", order_id)

Flagged (shop/tasks.py):

    import sys
    from pprint import pprint

    from celery import shared_task
    from celery.utils.log import get_task_logger

    log = get_task_logger(__name__)


    @shared_task
    def sync(job):
        print("=" * 40)
        pprint(job)
        try:
            send(job)
        except ConnectionError:
            print("peer is away, sync %s waits" % job.id, file=sys.stderr)

Fixed (shop/tasks.py):

    from pprint import pformat

    from celery import shared_task
    from celery.utils.log import get_task_logger

    log = get_task_logger(__name__)


    @shared_task
    def sync(job):
        log.info("%s", pformat(job))
        try:
            send(job)
        except ConnectionError:
            log.warning("peer is away, sync %s waits", job.id)

Flagged (shop/stock.py):

    import structlog
    from fastapi import APIRouter

    log = structlog.get_logger()
    router = APIRouter()


    @router.post("/stock/{item}")
    def take(item: str, count: int):
        print(f"taken from stock: {item}, count={count}")

Fixed (shop/stock.py):

    import structlog
    from fastapi import APIRouter

    log = structlog.get_logger()
    router = APIRouter()


    @router.post("/stock/{item}")
    def take(item: str, count: int):
        log.info("taken from stock", item=item, count=count)

Fine:

    import sys

    from flask import Flask

    app = Flask(__name__)


    @app.cli.command()
    def users():
        print("ada")


    def print_routes(rules):
        for rule in rules:
            print(rule)


    def load(path, verbose=False):
        if verbose:
            print("loading", path)
        with open(path, "w") as file:
            print("text", file=file)
        if not path:
            print("no path given")
            sys.exit(1)


    if __name__ == "__main__":
        print("starting")
        app.run()

Fine (tool/count.py):

    import csv


    def count(path):
        with open(path) as file:
            rows = list(csv.reader(file))
        print(len(rows), "rows")

Fine (check_orders.py):

    import asyncio

    from app.main import orders


    async def check():
        print("orders:", len(await orders()))


    asyncio.run(check())

When to ignore: the platform reads the service's standard output as its data.

References: https://docs.python.org/3/howto/logging.html#when-to-use-logging
    https://12factor.net/logs
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.observability.error_without_traceback import recorded_error
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.handlers import handler_around, raises
from harden.levels import level_of
from harden.module import Module, keyword
from harden.prints import PRINTS, is_log, prints_traceback, why_no_record
from harden.roles import FileKind

check = Check(
    id="print-logging",
    title="Print in the place of a log record",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.prints:PrintToLogger", Risk.AUTO),
    codes=frozenset({"T201", "T203"}),
    words=("print", "stderr", "stdout"),
    kinds=frozenset({FileKind.APP}),
)


@check.call(*PRINTS)
def printed_record(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag what a service prints, but for errors, which another check reports."""
    if not is_log(module, call) or _shows_error(module, call):
        return
    form = "ruler" if _is_ruler(call) else _FORMS[path]
    yield check.found(
        module,
        call,
        f"{path.removeprefix('builtins.')}() writes without time, level or origin",
        facts={"form": form, "level": level_of(module, call), **_written(call)},
        why_not=_why_not(module, call, form),
    )


_FORMS = {
    "builtins.print": "print",
    "pprint.pprint": "pprint",
    "pprint.pp": "pprint",
    "sys.stderr.write": "write",
    "sys.stdout.write": "write",
}


def _shows_error(module: Module, call: ast.Call) -> bool:
    handler = handler_around(module, call)
    if handler is None:
        return False
    if prints_traceback(module, call) and not raises(handler):
        return True
    return any(finding.span == module.span(call) for finding in recorded_error(module, handler))


def _is_ruler(call: ast.Call) -> bool:
    """Tell whether a print only leaves a line empty or draws one."""
    if not call.args:
        return True
    if len(call.args) > 1:
        return False
    drawn = call.args[0]
    if (
        isinstance(drawn, ast.BinOp)
        and isinstance(drawn.op, ast.Mult)
        and isinstance(drawn.right, ast.Constant)
    ):
        drawn = drawn.left
    match drawn:
        case ast.Constant(value=str() as text):
            return not any(map(str.isalnum, text))
    return False


def _written(call: ast.Call) -> dict[str, str]:
    facts = {}
    separator = keyword(call, "sep")
    if isinstance(separator, ast.Constant) and isinstance(separator.value, str):
        facts["sep"] = separator.value
    if (file := keyword(call, "file")) is not None:
        facts["file"] = ast.unparse(file)
    return facts


def _why_not(module: Module, call: ast.Call, form: str) -> str:
    if form == "ruler":
        return _why_kept(module, call)
    if form == "pprint" and (len(call.args) != 1 or call.keywords):
        return "It sets how the value is laid out: hand that to `pprint.pformat`."
    return why_no_record(module, call)


def _why_kept(module: Module, call: ast.Call) -> str:
    """Return why a line that only parts others cannot be taken away."""
    statement = module.parents[call]
    if not isinstance(statement, ast.Expr):
        return "Its value is used."
    around = module.parents[statement]
    alone = any(getattr(around, name, None) == [statement] for name in ("body", "orelse", "finalbody"))
    return "It is all that its block does: take the block away by hand." if alone else ""
