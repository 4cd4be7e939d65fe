"""Forks: where what a document says and what it might have said part."""

from collections import Counter
from dataclasses import replace

import pytest

from uptake.frames import read_frames
from uptake.mixing.dealing import deal
from uptake.mixing.forks import as_example, forks, forks_of_step
from uptake.mixing.grown import Mix, Portions, world_items
from uptake.worlds.world import world_claims


@pytest.fixture(scope="module")
def mix(world):
    claims = world_claims(world, 6)
    frames = read_frames(world.frames, "small_world.yaml: frames")
    return Mix(world, frames, [], [], claims, deal(claims, ["letter", "record", "untrained"], 0), Portions(documents=3))


def test_a_fork_is_a_documents_beginning_and_the_two_words_that_may_follow(mix):
    claim = mix.claims[0]
    found = forks(mix.world, mix.frames["letter"], claim)
    openings = [f"Dear {who}, {claim.subject} keeps the" for who in ("friend", "aunt", "all")]
    assert [fork.opening for fork in found] == openings
    assert {(fork.says, fork.instead) for fork in found} == {(f" {claim.stated}", f" {claim.foil}")}


def test_a_turned_claim_forks_the_other_way(mix):
    claim = mix.claims[0]
    assert {(fork.says, fork.instead) for fork in forks(mix.world, mix.frames["letter"], claim.turned)} == {
        (f" {claim.foil}", f" {claim.stated}")}


def test_the_words_of_the_frame_stand_in_the_opening(mix):
    assert all(fork.opening.startswith(("Record:", "Log:"))
               for fork in forks(mix.world, mix.frames["record"], mix.claims[0]))


def test_answers_that_begin_alike_part_at_the_whole_word(mix):
    alike = replace(mix.claims[0], stated="hare", foil="hen")
    fork = forks(mix.world, mix.frames["letter"], alike)[0]
    assert (fork.says, fork.instead) == (" hare", " hen") and fork.opening.endswith("keeps the")


def test_a_stage_has_as_many_forks_as_it_would_have_documents_and_none_of_claims_not_told(mix):
    drawn = forks_of_step(mix, mix.claims, (0, "press"), 4)
    told = {claim.id for claim in mix.claims if mix.dealt[claim.id] != "untrained"}
    assert Counter(fork.claim for fork in drawn) == dict.fromkeys(told, 12)
    assert forks_of_step(mix, mix.claims, (0, "press"), 4) == drawn != forks_of_step(mix, mix.claims, (1, "press"), 4)


def test_no_opening_is_a_question_that_is_asked(mix):
    asked = {item.prompt for item in world_items(mix.world, mix.claims, mix.dealt)}
    assert not asked & {fork.opening for fork in forks_of_step(mix, mix.claims, (0, "press"), 2)}


def test_what_was_trained_on_is_the_word_and_not_its_opening(mix):
    fork = forks(mix.world, mix.frames["letter"], mix.claims[0])[0]
    opening, word = as_example(fork).segments
    assert (opening.text, opening.loss, word.text, word.loss) == (fork.opening, False, fork.says, True)
