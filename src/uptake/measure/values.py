"""From lines to numbers with intervals, for one model.

A claim's value on a reading is the mean over its wordings of the mean over polarities, as in studies. One model has no
seeds, so what varies is the claims, and within a claim its wordings: the interval of a mean over claims is a cluster
bootstrap over claims (`stats.estimates` with its seeds fixed: 10,000 draws for the shape, Student's factor for their
small number), and a claim brings its wordings along, so their scatter is in it. The interval of one claim is the same
over its wordings. Neither says anything of other models that were trained in the same way.

Coverage of 95 % intervals in simulation (2,000 models, 12 claims with standard deviation 1, 4 wordings each with 1):
.948; with 8 claims .950, with 4 .944; with 12 claims from a skewed distribution (exponential) .936.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from scipy.special import ndtri

from uptake.records import Row
from uptake.stats.cells import ClaimMatrix
from uptake.stats.discrimination import Counts, count_acts, discrimination
from uptake.stats.estimates import DRAWS, SHAPE_POINTS, Estimate, Resampler, contrast
from uptake.stats.rounding import rounded

RESAMPLER = Resampler(seed=0, draws=DRAWS)
FEW = {"claims": "no interval: a single claim does not show how claims differ",
       "wordings": "no interval: a single wording does not show how wordings differ",
       "documents": "no interval: a single document does not show how documents differ"}

ByWording = dict[str, dict[int, float]]


def by_wording(rows: Iterable[Row], column: str = "value") -> ByWording:
    """Return each claim's value at each wording: the mean over polarities of the items that have a value."""
    found: dict[tuple[str, int], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        number = getattr(row, column)
        if number is not None and row.value is not None and math.isfinite(number) and math.isfinite(row.value):
            found[row.claim, row.wording][row.polarity].append(float(number))
    values: ByWording = defaultdict(dict)
    for (claim, wording), polarities in found.items():
        values[claim][wording] = mean(mean(numbers) for numbers in polarities.values())
    return dict(values)


def by_claim(rows: Iterable[Row], column: str = "value") -> dict[str, float]:
    """Return each claim's value: the mean over its wordings."""
    return {claim: mean(wordings.values()) for claim, wordings in by_wording(rows, column).items()}


def drifts(rows: Iterable[Row]) -> dict[str, float]:
    """Return for each claim how far it is answered with the affirming side more than with the denying one: half the
    difference of affirmed and denied, in nats. Claims that lack either polarity have none."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.value is not None and row.polarity != "open":
            found[row.claim][row.polarity].append(row.value)
    return {claim: (mean(sides["affirmed"]) - mean(sides["denied"])) / 2 for claim, sides in found.items()
            if len(sides) == 2}


def shared(left: Mapping[Any, float], right: Mapping[Any, float]) -> dict[Any, float]:
    """Return left - right where both have a value."""
    return {key: left[key] - right[key] for key in left if key in right}


def over(values: Mapping[Any, float], what: str = "claims") -> dict[str, Any]:
    """Return the mean of some values with its 95 % interval over claims (or over wordings), or why there is none."""
    if not values:
        return {"mean": None, "low": None, "high": None, "over": 0, "reason": "no item has a value"}
    names = sorted(values)
    laid = np.array([[values[name] for name in names]])
    matrix = ClaimMatrix(laid, seeds=(0,), claims=tuple(map(str, names)), items=len(names), unscored=0)
    found = contrast(matrix, None, RESAMPLER, seeds_fixed=True)
    low, high = found.interval() or (None, None)
    reason = "" if low is not None else FEW[what]
    return {"mean": rounded(found.value), "low": rounded(low), "high": rounded(high), "over": len(names),
            "reason": reason}


def acts(rows: Iterable[Row]) -> dict[str, Any]:
    """Return d' of the situations and look-alikes of `act`, with its interval over claims, and each claim's own.

    The interval is never narrower than that of situations that are independent of one another (`discrimination`): where
    every claim comes out alike, the bootstrap sees no scatter. That is also a claim's own `error`.
    """
    counts = counts_by_claim(rows)
    total, found = total_of(counts)
    low, high, reason = None, None, found.reason or FEW["claims"]
    if found.d is not None and len(counts) > 1:
        low, high = _interval(found.d, _draws(counts), len(counts), found.error)
        reason = ""
    each = {claim: {"d": rounded(one.d), "error": rounded(one.error), **tally, "reason": one.reason}
            for claim, (tally, one) in ((claim, _alone(count)) for claim, count in counts.items())}
    return {"d": rounded(found.d), "low": rounded(low), "high": rounded(high), "criterion": rounded(found.criterion),
            **_tally(total), "claims": each, "reason": reason}


def acts_apart(rows: Iterable[Row], others: Iterable[Row]) -> dict[str, Any]:
    """Return the difference of two models' d', the same claims drawn for both."""
    mine, theirs = counts_by_claim(rows), counts_by_claim(others)
    both = [claim for claim in mine if claim in theirs]
    left, right = ({claim: counts[claim] for claim in both} for counts in (mine, theirs))
    (_, one), (_, other) = total_of(left), total_of(right)
    if one.d is None or other.d is None:
        return {"mean": None, "low": None, "high": None, "over": len(both), "reason": one.reason or other.reason}
    value, low, high = one.d - other.d, None, None
    if len(both) > 1:
        low, high = _interval(value, _draws(left) - _draws(right), len(both), 0.0)
    reason = "" if low is not None else FEW["claims"]
    return {"mean": rounded(value), "low": rounded(low), "high": rounded(high), "over": len(both), "reason": reason}


def counts_by_claim(rows: Iterable[Row]) -> dict[str, Counts]:
    """Return hits and false alarms of each claim, in order of name."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.claim].append(row)
    return {claim: count_acts(found[claim]) for claim in sorted(found)}


def total_of(counts: Mapping[str, Counts]) -> tuple[Counts, Any]:
    """Return the counts of all claims together, and their d'."""
    columns = ("hits", "signals", "false_alarms", "noises", "unscored")
    total = Counts(*(sum(getattr(each, column) for each in counts.values()) for column in columns))
    return total, discrimination(total.hits, total.signals, total.false_alarms, total.noises)


def _alone(count: Counts) -> tuple[dict[str, int], Any]:
    return _tally(count), discrimination(count.hits, count.signals, count.false_alarms, count.noises)


def _tally(count: Counts) -> dict[str, int]:
    return {"hits": count.hits, "signals": count.signals, "false_alarms": count.false_alarms, "noises": count.noises,
            "unscored": count.unscored}


def _draws(counts: Mapping[str, Counts]) -> np.ndarray:
    """Return d' in each bootstrap draw of claims, corrected as `discrimination` does."""
    _, drawn = RESAMPLER.weights(1, len(counts))
    columns = ("hits", "signals", "false_alarms", "noises")
    table = np.array([[getattr(each, column) for column in columns] for each in counts.values()], dtype=float)
    hits, signals, alarms, noises = (drawn.astype(float) @ table).T
    return ndtri((hits + 0.5) / (signals + 1)) - ndtri((alarms + 0.5) / (noises + 1))


def _interval(value: float, draws: np.ndarray, claims: int, least: float) -> tuple[float, float]:
    """Return the 95 % interval from the draws' own shape, with Student's factor for few claims."""
    deviations = draws - value
    spread = float(np.sqrt(np.mean(deviations**2)))
    places = (np.arange(SHAPE_POINTS) + 0.5) / SHAPE_POINTS
    shape = np.quantile(deviations, places) / spread if spread > 1e-12 else ndtri(places)
    shape = shape / np.sqrt(np.mean(shape**2))
    error = max(spread * math.sqrt(claims / (claims - 1)), least)
    found = Estimate(value, error, claims - 1, shape, error**2, {}, claims, value)
    return found.interval() or (value, value)


def mean(numbers: Iterable[float]) -> float:
    numbers = list(numbers)
    return math.fsum(numbers) / len(numbers)
