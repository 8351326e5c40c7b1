"""Templates of Jinja and Django as far as rows are concerned: loops, names, and what is read of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from harden.checklists.database.row_held import Apart, Held, Kind
from harden.checklists.database.row_steps import NARROWS, ONE
from harden.module import Module

if TYPE_CHECKING:
    from harden.checklists.database.row_reading import Reading

_TAG = re.compile(
    r"\{#.*?#\}|\{%-?\s*comment\b.*?endcomment\s*-?%\}|\{%[-+]?(.*?)[-+]?%\}|\{\{(.*?)\}\}", re.DOTALL
)
_TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")
_CHAIN = re.compile(r"(?<![\w.|])[A-Za-z_]\w*(?:\[[^\]\[]*\]|\(\)|\s*\.\s*\w+)*")
_PART = re.compile(r"\[([^\]\[]*)\]|\(\)|\.\s*(\w+)")
_LOOP = re.compile(r"for\s+([\w\s,]+?)\s+in\s+(.+)", re.DOTALL)
_SET = re.compile(r"(?:set|with)\s+(.+)", re.DOTALL)
_PAIR = re.compile(r"(\w+)\s*=\s*([\w.\[\]()]+)")
_AS = re.compile(r"([\w.\[\]()]+)\s+as\s+(\w+)")
_INCLUDE = re.compile(r"include\s+[\"']([^\"']+)[\"']")
_EXTENDS = re.compile(r"extends\s+[\"']([^\"']+)[\"']")
_ONLY_FEW = re.compile(r"\|\s*slice\s*:\s*[\"']:([0-5])[\"']|\[\s*:\s*([0-5])\s*\]")
_DEEPEST = 4


def shown_by(reading: Reading, module: Module, template: str, shown: dict[str, Held], depth: int = 0) -> None:
    """Follow rows into the project's files that a template's name stands for."""
    if depth > _DEEPEST or not shown:
        return
    for path in files_of(module, template):
        _Template(reading, module, path, depth).read(shown)


def files_of(module: Module, template: str) -> Iterator[str]:
    """Yield the project's files that a template's name may stand for."""
    end = f"/{template}"
    return (path for path in module.project.paths if path == template or path.endswith(end))


class _Template:
    """One file, read once from top to bottom."""

    def __init__(self, reading: Reading, module: Module, path: str, depth: int) -> None:
        self._reading = reading
        self._module = module
        self._path = path
        self._depth = depth
        self._line = 1

    def read(self, shown: dict[str, Held]) -> None:
        """Read the file with what its names hold."""
        text = self._module.project.text(self._path)
        if not any(name in text for name in shown):
            self._handed_on(text, shown)
            return
        frames: list[dict[str, Held | None]] = [dict(shown)]
        for found in _TAG.finditer(text):
            self._line = text.count("\n", 0, found.start()) + 1
            if found[2] is not None:
                self._expressions(found[2], frames[-1])
            elif found[1] is not None:
                self._tag(found[1].strip(), frames)

    def _handed_on(self, text: str, shown: dict[str, Held]) -> None:
        for found in _INCLUDE.finditer(text):
            shown_by(self._reading, self._module, found[1], shown, self._depth + 1)

    def _tag(self, tag: str, frames: list[dict[str, Held | None]]) -> None:
        word = tag.partition(" ")[0]
        here = frames[-1]
        if word == "for" and (loop := _LOOP.match(tag)):
            self._expressions(loop[2], here)
            source = _ONLY_FEW.split(loop[2])[0]
            held = self._chain_of(source, here)
            if held is not None and _ONLY_FEW.search(loop[2]):
                held = replace(held, few=True)
            frames.append(here | dict.fromkeys(re.findall(r"\w+", loop[1]), _item(held)))
        elif word == "with":
            frames.append(here | self._named(tag, here))
        elif word in ("endfor", "endwith"):
            if len(frames) > 1:
                frames.pop()
        elif word == "set" and "=" in tag:
            here.update(self._named(tag, here))
        elif word == "include":
            self._included(tag, here)
        elif word == "extends" and (found := _EXTENDS.match(tag)):
            shown = {name: held for name, held in here.items() if held is not None}
            shown_by(self._reading, self._module, found[1], shown, self._depth + 1)
        elif word not in ("block", "endblock", "endif", "else", "load", "csrf_token", "endset", "empty"):
            self._expressions(tag.partition(" ")[2], here)

    def _included(self, tag: str, here: dict[str, Held | None]) -> None:
        named = here | self._named(tag, here)
        shown = {name: held for name, held in named.items() if held is not None}
        if found := _INCLUDE.match(tag):
            shown_by(self._reading, self._module, found[1], shown, self._depth + 1)

    def _named(self, tag: str, here: dict[str, Held | None]) -> dict[str, Held | None]:
        """Return what `with a=p.author`, `with p.author as a` and `set a = p.author` give names."""
        found: dict[str, Held | None] = {}
        for name, source in _PAIR.findall(tag):
            found[name] = self._chain_of(source, here)
        for source, name in _AS.findall(tag):
            found[name] = self._chain_of(source, here)
        return found

    def _expressions(self, text: str, here: dict[str, Held | None]) -> None:
        """Read everything that an expression names."""
        for found in _CHAIN.finditer(_TEXT.sub('""', text)):
            held = self._chain_of(found[0], here)
            if held is not None and held.kind is Kind.ROW and "for " not in text:
                self._reading.member(None, None, held, "__str__")

    def _chain_of(self, text: str, here: dict[str, Held | None]) -> Held | None:
        """Return what `post.author.name` holds, and note what it reads on the way."""
        text = text.strip()
        first = re.match(r"\w+", text)
        held = here.get(first[0]) if first else None
        if held is None or first is None:
            return None
        chain = _CHAIN.match(text)
        for found in _PART.finditer(chain[0] if chain else "", first.end()):
            held = self._step(held, found[2], found[1])
            if held is None:
                return None
        if held.kind is Kind.MANAGER:
            return None
        return held

    def _step(self, held: Held, name: str | None, inside: str | None) -> Held | None:
        place = f"{self._path}:{self._line} reads {'.'.join((*held.path, name or ''))}"
        if inside is not None:
            is_slice = ":" in inside
            return held if is_slice or held.kind is not Kind.ROWS else held.row
        if name is None:
            return held
        if held.kind is Kind.ROW:
            inner = self._reading.read(held, name, place)
            if inner is None:
                self._reading.member(None, None, held, name)
            return inner
        if held.kind is Kind.MANAGER:
            return self._asked(held, name, place)
        if name in ("items", "object_list", "all", "page_obj"):
            return held
        if name in ("first", "last", "0"):
            return held.row
        return None

    def _asked(self, held: Held, name: str, place: str) -> Held | None:
        reading = self._reading
        if name in ("all", "count", "exists"):
            if held.each:
                reading.note(held, place, counts=name != "all")
            return replace(held, kind=Kind.ROWS) if name == "all" else None
        if name in NARROWS | ONE and held.each:
            reading.apart.setdefault(place, Apart(held.ways[-1].name))
        return None


def _item(held: Held | None) -> Held | None:
    return held.row if held is not None and held.kind is Kind.ROWS else None
