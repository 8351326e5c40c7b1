"""Versions come from the project's environment; what locks versions elsewhere silences the check."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.codemods.requirements import PinOptions
from harden.fixing import make_offer
from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file

CHECK = check_named("unpinned-dependency")


def project(folder: Path, **files: str) -> Project:
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return Project(folder, tuple(sorted(files)))


def install(folder: Path, *names: str) -> None:
    for name in names:
        (folder / "lib" / "python3.12" / "site-packages" / f"{name}.dist-info").mkdir(parents=True)
    (folder / "pyvenv.cfg").touch()


def names(project: Project) -> list[str]:
    found = scan_file(project, Rules((CHECK,)), "requirements.txt").findings
    return [finding.facts["name"] for finding in found]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("flask\n", "flask==3.0.3\n"),
        ("Flask>=2,<4\n", "Flask==3.0.3\n"),
        ("flask ~= 3.0  # web\n", "flask==3.0.3  # web\n"),
        ("flask[async] (>=3) ; python_version > '3'\n", "flask[async]==3.0.3 ; python_version > '3'\n"),
        ("flask==3.*\r\nzope_event\r\n", "flask==3.0.3\r\nzope_event==5.0\r\n"),
        ("flask", "flask==3.0.3"),
    ],
)
def test_installed_versions_are_written(before: str, after: str, tmp_path: Path) -> None:
    install(tmp_path / ".venv", "flask-3.0.3", "zope.event-5.0")
    here = project(tmp_path, **{"requirements.txt": before})
    offer = make_offer(here, CHECK, scan_file(here, Rules((CHECK,)), "requirements.txt").findings)
    assert offer.patch is not None
    assert offer.patch.edits[0].after == after.encode()
    assert not offer.refused


def test_what_is_not_installed_is_refused_and_the_rest_is_pinned(tmp_path: Path) -> None:
    install(tmp_path / "venv", "flask-3.0.3")
    here = project(tmp_path, **{"requirements.txt": "flask\nrequests\n"})
    offer = make_offer(here, CHECK, scan_file(here, Rules((CHECK,)), "requirements.txt").findings)
    assert offer.patch is not None
    assert offer.patch.edits[0].after == b"flask==3.0.3\nrequests\n"
    assert [reason for reason in offer.refused.values() if "requests is not installed" in reason]


def test_an_environment_can_be_named(tmp_path: Path) -> None:
    install(tmp_path / ".venv", "flask-1.0")
    install(tmp_path / "other", "flask-3.0.3")
    here = project(tmp_path, **{"requirements.txt": "flask\n"})
    found = scan_file(here, Rules((CHECK,)), "requirements.txt").findings
    offer = make_offer(here, CHECK, found, PinOptions(versions_from="other"))
    assert offer.patch is not None
    assert offer.patch.edits[0].after == b"flask==3.0.3\n"


def test_without_environment_the_finding_says_why_it_cannot_be_fixed(tmp_path: Path) -> None:
    here = project(tmp_path, **{"requirements.txt": "flask\n"})
    (finding,) = scan_file(here, Rules((CHECK,)), "requirements.txt").findings
    assert not finding.fixable
    assert "no installed environment" in finding.why_not


@pytest.mark.parametrize(
    "files",
    [
        {"uv.lock": ""},
        {"poetry.lock": ""},
        {"requirements.lock": ""},
        {"setup.py": "open('requirements.txt')"},
    ],
)
def test_versions_locked_elsewhere_are_enough(files: dict[str, str], tmp_path: Path) -> None:
    assert names(project(tmp_path, **{"requirements.txt": "flask\n"}, **files)) == []


def test_constraints_pin(tmp_path: Path) -> None:
    files = {"requirements.txt": "-c pins.txt\nflask\nrequests\n", "pins.txt": "Flask==3.0.3\n"}
    assert names(project(tmp_path, **files)) == ["requests"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# flask",
        "-r other.txt",
        "--hash=sha256:00",
        "./local",
        "https://files.example/flask-3.whl",
        "flask @ https://files.example/flask-3.whl",
        "git+https://git.example/flask.git@abc",
        "flask==3.0.3 --hash=sha256:00",
        "flask == 3.0.3 ; python_version > '3'",
        "flask==3.0.3,!=3.0.2",
    ],
)
def test_not_flagged(line: str, tmp_path: Path) -> None:
    assert names(project(tmp_path, **{"requirements.txt": line + "\n"})) == []
