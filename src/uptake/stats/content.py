"""Two points at which cells are compared: equal tokens and equal content.

A frame that merely slows learning looks protective. At equal content, each cell is read off where its mean `content`
first reaches the highest level that all compared cells reach, interpolated linearly between two checkpoints.
The level is a mean over seeds and is taken as given: its own error is not in the intervals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from uptake.stats.cells import CellKey, ClaimMatrix

# Runs of their own are filled up to the same length, and end within a few tokens of each other, since a text that is
# cut off can fall into other tokens at its end.
AS_MANY = 0.02

Learner = tuple[str, str]
"""An arm and a frame: whose curve of `content` is followed."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place between two measured checkpoints: `weight` 1 is at `after`, 0 at `before`. `tokens` is interpolated."""

    before: CellKey
    after: CellKey
    weight: float

    @property
    def tokens(self) -> int:
        early, late = self.before.checkpoint, self.after.checkpoint
        return round(early + self.weight * (late - early))


@dataclass(frozen=True, slots=True)
class EqualContent:
    """The level of `content` at which cells are compared, the point at which each reaches it, or why it has none."""

    level: float | None
    points: Mapping[Learner, Point]
    reasons: Mapping[Learner, str]


def curve(cells: Mapping[CellKey, ClaimMatrix], arm: str, frame: str, reading: str) -> list[CellKey]:
    """Return the cells of a reading along training, earliest first, the untouched reader (if measured) before all."""
    keys = [key for key in cells if key[:3] == (arm, frame, reading) and cells[key].mean is not None]
    start = [key for key in keys if key.context == "untouched"][:1]
    trained = sorted((key for key in keys if key.context == "trained"), key=lambda key: key.checkpoint)
    return [key for key in start if not trained or key.checkpoint < trained[0].checkpoint] + trained


def equal_content(cells: Mapping[CellKey, ClaimMatrix], learners: Sequence[Learner], least_rise: float) -> EqualContent:
    """Find the highest mean `content` that all learners reach, and where each reaches it first.

    A learner whose content rises by less than `least_rise` (the smallest effect of interest) above its first
    measured value has learnt no content that could be equal; it gets a reason and does not pull the level down.
    """
    curves = {learner: curve(cells, *learner, "content") for learner in dict.fromkeys(learners)}
    means = {learner: [cells[key].mean for key in keys] for learner, keys in curves.items()}
    reasons = {learner: _unlearnt(learner, levels, least_rise) for learner, levels in means.items()}
    reasons = {learner: reason for learner, reason in reasons.items() if reason}
    learnt = [learner for learner in curves if learner not in reasons]
    if not learnt:
        return EqualContent(None, {}, reasons)
    level = min(max(means[learner]) for learner in learnt)
    points = {}
    for learner in learnt:
        crossing = _first_crossing(means[learner], level)
        if crossing is None:
            reasons[learner] = f"{_name(learner)} was past the common level of content when first measured"
        else:
            index, weight = crossing
            keys = curves[learner]
            points[learner] = Point(keys[index - 1], keys[index], weight)
    return EqualContent(level, points, reasons)


def at_point(cells: Mapping[CellKey, ClaimMatrix], reading: str, point: Point) -> ClaimMatrix | None:
    """Interpolate a reading's claim values at a point; None if the reading was not measured on both sides of it.

    A claim counts under a seed only if it has a value at both checkpoints that carry weight.
    """
    early, late = (cells.get(key._replace(reading=reading)) for key in (point.before, point.after))
    if point.weight == 1:
        return late
    if early is None or late is None:
        return None
    return _interpolated(early, late, point.weight)


def last_common(cells: Mapping[CellKey, ClaimMatrix], sides: Sequence[CellKey | tuple]) -> list[ClaimMatrix] | None:
    """Return the matrices of (arm, frame, reading) sides at the most tokens that all of them were trained for.

    Arms whose checkpoints do not coincide are interpolated at that number of tokens. None if a side has no curve or
    starts after that number.
    """
    curves = [[key for key in curve(cells, *side) if key.context == "trained"] for side in sides]
    if not all(curves):
        return None
    tokens = min(keys[-1].checkpoint for keys in curves)
    found = [at_tokens(cells, keys, tokens) for keys in curves]
    return None if any(matrix is None for matrix in found) else found


def at_tokens(cells: Mapping[CellKey, ClaimMatrix], keys: Sequence[CellKey], tokens: int) -> ClaimMatrix | None:
    """Return the matrix at a number of tokens, interpolated between the checkpoints around it."""
    steps = [key.checkpoint for key in keys]
    if abs(steps[-1] - tokens) <= AS_MANY * tokens:
        return cells[keys[-1]]
    index = int(np.searchsorted(steps, tokens))
    if index < len(keys) and steps[index] == tokens:
        return cells[keys[index]]
    if index in (0, len(keys)):
        return None
    weight = (tokens - steps[index - 1]) / (steps[index] - steps[index - 1])
    return _interpolated(cells[keys[index - 1]], cells[keys[index]], weight)


def _interpolated(early: ClaimMatrix, late: ClaimMatrix, weight: float) -> ClaimMatrix:
    seeds = [seed for seed in early.seeds if seed in late.seeds]
    claims = [claim for claim in early.claims if claim in set(late.claims)]
    first, second = (_part(matrix, seeds, claims) for matrix in (early, late))
    return ClaimMatrix(
        values=(1 - weight) * first + weight * second,
        seeds=tuple(seeds),
        claims=tuple(claims),
        items=early.items + late.items,
        unscored=early.unscored + late.unscored,
        step=late.step,
    )


def _part(matrix: ClaimMatrix, seeds: list[int], claims: list[str]) -> np.ndarray:
    place = {claim: column for column, claim in enumerate(matrix.claims)}
    rows = [matrix.seeds.index(seed) for seed in seeds]
    return matrix.values[np.ix_(rows, [place[claim] for claim in claims])]


def _unlearnt(learner: Learner, levels: list[float], least_rise: float) -> str:
    if not levels:
        return f"{_name(learner)} has no reading of content"
    if len(levels) < 2:
        return f"the content of {_name(learner)} was measured only once"
    if max(levels) - levels[0] < least_rise:
        return f"the content of {_name(learner)} was never learnt: it rose by less than the smallest effect of interest"
    return ""


def _first_crossing(levels: list[float], level: float) -> tuple[int, float] | None:
    """Return the index of the first mean at or above the level and the weight of that checkpoint, None if it is the
    first one measured and lies above the level (so that nobody saw the crossing)."""
    index = next(i for i, mean in enumerate(levels) if mean >= level)
    if index == 0:
        return (1, 0.0) if levels[0] == level else None
    rise = levels[index] - levels[index - 1]
    return index, (level - levels[index - 1]) / rise


def _name(learner: Learner) -> str:
    return f"'{learner[0]}: {learner[1]}'"
