"""Bind values to an SQL statement instead of pasting them into its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import libcst as cst

from harden.codemods.arguments import with_keyword
from harden.codemods.codemod import PythonCodemod, expression, source_of
from harden.errors import Refusal
from harden.findings import Finding

_PERCENT = re.compile(r"%(?:\((\w+)\))?([sdrif%])")
_BRACES = re.compile(r"\{\{|\}\}|\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class _Item:
    """Raw text of a literal (number `part`), or the code of a value in it; `code` empty means text."""

    part: int
    raw: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Bound:
    name: str
    code: str


class BindParameters(PythonCodemod):
    """Put placeholders into the text, and the values into the call that executes it."""

    def prepare(self) -> None:
        """Start without bound values."""
        self._bound: dict[str, tuple[Finding, list[_Bound]]] = {}

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.BaseExpression:
        """Rewrite an f-string."""
        return self._text(original_node, updated_node)

    def leave_ConcatenatedString(
        self, original_node: cst.ConcatenatedString, updated_node: cst.ConcatenatedString
    ) -> cst.BaseExpression:
        """Rewrite adjacent literals of which one is an f-string."""
        return self._text(original_node, updated_node)

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        """Rewrite `"…" % values` and `"…" + value`."""
        return self._text(original_node, updated_node)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Rewrite `"…".format(…)`, and give the executing call its parameters."""
        finding = self.target(original_node)
        if finding is not None:
            return self._text(original_node, updated_node)
        span = self.span(original_node)
        found = self._bound.pop(f"{span.line}:{span.column}:{span.end_line}:{span.end_column}", None)
        return updated_node if found is None else _with_parameters(updated_node, *found)

    def _text(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        finding = self.target(original)
        if finding is None:
            return updated
        parts = _literals(updated)
        items = _items(updated, parts)
        rewritten, bound = _placed(items, finding)
        self._bound[finding.facts["call"]] = finding, bound
        return _written(updated, parts, rewritten)


def _literals(node: cst.BaseExpression) -> list[cst.SimpleString | cst.FormattedString]:
    """Return the literals of a text in their order."""
    match node:
        case cst.SimpleString() | cst.FormattedString():
            return [node]
        case cst.ConcatenatedString():
            return [*_literals(node.left), *_literals(node.right)]
        case cst.BinaryOperation(operator=cst.Modulo()):
            return _literals(node.left)
        case cst.BinaryOperation(operator=cst.Add()):
            return [*_literals(node.left), *_literals(node.right)]
        case cst.Call(func=cst.Attribute(value=value)):
            return _literals(value)
    return []


def _items(node: cst.BaseExpression, parts: list[cst.SimpleString | cst.FormattedString]) -> list[_Item]:
    if not parts or any("b" in part.prefix or "\\'" in source_of(part) for part in parts):
        raise Refusal("The statement is not written as plain text.")
    match node:
        case cst.BinaryOperation(operator=cst.Modulo()):
            return [
                replace(item, raw="\0" if item.code else item.raw)
                for item in _percent_items(parts, node.right)
            ]
        case cst.Call():
            return [replace(item, raw="\0" if item.code else item.raw) for item in _brace_items(parts, node)]
        case cst.BinaryOperation(operator=cst.Add()):
            return _sum_items(node)
    return [item for number, part in enumerate(parts) for item in _part_items(number, part)]


def _part_items(number: int, part: cst.SimpleString | cst.FormattedString) -> list[_Item]:
    if isinstance(part, cst.SimpleString):
        return [_Item(number, part.raw_value)]
    found = []
    for piece in part.parts:
        if isinstance(piece, cst.FormattedStringText):
            found.append(_Item(number, piece.value.replace("{{", "{").replace("}}", "}")))
        elif isinstance(piece, cst.FormattedStringExpression):
            code = source_of(piece.expression)
            suffix = "" if piece.format_spec is None and piece.conversion is None else "\0"
            found.append(_Item(number, _braced(piece), code + suffix))
    return found


def _braced(piece: cst.FormattedStringExpression) -> str:
    return cst.Module([]).code_for_node(piece)


def _percent_items(
    parts: list[cst.SimpleString | cst.FormattedString], right: cst.BaseExpression
) -> list[_Item]:
    elements = right.elements if isinstance(right, cst.Tuple) else [cst.Element(right)]
    values = [source_of(element.value) for element in elements]
    named = {
        entry.key.evaluated_value: source_of(entry.value)
        for entry in (right.elements if isinstance(right, cst.Dict) else ())
        if isinstance(entry, cst.DictElement) and isinstance(entry.key, cst.SimpleString)
    }
    found = []
    for number, part in enumerate(parts):
        if not isinstance(part, cst.SimpleString):
            raise Refusal("The statement mixes two ways of formatting.")
        start = 0
        for mark in _PERCENT.finditer(part.raw_value):
            found.append(_Item(number, part.raw_value[start : mark.start()]))
            start = mark.end()
            if mark[2] == "%":
                found.append(_Item(number, "%"))
            else:
                found.append(_Item(number, mark[0], named[mark[1]] if mark[1] else values.pop(0)))
        found.append(_Item(number, part.raw_value[start:]))
    return found


def _brace_items(parts: list[cst.SimpleString | cst.FormattedString], call: cst.Call) -> list[_Item]:
    values = [source_of(arg.value) for arg in call.args if arg.keyword is None]
    named = {arg.keyword.value: source_of(arg.value) for arg in call.args if arg.keyword is not None}
    found = []
    following = 0
    for number, part in enumerate(parts):
        if not isinstance(part, cst.SimpleString):
            raise Refusal("The statement mixes two ways of formatting.")
        start = 0
        for mark in _BRACES.finditer(part.raw_value):
            found.append(_Item(number, part.raw_value[start : mark.start()]))
            start = mark.end()
            if mark[0] in ("{{", "}}"):
                found.append(_Item(number, mark[0][0]))
                continue
            field = mark[1] or str(following)
            following += not mark[1]
            code = values[int(field)] if field.isdigit() else named[field]
            found.append(_Item(number, mark[0], code))
        found.append(_Item(number, part.raw_value[start:]))
    return found


def _sum_items(node: cst.BaseExpression) -> list[_Item]:
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add) and not node.lpar:
        return [*_sum_items(node.left), *_sum_items(node.right)]
    if isinstance(node, cst.SimpleString):
        return [_Item(0, node.raw_value)]
    if isinstance(node, cst.FormattedString | cst.ConcatenatedString):
        raise Refusal("The statement mixes two ways of formatting.")
    return [_Item(0, source_of(node), source_of(node))]


def _placed(items: list[_Item], finding: Finding) -> tuple[list[_Item], list[_Bound]]:
    """Replace the values to be bound by placeholders, without the quotes around them."""
    style, wanted = finding.facts["style"], {int(number) for number in finding.facts["bind"].split(",")}
    items = _merged(items)
    result = list(items)
    bound: list[_Bound] = []
    number = -1
    for at, item in enumerate(items):
        if not item.code:
            continue
        number += 1
        if number not in wanted:
            result[at] = _kept(item)
            continue
        if item.code.endswith("\0"):
            raise Refusal("The value is formatted first: bind it by hand.")
        code = _unquoted(result, at, item.code)
        name = _parameter(item.code, [known.name for known in bound])
        if style == "named" and result[at + 1 : at + 2] and result[at + 1].raw.startswith(":"):
            raise Refusal("A cast follows the value: write it as CAST(… AS …) first.")
        bound.append(_Bound(name, code))
        mark = {"qmark": "?", "format": "%s", "named": f":{name}", "dollar": f"${len(bound)}"}[style]
        result[at] = _Item(item.part, mark, "mark")
    if style == "format":
        result = [item if item.code else replace(item, raw=item.raw.replace("%", "%%")) for item in result]
    return result, bound


def _merged(items: list[_Item]) -> list[_Item]:
    """Return the items with neighbouring stretches of text in the same literal made one."""
    found: list[_Item] = []
    for item in items:
        if found and not item.code and not found[-1].code and found[-1].part == item.part:
            found[-1] = replace(found[-1], raw=found[-1].raw + item.raw)
        else:
            found.append(item)
    return found


def _kept(item: _Item) -> _Item:
    """Return an interpolation of an f-string that stays, such as the name of a table."""
    if not item.raw.startswith("{"):  # only f-strings keep the braces of a value
        raise Refusal("The statement also holds a name that cannot be bound: build it in two steps.")
    return replace(item, code="kept")


def _unquoted(result: list[_Item], at: int, code: str) -> str:
    """Take the quotes around a value out of the text; return the value with what stood inside them."""
    before = "".join(item.raw for item in result[:at] if not item.code)
    if before.count("'") % 2 == 0:
        return code
    if not (0 < at < len(result) - 1) or result[at - 1].code or result[at + 1].code:
        raise Refusal("Two values share one quoted text: bind them by hand.")
    head, quote, prefix = result[at - 1].raw.rpartition("'")
    suffix, closing, tail = result[at + 1].raw.partition("'")
    if not quote or not closing or "\\" in prefix + suffix or '"' in prefix + suffix:
        raise Refusal("The quotes around the value could not be told apart.")
    result[at - 1] = replace(result[at - 1], raw=head)
    result[at + 1] = replace(result[at + 1], raw=tail)
    if not prefix and not suffix:
        return code
    if '"' in code or "\\" in code or "{" in prefix + suffix:
        raise Refusal("The value is part of a longer quoted text: bind it by hand.")
    return f'f"{prefix}{{{code}}}{suffix}"'


def _parameter(code: str, taken: list[str]) -> str:
    """Return a name for a bound value: the last word of its code, numbered where that is taken."""
    words = [
        word for word in re.findall(r"[A-Za-z_]\w*", code) if word not in ("str", "get", "strip", "lower")
    ]
    base = words[-1] if words else "value"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _written(
    node: cst.BaseExpression, parts: list[cst.SimpleString | cst.FormattedString], items: list[_Item]
) -> cst.BaseExpression:
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        first = parts[0]
        styles = {(part.prefix, part.quote) for part in parts if isinstance(part, cst.SimpleString)}
        text = "".join(item.raw for item in items)
        if len(styles) != 1 or not isinstance(first, cst.SimpleString) or len(text) > 110:
            raise Refusal("The statement is too long to be joined to one text.")
        return first.with_changes(
            value=f"{first.prefix}{first.quote}{text}{first.quote}", lpar=node.lpar, rpar=node.rpar
        )
    new = [_literal(part, [item for item in items if item.part == at]) for at, part in enumerate(parts)]
    return _replaced(node, new)


def _literal(part: cst.SimpleString | cst.FormattedString, items: list[_Item]) -> cst.BaseString:
    quote = part.quote if isinstance(part, cst.SimpleString) else part.end
    if any(item.code == "kept" for item in items):
        raw = "".join(
            item.raw if item.code == "kept" else item.raw.replace("{", "{{").replace("}", "}}")
            for item in items
        )
        return cst.ensure_type(
            expression(f"{part.prefix}{quote}{raw}{quote}"), cst.FormattedString
        ).with_changes(lpar=part.lpar, rpar=part.rpar)
    prefix = part.prefix.replace("f", "").replace("F", "")
    raw = "".join(item.raw for item in items)
    return cst.SimpleString(f"{prefix}{quote}{raw}{quote}", lpar=part.lpar, rpar=part.rpar)


def _replaced(node: cst.BaseExpression, new: list[cst.BaseString]) -> cst.BaseExpression:
    """Put new literals in place of the old, in their order; formatting operators go away."""
    match node:
        case cst.SimpleString() | cst.FormattedString():
            return new.pop(0)
        case cst.ConcatenatedString():
            left = _replaced(node.left, new)
            return node.with_changes(left=left, right=_replaced(node.right, new))
        case cst.BinaryOperation():
            inner = _replaced(node.left, new)
            return inner.with_changes(lpar=node.lpar or inner.lpar, rpar=node.rpar or inner.rpar)
        case cst.Call(func=cst.Attribute(value=value)):
            return _replaced(value, new)
    raise Refusal("The statement is not written as plain text.")


def _with_parameters(call: cst.Call, finding: Finding, bound: list[_Bound]) -> cst.BaseExpression:
    style = finding.facts["style"]
    if style == "dollar":
        for value in bound:
            call = _with_one_more(call, expression(value.code))
        return call
    if style == "named":
        if isinstance(call.func, cst.Name | cst.Attribute) and _last(call.func) == "text":
            arguments = ", ".join(f"{value.name}={value.code}" for value in bound)
            return expression(f"{source_of(call)}.bindparams({arguments})")
        entries = ", ".join(f'"{value.name}": {value.code}' for value in bound)
        return _with_one_more(call, expression(f"{{{entries}}}"))
    codes = ", ".join(value.code for value in bound)
    if finding.facts["container"] == "list":
        return _with_one_more(call, expression(f"[{codes}]"))
    return _with_one_more(call, expression(f"({codes},)" if len(bound) == 1 else f"({codes})"))


def _last(func: cst.Name | cst.Attribute) -> str:
    return func.value if isinstance(func, cst.Name) else func.attr.value


def _with_one_more(call: cst.Call, value: cst.BaseExpression) -> cst.Call:
    """Return the call with one more positional argument, in the layout that the call has."""
    named = with_keyword(call, "p", value)
    added = named.args[-1].with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)
    return named.with_changes(args=[*named.args[:-1], added])
