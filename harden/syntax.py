"""Parse Python, and say what is wrong where that fails: an error, or a syntax that is too new."""

from __future__ import annotations

import ast
import re
import sys
import warnings

from harden.errors import UnreadableSource

_CONFLICT = re.compile(rb"^<{7} .*^={7}\r?$.*^>{7} ", re.MULTILINE | re.DOTALL)


def tree_of(source: str | bytes) -> ast.Module:
    r"""Return the tree of a source; what Python warns of in it, such as `"\d"`, is not printed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def annotation(text: str) -> ast.expr | None:
    """Return the tree of an annotation that is written as a text, or None where it is no expression."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parse(path: str, data: bytes) -> ast.Module:
    """Parse Python bytes; raises UnreadableSource with the line and what is wrong there."""
    try:
        return tree_of(data)
    except SyntaxError as error:
        if conflict := _CONFLICT.search(data):
            line = data.count(b"\n", 0, conflict.start()) + 1
            raise UnreadableSource(path, "does not parse: a merge conflict is not resolved", line) from None
        reason = f"does not parse: {error.msg}{_newer(data)}"
        raise UnreadableSource(path, reason, error.lineno or 0) from None
    except (RecursionError, MemoryError):
        raise UnreadableSource(path, "does not parse: nested too deeply") from None
    except ValueError as error:
        raise UnreadableSource(path, f"does not parse: {error}") from None


def _newer(data: bytes) -> str:
    """Return which Python reads the file, where it is only too new; an empty string otherwise."""
    from harden.newer import needed_version

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    version = needed_version(text)
    if version is None:
        return ""
    running = sys.version_info
    return f" (Python {version[0]}.{version[1]} reads this; harden runs on {running[0]}.{running[1]})"
