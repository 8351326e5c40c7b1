"""A service configures logging where it is made."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harden.fixing import codemod_class, make_offer
from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import project, write

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend

CALL = """\
logging.basicConfig(
    level=os.getenv("LOG_LEVEL", "INFO").upper(),
    format="%(asctime)s %(levelname)s %(name)s: %(message)s",
)
"""
HEAD = "import logging\nimport os\n\nfrom flask import Flask\n"


def margin(code: str) -> str:
    return "".join(f"    {line}" for line in code.splitlines(keepends=True))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from flask import Flask\napp = Flask('a')\n", f"{HEAD}\n{CALL}\napp = Flask('a')\n"),
        (
            '"""A."""\nfrom flask import Flask\n\n# the app\napp = Flask("a")\n',
            f'"""A."""\n{HEAD}\n{CALL}\n# the app\napp = Flask("a")\n',
        ),
        (
            "from dotenv import load_dotenv\nfrom flask import Flask\n\nload_dotenv()\n\nx = 1\n"
            "app = Flask('a')\n",
            "import logging\nimport os\n\nfrom dotenv import load_dotenv\nfrom flask import Flask\n\n"
            f"load_dotenv()\n\n{CALL}\nx = 1\napp = Flask('a')\n",
        ),
        (
            "from flask import Flask\n\n\ndef create_app():\n    x = 1\n\n"
            "    # the app\n    app = Flask('a')\n    return app\n",
            f"{HEAD}\n\ndef create_app():\n    x = 1\n\n{margin(CALL)}    # the app\n    app = Flask('a')\n"
            "    return app\n",
        ),
        (
            "from flask import Flask\n\n\ndef create_app():\n\treturn Flask('a')\n",
            f"{HEAD}\n\ndef create_app():\n{margin(CALL)}    return Flask('a')\n".replace("    ", "\t"),
        ),
        (
            "from os import getenv\nfrom flask import Flask\n\napp = Flask('a')\n",
            "import logging\nfrom os import getenv\nfrom flask import Flask\n\n"
            + CALL.replace("os.getenv", "getenv")
            + "\napp = Flask('a')\n",
        ),
        (
            "from flask import Flask\n\n\nclass Shop(Flask):\n    pass\n\n\napp = Shop('a')\n",
            f"{HEAD}\n{CALL}\n\nclass Shop(Flask):\n    pass\n\n\napp = Shop('a')\n",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_configured(mend: Mend, before: str, after: str, newline: str) -> None:
    mended = mend("no-logging-config", before.replace("\n", newline).replace("'", '"').encode())
    assert mended.refused == ()
    assert mended.data.decode() == after.replace("\n", newline).replace("'", '"')
    assert mend("no-logging-config", mended.data).data == mended.data


@pytest.mark.parametrize(
    "code",
    [
        "from flask import Flask\n\n\ndef create_app(): return Flask('a')\n",
        "import flask; app = flask.Flask('a')\n",
    ],
)
def test_refused(mend: Mend, code: str) -> None:
    mended = mend("no-logging-config", code)
    assert mended.text == code
    assert len(mended.refused) == 1


APP = "from flask import Flask\n\napp = Flask('a')\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/logs.py", "import logging.config\n\n\ndef f(x):\n    logging.config.dictConfig(x)\n"),
        ("app/logs.py", "from logging.config import fileConfig\n"),
        ("app/logs.py", "import logging\n\nlogging.getLogger().addHandler(logging.StreamHandler())\n"),
        ("app/logs.py", "import logging\n\n\ndef f(handler):\n    logging.getLogger().addHandler(handler)\n"),
        ("app/logs.py", "import structlog\n"),
        ("app/logs.py", "from company.logs import setup_logging\n"),
        ("gunicorn.conf.py", "logconfig = 'logs.ini'\n"),
        ("logging.ini", "[loggers]\n"),
        ("conf/log_config.yaml", "version: 1\n"),
        ("Dockerfile", "CMD uvicorn app.main:app --log-config logs.json\n"),
        ("run.sh", "gunicorn --log-config logs.conf app\n"),
    ],
)
def test_configured_already(mend: Mend, path: str, text: str) -> None:
    mended = mend("no-logging-config", APP, files={path: text})
    assert (mended.text, mended.refused) == (APP, ())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/logs.py", "import logging\n\n# logging.basicConfig()\nlogger = logging.getLogger(__name__)\n"),
        ("app/logs.py", '"""Call dictConfig."""\n'),
        ("app/logs.py", "import logging\n\nlogging.getLogger('a').addHandler(logging.NullHandler())\n"),
        ("migrations/env.py", "from logging.config import fileConfig\n\nfileConfig('a')\n"),
        ("scripts/load.py", "import logging\n\nlogging.basicConfig()\n"),
        ("tests/conftest.py", "import logging\n\nlogging.basicConfig()\n"),
        ("Dockerfile", "CMD uvicorn app.main:app --log-level info\n"),
    ],
)
def test_not_configured_by_that(mend: Mend, path: str, text: str) -> None:
    assert "basicConfig" in mend("no-logging-config", APP, files={path: text}).text


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("tests/conftest.py", APP),
        ("scripts/serve.py", APP),
        ("examples/app.py", APP),
        (
            "app/helpers.py",
            "from flask import Flask\n\n\ndef is_flask(x):\n    return isinstance(x, Flask)\n",
        ),
        (
            "app/cli.py",
            "import click\nfrom flask import Flask\n\n\n@click.command()\ndef x():\n    Flask('a')\n",
        ),
        ("app/worker.py", "from celery import Celery\n\napp = Celery('a')\n"),
        ("app/settings.py", "INSTALLED_APPS = []\nLOGGING = {}\nROOT_URLCONF = 'a'\n"),
    ],
)
def test_no_service(mend: Mend, path: str, code: str) -> None:
    mended = mend("no-logging-config", code, path=path)
    assert (mended.text, mended.refused) == (code, ())


def test_one_finding_per_project(mend: Mend) -> None:
    files = {"app/main.py": APP}
    assert mend("no-logging-config", APP, path="app/admin/side.py", files=files).text == APP
    assert mend("no-logging-config", APP, files={"app/admin/side.py": APP}).text != APP


def test_django_settings_get_it_before_what_overrides_them(mend: Mend) -> None:
    code = (
        "INSTALLED_APPS = []\nROOT_URLCONF = 'a'\nX = {\n    'a': 1,\n}\n\n"
        "try:\n    from .local import *\nexcept ImportError:\n    pass\n"
    )
    text = mend("no-logging-config", code, path="shop/settings.py").text
    assert text.startswith("import os\n\nINSTALLED_APPS")
    assert text.index("X = {") < text.index("LOGGING = {") < text.index("try:")
    assert "}\n\nLOGGING = {\n    'version': 1," in text
    assert text.endswith("    },\n}\n\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n")


def test_options(mend: Mend) -> None:
    text = mend("no-logging-config", APP, level="DEBUG", variable="SHOP_LOG").text
    assert "level=os.getenv('SHOP_LOG', 'DEBUG').upper()" in text


@pytest.mark.parametrize(
    ("path", "package"), [("app/main.py", "app.logging_config"), ("main.py", "logging_config")]
)
def test_json_lines(mend: Mend, path: str, package: str) -> None:
    files = {"app/__init__.py": ""}
    mended = mend("no-logging-config", APP, path=path, files=files, format="json")
    call = f"from {package} import configure_logging\n\nconfigure_logging()\n\napp = Flask('a')\n"
    assert mended.text == "from flask import Flask\n\n" + call
    [(other, code)] = mended.others.items()
    assert other == package.replace(".", "/") + ".py"
    record = logging.makeLogRecord(
        {"name": "shop", "levelname": "INFO", "msg": "order %s", "args": (7,), "who": 3}
    )
    names: dict[str, type[logging.Formatter]] = {}
    exec(compile(code, other, "exec"), names)  # noqa: S102
    line = json.loads(names["JsonFormatter"]().format(record))
    assert (line["message"], line["level"], line["logger"], line["who"]) == ("order 7", "INFO", "shop", 3)


def test_json_lines_for_django(mend: Mend) -> None:
    code = "import os\n\nINSTALLED_APPS = []\nROOT_URLCONF = 'a'\n"
    files = {"shop/__init__.py": "", "shop/logging_config.py": "x = 1\n"}
    mended = mend("no-logging-config", code, path="shop/settings.py", files=files, format="json")
    assert "'line': {'()': 'shop.json_logging.JsonFormatter'}," in mended.text
    assert list(mended.others) == ["shop/json_logging.py"]


FILES = {
    "app/__init__.py": "",
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
    "@app.get('/')\ndef f():\n    print('a')\n",
    "app/jobs.py": "def sync():\n    print('b')\n",
}


@pytest.mark.parametrize("path", ["app/main.py", "app/jobs.py"])
def test_prints_may_bring_the_configuration_along(tmp_path: Path, path: str) -> None:
    root = project(write(tmp_path, FILES))
    check = check_named("print-logging")
    findings = scan_file(root, Rules((check,)), path).findings
    plain = make_offer(root, check, findings).patch
    assert plain is not None
    assert "no-logging-config" in plain.notes[0]
    both = make_offer(root, check, findings, codemod_class(check).Options(configure=True)).patch
    assert both is not None
    after = {edit.path: edit.after.decode() for edit in both.edits}
    assert both.notes == ()
    assert "basicConfig" in after["app/main.py"]
    assert "logger.info" in after[path]
    assert set(after) == {"app/main.py", path}


def test_no_note_where_records_are_shown(tmp_path: Path) -> None:
    configured = {"app/logs.py": "import logging\n\nlogging.basicConfig()\n"}
    check = check_named("print-logging")
    warned = {"app/jobs.py": "def sync():\n    print('b failed')\n"}
    for files in (FILES | configured, FILES | warned):
        root = project(write(tmp_path, files))
        patch = make_offer(root, check, scan_file(root, Rules((check,)), "app/jobs.py").findings).patch
        assert patch is not None
        assert patch.notes == ()
        for name in configured:
            (tmp_path / name).unlink(missing_ok=True)
