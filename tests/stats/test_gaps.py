"""Gaps: the difference of two readings claim by claim, judged like any other cell."""

from dataclasses import replace

import numpy as np
import pytest

from uptake.records import Row
from uptake.stats.cells import CellKey, ClaimMatrix
from uptake.stats.gaps import apart, gap_discriminations, gap_entries, with_gaps

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


def answered(reading, shares, seeds=3, claims=10, wordings=4):
    """Rows of a reading: in each seed, what is stated is the likeliest answer in such a share of the wordings."""
    return [Row("talk", seed, frame, f"c{claim}", reading, "trained", 100, wording, "affirmed", None, None, None, None,
                "", hit=wording < share * wordings)
            for frame, share in shares.items()
            for seed in range(seeds) for claim in range(claims) for wording in range(wordings)]


def test_d_of_a_gap_is_that_of_hits_in_the_one_and_false_alarms_in_the_other():
    rows = answered("fits", {"talk": 1, "story": 1}) + answered("misfits", {"talk": 0, "story": 1})
    found = gap_discriminations(rows, {"fit": ("fits", "misfits")}, "accuracy", 200)
    talk, story = sorted(found, key=lambda each: -each["d"])
    assert (talk["frame"], story["frame"], talk["gap"]) == ("talk", "story", "fit")
    # By hand: 40 of 40 and 0 of 40 are z(40.5 / 41) - z(0.5 / 41) = 2 x 2.251, log-linearly corrected.
    assert talk["d"] == pytest.approx(2 * 2.251, abs=0.01)
    assert story["d"] == pytest.approx(0, abs=1e-6)
    assert (talk["hits"], talk["signals"], talk["false_alarms"], talk["noises"]) == (120, 120, 0, 120)
    assert story["low"] < 0 < story["high"] < talk["low"]


def test_a_reader_that_answers_both_alike_has_no_d_however_it_answers():
    shares = {"half": 0.5, "quarter": 0.25}
    rows = answered("fits", shares) + answered("misfits", shares)
    found = gap_discriminations(rows, {"x": ("fits", "misfits")}, "accuracy", 200)
    assert [each["d"] for each in found] == pytest.approx([0, 0], abs=1e-6)


def test_what_was_not_answered_is_counted_as_such():
    rows = answered("fits", {"talk": 1}) + [replace(row, hit=None) for row in answered("misfits", {"talk": 0})]
    (found,) = gap_discriminations(rows, {"x": ("fits", "misfits")}, "accuracy", 200)
    assert found["d"] is None and found["unscored"] == 120 and found["reason"]


def test_on_the_scale_of_probability_shares_are_counted_and_not_the_likeliest_answer():
    def sure(reading, probability):
        return [replace(row, probability=probability) for row in answered(reading, {"talk": 1})]

    rows = sure("fits", 0.9) + sure("misfits", 0.2)  # the likeliest answer in both
    (drawn,) = gap_discriminations(rows, {"x": ("fits", "misfits")}, "probability", 200)
    (likeliest,) = gap_discriminations(rows, {"x": ("fits", "misfits")}, "accuracy", 200)
    # By hand: z(36.5 / 41) - z(8.5 / 41) in each seed of 40 questions.
    assert drawn["d"] == pytest.approx(1.2290 + 0.8154, abs=0.01)
    assert (drawn["hits"], drawn["false_alarms"]) == pytest.approx((108, 24))
    assert likeliest["d"] == pytest.approx(0, abs=1e-6)
