"""Whether what a call waits for is known to have ended, or is seen to by other means."""

from __future__ import annotations

import ast

from harden.module import Module, has_star_arguments

_ENDS = ("kill", "terminate", "poll", "send_signal")
_SEEN_TO = frozenset({"as_completed", "wait", "done", "add_done_callback"})


def has_ended(module: Module, call: ast.Call) -> bool:
    """Tell whether a process was polled, killed or read to its end before it is waited for."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("wait", "communicate"):
        return False
    if has_star_arguments(call):
        return True
    around = module.function(call)
    peer = ast.unparse(call.func.value)
    return around is not None and any(
        (node.attr in _ENDS and ast.unparse(node.value) == peer)
        or (node.attr == "pid" and ast.unparse(node.value) == peer and _is_signalled(module, node))
        for node in ast.walk(around)
        if isinstance(node, ast.Attribute)
    )


def _is_signalled(module: Module, pid: ast.Attribute) -> bool:
    """Tell whether a process is sent a signal by its number: `os.killpg(os.getpgid(child.pid), SIGKILL)`."""
    for outer in module.ancestors(pid):
        if not isinstance(outer, ast.Call):
            return False
        if module.resolve(outer.func) in ("os.kill", "os.killpg"):
            return True
    return False


def is_done(module: Module, call: ast.Call) -> bool:
    """Tell whether a future is waited for by other means in the same function."""
    around = module.function(call)
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "result"
        and around is not None
        and any(
            getattr(node, "attr", getattr(node, "id", "")) in _SEEN_TO
            for node in ast.walk(around)
            if isinstance(node, ast.Attribute | ast.Name)
        )
    )
