"""How a project changes its tables: the migrations tool that is set up, and its commands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from harden.model_facts import Orm
from harden.project import Project

_DECLARATIVE = (Orm.SQLALCHEMY, Orm.SQLMODEL)


class Tool(Enum):
    """A tool that changes tables as the models change; the value is what people call it."""

    ALEMBIC = "Alembic"
    FLASK_MIGRATE = "Flask-Migrate"
    DJANGO = "Django's migrations"
    AERICH = "Aerich"


_COMMANDS = {
    Tool.ALEMBIC: 'alembic revision --autogenerate -m "{about}"',
    Tool.FLASK_MIGRATE: 'flask db migrate -m "{about}"',
    Tool.DJANGO: "python manage.py makemigrations",
    Tool.AERICH: "aerich migrate",
}
_APPLIED = {
    Tool.ALEMBIC: "alembic upgrade head",
    Tool.FLASK_MIGRATE: "flask db upgrade",
    Tool.DJANGO: "python manage.py migrate",
    Tool.AERICH: "aerich upgrade",
}


@dataclass(frozen=True, slots=True)
class Migrations:
    """The tool by which a project migrates; None where none is set up."""

    tool: Tool | None

    def command(self, about: str) -> str:
        """Return the command that writes a migration, or nothing."""
        return _COMMANDS[self.tool].format(about=about) if self.tool is not None else ""

    @property
    def upgrade(self) -> str:
        """Return the command that brings a database up to date, or nothing."""
        return _APPLIED[self.tool] if self.tool is not None else ""

    def note(self, change: str, about: str) -> str:
        """Return what a person is told whose schema a fix changes: `change` is a whole sentence."""
        if self.tool is None:
            return (
                f"{change} Tables that exist stay as they are: no migrations tool is set up, "
                "so that change them by hand or set one up (`alembic init`)."
            )
        return f"{change} Make a migration with `{self.command(about)}` and read it before it runs."


def migrations_of(project: Project, orm: Orm | None = None) -> Migrations:
    """Return how a project migrates the tables of one of its libraries, or of the one that it has."""
    imported = project.imported
    if orm is Orm.DJANGO or (orm is None and "django" in imported):
        return Migrations(Tool.DJANGO)
    if orm is None or orm in _DECLARATIVE:
        if "flask_migrate" in imported:
            return Migrations(Tool.FLASK_MIGRATE)
        if "alembic" in imported or project.exists("alembic.ini"):
            return Migrations(Tool.ALEMBIC)
    if orm in (None, Orm.TORTOISE) and ("aerich" in imported or project.mentions("aerich.models")):
        return Migrations(Tool.AERICH)
    return Migrations(None)
