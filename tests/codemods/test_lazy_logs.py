"""Log messages become a format and its values, however they were written."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.codemods.conftest import Mend

HEAD = "import logging\n\nlog = logging.getLogger(__name__)\n\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('log.info(f"a {x} b")', 'log.info("a %s b", x)'),
        ('log.info(F"{x!r:>8}|{y!s}|{z!a}")', 'log.info("%8r|%s|%a", x, y, z)'),
        ('log.info(f"{x:.2f} {y:05d} {z:#x} {w:+.1e}")', 'log.info("%.2f %05d %#x %+.1e", x, y, z, w)'),
        ('log.info(f"{x:>10}{y:<10}{z:10s}")', 'log.info("%10s%-10s%-10s", x, y, z)'),
        ('log.info(f"{x:10}")', 'log.info("%s", format(x, "10"))'),
        ('log.info(f"{x:,} {y:%H:%M} {z!r:^9}")', None),
        ('log.info(f"{x=} {y=:.1f} {z=!s}")', 'log.info("x=%r y=%.1f z=%s", x, y, z)'),
        ('log.info(f"{{x}} 100% {x}")', 'log.info("{x} 100%% %s", x)'),
        ('log.info(rf"\\d {x}")', 'log.info(r"\\d %s", x)'),
        ('log.info(f\'{d["a"]} {f("b")}\')', 'log.info("%s %s", d["a"], f("b"))'),
        ("log.info(f\"{d['a']}\")", 'log.info("%s", d["a"])'),
        ('log.info(f"{a, b} {(c := 1)} {[*a]}")', 'log.info("%s %s %s", (a, b), (c := 1), [*a])'),
        ('log.info(f"{x}" " and " f"{y}")', 'log.info("%s and %s", x, y)'),
        ("log.info(\"it's \" + x + ' done')", 'log.info("it\'s %s done", x)'),
        ('log.info(x + ": " + str(y) + repr(z))', 'log.info("%s: %s%r", x, y, z)'),
        ('log.info("n: " + (a + b))', 'log.info("n: %s", (a + b))'),
        ('log.info("%s" % x)', 'log.info("%s", x)'),
        ('log.info("100%% %-5d %r" % (x, y))', 'log.info("100%% %-5d %r", x, y)'),
        ('log.info("%(a)s" % {"a": x})', 'log.info("%(a)s", {"a": x})'),
        ('log.info("{} {!r:>5} {:.1f}".format(x, y, z))', 'log.info("%s %5r %.1f", x, y, z)'),
        ('log.info("{1} {0} {0.name}".format(x, y))', 'log.info("%s %s %s", y, x, x.name)'),
        ('log.info("{n} 5% {{}}".format(n=x))', 'log.info("%s 5%% {}", x)'),
        ('log.info(f"{x} %s", y)', 'log.info("%s %s", x, y)'),
        ('log.info(f"%d {x} 5%%", y, exc_info=True)', 'log.info("%d %s 5%%", y, x, exc_info=True)'),
        ('log.log(logging.INFO, f"{x}", extra={})', 'log.log(logging.INFO, "%s", x, extra={})'),
        ('log.info(f"{x}",)', 'log.info("%s", x,)'),
        ('if x: log.info(f"{x}"); y()', 'if x: log.info("%s", x); y()'),
        ('log.info(f"{x}"); log.info(f"{y}")', 'log.info("%s", x); log.info("%s", y)'),
        ("log.info(f\"{log.info(f'{x}')}\")", 'log.info("%s", log.info("%s", x))'),
        ('log.info(  # why\n    f"{x}",  # how\n)', 'log.info(  # why\n    "%s",\n    x,  # how\n)'),
        ('log.info(\n    f"{x}"\n)', 'log.info(\n    "%s", x\n)'),
        ('log.info(\n    f"a {x} "\n    f"b"\n)', 'log.info(\n    "a %s "\n    "b",\n    x,\n)'),
        ('log.info(\n    f"a {x} "\n    f"b")', 'log.info(\n    "a %s "\n    "b",\n    x)'),
        ('log.info("a " +\n         x)', 'log.info("a %s", x)'),
        ('log.info("a " \\\n         f"{x}")', 'log.info("a " \\\n         "%s", x)'),
        ('log.info(f"""\n{x}\n""")', 'log.info("""\n%s\n""", x)'),
        ('async def f():\n    log.info(f"{await g()}")', 'async def f():\n    log.info("%s", await g())'),
        ("names = ['a', 'b', 'c']\nlog.info(f\"a {x}\")", "names = ['a', 'b', 'c']\nlog.info(\"a %s\", x)"),
        ('def f():\n\tlog.info(f"{x}")', 'def f():\n\tlog.info("%s", x)'),
    ],
)
def test_rewritten(mend: Mend, before: str, after: str | None) -> None:
    mended = mend("eager-log-format", HEAD + before + "\n")
    wanted = 'log.info("%s %s %s", format(x, ","), format(y, "%H:%M"), format(repr(z), "^9"))'
    assert not mended.refused
    assert mended.text == HEAD + (after or wanted) + "\n"
    assert mend("eager-log-format", mended.text).text == mended.text


@pytest.mark.parametrize(
    "code",
    [
        'log.info(f"{x:{width}}")',
        'log.info("%s" % (*x,))',
        'log.info("%s %s" % x)',
        'log.info("%*d" % (w, x))',
        'log.info("%(a)s" % x)',
        'log.info("{0[a]}".format(x))',
        'log.info("{} {}".format(f(), **x))',
        'log.info("{1} {0}".format(f(), g()))',
        'log.info("{0} {0}".format(f()))',
        'log.info("{}".format(x, f()))',
        'log.info("{:{}}".format(x, y))',
        'log.info(f"{x} %s", *y)',
        'log.info(f"{x} %s", y, z)',
        'log.info(f"{x}"  # the name\n         f"{y!r:{z}}")',
        'log.info(f"{x} 50%", y)',
    ],
)
def test_refused_with_a_reason(mend: Mend, code: str) -> None:
    mended = mend("eager-log-format", HEAD + code + "\n")
    assert mended.text == HEAD + code + "\n"
    assert mended.refused[0].endswith(".")


@pytest.mark.parametrize(
    "code",
    [
        "import logging\nlogging.info('a')\n",
        "import logging\nlogging.info(f'a')\n",
        "import logging\nlogging.info('a' 'b')\nlogging.info('a' + 'b')\nlogging.info(x + y)\n",
        "import logging\nlogging.info(x % y)\nlogging.info(x.format(y))\nlogging.info(msg=f'{x}')\n",
        "import logging\nlogging.info(*f'{x}')\n",
        "from loguru import logger\nlogger.info(f'{x}')\nlogger.bind(a=1).info(f'{x}')\n",
        "import structlog\nlog = structlog.get_logger()\nlog.info(f'{x}')\n",
        "def f(log):\n    log.info(f'{x}')\n",
        "import math\nmath.log(f'{x}')\n",
        "import logging\nlogging.getLogger(f'a.{x}')\n",
        "def f(logging):\n    logging.info(f'{x}')\n",
    ],
)
def test_not_flagged(mend: Mend, code: str) -> None:
    mended = mend("eager-log-format", code)
    assert (mended.text, mended.refused) == (code, ())


@pytest.mark.parametrize(
    ("head", "logger"),
    [
        ("import logging as l\n", "l"),
        ("import logging as l\n", "l.getLogger('a').getChild('b')"),
        ("from logging import *\nfrom logging import getLogger as g\n", "g()"),
        ("from celery.utils.log import get_task_logger\nlog = get_task_logger(__name__)\n", "log"),
        ("from flask import current_app\n", "current_app.logger"),
        ("import logging\n\ndef f(log: logging.Logger): ...\n", "logging.root"),
        ("from app.logs import get_logger\nlog = get_logger()\n", "log"),
        (
            "from app.logs import Base\n\n\nclass Job(Base):\n    def run(self, x):\n        pass\n",
            "Job().log",
        ),
    ],
)
def test_loggers_are_recognised(mend: Mend, head: str, logger: str) -> None:
    logs = (
        "import logging\n\n\ndef get_logger():\n    return logging.getLogger('a')\n\n\n"
        "class Base:\n    def __init__(self):\n        self.log = get_logger()\n"
    )
    files = {"app/__init__.py": "", "app/logs.py": logs}
    mended = mend("eager-log-format", f'{head}\n{logger}.info(f"{{x}}")\n', files=files)
    assert mended.text == f'{head}\n{logger}.info("%s", x)\n'


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_long_lines_are_broken_in_the_style_of_the_file(mend: Mend, newline: str) -> None:
    long = "first_name_of_the_customer"
    code = f'def f():\n    log.info(f"{{{long}}} and {{{long}}} bought {{{long}}}")\n'
    broken = (
        'def f():\n    log.info(\n        "%s and %s bought %s",\n' + f"        {long},\n" * 3 + "    )\n"
    )
    before, after = ((HEAD + text).replace("\n", newline) for text in (code, broken))
    pyproject = {"pyproject.toml": "[tool.ruff]\nline-length = 79\n"}
    assert mend("eager-log-format", before.encode(), files=pyproject).data == after.encode()


def test_encodings_survive(mend: Mend) -> None:
    cookie = "# -*- coding: latin-1 -*-\n"
    code = (cookie + HEAD + 'log.info(f"grün {x}")\n').encode("latin-1")
    assert mend("eager-log-format", code).data == code.replace(b'f"gr', b'"gr').replace(b'{x}"', b'%s", x')
    bom = b"\xef\xbb\xbf" + (HEAD + 'log.info(f"{x}")\n').encode()
    assert mend("eager-log-format", bom).data == bom.replace(b'f"{x}"', b'"%s", x')


@pytest.mark.parametrize(
    "spec", ["", ".2f", "05d", "#x", "+.1e", ">10d", "<10d", "x", "g", "10s", "<9", ">9", ",", "^9"]
)
@pytest.mark.parametrize("value", [7, -7, 12345678, "text"])
def test_what_is_logged_stays_the_same(mend: Mend, spec: str, value: object) -> None:
    try:
        wanted = f"a {format(value, spec)} 5%"
    except ValueError:
        return
    code = mend("eager-log-format", HEAD + f'log.info(f"a {{x:{spec}}} 5%")\n').text
    records: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    logger = logging.Logger("kept")
    logger.addHandler(Kept())
    exec(code.replace(HEAD, ""), {"log": logger, "x": value})  # noqa: S102
    assert records == [wanted]


A, B = "a" * 40, "b" * 40
VALUE = "{" + "an_owner_of_a_rather_long_name" + "}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'f"{A} {VALUE} "\n    f"{B[4:]}",', f'"{A} %s {B[4:]}",'),
        (f'f"{A} {VALUE} "\n    f"{B}",', f'"{A} %s "\n    "{B}",'),
        (f"f\"{A} {VALUE} \"\n    '{B[4:]}',", f"\"{A} %s \"\n    '{B[4:]}',"),
        (f'f"{A} {VALUE} "\n    r"{B[4:]}",', f'"{A} %s "\n    r"{B[4:]}",'),
        (f'f"{A} {VALUE} "  # why\n    f"{B[4:]}",', f'"{A} %s "  # why\n    "{B[4:]}",'),
        (f'f"a {VALUE} "\n    f"b",', '"a %s "\n    "b",'),
    ],
    ids=["fits now", "still too long", "other quotes", "other prefix", "comment", "fitted before"],
)
def test_a_text_that_fits_a_line_now_is_one(mend: Mend, before: str, after: str) -> None:
    mended = mend("eager-log-format", f"{HEAD}log.info(\n    {before}\n)\n")
    wanted = f"{HEAD}log.info(\n    {after}\n    an_owner_of_a_rather_long_name,\n)\n"
    assert mended.text == wanted
