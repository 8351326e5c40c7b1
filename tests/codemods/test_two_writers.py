"""Two writers at the same time: before the fix one of their changes is lost, after it both are kept."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.codemods.conftest import Mend

ID = "lost-update"

DJANGO = """
from django.db import connection, models


class Post(models.Model):
    views = models.IntegerField(default=0)

    class Meta:
        app_label = "app"


def view(pk):
    post = Post.objects.get(pk=pk)
    post.views += 1
    post.save()
    return post.views
"""
MEANWHILE = '''
import sys
import django
from django.conf import settings

settings.configure(DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}})
django.setup()
{code}

with connection.schema_editor() as editor:
    editor.create_model(Post)
Post.objects.create(pk=1)
save = Post.save


def meanwhile(self, *args, **kwargs):
    """Let another request through between reading and writing."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE app_post SET views = views + 1 WHERE id = 1")
    save(self, *args, **kwargs)


Post.save = meanwhile
print(view(1), Post.objects.get(pk=1).views)
'''


def django(code: str) -> str:
    script = MEANWHILE.format(code=code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def test_django(mend: Mend) -> None:
    done = mend(ID, DJANGO)
    assert django(DJANGO) == "1 1"
    assert django(done.text) == "2 2"


ALCHEMY = """
from sqlalchemy import Column, Integer
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    stock = Column(Integer)


def take(session: Session, number):
    item = session.get(Item, 1)
    item.stock -= number
    session.commit()
    return item.stock


def take_checked(session: Session, number):
    item = session.query(Item).filter(Item.id == 1).first()
    if item.stock < number:
        raise ValueError
    item.stock -= number
    session.commit()
    return item.stock
"""


def taken(code: str, folder: Path, *, expire: bool) -> tuple[int, int]:
    """Return what is left after two writers took 2 and 3 of 10, as the first one and as the database says."""
    from sqlalchemy import create_engine, event, text
    from sqlalchemy.orm import Session

    space: dict[str, Any] = {}
    exec(compile(code, "app.py", "exec"), space)  # noqa: S102
    engine = create_engine(f"sqlite:///{folder / 'items.db'}")
    space["Base"].metadata.drop_all(engine)
    space["Base"].metadata.create_all(engine)
    with Session(engine, expire_on_commit=expire) as session:
        session.add(space["Item"](id=1, stock=10))
        session.commit()

        @event.listens_for(session, "before_flush", once=True)
        def meanwhile(*_: object) -> None:
            with engine.begin() as other:
                other.execute(text("UPDATE items SET stock = stock - 2"))

        said = space["take"](session, 3)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT stock FROM items")).scalar_one()
    engine.dispose()
    return said, kept


@pytest.mark.parametrize("expire", [True, False])
def test_sqlalchemy(mend: Mend, tmp_path: Path, expire: bool) -> None:
    done = mend(ID, ALCHEMY)
    assert taken(ALCHEMY, tmp_path, expire=expire) == (7, 7)
    assert taken(done.text, tmp_path, expire=expire) == (5, 5)


def test_a_checked_row_is_locked_where_the_database_can(mend: Mend) -> None:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.orm import Query

    space: dict[str, Any] = {}
    exec(compile(mend(ID, ALCHEMY).text, "app.py", "exec"), space)  # noqa: S102

    class Asked(Exception):
        """The query that was to be run."""

    class Spy:
        def query(self, model: Any) -> Query[Any]:
            return SpyQuery([model])

    class SpyQuery(Query[Any]):
        def first(self) -> Any:
            raise Asked(str(self.statement.compile(dialect=postgresql.dialect())))  # type: ignore[no-untyped-call]

    with pytest.raises(Asked, match="FOR UPDATE"):
        space["take_checked"](Spy(), 3)


RAW = """
import sqlite3


def take(conn: sqlite3.Connection, number):
    stock = conn.execute("SELECT stock FROM items WHERE id = ?", (1,)).fetchone()[0]
    conn.execute("UPDATE items SET stock = ? WHERE id = ?", (stock - number, 1))
    conn.commit()
"""


def left(code: str, file: Path) -> int:
    class Slow(sqlite3.Connection):
        """Lets another writer through before each UPDATE."""

        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            if sql.startswith("UPDATE"):
                with sqlite3.connect(file) as other:
                    other.execute("UPDATE items SET stock = stock - 2")
                other.close()
            return super().execute(sql, *args)

    file.unlink(missing_ok=True)
    conn = sqlite3.connect(file, factory=Slow)
    conn.executescript("CREATE TABLE items (id INTEGER, stock INTEGER); INSERT INTO items VALUES (1, 10)")
    space: dict[str, Any] = {}
    exec(compile(code, "app.py", "exec"), space)  # noqa: S102
    space["take"](conn, 3)
    found: int = conn.execute("SELECT stock FROM items").fetchone()[0]
    conn.close()
    return found


def test_sqlite3(mend: Mend, tmp_path: Path) -> None:
    assert left(RAW, tmp_path / "raw.db") == 7
    assert left(mend(ID, RAW).text, tmp_path / "raw.db") == 5
