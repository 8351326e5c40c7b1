"""What to look at next: the worst first, and of equals what production reaches most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from harden.findings import Finding
from harden.found import State
from harden.registry import checks
from harden.roles import Role

if TYPE_CHECKING:
    from harden.found import Found

Worth = tuple[object, ...]

_EXPOSED: Mapping[str, int] = {Role.HANDLER.value: 0, Role.TASK.value: 1, "": 2, Role.CLI.value: 3}


def next_best(found: Found, after: Finding | None = None) -> Finding | None:
    """Return the open finding that follows `after` in worth; past the last one, the first again."""
    order = {id: at for at, id in enumerate(checks())}

    def worth(finding: Finding) -> Worth:
        exposed = _EXPOSED.get(finding.reached, 4)
        return (-finding.severity.weight, exposed, not finding.fixable, order[finding.check], finding.order)

    waiting = [one.finding for shelf in found.shelves() for one in shelf if one.state is State.OPEN]
    if after is not None:
        here = worth(after)
        later = [finding for finding in waiting if worth(finding) > here]
        waiting = later or waiting
    return min(waiting, key=worth, default=None)
