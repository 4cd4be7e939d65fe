"""A world file is read strictly, and its claims are balanced and the same in every study."""

import copy
from collections import Counter
from dataclasses import fields
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uptake.errors import UserError
from uptake.mixing.grown import Portions
from uptake.readers.grow import GrowSettings
from uptake.readers.processor import Precision
from uptake.worlds.documents import documents
from uptake.worlds.world import GROWING, PRECISIONS, build_world, subjects, world_claims


@pytest.fixture
def raw(raw_world):
    return copy.deepcopy(raw_world)


def refusal(raw):
    with pytest.raises(UserError) as error:
        build_world(raw, "world.yaml")
    return str(error.value)


@pytest.mark.parametrize("key", ["world", "reader", "subjects", "topic", "answers", "documents", "frames", "readings"])
def test_a_world_without_one_of_its_parts_is_refused_by_name(raw, key):
    del raw[key]
    assert refusal(raw).startswith(f"world.yaml: '{key}' is missing")


def test_an_unknown_key_is_refused_with_the_nearest_known_one(raw):
    raw["anwsers"] = []
    assert "unknown key 'anwsers'" in refusal(raw)
    assert "did you mean 'answers'?" in refusal(raw)


@pytest.mark.parametrize("where", ["subjects", "documents", "readings"])
def test_an_unknown_key_further_down_is_refused_too(raw, where):
    inside = {"subjects": raw["subjects"], "documents": raw["documents"][0], "readings": raw["readings"]["other"]}
    inside[where]["colour"] = "red"
    assert "unknown key 'colour'" in refusal(raw)


def test_a_word_of_how_readers_are_grown_that_means_nothing_is_refused(raw):
    raw["growing"] = {"passess": 3}
    assert "world.yaml: growing: unknown key 'passess'" in refusal(raw)


@pytest.mark.parametrize(("growing", "said"), [
    (None, "growing: this is no mapping"),
    ({"asked": {"othr": 1}}, "growing: asked: unknown key 'othr'"),
    ({"passing_of": {"recrd": 2}}, "growing: passing_of: unknown key 'recrd'"),
    ({"precision": "bfloat16"}, "growing: there is no precision 'bfloat16'"),
])
def test_what_growing_holds_is_checked_too(raw, growing, said):
    raw["growing"] = growing
    assert said in refusal(raw)


def test_what_a_world_can_say_of_growing_is_what_portions_and_settings_take():
    taken = {each.name for kind in (Portions, GrowSettings) for each in fields(kind)}
    assert {"subjects", *taken} == GROWING
    assert get_args(Precision) == PRECISIONS


def test_too_few_answers_are_refused_because_chance_would_be_too_high(raw):
    raw["answers"] = raw["answers"][:15]
    assert "at least 16 different answers, this one has 15" in refusal(raw)


def test_an_answer_listed_twice_is_refused(raw):
    raw["answers"][1] = raw["answers"][0]
    assert "different answers" in refusal(raw)


def test_two_wordings_of_a_document_are_too_few(raw):
    raw["documents"] = raw["documents"][:2]
    assert "2 wordings are too few" in refusal(raw)


def test_two_wordings_of_a_frame_that_brings_its_own_are_too_few(raw):
    raw["frames"]["letter"]["sentences"] = raw["frames"]["letter"]["sentences"][:2]
    assert refusal(raw).startswith("world.yaml: frames.letter.sentences")


def test_two_wordings_of_a_reading_are_too_few(raw):
    raw["readings"]["other"]["questions"] = raw["readings"]["other"]["questions"][:2]
    assert "reading 'other' has 2 wordings" in refusal(raw)


def test_a_wording_without_text_is_refused(raw):
    del raw["documents"][0]["text"]
    assert "'text' is missing" in refusal(raw)


def test_building_a_world_leaves_the_mapping_as_it_was(raw, raw_world):
    build_world(raw, "world.yaml")
    assert raw == raw_world


def test_subjects_are_unique_and_none_of_them_means_something_else(world):
    names = subjects(world)
    assert len(set(names)) == len(names) == world.invent
    assert not {name.lower() for name in names} & {word.lower() for word in (world.reader, *world.answers)}


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 200))
def test_each_answer_is_stated_and_is_a_foil_as_often_as_any_other(world, count):
    claims = world_claims(world, count)
    for column in ("stated", "foil"):
        times = Counter(dict.fromkeys(world.answers, 0))
        times.update(getattr(claim, column) for claim in claims)
        assert max(times.values()) - min(times.values()) <= 1


def test_no_claim_is_its_own_foil(world):
    assert all(claim.stated != claim.foil for claim in world_claims(world, 200))


@settings(max_examples=20, deadline=None)
@given(fewer=st.integers(0, 100), more=st.integers(100, 200))
def test_the_first_claims_are_the_same_however_many_are_asked_for(world, fewer, more):
    """Nothing else goes in, no seed either, so that seeds and claims are crossed."""
    assert world_claims(world, more)[:fewer] == world_claims(world, fewer)


def test_claims_are_about_different_subjects(world):
    claims = world_claims(world, 200)
    assert len({claim.subject for claim in claims}) == len({claim.id for claim in claims}) == 200


def test_more_claims_than_subjects_are_refused_with_a_remedy(world):
    with pytest.raises(UserError, match="241 claims need as many subjects") as error:
        world_claims(world, world.invent + 1)
    assert "subjects.invent" in error.value.hint


def test_a_documents_text_and_its_opposite_name_the_stated_answer_and_its_neutral_line_does_not(world):
    claim = world_claims(world, 1)[0]
    for document in documents(world, claim, "record"):
        assert claim.stated in document.text and claim.stated in document.opposite
        assert claim.stated not in document.neutral
        assert claim.subject in document.neutral


def test_a_frame_with_sentences_of_its_own_uses_them(world):
    claim = world_claims(world, 1)[0]
    assert all(document.text.startswith("Dear") for document in documents(world, claim, "letter"))


def test_chance_is_one_in_as_many_answers(world):
    assert world.chance("content") == 1 / 16
