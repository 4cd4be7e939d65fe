"""Carry out stages side by side: on this machine's cores, or on a Ray cluster. Nothing depends on which.

Each worker computes with one thread. Two one-thread workers train two readers faster than one two-thread worker trains
them in turn (`make bench` prints the ratio), and a sum over one thread is the same on every machine of a kind, so that
results do not depend on how many workers there were.

No worker outlives its run: not one that ends in an error, not one that is interrupted, and not one that is killed.
"""

import ctypes
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process
from typing import Any

from uptake.errors import StageFailed, UserError

ATTEMPTS = 2  # a worker that dies (killed, out of memory) costs its stage once; twice is no accident
THREADS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE",
           "TOKENIZERS_PARALLELISM": "false"}
# Ray is not to report to anyone, and not to hide the accelerator from tasks that reserve none: a stage then computes
# where it would compute without Ray.
RAY = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
# The allocator's M_MMAP_THRESHOLD, at the most it takes, and M_TRIM_THRESHOLD. Larger blocks still go back at once:
# keeping those too would save a real reader a tenth of its time and cost it half a gigabyte a worker.
MALLOPT = {-3: 32 << 20, -1: 512 << 20}
OBJECT_STORE = 100_000_000  # bytes, near the least that Ray takes: stages hand on files, not objects
KNOCK = 10.0  # seconds; a cluster that takes longer to pick up is out of reach


@dataclass(frozen=True, slots=True)
class Task:
    """Something to carry out: its key, the keys that must be done before it, the arguments of the work, and what a
    person calls it."""

    key: str
    needs: tuple[str, ...]
    arguments: tuple[Any, ...]
    label: str = ""


def sensible_workers(tasks: int, on: str = "local") -> int:
    """Return how many workers to use if the user names no number: one a core, and no more than there are tasks.

    A Ray cluster has cores that this machine does not know of: it gets every task, and starts what it has room for.
    """
    if on == "ray" and os.environ.get("RAY_ADDRESS"):
        return max(1, tasks)
    return max(1, min(len(os.sched_getaffinity(0)), tasks))


def local(work: Callable[..., Any], tasks: Sequence[Task], workers: int) -> Iterator[tuple[str, Any]]:
    """Yield (key, what the work returned) as tasks finish. Raises what the work raised, or StageFailed.

    When a worker process dies, its pool is made anew and only the unfinished tasks are tried once more. Close the
    generator to stop early: the workers are then ended, and so they are when anything is raised.
    """
    waiting, tries, done = {task.key: task for task in tasks}, dict.fromkeys((t.key for t in tasks), 0), set()
    while waiting:
        others = set(active_children())
        running: dict[Any, str] = {}
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker) as pool:
            try:
                while waiting:
                    for key in _ready(waiting, done, running.values())[:workers - len(running)]:
                        running[pool.submit(work, *waiting[key].arguments)] = key
                        tries[key] += 1
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        result = future.result()
                        key = running.pop(future)
                        del waiting[key]
                        done.add(key)
                        yield key, result
            except BrokenProcessPool as error:
                _give_up_on_repeated([waiting[key] for key in running.values()], tries, error)
            except BaseException:
                for worker in set(active_children()) - others:
                    worker.terminate()
                raise


def on_ray(work: Callable[..., Any], tasks: Sequence[Task], workers: int,
           memory: int = 0) -> Iterator[tuple[str, Any]]:
    """As `local`, over Ray: the cluster that RAY_ADDRESS names, or a local one. Folders must be on a shared disk.

    Each task reserves a core and `memory` bytes.
    """
    ray, ours = cluster(workers)
    waiting, done = {task.key: task for task in tasks}, set()
    running: dict[Any, str] = {}
    try:
        _check_memory(ray, memory)
        remote = ray.remote(num_cpus=1, memory=memory or None, max_retries=ATTEMPTS - 1)(work)
        while waiting:
            free = workers - len(running)
            for key in _ready(waiting, done, running.values())[:free] if free else ():
                running[remote.remote(*waiting[key].arguments)] = key
            for reference in ray.wait(list(running))[0]:
                result = _ray_result(ray, reference, waiting[running[reference]])
                key = running.pop(reference)
                del waiting[key]
                done.add(key)
                yield key, result
    finally:
        for reference in running:
            ray.cancel(reference, force=True)
        if ours:
            ray.shutdown()


def cluster(workers: int) -> tuple[Any, bool]:
    """Return Ray, connected, and whether it was we who connected it. Raises UserError."""
    os.environ.update({name: os.environ.get(name, value) for name, value in RAY.items()})
    try:
        import ray
    except ImportError as error:
        raise UserError("Ray is not installed", hint="pip install 'uptake[ray]'") from error
    if ray.is_initialized():
        return ray, False
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": logging.ERROR}
    address = os.environ.get("RAY_ADDRESS")
    own = {} if address else {"num_cpus": workers, "object_store_memory": OBJECT_STORE}
    try:
        if address:
            _knock(address)
        ray.init(address or "local", **quiet, **own, runtime_env={"env_vars": THREADS})
    except ConnectionError as error:
        raise UserError("there is no Ray cluster here", where=f"RAY_ADDRESS={address}",
                        hint="correct it, or unset it to use this machine alone") from error
    return ray, True


def _check_memory(ray: Any, memory: int) -> None:
    """Raise UserError where no node has so many bytes: Ray would wait for one without a word."""
    most = max((node["Resources"].get("memory", 0) for node in ray.nodes() if node["Alive"]), default=0)
    if most < memory:
        raise UserError(f"a task needs {memory / 2**30:.1f} GiB of memory, and no node of the Ray cluster has more "
                        f"than {most / 2**30:.1f}", hint="start Ray with more memory, or leave out --on ray")


def _knock(address: str) -> None:
    """Raise ConnectionError at once if nothing answers at `host:port`; Ray itself goes on trying for many minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdigit():
        try:
            socket.create_connection((host, int(port)), timeout=KNOCK).close()
        except OSError as error:
            raise ConnectionError(address) from error


def _ready(waiting: dict[str, Task], done: Collection[str], running: Collection[str]) -> list[str]:
    """Return the keys that can be started now, in order."""
    busy = set(running)
    return [key for key, task in waiting.items() if key not in busy and all(need in done for need in task.needs)]


def _give_up_on_repeated(interrupted: Sequence[Task], tries: dict[str, int], error: Exception) -> None:
    """Raise StageFailed if one of the tasks that were running when a worker died has had all its attempts."""
    for task in interrupted:
        if tries[task.key] >= ATTEMPTS:
            raise _died(task) from error


def _ray_result(ray: Any, reference: Any, task: Task) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError,
            ray.exceptions.OutOfMemoryError) as error:
        raise _died(task) from error


def _died(task: Task) -> StageFailed:
    return StageFailed(f"the worker of stage {task.label or task.key[:12]} died twice",
                       hint="is there enough memory? try --workers 1; everything finished so far is kept")


def _start_worker() -> None:
    """Make this process a worker: one thread, deaf to Ctrl-C (the run ends its workers itself), gone with the run."""
    os.environ.update(THREADS)
    _keep_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_run, daemon=True).start()


def _keep_memory() -> None:
    """Let the GNU allocator keep what is freed: a small reader otherwise gets fresh pages from the kernel at every step
    (measured while growing one: 7,000 page faults a step and an eleventh of the processor time)."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for option, size in MALLOPT.items():
            libc.mallopt(option, size)


def _end_with_the_run() -> None:
    """Wait for the end of the process that started this one. Killed, it leaves a pool's workers waiting for ever."""
    parent_process().join()
    os._exit(1)
