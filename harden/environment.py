"""How a project reads its environment: `os`, environs, django-environ, decouple, starlette, pydantic."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from harden.module import Module, keyword
from harden.readers import READERS
from harden.words import words_of

_OS = ("os.getenv", "os.environ.get", "os.environb.get", "os.getenvb")
READS = (*_OS, *READERS, *(f"{reader}.*" for reader in READERS))
"""Calls that `env_read` knows, as a check subscribes to them."""
SETTINGS_BASES = (
    "pydantic_settings.BaseSettings",
    "pydantic.BaseSettings",
    "pydantic_settings.main.BaseSettings",
)
_PLAYGROUND = re.compile(
    r"(^|[_./])(dev|devel|development|develop|local|test|tests|testing|ci|debug|example|demo)($|[_./])"
)
_GUARD = re.compile(r"(?i)debug|testing|\bdev\b|development|local|\btest\b|is_dev|is_test")


@dataclass(frozen=True, slots=True)
class EnvRead:
    """One read of an environment variable; `default` is what it falls back to, if anything."""

    name: str
    default: ast.expr | None
    through_os: bool


def env_read(module: Module, expr: ast.AST | None) -> EnvRead | None:
    """Return what an expression reads from the environment, or None when it is no such read."""
    match expr:
        case ast.Call(func=func, args=[ast.Constant(value=str() as name), *rest]):
            path = module.resolve(func) or ""
            if path in _OS:
                return EnvRead(name, rest[0] if rest else keyword(expr, "default"), True)
            if path.startswith(tuple(READERS)):
                return EnvRead(name, rest[0] if rest else keyword(expr, "default"), False)
        case ast.Subscript(value=value, slice=ast.Constant(value=str() as name), ctx=ast.Load()):
            if module.resolve(value) == "os.environ":
                return EnvRead(name, None, True)
    return None


def environment_reads(module: Module) -> list[EnvRead]:
    """Return every read of an environment variable in a file."""
    nodes = [*module.nodes(ast.Call), *module.nodes(ast.Subscript)]
    return [read for node in nodes if (read := env_read(module, node)) is not None]


def settings_class(module: Module, node: ast.AST) -> ast.ClassDef | None:
    """Return the pydantic-settings class whose body holds the statement of `node`, or None."""
    owner = module.parents.get(module.statement(node))
    if isinstance(owner, ast.ClassDef) and any(base in SETTINGS_BASES for base in module.bases(owner)):
        return owner
    return None


def field_variable(owner: ast.ClassDef, field: str) -> str:
    """Return the environment variable that fills a field of a pydantic-settings class."""
    for statement in owner.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as made) if name == field:
                for option in ("validation_alias", "alias", "env"):
                    given = keyword(made, option)
                    if isinstance(given, ast.Call) and given.args:  # AliasChoices("A", "B")
                        given = given.args[0]
                    if isinstance(given, ast.Constant) and isinstance(given.value, str):
                        return given.value.upper()
    prefix = settings_said(owner).get("env_prefix", "")
    is_text = prefix[:1] in ("'", '"')
    return (ast.literal_eval(prefix) + field if is_text else field).upper()


def settings_said(owner: ast.ClassDef) -> dict[str, str]:
    """Return the code of each option of a settings class, in `model_config` or its class `Config`."""
    found: dict[str, str] = {}
    for statement in owner.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id="model_config")], value=value)
                | ast.AnnAssign(target=ast.Name(id="model_config"), value=value)
            ):
                found |= _options_in(value)
            case ast.ClassDef(name="Config", body=body):
                options = [item for item in body if isinstance(item, ast.Assign)]
                found |= {ast.unparse(item.targets[0]): ast.unparse(item.value) for item in options}
    return found


def _options_in(config: ast.expr | None) -> dict[str, str]:
    if isinstance(config, ast.Call):
        return {item.arg: ast.unparse(item.value) for item in config.keywords if item.arg}
    if isinstance(config, ast.Dict):
        pairs = zip(config.keys, config.values, strict=True)
        return {str(key.value): ast.unparse(value) for key, value in pairs if isinstance(key, ast.Constant)}
    return {}


def is_playground(module: Module, node: ast.AST) -> bool:
    """Tell whether a setting is for development or tests only: by file, class or guarding `if`."""
    if _PLAYGROUND.search(str(PurePosixPath(module.path).with_suffix(""))):
        return True
    child = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.ClassDef) and any(
            word in ("test", "tests", "testing", "dev", "development", "develop", "local", "debug")
            for word in words_of(outer.name)
        ):
            return True
        if isinstance(outer, ast.If) and child in outer.body and _GUARD.search(ast.unparse(outer.test)):
            return True
        child = outer
    return False


def screaming(name: str) -> str:
    """Return a name as environment variables are written: `apiKey` is `API_KEY`."""
    return "_".join(words_of(name)).upper()
