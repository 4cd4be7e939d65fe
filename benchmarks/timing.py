"""Timing on a machine that others may be using: contenders take turns, and processor seconds stand beside wall seconds.

Ratios are taken within one run, from the median of the turns. On a busy machine the ratio of processor seconds is the
one to trust; the wall-clock ratio also holds what the neighbours did.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Turn:
    """What one turn of a contender did: how much work (tokens or items) in how many seconds."""

    work: float
    wall: float
    cpu: float


def take_turns(contenders: dict[str, Callable[[], float]], turns: int) -> dict[str, list[Turn]]:
    """Let each contender do its work once in every turn; each returns how much it did."""
    taken: dict[str, list[Turn]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, work in contenders.items():
            wall, cpu = time.perf_counter(), time.process_time()
            done = work()
            taken[name].append(Turn(done, time.perf_counter() - wall, time.process_time() - cpu))
    return taken


def table(taken: dict[str, list[Turn]], unit: str, flops_a_unit: float = 0.0, peak: float = 0.0) -> str:
    """Return the lines of a table: rates, the ratio to the last contender, and the share of the matmul peak."""
    rates = {name: statistics.median(turn.work / turn.wall for turn in turns) for name, turns in taken.items()}
    per_cpu = {name: statistics.median(turn.work / turn.cpu for turn in turns) for name, turns in taken.items()}
    last = list(taken)[-1]
    width = max(map(len, taken))
    lines = []
    for name in taken:
        line = f"  {name:<{width}}  {rates[name]:9,.0f} {unit}/s  {per_cpu[name]:9,.0f} {unit}/cpu-s"
        line += f"  x{rates[name] / rates[last]:.2f} wall  x{per_cpu[name] / per_cpu[last]:.2f} cpu"
        if peak:
            line += f"  {100 * per_cpu[name] * flops_a_unit / peak:.0f} % of the matmul peak"
        lines.append(line)
    return "\n".join(lines)


def matmul_peak(dtype: torch.dtype, size: int = 1024, seconds: float = 1.0) -> float:
    """Return the floating-point operations that square matrix products take a processor second, best of several."""
    left, right = (torch.randn(size, size).to(dtype) for _ in range(2))
    best, began = 0.0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        cpu = time.process_time()
        for _ in range(4):
            left @ right
        best = max(best, 4 * 2 * size**3 / (time.process_time() - cpu))
    return best
