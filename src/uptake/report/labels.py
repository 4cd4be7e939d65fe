"""Put names beside points so that none covers another: near points share a name, and names step aside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from uptake.report.svg import FONT_SIZE, QUIET

# Boxes are measured in DejaVu Sans, which matplotlib brings along and which is wider than what browsers show.
FACE = FontProperties(family="DejaVu Sans")
LINE_HEIGHT = 1.2
# Half the width of a mark, and directions and distances at which a name is tried, in points; sideways first.
POINT_SIZE = 5.0
DIRECTIONS = tuple(
    (math.cos(turn * math.pi / 6), math.sin(turn * math.pi / 6))
    for turn in (0, 6, 3, 9, 1, 11, 5, 7, 2, 10, 4, 8)
)
RADII = (8, 14, 22, 32, 44, 58, 74, 92)


@dataclass(frozen=True, slots=True)
class Named:
    """A point in data units with its name and colour."""

    x: float
    y: float
    name: str
    colour: str


def name_points(axes: Axes, points: Sequence[Named], avoid: Sequence[tuple[float, float]] = ()) -> None:
    """Write each point's name near it. Points of one colour that nearly coincide share one label.

    Positions are found greedily in points (1/72 inch), first come first placed, and so do not depend on the
    machine. `avoid` holds further places in data units that no label may cover.
    """
    axes.figure.draw_without_rendering()
    bounds = axes.get_window_extent()
    scale = 72 / axes.figure.dpi
    frame = tuple(value * scale for value in (bounds.x0, bounds.y0, bounds.x1, bounds.y1))

    def place(x: float, y: float) -> tuple[float, float]:
        across, up = axes.transData.transform((x, y)) * scale
        return float(across), float(up)

    groups = _merge([(place(point.x, point.y), point) for point in points])
    taken = [_around(*place(point.x, point.y)) for point in points] + [
        _around(*place(*spot)) for spot in avoid
    ]
    for at, text, colour in groups:
        box = _free_box(at, text, taken, frame)
        taken.append(box)
        _write(axes, at, box, text, colour)


def _merge(placed: list) -> list[tuple[tuple[float, float], str, str]]:
    """Join points of one colour within a marker's width; return each group's place, text and colour."""
    groups: list[list] = []
    for at, point in placed:
        near = next(
            (g for g in groups if g[0][1].colour == point.colour and math.dist(g[0][0], at) < 2 * POINT_SIZE),
            None,
        )
        if near is None:
            groups.append([(at, point)])
        else:
            near.append((at, point))
    return [
        (group[0][0], _wrapped([point.name for _, point in group]), group[0][1].colour) for group in groups
    ]


def _wrapped(names: list[str]) -> str:
    lines, line = [], ""
    for name in names:
        joined = f"{line}, {name}" if line else name
        if line and len(joined) > 18:
            lines.append(line + ",")
            joined = name
        line = joined
    return "\n".join([*lines, line])


def _free_box(at, text: str, taken: list, frame: tuple) -> tuple[float, float, float, float]:
    lines = text.split("\n")
    wide = max(map(_width, lines)) + 2
    high = len(lines) * FONT_SIZE * LINE_HEIGHT
    best, least, walls, page = None, math.inf, np.array(taken), np.array([frame])
    for radius in RADII:
        for across, up in DIRECTIONS:
            middle_x = at[0] + across * (radius + wide / 2)
            middle_y = at[1] + up * (radius + high / 2)
            box = (middle_x - wide / 2, middle_y - high / 2, middle_x + wide / 2, middle_y + high / 2)
            cost = _covered(box, walls) + 4 * _outside(box, page)
            if cost < least:
                best, least = box, cost
            if cost == 0:
                return box
    return best


@cache
def _width(line: str) -> float:
    return TextPath((0, 0), line, size=FONT_SIZE, prop=FACE).get_extents().width


def _around(x: float, y: float) -> tuple[float, float, float, float]:
    return (x - POINT_SIZE, y - POINT_SIZE, x + POINT_SIZE, y + POINT_SIZE)


def _covered(box: tuple, others: np.ndarray) -> float:
    """Return how much of others a box covers, added up; `others` has a row (x0, y0, x1, y1) each."""
    if not len(others):
        return 0.0
    sizes = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    return float(np.clip(sizes, 0, None).prod(1).sum())


def _outside(box: tuple, frame: np.ndarray) -> float:
    return (box[2] - box[0]) * (box[3] - box[1]) - _covered(box, frame)


def _write(axes: Axes, at, box, text: str, colour: str) -> None:
    """Write the label, with a thin line to its point where they stand apart."""
    middle = ((box[0] + box[2]) / 2 - at[0], (box[1] + box[3]) / 2 - at[1])
    data = axes.transData.inverted().transform([value * axes.figure.dpi / 72 for value in at])
    edge = (min(max(at[0], box[0]), box[2]) - at[0], min(max(at[1], box[1]), box[3]) - at[1])
    if math.hypot(*edge) > 1.9 * POINT_SIZE:
        line = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.6, "shrinkA": 0, "shrinkB": POINT_SIZE}
        axes.annotate("", xy=data, xytext=edge, textcoords="offset points", arrowprops=line)
    axes.annotate(
        text, xy=data, xytext=middle, textcoords="offset points", ha="center", va="center", color=colour
    )
