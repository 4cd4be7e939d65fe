"""Carry out stages side by side: on this machine's cores, or on a Ray cluster. Nothing depends on which.

Each worker computes with one thread. Two one-thread workers train two readers faster than one two-thread worker trains
them in turn (`make bench` prints the ratio), and a sum over one thread is the same on every machine of a kind, so that
results do not depend on how many workers there were.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from uptake.errors import StageFailed, UserError

ATTEMPTS = 2  # a worker that dies (killed, out of memory) costs its stage once; twice is no accident
THREADS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE",
           "TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True, slots=True)
class Task:
    """Something to carry out: its key, the keys that must be done before it, and the arguments of the work."""

    key: str
    needs: tuple[str, ...]
    arguments: tuple[Any, ...]


def sensible_workers(tasks: int) -> int:
    """Return how many workers to use if the user names no number: one a core, and no more than there are tasks."""
    return max(1, min(len(os.sched_getaffinity(0)), tasks))


def local(work: Callable[..., Any], tasks: Sequence[Task], workers: int) -> Iterator[tuple[str, Any]]:
    """Yield (key, what the work returned) as tasks finish. Raises what the work raised, or StageFailed.

    When a worker process dies, its pool is made anew and only the unfinished tasks are tried once more.
    """
    waiting, tries, done = {task.key: task for task in tasks}, dict.fromkeys((t.key for t in tasks), 0), set()
    while waiting:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
            try:
                yield from _drain(pool, work, waiting, tries, done)
            except BrokenProcessPool:
                _give_up_on_repeated(tries)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def on_ray(work: Callable[..., Any], tasks: Sequence[Task], workers: int) -> Iterator[tuple[str, Any]]:
    """As `local`, over Ray: the cluster that RAY_ADDRESS names, or a local one. Folders must be on a shared disk."""
    try:
        import ray
    except ImportError as error:
        raise UserError("Ray is not installed", hint="pip install 'uptake[ray]'") from error
    if not ray.is_initialized():
        ray.init(num_cpus=None if os.environ.get("RAY_ADDRESS") else workers, include_dashboard=False,
                 log_to_driver=False, runtime_env={"env_vars": THREADS})
    remote = ray.remote(num_cpus=1, max_retries=ATTEMPTS - 1)(work)
    waiting, running, done = {task.key: task for task in tasks}, {}, set()
    while waiting or running:
        for key in _ready(waiting, done):
            running[remote.remote(*waiting.pop(key).arguments)] = key
        finished, _ = ray.wait(list(running))
        for reference in finished:
            key = running.pop(reference)
            yield key, _ray_result(ray, reference, key)
            done.add(key)


def _drain(
    pool: ProcessPoolExecutor, work: Callable[..., Any], waiting: dict[str, Task], tries: dict[str, int], done: set[str]
) -> Iterator[tuple[str, Any]]:
    """Hand out what is ready, as workers come free; a task leaves `waiting` only when it is done."""
    running: dict[Any, str] = {}
    while waiting:
        for key in _ready(waiting, done):
            if key not in running.values():
                tries[key] += 1
                running[pool.submit(work, *waiting[key].arguments)] = key
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            key, result = running.pop(future), future.result()
            del waiting[key]
            done.add(key)
            yield key, result


def _ready(waiting: dict[str, Task], done: set[str]) -> list[str]:
    return [key for key, task in waiting.items() if all(need in done for need in task.needs)]


def _give_up_on_repeated(tries: dict[str, int]) -> None:
    for key, count in tries.items():
        if count >= ATTEMPTS:
            raise StageFailed(f"the worker of stage {key[:12]} died twice", hint="is there enough memory? try --workers 1; "
                              "everything finished so far is kept")


def _ray_result(ray: Any, reference: Any, key: str) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError) as error:
        raise StageFailed(f"the worker of stage {key[:12]} died {ATTEMPTS} times: {error}",
                          hint="everything finished so far is kept") from error


def _one_thread() -> None:
    os.environ.update(THREADS)
