"""What a test file puts in the place of functions and responses, and what it looks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from harden.plain_texts import named_texts, spelled_out
from harden.syntax import tree_of

_READS_OUTPUT = re.compile(r"capsys|capfd|redirect_std|\bresult\.(output|stdout)|\bstdout\b")
_READS_LOGS = re.compile(r"caplog|assertLogs|capsys|capfd")
_STOPS_CLOCK = re.compile(r"freeze_time|freezegun|time_machine")
_FAKE = re.compile(r"(?i)fake|stub|dummy|mock|double|resp")
_EXACT = ("assert_called_with", "assert_called_once_with", "assert_any_call", "assert_awaited_once_with")
_BY_PATH = ("patch", "setattr")
_BY_OWNER = ("object", "setattr", "spy")
_RESPONSE = frozenset(
    ("json", "text", "content", "status_code", "ok", "iter_content", "iter_lines", "iter_bytes", "iter_text")
)
_CERTAIN = frozenset({"json", "status_code"})
"""What nothing but a response has."""
NOW = ("now", "utcnow", "fromtimestamp", "utcfromtimestamp", "today")
"""The methods that make a time without zone unless they are given one."""
_TAKES_NOTHING = ast.Lambda(
    args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
    body=ast.Constant(None),
)
"""What makes the objects of a class without an `__init__`."""


@dataclass(frozen=True)
class StandIn:
    """What a test puts in the place of `target`; `around` is the function that does so."""

    target: str
    replacement: ast.expr | None
    around: ast.AST


class TestCode:
    """What one test file puts in the place of functions, and what it looks for."""

    def __init__(self, data: bytes) -> None:
        self.text = data.decode("utf-8", "replace")
        self.tree = tree_of(data)
        self.reads_logs = _READS_LOGS.search(self.text) is not None
        self.reads_output = _READS_OUTPUT.search(self.text) is not None
        self.stops_clock = _STOPS_CLOCK.search(self.text) is not None

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(re.findall(r"\w+", self.text))

    def mentions(self, word: str) -> bool:
        return word in self._words if word.isidentifier() else word in self.text

    def names(self, path: str) -> bool:
        """Tell whether the file names a module by the last part of its name."""
        parts = PurePosixPath(path).with_suffix("").parts
        return self.mentions(parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1])

    def looks_for(self, text: str) -> bool:
        """Tell whether a text, or one that begins with it, is compared with something."""
        return any(text in constant for constant in self.compared)

    @cached_property
    def is_naive(self) -> bool:
        """Tell whether times without zone are made here."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and dotted(node.func).startswith(("datetime.", "dt.")):
                name = dotted(node.func).rpartition(".")[2]
                zoned = len(node.args) > (name == "fromtimestamp") or bool(node.keywords)
                if name == "utcnow" or (name in NOW and not zoned):
                    return True
        return False

    @cached_property
    def compared(self) -> frozenset[str]:
        """The texts that anything is compared with."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Compare | ast.Call):
                inner = [node.left, *node.comparators] if isinstance(node, ast.Compare) else node.args
                if isinstance(node, ast.Call) and "assert" not in ast.unparse(node.func):
                    continue
                found |= {text for expr in inner for text in constants(expr)}
        return frozenset(found)

    @cached_property
    def stand_ins(self) -> tuple[StandIn, ...]:
        found: list[StandIn] = []
        named = named_texts(self.tree)
        todo: list[tuple[ast.AST, ast.AST]] = [(self.tree, self.tree)]
        while todo:
            node, around = todo.pop()
            inner = node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else around
            if isinstance(node, ast.Call) and (stand_in := _stand_in(node, around, named)):
                found.append(stand_in)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                found.append(StandIn(ast.unparse(node.targets[0]), node.value, around))
            todo += [(child, inner) for child in ast.iter_child_nodes(node)]
        return tuple(found)

    def reads_arguments(self, name: str) -> bool:
        """Tell whether the file looks at what the mock of a function was called with."""
        looks = "|".join((*_EXACT, "assert_has_calls", "call_args", "mock_calls"))
        return re.search(rf"{name}\w*\.({looks})", self.text) is not None

    @cached_property
    def _classes(self) -> list[ast.ClassDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]

    def function(self, stand_in: StandIn) -> ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the function of this file that stands in, if it is one; the nearest of that name.

        For a class that is what makes its objects.
        """
        match stand_in.replacement:
            case ast.Lambda() as function:
                return function
            case ast.Name(id=name):
                for place in (stand_in.around, self.tree):
                    for node in ast.walk(place):
                        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                            return node
                        if isinstance(node, ast.ClassDef) and node.name == name:
                            return self._maker(node)
        return None

    def _maker(self, owner: ast.ClassDef) -> ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the `__init__` of a class of this file, None where it comes from elsewhere."""
        for node in owner.body:
            if isinstance(node, ast.FunctionDef) and node.name in ("__init__", "__new__"):
                return node
        above = [base for base in self._classes if base.lineno < owner.lineno]  # `class Client(Client)`
        bases = [base for base in above for name in owner.bases if ast.unparse(name) == base.name]
        if owner.bases or owner.keywords or owner.decorator_list:
            return self._maker(bases[0]) if len(bases) == 1 == len(owner.bases) else None
        return _TAKES_NOTHING

    def lacks(self, stand_in: StandIn, name: str) -> bool:
        """Tell whether an object that stands in for a module or client has no such attribute."""
        return self._made_without(stand_in.replacement, name)

    def gives_without(self, stand_in: StandIn, name: str) -> bool:
        """Tell whether what a stand-in for a function returns has no such attribute."""
        function = stand_in.replacement
        if isinstance(function, ast.Lambda):
            return self._made_without(function.body, name)
        if isinstance(function, ast.Name) and any(owner.name == function.id for owner in self._classes):
            return self._made_without(function, name)
        made = self.function(stand_in)
        returned = [node.value for node in ast.walk(made) if isinstance(node, ast.Return)] if made else []
        return any(self._made_without(value, name) for value in returned)

    def _made_without(self, made: ast.expr | None, name: str) -> bool:
        kind = ast.unparse(made.func if isinstance(made, ast.Call) else made) if made is not None else ""
        if isinstance(made, ast.Call) and kind.endswith("SimpleNamespace"):
            return all(word.arg not in (name, None) for word in made.keywords)
        return any(owner.name == kind and self._is_without(owner, name) for owner in self._classes)

    def fake_of(self, methods: frozenset[str], missing: str) -> str:
        """Return the name of a fake class that has one of some methods, but not another one."""
        for owner in self._classes:
            if _FAKE.search(owner.name) and methods & _members(owner) and self._is_without(owner, missing):
                return owner.name
        return ""

    def _is_without(self, owner: ast.ClassDef, name: str) -> bool:
        members = _members(owner)
        return not owner.bases and name not in members and "__getattr__" not in members

    def expects_exactly(
        self, stand_in: StandIn, function: str, added: frozenset[str], dropped: frozenset[str]
    ) -> bool:
        """Tell whether the arguments of a mock are compared as a whole where it is put in place."""
        others = [
            other for other in self.stand_ins if other.around is stand_in.around and other is not stand_in
        ]
        for node in ast.walk(stand_in.around):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            words = {word.arg for word in node.keywords if word.arg}
            if node.func.attr in _EXACT and (not added <= words or dropped & words):
                mock = ast.unparse(node.func.value)
                about = (function.rpartition(".")[2], function.partition(".")[0])
                if not others or any(word in mock for word in about):
                    return True
        return False

    def fake_without(self, method: str, keywords: frozenset[str]) -> str:
        """Return the name of a fake class whose method does not take some keywords."""
        for owner in self._classes:
            for function in owner.body if _FAKE.search(owner.name) else ():
                if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if function.name == method and not takes(function, keywords):
                    return owner.name
        return ""

    @cached_property
    def response_without_status(self) -> str:
        """Return what stands for a response here without a `raise_for_status` of its own."""
        for owner in self._classes:
            members = _members(owner)
            known = members & _RESPONSE
            is_named_so = "read" in members and re.search(r"(?i)resp", owner.name) is not None
            is_response = is_named_so or bool(known and (known & _CERTAIN or _FAKE.search(owner.name)))
            if is_response and self._is_without(owner, "raise_for_status"):
                return owner.name
        for node in ast.walk(self.tree):
            maker, words = _attributes_given(node)
            if words & _CERTAIN and "raise_for_status" not in words:
                return f"a {maker}"
        return ""


def _attributes_given(node: ast.AST) -> tuple[str, set[str]]:
    """Return what a call makes that has these attributes and no others, and the attributes."""
    if not isinstance(node, ast.Call):
        return "", set()
    maker = ast.unparse(node.func).rpartition(".")[2]
    words = {word.arg: word.value for word in node.keywords if word.arg}
    if maker == "SimpleNamespace":
        return maker, {*words}
    if maker.endswith("Mock"):
        listed = words.get("spec") or words.get("spec_set")
        is_list = isinstance(listed, ast.List | ast.Tuple | ast.Set)
        return f"{maker} of few attributes", {*constants(listed), *words} if is_list and listed else set()
    if maker == "namedtuple" and len(node.args) > 1:
        return maker, {part for text in constants(node.args[1]) for part in re.findall(r"\w+", text)}
    return "", set()


def _stand_in(call: ast.Call, around: ast.AST, named: dict[str, str]) -> StandIn | None:
    """Read `patch("a.b", new)`, `patch.object(a, "b", new)` and `monkeypatch.setattr` in either form."""
    name = dotted(call.func).rpartition(".")[2]
    replacement = next(
        (word.value for word in call.keywords if word.arg in ("new", "side_effect", "new_callable")), None
    )
    match call.args:
        case [ast.Constant() | ast.JoinedStr() | ast.BinOp() as target, *rest] if name in _BY_PATH:
            return StandIn(spelled_out(target, named), rest[0] if rest else replacement, around)
        case [owner, ast.Constant(value=str() as attribute), *rest] if name in _BY_OWNER:
            return StandIn(f"{ast.unparse(owner)}.{attribute}", rest[0] if rest else replacement, around)
    return None


def takes(function: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef, keywords: frozenset[str]) -> bool:
    """Tell whether a function can be called with these keywords."""
    arguments = function.args
    names = {argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)}
    return arguments.kwarg is not None or keywords <= names


def needs(function: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the parameters of a function that have no default."""
    arguments = function.args
    plain = arguments.args[: len(arguments.args) - len(arguments.defaults)]
    only = [
        argument
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    return frozenset(argument.arg for argument in (*plain, *only))


def _members(owner: ast.ClassDef) -> set[str]:
    functions = [node for node in owner.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    names = {function.name for function in functions}
    for node in ast.walk(owner):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def constants(expr: ast.expr) -> Iterator[str]:
    for node in ast.walk(expr):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def dotted(expr: ast.expr) -> str:
    """Return what is called, without the arguments of calls before it."""
    match expr:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
        case ast.Call(func=function):
            return f"{dotted(function)}()"
    return "?"
