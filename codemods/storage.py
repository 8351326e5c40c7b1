"""A module through which files go to object storage, for a project that keeps them on a disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import BaseModel, Field

from harden.codemods.codemod import Options
from harden.codemods.scaffold import Scaffold
from harden.findings import Finding

_STORAGE = '''"""Files of users, kept where every instance of the service finds them."""

from __future__ import annotations

import os
import shutil
import uuid
from typing import BinaryIO
from urllib.parse import urlsplit

import fsspec

FILES_URL = os.environ["{variable}"]
"""Where files are kept: `s3://bucket/folder`, `gs://…`, `az://…`, or `file:///folder` on a laptop."""
MAX_BYTES = {limit}
_files = fsspec.filesystem(urlsplit(FILES_URL).scheme or "file")


class TooLarge(ValueError):
    """More was sent than is kept."""


def save(source: BinaryIO, *, suffix: str = "") -> str:
    """Keep a file under a name that nobody else gets, and return its key. Raises TooLarge."""
    key = f"{{uuid.uuid4().hex}}{{suffix}}"
    size = 0
    try:
        with _files.open(f"{{FILES_URL}}/{{key}}", "wb") as target:
            while chunk := source.read(1 << 20):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise TooLarge(f"more than {{MAX_BYTES}} bytes")
                target.write(chunk)
    except TooLarge:
        delete(key)
        raise
    return key


def load(key: str, target: BinaryIO) -> None:
    """Copy a file into something open. Raises FileNotFoundError."""
    with _files.open(f"{{FILES_URL}}/{{key}}", "rb") as source:
        shutil.copyfileobj(source, target)


def delete(key: str) -> None:
    """Take a file away; it is no error where there is none."""
    path = f"{{FILES_URL}}/{{key}}"
    if _files.exists(path):
        _files.rm(path)
'''
_DJANGO = '''"""Where Django keeps files: a bucket where one is set, else the local disk, for development."""

import os

_BUCKET = os.environ.get("{variable}")

STORAGES = {{
    "default": (
        {{
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {{"bucket_name": _BUCKET, "file_overwrite": False, "querystring_auth": True}},
        }}
        if _BUCKET
        else {{"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    ),
    "staticfiles": {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
}}
'''


class StorageOptions(Options):
    """Where files go, and how large they may be."""

    variable: str = Field(
        "", title="Variable", description="environment variable that says where (default: by framework)"
    )
    megabytes: int = Field(
        20, ge=1, le=5000, title="Largest file", description="megabytes that are kept at most"
    )


class AddStorage(Scaffold):
    """Add a module that saves, loads and deletes files in object storage; in Django the settings for it."""

    Options: ClassVar[type[BaseModel]] = StorageOptions
    options: StorageOptions

    def files(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        """Return `storage.py` beside the first file with a finding, or `storages.py` beside the settings."""
        if not self.project.imported.isdisjoint({"django", "rest_framework"}):
            return self._for_django(findings)
        folder = PurePosixPath(findings[0].path).parent
        path = self.free([str(folder / "storage.py")])[0]
        variable = self.options.variable or "FILES_URL"
        self.notes.append(
            f"Add fsspec and its driver (s3fs, gcsfs, adlfs) to the requirements, and set {variable}."
        )
        limit = f"{self.options.megabytes} * 1024 * 1024"
        return {path: _STORAGE.format(variable=variable, limit=limit).encode()}

    def _for_django(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        settings = self.project.mentions("MEDIA_ROOT") or self.project.mentions("INSTALLED_APPS")
        near = next((path for path in settings if "settings" in path), findings[0].path)
        path = self.free([str(PurePosixPath(near).parent / "storages.py")])[0]
        variable = self.options.variable or "MEDIA_BUCKET"
        self.notes.append(
            f"Add django-storages[s3] to the requirements, `from .storages import STORAGES` to {near},"
            f" and set {variable}."
        )
        return {path: _DJANGO.format(variable=variable).encode()}
