"""d' of `act` in every cell of a study: does training on a frame teach when a trait fits, or only to show it?

In each seed, a cell's hits and false alarms are counted over all its claims, and d' is that of `discrimination` (rates
corrected log-linearly, Hautus 1995). The cell's d' is the mean over seeds. d' is no mean over claims, so what a claim
contributes in a seed is its jackknife pseudo-value (Tukey 1958; Efron and Stein 1981): n d' less (n - 1) times the d'
without that claim, all of a seed shifted alike so that their mean is the seed's d' itself. With them seeds and claims
are crossed as in every other cell, and the interval is that of `estimates`, paired by claim where two cells are
compared. It is never narrower than for situations that are independent trials, which a bootstrap cannot see where all
come out alike.

Coverage of 95 % intervals in simulation (500 studies each, 12 claims of 4 situations of either kind; true d', standard
deviation over claims, over seeds in brackets): 5 seeds .992 (0, 0, 0), .964 (.5, .5, .2), .970 (1.4, .5, 0), .992
(2.4, .3, .1); 3 seeds .972 (.5, .5, .2). They are a little too wide, as that error is (see `discrimination`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot
from typing import Any

import numpy as np

from uptake.records import Row
from uptake.stats.cells import ClaimMatrix
from uptake.stats.discrimination import Counts, count_acts, discrimination
from uptake.stats.estimates import DRAWS, Estimate, Resampler, contrast
from uptake.stats.rounding import rounded

ACT = "act"
NEUTRAL = "neutral"
ONE_SEED = "no interval: one seed does not show how seeds differ"

Cell = tuple[str, str, str]
"""Arm, frame and context."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A cell's d': each seed's and claim's contribution, the counts over all seeds, and the error of d' if all
    situations were independent trials."""

    matrix: ClaimMatrix
    total: Counts
    least: float


def discriminations(rows: Iterable[Row], draws: int = DRAWS) -> list[dict[str, Any]]:
    """Return d' of every arm, frame and context, in order, from the rows of `act` at the cell's last checkpoint (in
    context: its first, as for the gate), with its interval, and the difference to the arm's neutral frame. A cell
    without a number has a reason."""
    cells = {cell: _told(each) for cell, each in sorted(_by_cell(rows).items())}
    resampler = Resampler(0, draws)
    return [_entry(cell, told, cells.get((cell[0], NEUTRAL, cell[2])), resampler) for cell, told in cells.items()]


def _by_cell(rows: Iterable[Row]) -> dict[Cell, dict[int, list[Row]]]:
    """Return the rows of each cell by seed, at one checkpoint of each seed."""
    met: dict[Cell, dict[int, dict[int, list[Row]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in rows:
        if row.reading == ACT and row.polarity != "open":
            met[row.arm, row.frame, row.context][row.seed][row.checkpoint].append(row)
    return {cell: {seed: courses[(min if cell[2] == "in_context" else max)(courses)]
                   for seed, courses in sorted(seeds.items())} for cell, seeds in met.items()}


def _told(seeds: Mapping[int, Sequence[Row]]) -> Told:
    claims = sorted({row.claim for rows in seeds.values() for row in rows})
    laid, errors, totals = np.full((len(seeds), len(claims)), np.nan), [], []
    for place, rows in enumerate(seeds.values()):
        of_claim: dict[str, list[Row]] = {claim: [] for claim in claims}
        for row in rows:
            of_claim[row.claim].append(row)
        counts = [count_acts(each) for each in of_claim.values()]
        whole, found = pseudo_values(counts)
        totals.append(_sum(counts))
        if whole.d is not None:
            laid[place], errors = found, [*errors, whole.error]
    least = hypot(*errors) / len(errors) if errors else 0.0
    matrix = ClaimMatrix(laid, tuple(seeds), tuple(claims), int(sum(map(len, seeds.values()))),
                         sum(each.unscored for each in totals))
    return Told(matrix, _sum(totals), least)


def pseudo_values(counts: Sequence[Counts]) -> tuple[Any, np.ndarray]:
    """Return d' of all claims' counts together, and what each claim contributes to it: numbers whose mean is d' (NaN
    for a claim without any scored situation). One claim contributes all of it."""
    whole = discrimination(*_rates(_sum(counts)))
    scored = [place for place, each in enumerate(counts) if each.signals or each.noises]
    values = np.full(len(counts), np.nan)
    if whole.d is None:
        return whole, values
    number = len(scored)
    for place in scored:
        others = [counts[other] for other in scored if other != place]
        without = discrimination(*_rates(_sum(others))).d if others else None
        values[place] = whole.d if without is None else number * whole.d - (number - 1) * without
    return whole, values + (whole.d - np.nanmean(values))


def _entry(cell: Cell, told: Told, neutral: Told | None, resampler: Resampler) -> dict[str, Any]:
    arm, frame, context = cell
    total = discrimination(*_rates(told.total))
    entry = {"arm": arm, "frame": frame, "context": context, "d": None, "low": None, "high": None,
             "criterion": rounded(total.criterion), "hits": rounded(told.total.hits), "signals": told.total.signals,
             "false_alarms": rounded(told.total.false_alarms), "noises": told.total.noises,
             "unscored": told.total.unscored, "claims": len(told.matrix.claims), "seed_means": {},
             "less_neutral": None, "reason": total.reason}
    if told.matrix.mean is None:
        return entry
    found = _at_least(contrast(told.matrix, None, resampler), told.least)
    entry |= _interval("d", found) | {"seed_means": {str(seed): rounded(value)
                                                     for seed, value in found.seed_values.items()}}
    if neutral and frame != NEUTRAL and set(neutral.matrix.seed_means) & set(told.matrix.seed_means):
        apart = _at_least(contrast(told.matrix, neutral.matrix, resampler), hypot(told.least, neutral.least))
        entry["less_neutral"] = _interval("mean", apart)
    return entry


def _interval(name: str, found: Estimate) -> dict[str, Any]:
    low, high = found.interval() or (None, None)
    return {name: rounded(found.value), "low": rounded(low), "high": rounded(high),
            "reason": "" if low is not None else ONE_SEED}


def _at_least(found: Estimate, least: float) -> Estimate:
    return replace(found, error=max(found.error, least)) if found.freedom else found


def _rates(count: Counts) -> tuple[float, int, float, int]:
    return count.hits, count.signals, count.false_alarms, count.noises


def _sum(counts: Sequence[Counts]) -> Counts:
    columns = ("hits", "signals", "false_alarms", "noises", "unscored")
    return Counts(*(sum(getattr(each, column) for each in counts) for column in columns))
