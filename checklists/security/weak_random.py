"""A token that can be guessed is no secret.

The `random` module is made for simulations: its generator can be reconstructed from a few hundred
outputs, and everything it will ever return follows. Session ids, reset links, one-time codes, invitation
codes and generated passwords made with it can be predicted by whoever has seen some of them.
`secrets` draws from the operating system and costs no more.

What a value is for is told by the names it flows into: the variable, the keyword, the function.
Sampling, jitter, shuffled lists, test data and modules that call `random.seed` are left out.

Flagged:

    import random
    import string


    def new_reset_token():
        return "".join(random.choices(string.ascii_letters + string.digits, k=32))

Fixed:

    import secrets
    import string


    def new_reset_token():
        return "".join(
            secrets.choice(string.ascii_letters + string.digits) for _ in range(32)
        )

Flagged:

    import random


    def send_code(user):
        otp = str(random.randint(100000, 999999))
        mail(user, otp)

Fixed:

    import secrets


    def send_code(user):
        otp = str(100000 + secrets.randbelow(900000))
        mail(user, otp)

Flagged:

    import random

    ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


    def invite(team):
        team.invite_code = "".join(random.choice(ALPHABET) for _ in range(8))

Fixed:

    import secrets

    ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


    def invite(team):
        team.invite_code = "".join(secrets.choice(ALPHABET) for _ in range(8))

Fine:

    import random
    import secrets

    token = secrets.token_urlsafe(32)


    def pick(servers, status_codes):
        delay = random.uniform(0, 1)
        status_code = random.choice(status_codes)
        tokens_per_second = random.randint(10, 50)
        request_id = random.getrandbits(64)
        random.shuffle(servers)
        return servers[0], delay, status_code, tokens_per_second, request_id


    def sample_tokens(tokens, logits):
        return random.choices(tokens, weights=logits)

When to ignore: the value only tells rows apart and nothing is granted to whoever knows it.

References: https://docs.python.org/3/library/secrets.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from harden.checks import Check, Fix
from harden.findings import Finding, Risk, Severity
from harden.module import Module
from harden.tree import FunctionNode
from harden.words import words_of

check = Check(
    id="weak-random",
    title="Predictable token or code",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.secure_random:DrawSecurely", Risk.AUTO),
    codes=frozenset({"S311", "B311"}),
    words=("random",),
)

_DRAWS = (
    *("choice", "choices", "randint", "randrange", "getrandbits", "random", "uniform", "sample", "shuffle"),
    "randbytes",
)
_STRONG = frozenset(
    {
        "token",
        "password",
        "passwd",
        "passcode",
        "passphrase",
        "secret",
        "otp",
        "totp",
        "nonce",
        "salt",
        "csrf",
    }
    | {"apikey", "voucher", "captcha", "pincode", "pin"}
)
_PAIRS = re.compile(
    r"\b(api|secret|access|private|session|license|licence|signing|encryption|auth|recovery) keys?\b"
    r"|\b(reset|verification|verify|confirmation|confirm|invite|invitation|share|access|auth|activation|login"
    r"|coupon|promo|gift|referral|recovery|backup|security|one time|join|discount|sms|mfa|2fa|unlock|pairing"
    r"|email) codes?\b"
    r"|\b(session|public|share|invite|reset) (id|key|slug)s?\b|\bsid\b|\bshort (code|id|url|link)\b"
)
_HARMLESS = re.compile(
    r"\b(num|n|count|max|min|per|total|len|size|length|rate|limit|ttl|expiry|index|idx|sample|sampling|fake|mock"
    r"|dummy|delay|usage|used|budget|example|demo|input|output|prompt|completion|vocab|pos|map|pinned)\b"
)
_ID = re.compile(
    r"\b(account|user|order|customer|payment|booking|ticket|transaction|document|file) (id|number|no|ref)\b"
)
_DEMO = re.compile(
    r"(seed|demo|fake|fixture|sample|simulat|benchmark|load_?test|locust|populate|generate_data)"
)


@check.call(*(f"random.{name}" for name in _DRAWS))
def drawn(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag draws that flow into something secret."""
    if _is_seeded(module) or _DEMO.search(PurePosixPath(module.path).stem):
        return
    draw = path.rpartition(".")[2]
    for name in _flows_into(module, call):
        if _is_secret(name, makes_text=_makes_text(module, call, draw)):
            yield check.found(
                module,
                call,
                f"{name} is made by random.{draw}(), which can be predicted",
                facts={"draw": draw},
            )
            return


def _is_secret(name: str, *, makes_text: bool) -> bool:
    words = words_of(name)
    text = " ".join(words)
    if _HARMLESS.search(text):
        return False
    if words and words[-1] in ("tokens", "passwords", "secrets", "pins"):
        return makes_text
    if not _STRONG.isdisjoint(words) or _PAIRS.search(text):
        return True
    if _ID.search(text):
        return makes_text
    generic = bool(words) and words[-1] == "code" and (len(words) == 1 or words[0] in _MAKERS)
    return generic and makes_text


_MAKERS = frozenset({"generate", "gen", "make", "new", "create", "random", "unique", "build", "get"})


def _makes_text(module: Module, call: ast.Call, draw: str) -> bool:
    """Tell whether random characters are joined, or a number of many digits is drawn."""
    if draw in ("randint", "randrange"):
        numbers = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        return any(isinstance(number, int) and number >= 999 for number in numbers)
    if draw in ("choice", "choices", "sample"):
        outer = [node for node in module.ancestors(call) if isinstance(node, ast.expr)]
        return any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join"
            for node in outer
        )
    return draw in ("getrandbits", "randbytes")


def _flows_into(module: Module, call: ast.Call) -> Iterator[str]:
    """Yield the names that the draw goes to: keyword, key, variable, attribute, then the function."""
    child: ast.AST = call
    for outer in module.ancestors(call):
        match outer:
            case ast.keyword(arg=str() as name) if not isinstance(module.parents.get(outer), ast.Call) or (
                name not in ("k", "weights", "n", "key", "size")
            ):
                yield name
                return
            case ast.Dict(keys=keys, values=values) if child in values:
                key = keys[values.index(child)]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value
                return
            case ast.Assign(targets=targets):
                yield from filter(None, map(_target_name, targets))
                yield from _returned(module, outer, targets)
                return
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target) | ast.NamedExpr(target=target):
                yield _target_name(target)
                return
            case ast.Return() | ast.Yield():
                function = module.function(call)
                yield function.name if function is not None else ""
                return
            case ast.Lambda() | ast.Subscript() | ast.Compare() | ast.If() | ast.While():
                return
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"))):
                yield name
                yield from _named_function(module, call)
                return
            case ast.Expr() if child is call and call.args and isinstance(call.args[0], ast.Name):
                yield call.args[0].id  # random.shuffle(password)
                return
            case ast.stmt():
                return
        child = outer


def _target_name(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
    return ""


def _returned(module: Module, assignment: ast.Assign, targets: list[ast.expr]) -> Iterator[str]:
    """Yield the function's name when the variable is what the function returns."""
    function = module.function(assignment)
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    if function is None or not names:
        return
    for node in ast.walk(function):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        if any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node.value)):
            yield function.name
            return


def _named_function(module: Module, node: ast.AST) -> Iterator[str]:
    function: FunctionNode | None = module.function(node)
    if function is not None:
        yield function.name


def _is_seeded(module: Module) -> bool:
    return any(module.resolve(call.func) == "random.seed" and call.args for call in module.nodes(ast.Call))
