"""Under which name a literal goes, and how sure its place makes it that it is in use."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import PurePosixPath

from harden.checklists.secret_evidence import Place
from harden.checklists.secret_parameters import POSITIONS
from harden.environment import SETTINGS_BASES, env_read
from harden.module import Module

_CONFIG_CALLS = (".config.update", ".config.from_mapping", ".config.setdefault")
_KEYED = ("jwt.encode", "jwt.decode", "jose.jwt.encode", "jose.jwt.decode")
_CONNECTORS = (
    *(
        "psycopg2.",
        "psycopg.",
        "asyncpg.",
        "MySQLdb.",
        "pymysql.",
        "mysql.",
        "aiomysql.",
        "pymongo.",
        "motor.",
    ),
    *(
        "redis.",
        "smtplib.",
        "aiosmtplib.",
        "paramiko.",
        "ftplib.",
        "ldap3.",
        "imaplib.",
        "elasticsearch.",
        "pika.",
    ),
    *("boto3.", "pyodbc.", "cx_Oracle.", "oracledb.", "asyncssh.", "kombu.", "neo4j.", "cassandra."),
)
_ENUMS = (
    "enum.Enum",
    "enum.StrEnum",
    "django.db.models.TextChoices",
    "typing.TypedDict",
    "typing.NamedTuple",
)
_WRAPPERS = ("SecretStr", "SecretBytes", "Secret", "Field", "str", "bytes", "quote_plus")
_CLIENTS = ("requests.", "httpx.", "aiohttp.")
_LOOK_UPS = ("get", "fetch", "read", "access", "describe", "load", "delete", "find", "list", "lookup")
_EXAMPLES = frozenset(
    {"example", "examples", "json_schema_extra", "schema_extra", "help", "description", "doc"}
)


@dataclass(frozen=True, slots=True)
class Spot:
    """The name a literal goes under (empty when it has none), the place, and the call it is passed to."""

    name: str
    place: Place
    call: str = ""


def spot_of(module: Module, node: ast.expr) -> Spot | None:
    """Return where a literal, or a name for it, stands.

    None for docstrings, comparisons with patterns, fallbacks, examples.
    """
    spot = named_spot(module, node)
    return spot if spot is not None and not is_aside(module, node) else None


def named_spot(module: Module, node: ast.expr) -> Spot | None:
    """Return what `spot_of` does, also for what `is_aside`: to tell that costs more than all else."""
    child, parent = _unwrapped(module, node)
    if isinstance(parent, ast.Expr | ast.JoinedStr | ast.FormattedValue):
        return None
    match parent:
        case ast.Assign(targets=targets, value=value) if value is child:
            return _assigned(module, parent, targets[0])
        case ast.AnnAssign(target=target):
            return _assigned(module, parent, target) if parent.value is child else None
        case ast.keyword(arg=str() as name):
            call = module.parents.get(parent)
            if name == "key" and isinstance(call, ast.Call) and (module.resolve(call.func) or "") in _KEYED:
                return Spot("jwt_secret", Place.CONFIG, module.resolve(call.func) or "")
            return _passed(module, parent, name)
        case ast.Call():
            return _positional(module, parent, child)
        case ast.Dict():
            return _entry(module, parent, child)
        case ast.arguments():
            return _default(parent, child)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
            return Spot(_named(right if left is child else left), Place.LOCAL)
        case ast.Subscript() | ast.MatchValue():
            return None
        case ast.Tuple(elts=[_, second]) if second is child and _is_credentials(module, parent):
            return Spot("auth_password", Place.CONFIG)
    return Spot("", Place.LOCAL)


def _unwrapped(module: Module, node: ast.AST) -> tuple[ast.AST, ast.AST | None]:
    """Look through `SecretStr(...)`, `Field(...)` and `.encode()` around a literal."""
    child, parent = node, module.parents.get(node)
    while parent is not None:
        outer = module.parents.get(parent)
        if (
            isinstance(parent, ast.Attribute)
            and parent.attr in ("encode", "strip")
            and isinstance(outer, ast.Call)
        ):
            child, parent = outer, module.parents.get(outer)
        elif isinstance(parent, ast.keyword) and parent.arg == "default" and _is_wrapper(module, outer):
            child = parent
            parent = outer
        elif (
            isinstance(parent, ast.Call)
            and _is_wrapper(module, parent)
            and (child in parent.args[:1] or child in parent.keywords)
        ):
            child, parent = parent, outer
        else:
            break
    return child, parent


def _is_wrapper(module: Module, node: ast.AST | None) -> bool:
    if not isinstance(node, ast.Call):
        return False
    func = node.func
    name = func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
    return name in _WRAPPERS or (module.resolve(func) or "").rpartition(".")[2] in _WRAPPERS


def is_aside(module: Module, node: ast.AST) -> bool:
    """Tell whether a literal is a fallback of an environment read, or part of an example or help text."""
    child, _ = _unwrapped(module, node)
    for outer in (child, *module.ancestors(child)):
        if isinstance(outer, ast.BoolOp) and any(env_read(module, value) for value in outer.values):
            return True
        if env_read(module, outer) is not None:
            return True
        if isinstance(outer, ast.Call) and (module.resolve(outer.func) or "").startswith(
            ("re.", "os.environ.setdefault")
        ):
            return True
        if isinstance(outer, ast.keyword) and outer.arg in _EXAMPLES:
            return True
        if isinstance(outer, ast.stmt):
            return isinstance(outer, ast.Assign | ast.AnnAssign) and not _EXAMPLES.isdisjoint(
                _names_in(outer)
            )
    return False


def _names_in(statement: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {_named(target) for target in targets}


def _named(expr: ast.expr | ast.AST) -> str:
    match expr:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str() as name), *_]):
            return name
    return ""


def _assigned(module: Module, statement: ast.stmt, target: ast.expr) -> Spot | None:
    name = _named(target)
    match target:
        case ast.Subscript(value=ast.Attribute(attr="config")):
            return Spot(name, Place.CONFIG)
        case ast.Attribute(value=value):
            path = module.resolve(value) or ""
            return Spot(name, Place.CONFIG if name == "secret_key" else Place.LOCAL, path)
        case ast.Name():
            return _bound(module, statement, name)
    return Spot(name, Place.LOCAL)


def _bound(module: Module, statement: ast.stmt, name: str) -> Spot | None:
    owner = module.parents.get(statement)
    if isinstance(owner, ast.ClassDef):
        bases = module.bases(owner)
        if any(base in _ENUMS or base.endswith(("Enum", "Choices")) for base in bases):
            return None
        settings = any(base in SETTINGS_BASES for base in bases)
        named = owner.name.lower().endswith(("config", "settings")) and not name.startswith("_")
        return Spot(
            name, Place.CONFIG if settings or named else Place.CONSTANT if name.isupper() else Place.LOCAL
        )
    if not isinstance(owner, ast.Module | ast.If | ast.Try) or module.function(statement) is not None:
        return Spot(name, Place.LOCAL)
    stem = PurePosixPath(module.path)
    is_settings = (
        stem.stem in ("config", "settings", "conf", "default_config") or "settings" in stem.parts[:-1]
    )
    if name.isupper():
        return Spot(name, Place.CONFIG if is_settings else Place.CONSTANT)
    return Spot(name, Place.LOCAL)


def _passed(module: Module, item: ast.keyword, name: str) -> Spot | None:
    call = module.parents.get(item)
    if not isinstance(call, ast.Call):
        return Spot(name, Place.LOCAL)
    path = module.resolve(call.func) or ""
    if name == "default" and (option := _option(call)):
        return Spot(option, Place.CONSTANT, path)
    if _named(call.func).lower().startswith(_LOOK_UPS) and not path.startswith(_CLIENTS):
        return Spot("", Place.LOCAL, path)  # the name of a secret, not the secret
    others = {other.arg for other in call.keywords}
    func = call.func
    is_config = (
        isinstance(func, ast.Attribute)
        and isinstance(func.value, ast.Attribute)
        and f".{func.value.attr}.{func.attr}" in _CONFIG_CALLS
    )
    reaches = path.startswith(_CONNECTORS) or not others.isdisjoint({"host", "hostname", "dbname"})
    return Spot(name, Place.CONFIG if is_config or reaches or name == "secret_key" else Place.LOCAL, path)


def _is_credentials(module: Module, pair: ast.Tuple) -> bool:
    """Tell whether a pair is a user and a password: `auth=("me", "…")` of an HTTP client."""
    item = module.parents.get(pair)
    call = module.parents.get(item) if isinstance(item, ast.keyword) and item.arg == "auth" else None
    return isinstance(call, ast.Call) and (module.resolve(call.func) or "").startswith(_CLIENTS)


def _option(call: ast.Call) -> str:
    """Return the name of the command line option that a call declares."""
    if _named(call.func) not in ("add_argument", "option", "Option"):
        return ""
    names = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    options = [name.lstrip("-").replace("-", "_") for name in names if name.startswith("-")]
    return max(options, key=len, default="")


def is_option(module: Module, node: ast.AST) -> bool:
    """Tell whether a literal is the default of a command line option."""
    item = module.parents.get(node)
    call = module.parents.get(item) if isinstance(item, ast.keyword) and item.arg == "default" else None
    return isinstance(call, ast.Call) and bool(_option(call))


def _positional(module: Module, call: ast.Call, child: ast.AST) -> Spot:
    path = module.resolve(call.func) or ""
    at, name = POSITIONS.get(path, (-1, ""))
    if 0 <= at < len(call.args) and call.args[at] is child:
        return Spot(name, Place.CONFIG, path)
    return Spot("", Place.LOCAL, path)


def _entry(module: Module, mapping: ast.Dict, child: ast.AST) -> Spot | None:
    at = next((at for at, value in enumerate(mapping.values) if value is child), None)
    key = mapping.keys[at] if at is not None else None
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
        return None if at is None else Spot("", Place.LOCAL)
    keys = {k.value.lower() for k in mapping.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)}
    reaches = "host" in keys or "hostname" in keys or "engine" in keys
    name = "password" if reaches and key.value.lower() in ("pw", "pass") else key.value
    outer = module.parents.get(mapping)
    updates = (
        isinstance(outer, ast.Call)
        and isinstance(outer.func, ast.Attribute)
        and (
            isinstance(outer.func.value, ast.Attribute)
            and f".{outer.func.value.attr}.{outer.func.attr}" in _CONFIG_CALLS
        )
    )
    return Spot(name, Place.CONFIG if reaches or updates else Place.LOCAL)


def _default(arguments: ast.arguments, child: ast.AST) -> Spot:
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d]
    name = next((arg.arg for arg, default in pairs if default is child), "")
    return Spot(name, Place.LOCAL)
