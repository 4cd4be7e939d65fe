"""datatrove's executors, quieted: what they would tell the terminal stands in their log files all the same."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor, RayPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from loguru import logger

# Memory that a Ray task reserves, in GiB: what settling twenty thousand documents takes, with room.
MEMORY = 1

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
    """Carry stages out on the Ray cluster that this process is connected to."""
    with _silent():
        for name, steps, tasks in stages:
            # A bucket takes less time than a Ray job takes to start, unless there are many documents.
            together = max(1, tasks // workers) if name == "meet" else 1
            RayPipelineExecutor(steps, tasks=tasks, workers=min(workers, tasks), logging_dir=str(logs / name),
                                tasks_per_job=together, mem_per_cpu_gb=MEMORY).run()


EXECUTORS: dict[str, Callable[[Stages, Path, int], None]] = {"local": local, "ray": ray}


@contextmanager
def _silent() -> Iterator[None]:
    logger.disable("datatrove")
    try:
        yield
    finally:
        logger.enable("datatrove")
