"""What a design can see: the smallest effect, and the seeds that would do."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import nctdtr, stdtrit

MOST_SEEDS = 1_000  # beyond this no one runs seeds; "more claims" is then the better advice


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations on the accuracy or probability scale.

    `seeds`: how far one cell's true level strays from seed to seed on its own, not together with the other cell
    (that part cancels). Default: a pilot with three seeds of a 0.8M-parameter reader had six frames under two
    schoolings; the root mean square of those twelve standard deviations between seeds is 0.096, taken as 0.10.
    `claims` and `items`: assumed, not measured. A 0/1 item that is right 70 % of the time has a standard deviation
    of 0.46; half of its variance is given to the claim and half to the item. With 100 claims they add little.
    On the log-odds scale there is no default: pass what an earlier run gave.
    """

    seeds: float = 0.10
    claims: float = 0.32
    items: float = 0.32


@dataclass(frozen=True, slots=True)
class Plan:
    """A design: seeds, claims a frame, items a claim and reading, and how many predictions are locked.

    `shared` says that both cells have the same claims under every seed (two arms): the claim's own level then
    cancels, and only how claims differ between the cells is left, with the same standard deviation by assumption;
    more seeds do not average it out. Otherwise (two frames of a Latin square) each seed brings other claims.
    """

    seeds: int
    claims: int
    predictions: int = 1
    items: int = 1
    shared: bool = False


def smallest_effect_seen(plan: Plan, noise: Noise | None = None, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest difference that the plan finds with this power at Holm's first step, alpha / k two-sided.

    The effect is the noncentrality at which the t test with seeds - 1 degrees of freedom has the power asked for,
    times the standard error. (The common short form t_{1 - alpha / 2k} + t_power promises too much with few seeds:
    its effect is 5 % too small for 3 seeds and one prediction, 14 % for six.) Raises ValueError for fewer than two
    seeds.
    """
    if plan.seeds < 2:
        raise ValueError("the smallest effect that can be seen needs at least two seeds")
    noise = noise or Noise()
    tail = alpha / (2 * max(plan.predictions, 1))
    new, kept = _variances(plan, noise)
    return _reach(plan.seeds, tail, power) * float(np.sqrt(new / plan.seeds + kept))


def seeds_for(
    distance: float, new: float, kept: float, tail: float, *, more_than: int = 1, power: float = 0.8
) -> int | None:
    """Return the fewest seeds, more than `more_than`, that resolve a distance with this power; None if none do.

    `new` is the variance that each seed brings afresh, `kept` what stays however many there are, `tail` the error
    level of one side.
    """
    first = max(more_than + 1, 2)

    def enough(seeds: int) -> bool:
        return _reach(seeds, tail, power) * np.sqrt(new / seeds + kept) <= distance

    if not enough(MOST_SEEDS):
        return None
    return first + bisect_left(range(first, MOST_SEEDS), True, key=enough)


@cache
def _reach(seeds: int, tail: float, power: float) -> float:
    """Return how many standard errors an effect must have to be found with this power."""
    bound = stdtrit(seeds - 1, 1 - tail)
    short = bound + stdtrit(seeds - 1, power)
    return float(brentq(lambda effect: 1 - nctdtr(seeds - 1, effect, bound) - power, short / 2, 2 * short))


def _variances(plan: Plan, noise: Noise) -> tuple[float, float]:
    """Return the variance of a difference that is new in each seed, and that which all seeds share."""
    between = 2 * noise.seeds**2 + 2 * noise.items**2 / (plan.claims * plan.items)
    by_claim = 2 * noise.claims**2 / plan.claims
    return (between, by_claim) if plan.shared else (between + by_claim, 0.0)
