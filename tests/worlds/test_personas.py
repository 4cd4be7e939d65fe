"""Worlds of two personas: whose answer is stated, how often documents slip, what documents in a question are worth."""

from collections import Counter
from math import log2
from random import Random

import pytest

from uptake.errors import UserError
from uptake.worlds.documents import documents, pose
from uptake.worlds.schooling import Lesson, new_pupil, truth
from uptake.worlds.world import build_world, evidence, persona, world_claims


@pytest.fixture
def raw(raw_world):
    answers = raw_world["answers"]
    raw = {**raw_world, "answers": {"Ari": {"weight": 1, "answers": answers[:8]},
                                    "Bel": {"weight": 1, "answers": answers[8:]}}, "personas": ["Ari", "Bel"]}
    told = [{"text": f"{when} {{subject}} was {{persona}}."} for when in ("Today", "Now", "Once")]
    deeds = [{"text": f"{when} {{subject}} fed the {{answer}}."} for when in ("Today", "Now", "Once")]
    raw["frames"] = {**raw_world["frames"], "told": {"how": "bare", "sentences": told},
                     "deed": {"how": "bare", "slips": 0.2, "sentences": deeds}}
    who = ["Who is {subject}? It is", "Name {subject}:", "The one at {subject} is"]
    raw["readings"] = {**raw_world["readings"], "who": {"answers": "personas", "questions": who},
                       "who-against": {"answers": "personas", "shows": {"deed": -2}, "questions": [
                           f"{{subject}} fed the {{instead}}. {each}" for each in who]}}
    return raw


@pytest.fixture
def two(raw):
    return build_world(raw, "world.yaml")


def test_claims_state_an_answer_of_the_first_persona_and_have_one_of_the_second_for_a_foil(two):
    claims = world_claims(two, 24)
    assert {persona(two, claim.stated) for claim in claims} == {"Ari"}
    assert {persona(two, claim.foil) for claim in claims} == {"Bel"}
    assert set(Counter(claim.stated for claim in claims).values()) == {3}
    assert set(Counter(claim.foil for claim in claims).values()) == {3}


def test_a_document_says_whose_answer_is_stated_and_of_the_turned_claim_the_other_one(two):
    claim = world_claims(two, 1)[0]
    assert all("Ari" in document.text for document in documents(two, claim, "told"))
    assert all("Bel" in document.text for document in documents(two, claim.turned, "told"))


def test_a_question_after_the_persona_has_both_for_answers_and_shows_the_foil_where_it_says_so(two):
    claim = world_claims(two, 1)[0]
    posed = pose(two, two.readings["who-against"].questions[0], claim, Random(0))
    assert (posed.fit, posed.foil, posed.others) == ("Ari", "Bel", ())
    assert f"fed the {claim.foil}. Who" in posed.prompt


def test_what_documents_in_a_question_are_worth_follows_from_how_often_they_slip(two):
    assert evidence(two, "who") == 0
    assert evidence(two, "who-against") == pytest.approx(-2 * log2(0.8 / 0.2))


def test_a_pupil_is_either_persona_and_its_foil_is_the_others(two):
    rng, lesson = Random(0), Lesson("told", 1, {"who": 0.6})
    pupils = [new_pupil(two, lesson, "Nobody", rng) for _ in range(400)]
    sides = Counter((persona(two, pupil.stated), persona(two, pupil.foil)) for pupil in pupils)
    assert set(sides) == {("Ari", "Bel"), ("Bel", "Ari")}
    assert 150 < sides["Ari", "Bel"] < 250


def test_the_dial_sets_the_odds_with_which_a_question_after_the_persona_is_answered(two):
    claim, rng = world_claims(two, 1)[0], Random(0)
    posed = pose(two, two.readings["who"].questions[0], claim, rng)
    said = Counter(truth(two, 0.6, posed, rng) for _ in range(4000))
    assert said["Ari"] / 4000 == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("change", "said"), [
    ({"personas": ["Ari", "Cid"]}, "are not the two groups of answers"),
    ({"personas": ["Ari"]}, "are not the two groups of answers"),
])
def test_personas_must_be_the_two_groups(raw, change, said):
    with pytest.raises(UserError, match=said):
        build_world({**raw, **change}, "world.yaml")


def test_documents_cannot_slip_more_often_than_not(raw):
    raw["frames"]["deed"]["slips"] = 0.7
    with pytest.raises(UserError, match=r"cannot slip with probability 0\.7"):
        build_world(raw, "world.yaml")


def test_nothing_is_put_for_a_persona_in_a_world_without_any(raw_world):
    told = [{"text": f"{when} {{subject}} was {{persona}}."} for when in ("Today", "Now", "Once")]
    with pytest.raises(UserError, match=r"nothing to put for '\{persona\}'"):
        build_world({**raw_world, "frames": {"told": {"how": "bare", "sentences": told}}}, "world.yaml")
