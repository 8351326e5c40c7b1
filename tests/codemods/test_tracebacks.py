"""What an except block says about its error gets the traceback, and keeps what that does not say."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend

HEAD = """\
import logging

from celery import shared_task

log = logging.getLogger(__name__)


@shared_task
"""


def caught(*lines: str, kind: str = "Exception as e") -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"{HEAD}def sync(x):\n    try:\n        x.run()\n    except {kind}:\n{body}"


def _names_error(line: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "e" for node in ast.walk(ast.parse(line)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("log.error(e)", 'log.exception("x.run failed")'),
        ("log.error(str(e))", 'log.exception("x.run failed")'),
        ('log.error(f"{e}")', 'log.exception("x.run failed")'),
        ('log.error("%s", e)', 'log.exception("x.run failed")'),
        ('log.error("a %s: %s", x, e)', 'log.exception("a %s", x)'),
        ('log.error("a (%r)." % e)', 'log.exception("a")'),
        ("log.error(f\"a '{e!s}'\")", 'log.exception("a")'),
        ("log.error(f\"a '{x}': {e}\")", "log.exception(\"a '%s'\", x)"),
        ('log.error(f"a {e} b")', 'log.exception("a %s b", e)'),
        ('log.error(f"a: {e.code}")', 'log.exception("a: %s", e.code)'),
        ('log.error("a: " + str(e))', 'log.exception("a")'),
        ('log.error("a")', 'log.exception("a")'),
        ('log.error("a", extra={"x": x})', 'log.exception("a", extra={"x": x})'),
        ('log.critical(f"a {x}")', 'log.critical(f"a {x}", exc_info=True)'),
        ("log.error(text(x))", "log.exception(text(x))"),
        ('log.error("%s %s" % pair(e))', 'log.exception("%s %s" % pair(e))'),
        ("print(e)", 'log.exception("x.run failed")'),
        ("print('a', x, e)", "log.exception('a %s', x)"),
        ('print(f"a: {e}", flush=True)', 'log.exception("a")'),
        ('return log.error("a")', None),
    ],
)
def test_rewritten(mend: Mend, before: str, after: str | None) -> None:
    mended = mend("error-without-traceback", caught(before))
    assert not mended.refused
    kind = "Exception" if _names_error(before) and not _names_error(after or before) else "Exception as e"
    assert mended.text == caught(after or before, kind=kind)
    assert mend("error-without-traceback", mended.text).text == mended.text


@pytest.mark.parametrize(
    "lines",
    [
        ("print(e)", "traceback.print_exc()"),
        ("traceback.print_exc()", "print(e)"),
        ("traceback.print_exc()",),
    ],
)
def test_one_record_takes_the_place_of_a_printed_traceback(mend: Mend, lines: tuple[str, ...]) -> None:
    mended = mend("error-without-traceback", "import traceback\n" + caught(*lines))
    assert not mended.refused
    kind = "Exception" if "print(e)" in lines else "Exception as e"
    assert mended.text == caught('log.exception("x.run failed")', kind=kind)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_layout_and_line_endings_survive(mend: Mend, newline: str) -> None:
    before = caught("log.error(", '    f"a {x}: {e}",  # why', "    extra={},", ")")
    after = caught(
        "log.exception(", '    "a %s",  # why', "    x,  # why", "    extra={},", ")", kind="Exception"
    )
    mended = mend("error-without-traceback", before.replace("\n", newline).encode())
    assert mended.refused or mended.data == after.replace("\n", newline).encode()


@pytest.mark.parametrize(
    "code",
    [
        caught("log.warning(e)"),
        caught("log.error(e)", "raise"),
        caught("log.error(e, exc_info=True)"),
        caught("log.error(e, **x)"),
        caught("log.exception('a')", "log.error(e)"),
        caught("log.error('a')", kind="KeyError"),
        caught("sentry_sdk.capture_exception(e)", "log.error(e)"),
        caught("log.error(traceback.format_exc())"),
        caught("x.error(e)"),
        caught("print('a')"),
        caught("def later():", "    log.error(e)"),
        "def sync(x):\n    try:\n        x()\n    except Exception as e:\n        print(e)\n",
    ],
)
def test_not_flagged(mend: Mend, code: str) -> None:
    mended = mend("error-without-traceback", code)
    assert (mended.text, mended.refused) == (code, ())


@pytest.mark.parametrize("line", ["print(e, end='')", "print(*e.args)", "print(x, e, sep=x)"])
def test_refused_with_a_reason(mend: Mend, line: str) -> None:
    mended = mend("error-without-traceback", caught(line))
    assert mended.text == caught(line)
    assert mended.refused[0].endswith(".")


def test_loggers_of_other_kinds_keep_their_texts(mend: Mend) -> None:
    code = "from loguru import logger\n\n\ndef f(x):\n    try:\n        x()\n"
    code += "    except Exception as e:\n        logger.{}\n"
    mended = mend("error-without-traceback", code.format('error(f"{x} is away")'))
    assert mended.text == code.format('exception(f"{x} is away")')
    mended = mend("error-without-traceback", code.format("error(e)"))
    assert mended.text == code.format('exception("x failed")').replace(" as e:", ":")


def test_a_line_is_reported_once(mend: Mend) -> None:
    code = caught('log.error(f"a {x}: {e}")')
    assert mend("eager-log-format", code).text == code


def test_the_errors_name_goes_only_with_its_last_use(mend: Mend) -> None:
    code = "import logging\n\n\ndef f(x):\n    try:\n        x()\n    except (KeyError, OSError) as e:\n{}"
    lone = code.format('        logging.error("a: %s", e)\n')
    used = code.format('        logging.error("a: %s", e)\n        x.failed(f"{e!r}")\n')
    idle = code.format('        logging.error("a")\n')
    assert "except (KeyError, OSError):\n" in mend("error-without-traceback", lone).text
    assert "as e:\n" in mend("error-without-traceback", used).text
    assert "as e:\n" in mend("error-without-traceback", idle).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('f"kept {x}. Exception: {e}"', '"kept %s", x'),
        ('f"kept; reason = {e}"', '"kept"'),
        ('f"an error: {e}"', '"an error"'),
        ('f"Error: {e}"', '"Error"'),
    ],
)
def test_words_that_only_announce_the_error_go_with_it(mend: Mend, before: str, after: str) -> None:
    code = (
        "import logging\n\nlog = logging.getLogger(__name__)\n\n\ndef f(x):\n    try:\n        x()\n"
        "    except Exception as e:\n        log.error({})\n"
    )
    text = mend("error-without-traceback", code.format(before)).text
    assert text.endswith(f"    except Exception:\n        log.exception({after})\n")


def test_a_flush_of_what_was_printed_goes_too(mend: Mend) -> None:
    lines = ('sys.stderr.write("a {}\\n".format(e))', "sys.stderr.flush()", "return None")
    mended = mend("error-without-traceback", "import sys\n" + caught(*lines))
    assert mended.text == caught('log.exception("a")', "return None", kind="Exception")


def test_a_flush_behind_a_record_stays(mend: Mend) -> None:
    mended = mend("error-without-traceback", "import sys\n" + caught("log.error(e)", "sys.stderr.flush()"))
    assert "sys.stderr.flush()" in mended.text
