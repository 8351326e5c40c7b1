"""Which statements set the debug mode of an application."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from harden.environment import settings_class
from harden.module import Module

_SWITCHES = ("DEBUG", "TESTING", "DEBUG_PROPAGATE_EXCEPTIONS", "TEMPLATE_DEBUG")
_APPLICATIONS = (
    *("flask.Flask", "quart.Quart", "fastapi.", "sanic.", "starlette.applications.", "chalice.Chalice"),
    *("apiflask.", "litestar."),
)
_TRUTHY = frozenset({"1", "true", "yes", "on", "t", "y"})
_OFF = {"1": "0", "t": "f", "y": "n", "true": "false", "yes": "no", "on": "off"}
DEBUG_NAME = re.compile(r"(\w+_)?(DEBUG|DEBUG_MODE)", re.IGNORECASE)


def debug_setting(module: Module, node: ast.Assign | ast.AnnAssign, target: ast.expr) -> str:
    """Return the name of the debug setting that a statement sets, or an empty string."""
    match target:
        case ast.Attribute(value=app, attr="debug" | "testing" as name):
            return name if (module.resolve(app) or "").startswith(_APPLICATIONS) else ""
        case ast.Attribute(value=ast.Attribute(value=app, attr="config"), attr="DEBUG" as name):
            return name if (module.resolve(app) or "").startswith("sanic.") else ""
        case ast.Subscript(
            value=ast.Attribute(attr="config"), slice=ast.Constant(value="DEBUG" | "TESTING" as name)
        ):
            return name
        case ast.Name(id=name) if name in _SWITCHES or DEBUG_NAME.fullmatch(name):
            return name if _is_setting(module, node, name) else ""
    return ""


def reads_as_on(default: ast.expr | None) -> bool:
    """Tell whether a default means that a switch is on."""
    return isinstance(default, ast.Constant) and str(default.value).lower() in _TRUTHY


def switched_off(default: ast.Constant) -> str:
    """Return the opposite of a default as it is written: `"True"` gives `False`, `"on"` gives `off`."""
    if not isinstance(default.value, str):
        return "False" if default.value is True else "0"
    off = _OFF[default.value.lower()]
    return off.title() if default.value.istitle() else off.upper() if default.value.isupper() else off


def _is_setting(module: Module, node: ast.stmt, name: str) -> bool:
    owner = module.parents.get(node)
    if isinstance(owner, ast.ClassDef):
        if settings_class(module, node):
            return True
        return name in ("DEBUG", "TESTING") and owner.name.lower().endswith(("config", "settings"))
    if not isinstance(owner, ast.Module) or name not in _SWITCHES:
        return False
    bound = module.names.scopes[module.tree].bindings
    path = PurePosixPath(module.path)
    is_settings = path.stem in ("settings", "config", "conf") or "settings" in path.parts[:-1]
    return len(bound[name]) == 1 and (
        is_settings or not bound.keys().isdisjoint({"INSTALLED_APPS", "ROOT_URLCONF"})
    )
