"""What a project knows of the proxy in front of it: by its code, its settings, and how it is started."""

from __future__ import annotations

import re

from harden.checklists.serving import starters
from harden.project import Project
from harden.roles import FileKind, file_kind

_STARTED = re.compile(r"(?i)--proxy-headers|forwarded[-_]allow[-_]ips|\bxheaders\b|proxy_count")
_BOTH = (
    *("ProxyFix", "ProxyHeadersMiddleware", "proxy_headers", "forwarded_allow_ips", "xheaders"),
    *("XForwardedForMiddleware", "TRUSTED_PROXIES", "PROXIES_COUNT", "mangum"),
)
_ADDRESS_NAMES = (
    *("HTTP_X_FORWARDED_FOR", "X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_CF_CONNECTING_IP", "access_route"),
    *("ipware", "NUM_PROXIES", "REAL_IP_HEADER", "x_forwarded_for"),
)
_ADDRESS_HEADERS = (
    *("X-Forwarded-For", "x-forwarded-for", "X-FORWARDED-FOR", "X-Real-IP", "X-Real-Ip", "x-real-ip"),
    *("CF-Connecting-IP", "cf-connecting-ip", "True-Client-IP", "true-client-ip", "Fly-Client-IP"),
)
_SCHEME_NAMES = (
    *("SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "PREFERRED_URL_SCHEME"),
    *("SERVER_NAME", "HTTP_X_FORWARDED_HOST"),
)
_SCHEME_HEADERS = ("X-Forwarded-Proto", "x-forwarded-proto", "X-Forwarded-Host", "x-forwarded-host")


def knows_address(project: Project) -> bool:
    """Tell whether the project learns the client's address from its proxy."""
    return _knows(project, _ADDRESS_NAMES, _ADDRESS_HEADERS)


def knows_scheme(project: Project) -> bool:
    """Tell whether the project learns scheme and host from its proxy, or is told them by its settings."""
    return _knows(project, _SCHEME_NAMES, _SCHEME_HEADERS)


def _knows(project: Project, names: tuple[str, ...], headers: tuple[str, ...]) -> bool:
    if any(_is_said(project, word, project.naming(word)) for word in (*_BOTH, *names)):
        return True
    if any(_is_said(project, word, project.mentions(word)) for word in headers):
        return True
    return any(_STARTED.search(text) for _, text in starters(project))


def _is_said(project: Project, word: str, paths: tuple[str, ...]) -> bool:
    """Tell whether a file that is no test says a word outside of comments."""
    said = re.compile(rf"(?m)^[^#\n]*{re.escape(word)}")
    return any(file_kind(path) is not FileKind.TEST and said.search(project.text(path)) for path in paths)
