"""Streams are named, repeatable and independent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.seeds import number, numpy_stream, stream

SEEDS = st.integers(min_value=0, max_value=2**40)
NAMES = st.lists(st.one_of(st.text(max_size=8), st.integers(-5, 10**6)), max_size=4)


@given(SEEDS, NAMES)
def test_the_same_names_give_the_same_stream_from_its_start(seed, names):
    assert number(seed, *names) == number(seed, *names)
    assert stream(seed, *names).random() == stream(seed, *names).random()
    assert numpy_stream(seed, *names).random() == numpy_stream(seed, *names).random()


@given(SEEDS, NAMES, SEEDS, NAMES)
def test_other_names_or_another_seed_give_another_stream(seed, names, other_seed, other_names):
    same = (seed, names) == (other_seed, other_names)
    assert (number(seed, *names) == number(other_seed, *other_names)) is same
    assert (stream(seed, *names).random() == stream(other_seed, *other_names).random()) is same


@given(SEEDS, NAMES)
def test_a_number_fits_63_bits(seed, names):
    assert 0 <= number(seed, *names) < 2**63


@given(st.text(max_size=5), st.text(max_size=5))
def test_where_one_name_ends_and_the_next_begins_matters(left, right):
    assert number(0, left, right) != number(0, left + right)


def test_drawing_from_one_stream_does_not_move_another():
    first, second = stream(1, "deal"), stream(1, "order")
    undisturbed = [second.random() for _ in range(5)]
    second = stream(1, "order")
    mixed = []
    for _ in range(5):
        first.random()
        mixed.append(second.random())
    assert mixed == undisturbed


def test_streams_of_neighbouring_seeds_are_uncorrelated():
    # Correlations of 2,000 independent pairs have a standard deviation of 0.022; 0.1 is four of them.
    for draw in (lambda seed: stream(seed, "x").random(), lambda seed: numpy_stream(seed, "x").random()):
        values = [draw(seed) for seed in range(2001)]
        assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.1
        assert abs(np.mean(values) - 0.5) < 0.03


def test_the_numbers_are_these_for_ever():
    assert number(0, "weights") == 174433883055019982
    assert stream(7, "deal", 3).randrange(10**9) == 831292376
    assert numpy_stream(7, "deal", 3).integers(10**9) == 23812423


def test_a_number_and_the_text_of_it_are_two_names():
    assert number(0, 1) != number(0, "1")


@pytest.mark.parametrize("name", [1.0, None, True, ("a",)])
def test_a_name_that_is_neither_text_nor_a_whole_number_is_refused(name):
    with pytest.raises(TypeError, match="a stream is named by text and whole numbers"):
        number(0, name)


@pytest.mark.parametrize("seed", [-1, "0"])
def test_a_seed_that_is_not_a_whole_number_from_0_is_refused(seed):
    with pytest.raises(ValueError, match="a seed is a whole number from 0"):
        stream(seed)
