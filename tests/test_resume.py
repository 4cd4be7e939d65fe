"""A run that is stopped, at whatever moment and by whatever means, goes on to the results that it would have had."""

import errno
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from commands import is_one_sentence, kill_group, start, uptake, wait_until
from uptake.errors import UserError
from uptake.run import Options, run
from uptake.study import read_study

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

# What is there when the run is killed. `begun` are the folders of the stages that it is working on.
MOMENTS = {
    "the plan is written": lambda run, begun: (run / "plan.json").exists(),
    "the first stage is begun": lambda run, begun: begun,
    "a model is being saved": lambda run, begun: any((stage / "model").exists() for stage in begun),
    "a stage's readings are written": lambda run, begun: any((stage / "readings.parquet").exists() for stage in begun),
    "one stage is finished": lambda run, begun: finished(run) == 1,
    "two stages are finished": lambda run, begun: finished(run) == 2,
    "all stages are finished": lambda run, begun: finished(run) == 4,
    "the readings are gathered": lambda run, begun: (run / "readings.parquet").exists(),
    "the results are written": lambda run, begun: (run / "results.json").exists(),
    "the page is written": lambda run, begun: (run / "report.html").exists(),
}


def finished(run):
    return len([done for done in run.glob("stages/*/DONE.json") if "." not in done.parent.name])


def begun(run, process):
    """The folders of the stages that this very process has begun, not those that a killed one left."""
    return list(run.glob(f"stages/*.partial-{process.pid}"))


def written(run):
    """Every file that must come out the same, by its path in the run's folder. DONE.json counts the order of stages."""
    files = [path for path in run.rglob("*") if path.is_file() and path.name not in ("DONE.json", ".lock")]
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def unfinished(whole_run, tmp_path):
    """A run folder in which one stage and everything that follows from it is still to do."""
    return but_for_one_stage(whole_run, tmp_path)


def but_for_one_stage(whole_run, folder):
    for name in ("small.yaml", "world.yaml"):
        shutil.copy(whole_run.parent / name, folder)
    copy = Path(shutil.copytree(whole_run, folder / "run"))
    shutil.rmtree(sorted(path for path in copy.glob("stages/*"))[0])
    for name in ("readings.parquet", "results.json", "report.html", "report.md"):
        (copy / name).unlink()
    return copy


def go_on(run):
    return uptake("run", "small.yaml", "--out", run, "--workers", 1, folder=run.parent)


def assert_as_if_never_stopped(run, whole_run):
    done = go_on(run)
    assert done.returncode == 0, done.stderr
    assert (run / "results.json").read_bytes() == (whole_run / "results.json").read_bytes()
    assert written(run) == written(whole_run)


def test_a_run_killed_at_ten_moments_ends_with_the_same_bytes(whole_run, tmp_path):
    run, killed = tmp_path / "run", []
    for name in ("small.yaml", "world.yaml"):
        shutil.copy(whole_run.parent / name, tmp_path)
    for moment, reached in MOMENTS.items():
        process = start("run", "small.yaml", "--out", run, "--workers", 1, folder=tmp_path)
        if wait_until(lambda now=reached, by=process: now(run, begun(run, by)), process):
            killed.append(moment)
        kill_group(process)
    assert len(killed) >= len(MOMENTS) - 1, f"only killed when {killed}"  # the last moment is a short one
    assert_as_if_never_stopped(run, whole_run)


def test_damaged_stages_are_done_again_each_for_its_reason(whole_run, unfinished):
    cut, garbled, lost = sorted(unfinished.glob("stages/*"))
    (cut / "ledger.json").write_bytes((cut / "ledger.json").read_bytes()[:100])
    (garbled / "DONE.json").write_text('{"hash": ')
    (lost / "readings.parquet").unlink()
    done = go_on(unfinished)
    for reason in ("ledger.json was truncated", "DONE.json was damaged", "readings.parquet is missing", "first run"):
        assert f"{reason}\n" in done.stderr
    assert written(unfinished) == written(whole_run)


def test_the_workers_of_a_killed_run_die_with_it_and_write_nothing_more(unfinished):
    process = start("run", "small.yaml", "--out", unfinished, "--workers", 1, folder=unfinished.parent)
    assert wait_until(lambda: any((stage / "model").exists() for stage in begun(unfinished, process)), process)
    orphans = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    assert orphans
    assert psutil.wait_procs(orphans, timeout=60)[1] == []
    assert finished(unfinished) == 3
    process.communicate()


def test_an_interrupted_run_says_so_in_one_sentence_and_leaves_no_worker(unfinished):
    process = start("run", "small.yaml", "--out", unfinished, "--workers", 1, folder=unfinished.parent)
    assert wait_until(lambda: any((stage / "model").exists() for stage in begun(unfinished, process)), process)
    children = psutil.Process(process.pid).children(recursive=True)
    workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "stopped; what was finished is kept, and the same command goes on from there"
    assert "Traceback" not in said
    assert workers
    assert not any(worker.is_running() for worker in workers)


def test_a_second_run_on_the_same_folder_is_told_at_once_and_does_no_harm(whole_run, unfinished):
    first = start("run", "small.yaml", "--out", unfinished, "--workers", 1, folder=unfinished.parent)
    assert wait_until(lambda: begun(unfinished, first), first)
    second = go_on(unfinished)
    assert first.poll() is None
    assert second.returncode == 2
    assert is_one_sentence(second.stderr)
    assert f"process {first.pid}" in second.stderr
    assert "is working in this run folder" in second.stderr
    first.communicate()
    assert first.returncode == 0
    assert written(unfinished) == written(whole_run)


def test_a_run_folder_below_a_file_is_refused_in_one_sentence(unfinished):
    said = uptake("run", "small.yaml", "--out", "world.yaml/run", folder=unfinished.parent)
    assert said.returncode == 2
    assert is_one_sentence(said.stderr)
    assert "a part of the path is a file, not a folder" in said.stderr


@pytest.fixture
def disk(tmp_path):
    """Make a small disk of its own, which only root may."""
    place = tmp_path / "disk"
    place.mkdir()

    def make(options):
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], capture_output=True)
        if made.returncode:
            pytest.skip("only root can make a disk")
        return place

    yield make
    subprocess.run(["umount", place], capture_output=True)


def test_a_read_only_disk_is_told_in_one_sentence(disk, unfinished):
    said = uptake("run", "small.yaml", "--out", disk("ro,size=1m") / "run", folder=unfinished.parent)
    assert said.returncode == 2
    assert is_one_sentence(said.stderr)
    assert "this disk is read-only" in said.stderr


def test_a_disk_that_is_too_small_is_told_before_anything_is_trained(disk, unfinished):
    said = uptake("run", "small.yaml", "--out", disk("size=10m") / "run", folder=unfinished.parent)
    assert said.returncode == 2
    assert is_one_sentence(said.stderr)
    assert "the run needs 160 MB of disk and 10 MB are free" in said.stderr


def test_a_disk_that_fills_up_on_the_way_costs_nothing_that_was_finished(disk, whole_run):
    run = but_for_one_stage(whole_run, disk("size=60m"))
    process = start("run", "small.yaml", "--out", run, "--workers", 1, folder=run.parent)
    assert wait_until(lambda: begun(run, process), process)
    with (run.parent / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space left"):
        while True:
            filler.write(bytes(4096))
    _, said = process.communicate()
    assert process.returncode == 2
    assert is_one_sentence(said)
    assert "the disk is full" in said
    assert finished(run) == 3
    (run.parent / "filler").unlink()
    assert_as_if_never_stopped(run, whole_run)


def test_a_disk_that_is_full_when_results_are_written_leaves_the_old_ones(whole_run, tmp_path, monkeypatch):
    for name in ("small.yaml", "world.yaml"):
        shutil.copy(whole_run.parent / name, tmp_path)
    again = Path(shutil.copytree(whole_run, tmp_path / "run"))
    before = written(again)

    def full(handle):
        if ".results.json." in os.readlink(f"/proc/self/fd/{handle}"):  # noqa: PTH115 (no path of a file)
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="could not be written: the disk is full"):
        run(read_study(tmp_path / "small.yaml"), again, Options(), lambda line: None)
    assert written(again) == before
