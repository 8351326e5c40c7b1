"""Hand the values of a log message to the logger instead of putting them into the text."""

from __future__ import annotations

import libcst as cst

from harden.codemods.codemod import PythonCodemod
from harden.codemods.log_layout import favourite_quote, line_limit, with_message
from harden.codemods.log_messages import Lazy, Message
from harden.errors import Refusal


class LazyArguments(PythonCodemod):
    """Turn an f-string, `%`, `.format()` or `+` in a log call into a format and its arguments."""

    def prepare(self) -> None:
        """Learn how the file is written."""
        self.limit = line_limit(self.module)
        self.quote = favourite_quote(self.module)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Rewrite the message at the position that the finding names."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        at = int(finding.facts["at"])
        column = self.span(original_node).column
        return with_message(
            updated_node, at, lazy_message(updated_node, at, self.quote), column=column, limit=self.limit
        )


def lazy_message(call: cst.Call, at: int, quote: str) -> Lazy:
    """Return the message of a log call with its values apart. Raises Refusal."""
    args = call.args[at:]
    if any(arg.star for arg in args):
        raise Refusal("The call passes values that are not known here.")
    given = [arg.value for arg in args[1:] if arg.keyword is None]
    expr = args[0].value
    if not given and (named := _named(expr)) is not None:
        return named
    message = Message(quote)
    message.add(expr)
    if given:
        message.bind(given)
    return message.lazy()


def _named(expr: cst.BaseExpression) -> Lazy | None:
    """Return a message whose placeholders have names: logging takes the dictionary as it is."""
    match expr:
        case cst.BinaryOperation(
            left=cst.SimpleString() as text, operator=cst.Modulo(), right=cst.Dict() as named
        ):
            return Lazy(text, (named,)) if named.elements and "%(" in text.raw_value else None
    return None
