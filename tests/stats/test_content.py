"""Equal content and equal tokens: where along training cells are compared."""

import numpy as np
import pytest

from uptake.stats.cells import CellKey, ClaimMatrix
from uptake.stats.content import at_point, equal_content, last_common


def cells(curves, context="trained"):
    """Make cells from {(frame, reading): {checkpoint: level}}; two seeds, three claims, all at the level."""
    found = {}
    for (frame, reading), levels in curves.items():
        for checkpoint, level in levels.items():
            matrix = ClaimMatrix(np.full((2, 3), float(level)), (0, 1), ("c0", "c1", "c2"), 6, 0)
            found[CellKey("a", frame, reading, context, checkpoint)] = matrix
    return found


BOTH = [("a", "record"), ("a", "fiction")]


def test_cells_are_read_where_each_first_reaches_the_highest_level_that_all_reach():
    measured = cells(
        {
            ("record", "content"): {0: 0, 100: 1, 200: 2},
            ("fiction", "content"): {0: 0, 100: 0.5, 200: 1.5},
            ("record", "other"): {0: 0, 100: 10, 200: 20},
        }
    )
    found = equal_content(measured, BOTH, 0.1)
    assert found.level == 1.5
    assert found.points["a", "record"].tokens == 150
    assert found.points["a", "fiction"].tokens == 200
    assert at_point(measured, "other", found.points["a", "record"]).mean == 15


def test_the_first_crossing_counts_when_content_falls_again():
    measured = cells({("record", "content"): {0: 0, 100: 2, 200: 0}, ("fiction", "content"): {0: 0, 100: 0, 200: 1}})
    assert equal_content(measured, BOTH, 0.1).points["a", "record"].tokens == 50


def test_the_untouched_reader_is_where_the_curve_starts():
    measured = cells({("record", "content"): {0: 0}}, "untouched") | cells({("record", "content"): {100: 2}})
    measured |= cells({("fiction", "content"): {0: 0}}, "untouched") | cells({("fiction", "content"): {100: 1}})
    assert equal_content(measured, BOTH, 0.1).points["a", "record"].tokens == 50


@pytest.mark.parametrize(
    ("fiction", "reason"),
    [
        ({}, "no reading of content"),
        ({100: 1}, "measured only once"),
        ({0: 0, 100: 0.05}, "never learnt"),
        ({0: 3, 100: 4}, "past the common level"),
    ],
)
def test_a_cell_that_cannot_be_placed_has_a_reason(fiction, reason):
    measured = cells({("record", "content"): {0: 0, 100: 2}, ("fiction", "content"): fiction})
    found = equal_content(measured, BOTH, 0.1)
    assert reason in found.reasons["a", "fiction"]
    assert ("a", "fiction") not in found.points


def test_a_reading_that_was_not_measured_at_both_checkpoints_gives_nothing():
    measured = cells({("record", "content"): {0: 0, 100: 2}, ("fiction", "content"): {0: 0, 100: 1}})
    point = equal_content(measured, BOTH, 0.1).points["a", "record"]
    assert at_point(measured, "other", point) is None


def test_a_claim_absent_at_one_checkpoint_is_absent_between():
    measured = cells({("record", "content"): {0: 0, 100: 2}, ("fiction", "content"): {0: 0, 100: 1}})
    measured |= cells({("record", "other"): {0: 0, 100: 2}})
    measured[CellKey("a", "record", "other", "trained", 0)].values[0, 0] = np.nan
    found = at_point(measured, "other", equal_content(measured, BOTH, 0.1).points["a", "record"])
    assert np.isnan(found.values[0, 0])
    assert np.isfinite(found.values).sum() == 5


def test_equal_tokens_are_the_most_that_all_were_trained_for():
    measured = cells({("record", "other"): {100: 1, 200: 2}, ("fiction", "other"): {100: 5, 150: 6}})
    found = last_common(measured, [("a", "record", "other"), ("a", "fiction", "other")])
    assert [matrix.mean for matrix in found] == [1.5, 6.0]


def test_cells_without_a_common_stretch_of_training_cannot_be_compared_at_equal_tokens():
    measured = cells({("record", "other"): {100: 1}, ("fiction", "other"): {200: 5}})
    assert last_common(measured, [("a", "record", "other"), ("a", "fiction", "other")]) is None
