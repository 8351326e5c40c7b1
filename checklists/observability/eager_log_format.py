"""A log message put together beforehand costs time when it is dropped, and cannot be grouped when it is kept.

`logger.debug(f"row {row}")` formats every row although the level drops the line. And because the logger
only sees finished text, Sentry and log search take `order 17 failed` and `order 18 failed` for two different
messages. With `logger.debug("row %s", row)` the text stays the same for every row, and the values are put in
only when the line is written.

Loggers of loguru and structlog are left alone: they take their values in other ways. So are loggers whose
origin is not known. A line that also lost the traceback of its error is reported as
`error-without-traceback`.

Flagged:

    import logging

    logger = logging.getLogger(__name__)


    def charge(order, total):
        logger.info(f"charging order {order.id}: {total:.2f} EUR")
        logger.debug("customer {} of {!r}".format(order.customer, order.shop))
        logger.warning("order " + str(order.id) + " is late")
        logger.warning("%d items, %s left" % (len(order.items), order.stock))

Fixed:

    import logging

    logger = logging.getLogger(__name__)


    def charge(order, total):
        logger.info("charging order %s: %.2f EUR", order.id, total)
        logger.debug("customer %s of %r", order.customer, order.shop)
        logger.warning("order %s is late", order.id)
        logger.warning("%d items, %s left", len(order.items), order.stock)

Flagged:

    import logging

    log = logging.getLogger(__name__)


    def load(path, rows, share):
        log.info(
            f"{path=} is {share:.0%} read, "
            f"100% of {len(rows):,} rows are kept"
        )

Fixed:

    import logging

    log = logging.getLogger(__name__)


    def load(path, rows, share):
        log.info(
            "path=%r is %s read, "
            "100%% of %s rows are kept",
            path,
            format(share, ".0%"),
            format(len(rows), ","),
        )

Fine:

    import logging

    from loguru import logger as plain

    log = logging.getLogger(__name__)


    def sync(job, prefix, texts):
        log.info("syncing %s", job)
        log.info("constant text " "in two parts")
        log.info(f"no value")
        log.info("100% done")
        log.info(prefix % job)
        log.info(" ".join(texts))
        plain.info(f"syncing {job}")
        job.info(f"syncing {job}")

When to ignore: the line is written once at start, or the file's style is worth more than the grouping.

References: https://docs.python.org/3/howto/logging.html#optimization
    https://docs.astral.sh/ruff/rules/logging-f-string/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.observability.error_without_traceback import recorded_error
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.handlers import handler_around
from harden.logs import PATTERNS, Flavour, log_call
from harden.module import Module, has_star_arguments

check = Check(
    id="eager-log-format",
    title="Log message put together before the logger sees it",
    severity=Severity.LOW,
    fix=Fix("harden.codemods.lazy_logs:LazyArguments", Risk.AUTO),
    codes=frozenset({"G001", "G002", "G003", "G004", "W1201", "W1202", "W1203"}),
)


@check.call(*PATTERNS)
def formatted_message(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag log calls whose message is an f-string, or the result of `%`, `.format()` or `+`."""
    found = log_call(module, call)
    if found is None or found.flavour is not Flavour.STANDARD or found.message is None:
        return
    if (how := _how(found.message)) and not _is_mended_with_traceback(module, call):
        yield check.found(
            module,
            call,
            f"{how} puts the message together even when the level drops it",
            facts={"at": str(found.at)},
            why_not="The call passes values that are not known here." if _has_star(call) else "",
        )


def _is_mended_with_traceback(module: Module, call: ast.Call) -> bool:
    """Tell whether the call is reported for its lost traceback, whose fix makes the message lazy too."""
    handler = handler_around(module, call)
    return handler is not None and any(
        finding.span == module.span(call) for finding in recorded_error(module, handler)
    )


def _how(message: ast.expr) -> str:
    """Return what puts a message together, or an empty string for one that is left to the logger."""
    match message:
        case ast.JoinedStr(values=values):
            return "an f-string" if any(isinstance(v, ast.FormattedValue) for v in values) else ""
        case ast.BinOp(left=left, op=ast.Mod()):
            return "`%`" if _is_text(left) else ""
        case ast.BinOp(op=ast.Add()):
            return "`+`" if _is_text(message) and not _is_constant(message) else ""
        case ast.Call(func=ast.Attribute(value=value, attr="format"), args=args, keywords=keywords):
            return "`.format()`" if _is_text(value) and (args or keywords) else ""
    return ""


def _is_text(expr: ast.expr) -> bool:
    """Tell whether an expression certainly is a text that is written here, at least in part."""
    match expr:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
    return False


def _is_constant(expr: ast.expr) -> bool:
    match expr:
        case ast.BinOp(left=left, right=right):
            return _is_constant(left) and _is_constant(right)
        case ast.JoinedStr(values=values):
            return not any(isinstance(value, ast.FormattedValue) for value in values)
    return isinstance(expr, ast.Constant)


def _has_star(call: ast.Call) -> bool:
    return has_star_arguments(ast.Call(func=call.func, args=call.args, keywords=[]))
