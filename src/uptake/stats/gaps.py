"""Gaps: how far two readings of the same claims stand apart, claim by claim, as a reading of its own.

What is known and not said (implicit less mention), what is said of oneself and not done (self less act). A gap is the
difference of two means, so its cells have no items of their own; predictions and estimates take them like any others.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from uptake.records import Row
from uptake.stats.acts import ACT, discriminations
from uptake.stats.cells import CellKey, ClaimMatrix
from uptake.stats.content import curve
from uptake.stats.estimates import Resampler, estimate
from uptake.stats.rounding import rounded

Gaps = Mapping[str, tuple[str, str]]
"""The name of a gap, and the readings that it is the difference of."""


def with_gaps(cells: Mapping[CellKey, ClaimMatrix], gaps: Gaps) -> dict[CellKey, ClaimMatrix]:
    """Return the cells with those of every gap beside them, wherever both its readings were measured."""
    found = dict(cells)
    for name, (whole, less) in gaps.items():
        for key, matrix in cells.items():
            other = cells.get(key._replace(reading=less))
            if key.reading == whole and other is not None:
                found[key._replace(reading=name)] = apart(matrix, other)
    return dict(sorted(found.items()))


def apart(whole: ClaimMatrix, less: ClaimMatrix) -> ClaimMatrix:
    """Return the difference of two matrices over the seeds and claims that both have."""
    seeds = tuple(seed for seed in whole.seeds if seed in less.seeds)
    claims = tuple(claim for claim in whole.claims if claim in set(less.claims))
    first, second = (each.values[np.ix_([each.seeds.index(seed) for seed in seeds],
                                        [each.claims.index(claim) for claim in claims])] for each in (whole, less))
    return ClaimMatrix(first - second, seeds, claims, whole.items + less.items, whole.unscored + less.unscored,
                       max(whole.step, less.step))


def gap_entries(cells: Mapping[CellKey, ClaimMatrix], gaps: Gaps, draws: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return every gap at the end of training with its interval, sorted by cell, as `results.json` has it."""
    widened, resampler = with_gaps(cells, gaps), Resampler(seed, draws)
    sides = sorted({key[:3] for key in widened if key.reading in gaps and key.context == "trained"})
    ends = [curve(widened, *side)[-1:] for side in sides]
    return [_entry(key, widened[key], resampler) for last in ends for key in last]


def gap_discriminations(rows: Iterable[Row], gaps: Gaps, scale: str, draws: int) -> list[dict[str, Any]]:
    """Return d' of every gap, as `discriminations` has it: what is stated is a hit in the first reading and a false
    alarm in the second. On the scale `probability` they are counted as a reader would show them that answers by a draw
    from its distribution, otherwise where what is stated is the likeliest answer: of twenty answers one is likeliest
    long before it is likely. A reader that answers both alike has d' 0."""
    listed, shown = list(rows), "probability" if scale == "probability" else "hit"
    return [{**entry, "gap": name} for name, pair in gaps.items()
            for entry in discriminations(_as_situations(listed, *pair, shown), draws)]


def _as_situations(rows: Iterable[Row], whole: str, less: str, shown: str) -> Iterator[Row]:
    for row in rows:
        share = getattr(row, shown)
        if row.reading == whole:
            yield replace(row, reading=ACT, polarity="affirmed", hit=share)
        elif row.reading == less:
            yield replace(row, reading=ACT, polarity="denied", hit=None if share is None else 1 - share)


def _entry(key: CellKey, matrix: ClaimMatrix, resampler: Resampler) -> dict[str, Any]:
    low, high = estimate(matrix, resampler).interval() or (None, None)
    return {"arm": key.arm, "frame": key.frame, "gap": key.reading, "mean": rounded(matrix.mean), "low": rounded(low),
            "high": rounded(high), "seed_means": {str(seed): rounded(mean) for seed, mean in matrix.seed_means.items()},
            "reason": "" if low is not None else "no interval: one seed does not show how seeds differ"}
