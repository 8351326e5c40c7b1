"""`raise_for_status()` goes right behind the request, wherever that stands."""

from __future__ import annotations

import pytest

from tests.codemods.conftest import Mend

R = "import requests\n\n\ndef f():\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "    r = requests.get(u)  # c\n    return r.json()\n",
            "    r = requests.get(u)  # c\n    r.raise_for_status()\n    return r.json()\n",
        ),
        (
            "    r = requests.get(u); return r.json()\n",
            "    r = requests.get(u); r.raise_for_status(); return r.json()\n",
        ),
        (
            "    if x: r = requests.get(u)\n    return r.json()\n",
            "    if x: r = requests.get(u); r.raise_for_status()\n    return r.json()\n",
        ),
        (
            "    # c\n    save(requests.get(u).content)\n",
            "    # c\n    response = requests.get(u)\n    response.raise_for_status()\n"
            "    save(response.content)\n",
        ),
        (
            "    x: dict = requests.get(\n        u,  # c\n    ).json()['a'][0]\n",
            "    response = requests.get(\n        u,  # c\n    )\n    response.raise_for_status()\n"
            "    x: dict = response.json()['a'][0]\n",
        ),
        (
            "    response = 1\n    return requests.get(u).text\n",
            "    response = 1\n    answer = requests.get(u)\n    answer.raise_for_status()\n"
            "    return answer.text\n",
        ),
        (
            "\twith requests.get(u) as r:\n\t\t# c\n\t\tsave(r.content)\n",
            "\twith requests.get(u) as r:\n\t\tr.raise_for_status()\n\t\t# c\n\t\tsave(r.content)\n",
        ),
        (
            "    with requests.get(u) as r, open(p) as f:\n        t = requests.get(v)\n"
            "        f.write(r.content + t.content)\n",
            "    with requests.get(u) as r, open(p) as f:\n        r.raise_for_status()\n"
            "        t = requests.get(v)\n"
            "        t.raise_for_status()\n        f.write(r.content + t.content)\n",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_status_is_looked_at_first(before: str, after: str, newline: str, mend: Mend) -> None:
    mended = mend("unchecked-status", (R + before).replace("\n", newline))
    assert mended.data.decode() == (R + after).replace("\n", newline)
    assert not mended.refused
    assert mend("unchecked-status", mended.data).data == mended.data


@pytest.mark.parametrize(
    "body",
    [
        "    r = requests.get(u)\n    return r\n",
        "    r = requests.get(u)\n    look(r)\n    return r.json()\n",
        "    r = requests.get(u)\n    assert r.ok\n    return r.json()\n",
        "    r = requests.get(u)\n    if r.status_code == 200:\n        return r.json()\n",
        "    r = requests.get(u)\n    if not r:\n        return\n    return r.json()\n",
        "    r = requests.get(u)\n    self.r = r\n    return r.json()\n",
        "    r = requests.get(u)\n    return r.headers\n",
        "    r = requests.get(u).json()\n    return r.get('error') or r\n",
        "    s = requests.Session()\n    s.hooks['response'] = [check]\n    return s.get(u).json()\n",
    ],
)
def test_responses_that_are_looked_at_are_left_alone(body: str, mend: Mend) -> None:
    mended = mend("unchecked-status", R + body)
    assert mended.text == R + body
    assert not mended.refused


@pytest.mark.parametrize(
    "body",
    [
        "    return [requests.get(u).json() for u in us]\n",
        "    if requests.get(u).json():\n        pass\n",
        "    return g() + requests.get(u).json()\n",
        "    return g(h(), requests.get(u).json())\n",
        "    x = 1; y = requests.get(u).json()\n",
        "    with requests.get(u) as r: save(r.content)\n",
        "    response = answer = reply = 1\n    return requests.get(u).json()\n",
        "    return requests.get(requests.get(u).text).text\n",
    ],
)
def test_where_a_statement_would_change_the_order_it_is_refused(body: str, mend: Mend) -> None:
    mended = mend("unchecked-status", R + body)
    assert mended.refused
    assert mended.text.count("raise_for_status") <= 1


def test_a_client_that_raises_by_itself_is_left_alone(mend: Mend) -> None:
    code = (
        "import aiohttp\n\ns = aiohttp.ClientSession(raise_for_status=True)\n\n\n"
        "async def f():\n    r = await s.get(u)\n    return await r.json()\n"
    )
    assert mend("unchecked-status", code).text == code
