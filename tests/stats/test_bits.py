"""Odds in bits: known beliefs, tables that add up and tables that do not, what moved and what came back."""

from math import log, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.stats.bits import additivity_residual, counting, divergence, independent, kept, over_seeds, rebound

PRIORS = [6, 4, 2, 0, -2, -4, -6]
SHIFTS = [0, 1, 2, 4, 8]


@given(st.integers(0, 64), st.integers(0, 64), st.integers(0, 64))
def test_counting_documents_that_never_slip_is_laplaces_rule(stated, foil, more):
    expected = log2((stated + 1) / (foil + more + 1))
    assert counting((stated, foil), more, 0.0, -1) == pytest.approx(expected, abs=1e-3)


def test_counting_is_even_where_nothing_was_read():
    assert counting((0, 0), 0, 0.2, -1) == pytest.approx(0, abs=1e-9)


def test_a_document_that_slips_tells_less_than_one_that_does_not():
    sure, slipping, guessing = (counting((32, 32), 16, slips, -1) for slips in (0.0, 0.2, 0.5))
    assert sure < slipping < guessing == pytest.approx(0, abs=1e-9)


def test_counting_goes_the_other_way_for_documents_that_speak_for_what_is_stated():
    assert counting((10, 30), 8, 0.2, 1) == pytest.approx(-counting((30, 10), 8, 0.2, -1), abs=1e-9)


def test_independent_evidence_adds_its_worth():
    assert independent(6, 4, -2) == -2


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=7), st.lists(st.floats(-9, 9), min_size=2, max_size=7))
def test_a_reader_to_whom_pressure_is_evidence_leaves_no_residual(priors, shifts):
    table = np.add.outer(np.array(priors), -np.array(shifts))
    assert additivity_residual(table) == pytest.approx(0, abs=1e-9)


def test_an_additive_reader_keeps_the_priors_apart():
    table = np.add.outer(np.array(PRIORS, float), -np.array(SHIFTS, float))
    assert kept(PRIORS, table[:, 0]) == kept(PRIORS, table[:, -1]) == pytest.approx(1)


def test_a_swamped_reader_has_a_residual_and_keeps_nothing_apart():
    """Bits go from the prior to -8 in equal steps: at the end all priors are alike."""
    share = np.array(SHIFTS) / 8
    table = np.outer(PRIORS, 1 - share) - 8 * share
    assert kept(PRIORS, table[:, -1]) == pytest.approx(0)
    by_hand = np.sqrt(np.mean(np.outer(np.array(PRIORS) ** 2, (share - share.mean()) ** 2)))
    assert additivity_residual(table) == pytest.approx(by_hand)
    assert by_hand > 1


def test_a_reader_that_keeps_half_is_seen_to():
    assert kept(PRIORS, [prior / 2 - 3 for prior in PRIORS]) == pytest.approx(0.5)


@pytest.mark.parametrize(("released", "share"), [(-5, 0), (6, 1), (0.5, 0.5), (-7, -2 / 11)])
def test_rebound_is_the_share_of_what_moved_that_moved_back(released, share):
    assert rebound(6, -5, released) == pytest.approx(share)


def test_what_hardly_moved_has_no_rebound():
    assert rebound(6, 5.8, 6) is None


def test_answers_that_stayed_do_not_diverge():
    same = np.log([[0.5, 0.3], [0.1, 0.2]])
    assert divergence(same, same) == pytest.approx([0, 0])


def test_the_divergence_is_in_bits_and_from_the_answers_before():
    now, before = np.array([[log(1 - 1e-9), log(1e-9)]]), np.array([[log(0.25), log(0.75)]])
    assert divergence(now, before)[0] == pytest.approx(2, abs=1e-6)


def test_what_goes_to_answers_not_offered_diverges_too():
    now, before = np.log([[0.25, 0.25]]), np.log([[0.5, 0.5 - 1e-9]])
    assert divergence(now, before)[0] > 5


def test_means_over_seeds_have_students_interval_and_one_seed_has_none():
    assert over_seeds([1.0, 2.0, 3.0]) == {"mean": 2.0, "low": pytest.approx(-0.484, abs=1e-3),
                                           "high": pytest.approx(4.484, abs=1e-3)}
    assert over_seeds([1.0]) == {"mean": 1.0, "low": None, "high": None}
    assert over_seeds([]) == {"mean": None, "low": None, "high": None}
