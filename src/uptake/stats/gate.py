"""The gate: does this reader tell the frames apart when it reads them in context?

If it does not, a null after training says nothing about a theory. Every pair of frames is contrasted, and Holm's
correction over the pairs makes the largest difference honest: a bare maximum minus minimum is positive even when
frames do nothing. Pairs are preferred to a permutation of labels because a prediction compares two frames, and a
reader may know `correction` from `record` and not `fiction` from `record`. The question is about these very readers,
the ones that go on to be trained, so seeds are fixed and only claims are random; one seed is enough. How often it
tells frames apart that do nothing is measured by `calibrate.gate_alarms`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from uptake.records import Scale
from uptake.stats.cells import CellKey, ClaimMatrix, claim_values
from uptake.stats.estimates import DRAWS, Estimate, Resampler, contrast
from uptake.stats.holm import holm
from uptake.stats.rounding import rounded
from uptake.stats.table import Table

ALPHA = 0.05  # family-wise over the pairs of one arm and reading


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate found for one arm and reading. `apart` holds the pairs of frames told apart, each sorted."""

    passed: bool
    reason: str
    frames: frozenset[str] = frozenset()
    apart: frozenset[tuple[str, str]] = frozenset()

    def tells_apart(self, one: str, other: str) -> bool:
        return (min(one, other), max(one, other)) in self.apart


@dataclass(frozen=True, slots=True)
class GateSettings:
    """`smallest_effect` is on the scale; `seed` feeds the bootstrap only."""

    smallest_effect: float
    scale: Scale = "accuracy"
    seed: int = 0
    draws: int = DRAWS


def gate(table: Table, readings: Sequence[str], settings: GateSettings) -> list[dict]:
    """Return the gate of every arm and reading, as `results.json` has it, with `pairs` for every pair of frames.

    A pair is told apart if its corrected interval excludes 0 and its difference is at least the smallest effect of
    interest: less would leave nothing that training could show. The gate is passed if any pair is. `spread`, `low`
    and `high` are the largest difference and its corrected interval.
    """
    cells = first_in_context(claim_values(table, settings.scale))
    resampler = Resampler(settings.seed, settings.draws)
    arms = table.labels["arm"]
    return [_gate(arm, reading, cells, settings, resampler) for arm in arms for reading in readings]


def gates_by_cell(found: Sequence[Mapping]) -> dict[tuple[str, str], Gate]:
    """Return what `judge` needs of a gate's results."""
    return {
        (entry["arm"], entry["reading"]): Gate(
            passed=entry["passed"],
            reason=entry["reason"],
            frames=frozenset(entry["frames"]),
            apart=frozenset(tuple(sorted(pair["frames"])) for pair in entry["pairs"] if pair["apart"]),
        )
        for entry in found
    }


def first_in_context(cells: Mapping[CellKey, ClaimMatrix]) -> dict[tuple[str, str, str], ClaimMatrix]:
    """Return the earliest in-context matrix of each (arm, frame, reading): what was read before any training."""
    found: dict[tuple[str, str, str], ClaimMatrix] = {}
    for key, matrix in cells.items():  # sorted: the earliest checkpoint comes first
        if key.context == "in_context" and key.frame != "untrained" and matrix.mean is not None:
            found.setdefault((key.arm, key.frame, key.reading), matrix)
    return found


def _gate(arm: str, reading: str, cells: Mapping, settings: GateSettings, resampler: Resampler) -> dict:
    frames = sorted(frame for one, frame, what in cells if (one, what) == (arm, reading))
    entry = {"arm": arm, "reading": reading, "frames": frames, "pairs": []}
    empty = {"spread": None, "low": None, "high": None, "passed": False}
    if len(frames) < 2:
        return entry | empty | {"reason": "fewer than two frames have this reading in context"}
    pairs = [
        (pair, contrast(*(cells[arm, frame, reading] for frame in pair), resampler, seeds_fixed=True))
        for pair in combinations(frames, 2)
        if _share_a_seed(*(cells[arm, frame, reading] for frame in pair))
    ]
    if not pairs or not all(found.freedom for _, found in pairs):
        return entry | empty | {"reason": "too few claims were read in context to compare frames"}
    adjusted, levels = holm([found.p_two_sided() for _, found in pairs], ALPHA)
    entry["pairs"] = [
        _pair(pair, found, (p, level), settings.smallest_effect)
        for (pair, found), p, level in zip(pairs, adjusted, levels, strict=True)
    ]
    widest = max(entry["pairs"], key=lambda pair: abs(pair["difference"]))
    passed = any(pair["apart"] for pair in entry["pairs"])
    low, high = sorted((widest["low"], widest["high"]))
    low, high = (low, high) if widest["difference"] >= 0 else (-high, -low)
    spread = {"spread": abs(widest["difference"]), "low": rounded(low), "high": rounded(high), "passed": passed}
    return entry | spread | {"reason": "" if passed else _why_not(adjusted)}


def _pair(pair: tuple[str, str], found: Estimate, corrected: tuple[float, float], least: float) -> dict:
    p_adjusted, level = corrected
    low, high = found.interval(1 - level)
    return {
        "frames": list(pair),
        "difference": rounded(found.value),
        "low": rounded(low),
        "high": rounded(high),
        "p_adjusted": rounded(p_adjusted),
        "apart": bool(p_adjusted <= ALPHA and abs(found.value) >= least),
    }


def _why_not(adjusted: Sequence[float]) -> str:
    if min(adjusted) <= ALPHA:
        return "in context the reader tells frames apart by less than the smallest effect of interest"
    return "in context the reader does not tell the frames apart"


def _share_a_seed(left: ClaimMatrix, right: ClaimMatrix) -> bool:
    return bool(set(left.seed_means) & set(right.seed_means))
