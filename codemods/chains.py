"""Longer chains of calls, in the layout that the code has."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from harden.codemods.codemod import expression

_ATOMS = cst.Name | cst.Call | cst.Attribute | cst.Subscript


def extended(
    expr: cst.BaseExpression, steps: Sequence[tuple[str, str]], before: str = ""
) -> cst.BaseExpression:
    """Return a chain with calls added: at its end, or in front of its last call `before`."""
    if not steps:
        return expr
    if before:
        last = cst.ensure_type(expr, cst.Call)
        func = cst.ensure_type(last.func, cst.Attribute)
        return last.with_changes(func=func.with_changes(value=chained(func.value, steps, func.dot)))
    if not isinstance(expr, _ATOMS):
        expr = expr.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]) if not expr.lpar else expr
        return chained(expr, steps, cst.Dot())
    dot = cst.Dot()
    if isinstance(expr, cst.Call) and isinstance(expr.func, cst.Attribute):
        dot = expr.func.dot
    inner = expr.with_changes(lpar=[], rpar=[])
    return chained(inner, steps, dot).with_changes(lpar=expr.lpar, rpar=expr.rpar)


def chained(value: cst.BaseExpression, steps: Sequence[tuple[str, str]], dot: cst.Dot) -> cst.BaseExpression:
    """Return calls added behind an expression, each laid out as a step whose dot is known."""
    for name, arguments in steps:
        call = cst.ensure_type(expression(f"_({arguments})"), cst.Call)
        value = call.with_changes(func=cst.Attribute(value, cst.Name(name), dot=without_comments(dot)))
    return value


def without_comments(dot: cst.Dot) -> cst.Dot:
    """Return a dot that stands on a line of its own where another one does."""
    space = dot.whitespace_before
    if isinstance(space, cst.ParenthesizedWhitespace):
        space = space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
    return cst.Dot(whitespace_before=space)


def is_fluent(expr: cst.BaseExpression) -> bool:
    """Tell whether a chain has so many steps that a formatter gives each of them a line when it breaks it."""
    return _steps(expr) > 1


def _steps(expr: cst.BaseExpression) -> int:
    if isinstance(expr, cst.Call | cst.Subscript):
        inner = expr.func if isinstance(expr, cst.Call) else expr.value
        return _steps(inner)
    if isinstance(expr, cst.Attribute):
        return _steps(expr.value) + isinstance(expr.value, cst.Call | cst.Subscript)
    return 0


def is_spread(expr: cst.BaseExpression) -> bool:
    """Tell whether a step of a chain stands on a line of its own."""
    if isinstance(expr, cst.Attribute):
        return not isinstance(expr.dot.whitespace_before, cst.SimpleWhitespace) or is_spread(expr.value)
    if isinstance(expr, cst.Call | cst.Subscript):
        return is_spread(expr.func if isinstance(expr, cst.Call) else expr.value)
    return False


def exploded(expr: cst.BaseExpression, width: int) -> cst.BaseExpression:
    """Return a chain in parentheses, each of its steps on a line of its own, of `width` columns at most."""
    inside = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    end = cst.ParenthesizedWhitespace(indent=True)
    return _broken(expr, cst.Dot(whitespace_before=inside), width).with_changes(
        lpar=[cst.LeftParen(whitespace_after=inside)], rpar=[cst.RightParen(whitespace_before=end)]
    )


def _broken(expr: cst.BaseExpression, dot: cst.Dot, width: int) -> cst.BaseExpression:
    if isinstance(expr, cst.Attribute):
        after_call = isinstance(expr.value, cst.Call | cst.Subscript)
        value = _broken(expr.value, dot, width)
        return expr.with_changes(value=value, dot=dot if after_call else expr.dot)
    if isinstance(expr, cst.Subscript):
        return expr.with_changes(value=_broken(expr.value, dot, width))
    if not isinstance(expr, cst.Call):
        return expr
    return _joined(expr.with_changes(func=_broken(expr.func, dot, width)), width)


def _joined(call: cst.Call, width: int) -> cst.Call:
    """Return a call on one line where it was broken, has room, and no trailing comma keeps it apart."""
    if not call.args or isinstance(call.args[-1].comma, cst.Comma):
        return _deeper(call)
    none = cst.SimpleWhitespace("")
    args = [
        arg.with_changes(
            comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")), whitespace_after_arg=none
        )
        for arg in call.args[:-1]
    ]
    last = call.args[-1].with_changes(whitespace_after_arg=none)
    joined = call.with_changes(args=[*args, last], whitespace_before_args=none)
    before, after = (cst.Module([]).code_for_node(node) for node in (call, joined))
    step = after.rpartition("\n")[2] if "\n" in after else after
    one_line = "\n" not in cst.Module([]).code_for_node(joined.with_changes(func=cst.Name("_")))
    fits = one_line and before.count("#") == after.count("#") and len(step) <= width
    return joined if fits else _deeper(call)


def _deeper(call: cst.Call) -> cst.Call:
    """Return a call whose arguments, where they have lines of their own, stand four columns further in."""
    args = [cst.ensure_type(arg.visit(_Indent()), cst.Arg) for arg in call.args]
    space = call.whitespace_before_args.visit(_Indent())
    return call.with_changes(args=args, whitespace_before_args=space)


class _Indent(cst.CSTTransformer):
    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        inside = cst.SimpleWhitespace(updated_node.last_line.value + "    ")
        return updated_node.with_changes(last_line=inside)


_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
