"""Temporary files that nobody removes fill the disk.

`NamedTemporaryFile(delete=False)`, `mkstemp` and `mkdtemp` leave it to the caller to remove what they make.
Each request adds a file, mostly a large one, until the disk is full and everything that writes fails:
uploads, logs, the database. Files of users also lie about longer than anybody promised. A `with` block or a
`finally` removes them on every way out.

Left out: what is moved to its place, handed to code that removes it, to a task or another process, or kept
on an object; and what is removed anywhere in the function, though perhaps not when something raises.

Flagged:

    import subprocess
    import tempfile


    def thumbnails(video: bytes) -> list[bytes]:
        folder = tempfile.mkdtemp(prefix="frames-")
        path = f"{folder}/video.mp4"
        with open(path, "wb") as target:
            target.write(video)
        subprocess.run(["ffmpeg", "-i", path, f"{folder}/%d.png"], check=True, timeout=60)
        frames = read_all(folder)
        return frames


    def text_of(document: bytes) -> str:
        with tempfile.NamedTemporaryFile(suffix=".pdf", delete=False) as file:
            file.write(document)
        # closed, so that all of it is on the disk
        text = extract(file.name)
        return text.strip()


    def pages_of(document: bytes) -> int:
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(document)
            file.flush()
            return count(file.name)

Fixed:

    import os
    import subprocess
    import tempfile


    def thumbnails(video: bytes) -> list[bytes]:
        with tempfile.TemporaryDirectory(prefix="frames-") as folder:
            path = f"{folder}/video.mp4"
            with open(path, "wb") as target:
                target.write(video)
            subprocess.run(["ffmpeg", "-i", path, f"{folder}/%d.png"], check=True, timeout=60)
            frames = read_all(folder)
        return frames


    def text_of(document: bytes) -> str:
        with tempfile.NamedTemporaryFile(suffix=".pdf", delete=False) as file:
            file.write(document)
        try:
            # closed, so that all of it is on the disk
            text = extract(file.name)
        finally:
            os.unlink(file.name)
        return text.strip()


    def pages_of(document: bytes) -> int:
        with tempfile.NamedTemporaryFile() as file:
            file.write(document)
            file.flush()
            return count(file.name)

Flagged (app/export.py):

    import tempfile

    from fastapi import FastAPI
    from fastapi.responses import FileResponse

    app = FastAPI()


    @app.get("/export")
    def export() -> FileResponse:
        with tempfile.NamedTemporaryFile(suffix=".csv", delete=False) as file:
            write_rows(file)
        return FileResponse(file.name, filename="export.csv")

Fixed (app/export.py):

    import os
    import tempfile

    from fastapi import FastAPI
    from fastapi.responses import FileResponse
    from starlette.background import BackgroundTask

    app = FastAPI()


    @app.get("/export")
    def export() -> FileResponse:
        with tempfile.NamedTemporaryFile(suffix=".csv", delete=False) as file:
            write_rows(file)
        done = BackgroundTask(os.unlink, file.name)
        return FileResponse(file.name, filename="export.csv", background=done)

Pattern (fastapi, starlette):

    import os
    import tempfile

    from starlette.background import BackgroundTask
    from starlette.responses import FileResponse


    def export(request) -> FileResponse:
        with tempfile.NamedTemporaryFile(suffix=".csv", delete=False) as file:
            write_rows(file)
        return FileResponse(file.name, background=BackgroundTask(os.unlink, file.name))

Pattern (flask):

    import tempfile

    from flask import send_file


    def export():
        file = tempfile.TemporaryFile()
        write_rows(file)
        file.seek(0)
        return send_file(file, mimetype="text/csv", as_attachment=True, download_name="export.csv")

Pattern (django):

    import tempfile

    from django.http import FileResponse


    def export(request):
        file = tempfile.TemporaryFile()
        write_rows(file)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename="export.csv")

Pattern:

    import tempfile


    def convert(document: bytes) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            return converted(document, folder)

Fine:

    import os
    import shutil
    import tempfile


    def replace(path, data):
        with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(path), delete=False) as file:
            file.write(data)
        os.replace(file.name, path)


    def convert(data):
        folder = tempfile.mkdtemp()
        try:
            return run(data, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


    def listed(data):
        paths = []
        for part in data:
            handle, path = tempfile.mkstemp()
            os.write(handle, part)
            os.close(handle)
            paths.append(path)
        total = measure(paths)
        for path in paths:
            os.remove(path)
        return total


    def measured(data):
        file = tempfile.NamedTemporaryFile(delete=False)
        file.write(data)
        file.close()
        return file.name


    def used(data):
        path = measured(data)
        size = os.path.getsize(path)
        os.unlink(path)
        return size


    def queued(data):
        handle, path = tempfile.mkstemp()
        os.write(handle, data)
        process.delay(path)


    class Workspace:
        def __init__(self):
            self.folder = tempfile.mkdtemp()

        def close(self):
            shutil.rmtree(self.folder)

When to ignore: the machine lives for one job only, or something else empties the folder.

References:
    https://docs.python.org/3/library/tempfile.html
    https://www.starlette.io/background/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.temporary import left_behind
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal, keyword

check = Check(
    id="temp-file-leak",
    title="Temporary file that is never removed",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.temporary:RemoveTemporary", Risk.REVIEW),
)


@check.call("tempfile.mkdtemp", "tempfile.mkstemp", "tempfile.NamedTemporaryFile")
def left(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag temporary files and folders that stay."""
    if path.endswith("NamedTemporaryFile") and not is_literal(keyword(call, "delete"), False):
        return
    found = left_behind(module, call)
    if found is not None:
        facts = {"form": found.form, "path": found.path, "through": str(found.through)}
        what = "folder" if path.endswith("mkdtemp") else "file"
        message = f"the temporary {what} is never removed"
        yield check.found(module, call, message, facts=facts, why_not=found.why_not)
