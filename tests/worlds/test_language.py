"""Invented names are different from one another and from every word that means something in the world."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uptake.errors import UserError
from uptake.worlds.language import WORD, invent_names, words


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 300), st.integers(0, 2**32))
def test_invented_names_are_unique(count, seed):
    names = invent_names(count, random.Random(seed))
    assert len(set(names)) == len(names) == count


def test_no_invented_name_is_taken_whatever_its_case():
    free = invent_names(400, random.Random(0))
    taken = [free[0].lower(), free[1].upper(), free[2]]
    names = invent_names(20_000, random.Random(1), taken)
    assert not {name.lower() for name in names} & {name.lower() for name in taken}


def test_the_same_stream_invents_the_same_names():
    assert invent_names(50, random.Random(3)) == invent_names(50, random.Random(3))


def test_every_name_is_one_token_of_a_word_level_tokenizer():
    assert all(WORD.findall(name) == [name] for name in invent_names(500, random.Random(0)))


def test_more_names_than_the_syllables_can_make_are_refused_with_a_remedy():
    with pytest.raises(UserError, match="invented names were asked for") as error:
        invent_names(10**6, random.Random(0))
    assert error.value.hint


def test_words_are_listed_once_and_punctuation_is_cut_off():
    assert words(["Ask Sol: is it so?", "It is so."]) == [".", ":", "?", "Ask", "It", "Sol", "is", "it", "so"]
