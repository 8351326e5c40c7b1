"""Findings stay where code is moved between files, imported by other names and written in other shapes."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from harden.checks import Check
from harden.pages import page_of
from harden.project import Project
from harden.registry import checks
from harden.scan import Rules, scan_file
from tests.engine import mutating_holders, mutating_imports, mutating_places, mutating_services
from tests.engine.mutations import MUTATIONS, Example, Files, origins

ROOT = Path(__file__).parent / "no-such-folder"
MODULES = (mutating_holders, mutating_imports, mutating_places, mutating_services)
SEEDS = {
    "http-timeout": [
        """
import requests

session = requests.Session()

def stock(sku):
    return session.get(f"https://shop.example/{sku}")
"""
    ],
    "unchecked-status": [
        """
import requests

session = requests.Session()

def stock(sku):
    answer = session.get(f"https://shop.example/{sku}", timeout=5)
    return answer.json()["stock"]
"""
    ],
    "blocking-in-async": [
        """
import requests

session = requests.Session()

async def stock(sku):
    return session.get(f"https://shop.example/{sku}", timeout=5).ok
"""
    ],
    "sql-injection": [
        """
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

engine = create_engine("postgresql://db/shop")

def find(name):
    with engine.connect() as connection:
        return connection.execute(text(f"SELECT id FROM users WHERE name = '{name}'")).fetchall()

def found(db: Session, name):
    return db.execute(text(f"SELECT id FROM users WHERE name = '{name}'")).all()
"""
    ],
    "network-timeout": [
        """
import paramiko

client = paramiko.SSHClient()

def shell(host):
    client.connect(host, username="shop")
    return client
"""
    ],
    "error-without-traceback": [
        """
import structlog

log = structlog.get_logger()

def charge(order):
    try:
        order.pay()
    except Exception as error:
        log.error("charging failed: %s", error)
"""
    ],
}
"""What pages do not show: clients that a module holds for its functions."""

CHECKS = {
    check.id: (check, examples)
    for check in checks().values()
    if (
        examples := [
            Example(example.path, ast.unparse(ast.parse(example.code)))
            for example in page_of(check).examples
            if example.kind == "flagged" and example.path.endswith(".py")
        ]
        + [Example("app/main.py", ast.unparse(ast.parse(code))) for code in SEEDS.get(check.id, ())]
    )
}
_CONDITION = "a setting under a condition holds only where the condition does"
_WORD = "a file without the word is not read for it: what is looked for is no call"
_MAKER = "a constructor of its own may set what is missing"
_COLUMNS = ("float-money", "missing-index", "missing-on-delete")
_OPTION = "what a class of the project is given may be read as something else"
_ENTRY = "the entry point of a service is looked for where a file speaks of its framework"
_ANEW = "a function that is made each time has a default of its own each time"
_ANOTHER = "what makes a connection makes another one each time it is called, and that one does not live on"
_CONNECTIONS = (
    *("held_by_a_function_elsewhere", "held_by_a_declared_function_elsewhere"),
    *("held_by_a_function_quoting_its_type_elsewhere", "held_by_a_function_with_a_local_elsewhere"),
    *("held_by_a_function_of_a_function_elsewhere", "held_by_a_cached_function_elsewhere"),
    *("held_by_a_function_with_early_returns_elsewhere", "held_by_a_method_elsewhere"),
    *("held_by_a_method_through_self_elsewhere", "held_by_a_class_method_elsewhere"),
    *("held_by_a_static_method_elsewhere", "held_by_a_property_elsewhere"),
    *("held_by_a_cached_property_elsewhere", "held_by_a_declared_attribute_elsewhere"),
    *("held_by_an_own_class_made_by_a_function_elsewhere", "entered_in_a_context_manager"),
    *("entered_in_a_declared_context_manager", "entered_in_a_class", "entered_asynchronously", "injected"),
    *("injected_by_a_generator", "service_of_a_base_with_a_property_elsewhere"),
    *("service_with_a_method_elsewhere", "service_given_a_declared_holder"),
)
_SESSIONS = (
    *("held_by_a_function_elsewhere", "held_by_a_function_with_a_local_elsewhere"),
    *("held_by_a_function_of_a_function_elsewhere", "held_by_a_function_with_early_returns_elsewhere"),
    *("held_by_a_new_instance", "held_by_an_instance_made_by_a_function"),
    *("held_by_an_instance_of_a_derived_class", "held_by_a_method_elsewhere"),
    *("held_by_a_method_through_self_elsewhere", "held_by_a_class_method_elsewhere"),
    *("held_by_a_static_method_elsewhere", "held_by_a_property_elsewhere", "held_by_a_builder_elsewhere"),
    *("given_by_a_function", "entered_in_a_context_manager", "entered_in_a_class"),
    *("entered_asynchronously", "injected", "injected_by_a_generator"),
)
NOT_THE_SAME = {
    ("call-in-default", "into_a_closure"): _ANEW,
    **{
        (id, f"within_{block}"): _CONDITION
        for id in ("debug-enabled", "naive-datetime", "bind-all", "no-logging-config")
        for block in ("if", "try")
    },
    ("cors-wildcard", "within_if"): _CONDITION,
    ("network-timeout", "within_try"): _CONDITION,
    **{
        (id, f"bind_the_member{where}_elsewhere"): _WORD
        for id in ("naive-datetime", "check-then-act", "cors-wildcard", "swallowed-exception", *_COLUMNS)
        for where in ("", "_in_a_class")
    },
    **{
        (id, "held_by_an_own_class_made_by_a_function_elsewhere"): _MAKER
        for id in ("db-timeout", "cors-wildcard", "http-timeout", "absolute-path", "hardcoded-endpoint")
    },
    ("absolute-path", "held_by_an_own_class_elsewhere"): _OPTION,
    ("hardcoded-endpoint", "held_by_an_own_class_elsewhere"): _OPTION,
    **{
        ("proxy-headers", f"bind_the_member{where}"): "the address is asked for once, and not by the request"
        for where in ("", "_elsewhere", "_in_a_class_elsewhere")
    },
    **{("missing-rollback", name): _ANOTHER for name in _CONNECTIONS},
    ("missing-rollback", "given_by_a_function"): "what each call opens and never closes is told as a leak",
    ("missing-rollback", "injected_by_an_alias"): "a dependency that returns a session leaves it open itself",
    **{("shared-session", name): _ANOTHER for name in _SESSIONS},
    ("shared-session", "held_by_a_cached_property_elsewhere"): "what a property keeps is not followed",
    **{
        (id, f"bind_the_member{where}_elsewhere"): _WORD
        for id in ("env-read-late", "settings-sprawl")
        for where in ("", "_in_a_class")
    },
    **{("n-plus-one", f"bind_the_member{where}_elsewhere"): _WORD for where in ("", "_in_a_class")},
    **{
        ("query-in-loop", f"service_{name}"): "a bare name finds no function that has become a method"
        for name in (
            *("of_a_base_elsewhere", "of_a_base_with_a_property_elsewhere", "of_two_bases_elsewhere"),
            *("of_a_base_with_a_class_attribute_elsewhere", "with_a_method_elsewhere", "given_a_holder"),
            *("given_a_declared_holder", "given_what_it_uses"),
        )
    },
    ("env-unchecked", "held_by_a_walrus_elsewhere"): "a value in a condition has been looked at",
    **{
        ("no-logging-config", name): _ENTRY
        for name in MUTATIONS
        if name.startswith(("reexport", "use_through_the_module", "bind_the_member_", "into_a_class"))
    },
}
"""Why a mutation says something else to a check, by the names of both."""


@cache
def expected(id: str, example: Example) -> tuple[int, ...]:
    """Return the lines that a check finds in an example as it is."""
    return tuple(line for _, line in found(CHECKS[id][0], {example.path: example.code}))


@cache
def rules_of(id: str) -> Rules:
    """Return the subscriptions of a check alone."""
    return Rules((CHECKS[id][0],))


def found(check: Check, files: dict[str, str]) -> list[tuple[str, int]]:
    """Return the file and line of each finding of a check."""
    project = Project(ROOT, tuple(sorted(files)), {path: code.encode() for path, code in files.items()})
    rules = rules_of(check.id)
    results = [scan_file(project, rules, path) for path in files]
    assert not [problem for result in results for problem in result.problems]
    return [(finding.path, finding.line) for result in results for finding in result.findings]


def differences(check: Check, example: Example, files: Files) -> str:
    """Return what a mutation makes a check lose or find; empty where it finds the same."""
    codes = {path: ast.unparse(ast.fix_missing_locations(tree)) for path, tree in files.items()}
    missing = list(expected(check.id, example))
    added = []
    for path, line in found(check, codes):
        stands_for = origins(files[path], codes[path]).get(line, set())
        known = next((old for old in missing if old in stands_for), None)
        if known is None:
            added.append(f"{path}:{line}")
        else:
            missing.remove(known)
    if not missing and not added:
        return ""
    lost = [example.code.splitlines()[line - 1].strip() for line in missing]
    shown = "\n".join(f"# {path}\n{code}" for path, code in codes.items())
    return f"lost {lost}, added {added}\n{shown}"


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.parametrize("id", CHECKS)
def test_the_same_is_found(id: str, name: str) -> None:
    check, examples = CHECKS[id]
    mutated = [(example, files) for example in examples if (files := MUTATIONS[name](example)) is not None]
    wrong = [text for example, files in mutated if (text := differences(check, example, files))]
    reason = NOT_THE_SAME.get((id, name))
    assert not wrong or reason is not None, "\n".join(wrong)
    assert wrong or reason is None or not mutated, f"it is the same now: {reason}"
