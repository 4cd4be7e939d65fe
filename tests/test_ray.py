"""Over Ray, a study comes to the same results as on this machine's cores, and fails in the same sentences."""

import os
import shutil
from pathlib import Path

import pytest

from commands import is_one_sentence, uptake
from uptake.errors import StageFailed, UserError
from uptake.workers import Task, on_ray, sensible_workers

pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def work(folder, name, times=0):
    """Note the name; first die so many times, as an operating system out of memory would have it."""
    scars = Path(folder) / f"{name}.scars"
    if (len(scars.read_text()) if scars.exists() else 0) < times:
        with scars.open("a") as file:
            file.write("x")
        os._exit(9)
    with (Path(folder) / "log").open("a") as log:
        log.write(f"{name}\n")
    return name.upper()


def refuse(folder, name):
    raise UserError("the disk is full", where=name, hint="free some space")


@pytest.fixture(scope="module")
def cluster():
    """One local Ray for the tests that need no command: starting it takes longest. Its workers can import this file."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=10**8)
        yield ray
        ray.shutdown()


def test_a_study_comes_to_the_same_bytes_over_ray(whole_run, tmp_path):
    for name in ("small.yaml", "world.yaml"):
        shutil.copy(whole_run.parent / name, tmp_path)
    done = uptake("run", "small.yaml", "--out", "run", "--on", "ray", "--workers", 2, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("results.json", "readings.parquet", "plan.json", "report.html", "report.md"):
        assert (tmp_path / "run" / name).read_bytes() == (whole_run / name).read_bytes()
    assert done.stdout.splitlines()[0] == "Does a small reader learn what it reads?"
    assert done.stdout.splitlines()[-1] == "run/report.html"
    assert "with 2 workers of one thread each" in done.stderr
    assert "ray" not in done.stderr.lower()


def test_a_cluster_that_is_not_there_is_told_in_one_sentence(whole_run, tmp_path, monkeypatch):
    for name in ("small.yaml", "world.yaml"):
        shutil.copy(whole_run.parent / name, tmp_path)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    said = uptake("run", "small.yaml", "--out", "run", "--on", "ray", folder=tmp_path)
    assert said.returncode == 2
    assert is_one_sentence(said.stderr)
    assert "there is no Ray cluster here" in said.stderr


def test_a_worker_that_dies_once_costs_its_own_task_one_more_try(cluster, tmp_path):
    tasks = [Task("a", (), (str(tmp_path), "a", 1)), Task("b", ("a",), (str(tmp_path), "b")),
             Task("c", (), (str(tmp_path), "c"))]
    assert dict(on_ray(work, tasks, 2)) == {"a": "A", "b": "B", "c": "C"}
    assert sorted((tmp_path / "log").read_text().split()) == ["a", "b", "c"]


def test_a_worker_that_dies_twice_fails_its_stage_by_name(cluster, tmp_path):
    with pytest.raises(StageFailed, match="schooled, seed 0"):
        list(on_ray(work, [Task("a", (), (str(tmp_path), "a", 2), "schooled, seed 0")], 1))


def test_a_users_mistake_comes_out_of_ray_whole(cluster, tmp_path):
    with pytest.raises(UserError) as error:
        list(on_ray(refuse, [Task("a", (), (str(tmp_path), "a"))], 1))
    assert type(error.value) is UserError
    assert str(error.value) == "a: the disk is full\nhint: free some space"


def test_a_ray_that_was_running_before_is_left_running(cluster, tmp_path):
    list(on_ray(work, [Task("a", (), (str(tmp_path), "a"))], 1))
    assert cluster.is_initialized()


def test_a_cluster_is_given_every_task_unless_a_number_is_named(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert sensible_workers(40, on="ray") == 40
    assert sensible_workers(10**6) == len(os.sched_getaffinity(0))
