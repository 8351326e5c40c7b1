"""Hand the values of a log message to the logger instead of putting them into the text."""

from __future__ import annotations

import libcst as cst

from harden.codemods.codemod import PythonCodemod
from harden.codemods.log_layout import on_one_line, with_message
from harden.codemods.log_messages import Lazy, Message
from harden.codemods.quotes import favourite_quote
from harden.errors import Refusal


class LazyArguments(PythonCodemod):
    """Turn an f-string, `%`, `.format()` or `+` in a log call into a format and its arguments."""

    def prepare(self) -> None:
        """Learn how the file is written."""
        self.quote = favourite_quote(self.module)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Rewrite the message at the position that the finding names."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        at = int(finding.facts["at"])
        call = with_message(updated_node, at, lazy_message(updated_node, at, self.quote))
        return on_one_line(self, original_node, call, at)


def lazy_message(call: cst.Call, at: int, quote: str) -> Lazy:
    """Return the message of a log call with its values apart. Raises Refusal."""
    alone = len([arg for arg in call.args[at:] if arg.keyword is None]) == 1
    if alone and (named := _named(call.args[at].value)) is not None:
        return named
    return log_message(call, at, quote).lazy()


def log_message(call: cst.Call, at: int, quote: str) -> Message:
    """Return the message of a log call, its placeholders bound to the values given. Raises Refusal."""
    args = [arg for arg in call.args[at:] if arg.keyword is None]
    if any(arg.star for arg in args):
        raise Refusal("The call passes values that are not known here.")
    message = Message(quote)
    message.add(args[0].value)
    if len(args) > 1:
        message.bind([arg.value for arg in args[1:]])
    return message


def _named(expr: cst.BaseExpression) -> Lazy | None:
    """Return a message whose placeholders have names: logging takes the dictionary as it is."""
    match expr:
        case cst.BinaryOperation(
            left=cst.SimpleString() as text, operator=cst.Modulo(), right=cst.Dict() as named
        ):
            return Lazy(text, (named,)) if named.elements and "%(" in text.raw_value else None
    return None
