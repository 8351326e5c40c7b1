"""A store in Redis for records that all instances share, in a module of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import BaseModel, Field

from harden.codemods.codemod import Options
from harden.codemods.scaffold import Scaffold
from harden.errors import Refusal
from harden.findings import Finding

_NAME = "redis_store.py"
_ON_LOOP = re.compile(r"(?m)^\s*(import redis\.asyncio|from redis\.asyncio import|from redis import asyncio)")
_IN_PLACE = re.compile(r"(?m)^\s*(import redis\b(?!\.)|from redis import (?!asyncio))")
_CODE = '''"""Records that all instances share: kept in Redis, and gone by themselves after a time."""

from __future__ import annotations

import json
import os
from typing import Any

import {package} as redis

_url = os.environ["REDIS_URL"]
_client = redis.from_url(_url, decode_responses=True, socket_timeout=5)


class RedisStore:
    """Values by key under one name, each for so many seconds since it was last written.

    A value is what JSON can say. What was read is a copy: write it back after a change.
    """

    def __init__(self, name: str, seconds: int = {seconds}) -> None:
        self._name = name
        self._seconds = seconds

    {define} get(self, key: str) -> Any | None:
        """Return the value under a key; None where there is none (any more)."""
        kept = {wait}_client.get(self._at(key))
        return json.loads(kept) if kept is not None else None

    {define} set(self, key: str, value: Any) -> None:
        """Keep a value under a key; its time begins anew."""
        {wait}_client.set(self._at(key), json.dumps(value), ex=self._seconds)

    {define} add(self, key: str, value: Any) -> bool:
        """Keep a value under a key that is free, and tell whether it was."""
        text = json.dumps(value)
        return bool({wait}_client.set(self._at(key), text, ex=self._seconds, nx=True))

    {define} delete(self, key: str) -> None:
        """Forget what is under a key."""
        {wait}_client.delete(self._at(key))

    def _at(self, key: str) -> str:
        return f"{{self._name}}:{{key}}"
'''


class StoreOptions(Options):
    """How long what is stored stays."""

    seconds: int = Field(
        3600, ge=1, le=31_536_000, description="how long an entry stays after it was written"
    )


class RedisStore(Scaffold):
    """Add `redis_store.py` beside the first file with a finding, for asyncio where the project waits so."""

    Options: ClassVar[type[BaseModel]] = StoreOptions
    options: StoreOptions

    def files(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        """Return one file for each service. Raises Refusal where the framework has its own store."""
        if "django" in self.project.imported:
            raise Refusal("Django has stores of its own: `request.session`, the cache, and models.")
        first = {self.home(finding.path): finding for finding in reversed(findings)}
        files: dict[str, bytes] = {}
        for finding in first.values():
            (path,) = self.free([str(PurePosixPath(finding.path).with_name(_NAME))])
            files[path] = self._written(finding).encode()
            self._tell(finding, path)
        return files

    def _written(self, finding: Finding) -> str:
        on_loop = self._is_on_loop(finding)
        return _CODE.format(
            package="redis.asyncio" if on_loop else "redis",
            define="async def" if on_loop else "def",
            wait="await " if on_loop else "",
            seconds=self.options.seconds,
        ).replace("import redis as redis", "import redis")

    def _is_on_loop(self, finding: Finding) -> bool:
        """Tell whether Redis is to be waited for: as the project does, else as the file's functions do."""
        texts = [self.project.text(path) for path in self.project.mentions("redis")]
        if any(map(_ON_LOOP.search, texts)):
            return True
        if any(map(_IN_PLACE.search, texts)):
            return False
        return "async def " in self.project.text(finding.path)

    def _tell(self, finding: Finding, path: str) -> None:
        how = "" if "redis" in self.project.imported else "add redis to the requirements, "
        self.notes.append(
            f"To do: {how}set REDIS_URL, and let the code of {finding.place} use the `RedisStore` of {path}."
        )
