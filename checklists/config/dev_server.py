"""A development server answers the users.

`app.run()` of Flask, `flask run`, `manage.py runserver`, `fastapi dev` and `uvicorn --reload` are made
for one developer. They answer with one process that nobody restarts when it dies, finish no request when
they are stopped, have no limits against slow clients, and their authors say that they are neither safe
nor fast enough for the open network. A server for production (gunicorn, uWSGI, waitress, hypercorn;
uvicorn for ASGI) runs several workers, replaces one that hangs, and stops gracefully.

A call of `app.run()` is flagged where nothing in the project tells of another server: no image, Procfile,
unit or script starts one, no module imports one, no requirement or README names one (which counts for nothing
where an image or a Procfile runs the file all the same). Commands are flagged
in Procfiles, units, compose files and start scripts, where no other file starts a server for production;
those for development (by name) are left out. The command of an image is not looked at here.
`uvicorn.run()`, `web.run_app()` and the servers of Sanic and Tornado are made for production; `reload=True`
makes them development servers, and `debug-enabled` tells of that.

Flagged:

    from flask import Flask

    app = Flask(__name__)

    if __name__ == "__main__":
        app.run(host="0.0.0.0", port=8000)

Fixed:

    from flask import Flask
    from waitress import serve

    app = Flask(__name__)

    if __name__ == "__main__":
        serve(app, host="0.0.0.0", port=8000)

Flagged (Procfile):

    web: python manage.py runserver 0.0.0.0:$PORT

Fixed (Procfile):

    web: gunicorn shop.wsgi --workers 4 --timeout 30

Flagged (start.sh):

    #!/bin/sh
    alembic upgrade head
    uvicorn app.main:app --host 0.0.0.0 --reload

Fixed (start.sh):

    #!/bin/sh
    alembic upgrade head
    exec uvicorn app.main:app --host 0.0.0.0 --workers 4

Flagged (app/cli.py):

    from wsgiref.simple_server import make_server

    from falcon import App

    api = App()


    def main():
        with make_server("", 8000, api) as server:
            server.serve_forever()

Fixed (app/cli.py):

    from falcon import App
    from waitress import serve

    api = App()


    def main():
        serve(api, host="0.0.0.0", port=8000)

Fine:

    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()

    if __name__ == "__main__":
        uvicorn.run("main:app", host="0.0.0.0", port=8000, reload=True)

Fine:

    import os

    from flask import Flask

    app = Flask(__name__)

    if __name__ == "__main__" and os.getenv("FLASK_ENV") == "development":
        app.run(debug=True)

Fine (run_dev.py):

    from flask import Flask

    app = Flask(__name__)
    app.run()

Fine:

    import asyncio

    from bottle import Bottle

    app = Bottle()


    async def main(job):
        await job.run()


    if __name__ == "__main__":
        asyncio.run(main())
        app.run(server="gunicorn", port=8000)

Fine (scripts/dev.sh):

    python manage.py runserver

Fine (start.sh):

    #!/bin/sh
    # not flask run: that one is for development
    exec gunicorn --config gunicorn.conf.py app:app

Fine (Procfile):

    web: uvicorn app.main:app --port $PORT
    worker: celery -A app worker

Pattern (flask, django, bottle, falcon, dash):

    # gunicorn.conf.py, read by: gunicorn app:app
    import os

    workers = int(os.getenv("WEB_CONCURRENCY", "2"))
    threads = int(os.getenv("WEB_THREADS", "4"))
    timeout = int(os.getenv("WEB_TIMEOUT", "30"))
    max_requests = 1000
    max_requests_jitter = 100

Pattern (fastapi, starlette):

    # started by: uvicorn app.main:app --host 0.0.0.0 --workers 4
    import os

    import uvicorn

    if __name__ == "__main__":
        uvicorn.run(
            "app.main:app",
            port=int(os.getenv("PORT", "8000")),
            workers=int(os.getenv("WEB_CONCURRENCY", "2")),
            timeout_graceful_shutdown=30,
        )

When to ignore: the program serves nobody but the person who starts it, such as a tool with a page in the
browser.

References:

    https://flask.palletsprojects.com/en/stable/deploying/
    https://docs.djangoproject.com/en/stable/ref/django-admin/#runserver
    https://docs.gunicorn.org/en/stable/settings.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harden.checklists.serving import is_served, started_by
from harden.checks import Check
from harden.environment import is_playground
from harden.findings import Finding, Severity
from harden.module import Module, TextFile, keyword
from harden.project import Project

check = Check(
    id="dev-server",
    title="Development server in production",
    severity=Severity.HIGH,
    scaffold="harden.codemods.gunicorn_conf:GunicornConf",
)

_RUNS = (
    *("flask.Flask.run", "apiflask.APIFlask.run", "eve.Eve.run", "dash.Dash.run", "dash.Dash.run_server"),
    *("quart.Quart.run", "bottle.run", "bottle.Bottle.run", "werkzeug.serving.run_simple"),
    *("wsgiref.simple_server.make_server", "flask_socketio.SocketIO.run"),
)
_NAMES = {"apiflask": "APIFlask", "wsgiref": "wsgiref", "flask_socketio": "Flask-SocketIO"}
_COMMANDS = (
    (re.compile(r"\bflask\b(\s+-{1,2}[\w-]+([= ]\S+)?)*\s+run\b"), "flask run", "wsgi"),
    (re.compile(r"\b(manage\.py|django-admin)\s+runserver(_plus)?\b"), "runserver", "django"),
    (re.compile(r"\buvicorn\b[^|&;#]*--reload(?![\w-])"), "uvicorn --reload", "asgi"),
    (re.compile(r"\bfastapi\s+dev\b"), "fastapi dev", "asgi"),
)
_LISTED = re.compile(r"[\[\]\"',]+")
"""What stands between the words of a command that is written as a list."""
_ASIDE = re.compile(
    r"(?i)(^|[/._-])(dev|devel|development|devcontainer|override|local|test|tests|testing|ci|debug|e2e|examples?|demo)([/._-]|$)"
    r"|^\.(github|gitlab|circleci|devcontainer|vscode)"
)
_TARGET = re.compile(r"\b(?:uvicorn\s+|--app\s+|-A\s+)(?:-\S+\s+)*([\w.]+(?::[\w.]+)?)")


@check.call(*_RUNS)
def development_server(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag `app.run()` where nothing in the project tells of another server."""
    if is_playground(module, call) or _is_other_server(call, path) or is_served(module.project, module.path):
        return
    package = path.partition(".")[0]
    name = _NAMES.get(package, package.capitalize())
    message = f"{name}'s development server answers the users: nothing in the project starts another"
    kind = "quart" if package == "quart" else "wsgi"
    yield check.found(module, call, message, facts={"kind": kind, "target": _target(module, call, package)})


def _is_other_server(call: ast.Call, path: str) -> bool:
    """Tell whether a call of Bottle chooses a server, or one of Flask-SocketIO refuses Werkzeug's."""
    if path.startswith("flask_socketio."):
        allowed = keyword(call, "allow_unsafe_werkzeug")
        return not (isinstance(allowed, ast.Constant) and allowed.value is True)
    server = keyword(call, "server")
    is_own = isinstance(server, ast.Constant) and server.value == "wsgiref"
    return path.startswith("bottle.") and server is not None and not is_own


def _target(module: Module, call: ast.Call, package: str) -> str:
    """Return what gunicorn is told to serve, where that is a name of the module's top level."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if (
        isinstance(owner, ast.Name)
        and owner.id in module.names.scopes[module.tree].bindings
        and package != "dash"
    ):
        return f"{module.name}:{owner.id}"
    return ""


@check.file(
    "Procfile", "Procfile.*", "*.service", "*.sh", "*compose*.yml", "*compose*.yaml", "supervisord.conf"
)
def development_command(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag the commands that start a development server, where no other file starts one for production."""
    if _ASIDE.search(file.path):
        return
    for number, line in enumerate(file.lines, 1):
        code = _LISTED.sub(" ", line.partition(" #")[0])
        if code.lstrip().startswith(("#", "echo ", ";")):
            continue
        for pattern, words, kind in _COMMANDS:
            if pattern.search(code) and not started_by(project, beside=file.path):
                found = _TARGET.search(code)
                facts = {"kind": kind, "target": found[1] if found else ""}
                message = f"`{words}` starts a development server for the users"
                yield check.found_at(file.path, file.span(number), message, facts=facts)
                break
