"""Each kind of logger gets its values in its own form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend

CODE = "from celery import shared_task\n{}\n\n\n@shared_task\ndef f(x, user):\n    {}\n"
LOGURU = "from loguru import logger"
STRUCTLOG = "from structlog import get_logger\n\nlogger = get_logger()"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('print("a")', 'logger.info("a")'),
        ('print("a {}")', 'logger.info("a {}")'),
        ('print("a", x)', 'logger.info("a {}", x)'),
        ('print("{a}", x)', 'logger.info("{{a}} {}", x)'),
        ('print(f"{x} of {user.id!r:>4} 100%")', 'logger.info("{} of {!r:>4} 100%", x, user.id)'),
        ('print(f"{x:,.2f} {x=}")', 'logger.info("{:,.2f} x={!r}", x, x)'),
        ('print("%s is %.1f" % (x, user))', 'logger.info("{} is {:.1f}", x, user)'),
        ('print("%5d" % x)', 'logger.info("%5d" % x)'),
        ('print("a", "%5d" % x)', None),
        ('print("a {:>5}".format(x))', 'logger.info("a {:>5}", x)'),
        ("print(x)", 'logger.info("{}", x)'),
        ("print(f\"{x['a']:{user}}\")", "logger.info(f\"{x['a']:{user}}\")"),
    ],
)
def test_loguru(mend: Mend, before: str, after: str | None) -> None:
    mended = mend("print-logging", CODE.format(LOGURU, before))
    assert bool(mended.refused) is (after is None)
    assert mended.text == CODE.format(LOGURU, after or before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('print("a")', 'logger.info("a")'),
        ('print("charged", x, user.id)', 'logger.info("charged", x=x, user_id=user.id)'),
        ('print(f"charged: {x!r}.")', 'logger.info("charged", x=x)'),
        ('print(f"charged {x}, by={user}")', 'logger.info("charged", x=x, by=user)'),
        ('print(f"charged order={x} ({user})")', 'logger.info("charged", order=x, user=user)'),
        ('print("charged %s" % x)', 'logger.info("charged", x=x)'),
        ("print(user)", 'logger.info("user", user=user)'),
        ('print(f"{x} was charged")', 'logger.info(f"{x} was charged")'),
        ('print(f"{x} of {user}")', 'logger.info(f"{x} of {user}")'),
        ('print(f"charged {x:.2f}")', 'logger.info(f"charged {x:.2f}")'),
        ('print(f"charged {x} of {x}")', 'logger.info(f"charged {x} of {x}")'),
        ('print(f"charged {x()}")', 'logger.info(f"charged {x()}")'),
        ('print("charged", x, "of", user)', None),
        ('print("charged", x.event, x[0])', None),
    ],
)
def test_structlog(mend: Mend, before: str, after: str | None) -> None:
    mended = mend("print-logging", CODE.format(STRUCTLOG, before))
    assert bool(mended.refused) is (after is None)
    assert mended.text == CODE.format(STRUCTLOG, after or before)


@pytest.mark.parametrize(
    ("imports", "after"),
    [
        (LOGURU, 'logger.info("{}", pformat(x))'),
        (STRUCTLOG, 'logger.info("x", x=x)'),
        ("import logging\n\nlogger = logging.getLogger(__name__)", 'logger.info("%s", pformat(x))'),
    ],
)
def test_pretty_prints(mend: Mend, imports: str, after: str) -> None:
    text = mend("print-logging", CODE.format(f"from pprint import pprint\n{imports}", "pprint(x)")).text
    assert text.endswith(f"    {after}\n")
    assert "pprint(" not in text
    assert ("from pprint import pformat" in text) is ("pformat" in after)


@pytest.mark.parametrize(
    ("imports", "before", "after"),
    [
        (LOGURU, 'logger.error(f"{user.id} failed: {e}")', 'logger.exception("{} failed", user.id)'),
        (LOGURU, 'logger.error("{} failed: {}", x, e)', 'logger.exception("{} failed: {}", x, e)'),
        (LOGURU, 'print("failed", x, e)', 'logger.exception("failed {}", x)'),
        (STRUCTLOG, 'logger.error("failed", error=str(e))', 'logger.exception("failed", error=str(e))'),
        (
            STRUCTLOG,
            'logger.error(f"charging {x} failed: {e}")',
            'logger.exception(f"charging {x} failed: {e}")',
        ),
        (STRUCTLOG, 'print("failed", x, e)', 'logger.exception("failed", x=x)'),
    ],
)
def test_tracebacks(mend: Mend, imports: str, before: str, after: str) -> None:
    code = CODE.format(imports, "try:\n        x()\n    except Exception as e:\n        {}")
    mended = mend("error-without-traceback", code.format(before).replace("{}", "{}"))
    assert mended.refused == ()
    assert mended.text.endswith(f"        {after}\n")


@pytest.mark.parametrize(
    ("files", "made"),
    [
        ({"app/a.py": "from loguru import logger\n"}, "from loguru import logger\n"),
        ({"app/a.py": "import structlog\n"}, "logger = structlog.get_logger(__name__)\n"),
        (
            {"app/a.py": "import logging\nLOG = logging.getLogger(__name__)\n"},
            "LOG = logging.getLogger(__name__)\n",
        ),
        (
            {"app/a.py": "from celery.utils.log import get_task_logger\n"},
            "from celery.utils.log import get_task_logger\n\nlogger = get_task_logger(__name__)\n",
        ),
        ({"tests/test_a.py": "from loguru import logger\n"}, "logger = logging.getLogger(__name__)\n"),
    ],
)
def test_a_new_logger_is_like_those_of_the_project(mend: Mend, files: dict[str, str], made: str) -> None:
    code = "from celery import shared_task\n\n\n@shared_task\ndef f(x):\n    print('a')\n"
    text = mend("print-logging", code, files=files).text
    assert made in text
    assert text.endswith(".info('a')\n")


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ('sys.stdout.write(f"a {x}\\n")', 'logger.info("a %s", x)'),
        ('sys.stdout.write("a %s\\n" % x)', 'logger.info("a %s", x)'),
        ('sys.stderr.write("a {}\\n".format(x))', 'logger.warning("a %s", x)'),
        ("sys.stdout.write(x)", None),
        ('sys.stdout.write("a")', None),
        ('sys.stdout.write("\\n")', None),
        ('sys.stderr.write(".")', None),
        ('user = sys.stdout.write("a\\n")', None),
    ],
)
def test_what_is_written_to_the_terminal(mend: Mend, line: str, after: str | None) -> None:
    code = CODE.format("import logging\nimport sys\n\nlogger = logging.getLogger(__name__)", line)
    text = mend("print-logging", code).text
    wanted = CODE.format("import logging\n\nlogger = logging.getLogger(__name__)", after)
    assert text == (code if after is None else wanted)


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        ("traceback.print_exc()", True),
        ("traceback.print_exc(file=sys.stdout)", True),
        ("traceback.print_exception(e)", True),
        ("traceback.print_exception(type(e), e, e.__traceback__)", True),
        ("print(traceback.format_exc())", True),
        ("print(traceback.format_exc(), file=sys.stderr)", True),
        ("sys.stderr.write(traceback.format_exc())", True),
        ("traceback.print_exc(file=user)", False),
        ("print(traceback.format_exc(), file=user)", False),
        ("user.text = traceback.format_exc()", False),
    ],
)
def test_printed_tracebacks(mend: Mend, line: str, mended: bool) -> None:
    attempt = f"try:\n        x()\n    except Exception as e:\n        {line}"
    code = CODE.format("import sys\nimport traceback", attempt)
    text = mend("error-without-traceback", code).text
    assert ('        logger.exception("x failed")\n' in text) is mended
    assert (text == code) is not mended
    assert mend("print-logging", code).text == code
