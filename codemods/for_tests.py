"""Give test runs a variable that the program now requires, before they import it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from harden.codemods.codemod import PythonCodemod
from harden.codemods.early_lines import with_early_line
from harden.codemods.env_files import exists, text_of
from harden.codemods.line_limits import line_limit
from harden.codemods.wrapping import wrapped
from harden.errors import Refusal
from harden.module import split_lines
from harden.roles import FileKind, file_kind
from harden.source import SourceText
from harden.syntax import parse

_PYTEST_FILES = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_REQUIREMENTS = ("requirements-dev.txt", "requirements.txt", "requirements/dev.txt", "Pipfile")
_DJANGO = frozenset({"INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE"})
_DJANGO_SETTINGS = re.compile(r"""(?m)(^\s*DJANGO_SETTINGS_MODULE\s*=\s*["']?|--ds[ =])(?P<module>[\w.]+)""")
_TELLING, _CERTAIN = 6, 10
"""How long a value is that says something in quotes, and anywhere in a text."""
_SETS = re.compile(r"environ\b|\bsetenv\(")
_CLEARS = re.compile(r"environ\.clear\(|environ\b[^\n]*,\s*clear=True")
_FOR_TESTS = re.compile(r"(^|[._])(tests?|testing|ci)($|[._])")


def give_to_tests(codemod: PythonCodemod, name: str, value: str, old: str) -> None:
    """Let test runs find a variable, with a value that is no secret. Raises Refusal where that cannot be.

    `old` is the value that the code has now: tests that repeat it would fail on any other.
    """
    tests = [path for path in codemod.project.paths if file_kind(path) is FileKind.TEST]
    tests = [path for path in tests if path.endswith(".py")]
    if not tests:
        return
    _check_tests(codemod, tests, old)
    if _is_django(codemod):
        _give_to_django(codemod, name, value)
        return
    for path in _first_files(codemod, tests):
        if not path:
            raise Refusal(
                f"The tests would not find {name}: set it where they run, then fix this with `tests` off."
            )
        _put(codemod, path, name, value)


def _check_tests(codemod: PythonCodemod, tests: Sequence[str], old: str) -> None:
    repeated = _repeating(old)
    for path in tests:
        text = codemod.project.text(path)
        if repeated and any(repeated.search(line) and not _SETS.search(line) for line in text.splitlines()):
            raise Refusal(f"{path} repeats this value: let it read the program's own setting first.")
        if _CLEARS.search(text) and _imports_program(codemod, path):
            raise Refusal(f"{path} empties the environment, so that the program would not start in it.")


def _repeating(value: str) -> re.Pattern[str] | None:
    """Return what finds a value in a test: in quotes, in an address, or anywhere if it is long enough."""
    if not value:
        return None
    same = re.escape(value)
    forms = [rf":{same}@"]
    if len(value) >= _TELLING:
        forms.append(rf"""["']{same}["']""")
    if len(value) >= _CERTAIN:
        forms.append(rf"(?<!\w){same}(?!\w)")
    return re.compile("|".join(forms))


def _put(codemod: PythonCodemod, path: str, name: str, value: str) -> None:
    text, source = text_of(codemod, path)
    if not _names(text, name):
        _write(codemod, path, with_early_line(path, text, source, _line(text, name, value)))


def _write(codemod: PythonCodemod, path: str, after: str) -> None:
    """Give a Python file a new text, none of its new lines longer than the file allows."""
    before, source = text_of(codemod, path)
    known = codemod.project.exists(path)
    limit = line_limit(codemod.project.module(path) if known else codemod.module)
    codemod.other_file(path, source.encode(wrapped(after, before, limit)))


def _names(text: str, name: str) -> bool:
    return re.search(rf"""["']{re.escape(name)}["']""", text) is not None


def _line(text: str, name: str, value: str) -> str:
    """Return the statement in the quotes that a file prefers."""
    bare = text.replace('"""', "")
    quote = "'" if bare.count("'") > bare.count('"') else '"'
    return f"os.environ.setdefault({quote}{name}{quote}, {quote}{value}{quote})"


def _is_django(codemod: PythonCodemod) -> bool:
    """Tell whether the file is a Django settings module, or one of those it is made from."""
    bound = codemod.module.names.scopes[codemod.module.tree].bindings
    path = PurePosixPath(codemod.module.path)
    is_settings = "settings" in (path.stem, *path.parts[:-1])
    return not _DJANGO.isdisjoint(bound) or (is_settings and bool(_manage(codemod)))


def _manage(codemod: PythonCodemod) -> str:
    found = [path for path in codemod.project.paths if PurePosixPath(path).name == "manage.py"]
    found = [path for path in found if "DJANGO_SETTINGS_MODULE" in codemod.project.text(path)]
    return _nearest(codemod, found)


def _give_to_django(codemod: PythonCodemod, name: str, value: str) -> None:
    """Serve pytest-django, which loads the settings before any conftest.py, or else `manage.py test`."""
    for path in _pytest_files(codemod):
        match = _DJANGO_SETTINGS.search(text_of(codemod, path)[0])
        if match is not None:
            _give_to_settings(codemod, path, match["module"], name, value)
            return
    path = _manage(codemod)
    text, source = text_of(codemod, path) if path else ("", None)
    if _names(text, name):
        return
    edited = _in_manage(path, text, source, _line(text, name, value)) if source is not None else ""
    if not edited or source is None:
        raise Refusal(
            f"The tests load these settings without {name}: set it where they run, "
            "then fix this with `tests` off."
        )
    _write(codemod, path, edited)


def _pytest_files(codemod: PythonCodemod) -> list[str]:
    """Return the files beside the module and above it that may configure pytest."""
    folders = [str(parent) for parent in PurePosixPath(codemod.module.path).parents]
    paths = [file if folder == "." else f"{folder}/{file}" for folder in folders for file in _PYTEST_FILES]
    return [path for path in paths if exists(codemod, path)]


def _give_to_settings(codemod: PythonCodemod, ini: str, module: str, name: str, value: str) -> None:
    """Put the line into the settings that pytest loads; make such a module where it loads the real ones."""
    path = str(PurePosixPath(ini).parent / f"{module.replace('.', '/')}.py")
    path = codemod.project.names.get(module, path)
    if exists(codemod, path) and path != codemod.module.path and _FOR_TESTS.search(module):
        _put(codemod, path, name, value)
        return
    file = f"{path.removesuffix('.py')}_test.py"
    if path != codemod.module.path or path.endswith("__init__.py") or exists(codemod, file):
        raise Refusal(
            f"pytest loads {module}: let it load settings of its own that set {name}, "
            "then fix this with `tests` off."
        )
    text, source = text_of(codemod, ini)
    after = _DJANGO_SETTINGS.sub(
        lambda match: match[0] + "_test" if match["module"] == module else match[0], text
    )
    codemod.other_file(ini, source.encode(after))
    stem, line = module.rpartition(".")[2], _line("", name, value)
    code = (
        f'"""Settings for test runs."""\n\nimport os\n\n{line}\n\nfrom .{stem} import *  # noqa: E402, F403\n'
    )
    codemod.other_file(file, code.replace("\n", source.newline).encode())


def _in_manage(path: str, text: str, source: SourceText, line: str) -> str:
    """Return manage.py with the line run for `manage.py test`; nothing where there is no place for it."""
    tree = parse(path, source.encode(text))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    at = next(
        (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and "setdefault('DJANGO_SETTINGS_MODULE'" in ast.unparse(node)
        ),
        None,
    )
    if at is None or not {"os", "sys"} <= imported:
        return ""
    lines = split_lines(text)
    end = at.end_lineno or at.lineno
    indent = lines[at.lineno - 1][: at.col_offset]
    quote = "'" if "'" in line else '"'
    guard = f"{indent}if sys.argv[1:2] == [{quote}test{quote}]:"
    added = [f"{indent}    {line}"]
    if lines[end : end + 1] and lines[end].rstrip("\r\n") == guard:
        end += 1
    else:
        added.insert(0, guard)
    return "".join([*lines[:end], *(code + source.newline for code in added), *lines[end:]])


def _first_files(codemod: PythonCodemod, tests: Sequence[str]) -> Iterator[str]:
    """Yield, for each folder of tests that import the program, the file that they import before it."""
    left = list(tests)
    while left:
        path = _first_imported(codemod, left)
        yield path
        folder = PurePosixPath(path).parent
        covers = PurePosixPath(path).name in ("conftest.py", "__init__.py")
        known, left = (
            left,
            [
                test
                for test in left
                if test != path
                and not (covers and folder in PurePosixPath(test).parents)
                and _imports_program(codemod, test)
            ],
        )
        if not path or left == known:
            return


def _imports_program(codemod: PythonCodemod, test: str) -> bool:
    """Tell whether a test file imports the package of the file that is edited, or relatively within it."""
    top = re.escape(codemod.module.name.partition(".")[0])
    is_inside = test.partition("/")[0] == codemod.module.path.partition("/")[0]
    names = rf"{top}\b|\." if is_inside else rf"{top}\b"
    return re.search(rf"(?m)^\s*(from|import)\s+({names})", codemod.project.text(test)) is not None


def _first_imported(codemod: PythonCodemod, tests: Sequence[str]) -> str:
    """Return the file that a test run imports before the program: it may be yet to be made."""
    folders = {parent for test in tests for parent in PurePosixPath(test).parents}
    found = [
        path
        for path in dict.fromkeys((*codemod.project.paths, *codemod.others))
        if PurePosixPath(path).name == "conftest.py" and PurePosixPath(path).parent in folders
    ]
    if found:
        return _nearest(codemod, found)
    modules = [path for path in tests if re.search(r"(^|/)(test_\w+|\w+_tests?|tests?)\.py$", path)]
    if not modules:
        return ""
    folder = PurePosixPath(_nearest(codemod, modules)).parent
    if any(
        _mentions_pytest(codemod, path) for path in (*_pytest_files(codemod), *_REQUIREMENTS, *modules[:5])
    ):
        return str(folder / "conftest.py")
    if str(folder / "__init__.py") in tests:
        return str(folder / "__init__.py")
    return modules[0] if len(modules) == 1 else ""


def _nearest(codemod: PythonCodemod, paths: Sequence[str]) -> str:
    """Return the path that shares most folders with the file, of those the one nearest to the root."""

    here = set(PurePosixPath(codemod.module.path).parents)

    def distance(path: str) -> tuple[int, int, str]:
        return -len(here & set(PurePosixPath(path).parents)), path.count("/"), path

    return min(paths, key=distance, default="")


def _mentions_pytest(codemod: PythonCodemod, path: str) -> bool:
    return exists(codemod, path) and "pytest" in text_of(codemod, path)[0]
