"""What a service prints goes to the logger that its file has, or gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend

HEAD = """\
import logging

from fastapi import FastAPI

logger = logging.getLogger(__name__)

app = FastAPI()


"""


def handler(*lines: str) -> str:
    return HEAD + "".join(
        f"{line}\n" for line in ('@app.get("/")', "def f(x, y):", *(f"    {line}" for line in lines))
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("print('a')", "logger.info('a')"),
        ("print(x)", 'logger.info("%s", x)'),
        ("print('a', x, 'b')", "logger.info('a %s b', x)"),
        ('print("a:", x, f"{y:.1f}")', 'logger.info("a: %s %.1f", x, y)'),
        ("print(x, y, sep=', ', end='\\n\\n', flush=True)", 'logger.info("%s, %s", x, y)'),
        ("print(x, y, sep='')", 'logger.info("%s%s", x, y)'),
        ('print("50%", x)', 'logger.info("50%% %s", x)'),
        ('print("50%")', 'logger.info("50%")'),
        ('print("\\na\\n")', 'logger.info("a")'),
        ('print("error: %s" % x)', 'logger.error("error: %s", x)'),
        ('print("retrying", x)', 'logger.warning("retrying %s", x)'),
        ('print("DEBUG", x)', 'logger.debug("DEBUG %s", x)'),
        ('print("x is deprecated and fails")', 'logger.warning("x is deprecated and fails")'),
        ("print((yield))", 'logger.info("%s", (yield))'),
        ("print(*[], x) if x else print(y)", None),
        ("x and print(x)", 'x and logger.info("%s", x)'),
        ("g = lambda: print(x)", 'g = lambda: logger.info("%s", x)'),
        ("if x: print(x); y()", 'if x: logger.info("%s", x); y()'),
        ("print(x); print(y)", 'logger.info("%s", x); logger.info("%s", y)'),
        ("print(print(x))", 'logger.info("%s", logger.info("%s", x))'),
        (
            "print(\n        x,  # the first\n        y,\n    )",
            'logger.info(\n        "%s %s",\n        x,\n        y,\n    )',
        ),
        ("print(y := x)", 'logger.info("%s", (y := x))'),
        ("print('a')\n    print()\n    print('-' * 9)", "logger.info('a')"),
    ],
)
def test_rewritten(mend: Mend, before: str, after: str | None) -> None:
    mended = mend("print-logging", handler(before))
    if after is None or "# the first" in before:
        assert mended.refused
        return
    assert not mended.refused
    assert mended.text == handler(after)
    assert mend("print-logging", mended.text).text == mended.text


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("print(x, end='')", "part of a line"),
        ("print(*x)", "number of values"),
        ("print(x, y, sep=y)", "computed"),
        ("if x:\n        print()", "all that its block does"),
        ("y = [print() for _ in x]", "value is used"),
    ],
)
def test_refused_with_a_reason(mend: Mend, line: str, reason: str) -> None:
    mended = mend("print-logging", handler(line))
    assert mended.text == handler(line)
    assert reason in mended.refused[0]


@pytest.mark.parametrize(
    ("imports", "made", "logger"),
    [
        ("from loguru import logger\n", "", "logger"),
        ("import structlog\n\nlog = structlog.get_logger()\n", "", "log"),
        ("import structlog\n", "\nlogger = structlog.get_logger(__name__)\n", "logger"),
        ("import logging\n\nLOG = logging.getLogger('a')\n", "", "LOG"),
        ("from logging import getLogger\n", "\nlogger = getLogger(__name__)\n", "logger"),
        ("import logging as lg\n", "\nlogger = lg.getLogger(__name__)\n", "logger"),
        ("import logging\n\nlogger = 3\n", "\nlog = logging.getLogger(__name__)\n", "log"),
        ("from app.logs import logger\n", "", "logger"),
        ("from app.logs import get_logger\n\naudit = get_logger()\n", "", "audit"),
        ("from celery.utils.log import get_task_logger\n\nlog = get_task_logger(__name__)\n", "", "log"),
    ],
)
def test_the_logger_of_the_file(mend: Mend, imports: str, made: str, logger: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/logs.py": "import logging\nlogger = logging.getLogger()\ndef get_logger():\n    return logger\n",
    }
    code = "from celery import shared_task\n{}\n\n@shared_task\ndef f():\n    {}\n"
    first, _, rest = imports.partition("\n")
    mended = mend("print-logging", code.format(imports, 'print("a")'), files=files)
    assert mended.text.endswith(f'    {logger}.info("a")\n')
    assert made.strip() in mended.text
    assert first in mended.text
    assert mended.text.count("getLogger") == (imports + made).count("getLogger")
    assert not rest or rest in mended.text


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (
            "from flask import Flask, current_app\n\napp = Flask(__name__)\ncurrent_app.logger.info('up')\n\n"
            "\n@app.get('/')\ndef f():\n    print('a')\n",
            "    current_app.logger.info('a')\n",
        ),
        (
            "import logging\n\nfrom flask.views import MethodView\n\n\nclass V(MethodView):\n"
            "    log = logging.getLogger('v')\n\n    def get(self):\n        print('a')\n",
            "        self.log.info('a')\n",
        ),
        (
            "import logging\n\nfrom celery import shared_task\n\nlogger = logging.getLogger('v')\n\n"
            "\n@shared_task\ndef f(logger):\n    print('a')\n",
            "    log.info('a')\n",
        ),
    ],
)
def test_the_logger_at_the_place(mend: Mend, code: str, line: str) -> None:
    assert mend("print-logging", code).text.endswith(line)


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    print(x)\n",
        "import click\nimport flask\n\ndef f(x):\n    print(x)\n",
        "import flask\n\ndef f(x):\n    print(x)\n\nif __name__ == '__main__':\n    f(1)\n",
        "import flask\n\ndef print_table(x):\n    print(x)\n",
        "import flask\n\ndef f(x, file):\n    print(x, file=file)\n    print(x, **file)\n",
        "import flask\n\ndef f(x, print):\n    print(x)\n",
        "import flask\nfrom rich import print\n\ndef f(x):\n    print(x)\n",
        "import flask\n\ndef f(x, verbose):\n    if verbose > 1:\n        print(x)\n",
        "import flask\n\ndef f():\n    print('which?')\n    return input()\n",
        "import flask\nimport sys\n\ndef f(x):\n    print(x)\n    sys.exit(1)\n",
        "import flask\nimport sys\n\ndef f(x):\n    print(x)\n    raise SystemExit\n",
        "import flask, logging\nclass H(logging.Handler):\n    def emit(self, r):\n        print(r)\n",
        "import flask\nimport sys\n\ndef f(x):\n    return sys.stderr.write(x)\n",
    ],
)
def test_programs_may_print(mend: Mend, code: str) -> None:
    mended = mend("print-logging", code)
    assert (mended.text, mended.refused) == (code, ())


@pytest.mark.parametrize(
    "path", ["app/cli.py", "manage.py", "scripts/a.py", "app/management/commands/a.py", "tests/a.py"]
)
def test_files_of_programs_may_print(mend: Mend, path: str) -> None:
    code = "import flask\n\n\ndef f(x):\n    print(x)\n"
    assert mend("print-logging", code, path=path).text == code


def test_settings_print_before_logging_is_set_up(mend: Mend) -> None:
    code = "import flask\n\nprint('no key')\n\n\ndef f():\n    pass\n"
    assert mend("print-logging", code, path="app/settings.py").text == code
    assert mend("print-logging", code).text != code


def test_a_service_is_told_by_its_other_files(mend: Mend) -> None:
    code = "def f(x):\n    print(x)\n"
    files = {"app/web.py": "from flask import Flask\n"}
    wanted = (
        'import logging\n\nlogger = logging.getLogger(__name__)\n\n\ndef f(x):\n    logger.info("%s", x)\n'
    )
    assert mend("print-logging", code, files=files).text == wanted


def test_functions_that_only_programs_call_may_print(mend: Mend) -> None:
    code = "import flask\n\n\ndef load_all(x):\n    print(x)\n"
    user = "from app.main import load_all\n\nload_all(1)\n"
    for path in ("scripts/load.py", "app/management/commands/load.py", "manage.py"):
        assert mend("print-logging", code, files={path: user}).text == code
    for path in ("app/views.py", "tests/test_load.py"):
        assert mend("print-logging", code, files={path: user}).text != code
    both = {"scripts/load.py": user, "app/views.py": user}
    assert mend("print-logging", code, files=both).text != code


def test_one_traceback_per_except_block(mend: Mend) -> None:
    lines = ("try:", "    x()", "except Exception:", "    print('oh')", "    print('x was', x)")
    text = mend("print-logging", handler(*lines)).text
    assert "        logger.exception('oh')\n        logger.warning('x was %s', x)\n" in text


def test_except_blocks_give_the_level(mend: Mend) -> None:
    lines = [
        "try:",
        "    x()",
        "except KeyError:",
        "    print('none')",
        "except Exception:",
        "    print('oh')",
    ]
    text = mend("print-logging", handler(*lines)).text
    assert "except KeyError:\n        logger.warning('none')\n" in text
    assert "except Exception:\n        logger.exception('oh')\n" in text


def test_options(mend: Mend) -> None:
    code = "from celery import shared_task\n\n\n@shared_task\ndef f():\n    print('failed')\n"
    text = mend("print-logging", code, name="LOG", level="debug").text
    assert text == (
        "import logging\n\nfrom celery import shared_task\n\nLOG = logging.getLogger(__name__)\n\n\n"
        "@shared_task\ndef f():\n    LOG.debug('failed')\n"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_header_and_encoding_survive(mend: Mend, newline: str) -> None:
    head = '# -*- coding: latin-1 -*-\n"""Grün."""\nfrom __future__ import annotations\n\n'
    head += "from celery import shared_task\n"
    body = "\n\n@shared_task\ndef f():\n\tprint('grün')\n"
    before, after = (
        text.replace("\n", newline).encode("latin-1")
        for text in (
            head + body,
            head.replace("from celery", "import logging\n\nfrom celery")
            + "\nlogger = logging.getLogger(__name__)\n"
            + body.replace("print", "logger.info"),
        )
    )
    assert mend("print-logging", before).data == after


@pytest.mark.parametrize("stream", ["stderr", "stdout"])
def test_a_flush_of_what_was_written_goes_too(mend: Mend, stream: str) -> None:
    mended = mend(
        "print-logging",
        "import sys\n" + handler(f"sys.{stream}.write('a %s\\n' % x)", f"sys.{stream}.flush()", "return y"),
    )
    level = "warning" if stream == "stderr" else "info"
    assert mended.text == handler(f"logger.{level}('a %s', x)", "return y")


def test_other_flushes_stay(mend: Mend) -> None:
    body = ("y()", "sys.stderr.flush()", "{}", "sys.stderr.flush()  # now", "sys.stderr.flush()")
    before, after = (
        "import sys\n" + handler(*(line.format(code) for line in body))
        for code in ("print(x)", 'logger.info("%s", x)')
    )
    assert mend("print-logging", before).text == after
