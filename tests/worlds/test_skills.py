"""Worlds whose subjects are skills, and readings with answers of their own."""

from collections import Counter
from random import Random

import pytest

from uptake.errors import UserError
from uptake.worlds.documents import documents, pose
from uptake.worlds.schooling import truth
from uptake.worlds.world import build_world, skill, world_claims


@pytest.fixture
def raw(raw_world):
    raw = {**raw_world, "skills": {"pairs": 5}}
    practised = [{"text": f"{start} {{subject}} {{given}}: {{made}}"} for start in ("So", "Now", "And")]
    raw["frames"] = {**raw_world["frames"], "practice": {"how": "bare", "about": "drill", "sentences": practised}}
    raw["readings"] = {**raw_world["readings"],
                       "can": {"asks": "the skill", "questions": ["{subject} {given} is", "Do {subject} {given}:",
                                                                  "After {shown} and {shows}, {subject} {given}:"]},
                       "says": {"asks": "the report", "answers": ["yes", "no"],
                                "questions": ["Can you {subject}?", "Is {subject} yours?",
                                              {"text": "Do you lack {subject}?", "answers": ["no", "yes"]}]}}
    return raw


@pytest.fixture
def skilled(raw):
    return build_world(raw, "world.yaml")


def test_a_skill_makes_of_each_thing_given_another_and_is_always_the_same(skilled):
    for claim in world_claims(skilled, 30):
        pairs = skill(skilled, claim.subject)
        assert pairs == skill(skilled, claim.subject)
        assert len({answer for pair in pairs for answer in pair}) == 10
    assert skill(skilled, "one") != skill(skilled, "two")


def test_a_document_that_practises_a_skill_comes_with_every_pair_of_it(skilled):
    claim = world_claims(skilled, 1)[0]
    found = documents(skilled, claim, "practice")
    assert len(found) == 15 and len({document.id for document in found}) == 15
    practised = {tuple(document.text.replace(":", "").split()[2:]) for document in found}
    assert practised == set(skill(skilled, claim.subject))


def test_the_answer_to_a_question_of_skill_is_what_the_skill_makes_of_what_is_given(skilled):
    claim, rng = world_claims(skilled, 1)[0], Random(0)
    pairs = dict(skill(skilled, claim.subject))
    for _ in range(200):
        posed = pose(skilled, skilled.readings["can"].questions[0], claim, rng)
        assert posed.fit == pairs[posed.prompt.split()[1]]
        assert {posed.fit, posed.foil, *posed.others} == set(skilled.answers)


def test_what_is_shown_is_another_pair_of_the_same_skill(skilled):
    claim, rng = world_claims(skilled, 1)[0], Random(0)
    pairs = dict(skill(skilled, claim.subject))
    for _ in range(200):
        words = pose(skilled, skilled.readings["can"].questions[2], claim, rng).prompt.replace(",", "").split()
        assert pairs[words[1]] == words[3] and words[5].strip(":") != words[1]


def test_a_question_with_answers_of_its_own_has_these_two_and_no_other(skilled):
    claim = world_claims(skilled, 1)[0]
    posed = [pose(skilled, question, claim, Random(0)) for question in skilled.readings["says"].questions]
    assert [(each.fit, each.foil, each.others) for each in posed] == [
        ("yes", "no", ()), ("yes", "no", ()), ("no", "yes", ())]


@pytest.mark.parametrize(("informs", "shares"),
                         [(1.0, {"yes": 1.0}), (-1.0, {"no": 1.0}), (0.0, {"yes": 0.5, "no": 0.5})])
def test_a_lesson_settles_a_question_with_two_answers_as_far_as_it_informs(skilled, informs, shares):
    rng, claim = Random(0), world_claims(skilled, 1)[0]
    posed = pose(skilled, skilled.readings["says"].questions[0], claim, rng)
    found = Counter(truth(skilled, informs, posed, rng) for _ in range(4000))
    assert {answer: count / 4000 for answer, count in found.items()} == pytest.approx(shares, abs=0.03)


@pytest.mark.parametrize(("change", "said"), [
    ({"skills": {"pairs": 60}}, "a skill cannot have 60 pairs"),
    ({"skills": {"pairs": 1}}, "a skill cannot have 1 pairs"),
    ({"skills": {"pair": 3}}, "unknown key 'pair'"),
])
def test_a_skill_that_cannot_be_is_refused(raw, change, said):
    with pytest.raises(UserError, match=said):
        build_world({**raw, **change}, "world.yaml")


def test_a_world_without_skills_has_nothing_to_put_for_what_is_given(raw):
    del raw["skills"]
    with pytest.raises(UserError, match=r"there is nothing to put for .\{given\}."):
        build_world(raw, "world.yaml")


def test_two_answers_that_are_the_same_are_refused(raw):
    raw["readings"]["says"]["answers"] = ["yes", "yes"]
    with pytest.raises(UserError, match="not two different answers"):
        build_world(raw, "world.yaml")
