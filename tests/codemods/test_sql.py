"""Values leave the text of a statement and travel as parameters."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

HEAD = 'import sqlite3\n\ndb = sqlite3.connect("x")\n\n\ndef f(name, n, ids, table):\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            """db.execute(f"SELECT 1 FROM t WHERE a = '{name}'")""",
            """db.execute("SELECT 1 FROM t WHERE a = ?", (name,))""",
        ),
        (
            """db.execute("SELECT 1 FROM t WHERE a LIKE '%%%s' AND b = %s" % (name, n))""",
            """db.execute("SELECT 1 FROM t WHERE a LIKE ? AND b = ?", (f"%{name}", n))""",
        ),
        (
            """db.execute("SELECT 1 FROM t WHERE a = '{}' AND b = {k}".format(name, k=n))""",
            """db.execute("SELECT 1 FROM t WHERE a = ? AND b = ?", (name, n))""",
        ),
        (
            """db.execute("SELECT 1 FROM t WHERE a = '" + name + "' AND b = " + str(n))""",
            """db.execute("SELECT 1 FROM t WHERE a = ? AND b = ?", (name, str(n)))""",
        ),
        (
            """db.execute(f"SELECT 1 FROM {TABLE} WHERE a = {n}")""",
            """db.execute(f"SELECT 1 FROM {TABLE} WHERE a = ?", (n,))""",
        ),
        (
            """db.execute(\n        "SELECT 1"  # x\n        f" FROM t WHERE a = '{n}'"\n    )""",
            """db.execute(\n        "SELECT 1"  # x\n        " FROM t WHERE a = ?",\n        (n,),\n    )""",
        ),
        (
            """db.execute(f"INSERT INTO t VALUES ('{name}', '{{}}')")""",
            """db.execute("INSERT INTO t VALUES (?, '{}')", (name,))""",
        ),
    ],
)
def test_values_are_bound(mend: Mend, before: str, after: str) -> None:
    mended = mend("sql-injection", f"{HEAD}    {before}\n")
    assert mended.refused == ()
    assert mended.text == f"{HEAD}    {after}\n"
    assert mend("sql-injection", mended.text).text == mended.text


@pytest.mark.parametrize(
    ("driver", "call"),
    [
        ("psycopg2", """c.execute("SELECT 1 FROM t WHERE a LIKE 'x%%' AND b = %s", (v,))"""),
        ("asyncpg", """c.execute("SELECT 1 FROM t WHERE a LIKE 'x%' AND b = $1", v)"""),
        ("aiosqlite", """c.execute("SELECT 1 FROM t WHERE a LIKE 'x%' AND b = ?", (v,))"""),
    ],
)
def test_each_driver_has_its_placeholder(mend: Mend, driver: str, call: str) -> None:
    head = f"import {driver}\n\n\ndef f(c, v):\n    "
    line = """c.execute(f"SELECT 1 FROM t WHERE a LIKE 'x%' AND b = '{v}'")"""
    assert mend("sql-injection", f"{head}{line}\n").text == head + call + "\n"


@pytest.mark.parametrize(
    "line",
    [
        'db.execute(f"SELECT 1 FROM t WHERE a IN ({name})")',
        'db.execute(f"SELECT 1 FROM t ORDER BY {name}")',
        'db.execute(f"SELECT 1 FROM t WHERE a = {name} AND b = ?", (n,))',
        'db.execute(f"SELECT 1 FROM t WHERE a = {name:>10}")',
        "db.execute(f\"SELECT 1 FROM t WHERE a = '{name}-{n}'\")",
        'q = f"SELECT 1 FROM t WHERE a = {name}"\n    db.execute(q)\n    db.execute(q)',
        'q = f"SELECT 1 FROM t WHERE a = {name}"\n    q += " LIMIT 1"\n    db.execute(q)',
        'db.executescript(f"DELETE FROM t WHERE a = {name}")',
    ],
)
def test_what_cannot_be_bound_is_refused_with_a_reason(mend: Mend, line: str) -> None:
    mended = mend("sql-injection", f"{HEAD}    {line}\n")
    assert mended.text == f"{HEAD}    {line}\n"
    assert mended.refused


@pytest.mark.parametrize(
    "line",
    [
        'db.execute(f"SELECT 1 FROM t LIMIT {n + 1} OFFSET {len(ids)}")',
        'db.execute(f"SELECT COUNT(*) FROM {table}")',
        'marks = ",".join("?" * len(ids))\n    db.execute(f"SELECT 1 FROM t WHERE a IN ({marks})", ids)',
        'w = []\n    w.append("a = ?")\n    db.execute(f"SELECT 1 FROM t WHERE {\' AND \'.join(w)}", ids)',
        'if name not in ALLOWED:\n        raise KeyError\n    db.execute(f"SELECT 1 FROM t ORDER BY {name}")',
        'log.execute(f"selected {name}")',
        'db.execute("SELECT 1 FROM t WHERE a = ?", (name,))',
        'db.execute(f"SELECT 1 FROM {quote_identifier(table)}")',
    ],
)
def test_own_text_is_left_alone(mend: Mend, line: str) -> None:
    mended = mend("sql-injection", f"{HEAD}    {line}\n")
    assert mended.text == f"{HEAD}    {line}\n"
    assert not mended.refused


def test_a_clause_binds_its_own_value(mend: Mend) -> None:
    head = "from sqlalchemy import text\n\n\ndef f(s, v):\n    "
    mended = mend("sql-injection", head + "s.filter(text(f\"a = '{v}'\"))\n")
    assert mended.text == head + 's.filter(text("a = :v").bindparams(v=v))\n'


@pytest.mark.parametrize(
    "body",
    [
        'q = "SELECT 1 FROM t"\n    q = q + " WHERE a = \'" + name + "\'"\n    db.execute(q)',
        'db.execute("SELECT 1 FROM t WHERE a = %(name)s" % locals())',
        'db.execute("SELECT 1 FROM t WHERE a = {name}".format(**locals()))',
        'db.execute("".join(["SELECT 1 FROM t WHERE a = ", name]))',
        'c = [f"a = {name}"]\n    db.execute("SELECT 1 FROM t WHERE " + " AND ".join(c))',
        'q = g(name)\n    db.execute(q)\n\n\ndef g(a):\n    return f"SELECT 1 FROM t WHERE a = {a}"',
    ],
)
def test_text_of_several_steps_is_left_to_a_person(mend: Mend, body: str) -> None:
    mended = mend("sql-injection", f"{HEAD}    {body}\n")
    assert mended.text == f"{HEAD}    {body}\n"
    assert mended.refused


def test_a_cast_after_a_named_parameter_is_refused(mend: Mend) -> None:
    line = 's.execute(text(f"SELECT 1 FROM t WHERE a = {v}::int"))'
    code = f"from sqlalchemy import text\n\n\ndef f(s, v):\n    {line}\n"
    mended = mend("sql-injection", code)
    assert mended.text == code
    assert "CAST" in mended.refused[0]
