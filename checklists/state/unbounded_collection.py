"""A list that a loop without end only ever appends to fills the memory in the end.

A worker that runs for weeks and notes each message, each error or each id that it has seen grows until it is
killed, mostly in the middle of something. Keep as much as is looked at: a `deque` with a `maxlen`, a set that
is thinned out, a counter, or a table of the database.

Looked at are lists, sets and deques that a loop without an end, or a method that it calls on the same object,
adds to, where the loop waits for its work (it sleeps, or takes from a queue, a socket or a broker). Left out:
loops that end by `break` or `return` or talk to a person, what is taken out, replaced, cut, measured or
handed on anywhere, and containers with a size of their own. What requests add to is told by
`global-mutable-state`, `in-memory-session` and `unbounded-cache`.

Flagged:

    import time


    class Poller:
        def __init__(self, queue):
            self.queue = queue
            self.results = []

        def run(self):
            while True:
                for message in self.queue.receive_messages():
                    self.results.append(message.body)
                    message.delete()
                time.sleep(5)

Fixed:

    import collections
    import time


    class Poller:
        def __init__(self, queue):
            self.queue = queue
            self.results = collections.deque(maxlen=1000)

        def run(self):
            while True:
                for message in self.queue.receive_messages():
                    self.results.append(message.body)
                    message.delete()
                time.sleep(5)

Flagged:

    import time

    import requests

    errors = []


    def watch(url):
        seen = set()
        while True:
            for item in requests.get(url, timeout=5).json():
                if item["id"] not in seen:
                    seen.add(item["id"])
                    announce(item)
            errors.append(check())
            time.sleep(60)

Fixed:

    import collections
    import time

    import requests

    errors = collections.deque(maxlen=100)


    def watch(url):
        last = 0
        while True:
            for item in requests.get(url, timeout=5).json():
                if item["id"] > last:
                    last = item["id"]
                    announce(item)
            errors.append(check())
            time.sleep(60)

Fine:

    import collections
    import time


    class Poller:
        def __init__(self, queue):
            self.queue = queue
            self.batch = []
            self.recent = []
            self.last = collections.deque(maxlen=100)
            self.running = True

        def run(self):
            while self.running:
                message = self.queue.get()
                self.batch.append(message)
                self.recent.append(message)
                self.last.append(message)
                if len(self.recent) > 100:
                    del self.recent[0]
                self.flush()
                time.sleep(1)

        def flush(self):
            send(self.batch)
            self.batch = []


    def pages(fetch):
        found = []
        while True:
            page = fetch(len(found))
            if not page:
                return found
            found.extend(page)
            time.sleep(1)


    def rounds(fetch):
        while True:
            found = []
            for item in fetch():
                found.append(item)
            send(found)
            time.sleep(1)


    def talk(answer):
        said = []
        while True:
            said.append(input("> "))
            print(answer(said))
            time.sleep(0.1)

Pattern:

    import collections

    recent: collections.deque[str] = collections.deque(maxlen=1000)
    counts: collections.Counter[str] = collections.Counter()  # by kind, of which there are few


    def note(kind: str, text: str) -> None:
        recent.append(f"{kind}: {text}")
        counts[kind] += 1

When to ignore: the process is started anew before it can grow, such as a job that runs for an hour.

References:
    https://docs.python.org/3/library/collections.html#collections.deque
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.state.changes import How, change_of
from harden.checklists.state.endless import goes_on
from harden.checklists.state.kept import is_state
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode, own_nodes

check = Check(
    id="unbounded-collection",
    title="Collection that only ever grows",
    severity=Severity.MEDIUM,
    words=(".append(", ".add(", ".extend(", ".appendleft("),
)

_GROWS = frozenset({"append", "add", "extend", "appendleft"})
_WAITS = frozenset(
    {"sleep", "wait", "get", "recv", "recvfrom", "receive", "poll", "blpop", "brpop", "xread", "xreadgroup"}
    | {"receive_message", "receive_messages", "get_message", "accept", "consume", "read", "select", "fetch"}
)
_PERSON = frozenset({"builtins.input", "prompt_toolkit.prompt", "click.prompt", "typer.prompt"})
_READS = frozenset(
    f"builtins.{name}" for name in ("len", "list", "sorted", "print", "str", "sum", "tuple", "set")
)
_MAKING = ("__init__", "__post_init__")


@check.node(ast.While)
def endless_loop(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag what a loop without an end adds to and nothing takes from."""
    function = module.function(node)
    if not isinstance(node, ast.While) or not goes_on(node) or not _is_worker(module, node):
        return
    if function is not None and module.role(function) in (Role.HANDLER, Role.TEST):
        return
    grown = {ast.unparse(use): use for use in _grown(module, node)}
    for name, use in grown.items():
        begun = _begun(module, use, node)
        if begun is not None and not _is_kept_small(module, use, begun):
            loop = f"{module.path}:{node.lineno} the loop that does not end"
            message = f"{name} only ever grows, for as long as the process runs"
            yield check.found(module, begun, message, steps=(loop,))


def _is_worker(module: Module, loop: ast.While) -> bool:
    """Tell whether a loop waits for work, and not for a person."""
    calls = [node for node in ast.walk(loop) if isinstance(node, ast.Call)]
    if any(module.resolve(call.func) in _PERSON for call in calls):
        return False
    told = (module.resolve(call.func) or getattr(call.func, "attr", "") for call in calls)
    return any(path.rpartition(".")[2] in _WAITS for path in told)


def _grown(module: Module, loop: ast.While) -> Iterator[ast.Name | ast.Attribute]:
    """Yield what the loop adds to, itself or by a method of the same object that it calls."""
    nodes = list(ast.walk(loop))
    owner = module.owner(loop)
    methods = {item.name: item for item in owner.body if isinstance(item, FunctionNode)} if owner else {}
    for node in list(nodes):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)) if name in methods:
                nodes += [part for part in own_nodes(methods[name]) if _is_of_self(part)]
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name() | ast.Attribute() as use, attr=method) if method in _GROWS:
                if isinstance(use, ast.Name) or _is_self(use.value):
                    yield use


def _is_of_self(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and _is_self(node.value.value)
    )


def _is_self(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Name) and expr.id == "self"


def _begun(module: Module, use: ast.Name | ast.Attribute, loop: ast.While) -> ast.stmt | None:
    """Return the statement by which a container begins before the loop; None where it begins anew in it."""
    if isinstance(use, ast.Name):
        bound, _ = module.names.bindings(use)
        statements = [module.statement(node) for node in bound if isinstance(node, ast.Name)]
        if len(statements) != len(bound) or len(statements) != 1 or loop in module.ancestors(statements[0]):
            return None
    else:
        statements = [
            module.statement(node)
            for node in module.nodes(ast.Attribute)
            if node.attr == use.attr
            and isinstance(node.ctx, ast.Store)
            and module.owner(node) is module.owner(use)
        ]
        functions = [module.function(statement) for statement in statements]
        if any(function is None or function.name not in _MAKING for function in functions):
            return None
    first = statements[0] if len(statements) == 1 else None
    value = first.value if isinstance(first, ast.Assign | ast.AnnAssign) else None
    return first if value is not None and is_state(module, value) else None


def _is_kept_small(module: Module, use: ast.Name | ast.Attribute, begun: ast.stmt) -> bool:
    """Tell whether anything takes from it, measures it, or is given it to do so."""
    if isinstance(use, ast.Name):
        bound = module.names.lookup(use)
        uses: list[ast.expr] = [
            node
            for node in module.nodes(ast.Name)
            if node.id == use.id and module.names.lookup(node) is bound
        ]
    else:
        uses = [node for node in module.nodes(ast.Attribute) if node.attr == use.attr]
    return any(_shrinks(module, node) for node in uses if module.statement(node) is not begun)


def _shrinks(module: Module, use: ast.expr) -> bool:
    change = change_of(module, use)
    if change is not None:
        return change.how in (How.TAKEN, How.SET) or isinstance(change.key, ast.Slice)
    parent = module.parents.get(use)
    if isinstance(parent, ast.Call) and use in parent.args and module.resolve(parent.func) in _READS:
        return isinstance(module.parents.get(parent), ast.Compare)  # `if len(seen) > 1000`
    return isinstance(parent, ast.keyword | ast.Yield | ast.Assign | ast.Call)
