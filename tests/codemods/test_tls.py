"""Verification is on again, and nothing else changes."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("requests.get(u, verify=False, timeout=3)", "requests.get(u, timeout=3)"),
        ("requests.get(\n    u,\n    verify=False,\n)", "requests.get(\n    u,\n)"),
        ("requests.get(u, verify=False, **more)", "requests.get(u, **more)"),
        (
            "f(requests.get(u, verify=False), requests.get(v, verify=False))",
            "f(requests.get(u), requests.get(v))",
        ),
        ("ssl._create_unverified_context()", "ssl.create_default_context()"),
        ("s = requests.Session(); s.verify = False", "s = requests.Session(); s.verify = True"),
        ("ctx(cert_reqs=ssl.CERT_NONE)", "ctx(cert_reqs=ssl.CERT_REQUIRED)"),
        ("if requests.get(u, verify=False).ok:\n    pass", "if requests.get(u).ok:\n    pass"),
        (
            "class Own(requests.Session):\n    pass\n\n\nOwn().get(u, verify=False)",
            "class Own(requests.Session):\n    pass\n\n\nOwn().get(u)",
        ),
    ],
)
def test_verified(mend: Mend, before: str, after: str) -> None:
    head = "import ssl\n\nimport requests\n\n"
    mended = mend("tls-off", f"{head}{before}\n")
    assert mended.text == f"{head}{after}\n"
    assert mend("tls-off", mended.text).text == mended.text


@pytest.mark.parametrize(
    "code",
    [
        "import requests\n\nrequests.get(u, verify=ca)\n",
        "import mine as requests\n\nrequests.get(u, verify=False)\n",
        "form.check(verify=False)\n",
        "import ssl\n\nif insecure:\n    ctx = ssl._create_unverified_context()\n",
        "import ssl\n\nif ctx.verify_mode == ssl.CERT_NONE:\n    warn()\n",
        "import smtplib\n\nsmtplib.SMTP('x').starttls(context=c)\n",
    ],
)
def test_left_alone(mend: Mend, code: str) -> None:
    assert mend("tls-off", code).text == code


def test_what_a_later_test_chooses_is_left_to_a_person(mend: Mend) -> None:
    code = (
        "import ssl\n\n\ndef f(strict):\n    c = ssl.create_default_context()\n"
        "    c.verify_mode = ssl.CERT_NONE\n"
        "    if strict:\n        c.verify_mode = ssl.CERT_REQUIRED\n    return c\n"
    )
    mended = mend("tls-off", code)
    assert mended.text == code
    assert "chosen by what follows" in str(mended.refused)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            "import httpx\n\n\nclass Own(httpx.Client):\n    def __init__(self, verify):\n"
            "        super().__init__(verify=verify)\n\n\nOwn(verify=False)\n",
            "the project's own",
        ),
        (
            "import ldap\n\n\nclass Levels:\n    none = ldap.OPT_X_TLS_NEVER\n\n\n"
            "ldap.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, Levels.none)\n",
            "OPT_X_TLS_DEMAND",
        ),
    ],
)
def test_what_the_project_names_itself_is_left_to_a_person(mend: Mend, code: str, reason: str) -> None:
    mended = mend("tls-off", code)
    assert mended.text == code
    assert reason in str(mended.refused)


def test_yaml_and_torch_load_data_only(mend: Mend) -> None:
    code = "from yaml import Loader, load\n\nload(a, Loader)\n"
    assert mend("unsafe-deserialisation", code).text == "from yaml import safe_load\n\nsafe_load(a)\n"
    code = "import torch\n\ntorch.load(\n    p,\n    map_location=d,\n)\n"
    after = code.replace("d,\n", "d,\n    weights_only=True,\n")
    assert mend("unsafe-deserialisation", code).text == after


@pytest.mark.parametrize(
    "code",
    [
        "import torch\n\ntorch.load(p, weights_only=False)\n",
        "import yaml\n\nyaml.load(a, Loader=Mine)\n",
        "import yaml\n\nyaml.load(a, **options)\n",
        "import pickle\n\nwith open(p, 'rb') as f:\n    pickle.load(f)\n",
        "import pickle, requests\n\npickle.loads(requests.get(u).content)\n",
    ],
)
def test_loading_left_alone(mend: Mend, code: str) -> None:
    assert mend("unsafe-deserialisation", code).text == code


def test_torch_that_loads_weights_only_by_default_is_left_alone(mend: Mend) -> None:
    code = "import torch\n\ntorch.load(p)\n"
    for required in ("torch==2.6.0\n", "torch>=2.7,<3\n"):
        assert mend("unsafe-deserialisation", code, files={"requirements.txt": required}).text == code
    for required in ("torch==2.5.1\n", "torch\n", "torchvision>=2.6\n"):
        assert (
            "weights_only" in mend("unsafe-deserialisation", code, files={"requirements.txt": required}).text
        )
