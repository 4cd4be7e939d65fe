"""Differences that nobody predicted: the points and the means of verdicts, with the interval that the data allow."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats as distributions

from uptake.stats.cells import CellKey, ClaimMatrix, claim_values
from uptake.stats.differences import Measured, difference, later_readers, measured_in
from uptake.stats.gaps import with_gaps
from uptake.stats.predictions import check_prediction, parse_difference, parse_prediction
from uptake.stats.profile import profile
from uptake.stats.table import Table
from uptake.stats.verdicts import JudgeSettings, judge

RESULTS = sorted((Path(__file__).parents[2] / "results").glob("*/results.json"))
SETTINGS = JudgeSettings(smallest_effect=0.1, scale="log-odds", draws=500)
SEEDS = (3, 4, 5, 6)


def rows(seeds=SEEDS):
    """Two readers, read and measured twice, the second longer than the first; claims differ and seeds do too."""
    rng, made = np.random.default_rng(0), []
    of_claim = rng.normal(0, 0.5, 12)
    for arm, ends, level in (("short", (50, 100), 1.0), ("long", (100, 200), 2.0)):
        for seed in seeds:
            shift = rng.normal(0, 0.2)
            for checkpoint in ends:
                made += [{"arm": arm, "seed": seed, "frame": "told", "claim": f"c{claim}", "reading": "self",
                          "context": "trained", "checkpoint": checkpoint, "wording": 0, "polarity": "open",
                          "value": float(level * checkpoint / 100 + shift + own + rng.normal(0, 0.1))}
                         for claim, own in enumerate(of_claim)]
    return made


def results_of(made):
    """What results.json would have of these rows."""
    return {"profile": profile(Table.from_rows(made), "log-odds", {}), "smallest_effect": 0.1, "scale": "log-odds",
            "stages": {f"{arm}, seed 3, grow": {"reader": arm} for arm in ("short", "long")}}


def asked(say, at="equal-tokens", readings=("content", "self")):
    return check_prediction(parse_difference(say, at), ("short", "long"), ("told",), readings)


LONGER = asked("long: told.self - short: told.self")


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.parent.name)
def test_the_effect_of_every_verdict_is_found_again_from_results_alone(path):
    results = json.loads(path.read_text())
    measured = measured_in(results)
    readings = [*results["readings"], *measured.gaps]
    effects = [(verdict["effect"], difference(check_prediction(
        parse_prediction(verdict["say"], verdict["by"], verdict["at"]), results["arms"], results["frames"], readings),
        measured).mean) for verdict in results["verdicts"]]
    assert any(effect is not None for effect, _ in effects)
    assert all(found == (effect if effect is None else pytest.approx(effect, abs=1e-5)) for effect, found in effects)


def test_from_readings_mean_and_interval_are_those_of_a_verdict_that_stands_alone():
    table = Table.from_rows(rows())
    measured = Measured(claim_values(table, "log-odds"), SETTINGS, (), by_claim=True)
    found = difference(LONGER, measured)
    verdict = judge([replace(LONGER, by="a theory")], table, SETTINGS)[0]
    assert (found.mean, found.low, found.high) == pytest.approx(
        (verdict["effect"], verdict["low"], verdict["high"]), rel=1e-5)
    assert len(found.by_seed) == len(SEEDS)


def test_from_results_the_interval_is_students_over_the_seeds_differences():
    found = difference(LONGER, measured_in(results_of(rows())))
    low, high = distributions.t.interval(0.95, len(SEEDS) - 1, np.mean(found.by_seed),
                                         distributions.sem(found.by_seed))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-5)
    assert found.left - found.right == pytest.approx(found.mean, rel=1e-5) == np.mean(found.by_seed)


def test_readers_of_first_stages_are_compared_at_tokens_that_both_were_trained_for_and_of_later_ones_at_their_ends():
    results = results_of(rows())
    assert difference(LONGER, measured_in(results)).mean == pytest.approx(1, abs=0.5)
    later = {"stages": {label.replace("grow", "speak"): stage for label, stage in results["stages"].items()}}
    assert difference(LONGER, measured_in({**results, **later})).mean == pytest.approx(3, abs=0.5)


def test_seeds_are_paired():
    made = rows()
    for row in made:
        row["value"] += 10 * row["seed"]
    plain, shifted = (difference(LONGER, measured_in(results_of(each))) for each in (rows(), made))
    assert shifted.by_seed == pytest.approx(plain.by_seed, abs=1e-3)
    assert shifted.low == pytest.approx(plain.low, abs=1e-3)


@pytest.mark.parametrize("by_claim", [True, False])
def test_one_seed_gives_no_interval_and_says_why(by_claim):
    made = rows(seeds=(3,))
    of_results = measured_in(results_of(made))
    cells = claim_values(Table.from_rows(made), "log-odds") if by_claim else of_results.cells
    found = difference(LONGER, replace(of_results, cells=cells, by_claim=by_claim))
    assert found.mean is not None and (found.low, found.high) == (None, None)
    assert found.reason == "no interval: one seed does not show how seeds differ"


def test_readers_without_a_seed_in_common_have_no_difference():
    made = [row for row in rows() if (row["arm"] == "long") == (row["seed"] > 4)]
    found = difference(LONGER, measured_in(results_of(made)))
    assert (found.mean, found.reason) == (None, "no seed has a value on both sides")


def test_what_was_not_measured_has_no_difference():
    made = [row for row in rows() if row["arm"] == "short"]
    assert "has no item with a value" in difference(LONGER, measured_in(results_of(made))).reason



def test_gaps_are_compared_at_the_end_of_training_from_results_alone():
    values = {"bad": 0.75, "good": 0.25}
    profiled = [{"arm": "a", "frame": frame, "reading": "known", "context": "trained", "checkpoint": 90, "at":
                 "equal-tokens", "mean": 1.0, "seed_means": {"0": 1.0, "1": 1.0}} for frame in values]
    gaps = [{"arm": "a", "frame": frame, "gap": "hidden", "mean": value, "seed_means": {"0": value, "1": value - 0.1}}
            for frame, value in values.items()]
    measured = measured_in({"profile": profiled, "gaps": gaps, "smallest_effect": 0.1, "scale": "accuracy",
                            "stages": {"a, seed 0, grow": {"reader": "a"}}})
    pair = check_prediction(parse_difference("bad.hidden - good.hidden", "equal-tokens"), ("a",), values, ("hidden",))
    assert difference(pair, measured).mean == pytest.approx(0.5)
    early = check_prediction(parse_difference("bad.hidden - good.hidden untouched", "equal-tokens"), ("a",), values,
                             ("hidden",))
    assert "at the end of training only" in difference(early, measured).reason


def test_gaps_are_compared_claim_by_claim_from_readings():
    whole = ClaimMatrix(np.full((2, 3), 0.75), (0, 1), ("x", "y", "z"), 6, 0)
    cells = {CellKey("a", frame, reading, "trained", 9): replace(whole, values=whole.values * share)
             for frame, share in (("bad", 1.0), ("good", 0.8)) for reading in ("known", "said")}
    cells[CellKey("a", "bad", "said", "trained", 9)] = replace(whole, values=whole.values * 0)
    pair = check_prediction(parse_difference("bad.hidden - good.hidden", "equal-tokens"), ("a",), ("bad", "good"),
                            ("hidden",))
    measured = Measured(with_gaps(cells, {"hidden": ("known", "said")}), SETTINGS, {"hidden"}, by_claim=True)
    assert difference(pair, measured).mean == pytest.approx(0.75)


@pytest.mark.parametrize(("stages", "later"), [
    ({"a, seed 0, grow": {"facts": {}}}, set()),
    ({"a, seed 0, grow": {"reader": "a@grow"}, "a, seed 0, rest": {"reader": "a"}}, {"a"}),
    ({"a, seed 0, grow": {"reader": "a@grow"}, "a, seed 0, read": {"reader": "a@read"},
      "a, seed 0, overwrite": {"reader": "a"}}, {"a@read", "a"}),
    ({"a, seed 0, untouched": {"reader": "a"}, "a, seed 0, speak": {"reader": "a"}}, {"a"}),
    ({"a, seed 0, school": {"reader": "a"}, "a, seed 0, read": {"reader": "a"}}, set()),
    ({"a, seed 0, tell blunt": {"reader": "a"}, "a, seed 0, tell fiction": {"reader": "a"}}, set()),
])
def test_which_readers_are_of_later_stages_is_known_from_what_the_stages_are_called(stages, later):
    assert later_readers({"stages": stages}) == later
