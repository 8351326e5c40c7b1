"""Records of the root logger do not say where they come from, and cannot be turned down by module.

`logging.info(...)` writes through the root logger: every line is called `root`, the level of one noisy
module cannot be set, and the first such call installs a handler behind the back of whoever imports the
module. `logger = logging.getLogger(__name__)` gives each line its module's name and leaves the rest to the
configuration.

Programs and `__main__` blocks may use the root logger. `basicConfig` is flagged where a module that others
import calls it at its top although the project configures logging elsewhere: the first one to be imported
wins, the others do nothing.

Flagged:

    import logging


    def charge(order):
        logging.info("charging order %s", order.id)
        if order.late:
            logging.warn("order %s is late", order.id)

Fixed:

    import logging

    logger = logging.getLogger(__name__)


    def charge(order):
        logger.info("charging order %s", order.id)
        if order.late:
            logger.warning("order %s is late", order.id)

Flagged (shop/tasks.py):

    import logging as lg
    from logging import error

    log = lg.getLogger("shop.tasks")


    def sync(job):
        if not job.target:
            error("job %s has no target", job)

Fixed (shop/tasks.py):

    import logging as lg

    log = lg.getLogger("shop.tasks")


    def sync(job):
        if not job.target:
            log.error("job %s has no target", job)

Fine:

    import logging

    import click

    logger = logging.getLogger(__name__)


    @click.command()
    def load():
        logging.info("loading")


    def charge(order):
        logger.info("charging order %s", order.id)

Flagged (shop/stock.py):

    import logging


    def reserve(item):
        logging.getLogger().info("reserving %s", item)

Fixed (shop/stock.py):

    import logging

    logger = logging.getLogger(__name__)


    def reserve(item):
        logger.info("reserving %s", item)

Fine (shop/count.py):

    import logging


    def main():
        logging.info("counting")


    if __name__ == "__main__":
        logging.basicConfig(level=logging.INFO)
        logging.info("up")
        main()

Fine (shop/setup.py):

    import logging

    logging.basicConfig(level=logging.INFO)
    logging.getLogger("urllib3").setLevel(logging.WARNING)

When to ignore: the module is only ever run as a program.

References: https://docs.python.org/3/howto/logging.html#advanced-logging-tutorial
    https://docs.astral.sh/ruff/rules/root-logger-call/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.log_setup import APPLICATIONS
from harden.logs import METHODS
from harden.module import Module
from harden.prints import is_program
from harden.roles import FileKind, Role

check = Check(
    id="root-logger",
    title="Record of the root logger",
    severity=Severity.LOW,
    fix=Fix("harden.codemods.root_logger:UseModuleLogger", Risk.AUTO),
    codes=frozenset({"LOG015"}),
    words=("logging",),
    kinds=frozenset({FileKind.APP}),
)

_OWNERS = ("", "root.", "getLogger.")
_CONFIGURERS = frozenset({"main", "app", "application", "wsgi", "asgi", "server", "factory", "settings"})


@check.call(*(f"logging.{owner}{method}" for owner in _OWNERS for method in sorted(METHODS)))
def root_record(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag records that a module writes through the root logger."""
    if path.startswith("logging.getLogger.") and not _asks_for_root(call):
        return
    if module.in_main_guard(call) or module.role(call) is Role.CLI:
        return
    if is_program(module) and module.role(call) is Role.NONE and not _makes_application(module):
        return
    method = path.rpartition(".")[2]
    yield check.found(
        module,
        call,
        f"logging.{method}() writes as `root`, whichever module it stands in",
        facts={"method": {"warn": "warning", "fatal": "critical"}.get(method, method)},
    )


@check.call("logging.basicConfig")
def rival_configuration(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag a configuration at the top of an imported module beside that of another module."""
    statement = module.statement(call)
    if module.parents[statement] is not module.tree or is_program(module) or _is_place_for_it(module):
        return
    others = [path for path in module.project.mentions("basicConfig") if path != module.path]
    if any(_configures_at_top(module, other) for other in others):
        yield check.found(
            module,
            call,
            "basicConfig() in an imported module: the first one in the project wins",
            why_not="Which configuration wins hangs on the order of imports: keep the entry point's by hand.",
        )


def _asks_for_root(call: ast.Call) -> bool:
    """Tell whether the root logger is asked for in the place where it is used: `getLogger().info(…)`."""
    match call.func:
        case ast.Attribute(value=ast.Call(args=args, keywords=[])):
            return all(isinstance(arg, ast.Constant) and not arg.value for arg in args)
    return False


def _makes_application(module: Module) -> bool:
    return any(module.resolve(call.func) in APPLICATIONS for call in module.nodes(ast.Call))


def _is_place_for_it(module: Module) -> bool:
    """Tell whether a module is an entry point, or named after what it configures."""
    stem = PurePosixPath(module.path).stem
    return stem in _CONFIGURERS or "log" in stem or "conf" in stem or _makes_application(module)


def _configures_at_top(module: Module, path: str) -> bool:
    """Tell whether another shipped file configures logging too, wherever in it."""
    other = module.project.module(path)
    return other.kind is FileKind.APP and any(
        other.resolve(call.func) == "logging.basicConfig" and not other.in_main_guard(call)
        for call in other.nodes(ast.Call)
    )
