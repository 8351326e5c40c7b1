"""Which names speak of money: alone, or in the company of others that do."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from harden.model_facts import assignments
from harden.words import words_of

_ALWAYS = frozenset(
    {"price", "prices", "subtotal", "salary", "salaries", "wage", "wages", "fee", "fees", "msrp", "revenue"}
    | {
        "refund",
        "refunded",
        "invoiced",
        "payout",
        "payable",
        "receivable",
        "earnings",
        "surcharge",
        "payroll",
    }
    | {"tuition", "usd", "eur", "gbp", "dollars", "euros", "donation", "donated", "bonus"}
)
_IN_COMPANY = frozenset(
    {
        "amount",
        "amounts",
        "balance",
        "total",
        "cost",
        "costs",
        "tax",
        "taxes",
        "shipping",
        "discount",
        "charge",
    }
    | {
        "credit",
        "debit",
        "payment",
        "paid",
        "deposit",
        "withdrawal",
        "budget",
        "income",
        "expense",
        "expenses",
    }
    | {"profit", "spent", "spend", "due", "owed", "tip", "rent", "loan", "principal", "commission", "premium"}
    | {"bid", "sales", "value", "vat", "limit", "spending", "interest", "equity", "cash"}
)
_NEEDS_MORE = frozenset(
    {"value", "limit", "interest", "due", "bid", "sales", "shipping", "premium", "principal"}
)
"""Words that say something of money only beside another one: `credit_limit`, `order_value`."""
_IN_TABLES = frozenset(
    {"budget", "cost", "costs", "balance", "payment", "deposit", "income", "expense", "expenses", "debit"}
    | {"tax", "profit"}
)
"""Words that say enough where rows are kept: a table has few other costs."""
_VAGUE = frozenset({"value", "limit", "interest", "due", "bid"})
_BESIDE_MONEY = frozenset({"shipping", "premium", "principal", "bid", "sales"})
_NEVER = frozenset(
    {
        "rate",
        "rates",
        "percent",
        "percentage",
        "pct",
        "ratio",
        "score",
        "scores",
        "weight",
        "weights",
        "factor",
    }
    | {
        "factors",
        "count",
        "counts",
        "qty",
        "quantity",
        "hours",
        "hour",
        "seconds",
        "minutes",
        "days",
        "duration",
    }
    | {"time", "ms", "size", "bytes", "mb", "gb", "token", "tokens", "latitude", "longitude", "lat", "lon"}
    | {
        "lng",
        "probability",
        "confidence",
        "multiplier",
        "index",
        "distance",
        "km",
        "kg",
        "calories",
        "rating",
    }
    | {
        "ratings",
        "loss",
        "similarity",
        "threshold",
        "cents",
        "pages",
        "page",
        "items",
        "points",
        "at",
        "date",
    }
    | {"id", "matrix", "function", "fn", "std", "variance", "fraction", "share", "level", "energy", "power"}
    | {
        "memory",
        "cpu",
        "area",
        "volume",
        "temperature",
        "height",
        "width",
        "length",
        "depth",
        "growth",
        "trend",
    }
    | {"battery", "work", "elapsed", "latency", "requests", "users", "tolerance", "margin", "volatility"}
)
_PER_TIME = frozenset({"hourly", "nightly"})
"""Words that make money of a rate."""
_COMPANY = re.compile(
    r"(?i)(?<![a-z])(currency|currencies|invoices?|payments?|prices?|orders?|carts?|checkouts?|wallets?|accounts?"
    r"|transactions?|expenses?|incomes?|salar(?:y|ies)|payrolls?|subscriptions?|donations?|loans?|ledgers?|billings?|bills?|refunds?"
    r"|products?|sales?|purchases?|bookings?|budgets?|bank|banking|stripe|paypal|fees?|costs?|finance|customers?|deposits?|payouts?|money)(?![a-z])"
)


@lru_cache(maxsize=4096)
def is_money(name: str) -> bool:
    """Tell whether a name alone says that its value is money."""
    words = set(words_of(name))
    several = (words & _IN_COMPANY) - _VAGUE
    if _is_pay(words):
        return True
    return words.isdisjoint(_NEVER) and (not words.isdisjoint(_ALWAYS) or len(several) > 1)


def _is_pay(words: set[str]) -> bool:
    """Tell whether a name is one of what an hour or a night costs, other than any other rate."""
    return not words.isdisjoint(_PER_TIME) and bool(words & _NEVER) and words & _NEVER <= {"rate", "rates"}


@lru_cache(maxsize=4096)
def may_be_money(name: str) -> bool:
    """Tell whether a name says that its value is money, where others around it do."""
    words = set(words_of(name))
    if not words.isdisjoint(_NEVER):
        return False
    known = words & (_IN_COMPANY | _ALWAYS)
    return (
        bool(known - _NEEDS_MORE) or len(known) > 1 or (bool(known) and bool(_COMPANY.search(_spaced(name))))
    )


def speaks_of_money(name: str) -> bool:
    """Tell whether the name of a class or table is one of commerce: `OrderItem`, `accounts`."""
    return _COMPANY.search(_spaced(name)) is not None


def mentions_money(text: str) -> bool:
    """Tell whether code speaks of commerce anywhere."""
    return _COMPANY.search(text) is not None


@lru_cache(maxsize=4096)
def _spaced(name: str) -> str:
    return " ".join(words_of(name))


@lru_cache(maxsize=4096)
def is_money_in_table(name: str) -> bool:
    """Tell whether the name of a column says that its value is money."""
    words = set(words_of(name))
    return is_money(name) or (not words.isdisjoint(_IN_TABLES) and words.isdisjoint(_NEVER))


def is_money_of(owner: ast.ClassDef, name: str) -> bool:
    """Tell whether a field of a class holds money, by its name and by what stands around it."""
    if is_money(name):
        return True
    if may_be_money(name) and speaks_of_money(owner.name):
        return True
    if not may_be_money(name) and set(words_of(name)).isdisjoint(_BESIDE_MONEY):
        return False
    others = [other for other, _, _, _ in assignments(owner) if other != name]
    return any(is_money(other) or "currency" in words_of(other) for other in others)


@lru_cache(maxsize=4096)
def sounds_like_money(name: str) -> bool:
    """Tell whether a name can be one of money at all."""
    words = set(words_of(name))
    return _is_pay(words) or (words.isdisjoint(_NEVER) and not words.isdisjoint(_ALWAYS | _IN_COMPANY))
