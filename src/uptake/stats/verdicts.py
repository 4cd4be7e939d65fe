"""From predictions and a table to verdicts.

Let d = left - right, turned so that the predicted side of `<` is above, I its corrected interval, b the size declared
with `by` (0 without), m the margin of `==`, and e the study's smallest effect of interest. The first row that fits
decides:

    relation   where I lies                                verdict           because
    < or >     above b, and (b = 0 only) wholly below e    no effect shown   real, on the predicted side, but too
                                                                             small to matter
    < or >     above b                                     supported
    < or >     below 0, or below b                         refuted           the other side, or less than declared
    < or >     inside (-e, e), b = 0                       refuted           equality where a difference was predicted
    < or >     inside (-e, e), b > 0                       no effect shown   nothing that matters, b not ruled out
    ==         inside (-m, m)                              supported
    ==         wholly outside (-m, m)                      refuted           a difference where equality was predicted
    ==         inside (-e, e)                              no effect shown   m is finer than what matters, and open
    any        anywhere else                               cannot tell

So a prediction of direction is refuted by the other side and by nothing; a difference in its favour that is shown to
be too small to matter neither supports nor refutes it, and a study that cares for smaller ones declares a smaller e.

`p` is two-sided against d = b for `<` and `>`, and the larger of two one-sided tests for `==`; I is at 1 - a for the
first and, as usual for two one-sided tests, at 1 - 2a for the second, a being the error level of the prediction's
step in Holm's procedure. All locked predictions are in the family, those not testable with p = 1. Predictions added
later are corrected for all that were made, locked or not, and cannot change the verdict of a locked one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from uptake.records import Cell, Prediction, Scale
from uptake.stats.cells import CellKey, ClaimMatrix, claim_values
from uptake.stats.content import at_point, curve, equal_content, last_common
from uptake.stats.estimates import DRAWS, Estimate, Resampler, contrast
from uptake.stats.gaps import Gaps, with_gaps
from uptake.stats.gate import Gate
from uptake.stats.holm import holm
from uptake.stats.power import seeds_for
from uptake.stats.predictions import FRAMES_WITHOUT_CONTENT
from uptake.stats.rounding import rounded
from uptake.stats.table import Table

SUPPORTED, REFUTED, NO_EFFECT = "supported", "refuted", "no effect shown"
CANNOT_TELL, NOT_TESTABLE = "cannot tell", "not testable"
# To whom a prediction about the instrument is attributed: an effect that was planted, or none that was.
CONTROL = "control"


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How to judge.

    `smallest_effect` is the smallest effect of interest, on the scale. `gate` maps (arm, reading) to what the gate
    found, None for a study without one. `unmeasurable` maps (arm, reading) to why the reading cannot be taken on this
    reader. `exploratory` are the predictions that were not locked; `gaps` are readings of which a prediction may speak
    that are the difference of two. `alike` maps a frame to the one whose documents it has, where frames differ in dose
    or time only; `at_end` are the readers of later stages, in which tokens are counted anew: they are compared at the
    ends of their stages. `seed` feeds the bootstrap only.
    """

    smallest_effect: float
    scale: Scale = "accuracy"
    gate: Mapping[tuple[str, str], Gate] | None = None
    unmeasurable: Mapping[tuple[str, str], str] = field(default_factory=dict)
    alike: Mapping[str, str] = field(default_factory=dict)
    at_end: frozenset[str] = frozenset()
    exploratory: frozenset[Prediction] = frozenset()
    gaps: Gaps = field(default_factory=dict)
    alpha: float = 0.05
    seed: int = 0
    draws: int = DRAWS


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One prediction's estimate, or None, and why it is not testable, if it is not."""

    prediction: Prediction
    estimate: Estimate | None
    reason: str

    @property
    def tested(self) -> bool:
        return self.estimate is not None and not self.reason

    @property
    def p(self) -> float | None:
        """The raw p-value; None if not testable or if there is no interval."""
        if not self.tested:
            return None
        if self.prediction.relation == "==":
            return self.estimate.p_equivalent(self.prediction.margin)
        return self.estimate.p_two_sided(_side(self.prediction) * self.prediction.margin)


def judge(predictions: Sequence[Prediction], table: Table, settings: JudgeSettings) -> list[dict]:
    """Return one verdict a prediction, in their order, as `results.json` has them."""
    cells = with_gaps(claim_values(table, settings.scale), settings.gaps)
    resampler = Resampler(settings.seed, settings.draws)
    compared = [_compare(prediction, cells, settings, resampler) for prediction in predictions]
    p_values = [1.0 if each.p is None else each.p for each in compared]
    locked = [i for i, each in enumerate(compared) if each.prediction not in settings.exploratory]
    corrected = dict(enumerate(zip(*holm(p_values, settings.alpha), strict=True)))
    corrected |= dict(zip(locked, zip(*holm([p_values[i] for i in locked], settings.alpha), strict=True), strict=True))
    return [_entry(each, *corrected[i], settings) for i, each in enumerate(compared)]


def decide(relation: str, interval: tuple[float, float], margin: float, smallest: float) -> tuple[str, str]:
    """Return the verdict that an interval of `left - right` gives, and why, by the table above."""
    low, high = interval if relation != "<" else (-interval[1], -interval[0])
    nothing = -smallest < low and high < smallest
    if relation == "==":
        if -margin < low and high < margin:
            return SUPPORTED, "the two are equal within the margin"
        if low > margin or high < -margin:
            return REFUTED, "the two differ by more than the margin"
        if nothing:
            return NO_EFFECT, "the two differ by less than the smallest effect of interest, but perhaps by the margin"
        return CANNOT_TELL, "the interval reaches both sides of the margin"
    if low > margin:
        if margin == 0 and nothing:
            return NO_EFFECT, "the difference is on the predicted side but below the smallest effect of interest"
        return SUPPORTED, "the whole interval lies on the predicted side"
    if high < 0:
        return REFUTED, "the whole interval lies on the other side"
    if high < margin:
        return REFUTED, "the difference is smaller than was predicted"
    if nothing and margin == 0:
        return REFUTED, "the two are equal within the smallest effect of interest where a difference was predicted"
    if nothing:
        return NO_EFFECT, "there is no effect of interest, but one of the predicted size is not ruled out"
    return CANNOT_TELL, "the interval reaches both sides of what was predicted"


def _entry(compared: _Comparison, p_adjusted: float, level: float, settings: JudgeSettings) -> dict:
    prediction, found = compared.prediction, compared.estimate
    width = 1 - 2 * level if prediction.relation == "==" else 1 - level
    interval = found.interval(width) if compared.tested else None
    verdict, reason, seeds = NOT_TESTABLE, compared.reason, None
    if compared.tested and interval is None:
        verdict, reason = CANNOT_TELL, "one seed does not show how seeds differ: run at least three"
    elif compared.tested:
        verdict, reason = decide(prediction.relation, interval, prediction.margin, settings.smallest_effect)
        if verdict == CANNOT_TELL:
            seeds, more = _seeds_needed(prediction, found, level, settings.smallest_effect)
            reason = f"{reason}; {more}"
    low, high = interval or (None, None)
    return {
        "by": prediction.by,
        "say": prediction.say,
        "at": prediction.at,
        "verdict": verdict,
        "effect": rounded(found.value) if found else None,
        "low": rounded(low),
        "high": rounded(high),
        "p": rounded(compared.p),
        "p_adjusted": rounded(p_adjusted) if compared.p is not None else None,
        "margin": rounded(prediction.margin),
        "left": _written(prediction.left),
        "right": _written(prediction.right),
        "left_mean": rounded(found.left_mean) if found else None,
        "right_mean": rounded(found.right_mean) if found else None,
        "seeds": len(found.seed_values) if found else 0,
        "claims": found.claims if found else 0,
        "seeds_needed": seeds,
        "reason": reason,
        "exploratory": prediction in settings.exploratory,
    }


def _seeds_needed(prediction: Prediction, found: Estimate, level: float, smallest: float) -> tuple[int | None, str]:
    """Return how many seeds would tell, if the effect is the one seen, and a clause that says so.

    The distance to be resolved is that to the farthest verdict: the effect from b (a difference) or from e
    (equality), for `==` from m or e.
    """
    effect, margin = found.value * _side(prediction), prediction.margin
    to_margin = abs(abs(effect) - margin) if prediction.relation == "==" else abs(effect - margin)
    distance = max(to_margin, smallest - abs(effect))
    tails = 1 if prediction.relation == "==" else 2
    new = (found.error**2 - found.between_claims) * len(found.seed_values)
    seeds = seeds_for(distance, new, found.between_claims, level / tails, more_than=len(found.seed_values))
    if seeds is None:
        return None, "more seeds alone would hardly tell: more claims, or a larger difference, would"
    return seeds, f"about {seeds} seeds would tell, if the effect is the one seen"


def _compare(
    prediction: Prediction, cells: Mapping[CellKey, ClaimMatrix], settings: JudgeSettings, resampler: Resampler
) -> _Comparison:
    sides, reason = sides_of(prediction, cells, settings)
    if sides is None:
        return _Comparison(prediction, None, reason)
    if not set(sides[0].seed_means) & set(sides[1].seed_means):
        return _Comparison(prediction, None, "no seed has a value on both sides")
    found = contrast(*sides, resampler)
    return _Comparison(prediction, found, _barred(prediction, settings))


def _barred(prediction: Prediction, settings: JudgeSettings) -> str:
    """Return why a measured prediction is not testable on this reader, or ''."""
    left, right = prediction.left, prediction.right
    for cell in (left, right):
        if (cell.arm, cell.reading) in settings.unmeasurable:
            return settings.unmeasurable[cell.arm, cell.reading]
    if settings.gate is None or not needs_gate(prediction, settings.alike):
        return ""
    for arm, reading in dict.fromkeys((cell.arm, cell.reading) for cell in (left, right)):
        found = settings.gate.get((arm, reading))
        if found is None:
            return f"'{reading}' was not read in context on '{arm}'"
        if not found.passed:
            return found.reason
        if {left.frame, right.frame} <= found.frames and not found.tells_apart(left.frame, right.frame):
            return f"in context the reader does not tell '{left.frame}' from '{right.frame}'"
    return ""


def needs_gate(prediction: Prediction, alike: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Say whether a prediction rests on the reader telling two frames apart.

    It does if both cells are after training and their frames differ, whether it predicts a difference or equality:
    a reader that cannot tell the frames apart would give equality for a reason that no theory is about. The same
    frame in two arms does not. Nor does a comparison with a frame without content: what it asks is whether the content
    is learnt at all. Nor does one of two frames that are `alike`, with the same documents in other doses or at other
    times, which nobody could tell apart by reading one. Nor does a control, which is about the instrument: where
    nothing was planted, it may find nothing because nothing can be told apart.
    """
    if prediction.by == CONTROL:
        return False
    left, right = prediction.left, prediction.right
    trained = left.context == right.context == "trained"
    frames = {alike.get(cell.frame, cell.frame) for cell in (left, right)}
    return trained and len(frames) == 2 and not frames & FRAMES_WITHOUT_CONTENT


def sides_of(
    prediction: Prediction, cells: Mapping[CellKey, ClaimMatrix], settings: JudgeSettings
) -> tuple[list[ClaimMatrix] | None, str]:
    """Return the two matrices to compare, or None and why there are none."""
    both = (prediction.left, prediction.right)
    missing = [cell for cell in both if not _keys(cells, cell)]
    if missing:
        return None, f"'{_written(missing[0])}' has no item with a value"
    if prediction.at == "equal-content":
        return _at_equal_content(both, cells, settings.smallest_effect)
    later = {cell.arm for cell in both} & settings.at_end
    if both[0].context == both[1].context == "trained" and not later:
        found = last_common(cells, [(cell.arm, cell.frame, cell.reading) for cell in both])
        return found, "" if found else "the two were not trained for the same tokens"
    return [cells[_keys(cells, cell)[-1 if cell.context == "trained" else 0]] for cell in both], ""


def _at_equal_content(
    both: tuple[Cell, Cell], cells: Mapping[CellKey, ClaimMatrix], smallest: float
) -> tuple[list[ClaimMatrix] | None, str]:
    found = equal_content(cells, [(cell.arm, cell.frame) for cell in both], smallest)
    for reason in found.reasons.values():
        return None, reason
    sides = [at_point(cells, cell.reading, found.points[cell.arm, cell.frame]) for cell in both]
    if any(side is None for side in sides):
        return None, "a reading was not measured on both sides of the point of equal content"
    return sides, ""


def _keys(cells: Mapping[CellKey, ClaimMatrix], cell: Cell) -> list[CellKey]:
    """Return the measured cells of a prediction's cell, earliest first."""
    keys = [key for key in curve(cells, cell.arm, cell.frame, cell.reading) if key.context == cell.context]
    if cell.context == "in_context":
        name = (cell.arm, cell.frame, cell.reading, cell.context)
        keys = [key for key in cells if key[:4] == name and cells[key].mean is not None]
    return keys


def _side(prediction: Prediction) -> float:
    """Return -1 for '<' and 1 otherwise: what turns `left - right` towards the predicted side."""
    return -1.0 if prediction.relation == "<" else 1.0


def _written(cell: Cell) -> str:
    context = {"trained": "", "in_context": " in context", "untouched": " untouched"}[cell.context]
    return f"{cell.arm}: {cell.frame}.{cell.reading}{context}"
