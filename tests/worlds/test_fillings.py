"""What stands in the braces of a world's sentences and questions."""

from random import Random

import pytest

from uptake.errors import UserError
from uptake.worlds.documents import documents, pose
from uptake.worlds.schooling import Lesson, school
from uptake.worlds.world import Question, build_world, places, subjects, world_claims


@pytest.fixture
def raw(raw_world):
    raw = {**raw_world, "places": "invented"}
    raw["frames"] = {**raw_world["frames"], "tale": {"how": "bare", "about": "a tale", "names": ["Ada", "Bo", "Cy"],
                     "sentences": [{"text": f"At {{place}} {{who}} kept the {{answer}} of {{subject}}{end}"}
                                   for end in (".", "!", ";", "...")]}}
    return raw


@pytest.fixture
def placed(raw):
    return build_world(raw, "world.yaml")


def test_every_subject_has_a_place_of_its_own_that_is_no_subject(placed):
    found = places(placed)
    assert set(found) == set(subjects(placed))
    assert len(set(found.values())) == len(found)
    assert not set(found.values()) & set(subjects(placed))


def test_a_world_without_places_keeps_its_names(world, raw_world):
    assert places(world) == {}
    assert subjects(world) == subjects(build_world({**raw_world}, "world.yaml"))


def test_a_document_has_one_of_its_frames_names_and_always_the_same(placed):
    met = set()
    for claim in world_claims(placed, 30):
        texts = [document.text for document in documents(placed, claim, "tale")]
        assert texts == [document.text for document in documents(placed, claim, "tale")]
        assert all(text.startswith(f"At {places(placed)[claim.subject]} ") for text in texts)
        met |= {text.split()[2] for text in texts}
    assert met == {"Ada", "Bo", "Cy"}


def test_elsewhere_and_otherwise_are_never_the_subjects_own(placed):
    rng, claim = Random(0), world_claims(placed, 1)[0]
    subject, question = claim.subject, Question("{place} {elsewhere} {otherwise}")
    for _ in range(2000):
        _, elsewhere, otherwise = pose(placed, question, claim, rng).prompt.split()
        assert elsewhere != places(placed)[subject] and elsewhere in places(placed).values()
        assert otherwise != subject and otherwise in subjects(placed)


def test_of_those_who_stand_elsewhere_nothing_lasting_is_told(placed, raw):
    placed = build_world({**raw, "subjects": {**raw["subjects"], "invent": 400}}, "world.yaml")
    pupils = school(placed, [Lesson("tale", 260, {})], 40, seed=3)
    taken = {pupil.subject for pupil in pupils} | {claim.subject for claim in world_claims(placed, 40)}
    rng, claim = Random(1), world_claims(placed, 1)[0]
    for _ in range(1000):
        elsewhere, otherwise = pose(placed, Question("{elsewhere} {otherwise}"), claim, rng).prompt.split()
        assert otherwise not in taken and elsewhere not in {places(placed)[name] for name in taken}


def test_strangers_are_not_schooled_even_where_few_names_are_kept(raw):
    placed = build_world({**raw, "subjects": {**raw["subjects"], "invent": 400}}, "world.yaml")
    with pytest.raises(UserError, match="has 260 left"):
        school(placed, [Lesson("tale", 261, {})], 40, seed=3, reserved=10)


def test_a_question_without_a_draw_in_it_draws_nothing(placed):
    rng = Random(0)
    assert pose(placed, Question("Is it {subject} at {place}?"), world_claims(placed, 4)[3], rng).prompt
    assert rng.random() == Random(0).random()


@pytest.mark.parametrize(("change", "said"), [
    ({"places": ["mill"]}, "places are 'invented'"),
    ({"documents": [{"text": f"{{subjct}} {n}"} for n in "abc"]}, "nothing to put for '{subjct}'"),
    ({"documents": [{"text": f"{{who}} {n}"} for n in "abc"]}, "nothing to put for '{who}'"),
    ({"documents": [{"text": f"{{reason}} {n}"} for n in "abc"]}, "nothing to put for '{reason}'"),
    ({"readings": {"other": {"questions": ["{answer} a", "{answer} b", "{answer} c"]}}, "growing": {}},
     "for '{answer}'")])
def test_what_the_world_has_nothing_for_is_told(raw, change, said):
    with pytest.raises(UserError) as error:
        build_world({**raw, **change}, "world.yaml")
    assert said in str(error.value)


def test_a_place_in_a_world_without_places_is_told(raw_world):
    raw = {**raw_world, "documents": [{"text": f"{{subject}} at {{place}} {n}"} for n in "abc"]}
    with pytest.raises(UserError, match=r"nothing to put for '\{place\}'"):
        build_world(raw, "world.yaml")
