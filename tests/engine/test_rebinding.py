"""A name that is given a new value from its old one is followed to the old one on the right side."""

from __future__ import annotations

import ast
from pathlib import Path

from harden.project import Project


def test_right_side_reads_the_old_value(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import requests\n\n\ndef f():\n    s = requests.Session()\n    s = s.mount(1)\n"
        "    s = s.get(2)\n    return s\n"
    )
    project = Project(tmp_path, ("a.py",))
    module = project.module("a.py")
    (returned,) = module.nodes(ast.Return)
    assert returned.value is not None
    assert module.resolve(returned.value) == "requests.Session.mount.get"


def test_mentions(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("needle = 1\n")
    (tmp_path / "b.txt").write_text("needle\n")
    project = Project(tmp_path, ("a.py", "b.txt", "gone.py"))
    assert project.mentions("needle") == ("a.py",)


def test_a_relative_import_names_no_module_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from . import b\n")
    assert Project(tmp_path, ("a.py",)).located("", "a.py") == ""
