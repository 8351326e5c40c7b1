"""Draw the README's pictures: the real app on the example repository. Run `python docs/pictures.py`."""

from __future__ import annotations

import asyncio
import os
import runpy
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from harden.tui.application import HardenApp

HERE = Path(__file__).resolve().parent
PICTURES = {
    "screenshot": ((140, 34), ("7", "J")),
    "split": ((140, 24), ("enter", "plus", "S")),
    "summary": ((110, 34), ("escape", "escape", "s")),
}
"""By file name: the size in columns and lines, and the keys pressed after those of the picture before."""


async def draw(repository: Path) -> None:
    """Open the app, wait for the scan, and write one SVG after the other."""
    app = HardenApp(repository)
    async with app.run_test(size=PICTURES["screenshot"][0]) as pilot:
        await rest(app, pilot)
        for name, (size, keys) in PICTURES.items():
            await pilot.resize_terminal(*size)
            for key in keys:
                await pilot.press(key)
                await rest(app, pilot)
            picture = app.export_screenshot(title="harden")
            (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")
        await app.previewer.close()


async def rest(app: HardenApp, pilot: Pilot[int]) -> None:
    """Wait until no worker runs."""
    await pilot.pause(0.5)
    while app.session is None or any(worker.is_running for worker in app.workers):
        await pilot.pause(0.1)
    await pilot.pause(0.5)


def main() -> None:
    """Write the pictures beside this file, whatever the person's own settings are."""
    copy_app = runpy.run_path(str(HERE.parent / "demo" / "open.py"))["copy_app"]
    with tempfile.TemporaryDirectory(prefix="harden-picture-") as folder:
        os.environ.update(XDG_STATE_HOME=f"{folder}/state", XDG_CONFIG_HOME=f"{folder}/config")
        asyncio.run(draw(copy_app(Path(folder))))


if __name__ == "__main__":
    main()
