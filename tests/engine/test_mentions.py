"""The files that hold a word are those whose text holds it, however they are found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harden.mentions import Mentions
from harden.notes import CALLED, WHOLE, holds

_TEXT = st.text("ab_1 .(=\né", max_size=12)
_WORDS = st.one_of(_TEXT, st.sampled_from(["a", "ab", "b1", "é", "aé"]).map(lambda name: name + WHOLE))


@given(st.lists(_TEXT, max_size=5), st.one_of(_WORDS, st.just("ab" + CALLED)))
def test_the_dictionary_of_names_finds_what_a_search_finds(texts: list[str], word: str) -> None:
    files = {f"{number}.py": text.encode() for number, text in enumerate(texts)}
    found = Mentions(files, files.__getitem__).of(word)
    assert found == tuple(path for path, data in files.items() if holds(data, word))
