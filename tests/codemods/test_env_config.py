"""Secrets leave the code: required variables, the project's own reader, and the files around them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.fixing import make_offer
from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.codemods.conftest import Mend
from tests.given import project as project_of
from tests.given import write

VALUE = "velvet-otter-8841"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "app.config['SECRET_KEY'] = 'dev-secret'\n",
            "app.config['SECRET_KEY'] = os.environ['SECRET_KEY']\n",
        ),
        ('app.secret_key = b"dev-secret"\n', 'app.secret_key = os.environ["SECRET_KEY"].encode()\n'),
        (
            'app.config.update(\n    DEBUG=False,\n    SECRET_KEY="dev-secret",  # sessions\n)\n',
            'app.config.update(\n    DEBUG=False,\n    SECRET_KEY=os.environ["SECRET_KEY"],  # sessions\n)\n',
        ),
        (
            'DATABASES = {\n    "default": {"HOST": "db", "PASSWORD": "otter-1!"},\n}\n',
            'DATABASES = {\n    "default": {"HOST": "db", "PASSWORD": os.environ["DB_PASSWORD"]},\n}\n',
        ),
        (
            'app.config.from_mapping({"SECRET_KEY": "dev-secret"}, DEBUG=False)\n',
            'app.config.from_mapping({"SECRET_KEY": os.environ["SECRET_KEY"]}, DEBUG=False)\n',
        ),
        (
            '@app\nclass MailConfig:\n    smtp_password: str = "otter-1!"\n',
            '@app\nclass MailConfig:\n    smtp_password: str = os.environ["SMTP_PASSWORD"]\n',
        ),
        (
            'if __name__ == "__main__":\n    app.run(ssl_key=1, api_key="k8s9d0f7g6h5j4k3l2")\n',
            'if __name__ == "__main__":\n    app.run(ssl_key=1, api_key=os.environ["F_API_KEY"])\n',
        ),
        ('SECRET_KEY = ("velvet" "-otter-1")\n', 'SECRET_KEY = os.environ["SECRET_KEY"]\n'),
        (
            'if app: SECRET_KEY = "otter-one-1"; x = 1\n',
            'if app: SECRET_KEY = os.environ["SECRET_KEY"]; x = 1\n',
        ),
        (
            'def f(a, api_key="k8s9d0f7g6h5j4k3l2"):\n\tpass\n',
            'def f(a, api_key=os.environ["F_API_KEY"]):\n\tpass\n',
        ),
    ],
)
def test_literal_becomes_a_required_variable(mend: Mend, before: str, after: str) -> None:
    head = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
    assert mend("hardcoded-secret", head + before, path="app/f.py").text == head + after


@pytest.mark.parametrize(
    ("head", "read"),
    [
        ("from environs import Env\n\nenv = Env()\n", 'env("SECRET_KEY")'),
        ("import environ\n\nenv = environ.Env()\n", 'env("SECRET_KEY")'),
        ("from decouple import config\n\n", 'config("SECRET_KEY")'),
        ("from os import environ\n\n", 'environ["SECRET_KEY"]'),
        ("import os as system\n\n", 'system.environ["SECRET_KEY"]'),
    ],
)
def test_the_file_keeps_its_reader(mend: Mend, head: str, read: str) -> None:
    mended = mend("hardcoded-secret", f'{head}SECRET_KEY = "{VALUE}"\n')
    assert mended.text == f"{head}SECRET_KEY = {read}\n"


def test_encoding_and_line_ends_survive(mend: Mend) -> None:
    code = "\ufeffimport os\r\n\r\nname = 'Zoë'\r\nSECRET_KEY = 'otter-8841'\r\n".encode()
    assert mend("hardcoded-secret", code).data == code.replace(b"'otter-8841'", b"os.environ['SECRET_KEY']")
    latin = '# -*- coding: latin-1 -*-\nimport os\nNAME = "Zoë"\nSECRET_KEY = "otter-8841"\n'.encode(
        "latin-1"
    )
    assert mend("hardcoded-secret", latin).data == latin.replace(b'"otter-8841"', b'os.environ["SECRET_KEY"]')


def test_a_repository_without_an_ignore_list_gets_one(mend: Mend, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    mended = mend("hardcoded-secret", 'SECRET_KEY = "velvet-otter-signing-key"\n')
    assert mended.others == {".env.example": "SECRET_KEY=\n", ".gitignore": ".env\n"}


def test_files_around_name_the_variable_and_never_the_value(mend: Mend) -> None:
    files = {
        ".gitignore": "*.pyc\n",
        ".env.example": "PORT=8000",
        "tests/conftest.py": '"""Fixtures."""\nimport pytest\n\nfrom app import main\n',
    }
    mended = mend("hardcoded-secret", f'SECRET_KEY = "{VALUE}"\n', files=files)
    assert mended.others[".env.example"] == "PORT=8000\nSECRET_KEY=\n"
    assert mended.others[".gitignore"] == "*.pyc\n.env\n"
    conftest = mended.others["tests/conftest.py"]
    assert conftest.startswith('"""Fixtures."""\n\nimport os\n\nos.environ.setdefault("SECRET_KEY", ')
    assert conftest.index("os.environ.setdefault") < conftest.index("from app import main")
    assert VALUE not in str(mended)


def test_files_around_stay_where_they_say_enough(mend: Mend) -> None:
    files = {".gitignore": ".env*\n", ".env.example": "# SECRET_KEY=\n"}
    mended = mend("hardcoded-secret", f'SECRET_KEY = "{VALUE}"\n', files=files)
    assert mended.others == {}
    assert mend("hardcoded-secret", f'SECRET_KEY = "{VALUE}"\n', template=False).others == {}


def test_name_is_an_option(mend: Mend) -> None:
    mended = mend("hardcoded-secret", f'import os\n\nSECRET_KEY = "{VALUE}"\n', name="SHOP_KEY")
    assert mended.text == 'import os\n\nSECRET_KEY = os.environ["SHOP_KEY"]\n'
    assert mended.others[".env.example"] == "SHOP_KEY=\n"


def test_a_second_run_changes_nothing(mend: Mend) -> None:
    once = mend("hardcoded-secret", f'import os\n\nSECRET_KEY = "{VALUE}"\n').text
    assert mend("hardcoded-secret", once).text == once


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('import os\n\nA = os.environ["SECRET_KEY"]\nSECRET_KEY = "otter-8841"\n', "already read"),
        ('os = 1\nSECRET_KEY = "otter-8841"\n', "means something else"),
        ('import os\n\nSECRET_KEY = (  # sessions\n    "otter-8841"\n)\n', ""),
    ],
)
def test_refused_or_harmless(mend: Mend, code: str, reason: str) -> None:
    mended = mend("hardcoded-secret", code)
    if reason:
        assert mended.text == code
        assert reason in mended.refused[0]
    else:
        assert "# sessions" in mended.text


def test_a_variable_that_another_file_reads_is_not_taken_over(mend: Mend) -> None:
    files = {"app/config.py": 'import os\n\nKEY = os.getenv("SECRET_KEY")\n'}
    mended = mend("hardcoded-secret", f'SECRET_KEY = "{VALUE}"\n', files=files)
    assert "SECRET_KEY is already read in app/config.py" in mended.refused[0]
    mended = mend("hardcoded-secret", f'SECRET_KEY = "{VALUE}"\n', files=files, name="SECRET_KEY")
    assert 'os.environ["SECRET_KEY"]' in mended.text


def test_one_value_in_two_files_is_one_variable(tmp_path: Path) -> None:
    code = f'SECRET_KEY = "{VALUE}"\n'
    root = write(tmp_path, {"app/a.py": code, "app/b.py": code, "app/c.py": 'SECRET_KEY = "other-seal-1"\n'})
    project, check = project_of(root), check_named("hardcoded-secret")
    found = [item for path in project.paths for item in scan_file(project, Rules((check,)), path).findings]
    offer = make_offer(project, check, found)
    assert offer.patch is not None
    assert offer.patch.paths == (".env.example", "app/a.py", "app/b.py")
    assert list(offer.refused) == [found[2].fingerprint]


def test_bytes_that_are_no_text_stay(mend: Mend) -> None:
    for text in ("\\x01\\x02otter-8841", "otter-8841-\\xe9"):
        code = f'SECRET_KEY = b"{text}"\n'
        assert mend("hardcoded-secret", code).text == code


def test_two_values_never_share_a_variable(mend: Mend) -> None:
    code = (
        'import os\n\nA = {"host": "a", "password": "otter-1!"}\n\ndef f():\n    API_PASSWORD = "seal-2!"\n'
    )
    other = code + '\n\ndef g():\n    API_PASSWORD = "crab-3!"\n'
    mended = mend("hardcoded-secret", other)
    assert mended.text.count('os.environ["API_PASSWORD"]') == 1
    assert "two different values" in mended.refused[0]


def test_settings_fields_become_required(mend: Mend) -> None:
    code = (
        "from pydantic import SecretStr\nfrom pydantic_settings import BaseSettings\n\n\n"
        "class Settings(BaseSettings):\n"
        '    model_config = {"env_prefix": "shop_"}\n'
        '    jwt_secret: SecretStr = SecretStr("otter-8841")  # signs tokens\n'
        "    port: int = 8000\n"
    )
    mended = mend("hardcoded-secret", code)
    assert mended.text == code.replace(' = SecretStr("otter-8841")', "")
    assert mended.others[".env.example"] == "SHOP_JWT_SECRET=\n"


def test_renaming_a_field_is_refused(mend: Mend) -> None:
    code = (
        "from pydantic_settings import BaseSettings\n\n\n"
        'class Settings(BaseSettings):\n    jwt_secret: str = "otter-8841"\n'
    )
    mended = mend("hardcoded-secret", code, name="OTHER")
    assert mended.text == code
    assert "rename the field" in mended.refused[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('os.getenv("SECRET_KEY", "dev")', 'os.environ["SECRET_KEY"]'),
        ("os.environ.get('SECRET_KEY', default='dev')", "os.environ['SECRET_KEY']"),
        ('(os.getenv("SECRET_KEY") or "dev").encode()', 'os.environ["SECRET_KEY"].encode()'),
        ('os.getenv(\n    "SECRET_KEY",\n    "dev",\n)', 'os.environ["SECRET_KEY"]'),
    ],
)
def test_fallback_goes(mend: Mend, before: str, after: str) -> None:
    mended = mend("secret-default", f"import os\n\nSECRET_KEY = {before}\n")
    assert mended.text == f"import os\n\nSECRET_KEY = {after}\n"


def test_another_name_for_a_read_variable_is_refused(mend: Mend) -> None:
    code = 'import os\n\nSECRET_KEY = os.getenv("SECRET_KEY", "dev")\n'
    mended = mend("secret-default", code, name="OTHER")
    assert mended.text == code
    assert "already reads" in mended.refused[0]


def test_unused_getenv_import_goes(mend: Mend) -> None:
    mended = mend("secret-default", 'from os import getenv\n\nSECRET_KEY = getenv("SECRET_KEY", "dev")\n')
    assert mended.text == 'import os\n\nSECRET_KEY = os.environ["SECRET_KEY"]\n'
