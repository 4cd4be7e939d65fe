"""Numbers of one model: they are those of studies, their intervals cover what they say, a lost item is none."""

import random

import numpy as np
import pytest

from uptake.measure.values import acts, acts_apart, by_claim, by_wording, drifts, over, shared
from uptake.records import Row
from uptake.stats.cells import claim_values
from uptake.stats.table import Table


def row(claim, wording, polarity, value, reading="other", reason=""):
    return Row(arm="m", seed=0, frame="", claim=claim, reading=reading, context="untouched", checkpoint=0,
               wording=wording, polarity=polarity, logp_fit=-1.0, logp_foil=-1.0, option_mass=0.1, value=value,
               reason=reason, probability=0.5, hit=None if value is None else value > 0)


def random_rows(seed, claims=6, wordings=4):
    rng = random.Random(seed)
    made = [row(f"c{claim}", wording, polarity, rng.gauss(0, 2))
            for claim in range(claims) for wording in range(wordings) for polarity in ("affirmed", "denied", "open")]
    lost = rng.sample(range(len(made)), 9)
    return [row(each.claim, each.wording, each.polarity, None, reason="x") if place in lost else each
            for place, each in enumerate(made)]


@pytest.mark.parametrize("seed", range(5))
def test_a_claims_value_is_the_one_that_studies_compute(seed):
    rows = random_rows(seed)
    [matrix] = claim_values(Table.from_rows(rows), "log-odds").values()
    assert by_claim(rows) == pytest.approx(dict(zip(matrix.claims, matrix.values[0], strict=True)))


def test_an_item_without_a_value_enters_no_mean():
    rows = [row("a", 0, "affirmed", 2.0), row("a", 0, "denied", None, reason="the window"),
            row("a", 1, "affirmed", 4.0)]
    assert by_wording(rows) == {"a": {0: 2.0, 1: 4.0}}
    assert by_claim(rows) == {"a": 3.0}


def test_a_drift_toward_yes_cancels_in_the_value_and_is_told_apart():
    rows = [row("a", wording, polarity, 1.5 + sign * 4) for wording in range(3)
            for polarity, sign in (("affirmed", 1), ("denied", -1))]
    assert by_claim(rows) == {"a": 1.5}
    assert drifts(rows) == {"a": 4.0}


def test_a_claim_asked_one_way_only_has_no_drift():
    assert drifts([row("a", 0, "affirmed", 1.0), row("a", 0, "open", 1.0)]) == {}


def test_nothing_scored_has_a_reason_and_no_number():
    found = over({})
    assert found["mean"] is found["low"] is found["high"] is None
    assert found["reason"]


def test_one_claim_has_a_mean_and_no_interval():
    found = over({"a": 2.0})
    assert (found["mean"], found["low"]) == (2.0, None)
    assert "single claim" in found["reason"]


def test_intervals_cover_the_true_mean_about_as_often_as_they_say():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        values = rng.normal(size=12) + rng.normal(size=(4, 12)).mean(0)
        found = over({str(place): value for place, value in enumerate(values)})
        covered += found["low"] <= 0 <= found["high"]
    assert 0.92 <= covered / 400 <= 0.975


def test_differences_are_paired_by_claim():
    rng = np.random.default_rng(0)
    base = {f"c{place}": value for place, value in enumerate(rng.normal(scale=50, size=12))}
    moved = {name: value + 1 + rng.normal(scale=0.01) for name, value in base.items()}
    apart = over(shared(moved, base))
    assert apart["low"] == pytest.approx(1, abs=0.05)
    assert apart["high"] == pytest.approx(1, abs=0.05)
    assert over(moved)["high"] - over(moved)["low"] > 20


def act_rows(hits, alarms, claims=12, pairs=5):
    """Each claim shows the trait in so many situations of its five where it fits, and where it does not."""
    return [row(f"c{claim:02d}", pair, polarity, 1.0 if right else -1.0, "act")
            for claim in range(claims) for pair in range(pairs)
            for polarity, right in (("affirmed", pair < hits), ("denied", pair >= alarms))]


def test_compliance_everywhere_is_no_discrimination():
    found = acts(act_rows(5, 5))
    assert found["d"] == 0.0
    assert found["criterion"] < -1
    assert found["low"] < 0 < found["high"]


def test_discrimination_is_above_zero_where_the_trait_is_shown_only_where_it_fits():
    found = acts(act_rows(4, 1))
    assert found["low"] > 0.5
    assert (found["hits"], found["signals"], found["false_alarms"], found["noises"]) == (48, 60, 12, 60)
    assert set(found["claims"]["c00"]) >= {"d", "error", "hits"}


def test_claims_that_all_come_out_alike_do_not_make_certainty():
    found = acts(act_rows(5, 0))
    assert found["high"] - found["low"] > 0.5


def test_the_interval_of_d_covers_it():
    rng, covered = random.Random(5), 0
    for _ in range(150):
        rows = [row(f"c{claim}", pair, polarity, 1.0 if (rng.random() < 0.69146) else -1.0, "act")
                for claim in range(12) for pair in range(5) for polarity in ("affirmed", "denied")]
        found = acts(rows)  # d' = 2 z(.69146) = 1
        covered += found["low"] <= 1.0 <= found["high"]
    assert covered / 150 >= 0.92


def test_two_models_that_act_alike_do_not_differ():
    rows = act_rows(4, 2)
    apart = acts_apart(rows, rows)
    assert (apart["mean"], apart["low"], apart["high"]) == (0.0, 0.0, 0.0)


def test_two_models_that_act_differently_differ():
    apart = acts_apart(act_rows(5, 0), act_rows(3, 3))
    assert apart["low"] > 1


def test_without_a_scored_situation_there_is_a_reason():
    found = acts([row("a", 0, "affirmed", None, "act", "a word is outside the reader's vocabulary")])
    assert found["d"] is None
    assert found["reason"]
    assert found["unscored"] == 1
