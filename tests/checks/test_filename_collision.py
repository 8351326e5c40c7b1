"""Names that two files can have, and what makes them differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden.project import Project
from harden.registry import check_named
from harden.scan import Rules, scan_file

ROOT = Path(__file__).parent / "no-such-folder"
CHECK = check_named("filename-collision")
HEAD = """import os, time, uuid
from datetime import datetime
from pathlib import Path
import boto3, requests
from flask import Flask, request
app = Flask(__name__)

def clean(name):
    return name.replace("/", "_")

def unique(name):
    return f"{uuid.uuid4()}-{name}"

@app.post("/")
def upload():
    file = request.files["file"]
"""


def found(body: str) -> list[str]:
    project = Project(ROOT, ("app/main.py",), {"app/main.py": f"{HEAD}{body}".encode()})
    return [finding.message for finding in scan_file(project, Rules((CHECK,)), "app/main.py").findings]


FLAGGED = [
    ("    file.save(f'up/{clean(file.filename)}')\n", "sender"),
    ("    file.save(Path('up') / file.filename)\n", "sender"),
    ("    file.save(f'up/{int(time.time())}.png')\n", "second"),
    ("    file.save(f'up/{datetime.now():%Y%m%d}.png')\n", "second"),
    ("    file.save('up/last.png')\n", "for all"),
    ("    boto3.client('s3').put_object(Bucket='b', Key=file.filename, Body=file)\n", "sender"),
    (
        "    url = request.form['url']\n"
        "    Path('up', url.split('/')[-1]).write_bytes(requests.get(url).content)\n",
        "address",
    ),
]


@pytest.mark.parametrize(("body", "why"), FLAGGED)
def test_is_found(body: str, why: str) -> None:
    (message,) = found(body)
    assert why in message


FINE = [
    "    file.save(f'up/{unique(file.filename)}')\n",
    "    file.save(f'up/{uuid.uuid4()}' + os.path.splitext(file.filename)[1])\n",
    "    file.save(f'up/{time.time_ns()}.png')\n",
    "    file.save(f'up/{time.time()}-{file.filename}')\n",
    "    file.save(f'up/{request.form[\"title\"]}{os.path.splitext(file.filename)[1]}')\n",
    "    path = f'up/{file.filename}'\n    if Path(path).exists():\n        return 409\n"
    "    file.save(path)\n",
    "    boto3.client('s3').upload_fileobj(file, 'b', f'{uuid.uuid4()}/{file.filename}')\n",
    "    with open('settings.json', 'w') as target:\n        target.write('{}')\n",
    "    app.store.save(file.filename)\n",
]


@pytest.mark.parametrize("body", FINE)
def test_is_not_found(body: str) -> None:
    assert not found(body)
