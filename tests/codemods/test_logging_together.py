"""The fixes of the logging family end in the same text, whichever comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.fixing import codemod_class, make_offer
from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import project, write

FAMILY = (
    "print-logging",
    "eager-log-format",
    "error-without-traceback",
    "root-logger",
    "swallowed-exception",
    "bare-except",
)
BEFORE = """\
import logging
import traceback

from flask import Flask

app = Flask(__name__)


@app.post("/orders")
def charge(order):
    logging.info(f"charging {order.id}: {order.total:.2f}")
    logging.warning("late " + order.day); print("order", order)
    try:
        order.pay()
    except Exception as e:
        logging.error(f"order {order.id} failed: {e}")
    try:
        order.mail()
    except:
        print("not mailed", order)
        traceback.print_exc()
    try:
        order.pack()
    except:
        pass
    try:
        order.send()
    except:
        logging.exception("not sent {}".format(order))
    return {}
"""
AFTER = """\
import logging

from flask import Flask

logger = logging.getLogger(__name__)

app = Flask(__name__)


@app.post("/orders")
def charge(order):
    logger.info("charging %s: %.2f", order.id, order.total)
    logger.warning("late %s", order.day); logger.info("order %s", order)
    try:
        order.pay()
    except Exception:
        logger.exception("order %s failed", order.id)
    try:
        order.mail()
    except Exception:
        logger.exception("not mailed %s", order)
    try:
        order.pack()
    except Exception:
        logger.exception("order.pack failed")
    try:
        order.send()
    except Exception:
        logger.exception("not sent %s", order)
    return {}
"""


def fixed(root: Project, check_id: str, **options: object) -> Project:
    check = check_named(check_id)
    findings = scan_file(root, Rules((check,)), "app/main.py").findings
    fixable = [finding for finding in findings if finding.fixable]
    offer = make_offer(root, check, fixable, codemod_class(check).Options(**options))
    return root.with_files({edit.path: edit.after for edit in offer.patch.edits}) if offer.patch else root


@pytest.mark.parametrize("order", [FAMILY[at:] + FAMILY[:at] for at in range(4)] + [FAMILY[::-1]])
def test_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    root = project(write(tmp_path, {"app/main.py": BEFORE}))
    for check_id in (*order, *FAMILY):
        root = fixed(root, check_id)
    assert root.read("app/main.py").decode() == AFTER


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(
    "order", [("print-logging", "no-logging-config"), ("no-logging-config", "print-logging")]
)
def test_the_configuration_stands_above_the_logger_in_any_order(
    tmp_path: Path, order: tuple[str, ...], style: str
) -> None:
    before = (
        "import json\n\nfrom dotenv import load_dotenv\nfrom flask import Flask\n\nload_dotenv()\n"
        'app = Flask(__name__)\n\n\n@app.get("/")\ndef home():\n'
        '    print("called")\n    return json.dumps({})\n'
    )
    root = project(write(tmp_path, {"app/main.py": before}))
    for check_id in order:
        options = {"format": style} if check_id == "no-logging-config" else {}
        root = fixed(root, check_id, **options)
    text = root.read("app/main.py").decode()
    configured = CONFIGURED if style == "text" else "configure_logging()\n"
    made = "\nlogger = logging.getLogger(__name__)\n\napp = Flask(__name__)\n"
    assert f"\nload_dotenv()\n\n{configured}{made}" in text


CONFIGURED = """\
logging.basicConfig(
    level=os.getenv("LOG_LEVEL", "INFO").upper(),
    format="%(asctime)s %(levelname)s %(name)s: %(message)s",
)
"""
