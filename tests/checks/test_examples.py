"""Pages hold true: flagged code is flagged, fixed and fine code is not, codemods make the one the other."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harden.checks import Check
from harden.codemods import codemod
from harden.findings import Risk
from harden.fixing import make_offer
from harden.pages import Example, page_of
from harden.project import Project
from harden.registry import checks
from harden.scaffolding import make_scaffold
from harden.scan import Rules, scan_file

CHECKS = list(checks().values())


def project_with(tmp_path: Path, example: Example) -> Project:
    file = tmp_path / example.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(example.code.encode())
    return Project(tmp_path, (example.path,))


def examples(kind: str) -> Iterator[object]:
    for check in CHECKS:
        for number, example in enumerate(e for e in page_of(check).examples if e.kind == kind):
            yield pytest.param(check, example, id=f"{check.id}-{number}")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_page_is_complete(check: Check) -> None:
    page = page_of(check)
    assert page.lead.endswith(".")
    assert page.text
    assert {example.kind for example in page.examples} >= {"flagged", "fixed", "fine"}
    assert page.ignore
    assert all(link.startswith("https://") for link in page.references)
    assert len(page.pairs) == sum(example.kind == "flagged" for example in page.examples)


@pytest.mark.parametrize(("check", "example"), list(examples("flagged")))
def test_flagged_is_flagged(check: Check, example: Example, tmp_path: Path) -> None:
    result = scan_file(project_with(tmp_path, example), Rules((check,)), example.path)
    assert not result.problems
    assert result.findings


@pytest.mark.parametrize(("check", "example"), [*examples("fixed"), *examples("fine")])
def test_fixed_and_fine_are_not(check: Check, example: Example, tmp_path: Path) -> None:
    assert not _flagged(check, example, tmp_path)


PATTERNS = [
    pytest.param(check, pattern.code, id=f"{check.id}-{number}")
    for check in CHECKS
    for number, pattern in enumerate(page_of(check).patterns)
]


@pytest.mark.parametrize(("check", "code"), PATTERNS)
def test_a_pattern_can_be_followed(check: Check, code: str, tmp_path: Path) -> None:
    ast.parse(code)
    assert not _flagged(check, Example("pattern", "app/main.py", code), tmp_path)


def _flagged(check: Check, example: Example, tmp_path: Path) -> list[str]:
    result = scan_file(project_with(tmp_path, example), Rules((check,)), example.path)
    assert not result.problems
    return [f"{finding.line}: {finding.message}" for finding in result.findings]


SCAFFOLDED = [
    pytest.param(check, example, id=f"{check.id}-{number}")
    for check in CHECKS
    if check.scaffold
    for number, example in enumerate(e for e in page_of(check).examples if e.kind == "flagged")
]


@pytest.mark.parametrize(("check", "example"), SCAFFOLDED)
def test_a_scaffold_needs_no_mending(check: Check, example: Example, tmp_path: Path) -> None:
    """What it adds parses, is laid out well, and no check finds fault with it."""
    project = project_with(tmp_path, example)
    found = [f for f in scan_file(project, Rules((check,)), example.path).findings if not f.fixable]
    offer = make_scaffold(project, check, found)
    if offer.patch is None:  # it does not know the right place here
        assert all(offer.refused.values())
        return
    added = {edit.path: edit.after for edit in offer.patch.edits}
    after = project.with_files(added)
    for path, data in added.items():
        result = scan_file(after, Rules(tuple(CHECKS)), path)
        assert not result.problems
        assert not [f"{f.check} {f.line}: {f.message}" for f in result.findings]
        assert not path.endswith(".py") or _as_ruff_lays_out(path, data) == data


def _as_ruff_lays_out(path: str, data: bytes) -> bytes:
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--stdin-filename", path, "-"]
    return subprocess.run(ruff, input=data, capture_output=True, check=True).stdout


PAIRS = [
    pytest.param(check, *pair, id=f"{check.id}-{number}")
    for check in CHECKS
    if check.fix.risk is not Risk.GUIDE
    for number, pair in enumerate(page_of(check).pairs)
]


@pytest.mark.parametrize(("check", "flagged", "fixed"), PAIRS)
def test_codemod_turns_flagged_into_fixed(
    check: Check, flagged: Example, fixed: Example, tmp_path: Path
) -> None:
    project = project_with(tmp_path, flagged)
    findings = [f for f in scan_file(project, Rules((check,)), flagged.path).findings if f.fixable]
    if not findings:  # the page shows what a person writes where the codemod lacks what it needs
        return
    offer = make_offer(project, check, findings)
    assert not offer.refused
    assert offer.patch is not None
    after = {edit.path: edit.after.decode() for edit in offer.patch.edits}
    assert after[fixed.path] == fixed.code
    assert not needed(*after.values()) - needed(flagged.code)


def needed(*texts: str) -> set[str]:
    """Return the packages that code or requirements need, those left out that come with others."""
    found: set[str] = set()
    for text in texts:
        try:
            tree = ast.parse(text)
        except SyntaxError:
            found.update(re.findall(r"(?m)^([\w-]+) *[<>=~!]=", text))
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.partition(".")[0])
    comes_with = {"boto3": "botocore", "fastapi": "starlette", "flask_sqlalchemy": "sqlalchemy"}
    return found - sys.stdlib_module_names | {comes_with[name] for name in found & comes_with.keys()}


def test_codemods_import_only_what_they_find_in_use() -> None:
    """A package of others that a codemod may import is named here, with the check of it in use."""
    folder = Path(codemod.__file__).parent
    written = {
        name
        for path in folder.glob("*.py")
        for name in re.findall(r"import_(?:name|member)\(\s*['\"]([a-z_]+)", path.read_text())
    }
    assert written - sys.stdlib_module_names == {
        "aiohttp",  # a session of it gets its timeout
        "botocore",  # comes with boto3, whose client gets its configuration
        "celery",  # where the project makes loggers of tasks by it
        "decouple",  # where the project reads the environment by it
        "django",
        "fastapi",  # the handler is one of it
        "flask",
        "loguru",  # where the file or the project logs by it
        "paramiko",
        "rest_framework",
        "sqlalchemy",  # the query that gets a loader is one of it
        "sqlmodel",  # the column is a field of it
        "starlette",
        "stripe",
        "twilio",
        "yaml",
    }
