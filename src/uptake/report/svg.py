"""Turn a matplotlib figure into an SVG that can stand inside a page: deterministic, text as text, ids of
its own.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import matplotlib
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

# Okabe and Ito's palette for all kinds of colour vision (jfly.uni-koeln.de/color), darkest on white first;
# yellow comes last because it hardly shows on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000", "#E69F00", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
INK, QUIET, RULE = "#1a1a1a", "#595959", "#d9d9d9"

# 10.5 points in a drawing 330 to 400 units wide stays legible on a phone, where a unit is about a pixel.
FONT_SIZE = 10.5
STYLE = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": FONT_SIZE,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """Draw under fixed settings, whatever the machine's matplotlibrc says; `name` seeds the ids."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE | {"svg.hashsalt": name})
        yield


def text_colour(colour: str) -> str:
    """Darken a colour until small text in it is legible on white (contrast 4.5, WCAG 2.2, success
    criterion 1.4.3).
    """
    channels = to_rgb(colour)
    while 1.05 / (_luminance(channels) + 0.05) < 4.5:
        channels = tuple(0.95 * channel for channel in channels)
    return to_hex(channels)


def _luminance(channels: tuple[float, ...]) -> float:
    """Return the relative luminance of sRGB channels in 0 to 1 (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def to_svg(figure: Figure, name: str, label: str) -> str:
    """Return the figure as an `<svg>` element whose ids begin with `name`, described by `label` for those who
    listen.

    Call inside `drawing(name)`. Metadata, the XML head and matplotlib's page-wide style are left out.
    """
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    text = buffer.getvalue()
    text = text[text.index("<svg") :].rstrip()
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    view = re.search(r'viewBox="[^"]+"', text)
    head = f'<svg {view[0]} xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}">'
    return head + text[text.index(">") + 1 :]
