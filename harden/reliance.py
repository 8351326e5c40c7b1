"""What a project's tests rely on in the code that an edit changes.

An edit that is right may still turn tests red: a stand-in for `requests.get` that takes no `timeout`, a fake
response without `raise_for_status`, a mock in the place of a function that is no longer called, a printed
text that is looked for. Such edits are found by comparing the calls of a file before and after, and refused.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import PurePosixPath

from harden.errors import UnreadableSource
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind, file_kind

_CLUES = re.compile(
    rb"patch|setattr|capsys|capfd|redirect_std|caplog|assertLogs|SimpleNamespace|^class ", re.M
)
_READS_OUTPUT = re.compile(r"capsys|capfd|redirect_std|\bresult\.(output|stdout)|\bstdout\b")
_READS_LOGS = re.compile(r"caplog|assertLogs|capsys|capfd")
_FAKE = re.compile(r"(?i)fake|stub|dummy|mock|double")
_EXACT = ("assert_called_with", "assert_called_once_with", "assert_any_call", "assert_awaited_once_with")
_RESPONSE = frozenset({"json", "text", "content", "status_code", "ok"})
_PRINTS = ("print", "sys.stdout.write", "sys.stderr.write")
_SHORTEST = 5
"""Shorter texts stand in too many places to tell anything."""


@dataclass(frozen=True)
class _Call:
    """A call as far as a stand-in for its function can tell it from others."""

    function: str
    values: int
    keywords: frozenset[str]

    @property
    def name(self) -> str:
        return self.function.rpartition(".")[2]


@dataclass(frozen=True)
class _StandIn:
    """What a test puts in the place of `target`; `around` is the function that does so."""

    target: str
    replacement: ast.expr | None
    around: ast.AST


def relied_on(project: Project, path: str, before: bytes, after: bytes) -> str:
    """Return why the tests would fail once `path` is changed so, as far as can be told; else nothing."""
    if file_kind(path) is FileKind.TEST:
        return ""
    try:
        module, old, new = project.module(path), _Code(before), _Code(after)
    except (SyntaxError, UnreadableSource, ValueError):
        return ""
    lost, gained = old.calls - new.calls, new.calls - old.calls
    lost_texts = {text for text in old.texts if not any(text in other for other in new.texts)}
    if not (lost or gained or lost_texts):
        return ""
    change = _Change(module, old, lost, gained, lost_texts)
    for test_path, test in _tests(project):
        if reason := change.breaks(test, test_path):
            return f"{test_path} {reason}"
    return ""


class _Code:
    """The calls and texts of one version of a file."""

    def __init__(self, data: bytes) -> None:
        self.tree = ast.parse(data)
        self.nodes = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        self.calls = Counter(_call(node) for node in self.nodes)
        self.texts = {text for node in self.nodes if _is_told(node) for text in _texts(node)}


class _Change:
    """The calls that an edit takes away and adds."""

    def __init__(
        self, module: Module, old: _Code, lost: Counter[_Call], gained: Counter[_Call], texts: set[str]
    ) -> None:
        self.module = module
        self.old = old
        self.lost = lost
        self.gained = gained
        self.texts = texts
        self.dotted = module.project.module_name(module.path)
        self.resolved = {
            ast.unparse(node.func): module.resolve(node.func) or ""
            for node in module.nodes(ast.Call)
            if isinstance(node, ast.Call)
        }

    def breaks(self, test: _Test, path: str) -> str:
        """Return what a test file expects that is no longer so."""
        for call in self.lost:
            successor = next((other for other in self.gained if other.function == call.function), None)
            added = successor.keywords - call.keywords if successor is not None else frozenset()
            if successor is None:
                if self._reaches(test, call):
                    return (
                        f"puts something in the place of {call.function}(), which would no longer be called."
                    )
            elif reason := self._refuses(test, call, successor, added):
                return reason
            if call.function in _PRINTS and test.reads_output and (text := self._shown(test, call)):
                return f"looks for {text!r} in what is printed."
        checks_status = any(call.name == "raise_for_status" for call in self.gained)
        if checks_status and self._concerns(test, path) and (fake := test.response_without_status):
            return f"answers with {fake}, which has no raise_for_status()."
        if not test.reads_logs:
            return ""
        return next((f"looks for the text {text!r}." for text in self.texts if test.looks_for(text)), "")

    def _concerns(self, test: _Test, path: str) -> bool:
        stem = self.dotted.rpartition(".")[2]
        helper = not re.match(r"(test_|.*_test\.py$|tests\.py$)", PurePosixPath(path).name)
        return helper or re.search(rf"\b{re.escape(stem)}\b", test.text) is not None

    def _places(self, function: str) -> set[str]:
        """Return the dotted paths under which a test may replace a function."""
        inside = f"{self.dotted}.{function}"
        outside = self.resolved.get(function) or ("" if "." in function else f"builtins.{function}")
        return {inside, outside} - {""}

    def _replaced(self, test: _Test, call: _Call) -> Iterator[_StandIn]:
        """Yield the stand-ins for the function itself, or for what it is an attribute of."""
        places = self._places(call.function)
        tail = call.function.split(".")[-2:]
        for stand_in in test.stand_ins:
            parts = stand_in.target.split(".")
            whole = stand_in.target in places or (len(tail) == 2 and parts[-2:] == tail)
            part = any(place.startswith(stand_in.target + ".") for place in places)
            is_whole_module = self.dotted == stand_in.target or self.dotted.startswith(stand_in.target + ".")
            if whole or (part and not is_whole_module and test.mentions(f".{call.name}")):
                yield stand_in

    def _reaches(self, test: _Test, call: _Call) -> bool:
        return any(True for _ in self._replaced(test, call))

    def _refuses(self, test: _Test, call: _Call, successor: _Call, added: frozenset[str]) -> str:
        """Return how a test would not take the new arguments."""
        for stand_in in self._replaced(test, call):
            function = test.function(stand_in)
            if function is not None and not _takes(function, added):
                return f"replaces {call.function}() by a function that takes no {_listed(added)}."
            if function is None and test.expects_exactly(stand_in, call, added):
                return f"expects {call.function}() with exactly the arguments that it has now."
        if added and "." in call.function and (fake := test.fake_without(call.name, added)):
            return f"has {fake}, whose {call.name}() takes no {_listed(added)}."
        return ""

    def _shown(self, test: _Test, call: _Call) -> str:
        for node in self.old.nodes:
            if ast.unparse(node.func) == call.function and _call(node) in self.lost:
                for text in _texts(node):
                    if test.looks_for(text):
                        return text
        return ""


class _Test:
    """What one test file puts in the place of functions, and what it looks for."""

    def __init__(self, data: bytes) -> None:
        self.text = data.decode("utf-8", "replace")
        self.tree = ast.parse(data)
        self.reads_logs = _READS_LOGS.search(self.text) is not None
        self.reads_output = _READS_OUTPUT.search(self.text) is not None

    def mentions(self, text: str) -> bool:
        return re.search(rf"{re.escape(text)}\b", self.text) is not None

    def looks_for(self, text: str) -> bool:
        """Tell whether a text, or one that begins with it, is compared with something."""
        return any(text in constant for constant in self._compared)

    @cached_property
    def _compared(self) -> frozenset[str]:
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Compare | ast.Call):
                inner = [node.left, *node.comparators] if isinstance(node, ast.Compare) else node.args
                if isinstance(node, ast.Call) and "assert" not in ast.unparse(node.func):
                    continue
                found |= {text for expr in inner for text in _constants(expr)}
        return frozenset(found)

    @cached_property
    def stand_ins(self) -> tuple[_StandIn, ...]:
        found: list[_StandIn] = []
        todo: list[tuple[ast.AST, ast.AST]] = [(self.tree, self.tree)]
        while todo:
            node, around = todo.pop()
            inner = node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else around
            if isinstance(node, ast.Call) and (stand_in := _stand_in(node, around)):
                found.append(stand_in)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                found.append(_StandIn(ast.unparse(node.targets[0]), node.value, around))
            todo += [(child, inner) for child in ast.iter_child_nodes(node)]
        return tuple(found)

    @cached_property
    def _classes(self) -> list[ast.ClassDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]

    def function(self, stand_in: _StandIn) -> ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the function of this file that stands in, if it is one; the nearest of that name."""
        match stand_in.replacement:
            case ast.Lambda() as function:
                return function
            case ast.Name(id=name):
                for place in (stand_in.around, self.tree):
                    for node in ast.walk(place):
                        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                            return node
        return None

    def expects_exactly(self, stand_in: _StandIn, call: _Call, added: frozenset[str]) -> bool:
        """Tell whether the arguments of a mock are compared as a whole where it is put in place."""
        others = [
            other for other in self.stand_ins if other.around is stand_in.around and other is not stand_in
        ]
        for node in ast.walk(stand_in.around):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in _EXACT and not added <= {word.arg for word in node.keywords}:
                mock = ast.unparse(node.func.value)
                words = (call.name, call.function.partition(".")[0])
                if not others or any(word in mock for word in words):
                    return True
        return False

    def fake_without(self, method: str, keywords: frozenset[str]) -> str:
        """Return the name of a fake class whose method does not take some keywords."""
        for owner in self._classes:
            for function in owner.body if _FAKE.search(owner.name) else ():
                if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if function.name == method and not _takes(function, keywords):
                    return owner.name
        return ""

    @cached_property
    def response_without_status(self) -> str:
        """Return what stands for a response here without a `raise_for_status` of its own."""
        for owner in self._classes:
            names = _members(owner)
            if owner.bases or not (_FAKE.search(owner.name) or "response" in owner.name.lower()):
                continue
            if names & _RESPONSE and "raise_for_status" not in names:
                return owner.name
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("SimpleNamespace"):
                words = {word.arg for word in node.keywords}
                if words & {"json", "status_code"} and "raise_for_status" not in words:
                    return "a SimpleNamespace"
        return ""


def _tests(project: Project) -> Iterator[tuple[str, _Test]]:
    for path in project.paths:
        if path.endswith(".py") and file_kind(path) is FileKind.TEST:
            try:
                data = project.read(path)
            except UnreadableSource:
                continue
            if _CLUES.search(data) and (test := _parsed(data)) is not None:
                yield path, test


@lru_cache(maxsize=1024)
def _parsed(data: bytes) -> _Test | None:
    try:
        return _Test(data)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _call(node: ast.Call) -> _Call:
    keywords = frozenset(word.arg for word in node.keywords if word.arg is not None)
    return _Call(ast.unparse(node.func), len(node.args), keywords)


def _stand_in(call: ast.Call, around: ast.AST) -> _StandIn | None:
    """Read `patch("a.b", new)`, `patch.object(a, "b", new)` and `monkeypatch.setattr` in either form."""
    name = ast.unparse(call.func).rpartition(".")[2]
    replacement = next(
        (word.value for word in call.keywords if word.arg in ("new", "side_effect", "new_callable")), None
    )
    match call.args:
        case [ast.Constant(value=str() as target), *rest] if name in ("patch", "setattr"):
            return _StandIn(target, rest[0] if rest else replacement, around)
        case [owner, ast.Constant(value=str() as attribute), *rest] if name in ("object", "setattr", "spy"):
            return _StandIn(f"{ast.unparse(owner)}.{attribute}", rest[0] if rest else replacement, around)
    return None


def _takes(function: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef, keywords: frozenset[str]) -> bool:
    arguments = function.args
    names = {argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)}
    return arguments.kwarg is not None or keywords <= names


def _members(owner: ast.ClassDef) -> set[str]:
    functions = [node for node in owner.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    names = {function.name for function in functions}
    for node in ast.walk(owner):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _is_told(call: ast.Call) -> bool:
    """Tell whether a call writes for people: a print, a record, an error's text."""
    name = ast.unparse(call.func).rpartition(".")[2]
    return name in ("print", "write", "debug", "info", "warning", "error", "critical", "exception", "log")


def _constants(expr: ast.expr) -> Iterator[str]:
    for node in ast.walk(expr):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _texts(call: ast.Call) -> Iterator[str]:
    """Yield the fixed texts of a call's arguments that are long enough to be looked for."""
    for argument in call.args:
        for text in _constants(argument):
            pieces = re.split(r"%[-+ #0-9.]*[a-zA-Z]|\{[^{}]*\}|\n", text)
            yield from (piece for piece in pieces if len(piece.strip()) >= _SHORTEST)


def _listed(words: frozenset[str]) -> str:
    return " and ".join(f"`{word}`" for word in sorted(words)) or "such arguments"
