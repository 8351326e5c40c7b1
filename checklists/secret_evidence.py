"""Is this a secret? Evidence from a name together with a value; neither is enough alone."""

from __future__ import annotations

import math
import re
from collections import Counter
from enum import Enum

from harden.words import words_of


class Kind(Enum):
    """What a name says that its value is."""

    SIGNING = "signing key"
    PASSWORD = "password"  # noqa: S105
    TOKEN = "token"  # noqa: S105
    NONE = ""


class Place(Enum):
    """How sure the place makes it that a value is in use: settings most, any local name least."""

    CONFIG = 3
    CONSTANT = 2
    LOCAL = 1


_NOISE = frozenset(
    {"value", "default", "prod", "production", "staging", "dev", "live", "str", "raw", "base", "v"}
)
_SIGNING = re.compile(
    r"(\bsecret|\b(secret|signing|jwt|session|cookie|encryption|encrypt|fernet|hmac|app|crypto|cipher|aes|master|auth"
    r"|signature|hashing|private) key|\bpassword salt|\bpepper|\b(hash|token|security) salt)$"
)
_PASSWORD = re.compile(r"(\b(password|passwd|pwd|passphrase|passcode|pword)|\w pass|\w pw)$")
_TOKEN = re.compile(
    r"(\b(token|apikey|apitoken|bearer)|\b(api|access|account|storage|service|subscription|license|licence|admin"
    r"|internal|webhook|shared|write|integration|server) key|\b(sas|auth) (token|key)|\bauthorization)$"
)
_OF_SERVICE = re.compile(
    r"\b(stripe|sendgrid|mailgun|mailchimp|mailjet|postmark|resend|brevo|twilio|vonage|nexmo|sms|smtp|mail|email"
    r"|payment|payments|paypal|braintree|paystack|razorpay|flutterwave|square|adyen|mollie|openai|anthropic|claude"
    r"|gemini|groq|mistral|cohere|pinecone|replicate|deepl|elevenlabs|huggingface|weather|openweather"
    r"|openweathermap|tmdb|newsapi|pusher|cloudinary|airtable|notion|shippo|easypost|hubspot|zendesk) key$"
)
"""Keys that a service gave out; only what looks made at random is one: `mail key` may also name a field."""
_PUBLIC = ("pk_", "pub_", "public_")
_OTHER = frozenset(
    {"hash", "hashed", "fake", "dummy", "test", "testing", "mock", "example", "sample", "invalid", "wrong"}
    | {
        "incorrect",
        "missing",
        "expired",
        "forgot",
        "csrf",
        "field",
        "header",
        "form",
        "column",
        "label",
        "hide",
    }
    | {
        "toggle",
        "selector",
        "xpath",
        "msg",
        "message",
        "error",
        "no",
        "without",
        "public",
        "placeholder",
        "regex",
    }
    | {
        "pattern",
        "prefix",
        "suffix",
        "param",
        "env",
        "var",
        "help",
        "hint",
        "page",
        "cursor",
        "next",
        "event",
    }
    | {"permission", "scope", "grant", "cache", "pad", "eos", "bos", "unk", "sep", "mask", "stop", "lookup"}
)
_WORDLIKE = re.compile(r"[A-Za-z]+([ _.:/-][A-Za-z]+)*")
_ENV_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_REFERENCE = re.compile(
    r"^(https?://|/|\./|~/|arn:|projects/|vault:|op://|env:|file:|secret:|ssm:|keyring:|ref\+|data:|urn:|@|--|sqlite:)"
    r"|\$\{|\{\{|%\(|<[^>]*>|^\{\w*\}$|^__[A-Z0-9_]+__$|^(%|@@?)[A-Z0-9_]+(%|@@?)$|\.(pem|key|json|txt|ya?ml|crt|env|html|py)$|[\n\t\\^]|\(\?|\[a-z|%s"
)
_NOTHING = frozenset(
    {
        "none",
        "null",
        "true",
        "false",
        "string",
        "str",
        "optional",
        "required",
        "unknown",
        "undefined",
        "default",
    }
    | {
        "basic",
        "bearer",
        "oauth",
        "oauth2",
        "plain",
        "md5",
        "sha1",
        "sha256",
        "sha512",
        "bcrypt",
        "argon2",
        "pbkdf2",
    }
    | {"refresh", "access", "text", "hidden", "n/a", "password1", "password2", "newpassword1", "newpassword2"}
    | {"hs256", "rs256", "es256", "base64", "pbkdf2sha256", "scrypt", "jwt", "cookie", "session", "mandatory"}
)
_PLACEHOLDER = re.compile(
    r"(?i)(your|example|placeholder|change.?me|xxx|replace|insert|todo|dummy|sample|fill|redacted|fake|mock|test"
    r"|here\b|\*\*\*|\.\.\.|^my\b|foo|bar|1234567890abcdef|0000)"
)
_COMMON_WORDS = frozenset(
    {
        "password",
        "passwd",
        "secret",
        "admin",
        "root",
        "postgres",
        "mysql",
        "guest",
        "changeme",
        "pass",
        "user",
    }
    | {
        "token",
        "key",
        "apikey",
        "redis",
        "rabbitmq",
        "minio",
        "minioadmin",
        "letmein",
        "toor",
        "administrator",
    }
)
_SERVICES = frozenset(
    {
        "db",
        "database",
        "postgres",
        "postgresql",
        "pg",
        "mysql",
        "mariadb",
        "redis",
        "mongo",
        "mongodb",
        "smtp",
        "mail",
    }
    | {
        "email",
        "imap",
        "admin",
        "superuser",
        "root",
        "rabbitmq",
        "broker",
        "ftp",
        "sftp",
        "ssh",
        "ldap",
        "elastic",
    }
    | {"minio", "sql", "mssql", "oracle", "jwt", "basic", "auth", "http", "proxy", "kafka", "neo4j"}
)

_SIGNERS = frozenset(
    {"secret", "signing", "jwt", "encryption", "encrypt", "fernet", "hmac", "pepper", "salt"}
)

_SHAPES = (
    ("an AWS access key", r"(AKIA|ASIA)[0-9A-Z]{16}"),
    ("a Stripe key", r"[rs]k_(live|test)_[0-9a-zA-Z]{10,}"),
    ("a Stripe webhook secret", r"whsec_[0-9A-Za-z+/=]{16,}"),
    ("a GitHub token", r"(gh[opsur]_[0-9A-Za-z]{20,}|github_pat_\w{20,})"),
    ("a GitLab token", r"glpat-[\w-]{16,}"),
    ("a Slack token", r"xox[abeprs]-[0-9A-Za-z-]{10,}"),
    ("a Slack webhook address", r"https://hooks\.slack\.com/services/T\w+/B\w+/\w+"),
    ("a Google API key", r"AIza[\w-]{30,}"),
    ("a SendGrid key", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    ("an API key", r"sk-(proj-|ant-)?[\w-]{20,}"),
    ("a Hugging Face token", r"hf_[0-9A-Za-z]{20,}"),
    ("a Shopify token", r"shp(at|ca|pa|ss)_[0-9a-fA-F]{20,}"),
    ("an npm token", r"npm_[0-9A-Za-z]{30,}"),
    ("a PyPI token", r"pypi-[\w-]{40,}"),
    ("a DigitalOcean token", r"do[opr]_v1_[0-9a-f]{40,}"),
    ("a Mailgun key", r"key-[0-9a-f]{32}"),
    ("a Telegram bot token", r"\d{8,10}:[\w-]{35}"),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s[\s\S]{40,}"),
)
_SHAPE = re.compile("|".join(f"(?P<s{at}>{pattern})" for at, (_, pattern) in enumerate(_SHAPES)))
_DSN = re.compile(
    r"[a-z][a-z0-9+.\-]*://(?P<user>[^/\s:@{}<>$]*):(?P<password>[^/\s@{}<>$*%]+)@(?P<host>[^/\s@{}<>]+)[^\s{}]*"
)

_PUBLIC_HOST = re.compile(
    r"([\w-]+\.)+(?!(local|localhost|localdomain|internal|lan|test|example|invalid|docker)$)[a-z]{2,}"
)


def kind_of(name: str) -> Kind:
    """Tell what kind of secret a name is the name of."""
    words = list(words_of(name))
    while words and (words[-1] in _NOISE or words[-1].isdigit()):
        words.pop()
    if not words or not _OTHER.isdisjoint(words):
        return Kind.NONE
    text = " ".join(words)
    for kind, pattern in ((Kind.PASSWORD, _PASSWORD), (Kind.SIGNING, _SIGNING), (Kind.TOKEN, _TOKEN)):
        if pattern.search(text):
            return kind
    return Kind.TOKEN if _OF_SERVICE.search(text) else Kind.NONE


def known_shape(value: str) -> str:
    """Name the product whose keys look like `value`; an empty string when none does."""
    found = _SHAPE.fullmatch(value.strip())
    if found is None or _is_dull(value):
        return ""
    return next(_SHAPES[int(key[1:])][0] for key, text in found.groupdict().items() if text)


def has_credentials(value: str) -> bool:
    """Tell whether a connection URL carries a password."""
    found = _DSN.fullmatch(value.strip())
    if (
        found is None
        or "example" in found["host"]
        or found["password"].lower() in ("x", "xxx", "xxxx", "...")
        or _is_brokers_own(found)
    ):
        return False
    return not (value.startswith("http") and _PLACEHOLDER.search(found["password"]))


def is_hosted(value: str) -> bool:
    """Tell whether a connection URL leads to a host of the internet with a password made at random."""
    found = _DSN.fullmatch(value.strip())
    if found is None or not has_credentials(value):
        return False
    host = found["host"].partition(":")[0].lower()
    return bool(_PUBLIC_HOST.fullmatch(host)) and _is_random(found["password"])


def _is_brokers_own(found: re.Match[str]) -> bool:
    """Tell whether this is the account every RabbitMQ has, which it serves on the machine itself alone."""
    host = found["host"].partition(":")[0]
    return found["user"] == found["password"] == "guest" and host in ("localhost", "127.0.0.1")


def is_secret(kind: Kind, name: str, value: str, place: Place) -> bool:
    """Tell whether `value`, found under `name`, is a secret in use."""
    if kind is Kind.NONE or is_never(value):
        return False
    if kind is Kind.SIGNING:
        return _is_signing_key(name, value, place)
    return _is_password(name, value, place) if kind is Kind.PASSWORD else _is_token(name, value, place)


def is_never(value: str) -> bool:
    """Tell whether a value is no secret under any name: a placeholder, a reference, a word of every day."""
    bare = value.strip()
    if len(bare) < 3 or len(set(bare)) < 3 or not bare.isascii():
        return True
    if _REFERENCE.search(bare) and not _is_generated(bare):
        return True
    return _letters(bare) in _NOTHING or bool(_ENV_NAME.fullmatch(bare) and "CHANGE" not in bare)


def _is_generated(value: str) -> bool:
    """Tell whether a value is what `django-admin startproject` writes: 50 characters of any kind."""
    return value.startswith("django-insecure-") or (
        len(value) == 50 and len(set(value)) > 20 and " " not in value
    )


def _is_signing_key(name: str, value: str, place: Place) -> bool:
    if _SIGNERS.isdisjoint(words_of(name)) and not (
        _has_digit_and_letter(value) or "secret" in value.lower()
    ):
        return False
    if place is Place.CONFIG:
        return len(value) <= 200 and not (" " in value and value.endswith((".", "!", "?", ":")))
    if _is_like_name(name, value) or (" " in value and len(value.split()) > 6):
        return False
    if place is Place.CONSTANT:
        return words_of(name)[-1] != "secret" or len(words_of(name)) > 1 or not _WORDLIKE.fullmatch(value)
    return (
        _has_digit_and_letter(value)
        and len(value) >= 8
        and " " not in value
        and not _PLACEHOLDER.search(value)
    )


def _is_password(name: str, value: str, place: Place) -> bool:
    if " " in value or _is_like_name(name, value):
        return False
    if not _WORDLIKE.fullmatch(value):
        return len(value) >= 5 and (place is Place.CONFIG or not _PLACEHOLDER.search(value))
    if place is Place.CONFIG:
        return True
    qualified = not _SERVICES.isdisjoint(words_of(name))
    return place is Place.CONSTANT and qualified and "field" not in value


def _is_token(name: str, value: str, place: Place) -> bool:
    if " " in value or _PLACEHOLDER.search(value) or _is_like_name(name, value):
        return False
    if _names_service(name):
        return _is_random(value) and not value.startswith(_PUBLIC)
    if place is not Place.LOCAL and len(value) >= 10 and not _is_path(value):
        return _has_digit_and_letter(value) or "secret" in value.lower()
    return _is_random(value)


def _names_service(name: str) -> bool:
    text = " ".join(words_of(name))
    return _OF_SERVICE.search(text) is not None and _TOKEN.search(text) is None


def _is_path(value: str) -> bool:
    if re.fullmatch(r"[A-Za-z0-9/+=]{40}", value) and _entropy(value) > 4:
        return False  # the form of an AWS secret access key
    return value.count("/") > 1 or value.count(".") > 2 or value.startswith("X-")


def _is_random(value: str) -> bool:
    if len(value) < 16 or not re.fullmatch(r"[\w\-+/=.:~]+", value) or _is_path(value):
        return False
    return _has_digit_and_letter(value) and _entropy(value) >= 3.2 and not _PLACEHOLDER.search(value)


def _is_dull(value: str) -> bool:
    body = value.strip().rpartition("_")[2].rpartition("-")[2] or value
    return (
        bool(re.search(r"(?i)example|x{4}|your|\*{3}|\.{3}|0{6}|123456789|placeholder", value))
        or len(set(body)) < 5
    )


def _is_like_name(name: str, value: str) -> bool:
    """Tell whether a value only repeats its name: a field, a header, a dictionary key."""
    letters, own = _letters(value), _letters(name)
    if letters in _COMMON_WORDS and letters != own:
        return False
    if value.lower().startswith("x-"):
        return not any(character.isdigit() for character in value)
    return letters == own or (
        bool(_WORDLIKE.fullmatch(value)) and (own.endswith(letters) or letters.endswith(own))
    )


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _has_digit_and_letter(value: str) -> bool:
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _entropy(value: str) -> float:
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
