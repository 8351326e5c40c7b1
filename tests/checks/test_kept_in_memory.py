"""What several files keep in memory together, and who changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.state import (
    connection_registry,
    global_mutable_state,
    in_memory_session,
    mutable_default,
    unbounded_cache,
)
from harden.scan import Rules, scan_file
from tests.given import project, write

CHECKS = (in_memory_session.check, global_mutable_state.check, connection_registry.check)
HANDLER = "from fastapi import Depends, FastAPI, Request\n\napp = FastAPI()\n\n\n"


def found(root: Path, files: dict[str, str]) -> list[str]:
    """Return what the checks find in a project, as `file:line check`."""
    write(root, files)
    whole = project(root)
    results = [scan_file(whole, Rules(CHECKS), path) for path in sorted(files)]
    assert not [problem for result in results for problem in result.problems]
    return [f"{one.place} {one.check}" for result in results for one in result.findings]


def route(body: str, given: str = "key: str") -> str:
    """Return a handler with a body."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return f'@app.post("/x/{{key}}")\ndef x({given}):\n{lines}'


STORE = """
carts = {}
visits = 0


def save(key, value):
    carts[key] = value


def show(key):
    return carts[key]
"""
OBJECT = """
class Store:
    def __init__(self):
        self.carts = {}

    def save(self, key):
        self.carts[key] = 1
"""


@pytest.mark.parametrize(
    ("imports", "body", "expected"),
    [
        ("from store import carts", "carts[key] = 1", ["store.py:2 in-memory-session"]),
        ("from store import carts as kept", "kept[key] = 1", ["store.py:2 in-memory-session"]),
        ("import store", "store.carts[key] = 1", ["store.py:2 in-memory-session"]),
        ("import store", "store.save(key, 1)", ["store.py:2 in-memory-session"]),
        ("from store import save", "save(key, 1)", ["store.py:2 in-memory-session"]),
        ("import store", "store.visits += 1", ["store.py:3 global-mutable-state"]),
        ("import store", "return store.carts.get(key)", []),
        ("import store", "carts = dict(store.carts)\ncarts[key] = 1", []),
    ],
)
def test_the_file_that_holds_it_is_told(tmp_path: Path, imports: str, body: str, expected: list[str]) -> None:
    files = {"store.py": STORE, "main.py": f"{imports}\n{HANDLER}{route(body)}"}
    assert found(tmp_path, files) == expected


@pytest.mark.parametrize(
    ("made", "body", "expected"),
    [
        ("kept = Store()", "kept.save(key)", 1),
        ("@lru_cache\ndef get():\n    return Store()", "get().save(key)", 1),
        (
            "_kept = None\n\n\ndef get():\n    global _kept\n    _kept = _kept or Store()\n    return _kept",
            "get().save(key)",
            1,
        ),
        ("app.state.kept = Store()", "Store().save(key)", 1),
        ("kept = Store() if DEBUG else RedisStore()", "kept.save(key)", 0),
        ("def get():\n    return Store()", "get().save(key)", 0),
        ("", "Store().save(key)", 0),
        ("kept = Store()", "return kept", 0),
    ],
)
def test_objects_count_that_live_as_long_as_the_process(
    tmp_path: Path, made: str, body: str, expected: int
) -> None:
    head = f"from functools import lru_cache\nfrom store import Store\n{HANDLER}{made}\n\n\n"
    files = {"store.py": OBJECT, "main.py": head + route(body)}
    assert found(tmp_path, files) == ["store.py:4 in-memory-session"] * expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def get():\n    return save\n\n\n" + route("return 1", "done=Depends(save)"), 1),
        (route("background.add_task(save, key)", "key, background"), 1),
        (route("Thread(target=save, args=(key,)).start()"), 1),
        ('@app.middleware("http")\nasync def each(request, call_next):\n    save(request)\n', 1),
        ('@app.on_event("startup")\ndef fill():\n    save("a")\n', 0),
        ("save('a')\n", 0),
        ("def unused():\n    save('a')\n", 0),
        ('if __name__ == "__main__":\n    save("a")\n', 0),
    ],
)
def test_who_runs_a_change(tmp_path: Path, code: str, expected: int) -> None:
    head = f"from threading import Thread\nfrom store import save\n{HANDLER}"
    store = "carts = {}\n\n\ndef save(key):\n    carts[key] = 1\n"
    files = {"store.py": store, "main.py": head + code}
    assert found(tmp_path, files) == ["store.py:1 in-memory-session"] * expected


@pytest.mark.parametrize(
    ("held", "body", "expected"),
    [
        ("drivers = {}", "drivers[key] = {'at': key}", "in-memory-session"),
        ("hits = {}", "hits[key] = hits.get(key, 0) + 1", "global-mutable-state"),
        ("peers = {}", "peers[key] = websocket", "connection-registry"),
        ("hooks = []", "hooks.append(key)", ""),
        ("known = []", "known.append(lambda: key)", ""),
        ("locks = {}", "locks.setdefault(key, Lock())", ""),
        ("running = set()", "running.add(create_task(work()))", ""),
        ("lines = []", "lines.append(key)\nif len(lines) > 9:\n    lines.pop(0)", ""),
        ("lines = []", "lines.append(key)\nlines.clear()", ""),
        ("latest = deque(maxlen=9)", "latest.append(key)", ""),
        ("tasks = json.load(open('x'))", "tasks.append(key)", "in-memory-session"),
        ("tasks = load()", "tasks.append(key)", "in-memory-session"),
        ("tasks = load()", "return tasks[key]", ""),
        ("tasks = Tasks()", "tasks.append(key)", ""),
        ("rates = {}", "if 'all' not in rates:\n    rates['all'] = fetch()", ""),
        ("carts = {} if TESTING else store()", "carts[key] = 1", ""),
        ("CODES = {'a': 1}", "return CODES[key]", ""),
    ],
)
def test_what_is_kept(tmp_path: Path, held: str, body: str, expected: str) -> None:
    head = "from asyncio import Lock, create_task\nfrom collections import deque\n"
    head += "from fastapi import FastAPI, WebSocket\n\napp = FastAPI()\n"
    code = f"{head}{held}\n\n\n{route(body, 'key: str, websocket: WebSocket')}"
    code += "\n\ndef load():\n    return [line for line in open('x')]\n\n\nimport json\n"
    assert found(tmp_path, {"main.py": code}) == ([f"main.py:6 {expected}"] if expected else [])


STATE = """
class State:
    def __init__(self, size=1):
        self.visits = 0
        self.size = size


state = State()
"""


@pytest.mark.parametrize(
    ("imports", "body", "expected"),
    [
        ("from store import state", "state.visits += 1", ["store.py:4 global-mutable-state"]),
        ("from store import state as kept", "kept.visits = 1", ["store.py:4 global-mutable-state"]),
        ("from store import state", "return state.visits", []),
        ("from store import state", "state.size = 2", []),
        ("from store import State", "state = State()\nstate.visits += 1", []),
    ],
)
def test_values_of_an_object_of_a_module(
    tmp_path: Path, imports: str, body: str, expected: list[str]
) -> None:
    files = {"store.py": STATE, "main.py": f"{imports}\n{HANDLER}{route(body)}"}
    assert found(tmp_path, files) == expected


@pytest.mark.parametrize(
    ("head", "handler", "expected"),
    [
        ("from telegram import Update", "async def start(update: Update, context):", 1),
        ("from aiogram import Router\nrouter = Router()", "@router.message()\nasync def told(update):", 1),
        ("import telebot\nbot = telebot.TeleBot('x')", "@bot.message_handler()\ndef told(update):", 1),
        ("from slack_bolt import App\napp = App()", "@app.event('message')\ndef told(update):", 1),
        (
            "from discord.ext import commands as c\nbot = c.Bot('!')",
            "@bot.command()\nasync def told(update):",
            1,
        ),
        (
            "from discord.ext import commands as c\nbot = c.Bot('!')",
            "@bot.event\nasync def on_ready(update):",
            0,
        ),
        ("from telegram import Update", "def plain(update):", 0),
        ("from mine import Update", "async def start(update: Update, context):", 0),
    ],
)
def test_chat_bots_answer_messages(tmp_path: Path, head: str, handler: str, expected: int) -> None:
    code = f"{head}\n\ncarts = {{}}\n\n\n{handler}\n    carts[update.chat.id] = update.text\n"
    assert len(found(tmp_path, {"bot.py": code})) == expected


LRU = (
    "class {name}:\n    def __init__(self, size=100):\n        self.size = size\n        self.data = {{}}\n\n"
    "    def put(self, key, value):\n        self.data[key] = value\n        {put}\n\n"
    "    def get(self, key):\n        return self.data.get(key)\n\n"
    "    def drop(self{given}):\n        {drop}\n\n\nkept = {name}()\n\n\n"
)
MANY = "if len(self.data) > self.size: self.drop()"


@pytest.mark.parametrize(
    ("name", "put", "given", "drop", "expected"),
    [
        ("LRU", MANY, "", "self.data.popitem(False)", 0),
        ("Recent", MANY, "", "del self.data[next(iter(self.data))]", 0),
        ("Recent", MANY, "", "oldest = min(self.data, key=self.data.get); self.data.pop(oldest)", 0),
        ("SessionStore", MANY, "", "self.data.popitem(False)", 1),
        ("Recent", "pass", "", "self.data.popitem(False)", 1),
        ("Recent", "print(len(self.data))", ", key", "self.data.pop(key)", 1),
    ],
)
def test_an_object_that_drops_what_is_too_much(
    tmp_path: Path, name: str, put: str, given: str, drop: str, expected: int
) -> None:
    code = LRU.format(name=name, put=put, given=given, drop=drop)
    app = f"{HANDLER}{code}{route('kept.put(key, 1)')}"
    assert len(found(tmp_path, {"app.py": app})) == expected


@pytest.mark.parametrize(
    ("attribute", "body"),
    [
        ("sessions = {}", "self.sessions[key] = {'user': key}"),
        ("carts = {}", "self.carts.setdefault(key, []).append(key)"),
        ("names = []", "self.names.append(key)"),
        ("hits = {}", "self.hits[key] = self.hits.get(key, 0) + 1"),
        ("sockets: list[WebSocket] = []", "self.sockets.append(key)"),
        (
            "prices = {}",
            "if key not in self.prices: self.prices[key] = fetch(key)\n    return self.prices[key]",
        ),
    ],
)
@pytest.mark.parametrize("made", ["Service()", "kept"])
@pytest.mark.parametrize("is_reached", [True, False])
def test_what_a_class_keeps_is_told_once(
    tmp_path: Path, attribute: str, body: str, made: str, is_reached: bool
) -> None:
    code = f"class Service:\n    {attribute}\n\n    def add(self, key):\n        " + body.replace(
        "    ", "        "
    )
    app = f"{HANDLER}{code}\n\n\nkept = Service()\n\n\n" + (route(f"{made}.add(key)") if is_reached else "")
    checks = (*CHECKS, unbounded_cache.check, mutable_default.check)
    write(tmp_path, {"app.py": app})
    findings = scan_file(project(tmp_path), Rules(checks), "app.py").findings
    assert len(findings) == 1, findings
    assert is_reached is (findings[0].check != "mutable-default")
