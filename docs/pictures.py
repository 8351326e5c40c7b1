"""Draw the README's picture: the real app on the example repository. Run `python docs/pictures.py`."""

from __future__ import annotations

import asyncio
import runpy
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from harden.tui.application import HardenApp

HERE = Path(__file__).resolve().parent
SIZE = (140, 34)
KEYS = ("7",)


async def draw(repository: Path) -> str:
    """Open the app, wait for the scan, press the keys and return the screen as SVG."""
    app = HardenApp(repository)
    async with app.run_test(size=SIZE) as pilot:
        await rest(app, pilot)
        for key in KEYS:
            await pilot.press(key)
            await rest(app, pilot)
        return app.export_screenshot(title="harden")


async def rest(app: HardenApp, pilot: Pilot[int]) -> None:
    """Wait until no worker runs."""
    while not app.workers or any(worker.is_running for worker in app.workers):
        await pilot.pause(0.1)
        if app.session is not None and not any(worker.is_running for worker in app.workers):
            break
    await pilot.pause(0.5)


def main() -> None:
    """Write `screenshot.svg` beside this file."""
    copy_app = runpy.run_path(str(HERE.parent / "demo" / "open.py"))["copy_app"]
    with tempfile.TemporaryDirectory(prefix="harden-picture-") as folder:
        picture = asyncio.run(draw(copy_app(Path(folder))))
    (HERE / "screenshot.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
