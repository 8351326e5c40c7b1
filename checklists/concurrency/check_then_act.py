"""Between the look and the act, another process changes the file.

Two workers that start together both see no folder, both create it, and the second one dies with
FileExistsError; two that clean up both see the file, and the second one dies with FileNotFoundError. Ask for
the outcome in one step instead. Left out: a test before a file is read, tests whose act already copes
with the other outcome, and those that only tell files from folders.

Flagged:

    import os


    def save(folder, name, data):
        if not os.path.exists(folder):
            os.makedirs(folder)
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.remove(path)
        with open(path, "xb") as file:
            file.write(data)

Fixed:

    import contextlib
    import os


    def save(folder, name, data):
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, name)
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        with open(path, "xb") as file:
            file.write(data)

Flagged:

    from pathlib import Path


    def reset(folder: Path, lock: Path, parent: str):
        if not folder.exists():
            # readable by the group
            folder.mkdir(parents=True, mode=0o750)
        if lock.exists():
            lock.unlink()
        if parent and not Path(parent).is_dir():
            Path(parent).mkdir()

Fixed:

    from pathlib import Path


    def reset(folder: Path, lock: Path, parent: str):
        # readable by the group
        folder.mkdir(parents=True, mode=0o750, exist_ok=True)
        lock.unlink(missing_ok=True)
        if parent:
            Path(parent).mkdir(exist_ok=True)

Fine:

    import contextlib
    import os
    from pathlib import Path


    def save(folder, path, other):
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(folder):
            os.makedirs(folder, exist_ok=True)
        if os.path.exists(path):
            os.remove(other)
        if os.path.exists(path):
            with open(path) as file:
                return file.read()
        if os.path.exists(path):
            with contextlib.suppress(OSError):
                os.remove(path)
        try:
            if os.path.exists(path):
                os.remove(path)
        except FileNotFoundError:
            return None
        Path(path).unlink(missing_ok=True)
        for item in Path(folder).iterdir():
            if item.is_file():
                item.unlink()

When to ignore: only one process ever touches the path, for example below a fresh temporary folder.

References:
    https://docs.python.org/3/library/os.html#os.makedirs
    https://docs.python.org/3/glossary.html#term-LBYL
    https://cwe.mitre.org/data/definitions/367.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.handlers import caught
from harden.module import Module, has_star_arguments, is_literal, keyword

check = Check(
    id="check-then-act",
    title="File tested first and changed later",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.check_then_act:ActAtOnce", Risk.AUTO),
    codes=frozenset({"PTH103"}),
    words=("exists", "isdir", "isfile", "is_dir", "is_file"),
)

_TESTS = frozenset({"os.path.exists", "os.path.lexists", "os.path.isdir", "os.path.isfile", "os.path.islink"})
_PATH_TESTS = frozenset({"exists", "is_dir", "is_file", "is_symlink"})
_CREATORS = {"os.makedirs": "exist_ok", "os.mkdir": "makedirs"}
_REMOVERS = {
    "os.remove": "suppress",
    "os.unlink": "suppress",
    "os.rmdir": "suppress",
    "shutil.rmtree": "suppress",
}
_PATH_METHODS = {"mkdir": "exist_ok", "unlink": "missing_ok", "rmdir": "suppress"}
_COPING = frozenset(
    {
        "FileExistsError",
        "FileNotFoundError",
        "OSError",
        "IOError",
        "EnvironmentError",
        "Exception",
        "BaseException",
    }
)
_SAID = {
    "create": "another process may create the path between the test and this",
    "remove": "another process may remove the path between the test and this",
}


@check.node(ast.If)
def tested_first(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag an existence test whose body creates or removes the same path."""
    if not isinstance(node, ast.If):
        return
    for term in _terms(node.test):
        tested, wanted = _tested(module, term)
        if tested is None or _is_sorting(module, node, term):
            continue
        for statement in node.body:
            how = _act(module, statement, tested, wanted)
            if how and not _copes(module, node):
                facts = {"how": how, "term": str(_terms(node.test).index(term))}
                message = f"{module.segment(tested)}: {_SAID[wanted]}"
                if "\n" in message or len(message) > 120:
                    message = _SAID[wanted]
                yield check.found(
                    module, node, message, facts=facts, why_not=_why_not(module, node, term, how)
                )
                return


def _terms(test: ast.expr) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def _tested(module: Module, term: ast.expr) -> tuple[ast.expr | None, str]:
    """Return the path that a term asks for, and whether the answer leads to `create` or `remove`."""
    wanted = "remove"
    if isinstance(term, ast.UnaryOp) and isinstance(term.op, ast.Not):
        term, wanted = term.operand, "create"
    if not isinstance(term, ast.Call) or term.keywords:
        return None, wanted
    if module.resolve(term.func) in _TESTS and len(term.args) == 1:
        return term.args[0], wanted
    if isinstance(term.func, ast.Attribute) and term.func.attr in _PATH_TESTS and not term.args:
        return term.func.value, wanted
    return None, wanted


def _is_sorting(module: Module, node: ast.If, term: ast.expr) -> bool:
    """Tell whether a test asks what a path is (file or folder) rather than whether it is there."""
    name = ast.unparse(term)
    if not any(
        word in name for word in ("is_dir(", "is_file(", "isdir(", "isfile(", "is_symlink(", "islink(")
    ):
        return False
    names = {inner.id for inner in ast.walk(term) if isinstance(inner, ast.Name)}
    listed = (
        inner.id
        for outer in module.ancestors(node)
        if isinstance(outer, ast.For)
        for inner in ast.walk(outer.target)
        if isinstance(inner, ast.Name)
    )
    return bool(node.orelse) or not names.isdisjoint(listed) or _is_elif(module, node)


def _act(module: Module, statement: ast.stmt, tested: ast.expr, wanted: str) -> str:
    """Return how a statement can create or remove the tested path in one step, or nothing."""
    if wanted == "create" and isinstance(statement, ast.With):
        opened = statement.items[0].context_expr
        return "open" if isinstance(opened, ast.Call) and _creates(module, opened, tested) else ""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return ""
    call = statement.value
    path = module.resolve(call.func) or ""
    acts = _CREATORS if wanted == "create" else _REMOVERS
    if path in acts and call.args and _same(call.args[0], tested):
        done = keyword(call, "exist_ok") or keyword(call, "ignore_errors")
        return acts[path] if done is None and not has_star_arguments(call) else ""
    if isinstance(call.func, ast.Attribute) and _same(call.func.value, tested):
        method = call.func.attr
        if method in _PATH_METHODS and (method == "mkdir") == (wanted == "create"):
            given = keyword(call, "exist_ok") or keyword(call, "missing_ok")
            if has_star_arguments(call) or (given is not None and not is_literal(given, False)):
                return ""
            if len(call.args) > (2 if method == "mkdir" else 0):
                return ""
            return _PATH_METHODS[method]
    return ""


def _creates(module: Module, call: ast.Call, tested: ast.expr) -> bool:
    """Tell whether a call opens the tested path in order to write it anew."""
    if module.resolve(call.func) != "builtins.open" or not call.args or not _same(call.args[0], tested):
        return False
    mode = call.args[1] if len(call.args) > 1 else keyword(call, "mode")
    return (module.string(mode) or "").startswith("w")


def _same(one: ast.expr, other: ast.expr) -> bool:
    return ast.dump(one) == ast.dump(other)


def _copes(module: Module, node: ast.If) -> bool:
    """Tell whether the other outcome is caught around the test."""
    child: ast.AST = node
    for outer in module.ancestors(node):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return False
        if isinstance(outer, ast.Try) and child in outer.body:
            names = {
                path.rpartition(".")[2] for handler in outer.handlers for path in caught(module, handler)
            }
            if names & _COPING:
                return True
        if isinstance(outer, ast.With) and any(
            module.resolve(item.context_expr) == "contextlib.suppress" for item in outer.items
        ):
            return True
        child = outer
    return False


def _why_not(module: Module, node: ast.If, term: ast.expr, how: str) -> str:
    if how == "open":
        return 'Open with mode "x" and handle FileExistsError; what the loser should do only you can say.'
    if node.orelse:
        return "The test has an else branch: decide what it should do when the path changes meanwhile."
    if len(node.body) > 1:
        return "More than the one act depends on the test: decide whether it may run each time."
    if any(_asks_more(module, other) for other in _terms(node.test) if other is not term):
        return "The rest of the condition may depend on the test: decide what it means without it."
    if _is_elif(module, node):
        return "The test is an elif: turn it into a statement of its own first."
    if node.body[0].lineno == node.lineno:
        return "Test and act share a line: put the act on a line of its own first."
    return ""


def _asks_more(module: Module, term: ast.expr) -> bool:
    return any(
        isinstance(inner, ast.Call)
        and module.resolve(inner.func) not in ("builtins.isinstance", "builtins.len")
        for inner in ast.walk(term)
    )


def _is_elif(module: Module, node: ast.If) -> bool:
    outer = module.parents.get(node)
    return isinstance(outer, ast.If) and outer.orelse == [node] and module.segment(node).startswith("elif")
