"""A run folder keeps what was finished, redoes what was not, and lets one process in at a time."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from uptake import rundir
from uptake.errors import UserError
from uptake.files import read_json, write_json
from uptake.rundir import RunFolder, stage_name

INPUTS = {
    "stage": "grow",
    "seed": 0,
    "code": "c0",
    "arms": {"schooled": {"schooling": {"record": 1.0}}},
    "passes": 20,
}


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "runs" / "frames")


def do_stage(run, inputs=INPUTS, label="", text="model"):
    """Do a stage from beginning to end, as a run does it."""
    name = stage_name(inputs)
    partial = run.begin(name)
    (partial / "model").mkdir()
    (partial / "model" / "weights.bin").write_text(text)
    (partial / "readings.parquet").write_text("0123456789")
    return run.finish(name, inputs, label)


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.is_file() and path.read_bytes()
        for path in folder.rglob("*")
    }


# Stages


def test_naming_a_run_folder_touches_nothing_on_disk(run):
    assert not run.finished("abc")
    assert run.why("abc", INPUTS) == "first run"
    assert not run.path.exists()


def test_a_finished_stage_is_known_again_with_all_its_files(run):
    folder = do_stage(run)
    assert folder == run.stage_folder(stage_name(INPUTS))
    assert run.finished(stage_name(INPUTS), ["model/weights.bin", "readings.parquet"])
    assert RunFolder(run.path).finished(stage_name(INPUTS))


def test_a_finished_stage_records_its_inputs_and_the_sha256_of_its_files(run):
    done = read_json(do_stage(run, label="schooled, seed 0") / "DONE.json")
    assert (done["hash"], done["inputs"], done["label"]) == (stage_name(INPUTS), INPUTS, "schooled, seed 0")
    assert sorted(done["files"]) == ["model/weights.bin", "readings.parquet"]
    assert done["files"]["readings.parquet"]["bytes"] == 10


def test_a_stage_that_was_only_begun_does_not_count(run):
    run.begin(stage_name(INPUTS))
    assert run.finished(stage_name(INPUTS)).reason == "not done yet"


def test_begin_gives_an_empty_folder_each_time(run):
    (run.begin("abc") / "half").write_text("x")
    assert list(run.begin("abc").iterdir()) == []


def test_finishing_what_was_not_begun_is_an_error_that_leaves_nothing(run):
    run.stages.mkdir(parents=True)
    with pytest.raises(UserError, match="this stage was not begun, or its folder was removed"):
        run.finish("abc", INPUTS)
    assert list(run.stages.iterdir()) == []


def truncate(folder):
    (folder / "readings.parquet").write_text("01234")


def change(folder):
    (folder / "readings.parquet").write_text("012345678X")


def lengthen(folder):
    (folder / "readings.parquet").write_text("0123456789X")


def remove(folder):
    (folder / "model" / "weights.bin").unlink()


def remove_done(folder):
    (folder / "DONE.json").unlink()


def cut_done(folder):
    text = (folder / "DONE.json").read_text()
    (folder / "DONE.json").write_text(text[: len(text) // 2])


def empty_done(folder):
    (folder / "DONE.json").write_text("{}")


def binary_done(folder):
    (folder / "DONE.json").write_bytes(b"\xff\x00")


def other_done(folder):
    write_json(folder / "DONE.json", read_json(folder / "DONE.json") | {"hash": "other"})


DAMAGES = [
    (truncate, "stage file readings.parquet was truncated"),
    (change, "stage file readings.parquet was changed"),
    (lengthen, "stage file readings.parquet was changed"),
    (remove, "stage file model/weights.bin is missing"),
    (remove_done, "DONE.json is missing"),
    (cut_done, "DONE.json was damaged"),
    (empty_done, "DONE.json was damaged"),
    (binary_done, "DONE.json was damaged"),
    (other_done, "DONE.json was damaged"),
]


@pytest.mark.parametrize(("damage", "reason"), DAMAGES)
def test_a_damaged_stage_is_not_finished_and_says_why(damage, reason, run):
    damage(do_stage(run))
    check = run.finished(stage_name(INPUTS))
    assert not check
    assert check.reason == reason
    assert run.why(stage_name(INPUTS), INPUTS) == reason


@pytest.mark.parametrize(("damage", "reason"), DAMAGES)
def test_a_damaged_stage_can_be_done_again_cleanly(damage, reason, run):
    damage(do_stage(run))
    do_stage(run)
    assert run.finished(stage_name(INPUTS), ["model/weights.bin", "readings.parquet"])
    assert [folder.name for folder in run.stages.iterdir()] == [stage_name(INPUTS)]


def test_a_file_that_the_stage_should_have_but_never_wrote_is_missed(run):
    do_stage(run)
    assert run.finished(stage_name(INPUTS), ["facts.json"]).reason == "stage file facts.json is missing"
    assert run.why(stage_name(INPUTS), INPUTS, files=["facts.json"]) == "stage file facts.json is missing"


def test_a_stage_that_another_worker_finished_meanwhile_stands(run):
    name = stage_name(INPUTS)
    partial = run.begin(name)
    (partial / "readings.parquet").write_text("late")
    kept = partial.rename(run.path / "aside")
    do_stage(run, text="early")
    kept.rename(partial)
    run.finish(name, INPUTS)
    assert (run.stage_folder(name) / "model" / "weights.bin").read_text() == "early"
    assert [folder.name for folder in run.stages.iterdir()] == [name]


def test_a_stage_that_lacked_a_file_is_replaced_by_one_that_has_it(run):
    name = stage_name(INPUTS)
    do_stage(run)
    (run.begin(name) / "facts.json").write_text("{}")
    run.finish(name, INPUTS)
    assert run.finished(name, ["facts.json"])


def test_older_stages_are_kept_when_inputs_change(run):
    do_stage(run)
    do_stage(run, INPUTS | {"passes": 40})
    assert run.finished(stage_name(INPUTS))
    assert run.finished(stage_name(INPUTS | {"passes": 40}))


def test_a_full_disk_at_the_end_of_a_stage_is_the_users_error_and_the_stage_does_not_count(run, monkeypatch):
    def refuse(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("uptake.files.os.fsync", refuse)
    with pytest.raises(UserError, match="the disk is full"):
        do_stage(run)
    assert not run.finished(stage_name(INPUTS))


# Why a stage is run


def test_the_first_stage_is_a_first_run(run):
    assert run.why(stage_name(INPUTS), INPUTS) == "first run"


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ({"passes": 40}, "passes changed from 20 to 40"),
        ({"arms": {"schooled": {"schooling": [1]}}}, "arms.schooled.schooling changed"),
        ({"arms": {"schooled": {"schooling": {"record": 0.5}}}},
         "arms.schooled.schooling.record changed from 1.0 to 0.5"),
        ({"arms": {"schooled": {"schooling": {}}}}, "arms.schooled.schooling.record was removed"),
        ({"code": "c1"}, "code that affects numbers changed"),
        ({"code": "c1", "passes": 40}, "code that affects numbers changed"),
        ({"code": {"readers": "c1"}}, "code that affects numbers changed"),
        ({"before": "x"}, "the stage before it changed"),
        ({"before": "x", "passes": 40}, "passes changed from 20 to 40"),
        ({"passes": 40, "batch": 2}, "passes changed from 20 to 40 and batch was added"),
        ({"passes": 40, "batch": 2, "rank": 2, "width": 4, "heads": 2},
         "passes changed from 20 to 40, batch was added and 3 more changed"),
        ({"seed": 1}, "first run"),
        ({"stage": "read"}, "first run"),
    ],
)  # fmt: skip
def test_a_rerun_says_in_one_sentence_what_changed(new, why, run):
    do_stage(run)
    inputs = INPUTS | new
    assert run.why(stage_name(inputs), inputs) == why


def test_the_nearest_earlier_stage_is_compared_not_the_latest(run):
    do_stage(run)
    do_stage(run, INPUTS | {"passes": 99, "batch": 5})
    inputs = INPUTS | {"passes": 21}
    assert run.why(stage_name(inputs), inputs) == "passes changed from 20 to 21"


def test_of_equally_near_stages_the_latest_is_compared(run):
    for passes in (30, 10, 20):
        do_stage(run, INPUTS | {"passes": passes})
    inputs = INPUTS | {"passes": 21}
    assert run.why(stage_name(inputs), inputs) == "passes changed from 20 to 21"


def test_stages_of_another_label_are_not_compared(run):
    do_stage(run, label="schooled")
    inputs = INPUTS | {"passes": 21}
    assert run.why(stage_name(inputs), inputs, "unschooled") == "first run"
    assert run.why(stage_name(inputs), inputs, "schooled") == "passes changed from 20 to 21"


def test_a_damaged_stage_does_not_confuse_the_reason_of_another(run):
    cut_done(do_stage(run))
    inputs = INPUTS | {"passes": 21}
    assert run.why(stage_name(inputs), inputs) == "first run"


def test_tuples_among_the_inputs_are_no_change(run):
    do_stage(run, INPUTS | {"frames": ("a", "b")})
    inputs = INPUTS | {"frames": ("a", "b"), "passes": 2}
    assert run.why(stage_name(inputs), inputs) == "passes changed from 20 to 2"


# The lock

HOLD = """
import sys, time
from uptake.rundir import RunFolder
run = RunFolder(sys.argv[1])
with run.lock():
    (run.begin("abc") / "half").write_text("x")
    (run.path / ".plan.json.0123.tmp").write_text("half")
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(run):
    """Another process that holds the lock, in the middle of a stage."""
    environment = {**os.environ, "PYTHONPATH": str(Path(rundir.__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_told_which_one_holds_the_folder_and_does_no_harm(run, holder):
    before = tree(run.path)
    with pytest.raises(UserError) as error, run.lock():
        pytest.fail("the lock was given twice")
    assert error.value.where == str(run.path)
    assert f"process {holder.pid} on " in error.value.what
    assert error.value.what.endswith("is working in this run folder")
    assert tree(run.path) == before
    assert holder.poll() is None


def test_a_killed_process_leaves_no_lock_and_its_leftovers_are_cleared(run, holder):
    do_stage(run)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (run.path / ".plan.json.0123.tmp").exists()
    with run.lock():
        assert [folder.name for folder in run.stages.iterdir()] == [stage_name(INPUTS)]
        assert not (run.path / ".plan.json.0123.tmp").exists()
        assert run.finished(stage_name(INPUTS))


def test_the_same_process_cannot_take_the_lock_twice(run):
    with run.lock(), pytest.raises(UserError, match=f"process {os.getpid()} on "), run.lock():
        pytest.fail("the lock was given twice")


def test_the_lock_is_free_again_after_an_error_inside(run):
    with pytest.raises(ZeroDivisionError), run.lock():
        raise ZeroDivisionError
    with run.lock():
        pass


def test_a_lock_whose_holder_did_not_yet_say_who_it_is_holds_all_the_same(run):
    with run.lock():
        (run.path / ".lock.json").unlink()
        with pytest.raises(UserError, match="another process is working in this run folder"), run.lock():
            pytest.fail("the lock was given twice")


def test_a_run_folder_that_cannot_be_made_is_the_users_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="could not be written"), RunFolder(tmp_path / "file" / "run").lock():
        pytest.fail("the folder cannot exist")


def test_a_disk_without_room_is_told_before_anything_is_written(run):
    run.room(1)
    assert not run.path.exists()
    with pytest.raises(UserError) as error:
        run.room(10**24)
    free = shutil.disk_usage(run.path.parents[1]).free
    assert free < 10**24
    assert error.value.what.startswith("the run needs 1000000000000.0 TB of disk and ")
    assert error.value.hint == "free some space, or choose a folder on another disk"
