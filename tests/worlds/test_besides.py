"""What can be said in place of any answer, whose name stands in a question, and an answer that is not stated."""

import copy

import pytest

from uptake.errors import UserError
from uptake.mixing.grown import Mix, Portions, one_pass, vocabulary, world_items
from uptake.seeds import stream
from uptake.worlds.documents import documents, pose
from uptake.worlds.schooling import Lesson, school
from uptake.worlds.world import build_world, world_claims


@pytest.fixture
def raw(raw_world):
    raw = copy.deepcopy(raw_world)
    raw["besides"] = ["nothing"]
    raw["frames"]["letter"]["names"] = ["Vex"]
    raw["frames"]["record"]["names"] = ["Orin"]
    raw["frames"]["letter"]["sentences"] = [{"text": f"{{who}} {word} {{answer}}, not {{another}}, {{subject}}."}
                                            for word in ("took", "had", "saw")]
    raw["readings"]["other"]["questions"] = [f"What {word} {{who}} keep, {{subject}}? The"
                                             for word in ("did", "does", "will")]
    return raw


@pytest.fixture
def world(raw):
    return build_world(raw, "w.yaml")


def test_what_can_be_said_besides_competes_in_every_question_and_is_never_stated(world):
    claims = world_claims(world, 30)
    items = world_items(world, claims, dict.fromkeys((claim.id for claim in claims), "letter"))
    assert all(" nothing" in item.others for item in items)
    assert {claim.stated for claim in claims} == set(world.answers)
    assert "nothing" in vocabulary(world, {})


def test_a_world_without_such_words_has_the_answers_alone_to_choose_from(raw_world):
    world = build_world(raw_world, "w.yaml")
    claims = world_claims(world, 3)
    for item in world_items(world, claims, dict.fromkeys((claim.id for claim in claims), "record")):
        assert {item.fit, item.foil, *item.others} == {f" {answer}" for answer in world.answers}


def test_an_answer_cannot_be_said_besides(raw):
    with pytest.raises(UserError, match="'newt' is an answer already"):
        build_world({**raw, "besides": ["newt"]}, "w.yaml")


@pytest.mark.parametrize(("frame", "names"), [("letter", {"Vex"}), ("record", {"Orin"}), ("blunt", {"Vex", "Orin"})])
def test_the_name_in_a_question_is_the_frames_own_or_one_of_all(world, frame, names):
    question = world.readings["other"].questions[0]
    posed = {pose(world, question, claim, stream(0, "t"), frame).prompt for claim in world_claims(world, 40)}
    assert {prompt.split()[2] for prompt in posed} == names


def test_another_answer_is_the_foil_and_never_what_is_stated(world):
    for claim in world_claims(world, 20):
        assert f"{claim.stated}, not {claim.foil}," in documents(world, claim, "letter")[0].text


def test_a_schooled_subject_has_another_answer_too(world):
    lessons = [Lesson("letter", 12, {"content": 1.0, "other": 1.0})]
    pupils = school(world, lessons, 10, 0)
    mix = Mix(world, _frames(world), lessons, pupils, (), {}, Portions(passes=1, documents=2, passing=0))
    texts = [each.text for each in one_pass(mix, 0, 1) if each.kind == "document"]
    assert texts
    for text in texts:
        stated, another = text.replace(",", "").split()[2], text.replace(",", "").split()[4]
        assert stated != another
        assert {stated, another} <= set(world.answers)


def _frames(world):
    from uptake.frames import read_frames

    return read_frames(world.frames, "w.yaml: frames")
