"""Keep background tasks in a set until they are done, and log how they failed."""

from __future__ import annotations

import ast
import sys

import libcst as cst

from harden.codemods.codemod import PythonCodemod
from harden.errors import Refusal
from harden.logs import Flavour, flavour_of

_SET = "_background_tasks"
_DONE = "_forget_task"
_LOGGERS = ("logger", "log", "LOGGER", "LOG", "_logger", "_log")


class KeepTask(PythonCodemod):
    """Give a started task a name, put it into a module-level set, and let it go when it is done."""

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement]:
        """Write the three lines that keep the task."""
        if not any(self._is_target(small) for small in original_node.body):
            return updated_node
        if len(original_node.body) > 1:
            raise Refusal("Several statements share the line: put this one on a line of its own first.")
        self._add_holder()
        name = self._free_name(self.span(original_node).line)
        small = updated_node.body[0]
        value = small.value if isinstance(small, cst.Expr | cst.Assign) else None
        started = cst.Assign([cst.AssignTarget(cst.Name(name))], value or cst.Name("None"))
        kept = cst.parse_statement(f"{_SET}.add({name})")
        forgotten = cst.parse_statement(f"{name}.add_done_callback({_DONE})")
        return cst.FlattenSentinel([updated_node.with_changes(body=[started]), kept, forgotten])

    def _is_target(self, small: cst.BaseSmallStatement) -> bool:
        return isinstance(small, cst.Expr | cst.Assign) and self.target(small.value) is not None

    def _add_holder(self) -> None:
        """Add the set and the callback, unless an earlier fix has put them there."""
        known = self.module.names.scopes[self.module.tree].bindings
        if _SET in known and any(isinstance(node, ast.FunctionDef) for node in known.get(_DONE, ())):
            return
        report = self._report()
        task = self.import_name("asyncio", top=True) + ".Task"
        self.top_level(f"{_SET}: set[{task}[object]] = set()", binds=_SET)
        self.top_level(
            f"\ndef {_DONE}(task: {task}[object]) -> None:\n"
            '    """Let go of a finished task, and log how it failed."""\n'
            f"    {_SET}.discard(task)\n"
            "    if not task.cancelled() and (error := task.exception()) is not None:\n"
            f"        {report}",
            binds=_DONE,
        )

    def _report(self) -> str:
        """Return the call that logs `error` by the module's own logger, made where there is none."""
        known = self.module.names.scopes[self.module.tree].bindings
        for name in _LOGGERS:
            flavour = flavour_of(self.module, ast.Name(name, lineno=sys.maxsize, col_offset=0))
            if name in known and flavour is Flavour.LOGURU:
                return f'{name}.opt(exception=error).error("Background task {{}} failed", task.get_name())'
            if name in known and flavour is not None:
                return f'{name}.error("Background task %s failed", task.get_name(), exc_info=error)'
        logging = self.import_name("logging", top=True)
        try:
            name = "logger"
            self.top_level(f"{name} = {logging}.getLogger(__name__)", binds=name)
        except Refusal:
            name = "_logger"
            self.top_level(f"{name} = {logging}.getLogger(__name__)", binds=name)
        return f'{name}.error("Background task %s failed", task.get_name(), exc_info=error)'

    def _free_name(self, line: int) -> str:
        """Return a name for the task that the function around it does not use yet."""
        around = [
            scope
            for node, scope in self.module.names.scopes.items()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        for name in ("task", "background_task", "started_task"):
            if all(name not in scope.bindings for scope in around):
                return name
        raise Refusal("The names for the task are all in use here.")
