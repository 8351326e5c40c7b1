"""Add parameters to a function in the layout that its signature has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from harden.codemods.codemod import expression


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter to add: its name, annotation (may be empty) and default, as code."""

    name: str
    annotation: str
    default: str

    def node(self) -> cst.Param:
        """Return the parameter as a node."""
        if not self.annotation:
            none = cst.SimpleWhitespace("")
            return cst.Param(
                cst.Name(self.name), default=expression(self.default), equal=cst.AssignEqual(none, none)
            )
        return cst.Param(
            cst.Name(self.name),
            annotation=cst.Annotation(expression(self.annotation)),
            default=expression(self.default),
        )


def has_annotations(function: cst.FunctionDef) -> bool:
    """Tell whether a function says the types of its parameters or result."""
    params = function.params
    every = (*params.posonly_params, *params.params, *params.kwonly_params)
    bare = all(param.annotation is None for param in every)
    only_self = [param.name.value for param in every] in ([], ["self"], ["cls"])
    return function.returns is not None or not bare or only_self


def with_parameters(function: cst.FunctionDef, wanted: Sequence[Parameter], width: int) -> cst.FunctionDef:
    """Return a function with the parameters that it lacks, on lines of their own beyond `width` columns."""
    params = function.params
    known = {param.name.value for param in (*params.posonly_params, *params.params, *params.kwonly_params)}
    new = [parameter.node() for parameter in wanted if parameter.name not in known]
    if not new:
        return function
    if _is_on_one_line(function) and _width(function, wanted) > width:
        return _exploded(function, new)
    return function.with_changes(params=params.with_changes(params=_appended(function, new)))


def _appended(function: cst.FunctionDef, new: list[cst.Param]) -> list[cst.Param]:
    params = function.params
    followed = bool(
        params.kwonly_params or params.star_kwarg or isinstance(params.star_arg, cst.Param | cst.ParamStar)
    )
    space = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if not params.params:
        return [*(param.with_changes(comma=space) for param in new[:-1]), new[-1]]
    *rest, last = params.params
    gap: cst.BaseParenthesizableWhitespace = cst.SimpleWhitespace(" ")
    if rest and isinstance(rest[-1].comma, cst.Comma):
        gap = _bare(rest[-1].comma.whitespace_after)
    elif isinstance(function.whitespace_before_params, cst.ParenthesizedWhitespace):
        gap = _bare(function.whitespace_before_params)
    comma = cst.Comma(whitespace_after=gap)
    middle = [param.with_changes(comma=comma) for param in new[:-1]]
    if isinstance(last.comma, cst.Comma):
        end = last.comma.whitespace_after
        between = comma
        if isinstance(end, cst.ParenthesizedWhitespace) and isinstance(gap, cst.ParenthesizedWhitespace):
            between = cst.Comma(whitespace_after=gap.with_changes(first_line=end.first_line))
            end = _bare(end)
        final = new[-1].with_changes(comma=cst.Comma(whitespace_after=end))
        return [*rest, last.with_changes(comma=between), *middle, final]
    final = new[-1] if followed else new[-1].with_changes(whitespace_after_param=last.whitespace_after_param)
    first = last.with_changes(comma=comma, whitespace_after_param=cst.SimpleWhitespace(""))
    return [*rest, first, *middle, final]


def _exploded(function: cst.FunctionDef, new: list[cst.Param]) -> cst.FunctionDef:
    """Put every parameter on a line of its own."""
    params = function.params
    body = function.body
    indent = body.indent if isinstance(body, cst.IndentedBlock) and body.indent else "    "
    inside = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
    comma = cst.Comma(whitespace_after=inside)
    end = cst.Comma(whitespace_after=cst.ParenthesizedWhitespace(indent=True))
    every = [param.with_changes(comma=comma) for param in (*params.params, *new)]
    keywords = [param.with_changes(comma=comma) for param in params.kwonly_params]
    changes: dict[str, object] = {"params": every, "kwonly_params": keywords}
    if keywords:
        keywords[-1] = keywords[-1].with_changes(comma=end)
        if isinstance(params.star_arg, cst.ParamStar):
            changes["star_arg"] = cst.ParamStar(comma=comma)
    else:
        every[-1] = every[-1].with_changes(comma=end)
    return function.with_changes(params=params.with_changes(**changes), whitespace_before_params=inside)


def _is_on_one_line(function: cst.FunctionDef) -> bool:
    params = function.params
    plain = (
        not params.posonly_params and params.star_kwarg is None and not isinstance(params.star_arg, cst.Param)
    )
    return plain and "\n" not in _header(function)


def _header(function: cst.FunctionDef) -> str:
    bare = function.with_changes(
        decorators=[],
        leading_lines=[],
        lines_after_decorators=[],
        body=cst.SimpleStatementSuite([cst.Pass()]),
    )
    return cst.Module([]).code_for_node(bare).rstrip()


def _width(function: cst.FunctionDef, wanted: Sequence[Parameter]) -> int:
    added = sum(len(p.name) + len(p.annotation) + len(p.default) + 7 for p in wanted)
    return len(_header(function)) + added


def _bare(space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    if isinstance(space, cst.ParenthesizedWhitespace):
        return space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
    return space
