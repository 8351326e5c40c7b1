"""The models of a project: classes and tables whose rows a library keeps in a database."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harden.assigned import assigned
from harden.errors import UnreadableSource
from harden.model import Model
from harden.model_facts import Orm, Place, Relation, Target, last_of
from harden.model_kinds import orm_of
from harden.model_meta import option
from harden.module import Module
from harden.roles import FileKind, file_kind

if TYPE_CHECKING:
    from harden.project import Project

_TABLES = frozenset(
    {"sqlalchemy.Table", "sqlalchemy.schema.Table", "sqlalchemy.sql.schema.Table", "sqlmodel.Table"}
    | {"flask_sqlalchemy.SQLAlchemy.Table"}
)
_PACKAGES = frozenset(
    {"sqlalchemy", "flask_sqlalchemy", "sqlmodel", "django", "mongoengine", "flask_mongoengine", "beanie"}
    | {"odmantic", "peewee", "tortoise", "flask_appbuilder"}
)
_TELL_TALES = (
    *("= models.", "models.Model", "django.db.models", "proxy = True", "AbstractUser", "AbstractBaseUser"),
    *("Column(", "Mapped[", "__tablename__", " Table(", ".Table(", "db.Model", "SQLModel"),
    *("Document", "odmantic", "peewee", "tortoise"),
)
"""Words without which no file defines a model; each is looked for once in the project."""
_LISTED = (FileKind.APP, FileKind.SCRIPT)


@dataclass(slots=True)
class Known:
    """What is known of a project's models: by path with the file they were read from, and all of them."""

    models: dict[str, tuple[str, Model | None]] = field(default_factory=dict)
    all: tuple[Model, ...] | None = None
    files: tuple[str, ...] = ()
    named: dict[str, list[Model]] = field(default_factory=dict)
    pointing: dict[str, list[tuple[Model, Relation]]] | None = None


class Models:
    """Every model of a project, found when it is asked for.

    What is known is shared by all who ask; what an answer rests on is noted by each one's own project.
    """

    def __init__(self, project: Project, known: Known) -> None:
        self._project = project
        self._known = known

    def of(self, module: Module, expr: ast.expr) -> Model | None:
        """Return the model that an expression of a module names: a class, an instance of it, or a table."""
        if self._is_table(module, expr):
            return self._table(module, expr)
        path = module.resolve(expr)
        return self.at(path) if path else None

    def at(self, path: str) -> Model | None:
        """Return the model of a dotted path, as names are resolved."""
        known = self._known.models.get(path)
        if known is not None:
            self._project.rests_on(known[:1])  # whoever has asked before
            return known[1]
        found = self._project.class_of(path)
        if found is None:
            return None
        self._known.models[path] = found[0].path, None  # a class that leads to itself
        orm = orm_of(*found)
        model = Model(path, orm, Place(*found)) if orm is not None else None
        self._known.models[path] = found[0].path, model
        return model

    def _is_table(self, module: Module, expr: ast.expr) -> bool:
        return module.resolve(expr) in _TABLES

    def _table(self, module: Module, expr: ast.expr) -> Model | None:
        found = assigned(module, expr) if isinstance(expr, ast.Name | ast.Attribute) else None
        if found is None or not isinstance(found[1], ast.Call):
            return None
        return self._table_at(found[0], found[1])

    def _table_at(self, source: Module, call: ast.Call) -> Model | None:
        holder = source.parents.get(call)
        targets = holder.targets if isinstance(holder, ast.Assign) else [getattr(holder, "target", None)]
        name = targets[0].id if isinstance(targets[0], ast.Name) else ""
        path = f"{source.name}.{name}"
        if not name or last_of(source.resolve(call.func)) != "Table":
            return None
        made = source.path, Model(path, Orm.SQLALCHEMY, Place(source, call))
        return self._known.models.setdefault(path, made)[1]

    def in_file(self, path: str) -> Iterator[Model]:
        """Yield the models that a file defines, abstract ones too, in source order."""
        try:
            module = self._project.module(path)
        except UnreadableSource:
            return
        for owner in module.nodes(ast.ClassDef):
            model = self.at(module.names.local_path(owner))
            if model is not None:
                yield model
        for statement in module.tree.body:
            match statement:
                case ast.Assign(value=ast.Call() as call) | ast.AnnAssign(value=ast.Call() as call):
                    made = self._table_at(module, call) if self._is_table(module, call) else None
                    if made is not None:
                        yield made

    @property
    def all(self) -> tuple[Model, ...]:
        """Return every model of the application's files, abstract ones too."""
        if self._project.imported.isdisjoint(_PACKAGES):
            return ()
        some = [self._project.mentions(word) for word in _TELL_TALES]
        if self._known.all is None:
            paths = sorted({path for paths in some for path in paths})
            self._known.files = tuple(path for path in paths if file_kind(path) in _LISTED)
            self._known.all = tuple(model for path in self._known.files for model in self.in_file(path))
            for model in self._known.all:
                self._known.named.setdefault(model.name, []).append(model)
        self._project.rests_on(self._known.files)  # whoever has asked before
        return self._known.all

    def named(self, name: str) -> list[Model]:
        """Return the models whose class has this name."""
        return self._known.named.get(name, []) if self.all else []

    def target(self, towards: Target, near: Model) -> Model | None:
        """Return the model that `near` points to, by path, name, Django's `app.Model`, or table."""
        text = towards.model
        if text == "self":
            return near
        if text == "AUTH_USER_MODEL":
            text = self._user_model() or ""
        if text and (found := self.at(text)) is not None:
            return found
        if text and (name := last_of(f".{text}")):
            some = [model for model in self.named(name) if model.orm is near.orm]
            label = text.rpartition(".")[0]
            if near.orm is Orm.DJANGO:
                label = label or self.label_of(near) or ""
                some = [model for model in some if self.label_of(model) == label] or some[:0]
            return some[0] if len(some) == 1 else self._nearest(some, near)
        if towards.table:
            some = [model for model in self.all if model.table == towards.table]
            roots = [model for model in some if not any(_extends(model, other) for other in some)]
            return roots[0] if len(roots) == 1 else self._nearest(roots, near)
        return None

    def _nearest(self, some: list[Model], near: Model) -> Model | None:
        same = [model for model in some if model.place.path == near.place.path]
        return same[0] if len(same) == 1 else None

    def _user_model(self) -> str | None:
        for path in self._project.mentions("AUTH_USER_MODEL"):
            try:
                module = self._project.module(path)
            except UnreadableSource:
                continue
            for statement in module.tree.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id="AUTH_USER_MODEL")], value=value):
                        return module.string(value)
        return None

    def label_of(self, model: Model) -> str | None:
        """Return the label of the Django app that a model belongs to."""
        given = option(model.lineage[:1], Orm.DJANGO, "app_label")
        if given is not None:
            return given[0].module.string(given[1])
        parts = model.module.name.split(".")
        package = parts[: parts.index("models")] if "models" in parts else parts[:-1]
        return package[-1] if package else None

    def pointing_to(self, model: Model) -> Iterator[tuple[Model, Relation]]:
        """Yield every relation of the project that leads to a model, with the model that has it."""
        everything = self.all
        if self._known.pointing is None:
            self._known.pointing = {}
            for other in everything:
                for relation in other.relations.values() if not other.abstract else ():
                    if (found := other.target(relation.target)) is not None:
                        self._known.pointing.setdefault(found.path, []).append((other, relation))
        yield from self._known.pointing.get(model.path, ())


def _extends(model: Model, other: Model) -> bool:
    above = model.module.project.ancestry((model.path,))
    return model is not other and other.path in above


def models_of(project: Project) -> Models:
    """Return the models of a project, as the one who asks sees it."""
    whole: Project = getattr(project, "_whole", project)
    known: Known = vars(whole).setdefault("known_models", Known())
    return Models(project, known)
