"""A file that is rewritten in place is empty or half written for a while, and for good after a crash.

`open(path, "w")` empties the file at once. Whoever reads it before the last byte is written gets nothing,
or JSON that breaks in the middle; a process that is killed at that moment (a deployment, a full disk, a
lack of memory) leaves it that way, and what it held is lost. Write a file beside it and put that in its
place with `os.replace`, which happens in one step: readers see the old content or the new one.

Looked at are files that the project reads again, and files of data (JSON, YAML, pickles) that request
handlers and tasks write. Left out: logs, exports and reports, new files (`"x"`), what is appended to,
temporary files, what is moved into its place, and commands.

Flagged:

    import json
    from pathlib import Path

    STATE = "state.json"
    ORDERS = "data/orders.json"


    def load() -> dict[str, str]:
        return json.loads(Path(STATE).read_text())


    def save(state: dict[str, str]) -> None:
        Path(STATE).write_text(json.dumps(state), encoding="utf-8")


    def orders() -> list[dict[str, str]]:
        with open(ORDERS) as source:
            return json.load(source)


    def add_order(order: dict[str, str]) -> None:
        known = orders()
        known.append(order)
        with open(ORDERS, "w", encoding="utf-8") as target:
            json.dump(known, target, indent=2)

Fixed:

    import contextlib
    import json
    import os
    import typing
    import uuid
    from collections.abc import Iterator
    from pathlib import Path


    @contextlib.contextmanager
    def replacing(path: typing.Any, mode: str, **options: typing.Any) -> Iterator[typing.IO[typing.Any]]:
        \"\"\"Open a file that takes the place of `path` in one step when it is complete.\"\"\"
        temporary = f"{path}.{uuid.uuid4().hex}.tmp"
        try:
            with open(temporary, mode, **options) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise


    STATE = "state.json"
    ORDERS = "data/orders.json"


    def load() -> dict[str, str]:
        return json.loads(Path(STATE).read_text())


    def save(state: dict[str, str]) -> None:
        with replacing(Path(STATE), "w", encoding="utf-8") as file:
            file.write(json.dumps(state))


    def orders() -> list[dict[str, str]]:
        with open(ORDERS) as source:
            return json.load(source)


    def add_order(order: dict[str, str]) -> None:
        known = orders()
        known.append(order)
        with replacing(ORDERS, "w", encoding="utf-8") as target:
            json.dump(known, target, indent=2)

Flagged (app/views.py):

    import json

    import aiofiles
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/profiles/{user_id}")
    async def profile(user_id: int, theme: str) -> None:
        async with aiofiles.open(f"profiles/{user_id}.json", "w") as target:
            await target.write(json.dumps({"theme": theme}))

Fixed (app/views.py):

    import json
    import os
    import uuid

    import aiofiles
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/profiles/{user_id}")
    async def profile(user_id: int, theme: str) -> None:
        path = f"profiles/{user_id}.json"
        temporary = f"{path}.{uuid.uuid4().hex}"
        async with aiofiles.open(temporary, "w") as target:
            await target.write(json.dumps({"theme": theme}))
        os.replace(temporary, path)

Pattern:

    import os
    import uuid


    def rewrite(path: str, text: str) -> None:
        temporary = f"{path}.{uuid.uuid4().hex}.tmp"
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)

Fine:

    import json
    import os
    import shutil
    from pathlib import Path

    import click
    from flask import Flask, request

    app = Flask(__name__)
    STATE = "state.json"


    def load():
        with open(STATE) as source:
            return json.load(source)


    def save(state):
        with open(f"{STATE}.tmp", "w") as target:
            json.dump(state, target)
        os.replace(f"{STATE}.tmp", STATE)


    def move(state):
        path = "/tmp/state.json"
        Path(path).write_text(json.dumps(state))
        shutil.move(path, STATE)


    def note(text):
        with open("notes.txt", "a") as target:
            target.write(text)


    def notes():
        return Path("notes.txt").read_text()


    @app.get("/export")
    def export():
        with open("exports/report.json", "w") as target:
            json.dump(rows(), target)
        return "ok"


    @click.command()
    def init():
        with open(STATE, "w") as target:
            json.dump({}, target)


    def write(path, text):
        with open(path, "w") as target:
            target.write(text)

When to ignore: nobody reads the file while it is written, and it can be made again from something else.

References:
    https://docs.python.org/3/library/os.html#os.replace
    https://lwn.net/Articles/457667/
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.file_paths import is_scratch
from harden.checklists.file_writes import Write, write_of
from harden.checklists.path_keys import is_read, key_of
from harden.checklists.served import served
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.roles import Role
from harden.tree import FunctionNode, name_of

check = Check(
    id="partial-write",
    title="File rewritten in place",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.replacing:ReplaceFile", Risk.REVIEW),
)

_DATA = (
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".pkl",
    ".pickle",
    ".index",
    ".idx",
    ".cache",
    ".ini",
    ".cfg",
    ".conf",
)
_RESULT = re.compile(
    r"(?i)export|report|output|result|dump|backup|pid|\.log$|log[s_]?/|\.csv$|\.html$|\.pdf$|\.png$"
)
_REPLACES = frozenset({"replace", "rename", "move", "renames"})
_FUNCTIONS = ("builtins.open", "io.open", "aiofiles.open")
_FORMS = frozenset({"builtins.open", "io.open", "pathlib.Path.open"})


@check.call(*_FUNCTIONS)
def opened(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag files that are opened to be written anew while others may read them."""
    yield from _rewritten(module, call)


@check.node(ast.Call, named=("open", "write_text", "write_bytes"))
def written(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag paths that are written anew while others may read them."""
    is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    if isinstance(node, ast.Call) and is_method and module.resolve(node.func) not in _FUNCTIONS:
        yield from _rewritten(module, node)


def _rewritten(module: Module, node: ast.Call) -> Iterator[Finding]:
    function = module.function(node)
    if function is None or module.role(node) is Role.CLI:
        return
    write = write_of(module, node)
    if write is None or write.form not in ("open", "text") or _is_new(module, node) or _is_replaced(function):
        return
    key = key_of(module, write.path)
    if not key or _RESULT.search(key) or is_scratch(module, write.path):
        return
    is_data = key.endswith(_DATA)
    if "{}" in key.rpartition("/")[2] and not is_data:
        return
    if is_read(module, write.path, key) or (is_data and served(module, node) is not None):
        message = f"{module.segment(write.path)} is empty or half written while it is rewritten"
        facts = {"form": write.form}
        yield check.found(module, node, message, facts=facts, why_not=_why_not(module, write))


def _is_new(module: Module, call: ast.Call) -> bool:
    """Tell whether a file is written that was not there before."""
    mode = next((text for arg in call.args[:2] if (text := module.string(arg)) in ("x", "xb", "xt")), "")
    return bool(mode) or any(_asks_whether_there(outer) for outer in module.ancestors(call))


def _asks_whether_there(node: ast.AST) -> bool:
    """Tell whether a branch is for the case that there is no file yet."""
    asked = node.test if isinstance(node, ast.If) else None
    match asked:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call):
            return name_of(call) in ("exists", "isfile", "is_file")
    return False


def _is_replaced(function: FunctionNode) -> bool:
    """Tell whether a function moves a file to its place."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and name_of(node) in _REPLACES and isinstance(node.func, ast.Attribute):
            holder = node.func.value
            if getattr(holder, "id", "") in ("os", "shutil") or len(node.args) == 1:
                return True
    return False


def _why_not(module: Module, write: Write) -> str:
    call, parent = write.call, module.parents.get(write.call)
    if write.form == "text":
        if not isinstance(parent, ast.Expr) or len(call.args) > 1:
            return "Its result is used, or its encoding is given by position: write it by hand."
        return ""
    if module.resolve(call.func) not in _FORMS:
        return "Write a file beside it, and put that in its place with os.replace."
    if not isinstance(parent, ast.withitem) or not isinstance(parent.optional_vars, ast.Name):
        return "It is not opened in a `with` block of its own, which would tell when it is complete."
    name = parent.optional_vars.id
    block = module.statement(call)
    if any(
        isinstance(n, ast.Attribute) and n.attr == "name" and getattr(n.value, "id", "") == name
        for n in ast.walk(block)
    ):
        return f"{name}.name is used, which would be that of the temporary file."
    if len(call.args) > (1 if module.resolve(call.func) == "pathlib.Path.open" else 2):
        return "It is opened with options by position: give them by name first."
    return ""
