"""Close what is opened on every way out, by a `with` block."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from harden.codemods.codemod import PythonCodemod, expression
from harden.errors import Refusal
from harden.findings import Finding
from harden.module import Module
from harden.tree import FunctionNode

_SHARED_LINE = "Several statements share the line: put this one on a line of its own first."


@dataclass(frozen=True, slots=True)
class _Opening:
    """A target among the statements of a block; `end` and `close` are positions in it.

    `kept` is what is left of its statement where that goes on in the block.
    """

    item: cst.WithItem
    end: int
    close: int
    kept: cst.SimpleStatementLine | None = None


class CloseAlways(PythonCodemod):
    """Open in a `with` block what a function opens and leaves open."""

    def prepare(self) -> None:
        """Begin with no `with` items asked for."""
        self._asked_for: list[list[cst.WithItem]] = []

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        """Collect the `with` items of this statement."""
        self._asked_for.append([])

    def visit_For(self, node: cst.For) -> None:
        """Collect the `with` items of the head of this loop."""
        self._asked_for.append([])

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Put a name in the place of what is opened in passing, or read it by its path."""
        finding = self.target(original_node)
        if finding is not None and finding.facts["form"] == "inline":
            if not self._asked_for:
                raise Refusal(_SHARED_LINE)
            name = self._free_name(finding)
            self._asked_for[-1].append(cst.WithItem(updated_node, cst.AsName(cst.Name(name))))
            return cst.Name(name)
        if finding is not None and finding.facts["form"] == "entered":
            closing = expression(self.import_member("contextlib", "closing"))
            return cst.Call(closing, [cst.Arg(updated_node)])
        func = original_node.func
        if isinstance(func, cst.Attribute) and isinstance(func.value, cst.Call):
            finding = self.target(func.value)
            if finding is not None and finding.facts["form"] in ("path", "path_open"):
                return self._read_by_path(func.value, finding)
        return updated_node

    def _read_by_path(self, opened: cst.Call, finding: Finding) -> cst.BaseExpression:
        args = list(opened.args)
        if finding.facts["form"] == "path_open":
            owner: cst.BaseExpression = cst.ensure_type(opened.func, cst.Attribute).value
        else:
            first = args.pop(0)
            file = first.value
            if not self._is_path(opened):
                name = expression(self.import_name("pathlib", "Path"))
                if args:
                    first = first.with_changes(comma=cst.MaybeSentinel.DEFAULT)
                owner = opened.with_changes(func=name, args=[first])
            else:
                owner = file
                if isinstance(file, cst.BinaryOperation) and not file.lpar:
                    owner = file.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        binary = False
        kept = []
        for arg in args:
            if arg.keyword is None or arg.keyword.value == "mode":
                binary = "b" in cst.Module([]).code_for_node(arg.value)
            else:
                kept.append(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT))
        method = "read_bytes" if binary else "read_text"
        return cst.Call(cst.Attribute(owner, cst.Name(method)), kept)

    def _is_path(self, opened: cst.Call) -> bool:
        span = self.span(opened)
        for call in self.module.nodes(ast.Call):
            if self.module.span(call) == span and call.args:
                return (self.module.resolve(call.args[0]) or "").startswith("pathlib.Path")
        return False

    def _free_name(self, finding: Finding) -> str:
        wanted = finding.facts["name"]
        taken = _names_around(self.module, finding.line) | {
            cst.ensure_type(cst.ensure_type(item.asname, cst.AsName).name, cst.Name).value
            for items in self._asked_for
            for item in items
        }
        for name in (wanted, f"opened_{wanted}", f"{wanted}_object", f"another_{wanted}"):
            if name not in taken:
                return name
        raise Refusal(f"The names {wanted} and opened_{wanted} are in use here.")

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement:
        """Wrap a statement that uses something opened in passing."""
        items = self._asked_for.pop()
        if not items:
            return updated_node
        if len(original_node.body) > 1:
            for small in original_node.body:
                self._touch(small)
            raise Refusal(_SHARED_LINE)
        return with_block(items, [updated_node.with_changes(leading_lines=[])], updated_node.leading_lines)

    def _touch(self, node: cst.CSTNode) -> None:
        """Make the first target below `node` the current one, for a refusal to name."""
        for child in node.children:
            if isinstance(child, cst.BaseExpression) and self.target(child) is not None:
                return
            self._touch(child)

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.BaseStatement:
        """Wrap a loop over something opened in its head."""
        items = self._asked_for.pop()
        if not items:
            return updated_node
        return with_block(items, [updated_node.with_changes(leading_lines=[])], updated_node.leading_lines)

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        """Enter a connection once more, for its transaction, where its end has closed it."""
        items: list[cst.WithItem] = []
        for original, updated in zip(original_node.items, updated_node.items, strict=True):
            items.append(updated)
            finding = self.target(original.item) if isinstance(original.item, cst.Call) else None
            is_mine = finding is not None and finding.facts["form"] == "entered"
            if finding is not None and is_mine and finding.fingerprint not in self.refused:
                comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
                items[-1] = updated.with_changes(comma=comma)
                items.append(cst.WithItem(cst.Name(finding.facts["name"]), comma=updated.comma))
        return updated_node.with_changes(items=items)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        """Make `with` blocks of the openings in a block, nested where they overlap."""
        openings: dict[int, _Opening] = {}
        for at, statement in enumerate(original_node.body):
            finding = self._opening(statement)
            if finding is None:
                continue
            simple = cst.ensure_type(statement, cst.SimpleStatementLine)
            if len(simple.body) > 1:
                self.refuse(finding, _SHARED_LINE)
            else:
                updated = cst.ensure_type(updated_node.body[at], cst.SimpleStatementLine)
                through, close = int(finding.facts["through"]), int(finding.facts["close"])
                assign, end = cst.ensure_type(updated.body[0], cst.Assign), at + through
                if finding.facts["form"] == "reader":
                    item, kept = self._reader(updated, assign, finding)
                    openings[at] = _Opening(item, end, -1, kept)
                else:
                    openings[at] = _Opening(self._item(assign, finding), end, at + close if close else -1)
        if not openings:
            return updated_node
        return updated_node.with_changes(body=_nested(updated_node.body, openings))

    def _opening(self, statement: cst.BaseStatement) -> Finding | None:
        if not isinstance(statement, cst.SimpleStatementLine):
            return None
        for small in statement.body:
            if isinstance(small, cst.Assign) and isinstance(small.value, cst.Call):
                finding = self.target(small.value)
                if finding is not None and finding.facts["form"] == "block":
                    return finding
                if small.value.args and (finding := self.target(small.value.args[0].value)) is not None:
                    return finding if finding.facts["form"] == "reader" else None
        return None

    def _reader(
        self, line: cst.SimpleStatementLine, assign: cst.Assign, finding: Finding
    ) -> tuple[cst.WithItem, cst.SimpleStatementLine]:
        """Return the file that a reader is given as a `with` item, and the reader over its name."""
        made, name = cst.ensure_type(assign.value, cst.Call), self._free_name(finding)
        file, *others = made.args
        call = made.with_changes(args=[file.with_changes(value=cst.Name(name)), *others])
        kept = line.with_changes(body=[assign.with_changes(value=call)], leading_lines=[])
        return cst.WithItem(file.value, cst.AsName(cst.Name(name))), kept

    def _item(self, assign: cst.Assign, finding: Finding) -> cst.WithItem:
        opened = assign.value
        if finding.facts["closing"]:
            opened = cst.Call(expression(self.import_member("contextlib", "closing")), [cst.Arg(opened)])
        return cst.WithItem(opened, cst.AsName(cst.ensure_type(assign.targets[0].target, cst.Name)))


def _names_around(module: Module, line: int) -> set[str]:
    """Return every name that the innermost function at a line uses, or the whole file outside functions."""
    functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    around = [node for node in functions if node.lineno <= line <= (node.end_lineno or 0)]
    tree = max(around, key=lambda node: node.lineno, default=module.tree)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def _nested(body: Sequence[cst.BaseStatement], openings: dict[int, _Opening]) -> list[cst.BaseStatement]:
    """Return the statements with each opening as a `with` around what uses it, and without the closes."""
    closes = {opening.close for opening in openings.values()}

    def built(first: int, last: int) -> list[cst.BaseStatement]:
        result: list[cst.BaseStatement] = []
        at = first
        while at <= last:
            statement = body[at]
            if at in openings:
                end = _end(at, openings)
                line = cst.ensure_type(statement, cst.SimpleStatementLine)
                inner, kept = built(at + 1, end), openings[at].kept
                if kept is not None:
                    result.append(with_block([openings[at].item], [kept, *inner], line.leading_lines))
                else:
                    header = line.trailing_whitespace
                    result.append(with_block([openings[at].item], inner, line.leading_lines, header))
                at = end
            elif at not in closes:
                result.append(statement)
            elif comments := [line for line in getattr(statement, "leading_lines", ()) if line.comment]:
                raise Refusal(f"The comment {comments[0].comment.value!r} belongs to the close() that goes.")
            at += 1
        return result

    return built(0, len(body) - 1)


def _end(at: int, openings: dict[int, _Opening]) -> int:
    """Return the last statement of an opening's block, which holds every opening inside it whole."""
    end = openings[at].end
    for inner in sorted(openings):
        if at < inner <= end:
            end = max(end, openings[inner].end)
    return end


def with_block(
    items: Sequence[cst.WithItem],
    body: Sequence[cst.BaseStatement],
    leading_lines: Sequence[cst.EmptyLine],
    header: cst.TrailingWhitespace | None = None,
) -> cst.With:
    """Return statements within a `with`; blank lines before the first of them go."""
    if not body:
        body = [cst.SimpleStatementLine([cst.Pass()])]
    lines: Sequence[cst.EmptyLine] = getattr(body[0], "leading_lines", ())
    while lines and lines[0].comment is None:
        lines = lines[1:]
    first = body[0].with_changes(leading_lines=lines)
    block = cst.IndentedBlock([first, *body[1:]], header=header or cst.TrailingWhitespace())
    return cst.With(items, block, leading_lines=leading_lines)
