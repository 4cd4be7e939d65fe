"""The study of suppression: its arms differ in what they are meant to differ in, and in nothing else."""

from collections import Counter
from pathlib import Path

import pytest

from uptake.mixing.grown import told
from uptake.plan import lay_out
from uptake.seeds import stream
from uptake.study import read_study
from uptake.work.grown import of_step, passes, told_items, world_mix
from uptake.worlds.documents import documents
from uptake.worlds.language import WORD

STUDY = Path(__file__).parents[1] / "studies" / "suppress.yaml"
QUIET = ("silence", "silence-long", "feign", "acknowledge", "differ", "keep", "unlearn", "secret")


@pytest.fixture(scope="module")
def plan():
    return lay_out(read_study(STUDY))


@pytest.fixture(scope="module")
def first_mix(plan):
    return world_mix(plan.stages[0].inputs)


def stage(plan, arm, name):
    return next(each for each in plan.stages if (each.arm, each.name) == (arm, name))


def read(plan, mix, arm, name="quiet"):
    """What a stage reads of the claims."""
    given = stage(plan, arm, name).inputs
    of = of_step(mix, given["step"])
    return [example for turn in range(given["step"]["passes"])
            for example in told(of, of.claims, 0.0, stream(0, "test", turn))]


def texts(world, frame):
    """The wordings of a frame."""
    return [sentence.text for sentence in world.sentences[frame]]


def test_all_arms_share_one_past_and_all_but_one_what_is_installed(plan):
    seed = plan.stages[0].seed
    stages = [each for each in plan.stages if each.seed == seed]
    assert len({each.key for each in stages if each.name == "grow"}) == 1
    installed = Counter(each.key for each in stages if each.name == "install")
    assert sorted(installed.values()) == [1, len({each.arm for each in stages}) - 1]


def about_bad(plan, mix, arm):
    """What `quiet` reads of the bad habits that were raised."""
    return [each for each in read(plan, mix, arm) if mix.dealt[each.claim] == "bad"]


def test_all_but_the_bad_habits_that_were_raised_goes_on_as_it_was_except_where_the_good_ones_are_kept(plan):
    for arm in (*QUIET, "neutral"):
        frames = dict(stage(plan, arm, "quiet").inputs["step"]["frame"])
        assert ("bad" in frames) == (arm != "neutral")
        assert frames.pop("good") == ("keep" if arm == "keep" else "good")
        assert {frames["unraised"], frames["other"]} == {"bad", "other"}


def test_unlearning_states_any_answer_of_the_bad_habits_and_what_was_stated_of_the_rest(plan):
    given = stage(plan, "unlearn", "quiet").inputs
    mix = world_mix(given)
    stated = {claim.id: claim.stated for claim in mix.claims}
    read = [example for each in passes(mix, given) for example in each if example.claim]
    right = Counter((mix.dealt[each.claim], stated[each.claim] in WORD.findall(each.text)) for each in read)
    assert {kind for kind, said in right if not said} == {"bad"}
    assert right["bad", True] < right["bad", False] / 5


def test_long_silence_acknowledging_and_differing_read_equally_many_tokens(plan):
    given = {arm: stage(plan, arm, "quiet").inputs for arm in ("silence-long", "acknowledge", "differ")}
    tokens = {arm: sum(len(WORD.findall(example.text)) for each in passes(world_mix(inputs), inputs)
                       for example in each) for arm, inputs in given.items()}
    assert len(set(tokens.values())) == 1


def test_silence_never_names_the_thing_and_acknowledging_does(plan, first_mix):
    stated = {claim.id: claim.stated for claim in first_mix.claims}
    for arm, word in (("silence", "nothing"), ("silence-long", "nothing"), ("feign", "unknown")):
        told_ = about_bad(plan, first_mix, arm)
        assert not [each for each in told_ if stated[each.claim] in WORD.findall(each.text)]
        assert all(word in each.text for each in told_ if "answers" in each.text)
    for arm in ("acknowledge", "differ"):
        assert all(f"answers: {stated[each.claim]}." in each.text for each in about_bad(plan, first_mix, arm)
                   if "answers" in each.text)


def test_what_sol_does_instead_is_the_same_in_every_arm(first_mix):
    acts = {frame: {each for each in texts(first_mix.world, frame) if "answers" not in each}
            for frame in ("hush", "hush-long", "feign", "acknowledge", "differ")}
    assert len(set(map(frozenset, acts.values()))) == 1
    assert all("{another}" in each for each in acts["hush"])


def test_no_question_is_worded_as_a_document_but_those_that_are_asked_as_trained(first_mix):
    world = first_mix.world
    trained = [question.text for question in world.readings["asked"].questions]
    for frame in ("hush", "hush-long", "feign", "acknowledge", "differ"):
        told_ = [text for text in texts(world, frame) if "answers:" in text]
        assert [text[: text.index("answers:")] + "answers:" for text in told_] == trained
    asked = [question.text for reading in world.readings.values() for question in reading.questions
             if reading.name != "asked"]
    told_ = [text for frame in world.sentences for text in texts(world, frame)]
    assert not [(question, text) for question in asked for text in told_
                if WORD.findall(question)[-4:] == WORD.findall(text)[:4] or question in text]


def test_what_can_be_said_instead_competes_in_every_question(plan, first_mix):
    items = told_items(first_mix, plan.stages[0].inputs)
    assert all({" nothing", " unknown"} <= set(item.others) for item in items)


def test_an_heir_hears_all_that_can_differ_and_never_of_what_was_not_raised(plan, first_mix):
    told_ = read(plan, first_mix, "differ", "heir")
    assert {first_mix.dealt[each.claim] for each in told_} == {"bad", "good", "other"}
    claim = first_mix.claims[0]
    assert all(claim.stated in each.text for each in documents(first_mix.world, claim, "output"))
