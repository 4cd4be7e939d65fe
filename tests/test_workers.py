"""Stages are carried out side by side, in order; a worker that dies costs its own stage one more try."""

import os
import pickle
from pathlib import Path

import pytest

from uptake.errors import StageFailed, UserError
from uptake.workers import Task, local, sensible_workers


def note(folder, name):
    """What the workers of these tests do: write their name down, one line each time that they are asked."""
    with (Path(folder) / "log").open("a") as log:
        log.write(f"{name}\n")
    return name.upper()


def die(folder, name, times):
    """Note the name; a dier kills its worker before that, as an operating system out of memory would."""
    scars = Path(folder) / f"{name}.scars"
    if name.startswith("dier") and (len(scars.read_text()) if scars.exists() else 0) < times:
        with scars.open("a") as file:
            file.write("x")
        os._exit(9)
    return note(folder, name)


def refuse(folder, name):
    raise UserError("the disk is full", where=name, hint="free some space")


def divide(folder, name):
    return 1 // 0


def threads(folder, name):
    return os.environ["OMP_NUM_THREADS"]


def carry_out(work, tasks, workers=1):
    return list(local(work, tasks, workers))


def log(folder):
    return (folder / "log").read_text().split()


def task(folder, name, needs=(), *more):
    return Task(name, needs, (str(folder), name, *more))


def test_a_task_waits_for_those_that_it_needs(tmp_path):
    chain = [task(tmp_path, "c", ("b",)), task(tmp_path, "b", ("a",)), task(tmp_path, "a")]
    assert carry_out(note, chain, workers=2) == [("a", "A"), ("b", "B"), ("c", "C")]
    assert log(tmp_path) == ["a", "b", "c"]


def test_a_worker_that_dies_once_costs_its_own_task_alone(tmp_path):
    tasks = [task(tmp_path, name, (), 1) for name in ("first", "dier", "last")]
    done = carry_out(die, tasks)
    assert sorted(done) == [("dier", "DIER"), ("first", "FIRST"), ("last", "LAST")]
    assert sorted(log(tmp_path)) == ["dier", "first", "last"]


def test_two_workers_that_each_die_once_do_not_end_the_run(tmp_path):
    tasks = [task(tmp_path, name, (), 1) for name in ("dier-1", "between", "dier-2", "last")]
    assert {key for key, _ in carry_out(die, tasks)} == {"dier-1", "between", "dier-2", "last"}


def test_a_worker_that_dies_twice_fails_its_stage_by_name(tmp_path):
    tasks = [task(tmp_path, name, (), 2) for name in ("first", "dier", "last")]
    with pytest.raises(StageFailed, match="died") as error:
        carry_out(die, tasks)
    assert "dier" in str(error.value)


def test_what_was_done_before_a_stage_failed_is_handed_over(tmp_path):
    results, found = local(die, [task(tmp_path, name, (), 2) for name in ("first", "dier")], 1), []
    with pytest.raises(StageFailed):
        found.extend(results)
    assert found == [("first", "FIRST")]


def test_a_users_mistake_comes_out_of_a_worker_whole(tmp_path):
    with pytest.raises(UserError) as error:
        carry_out(refuse, [task(tmp_path, "a")])
    assert str(error.value) == "a: the disk is full\nhint: free some space"


def test_a_bug_comes_out_of_a_worker_as_what_it_is(tmp_path):
    with pytest.raises(ZeroDivisionError):
        carry_out(divide, [task(tmp_path, "a")])


@pytest.mark.parametrize("kind", [UserError, StageFailed])
def test_errors_survive_the_way_between_processes(kind):
    again = pickle.loads(pickle.dumps(kind("no room", where="runs/x", hint="make some")))
    assert type(again) is kind
    assert (again.what, again.where, again.hint) == ("no room", "runs/x", "make some")


def test_each_worker_computes_with_one_thread(tmp_path):
    assert carry_out(threads, [task(tmp_path, "a")]) == [("a", "1")]


def test_no_more_workers_are_made_than_there_are_tasks_and_at_least_one():
    assert sensible_workers(0) == sensible_workers(1) == 1
    assert sensible_workers(10**6) == len(os.sched_getaffinity(0))
