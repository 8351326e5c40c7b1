"""The tokens of each statement in a text."""

from __future__ import annotations

import io
import tokenize

OPEN, CLOSE = "([{", ")]}"
LAYOUT = frozenset({tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER})


def statements(text: str) -> list[list[tokenize.TokenInfo]]:
    """Return the tokens of each logical line."""
    found: list[list[tokenize.TokenInfo]] = []
    current: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NEWLINE:
                found += [current] if current else []
                current = []
            elif token.type not in LAYOUT:
                current.append(token)
    except (tokenize.TokenError, SyntaxError):
        return found
    return found
