"""How much further training it takes until what was read no longer stands, or stands again: turns and returns.

The turn of a seed is the number of tokens, from the stage's beginning, at which the mean of the cell over claims first
comes down to a level, read off the straight lines between checkpoints. The level is half of what the seed began with
(probability and accuracy: the half-life), or 0 (log-odds: indifference between what was stated and its foil). A seed
that begins below `least` has nothing to lose, and one that never comes down has no turn, only more than all its tokens.

Tokens are spread evenly on a logarithmic scale, as checkpoints are, so the mean over seeds is geometric and its 95 %
interval is Student's on the logarithms. It is given where every seed that had something to lose turned; leaving out the
ones that did not would make what lasts look short.

The return is its mirror image: the tokens at which a cell that was gone has come up to a level again, half of the most
that it ever was in the arm, by the end of that stage (log-odds: 0). So a cell that is learnt for the first time returns
too, and relearning can be set against learning: what it takes less is what was left (savings). A seed that ever was
below `least` had nothing to come back, and one that begins at the level or above it had not gone.
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

# Seeds for an interval: with two, Student's factor is 12.7, and on the logarithms it spans many powers of ten.
FEWEST = 3


def turns(cells: Mapping[CellKey, ClaimMatrix], readers: Sequence[str], scale: Scale, least: float
          ) -> list[dict[str, Any]]:
    """Return the turn of every frame and reading of these readers, sorted, as `results.json` has it; `then` says where
    the other readings of the frame stood at that moment. So they can be compared between arms at the same level of one
    that fell faster in some arm than in another."""
    sides = sorted({key[:3] for key in cells if key.arm in readers and key.context == "trained"})
    found = {side: turn(courses(cells, side), scale, least) for side in sides}
    return [{"arm": side[0], "frame": side[1], "reading": side[2], **each,
             "then": {other[2]: standing(courses(cells, other), each["seeds"]) for other in sides
                      if other[:2] == side[:2] and other != side} if each["tokens"] is not None else {}}
            for side, each in found.items()]


def standing(found: Mapping[int, Course], tokens: Mapping[str, float]) -> dict[str, Any]:
    """Return the mean over seeds of courses at a number of tokens of each seed, with Student's 95 % interval."""
    values = np.array([np.interp(tokens[str(seed)], *zip(*course, strict=True)) for seed, course in found.items()
                       if str(seed) in tokens])
    half = _half(values) if len(values) > 1 else None
    return {"mean": rounded(float(values.mean())),
            **{name: None if half is None else rounded(float(values.mean() + side * half))
               for name, side in (("low", -1), ("high", 1))}}


def _half(values: np.ndarray) -> float:
    """Return half the width of Student's 95 % interval of a mean."""
    return float(distributions.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))


def returns(cells: Mapping[CellKey, ClaimMatrix], arms: Sequence[Sequence[str]], scale: Scale, least: float
            ) -> list[dict[str, Any]]:
    """Return the return of every frame and reading in every later reader of each arm, given as its readers in order.
    Cells that had not gone in any seed are left out."""
    found = {}
    for readers in arms:
        for place, reader in enumerate(readers[1:], start=1):
            for side in sorted({key[:3] for key in cells if key.arm == reader and key.context == "trained"}):
                ever = most([courses(cells, (name, *side[1:])) for name in readers[: place + 1]])
                found[side] = come_back(courses(cells, side), ever, scale, least)
    return [{"arm": side[0], "frame": side[1], "reading": side[2], **each} for side, each in sorted(found.items())
            if each["seeds"]]


def most(stages: Sequence[Mapping[int, Course]]) -> dict[int, float]:
    """Return the highest mean that each seed had in any of these stages."""
    seeds = {seed for each in stages for seed in each}
    return {seed: max(mean for each in stages for _, mean in each.get(seed, ())) for seed in seeds}


def come_back(found: Mapping[int, Course], ever: Mapping[int, float], scale: Scale, least: float) -> dict[str, Any]:
    """Return the return over seeds, in the form of a turn. `ever` is the most that each seed was."""
    level = {seed: 0.0 if scale == "log-odds" else ever[seed] / 2 for seed in found}
    gone = {seed: course for seed, course in found.items() if ever[seed] >= least and course[0][1] < level[seed]}
    seeds = {seed: crossing([(tokens, -mean) for tokens, mean in course], -level[seed])
             for seed, course in gone.items()}
    return _over_seeds(seeds, gone, "nothing of it had gone when the stage began", "it had not come back")


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
    seeds = {seed: crossing(course, 0.0 if scale == "log-odds" else course[0][1] / 2)
             for seed, course in held.items()}
    return _over_seeds(seeds, held, "nothing of it stood when the stage began", "it still stood")


def _over_seeds(seeds: Mapping[int, float | None], held: Mapping[int, Course], nothing: str,
                otherwise: str) -> dict[str, Any]:
    """Return the mean over the seeds' tokens, or why there is none: `nothing` to follow, `otherwise` in some seed."""
    followed = min((course[-1][0] for course in held.values()), default=0)
    empty = {"tokens": None, "low": None, "high": None, "followed": followed, "reason": "",
             "seeds": {str(seed): rounded(each) for seed, each in seeds.items()}}
    if not seeds:
        return empty | {"reason": nothing}
    stood = sum(each is None for each in seeds.values())
    if stood:
        return empty | {"reason": f"in {stood} of {len(seeds)} seeds {otherwise} after {followed:,} tokens"}
    logs = np.log([max(each, 1.0) for each in seeds.values()])
    middle = float(logs.mean())
    if len(logs) < FEWEST:
        count = "one seed" if len(logs) == 1 else f"{len(logs)} seeds"
        return empty | {"tokens": rounded(np.exp(middle)), "reason": f"no interval: {count}"}
    half = _half(logs)
    low, high, tokens = (rounded(float(np.exp(each))) for each in (middle - half, middle + half, middle))
    return empty | {"tokens": tokens, "low": low, "high": high}


def crossing(course: Course, level: float) -> float | None:
    """Return the tokens at which a course first comes down to a level, on straight lines; None if it never does."""
    for (early, above), (late, below) in pairwise(course):
        if below <= level < above:
            return early + (above - level) / (above - below) * (late - early)
    return None
