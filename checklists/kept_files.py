"""Files of users, and files made for them, that code leaves on the disk of the machine it runs on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.file_paths import (
    is_no_path,
    is_removed,
    is_scratch,
    looks_like_path,
    pieces,
    suffix,
)
from harden.checklists.file_writes import Write, name_written, write_of
from harden.checklists.served import Served, served
from harden.checklists.sharing import From, origin
from harden.checklists.uploads import is_upload
from harden.module import Module
from harden.tree import FunctionNode

_OWN = frozenset(
    {".log", ".db", ".sqlite", ".sqlite3", ".lock", ".pid", ".env", ".cfg", ".ini", ".toml", ".yaml", ".yml"}
    | {".pyc", ".sock", ".py", ".conf", ".pickle", ".pkl", ".pt", ".pem", ".key", ".tmp", ".part", ".touch"}
)
"""Endings of files that a program keeps for itself."""
MADE = frozenset(
    {
        ".csv",
        ".xlsx",
        ".xls",
        ".pdf",
        ".docx",
        ".pptx",
        ".zip",
        ".png",
        ".jpg",
        ".jpeg",
        ".svg",
        ".gif",
        ".webp",
    }
    | {".mp3", ".mp4", ".wav", ".html", ".epub", ".ics"}
)
"""Endings of files that are made for somebody."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that stays: what it is, the call that writes it, and how often that runs."""

    what: str
    write: Write
    served: Served


def kept(module: Module, call: ast.Call) -> Kept | None:
    """Return what a call leaves on the disk for each request or task; None where it leaves nothing."""
    write, function = write_of(module, call), module.function(call)
    if write is None or function is None or is_scratch(module, write.path) or is_no_path(module, write.path):
        return None
    what = _what(module, write, function)
    if not what or is_removed(module, function, write.path):
        return None
    found = served(module, call)
    return Kept(what, write, found) if found is not None and found.how in ("request", "task") else None


def _what(module: Module, write: Write, function: FunctionNode) -> str:
    """Say what is written, where it is something of a user's, or made for one."""
    if write.form == "storage" or any(is_upload(module, content) for content in contents(module, write)):
        return "an upload"
    if not (write.form in ("open", "text") or looks_like_path(module, write.path)):
        return ""
    ending = suffix(module, write.path)
    if ending in _OWN:
        return ""
    if origin(module, write.path) is From.CALL or _is_lambda(function):
        return "a file"
    return "a file" if ending in MADE else ""


def contents(module: Module, write: Write) -> Iterator[ast.expr]:
    """Yield what is written, also by later calls of what was opened."""
    if write.content is not None:
        yield write.content
    name, function = name_written(module, write), module.function(write.call)
    for call in ast.walk(function) if name is not None and function is not None else ():
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=id), attr="write" | "writelines"), args=[given]
            ):
                if name is not None and id == name.id:
                    yield given
            case ast.Call(args=[source, ast.Name(id=id), *_]) if name is not None and id == name.id:
                yield source
            case ast.Call(func=ast.Attribute(value=made, attr="save" | "export"), args=[ast.Name(id=id), *_]):
                if name is not None and id == name.id:
                    yield made


def _is_lambda(function: FunctionNode) -> bool:
    return [arg.arg for arg in function.args.args] == ["event", "context"]


def setting_of(module: Module, path: ast.expr) -> str:
    """Return the name under which the application's configuration holds the folder of a path, or nothing."""
    for source, expr in pieces(module, path):
        match expr:
            case ast.Subscript(value=holder, slice=ast.Constant(value=str() as key)):
                if _is_config(source, holder):
                    return key
            case ast.Call(
                func=ast.Attribute(value=holder, attr="get"), args=[ast.Constant(value=str() as key), *_]
            ):
                if _is_config(source, holder):
                    return key
    return ""


def _is_config(module: Module, holder: ast.expr) -> bool:
    path = module.resolve(holder) or ""
    return path in ("flask.Flask.config", "flask.current_app.config", "quart.current_app.config")
