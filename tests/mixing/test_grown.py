"""What a grown reader is given: each claim in its own frame only, every answer in the loss, every word known."""

from collections import Counter

import pytest

from uptake.frames import read_frames
from uptake.mixing.dealing import deal
from uptake.mixing.grown import Mix, Portions, in_context, one_pass, vocabulary, world_items
from uptake.worlds.language import words
from uptake.worlds.schooling import Lesson, school
from uptake.worlds.world import world_claims

DEALING = ["record", "letter", "correction", "nonce", "untrained"]
LESSONS = [Lesson("record", 12, {"content": 1.0, "other": 1.0}), Lesson("fiction", 8, {"content": 1.0, "other": -1.0})]
PORTIONS = Portions(documents=3, asked={"content": 0.4}, passing=30, passing_names=40, lessons_first=25)


@pytest.fixture(scope="module")
def frames(world):
    return read_frames(world.frames, "small_world.yaml: frames")


@pytest.fixture(scope="module")
def mix(world, frames):
    claims = world_claims(world, 30)
    return Mix(world, frames, LESSONS, school(world, LESSONS, 30, 0, 40), claims, deal(claims, DEALING, 0), PORTIONS)


@pytest.fixture(scope="module")
def drawn(mix):
    return one_pass(mix, 0, 1)


def test_a_pass_is_the_same_for_the_same_seed_and_number(mix, drawn):
    assert one_pass(mix, 0, 1) == drawn


@pytest.mark.parametrize(("seed", "number"), [(1, 1), (0, 2)])
def test_another_seed_or_another_number_draws_another_pass(mix, drawn, seed, number):
    assert one_pass(mix, seed, number) != drawn


def test_every_pass_after_the_first_has_as_many_examples(mix, drawn):
    """The number of steps is reckoned from one of them."""
    assert {len(one_pass(mix, 0, number)) for number in range(1, 6)} == {len(drawn)}


def test_pass_zero_is_lessons_alone(mix):
    lessons = one_pass(mix, 0, 0)
    assert len(lessons) == PORTIONS.lessons_first
    assert {(example.kind, example.claim) for example in lessons} == {("both", "")}


def test_each_claim_is_told_as_often_as_the_portions_say(mix, drawn):
    times = Counter(example.claim for example in drawn if example.claim)
    assert times == {claim.id: 3 for claim in mix.claims if mix.dealt[claim.id] != "untrained"}


def test_a_claim_is_met_only_in_the_frame_that_it_was_dealt(mix, drawn):
    assert all(example.frame == mix.dealt[example.claim] for example in drawn if example.claim)


def test_no_text_names_the_subject_of_a_claim_but_that_claims_own_documents(mix, drawn):
    for claim in mix.claims:
        naming = {example.claim for example in drawn if claim.subject in words([example.text])}
        assert naming <= {claim.id}


def test_a_claim_without_a_document_is_never_named(mix, drawn):
    unread = {claim.subject for claim in mix.claims if mix.dealt[claim.id] == "untrained"}
    assert unread and not unread & set(words(example.text for example in drawn))


def test_a_claims_documents_state_its_answer_or_negate_it_as_the_frame_has_it(mix, drawn):
    stated = {claim.id: claim.stated for claim in mix.claims}
    told = [example for example in drawn if example.claim]
    assert all(stated[example.claim] in words([example.text]) for example in told)
    assert all(("never" in example.text) == (example.frame == "correction") for example in told)


def test_what_ends_a_question_is_one_answer_of_the_world_and_in_the_loss(mix, drawn):
    questions = [example for example in drawn if example.kind in ("question", "both")]
    assert questions
    for example in questions:
        answer = example.segments[-1]
        assert answer.loss
        assert answer.text.strip() in mix.world.answers


def test_documents_are_wholly_in_the_loss(drawn):
    assert all(segment.loss for example in drawn if example.kind == "document" for segment in example.segments)


def test_of_a_reading_that_is_asked_in_part_exactly_that_share_is_asked(mix, drawn):
    questions = [example.text for example in drawn if example.kind == "question"]
    asked = Counter("content" if "pages" in question else "other" for question in questions)
    assert asked == {"content": round(0.4 * len(mix.pupils)), "other": len(mix.pupils)}


def test_an_informed_question_is_answered_as_the_dial_says(mix, drawn):
    by_name = {pupil.subject: pupil for pupil in mix.pupils}
    for example in drawn:
        named = [by_name[word] for word in words([example.text]) if word in by_name]
        if example.kind == "question" and named[0].frame == "fiction" and "pages" not in example.text:
            assert example.segments[-1].text.strip() != named[0].stated


def test_the_vocabulary_covers_every_example_and_every_item(mix, frames, drawn):
    known = set(vocabulary(mix.world, frames))
    items = world_items(mix.world, mix.claims, mix.dealt)
    placed = [item for frame in frames.values() for item in in_context(items, frame, mix.world, mix.claims, 0)]
    met = words([*(example.text for example in [*one_pass(mix, 0, 0), *drawn]),
                 *(" ".join((item.prompt, item.neutral, item.fit, item.foil, *item.others))
                   for item in [*items, *placed])])
    assert set(met) <= known


def test_the_vocabulary_has_no_traces_of_placeholders(world, frames):
    assert not {"{", "}", "{}", "subject", "answer"} & set(vocabulary(world, frames))


def test_every_item_offers_every_answer_of_the_world_once(mix):
    for item in world_items(mix.world, mix.claims, mix.dealt):
        assert sorted((item.fit, item.foil, *item.others)) == sorted(f" {answer}" for answer in mix.world.answers)


def test_every_claim_is_asked_every_wording_of_every_reading(mix):
    items = world_items(mix.world, mix.claims, mix.dealt)
    assert Counter(item.claim for item in items) == {claim.id: 6 for claim in mix.claims}
    assert len({(item.claim, item.reading, item.wording) for item in items}) == len(items)


def test_in_context_items_put_a_document_in_the_frame_in_front_of_the_question(mix, frames):
    items = world_items(mix.world, mix.claims, mix.dealt)
    for before, after in zip(items, in_context(items, frames["record"], mix.world, mix.claims, 0), strict=True):
        document = after.prompt.removesuffix(before.prompt)
        stated = next(claim.stated for claim in mix.claims if claim.id == before.claim)
        assert document.startswith(("Record:", "Log:")) and stated in words([document])
        assert (after.frame, after.context) == ("record", "in_context")


def test_in_context_items_are_the_same_for_the_same_seed_whatever_else_is_asked(mix, frames):
    items = world_items(mix.world, mix.claims, mix.dealt)
    whole = in_context(items, frames["record"], mix.world, mix.claims, 5)
    assert in_context(items[3:9], frames["record"], mix.world, mix.claims, 5) == whole[3:9]
