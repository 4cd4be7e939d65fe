"""A plan names all that each stage's numbers depend on, so that a stage is redone exactly when it must be."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from uptake.errors import UserError
from uptake.plan import CONTROLS, lay_out

CLAIMS = Path(__file__).parents[1] / "claims" / "invented.yaml"
REAL = """\
study: small
question: Does a real reader learn what it reads?
reader: smollm2-135m
claims_from: claims.yaml
seeds: 2
claims: 4
arms:
  unschooled: {}
  schooled: {schooling: {record: {subjects: 12, other: 1.0}}}
frames: [blunt, record, untrained]
readings: [content, other]
"""


@pytest.fixture
def plan_of(study_from, small_study_text):
    """Lay out the small study with some of its text replaced."""
    def laid_out(old="", new=""):
        assert old in small_study_text
        return lay_out(study_from(small_study_text.replace(old, new) if old else small_study_text))

    return laid_out


@pytest.fixture
def real_plan_of(study_from, tmp_path, monkeypatch):
    """Lay out a study of a real reader, without loading one."""
    weigh(monkeypatch, "the weights' checksum")

    def laid_out(study=REAL, claims=""):
        (tmp_path / "claims.yaml").write_text(claims or CLAIMS.read_text())
        return lay_out(study_from(study))

    return laid_out


def weigh(monkeypatch, checksum):
    """Stand in for the module that loads readers, which takes seconds to import and a reader to load."""
    monkeypatch.setitem(sys.modules, "uptake.readers.load", SimpleNamespace(identity=lambda name: checksum))


def keys(plan):
    return {stage.label: stage.key for stage in plan.stages}


def refusal(work, *arguments):
    with pytest.raises(UserError) as error:
        work(*arguments)
    return str(error.value)


def test_there_is_one_grow_stage_for_each_arm_and_seed(plan_of):
    assert [stage.label for stage in plan_of().stages] == [
        "unschooled, seed 0, grow", "unschooled, seed 1, grow", "schooled, seed 0, grow", "schooled, seed 1, grow"]


def test_the_same_study_gives_the_same_keys(plan_of):
    assert keys(plan_of()) == keys(plan_of())


def test_controls_that_the_world_has_words_for_are_added(plan_of):
    assert plan_of("controls: false\n").frames == ("record", "disclaimer", "untrained", "nonce")


def test_no_controls_are_added_where_the_study_says_so(plan_of):
    assert plan_of().frames == ("record", "disclaimer", "untrained")


def test_every_control_is_added_for_a_real_reader(real_plan_of):
    assert real_plan_of().frames == ("blunt", "record", "untrained", *CONTROLS)


def test_content_is_measured_even_if_the_study_does_not_list_it(plan_of):
    with_content = plan_of()
    assert plan_of("[content, other]", "[other]").readings == with_content.readings == ("content", "other")


def test_arms_with_the_same_schooling_share_their_stages(plan_of):
    plan = plan_of("other: -1.0", "other: 1.0")
    assert len(plan.stages) == 4
    assert len({stage.key for stage in plan.stages}) == 2


def test_a_changed_arm_changes_its_own_keys_alone(plan_of):
    before, after = keys(plan_of()), keys(plan_of("other: -1.0", "other: -0.5"))
    assert {label for label in before if before[label] != after[label]} == {
        "schooled, seed 0, grow", "schooled, seed 1, grow"}


def test_another_seed_has_another_key_and_leaves_the_others_as_they_are(plan_of):
    before, after = keys(plan_of()), keys(plan_of("seeds: 2", "seeds: 3"))
    assert set(before.items()) < set(after.items())
    assert len(set(after.values())) == 6


@pytest.mark.parametrize(("old", "new"), [
    ("claims: 6", "claims: 7"), ("frames: [record, disclaimer,", "frames: [disclaimer, record,"),
    ("checkpoints: 2", "checkpoints: 3"), ("scale: accuracy", "scale: accuracy\ntraining: {passes: 3}")])
def test_whatever_changes_what_is_read_or_asked_changes_every_key(plan_of, old, new):
    assert not set(keys(plan_of()).values()) & set(keys(plan_of(old, new)).values())


@pytest.mark.parametrize(("old", "new"), [
    ("study: small", "study: other"), ("question: Does", "question: Has"), ("scale: accuracy", "scale: probability"),
    ("scale: accuracy", "scale: accuracy\nsmallest_effect: 0.2"),
    ("schooled: record.other > disclaimer.other", "schooled: record.other > disclaimer.other by 0.1")])
def test_what_is_only_said_or_judged_changes_no_key(plan_of, old, new):
    assert set(keys(plan_of()).values()) == set(keys(plan_of(old, new)).values())


def test_adding_a_prediction_changes_no_key(plan_of):
    added = 'predict:\n  - {by: late, say: "schooled: record.other > untrained.other"}\n'
    plan = plan_of("predict:\n", added)
    assert len(plan.predictions) == 3
    assert keys(plan) == keys(plan_of())


def test_a_word_changed_in_the_world_changes_every_key(plan_of, study_from, small_study_text, tmp_path):
    study, before = study_from(), keys(plan_of())
    world = (tmp_path / "world.yaml").read_text()
    (tmp_path / "world.yaml").write_text(world.replace("Dear friend", "My friend"))
    assert not set(before.values()) & set(keys(lay_out(study)).values())


def test_a_comment_in_the_world_changes_no_key(plan_of, study_from, tmp_path):
    study, before = study_from(), keys(plan_of())
    (tmp_path / "world.yaml").write_text("# A note.\n" + (tmp_path / "world.yaml").read_text())
    assert keys(lay_out(study)) == before


def test_other_code_gives_other_keys(plan_of, monkeypatch):
    before = keys(plan_of())
    monkeypatch.setattr("uptake.plan.fingerprint", lambda: "other")
    assert not set(before.values()) & set(keys(plan_of()).values())


def test_in_the_between_design_each_frame_is_read_in_a_stage_of_its_own(plan_of):
    plan = plan_of("seeds: 2", "seeds: 1\ndesign: between")
    assert [stage.label for stage in plan.stages if stage.arm == "schooled"] == [
        "schooled, seed 0, grow record", "schooled, seed 0, grow disclaimer", "schooled, seed 0, grow untrained"]
    assert len({stage.key for stage in plan.stages}) == 6


def test_a_schooled_real_reader_is_schooled_and_then_reads(real_plan_of):
    stages = [stage for stage in real_plan_of().stages if stage.arm == "schooled" and stage.seed == 0]
    assert [stage.name for stage in stages] == ["school", "read"]
    assert stages[1].needs == stages[0].key and stages[0].needs == ""


def test_a_real_reader_that_is_taken_as_it_is_only_reads(real_plan_of):
    stages = [stage for stage in real_plan_of().stages if stage.arm == "unschooled"]
    assert [(stage.name, stage.needs) for stage in stages] == [("read", ""), ("read", "")]


def test_a_word_changed_in_the_claims_changes_every_key_of_a_real_reader(real_plan_of):
    before = keys(real_plan_of())
    after = keys(real_plan_of(claims=CLAIMS.read_text().replace("an assistant", "some assistant")))
    assert not set(before.values()) & set(after.values())


def test_other_weights_change_every_key_of_a_real_reader(real_plan_of, monkeypatch):
    before = keys(real_plan_of())
    weigh(monkeypatch, "another checksum")
    assert not set(before.values()) & set(keys(real_plan_of()).values())


def test_more_claims_than_a_claims_file_holds_are_refused_with_the_most_that_fit(real_plan_of):
    said = refusal(real_plan_of, REAL.replace("claims: 4", "claims: 40"))
    assert "280 claims in frames and 16 for the gate are more than the 144 there are" in said
    assert "at most 18 a frame" in said
    real_plan_of(REAL.replace("claims: 4", "claims: 18"))


def test_more_claims_than_a_world_has_names_are_refused_before_anything_runs(plan_of):
    assert "ask for fewer claims" in refusal(plan_of, "claims: 6", "claims: 100")


def test_more_schooled_subjects_than_a_world_has_names_are_refused_before_anything_runs(plan_of):
    said = refusal(plan_of, "subjects: 12", "subjects: 90")
    assert "the schooling needs 180 subjects" in said


def test_a_grown_arm_without_schooling_is_refused_with_file_and_line(plan_of, small_study_text):
    schooling = small_study_text[small_study_text.index("    schooling:"):small_study_text.index("  schooled:")]
    said = refusal(plan_of, f"  unschooled:\n{schooling}", "  unschooled: {}\n")
    line = small_study_text.split("\n").index("  unschooled:") + 1
    assert f"small.yaml:{line}: arms.unschooled: a grown reader without schooling" in said


@pytest.mark.parametrize(("old", "new", "said"), [
    ("frames: [record,", "frames: [recrod,", "there is no frame 'recrod'"),
    ("readings: [content, other]", "readings: [content, wish]", "there is no reading 'wish'"),
    ('say: "schooled: record.other', 'say: "taught: record.other', "unknown arm 'taught'"),
    ("disclaimer.other within", "fiction.other within", "unknown frame 'fiction'")])
def test_a_name_that_does_not_exist_is_refused_with_file_and_line(plan_of, old, new, said):
    told = refusal(plan_of, old, new)
    assert said in told and "small.yaml:" in told


def test_what_schooling_planted_is_kept_for_the_check_of_the_instrument(plan_of):
    assert plan_of().planted["schooled"] == {"record": {"content": 1.0, "other": 1.0},
                                             "disclaimer": {"content": 1.0, "other": -1.0}}


def test_a_world_file_that_is_gone_is_told_and_not_a_traceback(study_from, tmp_path):
    study = study_from()
    (tmp_path / "world.yaml").unlink()
    assert "world.yaml" in refusal(lay_out, study)


def test_stage_inputs_are_plain_data_and_hold_no_path_of_this_machine(plan_of, tmp_path):
    for stage in plan_of().stages:
        assert str(tmp_path) not in yaml.safe_dump(dict(stage.inputs))
