"""What else in the project relies on a list being whole: templates that count it, tests that fill pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.database.purposes import reaching
from harden.errors import UnreadableSource
from harden.module import Module
from harden.roles import FileKind
from harden.tree import FunctionNode

_RENDERS = ("render", "render_template", "TemplateResponse", "render_to_string", "HTMLResponse")
_TEMPLATES = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".txt", ".xml")


def counted_in_template(module: Module, handler: FunctionNode, rows: ast.expr, *, pages: bool) -> str:
    """Return where a template counts the rows that a handler gives it; `pages`: they become a page object."""
    for call in module.nodes(ast.Call):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name not in _RENDERS or module.function(call) is not handler:
            continue
        keys = [key for key, value in _context(module, call) if _is_rows(module, value, rows)]
        for template in _templates(module, call) if keys else ():
            if line := _counts(module.project.text(template), keys, pages=pages):
                return f"{template}:{line}"
    return ""


def _context(module: Module, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a template gets, by name."""
    for item in call.keywords:
        if item.arg and not isinstance(item.value, ast.Dict):
            yield item.arg, item.value
    for argument in (*call.args, *(item.value for item in call.keywords)):
        value = argument
        if isinstance(argument, ast.Name):
            bound = [module.parents.get(node) for node in reaching(module, argument)]
            value = next((b.value for b in bound if isinstance(b, ast.Assign)), argument)
        if isinstance(value, ast.Dict):
            for key, item_value in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, item_value


def _is_rows(module: Module, value: ast.expr, rows: ast.expr) -> bool:
    if value is rows:
        return True
    if not isinstance(value, ast.Name):
        return False
    statement = module.statement(rows)
    return any(module.statement(node) is statement for node in reaching(module, value))


def _templates(module: Module, call: ast.Call) -> list[str]:
    """Return the project's files that a call renders."""
    arguments = [*call.args, *(item.value for item in call.keywords)]
    names = [text for argument in arguments if (text := module.string(argument))]
    return [path for name in names if name.endswith(_TEMPLATES) for path in _files(module, name)]


def _files(module: Module, template: str) -> Iterator[str]:
    return (path for path in module.project.paths if path == template or path.endswith(f"/{template}"))


def counted_in_list_view(module: Module, template: str, keys: list[str]) -> str:
    """Return where the template of a class-based list counts its rows."""
    for path in _files(module, template) if template.endswith(_TEMPLATES) else ():
        if line := _counts(module.project.text(path), keys, pages=True):
            return f"{path}:{line}"
    return ""


def _counts(text: str, keys: list[str], *, pages: bool) -> int:
    """Return the line on which a template needs all rows of one of `keys`, 0 where it does not."""
    named = "|".join(map(re.escape, keys))
    shown = rf"\{{\{{[^{{}}]*\b(?:{named})\s*\|\s*(?:length|count)\b"
    asked = rf"\{{[{{%][^{{}}]*\b(?:{named})\.(?:count|exists|first|last|all|aggregate)\b"
    found = re.search(f"{shown}|{asked}" if pages else shown, text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def tested_rows(module: Module, handler: FunctionNode) -> str:
    """Return the place of the test that counts on most rows of a handler, and their number behind it."""
    routes = {
        text
        for decorator in handler.decorator_list
        if isinstance(decorator, ast.Call)
        for argument in decorator.args[:1]
        if (text := module.string(argument)) and len(text) > 2 and "{" not in text and "<" not in text
    }
    found: list[tuple[int, str]] = []
    for route in routes:
        for path in module.project.mentions(route):
            try:
                test = module.project.module(path)
            except UnreadableSource:
                continue
            if test.kind is FileKind.TEST:
                found += [(number, f"{path}:{line}") for number, line in _many_rows(test, route)]
    number, place = max(found, default=(0, ""))
    return f"{place} {number}" if place else ""


def _many_rows(test: Module, route: str) -> Iterator[tuple[int, int]]:
    """Yield how many rows a test that asks for `route` counts on, and the line."""
    functions: list[FunctionNode] = [*test.nodes(ast.FunctionDef), *test.nodes(ast.AsyncFunctionDef)]
    asks = re.compile(re.escape(route.rstrip("/")) + r"/?[\"'?]")
    for function in functions:
        if not asks.search(test.segment(function)):
            continue
        for node in ast.walk(function):
            for number in _counted(node):
                yield number, getattr(node, "lineno", function.lineno)


def _counted(node: ast.AST) -> list[int]:
    """Return the numbers of a `range(n)` or of a comparison with `len(…)`."""
    match node:
        case ast.Call(func=ast.Name(id="range"), args=args):
            found: list[ast.expr] = args
        case ast.Compare(left=ast.Call(func=ast.Name(id="len")), comparators=found):
            pass
        case _:
            return []
    return [item.value for item in found if isinstance(item, ast.Constant) and type(item.value) is int]
