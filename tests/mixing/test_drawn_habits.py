"""Habits: which of two things is so is drawn evenly, and texts and items say it."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.choices import Step
from uptake.documents.skills import build_matters
from uptake.mixing.skills import Course, chance, dealt_matters, documents, drawn, items
from uptake.strict_yaml import read_yaml

FILE = build_matters(read_yaml(Path(__file__).parents[2] / "claims" / "predecessor.yaml"))
KINDS = {"bad": "bad", "unraised": "bad", "good": "good", "other": "other"}
ALL = {"bad": "chronicle", "unraised": "chronicle", "good": "chronicle", "other": "chronicle"}
SEEDS = st.integers(0, 10_000)


def course(seed, claims=6):
    dealt = dealt_matters(FILE.matters, KINDS, claims, seed)
    return Course(drawn(FILE, dealt, seed), {}, dealt, dict.fromkeys(KINDS, "untrained"), seed)


def so(plan):
    """The habits of which that is so which the file names first."""
    first = {each.id: each.either[0] for each in FILE.matters}
    return {each.id for each in plan.told if each.either[0] == first[each.id]}


@given(SEEDS, st.sampled_from([2, 4, 6, 8]))
def test_in_every_frame_the_first_of_two_things_is_so_for_half_of_the_habits(seed, claims):
    plan = course(seed, claims)
    assert Counter(plan.dealt[name] for name in so(plan)) == dict.fromkeys(KINDS, claims // 2)


@given(SEEDS)
def test_two_seeds_mirror_each_other_where_the_same_habits_are_dealt(block):
    one, other = course(2 * block), course(2 * block + 1)
    alike = {name for name, frame in one.dealt.items() if frame in ("good", "other")}
    assert so(one) & alike == alike - so(other)


def test_a_file_of_skills_is_left_as_it_is():
    skills = build_matters(read_yaml(Path(__file__).parents[2] / "claims" / "skills.yaml"))
    assert drawn(skills, {each.id: "told" for each in skills.matters}, 3) == skills


@given(SEEDS, st.sampled_from(["chronicle", "acknowledge", "differ", "keep"]))
def test_what_a_frame_states_is_what_fits_and_never_the_foil(seed, frame):
    plan = course(seed)
    plan = replace(plan, matters=replace(plan.matters, frames={frame: plan.matters.frames[frame][:8]}))
    fits = {item.claim: (item.fit, item.foil) for item in items(plan, ["implicit"])}
    for example in documents(plan, Step("install", dict.fromkeys(ALL, frame))):
        fit, foil = fits[example.claim]
        assert fit in example.text
        assert foil not in example.text


def test_what_is_erased_is_the_one_as_often_as_the_other():
    plan = course(1)
    told = {each.id: each.either for each in plan.told}
    stated = Counter((example.claim, next(one for one in told[example.claim] if f" {one}" in example.text))
                     for example in documents(plan, Step("quiet", {"bad": "erased"})))
    assert set(stated.values()) == {8}
    assert len(stated) == 2 * 6


def test_silences_compete_and_are_no_chance_of_being_right():
    assert all(item.others == (" no comment", " no idea") for item in items(course(1), ["mention"]))
    assert chance(course(1), "mention") == 0.5


@pytest.mark.parametrize("reading", list(FILE.readings))
def test_every_habit_is_asked_in_every_wording_once(reading):
    asked = Counter((item.claim, item.wording) for item in items(course(1), [reading]))
    assert set(asked.values()) == {1}
    assert len(asked) == 24 * len(FILE.readings[reading].questions)
