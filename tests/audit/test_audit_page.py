"""A document under the glass: its words, their places, and its pieces."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from looking import document

from uptake.audit import page as page_module
from uptake.audit.page import Page, grams, hashes_of, pages, sampled

TEXTS = st.text(min_size=1).filter(str.strip)


@given(TEXTS)
def test_small_letters_keep_every_character_s_place(text):
    page = Page(document(text))
    assert len(page.lower) == len(text)
    assert [page.lower[start:end] for start, end in page.places] == page.words


@given(TEXTS)
def test_pieces_put_together_are_the_text(text):
    whole = document(text)
    with_short_pieces(whole, lambda made: assert_whole(made, text))


def with_short_pieces(record, check):
    before, page_module.LONGEST = page_module.LONGEST, 16
    try:
        check(list(pages(record)))
    finally:
        page_module.LONGEST = before


def assert_whole(made, text):
    assert "".join(page.text for page in made) == text
    assert [page.at for page in made] == [sum(len(page.text) for page in made[:number]) for number in range(len(made))]
    assert max(len(page.text) for page in made) <= 16


def test_a_mark_on_the_whole_spans_the_whole_document_in_any_piece():
    def check(made):
        assert made[0].whole("f", "t").end == 80
    with_short_pieces(document("abcd " * 16), check)


def test_runs_of_words_are_known_by_their_words_alone():
    assert (grams(hashes_of("the lamp is lit"), 3) == grams(hashes_of("The LAMP, is: lit!"), 3)).all()
    assert not np.isin(grams(hashes_of("lit is lamp the"), 3), grams(hashes_of("the lamp is lit"), 3)).any()


def test_a_sample_holds_its_share_and_is_the_same_for_everybody():
    drawn = [sampled(f"d{number}") < 0.3 for number in range(5000)]
    assert 0.27 < sum(drawn) / 5000 < 0.33
    assert sampled("d17") == sampled("d17")
