"""Which files are loaded by others, and what their imports set off in other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import project, write

CHECK = check_named("import-side-effect")
FETCH = "import requests\n\nRATES = requests.get('https://rates.shop.io').json()\n"


def messages(root: Path, files: dict[str, str], path: str = "app/rates.py") -> list[str]:
    found = scan_file(project(write(root, files)), Rules((CHECK,)), path)
    assert not found.problems
    return [finding.message for finding in found.findings]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/main.py", "from app.rates import RATES\n"),
        ("app/main.py", "from .rates import RATES\n"),
        ("app/main.py", "from app import mails, rates\n"),
        ("app/main.py", "from app import (\n    mails,\n    rates,\n)\n"),
        ("app/main.py", "import app.rates as all_rates\n"),
        ("app/main.py", "def late():\n    from app.rates import RATES\n"),
    ],
)
def test_a_module_that_another_one_imports(tmp_path: Path, path: str, text: str) -> None:
    assert messages(tmp_path, {"app/__init__.py": "", "app/rates.py": FETCH, path: text})


@pytest.mark.parametrize(
    "files",
    [
        {"app/main.py": "rates = 5\n"},
        {"app/main.py": "from app.other import rates_of\n"},
        {"app/rates.py": f"import streamlit\n{FETCH}", "app/main.py": "from app import rates\n"},
        {"app/rates.py": f"import argparse\n{FETCH}", "app/main.py": "from app import rates\n"},
        {"app/rates.py": f"{FETCH}while True:\n    print(RATES)\n", "app/main.py": "from app import rates\n"},
        {"app/rates.py": f"if __name__ == '__main__':\n    {FETCH.splitlines()[2]}\n", "app/main.py": FETCH},
    ],
)
def test_a_program_of_its_own(tmp_path: Path, files: dict[str, str]) -> None:
    assert not messages(tmp_path, {"app/rates.py": FETCH, **files})


def test_a_function_of_another_file_is_followed(tmp_path: Path) -> None:
    files = {
        "app/remote.py": "import requests\n\n\ndef load():\n    return requests.get('https://x.io').json()\n",
        "app/rates.py": "from flask import Flask\nfrom app.remote import load\n\nA = Flask('x')\nR=load()\n",
    }
    [message] = messages(tmp_path, files)
    assert message == (
        "load() waits for another machine (requests.get() at app/remote.py:5) when this module is imported"
    )


@pytest.mark.parametrize(
    "line",
    [
        "ROWS = psycopg2.connect('service=shop').cursor().fetchall()",
        "with psycopg2.connect('service=shop') as conn:\n    pass",
        "try:\n    redis.Redis('cache').ping()\nexcept redis.RedisError:\n    pass",
        "for row in psycopg2.connect('x').cursor().execute('SELECT 1'):\n    print(row)",
        "if psycopg2.connect('x'):\n    pass\nelse:\n    pass",
        "MONGO = MongoClient('mongodb://db')\nMONGO.admin.command('ping')",
        "SEARCH = Elasticsearch('https://es:9200')\nif not SEARCH.ping():\n    raise SystemExit",
        "POOL = ThreadPoolExecutor()\nPOOL.submit(print)",
        "TOKEN: str = boto3.client('ssm').get_parameter(Name='x')['Parameter']['Value']",
    ],
)
def test_wherever_it_stands_at_the_top_level(tmp_path: Path, line: str) -> None:
    head = (
        "from concurrent.futures import ThreadPoolExecutor\n\nimport boto3\nimport psycopg2\nimport redis\n"
        "from elasticsearch import Elasticsearch\nfrom flask import Flask\nfrom pymongo import MongoClient\n"
        "APP = Flask(__name__)\n"
    )
    assert len(messages(tmp_path, {"app/rates.py": f"{head}{line}\n"})) == 1


_LAMBDA = """import boto3

TABLE = boto3.client('ssm').get_parameter(Name='t')


def run(event, context):
    return TABLE
"""
_FACTORY = """import requests
from flask import Flask


def create_app():
    requests.get('https://x.io')
    return Flask('x')


APP = create_app()
"""
_SQLITE = "import sqlite3\nfrom flask import Flask\n\nAPP = Flask('x')\nCONN = sqlite3.connect('shop.db')\n"
_LATER = "import requests\nfrom flask import Flask\n\nAPP = Flask('x')\nLATER = [lambda: requests.get('x')]\n"


@pytest.mark.parametrize("code", [_LAMBDA, _FACTORY, _SQLITE, _LATER])
def test_what_is_no_side_effect(tmp_path: Path, code: str) -> None:
    assert not messages(tmp_path, {"app/rates.py": code, "app/main.py": "from app import rates\n"})


def test_a_migration_environment_is_a_program(tmp_path: Path) -> None:
    code = f"from alembic import context\n{FETCH}"
    files = {"app/revisions/env.py": code, "app/main.py": "from app.revisions import env\n"}
    assert not messages(tmp_path, files, "app/revisions/env.py")


@pytest.mark.parametrize(
    ("reader", "told"), [("@app.get('/')\ndef rows():", "shared-session"), ("if not app:", CHECK.id)]
)
def test_a_connection_is_told_once(tmp_path: Path, reader: str, told: str) -> None:
    text = (
        "import psycopg2\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        f"conn = psycopg2.connect('service=shop')\n{reader}\n    print(conn.cursor())\n"
    )
    rules = Rules((CHECK, check_named("shared-session")))
    found = scan_file(project(write(tmp_path, {"app.py": text})), rules, "app.py").findings
    assert [finding.check for finding in found] == [told]
