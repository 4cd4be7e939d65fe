"""Verdicts: every row of the truth table, the gate's say, families and what leaves the package."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from uptake.records import Cell, Prediction
from uptake.stats.gate import Gate
from uptake.stats.holm import holm
from uptake.stats.table import Table
from uptake.stats.verdicts import JudgeSettings, decide, judge, needs_gate

SETTINGS = JudgeSettings(smallest_effect=0.1, scale="log-odds", draws=500)


def table(levels, *, seeds=5, spread=0.02, checkpoints=(100,)):
    """Rows of one arm; `levels` maps (frame, reading) to a level, or to one level a checkpoint."""
    rng, rows = np.random.default_rng(0), []
    for (frame, reading), level in levels.items():
        curve = level if isinstance(level, tuple) else (level,) * len(checkpoints)
        for seed in range(seeds):
            for checkpoint, at in zip(checkpoints, curve, strict=True):
                shift = rng.normal(0, spread)
                rows += [
                    {
                        "arm": "a",
                        "seed": seed,
                        "frame": frame,
                        "claim": f"{frame}-{claim}",
                        "reading": reading,
                        "context": "trained",
                        "checkpoint": checkpoint,
                        "wording": 0,
                        "polarity": "open",
                        "value": float(at + shift + rng.normal(0, 0.05)),
                    }
                    for claim in range(30)
                ]
    return rows


def predict(left, relation, right, margin=0.0, at="equal-tokens", contexts=("trained", "trained")):
    cells = [Cell("a", *name.split("."), context) for name, context in zip((left, right), contexts, strict=True)]
    return Prediction("theory", f"{left} {relation} {right}", cells[0], relation, cells[1], margin, at)


def verdict(prediction, rows, judged=SETTINGS):
    return judge([prediction], Table.from_rows(rows), judged)[0]


@pytest.mark.parametrize(
    ("relation", "interval", "margin", "expected"),
    [
        (">", (0.2, 0.4), 0.0, "supported"),
        ("<", (-0.4, -0.2), 0.0, "supported"),
        (">", (0.05, 0.4), 0.0, "supported"),
        (">", (0.01, 0.09), 0.0, "no effect shown"),
        ("<", (-0.09, -0.01), 0.0, "no effect shown"),
        (">", (-0.4, -0.2), 0.0, "refuted"),
        ("<", (0.2, 0.4), 0.0, "refuted"),
        (">", (-0.09, -0.01), 0.0, "refuted"),
        (">", (-0.05, 0.05), 0.0, "refuted"),
        (">", (-0.05, 0.4), 0.0, "cannot tell"),
        (">", (0.35, 0.5), 0.3, "supported"),
        (">", (0.06, 0.09), 0.05, "supported"),
        (">", (0.05, 0.25), 0.3, "refuted"),
        (">", (-0.05, 0.25), 0.3, "refuted"),
        (">", (0.0, 0.09), 0.05, "no effect shown"),
        (">", (0.2, 0.4), 0.3, "cannot tell"),
        ("==", (-0.2, 0.2), 0.3, "supported"),
        ("==", (0.1, 0.2), 0.3, "supported"),
        ("==", (0.4, 0.6), 0.3, "refuted"),
        ("==", (-0.6, -0.4), 0.3, "refuted"),
        ("==", (0.0, 0.08), 0.05, "no effect shown"),
        ("==", (0.2, 0.4), 0.3, "cannot tell"),
    ],
)
def test_every_row_of_the_truth_table(relation, interval, margin, expected):
    assert decide(relation, interval, margin, smallest=0.1)[0] == expected


def test_a_planted_difference_is_supported():
    rows = table({("record", "other"): 1.0, ("fiction", "other"): 0.0})
    found = verdict(predict("record.other", ">", "fiction.other"), rows)
    assert found["verdict"] == "supported"
    assert found["effect"] == pytest.approx(1.0, abs=0.1)
    assert found["low"] > 0 and found["p_adjusted"] < 0.05


def test_a_planted_difference_refutes_the_opposite_direction():
    rows = table({("record", "other"): 1.0, ("fiction", "other"): 0.0})
    assert verdict(predict("record.other", "<", "fiction.other"), rows)["verdict"] == "refuted"


def test_equality_is_shown_and_not_assumed():
    rows = table({("record", "other"): 0.0, ("fiction", "other"): 0.0})
    assert verdict(predict("record.other", "==", "fiction.other", 0.3), rows)["verdict"] == "supported"
    noisy = table({("record", "other"): 0.0, ("fiction", "other"): 0.0}, spread=1.0)
    assert verdict(predict("record.other", "==", "fiction.other", 0.3), noisy)["verdict"] == "cannot tell"


def test_cannot_tell_says_how_many_seeds_would():
    rows = table({("record", "other"): 0.4, ("fiction", "other"): 0.0}, spread=0.4)
    found = verdict(predict("record.other", ">", "fiction.other"), rows)
    assert found["verdict"] == "cannot tell"
    assert found["seeds_needed"] > found["seeds"]
    assert str(found["seeds_needed"]) in found["reason"]


def test_one_seed_cannot_tell_and_says_why():
    rows = table({("record", "other"): 1.0, ("fiction", "other"): 0.0}, seeds=1)
    found = verdict(predict("record.other", ">", "fiction.other"), rows)
    assert (found["verdict"], found["low"], found["p"]) == ("cannot tell", None, None)
    assert "one seed" in found["reason"]


def test_a_cell_without_values_is_not_testable():
    rows = table({("record", "other"): 1.0})
    found = verdict(predict("record.other", ">", "fiction.other"), rows)
    assert (found["verdict"], found["effect"]) == ("not testable", None)
    assert "fiction.other" in found["reason"]


def test_an_unmeasurable_reading_is_not_testable_with_its_reason():
    rows = table({("record", "other"): 1.0, ("fiction", "other"): 0.0})
    judged = JudgeSettings(0.1, "log-odds", draws=500, unmeasurable={("a", "other"): "says yes to everything"})
    found = verdict(predict("record.other", ">", "fiction.other"), rows, judged)
    assert (found["verdict"], found["reason"]) == ("not testable", "says yes to everything")


@pytest.mark.parametrize("relation", [">", "=="])
@pytest.mark.parametrize(
    "gate",
    [
        {},
        {("a", "other"): Gate(False, "blind")},
        {("a", "other"): Gate(True, "", frozenset({"record", "fiction"}), frozenset({("correction", "record")}))},
    ],
)
def test_frames_that_the_reader_does_not_tell_apart_are_not_testable(relation, gate):
    rows = table({("record", "other"): 1.0, ("fiction", "other"): 0.0})
    judged = JudgeSettings(0.1, "log-odds", draws=500, gate=gate)
    found = verdict(predict("record.other", relation, "fiction.other", 0.3), rows, judged)
    assert (found["verdict"], found["p"], found["low"]) == ("not testable", None, None)
    assert found["reason"]


def test_frames_that_the_reader_tells_apart_are_testable():
    rows = table({("record", "other"): 1.0, ("fiction", "other"): 0.0})
    gate = {("a", "other"): Gate(True, "", frozenset({"record", "fiction"}), frozenset({("fiction", "record")}))}
    judged = JudgeSettings(0.1, "log-odds", draws=500, gate=gate)
    assert verdict(predict("record.other", ">", "fiction.other"), rows, judged)["verdict"] == "supported"


def test_a_control_is_tested_whether_or_not_the_reader_tells_the_frames_apart():
    said = predict("record.other", "==", "fiction.other")
    assert needs_gate(said)
    assert not needs_gate(replace(said, by="control"))


def test_frames_that_differ_in_dose_or_time_only_need_no_gate():
    said = predict("often.other", ">", "seldom.other")
    assert needs_gate(said)
    assert not needs_gate(said, {"often": "praised", "seldom": "praised"})
    assert not needs_gate(predict("often.other", ">", "praised.other"), {"often": "praised"})
    assert needs_gate(predict("often.other", ">", "blamed.other"), {"often": "praised"})
    assert not needs_gate(predict("told.other", ">", "record.other"), {"told": "untrained"})


def test_readers_of_later_stages_are_compared_at_the_ends_of_their_stages():
    """Tokens are counted anew there: the short stage `rest` ends where the long one `a` has hardly begun."""
    rest = [{**row, "arm": "rest"} for row in table({("record", "other"): (1.0, 1.0)}, checkpoints=(5, 10))]
    rows = table({("record", "other"): (0.0, 0.0, 3.0)}, checkpoints=(10, 50, 100)) + rest
    said = Prediction("theory", "record.other > rest: record.other", Cell("a", "record", "other"), ">",
                      Cell("rest", "record", "other"), 0.0, "equal-tokens")
    assert verdict(said, rows)["left_mean"] == pytest.approx(0, abs=0.1)
    at_end = replace(SETTINGS, at_end=frozenset({"rest"}))
    assert verdict(said, rows, at_end)["left_mean"] == pytest.approx(3, abs=0.1)
    assert verdict(said, rows, at_end)["right_mean"] == pytest.approx(1, abs=0.1)


def test_only_comparisons_of_trained_frames_with_documents_need_the_gate():
    assert needs_gate(predict("record.other", ">", "fiction.other"))
    assert not needs_gate(predict("record.other", ">", "untrained.other"))
    assert not needs_gate(predict("record.other", ">", "neutral.other"))
    assert not needs_gate(predict("record.other", ">", "record.self"))
    assert not needs_gate(predict("record.other", ">", "fiction.other", contexts=("in_context", "in_context")))


def test_predictions_added_later_do_not_change_the_locked_ones():
    rows = Table.from_rows(table({("record", "other"): 0.1, ("fiction", "other"): 0.0, ("log", "other"): 0.05}))
    locked = predict("record.other", ">", "fiction.other")
    later = [predict("record.other", ">", "log.other"), predict("log.other", ">", "fiction.other")]
    alone = judge([locked], rows, SETTINGS)[0]
    judged = JudgeSettings(0.1, "log-odds", draws=500, exploratory=frozenset(later))
    together = judge([locked, *later], rows, judged)
    assert together[0] == alone
    assert [entry["exploratory"] for entry in together] == [False, True, True]


def test_equal_content_takes_away_what_was_only_slow_learning():
    rows = table(
        {
            ("record", "content"): (0.0, 1.0, 2.0),
            ("record", "other"): (0.0, 1.0, 2.0),
            ("fiction", "content"): (0.0, 0.5, 1.0),
            ("fiction", "other"): (0.0, 0.5, 1.0),
        },
        checkpoints=(0, 100, 200),
    )
    found = [
        verdict(predict("record.other", "==", "fiction.other", 0.3, at), rows)["verdict"]
        for at in ("equal-tokens", "equal-content")
    ]
    assert found == ["refuted", "supported"]


def test_content_that_was_never_learnt_is_not_testable_at_equal_content():
    rows = table(
        {
            ("record", "content"): (0.0, 2.0),
            ("record", "other"): (0.0, 2.0),
            ("fiction", "content"): (0.0, 0.0),
            ("fiction", "other"): (0.0, 0.0),
        },
        checkpoints=(0, 100),
    )
    found = verdict(predict("record.other", ">", "fiction.other", at="equal-content"), rows)
    assert found["verdict"] == "not testable"
    assert "never learnt" in found["reason"]


def test_swapping_the_sides_of_a_prediction_flips_the_numbers():
    rows = table({("record", "other"): 1.0, ("fiction", "other"): 0.0})
    one = verdict(predict("record.other", ">", "fiction.other"), rows)
    other = verdict(predict("fiction.other", "<", "record.other"), rows)
    assert one["verdict"] == other["verdict"]
    assert (one["effect"], one["low"], one["high"]) == (-other["effect"], -other["high"], -other["low"])


def test_the_order_of_rows_changes_no_verdict():
    rows = table({("record", "other"): 0.2, ("fiction", "other"): 0.0})
    prediction = predict("record.other", ">", "fiction.other")
    assert verdict(prediction, rows) == verdict(prediction, rows[::-1])


def test_verdicts_are_plain_json_without_nan():
    rows = table({("record", "other"): 1.0, ("fiction", "other"): 0.0}, seeds=1)
    predictions = [predict("record.other", ">", "fiction.other"), predict("record.other", ">", "log.other")]
    json.dumps(judge(predictions, Table.from_rows(rows), SETTINGS), allow_nan=False)


def test_a_study_without_predictions_has_no_verdicts():
    assert judge([], Table.from_rows(table({("record", "other"): 1.0})), SETTINGS) == []


P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@pytest.mark.parametrize("members", [1, 2, 7, 20])
def test_holm_is_that_of_statsmodels(members):
    p_values = np.random.default_rng(members).beta(0.3, 3, members).tolist()
    adjusted, _ = holm(p_values)
    np.testing.assert_allclose(adjusted, multipletests(p_values, method="holm")[1])


@settings(deadline=None)
@given(P_VALUES)
def test_holm_keeps_the_order_and_never_lowers_a_p(p_values):
    adjusted, _ = holm(p_values)
    order = np.argsort(p_values, kind="stable")
    assert all(np.diff(np.array(adjusted)[order]) >= 0)
    assert all(a >= p for a, p in zip(adjusted, p_values, strict=True))


@settings(deadline=None)
@given(P_VALUES)
def test_a_p_below_its_holm_level_is_exactly_one_that_holm_rejects(p_values):
    adjusted, levels = holm(p_values)
    for p, a, level in zip(p_values, adjusted, levels, strict=True):
        if not math.isclose(p, level, rel_tol=1e-9):
            assert (p < level) == (a <= 0.05)
