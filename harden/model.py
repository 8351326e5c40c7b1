"""One model of a project, with what it inherits from the project's classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from harden.assigned import assigned
from harden.model_columns import columns_in, table_columns
from harden.model_facts import Column, Index, Manager, Orm, Place, Relation, Target, last_of, said
from harden.model_kinds import is_base_itself, is_flask, is_plain_base
from harden.model_meta import index_of, indexes_in, managers_in, option, says_abstract, table_name
from harden.model_relations import relations_in
from harden.module import Module

if TYPE_CHECKING:
    from harden.models import Models


class Model:
    """One model: a class, or a `Table` of SQLAlchemy Core, with what it inherits in the project."""

    def __init__(self, path: str, orm: Orm, place: Place) -> None:
        self.path = path
        self.orm = orm
        self.place = place
        self.name = path.rpartition(".")[2]

    def __repr__(self) -> str:
        return f"<{self.orm.value} model {self.path}>"

    @property
    def module(self) -> Module:
        """Return the module that defines it."""
        return self.place.module

    @property
    def models(self) -> Models:
        """Return the models of the project as its own file sees them."""
        from harden.models import models_of

        return models_of(self.module.project)

    @cached_property
    def lineage(self) -> tuple[tuple[Module, ast.ClassDef], ...]:
        """Return its class and those of its bases that the project defines, nearest first."""
        if not isinstance(self.place.node, ast.ClassDef):
            return ()
        above = self.module.project.ancestry((self.path,))[1:]
        found = [self.module.project.class_of(base) for base in above]
        return ((self.module, self.place.node), *(item for item in found if item is not None))

    @cached_property
    def abstract(self) -> bool:
        """Tell whether it has no table of its own: a base or mixin."""
        if not self.lineage:
            return False
        owner = self.lineage[0][1]
        return says_abstract(owner, self.orm) or is_base_itself(self.module, owner, self.orm)

    @cached_property
    def complete(self) -> bool:
        """Tell whether all of its bases are in sight; others may bring columns, managers and an order."""
        for module, owner in self.lineage:
            for base in owner.bases:
                path = module.resolve(base)
                if path is None or not (is_plain_base(path) or self.module.project.class_of(path)):
                    return False
        return True

    @cached_property
    def table(self) -> str | None:
        """Return the name of its table or collection, None where it cannot be told."""
        made = self._made
        if made is not None:
            return self.module.string(made.args[0]) if made.args else None
        if self.abstract:
            return None
        label = self.models.label_of(self) if self.orm is Orm.DJANGO else None
        flask = is_flask(self.module, self.lineage[0][1])
        return table_name(self.lineage, self.orm, self.name, flask=flask, label=label)

    @cached_property
    def _made(self) -> ast.Call | None:
        """Return the `Table(…)` that it is, or that its class is mapped to."""
        if isinstance(self.place.node, ast.Call):
            return self.place.node
        given = said(self.lineage[0][1], "__table__") if self.lineage else None
        found = assigned(self.module, given) if given is not None else None
        return found[1] if found is not None and isinstance(found[1], ast.Call) else None

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Return its columns by attribute, inherited ones below its own."""
        found: dict[str, Column] = {}
        for module, owner in reversed(self.lineage):
            for column in columns_in(module, owner, self.orm):
                found.pop(column.name, None)
                found[column.name] = column
        if self._made is not None:
            found |= {column.name: column for column in table_columns(self.module, self._made)}
        has_key = any(column.primary_key for column in found.values())
        if self.orm in (Orm.DJANGO, Orm.PEEWEE) and not has_key and not self.abstract:
            found = {"id": self._implied("django.db.models.BigAutoField"), **found}
        return found

    def _implied(self, kind: str) -> Column:
        """Return the primary key that nobody writes down."""
        return Column("id", self.place, "id", kind, None, True, True, True, False, implied=True)

    @cached_property
    def relations(self) -> dict[str, Relation]:
        """Return what it says itself, or inherits, of the rows of other models, by attribute."""
        found: dict[str, Relation] = {}
        for module, owner in reversed(self.lineage):
            place = Place(module, owner)
            found |= {item.name: item for item in relations_in(place, owner, self.orm, self.name)}
        return found

    @cached_property
    def indexes(self) -> tuple[Index, ...]:
        """Return indexes and constraints over columns that stand apart from these."""
        found = [index for module, owner in self.lineage for index in indexes_in(module, owner, self.orm)]
        if self._made is not None:
            calls = [item for item in self._made.args if isinstance(item, ast.Call)]
            found += [index for call in calls if (index := index_of(self.module, call)) is not None]
        return (*found, *self._apart())

    def _apart(self) -> Iterator[Index]:
        """Yield what `Index("ix", Model.column)` says below the class."""
        if self.orm not in (Orm.SQLALCHEMY, Orm.SQLMODEL) or "Index(" not in self.module.text:
            return
        for statement in self.module.tree.body:
            call = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
            if isinstance(call, ast.Call) and any(_is_of(item, self.name) for item in call.args):
                index = index_of(self.module, call)
                if index is not None:
                    yield index

    @cached_property
    def primary_key(self) -> tuple[str, ...]:
        """Return the attributes that are its primary key, nothing where that cannot be told."""
        found = tuple(name for name, column in self.columns.items() if column.primary_key)
        if found:
            return found
        keyed = [i for i in self.indexes if isinstance(i.place.node, ast.Call) and _is_key(i.place)]
        return keyed[0].columns if keyed else ()

    def is_indexed(self, name: str) -> bool | None:
        """Tell whether rows are found by a column without reading all of them; None where it is not known."""
        column = self.columns.get(name)
        if column is None:
            return None
        said_so = (column.primary_key, column.unique, column.indexed)
        first = {index.columns[0] for index in self.indexes if index.columns and not index.partial}
        if any(said_so) or name in first or column.stored in first:
            return True
        return None if None in said_so else False

    @cached_property
    def ordering(self) -> tuple[Place, ast.expr] | None:
        """Return the default order of its rows, as it is written; None where there is none."""
        if self.orm not in (Orm.DJANGO, Orm.MONGOENGINE, Orm.TORTOISE):
            return None
        found = option(self.lineage, self.orm, "ordering")
        empty = found is not None and isinstance(found[1], ast.List | ast.Tuple) and not found[1].elts
        return None if empty else found

    @cached_property
    def managers(self) -> dict[str, Manager]:
        """Return the managers of a Django model by attribute, without the implied `objects`."""
        found: dict[str, Manager] = {}
        for module, owner in reversed(self.lineage if self.orm is Orm.DJANGO else ()):
            found |= {item.name: item for item in managers_in(module, owner)}
        return found

    def gives_many(self, relation: Relation) -> bool | None:
        """Tell whether a relation gives several rows, by the keys of both sides where it does not say so."""
        if relation.many is not None or self.orm not in (Orm.SQLALCHEMY, Orm.SQLMODEL):
            return relation.many
        other = self.target(relation.target)
        if other is None or other is self:
            return None
        away, back = self._leads_to(other), other._leads_to(self)
        return back if away != back else None

    def _leads_to(self, other: Model) -> bool:
        """Tell whether a foreign key of this model leads to another one, or to a class that it extends."""
        above = {other.path, *(source.names.local_path(owner) for source, owner in other.lineage)}
        keys = [column.foreign_key for column in self.columns.values() if column.foreign_key is not None]
        return any((found := self.target(key)) is not None and found.path in above for key in keys)

    def target(self, towards: Target) -> Model | None:
        """Return the project's model that a key or relation of this one points to."""
        return self.models.target(towards, self)


def _is_of(item: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(item))


def _is_key(place: Place) -> bool:
    node = place.node
    return isinstance(node, ast.Call) and last_of(place.module.resolve(node.func)) == "PrimaryKeyConstraint"
