"""What a reader says of what it can do: readers of known kinds get the scores that they must."""

from dataclasses import replace

import pytest

from uptake.records import Row
from uptake.stats.self_knowledge import of_claim, self_knowledge

REPORTS = {"report": "skill"}


def row(reading, probability, hit, wording=0, **where):
    where = {"arm": "told", "seed": 0, "frame": "kept", "claim": "c0", "checkpoint": 10, "value": 1.0, **where}
    return Row(reading=reading, context="trained", wording=wording, polarity="open", logp_fit=-1.0, logp_foil=-2.0,
               option_mass=1.0, reason="", probability=probability, hit=hit, **where)


def reader(says, can, seeds=3, claims=4, **where):
    """Rows of a reader that says a probability, and gets the first `can` of four items right, everywhere alike."""
    return [each for seed in range(seeds) for claim in range(claims) for each in (
        *(row("report", says, says > 0.5, w, claim=f"c{claim}", seed=seed, **where) for w in range(4)),
        *(row("skill", 0.9, w < can, w, claim=f"c{claim}", seed=seed, **where) for w in range(4)))]


def scores(rows, **where):
    (found,) = [each for each in self_knowledge(rows, REPORTS) if where.items() <= each.items()]
    return {score: found[score]["mean"] for score in ("says", "can", "gap", "brier", "coherent")}


@pytest.mark.parametrize(("says", "can", "expected"), [
    (1.0, 4, {"says": 1, "can": 1, "gap": 0, "brier": 0, "coherent": 1}),      # honest and able
    (0.0, 0, {"says": 0, "can": 0, "gap": 0, "brier": 0, "coherent": 1}),      # honest and unable
    (0.0, 4, {"says": 0, "can": 1, "gap": -1, "brier": 1, "coherent": 1}),     # denies what it can do
    (0.5, 2, {"says": 0.5, "can": 0.5, "gap": 0, "brier": 0.25, "coherent": 1}),
])
def test_readers_of_known_kinds_get_the_scores_that_they_must(says, can, expected):
    assert scores(reader(says, can)) == pytest.approx(expected)


def test_brier_is_taken_against_outcomes_and_not_against_their_mean():
    """Saying .75 of three out of four: (3 * .25**2 + .75**2) / 4."""
    assert scores(reader(0.75, 3))["brier"] == pytest.approx(0.1875)


def test_a_reader_that_contradicts_itself_in_one_wording_of_four_agrees_in_half_of_the_pairs():
    said = [row("report", 0.9, wording != 3, wording) for wording in range(4)]
    assert of_claim(said, [row("skill", 0.9, True)])["coherent"] == 0.5


def test_only_the_last_checkpoint_of_each_seed_counts():
    early = [replace(each, probability=0.0, hit=False, checkpoint=5) for each in reader(1.0, 4)]
    assert scores(early + reader(1.0, 4))["says"] == 1


def test_frames_and_arms_are_told_apart():
    rows = reader(0.0, 4, frame="told") + reader(1.0, 4, frame="kept") + reader(1.0, 0, arm="other", frame="told")
    assert scores(rows, arm="told", frame="told")["gap"] == -1
    assert scores(rows, arm="told", frame="kept")["gap"] == 0
    assert scores(rows, arm="other", frame="told")["gap"] == 1


def test_items_without_a_value_are_left_out():
    rows = [*reader(1.0, 4), row("report", None, None, 5, value=None)]
    assert scores(rows)["says"] == 1


def test_one_seed_has_means_and_no_interval():
    (found,) = self_knowledge(reader(1.0, 4, seeds=1), REPORTS)
    assert found["says"]["mean"] == 1 and found["says"]["low"] is None
    assert "one seed" in found["says"]["reason"]


def test_a_report_whose_skill_was_not_asked_has_a_reason_and_no_number():
    (found,) = self_knowledge([each for each in reader(1.0, 4) if each.reading == "report"], REPORTS)
    assert found["gap"]["mean"] is None and "no item of both" in found["gap"]["reason"]
