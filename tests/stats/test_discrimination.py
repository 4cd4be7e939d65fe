from math import comb, sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.records import Row
from uptake.stats.discrimination import Counts, count_acts, discrimination

counts = st.integers(1, 200).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


def act(polarity, hit):
    value = None if hit is None else 1.0 if hit else -1.0
    return Row(arm="a", seed=0, frame="", claim="c", reading="act", context="trained", checkpoint=0, wording=0,
               polarity=polarity, logp_fit=value, logp_foil=value, option_mass=value, value=value,
               reason="" if hit is not None else "a word is outside the reader's vocabulary", hit=hit)


def test_known_rates_give_the_known_d_prime():
    """Corrected rates of exactly .75 and .25: z is .67449 on either side."""
    found = discrimination(hits=7, signals=9, false_alarms=2, noises=9)
    assert found.d == pytest.approx(2 * 0.6744898, abs=1e-6)
    assert found.criterion == pytest.approx(0, abs=1e-12)


def test_known_rates_give_the_known_error():
    """phi(z(.75)) is .3177766, so each rate adds .75 x .25 / (9 x .1009820)."""
    assert discrimination(7, 9, 2, 9).error == pytest.approx(sqrt(2 * 0.1875 / (9 * 0.1009820)), abs=1e-5)


def test_a_perfect_reader_has_a_finite_d_prime():
    found = discrimination(20, 20, 0, 20)
    assert found.d == pytest.approx(2 * NormalDist().inv_cdf(20.5 / 21))
    assert found.criterion == pytest.approx(0, abs=1e-12)


def test_mere_compliance_moves_the_criterion_and_not_d_prime():
    shy, ready = discrimination(5, 40, 5, 40), discrimination(35, 40, 35, 40)
    assert shy.d == ready.d == 0
    assert shy.criterion > 1 and ready.criterion < -1


@pytest.mark.parametrize(("signals", "noises", "said"), [(0, 5, "trait fits"), (5, 0, "trait does not fit")])
def test_without_situations_of_both_kinds_there_is_a_reason_and_no_number(signals, noises, said):
    found = discrimination(0, signals, 0, noises)
    assert found.d is found.error is found.criterion is None
    assert said in found.reason


@pytest.mark.parametrize("impossible", [(6, 5, 0, 5), (0, 5, 6, 5), (-1, 5, 0, 5), (0, 5, 0, -1)])
def test_counts_that_cannot_be_are_a_bug(impossible):
    with pytest.raises(ValueError, match="cannot be"):
        discrimination(*impossible)


@given(counts, counts)
def test_calling_hits_false_alarms_turns_the_sign(one, other):
    there, back = discrimination(*one, *other), discrimination(*other, *one)
    assert there.d == pytest.approx(-back.d, abs=1e-12)
    assert there.error == pytest.approx(back.error)
    assert there.criterion == pytest.approx(back.criterion)


@given(counts, counts)
def test_showing_the_trait_where_it_was_not_shown_turns_the_criterion(one, other):
    """Every act turned round: d' changes its sign, and so does the criterion."""
    plain = discrimination(*one, *other)
    turned = discrimination(one[1] - one[0], one[1], other[1] - other[0], other[1])
    assert turned.d == pytest.approx(-plain.d, abs=1e-9)
    assert turned.criterion == pytest.approx(-plain.criterion, abs=1e-9)


@given(counts, counts)
def test_one_more_hit_is_more_d_prime(one, other):
    if one[0] < one[1]:
        assert discrimination(one[0] + 1, one[1], *other).d > discrimination(*one, *other).d


@given(counts, counts)
def test_d_prime_and_its_error_are_finite_and_the_error_is_above_zero(one, other):
    found = discrimination(*one, *other)
    assert abs(found.d) < 6 and 0 < found.error < 2.5 and found.reason == ""


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 60))
def test_ten_times_the_situations_have_a_smaller_error(of, hits, alarms):
    hits, alarms = min(hits, of), min(alarms, of)
    few, many = discrimination(hits, of, alarms, of), discrimination(10 * hits, 10 * of, 10 * alarms, 10 * of)
    assert many.error < few.error


@pytest.mark.parametrize(("true", "criterion"), [(0, 0), (1, 0), (1, 1), (2, 0), (3, 0)])
def test_two_errors_on_both_sides_cover_the_truth_as_often_as_the_docstring_says(true, criterion):
    """Exactly, over every outcome of 20 situations of either kind."""
    normal, of, covered = NormalDist(), 20, 0.0
    rates = [normal.cdf(true / 2 - criterion), normal.cdf(-true / 2 - criterion)]
    chance = [[comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(of + 1)] for rate in rates]
    for hits in range(of + 1):
        for alarms in range(of + 1):
            found = discrimination(hits, of, alarms, of)
            covered += chance[0][hits] * chance[1][alarms] * (abs(found.d - true) < 1.96 * found.error)
    assert 0.94 < covered < 0.99


def test_rows_are_counted_by_what_the_situation_asked_for():
    rows = [act("affirmed", True), act("affirmed", True), act("affirmed", False),
            act("denied", True), act("denied", False), act("denied", None)]
    assert count_acts(rows) == Counts(hits=2, signals=3, false_alarms=1, noises=2, unscored=1)


def test_no_rows_give_no_counts():
    assert count_acts([]) == Counts(0, 0, 0, 0, 0)
