"""A cache is the shared one where its address is set, and what it was elsewhere."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.codemods.conftest import Mend

ID = "local-cache-backend"
FLASK = "import os\nimport redis\nimport flask_caching\n\n"
DJANGO = "import os\nimport redis\nimport django\n\n"
CHOICE = "'RedisCache' if os.getenv('REDIS_URL') else 'SimpleCache'"

CHANGED = [
    pytest.param(
        FLASK,
        "app.config['CACHE_TYPE'] = 'SimpleCache'\n",
        f"app.config['CACHE_TYPE'] = {CHOICE}\napp.config['CACHE_REDIS_URL'] = os.getenv('REDIS_URL')\n",
        id="assigned",
    ),
    pytest.param(
        FLASK,
        "app.config.from_mapping(CACHE_TYPE='SimpleCache')\n",
        "app.config.from_mapping(\n"
        f"    CACHE_TYPE={CHOICE},\n    CACHE_REDIS_URL=os.getenv('REDIS_URL'),\n)\n",
        id="keyword",
    ),
    pytest.param(
        FLASK,
        "class A:\r\n\tCACHE_TYPE = 'filesystem'\r\n\tCACHE_DIR = 'x'\r\n",
        "class A:\r\n\tCACHE_TYPE = 'redis' if os.getenv('REDIS_URL') else 'filesystem'\r\n"
        "\tCACHE_REDIS_URL = os.getenv('REDIS_URL')\r\n\tCACHE_DIR = 'x'\r\n",
        id="class, tabs and carriage returns",
    ),
    pytest.param(
        FLASK,
        "A = {\n    'CACHE_TYPE': 'SimpleCache',  # c\n    'CACHE_THRESHOLD': 9,  # d\n}\n",
        f"A = {{\n    'CACHE_TYPE': {CHOICE},  # c\n    'CACHE_THRESHOLD': 9,  # d\n"
        "    'CACHE_REDIS_URL': os.getenv('REDIS_URL'),\n}\n",
        id="dict over lines",
    ),
    pytest.param(
        DJANGO,
        "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\n",
        "'LOCATION': os.getenv('REDIS_URL') or ''",
        id="no location",
    ),
    pytest.param(
        DJANGO,
        "CACHES: dict = {\n    'default': {\n"
        "        'BACKEND': 'django.core.cache.backends.filebased.FileBasedCache',\n"
        "        'LOCATION': BASE / 'cache',\n        'TIMEOUT': 5,\n    },\n}\n",
        "        'LOCATION': os.getenv('REDIS_URL') or BASE / 'cache',\n        'TIMEOUT': 5,\n",
        id="a location that is worked out",
    ),
]


@pytest.mark.parametrize(("head", "before", "after"), CHANGED)
def test_redis_is_chosen_where_it_is_told(mend: Mend, head: str, before: str, after: str) -> None:
    done = mend(ID, head + before)
    assert after in done.data.decode()
    assert not done.refused
    assert mend(ID, done.data.decode()).data == done.data


def test_the_variable_is_an_option(mend: Mend) -> None:
    done = mend(ID, FLASK + "CACHE_TYPE = 'SimpleCache'\n", variable="CACHE_URL", template=False)
    assert done.text.count("os.getenv('CACHE_URL')") == 2
    assert not done.others


REFUSED = [
    pytest.param("import flask_caching\nCACHE_TYPE = 'simple'\n", "no Redis", id="no dependency"),
    pytest.param(
        FLASK + "A = {'CACHE_TYPE': 'simple', 'CACHE_REDIS_URL': 'x'}\n",
        "beside it",
        id="an address is there",
    ),
    pytest.param(
        DJANGO + "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache',"
        " 'OPTIONS': {'MAX_ENTRIES': 9}}}\n",
        "OPTIONS",
        id="options of its own",
    ),
    pytest.param(
        DJANGO + "SESSION_ENGINE = 'django.contrib.sessions.backends.file'\n",
        "cached_db",
        id="sessions on disk",
    ),
    pytest.param(
        "import flask_session\nimport redis\nSESSION_TYPE = 'filesystem'\n",
        "SESSION_REDIS",
        id="Flask-Session",
    ),
    pytest.param(FLASK + "a = 1; CACHE_TYPE = 'simple'\n", "share", id="two on one line"),
]


@pytest.mark.parametrize(("code", "reason"), REFUSED)
def test_left_alone_with_a_reason(mend: Mend, code: str, reason: str) -> None:
    done = mend(ID, code)
    assert done.text == code
    assert len(done.refused) == 1
    assert reason in done.refused[0]


@pytest.mark.parametrize(
    "code",
    [
        "CACHE_TYPE = 'RedisCache'\n",
        "CACHE_TYPE = os.getenv('CACHE_TYPE', 'SimpleCache')\n",
        "CACHE_TYPE = 'RedisCache' if URL else os.getenv('X', 'simple')\n",
        "if USE_FILES:\n    CACHE_TYPE = 'filesystem'\n",
        "class DevConfig:\n    CACHE_TYPE = 'simple'\n",
        "class A:\n    CACHE_TYPE = 'simple'\n\n\nclass ProdConfig(A):\n    CACHE_TYPE = 'redis'\n",
        "CACHE_TYPE = 'simple'\nCACHE_TYPE = os.environ['CACHE_TYPE']\n",
        "KINDS = {'CACHE_TYPE': ['simple']}\n",
        "if kind == 'simple':\n    pass\n",
    ],
)
def test_not_a_finding(mend: Mend, code: str) -> None:
    done = mend(ID, FLASK + code)
    assert (done.text, done.refused) == (FLASK + code, ())


@pytest.mark.parametrize(("address", "kind"), [("", "locmem.LocMemCache"), ("redis://a", "redis.RedisCache")])
def test_django_reads_it(
    mend: Mend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, kind: str
) -> None:
    code = (
        "import os\nimport django\n\nCACHES = {\n    'default': {\n"
        "        'BACKEND': 'django.core.cache.backends.locmem.LocMemCache',\n    },\n}\n"
    )
    done = mend(ID, code, files={"requirements.txt": "django\nredis\n"})
    (tmp_path / "read.py").write_text(done.text)
    monkeypatch.setenv("REDIS_URL", address)
    default = runpy.run_path(str(tmp_path / "read.py"))["CACHES"]["default"]
    assert default["BACKEND"].endswith(kind)
    assert default["LOCATION"] == address
