"""Carry out datatrove's pipelines on this machine or over Ray, quietly: what they would tell the terminal stands in
their log files all the same."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from loguru import logger

from uptake.workers import Task, on_ray

# Memory that a Ray task reserves, in bytes: what settling twenty thousand documents takes, with room.
MEMORY = 1 << 30

Stages = Sequence[tuple[str, list[PipelineStep], int]]


class _Quiet(LocalPipelineExecutor):
    """The first local task tells nothing more than the others do: errors. A single worker works here, where datatrove
    would start a process to manage it and copy the steps for each task."""

    def run(self):
        if self.workers > 1:
            return super().run()
        for rank in self.get_incomplete_ranks():
            self._run_for_rank(rank)
        return None

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1):
        return super()._run_for_rank(rank, local_rank + 1, node_rank)


def local(stages: Stages, logs: Path, workers: int) -> None:
    """Carry stages out on this machine. A task that was finished before is not done again."""
    with _silent():
        for name, steps, tasks in stages:
            _Quiet(steps, tasks=tasks, workers=min(workers, tasks), logging_dir=str(logs / name)).run()


def ray(stages: Stages, logs: Path, workers: int) -> None:
    """Carry stages out on the Ray cluster that this process is connected to. Raises what a task raised.

    datatrove's own Ray executor forks a pool inside each Ray worker, which has threads by then: now and then a fork
    takes a lock with it that nobody will release, and the audit waits for ever. It also goes on after a failed task.
    """
    with _silent():
        for name, steps, count in stages:
            executor = _Quiet(steps, tasks=count, logging_dir=str(logs / name))
            ranks = executor.get_incomplete_ranks()
            # A bucket takes less time than a Ray task takes to start, unless there are many documents.
            together = max(1, count // workers) if name == "meet" else 1
            chunks = [ranks[first:first + together] for first in range(0, len(ranks), together)]
            tasks = [Task(f"{name}-{chunk[0]}", (), (executor, chunk), f"{name} {chunk[0]}") for chunk in chunks]
            for _ in on_ray(_carry_out, tasks, workers, memory=MEMORY):
                pass


def _carry_out(executor: _Quiet, ranks: Sequence[int]) -> None:
    """Carry out some of a stage's tasks, in a Ray worker."""
    with _silent():
        for rank in ranks:
            executor._run_for_rank(rank)


EXECUTORS: dict[str, Callable[[Stages, Path, int], None]] = {"local": local, "ray": ray}


@contextmanager
def _silent() -> Iterator[None]:
    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")
