"""The turn of a cell: exact on a known course, silent where nothing stood, never short because seeds were dropped."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.stats.cells import CellKey, ClaimMatrix
from uptake.stats.turning import come_back, crossing, returns, turn, turns


def test_a_course_is_crossed_where_the_line_between_two_checkpoints_meets_the_level():
    assert crossing([(0, 1.0), (100, 0.8), (200, 0.2)], 0.5) == pytest.approx(150)


def test_a_course_that_never_comes_down_has_no_crossing():
    assert crossing([(0, 1.0), (100, 0.9), (200, 0.6)], 0.5) is None


def test_the_first_of_several_crossings_counts():
    assert crossing([(0, 1.0), (10, 0.0), (20, 1.0), (30, 0.0)], 0.5) == pytest.approx(5)


@given(st.floats(0.3, 1.0), st.floats(3.0, 6.0))
def test_a_course_that_falls_by_a_steady_rate_has_the_half_life_of_that_rate(start, decades):
    """With checkpoints dense enough, the turn of start * 2**(-t / life) is its life."""
    life = 10**decades
    course = [(round(t), start * 2 ** (-t / life)) for t in np.linspace(0, 3 * life, 400)]
    assert turn({0: course}, "probability", 0.1)["tokens"] == pytest.approx(life, rel=0.02)


def test_the_mean_over_seeds_is_geometric_with_students_interval_on_logarithms():
    lives = dict(enumerate((100, 1000, 10000)))
    found = turn({seed: [(0, 1.0), (2 * life, 0.0)] for seed, life in lives.items()}, "probability", 0.1)
    assert found["tokens"] == pytest.approx(1000)
    half = 4.302653 * math.log(10) / math.sqrt(3)
    assert found["low"] == pytest.approx(1000 * math.exp(-half), rel=1e-3)
    assert found["high"] == pytest.approx(1000 * math.exp(half), rel=1e-3)


def test_a_seed_in_which_it_still_stands_takes_the_number_away():
    found = turn({0: [(0, 1.0), (100, 0.0)], 1: [(0, 1.0), (90, 0.9)]}, "probability", 0.1)
    assert found["tokens"] is None
    assert found["reason"] == "in 1 of 2 seeds it still stood after 90 tokens"
    assert found["seeds"] == {"0": 50, "1": None}


def test_a_seed_that_had_nothing_to_lose_does_not_count():
    found = turn({0: [(0, 1.0), (100, 0.0)], 1: [(0, 0.05), (100, 0.0)]}, "probability", 0.1)
    assert (found["tokens"], set(found["seeds"])) == (50, {"0"})


def test_two_seeds_make_no_interval():
    falls = [(0, 1.0), (100, 0.0)]
    found = turn({1: falls, 2: [(0, 1.0), (300, 0.0)]}, "probability", 0.1)
    assert found["tokens"] == pytest.approx(math.sqrt(50 * 150), rel=1e-4)
    assert (found["low"], found["high"], found["reason"]) == (None, None, "no interval: 2 seeds")


def test_where_nothing_stood_there_is_a_reason_and_no_number():
    found = turn({0: [(0, 0.02), (100, 0.01)]}, "probability", 0.1)
    assert (found["tokens"], found["reason"]) == (None, "nothing of it stood when the stage began")


def test_on_log_odds_the_turn_is_indifference():
    assert turn({0: [(0, 4.0), (100, -4.0)]}, "log-odds", 0.4)["tokens"] == pytest.approx(50)


def cell(means):
    return ClaimMatrix(np.array(means)[:, None], tuple(range(len(means))), ("c",), len(means), 0)


def test_turns_follow_a_stage_from_its_beginning_to_its_end_and_leave_other_readers_alone():
    cells = {CellKey(arm, "record", "self", context, at): cell(means) for arm, context, at, means in (
        ("own", "untouched", 0, [1.0, 0.8]), ("own", "trained", 100, [0.6, 0.4]), ("own", "trained", 200, [0.0, 0.0]),
        ("own@read", "untouched", 0, [0.1, 0.1]), ("own@read", "trained", 100, [1.0, 0.8]))}
    (found,) = turns(cells, ["own"], "probability", 0.1)
    assert (found["arm"], found["frame"], found["reading"]) == ("own", "record", "self")
    assert found["seeds"] == {"0": pytest.approx(100 + 100 / 6, rel=1e-4), "1": 100}


def test_the_turn_of_one_reading_says_where_the_others_stood_then():
    cells = {CellKey("own", "record", reading, context, at): cell(means) for reading, context, at, means in (
        ("self", "untouched", 0, [1.0, 0.8]), ("self", "trained", 100, [0.5, 0.0]),
        ("trigger", "untouched", 0, [1.0, 1.0]), ("trigger", "trained", 100, [0.8, 0.4]))}
    found = {each["reading"]: each for each in turns(cells, ["own"], "probability", 0.1)}
    assert found["self"]["seeds"] == {"0": 100, "1": 50}
    assert found["self"]["then"]["trigger"]["mean"] == pytest.approx((0.8 + 0.7) / 2)
    assert found["trigger"]["then"] == {}


def test_what_was_gone_has_returned_at_half_of_the_most_that_it_ever_was():
    found = come_back({0: [(0, 0.0), (100, 0.2), (200, 0.6)]}, {0: 0.8}, "probability", 0.1)
    assert found["seeds"] == {"0": 150}


def test_what_had_not_gone_does_not_come_back_and_what_never_was_does_not_count():
    found = come_back({0: [(0, 0.6), (100, 0.9)], 1: [(0, 0.0), (100, 0.05)]}, {0: 1.0, 1: 0.05}, "probability", 0.1)
    assert (found["tokens"], found["seeds"]) == (None, {})
    assert found["reason"] == "nothing of it had gone when the stage began"


def test_a_seed_in_which_it_stays_away_takes_the_number_away():
    found = come_back({0: [(0, 0.0), (100, 1.0)], 1: [(0, 0.0), (90, 0.1)]}, {0: 1.0, 1: 1.0}, "probability", 0.1)
    assert found["tokens"] is None
    assert found["reason"] == "in 1 of 2 seeds it had not come back after 90 tokens"


def test_on_log_odds_it_has_returned_at_indifference():
    assert come_back({0: [(0, -4.0), (100, 4.0)]}, {0: 4.0}, "log-odds", 0.4)["seeds"] == {"0": 50}


@given(st.floats(0.3, 1.0), st.floats(0.0, 0.4), st.floats(1.0, 1000.0))
def test_a_return_is_the_mirror_image_of_a_turn(top, low, tokens):
    """Upside down about half of its height, a course that comes up is one that comes down."""
    down, up = [(0, top), (tokens, top * low)], [(0, 0.0), (tokens, top - top * low)]
    fallen, risen = crossing(down, top / 2), come_back({0: up}, {0: top}, "probability", 0.1)["seeds"]["0"]
    assert risen == pytest.approx(fallen, rel=1e-4)


def test_relearning_and_learning_return_to_the_same_level_of_their_own_arms():
    cells = {CellKey(arm, "record", "self", context, at): cell(means) for arm, context, at, means in (
        ("old@read", "untouched", 0, [0.0, 0.0]), ("old@read", "trained", 100, [1.0, 1.0]),
        ("old", "untouched", 0, [0.2, 0.2]), ("old", "trained", 100, [0.8, 1.0]),
        ("new@read", "untouched", 0, [0.0, 0.0]), ("new@read", "trained", 100, [0.0, 0.0]),
        ("new", "untouched", 0, [0.0, 0.0]), ("new", "trained", 100, [1.0, 1.0]))}
    arms = [["old@read", "old"], ["new@read", "new"]]
    found = {each["arm"]: each for each in returns(cells, arms, "probability", 0.1)}
    assert found["old"]["seeds"] == {"0": 50, "1": 37.5}
    assert found["new"]["seeds"] == {"0": 50, "1": 50}
