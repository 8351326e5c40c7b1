"""Records of the root logger go through the module's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend

HEAD = "import logging\n\nlogger = logging.getLogger(__name__)\n\n\ndef f(x):\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    logging.info(x)\n", "    logger.info(x)\n"),
        ("    logging.warn(x); logging.fatal(x)\n", "    logger.warning(x); logger.critical(x)\n"),
        ("    logging.log(10, 'a %s', x)\n", "    logger.log(10, 'a %s', x)\n"),
        (
            "    logging.exception(\n        'a %s',  # who\n        x,\n    )\n",
            "    logger.exception(\n        'a %s',  # who\n        x,\n    )\n",
        ),
        ("    if x: logging.error(*x, **x)\n", "    if x: logger.error(*x, **x)\n"),
        ("    logging.info(logging.debug(x))\n", "    logger.info(logger.debug(x))\n"),
        (
            "\tlogging.info(x)\n\tdef g():\n\t\tlogging.info(x)\n",
            "\tlogger.info(x)\n\tdef g():\n\t\tlogger.info(x)\n",
        ),
    ],
)
def test_rewritten(mend: Mend, before: str, after: str) -> None:
    mended = mend("root-logger", HEAD + before)
    assert (mended.text, mended.refused) == (HEAD + after, ())
    assert mend("root-logger", mended.text).text == mended.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from logging import info, warning\n\n\ndef f(x):\n    info(x)\n",
            "import logging\nfrom logging import warning\n\nlogger = logging.getLogger(__name__)\n\n\n"
            "def f(x):\n    logger.info(x)\n",
        ),
        (
            "from logging import info\n\n\ndef f(x: 'info.X'):\n    info(x)\n",
            "import logging\nfrom logging import info\n\nlogger = logging.getLogger(__name__)\n\n\n"
            "def f(x: 'info.X'):\n    logger.info(x)\n",
        ),
        (
            "from logging import getLogger, info\n\nlog = getLogger(__name__)\n\n\ndef f(x):\n    info(x)\n",
            "from logging import getLogger\n\nlog = getLogger(__name__)\n\n\ndef f(x):\n    log.info(x)\n",
        ),
        (
            "import logging\n\nfrom app.logs import logger\n\n\ndef f(x):\n    logging.info(x)\n",
            "from app.logs import logger\n\n\ndef f(x):\n    logger.info(x)\n",
        ),
        (
            "import logging\n\naudit = logging.getLogger('audit')\n\n\ndef f(x):\n    logging.info(x)\n",
            "import logging\n\nlogger = logging.getLogger(__name__)\n\n"
            "audit = logging.getLogger('audit')\n\n\ndef f(x):\n    logger.info(x)\n",
        ),
        (
            "import logging\n\n\ndef f(logger):\n    logging.info(logger)\n",
            "import logging\n\nlog = logging.getLogger(__name__)\n\n\ndef f(logger):\n    log.info(logger)\n",
        ),
        (
            "import json\n\n\ndef f(x):\n    import logging\n\n    logging.info(x)\n",
            "import json\nimport logging\n\nlogger = logging.getLogger(__name__)\n\n\n"
            "def f(x):\n    logger.info(x)\n",
        ),
    ],
)
def test_the_logger_and_the_imports(mend: Mend, before: str, after: str) -> None:
    files = {"app/__init__.py": "", "app/logs.py": "import logging\nlogger = logging.getLogger('app')\n"}
    mended = mend("root-logger", before, files=files)
    assert mended.refused == ()
    assert mended.text == after


def test_an_import_that_another_file_takes_over_stays(mend: Mend) -> None:
    before = "from logging import info\n\n\ndef f(x):\n    info(x)\n"
    files = {"app/__init__.py": "", "app/other.py": "from app.main import f, info\n"}
    assert "from logging import info\n" in mend("root-logger", before, files=files).text
    files = {"app/other.py": "from .main import *\n"}
    assert "from logging import info\n" in mend("root-logger", before, files=files).text
    files = {"app/other.py": "from .main import f\nfrom logging import info\n"}
    assert "from logging import info\n" not in mend("root-logger", before, files=files).text


@pytest.mark.parametrize(
    "code",
    [
        "import logging\n\nlogging.getLogger('a').info('b')\n",
        "import logging\n\nif __name__ == '__main__':\n    logging.info('a')\n",
        "import logging\nimport argparse\n\ndef f():\n    logging.info('a')\n",
        "from app import logging\n\ndef f():\n    logging.info('a')\n",
        "def f(logging):\n    logging.info('a')\n",
        "import logging\n\nlogging.basicConfig()\n",
        "import logging\n\ndef set_up():\n    logging.basicConfig()\n",
    ],
)
def test_left_alone(mend: Mend, code: str) -> None:
    mended = mend("root-logger", code)
    assert (mended.text, mended.refused) == (code, ())


@pytest.mark.parametrize("path", ["scripts/a.py", "manage.py", "tests/test_a.py", "app/cli.py", "docs/a.py"])
def test_programs_may_use_it(mend: Mend, path: str) -> None:
    code = "import logging\n\ndef f():\n    logging.info('a')\n"
    assert mend("root-logger", code, path=path).text == code


def test_a_web_application_that_can_be_started_is_no_program(mend: Mend) -> None:
    code = (
        "import logging\n\nfrom flask import Flask\n\nlogger = logging.getLogger(__name__)\n"
        "app = Flask('a')\n\n\ndef f():\n    logging.info('a')\n\n\n"
        "if __name__ == '__main__':\n    logging.info('up')\n    app.run()\n"
    )
    wanted = code.replace("    logging.info('a')", "    logger.info('a')")
    assert mend("root-logger", code).text == wanted


@pytest.mark.parametrize(
    ("test", "refused"),
    [
        ("def test_f(caplog):\n    assert caplog.record_tuples == [('root', logging.INFO, 'a')]\n", True),
        (
            "class T:\n    def test(self):\n        with self.assertLogs('root') as cm:\n            f()\n",
            True,
        ),
        ("    assert cm.output == ['INFO:root:a']\n", True),
        ("def test_f(caplog):\n    assert login('root').name == 'x'\n", False),
    ],
)
def test_tests_that_look_for_root(mend: Mend, test: str, refused: bool) -> None:
    mended = mend("root-logger", HEAD + "    logging.info(x)\n", files={"tests/test_main.py": test})
    assert bool(mended.refused) is refused
    assert ("logger.info" in mended.text) is not refused


def test_a_logger_of_another_kind(mend: Mend) -> None:
    code = "import logging\n\nfrom loguru import logger\n\n\ndef f(x):\n    logging.info('a %s', x)\n"
    mended = mend("root-logger", code)
    assert mended.text == code
    assert "loguru" in mended.refused[0]


def test_rival_configurations(mend: Mend) -> None:
    code = "import logging\n\nlogging.basicConfig(level=10)\n\n\ndef f():\n    pass\n"
    main = "import logging\nfrom fastapi import FastAPI\n\nlogging.basicConfig(level=20)\napp = FastAPI()\n"
    mended = mend("root-logger", code, path="app/prices.py", files={"app/main.py": main})
    assert mended.text == code
    assert "order of imports" in mended.refused[0]
    for path in ("app/log_setup.py", "app/config.py", "app/server.py"):
        assert mend("root-logger", code, path=path, files={"app/main.py": main}).refused == ()


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("    import logging\n\n    logging.info(x)\n", "    logger.info(x)\n"),
        (
            '    """Do."""\n    import logging\n\n    logging.info(x)\n',
            '    """Do."""\n\n    logger.info(x)\n',
        ),
        ("    import logging  # here\n    logging.info(x)\n", None),
        ("    import logging\n    logging.info(logging.INFO)\n", None),
        ("    import logging, os\n    logging.info(os.sep)\n", None),
        ("    import logging\n    def g():\n        logging.info(x)\n        return logging\n", None),
    ],
)
def test_an_import_in_a_function_goes_with_its_last_use(mend: Mend, body: str, left: str | None) -> None:
    mended = mend("root-logger", f"{HEAD}{body}")
    assert not mended.refused
    assert mended.text == HEAD + (left or body.replace("logging.info", "logger.info"))


def test_an_import_that_a_function_never_used_stays(mend: Mend) -> None:
    other = "\n\ndef g(x):\n    import logging\n    return x\n"
    assert mend("root-logger", f"{HEAD}    logging.info(x)\n{other}").text.endswith(other)
