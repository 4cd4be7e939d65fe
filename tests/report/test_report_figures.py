"""Small rules that the figures follow."""

import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from uptake.report.formats import count, interval, listed, number, p_value, signed
from uptake.report.labels import Named, _covered, name_points
from uptake.report.svg import COLOURS, _luminance, drawing, text_colour, to_svg


def drawn(name: str, points: list[Named]) -> tuple[str, list]:
    with drawing(name):
        figure = Figure(figsize=(4, 4))
        axes = figure.add_subplot()
        axes.set(xlim=(0, 1), ylim=(0, 1))
        name_points(axes, points)
        boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
        return to_svg(figure, name, "a drawing"), boxes


def test_names_of_near_points_do_not_cover_each_other():
    points = [Named(0.5 + 0.05 * n, 0.5, f"frame{n}", "#000000") for n in range(6)]

    _, boxes = drawn("near", points)

    assert len(boxes) == 6
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_points_that_coincide_share_one_label():
    _, boxes = drawn("same", [Named(0.9, 0.9, name, "#000000") for name in ("blunt", "record")])

    assert len(boxes) == 1


def test_two_drawings_share_no_id():
    first, _ = drawn("one", [Named(0.1, 0.1, "x", "#000000")])
    second, _ = drawn("two", [Named(0.1, 0.1, "x", "#000000")])
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (first, second)]

    assert ids[0]
    assert not ids[0] & ids[1]


def test_every_reference_inside_a_drawing_is_answered():
    svg, _ = drawn("refs", [Named(0.1, 0.1, "x", "#000000")])
    ids = set(re.findall(r'id="([^"]+)"', svg))
    used = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg))

    assert used <= ids


def test_text_in_any_arms_colour_is_legible_on_white():
    for colour in COLOURS:
        assert 1.05 / (_luminance(to_rgb(text_colour(colour))) + 0.05) >= 4.5


def test_numbers_are_written_the_same_everywhere():
    assert number(-0.001) == "0.00"
    assert number(None) == "–"
    assert signed(-0.25) == "−0.25"
    assert signed(0.25) == "+0.25"
    assert interval(-1, 2.5) == "−1.00 to 2.50"
    assert interval(None, 1) == ""
    assert p_value(0.0004) == "p < 0.001"
    assert count(1234567) == "1\u202f234\u202f567"
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_what_a_label_covers_is_counted_once_for_each_thing_beneath_it():
    beneath = np.array([(0, 0, 2, 2), (1, 1, 3, 3), (5, 5, 6, 6), (2, 0, 4, 1)], dtype=float)
    assert _covered((0, 0, 2, 2), beneath) == pytest.approx(4 + 1)  # what only touches or lies apart does not count
    assert _covered((0, 0, 2, 2), np.array([])) == 0
