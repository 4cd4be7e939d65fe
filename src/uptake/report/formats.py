"""Numbers as text: the same rounding in every sentence, table and figure."""

MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"


def number(value: float | None, places: int = 2) -> str:
    """Write a number with a true minus sign; None, which is never a number, as a dash."""
    if value is None:
        return NONE
    text = f"{value:.{places}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", MINUS)


def short(value: float, places: int = 2) -> str:
    """Write a number as running text has it, with a plain minus sign and without the nought before the point."""
    text = number(value, places).replace(MINUS, "-")
    return text.replace("0.", ".", 1) if text.removeprefix("-").startswith("0.") else text


def short_interval(low: float, high: float, places: int = 2) -> str:
    """Write an interval as `[.10, .35]`."""
    return f"[{short(low, places)}, {short(high, places)}]"


def signed(value: float | None, places: int = 2) -> str:
    """Write a difference: always with its sign."""
    text = number(value, places)
    return text if value is None or text.startswith(MINUS) or float(text) == 0 else f"+{text}"


def interval(low: float | None, high: float | None, places: int = 2) -> str:
    """Write an interval as `0.10 to 0.35`; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"{number(low, places)} to {number(high, places)}"


def p_value(value: float | None) -> str:
    """Write a p value with its relation sign: three decimals say all that ten thousand draws can."""
    if value is None:
        return f"p {NONE}"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def count(value: int | float | None) -> str:
    """Write a count with thin spaces between thousands."""
    return NONE if value is None else f"{round(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def listed(words: list[str]) -> str:
    """Join words as a sentence does: `a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
