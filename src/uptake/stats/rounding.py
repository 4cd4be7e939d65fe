"""Numbers as they leave this package: plain floats of six significant digits, or None, never NaN."""

import math

DIGITS = 6  # far beyond what any study can tell, and few enough that platforms agree


def rounded(number: float | None) -> float | None:
    """Round to six significant digits; None stays None, and what is no finite number becomes None."""
    if number is None or not math.isfinite(number):
        return None
    return float(f"{number:.{DIGITS}g}") + 0.0  # adding 0.0 turns -0.0 into 0.0
