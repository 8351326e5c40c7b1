"""What a fix asks of the variable that a value moves to, and whether its name is free."""

from __future__ import annotations

from pydantic import Field

from harden.codemods.codemod import Options
from harden.errors import Refusal

TEMPLATE = Field(
    True,
    title="Name it in .env.example",
    description="add the name, never the value, to the environment template",
)
TESTS = Field(
    True,
    title="Give it to tests",
    description="set a harmless value where test runs begin; a fix that they cannot follow is refused",
)


class ValueOptions(Options):
    """Where the value is to come from."""

    name: str = Field(
        "",
        pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$",
        max_length=100,
        title="Variable",
        description="name of the environment variable; empty: made from the name in the code",
    )
    template: bool = TEMPLATE


def claim(names: dict[str, str], name: str, value: str, *, read_in: str) -> None:
    """Note in `names` that a variable stands for a value; `read_in` tells where it is read already.

    Raises Refusal when it stands for another value, or is read anywhere.
    """
    if names.get(name, value) != value:
        raise Refusal(f"{name} is proposed for two different values: fix this one alone, under another name.")
    if read_in:
        raise Refusal(f"{name} is already read in {read_in}, perhaps for another value: choose a name.")
    names[name] = value
