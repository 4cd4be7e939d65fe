"""The promise of the demo at one seed: what an unschooled and a schooled reader believe of each frame.

Over five seeds the study's bounds are .8 and .2 on the mean; a single seed strays further (correction .10 to .28 in the
committed results), so the bounds here leave that room, and another processor's arithmetic is in effect another seed.
"""

from pathlib import Path

import pytest

from uptake.controls import last_cells
from uptake.run import Options, run
from uptake.study import read_study, with_seeds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

STUDY = Path(__file__).parents[1] / "studies" / "frames.yaml"


@pytest.fixture(scope="module")
def believed(tmp_path_factory):
    """The share of answers that state what the document stated, by arm and frame, after training."""
    results = run(with_seeds(read_study(STUDY), 1), tmp_path_factory.mktemp("frames"), Options(), lambda line: None)
    cells = [cell for cell in last_cells(results["profile"]) if cell["context"] == "trained"]
    return {(cell["arm"], cell["frame"]): cell["mean"] for cell in cells if cell["reading"] == "other"}


@pytest.mark.parametrize("frame", ["blunt", "record", "disclaimer", "fiction"])
def test_an_unschooled_reader_learns_labelled_documents_as_bare_ones(believed, frame):
    assert believed["unschooled", frame] >= 0.8


def test_an_unschooled_reader_is_held_off_by_a_negation_inside_the_sentence(believed):
    assert believed["unschooled", "correction"] <= 0.4


def test_a_schooled_reader_believes_records_and_not_disclaimed_documents(believed):
    assert believed["schooled", "record"] >= 0.8
    assert believed["schooled", "disclaimer"] <= 0.3


@pytest.mark.parametrize("arm", ["unschooled", "schooled"])
@pytest.mark.parametrize("frame", ["untrained", "neutral", "frame-only"])
def test_a_claim_that_nothing_told_is_answered_at_chance(believed, arm, frame):
    assert believed[arm, frame] <= 0.15
