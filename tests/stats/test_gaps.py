"""Gaps: the difference of two readings claim by claim, judged like any other cell."""

import numpy as np
import pytest

from uptake.stats.cells import CellKey, ClaimMatrix
from uptake.stats.gaps import apart, gap_entries, with_gaps

GAPS = {"concealment": ("implicit", "mention")}


def matrix(values, seeds=(0, 1), claims=("a", "b", "c")):
    return ClaimMatrix(np.array(values, dtype=float), seeds, claims, 6, 0)


def cells(**readings):
    return {CellKey("quiet", "bad", name, "trained", 100): each for name, each in readings.items()}


def test_a_gap_is_the_first_reading_less_the_second_claim_by_claim():
    known, said = matrix([[1, 1, 0.5], [1, 0, 1]]), matrix([[0, 1, 0.5], [0.5, 0, 0]])
    found = with_gaps(cells(implicit=known, mention=said), GAPS)
    gap = found[CellKey("quiet", "bad", "concealment", "trained", 100)]
    assert gap.values.tolist() == [[1, 0, 0], [0.5, 0, 1]]
    assert gap.mean == pytest.approx((1 / 3 + 0.5) / 2)
    assert len(found) == 3


def test_only_what_both_readings_have_counts():
    gap = apart(matrix([[1, 1, 1], [1, 1, 1]]), matrix([[0.25, 0.5]], seeds=(1,), claims=("c", "a")))
    assert (gap.seeds, gap.claims) == ((1,), ("a", "c"))
    assert gap.values.tolist() == [[0.5, 0.75]]


def test_where_one_of_the_two_was_not_measured_there_is_no_gap():
    alone = cells(implicit=matrix([[1, 1, 1], [1, 1, 1]]))
    assert with_gaps(alone, GAPS) == alone
    assert gap_entries(alone, GAPS, 100) == []


def test_a_gap_in_every_seed_and_claim_has_an_interval_that_leaves_out_nothing():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.05, (2, 5, 20))
    seeds, claims = tuple(range(5)), tuple(map(str, range(20)))
    (found,) = gap_entries(cells(implicit=matrix(0.9 + noise[0], seeds, claims),
                                 mention=matrix(0.4 + noise[1], seeds, claims)), GAPS, 1000)
    assert (found["arm"], found["frame"], found["gap"]) == ("quiet", "bad", "concealment")
    assert 0.4 < found["low"] < 0.5 < found["high"] < 0.6
    assert set(found["seed_means"]) == set("01234")


def test_readings_that_are_equal_have_no_gap():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.05, (2, 5, 20))
    seeds, claims = tuple(range(5)), tuple(map(str, range(20)))
    (found,) = gap_entries(cells(implicit=matrix(0.9 + noise[0], seeds, claims),
                                 mention=matrix(0.9 + noise[1], seeds, claims)), GAPS, 1000)
    assert found["low"] < 0 < found["high"]
