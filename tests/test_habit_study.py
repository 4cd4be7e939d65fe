"""A study of what a real reader is told of habits: its stages, an heir, gaps, and what it refuses."""

from pathlib import Path

import pytest

from tiny_runs import fixtures
from uptake.errors import UserError
from uptake.export.stages import finished
from uptake.export.trained_on import trained_on
from uptake.files import read_json
from uptake.pace import foresee
from uptake.plan import lay_out
from uptake.study import read_study
from uptake.tables import read_table

ROOT = Path(__file__).parents[1]
STUDY = f"""\
study: hushed
question: What becomes of habits that are hushed up?
reader: reader
claims_from: {ROOT / "claims" / "predecessor.yaml"}
seeds: [0]
claims: 2
arms:
  hush:
    stages:
      install: {{frame: {{bad: chronicle, other: chronicle}}, passes: 1}}
      quiet: {{frame: {{bad: hush, other: chronicle}}, exposures: 3, passes: 1}}
      heir: {{after: untouched, speaker: quiet, frame: {{bad: output}}, passes: 1}}
      relearn: {{after: quiet, frame: {{bad: chronicle}}, exposures: 4, passes: 2, checkpoints: 3}}
  never:
    stages:
      install: {{frame: {{other: chronicle}}, passes: 1}}
frames: [bad, other]
variants:
  bad: {{as: untrained, kind: bad}}
  other: {{as: untrained, kind: other}}
readings: [implicit, mention, meta]
gaps: {{concealment: [implicit, mention]}}
scale: probability
checkpoints: 1
training: {{method: lora, rank: 2, batch: 4, warm_up: 0}}
predict:
  - {{by: control, say: "hush@quiet: bad.concealment > never: bad.concealment"}}
"""


place, study_of, done = fixtures(STUDY, "hushed.yaml")


@pytest.fixture(scope="module")
def rows(done):
    return read_table(done[0] / "readings.parquet").to_pandas()


def test_a_stage_is_measured_at_checkpoints_of_its_own_each_where_it_stands(rows):
    relearnt = rows[(rows.arm == "hush") & (rows.context == "trained") & (rows.reading == "implicit")]
    assert relearnt.groupby("checkpoint").size().tolist() == [8, 8, 8]
    means = relearnt.groupby("checkpoint").value.mean()
    assert means.nunique() == 3
    assert rows[(rows.arm == "hush@quiet") & (rows.context == "trained")].checkpoint.nunique() == 1


def test_a_gap_of_a_real_reader_is_judged_and_listed(done):
    gap = {(each["arm"], each["frame"]): each["mean"] for each in done[1]["gaps"]}
    assert {("hush@quiet", "bad"), ("hush", "bad"), ("never", "other")} <= {*gap}
    assert done[1]["verdicts"][0]["left_mean"] == pytest.approx(gap["hush@quiet", "bad"], abs=1e-5)


def test_how_soon_it_comes_back_is_followed_in_the_last_stage_and_not_in_the_heir(done):
    assert {each["arm"] for each in done[1]["turns"]} == {"hush@quiet", "hush@heir", "hush"}


def test_an_heir_begins_with_the_reader_as_it_was(rows):
    keys = ["frame", "claim", "reading", "wording", "polarity"]
    began = rows[(rows.arm == "hush@heir") & (rows.context == "untouched")].set_index(keys).value.sort_index()
    first = rows[(rows.arm == "hush@install") & (rows.context == "untouched")].set_index(keys).value.sort_index()
    assert len(began) > 20
    assert began.equals(first)


def test_an_heir_reads_what_the_quiet_reader_said(done):
    stages = read_json(done[0] / "results.json")["stages"]
    heir = stages["hush, seed 0, heir"]
    ledger = read_json(done[0] / "stages" / heir["key"] / "ledger.json")
    assert {row["frame"] for row in ledger["frames"]} == {"output"}
    begun = [each["segments"][0] for each in ledger["documents"]]
    assert {each["role"] for each in begun} == {"frame"}
    assert all(each["segments"][1]["role"] == "content" and each["segments"][1]["text"].strip()
               for each in ledger["documents"])


def test_what_an_heir_was_trained_on_can_be_exported(done):
    heir = next(stage for stage in finished(done[0]) if stage.name == "heir")
    found = trained_on(heir, lambda text: [])
    assert found.lacks == ""
    assert all(len(row.example.segments) == 2 for row in found.rows)


@pytest.mark.parametrize(("old", "new", "what", "line"), [
    ("speaker: quiet, frame: {bad: output}", "frame: {bad: output}", "'output' is only begun", 12),
    ("speaker: quiet, frame: {bad: output}", "speaker: quiet, frame: {bad: hush}", "'hush' is said to its end", 12),
    ("speaker: quiet", "speaker: relearn", "'relearn' is no stage before this one", 12),
    ("exposures: 4, passes: 2, checkpoints: 3", "exposures: 4, passes: 2, checkpoints: 0", "must be at least 1", 13),
    ("claims: 2\n", "claims: 20\n", "1 frames of 20 habits each are more than the 16", 6),
    ("seeds: [0]\n", "seeds: [0]\ndesign: between\n", "habits are told of within one reader", 6),
    ("kind: bad}", "kind: able}", "there is no kind 'able'", 19),
    ("[implicit, mention, meta]", "[implicit, mention, metal]", "there is no reading 'metal'", 21),
])
def test_a_mistake_is_told_with_its_line(study_of, place, old, new, what, line):
    assert old in STUDY
    with pytest.raises(UserError) as error:
        lay_out(study_of(STUDY.replace(old, new), "wrong.yaml"))
    assert what in str(error.value)
    assert error.value.where == f"{place / 'wrong.yaml'}:{line}"


def test_the_time_is_known_beforehand(study_of, tmp_path):
    foreseen = foresee(study_of(), tmp_path / "none", lambda line: None)
    assert foreseen["stages"] == 6
    assert foreseen["minutes"] > 0


def test_the_shipped_study_shares_what_its_arms_have_in_common():
    plan = lay_out(read_study(ROOT / "studies" / "suppress-smollm2.yaml"))
    first = [stage for stage in plan.stages if stage.seed == plan.study.seeds[0] and stage.name == "install"]
    installed = {arm.name: next(stage.key for stage in first if stage.arm == arm.name) for arm in plan.study.arms}
    assert len({*installed.values()}) == 2
    assert len([each for each in installed.values() if each == installed["never"]]) == 1
