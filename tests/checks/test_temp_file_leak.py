"""Who is handed the file may remove it; who is handed what was read from it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.state.temp_file_leak import check
from harden.project import Project
from harden.scan import Rules, scan_file

CODE = """\
import csv
import tempfile


class Row:
    def __init__(self, given):
        self.given = given


def load(upload):
    tmp = tempfile.NamedTemporaryFile(delete=False)
    upload.save(tmp.name)
    with open(tmp.name) as file:
        rows = list(csv.DictReader(file))
    return [Row(GIVEN) for row in rows]
"""


@pytest.mark.parametrize(("given", "lines"), [('row["name"]', [11]), ("tmp.name", [])])
def test_what_is_handed_on(given: str, lines: list[int], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CODE.replace("GIVEN", given))
    result = scan_file(Project(tmp_path, ("app.py",)), Rules((check,)), "app.py")
    assert [finding.line for finding in result.findings] == lines
