"""How much further training it takes until what was read no longer stands: the turn of a cell in a later stage.

The turn of a seed is the number of tokens, from the stage's beginning, at which the mean of the cell over claims first
comes down to a level, read off the straight lines between checkpoints. The level is half of what the seed began with
(probability and accuracy: the half-life), or 0 (log-odds: indifference between what was stated and its foil). A seed
that begins below `least` has nothing to lose, and one that never comes down has no turn, only more than all its tokens.

Tokens are spread evenly on a logarithmic scale, as checkpoints are, so the mean over seeds is geometric and its 95 %
interval is Student's on the logarithms. It is given where every seed that had something to lose turned; leaving out the
ones that did not would make what lasts look short.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import stats as distributions

from uptake.records import Scale
from uptake.stats.cells import CellKey, ClaimMatrix
from uptake.stats.content import curve
from uptake.stats.rounding import rounded

Course = list[tuple[int, float]]
"""Tokens and mean of one seed, earliest first."""


def turns(cells: Mapping[CellKey, ClaimMatrix], readers: Sequence[str], scale: Scale, least: float
          ) -> list[dict[str, Any]]:
    """Return the turn of every frame and reading of these readers, sorted, as `results.json` has it."""
    sides = sorted({key[:3] for key in cells if key.arm in readers and key.context == "trained"})
    return [{"arm": side[0], "frame": side[1], "reading": side[2], **turn(courses(cells, side), scale, least)}
            for side in sides]


def courses(cells: Mapping[CellKey, ClaimMatrix], side: tuple[str, str, str]) -> dict[int, Course]:
    """Return each seed's means along a stage, from its beginning."""
    found: dict[int, Course] = {}
    for key in curve(cells, *side):
        for seed, mean in cells[key].seed_means.items():
            found.setdefault(seed, []).append((key.checkpoint, mean))
    return dict(sorted(found.items()))


def turn(found: Mapping[int, Course], scale: Scale, least: float) -> dict[str, Any]:
    """Return the turn over seeds: tokens, their interval, each seed's (null for one that did not turn, absent for one
    that had nothing to lose), how far they were followed, and why there is no number."""
    held = {seed: course for seed, course in found.items() if course[0][1] >= least}
    seeds = {str(seed): crossing(course, 0.0 if scale == "log-odds" else course[0][1] / 2)
             for seed, course in held.items()}
    followed = min((course[-1][0] for course in held.values()), default=0)
    empty = {"tokens": None, "low": None, "high": None, "seeds": {name: rounded(each) for name, each in seeds.items()},
             "followed": followed, "reason": ""}
    if not seeds:
        return empty | {"reason": "nothing of it stood when the stage began"}
    stood = sum(each is None for each in seeds.values())
    if stood:
        return empty | {"reason": f"in {stood} of {len(seeds)} seeds it still stood after {followed:,} tokens"}
    logs = np.log([max(each, 1.0) for each in seeds.values()])
    middle, half = float(logs.mean()), 0.0
    if len(logs) == 1:
        return empty | {"tokens": rounded(np.exp(middle)), "reason": "no interval: one seed"}
    half = float(distributions.t.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs)))
    low, high, tokens = (rounded(float(np.exp(each))) for each in (middle - half, middle + half, middle))
    return empty | {"tokens": tokens, "low": low, "high": high}


def crossing(course: Course, level: float) -> float | None:
    """Return the tokens at which a course first comes down to a level, on straight lines; None if it never does."""
    for (early, above), (late, below) in pairwise(course):
        if below <= level < above:
            return early + (above - level) / (above - below) * (late - early)
    return None
