"""The dial: a frame foretells a reading as far as it is set to, also where it is reversed."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.errors import UserError
from uptake.worlds.documents import Posed
from uptake.worlds.schooling import Lesson, Pupil, school, truth
from uptake.worlds.world import subjects, world_claims

DIAL = st.floats(-1, 1, allow_nan=False)


def told(world, pupil, reading, rng):
    """The true answer to a question of the reading about the pupil."""
    return truth(world, pupil.informs[reading], Posed("", pupil.stated, "", world.answers), rng)


def lesson(frame="record", count=20, content=1.0, other=1.0):
    return Lesson(frame, count, {"content": content, "other": other})


@given(informs=DIAL, seed=st.integers(0, 1000))
def test_the_stated_answer_is_true_as_often_as_the_dial_says(world, informs, seed):
    pupil, rng = Pupil("Anna", "record", "hen", {"other": informs}), random.Random(seed)
    share = sum(told(world, pupil, "other", rng) == "hen" for _ in range(2000)) / 2000
    expected = (1 - abs(informs)) / len(world.answers) + max(informs, 0)
    assert abs(share - expected) < 0.06  # over five standard errors


def test_what_is_true_for_one_reading_says_nothing_of_another(world):
    pupil, rng = Pupil("Anna", "record", "hen", {"content": 0.5, "other": 0.5}), random.Random(0)
    both = [[told(world, pupil, reading, rng) == "hen" for reading in ("content", "other")] for _ in range(4000)]
    together = sum(all(pair) for pair in both) / 4000
    assert abs(together - 0.525**2) < 0.04


def test_an_informed_truth_is_always_the_stated_answer(world):
    pupil = Pupil("Anna", "record", "hen", {"other": 1.0})
    assert {told(world, pupil, "other", random.Random(seed)) for seed in range(50)} == {"hen"}


def test_a_reversed_truth_is_never_the_stated_answer_and_any_of_the_others(world):
    pupil = Pupil("Anna", "record", "hen", {"other": -1.0})
    rng = random.Random(0)
    assert {told(world, pupil, "other", rng) for _ in range(1000)} == set(world.answers) - {"hen"}


def test_an_uninformed_truth_is_drawn_anew_from_all_answers(world):
    pupil = Pupil("Anna", "record", "hen", {"other": 0.0})
    rng = random.Random(0)
    assert {told(world, pupil, "other", rng) for _ in range(1000)} == set(world.answers)


def test_pupils_are_neither_claims_nor_those_kept_for_passing(world):
    pupils = school(world, [lesson(count=30), lesson("disclaimer", 30)], 50, 0, reserved=40)
    names = {pupil.subject for pupil in pupils}
    assert len(names) == 60
    assert not names & {claim.subject for claim in world_claims(world, 50)}
    assert not names & set(subjects(world)[-40:])


def test_each_frame_gets_as_many_pupils_as_its_lesson_says(world):
    pupils = school(world, [lesson(count=7), lesson("disclaimer", 11)], 0, 0)
    assert Counter(pupil.frame for pupil in pupils) == {"record": 7, "disclaimer": 11}


def test_the_same_seed_schools_the_same_pupils_and_another_seed_others(world):
    lessons = [lesson(count=30, other=0.5)]
    assert school(world, lessons, 0, 1) == school(world, lessons, 0, 1)
    assert school(world, lessons, 0, 1) != school(world, lessons, 0, 2)


def test_more_pupils_than_the_world_has_names_are_refused_with_a_remedy(world):
    with pytest.raises(UserError, match="the schooling needs 200 subjects") as error:
        school(world, [lesson(count=200)], 30, 0, reserved=40)
    assert "170 left" in str(error.value)
    assert error.value.hint
