"""A person's own keys: read, checked, and put in the place of the usual ones."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import combinations

from textual.binding import Binding, BindingsMap
from textual.keys import KEY_TO_UNICODE_NAME, Keys, _character_to_key

from harden.errors import SettingsError
from harden.tui import keys

_MODIFIERS = ("ctrl", "alt", "shift", "super", "meta", "hyper")
_ALSO = {"esc": "escape", "pgdn": "pagedown", "pgup": "pageup", "del": "delete", "return": "enter"}
_NAMES = frozenset(key.value for key in Keys if not key.value.startswith("<")) | frozenset(
    KEY_TO_UNICODE_NAME
)

_IN_FIELDS = frozenset({keys.DIALOGS})
"""Places with fields to write in: a letter that does something there could not be written."""

_HELP = ("app.help", "app.palette")
_DIALOG = ("dialog.keep", "dialog.leave", "field.next", "field.previous")
_LISTED = tuple(key.id for key in keys.MOVES)


def _of(*places: str) -> tuple[str, ...]:
    return tuple(key.id for key in keys.KEYS if key.where in places)


TOGETHER: tuple[tuple[str, ...], ...] = (
    (*_of(keys.ANYWHERE, keys.FINDINGS, keys.PREVIEW), *_LISTED),
    (*_of(keys.ANYWHERE, keys.PREVIEW, keys.QUESTIONS), *_LISTED),
    (*_of(keys.SUMMARY), *_HELP, *_LISTED, "list.next_best", "app.commit"),
    (*_of(keys.COMMITTING), *_HELP, *_LISTED[:4]),
    (*_of(keys.EDITED), *_HELP, *_LISTED[:6], "hunk.next", "hunk.previous", "dialog.leave"),
    (
        "hunk.next",
        "hunk.previous",
        "hunk.toggle",
        "diff.split",
        "diff.wrap",
        *_HELP,
        *_LISTED[:6],
        *_DIALOG[:2],
    ),
)
"""Actions that wait for a key at the same time."""


def checked(own: Mapping[str, str], source: str) -> dict[str, str]:
    """Return keys by id as Textual names them. Raises SettingsError: an id or a key that is none."""
    return {id: ",".join(_checked(id, text, source)) for id, text in own.items()}


def _checked(id: str, text: str, source: str) -> Iterable[str]:
    if id not in keys.BY_ID:
        near = difflib.get_close_matches(id, keys.BY_ID, 1)
        more = f"did you mean {near[0]!r}?" if near else "the help lists what each key does."
        raise SettingsError(f"{source}: there is no action {id!r} to give a key; {more}")
    for part in text.split(","):
        key = normal(part)
        if not key:
            raise SettingsError(
                f"{source}: {id} = {text!r}: {part.strip()!r} is no key, as 'a', 'ctrl+a', 'f5' are."
            )
        if keys.BY_ID[id].where in _IN_FIELDS and _is_written(key):
            raise SettingsError(
                f"{source}: {id} = {text!r}: {part.strip()!r} is written where this key works."
            )
        yield key


def _is_written(key: str) -> bool:
    return len(key) == 1 or key in KEY_TO_UNICODE_NAME or key == "space"


def normal(text: str) -> str:
    """Return a key as Textual names it, or an empty string: `?` is question_mark, `Esc` escape."""
    text = text.strip()
    if len(text) == 1:
        return _character_to_key(text) if text.isprintable() else ""
    *modifiers, last = text.split("+") if not text.endswith("++") else [*text[:-2].split("+"), "+"]
    if any(modifier.lower() not in _MODIFIERS for modifier in modifiers):
        return ""
    if len(last) == 1:
        name = _character_to_key(last) if last.isprintable() else ""
    else:
        name = _ALSO.get(last.lower(), last.lower())
        name = name if name in _NAMES or _is_unicode_name(name) else ""
    return "+".join([*(modifier.lower() for modifier in modifiers), name]) if name else ""


def _is_unicode_name(name: str) -> bool:
    try:
        return unicodedata.lookup(name.replace("_", " ")).isprintable()
    except KeyError:
        return False


def clashes(keymap: Mapping[str, str]) -> list[str]:
    """Return a sentence for every key that a person's own keys leave with two actions in one place."""
    told: dict[str, None] = {}
    for ids in TOGETHER:
        by_key: dict[str, list[str]] = {}
        for id in ids:
            for key in set(of(id, keymap)):
                by_key.setdefault(key, []).append(id)
        for key, found in by_key.items():
            for one, other in combinations(found, 2):
                if one in keymap or other in keymap:
                    told[f"{keys.shown(key)} is the key of two actions: {one} and {other}."] = None
    return list(told)


def of(id: str, keymap: Mapping[str, str]) -> list[str]:
    """Return the keys of an action as Textual names them."""
    return [key.strip() for key in keymap.get(id, keys.BY_ID[id].keys).split(",")]


def rebound(bindings: BindingsMap, keymap: Mapping[str, str]) -> BindingsMap:
    """Return bindings on a person's own keys, these before others on the same key.

    Textual's own way takes a key from every action that shares it, as `n` is shared by two.
    """
    own: dict[str, list[Binding]] = {}
    usual: dict[str, list[Binding]] = {}
    for key, found in bindings.key_to_bindings.items():
        for binding in found:
            if binding.id is None or binding.id not in keymap:
                usual.setdefault(key, []).append(binding)
                continue
            for wanted in of(binding.id, keymap):
                moved = binding.with_key(wanted)
                if moved not in own.setdefault(wanted, []):
                    own[wanted].append(moved)
    result = BindingsMap()
    result.key_to_bindings = {key: [*own.get(key, ()), *usual.get(key, ())] for key in {**own, **usual}}
    return result
