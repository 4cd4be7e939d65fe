"""A whole study on tiny readers, from its file to verdicts, and what is done again when something changes."""

import json
import shutil
from dataclasses import fields
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from uptake.errors import UserError
from uptake.files import read_json
from uptake.records import Row
from uptake.run import Options, report_again, run
from uptake.show import show
from uptake.study import read_study

RESULTS = {"study", "question", "reader", "seeds", "scale", "smallest_effect", "arms", "frames", "readings", "about",
           "verdicts", "profile", "gate", "calibration", "controls", "stages", "plan_hash", "versions", "departures"}
VERDICT = {"by", "say", "at", "verdict", "effect", "low", "high", "p_adjusted", "seeds", "claims", "seeds_needed",
           "reason", "p", "margin", "left", "right", "left_mean", "right_mean", "exploratory"}
CELL = {"arm", "frame", "reading", "context", "checkpoint", "at", "mean", "low", "high", "accuracy", "chance", "items",
        "unscored", "seed_means", "reason"}
GATE = {"arm", "reading", "frames", "spread", "low", "high", "passed", "reason", "pairs"}
CONTROL = {"arm", "control", "context", "mean", "low", "high", "reason"}
VERDICTS = {"supported", "refuted", "no effect shown", "cannot tell", "not testable"}


@pytest.fixture(scope="module")
def results(whole_run):
    return read_json(whole_run / "results.json")


@pytest.fixture
def copied(whole_run, tmp_path):
    """A copy of the finished run with its study beside it, to be changed."""
    for name in ("small.yaml", "world.yaml"):
        shutil.copy(whole_run.parent / name, tmp_path)
    return Path(shutil.copytree(whole_run, tmp_path / "run"))


@pytest.fixture
def again(copied):
    """Carry the study out once more with some of its text replaced; returns the results and what was told."""
    def carried_out(old="", new=""):
        file, told = copied.parent / "small.yaml", []
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new) if old else file.read_text())
        return run(read_study(file), copied, Options(workers=1), told.append), told

    return carried_out


def done(told):
    """The stages that were carried out."""
    return sorted(line.split("] ")[1].split(" done")[0] for line in told if line.startswith("["))


def names(entries):
    return {name for entry in entries for name in entry}


def test_the_results_have_exactly_the_names_that_they_promise(results):
    assert set(results) == RESULTS


@pytest.mark.parametrize(("part", "promised"), [("verdicts", VERDICT), ("gate", GATE), ("controls", CONTROL)])
def test_each_part_of_the_results_has_exactly_the_names_that_it_promises(results, part, promised):
    assert results[part]
    assert all(set(entry) == promised for entry in results[part])


def test_every_cell_of_the_profile_has_the_names_that_it_promises(results):
    assert all(set(cell) == CELL for cell in results["profile"])


def test_every_verdict_is_one_of_the_five(results):
    assert {verdict["verdict"] for verdict in results["verdicts"]} <= VERDICTS


def test_what_has_no_number_has_a_reason(results):
    for entry in [*results["profile"], *results["gate"], *results["controls"]]:
        assert None not in (entry["low"], entry["high"]) or entry["reason"]


def test_numbers_have_at_most_six_digits(results):
    measured = [entry[name] for entry in results["profile"] for name in ("mean", "low", "high", "accuracy")]
    assert all(value is None or value == float(f"{value:.6g}") for value in measured)


def test_every_arm_frame_reading_and_context_is_in_the_profile(results):
    found = {(cell["arm"], cell["frame"], cell["reading"], cell["context"]) for cell in results["profile"]}
    for arm in ("unschooled", "schooled"):
        for reading in ("content", "other"):
            for frame in ("record", "disclaimer"):
                assert {(arm, frame, reading, context) for context in ("untouched", "in_context", "trained")} <= found
            assert (arm, "untrained", reading, "in_context") not in found


def test_the_readings_have_the_columns_of_a_row_and_one_line_an_item(whole_run):
    table = pq.read_table(whole_run / "readings.parquet")
    assert table.column_names == [column.name for column in fields(Row)]
    asked = [tuple(row.values()) for row in table.select(
        ["arm", "seed", "frame", "claim", "reading", "context", "checkpoint", "wording", "polarity"]).to_pylist()]
    assert len(set(asked)) == len(asked) > 0
    assert set(table["arm"].to_pylist()) == {"unschooled", "schooled"}


def test_over_seeds_a_claim_is_met_in_different_frames(whole_run):
    table = pq.read_table(whole_run / "readings.parquet", columns=["claim", "frame", "seed", "context"]).to_pylist()
    met = {(row["claim"], row["seed"]): row["frame"] for row in table if row["context"] == "trained"}
    assert all(met[claim, 0] != met[claim, 1] for claim, _ in met)


def test_claims_read_in_context_are_never_told(whole_run):
    table = pq.read_table(whole_run / "readings.parquet", columns=["claim", "context"]).to_pylist()
    told, shown = ({row["claim"] for row in table if row["context"] == context}
                   for context in ("trained", "in_context"))
    assert told and shown and not told & shown


def test_a_second_run_does_nothing_again_and_gives_the_same_bytes(again, copied, whole_run):
    _, told = again()
    assert told == ["4 of 4 stages are finished already"]
    for name in ("results.json", "readings.parquet", "plan.json", "report.html", "report.md"):
        assert (copied / name).read_bytes() == (whole_run / name).read_bytes(), name


def test_a_stage_that_is_made_again_gives_the_same_bytes(again, copied, whole_run, results):
    key = results["stages"]["schooled, seed 1, grow"]["key"]
    shutil.rmtree(copied / "stages" / key)
    _, told = again()
    assert done(told) == ["schooled, seed 1, grow"]
    assert (copied / "results.json").read_bytes() == (whole_run / "results.json").read_bytes()


def test_a_changed_arm_is_carried_out_alone_and_the_change_is_told(again):
    results, told = again("other: -1.0", "other: -0.5")
    assert done(told) == ["schooled, seed 0, grow", "schooled, seed 1, grow"]
    assert "2 of 4 stages are finished already" in told
    assert any("after the plan was locked" in sentence for sentence in results["departures"])


def test_a_prediction_added_afterwards_is_exploratory_and_the_others_stay_locked(again):
    added = 'predict:\n  - {by: late, say: "schooled: record.other > untrained.other"}\n'
    results, told = again("predict:\n", added)
    assert done(told) == []
    assert {verdict["by"]: verdict["exploratory"] for verdict in results["verdicts"]} == {
        "essay": False, "null-theory": False, "late": True}
    assert any("exploratory" in sentence for sentence in results["departures"])


def test_a_prediction_taken_out_afterwards_is_judged_all_the_same(again, small_study_text):
    line = next(line for line in small_study_text.splitlines(keepends=True) if "null-theory" in line)
    results, _ = again(line, "")
    assert [verdict["by"] for verdict in results["verdicts"]] == ["essay", "null-theory"]


def test_a_report_is_written_again_with_the_same_bytes(copied, whole_run):
    for name in ("results.json", "report.html", "report.md"):
        (copied / name).unlink()
    assert report_again(copied) == copied / "report.html"
    for name in ("results.json", "report.html", "report.md"):
        assert (copied / name).read_bytes() == (whole_run / name).read_bytes(), name


def test_a_report_of_a_run_to_which_a_seed_was_added_keeps_that_seed(again, copied):
    results, told = again("seeds: 2", "seeds: 3")
    written = (copied / "results.json").read_bytes()
    report_again(copied)
    assert done(told) == ["schooled, seed 2, grow", "unschooled, seed 2, grow"]
    assert results["seeds"] == [0, 1, 2]
    assert (copied / "results.json").read_bytes() == written


def test_a_report_is_written_again_though_the_code_has_changed_since(copied, monkeypatch):
    written = (copied / "results.json").read_bytes()
    monkeypatch.setattr("uptake.plan.fingerprint", lambda: "other code")
    report_again(copied)
    assert (copied / "results.json").read_bytes() == written


def test_a_report_of_a_run_whose_world_has_changed_says_so(copied):
    world = copied.parent / "world.yaml"
    world.write_text(world.read_text().replace("keeps the", "feeds the"))
    with pytest.raises(UserError, match="4 of 4 stages are not finished here"):
        report_again(copied)


def test_a_verdict_is_shown_down_to_items_of_both_its_cells(whole_run):
    shown = show(whole_run, "1", 4)
    assert "schooled: record.other > disclaimer.other" in shown
    assert "\nschooled: record.other\n" in shown and "\nschooled: disclaimer.other\n" in shown
    assert "log p(" in shown


def test_a_cell_is_shown_with_its_numbers_and_the_documents_trained_on(whole_run):
    shown = show(whole_run, "schooled: record.other", 2)
    assert "equal-tokens" in shown and shown.count("option mass") == 2
    assert "trained on 2 times: " in shown or "trained on 1 times: " in shown


def test_no_document_is_shown_where_none_was_trained_on(whole_run):
    assert "trained on no document of this claim" in show(whole_run, "schooled: untrained.other", 1)


def test_a_claim_is_shown_by_its_id(whole_run):
    shown = show(whole_run, "animal-0000", 3)
    assert shown.startswith("animal-0000") and "log p(" in shown


@pytest.mark.parametrize("what", ["9", "schooled: fiction.other", "nobody"])
def test_what_is_not_there_is_told_with_what_there_is(whole_run, what):
    with pytest.raises(UserError) as error:
        show(whole_run, what, 3)
    assert error.value.hint


def test_the_results_are_json_that_any_reader_takes(whole_run):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    json.loads((whole_run / "results.json").read_text(), parse_constant=refuse)
