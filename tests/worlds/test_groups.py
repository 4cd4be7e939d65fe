"""Worlds in which some answers come up more often than others, and in which every answer has a reason."""

from collections import Counter
from random import Random

import pytest

from uptake.errors import UserError
from uptake.worlds.documents import Posed, documents
from uptake.worlds.schooling import Lesson, Pupil, any_answer, new_pupil, truth
from uptake.worlds.world import build_world, world_claims


@pytest.fixture
def raw(raw_world):
    answers = [str(answer) for answer in raw_world["answers"]]
    return {**raw_world, "reasons": {answer: f"because of the {answer}" for answer in answers},
            "answers": {"common": {"weight": 4, "answers": answers[:4]}, "rare": {"weight": 1, "answers": answers[4:]}}}


@pytest.fixture
def grouped(raw):
    return build_world(raw, "world.yaml")


def share_of_common(world, drawn):
    counts = Counter(answer in world.groups["common"] for answer in drawn)
    return counts[True] / counts.total()


def told(world, pupil, rng):
    """The true answer to the question that `other` asks about the pupil."""
    return truth(world, pupil.informs["other"], Posed("", pupil.stated, "", world.answers), rng)


def test_the_answers_of_all_groups_are_the_worlds_answers(grouped, raw_world):
    assert grouped.answers == tuple(raw_world["answers"])
    assert grouped.chance("content") == 1 / 16


def test_answers_come_up_in_proportion_to_their_groups_weight(grouped):
    """Four of weight 4 against twelve of weight 1: 16 of 28."""
    rng = Random(1)
    drawn = [any_answer(grouped, rng) for _ in range(20_000)]
    assert share_of_common(grouped, drawn) == pytest.approx(16 / 28, abs=0.01)


def test_what_no_document_foretells_follows_the_weights_too(grouped):
    rng = Random(2)
    pupil = Pupil("Nella", "record", grouped.answers[0], {"other": 0.0})
    found = [told(grouped, pupil, rng) for _ in range(20_000)]
    assert share_of_common(grouped, found) == pytest.approx(16 / 28, abs=0.01)


def test_a_reversed_lesson_never_gives_what_was_stated(grouped):
    rng = Random(3)
    lesson = Lesson("record", 1, {"other": -1.0})
    pupils = [new_pupil(grouped, lesson, "Nella", rng) for _ in range(500)]
    assert all(told(grouped, pupil, rng) != pupil.stated for pupil in pupils)


def test_a_world_without_groups_draws_as_it_always_did(world):
    """Results that were measured before there were groups stay what they are."""
    assert [any_answer(world, Random(seed)) for seed in range(50)] == [
        Random(seed).choice(world.answers) for seed in range(50)]


def test_a_document_gives_the_reason_of_what_it_states_or_another(raw):
    raw["documents"] = [{"text": "{subject}: the {answer}, {reason}, not {any_reason}, " + place}
                        for place in ("here.", "there.", "anywhere.")]
    world = build_world(raw, "world.yaml")
    for claim in world_claims(world, 40):
        for document in documents(world, claim, "blunt"):
            assert f"the {claim.stated}, because of the {claim.stated}, not because of the" in document.text
            assert f"not because of the {claim.stated}," not in document.text


@pytest.mark.parametrize(("change", "said"), [
    ({"common": {"weight": 0, "answers": ["a"]}}, "the weight 0 is not above 0"),
    ({"common": {"wieght": 1, "answers": ["a"]}}, "did you mean 'weight'"),
    ({"common": {"answers": ["a"]}}, "'weight' is missing"),
    ({"common": {"weight": 1, "answers": ["a", "b"]}}, "at least 16 different answers, this one has 2")])
def test_a_mistake_in_a_group_is_told(raw, change, said):
    with pytest.raises(UserError) as error:
        build_world({**raw, "answers": change}, "world.yaml")
    assert said in str(error.value)


def test_an_answer_without_a_reason_is_told(raw):
    del raw["reasons"]["goat"]
    with pytest.raises(UserError, match="no reason for the goat"):
        build_world(raw, "world.yaml")
