"""Columns of CREATE TABLE statements that keep money as a float."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harden.checklists.database.money import is_money, is_money_in_table, may_be_money, speaks_of_money
from harden.checklists.database.tables import in_brackets

_TABLE = re.compile(
    r"(?is)\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(?:[\w\"`]+\.)?[\"`\[]?(?P<name>\w+)[\"`\]]?\s*\("
)
_COLUMN = re.compile(
    r"(?im)[\"`\[]?\b(?P<name>[a-z_]\w*)\b[\"`\]]?\s+(?P<type>real|float\d?|double(?:\s+precision)?)\b"
)


@dataclass(frozen=True, slots=True)
class MoneyColumn:
    """A column and where it stands in a text."""

    at: int
    table: str
    name: str
    type: str

    @property
    def message(self) -> str:
        """Return what is wrong with it."""
        return f"{self.table}.{self.name} keeps money as {self.type.upper()}"

    def advice(self, *, is_sqlite: bool) -> str:
        """Return what to do about it: SQLite has no exact fractions."""
        if is_sqlite:
            return "SQLite has no exact fractions: keep whole cents in an INTEGER column."
        return "Use `NUMERIC(12, 2)`, with a migration for tables that exist, and `Decimal` in Python."


def money_columns(text: str) -> Iterator[MoneyColumn]:
    """Yield the columns of all tables in a text that keep money as a float."""
    for table in _TABLE.finditer(text):
        body = in_brackets(text, table.end())
        found = list(_COLUMN.finditer(body))
        named = [
            item["name"]
            for item in re.finditer(r"(?m)(?:^|,|\()\s*[\"`\[]?(?P<name>[A-Za-z_]\w*)", "," + body)
        ]
        in_company = speaks_of_money(table["name"]) or "currency" in named
        for item in found:
            name = item["name"]
            others = any(is_money(other) for other in named if other != name)
            if is_money_in_table(name) or (may_be_money(name) and (in_company or others)):
                yield MoneyColumn(table.end() + item.start("name"), table["name"], name, item["type"])
