"""What a framework calls for each request, message or task."""

from __future__ import annotations

import ast
import re

from harden.module import Module
from harden.roles import WEB_PACKAGES, Role
from harden.tree import FunctionNode

DEPENDS = ("fastapi.Depends", "fastapi.params.Depends", "fastapi.Security", "fastapi.params.Security")
_WORKERS = frozenset(
    {"celery", "dramatiq", "rq", "huey", "arq", "taskiq", "procrastinate", "faust", "chalice"}
)
_SERVERS = WEB_PACKAGES | _WORKERS | {"channels", "socketio", "flask_socketio", "flask_sock", "strawberry"}
_CHATS = frozenset(
    {"telegram", "aiogram", "telebot", "pyrogram", "discord", "nextcord", "disnake", "slack_bolt"}
)
_SERVERS |= _CHATS | {"aws_lambda_powertools", "azure", "functions_framework", "grpc", "mangum", "connexion"}
_HOOKS = re.compile(
    r"\.(middleware|before_request|after_request|teardown_request|before_app_request|after_app_request"
    r"|errorhandler|app_errorhandler|exception_handler|context_processor|user_loader|request_loader"
    r"|verify_password|verify_token|before_websocket|websocket|websocket_route|url_value_preprocessor)$"
)
_EVENTS = re.compile(
    r"(flask_socketio\.SocketIO|socketio\.\w+)\.(on|event|on_event)$|flask_sock\.Sock\.route$"
)
_TOLD = re.compile(
    r"(aiogram|telebot|pyrogram|discord|nextcord|disnake|slack_bolt)\.[\w.]*\b(message|edited_message|message_handler"
    r"|callback_query|callback_query_handler|inline_query|command|hybrid_command|slash_command|user_command|event"
    r"|listen|listener|action|shortcut|view|options|on_message|on_callback_query)$"
)
"""Decorators of functions that a chat bot calls for each message."""
_SAID = (
    *("telegram.Update", "aiogram.types.", "telebot.types.", "pyrogram.types.", "discord.Message"),
    *("discord.Interaction", "discord.ApplicationContext", "discord.ext.commands.", "disnake.", "nextcord."),
)
"""Types of the messages that such functions are given."""
_ANSWERING = (
    *("starlette.middleware.base.BaseHTTPMiddleware", "django.utils.deprecation.MiddlewareMixin"),
    *("channels.generic.", "channels.consumer.", "tornado.websocket.WebSocketHandler", "socketio."),
    *("rest_framework.throttling.", "rest_framework.permissions.", "rest_framework.authentication."),
    *("flask_socketio.Namespace", "starlette.endpoints.", "tornado.web.RequestHandler"),
)
_ROLES = {Role.HANDLER: "request", Role.TASK: "task"}


def is_service(module: Module) -> bool:
    """Tell whether the project answers requests or works through tasks, as far as its imports say."""
    project = module.project
    if not project.imported.isdisjoint(_SERVERS):
        return True
    return any(project.mentions(word) for word in ("lambda_handler", "event, context"))


def answers(module: Module, node: ast.AST) -> str:
    """Say what the function around a node is called for by a framework: `request`, `task` or nothing."""
    if how := _ROLES.get(module.role(node), ""):
        return how
    function = node if isinstance(node, FunctionNode) else module.function(node)
    return "request" if function is not None and _is_called(module, function) else ""


def _is_called(module: Module, function: FunctionNode) -> bool:
    for decorator in function.decorator_list:
        path = module.resolve(decorator) or ""
        if _HOOKS.search(path) or _EVENTS.search(path):
            return True
    if _is_told(module, function):
        return True
    owner = module.parents.get(function)
    if isinstance(owner, ast.ClassDef):
        return function.name != "__init__" and _is_answering(module, owner, function)
    names = [arg.arg for arg in function.args.args]
    return len(names) == 2 and names[0] == "event" and names[1] in ("context", "_context", "_", "ctx")


def _is_told(module: Module, function: FunctionNode) -> bool:
    """Tell whether a chat bot calls a function for each message, not for its own start."""
    if not module.imports(*_CHATS) or function.name in ("on_ready", "on_connect", "setup_hook", "post_init"):
        return False
    if any(_TOLD.match(module.resolve(decorator) or "") for decorator in function.decorator_list):
        return True
    notes = [arg.annotation for arg in function.args.args if arg.annotation is not None]
    return any((module.resolve(note) or "").startswith(_SAID) for note in notes)


def _is_answering(module: Module, owner: ast.ClassDef, function: FunctionNode) -> bool:
    if any(base.startswith(_ANSWERING) for base in module.bases(owner)):
        return True
    names = [arg.arg for arg in function.args.args]
    return function.name == "__call__" and names[1:2] in (["request"], ["scope"])  # Django's and ASGI's own
