"""Holm's correction with the interval level that belongs to each step."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float], alpha: float = 0.05) -> tuple[list[float], list[float]]:
    """Return adjusted p-values and the error level at which each member's interval is to be drawn.

    With k members of which r are rejected, a rejected one was tested at alpha / (k - rank), rank counting from 0,
    and all others at alpha / (k - r), the step at which the procedure stopped. Intervals of those levels exclude the
    null exactly where Holm rejects, and for the members that were not rejected they hold together at 1 - alpha
    (Strassburger and Bretz 2008, simultaneous bounds that agree with step-down tests). The adjusted values are those
    of statsmodels' `multipletests`, which collects garbage on every call and so takes a tenth of a second.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    rank = np.argsort(order, kind="stable")
    left = len(p) - np.arange(len(p))
    adjusted = np.minimum(np.maximum.accumulate(p[order] * left), 1.0)[rank]
    levels = alpha / (len(p) - np.minimum(rank, min((adjusted <= alpha).sum(), len(p) - 1)))
    return adjusted.tolist(), levels.tolist()
