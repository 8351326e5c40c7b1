"""Add arguments to a call and take them out, in the layout that the call has."""

from __future__ import annotations

import libcst as cst


def argument_at(call: cst.Call, name: str) -> int | None:
    """Return the position of a keyword argument in `call.args`, or None."""
    for at, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == name:
            return at
    return None


def positional(call: cst.Call, at: int) -> cst.Arg | None:
    """Return positional argument number `at`, or None where it is missing or hidden by a `*`."""
    for number, arg in enumerate(call.args):
        if arg.star or arg.keyword is not None:
            return None
        if number == at:
            return arg
    return None


def without_argument(call: cst.Call, at: int) -> cst.Call:
    """Return the call without its argument number `at`; a trailing comma stays one."""
    args = list(call.args)
    removed = args.pop(at)
    if not args:
        return call.with_changes(args=[], whitespace_before_args=cst.SimpleWhitespace(""))
    if at == len(args):
        args[-1] = args[-1].with_changes(
            comma=removed.comma, whitespace_after_arg=removed.whitespace_after_arg
        )
    return call.with_changes(args=args)


def with_argument(call: cst.Call, at: int, value: cst.BaseExpression) -> cst.Call:
    """Return the call with another value for its argument number `at`."""
    args = list(call.args)
    args[at] = args[at].with_changes(value=value)
    return call.with_changes(args=args)


def with_keyword(call: cst.Call, name: str, value: cst.BaseExpression) -> cst.Call:
    """Return the call with a keyword argument set: replaced, else before `**`, else at the end.

    The new argument stands on a line of its own where the others do; comments stay where they were.
    """
    at = argument_at(call, name)
    if at is not None:
        return with_argument(call, at, value)
    new = cst.Arg(keyword=cst.Name(name), value=value, equal=_equal(call))
    if not call.args:
        empty = cst.SimpleWhitespace("")
        before = call.whitespace_before_args
        return call.with_changes(args=[new], whitespace_before_args=before if _comments(before) else empty)
    before_stars = next((at for at, arg in enumerate(call.args) if arg.star == "**"), None)
    if before_stars is not None:
        return _inserted(call, before_stars, new)
    return _appended(call, new)


def with_positional(call: cst.Call, value: cst.BaseExpression) -> cst.Call:
    """Return a call that has arguments, none of them by keyword, with another one at the end."""
    return _appended(call, cst.Arg(value))


def _equal(call: cst.Call) -> cst.AssignEqual:
    """Return an equals sign as the call's other keywords write it."""
    for arg in call.args:
        equal = arg.equal
        if isinstance(equal, cst.AssignEqual) and not (
            _breaks(equal.whitespace_before) or _breaks(equal.whitespace_after)
        ):
            return equal
    none = cst.SimpleWhitespace("")
    return cst.AssignEqual(whitespace_before=none, whitespace_after=none)


def _inserted(call: cst.Call, at: int, new: cst.Arg) -> cst.Call:
    """Put an argument before another one; comment lines above that one stay above it."""
    args = list(call.args)
    gap = _gap_before(call, at)
    if at == 0 and not _breaks(gap):
        gap = cst.SimpleWhitespace(" ")
    elif at and isinstance(gap, cst.ParenthesizedWhitespace):
        args[at - 1] = args[at - 1].with_changes(
            comma=cst.Comma(whitespace_after=gap.with_changes(empty_lines=[]))
        )
        gap = gap.with_changes(first_line=_line_end(gap))
    elif at == 0:
        gap = _bare(gap)
    return call.with_changes(
        args=[*args[:at], new.with_changes(comma=cst.Comma(whitespace_after=gap)), *args[at:]]
    )


def _appended(call: cst.Call, new: cst.Arg) -> cst.Call:
    *rest, last = call.args
    had_comma = isinstance(last.comma, cst.Comma)
    end = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else last.whitespace_after_arg
    gap = _bare(_gap_before(call, len(rest)))
    if not rest and not _breaks(gap):
        gap = cst.SimpleWhitespace(" ")
    alone = not rest and _breaks(gap) and _breaks(end)
    first = last.with_changes(
        value=_in_parentheses(last) if isinstance(last.value, cst.GeneratorExp) else last.value,
        comma=cst.Comma(whitespace_after=_joined(end, gap)),
        whitespace_after_arg=cst.SimpleWhitespace(""),
    )
    if had_comma or alone:  # a trailing comma keeps one argument on each line
        new = new.with_changes(comma=cst.Comma(whitespace_after=_bare(end)))
    else:
        new = new.with_changes(whitespace_after_arg=_bare(end))
    return call.with_changes(args=[*rest, first, new])


def _gap_before(call: cst.Call, at: int) -> cst.BaseParenthesizableWhitespace:
    """Return the white space in front of argument number `at`."""
    comma = call.args[at - 1].comma if at else None
    return comma.whitespace_after if isinstance(comma, cst.Comma) else call.whitespace_before_args


def _joined(
    end: cst.BaseParenthesizableWhitespace, gap: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """Return `gap` with the comments that stood in `end`."""
    if not isinstance(end, cst.ParenthesizedWhitespace) or not _comments(end):
        return gap
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return end
    return gap.with_changes(first_line=end.first_line, empty_lines=end.empty_lines)


def _in_parentheses(arg: cst.Arg) -> cst.BaseExpression:
    if arg.value.lpar:
        return arg.value
    return arg.value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _breaks(space: cst.BaseParenthesizableWhitespace) -> bool:
    return isinstance(space, cst.ParenthesizedWhitespace)


def _comments(space: cst.BaseParenthesizableWhitespace) -> bool:
    return isinstance(space, cst.ParenthesizedWhitespace) and (
        space.first_line.comment is not None or any(line.comment for line in space.empty_lines)
    )


def _bare(space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    """Return white space without the comments in it."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return space
    return space.with_changes(first_line=_line_end(space), empty_lines=[])


def _line_end(space: cst.ParenthesizedWhitespace) -> cst.TrailingWhitespace:
    return cst.TrailingWhitespace(whitespace=cst.SimpleWhitespace(""), newline=space.first_line.newline)
