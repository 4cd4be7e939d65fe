"""What documents state: answers of a group, and what a reader says itself."""

from collections import Counter
from dataclasses import replace
from math import log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.frames import read_frames
from uptake.mixing.dealing import deal
from uptake.mixing.grown import Mix, Portions
from uptake.mixing.stating import beginnings, drawn, of_groups, restated
from uptake.worlds.world import build_world, world_claims

DEALING = ["record", "letter", "untrained"]


@pytest.fixture(scope="module")
def mix(raw_world):
    answers = [str(answer) for answer in raw_world["answers"]]
    raw = {**raw_world, "answers": {"common": {"weight": 4, "answers": answers[:4]},
                                    "rare": {"weight": 1, "answers": answers[4:]}}}
    world = build_world(raw, "small_world.yaml")
    claims = world_claims(world, 30)
    return Mix(world, read_frames(world.frames, "frames"), [], [], claims, deal(claims, DEALING, 0), Portions())


def test_a_claim_in_a_frame_of_rare_answers_states_one_against_another(mix):
    said = of_groups(mix, {"letter": "rare"})
    assert set(said) == {claim for claim, frame in mix.dealt.items() if frame == "letter"}
    assert all(stated != foil and {stated, foil} <= set(mix.world.groups["rare"]) for stated, foil in said.values())


def test_what_a_claim_states_in_a_group_is_the_same_wherever_it_is_dealt_it(mix):
    everywhere = of_groups(replace(mix, dealt=dict.fromkeys(mix.dealt, "letter")), {"letter": "common"})
    assert of_groups(mix, {"letter": "common"}).items() <= everywhere.items()


def test_a_reader_is_given_the_beginning_of_its_document_and_no_answer(mix):
    asked = beginnings(mix, ["letter"], 0)
    assert {item.claim for item in asked} == {claim for claim, frame in mix.dealt.items() if frame == "letter"}
    for item in asked:
        assert item.prompt.startswith("Dear") and item.prompt.endswith("keeps the")
        assert {item.fit, item.foil, *item.others} == {f" {answer}" for answer in mix.world.answers}


def test_the_beginning_does_not_depend_on_what_the_claim_states(mix):
    other = restated(mix, {claim.id: claim.foil for claim in mix.claims})
    assert [item.prompt for item in beginnings(other, ["letter"], 3)] == [
        item.prompt for item in beginnings(mix, ["letter"], 3)]


def test_an_answer_is_drawn_as_often_as_it_is_probable():
    rng = Random(0)
    counts = Counter(drawn([log(0.7) + 50, log(0.2) + 50, log(0.1) + 50], rng) for _ in range(20_000))
    assert [round(counts[place] / 20_000, 2) for place in range(3)] == pytest.approx([0.7, 0.2, 0.1], abs=0.011)


@given(st.data())
def test_no_claim_ever_has_itself_for_a_foil(mix, data):
    answers = data.draw(st.lists(st.sampled_from(mix.world.answers), min_size=30, max_size=30))
    told = restated(mix, dict(zip((claim.id for claim in mix.claims), answers, strict=True)))
    assert [claim.stated for claim in told.claims] == answers
    assert all(claim.stated != claim.foil for claim in told.claims)


def test_claims_that_nothing_is_said_of_are_left_alone(mix):
    assert restated(mix, {}).claims == mix.claims
