"""The pool of names, and how people are dealt from it."""

import random
from collections import Counter

import pytest

from uptake.authoring.brief import Vary, data, pool
from uptake.authoring.casting import Casting
from uptake.errors import UserError

NAMES = [name for tongue in pool()["tongues"].values() for part in ("given", "family") for name in tongue[part]]


def test_the_pool_has_hundreds_of_names_each_once_and_none_of_the_stock_ones():
    assert len(NAMES) > 1500 and max(Counter(NAMES).values()) == 1
    words = {word for name in NAMES for word in name.split()}
    assert not words & set(pool()["stock"])
    assert {"Elara", "Chen", "Marcus", "Thorne"} <= set(pool()["stock"])


def test_places_and_trades_are_there_once():
    places = [place for tongue in pool()["tongues"].values() for place in tongue["places"]]
    assert max(Counter(places + pool()["trades"]).values()) == 1
    assert all(len(tongue["places"]) >= 6 for tongue in pool()["tongues"].values())


def test_a_persons_names_are_of_one_tongue_and_the_place_is_where_the_first_is_at_home():
    casting, rng = Casting(Vary()), random.Random(0)
    for _ in range(300):
        cast = casting.deal(rng, 2)
        homes = [[code for code, tongue in pool()["tongues"].items()
                  if any(name == f"{given} {family}" for given in tongue["given"] for family in tongue["family"])]
                 for name in cast.people]
        assert all(homes) and cast.place in pool()["tongues"][homes[0][0]]["places"]


def test_when_all_names_were_dealt_they_come_again_in_other_pairs():
    casting, rng = Casting(Vary(tongues=("welsh",))), random.Random(0)
    given = len(pool()["tongues"]["welsh"]["given"])
    people = [casting.deal(rng, 1).people[0] for _ in range(3 * given)]
    assert len(set(people)) == 3 * given
    assert {casting.dealt[name] for name in pool()["tongues"]["welsh"]["given"]} == {3}


def test_when_every_pair_was_dealt_the_user_is_told():
    casting, rng = Casting(Vary(tongues=("welsh",))), random.Random(0)
    tongue = pool()["tongues"]["welsh"]
    with pytest.raises(UserError, match="used up after") as error:
        casting.deal(rng, len(tongue["given"]) * len(tongue["family"]) + 1)
    assert "more tongues" in error.value.hint


def test_a_brief_may_name_its_own_places_and_trades():
    cast = Casting(Vary(places=("Ys",), trades=("diver",))).deal(random.Random(0), 0)
    assert (cast.people, cast.place, cast.trade) == ((), "Ys", "diver")


def test_every_kind_of_document_has_all_that_a_prompt_needs():
    for kind in data("kinds").values():
        assert set(kind) == {"called", "voices", "status", "people"} and kind["voices"]
