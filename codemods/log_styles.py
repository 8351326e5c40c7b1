"""Write a record as the logger at hand takes it: `%` and values, loguru's fields, structlog's keywords."""

from __future__ import annotations

import re

import libcst as cst

from harden.codemods.log_layout import with_message
from harden.codemods.log_messages import Lazy, Message
from harden.codemods.placeholders import Value
from harden.errors import Refusal
from harden.logs import Flavour

_RESERVED = frozenset(
    {"event", "level", "timestamp", "logger", "logger_name", "exc_info", "stack_info", "exception", "self"}
    | {"positional_args"}
)
_BETWEEN = re.compile(r"[\s,;|/()-]*(?:(?P<label>[A-Za-z_]\w*)\s*[=:]\s*)?[(\['\"]*")
_AFTER = re.compile(r"[\s.!)\]'\"…]*")
_LABELLED = re.compile(r"(?P<event>.*\w)[\s,;:(-]+(?P<label>[A-Za-z_]\w*)=[(\['\"]*", re.DOTALL)


def written(call: cst.Call, at: int, message: Message, flavour: Flavour) -> cst.Call:
    """Return a log call with its message as the logger's kind takes it. Raises Refusal."""
    if flavour is Flavour.STANDARD:
        return with_message(call, at, message.lazy())
    if flavour is Flavour.LOGURU and all(value.field for value in _values(message)):
        return with_message(call, at, message.lazy(braces=True))
    if flavour is Flavour.STRUCTLOG and (event := _event(message)) is not None:
        return with_message(call, at, event)
    if len([arg for arg in call.args[at:] if arg.keyword is None]) == 1:
        return call  # one finished text is what every logger takes
    raise Refusal(f"{flavour.value} takes the values in another form: put them together first.")


def _values(message: Message) -> list[Value]:
    return [part for part in message.parts() if isinstance(part, Value)]


def _event(message: Message) -> Lazy | None:
    """Return the text before the first value as the event, and the values by name; None where they mix."""
    parts = message.parts()
    if not _values(message):
        return message.lazy()
    if isinstance(parts[0], Value):
        name = _name(parts[0])
        return _lazy(message, name, {name: parts[0]}) if name and len(parts) == 1 else None
    labelled = _LABELLED.fullmatch(parts[0])
    event = labelled["event"] if labelled else parts[0].rstrip(" :=,;(['\"-")
    label = labelled["label"] if labelled else ""
    named: dict[str, Value] = {}
    for part in parts[1:]:
        if isinstance(part, Value):
            name = label or _name(part)
            if not name or name in named or name in _RESERVED or part.placeholder not in ("%s", "%r"):
                return None
            named[name], label = part, ""
            continue
        between = _BETWEEN.fullmatch(part) if part is not parts[-1] else _AFTER.fullmatch(part)
        if between is None:
            return None
        label = between.groupdict().get("label") or ""
    return _lazy(message, event, named) if any(map(str.isalnum, event)) else None


def _lazy(message: Message, event: str, named: dict[str, Value]) -> Lazy | None:
    prefix = next((literal.prefix for literal in message.literals), "")
    quote = next((literal.quote for literal in message.literals), message.quote)
    if any(value.bare is not None for value in named.values()) or _RESERVED & named.keys():
        return None
    values = tuple(value.code for value in named.values())
    return Lazy(cst.SimpleString(f"{prefix}{quote}{event}{quote}"), values, tuple(named))


def _name(value: Value) -> str:
    """Return the key for a value: its own name, `order_id` for `order.id`; nothing for other expressions."""
    names: list[str] = []
    code = value.code
    while isinstance(code, cst.Attribute):
        names.insert(0, code.attr.value)
        code = code.value
    if not isinstance(code, cst.Name):
        return ""
    owner = [] if code.value in ("self", "cls", "settings") and names else [code.value]
    return "_".join([*owner, *names])
