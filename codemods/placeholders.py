"""Placeholders of `%` for the values that f-strings and `.format()` show."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from harden.errors import Refusal

_SPECIFIER = re.compile(
    r"%(?:\((?P<name>[^)]*)\))?(?P<flags>[-#0 +]*)(?P<width>\*|\d+)?(?P<precision>\.(?:\*|\d+))?[hlL]?"
    r"(?P<kind>[diouxXeEfFgGcrsa%])"
)
_FORMAT = re.compile(
    r"(?P<align>[<>]?)(?P<sign>[+ ]?)(?P<alternate>#?)(?P<zero>0?)(?P<width>[1-9]\d*)?(?P<precision>\.\d+)?"
    r"(?P<kind>[sdoxXeEfFgG]?)"
)


@dataclass(frozen=True, slots=True)
class Value:
    """An expression that goes into a message, and its placeholder.

    `field` is what loguru would write for it, around `bare` where `code` is already a `format()` of that.
    """

    code: cst.BaseExpression
    placeholder: str = "%s"
    field: str = "{}"
    bare: cst.BaseExpression | None = None


def placeholder(code: cst.BaseExpression, conversion: str, spec: str) -> Value:
    """Return the `%` placeholder for a conversion and a format specification.

    What `%` cannot express stays a call: `{total:,}` is `format(total, ",")`.
    """
    field = "{" + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"
    if percent := _percent(conversion, spec):
        return Value(code, percent, field)
    shown = cst.Call(cst.Name({"r": "repr", "a": "ascii"}.get(conversion, "str")), [cst.Arg(code)])
    quoted = cst.SimpleString('"' + spec.replace("\\", "\\\\").replace('"', '\\"') + '"')
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    first = cst.Arg(shown if conversion else code, comma=comma)
    return Value(cst.Call(cst.Name("format"), [first, cst.Arg(quoted)]), field=field, bare=code)


def _percent(conversion: str, spec: str) -> str:
    """Return the `%` placeholder that shows every value as `format` would, or an empty string."""
    if not spec:
        return f"%{conversion or 's'}"
    match = _FORMAT.fullmatch(spec)
    if match is None:
        return ""
    align, kind, width = match["align"], match["kind"], match["width"] or ""
    number = match["sign"] + match["alternate"] + match["zero"]
    precision = match["precision"] or ""
    if conversion or kind in ("", "s"):  # without a type, texts go left and numbers right
        if number or precision or kind not in ("", "s") or not (conversion or kind or align):
            return ""
        left = "-" if width and align != ">" else ""
        return f"%{left}{width}{conversion or 's'}"
    if align and match["zero"]:
        return ""
    left = "-" if width and align == "<" else ""
    return f"%{left}{number}{width}{precision}{kind}"


def in_call(code: cst.BaseExpression) -> cst.BaseExpression:
    """Return an expression as it must be written among arguments: some need parentheses there."""
    if isinstance(code, cst.Tuple | cst.NamedExpr | cst.Yield | cst.GeneratorExp) and not code.lpar:
        return code.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return code


def shown_value(expr: cst.BaseExpression) -> Value:
    """Return a value; the placeholder does what an explicit `str()` or `repr()` would."""
    match expr:
        case cst.Call(func=cst.Name(("str" | "repr") as name), args=[cst.Arg(keyword=None, star="") as arg]):
            code = in_call(arg.value)
            return Value(code, "%r", "{!r}") if name == "repr" else Value(code)
    return Value(in_call(expr))


def bound(part: str | Value, rest: list[cst.BaseExpression]) -> Iterator[str | Value]:
    """Yield a part with each placeholder of its text bound to the next value of `rest`, which shrinks."""
    if isinstance(part, Value):
        yield part
        return
    end = 0
    for match in _SPECIFIER.finditer(part):
        yield part[end : match.start()]
        end = match.end()
        if match["kind"] == "%":
            yield "%"
        elif match["name"] is not None or "*" in (match["width"] or "") + (match["precision"] or ""):
            raise Refusal("The message names its values or computes a width.")
        elif not rest:
            raise Refusal("The message has more placeholders than values.")
        else:
            yield Value(in_call(rest.pop(0)), match[0], _field(match))
    if "%" in part[end:] or "%" in _SPECIFIER.sub("", part[:end]):
        raise Refusal("A placeholder of the message is not valid.")
    yield part[end:]


def _field(match: re.Match[str]) -> str:
    """Return the field of a format that shows what a placeholder of `%` does, or an empty string."""
    plain = not match["flags"] and not match["width"]
    if match["kind"] in "sra" and plain and not match["precision"]:
        return "{}" if match["kind"] == "s" else f"{{!{match['kind']}}}"
    return f"{{:{match['precision']}{match['kind']}}}" if match["kind"] in "eEfFgG" and plain else ""


class Fields:
    """The replacement fields of a `.format()` call, filled from its arguments in turn."""

    def __init__(self, call: cst.Call) -> None:
        if any(arg.star for arg in call.args):
            raise Refusal("The number of values is not known.")
        self.positional = [arg.value for arg in call.args if arg.keyword is None]
        self.named = {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
        self.order: list[cst.BaseExpression] = []
        self.next = 0

    def filled(self, part: str | Value) -> Iterator[str | Value]:
        """Yield a part with its fields replaced. Raises Refusal for fields that have no equal."""
        if isinstance(part, Value) or "\\N{" in part:
            raise Refusal("The message is an f-string and formatted again.")
        try:
            parsed = list(string.Formatter().parse(part))
        except ValueError:
            raise Refusal("The message is not a valid format.") from None
        for text, name, spec, conversion in parsed:
            yield text
            if name is None:
                continue
            if spec and "{" in spec:
                raise Refusal("A width or precision in the message is computed.")
            yield placeholder(self._value(name), conversion or "", spec or "")

    def check_used(self) -> None:
        """Refuse values that are not shown, shown twice or out of order if evaluating them could matter."""
        given = [*self.positional, *self.named.values()]
        if [id(code) for code in self.order] == [id(code) for code in given]:
            return
        if not all(map(_is_plain, given)):
            raise Refusal("The values are not shown once each in their order.")

    def _value(self, name: str) -> cst.BaseExpression:
        head, *attributes = name.split(".")
        if "[" in name or not all(part.isidentifier() for part in attributes):
            raise Refusal("A field of the message looks into its value.")
        if not head:
            head, self.next = str(self.next), self.next + 1
        if head.isdigit() and int(head) < len(self.positional):
            code = self.positional[int(head)]
        elif head in self.named:
            code = self.named[head]
        else:
            raise Refusal("A field of the message has no value.")
        self.order.append(code)
        if attributes and not isinstance(code, cst.Name | cst.Attribute | cst.Call | cst.Subscript):
            raise Refusal("A field of the message looks into its value.")
        for attribute in attributes:
            code = cst.Attribute(code, cst.Name(attribute))
        return in_call(code)


def _is_plain(code: cst.BaseExpression) -> bool:
    match code:
        case cst.Name() | cst.SimpleString() | cst.Integer() | cst.Float():
            return True
        case cst.Attribute(value=value):
            return _is_plain(value)
    return False
