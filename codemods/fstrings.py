"""Take the replacement fields of f-strings apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from harden.codemods.codemod import source_of
from harden.codemods.placeholders import Value, in_call, placeholder, shown_value
from harden.errors import Refusal


def requoted(value: Value, quote: str) -> Value:
    """Return a value whose strings have the quotes that an f-string around it forbade."""
    code = value.code.visit(_Requoted(quote))
    return replace(value, code=code) if isinstance(code, cst.BaseExpression) else value


class _Requoted(cst.CSTTransformer):
    """Give the plain strings of an expression the quotes that an f-string around it forbade."""

    def __init__(self, quote: str) -> None:
        super().__init__()
        self.quote = quote

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        """Swap the quotes where nothing needs to be escaped for it."""
        if len(updated_node.quote) != 1 or set(updated_node.raw_value) & set("\\'\""):
            return updated_node
        value = f"{updated_node.prefix}{self.quote}{updated_node.raw_value}{self.quote}"
        return updated_node.with_changes(value=value)

    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        """Leave nested f-strings alone."""
        return False


def replaced(part: cst.FormattedStringExpression, quote: str) -> Iterator[str | Value]:
    """Yield what a replacement field shows. Raises Refusal for a computed format."""
    spec = ""
    for piece in part.format_spec or ():
        if not isinstance(piece, cst.FormattedStringText):
            raise Refusal("A width or precision in the message is computed.")
        spec += piece.value
    conversion = part.conversion or ""
    if part.equal is not None:
        nodes = (part.whitespace_before_expression, part.expression, part.equal)
        text = "".join(map(source_of, nodes))
        if quote[0] in text or "\n" in text or "\\" in text:
            raise Refusal("The name shown by `=` holds quotes.")
        yield text
        conversion = conversion or ("" if spec else "r")
    if spec or conversion:
        yield placeholder(in_call(part.expression), conversion, spec)
    else:
        yield shown_value(part.expression)
