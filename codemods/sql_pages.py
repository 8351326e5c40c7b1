"""SQL with a page of its rows: an order, and a bound LIMIT and OFFSET, in the layout that it has."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from harden.codemods.arguments import with_positional
from harden.codemods.codemod import expression
from harden.errors import Refusal

_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
_NEW_LINE = cst.TrailingWhitespace()


def with_page(call: cst.Call, mark: str, page: tuple[str, str], order: str = "") -> cst.Call:
    """Return `execute(sql, parameters)` with a bound LIMIT and OFFSET at the end of its statement.

    Raises Refusal where statement or parameters are not written out.
    """
    limit, offset = page
    bound = {":": (f":{limit}", f":{offset}"), "$": (f"${len(call.args)}", f"${len(call.args) + 1}")}
    first, second = bound.get(mark, (mark, mark))
    clauses = [f"ORDER BY {order}"] if order else []
    text = call.args[0].with_changes(
        value=with_clauses(call.args[0].value, [*clauses, f"LIMIT {first} OFFSET {second}"])
    )
    call = call.with_changes(args=[text, *call.args[1:]])
    if mark == "$":
        return with_positional(with_positional(call, expression(limit)), expression(offset))
    if len(call.args) > 1:
        values = call.args[1].with_changes(value=_with_values(call.args[1].value, limit, offset))
        return call.with_changes(args=[text, values])
    code = f'{{"{limit}": {limit}, "{offset}": {offset}}}' if mark == ":" else f"({limit}, {offset})"
    return with_positional(call, expression(code))


def with_clauses(
    expr: cst.BaseExpression, clauses: Sequence[str], before: re.Pattern[str] | None = None
) -> cst.BaseExpression:
    """Return a string literal, also inside `text(…)`, with clauses at its end or in front of a word.

    Raises Refusal where it is not one plain text.
    """
    if isinstance(expr, cst.Call):
        inner = expr.args[0].with_changes(value=with_clauses(expr.args[0].value, clauses, before))
        return expr.with_changes(args=[inner, *expr.args[1:]])
    if isinstance(expr, cst.ConcatenatedString):
        if before is not None and before.search(cst.Module([]).code_for_node(expr.left)):
            return expr.with_changes(left=with_clauses(expr.left, clauses, before))
        return expr.with_changes(right=with_clauses(expr.right, clauses, before))
    if not isinstance(expr, cst.SimpleString):
        raise Refusal("The statement is not one plain text.")
    start, end = len(expr.prefix) + len(expr.quote), len(expr.value) - len(expr.quote)
    head, body, tail = expr.value[:start], expr.value[start:end], expr.value[end:]
    return expr.with_changes(value=head + _longer(body, clauses, before) + tail)


def _longer(body: str, clauses: Sequence[str], before: re.Pattern[str] | None) -> str:
    if before is not None:
        found = list(before.finditer(body))
        if not found:
            raise Refusal("The statement is not one plain text.")
        at = found[-1].start()
        line = body[:at].rpartition("\n")[2]
        gap = "\n" + line if "\n" in body[:at] and not line.strip() else " "
        return body[:at] + gap.join(clauses) + gap + body[at:]
    text = body.rstrip()
    end = body[len(text) :]
    text = text.removesuffix(";").rstrip()
    line = text.rpartition("\n")[2]
    gap = "\n" + line[: len(line) - len(line.lstrip())] if "\n" in text else " "
    return text + gap + gap.join(clauses) + end


def _with_values(expr: cst.BaseExpression, limit: str, offset: str) -> cst.BaseExpression:
    if isinstance(expr, cst.Dict):
        entries = [cst.DictElement(expression(f'"{name}"'), expression(name)) for name in (limit, offset)]
        return expr.with_changes(elements=appended(expr.elements, entries))
    if isinstance(expr, cst.Tuple | cst.List):
        values = [cst.Element(expression(name)) for name in (limit, offset)]
        return expr.with_changes(elements=appended(expr.elements, values))
    raise Refusal("The parameters are not written out here.")


def appended(
    elements: Sequence[cst.BaseElement | cst.BaseDictElement],
    added: Sequence[cst.BaseElement | cst.BaseDictElement],
) -> list[cst.BaseElement | cst.BaseDictElement]:
    """Return elements with two more at their end, laid out as they are."""
    if not elements:
        return [added[0].with_changes(comma=_COMMA), *added[1:]]
    *rest, last = elements
    end = last.comma if isinstance(last.comma, cst.Comma) and len(elements) > 1 else cst.MaybeSentinel.DEFAULT
    gap = rest[-1].comma if rest and isinstance(rest[-1].comma, cst.Comma) else _COMMA
    plain = _without_comment(gap)
    return [
        *rest,
        last.with_changes(comma=plain),
        added[0].with_changes(comma=plain),
        added[1].with_changes(comma=end),
    ]


def _without_comment(comma: cst.Comma) -> cst.Comma:
    """Return a comma with its line break, without what is said about the entry before it."""
    space = comma.whitespace_after
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return comma
    return comma.with_changes(whitespace_after=space.with_changes(first_line=_NEW_LINE, empty_lines=[]))
