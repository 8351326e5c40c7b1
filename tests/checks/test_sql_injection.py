"""SQL that is put together in one place and run in another; data from outside is followed there."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.findings import Finding
from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import write

DB = """import sqlite3

conn = sqlite3.connect("x")


def run(sql, *args):
    cur = conn.cursor()
    cur.execute(sql, args)
    return cur.fetchall()
"""
PARTS = """def build(name):
    return f"SELECT * FROM users WHERE name = '{name}'"


def clause(name):
    return "name = '" + name + "'"


def marks(values):
    return ", ".join("?" for _ in values)


class Repo:
    BY_NAME = "SELECT * FROM users WHERE name = '%s'"
"""
HEAD = """from flask import Flask, request
from app import db, parts

app = Flask(__name__)


"""


def findings(tmp_path: Path, code: str) -> list[Finding]:
    files = {"app/__init__.py": "", "app/db.py": DB, "app/parts.py": PARTS, "app/main.py": HEAD + code}
    write(tmp_path, files)
    project, rules = Project(tmp_path, tuple(sorted(files))), Rules((check_named("sql-injection"),))
    results = [scan_file(project, rules, path) for path in project.paths]
    assert not any(result.problems for result in results)
    return [finding for result in results for finding in result.findings]


ROUTE = '@app.route("/x/<name>")\ndef view(name):\n    '


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("return db.run(parts.build(name))", "app/parts.py:2"),
        ("query = parts.build(name)\n    return db.conn.execute(query)", "app/parts.py:2"),
        ('return db.run("SELECT 1 FROM t WHERE " + parts.clause(name))', "app/main.py:9"),
        ("return db.conn.execute(parts.Repo.BY_NAME % name)", "app/main.py:9"),
        ("return db.run(f\"SELECT 1 FROM t WHERE a = '{name}'\")", "app/main.py:9"),
        ('return db.run("".join(["SELECT 1 FROM t WHERE a = \'", name, "\'"]))', "app/main.py:9"),
        (
            'q = "SELECT 1 FROM t WHERE a = 1"\n    q += f" AND b = \'{name}\'"\n    return db.run(q)',
            "app/main.py:10",
        ),
        (
            "wheres = []\n    wheres.append(f\"a = '{name}'\")\n"
            '    return db.conn.execute("SELECT 1 FROM t WHERE " + " AND ".join(wheres))',
            "app/main.py:10",
        ),
        ('return db.conn.execute(request.args["q"])', "app/main.py:9"),
        ('sort = request.args["s"]\n    return db.run(f"SELECT 1 FROM t ORDER BY {sort}")', "app/main.py:10"),
        ('return db.conn.execute("SELECT 1 FROM t WHERE a = \':x\'".replace(":x", name))', "app/main.py:9"),
        ('return db.conn.execute("SELECT 1 FROM t WHERE a = %(name)s" % locals())', "app/main.py:9"),
    ],
)
def test_text_is_found_where_it_is_built(tmp_path: Path, body: str, where: str) -> None:
    assert [finding.place for finding in findings(tmp_path, f"{ROUTE}{body}\n")] == [where]


@pytest.mark.parametrize(
    "body",
    [
        'return db.run("SELECT 1 FROM t WHERE a = ?", name)',
        'return db.run(f"SELECT 1 FROM t WHERE a IN ({parts.marks(name)})", *name)',
        'return db.run(f"SELECT 1 FROM t WHERE a = {int(name)}")',
        'sort = name if name in ("a", "b") else "a"\n    return db.run(f"SELECT 1 FROM t ORDER BY {sort}")',
        'sort = {"a": "x", "b": "y"}.get(name, "x")\n    return db.run(f"SELECT 1 FROM t ORDER BY {sort}")',
        'q = "SELECT 1 FROM t"\n    if name:\n        q += " WHERE a = ?"\n    return db.run(q, name)',
        "return parts.build(name).lower().split()",
        "return logger.info(parts.build(name))",
    ],
)
def test_own_text_is_left_alone(tmp_path: Path, body: str) -> None:
    assert findings(tmp_path, f"{ROUTE}{body}\n") == []


def test_the_way_from_request_to_database_is_told(tmp_path: Path) -> None:
    code = '@app.route("/x")\ndef view():\n    sort = request.args["sort"]\n    return listed(sort)\n\n\n'
    code += 'def listed(sort):\n    return db.run(f"SELECT 1 FROM t ORDER BY {sort}")\n'
    (found,) = findings(tmp_path, code)
    assert found.steps == (
        "app/main.py:9 request.args['sort'] is request data",
        "app/main.py:9 sort holds it",
        "app/main.py:10 passed to listed()",
        "app/main.py:14 passed to run()",
        "app/db.py:8 execute() runs it",
    )
    assert not found.fixable
