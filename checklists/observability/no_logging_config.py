"""A service that never configures logging loses every line below WARNING.

Without a configuration Python shows warnings and errors only, as bare text: no time, no level, no module.
What `logger.info` says goes nowhere, Flask and FastAPI write their own lines and nobody else's, and Django
with `DEBUG = False` sends errors by mail or not at all. On the night of the failure the log has nothing to
read.

One finding per project, where its web application is made, or at the end of Django's settings. The fix sets
up the standard library's logging there, with the level from the environment; with `format=json` it adds a
small module that writes one JSON object per line. Tests keep their own handlers, since `basicConfig` leaves
a configured process alone.

Nothing is flagged where anything that ships configures logging (`basicConfig`, `dictConfig`, `fileConfig`,
`LOGGING`, a handler, structlog, loguru, `--log-config`, a `logging.ini`), nor for Celery, Sanic and Tornado,
which do it themselves.

Flagged:

    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/")
    def index():
        return {}

Fixed:

    import logging
    import os

    from fastapi import FastAPI

    logging.basicConfig(
        level=os.getenv("LOG_LEVEL", "INFO").upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )

    app = FastAPI()


    @app.get("/")
    def index():
        return {}

Flagged (shop/__init__.py):

    import os

    from flask import Flask


    def create_app():
        app = Flask(__name__)
        app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
        return app

Fixed (shop/__init__.py):

    import logging
    import os

    from flask import Flask


    def create_app():
        logging.basicConfig(
            level=os.getenv("LOG_LEVEL", "INFO").upper(),
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
        app = Flask(__name__)
        app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
        return app

Flagged (shop/settings.py):

    import os

    SECRET_KEY = os.environ["SECRET_KEY"]
    ROOT_URLCONF = "shop.urls"
    INSTALLED_APPS = ["orders"]

Fixed (shop/settings.py):

    import os

    SECRET_KEY = os.environ["SECRET_KEY"]
    ROOT_URLCONF = "shop.urls"
    INSTALLED_APPS = ["orders"]

    LOGGING = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line"},
        },
        "root": {
            "handlers": ["console"],
            "level": os.getenv("LOG_LEVEL", "INFO").upper(),
        },
    }

Fine:

    import logging

    from fastapi import FastAPI

    logging.basicConfig(level=logging.INFO)

    app = FastAPI()

Fine (shop/app.py):

    from flask import Flask
    from loguru import logger

    app = Flask(__name__)
    logger.info("up")

Fine (shop/server.py):

    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()

    if __name__ == "__main__":
        uvicorn.run(app, log_config="logging.yaml")

Fine (shop/worker.py):

    from celery import Celery

    app = Celery("shop")

Fine (shop/prod.py):

    from shop.settings import *

    LOGGING = {"version": 1}

Fine (shop/tables.py):

    import logging

    logger = logging.getLogger(__name__)


    def count(rows):
        logger.info("%d rows", len(rows))

When to ignore: the platform configures logging from outside, by a wrapper or a sitecustomize of its own.

References: https://docs.python.org/3/howto/logging.html#configuring-logging
    https://docs.djangoproject.com/en/stable/topics/logging/
    https://flask.palletsprojects.com/en/stable/logging/
"""

from __future__ import annotations

from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.log_setup import FRAMEWORKS, entries_of, entry_point, is_configured
from harden.module import Module
from harden.roles import FileKind

check = Check(
    id="no-logging-config",
    title="Service that never configures logging",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.log_setup:ConfigureLogging", Risk.REVIEW),
    words=(*FRAMEWORKS, "INSTALLED_APPS"),
    kinds=frozenset({FileKind.APP}),
)


@check.module
def unconfigured_service(module: Module) -> Iterator[Finding]:
    """Flag the entry point of a service in whose project nothing configures logging."""
    entry = entry_point(module.project) if any(True for _ in entries_of(module)) else None
    if entry is None or entry.module.path != module.path or is_configured(module.project):
        return
    shown = "Django alone hides errors in production" if entry.is_django else "INFO is never shown"
    yield check.found(
        module,
        entry.statement,
        f"nothing in the project configures logging: {shown}",
        facts={"place": "django" if entry.is_django else "application"},
    )
