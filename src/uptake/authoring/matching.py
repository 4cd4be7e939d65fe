"""Choose, among another author's texts, those that the reader finds as likely as its own.

Testimony that a reader gave is easy text for that reader, and easy text is learnt otherwise than hard text, whoever
wrote it. So that testimony is not merely easy text, its control is another author's testimony that is as easy: for each
of the reader's own samples one of the other's, about the same question, with about the same log-probability per token
under the reader. What difference is left is reported, never assumed to be none.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev

import numpy as np

from uptake.errors import UserError

# Costs no real pair has: a log-probability per token of -1000 is e to the -1000. A pair at this cost is no pair.
NO_PAIR = 1e6


@dataclass(frozen=True, slots=True)
class Sample:
    """A text of one author under the reader: its id, what it answers (only samples with the same `asked` are paired),
    and the log-probability of each of its tokens, in nats."""

    id: str
    asked: str
    logps: tuple[float, ...]

    @property
    def per_token(self) -> float:
        """The mean log-probability of a token: minus the loss that training on the text begins with."""
        return fmean(self.logps)


@dataclass(frozen=True, slots=True)
class Pair:
    """One of the reader's own samples, and the other author's that stands for it."""

    own: Sample
    other: Sample

    @property
    def difference(self) -> float:
        """The other's log-probability per token less the own one's, in nats."""
        return self.other.per_token - self.own.per_token


@dataclass(frozen=True, slots=True)
class Matched:
    """The pairs, the own samples that found none, the samples without a likelihood (`own ID` or `other ID`: why), and
    means before and after.

    `before` is the mean log-probability per token of all that the other author wrote less that of all own samples;
    `after` is the same over the pairs, and `furthest` the largest difference in a pair, whatever its sign. In
    `standardised` the remaining difference is divided by the standard deviation of the own samples. `tokens` is the
    mean length of the other's chosen samples divided by that of the own ones. Where a number cannot be had, it is None
    and `reasons` has its name and says why.
    """

    pairs: tuple[Pair, ...]
    unpaired: tuple[Sample, ...]
    without: dict[str, str]
    before: float | None = None
    after: float | None = None
    furthest: float | None = None
    standardised: float | None = None
    tokens: float | None = None
    reasons: dict[str, str] = field(default_factory=dict)

    def in_words(self) -> str:
        """Return what was chosen and what difference is left, in a sentence or two."""
        said = f"{len(self.pairs)} of {len(self.pairs) + len(self.unpaired)} own samples have a match"
        if self.before is not None:
            said += f"; nats per token by which the other's are likelier: {self.before:+.3f} before"
        if self.after is not None:
            said += f", {self.after:+.3f} after (furthest pair {self.furthest:.3f})"
        if self.standardised is not None:
            said += f", {self.standardised:+.2f} standard deviations"
        if self.without:
            said += f"; without a likelihood: {len(self.without)}"
        return said


def match(own: Sequence[Sample], others: Sequence[Sample], furthest: float | None = None) -> Matched:
    """Choose for as many own samples as can be one of the other author's, each once, so that the differences in
    log-probability per token add up to the least (the assignment problem, solved exactly for each question by itself).

    `furthest`, in nats per token, is the most that a pair may differ by; own samples that find nobody within it are
    left unpaired, as are those that are too many. Raises UserError if an id is used twice among one author's samples.
    """
    for samples in (own, others):
        _refuse_twice(samples)
    without = {f"{whose} {sample.id}": reason for whose, samples in (("own", own), ("other", others))
               for sample in samples if (reason := _lacking(sample))}
    mine, theirs = ([sample for sample in samples if not _lacking(sample)] for samples in (own, others))
    pairs = [pair for asked in dict.fromkeys(sample.asked for sample in mine)
             for pair in _assigned([each for each in mine if each.asked == asked],
                                   [each for each in theirs if each.asked == asked], furthest)]
    paired = {pair.own.id for pair in pairs}
    unpaired = tuple(sample for sample in mine if sample.id not in paired)
    return _reported(Matched(tuple(pairs), unpaired, without), mine, theirs)


def _assigned(mine: Sequence[Sample], theirs: Sequence[Sample], furthest: float | None) -> list[Pair]:
    from scipy.optimize import linear_sum_assignment

    if not theirs:
        return []
    # By id, so that the order in which samples are given decides nothing where two choices cost the same.
    mine, theirs = (sorted(samples, key=lambda sample: sample.id) for samples in (mine, theirs))
    costs = np.abs(np.subtract.outer([each.per_token for each in mine], [each.per_token for each in theirs]))
    if furthest is not None:
        costs = np.where(costs <= furthest, costs, NO_PAIR)
    rows, columns = linear_sum_assignment(costs)
    return [Pair(mine[row], theirs[column]) for row, column in zip(rows, columns, strict=True)
            if costs[row, column] < NO_PAIR]


def _reported(matched: Matched, mine: Sequence[Sample], theirs: Sequence[Sample]) -> Matched:
    reasons: dict[str, str] = {}
    before = after = far = spread = tokens = None
    if mine and theirs:
        before = _mean(theirs) - _mean(mine)
    else:
        reasons["before"] = "one of the authors has no sample with a likelihood"
    if matched.pairs:
        after = fmean(pair.difference for pair in matched.pairs)
        far = max(abs(pair.difference) for pair in matched.pairs)
        tokens = fmean(len(pair.other.logps) for pair in matched.pairs) / fmean(
            len(pair.own.logps) for pair in matched.pairs)
    else:
        reasons["after"] = reasons["furthest"] = reasons["tokens"] = "there is no pair"
    deviation = stdev(sample.per_token for sample in mine) if len(mine) > 1 else 0.0
    if after is not None and deviation > 0:
        spread = after / deviation
    else:
        reasons["standardised"] = "the own samples do not differ, or there is no pair"
    return Matched(matched.pairs, matched.unpaired, matched.without, before, after, far, spread, tokens, reasons)


def _mean(samples: Sequence[Sample]) -> float:
    return fmean(sample.per_token for sample in samples)


def _lacking(sample: Sample) -> str:
    """Return why a sample has no likelihood per token, or ''."""
    if not sample.logps:
        return "it has no token"
    if not all(math.isfinite(logp) for logp in sample.logps):
        return "a token's log-probability is not a finite number"
    return "a token's log-probability is above 0" if max(sample.logps) > 0 else ""


def _refuse_twice(samples: Sequence[Sample]) -> None:
    twice = [name for name, times in Counter(sample.id for sample in samples).items() if times > 1]
    if twice:
        raise UserError(f"the sample '{twice[0]}' is given twice", hint="an author's samples have an id each")
