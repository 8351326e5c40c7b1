"""Which loggers tell SQL statements, and from which level on."""

from __future__ import annotations

import ast
import re

from harden.checklists.written import written
from harden.module import Module

_LOUD = {"sqlalchemy": 20, "django.db": 10, "peewee": 10, "tortoise": 10, "databases": 10}
"""The highest level at which a library's loggers tell statements."""
_NAMES = re.compile(
    r"sqlalchemy(\.engine(\.Engine|\.base\.Engine|\.base)?)?|django\.db(\.backends(\.\w+)?)?|peewee|databases"
    r"|tortoise(\.db_client)?"
)
_LEVELS = {"DEBUG": 10, "INFO": 20}
_QUIET = 50


def tells_statements(module: Module, name: str, level: ast.expr) -> bool:
    """Tell whether a logger of this name tells statements at a level."""
    if not _NAMES.fullmatch(name):
        return False
    number = _LEVELS.get((module.resolve(level) or "").removeprefix("logging."), _QUIET)
    match written(module, level):
        case ast.Constant(value=int() as given) if given > 0:
            number = given
        case ast.Constant(value=str() as word):
            number = _LEVELS.get(word.upper(), _QUIET)
    return number <= next(least for library, least in _LOUD.items() if name.startswith(library))
