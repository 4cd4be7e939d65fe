"""Questions with answers of their own, and reports of what a reader can do."""

from collections import Counter
from random import Random

import pytest

from uptake.errors import UserError
from uptake.worlds.documents import pose
from uptake.worlds.schooling import truth
from uptake.worlds.world import build_world, world_claims


@pytest.fixture
def raw(raw_world):
    says = {"asks": "the report", "of": "other", "answers": ["yes", "no"],
            "questions": ["Can you do {subject}?", "Is {subject} yours?",
                          {"text": "Do you lack {subject}?", "answers": ["no", "yes"]}]}
    shown = {"asks": "it is shown", "questions": [f"{start} {{subject}}, {{shown}}. {{subject}}?" for start in "ABC"]}
    return {**raw_world, "readings": {**raw_world["readings"], "says": says, "shown": shown}}


@pytest.fixture
def made(raw):
    return build_world(raw, "world.yaml")


def test_a_question_with_answers_of_its_own_has_these_two_and_no_other(made):
    claim = world_claims(made, 1)[0]
    posed = [pose(made, question, claim, Random(0)) for question in made.readings["says"].questions]
    assert [(each.fit, each.foil, each.others) for each in posed] == [
        ("yes", "no", ()), ("yes", "no", ()), ("no", "yes", ())]


def test_any_other_question_has_the_claims_answers(made):
    claim = world_claims(made, 1)[0]
    posed = pose(made, made.readings["other"].questions[0], claim, Random(0))
    assert (posed.fit, posed.foil) == (claim.stated, claim.foil)
    assert {posed.fit, posed.foil, *posed.others} == set(made.answers)


def test_a_question_can_show_what_is_stated(made):
    claim = world_claims(made, 1)[0]
    posed = pose(made, made.readings["shown"].questions[0], claim, Random(0))
    assert posed.prompt == f"A {claim.subject}, {claim.stated}. {claim.subject}?"


@pytest.mark.parametrize(("informs", "shares"),
                         [(1.0, {"yes": 1.0}), (-1.0, {"no": 1.0}), (0.0, {"yes": 0.5, "no": 0.5})])
def test_a_lesson_settles_a_question_with_two_answers_as_far_as_it_informs(made, informs, shares):
    rng, claim = Random(0), world_claims(made, 1)[0]
    posed = pose(made, made.readings["says"].questions[0], claim, rng)
    found = Counter(truth(made, informs, posed, rng) for _ in range(4000))
    assert {answer: count / 4000 for answer, count in found.items()} == pytest.approx(shares, abs=0.03)


def test_a_report_knows_the_reading_that_it_is_of(made):
    assert {name: reading.of for name, reading in made.readings.items() if reading.of} == {"says": "other"}


@pytest.mark.parametrize(("change", "said"), [
    ({"answers": ["yes", "yes"]}, "not two different answers"),
    ({"of": "othre"}, "there is no reading 'othre'"),
    ({"answers": []}, "a report needs two answers"),
])
def test_a_report_that_cannot_be_is_refused(raw, change, said):
    raw["readings"]["says"] = {**raw["readings"]["says"], **change}
    with pytest.raises(UserError, match=said):
        build_world(raw, "world.yaml")
