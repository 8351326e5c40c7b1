"""What every codemod is: options, and an edit of exactly the findings it is given."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from pydantic import BaseModel, ConfigDict, model_validator

from harden.codemods.import_lines import LineEdit
from harden.codemods.imports import Imports
from harden.codemods.line_limits import line_limit
from harden.codemods.outline import Outline, outline
from harden.codemods.unused import taken_over, without_unused_imports
from harden.codemods.wrapping import wrapped
from harden.errors import Refusal
from harden.findings import Finding, Span
from harden.module import Module, TextFile
from harden.project import Project


class Options(BaseModel):
    """Base of a codemod's options; the app's form, `--set` and the settings file are made from its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_means_default(cls, values: object) -> object:
        """Read an empty entry of a form or of `--set` as the default, except where text may be empty."""
        if not isinstance(values, dict):
            return values
        text = {name for name, field in cls.model_fields.items() if field.annotation is str}
        return {name: value for name, value in values.items() if value != "" or name in text}


_STATEMENTS = (cst.BaseStatement, cst.BaseSmallStatement, cst.ExceptHandler, cst.ExceptStarHandler)


@dataclass(slots=True)
class Edited:
    """The new content of the file, of other files by path, and why findings were left alone."""

    data: bytes
    others: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Codemod:
    """An edit of one file. `options` is an instance of the class's own `Options`."""

    Options: ClassVar[type[BaseModel]] = Options

    def __init__(self, project: Project, options: BaseModel) -> None:
        self.project = project
        self.options = options
        self.others: dict[str, bytes] = {}

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Mend `findings`, whose positions are exact for the current text of `path`.

        Raises Refusal with a reason for a person when nothing can be done.
        """
        raise NotImplementedError

    def other_file(self, path: str, data: bytes) -> None:
        """Give another file a new content in the same patch."""
        self.others[path] = data

    def read_other(self, path: str) -> bytes | None:
        """Return another file as this patch leaves it so far, None where there is none."""
        if path in self.others:
            return self.others[path]
        return self.project.read(path) if self.project.exists(path) else None


class TextCodemod(Codemod):
    """An edit of a file that is not Python, on its text."""

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Mend `findings` by `edit_text`, keeping BOM and encoding."""
        file = self.project.text_file(path)
        return Edited(file.source.encode(self.edit_text(file, findings)))

    def edit_text(self, file: TextFile, findings: Sequence[Finding]) -> str:
        """Return the new text. Raises Refusal."""
        raise NotImplementedError


class PythonCodemod(Codemod, cst.CSTTransformer):
    """A libcst transformer that sees only the top-level statements with a target in them.

    Each such statement is parsed as a module of its own, so the rest of the file cannot change; of a class
    whose targets lie in its methods, the other methods are not seen.
    Write `visit_*`/`leave_*` methods; ask `target(node)` whether a node is to be edited; raise
    Refusal to leave a target alone; ask `import_name` for names from other modules, `top_level` for
    a new statement after the imports, `other_file` for edits elsewhere.
    """

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, project: Project, options: BaseModel) -> None:
        Codemod.__init__(self, project, options)
        cst.CSTTransformer.__init__(self)
        self.module: Module
        self.refused: dict[str, str] = {}
        self.notes: list[str] = []
        self._outline: Outline
        self._first_column = 0
        self._targets: Sequence[Finding] = ()
        self._starting: dict[tuple[int, int], list[Finding]] = {}
        self._current: Finding | None = None
        self._imports: Imports
        self._left_behind: set[str] = set()
        self._insertions: list[LineEdit] = []

    def edit(self, path: str, findings: Sequence[Finding]) -> Edited:
        """Transform each top-level statement that contains a target, then add imports."""
        self.module = self.project.module(path)
        self._targets = findings
        for finding in findings:
            self._starting.setdefault((finding.span.line, finding.span.column), []).append(finding)
        self._imports = Imports(self.module)
        self.prepare()
        edits = list(self._insertions)
        for first, last in _chunks(self.module, findings):
            before = "".join(self.module.lines[first - 1 : last])
            after = self._transformed(first, last)
            if after != before:
                after = wrapped(after, before, line_limit(self.module))
                edits.append(LineEdit(first, last, after))
        edits += self._imports.edits()
        text = "".join(_with_edits(self.module.lines, edits))
        if self._left_behind and edits:
            text = without_unused_imports(text, self.module.text, self._left_behind, taken_over(self.module))
        try:
            data = self.module.source.encode(text)
        except UnicodeEncodeError:
            raise Refusal(
                f"{path} is {self.module.source.encoding}, which lacks a character of the edit."
            ) from None
        return Edited(data, self.others, self.refused, self.notes)

    def _transformed(self, first: int, last: int) -> str:
        """Run the transformer over whole top-level statements, without the methods that hold no target."""
        kept = {finding.span.line for finding in self._targets}
        self._outline = outline(self.module.lines, self.module.tree, (first, last), kept)
        code = self._outline.text.lstrip("\f")  # libcst drops form feeds before a statement
        self._first_column = len(self._outline.text) - len(code)
        tree = cst.parse_module(code)
        if tree.code != code:
            raise Refusal(
                f"libcst cannot write line {first} as it stands, so that an edit would change more."
            )
        after = MetadataWrapper(tree, unsafe_skip_copy=True).visit(self).code
        return "\f" * self._first_column + self._outline.filled(after)

    def prepare(self) -> None:
        """Look at `self.module` before the first statement is visited; override where needed."""

    def span(self, node: cst.CSTNode) -> Span:
        """Return where an original node stands in the file, as `Finding.span` counts."""
        code = self.get_metadata(PositionProvider, node)
        start, end = code.start, code.end
        if isinstance(node, cst.Tuple | cst.GeneratorExp) and node.lpar:  # ast counts these parentheses in
            start = self.get_metadata(PositionProvider, node.lpar[-1]).start
            end = self.get_metadata(PositionProvider, node.rpar[0]).end
        return Span(
            self._outline.line(start.line),
            start.column + (self._first_column if start.line == 1 else 0),
            self._outline.line(end.line),
            end.column + (self._first_column if end.line == 1 else 0),
        )

    def target(self, node: cst.CSTNode) -> Finding | None:
        """Return the finding that an original node is the target of, or None.

        Expressions match by their whole span, statements and clauses by their start.
        """
        span = self.span(node)
        whole = not isinstance(node, _STATEMENTS)
        for finding in self._starting.get((span.line, span.column), ()):
            if not whole or finding.span == span:
                self._current = finding
                return finding
        return None

    def refuse(self, finding: Finding, reason: str) -> None:
        """Leave one finding alone and say why."""
        self.refused[finding.fingerprint] = reason

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Run the `leave_*` method; a Refusal in it leaves this node as it was.

        A Refusal raised before `target` was asked concerns the whole file and goes up.
        """
        mark, others, notes = self._imports.mark(), dict(self.others), list(self.notes)
        self._current = None
        try:
            return super().on_leave(original_node, updated_node)
        except Refusal as refusal:
            if not (asked := self._asked()):
                raise
            self._imports.reset(mark)
            self.others, self.notes = others, notes
            self.refused[asked.fingerprint] = str(refusal)
            return updated_node

    def _asked(self) -> Finding | None:
        """Return the target that the current `leave_*` method found."""
        return self._current

    def import_name(self, module: str, name: str = "", *, top: bool = False) -> str:
        """Return what to write for `module` or `module.name` at the current target, importing it if need be.

        `top`: it is written at the file's top level instead, where imports inside functions do not count.
        Raises Refusal when the name is taken by something else in this file or around the target.
        """
        at = self._current.span if self._current and not top else None
        return self._imports.name(module, name, at)

    def import_member(self, module: str, name: str, *, top: bool = False) -> str:
        """Return what to write for `module.name`: the bare name where the file imports it, else dotted."""
        bare = any(
            isinstance(statement, ast.ImportFrom)
            and (statement.module, statement.level) == (module, 0)
            and any(alias.name == name for alias in statement.names)
            for statement in self.module.tree.body
        )
        if bare:
            return self.import_name(module, name, top=top)
        return f"{self.import_name(module, top=top)}.{name}"

    def drop_import(self, module: str) -> None:
        """Take away the file's imports of `module` that the edit leaves without a use."""
        self._left_behind.add(module)

    def is_optional(self, package: str) -> bool:
        """Tell whether the file imports a package only in functions or guards, so that it may be missing."""
        return self._imports.is_optional(package)

    def top_level(self, code: str, *, binds: str) -> None:
        """Add a statement after the imports, once; `binds` is the name it defines.

        Raises Refusal when the name is taken by something else in this file or around the target.
        """
        self._imports.add_statement(code, binds, self._current.span if self._current else None)

    def insert(self, line: int, text: str) -> None:
        """Put whole lines before a 1-based line that no other edit of this patch changes; for `prepare`."""
        self._insertions.append(LineEdit(line, line - 1, text))


def _chunks(module: Module, findings: Sequence[Finding]) -> list[tuple[int, int]]:
    """Return the (first, last) lines of the top-level statements with a target, merged where they touch."""
    extents: list[tuple[int, int]] = []
    for statement in module.tree.body:
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        last = statement.end_lineno or first
        if extents and (first <= extents[-1][1] or _is_continued(module.lines[extents[-1][1] - 1])):
            extents[-1] = (extents[-1][0], max(last, extents[-1][1]))
        else:
            extents.append((first, last))
    lines = {finding.span.line for finding in findings}
    return [(first, last) for first, last in extents if any(first <= line <= last for line in lines)]


def _is_continued(line: str) -> bool:
    """Tell whether the last line of a statement (`a(); \\`) goes on with the next one."""
    return line.rstrip("\r\n").endswith("\\") and "#" not in line


def _with_edits(lines: Sequence[str], edits: Sequence[LineEdit]) -> list[str]:
    """Apply edits of original lines, last first; an insertion has `last` = `first` - 1."""
    result = list(lines)
    for edit in sorted(edits, key=lambda edit: (edit.first, edit.last), reverse=True):
        result[edit.first - 1 : edit.last] = [edit.text]
    return result


def expression(code: str) -> cst.BaseExpression:
    """Parse an expression written by a codemod."""
    return cst.parse_expression(code)


def source_of(node: ast.AST | cst.CSTNode) -> str:
    """Return the code of a node without its position in a file."""
    return ast.unparse(node) if isinstance(node, ast.AST) else cst.Module([]).code_for_node(node)
