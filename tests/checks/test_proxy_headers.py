"""What a project knows of its proxy, in whatever file it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.registry import check_named
from harden.scan import Rules, scan_file
from tests.given import project, write

CHECK = check_named("proxy-headers")
ADDRESS = "from flask import request\n\n\ndef address():\n    return request.remote_addr\n"
LINK = "from flask import url_for\n\n\ndef link():\n    return url_for('index', _external=True)\n"
DJANGO = "from django.http import HttpRequest\n\n\ndef view(request):\n    return [{}, {}]\n".format(
    "request.META['REMOTE_ADDR']", "request.build_absolute_uri('/')"
)


def messages(root: Path, files: dict[str, str]) -> list[str]:
    found = scan_file(project(write(root, files)), Rules((CHECK,)), "app/web.py")
    assert not found.problems
    return [finding.message for finding in found.findings]


@pytest.mark.parametrize("code", [ADDRESS, LINK])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/main.py", "from werkzeug.middleware.proxy_fix import ProxyFix\n"),
        (
            "Dockerfile",
            'CMD ["uvicorn", "app:app", "--proxy-headers", "--forwarded-allow-ips", "10.0.0.5"]\n',
        ),
        ("gunicorn.conf.py", 'forwarded_allow_ips = "10.0.0.5"\n'),
        ("deploy/web.service", "Environment=FORWARDED_ALLOW_IPS=10.0.0.5\n"),
        ("k8s/web.yaml", "env:\n  - name: FORWARDED_ALLOW_IPS\n    value: 10.0.0.5\n"),
    ],
)
def test_a_project_that_knows_its_proxy(tmp_path: Path, code: str, path: str, text: str) -> None:
    assert messages(tmp_path, {"app/web.py": code})
    assert not messages(tmp_path, {"app/web.py": code, path: text})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/main.py", "# later: ProxyFix\n"),
        ("tests/test_web.py", "HEADERS = {'X-Forwarded-For': '10.0.0.1'}\n"),
        ("Dockerfile", "# CMD uvicorn app:app --proxy-headers\nCMD gunicorn app:app\n"),
    ],
)
def test_what_only_speaks_of_it(tmp_path: Path, path: str, text: str) -> None:
    assert messages(tmp_path, {"app/web.py": ADDRESS, path: text})


def test_django_is_told_scheme_and_address_in_two_ways(tmp_path: Path) -> None:
    assert len(messages(tmp_path, {"app/web.py": DJANGO})) == 2
    header = {"shop/settings.py": "SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')\n"}
    [message] = messages(tmp_path, {"app/web.py": DJANGO, **header})
    assert message.startswith("request.META['REMOTE_ADDR'] is the address of a proxy")
    middleware = {"shop/middleware.py": "def address(meta):\n    return meta['HTTP_X_FORWARDED_FOR']\n"}
    assert not messages(tmp_path, {"app/web.py": DJANGO, **header, **middleware})


def test_several_uses_are_one_defect(tmp_path: Path) -> None:
    code = f"{ADDRESS}\n\ndef safe():\n    return request.is_secure\n"
    [message] = messages(tmp_path, {"app/web.py": code})
    assert message.endswith("(and 1 other use here)")
