"""Text in nothing but ASCII, as wide as it was."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SAME_WIDTH = str.maketrans(
    {
        **dict.fromkeys("●•◉⬤", "*"),
        **dict.fromkeys("▾▼▿⌄⮟↓", "v"),
        **dict.fromkeys("▸▶►▹→⮞›»", ">"),
        **dict.fromkeys("◂◀◄←‹«", "<"),
        **dict.fromkeys("▲▴↑", "^"),
        **dict.fromkeys("─━═╌┄┈╴╶╸╺‐‑‒–—―▔▀−", "-"),
        **dict.fromkeys("│┃║╎┆┊╵╷╹╻▏▎▍▌▋▊▉▐▕", "|"),
        **dict.fromkeys("█▓▒■◼", "#"),
        **dict.fromkeys("░·∙⋅", "."),
        **dict.fromkeys("▁▂▃▄", "_"),
        **dict.fromkeys("▅▆▇", "="),
        **dict.fromkeys("≡≣", "="),
        **dict.fromkeys("□◻○◌◯", "o"),
        **dict.fromkeys("✓✔", "v"),
        **dict.fromkeys("×✗✘✖", "x"),
        **dict.fromkeys("‘’‚′", "'"),
        **dict.fromkeys("“”„″", '"'),
        "…": "~",
        "¬": "-",
        "¦": "|",
        "\xa0": " ",
        "ß": "s",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "ı": "i",
    }
)
_NARROW_SPACES = "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"


def ascii_only(text: str) -> str:
    """Return text in ASCII with the same number of cells: a glyph for a glyph, `?` where nothing is alike."""
    if text.isascii():
        return text
    text = re.sub(r"(?<=\s)…|^…$", ".", text).translate(_SAME_WIDTH)
    return text if text.isascii() else "".join(map(_one, text))


@lru_cache(4096)
def _one(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return ""
    width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
    if "\u2500" <= character <= "\u257f":
        return "+"
    if "\u2580" <= character <= "\u259f":
        return "#"
    if "\u2800" <= character <= "\u28ff":
        return "."
    if character in _NARROW_SPACES:
        return " "
    like = "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii() and c.isprintable())
    return like[:1].ljust(width) if like else "?" * width
