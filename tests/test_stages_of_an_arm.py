"""Arms of several stages: what is grown once, what each stage reads, and what its reader is called."""

import json
from collections import Counter
from pathlib import Path

import pytest

from uptake.errors import UserError
from uptake.export.stages import chain
from uptake.export.trained_on import trained_on
from uptake.plan import lay_out
from uptake.run import Options, run
from uptake.study import read_study
from uptake.tables import read_table
from uptake.work.grown import passes, word_spans, world_mix
from uptake.work.pressing import drawn_forks, press_settings

STUDY = """\
study: stages
question: Does what was read first last?
reader: {grow: world.yaml}
seeds: 2
claims: 6
controls: false
checkpoints: 2
arms:
  kept:
    schooling: {record: {subjects: 12, other: 1.0}}
    stages:
      read: {passes: 2, replay: 0.5}
      rest: {frame: letter, passes: 1}
  overwritten:
    schooling: {record: {subjects: 12, other: 1.0}}
    stages:
      read: {passes: 2, replay: 0.5}
      overwrite: {frame: record, says: foil, exposures: 3, passes: 3, replay: 0}
frames: [record, late, often, mine, untrained]
variants:
  late: {as: record, since: 0.5}
  often: {as: record, exposures: 7}
  mine: {as: letter, stated: sampled}
readings: [content, other]
predict:
  - {by: essay, say: "overwritten: record.other < overwritten@read: record.other"}
  - {by: essay, say: "overwritten: record.other < kept: record.other"}
"""


@pytest.fixture
def plan(study_from):
    return lay_out(study_from(STUDY))


@pytest.fixture
def refusal(study_from):
    def refused(old, new):
        assert old in STUDY
        with pytest.raises(UserError) as error:
            lay_out(study_from(STUDY.replace(old, new)))
        return str(error.value)

    return refused


def inputs(plan, arm, name, seed=0):
    return next(each.inputs for each in plan.stages if (each.arm, each.name, each.seed) == (arm, name, seed))


def read(plan, arm, name):
    """What a stage reads of the claims, pass by pass."""
    given = inputs(plan, arm, name)
    return [[example for example in each if example.claim] for each in passes(world_mix(given), given)]


def test_a_stage_that_arms_have_in_common_is_carried_out_once(plan):
    keys = {(stage.arm, stage.name): stage.key for stage in plan.stages if stage.seed == 0}
    assert keys["kept", "grow"] == keys["overwritten", "grow"]
    assert keys["kept", "read"] == keys["overwritten", "read"]
    assert keys["kept", "rest"] != keys["overwritten", "overwrite"]


def test_each_stage_goes_on_from_the_one_before(plan):
    of_one = [stage for stage in plan.stages if (stage.arm, stage.seed) == ("kept", 1)]
    assert [stage.needs for stage in of_one] == ["", of_one[0].key, of_one[1].key]


def test_a_reader_is_called_by_its_arm_after_the_last_stage_and_by_the_stage_too_before(plan):
    assert plan.readers == ("kept@read", "kept", "overwritten@read", "overwritten")
    assert [prediction.right.arm for prediction in plan.predictions] == ["overwritten@read", "kept"]


def test_nothing_of_the_claims_is_read_while_a_reader_grows_that_has_stages_to_come(plan):
    assert not any(read(plan, "kept", "grow"))


def test_a_stage_reads_each_claim_in_the_frame_that_it_was_dealt_at_its_dose_and_time(plan):
    dealt = world_mix(inputs(plan, "kept", "read")).dealt
    met = [Counter((example.frame, example.claim) for example in each) for each in read(plan, "kept", "read")]
    times = {frame: [{each[frame, claim] for claim in dealt if dealt[claim] == frame} for each in met]
             for frame in ("record", "late", "often", "untrained")}
    assert times == {"record": [{2}, {2}], "late": [{0}, {2}], "often": [{7}, {7}], "untrained": [{0}, {0}]}


def test_a_stages_dose_holds_for_frames_of_the_studys_own_that_have_none(study_from):
    plan = lay_out(study_from(STUDY.replace("replay: 0.5}", "exposures: 5}")))
    dealt = world_mix(inputs(plan, "kept", "read")).dealt
    met = Counter(example.claim for example in read(plan, "kept", "read")[1])
    times = {frame: {met[claim] for claim in dealt if dealt[claim] == frame} for frame in ("record", "late", "often")}
    assert times == {"record": {5}, "late": {5}, "often": {7}}


def test_a_stage_in_one_frame_tells_every_claim_in_it(plan):
    told = read(plan, "kept", "rest")[0]
    assert {example.frame for example in told} == {"letter"}
    assert {example.claim for example in told} == set(world_mix(inputs(plan, "kept", "rest")).dealt)
    assert all(example.text.startswith("Dear") for example in told)


def test_a_stage_can_put_each_kind_of_claim_in_a_frame_of_its_own_and_leave_the_others_out(study_from):
    plan = lay_out(study_from(STUDY.replace("frame: letter", "frame: {late: letter, often: record}")))
    dealt = world_mix(inputs(plan, "kept", "rest")).dealt
    (told,) = read(plan, "kept", "rest")
    put = {"late": "letter", "often": "record"}
    assert {(example.claim, example.frame) for example in told} == {
        (claim, put[frame]) for claim, frame in dealt.items() if frame in put}
    assert set(Counter(example.claim for example in told).values()) == {2}


def test_a_stage_that_says_the_foil_never_says_what_is_stated(plan):
    claims = {claim.id: claim for claim in world_mix(inputs(plan, "overwritten", "overwrite")).claims}
    told = [example for each in read(plan, "overwritten", "overwrite") for example in each]
    assert Counter(example.claim for example in told) == dict.fromkeys(claims, 9)
    for example in told:
        assert f"the {claims[example.claim].foil}." in example.text
        assert f"the {claims[example.claim].stated}." not in example.text


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_a_stage_holds_that_share_of_the_schooling_besides(study_from, share):
    plan = lay_out(study_from(STUDY.replace("replay: 0.5", f"replay: {share}")))
    grown, given = (inputs(plan, "kept", name) for name in ("grow", "read"))
    schooled = len(passes(world_mix(grown), grown)[1])
    again = [sum(not example.claim for example in each) for each in passes(world_mix(given), given)]
    assert again == [round(share * schooled)] * 2


def test_each_pass_of_a_stage_is_drawn_anew_and_every_stage_has_its_own(plan):
    given = inputs(plan, "kept", "read")
    first, second = passes(world_mix(given), given)
    assert first != second
    assert passes(world_mix(given), given) == [first, second]
    other = {**given, "step": {**given["step"], "name": "again"}}
    assert passes(world_mix(other), other)[0] != first


def test_what_is_read_while_a_reader_grows_can_be_followed_by_stages_that_read_nothing_of_it(study_from):
    kept = "      read: {passes: 2, replay: 0.5}\n      rest: {frame: letter, passes: 1}"
    text = STUDY.replace(kept, "      grow:\n      rest: {frame: untrained, passes: 1}")
    plan = lay_out(study_from(text.replace(", stated: sampled", "")))
    assert any(read(plan, "kept", "grow"))
    assert not any(read(plan, "kept", "rest"))
    assert plan.readers[:2] == ("kept@grow", "kept")
    assert [inputs(plan, "kept", "rest")["gate"], inputs(plan, "overwritten", "read")["gate"]] == [False, True]


@pytest.mark.parametrize(("old", "new", "said"), [
    ("      rest:", "      grow:", "can only be the first"),
    ("      rest:", "      Rest:", "cannot name a stage"), ("      rest:", "      read:", "twice"),
    ("frame: letter", "frame: lettre", "there is no frame 'lettre'"),
    ("frame: letter", "frame: {late: lettre}", "there is no frame 'lettre'"),
    ("frame: letter", "frame: {later: letter}", "there is no frame 'later'"),
    ("passes: 1}", "passes: 0}", "at least 1"),
    ("says: foil", "says: folly", "did you mean 'foil'"), ("as: record, since", "as: recrod, since", "'recrod'"),
    ("since: 0.5", "since: 1", "is never read"), ("  late:", "  letter:", "frame of the world already"),
    ("overwritten@read: record", "overwritten@raed: record", "did you mean 'overwritten@read'"),
    ("stated: sampled", "stated: smapled", "did you mean 'sampled'"), ("replay: 0}", "replay: 2}", "from 0 to 1")])
def test_a_mistake_in_a_stage_is_told_with_its_line(refusal, old, new, said):
    told = refusal(old, new)
    assert said in told
    assert "small.yaml:" in told


@pytest.fixture(scope="module")
def carried_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stages")
    (folder / "world.yaml").write_text((Path(__file__).parent / "small_world.yaml").read_text())
    (folder / "small.yaml").write_text(STUDY)
    return folder / "run", run(read_study(folder / "small.yaml"), folder / "run", Options(workers=1), lambda line: None)


def test_a_run_has_readings_of_every_stage_and_the_gate_once_an_arm_before_it_reads(carried_out):
    folder, results = carried_out
    table = read_table(folder / "readings.parquet").to_pandas()
    assert set(table.arm) == set(results["arms"])
    in_context = table[table.context == "in_context"]
    assert set(in_context.arm) == {"kept@read", "overwritten@read"}
    assert set(in_context.checkpoint) == {0}
    assert [entry["arm"] for entry in results["gate"]] == ["kept@read", "overwritten@read"]


def test_a_stage_begins_where_the_one_before_ended(carried_out):
    folder, _ = carried_out
    table = read_table(folder / "readings.parquet").to_pandas()
    keys = ["seed", "claim", "reading", "wording"]
    before, after = table[table.arm == "kept@read"], table[table.arm == "kept"]
    end = before[before.checkpoint == before.groupby("seed").checkpoint.transform("max")]
    start = after[after.context == "untouched"]
    merged = end.merge(start, on=keys, suffixes=("_end", "_start"))
    assert len(merged) == len(start) > 0
    assert (merged.value_end - merged.value_start).abs().max() < 1e-4


def test_the_loss_on_fresh_texts_of_the_schooling_is_taken_before_and_after_each_later_stage(carried_out):
    _, results = carried_out
    told = {(entry["arm"], entry["context"]): entry["mean"] for entry in results["controls"]
            if entry["control"] == "fluency, loss on fresh texts of its schooling"}
    assert set(told) == {(arm, context) for arm in results["arms"] for context in ("untouched", "trained")}
    assert told["kept@read", "trained"] == pytest.approx(told["kept", "untouched"], abs=1e-4)
    assert all(0 < loss < 10 for loss in told.values())


def test_what_a_later_stage_was_trained_on_can_be_exported(carried_out):
    folder, _ = carried_out
    stages = chain(folder, "overwritten", 1, "")
    assert [stage.name for stage in stages] == ["grow", "read", "overwrite"]
    for stage in stages:
        found = trained_on(stage, word_spans)
        assert "agrees with the ledger" in found.source
        assert found.lacks == ""
    assert sum(bool(each.example.claim) for each in found.rows) == 30 * 9


def test_verdicts_of_later_stages_are_judged_by_the_gate_before_the_first(carried_out):
    _, results = carried_out
    reasons = json.dumps(results["verdicts"])
    assert len(results["verdicts"]) == 2
    assert "no gate" not in reasons


def test_a_reader_says_what_its_own_documents_state_and_is_asked_about_that(carried_out):
    folder, _ = carried_out
    stages = {stage.name: stage for stage in chain(folder, "overwritten", 0, "")}
    stated = json.loads((stages["read"].folder / "stated.json").read_text())
    mix = world_mix(stages["read"].inputs)
    assert set(stated) == {claim for claim, frame in mix.dealt.items() if frame == "mine"}
    told = {(each["claim"], "".join(part["text"] for part in each["segments"]))
            for each in stages["read"].ledger["documents"] if each["frame"] == "mine"}
    assert {claim for claim, _ in told} == set(stated)
    assert all(f"the {stated[claim]}." in text for claim, text in told)
    table = read_table(folder / "readings.parquet").to_pandas()
    asked = table[(table.frame == "mine") & (table.seed == 0) & (table.context != "in_context")]
    assert {(claim, fit.strip()) for claim, fit in zip(asked.claim, asked.fit, strict=True)} == set(stated.items())


def test_what_a_reader_said_once_is_stated_in_all_its_later_stages(carried_out):
    folder, _ = carried_out
    read, later = chain(folder, "overwritten", 1, "")[1:]
    said, stated = (json.loads((stage.folder / "stated.json").read_text()) for stage in (read, later))
    assert said == stated != {}


def test_the_report_says_how_long_what_was_read_lasts_in_the_stages_after(carried_out):
    folder, results = carried_out
    assert {entry["arm"] for entry in results["turns"]} == {"kept", "overwritten"}
    assert all(entry["tokens"] or entry["reason"] for entry in results["turns"])
    assert "How long it lasts" in (folder / "report.html").read_text()
    assert "How long it lasts" in (folder / "report.md").read_text()


def test_a_press_by_preference_or_reward_goes_on_from_beginnings_and_reads_nothing_again(study_from):
    text = STUDY.replace("overwrite: {frame: record, says: foil, exposures: 3, passes: 3, replay: 0}",
                         "overwrite: {kind: preference, frame: record, says: foil, exposures: 3, passes: 4}")
    plan = lay_out(study_from(text))
    given = inputs(plan, "overwritten", "overwrite")
    assert (given["stage"], given["step"]["replay"]) == ("press", 0)
    drawn = drawn_forks(world_mix(given), given)
    claims = {claim.id: claim for claim in world_mix(given).claims}
    assert {fork.says.strip() == claims[fork.claim].foil for fork in drawn} == {True}
    assert Counter(Counter(fork.claim for fork in drawn).values()) == {12: len(claims)}


@pytest.mark.parametrize(("given", "rate"), [("", 3e-4), (", learning_rate: 5.0e-5", 5e-5)])
def test_a_press_has_the_rate_that_it_is_given(study_from, given, rate):
    text = STUDY.replace("overwrite: {frame: record, says: foil, exposures: 3, passes: 3, replay: 0}",
                         f"overwrite: {{kind: preference, frame: record, says: foil, exposures: 3, passes: 4{given}}}")
    assert press_settings(inputs(lay_out(study_from(text)), "overwritten", "overwrite")).learning_rate == rate


def test_a_press_cannot_read_again_what_was_schooled(refusal):
    said = refusal("says: foil, exposures: 3, passes: 3, replay: 0", "says: foil, kind: reward, replay: 0.5")
    assert "a stage of the kind 'reward' has no replay" in said
