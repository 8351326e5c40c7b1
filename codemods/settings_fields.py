"""The project's own settings object: a field of its class read instead of a variable of its own."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from harden.codemods.codemod import PythonCodemod
from harden.codemods.env_files import text_of
from harden.codemods.import_header import is_docstring
from harden.environment import SETTINGS_BASES, environment_reads, settings_said
from harden.errors import Refusal, UnreadableSource
from harden.findings import Finding
from harden.module import Module, split_lines
from harden.readers import imports_own, is_beside
from harden.roles import FileKind
from harden.syntax import parse


@dataclass(frozen=True, slots=True)
class SettingsObject:
    """An instance of a pydantic-settings class at the top of a module: `settings = Settings()`."""

    module: Module
    name: str
    owner: ast.ClassDef

    def field_of(self, variable: str) -> tuple[str, str]:
        """Return the field to add for a proposed variable, and the variable that fills it."""
        said = settings_said(self.owner)
        prefix = _text(said.get("env_prefix", ""))
        bare = variable[len(prefix) :] if variable.upper().startswith(prefix.upper()) else variable
        fields = [item.target.id for item in _fields(self.owner) if isinstance(item.target, ast.Name)]
        is_upper = sum(field.isupper() for field in fields) * 2 > len(fields)
        field = bare.upper() if is_upper else bare.lower()
        filled = prefix + field
        return field, filled if said.get("case_sensitive") == "True" else filled.upper()


def settings_object(codemod: PythonCodemod) -> SettingsObject | None:
    """Return the settings object that the file imports, or could import without going round in a circle."""
    module, project = codemod.module, codemod.project
    reads_itself = bool(environment_reads(module))
    for path in project.mentions("BaseSettings"):
        if path == module.path or not is_beside(module, path):
            continue
        try:
            other = project.module(path)
        except UnreadableSource:
            continue
        found = _object_in(other) if other.kind is FileKind.APP else None
        if found is None:
            continue
        if _imports_it(module, found) or not (reads_itself or imports_own(other)):
            return found
    return None


def read_field(
    codemod: PythonCodemod,
    finding: Finding,
    found: SettingsObject,
    field: str,
    *,
    kind: str = "str",
    default: str = "",
) -> str:
    """Add a field to the settings class, required without a default, and return the code that reads it.

    Raises Refusal.
    """
    if field.startswith("_"):
        raise Refusal(f"pydantic fills no field whose name begins as {field} does: choose a name.")
    path = found.module.path
    text, source = text_of(codemod, path)
    tree = parse(path, source.encode(text))
    owner = next(
        node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == found.owner.name
    )
    code = f"{codemod.import_name(found.module.name, found.name)}.{field}"
    declared = f"{field}: {kind} = {default}" if default else f"{field}: {kind}"
    if default and declared in map(ast.unparse, owner.body):
        return code  # for the same purpose
    if re.search(
        rf"(?m)^\s*{re.escape(field)}\s*[:=]", "".join(split_lines(text)[owner.lineno : owner.end_lineno])
    ):
        raise Refusal(
            f"{found.owner.name} has a field {field} already, perhaps for another value: choose a name."
        )
    last = _fields(owner)[-1]
    lines = split_lines(text)
    end = _described_until(owner, last)
    indent = lines[last.lineno - 1][: last.col_offset]
    head = "".join(lines[:end])
    gap = "" if head.endswith(("\n", "\r")) else source.newline
    after = f"{head}{gap}{indent}{declared}{source.newline}{''.join(lines[end:])}"
    codemod.other_file(path, source.encode(after))
    return code


def _object_in(module: Module) -> SettingsObject | None:
    """Return the one settings object of a module, if its class lies there too and can take a field."""
    for statement in module.tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=made)))
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=ast.Name(id=made)))
            ):
                owner = module.names.definitions.get(made)
                if isinstance(owner, ast.ClassDef) and _takes_fields(module, owner):
                    return SettingsObject(module, name, owner)
    return None


def _takes_fields(module: Module, owner: ast.ClassDef) -> bool:
    """Tell whether a class is a plain settings class, whose fields stand on lines of their own."""
    if [module.resolve(base) in SETTINGS_BASES for base in owner.bases] != [True]:
        return False
    fields = _fields(owner)
    return (
        bool(fields)
        and module.lines[fields[-1].lineno - 1][: fields[-1].col_offset].strip() == ""
        and (";" not in module.lines[(fields[-1].end_lineno or 1) - 1])
    )


def _fields(owner: ast.ClassDef) -> list[ast.AnnAssign]:
    found = [statement for statement in owner.body if isinstance(statement, ast.AnnAssign)]
    return [item for item in found if not ast.unparse(item.target).startswith(("model_", "_"))]


def _described_until(owner: ast.ClassDef, field: ast.AnnAssign) -> int:
    """Return the last line of a field, the text below that describes it included."""
    for statement in owner.body[owner.body.index(field) + 1 :][:1]:
        if is_docstring(statement):
            return statement.end_lineno or statement.lineno
    return field.end_lineno or field.lineno


def _imports_it(module: Module, found: SettingsObject) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and module.names.absolute(node) == found.module.name
        and any(alias.name == found.name for alias in node.names)
        for node in module.tree.body
    )


def _text(code: str) -> str:
    return code[1:-1] if code[:1] in ("'", '"') else ""
