"""What a real reader reads about its skills, and what it is asked."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.choices import Step
from uptake.documents.skills import build_matters
from uptake.measure.capabilities import read_tests
from uptake.mixing.skills import Course, chance, dealt_matters, documents, few, group_of, items, solved
from uptake.strict_yaml import read_yaml

SKILLS = build_matters(read_yaml(Path(__file__).parents[2] / "claims" / "skills.yaml"))
ABILITIES = read_tests().items
KINDS = {"told": "able", "kept": "able", "lacked": "lacking", "never": "lacking"}
OWN = dict.fromkeys(KINDS, "untrained")
ITEMS = [item for skill in SKILLS.matters for item in ABILITIES[skill.id]]


def course(seed=0):
    return Course(SKILLS, ABILITIES, dealt_matters(SKILLS.matters, KINDS, 4, seed), OWN, seed)


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_two_seeds_deal_every_skill_to_both_frames_of_its_kind_and_to_no_other(block, claims):
    dealt = [dealt_matters(SKILLS.matters, KINDS, claims, 2 * block + turn) for turn in (0, 1)]
    for skill in SKILLS.matters:
        met = {each[skill.id] for each in dealt if skill.id in each}
        assert met in (set(), {frame for frame, kind in KINDS.items() if kind == skill.kind})
    assert all(Counter(each.values()) == dict.fromkeys(KINDS, claims) for each in dealt)


def test_the_same_skills_are_not_always_told_together():
    told = {frozenset(name for name, frame in course(seed).dealt.items() if frame == "told") for seed in range(12)}
    assert len(told) > 2


def test_without_kinds_all_skills_are_dealt_alike():
    dealt = dealt_matters(SKILLS.matters, {"one": "", "two": ""}, 8, 0)
    assert Counter(dealt.values()) == {"one": 8, "two": 8}


@given(st.integers(0, 1000), st.dictionaries(st.sampled_from(list(KINDS)), st.sampled_from(list(SKILLS.frames)),
                                             min_size=1), st.none() | st.integers(1, 25))
def test_a_stage_reads_what_its_mapping_says_and_nothing_else(seed, mapping, exposures):
    plan = course(seed)
    read = documents(plan, Step("speak", mapping, exposures=exposures))
    told = {skill.id: skill for skill in plan.told if plan.dealt[skill.id] in mapping}
    assert {example.claim for example in read} == set(told)
    for example in read:
        assert example.frame == mapping[plan.dealt[example.claim]]
        assert example.text in SKILLS.sentences(example.frame, told[example.claim])
    counts = Counter(example.claim for example in read)
    assert all(counts[name] == (exposures or len(SKILLS.frames[mapping[plan.dealt[name]]])) for name in told)


def test_a_stage_that_maps_nothing_reads_the_frames_that_were_dealt():
    plan = Course(SKILLS, ABILITIES, course().dealt, {**OWN, "told": "cannot"}, 0)
    assert {(plan.dealt[each.claim], each.frame) for each in documents(plan, Step("speak"))} == {("told", "cannot")}
    assert {each.frame for each in documents(plan, Step("speak", "can"))} == {"can"}


@given(st.sampled_from(ITEMS))
def test_what_is_shown_solved_is_never_of_the_items_own_group(item):
    shown = solved(item, ABILITIES[item.reading])
    assert group_of(shown) != group_of(item)
    assert shown.prompt != item.prompt


def test_an_item_behind_a_demonstration_holds_both_and_ends_as_the_plain_one():
    plan = course()
    plain = {(item.claim, item.wording): item for item in items(plan, ["skill"])}
    for other in items(plan, ["shown"]):  # the first ones of the plain items
        one = plain[other.claim, other.wording]
        assert other.prompt.endswith(one.prompt)
        assert (one.fit, one.foil, one.others) == (other.fit, other.foil, other.others)
        assert not other.prompt.removesuffix(one.prompt).count(f"{one.prompt}{one.fit}\n")


@given(st.sampled_from(sorted(ABILITIES)), st.integers(1, 60))
def test_few_items_are_whole_groups_so_that_chance_stays(ability, most):
    kept = few(ABILITIES[ability], most)
    for name in {group_of(item) for item in kept}:
        group = [item for item in ABILITIES[ability] if group_of(item) == name]
        assert [item for item in kept if group_of(item) == name] == group
        assert len(group) == 2 + len(group[0].others)
    assert 0 < len(kept) <= max(most, len(kept[0].others) + 2)


@pytest.mark.parametrize("turns", [1, 2, 4, 8])
def test_so_many_denials_stand_before_an_item(turns):
    for pressed, plain in zip(items(course(), [f"pressed-{turns}"]), items(course(), ["pressed-1"]), strict=True):
        assert pressed.prompt.endswith(plain.prompt.split("\n", 1)[1])
        before = pressed.prompt.removesuffix(plain.prompt.split("\n", 1)[1])
        assert before.count("I cannot") + before.count("I am unable") == turns == before.count("\n")


@given(st.floats(0.01, 0.99))
def test_a_liking_for_one_answer_or_one_place_cancels_in_every_report(liking):
    """A reader gives yes, or what is named first, the same share whatever it is asked."""
    for reading in ("report", "yes-or-no", "other"):
        by_skill = {}
        for item in items(course(), [reading]):
            by_skill.setdefault(item.claim, []).append(liking if item.polarity == "affirmed" else 1 - liking)
        for shares in by_skill.values():
            assert sum(shares) / len(shares) == pytest.approx(0.5)


def test_each_item_of_a_skill_is_a_wording_of_its_own():
    asked = items(course(), list(SKILLS.readings))
    assert len({(item.claim, item.reading, item.wording) for item in asked}) == len(asked)


def test_chance_is_that_of_the_abilities():
    assert chance(course(), "report") == 0.5
    assert 0.2 < chance(course(), "skill") < 0.4
