"""Scaffolds add files and mend nothing; pages show the pattern that fits the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harden.checks import Check, Fix
from harden.codemods.scaffold import Scaffold
from harden.findings import Finding, Risk, Severity, Span
from harden.fixing import Offer
from harden.pages import markdown, page_of
from harden.project import Project
from harden.scaffolding import STAYS, has_scaffold, make_scaffold

PAGE = """Something is wrong.

Prose.

Flagged:

    wrong()

Fixed:

    right()

Pattern (flask, quart):

    flask_way()

Pattern (django):

    django_way()

Pattern:

    any_way()

When to ignore: never.
"""


class Settings(Scaffold):
    """Adds one module beside what the service is built by."""

    def files(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        """Return `settings.py`."""
        self.notes.append("Read it.")
        paths = self.free(f"{home}settings.py" for home in self.homes(findings))
        return dict.fromkeys(paths, b"NAME = 1\n")


class Broken(Scaffold):
    """Adds what does not parse."""

    def files(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        """Return half a line."""
        return {"half.py": b"NAME = (\n"}


class Raising(Scaffold):
    """Fails."""

    def files(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        """Raise what nobody expects."""
        raise ValueError("odd")


class Overwriting(Scaffold):
    """Returns a file that is there."""

    def files(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        """Return the file with the finding."""
        return {findings[0].path: b""}


def check_with(scaffold: str, codemod: str = "") -> Check:
    fix = Fix(codemod, Risk.REVIEW if codemod else Risk.GUIDE)
    name = f"{__name__}:{scaffold}"
    return Check("odd", "Odd", Severity.LOW, fix, scaffold=name, stage="config", page=PAGE)


def finding(path: str, *, fixable: bool = False) -> Finding:
    return Finding("odd", path, Span(1, 0, 1, 1), "odd", Severity.LOW, path, fixable=fixable)


def offered(root: Path, scaffold: str, *paths: str) -> Offer:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    found = [finding(path) for path in paths if path.endswith(".py")]
    return make_scaffold(Project(root, tuple(sorted(paths))), check_with(scaffold), found)


def test_it_only_adds_and_resolves_nothing(tmp_path: Path) -> None:
    patch = offered(tmp_path, "Settings", "app.py").patch
    assert patch is not None
    assert (patch.title, patch.risk, patch.resolves, patch.targets) == (
        "Add settings.py",
        Risk.REVIEW,
        (),
        (),
    )
    assert [(edit.path, edit.before) for edit in patch.edits] == [("settings.py", None)]
    assert patch.notes == (STAYS, "Read it.")


def test_it_stands_where_the_service_is_built(tmp_path: Path) -> None:
    patch = offered(tmp_path, "Settings", "a/app/x.py", "a/requirements.txt", "b/y.py", "b/Dockerfile").patch
    assert patch is not None
    assert patch.paths == ("a/settings.py", "b/settings.py")
    assert not any(hunk.supports for hunk in patch.hunks())
    assert patch.select([1]).paths == ("b/settings.py",)


@pytest.mark.parametrize(
    ("scaffold", "reason"),
    [
        ("Settings", "settings.py is there already."),
        ("Overwriting", "settings.py is there already."),
        ("Broken", "half.py would not parse"),
        ("Raising", "The scaffold failed (ValueError: odd); nothing is added."),
        ("Missing", "cannot be loaded"),
    ],
)
def test_it_is_refused_with_a_reason(tmp_path: Path, scaffold: str, reason: str) -> None:
    offer = offered(tmp_path, scaffold, "settings.py")
    assert offer.patch is None
    assert reason in offer.refused["settings.py"]


def test_a_finding_with_a_fix_is_fixed() -> None:
    both = check_with("Settings", "somewhere:Mending")
    assert not has_scaffold(both, [finding("a.py"), finding("b.py", fixable=True)])
    assert has_scaffold(both, [finding("a.py")])
    assert not both.takes_options(finding("a.py"))
    assert check_with("Settings").takes_options(finding("a.py"))


@pytest.mark.parametrize(
    ("imported", "ways"),
    [
        ({"flask", "sqlalchemy"}, ["flask_way()\n"]),
        ({"quart", "django"}, ["flask_way()\n", "django_way()\n"]),
        ({"celery"}, ["any_way()\n"]),
    ],
)
def test_the_pattern_is_the_projects_own(imported: set[str], ways: list[str]) -> None:
    check = check_with("Settings")
    assert [pattern.code for pattern in page_of(check).patterns_for(imported)] == ways
    assert [example.code for example in page_of(check).guide(imported)] == ways
    told = markdown(check, imported)
    assert [way for way in ("flask_way()\n", "django_way()\n", "any_way()\n") if way in told] == ways


def test_the_documentation_has_every_pattern() -> None:
    told = markdown(check_with("Settings"))
    assert "## Pattern to follow (flask, quart)\n\n```python\nflask_way()\n```" in told
    assert "django_way()" in told
    assert "## Pattern to follow\n" in told
    assert "fix: guide, scaffold" in told


def test_a_page_without_patterns_shows_what_is_fixed() -> None:
    check = check_with("Settings")
    check.page = PAGE.partition("Pattern (flask")[0]
    assert [example.code for example in page_of(check).guide(())] == ["right()\n"]
