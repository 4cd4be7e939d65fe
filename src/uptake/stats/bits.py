"""Odds in bits: what a reader should believe, how far it is from adding up, and how far it has moved.

Two models of belief, which differ in what a document is evidence of.

    independent   each document is evidence for one fixed answer, and adds its worth: b + m w
    counting      each document tells of one day, and the answer differs by day: what was counted decides. With s days
                  stated and f days of the foil read, even odds of all rates beforehand (Laplace), and m documents that
                  speak for one side and slip with probability e, the odds are those of the rate's posterior mean;
                  without slips log2((s + 1) / (f + m + 1)) for documents that speak for the foil.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats as distributions

from uptake.stats.rounding import rounded

RATES = 20_001  # points at which the posterior over rates is summed; the sums agree with the formula to 1e-4 bits
NATS = float(np.log(2))  # of a bit
# Below this much movement, what moved back is no share of anything. Set by eye: a third of the step between priors.
LEAST_MOVED = 0.7


def independent(prior: float, documents: float, worth: float) -> float:
    """Return the bits after documents that are each worth so many bits."""
    return prior + documents * worth


def counting(counts: tuple[float, float], documents: float, slips: float, toward: float) -> float:
    """Return the bits of the posterior mean of the rate, after `counts` of days stated and of days of the foil, and
    then documents that speak for what is stated (`toward` 1) or for the foil (-1) and slip with this probability."""
    rate = (np.arange(RATES) + 0.5) / RATES
    for_it = rate * (1 - slips) + (1 - rate) * slips
    right, wrong = (for_it, 1 - for_it) if toward > 0 else (1 - for_it, for_it)
    log = counts[0] * np.log(rate) + counts[1] * np.log(1 - rate)
    log += documents * ((1 - slips) * np.log(right) + slips * np.log(wrong))
    weight = np.exp(log - log.max())
    mean = float((weight * rate).sum() / weight.sum())
    return float(np.log2(mean / (1 - mean)))


def additive(table: np.ndarray) -> np.ndarray:
    """Return the additive fit of a two-way table: row mean plus column mean less the mean of all."""
    return table.mean(axis=1, keepdims=True) + table.mean(axis=0, keepdims=True) - table.mean()


def additivity_residual(table: np.ndarray) -> float:
    """Return the root mean square of what a table of bits (priors x pressures) has beyond its additive fit. 0: pressure
    moves every prior by the same bits, as evidence should."""
    return float(np.sqrt(np.mean((table - additive(table)) ** 2)))


def kept(priors: Sequence[float], bits: Sequence[float]) -> float:
    """Return the slope of measured bits on planted ones: 1 if differences between priors stand as planted, 0 if they
    are washed out."""
    planted = np.asarray(priors) - np.mean(priors)
    return float((planted * np.asarray(bits)).sum() / (planted**2).sum())


def rebound(before: float, pressed: float, released: float) -> float | None:
    """Return the share of what pressure moved that release moved back; None where pressure moved too little."""
    if abs(before - pressed) < LEAST_MOVED:
        return None
    return (released - pressed) / (before - pressed)


def divergence(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return KL(now || before) in bits, item by item, of answers of which two are known and the rest is one: the
    log-probabilities in nats of fit and foil, shape items x 2. All answers apart could only diverge further."""
    after, first = (_with_rest(each) for each in (now, before))
    return (after * np.log2(after / first)).sum(axis=1)


def _with_rest(logs: np.ndarray) -> np.ndarray:
    known = np.exp(np.asarray(logs, dtype=float))
    every = np.column_stack([known, 1 - known.sum(axis=1)])
    every = np.maximum(every, 1e-9)  # float32 leaves sums of probabilities a hair beyond 1
    return every / every.sum(axis=1, keepdims=True)


def over_seeds(values: Sequence[float]) -> dict[str, float | None]:
    """Return a mean over seeds with its 95 % interval, Student's."""
    found = np.asarray(list(values), dtype=float)
    if not len(found):
        return {"mean": None, "low": None, "high": None}
    mean = float(found.mean())
    if len(found) < 2:
        return {"mean": rounded(mean), "low": None, "high": None}
    half = float(distributions.t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found)))
    return {"mean": rounded(mean), "low": rounded(mean - half), "high": rounded(mean + half)}
