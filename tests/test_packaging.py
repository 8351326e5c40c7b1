"""The four folders install as one package, whatever kind of checkout they are built from."""

import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from shutil import copy, copytree, ignore_patterns
from zipfile import ZipFile

import pytest

import harden

ROOT = Path(__file__).resolve().parent.parent
HOME = Path.home()
LINKS = ("checklists", "codemods", "tui")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
BUILD = "import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])"


def package_files() -> dict[str, Path]:
    """Return the files that have to be installed, by their path inside the wheel."""
    patterns = ["*.py", *SETUPTOOLS["package-data"]["*"]]
    rooms = {"harden": ROOT / "harden"} | {f"harden/{name}": ROOT / name for name in LINKS}
    return {
        f"{target}/{path.relative_to(folder).as_posix()}": path
        for target, folder in rooms.items()
        for path in real_files(folder)
        if any(fnmatch(path.name, pattern) for pattern in patterns)
    }


def real_files(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, through no link and in no cache."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name == "__pycache__" or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from real_files(path)
        else:
            yield path


@pytest.fixture(scope="module", params=["links", "no links"])
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a source distribution of a copy of the checkout, and from that a wheel."""
    folder = tmp_path_factory.mktemp("build")
    checkout, sources, wheels = folder / "checkout", folder / "sources", folder / "wheels"
    ignored = ignore_patterns("__pycache__")
    for name in ("harden", *LINKS):
        copytree(ROOT / name, checkout / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        copy(ROOT / name, checkout)
    if request.param == "no links":
        for name in LINKS:
            (checkout / "harden" / name).unlink(missing_ok=True)
    build("sdist", checkout, sources)
    with tarfile.open(next(sources.glob("*.tar.gz"))) as archive:
        archive.extractall(sources, filter="data")
    build("wheel", next(path for path in sources.iterdir() if path.is_dir()), wheels)
    return next(wheels.glob("*.whl"))


def build(kind: str, project: Path, target: Path) -> None:
    """Build one kind of distribution, as an installer would, without the network."""
    target.mkdir()
    command = [sys.executable, "-c", BUILD.format(kind=kind), str(target)]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_wheel_holds_one_package_with_every_file(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    tops = {PurePosixPath(name).parts[0] for name in names}
    assert tops == {"harden", f"harden_tui-{harden.__version__}.dist-info"}
    assert {name for name in names if name.startswith("harden/")} == set(package_files())


def test_wheel_names_command_and_checks(wheel: Path) -> None:
    points = ZipFile(wheel).read(f"harden_tui-{harden.__version__}.dist-info/entry_points.txt").decode()
    assert "harden = harden.cli:main" in points
    assert "builtin = harden.checklists" in points


def test_every_package_folder_is_listed() -> None:
    folders = {str(PurePosixPath(name).parent) for name in package_files() if name.endswith("/__init__.py")}
    assert sorted(folder.replace("/", ".") for folder in folders) == sorted(SETUPTOOLS["packages"])


def test_every_module_lies_in_a_package() -> None:
    folders = {PurePosixPath(name).parent for name in package_files()}
    assert [str(folder) for folder in folders if f"{folder}/__init__.py" not in package_files()] == []


@pytest.mark.parametrize("name", LINKS)
def test_link_is_never_a_copied_folder(name: str) -> None:
    link = ROOT / "harden" / name
    if link.is_symlink():
        assert link.resolve() == ROOT / name
    else:
        assert not link.is_dir(), f"{link} is a copy: edits in {name}/ would not reach it"
    assert SETUPTOOLS["package-dir"][f"harden.{name}"] == name


def test_versions_agree() -> None:
    assert PROJECT["project"]["version"] == harden.__version__


def test_no_file_names_a_path_of_this_machine() -> None:
    paths = [str(path) for path in (ROOT, HOME) if len(path.parts) > 2]
    folders = ["harden", *LINKS, "bench", "demo", "docs", "tests", ".ci", ".github"]
    files = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    files += [path for name in folders if (ROOT / name).is_dir() for path in real_files(ROOT / name)]
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in files}
    assert [str(file) for file, text in texts.items() if any(path in text for path in paths)] == []
