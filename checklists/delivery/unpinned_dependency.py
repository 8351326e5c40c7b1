"""The next build installs other versions than the ones that were tested.

A requirement without an exact version means what is newest on the day of the build. The build of a fix at
night brings a new major version along, two machines of one service run different code, and what worked
cannot be built again. Pin every version (`==`), better with hashes, and let a tool move them:
`pip-compile`, `uv lock`, `poetry lock`.

Projects with a lock file, requirements for development, tests and documentation, inputs of pip-compile,
requirements that a constraints file pins, and the ranges of a library's own metadata are left out.

The fix takes the versions that are installed in the project's virtual environment (`.venv`, `venv`, `env`):
those are what was tested. Nothing is downloaded, and no code of the packages is run.

Flagged (requirements.txt):

    # web
    flask>=3.0
    requests
    celery[redis]~=5.3 ; python_version >= "3.9"  # queue
    gunicorn==22.0.0

Fixed (requirements.txt):

    # web
    flask==3.0.3
    requests==2.32.3
    celery[redis]==5.4.0 ; python_version >= "3.9"  # queue
    gunicorn==22.0.0

Fine (requirements.txt):

    --index-url https://pypi.org/simple
    -r base.txt
    flask==3.0.3
    gunicorn===22.0.0 \\
        --hash=sha256:4a0b436239ff76fb33f11c07a16482c521a7e09c1ce3cc293c2330afe01bec63
    shop @ git+https://git.example/shop.git@v1.4.2
    -e .

Fine (requirements-dev.txt):

    pytest
    ruff>=0.5

When to ignore: the file is no deployment's, only a convenience for trying the project out.

References:
https://pip.pypa.io/en/stable/topics/repeatable-installs/
https://docs.astral.sh/uv/pip/compile/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from harden.checks import Check, Fix
from harden.codemods.installed import ENVIRONMENTS
from harden.errors import UnreadableSource
from harden.findings import Finding, Risk, Severity
from harden.module import TextFile
from harden.project import Project

check = Check(
    id="unpinned-dependency",
    title="Requirement without exact version",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.requirements:PinVersion", Risk.REVIEW),
)

_LOCKS = frozenset(
    {"poetry.lock", "uv.lock", "Pipfile.lock", "pdm.lock", "pixi.lock", "conda-lock.yml", "pylock.toml"}
)
_ASIDE = re.compile(
    r"(^|[/._-])(dev|develop|development|tests?|testing|docs?|documentation|lint|ci|local|build|examples?|"
    r"benchmarks?|typing|mypy|optional|extras?|demo|tutorials?|notebooks?)([/._-]|$)"
)
_REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*(\(?[^;#@]*)(@\s*\S+)?")
_NOTHING_INSTALLED = "There is no installed environment (.venv, venv, env) to take versions from."
_EXACT = re.compile(r"={2,3}\s*[^*\s,]+$")


@check.file("*requirements*.txt", "requirements/*.txt", "*/requirements/*.txt")
def requirements(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag each requirement whose version is open."""
    if _ASIDE.search(file.path.lower()) or _is_locked(file, project):
        return
    pinned = _constrained(file, project)
    continued = False
    for number, line in enumerate(file.lines, 1):
        code = line.partition(" #")[0].strip()
        starts, continued = not continued, code.endswith("\\")
        name, clauses = _unpinned(code.removesuffix("\\")) if starts else ("", "")
        if name and name.lower().replace("_", "-") not in pinned:
            has_versions = any(project.exists(f"{folder}/pyvenv.cfg") for folder in ENVIRONMENTS)
            why_not = "" if has_versions else _NOTHING_INSTALLED
            facts = {"name": name}
            message = f"{name} may be any version" + (f" that satisfies {clauses}" if clauses else "")
            yield check.found_at(file.path, file.span(number), message, facts=facts, why_not=why_not)


def _unpinned(code: str) -> tuple[str, str]:
    """Return the name and the range of a requirement that has no exact version; else empty strings."""
    if (
        not code
        or code.startswith(("#", "-", ".", "/"))
        or "://" in code.partition("@")[0]
        or "--hash" in code
    ):
        return "", ""
    match = _REQUIREMENT.match(code)
    if match is None or match[4]:
        return "", ""
    version = match[3].split(" --")[0].strip().strip("()").strip()
    clauses = [clause.strip() for clause in version.split(",")]
    return ("", "") if any(_EXACT.match(clause) for clause in clauses) else (match[1], version)


def _is_locked(file: TextFile, project: Project) -> bool:
    """Tell whether a lock file or a compiled twin of this file holds the versions, or a library reads it."""
    folder = PurePosixPath(file.path).parent
    places = {"", *(f"{parent}/" for parent in (folder, *folder.parents) if str(parent) != ".")}
    if any(place + name in project.paths for place in places for name in _LOCKS):
        return True
    stem = file.path.removesuffix(".txt")
    if any(path in project.paths for path in (f"{stem}.lock", f"{stem}.lock.txt", f"{stem}-lock.txt")):
        return True
    for path in ("setup.py", "setup.cfg", "pyproject.toml"):
        try:
            if path in project.paths and PurePosixPath(file.path).name in project.text_file(path).text:
                return True
        except UnreadableSource:
            continue
    return False


def _constrained(file: TextFile, project: Project) -> set[str]:
    """Return the names that a constraints file named here (`-c file`) pins."""
    found = set()
    for line in file.lines:
        named = re.match(r"\s*(?:-c|--constraint)[\s=]+(\S+)", line)
        path = str(PurePosixPath(file.path).parent / named[1]) if named else ""
        if path in project.paths:
            text = project.text_file(path).text
            found |= {name.lower().replace("_", "-") for name in re.findall(r"(?m)^([\w.-]+)\s*==", text)}
    return found
