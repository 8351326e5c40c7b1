"""How gunicorn serves the application, in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, Field

from harden.codemods.codemod import Options
from harden.codemods.scaffold import Scaffold
from harden.errors import Refusal
from harden.findings import Finding

_NAME = "gunicorn.conf.py"
_HEAD = '''"""How gunicorn serves the application; it reads this file by itself: `gunicorn {target}`.

It listens on 0.0.0.0:$PORT where PORT is set, else on 127.0.0.1:8000.
https://docs.gunicorn.org/en/stable/settings.html
"""

import os

workers = int(os.getenv("WEB_CONCURRENCY", "{workers}"))
'''
_THREADS = """threads = int(os.getenv("WEB_THREADS", "{threads}"))
"""
_ASGI = """worker_class = "{worker}"
"""
_REST = """
# A worker that hangs for so many seconds is replaced; one that is told to stop may finish its requests.
timeout = int(os.getenv("WEB_TIMEOUT", "{timeout}"))
graceful_timeout = int(os.getenv("WEB_GRACEFUL_TIMEOUT", "30"))

# A worker that leaks memory does not grow for ever; the jitter keeps them from restarting together.
max_requests = int(os.getenv("WEB_MAX_REQUESTS", "1000"))
max_requests_jitter = max_requests // 10

accesslog = "-"
"""


class ServingOptions(Options):
    """What gunicorn is set to where the environment says nothing."""

    workers: int = Field(2, ge=1, le=64, description="processes")
    threads: int = Field(4, ge=1, le=256, description="requests that one process answers at a time")
    timeout: int = Field(30, ge=1, le=3600, description="seconds after which a hanging worker is replaced")


class GunicornConf(Scaffold):
    """Add `gunicorn.conf.py` beside what the service is built by."""

    Options: ClassVar[type[BaseModel]] = ServingOptions
    options: ServingOptions

    def files(self, findings: Sequence[Finding]) -> dict[str, bytes]:
        """Return one file for each service. Raises Refusal where gunicorn does not serve it."""
        if any(finding.facts.get("kind") == "quart" for finding in findings):
            raise Refusal("gunicorn does not serve Quart: start it with hypercorn.")
        first = {self.home(finding.path): finding for finding in reversed(findings)}
        paths = self.free(f"{home}{_NAME}" for home in first)
        return {path: self._written(first[path.removesuffix(_NAME)]).encode() for path in paths}

    def _written(self, finding: Finding) -> str:
        target = self._target(finding)
        is_async = finding.facts.get("kind") == "asgi"
        parts = [_HEAD, _ASGI if is_async else _THREADS, _REST]
        values = {**self.options.model_dump(), "target": target, "worker": self._worker()}
        how = "" if self.requires("gunicorn") else "add gunicorn to the requirements and "
        self.notes.append(
            f"To do: {how}start the service with `gunicorn {target}` where {finding.place} does."
        )
        return "".join(parts).format(**values)

    def _target(self, finding: Finding) -> str:
        """Return what gunicorn is to serve; words in capitals where that is not known."""
        if told := finding.facts.get("target", ""):
            inside = told.removeprefix(self.home(finding.path).replace("/", "."))
            return inside if ":" in inside else f"{inside}:app"
        if finding.facts.get("kind") == "django":
            served = [path for path in self.project.paths if path.rpartition("/")[2] == "wsgi.py"]
            return self.project.module_name(served[0]) if len(served) == 1 else "PROJECT.wsgi"
        return "MODULE:APP"

    def _worker(self) -> str:
        """Return the worker of uvicorn; newer releases have it in a package of its own."""
        own = self.requires("uvicorn-worker") or self.requires("uvicorn_worker")
        return "uvicorn_worker.UvicornWorker" if own else "uvicorn.workers.UvicornWorker"
