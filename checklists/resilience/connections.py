"""What can be told of a connection: which socket or stream it is, and whether something else limits it."""

from __future__ import annotations

import ast

from harden.checklists.resilience.network_limits import LATER
from harden.checklists.waiting import lacks
from harden.module import Module


def is_set_later(module: Module, path: str) -> bool:
    """Tell whether the client is connected by a method that is given the timeout."""
    method, at = LATER.get(path, ("", 0))
    return any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr == method
        and module.resolve(call.func) == f"{path}.{method}"
        and not lacks(module, call, "timeout", at)
        for call in (module.nodes(ast.Call) if method else ())
    )


def is_streamed(module: Module, call: ast.Call) -> bool:
    """Tell whether the answers of a call are read one by one, for as long as they come."""
    parent = module.parents.get(call)
    if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
        return True
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    if not isinstance(target, ast.Name):
        return False
    loops = (*module.nodes(ast.For), *module.nodes(ast.AsyncFor), *module.nodes(ast.comprehension))
    sources = [loop.iter for loop in loops if isinstance(loop, ast.For | ast.AsyncFor | ast.comprehension)]
    return any(isinstance(source, ast.Name) and source.id == target.id for source in sources)


def is_reader(module: Module, method: ast.expr) -> bool:
    """Tell whether a method is one of the reader that `asyncio.open_connection` returned."""
    expr = method.value if isinstance(method, ast.Attribute) else method
    if isinstance(expr, ast.Name):
        bound = module.names.lookup(expr)
        pairs = [module.parents.get(bound)] if bound is not None else []
    else:
        name = ast.unparse(expr)
        pairs = [pair for pair in module.nodes(ast.Tuple) if pair.elts and ast.unparse(pair.elts[0]) == name]
    for pair in pairs:
        made = module.parents.get(pair) if isinstance(pair, ast.Tuple) else None
        if isinstance(pair, ast.Tuple) and isinstance(made, ast.Assign) and pair.elts:
            is_first = not isinstance(expr, ast.Name) or pair.elts[0] is module.names.lookup(expr)
            return is_first and module.resolve(made.value) == "asyncio.open_connection"
    return False


def sets_timeouts(module: Module) -> bool:
    """Tell whether the file sets timeouts on sockets, or does not block on them."""
    return any(
        isinstance(call.func, ast.Attribute) and call.func.attr in ("settimeout", "setblocking")
        for call in module.nodes(ast.Call)
    )


def reaches_out(module: Module, peer: ast.expr) -> bool:
    """Tell whether a socket is a TCP one, as far as its making is in sight."""
    if isinstance(peer, ast.Attribute):
        owner = module.resolve(peer.value) or ""
        made = module.names.member(owner.removeprefix(module.name + "."), peer.attr)
    else:
        bound = module.names.lookup(peer) if isinstance(peer, ast.Name) else None
        parent = module.parents.get(bound) if bound is not None else None
        made = getattr(parent, "value", getattr(parent, "context_expr", None))
    if not isinstance(made, ast.Call) or module.resolve(made.func) != "socket.socket":
        return False
    kinds = [module.resolve(arg) or "?" for arg in (*made.args, *(item.value for item in made.keywords))]
    return all(kind in ("socket.AF_INET", "socket.AF_INET6", "socket.SOCK_STREAM") for kind in kinds[:2])
