"""Write the arguments of a log call in the layout that the call already has."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from harden.codemods.codemod import PythonCodemod, source_of
from harden.codemods.line_limits import line_limit
from harden.codemods.log_messages import Lazy

_SPACE = cst.SimpleWhitespace(" ")


def with_message(call: cst.Call, at: int, lazy: Lazy) -> cst.Call:
    """Return the call with its message at argument `at` and its values replaced; keywords stay."""
    before = list(call.args[:at])
    old = [arg for arg in call.args[at:] if arg.keyword is None]
    keywords = [arg for arg in call.args[at:] if arg.keyword is not None]
    values = [lazy.message, *lazy.values]
    last = old[-1]
    if keywords:
        new = [cst.Arg(value, comma=last.comma) for value in values]
        return call.with_changes(args=[*before, *_named(new, lazy), *keywords])
    new = _spread(call, old, values) or [
        *(cst.Arg(value, comma=cst.Comma(whitespace_after=_SPACE)) for value in values[:-1]),
        last.with_changes(value=values[-1]),
    ]
    return call.with_changes(args=[*before, *_named(new, lazy)])


def on_one_line(codemod: PythonCodemod, original: cst.Call, call: cst.Call, at: int) -> cst.Call:
    """Return the call with its message in one literal, where only the values kept it from fitting a line.

    A text that its owner broke before it was too long, or whose parts are written in several ways, stays.
    """
    old, new = original.args[at].value, call.args[at].value
    if not isinstance(old, cst.ConcatenatedString) or not isinstance(new, cst.ConcatenatedString):
        return call
    parts = [part for part in _literals(new) if isinstance(part, cst.SimpleString)]
    alike = {(part.prefix, part.quote) for part in parts}
    if len(alike) > 1 or len(parts) < len(_literals(new)) or len(parts[0].quote) > 1:
        return call
    if not _are_apart(old):
        return call
    room = line_limit(codemod.module) - codemod.span(old).column - len(",")
    before = sum(len(source_of(part)) for part in _literals(old)) - 2 * (len(_literals(old)) - 1)
    [(prefix, quote)] = alike
    joined = f"{prefix}{quote}{''.join(part.raw_value for part in parts)}{quote}"
    if len(joined) > room or before <= room:
        return call
    message = call.args[at].with_changes(value=cst.SimpleString(joined))
    return call.with_changes(args=[*call.args[:at], message, *call.args[at + 1 :]])


def _literals(text: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Return the literals that stand side by side in a text."""
    if isinstance(text, cst.ConcatenatedString):
        return [text.left, *_literals(text.right)]
    return [text]


def _are_apart(text: cst.BaseExpression) -> bool:
    """Tell whether each literal has a line of its own, without a comment."""
    while isinstance(text, cst.ConcatenatedString):
        white = source_of(text.whitespace_between)
        if "\n" not in white or "#" in white:
            return False
        text = text.right
    return True


def _named(args: list[cst.Arg], lazy: Lazy) -> list[cst.Arg]:
    """Return the arguments with the values after the message given by name, if they have names."""
    none = cst.SimpleWhitespace("")
    equal = cst.AssignEqual(whitespace_before=none, whitespace_after=none)
    named = zip(args[1:], lazy.names, strict=False)
    return [
        args[0],
        *(arg.with_changes(keyword=cst.Name(name), equal=equal) for arg, name in named),
        *args[1 + len(lazy.names) :],
    ]


def _spread(
    call: cst.Call, old: Sequence[cst.Arg], values: Sequence[cst.BaseExpression]
) -> list[cst.Arg] | None:
    """Return the arguments one per line, where the call is written so or its message takes several."""
    opening, first, last = call.whitespace_before_args, old[0], old[-1]
    if not isinstance(opening, cst.ParenthesizedWhitespace) or len(values) == len(old) == 1:
        return None
    between = first.comma.whitespace_after if len(old) > 1 and isinstance(first.comma, cst.Comma) else opening
    if isinstance(between, cst.ParenthesizedWhitespace):  # its comment stays where it is
        between = cst.ParenthesizedWhitespace(indent=between.indent, last_line=between.last_line)
    new = [cst.Arg(value, comma=cst.Comma(whitespace_after=between)) for value in values[:-1]]
    if isinstance(last.comma, cst.Comma):
        return [*new, last.with_changes(value=values[-1])]
    if "\n" not in "".join(map(source_of, values)):
        return None
    closing = last.whitespace_after_arg
    if not isinstance(closing, cst.ParenthesizedWhitespace):  # the bracket stands beside the last argument
        return [*new, cst.Arg(values[-1])]
    return [*new, cst.Arg(values[-1], comma=cst.Comma(whitespace_after=closing))]
