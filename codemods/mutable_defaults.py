"""Make a mutable default anew for each call or each instance."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Sequence

import libcst as cst

from harden.codemods.codemod import PythonCodemod, source_of
from harden.errors import Refusal, UnreadableSource
from harden.module import Module, is_literal
from harden.project import Project
from harden.tree import FunctionNode

_NULLABLE = re.compile(
    r"((typing\.)?(Any|object|None|Optional\[.*\]|Union\[.*\bNone\b.*\])|.*\|\s*None)$|None\s*\|", re.S
)
"""An annotation that allows None as a whole, not only within its brackets."""
_RUNTIME_TYPES = ("fastapi", "pydantic", "typer", "attrs", "cattrs", "dataclasses_json", "strawberry")
"""Packages that evaluate annotations, so that `from __future__ import annotations` does not shield them."""


class CreateEachTime(PythonCodemod):
    """Turn a mutable default into None plus a guard, and a shared class attribute into one per instance."""

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Replace the defaults that are targets, and add their guards after the docstring."""
        guards: list[cst.BaseStatement] = []
        params = updated_node.params
        for field in ("posonly_params", "params", "kwonly_params"):
            pairs = zip(getattr(original_node.params, field), getattr(params, field), strict=True)
            changed = []
            for before, param in pairs:
                finding = self.target(before.default) if before.default is not None else None
                if finding is not None:
                    self._refuse_given_none(finding.scope, before.name.value)
                    guards.append(_guard(param, self._inner_indent(updated_node)))
                    param = self._none_by_default(param)
                changed.append(param)
            params = params.with_changes(**{field: changed})
        if not guards:
            return updated_node
        if not isinstance(updated_node.body, cst.IndentedBlock):
            raise Refusal("The body stands on the line of its def: put it on lines of its own first.")
        body = _after_docstring(updated_node.body, guards)
        return updated_node.with_changes(params=params, body=body)

    def _refuse_given_none(self, scope: str, parameter: str) -> None:
        """Refuse where somebody in the project passes None to the parameter: it must stay None there."""
        *owners, name = scope.split(".")
        called = owners[-1] if owners and name == "__init__" else name
        if place := given_none(self.project, self.module, name, called, parameter):
            raise Refusal(f"{place} passes None as {parameter}, which would become the default.")

    def _inner_indent(self, function: cst.FunctionDef) -> str | None:
        return function.body.indent if isinstance(function.body, cst.IndentedBlock) else None

    def _none_by_default(self, param: cst.Param) -> cst.Param:
        annotation = param.annotation
        if annotation is not None:
            annotation = annotation.with_changes(annotation=self._optional(annotation.annotation))
        return param.with_changes(default=cst.Name("None"), annotation=annotation)

    def _optional(self, kind: cst.BaseExpression) -> cst.BaseExpression:
        """Return the annotation with None allowed, in the form that this file uses or can use."""
        code = source_of(kind)
        if _NULLABLE.match(code.strip("'\" ")):
            return kind
        if isinstance(kind, cst.SimpleString):
            text = kind.raw_value
            return kind.with_changes(value=f"{kind.prefix}{kind.quote}{text} | None{kind.quote}")
        if self._writes_unions():
            return cst.BinaryOperation(kind, cst.BitOr(), cst.Name("None"))
        optional = cst.parse_expression(self.import_name("typing", "Optional"))
        return cst.Subscript(optional, [cst.SubscriptElement(cst.Index(kind))])

    def _writes_unions(self) -> bool:
        """Tell whether `X | None` is the file's own style, or can be written in it."""
        source = self.module
        unions = [node for node in source.nodes(ast.BinOp) if _is_union_with_none(node)]
        optional = any(
            source.resolve(node) == "typing.Optional"
            for node in [*source.nodes(ast.Name), *source.nodes(ast.Attribute)]
        )
        if unions or optional:
            return bool(unions)
        if _newer_than_39(self._python_floor()) or source.nodes(ast.Match):
            return True
        deferred = any(
            node.module == "__future__" and any(alias.name == "annotations" for alias in node.names)
            for node in source.nodes(ast.ImportFrom)
        )
        return deferred and not source.imports(*_RUNTIME_TYPES)

    def _python_floor(self) -> str:
        """Return the oldest Python that pyproject.toml names, as `3.N`, or nothing."""
        try:
            data = tomllib.loads(self.project.read("pyproject.toml").decode())
        except (UnreadableSource, UnicodeDecodeError, tomllib.TOMLDecodeError):
            return ""
        wanted = data.get("project", {}).get("requires-python") or data.get("tool", {}).get("poetry", {}).get(
            "dependencies", {}
        ).get("python", "")
        found = re.search(r"(?:>=|\^|~=?|==)\s*(3\.\d+)", str(wanted))
        return found[1] if found else ""

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        """Move the class attributes that are targets into `__init__`."""
        if not isinstance(updated_node.body, cst.IndentedBlock):
            return updated_node
        kept: list[cst.BaseStatement] = []
        moved: list[cst.SimpleStatementLine] = []
        pairs = zip(original_node.body.body, updated_node.body.body, strict=True)
        for before, statement in pairs:
            if not isinstance(before, cst.SimpleStatementLine) or self.target(before) is None:
                kept.append(statement)
            elif len(before.body) > 1 or not isinstance(statement, cst.SimpleStatementLine):
                raise Refusal("Several statements share the line: put this one on a line of its own first.")
            else:
                moved.append(_on_self(statement))
        if not moved:
            return updated_node
        return updated_node.with_changes(body=updated_node.body.with_changes(body=_with_init(kept, moved)))


def given_none(project: Project, module: Module, function: str, called: str, parameter: str) -> str:
    """Return the place of a call of anything named `called` that passes None as `parameter`, or nothing."""
    named: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
    positions = {
        at
        for node in named
        if node.name == function
        for at, arg in enumerate([*node.args.posonlyargs, *node.args.args])
        if arg.arg == parameter
    }
    positions |= {at - 1 for at in positions}  # without self
    wanted = f"{called}(".encode()
    for path in project.paths:
        if not path.endswith(".py"):
            continue
        try:
            calls = project.module(path).nodes(ast.Call) if wanted in project.read(path) else []
        except UnreadableSource:
            continue
        for call in calls:
            given = [item.value for item in call.keywords if item.arg == parameter]
            given += [arg for at, arg in enumerate(call.args) if at in positions]
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name == called and any(is_literal(value, None) for value in given):
                return f"{path}:{call.lineno}"
    return ""


def _newer_than_39(floor: str) -> bool:
    return bool(floor) and int(floor.partition(".")[2]) >= 10


def _is_union_with_none(node: ast.BinOp) -> bool:
    return (
        isinstance(node.op, ast.BitOr) and isinstance(node.right, ast.Constant) and node.right.value is None
    )


def _guard(param: cst.Param, indent: str | None) -> cst.If:
    name = param.name
    test = cst.Comparison(name, [cst.ComparisonTarget(cst.Is(), cst.Name("None"))])
    assign = cst.Assign([cst.AssignTarget(name)], param.default or cst.Name("None"))
    last = cst.Module([]).code_for_node(assign).splitlines()[-1]
    if not last.strip(" \t)]}"):  # its brackets close on a line of their own
        margin = last[: len(last) - len(last.lstrip())]
        assign = cst.ensure_type(assign.visit(_Outdent(margin)), cst.Assign)
    return cst.If(test, cst.IndentedBlock([cst.SimpleStatementLine([assign])], indent=indent))


class _Outdent(cst.CSTTransformer):
    """Take away the columns by which a value stood further in than its statement does now."""

    def __init__(self, margin: str) -> None:
        self.margin = margin

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        """Shorten the start of a line."""
        start = updated_node.last_line.value.removeprefix(self.margin)
        return updated_node.with_changes(last_line=cst.SimpleWhitespace(start))


def _after_docstring(block: cst.IndentedBlock, guards: Sequence[cst.BaseStatement]) -> cst.IndentedBlock:
    at = 1 if _is_docstring(block.body[0]) else 0
    if at and at < len(block.body):
        blank = [line for line in _leading(block.body[at]) if line.comment is None][:1]
        if blank and _leading(block.body[at])[0] is blank[0]:
            guards = [guards[0].with_changes(leading_lines=blank), *guards[1:]]
    return block.with_changes(body=[*block.body[:at], *guards, *block.body[at:]])


def _leading(statement: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return lines


def _is_docstring(statement: cst.BaseStatement) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )


def _on_self(statement: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
    """Return `name = value` as `self.name = value`."""
    small = statement.body[0]
    if isinstance(small, cst.Assign):
        target = small.targets[0]
        owned = target.with_changes(
            target=cst.Attribute(cst.Name("self"), cst.ensure_type(target.target, cst.Name))
        )
        return statement.with_changes(body=[small.with_changes(targets=[owned])])
    if isinstance(small, cst.AnnAssign):
        owner = cst.Attribute(cst.Name("self"), cst.ensure_type(small.target, cst.Name))
        return statement.with_changes(body=[small.with_changes(target=owner)])
    raise Refusal("Only a plain assignment can move into __init__.")


def _with_init(
    kept: Sequence[cst.BaseStatement], moved: Sequence[cst.SimpleStatementLine]
) -> list[cst.BaseStatement]:
    """Return the class body with the assignments in its `__init__`, a new one if need be."""
    body = list(kept)
    moved = [line.with_changes(leading_lines=[x for x in line.leading_lines if x.comment]) for line in moved]
    methods = [at for at, item in enumerate(body) if isinstance(item, cst.FunctionDef)]
    own = [at for at in methods if cst.ensure_type(body[at], cst.FunctionDef).name.value == "__init__"]
    if own:
        init = cst.ensure_type(body[own[0]], cst.FunctionDef)
        block = cst.ensure_type(init.body, cst.IndentedBlock)
        at = 1 if _is_docstring(block.body[0]) else 0
        if at < len(block.body) and _is_super_init(block.body[at]):
            at += 1
        body[own[0]] = init.with_changes(
            body=block.with_changes(body=[*block.body[:at], *moved, *block.body[at:]])
        )
        return body
    gap = [cst.EmptyLine(indent=False)] if methods[0] else []
    first = cst.ensure_type(body[methods[0]], cst.FunctionDef)
    following = first.with_changes(
        leading_lines=first.leading_lines
        if methods[0]
        else [cst.EmptyLine(indent=False), *first.leading_lines]
    )
    init = cst.FunctionDef(
        cst.Name("__init__"),
        cst.Parameters([cst.Param(cst.Name("self"))]),
        cst.IndentedBlock(moved),
        leading_lines=gap,
    )
    return [*body[: methods[0]], init, following, *body[methods[0] + 1 :]]


def _is_super_init(statement: cst.BaseStatement) -> bool:
    return source_of(statement).strip().startswith("super().__init__(")
