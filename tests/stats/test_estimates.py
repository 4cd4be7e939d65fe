"""Estimates: intervals, p-values, pairing and coverage."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from uptake.stats.cells import ClaimMatrix
from uptake.stats.estimates import SHAPE_POINTS, Resampler, _quantiles, contrast, estimate

QUICK = Resampler(seed=1, draws=500)


def matrix(values, step=0.0, first_claim=0):
    values = np.asarray(values, dtype=float)
    claims = tuple(f"c{number + first_claim:04d}" for number in range(values.shape[1]))
    return ClaimMatrix(values, tuple(range(len(values))), claims, values.size, 0, step)


VALUES = arrays(float, st.tuples(st.integers(2, 6), st.integers(2, 12)), elements=st.floats(-10, 10))


@settings(deadline=None, max_examples=60)
@given(VALUES, st.floats(0.5, 0.9999))
def test_the_interval_contains_the_point_estimate(values, level):
    found = estimate(matrix(values), QUICK)
    low, high = found.interval(level)
    assert low <= found.value <= high


@settings(deadline=None, max_examples=40)
@given(VALUES, st.floats(-3, 3))
def test_swapping_the_sides_flips_the_sign(values, shift):
    left, right = matrix(values), matrix(np.sin(values) + shift)
    one, other = contrast(left, right, QUICK), contrast(right, left, QUICK)
    assert one.value == -other.value
    assert one.interval(0.9) == pytest.approx(tuple(-bound for bound in reversed(other.interval(0.9))), abs=1e-6)
    assert one.p_two_sided() == pytest.approx(other.p_two_sided(), abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(VALUES, st.floats(-3, 3), st.sampled_from([0.05, 0.01, 0.001]))
def test_the_interval_excludes_exactly_what_the_p_value_rejects(values, null, alpha):
    found = estimate(matrix(values), QUICK)
    p = found.p_two_sided(null)
    if abs(p - alpha) > 1e-6 and found.error > 1e-6:
        low, high = found.interval(1 - alpha)
        assert (p < alpha) == (not low <= null <= high)


def test_the_same_seed_gives_the_same_numbers():
    values = matrix(np.random.default_rng(0).normal(size=(5, 20)))
    bounds = [estimate(values, Resampler(seed=3, draws=500)).interval() for _ in range(2)]
    assert bounds[0] == bounds[1]


def test_cells_that_share_claims_are_paired_by_claim():
    rng = np.random.default_rng(0)
    claims = rng.normal(0, 10, (1, 30)) + rng.normal(0, 0.1, (4, 30))
    found = contrast(matrix(claims + 1), matrix(claims), QUICK)
    assert found.value == pytest.approx(1)
    assert found.error < 1e-9


def test_a_claim_without_a_value_on_one_side_is_left_out_of_both():
    left, right = np.zeros((3, 4)), np.zeros((3, 4))
    right[:, 3], left[:, 3] = 100, np.nan
    assert contrast(matrix(left), matrix(right), QUICK).value == 0


def test_frames_with_other_claims_in_each_seed_are_compared_by_seed():
    left, right = np.full((2, 4), np.nan), np.full((2, 4), np.nan)
    left[0, :2], right[0, 2:], left[1, 2:], right[1, :2] = 3, 1, 4, 1
    found = contrast(matrix(left), matrix(right), QUICK)
    assert found.seed_values == {0: 2.0, 1: 3.0}


def test_seeds_that_only_one_side_has_do_not_count():
    left, right = matrix(np.ones((3, 4))), matrix(np.zeros((2, 4)))
    assert list(contrast(left, right, QUICK).seed_values) == [0, 1]


def test_no_common_seed_is_an_error():
    left = matrix(np.ones((1, 2)))
    right = ClaimMatrix(np.ones((1, 2)), (9,), left.claims, 2, 0)
    with pytest.raises(ValueError, match="no seed"):
        contrast(left, right, QUICK)


def test_one_seed_gives_no_interval_and_no_p_value():
    found = estimate(matrix(np.arange(4.0)[None, :]), QUICK)
    assert (found.value, found.interval(), found.p_two_sided()) == (1.5, None, None)


def test_a_perfect_score_still_has_an_interval_on_the_accuracy_scale():
    low, high = estimate(matrix(np.ones((5, 20)), step=1.0), QUICK).interval()
    assert low == pytest.approx(1 - stats.t.ppf(0.975, 4) / 100, abs=1e-3)
    assert high > 1


def test_with_normal_shape_and_seed_noise_only_the_interval_is_students():
    values = np.repeat(np.random.default_rng(0).normal(size=(8, 1)), 6, axis=1)
    low, high = estimate(matrix(values), Resampler(seed=0, draws=5_000)).interval()
    half = stats.t.ppf(0.975, 7) * values[:, 0].std(ddof=1) / np.sqrt(8)
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)


def test_claims_that_all_seeds_share_widen_the_interval():
    rng = np.random.default_rng(0)
    noise, claims = rng.normal(0, 0.1, (6, 12)), rng.normal(0, 1, (1, 12))
    assert estimate(matrix(noise + claims), QUICK).error == pytest.approx(claims.std(ddof=1) / np.sqrt(12), rel=0.15)


def test_with_seeds_fixed_differences_between_seeds_do_not_count():
    rng = np.random.default_rng(0)
    right = rng.normal(0, 0.1, (3, 50))
    left = right + rng.normal(0, 5, (3, 1)) + rng.normal(0, 0.1, (3, 50))
    assert contrast(matrix(left), matrix(right), QUICK, seeds_fixed=True).error < 0.02


@pytest.mark.parametrize("seeds", [3, 5, 8])
def test_intervals_cover_the_truth_about_as_often_as_they_say(seeds):
    rng, covered, studies = np.random.default_rng(seeds), 0, 300
    for _ in range(studies):
        values = rng.normal(0, 0.1, (seeds, 1)) + rng.normal(0, 0.3, (1, 40)) + rng.normal(0, 0.4, (seeds, 40))
        low, high = estimate(matrix(values), QUICK).interval()
        covered += low <= 0 <= high
    assert 0.91 <= covered / studies <= 0.985  # .95 give or take three Monte-Carlo standard errors of .0126


def test_ten_thousand_draws_of_five_seeds_and_five_hundred_claims_take_under_a_second():
    values = matrix(np.random.default_rng(0).normal(size=(5, 500)))
    start = time.process_time()
    estimate(values, Resampler(seed=0)).interval()
    assert time.process_time() - start < 1


@given(arrays(float, st.integers(1, 300), elements=st.floats(-5, 5)))
def test_the_shapes_quantiles_are_those_of_numpy(draws):
    shares = (np.arange(SHAPE_POINTS) + 0.5) / SHAPE_POINTS
    np.testing.assert_allclose(_quantiles(draws), np.quantile(draws, shares), rtol=0, atol=1e-12)
