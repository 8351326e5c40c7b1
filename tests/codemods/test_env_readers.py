"""Variables read as the file or the project reads them already."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest

from harden.codemods.codemod import Options, PythonCodemod, expression
from harden.codemods.env_readers import read_variable, variable_read
from harden.errors import Refusal
from harden.findings import Finding, Severity
from harden.project import Project
from tests.given import write

YES = '{"1", "true", "yes", "on"}'


class Reading(PythonCodemod):
    """Replace `here` by a read, with the arguments that the test gives."""

    arguments: dict[str, str]
    variable = ""

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """Replace the target."""
        finding = self.target(original_node)
        if finding is None:
            return updated_node
        self.variable = variable_read(self, finding, "PORT")
        return expression(read_variable(self, finding, "PORT", **self.arguments))  # type: ignore[arg-type]


def reading(
    root: Path, code: str, files: dict[str, str] | None = None, **arguments: str
) -> tuple[str, Reading]:
    """Return the file with `here` replaced, and the codemod that did it."""
    contents = {**(files or {}), "app/main.py": code}
    codemod = Reading(Project(write(root, contents), tuple(sorted(contents))), Options())
    codemod.arguments = arguments
    module = codemod.project.module("app/main.py")
    names = [node for node in module.nodes(ast.Name) if node.id == "here"]
    found = [Finding("x", "app/main.py", module.span(node), "", Severity.LOW, "1") for node in names]
    edited = codemod.edit("app/main.py", found)
    if edited.refused:
        raise Refusal(edited.refused["1"])
    return edited.data.decode(), codemod


OS = "import os\n\n"
PATH = "import os\nfrom pathlib import Path\n\n"
ENVIRONS = "from environs import Env\n\nenv = Env()\n"
ENVIRON = "import environ\n\nenv = environ.Env()\n"
DECOUPLE = "from decouple import config\n\n"
STARLETTE = 'from starlette.config import Config\n\nsettings = Config(".env")\n'
DYNACONF = 'from dynaconf import Dynaconf\n\nsettings = Dynaconf(envvar_prefix="SHOP")\n'
WORDS = '["a", "b"]'


@pytest.mark.parametrize(
    ("head", "cast", "default", "read"),
    [
        (OS, "str", None, 'os.environ["PORT"]'),
        (OS, "int", None, 'int(os.environ["PORT"])'),
        (OS, "str", '"x"', 'os.getenv("PORT", "x")'),
        (OS, "str", "None", 'os.getenv("PORT")'),
        (OS, "int", "8_000", 'int(os.getenv("PORT", "8000"))'),
        (OS, "int", "60 * 60", 'int(os.getenv("PORT", str(60 * 60)))'),
        (OS, "float", "0.5", 'float(os.getenv("PORT", "0.5"))'),
        (OS, "bool", "True", f'os.getenv("PORT", "True").lower() in {YES}'),
        (OS, "list", WORDS, 'os.getenv("PORT", "a,b").split(",")'),
        (OS, "list", '("a",)', 'tuple(os.getenv("PORT", "a").split(","))'),
        (OS, "list", "[]", '[item for item in os.getenv("PORT", "").split(",") if item]'),
        (PATH, "path", '"data"', 'Path(os.getenv("PORT", "data"))'),
        ("from os import getenv\n\n", "str", '"x"', 'getenv("PORT", "x")'),
        (OS + 'A = os.environ.get("A")\n', "int", "1", 'int(os.environ.get("PORT", "1"))'),
        (ENVIRONS, "str", None, 'env("PORT")'),
        (ENVIRONS, "int", "5", 'env.int("PORT", 5)'),
        (ENVIRONS, "list", WORDS, f'env.list("PORT", {WORDS})'),
        ("from pathlib import Path\n\n" + ENVIRONS, "path", '"d"', 'env.path("PORT", Path("d"))'),
        (ENVIRON, "int", "5", 'env.int("PORT", default=5)'),
        (ENVIRON, "bool", "False", 'env.bool("PORT", default=False)'),
        (ENVIRON, "list", '("a",)', 'tuple(env.list("PORT", default=("a",)))'),
        ("from pathlib import Path\n\n" + ENVIRON, "path", '"d"', 'Path(env("PORT", default="d"))'),
        (DECOUPLE, "int", "5", 'config("PORT", default=5, cast=int)'),
        (DECOUPLE, "bool", None, 'config("PORT", cast=bool)'),
        ("from decouple import config, Csv\n\n", "list", WORDS, 'config("PORT", default="a,b", cast=Csv())'),
        (STARLETTE, "int", "5", 'settings("PORT", default=5, cast=int)'),
        (DYNACONF, "int", "5", 'settings.get("PORT", 5)'),
        (DYNACONF, "str", None, "settings.PORT"),
    ],
)
def test_the_files_own_way(tmp_path: Path, head: str, cast: str, default: str | None, read: str) -> None:
    given = {"cast": cast} | ({} if default is None else {"default": default})
    assert reading(tmp_path, f"{head}x = here\n", None, **given)[0] == f"{head}x = {read}\n"


def test_quotes_are_those_asked_for(tmp_path: Path) -> None:
    text, _ = reading(tmp_path, OS + "x = here\n", quote="'", cast="list", default="['a', 'b']")
    assert text == OS + "x = os.getenv('PORT', 'a,b').split(',')\n"


def test_a_prefix_belongs_to_the_variable(tmp_path: Path) -> None:
    assert reading(tmp_path, f"{DYNACONF}x = here\n")[1].variable == "SHOP_PORT"
    assert reading(tmp_path, f"{DECOUPLE}x = here\n")[1].variable == "PORT"


ENV_FILE = {"app/__init__.py": "", "app/env.py": ENVIRON, "app/other.py": "from app.env import env\n"}


STARLETTE = "from starlette.config import Config\n\nconfig = Config('.env')\nURL = config('URL')\n"


@pytest.mark.parametrize(
    ("files", "head", "read"),
    [
        (ENV_FILE, "from app.env import env\n\n", 'env("PORT")'),
        ({"app/__init__.py": "", "app/conf.py": DECOUPLE}, DECOUPLE, 'config("PORT")'),
        (ENV_FILE | {"app/other.py": ""}, OS, 'os.environ["PORT"]'),
        (ENV_FILE | {"app/env.py": "from app import other\n" + ENVIRON}, OS, 'os.environ["PORT"]'),
        ({"billing/conf.py": DECOUPLE}, OS, 'os.environ["PORT"]'),
        ({"tests/conftest.py": DECOUPLE}, OS, 'os.environ["PORT"]'),
        ({"app/__init__.py": "", "app/conf.py": STARLETTE}, OS, 'os.environ["PORT"]'),
    ],
)
def test_the_projects_way(tmp_path: Path, files: dict[str, str], head: str, read: str) -> None:
    assert reading(tmp_path, "x = here\n", files)[0] == f"{head}x = {read}\n"


def test_a_value_that_was_read_is_no_reader(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/conf.py": STARLETTE}
    head = "from app.conf import URL\n"
    assert 'x = os.environ["PORT"]\n' in reading(tmp_path, f"{head}x = here\n", files)[0]
    assert 'x = config("PORT")\n' in reading(tmp_path, f"{STARLETTE}x = here\n")[0]
    assert 'x = config("PORT")\n' in reading(tmp_path, f"{DECOUPLE}URL = config('URL')\nx = here\n")[0]


def test_a_file_that_reads_through_os_goes_on_so(tmp_path: Path) -> None:
    code = 'import os\n\nA = os.environ["A"]\n'
    assert reading(tmp_path, f"{code}x = here\n", ENV_FILE)[0] == f'{code}x = os.environ["PORT"]\n'


def test_a_reader_that_is_hidden_or_not_yet_there_is_not_used(tmp_path: Path) -> None:
    hidden = f"import os\n{ENVIRON}\n\ndef f(env):\n    return here\n"
    assert 'return os.environ["PORT"]' in reading(tmp_path, hidden)[0]
    early = "import os\n\nfrom environs import Env\n\nx = here\nenv = Env()\n"
    assert 'x = os.environ["PORT"]\n' in reading(tmp_path, early)[0]


@pytest.mark.parametrize(
    ("cast", "default"), [("list", '["a,b"]'), ("list", "[1, 2]"), ("int", "None"), ("str", "{}")]
)
def test_what_text_cannot_say_is_refused(tmp_path: Path, cast: str, default: str) -> None:
    with pytest.raises(Refusal):
        reading(tmp_path, f"{OS}x = here\n", cast=cast, default=default)
