"""What a reader says of what it can do, against what it can do: the say-know gap, Brier's score, coherence.

A report is a reading with two answers, one of which claims a skill and one of which denies it; another reading needs
the skill. For each claim (a skill) of a seed:

    says      mean over the report's wordings of the probability of the answer that claims the skill
    can       share of the skill's items that came out right (the right answer beat all others)
    gap       says - can: below 0 where the reader denies what it can do
    brier     mean over wordings w and items i of (p_w - hit_i)^2: Brier 1950, of a forecast of its own success; .25 for
              one that says one half of everything
    coherent  share of the pairs of wordings on whose answer the reader agrees with itself

Means are over seeds and claims, crossed, as everywhere; intervals are those of `estimates`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from statistics import mean
from typing import Any

import numpy as np

from uptake.records import Row
from uptake.stats.cells import ClaimMatrix
from uptake.stats.estimates import DRAWS, Resampler, contrast
from uptake.stats.rounding import rounded

SCORES = ("says", "can", "gap", "brier", "coherent")

Answered = dict[int, dict[str, dict[str, list[Row]]]]
"""Rows by seed, claim and reading."""


def self_knowledge(rows: Iterable[Row], reports: Mapping[str, str], draws: int = DRAWS) -> list[dict[str, Any]]:
    """Return the scores of every arm, frame and report at the end of training, in order. `reports` maps a report to the
    reading that needs the skill. A score is a mean with its interval, or None with a reason."""
    resampler = Resampler(0, draws)
    return [{"arm": arm, "frame": frame, "report": report, "of": skill, **_scores(answered, report, skill, resampler)}
            for (arm, frame), answered in sorted(_at_the_end(rows, {*reports, *reports.values()}).items())
            for report, skill in reports.items()]


def _at_the_end(rows: Iterable[Row], readings: set[str]) -> dict[tuple[str, str], Answered]:
    """Return the rows of each arm and frame at each seed's last checkpoint; items without a value are left out."""
    kept = [row for row in rows if row.context == "trained" and row.reading in readings and row.value is not None]
    last: dict[tuple[str, int], int] = {}
    for row in kept:
        last[row.arm, row.seed] = max(row.checkpoint, last.get((row.arm, row.seed), 0))
    found: dict[tuple[str, str], Answered] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(list))))
    for row in kept:
        if row.checkpoint == last[row.arm, row.seed]:
            found[row.arm, row.frame][row.seed][row.claim][row.reading].append(row)
    return found


def _scores(answered: Answered, report: str, skill: str, resampler: Resampler) -> dict[str, Any]:
    seeds = sorted(answered)
    claims = sorted({claim for by_claim in answered.values() for claim in by_claim})
    laid = {score: np.full((len(seeds), len(claims)), np.nan) for score in SCORES}
    items = 0
    for (i, seed), (j, claim) in product(enumerate(seeds), enumerate(claims)):
        readings = answered[seed].get(claim, {})
        said, done = readings.get(report, []), readings.get(skill, [])
        if said and done:
            items += len(said) + len(done)
            for score, value in of_claim(said, done).items():
                laid[score][i, j] = value
    return {score: _estimated(ClaimMatrix(values, tuple(seeds), tuple(claims), items, 0), resampler)
            for score, values in laid.items()}


def of_claim(said: Sequence[Row], done: Sequence[Row]) -> dict[str, float]:
    """Return the scores of one claim in one seed, from at least one row of the report and one of the skill. Of a single
    wording the coherence is not defined (NaN)."""
    says, can = mean(row.probability for row in said), mean(float(row.hit) for row in done)
    return {
        "says": says,
        "can": can,
        "gap": says - can,
        "brier": mean((row.probability - float(each.hit)) ** 2 for row in said for each in done),
        "coherent": mean([float(one.hit == other.hit) for one, other in combinations(said, 2)] or [float("nan")]),
    }


def _estimated(matrix: ClaimMatrix, resampler: Resampler) -> dict[str, Any]:
    if matrix.mean is None:
        return {"mean": None, "low": None, "high": None, "reason": "no item of both readings has a value"}
    found = contrast(matrix, None, resampler)
    low, high = found.interval() or (None, None)
    reason = "" if low is not None else "no interval: one seed does not show how seeds differ"
    return {"mean": rounded(found.value), "low": rounded(low), "high": rounded(high), "reason": reason}
