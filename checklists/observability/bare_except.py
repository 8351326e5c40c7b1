"""A bare except also catches the order to stop.

`except:` and `except BaseException:` catch `KeyboardInterrupt`, `SystemExit`, `GeneratorExit` and
`asyncio.CancelledError` as if they were failures. The worker that is told to shut down goes on, the
cancelled request keeps its connection, and the orchestrator ends it by force in the middle of its work.

A bare except that records nothing at all is reported once, as `swallowed-exception`, whose fix narrows
it too.

Flagged:

    import logging

    logger = logging.getLogger(__name__)


    def consume(queue):
        while True:
            message = queue.get()
            try:
                message.process()
            except:
                logger.exception("message lost")

Fixed:

    import logging

    logger = logging.getLogger(__name__)


    def consume(queue):
        while True:
            message = queue.get()
            try:
                message.process()
            except Exception:
                logger.exception("message lost")

Flagged:

    import logging

    logger = logging.getLogger(__name__)


    async def notify(client, users):
        for user in users:
            try:
                await client.send(user)
            except BaseException as error:
                logger.exception("not notified: %s (%s)", user, error)

Fixed:

    import logging

    logger = logging.getLogger(__name__)


    async def notify(client, users):
        for user in users:
            try:
                await client.send(user)
            except Exception as error:
                logger.exception("not notified: %s (%s)", user, error)

Fine:

    import os
    import sys


    def transfer(session, future, work):
        try:
            work()
            session.commit()
        except:
            session.rollback()
            raise
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)
        try:
            work()
        except Exception:
            session.log("failed")
        except BaseException:
            session.log("told to stop")
        try:
            work()
        except BaseException as panic:  # the extension panics outside of Exception
            session.log("panic", panic)


    def child(work):
        try:
            work()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)

When to ignore: the block is the outermost frame of a process or thread and must see everything, the order to
stop included.

References: https://docs.python.org/3/library/exceptions.html#exception-hierarchy
    https://docs.python.org/3/library/asyncio-exceptions.html#asyncio.CancelledError
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.handlers import caught, raises, uses
from harden.logs import METHODS
from harden.module import Module
from harden.silence import swallows

check = Check(
    id="bare-except",
    title="Except block that catches the order to stop",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.excepts:NarrowExcept", Risk.AUTO),
    codes=frozenset({"E722", "B001"}),
    words=("except",),
)

_BASE = "builtins.BaseException"
_STOPS = frozenset({"builtins.KeyboardInterrupt", "builtins.SystemExit", "asyncio.CancelledError"})
_LAST_WORDS = ("_exit", "exit", "excepthook", "reraise", "exc_info", "with_traceback", "print_exception")
_DESCRIBING = frozenset({"str", "repr", "print", "type", "format", "isinstance", *METHODS})


@check.node(ast.ExceptHandler)
def catches_everything(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag handlers for BaseException that neither raise, hand the error on nor end the process."""
    if not isinstance(node, ast.ExceptHandler) or _BASE not in caught(module, node):
        return
    if raises(node) or _hands_on(node) or _is_the_rest(module, node) or _is_explained(module, node):
        return
    if swallows(module, node):
        return
    written = "except BaseException" if node.type is not None else "a bare except"
    yield check.found(
        module,
        node,
        f"{written} also catches KeyboardInterrupt, SystemExit and CancelledError",
        why_not="It names several types: take BaseException out of them by hand."
        if isinstance(node.type, ast.Tuple)
        else "",
    )


def _hands_on(handler: ast.ExceptHandler) -> bool:
    """Tell whether the error is given to somebody else, or the process ends here."""
    for node in (inner for statement in handler.body for inner in ast.walk(statement)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=args, keywords=keywords):
                passed = [*args, *(item.value for item in keywords)]
                bare = [value for value in passed if isinstance(value, ast.Name)]
                if name in _LAST_WORDS or (name not in _DESCRIBING and uses(handler.name, *bare)):
                    return True
            case ast.Assign(value=ast.Name() | ast.Tuple()) | ast.Return(value=ast.Name() | ast.Tuple()):
                if uses(handler.name, node):
                    return True
    return False


def _is_the_rest(module: Module, handler: ast.ExceptHandler) -> bool:
    """Tell whether an earlier handler takes the errors or the orders to stop, so that this one is meant."""
    attempt = module.parents[handler]
    if not isinstance(attempt, ast.Try | ast.TryStar):
        return False
    before = attempt.handlers[: attempt.handlers.index(handler)]
    taken = {path for other in before for path in caught(module, other)}
    return "builtins.Exception" in taken or not taken.isdisjoint(_STOPS)


def _is_explained(module: Module, handler: ast.ExceptHandler) -> bool:
    """Tell whether BaseException is written out and a comment at it says why."""
    first = handler.body[0].lineno
    head = module.lines[handler.lineno - 1 : max(first - 1, handler.lineno)]
    return handler.type is not None and any("#" in line.replace("# pragma", "") for line in head)
