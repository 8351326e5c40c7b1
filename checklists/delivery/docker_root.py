r"""The program runs as root in its container.

Whoever gets the program to run their code is root then: free to rewrite the image's files, to install
tools, and one flaw of the kernel or one mounted folder away from the host. Many clusters refuse such
containers altogether.

The fix makes a user and switches to it right before the program starts, so that what was installed stays
with root and cannot be changed. Folders that the program writes to have to be given to the user
(`COPY --chown=app`, `RUN chown app /data`), and ports below 1024 may be closed to it: look at these before
you apply it. Left out are images that bring a user of their own (`nginx-unprivileged`, `:nonroot`,
bitnami, chainguard), entry points that drop root themselves (gosu, su-exec, s6), the official images of
databases and brokers, whose entry points do so, and Dockerfiles for development and tests. nginx and httpd
open their port as root: there the other image is for a person to choose.

Flagged (Dockerfile):

    FROM python:3.12-slim
    WORKDIR /app
    COPY . .
    RUN pip install --no-cache-dir -r requirements.txt
    CMD ["gunicorn", "app:app"]

Fixed (Dockerfile):

    FROM python:3.12-slim
    WORKDIR /app
    COPY . .
    RUN pip install --no-cache-dir -r requirements.txt
    RUN useradd --create-home --uid 10001 app
    USER app
    CMD ["gunicorn", "app:app"]

Flagged (worker.Dockerfile):

    FROM python:3.12 AS build
    RUN pip install --target /packages celery
    USER nobody

    FROM python:3.12-alpine
    COPY --from=build /packages /packages
    USER root
    RUN apk add --no-cache tini

    # the worker
    ENTRYPOINT ["tini", "--"]
    CMD ["python", "-m", "celery", "worker"]

Fixed (worker.Dockerfile):

    FROM python:3.12 AS build
    RUN pip install --target /packages celery
    USER nobody

    FROM python:3.12-alpine
    COPY --from=build /packages /packages
    USER root
    RUN apk add --no-cache tini

    RUN adduser -D -u 10001 app
    USER app

    # the worker
    ENTRYPOINT ["tini", "--"]
    CMD ["python", "-m", "celery", "worker"]

Fine (Dockerfile):

    FROM python:3.12 AS base
    RUN useradd --create-home app
    USER app

    FROM base
    CMD ["gunicorn", "app:app"]

Fine (web.Dockerfile):

    FROM nginxinc/nginx-unprivileged:1.27
    COPY static /usr/share/nginx/html

Fine (postgres.Dockerfile):

    FROM postgres:16
    COPY schema.sql /docker-entrypoint-initdb.d/

Fine (api.Dockerfile):

    FROM python:3.12-slim
    RUN apt-get update && apt-get install -y gosu \
        # the entry point switches to its user
        && rm -rf /var/lib/apt/lists/*
    ENTRYPOINT ["gosu", "app", "gunicorn"]

When to ignore: the container has to change the host, or its runtime sets the user.

References:
https://docs.docker.com/build/building/best-practices/#user
https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html#rule-2-set-a-user
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harden.checks import Check, Fix
from harden.dockerfile import Stage, lineage, stages
from harden.errors import UnreadableSource
from harden.findings import Finding, Risk, Severity
from harden.module import TextFile
from harden.project import Project

check = Check(
    id="docker-root",
    title="Container runs as root",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.dockerfiles:AddUser", Risk.REVIEW),
    codes=frozenset({"DL3002"}),
)

_ROOT = re.compile(r"(root|0)(:\S*)?$")
_OWN_USER = re.compile(r"unprivileged|nonroot|rootless|(^|/)(bitnami|jupyter|chainguard|ubi\d+)/|cgr\.dev/")
_SERVER = re.compile(
    r"((docker\.io/)?library/|[\w.-]+/)?(postgres|postgresql|postgis|timescaledb|pgvector|redis|redis-stack|valkey|mysql"
    r"|mariadb|percona|mongo|rabbitmq|influxdb|neo4j|cassandra|clickhouse-server|minio|zookeeper)(:.*|@.*)?"
)
"""Images of databases and brokers, whose entry points start the server as a user of its own."""
_ROOT_PORTS = re.compile(r"((docker\.io/)?library/)?(nginx|httpd)(:.*|@.*)?")
_DROPS_ROOT = re.compile(
    r"\b(gosu|su-exec|setpriv|runuser|s6-setuidgid|s6-overlay|chroot|setuidgid|--user[= ]|su )"
)
_SETS_USER = re.compile(r"(?m)^\s*(uid|user)\s*=\s*(?!root\b|0\b)\S")
"""What a server's settings say that gives up root once it has started."""
_NEEDS_ROOT = re.compile(r"(?m)^[^#\n]*\bchown\b")
_GIVEN_TO = re.compile(r"\bchown\s+(?:-\S+\s+)*([a-z_][\w-]*)")
_COMPOSE = re.compile(r"(^|/)(docker-)?compose[^/]*\.ya?ml$")
_SWITCHED_TO = re.compile(r"--uid[= ]\S+|\b(gosu|su-exec) \S+")
_MAKES_USER = re.compile(r"\b(useradd|adduser)\b([^&|;]*)")
_ASIDE = re.compile(
    r"(^|[/._-])(dev|development|devcontainer|test|tests|ci|local|debug|builder?|playwright|cypress|packaging|demos?|examples?)([/._-]|$)"
)


@check.file("Dockerfile", "*.Dockerfile", "*.dockerfile", "Dockerfile.*", "Containerfile")
def dockerfile(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag the final stage when nothing in it, or in what it is built on, sets another user than root."""
    all_stages = stages(file.lines)
    if not all_stages or _ASIDE.search(file.path.lower()):
        return
    final = all_stages[-1]
    line_of_descent = lineage(all_stages, final)
    user = next((one for stage in line_of_descent if (one := stage.last("USER"))), None)
    if user is not None and not _ROOT.match(user.rest.strip("\"' ")):
        return
    image = line_of_descent[-1].image.lower()
    if user is None and (_OWN_USER.search(image) or not image or _is_server(line_of_descent)):
        return
    if _drops_root(file, project, line_of_descent):
        return
    facts = _facts(file, line_of_descent, image)
    at = user.line if user is not None and user in final.instructions else int(facts["line"])
    at = at if at <= len(file.lines) else final.line
    message = (
        "The container is told to run as root" if user is not None else "Nothing sets a user: it runs as root"
    )
    yield check.found_at(
        file.path,
        file.span(at),
        message,
        facts=facts,
        why_not=_why_not(project, line_of_descent, facts["user"]),
    )


def _facts(file: TextFile, line_of_descent: list[Stage], image: str) -> dict[str, str]:
    """Return the line before which the user is set, who it is, and how it is made."""
    final = line_of_descent[0]
    started = [one.line for one in final.instructions if one.word in ("CMD", "ENTRYPOINT")]
    line = min(started, default=final.instructions[-1].end_line + 1 if final.instructions else final.line + 1)
    made = [
        name for stage in line_of_descent for one in stage.instructions if (name := _made(one.word, one.rest))
    ]
    facts = {"line": str(line), "user": made[-1] if made else "app", "create": ""}
    if made:
        return facts
    if image.partition(":")[0] == "scratch" or "distroless" in image:
        return {**facts, "user": "10001"}
    small = "alpine" in image or "busybox" in image
    created = "adduser -D -u 10001 app" if small else "useradd --create-home --uid 10001 app"
    return {**facts, "create": f"RUN {created}"}


def _made(word: str, rest: str) -> str:
    """Return the user that a RUN instruction makes, or an empty string."""
    found = _MAKES_USER.search(rest) if word == "RUN" else None
    words = found[2].split() if found else []
    return words[-1] if words and re.fullmatch(r"[a-z_][\w-]*", words[-1]) else ""


def _drops_root(file: TextFile, project: Project, line_of_descent: list[Stage]) -> bool:
    """Tell whether the image, or the script that it starts with, gives up root by itself."""
    ran = [one for stage in line_of_descent for one in stage.instructions if one.word != "COPY"]
    if any(_DROPS_ROOT.search(one.rest) or '"/init"' in one.rest for one in ran):
        return True
    scripts = [text for _, text in _scripts(project, line_of_descent)]
    started = " ".join([*scripts, *(one.rest for one in ran if one.word in ("CMD", "ENTRYPOINT"))])
    settings = re.findall(r"[\w.-]+\.(?:ini|conf|cfg)\b", started)
    return any(map(_DROPS_ROOT.search, scripts)) or any(
        _SETS_USER.search(text) for _, text in _named(project, settings)
    )


def _is_server(line_of_descent: list[Stage]) -> bool:
    """Tell whether the image is one of a server that changes its user itself, and starts as it came."""
    started = any(stage.last("ENTRYPOINT") for stage in line_of_descent)
    return not started and _SERVER.fullmatch(line_of_descent[-1].image.lower()) is not None


def _why_not(project: Project, line_of_descent: list[Stage], user: str) -> str:
    """Return why the container cannot just start as another user, or an empty string."""
    if _ROOT_PORTS.fullmatch(line_of_descent[-1].image.lower()):
        return "Its server opens port 80 and writes its folders as root: take an image that does without."
    for path, text in _scripts(project, line_of_descent):
        if _NEEDS_ROOT.search(text):
            return f"{path} changes owners, which takes root: let it switch users itself (gosu, setpriv)."
    for path, text in _texts(project, [path for path in project.paths if _COMPOSE.search(path)]):
        if found := _SWITCHED_TO.search(text):
            return f"{path} starts it with {found[0].strip()}, which takes root: say `user:` there instead."
    for one in (one for stage in line_of_descent for one in stage.instructions if one.word == "RUN"):
        if (owner := _GIVEN_TO.search(one.rest)) and owner[1] not in ("root", user):
            return f"It gives folders to {owner[1]}: end with `USER {owner[1]}` if that is who needs them."
    return ""


def _scripts(project: Project, line_of_descent: list[Stage]) -> list[tuple[str, str]]:
    """Return the project's scripts that the container starts, with their text."""
    started = " ".join(
        one.rest
        for stage in line_of_descent
        for one in stage.instructions
        if one.word in ("CMD", "ENTRYPOINT")
    )
    return _named(project, re.findall(r"[\w./-]+", started))


def _named(project: Project, words: list[str]) -> list[tuple[str, str]]:
    names = {word.rpartition("/")[2] for word in words}
    paths = [path for path in project.paths if path.rpartition("/")[2] in names and not path.endswith(".py")]
    return _texts(project, paths)


def _texts(project: Project, paths: list[str]) -> list[tuple[str, str]]:
    found = []
    for path in paths[:5]:
        try:
            found.append((path, project.text_file(path).text))
        except UnreadableSource:
            continue
    return found
