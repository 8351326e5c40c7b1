"""A secret is told by its name and its value together, and its value shows nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.findings import Finding
from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file


def findings(tmp_path: Path, code: str, path: str = "app/shop.py") -> tuple[Finding, ...]:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code)
    result = scan_file(Project(tmp_path, (path,)), Rules((check_named("hardcoded-secret"),)), path)
    assert not result.problems
    return result.findings


STRIPE = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"  # put together, so that no scanner takes it for a key


@pytest.mark.parametrize(
    "code",
    [
        'SECRET_KEY = "change-me"',
        'JWT_SECRET = "secret"',
        'DB_PASSWORD = "postgres"',
        'app.secret_key = "dev"',
        'engine = create_engine("postgresql://shop:tr0ub4dor@db/shop")',
        'connect(host="db", password="hunter22")',
        'DATABASES = {"default": {"HOST": "db", "PASSWORD": "winter"}}',
        'headers = {"Authorization": "Bearer 9f8a7b6c5d4e3f2a1b0c"}',
        f'stripe.api_key = "{STRIPE}"',
        f'anything("{STRIPE}")',
        'def f(token): return token == "k8s9d0f7g6h5j4k3l2"',
        'SECRET_KEY = "django-insecure-^x(%s)&a{{1"',
        'STRIPE_KEY = "pk9f-51Hq8ZKLmNv93kXyTb7QwErT"',
        'class Config:\n    WEATHER_KEY = "b1b15e88fa797225412429c1c50c122a1"',
        'class DevelopmentConfig:\n    DB_URI = "postgresql://u:X1pL8PjYnTMaeP7k9DXX@db-1.oregon.acme.com/shop"',
    ],
)
def test_in_use(code: str, tmp_path: Path) -> None:
    assert len(findings(tmp_path, code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        'PASSWORD = "password"',
        'ACCESS_TOKEN = "access_token"',
        'API_KEY = "your-api-key-here"',
        'API_KEY_NAME = "X-API-Key"',
        'WEATHER_KEY = "weather_v2"',
        'EMAIL_KEY = "user-email-key"',
        'STRIPE_KEY = "pk_live_51Hq8ZKLmNv93kXyTb7QwErT"',
        'TOKEN_URL = "https://auth.example/token"',
        'SECRET_ENV = "SHOP_SECRET"',
        'SECRET_KEY = ""',
        'SECRET_KEY = "${SECRET_KEY}"',
        'SECRET_FILE = "/run/secrets/key"',
        'PASSWORD_HASHERS = ["argon2"]',
        'labels = {"password": "Passwort", "api_key": "API key", "token": "Token (optional)"}',
        'form.add("password", type="password")',
        'client.get_secret_value(secret="prod-db-password-2")',
        'import re\nre.compile("postgresql://u:p4ss@host/db")',
        '"""Connect with postgresql://u:p4ss@host/db."""',
        'parser.add_argument("--password", help="password=hunter2!x")',
        'from enum import StrEnum\nclass Kind(StrEnum):\n    PASSWORD = "pass-w0rd"',
        'if DEBUG:\n    SECRET_KEY = "dev-secret-1"',
        'class TestConfig:\n    SECRET_KEY = "dev-secret-1"',
        'class DevelopmentConfig:\n    DB_URI = "postgresql://u:X1pL8PjYnTMaeP7k9DXX@db.local/shop"',
        'class DevelopmentConfig:\n    DB_URI = "postgresql://u:postgres@db.acme.com/shop"',
        'DB_PASSWORD = "__POSTGRES_PASSWORD__"',
        'DB_PASSWORD = "%DB_PASSWORD%"',
        'PUBLIC_KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"',
        'next_page_token = "b2Zmc2V0PTEwMCZsaW1pdD01MA"',
        'match x:\n    case "hunter2!":\n        pass',
    ],
)
def test_look_alikes(code: str, tmp_path: Path) -> None:
    assert not findings(tmp_path, code)


@pytest.mark.parametrize(
    "path", ["tests/test_x.py", "app/settings/local.py", "app/settings_dev.py", "docs/conf.py"]
)
def test_places_that_do_not_ship(path: str, tmp_path: Path) -> None:
    assert not findings(tmp_path, 'SECRET_KEY = "dev-secret-1"', path)


def test_the_value_shows_nowhere(tmp_path: Path) -> None:
    for found in findings(tmp_path, f'A = "{STRIPE}"\nB_PASSWORD = "tr0ub4dor!"\n'):
        shown = repr(found)
        assert STRIPE not in shown
        assert "tr0ub4dor" not in shown


def test_an_address_put_together_is_for_a_person(tmp_path: Path) -> None:
    found = findings(
        tmp_path, 'import os\n\nH = os.environ["H"]\nURL = f"postgresql://shop:tr0ub4dor@{H}:5432/{H}"\n'
    )
    assert [finding.fixable for finding in found] == [False]
    assert not findings(tmp_path, 'URL = f"postgresql://{u}:{p}@{h}/x"\nMAIL = f"{name}@shop.example"\n')


def test_a_default_that_production_replaces_is_none(tmp_path: Path) -> None:
    base = "SECRET_KEY = 'otter-8841-lagoon'\n"
    (tmp_path / "shop/settings").mkdir(parents=True)
    prod = tmp_path / "shop/settings/prod.py"
    prod.write_text("from .base import *\n\nSECRET_KEY = read_secret()\n")
    assert not findings(tmp_path, base, "shop/settings/base.py")
    prod.write_text("from .base import *\n\nDEBUG = False\nSECRET_KEY = 'otter-8842-lagoon'\n")
    assert findings(tmp_path, base, "shop/settings/base.py")


def test_the_account_of_every_rabbitmq_is_no_secret(tmp_path: Path) -> None:
    assert not findings(tmp_path, 'BROKER = "amqp://guest:guest@localhost:5672//"\n')
    assert findings(tmp_path, 'BROKER = "amqp://shop:guest@localhost:5672//"\n')


def test_django_refuses_an_empty_key_itself(tmp_path: Path) -> None:
    check = check_named("secret-default")
    code = 'import os\n\nSECRET_KEY = os.getenv("SECRET_KEY", "")\n'
    for text, count in ((code, 1), (code + "INSTALLED_APPS = []\n", 0)):
        (tmp_path / "settings.py").write_text(text)
        result = scan_file(Project(tmp_path, ("settings.py",)), Rules((check,)), "settings.py")
        assert len(result.findings) == count


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ('import jwt\n\nx = "velvet-otter-9931"\n\n\ndef f(p):\n    return jwt.encode(p, x)\n', 3),
        ('import pymysql\n\npymysql.connect("db", "shop", "tr0ub4dor&3")\n', 3),
        ('def f():\n    value = "tr0ub4dor&3"\n    return connect(host="db", password=value)\n', 2),
        ('def f():\n    part = "hunter22x"\n    return "postgresql://shop:%s@db/shop" % part\n', 2),
        ('U, P = "shop", "hunter22x"\nURL = f"postgresql://{U}:{P}@db/shop"\n', 1),
        ('URL = "postgresql://" + "shop" + ":" + "hunter22x" + "@db/shop"\n', 1),
        ('parser.add_argument("--db-password", default="winter-2024")\n', 1),
        ('CONF = {"host": "db", "pw": "tr0ub4dor"}\n', 1),
        ('import requests\n\nrequests.get(u, auth=("admin", "Winter!2024x"))\n', 3),
    ],
)
def test_a_neutral_name_is_judged_by_its_use(code: str, line: int, tmp_path: Path) -> None:
    assert [finding.line for finding in findings(tmp_path, code)] == [line]


@pytest.mark.parametrize(
    "code",
    [
        'import jwt\n\nALGORITHM = "HS-256"\n\n\ndef f(p, key):\n    return jwt.encode(p, key, ALGORITHM)\n',
        'x = "velvet-otter-9931"\nx = load()\njwt.encode(p, x)\n',
        'field = "password_2"\nform.get(field)\n',
        'parser.add_argument("--colour", default="r2d2-blue")\n',
        'HOST = "db1.internal"\nURL = f"postgresql://{user}:{password}@{HOST}/shop"\n',
    ],
)
def test_a_neutral_name_without_such_a_use_is_fine(code: str, tmp_path: Path) -> None:
    assert findings(tmp_path, code) == ()


def test_a_use_in_another_module_is_told(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/names.py").write_text('LABEL = "velvet-otter-9931"\n')
    (tmp_path / "app/web.py").write_text('from app.names import LABEL\n\napp.config["SECRET_KEY"] = LABEL\n')
    project = Project(tmp_path, ("app/names.py", "app/web.py"))
    rules = Rules((check_named("hardcoded-secret"),))
    (found,) = (f for path in project.paths for f in scan_file(project, rules, path).findings)
    assert (found.place, found.steps) == ("app/names.py:1", ("app/web.py:3 used as SECRET_KEY",))
