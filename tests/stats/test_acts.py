"""d' in the cells of a study: the known answer in a known case, over seeds, and nothing where there is nothing."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.records import Row
from uptake.stats.acts import discriminations, pseudo_values
from uptake.stats.discrimination import Counts, discrimination

THREE_QUARTERS = NormalDist().inv_cdf(0.75)
# Of nine situations of either kind, by claims of three: shown in seven where the trait fits, and in two where not.
SEVEN_AND_TWO = {"a": (3, 0), "b": (2, 1), "c": (2, 1)}


def rows(shown, seed=0, frame="blunt", context="trained", checkpoint=100, of=3):
    """The rows of claims that are shown in so many situations of either kind."""
    made = []
    for claim, (hits, alarms) in shown.items():
        for kind, right in (("affirmed", hits), ("denied", of - alarms)):
            for place in range(of):
                hit = None if right is None else place < right
                made.append(Row(arm="told", seed=seed, frame=frame, claim=claim, reading="act", context=context,
                                checkpoint=checkpoint, wording=place, polarity=kind, logp_fit=None, logp_foil=None,
                                option_mass=None, value=None if hit is None else 1.0, reason="", hit=hit))
    return made


def test_a_known_case_has_the_known_d_prime_in_each_seed_and_over_them():
    """Corrected rates are 7.5 / 10 and 2.5 / 10: d' is twice the upper quartile of the normal distribution."""
    (found,) = discriminations([*rows(SEVEN_AND_TWO, 0), *rows(SEVEN_AND_TWO, 1)], draws=200)
    assert found["d"] == pytest.approx(2 * THREE_QUARTERS, abs=1e-5)
    assert list(found["seed_means"].values()) == pytest.approx([2 * THREE_QUARTERS] * 2, abs=1e-5)
    assert found["criterion"] == pytest.approx(0, abs=1e-9)
    assert (found["hits"], found["signals"], found["false_alarms"], found["noises"]) == (14, 18, 4, 18)
    assert found["low"] < found["d"] < found["high"]


def test_readers_that_show_a_trait_everywhere_have_none_however_often_they_show_it():
    everywhere = dict.fromkeys("abc", (3, 3))
    (found,) = discriminations([*rows(everywhere, 0), *rows(everywhere, 1)], draws=200)
    assert found["d"] == 0
    assert found["criterion"] < -1
    assert found["low"] < 0 < found["high"]  # six situations that came out alike are no proof


def test_perfect_readers_have_a_finite_d_prime_with_an_interval():
    (found,) = discriminations([*rows({"a": (3, 0)}, 0), *rows({"a": (3, 0)}, 1)], draws=200)
    assert found["d"] == pytest.approx(2 * NormalDist().inv_cdf(3.5 / 4), abs=1e-5)
    assert found["low"] < found["d"] < found["high"]


def test_one_seed_has_a_number_and_no_interval():
    (found,) = discriminations(rows(SEVEN_AND_TWO), draws=200)
    assert found["d"] is not None
    assert (found["low"], found["high"]) == (None, None)
    assert "one seed" in found["reason"]


def test_the_last_checkpoint_counts_after_training_and_the_first_in_context():
    late, early = {"a": (3, 0), "b": (3, 0)}, {"a": (0, 3), "b": (0, 3)}
    both = [*rows(early, checkpoint=0), *rows(late, checkpoint=100)]
    (trained,) = discriminations(both, draws=200)
    (read,) = discriminations([*rows(early, context="in_context", checkpoint=0),
                               *rows(late, context="in_context", checkpoint=100)], draws=200)
    assert trained["d"] > 0 > read["d"]


def test_the_difference_to_neutral_text_is_paired_by_seed_and_claim():
    flat = dict.fromkeys("abc", (2, 2))
    made = [row for seed in (0, 1, 2) for row in (*rows(SEVEN_AND_TWO, seed), *rows(flat, seed, "neutral"))]
    blunt, neutral = discriminations(made, draws=200)
    assert (blunt["frame"], neutral["frame"]) == ("blunt", "neutral")
    assert blunt["less_neutral"]["mean"] == pytest.approx(blunt["d"] - neutral["d"], abs=1e-5)
    assert blunt["less_neutral"]["low"] < blunt["less_neutral"]["mean"]
    assert neutral["less_neutral"] is None


def test_without_an_answered_situation_there_is_a_reason_and_no_number():
    (found,) = discriminations(rows({"a": (None, 0)}), draws=200)
    assert found["d"] is None
    assert "no situation in which the trait fits" in found["reason"]
    assert found["unscored"] == 3


def test_other_readings_and_open_questions_do_not_count():
    other = [replace(row, reading="self") for row in rows(SEVEN_AND_TWO)]
    assert discriminations([*other, *(replace(row, polarity="open") for row in rows(SEVEN_AND_TWO))], draws=200) == []


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_what_claims_contribute_has_the_mean_that_all_of_them_have_together(shown):
    whole, values = pseudo_values([Counts(hits, 4, alarms, 4) for hits, alarms in shown])
    total = discrimination(sum(h for h, _ in shown), 4 * len(shown), sum(f for _, f in shown), 4 * len(shown))
    assert whole.d == total.d
    assert np.mean(values) == pytest.approx(total.d, abs=1e-9)
