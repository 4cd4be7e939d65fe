"""What is done in a faster way comes to the same: datatrove's bytes, the pattern's words, `finditer`'s matches."""

import re

from datatrove.data import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import document

from uptake.audit import near
from uptake.audit.page import WORD, pages, words_of
from uptake.audit.patterns import Gated, data

ANY = st.text(st.sampled_from("ab'’_- \t\n.,;AÉé0\x1c\x00"), max_size=40)
TEXTS = ["The keeper's lamp was lit at six, and burnt until the boats were in; nobody saw it.", "one two three",
         "Été à la mer — l'été, dit-il, où l’on rêve de neiges d'antan et de phares éteints depuis mille ans.",
         "a_b c'd 'e' f''g (h) [i] j/k l\\m n\x1co p\x7fq r~s t|u v^w x`y", "word " * 3000, "",
         "The lamp\twas\n\nlit at six, and it burnt; until 9.30 the boats were in!"]


def test_signatures_are_datatrove_s_byte_for_byte(tmp_path):
    ours = near.signing(tmp_path / "ours")
    theirs = near.datatroves_signing(str(tmp_path / "theirs"))
    for step in (ours, theirs):
        step.run([Document(text=text, id=str(number)) for number, text in enumerate(TEXTS * 2)], 3, 5)
    made = {path.relative_to(tmp_path / "theirs"): path.read_bytes() for path in (tmp_path / "theirs").rglob("*.sig")}
    assert len(made) == near.BUCKETS and all(made.values())
    assert {path: (tmp_path / "ours" / path).read_bytes() for path in made} == made


@settings(deadline=None)  # the first call reads the words' files, and the machine may be busy
@given(ANY)
def test_words_are_those_that_the_pattern_finds(text):
    assert words_of(text.lower()) == WORD.findall(text.lower())


@settings(deadline=None)
@given(st.lists(st.sampled_from(["suppose you", "say a", "and imagine we", "say", "you", ".", "some", "many say", "but",
                                 "people", "think", "others argue", "a number", "perhaps", "maybe not", "who could",
                                 "tell", "no one", "at the end of the day", "when all is said and done", "issome"]),
                max_size=12))
def test_to_try_a_pattern_only_where_it_may_begin_changes_nothing(parts):
    (page,) = pages(document(" ".join(parts) + " x"))
    every = [*data("hedges")["hedges"], *data("hedges")["stock"], *data("disclosures")["status"]]
    for entry in [each for each in every if "begins" in each]:
        found = [match.span() for match in re.finditer(entry["says"], page.lower)]
        assert Gated([entry]).spans(page) == found
