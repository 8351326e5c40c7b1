"""A path of one developer's machine exists on no other.

`/home/anna/data` and `C:\\Users\\anna` are not there in the container, on the server or on another laptop:
the service starts, and fails at the first request that needs the file. Or worse, it makes the folder and
writes to a disk that is gone with the container.

Paths that are the same on every system of a kind (`/etc`, `/tmp`, `/usr`, `/var`, `/data`) are left out. A
path to a file of the project itself becomes one beside the module.

Flagged:

    MODEL_PATH = "/home/anna/models/ranking.bin"

Fixed:

    import os

    MODEL_PATH = os.getenv("MODEL_PATH", "/home/anna/models/ranking.bin")

Flagged:

    from pathlib import Path

    EXPORTS = Path("/Users/anna/exports")


    def report(name):
        with open(EXPORTS / name) as file:
            return file.read()

Fixed:

    import os
    from pathlib import Path

    EXPORTS = Path(os.getenv("EXPORTS", "/Users/anna/exports"))


    def report(name):
        with open(EXPORTS / name) as file:
            return file.read()

Flagged:

    import pandas


    def orders():
        return pandas.read_csv(r"C:\\data\\orders.csv")

Fixed:

    import os

    import pandas


    def orders():
        return pandas.read_csv(os.getenv("ORDERS_PATH", r"C:\\data\\orders.csv"))

Fine:

    import os
    import re
    from pathlib import Path

    BASE = Path(__file__).parent
    SOCKET = "/var/run/app.sock"
    SCRATCH = "/tmp/exports"
    CONFIG = os.getenv("APP_CONFIG", "/home/app/config.toml")
    HOME_PAGE = "/home/welcome"
    HOMES = re.compile(r"/home/[a-z]+/.*")
    USERS = "/users/me"


    def is_home(path):
        return path.startswith("/home/anna/") or path == "/Users/anna/notes.txt"


    def routes(app):
        app.add_url_rule("/home/index.html", "home")
        print("Copy it to /home/anna/notes.txt")

When to ignore: the path is made by the image that the code runs in.

References: https://12factor.net/config
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath

from harden.checklists.written import is_fallback
from harden.checks import Check, Fix
from harden.environment import SETTINGS_BASES, is_playground, screaming
from harden.findings import Finding, Risk, Severity
from harden.logs import log_call
from harden.module import Module
from harden.words import words_of

check = Check(
    id="absolute-path",
    title="Path of one machine",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.env_values:PathByVariable", Risk.REVIEW),
    words=("/home/", "/Users/", ":\\", ":/", "/mnt/c/", "/root/"),
)

_HOME = re.compile(
    r"(/home|/Users)/(?P<who>[A-Za-z][\w.\-]*)(/[^\s*?<>{}\[\]|]*)?|/mnt/[a-z]/Users/.+|/root/[\w.\-/]+"
)
_DRIVE = re.compile(r"[A-Za-z]:(\\+|/)(?!/)[^\n*?<>|\"{}]+")
_SYSTEM = re.compile(r"(?i)[a-z]:[\\/]+(program ?(files|data)|windows|winnt|symbols|temp\b|tmp\b)")
_IMAGE_USERS = frozenset(
    {
        "amnesia",
        "app",
        "appuser",
        "runner",
        "vscode",
        "airflow",
        "node",
        "site",
        "docker",
        "container",
        "user",
    }
)
_PATH_WORDS = frozenset(
    {"path", "dir", "directory", "folder", "file", "root", "home", "location", "filename", "output"}
    | {"input", "data", "model", "models", "log", "logs", "upload", "uploads", "exports", "export"}
    | {"base", "media", "static", "cert", "key", "config", "database", "db", "store", "storage", "cache"}
    | {"bin", "executable", "exe", "csv"}
)
_READS = (
    *("builtins.open", "io.open", "os.", "pathlib.", "shutil.", "glob.", "pandas.read_"),
    *("polars.read_", "numpy.load", "sqlite3.connect", "joblib.", "torch.load", "PIL.Image.open"),
    *("cv2.imread", "cv2.imwrite", "sys.path.", "subprocess.", "logging.FileHandler"),
    *("logging.handlers.", "dotenv.", "aiofiles.open", "zipfile.", "tarfile.", "flask.send_"),
    *(
        "fastapi.responses.FileResponse",
        "starlette.responses.FileResponse",
        "json.",
        "csv.",
        "yaml.",
        "openpyxl.",
    ),
)
_QUESTIONS = frozenset(
    {"startswith", "endswith", "removeprefix", "replace", "split", "strip", "match", "search", "join"}
    | {"add_argument", "option", "argument", "Option", "Argument", "add_url_rule", "route", "redirect"}
    | {"count", "index", "find"}
)


@check.node(ast.Constant)
def literal(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag a text that is a path below somebody's home, or on a drive."""
    if (
        not isinstance(node, ast.Constant)
        or not isinstance(node.value, str)
        or not _is_of_one_machine(node.value)
    ):
        return
    name = _name(module, node)
    if name is None or is_fallback(module, node) or is_playground(module, node):
        return
    facts = {"env": _variable(name, node.value)}
    if beside := _beside(module, node.value):
        facts["beside"] = beside
    yield check.found(module, node, "this path is there on one machine only", facts=facts)


def _beside(module: Module, text: str) -> str:
    """Return where a file of the project that the path ends with lies, seen from the module's folder."""
    parts = text.replace("\\", "/").split("/")
    tails = ("/".join(parts[at:]) for at in range(len(parts) - 1))
    tail = next((tail for tail in tails if "/" in tail and tail in module.project.paths), "")
    return posixpath.relpath(tail, PurePosixPath(module.path).parent) if tail else ""


def _is_of_one_machine(text: str) -> bool:
    if len(text) > 300 or "\n" in text:
        return False
    if home := _HOME.fullmatch(text):
        return home["who"] is None or (home["who"].lower() not in _IMAGE_USERS and bool(home[3]))
    return _DRIVE.fullmatch(text) is not None and not _SYSTEM.match(text)


def _name(module: Module, node: ast.Constant) -> str | None:
    """Return the name that the path goes under (maybe none) where it is used as a path; None elsewhere."""
    parent = module.parents.get(node)
    match parent:
        case ast.Assign(targets=[target], value=value) if value is node:
            return _assigned(module, parent, target)
        case ast.AnnAssign(target=target):
            return _assigned(module, parent, target)
        case ast.Call():
            if _is_reading(module, parent):
                return _holder(module, parent)
            return None
        case ast.keyword(arg=str() as name):
            call = module.parents[parent]
            if not isinstance(call, ast.Call) or _is_question(call) or log_call(module, call) is not None:
                return None
            return name if _is_path_name(name) else None
        case ast.BinOp(op=ast.Add() | ast.Div(), left=left) if left is node:
            return _holder(module, parent)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if value is node and isinstance(key, ast.Constant) and isinstance(key.value, str):
                    return key.value if _is_path_name(key.value) else None
    return None


def _assigned(module: Module, statement: ast.Assign | ast.AnnAssign, target: ast.expr) -> str | None:
    owner = module.parents.get(statement)
    if isinstance(owner, ast.ClassDef) and any(base in SETTINGS_BASES for base in module.bases(owner)):
        return None
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name if _is_path_name(name) or not _looks_like_route(statement.value) else None
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
    return None


def _looks_like_route(value: ast.expr | None) -> bool:
    """Tell whether a text may be a page of a website: `/home/welcome` names no file and is not deep."""
    text = value.value if isinstance(value, ast.Constant) else ""
    return (
        isinstance(text, str)
        and text.startswith("/home/")
        and text.count("/") < 4
        and not PurePosixPath(text).suffix
    )


def _holder(module: Module, node: ast.AST) -> str:
    """Return the name that a statement gives to what is made of the path, if any."""
    match module.parents.get(node):
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)]):
            return name if _is_path_name(name) or name.isupper() else ""
    return ""


def _is_path_name(name: str) -> bool:
    return not _PATH_WORDS.isdisjoint(words_of(name))


def _is_reading(module: Module, call: ast.Call) -> bool:
    if _is_question(call):
        return False
    return (module.resolve(call.func) or "").startswith(_READS)


def _is_question(call: ast.Call) -> bool:
    func = call.func
    return (
        func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    ) in _QUESTIONS


def _variable(name: str, text: str) -> str:
    if name:
        return screaming(name)
    pure = PureWindowsPath(text) if _DRIVE.fullmatch(text) else PurePosixPath(text)
    stem = screaming(re.sub(r"\W", "_", pure.stem)).strip("_")
    return f"{stem}_PATH" if stem and not stem[0].isdigit() else "DATA_PATH"
