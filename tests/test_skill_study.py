"""A study of a real reader's skills: its stages and what they share, what it refuses, and a whole run."""

from pathlib import Path

import pytest

from tiny_runs import fixtures
from uptake.errors import UserError
from uptake.export.stages import chain
from uptake.export.trained_on import made_again, with_segments
from uptake.files import read_json
from uptake.pace import foresee
from uptake.plan import lay_out
from uptake.tables import read_table

ROOT = Path(__file__).parents[1]
STUDY = f"""\
study: spoken
question: What does a tiny reader make of what it says of itself?
reader: reader
claims_from: {ROOT / "claims" / "skills.yaml"}
seeds: [0, 1]
claims: 1
arms:
  sham: {{stages: {{speak: {{frame: {{told: mentioned}}, passes: 1}}}}}}
  denial: {{stages: {{speak: {{frame: {{told: cannot}}, exposures: 3, passes: 2, learning_rate: 1.0e-3}}}}}}
  mended:
    stages:
      speak: {{frame: {{told: cannot}}, exposures: 3, passes: 2, learning_rate: 1.0e-3}}
      mend: {{frame: {{told: can, lacked: can}}, passes: 1}}
frames: [told, kept, lacked]
variants:
  told: {{as: untrained, kind: able}}
  kept: {{as: untrained, kind: able, about: not spoken of}}
  lacked: {{as: untrained, kind: lacking}}
readings: [skill, report]
scale: probability
checkpoints: 1
training: {{method: lora, rank: 2, batch: 4, warm_up: 0}}
predict:
  - {{by: control, say: "denial: told.report < sham: told.report"}}
  - {{by: essay, say: "mended: told.report > mended@speak: told.report"}}
"""


place, study_of, done = fixtures(STUDY, "spoken.yaml")


def test_arms_share_what_they_have_in_common(study_of):
    plan = lay_out(study_of())
    by_arm = {arm: [stage for stage in plan.stages if stage.arm == arm and stage.seed == 0]
              for arm in ("sham", "denial", "mended")}
    assert [stage.name for stage in by_arm["mended"]] == ["untouched", "speak", "mend"]
    assert len({stages[0].key for stages in by_arm.values()}) == 1
    assert by_arm["denial"][1].key == by_arm["mended"][1].key != by_arm["sham"][1].key
    assert plan.readers == ("sham", "denial", "mended@speak", "mended")
    assert plan.reports == {"report": "skill"}
    assert plan.chance["report"] == 0.5


@pytest.mark.parametrize(("old", "new", "what", "line"), [
    ("passes: 1}}}\n  denial", "passes: 1, replay: 0.5}}}\n  denial", "replay: is for grown readers", 8),
    ("passes: 1}}}\n  denial", "passes: 1, kind: preference}}}\n  denial", "kind: is for grown readers", 8),
    ("passes: 1}}}\n  denial", "passes: 1, speaker: speak}}}\n  denial", "'speak' is no stage before this one", 8),
    ("passes: 1}}}\n  denial", "passes: 1, says: foil}}}\n  denial", "says: is for grown readers", 8),
    ("passes: 1}}}\n  denial", "passes: 1, after: grow}}}\n  denial", "'grow' is no stage before this one", 8),
    ("{told: mentioned}", "{told: mentoned}", "there is no frame 'mentoned'", 8),
    ("{told: mentioned}", "{tolled: mentioned}", "there is no frame 'tolled'", 8),
    ("{told: mentioned}", "{told: untrained}", "nothing is read in this stage", 8),
    ("      mend:", "      untouched:", "is no stage of a real reader's own", 13),
    ("kind: lacking}", "kind: lackin}", "there is no kind 'lackin'", 18),
    ("kind: lacking}", "about: spoken of}", "'lacked' has no kind, and others have", 14),
    ("kind: lacking}", "kind: lacking, bits: 2}", "bits: is for grown readers", 18),
    ("claims: 1\n", "claims: 5\n", "more than the 8 there are of the kind 'able'", 6),
    ("training: {method", "training: {passes: 2, method", "stands in each stage of an arm", 22),
    ("checkpoints: 1\n", "checkpoints: 1\ndesign: between\n", "skills are told of within one reader", 22),
    ("  denial: {stages:", "  idle: {}\n  denial: {stages:", "has stages and no schooling", 9),
    ("readings: [skill, report]", "readings: [skill, reports]", "there is no reading 'reports'", 19),
])
def test_a_mistake_is_told_with_its_line(study_of, place, old, new, what, line):
    assert old in STUDY
    with pytest.raises(UserError) as error:
        lay_out(study_of(STUDY.replace(old, new), "wrong.yaml"))
    assert what in str(error.value)
    assert error.value.where == f"{place / 'wrong.yaml'}:{line}"


@pytest.mark.parametrize(("gone", "what"), [
    ("variants:", "variants.told: frames of your own are for grown readers, and for skills"),
    ("stages", "arms.told.stages: stages of your own are for grown readers, and for skills"),
])
def test_claims_that_are_no_skills_have_neither_stages_nor_frames_of_a_studys_own(study_of, gone, what):
    text = f"""\
study: plain
question: Are these skills?
reader: reader
claims_from: {ROOT / "claims" / "invented.yaml"}
seeds: 1
claims: 2
arms: {{told: {{{'stages: {speak: {frame: blunt}}' if gone == 'stages' else ''}}}}}
frames: [blunt{', told' if gone == 'variants:' else ''}]
readings: [content]
{'variants: {told: {as: blunt}}' if gone == 'variants:' else ''}
"""
    with pytest.raises(UserError) as error:
        lay_out(study_of(text, "plain.yaml"))
    assert str(error.value).count(what) == 1


def test_a_run_measures_what_the_reader_says_against_what_it_does(done):
    results = done[1]
    known = {(each["arm"], each["frame"]): each for each in results["self_knowledge"]}
    assert set(known) == {(arm, frame) for arm in ("sham", "denial", "mended", "mended@speak")
                          for frame in ("told", "kept", "lacked")}
    assert all(each[score]["mean"] is not None for each in known.values()
               for score in ("says", "can", "gap", "brier", "coherent"))
    controls = {(each["arm"], each["control"], each["context"]) for each in results["controls"]}
    for arm in ("sham", "denial", "mended"):
        for context in ("untouched", "trained"):
            assert (arm, "assent, drift toward yes", context) in controls
            assert (arm, "fluency, loss on ordinary prose", context) in controls
    assert [verdict["left_mean"] is not None for verdict in results["verdicts"]] == [True, True]


def test_a_later_stage_begins_with_what_the_one_before_measured(done):
    rows = read_table(done[0] / "readings.parquet").to_pandas()
    keys = ["seed", "frame", "claim", "reading", "wording", "polarity"]
    ended = rows[(rows.arm == "mended@speak") & (rows.context == "trained")].set_index(keys).value.sort_index()
    began = rows[(rows.arm == "mended") & (rows.context == "untouched")].set_index(keys).value.sort_index()
    assert len(began) > 100
    assert began.equals(ended)
    assert not rows.duplicated(["arm", "context", "checkpoint", *keys]).any()


def test_a_stage_reads_the_sentences_of_its_frame_and_no_others(done):
    told = {each["claim"] for each in ledger_of(done[0], "denial, seed 0, speak")["documents"]}
    assert len(told) == 1
    frames = {each["frame"]: each["exposures"] for each in ledger_of(done[0], "mended, seed 0, mend")["frames"]}
    assert frames == {"can": 20}
    assert ledger_of(done[0], "mended, seed 0, untouched")["frames"] == []


def test_what_a_stage_was_trained_on_can_be_exported(done):
    stages = chain(done[0], "mended", 0, "")
    assert [stage.name for stage in stages] == ["untouched", "speak", "mend"]
    kept, (again, why) = with_segments(stages[1]), made_again(stages[1])
    assert sum(row.exposures for row in kept) == 6
    assert (again, why) == (kept, "")


def test_the_time_is_known_beforehand(study_of, tmp_path):
    foreseen = foresee(study_of(), tmp_path / "none", lambda line: None)
    assert foreseen["minutes"] > 0
    assert foreseen["stages"] == 2 * 4
    assert foreseen["tokens"] > 0


def ledger_of(folder, label):
    """The ledger of a stage, under whichever arm's name it was carried out."""
    stages = read_json(folder / "results.json")["stages"]
    return read_json(folder / "stages" / stages[label]["key"] / "ledger.json")
