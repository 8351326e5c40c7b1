"""Find the logger that a place in a file would use, or make the one that the file lacks."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from pydantic import Field

from harden.codemods.codemod import Options, PythonCodemod
from harden.errors import Refusal
from harden.findings import Finding
from harden.logs import Flavour, flavour_of_path
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind, Role, file_kind
from harden.tree import FunctionNode

_NAMES = ("logger", "log", "LOGGER", "LOG", "_logger", "_log")
_MAKERS = re.compile(r"(^|\.)(get_?[lL]ogger|get_task_logger|Logger|LoggerAdapter|getLoggerClass)$")

_LOGGER = re.compile(r"^(\w+)(?:: [\w.]+)? = [\w.]+\(__name__\)", re.MULTILINE)


class LoggerOptions(Options):
    """The logger that a file gets which has none."""

    name: str = Field(
        _NAMES[0],
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        title="Name of a new logger",
        description="used where the file has no logger yet",
    )


def logger_at(codemod: PythonCodemod, finding: Finding, name: str) -> tuple[str, Flavour]:
    """Return what to write for the logger at a finding, and its kind.

    The file's own logger is used, be it a name, an attribute of `self` or the application's; where
    there is none, one is made after the imports, called `name` or as the project calls its own. Raises
    Refusal when all names are taken.
    """
    module = codemod.module
    place = _place(module, finding)
    for known in (_by_name(module, place), _by_self(module, place), _by_application(module, place)):
        if known is not None:
            return known
    return _new(codemod, place, name)


def _new(codemod: PythonCodemod, place: ast.AST, name: str) -> tuple[str, Flavour]:
    """Make the logger that the file lacks, of the kind that the file or else the project uses."""
    module = codemod.module
    kind = preferred(module)
    if name == _NAMES[0]:
        name = _usual_name(module.project) or name
    if kind is Flavour.STRUCTLOG:
        return _made(codemod, name, "structlog", "get_logger"), kind
    if kind is Flavour.LOGURU:
        return codemod.import_name("loguru", "logger"), kind
    if module.role(place) is Role.TASK and _is_used(module.project, "get_task_logger"):
        return _assigned(
            codemod, name, codemod.import_name("celery.utils.log", "get_task_logger", top=True)
        ), kind
    return _made(codemod, name, "logging", "getLogger"), kind


def preferred(module: Module) -> Flavour:
    """Return the kind of logger that a file without one would use: its own imports, else the project's."""
    if module.imports("structlog"):
        return Flavour.STRUCTLOG
    if module.imports("loguru"):
        return Flavour.LOGURU
    if module.imports("logging"):
        return Flavour.STANDARD
    project = module.project
    users = {
        flavour: sum(1 for path in project.mentions(word) if _imports(project, path, flavour.value))
        for flavour, word in (
            (Flavour.STANDARD, "getLogger"),
            (Flavour.LOGURU, "loguru"),
            (Flavour.STRUCTLOG, "structlog"),
        )
    }
    return max(users, key=lambda flavour: users[flavour])


def _imports(project: Project, path: str, package: str) -> bool:
    if file_kind(path) is not FileKind.APP:
        return False
    return re.search(rf"^\s*(import|from) {package}\b", project.text(path), re.MULTILINE) is not None


def _is_used(project: Project, name: str) -> bool:
    return any(file_kind(path) is FileKind.APP for path in project.mentions(name))


def _usual_name(project: Project) -> str:
    """Return the name that most of the project's module loggers have."""
    found = Counter(
        match[1]
        for path in (*project.mentions("getLogger(__name__"), *project.mentions("get_logger(__name__"))
        if file_kind(path) is FileKind.APP
        for match in _LOGGER.finditer(project.text(path))
    )
    return found.most_common(1)[0][0] if found else ""


def _made(codemod: PythonCodemod, name: str, package: str, maker: str) -> str:
    return _assigned(codemod, name, codemod.import_member(package, maker, top=True))


def _assigned(codemod: PythonCodemod, name: str, call: str) -> str:
    for wanted in dict.fromkeys((name, "log", "_logger", "module_logger")):
        try:
            codemod.top_level(f"{wanted} = {call}(__name__)", binds=wanted)
        except Refusal:
            continue
        return wanted
    raise Refusal("Every usual name for a logger already means something else in this file.")


def _place(module: Module, finding: Finding) -> ast.AST:
    """Return the node that a finding is about."""
    nodes = (node for same in module.names.nodes.values() for node in same)
    for node in nodes:
        line = getattr(node, "lineno", 0)
        if line == finding.span.line and hasattr(node, "col_offset") and module.span(node) == finding.span:
            return node
    raise Refusal("The place was not found again.")


def _by_name(module: Module, place: ast.AST) -> tuple[str, Flavour] | None:
    bindings = module.names.scopes[module.tree].bindings
    names = [*(name for name in _NAMES if name in bindings), *bindings]
    for name in dict.fromkeys(names):
        flavour = _instance(module, name, bindings[name])
        if name not in _NAMES and _is_special(module, bindings[name][-1]):
            continue
        if flavour is not None and _is_visible(module, name, bindings[name], place):
            return name, flavour
    return None


def _instance(module: Module, name: str, bound: list[ast.AST]) -> Flavour | None:
    """Return the kind of logger that a name of the module holds; functions that make loggers hold none."""
    node = bound[-1]
    path = module.project.canonical(module.names.binding_path(node, name) or "")
    if not path or path in ("logging", "structlog", "loguru"):
        return None
    if isinstance(node, ast.alias):
        origin = module.parents[node]
        if not isinstance(origin, ast.ImportFrom) or _MAKERS.search(node.name):
            return None
        source = module.names.absolute(origin)
        full = f"{source}.{node.name}"
        if module.project.function_of(full) or module.project.class_of(full):
            return None
        if source.partition(".")[0] in ("logging", "structlog", "celery"):
            return None
        return flavour_of_path(module, path)
    parent = module.parents.get(node)
    if isinstance(node, ast.Name) and isinstance(parent, ast.Assign | ast.AnnAssign):
        value = parent.value
        if isinstance(value, ast.Call) or (isinstance(value, ast.Attribute) and "log" in value.attr.lower()):
            return None if _MAKERS.search(_written(value)) else flavour_of_path(module, path)
    return None


def _is_special(module: Module, node: ast.AST) -> bool:
    """Tell whether a logger has a subject of its own, as `getLogger("audit")` has."""
    parent = module.parents.get(node)
    call = parent.value if isinstance(parent, ast.Assign | ast.AnnAssign) else None
    return isinstance(call, ast.Call) and bool(call.args) and isinstance(call.args[0], ast.Constant)


def _written(value: ast.expr) -> str:
    """Return the dotted name of a value that is no call: a function that was only renamed."""
    return ast.unparse(value) if isinstance(value, ast.Attribute) else ""


def _is_visible(module: Module, name: str, bound: list[ast.AST], place: ast.AST) -> bool:
    for outer in module.ancestors(place):
        scope = module.names.scopes.get(outer)
        if scope is not None and outer is not module.tree and name in scope.bindings:
            return False
    if module.function(place) is not None:
        return True
    return all(getattr(node, "lineno", 0) < getattr(place, "lineno", 0) for node in bound)


def _by_self(module: Module, place: ast.AST) -> tuple[str, Flavour] | None:
    method = _method(module, place)
    owner = module.owner(method) if method is not None else None
    if method is None or owner is None or not method.args.args:
        return None
    first = method.args.args[0].arg
    if first != "self":
        return None
    for name in ("logger", "log", "_logger", "_log"):
        flavour = flavour_of_path(module, f"{module.names.local_path(owner)}.{name}")
        if flavour is not None:
            return f"{first}.{name}", flavour
    return None


def _method(module: Module, place: ast.AST) -> FunctionNode | None:
    functions = [outer for outer in module.ancestors(place) if isinstance(outer, FunctionNode)]
    return next((f for f in functions if isinstance(module.parents[f], ast.ClassDef)), None)


def _by_application(module: Module, place: ast.AST) -> tuple[str, Flavour] | None:
    """Return `app.logger` or `current_app.logger` where the file already writes through it."""
    if module.function(place) is None:
        return None
    for used in _application_loggers(module):
        name = used.value.id if isinstance(used.value, ast.Name) else ""
        bound = module.names.scopes[module.tree].bindings.get(name)
        if bound and _is_visible(module, name, bound, place):
            return f"{name}.logger", Flavour.STANDARD
    return None


def _application_loggers(module: Module) -> Iterator[ast.Attribute]:
    for attribute in module.nodes(ast.Attribute):
        if attribute.attr == "logger" and flavour_of_path(module, module.resolve(attribute) or ""):
            yield attribute
