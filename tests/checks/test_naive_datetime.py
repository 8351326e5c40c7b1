"""Naive times are found by what they are used for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.database.naive_datetime import check
from harden.project import Project
from harden.scan import Rules, scan_file


def lines(tmp_path: Path, code: str, path: str = "app/main.py") -> list[int]:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code)
    result = scan_file(Project(tmp_path, (path,)), Rules((check,)), path)
    assert not result.problems
    return [finding.line for finding in result.findings]


@pytest.mark.parametrize(
    "code",
    [
        "x.at = datetime.now(tz)\n",
        "x.at = datetime.now(*zone)\n",
        "at = datetime.utcnow()\nx.at = at.replace(tzinfo=tz)\n",
        "at = datetime.utcnow()\nat = at.replace(tzinfo=tz)\n",
        "x.at = make_aware(datetime.now())\n",
        "x.year = datetime.now().year\n",
        "now = datetime.now()\nx.year, x.month = now.year, now.month\n",
        "start = datetime.now()\nf()\nprint(datetime.now() - start)\n",
        "end = datetime.now() + pause\nwhile datetime.now() < end:\n    f()\n",
        "class Timer:\n    def on(self):\n        self.at = datetime.now()\n\n"
        "    def off(self):\n        return datetime.now() - self.at\n",
        "if __name__ == '__main__':\n    print(f'done at {datetime.now()}')\n",
    ],
)
def test_fine(code: str, tmp_path: Path) -> None:
    assert lines(tmp_path, "from datetime import datetime\n" + code) == []


@pytest.mark.parametrize(
    "code",
    [
        "x.at = datetime.utcnow().timestamp()\n",
        "x.at = datetime.utcnow().date()\n",
        "name = f'{datetime.now():%Y}.pdf'\n",
        "x.at = datetime.now(None)\n",
        "at = datetime.now()\nx.at, x.year = at, at.year\n",
        "f = Field(default_factory=datetime.utcnow)\n",
    ],
)
def test_flagged(code: str, tmp_path: Path) -> None:
    assert lines(tmp_path, "from datetime import datetime\n" + code)


def test_stamps_of_a_script_are_for_the_person_who_runs_it(tmp_path: Path) -> None:
    code = "from datetime import datetime\nprint(datetime.now().strftime('%H:%M'))\n"
    assert lines(tmp_path, code, "scripts/report.py") == []
    assert lines(tmp_path, code) == [2]


def test_look_alikes(tmp_path: Path) -> None:
    assert lines(tmp_path, "from clock import datetime\nx.at = datetime.utcnow()\n") == []


@pytest.mark.parametrize("made", ["datetime.fromtimestamp(x)", "datetime.now()"])
def test_local_time_handed_on_in_a_dict_is_not_turned_into_utc(made: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        f"from datetime import datetime\n\n\ndef f(x, row):\n    at = {made}\n    row.update({{'at': at}})\n"
    )
    (finding,) = scan_file(Project(tmp_path, ("a.py",)), Rules((check,)), "a.py").findings
    assert not finding.fixable
    assert "another hour" in finding.why_not


STAYS = """\
from datetime import datetime

from sqlalchemy import DateTime, select
from sqlmodel import Field, SQLModel

URL = "postgresql+{driver}://db/app"


class Stay(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    begin: datetime
    end: datetime = Field(sa_type=DateTime(timezone=True))
    made: datetime = Field(default_factory=datetime.utcnow)


def stays(session):
    now = datetime.utcnow()
    return session.exec(select(Stay).where(Stay.begin > now))


def ended(session):
    now = datetime.utcnow()
    return session.exec(select(Stay).where(Stay.end < now))
"""


@pytest.mark.parametrize(("driver", "left"), [("asyncpg", [13, 17]), ("psycopg", [])])
def test_a_driver_may_refuse_aware_times(driver: str, left: list[int], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(STAYS.replace("{driver}", driver))
    found = scan_file(Project(tmp_path, ("app.py",)), Rules((check,)), "app.py").findings
    assert [finding.line for finding in found] == [13, 17, 22]
    assert [finding.line for finding in found if finding.why_not] == left
