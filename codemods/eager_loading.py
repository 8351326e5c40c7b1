"""Let a query bring along what is read of its rows, instead of asking for it row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from harden.codemods.arguments import with_keyword, with_positional
from harden.codemods.chains import chained, extended, without_comments
from harden.codemods.class_settings import with_settings
from harden.codemods.codemod import PythonCodemod, expression
from harden.codemods.handing_on import span_of
from harden.codemods.line_limits import line_limit
from harden.codemods.quotes import favourite_quote
from harden.errors import Refusal
from harden.findings import Finding, Span

_Steps = list[tuple[str, str]]


class LoadAlong(PythonCodemod):
    """Put loaders into the query of each finding: beside those that it has, else where it begins."""

    def prepare(self) -> None:
        """Note where loaders go; one that cannot be imported leaves its query alone."""
        self._before: dict[Span, _Steps] = {}
        self._after: dict[Span, _Steps] = {}
        self._into: dict[Span, list[str]] = {}
        self._options: dict[Span, list[str]] = {}
        self._instead: dict[Span, tuple[str, _Steps]] = {}
        self._classes: dict[Span, str] = {}
        for finding in self._targets:
            self._current = finding
            try:
                self._plan(finding)
            except Refusal as refusal:
                self.refuse(finding, str(refusal))
        self._current = None

    def _plan(self, finding: Finding) -> None:
        facts = finding.facts
        place, steps = span_of(facts["place"]), self._steps(facts)
        if facts["form"] == "get":
            self._options[place] = steps[0][1]
        elif facts["form"] == "argument":
            self._instead[place] = facts["manager"], _joined(steps)
        elif facts["form"] == "class":
            chain = "".join(f".{name}({given})" for name, given in _joined(steps))
            self._classes[finding.span] = f"queryset = {facts['model']}.{facts['manager']}{chain}"
        else:
            for name, given in steps:
                if name in facts:
                    self._into.setdefault(span_of(facts[name]), []).extend(given)
            new = _joined([step for step in steps if step[0] not in facts])
            (self._before if facts["goes_on"] else self._after)[place] = new

    def _steps(self, facts: Mapping[str, str]) -> list[tuple[str, list[str]]]:
        """Return the calls that are missing, with their arguments."""
        lines = [line.split("\t") for line in facts["loads"].splitlines()]
        if facts["orm"] == "django":
            quote = favourite_quote(self.module)
            return [(name, [f"{quote}{path}{quote}" for path in paths]) for name, *paths in lines]
        return [("options", [self._chain(hops, facts["model"]) for hops in lines])]

    def _chain(self, hops: Sequence[str], own: str) -> str:
        """Return `selectinload(Post.comments).joinedload(Comment.author)`."""
        written = ""
        for hop in hops:
            loader, home, name, attribute = hop.split(" ")
            model = own if hop is hops[0] else name
            if hop is not hops[0] and home != self.module.name:
                model = self.import_name(home, name)
            loader = f"{written}.{loader}" if written else self.import_name("sqlalchemy.orm", loader)
            written = f"{loader}({model}.{attribute})"
        return written

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Edit the planned places, whatever kind of expression they are."""
        left = super().on_leave(original_node, updated_node)
        if isinstance(left, cst.BaseExpression):
            return self._edited(original_node, left)  # type: ignore[return-value]
        return left

    def _edited(self, original: cst.CSTNode, left: cst.BaseExpression) -> cst.BaseExpression:
        span = self.span(original)
        if isinstance(left, cst.Call):
            for argument in self._into.get(span, ()):
                left = with_positional(left, expression(argument))
            if span in self._options:
                return with_keyword(left, "options", expression(f"[{', '.join(self._options[span])}]"))
        if isinstance(left, cst.Attribute) and isinstance(original, cst.Attribute):
            steps = self._before.get(self.span(original.value))
            if steps:  # the step that follows shows how the chain is laid out
                left = _put_between(left, steps, self._room(original))
        if span in self._after:
            return extended(left, self._after[span])
        if span in self._instead and isinstance(left, cst.Name | cst.Attribute):
            name, steps = self._instead[span]
            manager = cst.Attribute(left.with_changes(lpar=[], rpar=[]), cst.Name(name))
            return chained(manager, steps, cst.Dot())
        return left

    def _room(self, original: cst.Attribute) -> int:
        """Return the columns that a step has that stands on the line of another one."""
        line = self.module.lines[self.span(original).end_line - 1]
        return line_limit(self.module) - (len(line) - len(line.lstrip()))

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        """Give a view that only names its model a queryset."""
        finding = self.target(original_node)
        if finding is None or finding.span not in self._classes:
            return updated_node
        return with_settings(updated_node, [self._classes[finding.span]])


def _put_between(step: cst.Attribute, steps: _Steps, room: int) -> cst.Attribute:
    """Return a step of a chain with others in front of it; a comment stays behind what it stood behind."""
    space = step.dot.whitespace_before
    if isinstance(space, cst.ParenthesizedWhitespace):
        indent = space.last_line.value
        steps = [(name, _broken(given, indent, room - len(name) - 3)) for name, given in steps]
    first = cst.ensure_type(chained(step.value, steps[:1], step.dot), cst.Call)
    func = cst.ensure_type(first.func, cst.Attribute).with_changes(dot=step.dot)
    value = chained(first.with_changes(func=func), steps[1:], step.dot)
    return step.with_changes(value=value, dot=without_comments(step.dot))


def _broken(given: str, indent: str, room: int) -> str:
    """Return arguments on lines of their own where one line is too short for them."""
    if len(given) <= room:
        return given
    lines = [f"\n{indent}    {argument}," for argument in given.split(", ")]
    return f"{''.join(lines)}\n{indent}"


def _joined(steps: Sequence[tuple[str, list[str]]]) -> _Steps:
    return [(name, ", ".join(given)) for name, given in steps]
