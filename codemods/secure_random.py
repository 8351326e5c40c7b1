"""Draw from the operating system instead of a generator that can be predicted."""

from __future__ import annotations

import ast

import libcst as cst

from harden.codemods.codemod import PythonCodemod, expression, source_of
from harden.findings import Span

_PLAIN = (cst.Name, cst.Attribute, cst.BaseString, cst.BaseNumber)


class DrawSecurely(PythonCodemod):
    """Replace a call of `random` by the call of `secrets` that returns the same type and range."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Rewrite the draw of a finding."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        self.drop_import("random")
        draw = finding.facts["draw"]
        plain = all(arg.keyword is None and not arg.star for arg in updated_node.args)
        made = self._by_function(draw, updated_node, finding.span) if plain else None
        if made is None and draw == "choices":
            made = self._choices(updated_node, finding.span)
        return made if made is not None else self._by_generator(draw, updated_node)

    def _by_function(self, draw: str, call: cst.Call, span: Span) -> cst.BaseExpression | None:
        same = {"choice": "choice", "getrandbits": "randbits", "randbytes": "token_bytes"}.get(draw)
        if draw == "randrange" and len(call.args) == 1:
            same = "randbelow"
        if same:
            return call.with_changes(func=expression(self._secrets(same)))
        if draw == "randint" and len(call.args) == 2:
            low, high = (_number(arg.value) for arg in call.args)
            if low is not None and high is not None and low <= high:
                return self._integer(low, high, span)
        return None

    def _integer(self, low: int, high: int, span: Span) -> cst.BaseExpression:
        drawn = f"{self._secrets('randbelow')}({high - low + 1})"
        if not low:
            return expression(drawn)
        code = f"{low} + {drawn}"
        return expression(f"({code})" if self._binds_tighter(span) else code)

    def _choices(self, call: cst.Call, span: Span) -> cst.BaseExpression | None:
        """Return one draw per character for `choices(population, k=length)`, where the names are simple."""
        population = call.args[0].value if call.args and call.args[0].keyword is None else None
        length = next((arg.value for arg in call.args[1:] if arg.keyword and arg.keyword.value == "k"), None)
        if len(call.args) != 2 or population is None or length is None or not _is_plain(population):
            return None
        each = f"{self._secrets('choice')}({source_of(population)}) for _ in range({source_of(length)})"
        if self._is_joined(span):
            return cst.ensure_type(expression(f"({each})"), cst.GeneratorExp).with_changes(lpar=[], rpar=[])
        return expression(f"[{each}]")

    def _by_generator(self, draw: str, call: cst.Call) -> cst.BaseExpression:
        return call.with_changes(func=expression(f"{self._secrets('SystemRandom')}().{draw}"))

    def _secrets(self, name: str) -> str:
        return self.import_member("secrets", name)

    def _parent(self, span: Span) -> tuple[ast.AST | None, ast.AST | None]:
        for node in self.module.nodes(ast.Call):
            if self.module.span(node) == span:
                return node, self.module.parents.get(node)
        return None, None

    def _is_joined(self, span: Span) -> bool:
        """Tell whether the call is the only argument of another, where a bare generator may stand."""
        node, parent = self._parent(span)
        return (
            isinstance(parent, ast.Call)
            and parent.args == [node]
            and not parent.keywords
            and isinstance(parent.func, ast.Attribute)
            and parent.func.attr == "join"
        )

    def _binds_tighter(self, span: Span) -> bool:
        _, parent = self._parent(span)
        return isinstance(
            parent, ast.BinOp | ast.UnaryOp | ast.Attribute | ast.Subscript | ast.Await | ast.Starred
        )


def _number(value: cst.BaseExpression) -> int | None:
    return int(value.evaluated_value) if isinstance(value, cst.Integer) else None


def _is_plain(value: cst.BaseExpression) -> bool:
    """Tell whether an expression may be evaluated once per draw: names, constants, their sums."""
    if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
        return _is_plain(value.left) and _is_plain(value.right)
    return isinstance(value, _PLAIN) and not isinstance(value, cst.FormattedString)
