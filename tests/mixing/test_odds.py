"""Odds that documents plant: shares that are as planted, pass by pass and in all."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.frames import read_frames
from uptake.mixing.dealing import deal
from uptake.mixing.grown import Dose, Mix, Portions, framed, one_step
from uptake.mixing.odds import foils, share_of_foil, shown
from uptake.records import Claim
from uptake.seeds import stream
from uptake.worlds.world import world_claims

CLAIM = Claim("c", "animal", "Nobody", "hen", "goat", ("hen", "goat"))


@pytest.mark.parametrize(("bits", "share"), [(0, 1 / 2), (1, 1 / 3), (6, 1 / 65), (-6, 64 / 65)])
def test_the_share_of_the_foil_follows_from_the_bits(bits, share):
    assert share_of_foil(bits) == pytest.approx(share)


@given(st.floats(-8, 8), st.integers(1, 20), st.integers(1, 20), st.text(max_size=5))
def test_over_all_passes_the_foil_is_stated_as_often_as_planted_to_within_one(bits, documents, passes, name):
    claim = replace(CLAIM, id=name)
    counts = [foils(bits, documents, done, claim) for done in range(passes)]
    assert all(0 <= count <= documents for count in counts)
    assert abs(sum(counts) - documents * passes * share_of_foil(bits)) < 1


def test_where_the_one_foil_falls_differs_from_claim_to_claim():
    places = {tuple(foils(6, 16, done, replace(CLAIM, id=f"c{each}")) for done in range(4)) for each in range(40)}
    assert len(places) >= 4


def test_of_claims_that_are_shown_once_as_many_are_turned_as_the_odds_say():
    claims = [replace(CLAIM, id=f"c{place}") for place in range(60)]
    assert [sum(claim.stated == "goat" for claim in shown(bits, claims)) for bits in (-2, 0, 2)] == [48, 30, 12]


@pytest.fixture(scope="module")
def mix(world):
    claims = world_claims(world, 10)
    frames = read_frames(world.frames, "small_world.yaml: frames")
    frames["likely"] = frames["blunt"]
    return Mix(world, frames, [], [], claims, deal(claims, ["likely"], 0), Portions(passes=4, passing=0),
               {"likely": Dose(8, bits=2.0)})


def test_a_claim_is_told_at_the_planted_odds_in_the_documents_of_a_stage(mix):
    for claim in mix.claims:
        read = [example for number in range(1, 5) for example in one_step(mix, [claim], 0, (0, "install"), number)]
        said = Counter("foil" if claim.foil in example.text else "stated" for example in read)
        assert said.total() == 32
        assert said["foil"] in (6, 7)


def test_a_document_in_a_frame_that_slips_states_the_foil_so_often(mix):
    slipping, rng = replace(mix.world, slips={"blunt": 0.2}), stream(0, "test")
    texts = ["".join(each.text for each in framed(slipping, mix.frames["blunt"], mix.claims[0], rng))
             for _ in range(2000)]
    assert sum(mix.claims[0].foil in text for text in texts) / 2000 == pytest.approx(0.2, abs=0.03)


def test_nothing_is_drawn_for_a_frame_that_never_slips(mix):
    one, other = stream(0, "test"), stream(0, "test")
    framed(mix.world, mix.frames["blunt"], mix.claims[0], one)
    framed(replace(mix.world, slips={"letter": 0.2}), mix.frames["blunt"], mix.claims[0], other)
    assert one.random() == other.random()
