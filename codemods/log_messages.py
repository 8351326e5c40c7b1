"""Take a message apart into text with placeholders and the values for them, keeping how it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from harden.codemods.fstrings import replaced, requoted
from harden.codemods.placeholders import Fields, Value, bound, shown_value
from harden.errors import Refusal

_SAFE = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.BinaryOperation, cst.SimpleString, cst.Await)
"""Expressions that need no parentheses of their own among arguments."""


_LEADING_BREAKS = re.compile(r"^(\\n|\\r|\n)+")
_CLOSING = ".!)]}'\"` "
_OPENING = "([{'\"`"
_LEADING_TO = re.compile(
    r"([.,;:]\s*(?i:exception|error|reason|cause|details?)\b)?"
    r"(\s*(:|-+>?|,|–|—|\bdue to\b|\bbecause( of)?\b|\bwith( error)?\b|\bis\b|[,:;]?\s*\b\w+\s*=>?)\s*)*\s*$"
)
_TRAILING_BREAKS = re.compile(r"(?<!\\)(\\n|\\r|\n)+$")


@dataclass(slots=True)
class Literal:
    """One string literal: source text and values in turn; `before` is what parts it from the one before."""

    prefix: str
    quote: str
    parts: list[str | Value]
    before: cst.BaseParenthesizableWhitespace | None = None


@dataclass(frozen=True, slots=True)
class Lazy:
    """A message as a log call takes it: the format, and the values in order; by name if they have any."""

    message: cst.SimpleString | cst.ConcatenatedString
    values: tuple[cst.BaseExpression, ...]
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Message:
    """A message that grows piece by piece; `quote` serves where no literal shows the file's style."""

    quote: str = '"'
    literals: list[Literal] = field(default_factory=list)
    pending: list[str | Value] = field(default_factory=list)

    def add(self, expr: cst.BaseExpression, before: cst.BaseParenthesizableWhitespace | None = None) -> None:
        """Add what an expression shows as text. Raises Refusal for what has no equal."""
        match expr:
            case cst.SimpleString() if "b" not in expr.prefix.lower():
                self._literal(Literal(expr.prefix, expr.quote, [expr.raw_value], before))
            case cst.FormattedString():
                self._literal(_formatted(expr, self.quote, before))
            case cst.ConcatenatedString():
                self.add(expr.left, before)
                self.add(expr.right, expr.whitespace_between)
            case cst.BinaryOperation(operator=cst.Add()) if _is_text(expr):
                self.add(expr.left, before)
                self.add(_shown(expr.right), _line_break(expr.operator) or cst.SimpleWhitespace(""))
            case cst.BinaryOperation(operator=cst.Modulo()) if _is_text(expr.left):
                self._bound(expr.left, _operands(expr.right))
            case cst.Call(func=cst.Attribute(value=text, attr=cst.Name("format"))) if _is_text(text):
                self._formatted(expr, text)
            case _:
                self.value(shown_value(expr))

    def text(self, text: str) -> None:
        """Add literal text that stands for itself."""
        escaped = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
        self._part(escaped.replace(self.quote, "\\" + self.quote))

    def value(self, value: Value) -> None:
        """Add the placeholder of a value."""
        self._part(value)

    def strip(self) -> None:
        """Take line breaks off both ends: a record is a line."""
        if self.literals:
            first, last = self.literals[0].parts, self.literals[-1].parts
            if first and isinstance(first[0], str) and not self.pending:
                first[0] = _LEADING_BREAKS.sub("", first[0])
            if last and isinstance(last[-1], str):
                last[-1] = _TRAILING_BREAKS.sub("", last[-1])

    def drop_last(self, unwanted: Callable[[Value], bool]) -> bool:
        """Take an unwanted value off the end, with the signs that led to it; tell whether there was one."""
        if not self.literals:
            kept = [part for part in self.pending if isinstance(part, str) or not unwanted(part)]
            dropped = len(kept) < len(self.pending)
            self.pending = kept
            return dropped
        parts = _joined(self.literals[-1].parts)
        closing = len(parts) > 1 and isinstance(parts[-1], str) and not parts[-1].strip(_CLOSING)
        last = parts[-2] if closing else parts[-1] if parts else ""
        if not isinstance(last, Value) or not unwanted(last):
            return False
        parts = parts[: -2 if closing else -1]
        if parts and isinstance(parts[-1], str):
            text = parts[-1].rstrip(_OPENING) if closing else parts[-1]
            parts[-1] = _LEADING_TO.sub("", text)
        self.literals[-1].parts = parts
        if not any(parts) and len(self.literals) > 1:
            self.literals.pop()
        return True

    def is_bare(self) -> bool:
        """Tell whether a single value is all there is."""
        return not self.literals and len(self.pending) == 1

    def is_empty(self) -> bool:
        """Tell whether nothing is left to show."""
        parts = [*self.pending, *(part for literal in self.literals for part in literal.parts)]
        return not any(isinstance(part, Value) or any(map(str.isalnum, part)) for part in parts)

    def bind(self, given: Sequence[cst.BaseExpression]) -> None:
        """Give the placeholders that already stand in the text their values. Raises Refusal on a mismatch."""
        rest = list(given)
        for literal in self.literals:
            literal.parts = [new for part in literal.parts for new in bound(part, rest)]
        if rest:
            raise Refusal("The message has fewer placeholders than values.")

    def parts(self) -> list[str | Value]:
        """Return the texts and values of the whole message in turn."""
        return _joined([*self.pending, *(part for literal in self.literals for part in literal.parts)])

    def lazy(self, *, braces: bool = False) -> Lazy:
        """Return the whole message, with the placeholders of `%` or those of `str.format`."""
        if self.pending:
            self._literal(Literal("", self.quote, []))
        found = [part for literal in self.literals for part in literal.parts if isinstance(part, Value)]
        if braces and not all(value.field for value in found):
            raise Refusal("A placeholder of the message has no equal in this file's logger.")
        values = tuple((braces and value.bare) or value.code for value in found)
        nodes = [_rendered(literal, bool(values), braces=braces) for literal in self.literals]
        message: cst.SimpleString | cst.ConcatenatedString = nodes[-1]
        for node, after in reversed(list(zip(nodes, self.literals[1:], strict=False))):
            between = after.before or cst.SimpleWhitespace(" ")
            message = cst.ConcatenatedString(left=node, right=message, whitespace_between=between)
        return Lazy(message, values)

    def _part(self, part: str | Value) -> None:
        if self.literals:
            self.literals[-1].parts.append(part)
        else:
            self.pending.append(part)

    def _literal(self, literal: Literal) -> None:
        """Add a literal: into the one before where both stand on one line and are written alike."""
        literal.parts[:0], self.pending = self.pending, []
        last = self.literals[-1] if self.literals else None
        texts = "".join(part for part in literal.parts if isinstance(part, str))
        if last is not None and not _is_apart(literal.before):
            alike = (last.prefix, last.quote) == (literal.prefix, literal.quote)
            if alike or (not last.prefix and not set(texts) & set("\\'\"\n")):
                last.parts += literal.parts
                return
        if literal.before is not None and not _is_apart(literal.before):
            literal = replace(literal, before=cst.SimpleWhitespace(" "))
        self.literals.append(literal)

    def _bound(self, left: cst.BaseExpression, values: list[cst.BaseExpression]) -> None:
        inner = Message(self.quote)
        inner.add(left)
        inner.bind(values)
        for literal in inner.literals:
            self._literal(literal)

    def _formatted(self, call: cst.Call, text: cst.BaseExpression) -> None:
        inner = Message(self.quote)
        inner.add(text)
        fields = Fields(call)
        for literal in inner.literals:
            literal.parts = [new for part in literal.parts for new in fields.filled(part)]
            self._literal(literal)
        fields.check_used()


def _formatted(
    node: cst.FormattedString, quote: str, before: cst.BaseParenthesizableWhitespace | None
) -> Literal:
    """Return an f-string as a plain literal and its values, in the file's quotes if a value forbade these."""
    prefix = "".join(letter for letter in node.prefix if letter not in "fF")
    parts: list[str | Value] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            parts.append(part.value.replace("{{", "{").replace("}}", "}"))
        elif isinstance(part, cst.FormattedStringExpression):
            parts += replaced(part, node.quote)
    forced = any(
        quote in cst.Module([]).code_for_node(part.code) for part in parts if isinstance(part, Value)
    )
    free = forced and {letter for part in parts if isinstance(part, str) for letter in part}.isdisjoint(
        "\\'\""
    )
    parts = [requoted(part, quote) if isinstance(part, Value) else part for part in parts]
    return Literal(prefix, quote if free and len(node.quote) == 1 else node.quote, parts, before)


def _shown(expr: cst.BaseExpression) -> cst.BaseExpression:
    """Return the operand of `+` without parentheses that only grouped a text."""
    return expr.with_changes(lpar=[], rpar=[]) if _is_text(expr) else expr


def _is_text(expr: cst.BaseExpression) -> bool:
    """Tell whether an expression is certainly a text that is put together here."""
    match expr:
        case cst.SimpleString():
            return "b" not in expr.prefix.lower()
        case cst.FormattedString() | cst.ConcatenatedString():
            return True
        case cst.BinaryOperation(operator=cst.Add()):
            return _is_text(expr.left) or _is_text(expr.right)
        case cst.BinaryOperation(operator=cst.Modulo()):
            return _is_text(expr.left)
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name("format"))):
            return _is_text(value)
    return False


def _operands(right: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Return the values on the right of `%`. Raises Refusal where their number cannot be known."""
    match right:
        case cst.Tuple():
            if any(isinstance(element, cst.StarredElement) for element in right.elements):
                raise Refusal("The number of values is not known.")
            return [element.value for element in right.elements]
        case cst.Dict():
            raise Refusal("The message names its values in a dictionary.")
    return [right.with_changes(lpar=[], rpar=[]) if isinstance(right, _SAFE) else right]


def _joined(parts: Sequence[str | Value]) -> list[str | Value]:
    """Return the parts with neighbouring texts made one, and no empty ones."""
    joined: list[str | Value] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return joined


def _is_apart(before: cst.BaseParenthesizableWhitespace | None) -> bool:
    return isinstance(before, cst.ParenthesizedWhitespace) or (
        isinstance(before, cst.SimpleWhitespace) and "\n" in before.value
    )


def _line_break(operator: cst.BaseBinaryOp) -> cst.BaseParenthesizableWhitespace | None:
    for side in ("whitespace_before", "whitespace_after"):
        white = getattr(operator, side, None)
        if _is_apart(white):
            return white
    return None


def _rendered(literal: Literal, has_values: bool, *, braces: bool) -> cst.SimpleString:
    """Return a literal; signs of the format's own are doubled where the logger formats at all."""
    text = ""
    for part in literal.parts:
        if isinstance(part, Value):
            text += part.field if braces else part.placeholder
        elif not has_values:
            text += part
        else:
            text += part.replace("{", "{{").replace("}", "}}") if braces else part.replace("%", "%%")
    return cst.SimpleString(f"{literal.prefix}{literal.quote}{text}{literal.quote}")
