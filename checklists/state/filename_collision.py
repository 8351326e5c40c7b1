"""Two users send a `photo.jpg`, and the second one replaces the first one's.

What is stored under the name that its sender gave it, under the time to the second or under one name for
all, is overwritten by the next request that has the same, without an error: users see the files of others,
reports mix the rows of two requests, an attacker replaces what others download. Two requests in the same
second are normal. Store a file under a name that nobody else gets, such as a random UUID, and keep the
original name in the database.

Looked at is what request handlers and tasks write to the disk or put into a bucket. Left out: names with a
UUID, a hash, random or temporary parts, an id or a user in them, the time with microseconds or together
with the sender's name, functions that ask whether there is such a file, and Django's storages, which choose
another name themselves.

Flagged:

    import os

    from flask import Flask, request
    from werkzeug.utils import secure_filename

    app = Flask(__name__)
    UPLOADS = "/srv/uploads"


    @app.post("/photos")
    def photo():
        file = request.files["photo"]
        file.save(os.path.join(UPLOADS, secure_filename(file.filename)))
        return "", 204

Fixed:

    import os
    import uuid

    from flask import Flask, request

    app = Flask(__name__)
    UPLOADS = "/srv/uploads"


    @app.post("/photos")
    def photo():
        file = request.files["photo"]
        ending = os.path.splitext(file.filename or "")[1].lower()
        file.save(os.path.join(UPLOADS, f"{uuid.uuid4()}{ending}"))
        return "", 204

Flagged (app/exports.py):

    from datetime import datetime
    from pathlib import Path

    import boto3
    from fastapi import FastAPI, UploadFile

    app = FastAPI()
    s3 = boto3.client("s3")


    @app.post("/exports")
    def export() -> str:
        path = Path("exports") / f"orders-{datetime.now().strftime('%Y%m%d-%H%M%S')}.csv"
        path.write_text(rows())
        return path.name


    @app.post("/reports")
    def report() -> None:
        with open("/tmp/report.pdf", "wb") as target:
            render(target)
        send("/tmp/report.pdf")


    @app.post("/documents")
    def document(file: UploadFile) -> None:
        s3.upload_fileobj(file.file, "documents", file.filename)

Fixed (app/exports.py):

    import tempfile
    from pathlib import Path
    from uuid import uuid4

    import boto3
    from fastapi import FastAPI, UploadFile

    app = FastAPI()
    s3 = boto3.client("s3")


    @app.post("/exports")
    def export() -> str:
        path = Path("exports") / f"orders-{uuid4()}.csv"
        path.write_text(rows())
        return path.name


    @app.post("/reports")
    def report() -> None:
        with tempfile.NamedTemporaryFile(suffix=".pdf") as target:
            render(target)
            send(target.name)


    @app.post("/documents")
    def document(file: UploadFile) -> None:
        s3.upload_fileobj(file.file, "documents", f"{uuid4()}/{file.filename}")

Pattern (flask):

    import os
    import uuid

    from flask import request


    def photo():
        file = request.files["photo"]
        ending = os.path.splitext(file.filename or "")[1].lower()
        name = f"{uuid.uuid4()}{ending}"
        file.save(os.path.join("/srv/uploads", name))
        return {"name": name, "shown_as": file.filename}

Pattern (fastapi):

    import shutil
    import uuid
    from pathlib import Path

    from fastapi import UploadFile


    def photo(file: UploadFile) -> dict[str, str]:
        name = f"{uuid.uuid4()}{Path(file.filename or '').suffix.lower()}"
        with open(f"/srv/uploads/{name}", "wb") as target:
            shutil.copyfileobj(file.file, target)
        return {"name": name, "shown_as": file.filename or name}

Pattern (django):

    from uuid import uuid4

    from django.db import models


    def place(document, filename):
        return f"documents/{document.owner_id}/{uuid4()}"


    class Document(models.Model):
        owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)
        name = models.CharField(max_length=255)
        file = models.FileField(upload_to=place)

Pattern:

    import uuid
    from pathlib import Path


    def stored(data: bytes, ending: str) -> Path:
        path = Path("/srv/files") / f"{uuid.uuid4()}{ending}"
        path.write_bytes(data)
        return path

Flagged (app/pictures.py):

    import requests
    from flask import Flask, request

    app = Flask(__name__)


    @app.post("/pictures")
    def picture():
        response = requests.get(request.get_json()["url"], timeout=5)
        response.raise_for_status()
        with open("/tmp/picture.bin", "wb") as target:
            target.write(response.content)
        return analyse("/tmp/picture.bin")

Fixed (app/pictures.py):

    import tempfile

    import requests
    from flask import Flask, request

    app = Flask(__name__)


    @app.post("/pictures")
    def picture():
        response = requests.get(request.get_json()["url"], timeout=5)
        response.raise_for_status()
        with tempfile.NamedTemporaryFile() as target:
            target.write(response.content)
            target.flush()
            return analyse(target.name)

Fine (app/rates.py):

    import requests
    from flask import Flask

    app = Flask(__name__)


    @app.post("/rates")
    def rates():
        response = requests.get("https://rates.example.com/all", timeout=5)
        response.raise_for_status()
        with open("/tmp/rates.bin", "wb") as target:
            target.write(response.content)
        return "ok"

Fine:

    import hashlib
    import os
    import tempfile
    from datetime import datetime
    from pathlib import Path
    from uuid import uuid4

    from flask import Flask, request
    from flask_login import current_user

    app = Flask(__name__)


    @app.post("/a")
    def by_uuid():
        file = request.files["file"]
        file.save(os.path.join("uploads", f"{uuid4().hex}-{file.filename}"))
        return "ok"


    @app.post("/b")
    def by_user():
        file = request.files["file"]
        file.save(os.path.join("uploads", str(current_user.id), file.filename))
        return "ok"


    @app.post("/c")
    def by_content():
        data = request.files["file"].read()
        Path("uploads", hashlib.sha256(data).hexdigest()).write_bytes(data)
        return "ok"


    @app.post("/d")
    def for_a_moment():
        file = request.files["file"]
        with tempfile.TemporaryDirectory() as folder:
            file.save(os.path.join(folder, file.filename))
            return read(folder)


    @app.post("/e")
    def unless_there():
        file = request.files["file"]
        path = os.path.join("uploads", file.filename)
        if os.path.exists(path):
            return "choose another name", 409
        file.save(path)
        return "ok"


    @app.get("/invoices/<int:invoice_id>")
    def invoice(invoice_id):
        Path(f"invoices/{invoice_id}.pdf").write_bytes(render(invoice_id))
        return "ok"


    @app.post("/f")
    def by_microsecond():
        file = request.files["file"]
        file.save(f"uploads/{datetime.now():%Y%m%d%H%M%S%f}.bin")
        return "ok"


    def nightly():
        Path(f"backups/{datetime.now():%Y%m%d}.sql").write_text(dump())

When to ignore: overwriting is meant: one file that everybody shares.

References:
    https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html
    https://docs.python.org/3/library/uuid.html
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.file_paths import is_no_path, looks_like_path, suffix
from harden.checklists.file_writes import METHODS, Write, write_of
from harden.checklists.kept_files import MADE, contents
from harden.checklists.remote_bodies import address_of, is_any_host, is_body, request_of
from harden.checklists.served import Served, served
from harden.checklists.unique_names import is_tested, key_in_bucket, weakness
from harden.checklists.uploads import is_upload
from harden.checks import Check
from harden.findings import Finding, Severity
from harden.module import Module
from harden.roles import FileKind
from harden.tree import FunctionNode, name_of

check = Check(
    id="filename-collision",
    title="Name that two files can have",
    severity=Severity.MEDIUM,
    kinds=frozenset({FileKind.APP}),
)

_BUCKETS = frozenset({"upload_fileobj", "upload_file", "put_object", "blob"})


@check.node(ast.Call, named=METHODS)
def written(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag files of the disk that two requests write under one name."""
    function = module.function(node)
    write = write_of(module, node) if isinstance(node, ast.Call) and function is not None else None
    if write is None or function is None or write.form == "storage" or is_no_path(module, write.path):
        return
    if write.form == "save" and not _is_file(module, write):
        return
    why = weakness(module, write.path) or _same(module, write)
    if not why or is_tested(function) or _is_second(module, function, write.call):
        return
    if (found := _served(module, write.call)) is not None:
        message = f"it is stored under {why}, which another {found.how} can have too"
        yield check.found(module, node, message, steps=found.steps)


@check.node(ast.Call, named=_BUCKETS)
def put(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag objects of a bucket that two requests put under one key."""
    if not isinstance(node, ast.Call) or (key := key_in_bucket(module, node)) is None:
        return
    function = module.function(node)
    if function is None or not (why := weakness(module, key)) or is_tested(function):
        return
    if _is_second(module, function, node):
        return
    if (found := _served(module, node)) is not None:
        message = f"it is stored under {why}, which another {found.how} can have too"
        yield check.found(module, node, message, steps=found.steps)


def _served(module: Module, node: ast.AST) -> Served | None:
    found = served(module, node)
    return found if found is not None and found.how in ("request", "task") else None


def _is_file(module: Module, write: Write) -> bool:
    """Tell whether a `save` writes a file: that of an upload, or to what looks like a path."""
    return looks_like_path(module, write.path) or (
        write.content is not None and is_upload(module, write.content)
    )


def _same(module: Module, write: Write) -> str:
    """Say that a file has one name for all requests, where it is made for one of them."""
    if module.string(write.path) is None or not looks_like_path(module, write.path):
        return ""
    is_made = suffix(module, write.path) in MADE
    given = contents(module, write)
    if is_made or any(is_upload(module, content) or _is_fetched(module, content) for content in given):
        return "one name for all"
    return ""


def _is_fetched(module: Module, content: ast.expr) -> bool:
    """Tell whether a content comes from an address that is another one in each call."""
    if not is_body(module.resolve(content) or ""):
        return False
    request = request_of(module, content)
    address = address_of(request) if request is not None else None
    return address is not None and is_any_host(module, address)


def _is_second(module: Module, function: FunctionNode, call: ast.Call) -> bool:
    """Tell whether the function has written to such a name before."""
    for other in ast.walk(function):
        if isinstance(other, ast.Call) and name_of(other) in METHODS and other is not call:
            before = (other.lineno, other.col_offset) < (call.lineno, call.col_offset)
            earlier = write_of(module, other) if before else None
            if earlier is not None and (weakness(module, earlier.path) or _same(module, earlier)):
                return True
    return False
