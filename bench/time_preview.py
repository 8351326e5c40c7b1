"""Time what lies between a key and its diff on the screen, as the median of fresh previews.

The file is one class, the worst case: codemods parse whole top-level statements. Its methods call a peer
without a timeout. The 50 ms for which the cursor has to rest are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from harden.previews import preview
from harden.session import Session
from harden.tui.application import HardenApp
from harden.tui.colouring import changes_of

P = ParamSpec("P")
T = TypeVar("T")
CHECK = "http-timeout"
METHOD = '''
    def fetch_{n}(self, order: Order, *, retries: int = {n}) -> dict[str, object]:
        """Return what the peer knows of an order. Raises PeerError."""
        url = f"{{self.base}}/orders/{{order.id}}"
        headers = {{"X-Request": order.request_id, "Accept": "application/json"}}
        {call}
        if answer["status"] not in ("open", "closed"):
            raise PeerError(f"order {{order.id}}: status {{answer['status']!r}}", retries)
        return {{**answer, "attempt": {n}, "retries": retries}}
'''
CALL = "answer = requests.get(url, headers=headers).json()"
QUIET = "answer = self.known[order.id, url, headers['X-Request']]"


def main() -> int:
    """Print one block of figures per file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="previews per measurement (default: 5)")
    runs: int = parser.parse_args().runs
    print(f"Python {sys.version.split()[0]}, milliseconds of processor time, median of {runs} runs")
    print(f"{'':>26} {'engine':>8} {'lines':>8} {'draw':>8} {'total':>8} {'colours':>8}")
    for lines, calls in ((1000, 1), (1000, 20), (3000, 1), (3000, 20)):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "orders.py").write_text(source(lines, calls))
            figures = asyncio.run(measured(Path(folder), runs))
        name = f"{lines} lines, {calls} finding{'s' if calls > 1 else ''}"
        print(f"{name:>26} " + " ".join(f"{figure:8.0f}" for figure in figures))
    return 0


def source(lines: int, calls: int) -> str:
    """Return a file of about so many lines whose class makes so many calls without a timeout."""
    methods = lines // METHOD.count("\n")
    spread = max(1, methods // calls)
    made = [(n % spread == 0 and n // spread < calls) for n in range(methods)]
    parts = [METHOD.format(n=n, call=CALL if is_call else QUIET) for n, is_call in enumerate(made)]
    head = "import requests\n\nfrom orders_model import Order, PeerError\n\n\nclass Peer:\n"
    return head + '    base = "https://peer.example"\n' + "".join(parts)


async def measured(root: Path, runs: int) -> list[float]:
    """Return milliseconds for the patch with its hunks, its lines, their drawing, all three, and colours."""
    session = Session(root)
    for _ in session.scan():
        pass
    findings = session.findings(check=CHECK)
    app = HardenApp(root)
    rows: list[list[float]] = []
    async with app.run_test(size=(120, 40)) as pilot:
        while app.session is None or any(worker.is_running for worker in app.workers):
            await pilot.pause(0.05)
        diff = app.review.detail.diff
        for run in range(runs + 1):
            engine, made = timed(preview, session, findings)
            lines, _ = timed(diff.show_hunks, made.hunks)
            draw, _ = timed(app.screen._compositor.render_strips)
            if made.patch is None:
                sys.exit(f"no fix: {made.refused}")
            colours, _ = timed(changes_of, made.patch, made.hunks)
            if run:  # the first one loads modules
                rows.append([engine, lines, draw, engine + lines + draw, colours])
    return [statistics.median(column) * 1000 for column in zip(*rows, strict=True)]


def timed(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[float, T]:
    """Return the seconds of processor time that a call takes, and its answer."""
    start = time.process_time()
    answer = call(*args, **kwargs)
    return time.process_time() - start, answer


if __name__ == "__main__":
    sys.exit(main())
