"""A server for all tests of services, and a new database for each; run by `make test-services`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.codemods.conftest import mend
from tests.services.postgres import NoServer, server

__all__ = ["mend"]

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Return the address of a running server."""
    try:
        with server() as found:
            yield found
    except NoServer as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def url(address: str) -> Iterator[str]:
    """Return the address of a new, empty database."""
    name = f"t{next(_NUMBERS)}"
    admin = create_engine(address.format("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield address.format(name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Return an engine on a new, empty database."""
    made = create_engine(url)
    yield made
    made.dispose()
