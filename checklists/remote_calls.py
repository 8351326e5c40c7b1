"""Calls that wait for another host, themselves or through functions of the project, several calls deep."""

from __future__ import annotations

import ast

from harden.checklists.blocking_calls import called_kind
from harden.checklists.reached_calls import Reached, Reaching
from harden.module import Module

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


_REMOTE = Reaching(remote_path)


def remote_of(module: Module, call: ast.Call) -> Reached | None:
    """Return what a call waits for on another host, None where it does not."""
    return _REMOTE.of(module, call)


def sleeps(remote: Reached) -> bool:
    """Tell whether a call waits for nobody, but only for some time."""
    return remote.path in _SLEEPS
