"""An error whose traceback was thrown away cannot be found in the code.

`logger.error(e)` writes `'id'` for a KeyError and nothing at all for an AssertionError: not where it was
raised, not by which way it came there. `logger.exception` writes the same line with the whole traceback, and
error trackers group by it. `print(e)` and `traceback.print_exc()` reach no log at all.

Lines at the levels warning, info and debug are taken as a decision that the error is expected. Blocks that
raise again, hand the error to an error tracker or write the traceback elsewhere are left alone, and so are
lines about one expected type of error that do not show the error.

Flagged:

    import logging

    logger = logging.getLogger(__name__)


    def charge(order):
        try:
            pay(order)
        except Exception as e:
            logger.error(f"charging order {order.id} failed: {e}")
        try:
            order.mail()
        except Exception as e:
            logger.error(e)

Fixed:

    import logging

    logger = logging.getLogger(__name__)


    def charge(order):
        try:
            pay(order)
        except Exception:
            logger.exception("charging order %s failed", order.id)
        try:
            order.mail()
        except Exception:
            logger.exception("order.mail failed")

Flagged:

    import traceback

    from flask import Flask

    app = Flask(__name__)


    @app.post("/import")
    def load():
        try:
            return read()
        except ValueError as error:
            print("import failed:", error)
            traceback.print_exc()
            return {"error": "not imported"}, 400

Fixed:

    import logging

    from flask import Flask

    logger = logging.getLogger(__name__)

    app = Flask(__name__)


    @app.post("/import")
    def load():
        try:
            return read()
        except ValueError:
            logger.exception("import failed")
            return {"error": "not imported"}, 400

Fine:

    import logging
    import traceback

    logger = logging.getLogger(__name__)


    def sync(jobs):
        for job in jobs:
            try:
                job.run()
            except KeyError:
                logger.error("job %s has no target", job)
            except TimeoutError as error:
                logger.warning("job %s will be tried again: %s", job, error)
            except OSError as error:
                logger.error("job %s: %s", job, error, exc_info=True)
            except ValueError:
                logger.error("job %s: %s", job, traceback.format_exc())
            except Exception as error:
                logger.error("job %s: %s", job, error)
                raise

When to ignore: the error is expected and its text says all; log it as a warning then.

References: https://docs.python.org/3/library/logging.html#logging.Logger.exception
    https://docs.astral.sh/ruff/rules/error-instead-of-exception/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.handlers import is_broad, raises, subject, uses
from harden.logs import log_call
from harden.module import Module, keyword, walk_statements
from harden.prints import PRINTS, is_log, prints_traceback, why_no_record

check = Check(
    id="error-without-traceback",
    title="Caught error recorded without its traceback",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.tracebacks:AddTraceback", Risk.AUTO),
    codes=frozenset({"TRY400", "T201"}),
    words=("except",),
)

_KNOWS = (
    "format_exc",
    "capture_exception",
    "exc_info",
    "captureException",
    "record_exception",
    "notice_error",
)


@check.node(ast.ExceptHandler)
def recorded_error(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the first line about its error in an except block that keeps no traceback."""
    if not isinstance(node, ast.ExceptHandler) or raises(node) or _keeps_traceback(module, node):
        return
    calls = [
        statement.value
        for statement in walk_statements(node.body)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    ]
    is_printed = any(prints_traceback(module, call) for call in calls)
    forms = [(call, form) for call in calls if (form := _form(module, node, call, is_printed))]
    if not forms:
        return
    call, form = next((pair for pair in forms if pair[1]["form"] != "print_exc"), forms[0])
    shown = {"print_exc": "a traceback printed past the log"}.get(
        form["form"], "the error without its traceback"
    )
    yield check.found(
        module,
        call,
        f"{ast.unparse(call.func)}() leaves {shown}",
        facts={
            **form,
            "error": node.name or "",
            "subject": subject(module, node, getattr(module.parents[node], "body", [])),
            "also": " ".join(_beside(module, call, forms)),
        },
        why_not=why_no_record(module, call) if form["form"] == "print" else "",
    )


def _form(module: Module, handler: ast.ExceptHandler, call: ast.Call, is_printed: bool) -> dict[str, str]:
    """Return what a call in a handler writes about the error, as facts; empty for anything else.

    A print beside a printed traceback (`is_printed`) is about the error without showing it.
    """
    path = module.resolve(call.func) or ""
    if prints_traceback(module, call):
        return {"form": "print_exc", "level": "error"} if is_log(module, call) else {}
    if path in PRINTS:
        shown = (uses(handler.name, call) or (is_printed and _has_words(call))) and is_log(module, call)
        separator = keyword(call, "sep")
        facts = {"form": "print", "level": "error"}
        if isinstance(separator, ast.Constant) and isinstance(separator.value, str):
            facts["sep"] = separator.value
        return facts if shown else {}
    record = log_call(module, call)
    if record is None or record.method not in ("error", "critical", "fatal") or record.message is None:
        return {}
    if not uses(handler.name, call) and not is_broad(module, handler):
        return {}
    return {"form": "log", "level": record.method, "flavour": record.flavour.value}


def _has_words(call: ast.Call) -> bool:
    return any(
        isinstance(node, ast.Constant) and any(map(str.isalpha, str(node.value)))
        for argument in call.args
        for node in ast.walk(argument)
    )


def _beside(module: Module, chosen: ast.Call, forms: list[tuple[ast.Call, dict[str, str]]]) -> Iterator[str]:
    """Yield where a traceback is printed beside the chosen call, in the same block."""
    block = module.parents[module.parents[chosen]]
    for call, form in forms:
        statement = module.parents[call]
        if call is not chosen and form["form"] == "print_exc" and module.parents[statement] is block:
            span = module.span(statement)
            yield f"{span.line}:{span.column}"


def _keeps_traceback(module: Module, handler: ast.ExceptHandler) -> bool:
    """Tell whether the handler writes, formats or reports the traceback already."""
    for node in (inner for statement in handler.body for inner in ast.walk(statement)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name):
                if name in _KNOWS and not _is_printed(module, node):
                    return True
            case ast.Call():
                record = log_call(module, node)
                if record is not None and record.has_traceback:
                    return True
    return False


def _is_printed(module: Module, node: ast.AST) -> bool:
    """Tell whether a formatted traceback is only printed."""
    calls = (outer for outer in module.ancestors(node) if isinstance(outer, ast.Call))
    return any(prints_traceback(module, call) for call in calls)
