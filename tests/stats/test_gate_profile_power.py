"""The gate, the profile, the power of a design, and the calibration of all of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from uptake.stats.calibrate import (
    World,
    false_alarms,
    false_equality,
    found_share,
    gate_alarms,
    run_calibration,
    simulate,
)
from uptake.stats.gate import GateSettings, gate, gates_by_cell
from uptake.stats.power import Noise, Plan, seeds_for, smallest_effect_seen
from uptake.stats.profile import profile
from uptake.stats.table import Table

STUDIES = 100
ALARMS = 0.05 + 3 * (0.05 * 0.95 / STUDIES) ** 0.5  # three Monte-Carlo standard errors above the stated rate
GATED = GateSettings(smallest_effect=0.2, scale="log-odds", draws=500)
READ = World(seeds=2, effects=(1.0, 0.0, 0.0), context="in_context")


def read_in_context(world):
    return simulate(world, np.random.default_rng(0))


def test_the_gate_passes_a_reader_that_tells_frames_apart_and_names_the_pairs():
    found = gate(read_in_context(READ), ["other"], GATED)
    assert found[0]["passed"]
    assert found[0]["spread"] == pytest.approx(1.0, abs=0.5)
    assert found[0]["low"] > 0
    passed = gates_by_cell(found)["a", "other"]
    assert passed.tells_apart("f1", "f0")
    assert not passed.tells_apart("f1", "f2")


def test_the_gate_fails_a_reader_to_which_frames_are_alike():
    world = replace(READ, effects=(0.0, 0.0, 0.0), noise=Noise(seeds=0.0))
    found = gate(read_in_context(world), ["other"], GATED)[0]
    assert (found["passed"], found["reason"]) == (False, "in context the reader does not tell the frames apart")


def test_the_gate_fails_a_reader_whose_differences_are_too_small_to_matter():
    found = gate(read_in_context(READ), ["other"], replace(GATED, smallest_effect=3.0))[0]
    assert not found["passed"]
    assert "less than the smallest effect of interest" in found["reason"]


def test_the_gate_works_with_one_seed():
    assert gate(read_in_context(replace(READ, seeds=1)), ["other"], GATED)[0]["passed"]


def test_a_reading_that_was_not_read_in_context_has_a_reason_and_no_numbers():
    found = gate(read_in_context(READ), ["self"], GATED)[0]
    assert (found["passed"], found["spread"]) == (False, None)
    assert found["reason"]


def test_the_gate_seldom_tells_frames_apart_that_do_nothing():
    assert gate_alarms(World(seeds=3, latin=False), STUDIES, seed=0) <= ALARMS


def test_the_profile_lists_every_cell_as_plain_json():
    found = profile(simulate(World(), np.random.default_rng(0)), "log-odds", {"other": 0.05}, draws=200)
    assert [entry["frame"] for entry in found] == ["f0", "f1", "f2", "f3"]
    assert all(entry["low"] <= entry["mean"] <= entry["high"] for entry in found)
    assert (found[0]["items"], found[0]["chance"], found[0]["accuracy"]) == (200, 0.05, None)
    json.dumps(found, allow_nan=False)


def test_a_cell_of_one_seed_has_a_mean_and_a_reason_for_having_no_interval():
    found = profile(simulate(World(seeds=1), np.random.default_rng(0)), "log-odds", {}, draws=200)[0]
    assert found["mean"] is not None
    assert (found["low"], found["high"]) == (None, None)
    assert "one seed" in found["reason"]


def test_the_interval_of_an_accuracy_stays_within_its_scale():
    keys = {"arm": "a", "frame": "record", "reading": "other", "context": "trained", "checkpoint": 1, "wording": 0}
    rows = [
        keys | {"seed": seed, "claim": f"c{claim}", "polarity": "open", "value": 1.0, "hit": True}
        for seed in range(3)
        for claim in range(10)
    ]
    found = profile(Table.from_rows(rows), "accuracy", {}, draws=200)[0]
    assert (found["mean"], found["high"]) == (1.0, 1.0)
    assert found["low"] < 1


def test_the_smallest_effect_shrinks_with_seeds_and_grows_with_predictions():
    seen = [smallest_effect_seen(Plan(seeds=seeds, claims=50)) for seeds in (3, 5, 8)]
    assert seen == sorted(seen, reverse=True)
    assert smallest_effect_seen(Plan(5, 50, predictions=4)) > smallest_effect_seen(Plan(5, 50))


def test_the_smallest_effect_is_found_as_often_as_planned():
    plan, rng, studies = Plan(seeds=5, claims=50, predictions=3), np.random.default_rng(0), 4_000
    effect, noise = smallest_effect_seen(plan), Noise()
    one_seed = np.sqrt(2 * noise.seeds**2 + 2 * (noise.claims**2 + noise.items**2) / plan.claims)
    drawn = rng.normal(effect, one_seed, (studies, plan.seeds))
    t = drawn.mean(axis=1) / (drawn.std(axis=1, ddof=1) / np.sqrt(plan.seeds))
    bound = stats.t.ppf(1 - 0.05 / (2 * plan.predictions), plan.seeds - 1)
    assert np.mean(t > bound) == pytest.approx(0.8, abs=0.02)


def test_two_seeds_are_the_fewest_with_a_smallest_effect():
    with pytest.raises(ValueError, match="two seeds"):
        smallest_effect_seen(Plan(seeds=1, claims=50))


def test_the_seeds_needed_are_the_fewest_that_reach_the_distance():
    seeds = seeds_for(0.2, new=0.04, kept=0.0, tail=0.025)
    noise = Noise(seeds=0.2 / 2**0.5, claims=0.0, items=0.0)
    assert smallest_effect_seen(Plan(seeds, 1), noise) <= 0.2 < smallest_effect_seen(Plan(seeds - 1, 1), noise)


def test_no_number_of_seeds_helps_when_the_claims_are_too_few():
    assert seeds_for(0.1, new=0.01, kept=0.01, tail=0.025) is None


@pytest.mark.parametrize("latin", [True, False])
def test_studies_of_nothing_call_a_difference_no_oftener_than_stated(latin):
    assert false_alarms(World(seeds=4, latin=latin), STUDIES, seed=0) <= ALARMS


def test_a_difference_as_large_as_the_margin_is_seldom_called_equality():
    assert false_equality(World(seeds=5, effects=(0.4, 0.0)), 0.4, STUDIES, seed=0) <= ALARMS


def test_planted_effects_are_found_with_the_planned_power():
    world = World(seeds=5, claims=50)
    effect = smallest_effect_seen(Plan(seeds=5, claims=50, predictions=2))
    planted = replace(world, effects=(effect, 0.0, 0.0, 0.0))
    assert found_share(planted, STUDIES, seed=0) >= 0.8 - 3 * (0.8 * 0.2 / STUDIES) ** 0.5


def test_a_calibration_is_plain_json_and_the_same_for_the_same_seed():
    assert json.dumps(run_calibration(2, 1), allow_nan=False) == json.dumps(run_calibration(2, 1), allow_nan=False)
