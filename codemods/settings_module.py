"""One module that reads the environment for the whole program."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from harden.codemods.line_limits import line_limit
from harden.codemods.scaffold import Scaffold
from harden.codemods.wrapping import wrapped
from harden.env_defaults import parsed, reads
from harden.environment import is_playground
from harden.errors import Refusal
from harden.findings import Finding
from harden.module import Module
from harden.roles import FileKind, file_kind

_TAKEN = ("settings.py", "config.py", "conf.py", "settings/__init__.py", "config/__init__.py")
_HEAD = '"""The settings of the service, read from the environment once and checked when it starts."""\n'
_PYDANTIC = """
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    \"""Each field is filled by the variable of its name; one without a default is required.\"""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

{fields}


settings = Settings()
"""
_PLAIN = """
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    \"""What the environment says; loading fails where a variable without a default is missing.\"""

{fields}


def load() -> Settings:
    \"""Read the environment.\"""
    return Settings(
{values}
    )


settings = load()
"""
_SECRET = re.compile(r"SECRET|TOKEN|PASS|KEY|CREDENTIAL|SALT")
"""What names of variables hold whose default has no place in a file."""
_YES = '{"1", "true", "yes", "on"}'


@dataclass(frozen=True, slots=True)
class _Variable:
    """What is known of a variable: how it is converted, what it falls back on, and who disagrees on that."""

    name: str
    kind: str
    default: str | None
    is_required: bool
    disputed: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        return self.name.lower()

    @property
    def value(self) -> str:
        """Return the code of the default."""
        if self.default is None:
            return "None"
        if self.kind == "bool":
            return str(self.default.lower() in ("1", "true", "yes", "on"))
        return self.default if self.kind in ("int", "float") else _quoted(self.default)


class SettingsModule(Scaffold):
    """Add `settings.py` with a field for each variable that the program reads."""

    def files(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        """Return the module. Raises Refusal where the program has one, or where Django has its own."""
        if "django" in self.project.imported:
            raise Refusal("Django has a settings module: read the variable there.")
        path = findings[0].path
        folder = self._folder(path)
        if taken := next((folder + name for name in _TAKEN if self.project.exists(folder + name)), ""):
            raise Refusal(f"{taken} is there: read the variables in it.")
        classes = [known for known in self.project.naming("BaseSettings") if known.startswith(folder)]
        if classes:
            raise Refusal(f"{classes[0]} has a settings class: add the variables to it.")
        modules = list(self._modules(folder))
        variables = sorted(_variables(modules), key=lambda one: (not one.is_required, one.name))
        if not variables:
            raise Refusal("No variable has a name that a field could bear.")
        self._say(variables, modules)
        is_pydantic = "pydantic_settings" in self.project.imported or self.requires("pydantic-settings")
        code = _HEAD + (_by_pydantic(variables) if is_pydantic else _by_hand(variables))
        return {f"{folder}settings.py": wrapped(code, "", line_limit(self.project.module(path))).encode()}

    def _folder(self, path: str) -> str:
        """Return the top-level package of a file, or the folder that its modules are imported from."""
        parts = PurePosixPath(path).parts[:-1]
        depth = self.project.module_name(path).count(".")
        above = parts[: len(parts) - depth + 1] if depth else parts
        return "".join(f"{part}/" for part in above)

    def _modules(self, folder: str) -> Iterator[Module]:
        for path in self.project.paths:
            is_own = path.startswith(folder) and path.endswith(".py")
            module = parsed(self.project, path) if is_own and file_kind(path) is FileKind.APP else None
            if module is not None:
                yield module

    def _say(self, variables: Sequence[_Variable], modules: Sequence[Module]) -> None:
        readers = [module.path for module in modules if any(True for _ in reads(module))]
        self.notes.append(f"To do: import `settings` where the environment is read: {', '.join(readers)}.")
        for one in variables:
            if one.disputed:
                places = ", ".join(one.disputed)
                self.notes.append(f"{one.name} is required here, for its defaults differ ({places}).")


def _variables(modules: Sequence[Module]) -> Iterator[_Variable]:
    found: dict[str, list[tuple[Module, ast.expr, ast.expr | None]]] = {}
    for module in modules:
        for node, read in reads(module):
            if not is_playground(module, node) and _can_be_field(read.name):
                found.setdefault(read.name, []).append((module, node, read.default))
    for name, places in found.items():
        yield _variable(name, places)


def _can_be_field(name: str) -> bool:
    return name.isidentifier() and name.isupper() and not name.startswith(("_", "MODEL_"))


def _variable(name: str, places: Sequence[tuple[Module, ast.expr, ast.expr | None]]) -> _Variable:
    defaults = {
        str(given.value): None
        for _, _, given in places
        if isinstance(given, ast.Constant) and given.value is not None
    }
    kind = next((known for module, node, _ in places if (known := _conversion(module, node))), "")
    values = list(defaults)
    demanded = any(given is None and isinstance(node, ast.Subscript) for _, node, given in places)
    if not kind and values and all(value.lower() in ("true", "false") for value in values):
        kind = "bool"
    is_secret = _SECRET.search(name) is not None or any("@" in value for value in values)
    if len(values) == 1 and not is_secret and _fits(kind, values[0]):
        return _Variable(name, kind or "str", values[0], is_required=False)
    if values or demanded or is_secret:
        at = tuple(f"{module.path}:{node.lineno}" for module, node, _ in places) if len(values) > 1 else ()
        return _Variable(name, kind or "str", None, is_required=True, disputed=at)
    return _Variable(name, kind or "str", None, is_required=False)


def _fits(kind: str, value: str) -> bool:
    """Tell whether a default can stand in the code as it is."""
    if kind in ("int", "float"):
        try:
            return str({"int": int, "float": float}[kind](value)) == value
        except ValueError:
            return False
    return value.isprintable() and not {'"', "\\"} & set(value)


def _conversion(module: Module, node: ast.expr) -> str:
    """Return what a read is made by the expression around it."""
    match module.parents.get(node):
        case ast.Call(func=ast.Name(id="int" | "float" as name)):
            return name
        case (
            ast.Attribute(attr="lower") | ast.Compare(comparators=[ast.Constant(value="1" | "true" | "True")])
        ):
            return "bool"
    return ""


def _by_pydantic(variables: Sequence[_Variable]) -> str:
    return _PYDANTIC.format(fields="\n".join(f"    {_declared(one)}" for one in variables))


def _declared(one: _Variable) -> str:
    if one.is_required:
        return f"{one.field}: {one.kind}"
    kind = one.kind if one.default is not None else f"{one.kind} | None"
    return f"{one.field}: {kind} = {one.value}"


def _by_hand(variables: Sequence[_Variable]) -> str:
    fields = "\n".join(
        f"    {one.field}: {one.kind}{'' if one.is_required or one.default is not None else ' | None'}"
        for one in variables
    )
    return _PLAIN.format(
        fields=fields, values="\n".join(f"        {one.field}={_read(one)}," for one in variables)
    )


def _read(one: _Variable) -> str:
    name = f'"{one.name}"'
    if one.is_required:
        code = f"os.environ[{name}]"
    elif one.default is None:
        return f"os.getenv({name})"
    else:
        code = f"os.getenv({name}, {_quoted(one.value if one.kind == 'bool' else one.default)})"
    if one.kind == "bool":
        return f"{code}.lower() in {_YES}"
    return code if one.kind == "str" else f"{one.kind}({code})"


def _quoted(text: str) -> str:
    return f'"{text}"'
