"""Write the arguments of a log call in the layout that the call already has."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from harden.codemods.codemod import source_of
from harden.codemods.log_messages import Lazy
from harden.module import Module

_SPACE = cst.SimpleWhitespace(" ")
_NONE = cst.SimpleWhitespace("")


_CONFIGURED = re.compile(rb"^\s*(?:line[-_]length|max[-_]line[-_]length)\s*=\s*(\d{2,3})\b", re.MULTILINE)


def line_limit(module: Module) -> int:
    """Return how long lines may be: as the project's tools are told, else judged by the file itself."""
    for name in ("pyproject.toml", "ruff.toml", "setup.cfg", "tox.ini", ".flake8"):
        if module.project.exists(name) and (told := _CONFIGURED.search(module.project.read(name))):
            return int(told[1])
    lengths = sorted(len(line.rstrip()) for line in module.lines if line.strip())
    usual = lengths[len(lengths) * 98 // 100] if lengths else 0
    return next((limit for limit in (88, 100, 110) if usual <= limit), 120)


def favourite_quote(module: Module) -> str:
    """Return the quote that most of the file's strings use."""
    return "'" if module.text.count("'") > 2 * module.text.count('"') else '"'


def with_message(call: cst.Call, at: int, lazy: Lazy, *, column: int, limit: int) -> cst.Call:
    """Return the call with its message at argument `at` and its values replaced; keywords stay.

    `column` is where the call starts, `limit` how long its line may be.
    """
    before = list(call.args[:at])
    old = [arg for arg in call.args[at:] if arg.keyword is None]
    keywords = [arg for arg in call.args[at:] if arg.keyword is not None]
    values = [lazy.message, *lazy.values]
    last = old[-1]
    if keywords:
        comma = last.comma
        new = [cst.Arg(value, comma=comma) for value in values]
        return call.with_changes(args=[*before, *new, *keywords])
    spread = _spread(call, old, values, column, limit)
    if spread is not None:
        return call.with_changes(args=[*before, *spread])
    new = [cst.Arg(value, comma=cst.Comma(whitespace_after=_SPACE)) for value in values[:-1]]
    new.append(last.with_changes(value=values[-1]))
    flat = call.with_changes(args=[*before, *new])
    return flat if at or _fits(flat, column, limit) else _broken(flat, column, limit)


def _spread(
    call: cst.Call, old: Sequence[cst.Arg], values: Sequence[cst.BaseExpression], column: int, limit: int
) -> list[cst.Arg] | None:
    """Return the arguments one per line, where the call is written so or its one line grows too long."""
    opening = call.whitespace_before_args
    if not isinstance(opening, cst.ParenthesizedWhitespace) or (len(values) == 1 and len(old) == 1):
        return None
    last, first = old[-1], old[0]
    between = first.comma.whitespace_after if len(old) > 1 and isinstance(first.comma, cst.Comma) else opening
    if isinstance(between, cst.ParenthesizedWhitespace):  # its comment stays where it is
        between = cst.ParenthesizedWhitespace(indent=between.indent, last_line=between.last_line)
    comma = cst.Comma(whitespace_after=between)
    if isinstance(last.comma, cst.Comma):
        return [*(cst.Arg(v, comma=comma) for v in values[:-1]), last.with_changes(value=values[-1])]
    one_line = ", ".join(map(source_of, values))
    if "\n" not in one_line and column + len(one_line) + 4 <= limit:
        return None
    closing = cst.Comma(whitespace_after=last.whitespace_after_arg)
    ends = cst.Arg(values[-1], comma=closing)
    return [*(cst.Arg(value, comma=comma) for value in values[:-1]), ends]


def _fits(call: cst.Call, column: int, limit: int) -> bool:
    code = source_of(call)
    return "\n" in code or column + len(code) <= limit


def _broken(call: cst.Call, column: int, limit: int) -> cst.Call:
    """Return a call with its arguments on lines of their own, as formatters break it."""
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    outer = cst.ParenthesizedWhitespace(indent=True)
    *rest, last = call.args
    if column + 4 + sum(len(source_of(arg)) for arg in call.args) > limit:
        rest = [arg.with_changes(comma=cst.Comma(whitespace_after=inner)) for arg in rest]
        last = last.with_changes(comma=cst.Comma(whitespace_after=outer), whitespace_after_arg=_NONE)
    else:
        last = last.with_changes(whitespace_after_arg=outer)
    return call.with_changes(whitespace_before_args=inner, args=[*rest, last])
