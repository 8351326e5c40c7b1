"""Each HTTP library and SDK: what is found without its timeout, how it is mended, and what is left alone."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

R = "import requests\n\n\n"


@pytest.mark.parametrize(
    ("imports", "before", "after"),
    [
        ("import requests", "requests.request('GET', u)", "requests.request('GET', u, timeout=10)"),
        ("import requests.api", "requests.api.get(u)", "requests.api.get(u, timeout=10)"),
        ("from requests import Session", "Session().send(p)", "Session().send(p, timeout=10)"),
        (
            "import requests",
            "requests.Session().request('GET', u, None, None, None, None, None, None, None)",
            "requests.Session().request('GET', u, None, None, None, None, None, None, 10)",
        ),
        (
            "from requests_oauthlib import OAuth2Session",
            "OAuth2Session(i).get(u)",
            "OAuth2Session(i).get(u, timeout=10)",
        ),
        (
            "import cloudscraper",
            "cloudscraper.create_scraper().get(u)",
            "cloudscraper.create_scraper().get(u, timeout=10)",
        ),
        (
            "import requests\nfrom functools import partial",
            "get = partial(requests.get, headers=h)",
            "get = partial(requests.get, headers=h, timeout=10)",
        ),
        (
            "import asyncio\nimport requests",
            "asyncio.to_thread(requests.get, u)",
            "asyncio.to_thread(requests.get, u, timeout=10)",
        ),
        (
            "import asyncio\nimport functools\nimport requests",
            "asyncio.get_running_loop().run_in_executor(None, requests.get, u)",
            "asyncio.get_running_loop().run_in_executor(\n"
            "    None, functools.partial(requests.get, timeout=10), u\n)",
        ),
        (
            "import functools\nimport requests\nfrom concurrent.futures import ThreadPoolExecutor",
            "ThreadPoolExecutor().map(requests.get, urls)",
            "ThreadPoolExecutor().map(functools.partial(requests.get, timeout=10), urls)",
        ),
        (
            "import asyncio\nimport requests\nfrom functools import partial",
            "asyncio.to_thread(partial(requests.get, u, verify=v))",
            "asyncio.to_thread(partial(requests.get, u, verify=v, timeout=10))",
        ),
        ("import httpx", "httpx.get(u, timeout=None)", "httpx.get(u, timeout=10)"),
        ("import httpx2", "httpx2.AsyncClient(timeout=None)", "httpx2.AsyncClient(timeout=10)"),
        ("import httpx2", "httpx2.Timeout(timeout=None)", "httpx2.Timeout(timeout=10)"),
        (
            "import httpx",
            "httpx.Client().stream('GET', u, timeout=None)",
            "httpx.Client().stream('GET', u, timeout=60)",
        ),
        (
            "import aiohttp",
            "aiohttp.request('GET', u)",
            "aiohttp.request('GET', u, timeout=aiohttp.ClientTimeout(total=10))",
        ),
        (
            "import aiohttp",
            "aiohttp.ClientSession(timeout=t).get(u, timeout=None)",
            "aiohttp.ClientSession(timeout=t).get(u, timeout=aiohttp.ClientTimeout(total=10))",
        ),
        ("import aiohttp", "aiohttp.ClientTimeout()", "aiohttp.ClientTimeout(total=10)"),
        ("import aiohttp", "aiohttp.ClientTimeout(total=0)", "aiohttp.ClientTimeout(total=10)"),
        (
            "from urllib import request",
            "request.build_opener(h).open(u)",
            "request.build_opener(h).open(u, timeout=10)",
        ),
        ("import urllib3", "urllib3.ProxyManager(u)", "urllib3.ProxyManager(u, timeout=10)"),
        (
            "import http.client",
            "http.client.HTTPSConnection('h', 443)",
            "http.client.HTTPSConnection('h', 443, timeout=10)",
        ),
        ("import httplib2", "httplib2.Http('.cache')", "httplib2.Http('.cache', timeout=10)"),
        ("import openai", "openai.AsyncAzureOpenAI()", "openai.AsyncAzureOpenAI(timeout=60)"),
        ("from anthropic import Anthropic", "Anthropic()", "Anthropic(timeout=60)"),
        (
            "import openai",
            "openai.ChatCompletion.create(model=m)",
            "openai.ChatCompletion.create(model=m, request_timeout=60)",
        ),
        (
            "from langchain_openai import ChatOpenAI",
            "ChatOpenAI(model=m)",
            "ChatOpenAI(model=m, timeout=60)",
        ),
        ("import litellm", "litellm.completion(model=m)", "litellm.completion(model=m, timeout=60)"),
        (
            "from google import genai",
            "genai.Client(api_key=k)",
            'genai.Client(api_key=k, http_options={"timeout": 60000})',
        ),
        (
            "import stripe",
            "stripe.StripeClient(k)",
            "stripe.StripeClient(k, http_client=stripe.RequestsClient(timeout=10))",
        ),
        (
            "import stripe",
            "stripe.api_key = k",
            "stripe.api_key = k\nstripe.default_http_client = stripe.RequestsClient(timeout=10)",
        ),
        (
            "from slack_sdk import WebClient",
            "WebClient(token=t, timeout=None)",
            "WebClient(token=t, timeout=10)",
        ),
        ("import gitlab", "gitlab.Gitlab(u, t)", "gitlab.Gitlab(u, t, timeout=10)"),
        (
            "import boto3\nfrom botocore.config import Config",
            "boto3.client('s3', config=Config(signature_version='s3v4'))",
            "boto3.client(\n"
            "    's3', config=Config(signature_version='s3v4', connect_timeout=10, read_timeout=10)\n)",
        ),
    ],
)
def test_each_library_gets_its_own_timeout(imports: str, before: str, after: str, mend: Mend) -> None:
    mended = mend("http-timeout", f"{imports}\n\n{before}\n")
    assert mended.text == f"{imports}\n\n{after}\n"
    assert not mended.refused
    assert mend("http-timeout", mended.data).text == mended.text


@pytest.mark.parametrize(
    ("imports", "code"),
    [
        ("import requests", "functools.partial(requests.get, timeout=3)"),
        ("import asyncio, requests", "asyncio.to_thread(requests.get, u, timeout=3)"),
        (
            "import requests\nfrom functools import partial",
            "get = partial(requests.get, headers=h)\nget(u, timeout=3)",
        ),
        ("import requests\nfrom functools import partial", "load(get=partial(requests.get, headers=h))"),
        ("import litellm", "litellm.completion(model=m, mock_response='ok')"),
        ("import httpx2", "httpx2.get(u)\nhttpx2.AsyncClient()\nhttpx2.Timeout(5)"),
        ("import httpx", "httpx.Client(timeout=httpx.Timeout(None, connect=5))"),
        ("import aiohttp", "aiohttp.ClientTimeout(total=None, sock_read=5)"),
        ("import urllib3", "urllib3.request('GET', u)"),
        ("import http.client", "http.client.HTTPSConnection('h', 443, None, None, 9)"),
        ("import httplib2", "httplib2.Http(None, 9)"),
        ("import openai", "openai.OpenAI(timeout=9)\nopenai.AsyncOpenAI(http_client=c)"),
        ("from langchain_openai import ChatOpenAI", "ChatOpenAI(request_timeout=9)"),
        ("from google import genai", "genai.Client(http_options={'timeout': 9000})"),
        (
            "import stripe",
            "stripe.api_key = k\nstripe.default_http_client = stripe.RequestsClient(timeout=9)",
        ),
        ("from slack_sdk import WebClient", "WebClient(token=t)\nWebClient(token=t, timeout=5)"),
        ("import gitlab", "gitlab.Gitlab(u, t, timeout=9)"),
        (
            "import boto3\nfrom botocore.config import Config",
            "boto3.client('s3', config=Config(read_timeout=9))",
        ),
        ("import botocore.config", "botocore.config.Config(connect_timeout=9)"),
        ("import stripe", "stripe.StripeClient(k, http_client=c)"),
        ("from own import requests", "requests.get(u)"),
    ],
)
def test_look_alikes_are_left_alone(imports: str, code: str, mend: Mend) -> None:
    text = f"{imports}\n\n{code}\n"
    mended = mend("http-timeout", text)
    assert mended.text == text
    assert not mended.refused


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("requests.get(u, **{'headers': h})\n", "requests.get(u, timeout=10, **{'headers': h})\n"),
        (
            "o = {'headers': h}\nrequests.get(u, **o)\nrequests.post(u, json=1, **o)\n",
            "o = {'headers': h}\nrequests.get(u, timeout=10, **o)\n"
            "requests.post(u, json=1, timeout=10, **o)\n",
        ),
        (
            "o = dict(headers=h)\nrequests.get(u, **o)\n",
            "o = dict(headers=h)\nrequests.get(u, timeout=10, **o)\n",
        ),
        ("o = dict(timeout=3)\nrequests.get(u, **o)\n", None),
        ("o = {'timeout': 3}\nrequests.get(u, **o)\n", None),
        ("o = {'headers': h, **more}\nrequests.get(u, **o)\n", None),
        ("o = {'headers': h}\no['timeout'] = 3\nrequests.get(u, **o)\n", None),
        ("o = {'headers': h}\no.setdefault('timeout', 3)\nrequests.get(u, **o)\n", None),
        ("o = {'headers': h}\no |= more\nrequests.get(u, **o)\n", None),
        ("o = {'headers': h}\nfill(o)\nrequests.get(u, **o)\n", None),
        ("o = {}\nif x:\n    o = more\nrequests.get(u, **o)\n", None),
        ("def f(u, **o):\n    return requests.get(u, **o)\n", None),
        ("requests.get(*a)\n", None),
    ],
)
def test_options_in_sight_are_looked_into(before: str, after: str | None, mend: Mend) -> None:
    mended = mend("http-timeout", R + before)
    assert mended.text == R + (before if after is None else after)
    assert not mended.refused


OWN = (
    "import requests\n\n\nclass Api(requests.Session):\n    def __init__(self):\n        super().__init__()\n"
)


@pytest.mark.parametrize(
    ("helper", "code", "is_flagged"),
    [
        (OWN, "from app.web import Api\n\nApi().get(u)\n", True),
        (OWN + "        self.timeout = 3\n", "from app.web import Api\n\nApi().get(u)\n", False),
        ("class Api:\n    pass\n", "from app.web import Api\n\nApi().get(u)\n", False),
        (
            "import requests\n\n\ndef make():\n    s = requests.Session()\n    return s\n",
            "from app.web import make\n\ns = make()\ns.get(u)\n",
            True,
        ),
        (
            "import requests\n\n\ndef make() -> requests.Session:\n    return build()\n",
            "from app.web import make\n\nmake().get(u)\n",
            False,
        ),
        (
            "import requests\nfrom app.adapters import TimeoutAdapter\n\n\ndef make():\n"
            "    s = requests.Session()\n    s.mount('https://', TimeoutAdapter())\n    return s\n",
            "from app.web import make\n\nmake().get(u)\n",
            False,
        ),
        (
            "import requests\n\n\nclass Shop:\n"
            "    def __init__(self):\n        self.web = requests.Session()\n",
            "from app.web import Shop\n\nShop().web.get(u)\n",
            True,
        ),
        (
            "import requests\nfrom app.adapters import TimeoutAdapter\n\n\ndef patient(s):\n"
            "    s.mount('https://', TimeoutAdapter())\n",
            "import requests\n\n\ndef load(s: requests.Session):\n    return s.get(u)\n",
            False,
        ),
    ],
)
def test_sessions_of_the_project_are_followed(helper: str, code: str, is_flagged: bool, mend: Mend) -> None:
    mended = mend("http-timeout", code, files={"app/__init__.py": "", "app/web.py": helper})
    assert mended.text == (code.replace("get(u)", "get(u, timeout=10)") if is_flagged else code)


def test_aiohttp_sessions_whose_users_set_timeouts_are_left_alone(mend: Mend) -> None:
    code = "import aiohttp\n\n\ndef make():\n    return aiohttp.ClientSession()\n"
    user = "import aiohttp\n\nlimit = aiohttp.ClientTimeout(total=3)\n"
    assert mend("http-timeout", code, files={"app/web.py": user}).text == code


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_constant_stands_after_docstring_and_imports(newline: str, mend: Mend) -> None:
    head = '"""Shop."""\n\nfrom __future__ import annotations\n\nimport requests\n'.replace("\n", newline)
    body = f"if True:{newline}\trequests.get(u)  # c{newline}"
    mended = mend("http-timeout", (head + body).encode("utf-8-sig"), constant="HTTP_TIMEOUT")
    constant = f"{newline}HTTP_TIMEOUT = 10{newline}{newline}"
    expected = head + constant + body.replace("(u)", "(u, timeout=HTTP_TIMEOUT)")
    assert mended.data == expected.encode("utf-8-sig")


C = "import requests\n\n\ndef f(u):\n    return requests.get(u)\n\n\ndef g(u):\n    return requests.post(u)\n"


def test_a_constant_stands_for_the_value_on_request(mend: Mend) -> None:
    mended = mend("http-timeout", C, constant="HTTP_TIMEOUT", timeout=5)
    assert mended.text == (
        "import requests\n\nHTTP_TIMEOUT = 5\n\n\n"
        "def f(u):\n    return requests.get(u, timeout=HTTP_TIMEOUT)\n\n\n"
        "def g(u):\n    return requests.post(u, timeout=HTTP_TIMEOUT)\n"
    )


def test_a_constant_that_is_there_is_used(mend: Mend) -> None:
    own = C.replace("requests\n", "requests\n\nHTTP_TIMEOUT = (3, 9)\n", 1)
    assert mend("http-timeout", own, constant="HTTP_TIMEOUT").text == own.replace(
        "(u)\n", "(u, timeout=HTTP_TIMEOUT)\n"
    )
    imported = C.replace("\n\n\n", "\nfrom app.settings import HTTP_TIMEOUT\n\n\n", 1)
    text = mend("http-timeout", imported, constant="HTTP_TIMEOUT").text
    assert text == imported.replace("(u)\n", "(u, timeout=HTTP_TIMEOUT)\n")


def test_a_constant_for_each_kind_of_value(mend: Mend) -> None:
    code = "import requests\nfrom openai import OpenAI\n\nmodel = OpenAI()\nrequests.get(u)\n"
    text = mend("http-timeout", code, constant="HTTP_TIMEOUT", connect_timeout=3).text
    assert "HTTP_SLOW_TIMEOUT = 60\n" in text
    assert "HTTP_CONNECT_TIMEOUT = 3\n" in text
    assert "OpenAI(timeout=HTTP_SLOW_TIMEOUT)" in text
    assert "requests.get(u, timeout=(HTTP_CONNECT_TIMEOUT, HTTP_TIMEOUT))" in text
    assert text.index("TIMEOUT = 60") < text.index("model =")


@pytest.mark.parametrize(
    "code",
    [
        "import requests\n\n\ndef f(HTTP_TIMEOUT):\n    return requests.get(u)\n",
        "import requests\n\nHTTP_TIMEOUT = None\nrequests.get(u)\n",
        "import requests\n\nrequests.get(u)\nHTTP_TIMEOUT = 3\n",
    ],
)
def test_a_name_that_is_taken_is_refused(code: str, mend: Mend) -> None:
    mended = mend("http-timeout", code, constant="HTTP_TIMEOUT")
    assert mended.text == code
    assert "already means something else" in mended.refused[0]


def test_stripe_in_a_request_is_told_but_not_edited(mend: Mend) -> None:
    code = (
        "import stripe\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n"
        "@app.post('/pay')\ndef pay():\n    stripe.api_key = k\n    return ''\n"
    )
    mended = mend("http-timeout", code)
    assert mended.text == code
    assert "once, at start" in mended.refused[0]


def test_a_line_that_is_shared_gets_no_statement(mend: Mend) -> None:
    code = "import stripe\n\nstripe.api_key = k; other = 1\n"
    mended = mend("http-timeout", code)
    assert mended.text == code
    assert "share the line" in mended.refused[0]


def test_a_constant_of_another_module_is_shared(mend: Mend) -> None:
    files = {"app/__init__.py": "", "app/config.py": "DEBUG = False\r\n"}
    mended = mend("http-timeout", C, files=files, constant="app.config.HTTP_TIMEOUT")
    assert mended.others == {"app/config.py": "DEBUG = False\r\nHTTP_TIMEOUT = 10\r\n"}
    imported = C.replace("requests\n", "requests\n\nfrom app.config import HTTP_TIMEOUT\n", 1)
    assert mended.text == imported.replace("(u)\n", "(u, timeout=HTTP_TIMEOUT)\n")
    files["app/config.py"] = "HTTP_TIMEOUT = 3\n"
    mended = mend("http-timeout", C, files=files, constant="app.config.HTTP_TIMEOUT")
    assert mended.text == imported.replace("(u)\n", "(u, timeout=HTTP_TIMEOUT)\n")
    assert not mended.others


@pytest.mark.parametrize("config", ["from app.main import f\n", None])
def test_a_module_that_cannot_hold_the_constant_is_refused(config: str | None, mend: Mend) -> None:
    files = {"app/__init__.py": ""} | ({"app/config.py": config} if config else {})
    mended = mend("http-timeout", C, files=files, constant="app.config.HTTP_TIMEOUT")
    assert mended.text == C
    assert len(mended.refused) == 2
