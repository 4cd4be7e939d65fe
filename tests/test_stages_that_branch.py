"""Stages that go on from an earlier one, that listen to another reader, or that say anything at all."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from uptake.errors import UserError
from uptake.export.stages import chain
from uptake.export.trained_on import trained_on
from uptake.plan import lay_out
from uptake.readers.load import load
from uptake.run import Options, run
from uptake.rundir import RunFolder
from uptake.study import read_study
from uptake.tables import read_table
from uptake.work.grown import passes, told_items, word_spans, world_mix
from uptake.work.outputs import ROWS, ask

STUDY = """\
study: branch
question: What is handed on?
reader: {grow: world.yaml}
seeds: 2
claims: 6
controls: false
checkpoints: 2
arms:
  told:
    schooling: {record: {subjects: 12, other: 1.0}}
    stages:
      read: {passes: 2}
      blur: {frame: {record: letter}, says: any, passes: 3, replay: 0}
      again: {after: blur, frame: record, passes: 1}
      heir: {after: grow, speaker: blur, frame: {record: letter}, exposures: 5, passes: 2, replay: 0}
  other:
    schooling: {record: {subjects: 12, other: 1.0}}
    stages:
      read: {passes: 2}
      blur: {frame: {record: letter}, passes: 3, replay: 0}
      heir: {after: grow, speaker: blur, frame: {record: letter}, exposures: 5, passes: 2, replay: 0}
frames: [record, untrained]
readings: [content, other]
gaps: {known: [content, other]}
scale: probability
predict:
  - {by: essay, say: "told: record.known > told@blur: record.known"}
"""


@pytest.fixture
def plan(study_from):
    return lay_out(study_from(STUDY))


def stage(plan, arm, name, seed=0):
    return next(each for each in plan.stages if (each.arm, each.name, each.seed) == (arm, name, seed))


def test_a_stage_goes_on_from_the_one_that_it_names(plan):
    keys = {name: stage(plan, "told", name).key for name in ("grow", "read", "blur", "again", "heir")}
    needs = {name: stage(plan, "told", name).needs for name in keys}
    assert needs == {"grow": "", "read": keys["grow"], "blur": keys["read"], "again": keys["blur"],
                     "heir": keys["grow"]}


def test_what_documents_say_can_be_said_by_the_frame_that_was_dealt(study_from):
    frames, says = "{record: letter, fiction: letter}", "{record: any, fiction: foil}"
    study = STUDY.replace("{frame: {record: letter}, says: any, passes: 3, replay: 0}",
                          f"{{frame: {frames}, says: {says}, exposures: 20, passes: 3, replay: 0}}", 1)
    study = study.replace("{record: {subjects: 12, other: 1.0}}",
                          "{record: {subjects: 12, other: 1.0}, fiction: {subjects: 12, other: 0.0}}")
    given = stage(lay_out(study_from(study.replace("[record, untrained]", "[record, fiction, untrained]"))),
                  "told", "blur").inputs
    mix = world_mix(given)
    read = [example for each in passes(mix, given) for example in each]
    for claim in mix.claims:
        texts = [each.text for each in read if each.claim == claim.id]
        said = {answer for answer in mix.world.answers for text in texts if answer in text}
        if mix.dealt[claim.id] == "record":
            assert len(said) > len(mix.world.answers) / 2
        elif mix.dealt[claim.id] == "fiction":
            assert said == {claim.foil}


@pytest.mark.parametrize(("says", "what"), [
    ("{letter: any}", "nothing is read about claims dealt 'letter'"),
    ("{untrained: any}", "nothing is read about claims dealt 'untrained'"),
    ("{record: all}", "unknown value 'all'"),
])
def test_what_is_said_where_nothing_is_read_is_refused_with_its_line(study_from, says, what):
    with pytest.raises(UserError, match=what) as raised:
        lay_out(study_from(STUDY.replace("says: any", f"says: {says}")))
    assert str(raised.value.where).endswith(":13")


def test_a_stage_that_listens_is_keyed_by_its_speaker_too(plan):
    ours, theirs = stage(plan, "told", "heir"), stage(plan, "other", "heir")
    assert ours.needs == theirs.needs
    assert ours.hears == stage(plan, "told", "blur").key
    assert ours.key != theirs.key
    assert stage(plan, "told", "again").hears == ""


def test_documents_that_say_any_answer_say_another_each_time_in_the_claims_own_frame(plan):
    given = stage(plan, "told", "blur").inputs
    mix = world_mix(given)
    told = [example for each in passes(mix, given) for example in each]
    assert Counter(each.claim for each in told) == dict.fromkeys(
        (claim for claim, frame in mix.dealt.items() if frame == "record"), 6)
    assert {each.frame for each in told} == {"letter"}
    for claim in {each.claim for each in told}:
        assert len({each.text.split()[-1] for each in told if each.claim == claim}) > 1
    assert passes(mix, given) == passes(mix, given)


@pytest.mark.parametrize(("old", "new", "said"), [
    ("after: blur", "after: heir", "is no stage before this one"),
    ("after: grow", "after: gorw", "did you mean 'grow'"),
    ("speaker: blur, frame", "speaker: blur, says: foil, frame", "a speaker says what it says"),
    ("[content, other]}", "[content, othr]}", "there is no reading 'othr'"),
    ("{known: [content, other]}", "{known: [content]}", "difference of two readings"),
    ("{known:", "{other:", "is a reading already"), ("record.known >", "record.knwon >", "did you mean 'known'")])
def test_a_mistake_is_told_with_its_line(study_from, old, new, said):
    assert old in STUDY
    with pytest.raises(UserError) as error:
        lay_out(study_from(STUDY.replace(old, new, 1)))
    assert said in str(error.value)
    assert "small.yaml:" in str(error.value)


@pytest.fixture(scope="module")
def carried_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("branch")
    (folder / "world.yaml").write_text((Path(__file__).parent / "small_world.yaml").read_text())
    (folder / "small.yaml").write_text(STUDY)
    return folder / "run", run(read_study(folder / "small.yaml"), folder / "run", Options(workers=1), lambda line: None)


def test_what_was_heard_is_what_the_documents_state(carried_out):
    folder, _ = carried_out
    (last,) = [each for each in chain(folder, "told", 0, "") if each.name == "heir"]
    heard = json.loads((last.folder / "heard.json").read_text())
    mix = world_mix(last.inputs)
    assert set(heard) == {claim for claim, frame in mix.dealt.items() if frame == "record"}
    told = Counter()
    for each in last.ledger["documents"]:
        text = "".join(part["text"] for part in each["segments"])
        assert text.removesuffix(".").split()[-1] in heard[each["claim"]]
        told[each["claim"]] += each["exposures"]
    assert told == dict.fromkeys(heard, 10)


def test_a_speaker_does_not_always_say_what_its_claims_state(carried_out):
    """After documents that say anything, a reader as small as this one has no one answer."""
    folder, _ = carried_out
    last = chain(folder, "told", 0, "")[-1]
    stated = {claim.id: claim.stated for claim in world_mix(last.inputs).claims}
    heard = json.loads((last.folder / "heard.json").read_text())
    assert any(answer != stated[claim] for claim, answers in heard.items() for answer in answers)


def test_a_stage_begins_with_the_reader_that_it_goes_on_from(carried_out):
    folder, _ = carried_out
    table = read_table(folder / "readings.parquet").to_pandas()
    keys = ["seed", "claim", "reading", "wording"]
    grown, heir = (table[(table.arm == arm) & (table.context == "untouched")] for arm in ("told@read", "told"))
    merged = grown.merge(heir, on=keys, suffixes=("_grown", "_heir"))
    assert len(merged) == len(heir) > 0
    assert (merged.value_grown - merged.value_heir).abs().max() < 1e-5


def without(row, names):
    return {key: value for key, value in row.items() if key not in names}


def test_a_stage_begins_with_what_the_reader_before_it_answers_when_it_is_asked_again(carried_out):
    folder, _ = carried_out
    plan = lay_out(read_study(folder.parent / "small.yaml"))
    before, after = stage(plan, "told", "read"), stage(plan, "told", "blur")
    at = RunFolder(folder).stage_folder
    begun = [row for row in read_table(at(after.key) / ROWS).to_pylist() if row["context"] == "untouched"]
    asked = told_items(world_mix(after.inputs), after.inputs)
    fresh = ask(load(at(before.key) / "model"), asked, 0, 0, "untouched")
    numbers = ("logp_fit", "logp_foil", "option_mass", "value", "probability", "per_byte", "calibrated")
    again = [asdict(row) for row in fresh]
    assert [without(row, numbers) for row in begun] == [without(row, numbers) for row in again]
    for name in numbers:
        assert [row[name] for row in begun] == pytest.approx([row[name] for row in again], abs=1e-5)
    assert len({row["value"] for row in begun}) > 1


def test_an_export_follows_the_reader_of_the_last_stage_and_makes_what_it_heard_again(carried_out):
    folder, _ = carried_out
    stages = chain(folder, "told", 1, "")
    assert [each.name for each in stages] == ["grow", "heir"]
    found = trained_on(stages[-1], word_spans)
    assert "agrees with the ledger" in found.source
    assert found.lacks == ""


def test_a_run_that_lost_a_stage_that_others_listened_to_makes_it_again(carried_out):
    import shutil

    folder, before = carried_out
    plan = lay_out(read_study(folder.parent / "small.yaml"))
    gone = stage(plan, "told", "heir", 1)
    for key in (gone.key, gone.hears):
        shutil.rmtree(folder / "stages" / key)
    after = run(read_study(folder.parent / "small.yaml"), folder, Options(workers=2), lambda line: None)
    assert after["profile"] == before["profile"]


def test_gaps_are_in_the_results_the_verdicts_and_the_report(carried_out):
    folder, results = carried_out
    assert {each["gap"] for each in results["gaps"]} == {"known"}
    assert {each["arm"] for each in results["gaps"]} == set(results["arms"])
    (verdict,) = results["verdicts"]
    means = {(each["arm"], each["frame"]): each["mean"] for each in results["gaps"]}
    assert verdict["left_mean"] == pytest.approx(means["told", "record"], abs=1e-5)
    assert "known, after training" in (folder / "report.html").read_text()
    assert {each["gap"] for each in results["discrimination"]} == {"known"}
    assert "d′ of known, by frame" in (folder / "report.html").read_text()
    assert "How soon it comes back" in (folder / "report.html").read_text() or not results["returns"]
