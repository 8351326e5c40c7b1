"""A time without a time zone means another moment on every machine that reads it.

`datetime.utcnow()` and `datetime.now()` give values that do not say which zone they are in. The laptop
runs in one zone and the server in another, clients take the text for local time, an hour is repeated
when summer time ends, and `utcnow().timestamp()` is wrong everywhere but in London's winter.
Aware and naive values cannot be compared: Python raises TypeError. So a value that this file compares
with one of unknown origin is reported, but left for you to change on both sides together. A column
without time zone (`DateTime` rather than `DateTime(timezone=True)`) gives naive values back, whatever
was written to it; making it aware needs a migration.
Left out: times that only measure how long something took, calendar days of the server
(`datetime.now().date()`), and stamps that a command prints for the person who started it.

Flagged:

    from datetime import datetime, timedelta

    from sqlalchemy import Column, DateTime


    class Invite(Base):
        created_at = Column(DateTime(timezone=True), default=datetime.utcnow)


    def invite(user):
        return Invite(user=user, expires_at=datetime.now() + timedelta(days=7))

Fixed:

    from datetime import datetime, timedelta, timezone

    from sqlalchemy import Column, DateTime


    class Invite(Base):
        created_at = Column(
            DateTime(timezone=True), default=lambda: datetime.now(timezone.utc)
        )


    def invite(user):
        return Invite(user=user, expires_at=datetime.now(timezone.utc) + timedelta(days=7))

Flagged (shop/views.py):

    import datetime as dt

    from django.http import JsonResponse


    def ping(request):
        request.user.seen = dt.datetime.now()
        return JsonResponse({"ok": True})

Fixed (shop/views.py):

    from django.http import JsonResponse
    from django.utils import timezone


    def ping(request):
        request.user.seen = timezone.now()
        return JsonResponse({"ok": True})

Flagged (shop/settings.py):

    INSTALLED_APPS = ["shop"]
    USE_TZ = False

Fixed (shop/settings.py):

    INSTALLED_APPS = ["shop"]
    USE_TZ = True

Fine:

    from datetime import UTC, datetime

    import pytz


    def stamps(user, seconds):
        started = datetime.now()
        user.seen = datetime.now(UTC)
        user.born = pytz.utc.localize(datetime.utcnow())
        user.left = datetime.fromtimestamp(seconds, tz=UTC)
        user.came = datetime.fromtimestamp(seconds).astimezone()
        user.day = datetime.now().date()
        user.took = datetime.now() - started
        user.epoch = datetime.now().timestamp()
        user.seconds = int(datetime.now().strftime("%s"))

When to ignore: the value is local time by intention, such as the opening hours of a shop.

References: https://docs.python.org/3/library/datetime.html#aware-and-naive-objects
https://docs.djangoproject.com/en/stable/topics/i18n/timezones/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harden.checklists.database.mixing import is_django, mixed, why_not_default
from harden.checklists.database.moments import is_moment, is_naive, others, uses
from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module, is_literal, keyword
from harden.roles import FileKind, Role

check = Check(
    id="naive-datetime",
    title="Time without time zone",
    severity=Severity.MEDIUM,
    fix=Fix("harden.codemods.aware:AwareDatetime", Risk.REVIEW),
    codes=frozenset({"DTZ002", "DTZ003", "DTZ004", "DTZ005", "DTZ006"}),
    words=("datetime", "USE_TZ"),
)

_CALLABLES = ("datetime.datetime.utcnow", "datetime.datetime.now", "datetime.datetime.today")
_MADE_AT_USE = frozenset({"default", "onupdate", "default_factory", "insert_default", "load_default"})
_RIGHT_ON_LOCAL = frozenset(
    {"timestamp", "timetuple", "astimezone", "date", "time", "year", "month", "day", "weekday", "isoweekday"}
)
_MAKE_AWARE = ("localize", "make_aware")


@check.call("datetime.datetime.*")
def naive_call(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag calls that make a moment without time zone, where it is kept, sent or shown."""
    if not is_naive(module, call):
        return
    name = path.rpartition(".")[2]
    held = uses(module, call)
    if _is_aware_soon(module, held) or _is_timer(module, held):
        return
    if name in ("now", "today", "fromtimestamp") and _is_meant_local(module, call, held):
        return
    spelled = isinstance(call.func, ast.Attribute) and call.func.attr == name
    reason = mixed(module, held) if spelled else f"It is called by another name than {name}."
    facts = {"call": name, "django": "yes" if is_django(module) else ""}
    yield check.found(module, call, f"{name}() gives a time without zone", facts=facts, why_not=reason)


@check.node(ast.keyword, named=_MADE_AT_USE)
def naive_callable(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `default=datetime.utcnow` and alike."""
    if not isinstance(node, ast.keyword):
        return
    if not isinstance(node.value, ast.Attribute | ast.Name) or module.resolve(node.value) not in _CALLABLES:
        return
    call = module.parents[node]
    if isinstance(call, ast.Call):
        facts = {"call": "reference", "django": "yes" if is_django(module) else ""}
        message = f"{node.arg} is a time without zone"
        why_not = why_not_default(module, call)
        if isinstance(node.value, ast.Name):
            why_not = f"`{node.value.id}` is a name for it: let that be a function that says the zone."
        yield check.found(module, node.value, message, facts=facts, why_not=why_not)


@check.node(ast.Assign, named={"USE_TZ"})
def django_setting(module: Module, node: ast.AST) -> Iterator[Finding]:
    """Flag `USE_TZ = False` in Django's settings."""
    if not isinstance(node, ast.Assign) or module.parents[node] is not module.tree:
        return
    named = any(isinstance(target, ast.Name) and target.id == "USE_TZ" for target in node.targets)
    if named and is_literal(node.value, False):
        message = "USE_TZ is off: Django stores local time without zone"
        yield check.found(module, node.value, message, facts={"call": "setting"})


def _is_aware_soon(module: Module, held: list[ast.expr]) -> bool:
    """Tell whether the moment gets a zone: `.replace(tzinfo=…)`, `.astimezone()`, `localize(…)`."""
    for expr in held:
        parent = module.parents.get(expr)
        if isinstance(expr, ast.Call) and keyword(expr, "tzinfo") is not None:
            return True
        if isinstance(parent, ast.Call) and expr in parent.args:
            name = parent.func.attr if isinstance(parent.func, ast.Attribute) else ""
            name = parent.func.id if isinstance(parent.func, ast.Name) else name
            if name in _MAKE_AWARE:
                return True
    return False


def _is_timer(module: Module, held: list[ast.expr]) -> bool:
    """Tell whether the moment only serves to tell how long something took."""
    met = [other for expr in held for other in others(module, expr)]
    return bool(met) and all(is_moment(module, other) for other in met)


def _is_meant_local(module: Module, call: ast.Call, held: list[ast.expr]) -> bool:
    read = [parent for expr in held if isinstance(parent := module.parents.get(expr), ast.Attribute)]
    ends = [expr for expr in held if not isinstance(module.parents.get(expr), ast.Assign | ast.BinOp)]
    if read and len(read) == len(ends) and all(_is_right_on_local(module, attribute) for attribute in read):
        return True
    person = module.kind is FileKind.SCRIPT or module.role(call) is Role.CLI or module.in_main_guard(call)
    shown = all(_is_shown(module, expr) for expr in ends)
    return person and bool(ends) and shown


def _is_right_on_local(module: Module, read: ast.Attribute) -> bool:
    """Tell whether what is read off a local time is right; `strftime("%s")` takes any time for local."""
    match module.parents.get(read):
        case ast.Call(args=[layout]) if read.attr == "strftime":
            return "%s" in (module.string(layout) or "")
    return read.attr in _RIGHT_ON_LOCAL


def _is_shown(module: Module, expr: ast.expr) -> bool:
    match module.parents.get(expr):
        case ast.Attribute(attr="strftime" | "isoformat" | "ctime" | "replace") | ast.FormattedValue():
            return True
        case ast.Call(func=ast.Name(id="print" | "str")):
            return True
    return False
