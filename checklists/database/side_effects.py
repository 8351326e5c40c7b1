"""What a function does beside its database: calls of other hosts, queues, processes, long work."""

from __future__ import annotations

import ast
import re

from harden.checklists.remote_calls import remote_of
from harden.module import Module

_NAMED = re.compile(
    r"(delay|apply_async|send\w*|notify\w*|publish\w*|enqueue\w*|charge\w*|pay|pay_\w+|upload\w*|add_task|create_task"
    r"|sleep|Popen|check_call|check_output|post|put|request|urlopen|process\w*|generate\w*|refund\w*|invoke\w*"
    r"|download\w*|fetch_\w+|call_\w+|run_\w+|emit|dispatch\w*|embed\w*|transcribe\w*|wait\w*|submit\w*|start\w*)$"
)
"""Names that tell of work elsewhere; they only ever keep a check silent."""


def is_aside(module: Module, node: ast.AST) -> bool:
    """Tell whether a node reaches beyond the database, so that what was written before it should be kept."""
    if isinstance(node, ast.Yield | ast.YieldFrom):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return _NAMED.match(name) is not None or remote_of(module, node) is not None
