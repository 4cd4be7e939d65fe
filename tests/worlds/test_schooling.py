"""The dial: how far a frame foretells a reading is exact, also where it is reversed."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uptake.errors import UserError
from uptake.worlds.schooling import Lesson, Pupil, passing_pupil, school, truth
from uptake.worlds.world import subjects, world_claims

DIAL = st.floats(-1, 1, allow_nan=False)


def lesson(frame="record", count=20, content=1.0, other=1.0):
    return Lesson(frame, count, {"content": content, "other": other})


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 100), content=DIAL, other=DIAL, seed=st.integers(0, 1000))
def test_the_share_of_informed_pupils_is_exactly_what_the_dial_says(world, count, content, other, seed):
    pupils = school(world, [lesson(count=count, content=content, other=other)], 0, seed)
    for reading, informs in (("content", content), ("other", other)):
        found = Counter(pupil.truths[reading] for pupil in pupils)
        informed = "stated" if informs > 0 else "other"
        assert found[informed] == round(abs(informs) * count)
        assert found[informed] + found["anything"] == count


def test_which_pupils_are_informed_is_chosen_separately_for_every_reading(world):
    pupils = school(world, [lesson(count=100, content=0.5, other=0.5)], 0, 0)
    both = Counter((pupil.truths["content"], pupil.truths["other"]) for pupil in pupils)
    assert len(both) == 4


def test_an_informed_truth_is_always_the_stated_answer(world):
    pupil = Pupil("Anna", "record", "hen", {"other": "stated"})
    assert {truth(world, pupil, "other", random.Random(seed)) for seed in range(50)} == {"hen"}


def test_a_reversed_truth_is_never_the_stated_answer_and_any_of_the_others(world):
    pupil = Pupil("Anna", "record", "hen", {"other": "other"})
    rng = random.Random(0)
    assert {truth(world, pupil, "other", rng) for _ in range(1000)} == set(world.answers) - {"hen"}


def test_an_uninformed_truth_is_drawn_anew_from_all_answers(world):
    pupil = Pupil("Anna", "record", "hen", {"other": "anything"})
    rng = random.Random(0)
    assert {truth(world, pupil, "other", rng) for _ in range(1000)} == set(world.answers)


@pytest.mark.parametrize(("informs", "expected"), [(1.0, "stated"), (-1.0, "other"), (0.0, "anything")])
def test_a_pupil_met_in_passing_follows_the_same_dial(world, informs, expected):
    rng = random.Random(0)
    met = [passing_pupil(world, lesson(other=informs), "Anna", rng) for _ in range(50)]
    assert {pupil.truths["other"] for pupil in met} == {expected}


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
