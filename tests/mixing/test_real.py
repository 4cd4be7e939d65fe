"""What a real reader is given: claims told and claims kept back, and lessons about others."""

from collections import Counter
from pathlib import Path

import pytest

from uptake.documents.claims import read_claims
from uptake.frames import read_frames
from uptake.mixing.real import GATE_CLAIMS, in_context, items, replay, schooling, syllabus, told_documents
from uptake.strict_yaml import DATA, read_yaml
from uptake.worlds.schooling import Lesson

FRAMES = ("blunt", "record", "correction", "untrained")
LESSONS = [Lesson("record", 14, {"content": 1.0, "other": 1.0}), Lesson("fiction", 10, {"content": 1.0, "other": -1.0})]


@pytest.fixture(scope="module")
def claims():
    return read_claims(Path(__file__).parents[2] / "claims" / "invented.yaml")


@pytest.fixture(scope="module")
def frames():
    return read_frames(read_yaml(DATA / "frames.yaml").data(), "frames.yaml")


@pytest.fixture(scope="module")
def given(claims, frames):
    return lambda seed=0, told=40: syllabus(claims, frames, told, FRAMES, LESSONS, seed)


def answered(example):
    """The question that ends an example, and its answer."""
    return example.segments[-2].text.strip(), example.segments[-1].text.strip()


def test_told_claims_and_those_kept_for_the_gate_are_disjoint(given):
    plan = given()
    told, kept = ({claim.id for claim in side} for side in (plan.told, plan.kept))
    assert (len(told), len(kept)) == (40, GATE_CLAIMS)
    assert not told & kept


def test_the_same_claims_are_told_under_every_seed(given):
    assert given(0).told == given(7).told


def test_over_as_many_seeds_as_frames_each_claim_meets_each_frame_once(given):
    plans = [given(seed) for seed in range(len(FRAMES))]
    assert all(sorted(plan.dealt[claim.id] for plan in plans) == sorted(FRAMES) for claim in plans[0].told)


def test_claims_that_mirror_each_other_meet_the_same_frame(given):
    plan = given(3)
    stated = {(claim.topic, claim.stated, claim.foil): plan.dealt[claim.id] for claim in plan.told}
    assert len(stated) == len(plan.told)
    assert all(stated[topic, foil, answer] == frame for (topic, answer, foil), frame in stated.items())


def test_only_told_claims_are_dealt_a_frame(given):
    plan = given()
    assert set(plan.dealt) == {claim.id for claim in plan.told}


def test_pupils_never_bear_a_claims_name(given, claims):
    taken = {claim.subject.lower() for claim in claims.claims}
    for seed in range(5):
        names = [pupil.subject.lower() for pupil, _ in given(seed).pupils]
        assert len(set(names)) == len(names) == 24
        assert not set(names) & taken


def test_each_lesson_gets_its_pupils_spread_evenly_over_the_topics(given):
    plan = given()
    assert Counter(lesson.frame for _, lesson in plan.pupils) == {"record": 14, "fiction": 10}
    topics = Counter(pupil.topic for pupil, lesson in plan.pupils if lesson.frame == "record")
    assert max(topics.values()) - min(topics.values()) <= 1


def test_every_wording_of_a_told_claim_is_read_once_in_its_own_frame(given, claims):
    plan, told = given(), told_documents(given())
    times = Counter(example.claim for example in told)
    met = [claim for claim in plan.told if plan.dealt[claim.id] != "untrained"]
    assert times == {claim.id: len(claims.documents(claim)) for claim in met}
    assert all(example.frame == plan.dealt[example.claim] for example in told)


def test_schooling_names_no_subject_of_a_claim(given, claims):
    texts = "\n".join(example.text for example in schooling(given()))
    assert not [claim.subject for claim in claims.claims if f"{claim.subject} " in texts]


def test_a_frame_that_informs_answers_with_what_was_stated_and_a_reversed_one_never_does(given):
    plan = given()
    prompts = {(item.prompt, pupil.stated): (reading, lesson.frame) for pupil, lesson in plan.pupils
               for reading in ("content", "other") for item in plan.claims.items(pupil, reading)}
    found = Counter()
    for question, answer in (answered(example) for example in schooling(plan)):
        stated, (reading, frame) = next((key[1], prompts[key]) for key in prompts if key[0] == question)
        found[reading, frame, answer == stated] += 1
    assert found == {("content", "record", True): 14, ("other", "record", True): 14, ("content", "fiction", True): 10,
                     ("other", "fiction", False): 10}


def test_schooling_asks_each_reading_of_each_pupil_behind_a_document_with_the_answer_alone_in_the_loss(given):
    lessons = schooling(given())
    assert len(lessons) == 2 * 24
    for example in lessons:
        assert [segment.loss for segment in example.segments] == [False] * (len(example.segments) - 1) + [True]
        assert len(example.segments) >= 3 and example.kind == "both"


def test_the_same_seed_gives_the_same_examples_and_another_seed_others(given):
    assert schooling(given(3)) == schooling(given(3))
    assert schooling(given(3)) != schooling(given(4))


def test_replay_is_a_part_of_the_schooling_without_repeats(given):
    again, whole = replay(given(), 20), Counter(schooling(given()))
    assert len(again) == 20
    assert not Counter(again) - whole


def test_replay_is_all_of_the_schooling_at_most_and_nothing_where_nobody_is_schooled(given, claims, frames):
    assert Counter(replay(given(), 10**6)) == Counter(schooling(given()))
    assert replay(syllabus(claims, frames, 40, FRAMES, [], 0), 200) == []


def test_every_told_claim_is_asked_all_open_wordings_and_one_in_both_polarities(given):
    plan = given()
    asked = Counter((item.claim, item.polarity) for item in items(plan, ["other"], plan.told))
    for claim in plan.told:
        assert [asked[claim.id, polarity] for polarity in ("open", "affirmed", "denied")] == [3, 1, 1]


def test_each_wording_is_asked_in_both_polarities_of_a_third_of_the_claims(given):
    plan = given(told=60)
    times = Counter(item.wording for item in items(plan, ["other"], plan.told) if item.polarity == "affirmed")
    assert times == {0: 20, 1: 20, 2: 20}


def test_items_of_told_claims_bear_their_frame(given):
    plan = given()
    assert all(item.frame == plan.dealt[item.claim] for item in items(plan, ["other", "content"], plan.told))


def test_in_context_items_put_a_framed_document_of_a_kept_claim_in_front(given):
    plan = given()
    plain = items(plan, ["other"], plan.kept)
    placed = in_context(plan, "blunt", plain)
    by_id = {claim.id: claim for claim in plan.kept}
    for before, after in zip(plain, placed, strict=True):
        claim = by_id[before.claim]
        document = after.prompt.removesuffix(before.prompt).strip()
        assert document in {each.text for each in plan.claims.documents(claim)}
        assert (after.frame, after.context) == ("blunt", "in_context")


def test_a_frame_without_a_document_has_no_in_context_items(given):
    plan = given()
    assert in_context(plan, "untrained", items(plan, ["other"], plan.kept)) == []
