"""A file with secrets is not kept out of git.

What is committed once stays in the history, in every clone and every fork, and with everybody who ever
had access. An `.env`, a private key or the account of a service in the repository means that each of them
can act as the service, and that production and laptops share their secrets. Such files belong into the
environment, into the secret store of the platform, or into a file that git ignores; the repository holds
a template with the names.

Flagged are environment files with a value that is a secret, private keys, accounts of Google services,
and the password files of tools (`.netrc`, `.pgpass`, `.pypirc`, `.aws/credentials`), when git tracks them
or takes them with the next `git add`. Templates, placeholders, encrypted keys, certificates, settings for
tests, keys of a development host, and variables that are meant for the browser (`VITE_…`) are left out.

The fix has git ignore the file and names its variables in a template. What git tracks already it goes on
tracking until `git rm --cached`, which is left to you; what was ever committed has to be replaced.

Flagged (.env):

    # the shop
    DEBUG=False
    DATABASE_URL=postgresql://shop:hunter2pw@db.internal:5432/shop
    STRIPE_SECRET_KEY="sk_live_4eC39HqLyjWDarjtT1zdp7dc"
    export SECRET_KEY=9f8c2b7d1e6a4053

Fixed (.env.example):

    DEBUG=
    DATABASE_URL=
    STRIPE_SECRET_KEY=
    SECRET_KEY=

Flagged (certs/server.key):

    -----BEGIN RSA PRIVATE KEY-----
    MIIEpAIBAAKCAQEA7bq3yvOa1Yh0uJ4cX2l5nqF8t0sZkQ9mWv1rE6bT3pLd
    -----END RSA PRIVATE KEY-----

Fixed (.gitignore):

    /certs/server.key

Flagged (firebase-adminsdk.json):

    {
      "type": "service_account",
      "project_id": "shop",
      "private_key": "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAg\\n-----END",
      "client_email": "shop@shop.iam.gserviceaccount.com"
    }

Fixed (.gitignore):

    /firebase-adminsdk.json

Fine (.env.example):

    DATABASE_URL=postgresql://shop:shop@localhost/shop
    SECRET_KEY=a-long-random-value

Fine (.env):

    DEBUG=False
    LOG_LEVEL=info
    COMPOSE_PROJECT_NAME=shop
    SECRET_KEY=changethis
    SENTRY_KEY=
    PASSWORD_FILE=/run/secrets/password
    STRIPE_SECRET_KEY=${STRIPE_SECRET_KEY}
    # AWS_SECRET_ACCESS_KEY=your-key-here

Fine (frontend/.env):

    VITE_API_URL=https://api.shop.io
    VITE_FIREBASE_API_KEY=AIzaSyD4k2mVq8n1Zx7c5b3L9w0eRtYuIoPasDf
    NEXT_PUBLIC_MAPS_TOKEN=pk1234567890abcdefghij

Fine (.env.test):

    SECRET_KEY=9f8c2b7d1e6a4053

Fine (certs/ca.pem):

    -----BEGIN CERTIFICATE-----
    MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ
    -----END CERTIFICATE-----

Fine (keys/jwt_public.pem):

    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo
    -----END PUBLIC KEY-----

Fine (certs/localhost-key.pem):

    -----BEGIN PRIVATE KEY-----
    MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
    -----END PRIVATE KEY-----

Fine (credentials.json):

    {"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\n...\\n-----END"}

When to ignore: the file is encrypted (git-crypt, SOPS), or its values are those of a service that anybody
starts on a laptop.

References:

    https://12factor.net/config
    https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository
    https://git-scm.com/docs/git-rm
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from harden.checklists.secret_evidence import Place, has_credentials, is_secret, kind_of, known_shape
from harden.checks import Check, Fix
from harden.dotenv import assigned_value
from harden.findings import Finding, Risk, Severity
from harden.ignoring import is_ignored
from harden.module import TextFile
from harden.project import Project

check = Check(
    id="dotenv-tracked",
    title="File with secrets in git",
    severity=Severity.HIGH,
    fix=Fix("harden.codemods.untracked:KeepOutOfGit", Risk.REVIEW),
    secret=True,
)

_TEMPLATE = re.compile(
    r"(?i)(^|[._-])(examples?|sample|template|tmpl|dist|defaults?|schema|test|tests|testing|ci|e2e)([._-]|$)"
)
_LAPTOP = re.compile(r"(?i)(^|[._-])(dev|develop|development|local|docker)([._-]|$)")
_BROWSER = re.compile(
    r"(VITE|NEXT_PUBLIC|REACT_APP|EXPO_PUBLIC|NUXT_PUBLIC|PUBLIC|GATSBY|VUE_APP|STORYBOOK)_"
)
_PLACEHOLDER = re.compile(
    r"(?i)change.?(me|this|it\b)|\byour|your[-_]|example|placeholder|replace|x{4}|<|\*\*\*|\.\.\.|dummy|todo|fill|insert|^\$"
)
_KEY = re.compile(r"^-----BEGIN (RSA |EC |DSA |OPENSSH )?PRIVATE KEY-----")
_ENCRYPTED = re.compile(r"(?m)^Proc-Type:.*ENCRYPTED|^sops:|\"sops\"\s*:")
_OWN_HOST = re.compile(
    r"(?i)localhost|snake.?oil|self.?signed|dummy|example|sample|test|mkcert|(^|[/._-])(dev|local|demo)([/._-]|$)"
)
_ACCOUNT = re.compile(r'"private_key"\s*:\s*"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<body>[^"]*)"')
_TOOLS = (
    re.compile(r"(?i)\b(password|aws_secret_access_key)\s*[=: ]\s*(?P<value>\S+)"),
    re.compile(r"^[^#:\s]+:[^:]*:[^:]*:[^:]*:(?P<value>\S+)$"),
)


@check.file(".env", ".env.*", "*.env")
def environment_file(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag environment files with secrets in them."""
    name = PurePosixPath(file.path).name
    if _TEMPLATE.search(name) or _ENCRYPTED.search(file.text):
        return
    on_laptop = _LAPTOP.search(name) is not None
    found = [
        (at, name) for at, line in enumerate(file.lines, 1) if (name := _secret_in(line, on_laptop=on_laptop))
    ]
    if found:
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield from _found(file, project, found[0][0], f"{found[0][1]}{others}", names=_names(file))


def _secret_in(line: str, *, on_laptop: bool) -> str:
    """Return the name of the variable that a line gives a secret, on a laptop that of a real service."""
    place = assigned_value(line)
    if place is None:
        return ""
    name = line[: place[0]].strip().removeprefix("export ").rstrip("= \t").strip()
    value = line[place[0] : place[1]].strip().partition(" #")[0].strip().strip("\"'")
    if _BROWSER.match(name) or _PLACEHOLDER.search(value):
        return ""
    if known_shape(value):
        return name
    is_one = has_credentials(value) or is_secret(kind_of(name), name, value, Place.CONFIG)
    return name if is_one and not on_laptop else ""


def _names(file: TextFile) -> str:
    """Return the names of all variables, in order."""
    named = (re.match(r"\s*(?:export\s+)?([\w.\-]+)[ \t]*=", line) for line in file.lines)
    return " ".join(dict.fromkeys(match[1] for match in named if match))


@check.file("*.pem", "*.p8", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")
@check.file("*private*.key", "*server*.key", "*jwt*.key", "*ssl*.key", "*tls*.key", "*cert*.key", "*rsa*.key")
def private_key(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag private keys that no passphrase protects."""
    if _OWN_HOST.search(file.path) or _ENCRYPTED.search(file.text):
        return
    for at, line in enumerate(file.lines, 1):
        if _KEY.match(line.strip()):
            yield from _found(file, project, at, "a private key")
            return


@check.file("*service*account*.json", "*credentials*.json", "*firebase*admin*.json", "gcp*.json")
@check.file(f"*-{'[0-9a-f]' * 12}.json", "key.json", "*_key.json", "*-key.json", "*-sa.json")
def account(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag the keys of service accounts."""
    found = _ACCOUNT.search(file.text)
    if (
        found
        and not _PLACEHOLDER.search(found["body"])
        and len(found["body"]) >= 40
        and not _OWN_HOST.search(file.path)
    ):
        yield from _found(
            file, project, file.text.count("\n", 0, found.start()) + 1, "the key of a service account"
        )


@check.file(".netrc", "_netrc", ".pgpass", ".pypirc", "*.aws/credentials", "*.streamlit/secrets.toml")
def password_file(file: TextFile, project: Project) -> Iterator[Finding]:
    """Flag the password files of tools."""
    for at, line in enumerate(file.lines, 1):
        values = [match["value"].strip("\"'") for pattern in _TOOLS if (match := pattern.search(line))]
        if any(not _PLACEHOLDER.search(value) for value in values) and not line.lstrip().startswith("#"):
            yield from _found(file, project, at, "a password")
            return


def _found(file: TextFile, project: Project, line: int, what: str, *, names: str = "") -> Iterator[Finding]:
    """Report a file; one that git ignores and lists all the same is tracked, which only a person ends."""
    name, span = PurePosixPath(file.path).name, file.span(line)
    if not is_ignored(project, file.path):
        message = f"git does not ignore {name}, which holds {what}"
        yield check.found_at(file.path, span, message, facts={"names": names})
    elif project.exists(".git/HEAD") or project.exists(".git"):
        message = f"git ignores {name} by now and tracks it still: it holds {what}"
        why_not = f"`git rm --cached {file.path}` ends that and leaves the file where it is: commit it."
        yield replace(check.found_at(file.path, span, message, why_not=why_not), scope="tracked")
