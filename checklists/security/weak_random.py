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

Flagged (app/accounts.py):

    import random

    GENERATOR = random.Random()


    def sign_in(response, user):
        user.set_password(str(random.randint(100000, 999999)))
        response.set_cookie("session_id", str(GENERATOR.getrandbits(64)))

Fixed (app/accounts.py):

    import random
    import secrets

    GENERATOR = random.Random()


    def sign_in(response, user):
        user.set_password(str(100000 + secrets.randbelow(900000)))
        response.set_cookie("session_id", str(secrets.randbits(64)))

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
    *("randbytes", "triangular", "gauss", "normalvariate", "betavariate", "expovariate"),
)
_ARRAYS = ("choice", "randint", "random", "rand", "bytes", "random_integers", "integers", "uniform")
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
        "pwd",
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


_OF_ARRAYS = frozenset({"password", "passwd", "pwd", "passcode", "otp", "secret", "csrf", "apikey"})
_KEYS = frozenset({"key", "iv", "nonce", "salt"})
_CRYPTO = ("cryptography", "Crypto", "Cryptodome", "nacl", "pyaes")


@check.call(*(f"random.{owner}{name}" for owner in ("", "Random.") for name in _DRAWS))
def drawn(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag draws that flow into something secret."""
    if _is_seeded(module, path) or _DEMO.search(PurePosixPath(module.path).stem):
        return
    draw = path.rpartition(".")[2]
    for name in _flows_into(module, call):
        if _is_secret(name, makes_text=_makes_text(module, call, draw)) or _is_key(module, name):
            yield check.found(
                module,
                call,
                f"{name} is made by random.{draw}(), which can be predicted",
                facts={"draw": draw},
            )
            return


@check.call(*(f"numpy.random.{name}" for name in _ARRAYS))
def drawn_by_numpy(module: Module, call: ast.Call, path: str) -> Iterator[Finding]:
    """Flag passwords and the like that numpy draws."""
    for name in _flows_into(module, call):
        words = words_of(name)
        if not _OF_ARRAYS.isdisjoint(words) and not _HARMLESS.search(" ".join(words)):
            why_not = "Draw it with the secrets module: secrets.token_urlsafe(), secrets.choice(...)."
            message = f"{name} is made by {path.removeprefix('numpy.')}(), which can be predicted"
            yield check.found(module, call, message, why_not=why_not)
            return


def _is_key(module: Module, name: str) -> bool:
    """Tell whether a name is that of a key, in a module that encrypts with it."""
    return bool(_KEYS.intersection(words_of(name)[-1:])) and module.imports(*_CRYPTO)


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
                name not in _PASSED_ON
            ):
                yield name
                return
            case ast.Dict(keys=keys, values=values) if child in values:
                key = keys[values.index(child)]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value
                return
            case ast.JoinedStr(values=parts) if child in parts:
                before = parts[parts.index(child) - 1]
                text = before.value if isinstance(before, ast.Constant) else ""
                if asked := re.search(r"[?&](\w+)=$", str(text)):
                    yield asked[1]
                    return
            case ast.Assign(targets=targets):
                yield from filter(None, map(_target_name, targets))
                yield from _returned(module, outer, targets)
                return
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target) | ast.NamedExpr(target=target):
                yield _target_name(target)
                if isinstance(outer, ast.AugAssign):
                    yield from _returned(module, outer, [target])
                return
            case ast.Return() | ast.Yield():
                function = module.function(call)
                yield function.name if function is not None else ""
                return
            case ast.Subscript() | ast.Compare() | ast.If() | ast.While():
                return
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"))):
                yield name
                yield from _named_function(module, call)
                return
            case ast.Expr(value=ast.Call(func=func, args=args)) if child is not call and _set_under(
                func, args
            ):
                yield _set_under(func, args)
                return
            case ast.Expr() if child is call and call.args and isinstance(call.args[0], ast.Name):
                yield call.args[0].id  # random.shuffle(password)
                return
            case ast.stmt():
                return
        child = outer


_PASSED_ON = ("k", "weights", "n", "key", "size", "default", "default_factory", "insert_default")


def _set_under(func: ast.expr, args: list[ast.expr]) -> str:
    """Return the name that a call puts a value under: `set_cookie("session", …)`, `user.set_password(…)`."""
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name not in ("setattr", "set", "setex") and not name.startswith("set_"):
        return ""
    named = args[1] if name == "setattr" and len(args) > 1 else args[0] if args else None
    match named:
        case ast.Constant(value=str() as key):
            return f"{key}_id" if name == "set_cookie" and key == "session" else key
        case ast.JoinedStr(values=[ast.Constant(value=str() as key), *_]):
            return key
    return name if name.startswith("set_") else ""


def _target_name(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
    return ""


def _returned(module: Module, assignment: ast.stmt, targets: list[ast.expr]) -> Iterator[str]:
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


def _is_seeded(module: Module, path: str) -> bool:
    """Tell whether the numbers are meant to be the same in each run."""
    by_hand = "seed" in module.text and any(
        module.resolve(call.func) == "random.seed" and call.args for call in module.nodes(ast.Call)
    )
    return by_hand or (
        path.startswith("random.Random.")
        and any(
            module.resolve(call.func) == "random.Random" and (call.args or call.keywords)
            for call in module.nodes(ast.Call)
        )
    )
