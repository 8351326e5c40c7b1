"""An error that nobody records did not happen, until a customer says so.

`except Exception: pass` ends the error, and with it everything that could have been learned from it: the
typo in the new release and the peer that has been down since Monday look like ordinary work. The data that
was not written stays missing, and there is no line in any log to begin the search with.

Flagged are handlers for `Exception` (or everything) that neither log, raise, use the error nor call
something that might, `contextlib.suppress(Exception)`, and handlers that merely pass over a network or
database error. The fix writes `logger.exception` into the handler and narrows a bare `except:`; what the
handler goes on with stays.

Left out: attempts that only convert, look up, import or clean up, questions such as `is_reachable` or a
health check, what a `finally` tidies up, flags such as `HAS_X = False`, blocks with a comment that says why
the silence is right, and narrow types such as KeyError or FileNotFoundError.

Flagged:

    import logging

    logger = logging.getLogger(__name__)


    def notify(users, client):
        for user in users:
            try:
                client.send(user)
            except Exception:
                pass  # next one


    def price(client, order):
        try:
            answer = client.post("/price", order)
            return answer.json()["price"]
        except:
            return 9.95

Fixed:

    import logging

    logger = logging.getLogger(__name__)


    def notify(users, client):
        for user in users:
            try:
                client.send(user)
            except Exception:
                logger.exception("client.send failed")  # next one


    def price(client, order):
        try:
            answer = client.post("/price", order)
            return answer.json()["price"]
        except Exception:
            logger.exception("price failed")
            return 9.95

Flagged:

    from contextlib import suppress


    def remember(cache, key, value):
        with suppress(Exception):
            cache.store(key, value)

Fixed:

    import logging

    logger = logging.getLogger(__name__)


    def remember(cache, key, value):
        try:
            cache.store(key, value)
        except Exception:
            logger.exception("cache.store failed")

Fine:

    import contextlib
    import json


    def read(path, cache, metrics, connection):
        try:
            cache.load(path)
        except KeyError:
            pass
        try:
            cache.load(path)
        except Exception as error:
            return {"error": str(error)}
        try:
            cache.load(path)
        except Exception:
            metrics.count("failed")
        with contextlib.suppress(FileNotFoundError):
            cache.drop(path)
        try:
            return json.loads(path)
        except Exception:
            pass
        try:
            connection.close()
        except Exception:
            pass
        try:
            cache.warm(path)
        except Exception:
            pass  # fine: the first request warms it


    try:
        import numpy

        numpy.seterr(all="raise")
    except Exception:
        HAS_NUMPY = False


    def amount(text, settings):
        try:
            return float(text.strip()) * settings.get("factor", 1)
        except Exception:
            return 0.0


    def work(job, lock):
        try:
            job.run()
        finally:
            try:
                lock.give_back(job)
            except Exception:
                pass

When to ignore: the work is optional, its failure is counted elsewhere, or the block must never log, as in a
logging handler.

References: https://docs.astral.sh/ruff/rules/try-except-pass/
    https://bandit.readthedocs.io/en/latest/plugins/b110_try_except_pass.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.handlers import subject
from harden.harmless import is_harmless
from harden.module import Module
from harden.silence import is_explained, is_quiet_place, swallows

check = Check(
    id="swallowed-exception",
    title="Error that ends without a trace",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.swallowed:LogSwallowed", Risk.REVIEW),
    codes=frozenset({"S110", "S112", "B110", "B112", "BLE001"}),
    words=("except", "suppress"),
)


@check.node(ast.ExceptHandler)
def silent_handler(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag handlers that end an unexpected error without recording it."""
    if isinstance(node, ast.ExceptHandler) and swallows(module, node):
        attempt = module.parents[node]
        yield check.found(
            module,
            node,
            "the error ends here without a trace",
            facts={
                "subject": subject(module, node, getattr(attempt, "body", [])),
                "bare": "" if node.type is not None else "yes",
            },
        )


@check.node(ast.With)
def suppressed(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `with suppress(Exception)`, or of BaseException, around work whose failure is news."""
    if not isinstance(node, ast.With):
        return
    for item in node.items:
        call = item.context_expr
        if not isinstance(call, ast.Call) or module.resolve(call.func) != "contextlib.suppress":
            continue
        taken = set(map(module.resolve, call.args))
        if taken.isdisjoint(("builtins.Exception", "builtins.BaseException")):
            continue
        if "builtins.BaseException" in taken and _ends_here(module, node):
            continue
        if is_quiet_place(module, node) or is_explained(module, node, node.body):
            continue
        if not is_harmless(module, node.body):
            yield check.found(
                module,
                node,
                f"suppress({ast.unparse(call.args[0])}) ends every error without a trace",
                facts={"subject": subject(module, node, node.body)},
                why_not="The statement enters something else as well." if len(node.items) > 1 else "",
            )


def _ends_here(module: Module, node: ast.AST) -> bool:
    """Tell whether a child process ends itself by `os._exit`, so that nothing may pass by it."""
    function = module.function(node)
    return function is not None and "os._exit(" in module.segment(function)
