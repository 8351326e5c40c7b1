"""Parse Python, and say what is wrong where that fails: an error, or a syntax that is too new."""

from __future__ import annotations

import ast
import re
import sys
import warnings

from harden.errors import UnreadableSource

_NEWER = (
    ((3, 12), re.compile(r"\s*(type\s+\w+\s*[=\[]|class\s+\w+\[|(async\s+)?def\s+\w+\[)")),
    ((3, 14), re.compile(r"\s*except\*?\s+[A-Z][\w.]*(\s*,\s*[A-Z][\w.]*)+\s*:")),
    ((3, 14), re.compile(r"(.*[^\w'\"])?(t|T|rt|tr)(\"|')")),
)
"""First versions that accept a line like this."""


def parse(path: str, data: bytes) -> ast.Module:
    """Parse Python bytes; raises UnreadableSource with the line and what is wrong there."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except SyntaxError as error:
        reason = f"does not parse: {error.msg}{_newer(error)}"
        raise UnreadableSource(path, reason, error.lineno or 0) from None
    except (RecursionError, MemoryError):
        raise UnreadableSource(path, "does not parse: nested too deeply") from None
    except ValueError as error:
        raise UnreadableSource(path, f"does not parse: {error}") from None


def _newer(error: SyntaxError) -> str:
    running = sys.version_info[:2]
    version = next((v for v, line in _NEWER if v > running and line.match(error.text or "")), None)
    if version is None and running < (3, 12) and error.msg.startswith("f-string"):
        version = (3, 12)
    if version is None:
        return ""
    return f" (Python {version[0]}.{version[1]} reads this; harden runs on {running[0]}.{running[1]})"
