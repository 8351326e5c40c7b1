"""What is read as a whole needs as much memory as somebody else has data.

An upload, a stored file or a table that grows is small on the day the code is written. Read as a whole, it
lies in memory once as bytes, once more as text and again as rows, for every request at the same time, until
the process is killed for it and takes the other requests along. Copy streams in chunks, iterate over lines
and rows, and let the server send files itself.

Looked at is what request handlers and tasks read, also by way of other functions: whole uploads, stored
files under names that differ or of kinds that grow (logs, CSV, archives), objects of buckets, tables of
pandas, all rows of a CSV file. Left out: uploads whose size the function or the application limits, JSON
and other documents that are only understood as a whole, files of the project itself, temporary files,
commands and scripts, and bodies of other hosts, which are a matter of `unbounded-download`. A loop over
`readlines()` is mended wherever it stands.

Flagged:

    def errors(path: str) -> int:
        count = 0
        with open(path) as log:
            for number, line in enumerate(log.readlines(), 1):
                if "ERROR" in line:
                    count += 1
        for line in open(path).readlines():
            count += line.startswith("FATAL")
        return count

Fixed:

    def errors(path: str) -> int:
        count = 0
        with open(path) as log:
            for number, line in enumerate(log, 1):
                if "ERROR" in line:
                    count += 1
        for line in open(path):
            count += line.startswith("FATAL")
        return count

Flagged (app/files.py):

    import csv
    import io

    from fastapi import FastAPI, UploadFile
    from fastapi.responses import Response

    app = FastAPI()


    @app.post("/products/import")
    async def imported(file: UploadFile) -> int:
        text = (await file.read()).decode()
        return store(csv.DictReader(io.StringIO(text)))


    @app.get("/videos/{name}")
    def video(name: str) -> Response:
        with open(f"videos/{name}", "rb") as source:
            return Response(source.read(), media_type="video/mp4")

Fixed (app/files.py):

    import csv
    import io

    from fastapi import FastAPI, UploadFile
    from fastapi.responses import FileResponse

    app = FastAPI()


    @app.post("/products/import")
    def imported(file: UploadFile) -> int:
        return store(csv.DictReader(io.TextIOWrapper(file.file, encoding="utf-8")))


    @app.get("/videos/{name}")
    def video(name: str) -> FileResponse:
        return FileResponse(f"videos/{name}", media_type="video/mp4")

Flagged (app/tasks.py):

    import boto3
    import pandas as pd
    from celery import shared_task

    s3 = boto3.client("s3")


    @shared_task
    def totals(path: str) -> float:
        return float(pd.read_csv(path)["total"].sum())


    @shared_task
    def copied(key: str) -> int:
        text = s3.get_object(Bucket="exports", Key=key)["Body"].read().decode()
        return len(text.splitlines())

Fixed (app/tasks.py):

    import boto3
    import pandas as pd
    from celery import shared_task

    s3 = boto3.client("s3")


    @shared_task
    def totals(path: str) -> float:
        chunks = pd.read_csv(path, usecols=["total"], chunksize=50_000)
        return float(sum(chunk["total"].sum() for chunk in chunks))


    @shared_task
    def copied(key: str) -> int:
        body = s3.get_object(Bucket="exports", Key=key)["Body"]
        return sum(1 for _ in body.iter_lines())

Pattern (flask):

    import csv
    import io

    from flask import Flask, request, send_file

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 20 * 1024 * 1024


    @app.post("/products/import")
    def imported():
        lines = io.TextIOWrapper(request.files["file"].stream, encoding="utf-8")
        for row in csv.DictReader(lines):
            store(row)
        return "", 204


    @app.get("/videos/<int:number>")
    def video(number):
        return send_file(f"videos/{number}.mp4")

Pattern (fastapi):

    import shutil

    from fastapi import FastAPI, UploadFile
    from fastapi.responses import FileResponse

    app = FastAPI()


    @app.post("/videos")
    def upload(file: UploadFile) -> None:
        with opened_for_writing() as target:
            shutil.copyfileobj(file.file, target, 1 << 20)


    @app.get("/videos/{number}")
    def video(number: int) -> FileResponse:
        return FileResponse(f"videos/{number}.mp4")

Pattern (django):

    import csv
    import io

    from django.http import FileResponse, HttpResponse


    def imported(request):
        lines = io.TextIOWrapper(request.FILES["file"], encoding="utf-8")
        for row in csv.DictReader(lines):
            store(row)
        return HttpResponse(status=204)


    def video(request, pk):
        return FileResponse(open(f"videos/{pk}.mp4", "rb"))

Pattern:

    import csv
    import shutil


    def copied(source, target):
        shutil.copyfileobj(source, target, 1 << 20)


    def rows(path):
        with open(path, newline="", encoding="utf-8") as source:
            yield from csv.DictReader(source)

Fine:

    import csv
    import json
    from pathlib import Path

    import boto3
    import pandas as pd
    from flask import Flask, request

    app = Flask(__name__)
    MAX_SIZE = 1_000_000
    WORDS = open("words.txt").readlines()


    @app.post("/avatar")
    def avatar():
        file = request.files["file"]
        if request.content_length > MAX_SIZE:
            return "too large", 413
        return store(file.read())


    @app.post("/start")
    def start():
        return store(request.files["file"].read(1024))


    @app.get("/theme")
    def theme():
        with open("theme.json") as source:
            return json.load(source)


    @app.get("/pages/<name>")
    def page(name):
        return Path(f"pages/{name}.md").read_text()


    @app.get("/rows")
    def rows():
        return sum(len(part) for part in pd.read_csv("orders.csv", chunksize=1000))


    @app.get("/event")
    def event():
        body = boto3.client("s3").get_object(Bucket="events", Key="last")["Body"]
        return json.loads(body.read())


    def last(path):
        with open(path) as source:
            lines = source.readlines()
        return lines[-1]


    def rewound(path):
        with open(path) as source:
            for line in source.readlines():
                source.seek(0)


    def imported(path):
        with open(path, newline="") as source:
            return list(csv.reader(source))

When to ignore: what is read is made by the project itself and has a known size.

References:
    https://docs.python.org/3/tutorial/inputoutput.html#methods-of-file-objects
    https://fastapi.tiangolo.com/tutorial/request-files/
    https://pandas.pydata.org/docs/user_guide/scale.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.served import served
from harden.checklists.whole_reads import (
    METHODS,
    TABLES,
    has_global_limit,
    is_limited,
    opening_of,
    whole_read,
    whole_table,
)
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.tree import FunctionNode, name_of

check = Check(
    id="load-all-in-memory",
    title="Read into memory as a whole",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.lines:IterateLines", Risk.AUTO),
)

_PARTS = "Read it in parts: copy in chunks, iterate over lines or rows, or let the server send the file."


@check.node(ast.Call, named=("readlines",))
def looped(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag loops over the list of a file's lines, which could be loops over the file."""
    if isinstance(node, ast.Call) and _is_looped(module, node):
        yield check.found(module, node, "all lines are read before the loop begins", severity=Severity.LOW)


@check.node(ast.Call, named=METHODS)
def whole(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag what a request or a task reads as a whole, however large it is."""
    function = module.function(node)
    if not isinstance(node, ast.Call) or function is None or _is_looped(module, node):
        return
    what = whole_read(module, node)
    if what and not (what == "an upload" and (is_limited(function) or has_global_limit(module))):
        yield from _served(module, node, function, what)


@check.call(*TABLES)
def table(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag tables that a request or a task reads without chunks."""
    function = module.function(call)
    what = whole_table(module, call) if function is not None else ""
    if what and function is not None:
        yield from _served(module, call, function, what)


def _served(module: Module, node: ast.Call, function: FunctionNode, what: str) -> Iterator[Finding]:
    found = served(module, node)
    if found is None or found.how not in ("request", "task") or _is_second(module, function, node):
        return
    message = f"{what} is read into memory as a whole for each {found.how}"
    yield check.found(module, node, message, why_not=_PARTS, steps=found.steps)


def _is_looped(module: Module, call: ast.Call) -> bool:
    """Tell whether a loop goes over the lines of an opened file, and leaves the file alone meanwhile."""
    if name_of(call) != "readlines" or not isinstance(call.func, ast.Attribute) or call.args or call.keywords:
        return False
    source, parent = call.func.value, module.parents.get(call)
    looped_over: ast.AST = call
    if isinstance(parent, ast.Call) and module.resolve(parent.func) == "builtins.enumerate":
        if parent.args[:1] != [call]:
            return False
        looped_over, parent = parent, module.parents.get(parent)
    if not isinstance(parent, ast.For) or parent.iter is not looped_over or module.function(call) is None:
        return False
    if opening_of(module, source) is None:
        return False
    names = {node.id for node in ast.walk(source) if isinstance(node, ast.Name)}
    body = (node for statement in (*parent.body, *parent.orelse) for node in ast.walk(statement))
    return isinstance(source, ast.Call) or not any(isinstance(n, ast.Name) and n.id in names for n in body)


def _is_second(module: Module, function: FunctionNode, call: ast.Call) -> bool:
    """Tell whether the same function has read something as a whole before."""
    for other in ast.walk(function):
        if isinstance(other, ast.Call) and name_of(other) in METHODS and other is not call:
            is_before = (other.lineno, other.col_offset) < (call.lineno, call.col_offset)
            if is_before and not _is_looped(module, other) and whole_read(module, other):
                return True
    return False
