"""Give a cache of functools a size, and an entry of Redis a time to live."""

from __future__ import annotations

from typing import ClassVar

import libcst as cst
from pydantic import BaseModel, Field

from harden.codemods.arguments import with_keyword
from harden.codemods.codemod import Options, PythonCodemod, expression


class CacheOptions(Options):
    """How much a cache may hold, and for how long."""

    maxsize: int = Field(1024, ge=1, le=10_000_000, title="Entries", description="the most a cache may hold")
    seconds: int = Field(
        3600, ge=1, le=31_536_000, title="Seconds", description="how long an entry stays in Redis"
    )


class BoundCache(PythonCodemod):
    """Turn `cache` and `lru_cache(maxsize=None)` into an `lru_cache` of a size, write `ex=` for Redis."""

    Options: ClassVar[type[BaseModel]] = CacheOptions
    options: CacheOptions

    def leave_Decorator(self, original_node: cst.Decorator, updated_node: cst.Decorator) -> cst.Decorator:
        """Write the size into the decorator."""
        if self.target(original_node.decorator) is None:
            return updated_node
        size = cst.Integer(str(self.options.maxsize))
        kept = updated_node.decorator
        if isinstance(kept, cst.Call):
            if kept.args and kept.args[0].keyword is None:
                call = kept.with_changes(args=[kept.args[0].with_changes(value=size), *kept.args[1:]])
            else:
                call = with_keyword(kept, "maxsize", size)
        else:
            write = self.import_name if isinstance(kept, cst.Name) else self.import_member
            call = with_keyword(cst.Call(expression(write("functools", "lru_cache"))), "maxsize", size)
            self.drop_import("functools")
        return updated_node.with_changes(decorator=call)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """Write the time to live into a call that stores an entry; a decorator is no such call."""
        finding = self.target(original_node)
        if finding is None or not self._stores(original_node):
            return updated_node
        return with_keyword(updated_node, "ex", cst.Integer(str(self.options.seconds)))

    def _stores(self, call: cst.Call) -> bool:
        return isinstance(call.func, cst.Attribute) and call.func.attr.value == "set"
