"""Calls that wait for another host, themselves or through functions of the project, several calls deep."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from harden.called import Called
from harden.calls import callee_of
from harden.checklists.blocked import said, step
from harden.checklists.blocking_calls import called_kind
from harden.module import Module
from harden.project import Project
from harden.roles import FileKind
from harden.tree import FunctionNode, own_nodes

PACKAGES = frozenset(
    {"requests", "httpx", "aiohttp", "urllib", "urllib3", "http", "smtplib", "boto3", "openai", "anthropic"}
    | {"stripe", "twilio", "sendgrid", "slack_sdk", "elasticsearch", "opensearchpy", "paramiko", "ftplib"}
    | {"socket", "flask_mail", "fastapi_mail", "flask_mailman", "aiosmtplib", "yagmail", "groq", "ollama"}
    | {"mistralai", "cohere", "replicate", "google", "imaplib", "poplib", "django", "time", "asyncio"}
)
"""Packages without which a project waits for no other host, and does not sleep."""
_KINDS = frozenset({"http", "mail", "cloud", "socket"})
_SLEEPS = frozenset({"time.sleep", "asyncio.sleep"})
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request", "send", "stream")
_ASYNC = frozenset(
    {f"httpx.AsyncClient.{verb}" for verb in _VERBS}
    | {f"aiohttp.ClientSession.{verb}" for verb in _VERBS}
    | {f"aiohttp.client.ClientSession.{verb}" for verb in _VERBS}
    | {"aiohttp.request", "aiosmtplib.send", "aiosmtplib.SMTP.send_message", "httpx.AsyncClient.request"}
)
_MAIL = frozenset(
    {f"django.core.mail.{name}" for name in ("send_mail", "send_mass_mail", "mail_admins", "mail_managers")}
    | {f"django.core.mail.{kind}.send" for kind in ("EmailMessage", "EmailMultiAlternatives")}
    | {f"django.core.mail.message.{kind}.send" for kind in ("EmailMessage", "EmailMultiAlternatives")}
    | {"flask_mail.Mail.send", "flask_mail.Mail.send_message", "fastapi_mail.FastMail.send_message"}
    | {"flask_mailman.EmailMessage.send", "yagmail.SMTP.send"}
)
_SDKS = ("openai.Async", "anthropic.Async", "groq.Async", "mistralai.", "cohere.", "replicate.run")
_SDK_CALLS = frozenset({"create", "parse", "generate", "complete", "chat", "run", "stream", "embed"})
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Remote:
    """A call that waits for another host: its path, how it is spelled, and the way to it."""

    path: str
    said: str
    steps: tuple[str, ...] = ()

    @property
    def sleeps(self) -> bool:
        """Tell whether it waits for nobody, but only for some time."""
        return self.path in _SLEEPS


_Place = tuple[str, int, int]
"""Path, line and column of a function: a file may be let go of and parsed anew."""


@dataclass(frozen=True, slots=True)
class _Body:
    """What a function's body calls: the first that waits for another host, and functions of the project."""

    waits: Remote | None
    calls: tuple[tuple[str, _Place], ...] = ()


# What a module's own names lead to is noted for that module, and who asks it rests on all of that.
_bodies: WeakKeyDictionary[Module, dict[_Place, _Body]] = WeakKeyDictionary()


def remote_of(module: Module, call: ast.Call) -> Remote | None:
    """Return what a call waits for on another host, None where it does not."""
    if path := remote_path(module, call):
        return Remote(path, f"{said(call)}()")
    called = _run_by(module, call)
    return _nearest(module.project, step(module, call), _place(*called)) if called is not None else None


def _run_by(module: Module, call: ast.Call) -> Called | None:
    """Return the function of the project that a call runs to its end before the caller goes on."""
    called = callee_of(module, call)
    if called is None or called[0].kind is FileKind.TEST:
        return None
    return called if _waits(module, call, called) else None


def _nearest(project: Project, first: str, start: _Place) -> Remote | None:
    """Return the remote call that is the fewest calls away."""
    ways: dict[_Place, tuple[str, ...]] = {start: (first,)}
    level = [start]
    for _ in range(_DEEPEST):
        following = []
        for place in level:
            body = _body(project, place)
            if body.waits is not None:
                return replace(body.waits, steps=(*ways[place], *body.waits.steps))
            for way, called in body.calls:
                if called not in ways:
                    ways[called] = (*ways[place], way)
                    following.append(called)
        level = following
    return None


def _place(module: Module, function: FunctionNode) -> _Place:
    return module.path, function.lineno, function.col_offset


def _body(project: Project, place: _Place) -> _Body:
    """Return what a function calls; each body is read once, whoever asks."""
    module = project.module(place[0])
    known = _bodies.setdefault(module, {})
    if place not in known:
        functions: list[FunctionNode] = [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
        known[place] = _read(module, next(node for node in functions if _place(module, node) == place))
    return known[place]


def _read(module: Module, function: FunctionNode) -> _Body:
    calls = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
    for call in calls:
        if path := remote_path(module, call):
            return _Body(Remote(path, f"{said(call)}()", (step(module, call),)))
    ways: dict[_Place, str] = {}
    for call in calls:
        if (called := _run_by(module, call)) is not None:
            ways.setdefault(_place(*called), step(module, call))
    return _Body(None, tuple((way, called) for called, way in ways.items()))


def remote_path(module: Module, call: ast.Call) -> str:
    """Return the path of a library's call that waits for another host, or sleeps; nothing for others."""
    path, kind = called_kind(module, call)
    if kind in _KINDS or not path:
        return path
    return next((known for known in (path, *module.project.inherited(path)) if _waits_too(known)), "")


def _waits_too(path: str) -> bool:
    """Tell whether a path is one of those that do not block a thread, but wait all the same, or sleep."""
    is_sdk = path.startswith(_SDKS) and path.rpartition(".")[2] in _SDK_CALLS
    return is_sdk or path in _SLEEPS or path in _ASYNC or path in _MAIL


def _waits(module: Module, call: ast.Call, called: Called) -> bool:
    """Tell whether who calls a function waits until it has run: a coroutine has to be awaited."""
    if not isinstance(called[1], ast.AsyncFunctionDef):
        return True
    for outer in module.ancestors(call):
        if isinstance(outer, ast.Await | ast.AsyncWith | ast.AsyncFor):
            return True
        if isinstance(outer, ast.stmt | ast.Lambda):
            return False
    return False
