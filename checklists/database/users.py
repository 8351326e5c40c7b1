"""The user that a request comes from, as the frameworks hand it out."""

from __future__ import annotations

import ast

from harden.model import Model
from harden.model_facts import Orm
from harden.models import models_of
from harden.module import Module

_FLASK = ("flask_login.UserMixin", "flask_login.mixins.UserMixin")
_DJANGO = ("django.contrib.auth.models.AbstractUser", "django.contrib.auth.models.AbstractBaseUser")
_NAMES = ("AUTH_USER_MODEL", "User", "CustomUser")


def is_request_user(module: Module, expr: ast.expr) -> bool:
    """Tell whether an expression is the user of Django's request."""
    match expr:
        case ast.Attribute(value=ast.Name(id="request") | ast.Attribute(attr="request"), attr="user"):
            return "django" in module.project.imported
    return False


def model_of_user(module: Module, name: str) -> Model | None:
    """Return the model whose row is kept for the user of a request: `request.user.profile`."""
    for model in models_of(module.project).all:
        for relation in model.relations.values():
            towards = relation.target.model.rpartition(".")[2]
            if model.orm is not Orm.DJANGO or towards not in _NAMES:
                continue
            if name in (relation.back, model.name.lower()):
                return model
    return None


def current_user(module: Module, expr: ast.expr) -> Model | None:
    """Return the model of the user that Flask-Login, or Django's request, knows of."""
    path = module.resolve(expr) or "" if isinstance(expr, ast.Name) else ""
    flask = path.startswith("flask_login.") and path.endswith("current_user")
    if not flask and not is_request_user(module, expr):
        return None
    for model in models_of(module.project).all:
        above = module.project.ancestry((model.path,))
        if not model.abstract and any(base.startswith(_FLASK if flask else _DJANGO) for base in above):
            return model
    return None
