"""Predictions are locked by the plan that was written before any reading existed."""

import pytest

from uptake.errors import UserError
from uptake.files import digest, read_json, write_json
from uptake.rundir import RunFolder, departures, locked_predictions, make_plan, stage_name
from uptake.study import Declared

FIRST = Declared("essay", "a.other > b.other", "equal-content", 3)
SECOND = Declared("essay", "a.other < b.other", "equal-tokens", 4)
THIRD = Declared("null-theory", "a.other > b.other", "equal-content", 5)


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "runs" / "frames")


def read_something(run):
    """Finish one stage, after which the plan is closed."""
    inputs = {"stage": "grow"}
    (run.begin(stage_name(inputs)) / "readings.parquet").write_text("0123456789")
    run.finish(stage_name(inputs), inputs)


def planned(run, predictions, settings=None):
    run.path.mkdir(parents=True, exist_ok=True)
    write_json(run.plan_file, make_plan(settings or {"claims": 60}, predictions, minutes=3))


def test_before_anything_was_read_every_prediction_is_locked_and_the_plan_is_open(run):
    planned(run, [FIRST])
    assert run.locked_plan() is None
    assert locked_predictions(run.locked_plan(), [SECOND, THIRD]) == ((SECOND, THIRD), ())


def test_taking_the_lock_of_the_folder_reads_nothing(run):
    planned(run, [FIRST])
    with run.lock():
        assert run.locked_plan() is None


def test_a_prediction_added_after_something_was_read_is_exploratory(run):
    planned(run, [FIRST])
    read_something(run)
    assert locked_predictions(run.locked_plan(), [FIRST, SECOND]) == ((FIRST,), (SECOND,))


def test_a_locked_prediction_stays_locked_when_it_is_taken_out_of_the_study(run):
    planned(run, [FIRST, SECOND])
    read_something(run)
    gone = Declared(FIRST.by, FIRST.say, FIRST.at, 0)
    assert locked_predictions(run.locked_plan(), [SECOND]) == ((gone, SECOND), ())


def test_a_locked_prediction_that_moved_to_another_line_is_the_same(run):
    planned(run, [FIRST])
    read_something(run)
    moved = Declared(FIRST.by, FIRST.say, FIRST.at, 99)
    assert locked_predictions(run.locked_plan(), [moved]) == ((moved,), ())


@pytest.mark.parametrize("field", ["by", "say", "at"])
def test_changing_what_is_said_by_whom_or_at_which_point_makes_another_prediction(field, run):
    planned(run, [FIRST])
    read_something(run)
    words = {"by": FIRST.by, "say": FIRST.say, "at": FIRST.at} | {field: "other"}
    changed = Declared(**words, line=3)
    locked, exploratory = locked_predictions(run.locked_plan(), [changed])
    assert [each.line for each in locked] == [0]
    assert exploratory == (changed,)


def test_readings_without_a_plan_have_locked_nothing(run):
    read_something(run)
    assert locked_predictions(run.locked_plan(), [FIRST]) == ((), (FIRST,))


def test_a_readings_file_alone_closes_the_plan(run):
    planned(run, [FIRST])
    run.readings_file.write_text("x")
    assert run.locked_plan()["predictions"] == [{"by": "essay", "say": FIRST.say, "at": "equal-content"}]


@pytest.mark.parametrize(
    "edit",
    [
        lambda plan: plan["predictions"].append({"by": "x", "say": "y", "at": "equal-tokens"}),
        lambda plan: plan["study"].update(claims=6),
        lambda plan: plan.pop("plan_hash"),
        lambda plan: plan.update(predictions=3),
        lambda plan: plan["predictions"].append({"by": "x"}),
    ],
)
def test_a_plan_changed_by_hand_is_refused(edit, run):
    planned(run, [FIRST])
    read_something(run)
    plan = read_json(run.plan_file)
    edit(plan)
    write_json(run.plan_file, plan)
    with pytest.raises(UserError, match="the plan was changed by hand: it does not fit its hash"):
        run.locked_plan()


def test_the_plans_hash_covers_settings_and_predictions_and_nothing_else():
    plan = make_plan({"claims": 60}, [FIRST], minutes=3)
    assert plan["plan_hash"] == make_plan({"claims": 60}, [FIRST], minutes=5)["plan_hash"]
    assert plan["plan_hash"] != make_plan({"claims": 61}, [FIRST])["plan_hash"]
    assert plan["plan_hash"] != make_plan({"claims": 60}, [SECOND])["plan_hash"]
    assert plan["minutes"] == 3
    assert len(plan["plan_hash"]) == len(digest({}))


def test_departures_from_the_locked_plan_are_told_one_by_one(run):
    planned(run, [FIRST, THIRD], {"claims": 60, "scale": "accuracy"})
    read_something(run)
    assert departures(run.locked_plan(), [FIRST, SECOND], {"claims": 60, "scale": "log-odds"}) == [
        "scale changed from accuracy to log-odds after the plan was locked",
        f"taken out of the study file after the plan was locked: {THIRD.say}",
        f"added after the plan was locked, so exploratory: {SECOND.say}",
    ]


def test_nothing_departs_from_a_plan_that_is_open_or_kept(run):
    settings = {"claims": 60}
    assert departures(None, [SECOND], settings) == []
    planned(run, [FIRST], settings)
    read_something(run)
    assert departures(run.locked_plan(), [FIRST], settings) == []
