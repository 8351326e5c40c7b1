"""Read an environment variable in the way that the file, or else the project, does it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Literal

from harden.codemods.codemod import PythonCodemod
from harden.environment import environment_reads
from harden.errors import Refusal
from harden.findings import Finding
from harden.readers import Reader, reader_bound, shared_reader
from harden.tree import FunctionNode

YES = '{"1", "true", "yes", "on"}'

Cast = Literal["str", "bool", "int", "float", "list", "path"]

_COLLECTIONS: dict[type, str] = {tuple: "tuple", set: "set", frozenset: "frozenset"}


def read_variable(
    codemod: PythonCodemod,
    finding: Finding,
    name: str,
    *,
    quote: str = '"',
    default: str | None = None,
    cast: Cast = "str",
) -> str:
    """Return the code that reads a variable at the place of a finding, importing what it needs.

    `default` is the code of the literal to fall back on, as a value of type `cast` (of a path, its text);
    without it the variable is required, and the code fails where it is missing.
    Raises Refusal where the default has no form as text.
    """
    reader = reader_at(codemod, finding)
    key = f"{quote}{name.removeprefix(reader.prefix)}{quote}"
    if reader.kind == "environs" or reader.kind == "environ":
        return _by_method(codemod, reader, key, default, cast)
    if reader.kind == "decouple" or reader.kind == "starlette":
        return _by_cast(codemod, reader, key, _Default.of(default, quote), cast)
    if reader.kind == "dynaconf":
        code = f"{reader.name}.{key[1:-1]}" if default is None else f"{reader.name}.get({key}, {default})"
        return f"{_path(codemod)}({code})" if cast == "path" else code
    return _through_os(codemod, key, _Default.of(default, quote), cast, quote)


def variable_read(codemod: PythonCodemod, finding: Finding, name: str) -> str:
    """Return the variable that `read_variable` reads for `name`: readers with a prefix put it in front."""
    prefix = reader_at(codemod, finding).prefix
    return prefix + name.removeprefix(prefix)


def reader_at(codemod: PythonCodemod, finding: Finding) -> Reader:
    """Return the reader to use at a finding: the file's own, else one that the program shares, else `os`."""
    module = codemod.module
    inner = [scope for scope in module.names.scopes.values() if scope.node is not module.tree]
    for name, bound in module.names.scopes[module.tree].bindings.items():
        reader = reader_bound(module, name) if name != "*" else None
        if reader is None or module.span(bound[-1]).line >= finding.line:
            continue
        if not any(name in scope.bindings and _holds(codemod, scope.node, finding) for scope in inner):
            return reader
    reads_itself = any(read.through_os for read in environment_reads(module))
    shared = None if reads_itself else shared_reader(module)
    if shared is None or codemod.is_optional(shared.module):
        return Reader("os", "")
    try:
        return replace(shared, name=codemod.import_name(shared.module, shared.name))
    except Refusal:
        return Reader("os", "")


def _holds(codemod: PythonCodemod, node: ast.AST, finding: Finding) -> bool:
    if not isinstance(node, FunctionNode | ast.ClassDef | ast.Lambda):
        return False
    span = codemod.module.span(node)
    return span.line <= finding.line <= span.end_line


@dataclass(frozen=True, slots=True)
class _Default:
    """A literal to fall back on: its code, and the code of the text that an environment would hold for it."""

    code: str
    text: str
    value: object

    @classmethod
    def of(cls, code: str | None, quote: str) -> _Default | None:
        """Return the default that `code` stands for. Raises Refusal where text cannot say it."""
        if code is None:
            return None
        tree = ast.parse(code, mode="eval").body
        try:
            value: object = ast.literal_eval(tree)
        except ValueError:
            return cls(code, code if _is_text(tree) else f"str({code})", None)
        if isinstance(value, str):
            return cls(code, code, value)
        if isinstance(value, list | tuple | set | frozenset):
            items = [
                element.value for element in getattr(tree, "elts", []) if isinstance(element, ast.Constant)
            ]
            texts = [item for item in items if isinstance(item, str)]
            if len(texts) != len(value) or any(set(text) & set(",\"'\\\n") for text in texts):
                raise Refusal("A list of anything but plain words has no form as the text of one variable.")
            return cls(code, f"{quote}{','.join(texts)}{quote}", value)
        if value is None or isinstance(value, bool | int | float):
            return cls(code, f"{quote}{value}{quote}", value)
        raise Refusal("A value of this type has no form as the text of a variable.")


def _is_text(tree: ast.expr) -> bool:
    """Tell whether an expression that is not constant is text all the same."""
    match tree:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return _is_text(left) or (isinstance(tree.op, ast.Add) and _is_text(right))
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return _is_text(value)
    return False


def _by_method(codemod: PythonCodemod, reader: Reader, key: str, default: str | None, cast: Cast) -> str:
    """Return `env.int("PORT", 8000)`, as environs and django-environ have it."""
    is_environs = reader.kind == "environs"
    method = "" if cast == "str" or (cast == "path" and not is_environs) else f".{cast}"
    fallback = ""
    if default is not None:
        written = f"{_path(codemod)}({default})" if method == ".path" else default
        fallback = f", {written}" if is_environs else f", default={written}"
    code = f"{reader.name}{method}({key}{fallback})"
    if cast == "list":
        return _collected(code, _Default.of(default, '"'))
    return f"{_path(codemod)}({code})" if cast == "path" and not method else code


def _by_cast(codemod: PythonCodemod, reader: Reader, key: str, default: _Default | None, cast: Cast) -> str:
    """Return `config("PORT", default=8000, cast=int)`, as decouple and starlette have it."""
    _refuse_nothing(default, cast)
    fallback = ""
    if default is not None:
        fallback = f", default={default.text if cast == 'list' else default.code}"
    if cast == "list" and reader.kind == "starlette":
        words = codemod.import_name("starlette.datastructures", "CommaSeparatedStrings")
        return _collected(f"{reader.name}({key}{fallback}, cast={words})", default, plain="list")
    if cast == "list":
        words = codemod.import_name("decouple", "Csv")
        return _collected(f"{reader.name}({key}{fallback}, cast={words}())", default)
    function = _path(codemod) if cast == "path" else cast
    return f"{reader.name}({key}{fallback}{'' if cast == 'str' else f', cast={function}'})"


def _through_os(codemod: PythonCodemod, key: str, default: _Default | None, cast: Cast, quote: str) -> str:
    """Return `int(os.getenv("PORT", "8000"))`."""
    if default is None:
        read = f"{codemod.import_member('os', 'environ')}[{key}]"
    elif default.code == "None":
        read = f"{_getter(codemod)}({key})"
    else:
        read = f"{_getter(codemod)}({key}, {default.text})"
    if cast == "str":
        return read
    _refuse_nothing(default, cast)
    if cast == "bool":
        return f"{read}.lower() in {YES.replace(chr(34), quote)}"
    if cast == "list":
        split = f"{read}.split({quote},{quote})"
        if default is not None and not default.value:
            split = f"[item for item in {split} if item]"
        return _collected(split, default)
    return f"{_path(codemod) if cast == 'path' else cast}({read})"


def _collected(code: str, default: _Default | None, plain: str = "") -> str:
    """Return a list turned into the kind of collection that the default is."""
    outer = plain if default is None else _COLLECTIONS.get(type(default.value), plain)
    return f"{outer}({code})" if outer else code


def _refuse_nothing(default: _Default | None, cast: Cast) -> None:
    """Refuse to convert None. Raises Refusal."""
    if default is not None and default.code == "None" and cast != "str":
        raise Refusal(f"None is no text that could be read as {cast}.")


def _getter(codemod: PythonCodemod) -> str:
    """Return `os.getenv`, or `os.environ.get` in a file that reads so."""
    called = {codemod.module.resolve(call.func) for call in codemod.module.nodes(ast.Call)}
    if "os.environ.get" in called and "os.getenv" not in called:
        return f"{codemod.import_member('os', 'environ')}.get"
    return codemod.import_member("os", "getenv")


def _path(codemod: PythonCodemod) -> str:
    return codemod.import_name("pathlib", "Path")
