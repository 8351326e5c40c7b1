"""Dockerfiles that set a user in one of many ways, and what is put into those that set none."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.fixing import make_offer
from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file

CHECK = check_named("docker-root")


def mended(folder: Path, text: str, **files: str) -> str | None:
    contents = {"Dockerfile": text, **files}
    for name, content in contents.items():
        (folder / name).write_bytes(content.encode())
    project = Project(folder, tuple(sorted(contents)))
    result = scan_file(project, Rules((CHECK,)), "Dockerfile")
    assert not result.problems
    if not result.findings:
        return None
    offer = make_offer(project, CHECK, result.findings)
    assert offer.patch is not None
    assert offer.patch.notes
    return offer.patch.edits[0].after.decode()


ADDED = "RUN useradd --create-home --uid 10001 app\nUSER app\n"
HARD = "FROM python:3.12\nRUN <<EOF\nUSER web\nCMD no\nEOF\nRUN a \\\n  # USER web\n  && USER web\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "FROM python:3.12\nRUN useradd web && chown -R web /data\nCMD run\n",
            "FROM python:3.12\nRUN useradd web && chown -R web /data\nUSER web\nCMD run\n",
        ),
        ("FROM python:3.12\nCMD run\n", f"FROM python:3.12\n{ADDED}CMD run\n"),
        ("FROM python:3.12\nCOPY . .", f"FROM python:3.12\nCOPY . .\n{ADDED}"),
        ("FROM python:3.12\n", f"FROM python:3.12\n{ADDED}"),
        ("FROM scratch\nCMD run\n", "FROM scratch\nUSER 10001\nCMD run\n"),
        (
            "FROM gcr.io/distroless/python3\nENTRYPOINT run\n",
            "FROM gcr.io/distroless/python3\nUSER 10001\nENTRYPOINT run\n",
        ),
        (
            "FROM python:3.12\nRUN groupadd web && useradd -g web web && rm x\nCMD run\n",
            "FROM python:3.12\nRUN groupadd web && useradd -g web web && rm x\nUSER web\nCMD run\n",
        ),
        (
            "ARG BASE=python:3.12-alpine\nFROM ${BASE} AS a\n\nFROM a\nCMD run\n",
            "ARG BASE=python:3.12-alpine\nFROM ${BASE} AS a\n\nFROM a\n"
            "RUN adduser -D -u 10001 app\nUSER app\nCMD run\n",
        ),
        (
            "FROM python:3.12\r\nENTRYPOINT a\r\nCMD b\r\n",
            "FROM python:3.12\r\n" + ADDED.replace("\n", "\r\n") + "ENTRYPOINT a\r\nCMD b\r\n",
        ),
        (
            f"{HARD}CMD run\n",
            f"{HARD}{ADDED}CMD run\n",
        ),
        (
            "FROM python:3.12 AS a\nUSER web\n\nFROM python:3.12\nCMD run\n",
            f"FROM python:3.12 AS a\nUSER web\n\nFROM python:3.12\n{ADDED}CMD run\n",
        ),
        ("FROM nginx-unprivileged\nUSER 0:0\nCMD a\n", f"FROM nginx-unprivileged\nUSER 0:0\n{ADDED}CMD a\n"),
    ],
)
def test_a_user_is_set_before_the_program_starts(before: str, after: str, tmp_path: Path) -> None:
    assert mended(tmp_path, before) == after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "FROM python:3.12\nUSER 1000\nCMD run\n",
        "FROM python:3.12\nUSER root\nRUN a\nuser web\nCMD run\n",
        "FROM python:3.12\nUSER ${APP_USER}\nCMD run\n",
        "FROM gcr.io/distroless/python3:nonroot\nCMD run\n",
        "ARG BASE\nFROM $BASE\nCMD run\n",
        'FROM python:3.12\nENTRYPOINT ["/init"]\n',
        "FROM postgres:16-alpine\nCOPY schema.sql /docker-entrypoint-initdb.d/\n",
        'FROM docker.io/library/redis:7\nCOPY redis.conf /etc/\nCMD ["redis-server", "/etc/redis.conf"]\n',
    ],
)
def test_not_flagged(text: str, tmp_path: Path) -> None:
    assert mended(tmp_path, text) is None


@pytest.mark.parametrize(
    ("text", "is_fixable"),
    [
        ('FROM postgres:16\nENTRYPOINT ["./own.sh"]\n', True),
        ("FROM nginx:1.27\nCOPY static /usr/share/nginx/html\n", False),
    ],
)
def test_servers_that_stay_root(text: str, is_fixable: bool, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    (finding,) = scan_file(Project(tmp_path, ("Dockerfile",)), Rules((CHECK,)), "Dockerfile").findings
    assert finding.fixable is is_fixable


def test_a_script_that_drops_root_is_enough(tmp_path: Path) -> None:
    text = 'FROM python:3.12\nENTRYPOINT ["/app/start.sh"]\n'
    assert mended(tmp_path, text, **{"start.sh": "exec gosu web gunicorn\n"}) is None


def test_a_server_whose_settings_drop_root_is_enough(tmp_path: Path) -> None:
    text = 'FROM python:3.12\nCMD ["./start.sh"]\n'
    start = "chown -R www-data data\nexec uwsgi uwsgi.ini\n"
    assert mended(tmp_path, text, **{"start.sh": start, "uwsgi.ini": "[uwsgi]\nuid = www-data\n"}) is None


@pytest.mark.parametrize("settings", ["uid = root\n", "uid = 0\n", "# uid = www-data\n"])
def test_a_script_that_changes_owners_is_told_but_not_edited(settings: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM python:3.12\nCMD ["./start.sh"]\n')
    (tmp_path / "start.sh").write_text("chown -R www-data data\nexec uwsgi uwsgi.ini\n")
    (tmp_path / "uwsgi.ini").write_text(settings)
    project = Project(tmp_path, ("Dockerfile", "start.sh", "uwsgi.ini"))
    (finding,) = scan_file(project, Rules((CHECK,)), "Dockerfile").findings
    assert not finding.fixable
    assert finding.why_not.startswith("start.sh changes owners")


def test_a_comment_above_the_start_keeps_its_gap(tmp_path: Path) -> None:
    text = "FROM python:3.12\nEXPOSE 80\n\n# start\nCMD run\n"
    assert mended(tmp_path, text) == f"FROM python:3.12\nEXPOSE 80\n\n{ADDED}\n# start\nCMD run\n"


@pytest.mark.parametrize(
    ("text", "compose", "reason"),
    [
        ("FROM python:3.12\nRUN mkdir /data && chown -R nobody:nogroup /data\nCMD run\n", "", "USER nobody"),
        ("FROM python:3.12\nCMD run\n", "command: celery -A shop worker --uid=nobody\n", "--uid=nobody"),
    ],
)
def test_a_user_that_is_chosen_elsewhere_is_left_to_a_person(
    text: str, compose: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    (tmp_path / "compose.yml").write_text(compose)
    project = Project(tmp_path, ("Dockerfile", "compose.yml"))
    (finding,) = scan_file(project, Rules((CHECK,)), "Dockerfile").findings
    assert reason in finding.why_not
