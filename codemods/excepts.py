"""Narrow what an except block catches."""

from __future__ import annotations

import libcst as cst

from harden.codemods.codemod import PythonCodemod
from harden.errors import Refusal


class NarrowExcept(PythonCodemod):
    """Let a handler catch errors only: `except:` and `except BaseException` become `except Exception`."""

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        """Name the type, or put it in the place of BaseException."""
        if self.target(original_node) is None:
            return updated_node
        return narrowed(updated_node)


def narrowed(handler: cst.ExceptHandler) -> cst.ExceptHandler:
    """Return the handler with `Exception` as its type. Raises Refusal for a tuple of types."""
    kind = handler.type
    if kind is None:
        return handler.with_changes(
            type=cst.Name("Exception"), whitespace_after_except=cst.SimpleWhitespace(" ")
        )
    if isinstance(kind, cst.Tuple):
        raise Refusal("It names several types: take BaseException out of them by hand.")
    lpar, rpar = getattr(kind, "lpar", ()), getattr(kind, "rpar", ())
    return handler.with_changes(type=cst.Name("Exception", lpar=lpar, rpar=rpar))
