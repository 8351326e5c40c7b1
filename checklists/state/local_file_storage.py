"""Files on the local disk are lost with the machine, and no other instance can see them.

A container's disk is thrown away at every deployment and restart, and behind a load balancer the next
request may reach another instance, which answers "not found" for a file that was uploaded a second ago. A
disk also fills up, and is in no backup. Files of users, and files that are made for them, belong into
object storage (S3, GCS, Azure Blob) or on a volume that all instances share; the database keeps the key.

Looked at is what request handlers and tasks write, also by way of other functions. Left out: temporary
files (`tempfile`, `/tmp`, files that the same function removes or sends on), logs, databases,
configuration, and what commands and scripts write. In Django, uploads of models go where `STORAGES` says,
so one finding stands at `MEDIA_ROOT`; in Flask it stands where the folder is set, where that is another
file.

Flagged:

    import os
    import uuid

    from flask import Flask, request
    from werkzeug.utils import secure_filename

    app = Flask(__name__)
    UPLOAD_FOLDER = "uploads"


    @app.post("/avatars")
    def avatar():
        file = request.files["avatar"]
        name = f"{uuid.uuid4()}-{secure_filename(file.filename)}"
        file.save(os.path.join(UPLOAD_FOLDER, name))
        return {"name": name}

Fixed:

    import os
    import uuid

    import boto3
    from flask import Flask, request

    app = Flask(__name__)
    s3 = boto3.client("s3")


    @app.post("/avatars")
    def avatar():
        key = f"avatars/{uuid.uuid4()}"
        s3.upload_fileobj(request.files["avatar"], os.environ["BUCKET"], key)
        return {"name": key}

Flagged (app/files.py):

    import shutil
    from pathlib import Path
    from uuid import uuid4

    from fastapi import APIRouter, UploadFile

    router = APIRouter()
    STORE = Path("data/uploads")


    @router.post("/files")
    def upload(file: UploadFile) -> dict[str, str]:
        path = STORE / uuid4().hex
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        return {"id": path.name}

Fixed (app/files.py):

    import os
    from uuid import uuid4

    import boto3
    from fastapi import APIRouter, UploadFile

    router = APIRouter()
    s3 = boto3.client("s3")


    @router.post("/files")
    def upload(file: UploadFile) -> dict[str, str]:
        key = uuid4().hex
        s3.upload_fileobj(file.file, os.environ["BUCKET"], key)
        return {"id": key}

Flagged (app/tasks.py):

    import pandas as pd
    from celery import shared_task


    @shared_task
    def export(user_id):
        path = f"exports/orders-{user_id}.csv"
        pd.DataFrame(orders_of(user_id)).to_csv(path, index=False)
        return path

Fixed (app/tasks.py):

    import pandas as pd
    from celery import shared_task
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage


    @shared_task
    def export(user_id):
        text = pd.DataFrame(orders_of(user_id)).to_csv(index=False)
        return default_storage.save(f"exports/orders-{user_id}.csv", ContentFile(text))

Pattern (flask):

    import os
    import uuid

    import fsspec
    from flask import Flask, request

    app = Flask(__name__)
    files = fsspec.filesystem("s3")


    @app.post("/avatars")
    def avatar():
        key = f"{os.environ['BUCKET']}/avatars/{uuid.uuid4()}"
        with files.open(key, "wb") as target:
            while chunk := request.files["avatar"].stream.read(1 << 20):
                target.write(chunk)
        return {"key": key}

Pattern (fastapi):

    import os
    import shutil
    import uuid

    import fsspec
    from fastapi import FastAPI, UploadFile

    app = FastAPI()
    files = fsspec.filesystem("s3")


    @app.post("/avatars")
    def avatar(file: UploadFile) -> dict[str, str]:
        key = f"{os.environ['BUCKET']}/avatars/{uuid.uuid4()}"
        with files.open(key, "wb") as target:
            shutil.copyfileobj(file.file, target)
        return {"key": key}

Pattern (django):

    import os

    STORAGES = {
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {"bucket_name": os.environ["MEDIA_BUCKET"], "file_overwrite": False},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }

Pattern:

    import os
    import uuid

    import boto3

    s3 = boto3.client("s3")


    def store(stream) -> str:
        key = uuid.uuid4().hex
        s3.upload_fileobj(stream, os.environ["BUCKET"], key)
        return key

Fine:

    import csv
    import io
    import json
    import os
    import tempfile
    from pathlib import Path

    from flask import Flask, request, send_file

    app = Flask(__name__)


    @app.post("/convert")
    def convert():
        with tempfile.NamedTemporaryFile(suffix=".pdf") as target:
            request.files["file"].save(target.name)
            return read(target.name)


    @app.post("/scan")
    def scan():
        path = os.path.join("incoming", request.form["name"])
        request.files["file"].save(path)
        try:
            return virus_scan(path)
        finally:
            os.remove(path)


    @app.post("/archive")
    def archive():
        request.files["file"].save("/tmp/archive.zip")
        return "kept for a moment"


    @app.get("/report")
    def report():
        buffer = io.StringIO()
        csv.writer(buffer).writerows(rows())
        return send_file(io.BytesIO(buffer.getvalue().encode()), download_name="report.csv")


    @app.post("/settings")
    def settings():
        Path("settings.json").write_text(json.dumps({"theme": "dark"}))
        with open("app.log", "w") as log:
            log.write("saved")
        return "ok"


    def build(name):
        Path(f"build/{name}.html").write_text(render(name))

When to ignore: there is one machine, its disk is a volume that is kept and backed up, and it stays one.

References:
    https://12factor.net/processes
    https://docs.djangoproject.com/en/stable/topics/files/#file-storage
    https://django-storages.readthedocs.io/en/latest/
    https://filesystem-spec.readthedocs.io/en/latest/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.file_writes import METHODS
from harden.checklists.kept_files import kept, setting_of
from harden.checklists.upload_folders import files_of_models, folders, folders_here, writes_into
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module
from harden.roles import FileKind
from harden.tree import name_of

check = Check(
    id="local-file-storage",
    title="Files kept on the local disk",
    severity=Severity.HIGH,
    scaffold="harden.codemods.storage:AddStorage",
    kinds=frozenset({FileKind.APP}),
)


@check.node(ast.Call, named=METHODS)
def written(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag the first file that a function leaves on the disk for each request or task."""
    if not isinstance(node, ast.Call) or (found := kept(module, node)) is None:
        return
    if _is_second(module, node):
        return
    setting = setting_of(module, found.write.path)
    if setting and any(True for _ in folders(module, setting)):
        return  # said where the folder is set
    message = f"{found.what} of each {found.served.how} stays on the disk of one machine"
    yield check.found(module, node, message, steps=found.served.steps)


@check.module
def folder_of_uploads(module: Module) -> Iterator[Finding]:
    """Flag where Flask's configuration sets the folder that handlers in other files write into."""
    if "config" not in module.text and "Config" not in module.text:
        return
    for name, node in folders_here(module):
        steps = tuple(writes_into(module, name))
        if steps:
            message = f"{name} is a folder on the disk of one machine, where files of users are kept"
            yield check.found(module, node, message, steps=steps)


@check.node(ast.Assign, named=("MEDIA_ROOT",))
def media(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag Django's MEDIA_ROOT where files of models go there."""
    if module.function(node) is None and files_of_models(module):
        yield check.found(module, node, "the files of models stay on the disk of one machine")


def _is_second(module: Module, call: ast.Call) -> bool:
    """Tell whether the same function has left a file before: the one and its thumbnail are one matter."""
    function = module.function(call)
    for other in ast.walk(function) if function is not None else ():
        if isinstance(other, ast.Call) and name_of(other) in METHODS and other is not call:
            is_before = (other.lineno, other.col_offset) < (call.lineno, call.col_offset)
            if is_before and module.function(other) is function and kept(module, other) is not None:
                return True
    return False
