"""The profile: every measured cell with its mean and interval, along training and at equal content."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from uptake.records import Scale
from uptake.stats.cells import CellKey, ClaimMatrix, claim_values
from uptake.stats.content import EqualContent, Learner, at_point, equal_content
from uptake.stats.estimates import Resampler, estimate
from uptake.stats.predictions import FRAMES_WITHOUT_CONTENT
from uptake.stats.rounding import rounded
from uptake.stats.table import Table

# The profile's intervals describe and decide nothing: a fifth of the verdicts' draws moves a bound by about 1 % of
# the interval's width and keeps a profile of 500 cells within seconds.
PROFILE_DRAWS = 2_000


# No mean lies outside its scale, so cutting an interval there loses no coverage.
BOUNDS = {"accuracy": (0.0, 1.0), "probability": (0.0, 1.0), "log-odds": (-math.inf, math.inf)}
NOTHING = ClaimMatrix(np.empty((0, 0)), seeds=(), claims=(), items=0, unscored=0)


@dataclass(frozen=True, slots=True)
class _Measured:
    """Matrices on the study's scale and on the accuracy scale, cell by cell."""

    scale: Mapping[CellKey, ClaimMatrix]
    accuracy: Mapping[CellKey, ClaimMatrix]
    chance: Mapping[str, float]
    resampler: Resampler
    bounds: tuple[float, float]


def profile(
    table: Table,
    scale: Scale,
    chance: Mapping[str, float],
    *,
    least_rise: float = 0.0,
    learning: Collection[str] | None = None,
    draws: int = PROFILE_DRAWS,
) -> list[dict]:
    """Return the profile of `results.json`, sorted by cell; equal tokens first, then equal content.

    `chance` maps readings to the accuracy of guessing. At equal content all arms and frames that learnt content (by
    at least `least_rise`, the smallest effect of interest) stand at the highest level that all of them reach, and
    `learning` names the arms that are compared there, None for all: in later stages content is not learnt any more;
    `checkpoint` is then the interpolated number of tokens. A cell without a number has a `reason`. Intervals are
    at 95 % each, not corrected for their number.
    """
    accuracy = claim_values(table, "accuracy")
    cells = accuracy if scale == "accuracy" else claim_values(table, scale)
    measured = _Measured(cells, accuracy, chance, Resampler(0, draws), BOUNDS[scale])
    entries = [_entry(key, cells[key], accuracy[key], measured) | {"at": "equal-tokens"} for key in cells]
    return entries + _at_equal_content(measured, least_rise, learning)


def _at_equal_content(measured: _Measured, least_rise: float, learning: Collection[str] | None) -> list[dict]:
    trained = [key for key in measured.scale if key.context == "trained" and key.frame not in FRAMES_WITHOUT_CONTENT
               and (learning is None or key.arm in learning)]
    learners = list(dict.fromkeys((key.arm, key.frame) for key in trained))
    if not any(key.reading == "content" for key in trained):
        return []
    found = equal_content(measured.scale, learners, least_rise)
    readings = list(dict.fromkeys((key.arm, key.frame, key.reading) for key in trained))
    return [_equal_entry(found, (arm, frame), reading, measured) for arm, frame, reading in readings]


def _equal_entry(found: EqualContent, learner: Learner, reading: str, measured: _Measured) -> dict:
    point = found.points.get(learner)
    key = CellKey(*learner, reading, "trained", point.tokens if point else None)
    sides = [at_point(cells, reading, point) if point else None for cells in (measured.scale, measured.accuracy)]
    matrix, accuracy = (NOTHING if side is None else side for side in sides)
    reason = found.reasons.get(learner, "not measured on both sides of the point of equal content")
    entry = _entry(key, matrix, accuracy, measured) | {"at": "equal-content"}
    return entry | ({"reason": reason} if matrix is NOTHING else {})


def _entry(key: CellKey, matrix: ClaimMatrix, accuracy: ClaimMatrix, measured: _Measured) -> dict:
    """Return one entry of the profile; `low` and `high` are None, with a reason, where one seed or claim is all."""
    found = estimate(matrix, measured.resampler) if matrix.mean is not None else None
    low, high = (found and found.interval()) or (None, None)
    if low is not None:
        low, high = (min(max(bound, measured.bounds[0]), measured.bounds[1]) for bound in (low, high))
    reason = "" if low is not None else "no interval: one seed does not show how seeds differ"
    return {
        **key._asdict(),
        "at": "",
        "mean": rounded(matrix.mean),
        "low": rounded(low),
        "high": rounded(high),
        "accuracy": rounded(accuracy.mean),
        "chance": rounded(measured.chance.get(key.reading)),
        "items": matrix.items,
        "unscored": matrix.unscored,
        "seed_means": {str(seed): rounded(mean) for seed, mean in matrix.seed_means.items()},
        "reason": reason if found else "no item of this cell has a value",
    }
