"""The fixes of the logging family end in the same text, whichever comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.fixing import make_offer
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


def fixed(root: Project, check_id: str) -> Project:
    check = check_named(check_id)
    findings = scan_file(root, Rules((check,)), "app/main.py").findings
    offer = make_offer(root, check, [finding for finding in findings if finding.fixable])
    return root.with_files({edit.path: edit.after for edit in offer.patch.edits}) if offer.patch else root


@pytest.mark.parametrize("order", [FAMILY[at:] + FAMILY[:at] for at in range(4)] + [FAMILY[::-1]])
def test_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    root = project(write(tmp_path, {"app/main.py": BEFORE}))
    for check_id in (*order, *FAMILY):
        root = fixed(root, check_id)
    assert root.read("app/main.py").decode() == AFTER
