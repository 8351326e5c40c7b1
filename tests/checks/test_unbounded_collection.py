"""What grows in a loop that does not end, in the shapes in which workers are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.checklists.state.unbounded_collection import check
from harden.scan import Rules, scan_file
from tests.given import project, write

CLASS = """\
import time


class Worker:
    def __init__(self):
        self.done = []

    def run(self):
        while {test}:
            self.step()
            time.sleep(1)

    def step(self):
        self.done.append(work())

    def rest(self):
        {rest}
"""


@pytest.mark.parametrize(
    ("test", "rest", "found"),
    [
        ("True", "return len(self.done)", True),
        ("True", "return self.done", True),
        ("True", "print(len(self.done), list(self.done))", True),
        ("self.running", "pass", True),
        ("not self.stop.is_set()", "pass", True),
        ("True", "self.done.clear()", False),
        ("True", "self.done = []", False),
        ("True", "self.done.pop(0)", False),
        ("True", "del self.done[:-100]", False),
        ("True", "self.done[:] = self.done[-100:]", False),
        ("True", "save(self.done)", False),
        ("True", "if len(self.done) > 100: shrink(self)", False),
        ("len(self.done) < 100", "pass", False),
        ("self.left > 0", "pass", False),
    ],
)
def test_an_object_that_works(tmp_path: Path, test: str, rest: str, found: bool) -> None:
    write(tmp_path, {"worker.py": CLASS.format(test=test, rest=rest)})
    result = scan_file(project(tmp_path), Rules((check,)), "worker.py")
    assert not result.problems
    assert [finding.line for finding in result.findings] == [6] * found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("seen.add(take(queue.get()))", True),
        (
            "for item in queue.get():\n            if item:\n                break\n"
            "            seen.add(item)",
            True,
        ),
        ("seen.add(queue.get())\n        if stop.is_set():\n            break", True),
        (
            "try:\n            seen.add(queue.get())\n        except KeyboardInterrupt:\n            return",
            True,
        ),
        ("try:\n            seen.add(queue.get())\n        except OSError:\n            return", False),
        ("seen.add(1)", False),
        ("seen.add(queue.get())\n        if len(seen) > 5:\n            break", False),
        ("seen.add(queue.get())\n        if full():\n            return", False),
        ("seen = set()\n        seen.add(queue.get())", False),
        ("seen.add(queue.get())\n        other = seen", False),
        ("seen.add(input())\n        queue.get()", False),
        ("queue.get()\n        [].append(1)", False),
    ],
)
def test_a_name_outside_of_the_loop(tmp_path: Path, body: str, found: bool) -> None:
    code = f"def work(queue):\n    seen = set()\n    while True:\n        {body}\n"
    write(tmp_path, {"worker.py": code})
    result = scan_file(project(tmp_path), Rules((check,)), "worker.py")
    assert not result.problems
    assert [finding.line for finding in result.findings] == [2] * found
