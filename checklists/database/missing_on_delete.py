"""Rows that belong to a deleted one stay behind, or keep it from being deleted.

Without a rule, SQLAlchemy empties the foreign keys of the children when their parent is deleted: they
belong to nobody, are found by no query and are never removed. Where the key may not be empty the deletion
fails with an IntegrityError instead, first for the customer who has been there longest. What is to happen
should be said in the schema, so that it holds for each way by which a row is deleted. Reported is a foreign
key of SQLAlchemy or SQLModel without `ondelete`, where the project deletes rows of the parent and no
relationship between the two says `cascade`. Left out are links of a row to rows of its own table, tables
between two others, and parents whose children the deleting function takes care of itself.

Flagged:

    from sqlalchemy import ForeignKey
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


    class Base(DeclarativeBase):
        pass


    class Customer(Base):
        __tablename__ = "customers"

        id: Mapped[int] = mapped_column(primary_key=True)
        addresses: Mapped[list["Address"]] = relationship(back_populates="customer")


    class Address(Base):
        __tablename__ = "addresses"

        id: Mapped[int] = mapped_column(primary_key=True)
        customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
        customer: Mapped[Customer] = relationship(back_populates="addresses")


    def remove(session: Session, id: int):
        session.delete(session.get(Customer, id))
        session.commit()

Fixed:

    from sqlalchemy import ForeignKey
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


    class Base(DeclarativeBase):
        pass


    class Customer(Base):
        __tablename__ = "customers"

        id: Mapped[int] = mapped_column(primary_key=True)
        addresses: Mapped[list["Address"]] = relationship(
            back_populates="customer", cascade="all, delete-orphan", passive_deletes=True
        )


    class Address(Base):
        __tablename__ = "addresses"

        id: Mapped[int] = mapped_column(primary_key=True)
        customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
        customer: Mapped[Customer] = relationship(back_populates="addresses")


    def remove(session: Session, id: int):
        session.delete(session.get(Customer, id))
        session.commit()

Fine:

    from sqlalchemy import Column, ForeignKey, Integer
    from sqlalchemy.orm import backref, declarative_base, relationship

    Base = declarative_base()


    class Author(Base):
        __tablename__ = "authors"

        id = Column(Integer, primary_key=True)
        boss_id = Column(ForeignKey("authors.id"))
        notes = relationship("Note", cascade="all, delete-orphan")


    class Note(Base):
        __tablename__ = "notes"

        id = Column(Integer, primary_key=True)
        author_id = Column(ForeignKey("authors.id"))
        folder_id = Column(ForeignKey("folders.id"))


    class Book(Base):
        __tablename__ = "books"

        id = Column(Integer, primary_key=True)
        author_id = Column(ForeignKey("authors.id", ondelete="SET NULL"))


    class Prize(Base):
        __tablename__ = "prizes"

        id = Column(Integer, primary_key=True)
        author_id = Column(ForeignKey("authors.id"))
        author = relationship(Author, backref=backref("prizes", cascade="all, delete"))


    class Letter(Base):
        __tablename__ = "letters"

        id = Column(Integer, primary_key=True)
        author_id = Column(ForeignKey("authors.id"))


    class Folder(Base):
        __tablename__ = "folders"

        id = Column(Integer, primary_key=True)


    def remove(session, id):
        author = session.get(Author, id)
        session.query(Letter).filter_by(author_id=id).delete()
        session.delete(author)
        session.commit()

When to ignore: the children are to be kept without their parent, and the key may be empty.

References: https://docs.sqlalchemy.org/en/20/orm/cascades.html#using-foreign-key-on-delete-cascade-with-orm-relationships
https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.checklists.database.deletions import Deletion, deletions_of
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.model import Model
from harden.model_facts import Column, Orm, Place, Relation
from harden.models import models_of
from harden.module import Module
from harden.roles import FileKind

check = Check(
    id="missing-on-delete",
    title="Nothing said of the rows that a deleted one leaves",
    severity=Severity.LOW,
    words=("ForeignKey", "foreign_key"),
    kinds=frozenset({FileKind.APP}),
)


@check.module
def keys(module: Module) -> Iterator[Finding]:
    """Flag foreign keys to rows that the project deletes."""
    for child in models_of(module.project).in_file(module.path):
        if child.orm not in (Orm.SQLALCHEMY, Orm.SQLMODEL) or child.abstract or not child.lineage:
            continue
        for column in child.columns.values():
            if column.foreign_key is None or column.on_delete is not None or column.primary_key:
                continue
            if module.parents.get(column.place.node) is not child.place.node:
                continue  # inherited: the class that it stands in is a child itself
            parent = child.target(column.foreign_key)
            if parent is None or parent is child:
                continue
            if any(_has_rule(relation.place) for relation in _between(parent, child)):
                continue
            deletion = next(
                (item for item in deletions_of(parent) if not _is_cared_for(item, parent, child)), None
            )
            if deletion is not None:
                yield _finding(module, parent, child, column, deletion)


def _finding(module: Module, parent: Model, child: Model, column: Column, deletion: Deletion) -> Finding:
    """Report a key at the relationship of the parent, where that stands in the same file."""
    relation = next((item for item in parent.relations.values() if parent.target(item.target) is child), None)
    at = relation.place if relation is not None and relation.place.path == module.path else column.place
    outcome = "fails while it has" if column.nullable is False else "leaves"
    message = f"deleting a {parent.name} ({deletion.place}) {outcome} {child.name} rows, by {column.name}"
    return check.found(module, at.node, message)


def _between(parent: Model, child: Model) -> Iterator[Relation]:
    """Yield the relationships that lead from one model to the other."""
    yield from (item for item in parent.relations.values() if parent.target(item.target) is child)
    yield from (item for item in child.relations.values() if child.target(item.target) is parent)


def _has_rule(place: Place) -> bool:
    text = place.module.segment(place.node)
    return "cascade" in text or "passive_deletes" in text


def _is_cared_for(deletion: Deletion, parent: Model, child: Model) -> bool:
    """Tell whether the function that deletes speaks of the children, too."""
    names = {item.name for item in parent.relations.values() if parent.target(item.target) is child}
    names |= {item.back or "" for item in child.relations.values() if child.target(item.target) is parent}
    spoken = [f".{name}" for name in names if name]
    return any(text in deletion.around for text in [*spoken, f"({child.name}", f"{child.name}."])
