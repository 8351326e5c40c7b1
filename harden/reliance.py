"""What a project's tests rely on in the code that an edit changes.

An edit that is right may still turn tests red: a stand-in for `requests.get` that takes no `timeout`, a fake
response without `raise_for_status`, a mock in the place of a function that is no longer called, a printed
text that is looked for. Such edits are found by comparing the calls of a file before and after, and refused.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from harden.differences import changed_blocks
from harden.errors import UnreadableSource
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind, file_kind
from harden.stand_ins import NOW, StandIn, TestCode, dotted, needs, takes
from harden.told import Shape, pattern_of, shapes_of, texts_of, told

_CLUES = re.compile(
    rb"patch|setattr|capsys|capfd|redirect_std|caplog|assertLogs|SimpleNamespace|namedtuple|Mock\(|^class "
    rb"|freez|time_machine",
    re.M,
)
_PRINTS = ("print", "sys.stdout.write", "sys.stderr.write")
_THREADS = ("to_thread", "run_in_threadpool")


@dataclass(frozen=True)
class _Call:
    """A call as far as a stand-in for its function can tell it from others."""

    function: str
    values: int
    keywords: frozenset[str]

    @property
    def name(self) -> str:
        return self.function.rpartition(".")[2]


def relied_on(project: Project, after: Project, path: str) -> str:
    """Return why the tests would fail once `path` is as in `after`, as far as can be told; else nothing."""
    if file_kind(path) is FileKind.TEST:
        return ""
    try:
        module, changed = project.module(path), after.module(path)
    except UnreadableSource:
        return ""
    blocks = changed_blocks(module.lines, changed.lines)
    old = _Code(module, [(a, b) for a, b, _, _ in blocks])
    new = _Code(changed, [(c, d) for _, _, c, d in blocks])
    lost, gained, entered = old.calls - new.calls, new.calls - old.calls, new.entered - old.entered
    missing = {text for text in old.texts if not any(text in other for other in new.texts)}
    left = told(changed.nodes(ast.Call)) if missing else set()
    lost_texts = {text for text in missing if not any(text in other for other in left)}
    shapes = old.shapes - new.shapes
    if not (lost or gained or entered or lost_texts or shapes):
        return ""
    gone = old.sources - new.sources
    shown = {
        text for node in old.nodes if ast.unparse(node) in gone and _is_print(node) for text in texts_of(node)
    }
    change = _Change(module, lost, gained, entered, lost_texts, shown, shapes)
    for test_path, test in _tests(project):
        if reason := change.breaks(test, test_path):
            return f"{test_path} {reason}"
    return ""


class _Code:
    """The calls and texts of one version of a file, as far as they lie in or around changed lines.

    What lies elsewhere is the same in both versions. `ranges` are 0-based, ends exclusive; an empty one
    is the place of lines that the other version has.
    """

    def __init__(self, module: Module, ranges: Sequence[tuple[int, int]]) -> None:
        def is_near(node: ast.expr) -> bool:
            first, last = node.lineno - 1, node.end_lineno or node.lineno
            return any(first < end and start < last for start, end in ranges)

        self.nodes = [node for node in module.nodes(ast.Call) if is_near(node)]
        self.calls = Counter(call for node in self.nodes for call in _calls(node))
        self.entered = Counter(
            _call(item.context_expr)
            for item in module.nodes(ast.withitem)
            if isinstance(item.context_expr, ast.Call) and is_near(item.context_expr)
        )
        self.sources = Counter(ast.unparse(node) for node in self.nodes)
        self.texts = told(self.nodes)
        self.shapes = shapes_of(self.nodes)


class _Change:
    """The calls that an edit takes away, adds, and enters by `with`."""

    def __init__(
        self,
        module: Module,
        lost: Counter[_Call],
        gained: Counter[_Call],
        entered: Counter[_Call],
        texts: set[str],
        shown: set[str],
        shapes: set[Shape],
    ) -> None:
        self.lost = lost
        self.gained = gained
        self.entered = entered
        self.texts = texts
        self.shown = shown
        self.shapes = [pattern_of(shape) for shape in shapes]
        self.project, self.path = module.project, module.path
        self.dotted = module.project.module_name(module.path)
        parts = self.dotted.split(".")
        self.names = {self.dotted, *(".".join(parts[at:]) for at in range(len(parts) - 1))}
        self.imported = frozenset(
            (alias.asname or alias.name).partition(".")[0] for alias in module.nodes(ast.alias)
        )
        self.resolved = {
            dotted(node.func): module.resolve(node.func) or ""
            for node in module.nodes(ast.Call)
            if isinstance(node, ast.Call)
        }

    def breaks(self, test: TestCode, path: str) -> str:
        """Return what a test file expects that is no longer so."""
        for call in self.lost:
            resolved = self.resolved.get(call.function) or call.function
            if self._concerns(test, path, call.function, resolved) and (reason := self._misses(test, call)):
                return reason
        for call in self.gained:
            if "." in call.function and not any(other.function == call.function for other in self.lost):
                resolved = self.resolved.get(call.function) or call.function
                if self._concerns(test, path, resolved) and (reason := self._is_new_to(test, call)):
                    return reason
        for call in self.entered:
            resolved = self.resolved.get(call.function) or call.function
            if self._concerns(test, path, call.function, resolved) and self._cannot_be_entered(test, call):
                return f"replaces {call.function}() by something that `with` cannot enter."
        checks_status = any(call.name == "raise_for_status" for call in self.gained)
        if checks_status and self._concerns(test, path, ".json(") and (fake := test.response_without_status):
            return f"answers with {fake}, which has no raise_for_status()."
        texts = (self.shown if test.reads_output else set()) | (self.texts if test.reads_logs else set())
        found = next((text for text in sorted(texts) if test.looks_for(text)), "")
        if not found and test.reads_logs:
            expected = sorted(test.compared)
            found = next((text for shape in self.shapes for text in expected if shape.search(text)), "")
        return f"looks for the text {found!r}." if found else ""

    def _misses(self, test: TestCode, call: _Call) -> str:
        """Return what a test file does with a call that is made no more, or with other arguments."""
        if call.name in NOW and test.is_naive and test.names(self.path):
            return f"works with times without zone, which {call.function}() would no longer give."
        successor = next((other for other in self.gained if other.function == call.function), None)
        if successor is not None:
            moved = successor.values != call.values and test.reads_arguments(call.name)
            if moved and any(True for _ in self._replaced(test, call)):
                return f"looks at what {call.function}() is called with."
            return self._refuses(
                test, call, successor.keywords - call.keywords, call.keywords - successor.keywords
            )
        if "()" in call.function or not any(True for _ in self._replaced(test, call)):
            return ""  # of `get().json()` only `get()` can have a stand-in
        return f"puts something in the place of {call.function}(), which would no longer be called."

    def _is_new_to(self, test: TestCode, call: _Call) -> str:
        """Return what a test does that a call which was not there before would fail, or would follow."""
        owner, _, name = call.function.rpartition(".")
        if name in NOW and test.stops_clock and test.names(self.path) and not self._told_time():
            return (
                f"stops the clock, which {call.function}() follows and a function named at import does not."
            )
        place = f"{self.dotted}.{owner}"
        for stand_in in test.stand_ins:
            is_here = place == stand_in.target or place.endswith(f".{stand_in.target}")
            if is_here and test.lacks(stand_in, name):
                return f"replaces {owner} by something without {name}."
        if owner.partition(".")[0] in self.imported or name == "raise_for_status":
            return ""
        others = frozenset(path.rpartition(".")[2] for path in self.resolved if path.startswith(f"{owner}."))
        fake = test.fake_of(others, name)
        return f"has {fake}, which has no {name}()." if fake else ""

    def _told_time(self) -> bool:
        """Tell whether the code called for the time before, rather than name what does."""
        return any(call.name in NOW for call in self.lost)

    def _cannot_be_entered(self, test: TestCode, call: _Call) -> bool:
        return any(test.gives_without(stand_in, "__enter__") for stand_in in self._replaced(test, call))

    def _concerns(self, test: TestCode, path: str, *words: str) -> bool:
        """Tell whether a test file may be about this module, rather than another that says one of `words`."""
        if not re.match(r"(test_|.*_test\.py$|tests\.py$)", PurePosixPath(path).name):
            return True  # a helper of many tests
        if test.names(self.path):
            return True
        users = {user for word in words for user in self.project.mentions(word)}
        return not any(file_kind(user) is not FileKind.TEST and test.names(user) for user in users)

    def _places(self, function: str) -> set[str]:
        """Return the dotted paths under which a test may replace a function."""
        inside = {f"{name}.{function}" for name in self.names}
        outside = self.resolved.get(function) or ("" if "." in function else f"builtins.{function}")
        return (inside | {outside}) - {""}

    def _replaced(self, test: TestCode, call: _Call) -> Iterator[StandIn]:
        """Yield the stand-ins for the function itself, or for what it is an attribute of."""
        places = self._places(call.function)
        tail = _tail(call.function)
        for stand_in in test.stand_ins:
            parts = stand_in.target.split(".")
            whole = stand_in.target in places or (len(tail) > 1 and parts[-len(tail) :] == tail)
            part = any(place.startswith(stand_in.target + ".") for place in places)
            is_whole_module = any(f"{name}.".startswith(stand_in.target + ".") for name in self.names)
            if whole or (part and not is_whole_module and re.search(rf"\.{call.name}\b", test.text)):
                yield stand_in

    def _refuses(self, test: TestCode, call: _Call, added: frozenset[str], dropped: frozenset[str]) -> str:
        """Return how a test would not take the new arguments."""
        for stand_in in self._replaced(test, call):
            function = test.function(stand_in)
            if function is not None and not takes(function, added):
                return f"replaces {call.function}() by a function that takes no {_listed(added)}."
            if function is not None and (missed := needs(function) & dropped):
                return f"replaces {call.function}() by a function that needs {_listed(missed)}."
            if function is None and test.expects_exactly(stand_in, call.function, added, dropped):
                return f"expects {call.function}() with exactly the arguments that it has now."
        if added and "." in call.function and (fake := test.fake_without(call.name, added)):
            return f"has {fake}, whose {call.name}() takes no {_listed(added)}."
        return ""


def _tail(function: str) -> list[str]:
    """Return the end by which a path is known: `client.get`, but `Order.objects.get` of one class of many."""
    parts = function.split(".")
    return parts[-3:] if len(parts) > 2 and parts[-3][:1].isupper() else parts[-2:]


def _tests(project: Project) -> Iterator[tuple[str, TestCode]]:
    for path in project.paths:
        if path.endswith(".py") and file_kind(path) is FileKind.TEST:
            try:
                data = project.read(path)
            except UnreadableSource:
                continue
            if _CLUES.search(data) and (test := _parsed(data)) is not None:
                yield path, test


@lru_cache(maxsize=1024)
def _parsed(data: bytes) -> TestCode | None:
    try:
        return TestCode(data)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _calls(node: ast.Call) -> Iterator[_Call]:
    """Yield the call itself, and that of a function which it hands to a thread."""
    yield _call(node)
    if (
        dotted(node.func).endswith(_THREADS)
        and node.args
        and isinstance(node.args[0], ast.Name | ast.Attribute)
    ):
        yield _call(ast.Call(func=node.args[0], args=node.args[1:], keywords=node.keywords))


def _call(node: ast.Call) -> _Call:
    keywords = frozenset(word.arg for word in node.keywords if word.arg is not None)
    return _Call(dotted(node.func), len(node.args), keywords)


def _is_print(call: ast.Call) -> bool:
    return dotted(call.func) in _PRINTS


def _listed(words: frozenset[str]) -> str:
    return " and ".join(f"`{word}`" for word in sorted(words)) or "such arguments"
