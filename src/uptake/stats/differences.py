"""Differences between cells of which nothing was predicted, from a run's readings or from `results.json` alone.

Both sides are taken at the points at which predictions are compared. From readings the estimator is that of the
verdicts (`estimates`), at 95 % and not corrected. `results.json` holds no claims, only the mean over claims of every
seed: from it the mean of the difference is the same, but where a claim has a value on one side alone (it then counts on
that side), and the interval is Student's over the seeds' differences. That one leaves out what the same claims bring to
every seed, so it asks about further readers of these claims and not about other claims.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from uptake.choices import GROW, UNTOUCHED
from uptake.records import Prediction
from uptake.stats.bits import over_seeds
from uptake.stats.cells import CellKey, ClaimMatrix
from uptake.stats.estimates import Resampler, contrast
from uptake.stats.verdicts import JudgeSettings, sides_of

# Stages that need not come after another. The last three do in arms that are grown, or measured untouched, first.
FIRST = (GROW, "school", "read", "tell")
ALL_CLAIMS = ("mean over claims",)


@dataclass(frozen=True, slots=True)
class Measured:
    """Cells to compare. `by_claim` says that they come from readings, and `gaps` which of them are gaps."""

    cells: Mapping[CellKey, ClaimMatrix]
    settings: JudgeSettings
    gaps: Collection[str]
    by_claim: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """`left - right`, the mean over the seeds that both have; `by_seed` is in the order of seeds. A number that
    does not exist is None, and `reason` says why."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None
    left: float | None = None
    right: float | None = None
    by_seed: tuple[float, ...] = ()
    reason: str = ""


def difference(asked: Prediction, measured: Measured) -> Difference:
    """Return the mean difference of two cells with its interval."""
    if not measured.by_claim and (why := _beyond_results(asked, measured.gaps)):
        return Difference(reason=why)
    sides, reason = sides_of(asked, measured.cells, measured.settings)
    if sides is None:
        return Difference(reason=reason)
    left, right = (side.seed_means for side in sides)
    seeds = sorted(set(left) & set(right))
    if not seeds:
        return Difference(reason="no seed has a value on both sides")
    if measured.by_claim:
        return _of_claims(*sides, measured.settings)
    by_seed = tuple(left[seed] - right[seed] for seed in seeds)
    means = [float(np.mean([side[seed] for seed in seeds])) for side in (left, right)]
    return Difference(**over_seeds(by_seed), left=means[0], right=means[1], by_seed=by_seed, reason=_alone(seeds))


def _of_claims(left: ClaimMatrix, right: ClaimMatrix, settings: JudgeSettings) -> Difference:
    found = contrast(left, right, Resampler(settings.seed, settings.draws))
    low, high = found.interval() or (None, None)
    return Difference(found.value, low, high, found.left_mean, found.right_mean, tuple(found.seed_values.values()),
                      _alone(found.seed_values))


def _alone(seeds: Collection[int]) -> str:
    return "" if len(seeds) > 1 else "no interval: one seed does not show how seeds differ"


def _beyond_results(asked: Prediction, gaps: Collection[str]) -> str:
    """Say what `results.json` lacks that this difference needs: it has gaps at the end of training only."""
    later = asked.at != "equal-tokens" or any(cell.context != "trained" for cell in (asked.left, asked.right))
    gap = next((cell.reading for cell in (asked.left, asked.right) if cell.reading in gaps), "")
    return f"results.json has '{gap}' at the end of training only: name the run's folder" if gap and later else ""


def measured_in(results: Mapping[str, Any]) -> Measured:
    """Return what `results.json` has to compare: matrices of one column, the mean over claims."""
    entries = [each for each in results["profile"] if each["at"] == "equal-tokens"]
    cells = {CellKey(*(each[name] for name in CellKey._fields)): _matrix(each) for each in entries}
    ends: dict[tuple[str, str], int] = {}
    for key in cells:
        if key.context == "trained":
            ends[key[:2]] = max(key.checkpoint, ends.get(key[:2], 0))
    gaps = results.get("gaps", ())
    cells |= {CellKey(each["arm"], each["frame"], each["gap"], "trained", ends[each["arm"], each["frame"]]):
              _matrix(each) for each in gaps}
    return Measured(cells, settings_of(results), frozenset(each["gap"] for each in gaps), by_claim=False)


def _matrix(entry: Mapping[str, Any]) -> ClaimMatrix:
    means = {int(seed): mean for seed, mean in entry["seed_means"].items() if mean is not None}
    seeds = tuple(sorted(means))
    return ClaimMatrix(np.array([[means[seed]] for seed in seeds]).reshape(len(seeds), 1), seeds, ALL_CLAIMS,
                       entry.get("items", 0), entry.get("unscored", 0))


def settings_of(results: Mapping[str, Any]) -> JudgeSettings:
    """Return the settings by which a run's predictions were compared, as far as they bear on the points compared."""
    return JudgeSettings(results["smallest_effect"], results["scale"], at_end=later_readers(results))


def later_readers(results: Mapping[str, Any]) -> frozenset[str]:
    """Return the readers of later stages, in which tokens are counted anew, from what the stages are called."""
    stages: dict[str, dict[str, str]] = {}
    for label, stage in results["stages"].items():
        arm, _, name = label.split(", ", maxsplit=2)
        stages.setdefault(arm, {})[name.split()[0]] = stage.get("reader") or arm
    return frozenset(reader for each in stages.values() for name, reader in each.items()
                     if name != UNTOUCHED and (name not in FIRST or (name != GROW and {GROW, UNTOUCHED} & set(each))))
