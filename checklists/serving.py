"""How a project is started and served, as its images, units, scripts and requirements tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harden.project import Project

STARTERS = re.compile(
    r"(^|/)(Dockerfile[^/]*|Containerfile|[^/]*\.[dD]ockerfile|Procfile[^/]*|Makefile|justfile|Caddyfile"
    r"|gunicorn[^/]*\.py|uwsgi\.[^/]+|[^/]+\.(sh|service|ya?ml|conf|ini|tf|tmpl|template|j2|nix)"
    r"|(fly|railway|render|nixpacks|wrangler)\.toml|(vercel|app|zappa_settings|now|package)\.json)$"
)
"""Files that say how a service is started or what stands in front of it."""
_SERVICES = re.compile(
    r"(^|/)(Dockerfile|Containerfile|Procfile|(docker-)?compose)[^/]*$|\.([dD]ockerfile|service)$"
)
_TOLD = re.compile(
    r"(^|/)(requirements[^/]*\.(txt|in)|requirements/[^/]+|pyproject\.toml|Pipfile|setup\.(py|cfg)"
    r"|environment\.ya?ml|README[^/]*|DEPLOY[^/]*|INSTALL[^/]*|docs/[^/]*deploy[^/]*)$",
    re.IGNORECASE,
)
_SERVER = re.compile(
    r"(?i)\b(gunicorn|uwsgi|waitress|hypercorn|granian|mod_wsgi|libapache2-mod-wsgi|daphne|meinheld|bjoern|cheroot"
    r"|passenger|unitd|nginx-unit|zappa|serverless[-_]wsgi|awsgi|apig[-_]wsgi|mangum|functions[-_]framework"
    r"|WSGIScriptAlias|WSGIPath)\b|\bruntime:\s*python3|\bvercel/python\b"
)
_ASGI = re.compile(r"(?i)\buvicorn\b(?![^\n]*--reload)|\bfastapi\W+run\b")
_IMPORTED = frozenset(
    {"gunicorn", "waitress", "gevent", "eventlet", "cheroot", "cherrypy", "hypercorn", "bjoern", "meinheld"}
    | {"mangum", "awsgi", "serverless_wsgi", "apig_wsgi", "aws_lambda_wsgi", "functions_framework", "modal"}
    | {"a2wsgi", "tornado", "twisted", "uvicorn", "granian"}
)
_COMMENT = re.compile(r"(?m)^\s*#.*$")


def starters(project: Project) -> Iterator[tuple[str, str]]:
    """Yield path and text, comments left out, of each file that says how the project is started."""
    for path in project.paths:
        if STARTERS.search(path):
            yield path, _COMMENT.sub("", project.text(path))


def is_served(project: Project, module: str) -> bool:
    """Tell whether a server for production starts the project, or is told of and nothing runs `module`.

    The settings of a server alone start none.
    """
    if not project.imported.isdisjoint(_IMPORTED):
        return True
    started = {path: text for path, text in starters(project) if not path.endswith(".py")}
    if any(map(_SERVER.search, started.values())):
        return True
    name = re.escape(module.rpartition("/")[2])
    runs = re.compile(rf"\bpython[\d.]*[\"',\s]+(-u[\"',\s]+)?(\S*/)?{name}\b")
    if any(_SERVICES.search(path) and runs.search(text) for path, text in started.items()):
        return False
    return any(_SERVER.search(project.text(path)) for path in project.paths if _TOLD.search(path))


def started_by(project: Project, *, beside: str = "") -> str:
    """Return the file, other than `beside`, by which a server for production is started; nothing without."""
    return next(
        (
            path
            for path, text in starters(project)
            if path != beside and (_SERVER.search(text) or _ASGI.search(text))
        ),
        "",
    )
