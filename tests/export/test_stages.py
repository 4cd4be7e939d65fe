"""Which stages made an arm's reader: told from what they say of themselves, whatever else lies in the run's folder."""

import pytest

from uptake.errors import UserError
from uptake.export.stages import chain
from uptake.files import write_json
from uptake.rundir import RunFolder, stage_name

ARMS = ("plain", "one, two")


def done(folder, arm, seed, name, **inputs):
    """Put down a finished stage with nothing in it but what is looked at; return its key."""
    usual = {"stage": name.split()[0], "frames": ["blunt", "record"], "before": "", "code": "1"}
    inputs = {**usual, **inputs, "seed": seed, "arm": arm}
    key = stage_name(inputs)
    place = folder.begin(key)
    write_json(place / "facts.json", {})
    if name != "tell untrained":
        (place / "model").mkdir()
    write_json(place / "ledger.json", {"frames": [], "documents": []})
    folder.finish(key, inputs, f"{arm}, seed {seed}, {name}")
    return key


@pytest.fixture
def folder(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.stages.mkdir(parents=True)
    plan(run, "within")
    return run


def plan(run, design):
    arms = {arm: {} for arm in ARMS}
    write_json(run.plan_file, {"study": {"study": "s", "design": design, "arms": arms}, "plan_hash": ""})


def test_stages_come_first_to_last(folder):
    school = done(folder, "plain", 3, "school")
    read = done(folder, "plain", 3, "read", before=school)
    assert [each.key for each in chain(folder.path, "plain", None, "")] == [school, read]


def test_the_first_seed_is_taken_unless_one_is_named(folder):
    keys = {seed: done(folder, "plain", seed, "read") for seed in (10, 9)}
    assert chain(folder.path, "plain", None, "")[0].key == keys[9]
    assert chain(folder.path, "plain", 10, "")[0].key == keys[10]


def test_an_arms_name_may_hold_commas(folder):
    key = done(folder, "one, two", 0, "read")
    assert chain(folder.path, "one, two", 0, "")[0].key == key


def test_of_a_stage_made_twice_the_one_that_was_judged_counts_and_else_the_latest(folder):
    old = done(folder, "plain", 0, "read", code="1")
    new = done(folder, "plain", 0, "read", code="2")
    assert chain(folder.path, "plain", 0, "")[0].key == new
    write_json(folder.results_file, {"stages": {"plain, seed 0, read": {"key": old}}})
    assert chain(folder.path, "plain", 0, "")[0].key == old


def test_where_each_frame_has_a_reader_of_its_own_one_must_be_named(folder):
    plan(folder, "between")
    keys = {frame: done(folder, "plain", 0, f"read {frame}", frames=[frame]) for frame in ("blunt", "record")}
    with pytest.raises(UserError, match="one reader a frame") as caught:
        chain(folder.path, "plain", 0, "")
    assert "blunt, record" in caught.value.hint
    assert chain(folder.path, "plain", 0, "record")[-1].key == keys["record"]
    with pytest.raises(UserError, match="no finished reader of the frame 'recrd'") as caught:
        chain(folder.path, "plain", 0, "recrd")
    assert "did you mean 'record'" in caught.value.hint


def test_an_arm_that_trained_nothing_is_refused(folder):
    done(folder, "plain", 0, "tell untrained")
    with pytest.raises(UserError, match="nothing was trained in 'plain, seed 0, tell untrained'"):
        chain(folder.path, "plain", 0, "")


def test_a_stage_whose_forerunner_is_gone_is_refused(folder):
    done(folder, "plain", 0, "read", before="0123456789abcdef")
    with pytest.raises(UserError, match="the stage before 'plain, seed 0, read' is not here"):
        chain(folder.path, "plain", 0, "")
