"""Read source bytes as text and back without losing encoding, BOM or line endings."""

from __future__ import annotations

import codecs
import io
import tokenize
from dataclasses import dataclass

from harden.errors import UnreadableSource

MAX_BYTES = 2_000_000
"""Larger files are generated data in practice; they are reported, not scanned."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """Decoded text with its own line endings, and what is needed to encode it again."""

    text: str
    encoding: str
    bom: bool

    @property
    def newline(self) -> str:
        r"""Return the line ending of the first line, `\n` where there is none."""
        end = self.text.find("\n")
        if end < 0:
            return "\r" if "\r" in self.text else "\n"
        return "\r\n" if end and self.text[end - 1] == "\r" else "\n"

    def encode(self, text: str) -> bytes:
        """Encode `text` the way the file was encoded.

        Raises UnicodeEncodeError when the file's encoding lacks a character.
        """
        return (codecs.BOM_UTF8 if self.bom else b"") + text.encode(self.encoding)


def decode(path: str, data: bytes, *, python: bool = True) -> SourceText:
    """Decode a file as Python does: BOM first, then the coding cookie, then UTF-8.

    Raises UnreadableSource when the file is too large or its bytes do not fit its encoding.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableSource(path, f"larger than {MAX_BYTES // 1_000_000} MB, not scanned")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableSource(path, "UTF-16, which Python itself does not accept as source", 1)
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise UnreadableSource(path, "contains a null byte", line)
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    encoding = _declared_encoding(path, data) if python else "utf-8"
    try:
        return SourceText(body.decode(encoding), encoding, bom)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise UnreadableSource(path, f"byte 0x{body[error.start]:02x} is not {encoding}", line) from None
    except (LookupError, ValueError) as error:  # codecs that are not for text
        raise UnreadableSource(path, f"encoding {encoding}: {error}", 1) from None


def _declared_encoding(path: str, data: bytes) -> str:
    if not any(b"coding" in line for line in data.split(b"\n", 2)[:2]):
        return "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise UnreadableSource(path, str(error), 1) from None
    return "utf-8" if encoding == "utf-8-sig" else encoding
