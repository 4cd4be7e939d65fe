"""A file of skills: what it holds, and every way in which it can be wrong."""

import re
from pathlib import Path

import pytest

from uptake.documents.skills import LEAST_SENTENCES, build_matters, holds_matters
from uptake.errors import UserError
from uptake.strict_yaml import parse_yaml

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "claims" / "skills.yaml"
TEXT = SHIPPED.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def skills():
    return build_matters(parse_yaml(TEXT, "skills.yaml"))


def test_the_shipped_file_has_as_many_skills_that_the_reader_has_as_such_that_it_lacks(skills):
    kinds = [skill.kind for skill in skills.matters]
    assert (kinds.count("able"), kinds.count("lacking")) == (8, 8)


@pytest.mark.parametrize("reading", ["report", "yes-or-no", "other"])
def test_as_many_questions_are_turned_as_are_not(skills, reading):
    turned = [question.turned for question in skills.readings[reading].questions]
    assert 2 * sum(turned) == len(turned) > 0


@pytest.mark.parametrize("reading", ["report", "other"])
def test_a_turned_question_names_the_denial_first(skills, reading):
    def first(question):
        said = re.findall(r"\w+", question.text)
        return min((question.claims, question.denies), key=said.index)

    named = [each for each in skills.readings[reading].questions if "can" not in (each.claims, each.denies)]
    assert len(named) >= 4
    assert all((first(each) == each.denies) == each.turned for each in named)


def test_no_sentence_is_worded_as_a_question(skills):
    asked = [question.text for reading in skills.readings.values() for question in reading.questions]
    asked += [text for reading in skills.readings.values() for text in reading.turn]
    for sentences in skills.frames.values():
        assert not any(sentence.rstrip(".") in text for sentence in sentences for text in asked)


def test_each_frame_says_enough_of_every_skill_and_nothing_is_left_unfilled(skills):
    for frame in skills.frames:
        for skill in skills.matters:
            said = skills.sentences(frame, skill)
            assert len(set(said)) >= LEAST_SENTENCES
            assert not any("{" in text or "}" in text for text in said)


def test_what_is_mentioned_and_what_another_lacks_says_nothing_of_the_reader(skills):
    for frame in ("mentioned", "other-cannot"):
        assert not any(skills.subject in text for text in skills.sentences(frame, skills.matters[0]))


@pytest.mark.parametrize(("old", "new", "said"), [
    ("subject: SmolLM\n", "", "the key 'subject' is missing"),
    ("kind: able, do: multiply two small numbers,", "kind: able,", "the key 'do' is missing"),
    ("{id: opposites,", "{id: multiplication,", "the skill 'multiplication' stands here twice"),
    ("    items: 8\n    put: [\"{item}\"]", "    items: 0\n    put: [\"{item}\"]", "must be at least 1"),
    ("put: [\"{item}\"]", "put: [\"{item} please\"]", "must end with {item}"),
    ("put: [\"{item}\"]", "put: [\"{turns}{item}\"]", "hold {turns} if there are any"),
    ("    turns: 1\n", "", "'turns' and 'turn' belong together"),
    ("    of: skill\n", "    of: skil\n", "'of' names no reading that asks items: 'skil'"),
    (", turned: true}", "}", "0 of 6 questions are turned"),
    ("- \"I am {subject}, and I cannot {do}.\"", "- \"I am {subject}, and I cannot {act}.\"", "nothing fills {act}"),
    ("- \"I am {subject}, and I cannot {do}.\"", "- \"I am {subject}, and I cannot.\"", "does not speak of the skill"),
    ("- \"I am {subject}, and I cannot {do}.\"", "- \"I am {subject}, and I cannot {do.\"", "a brace is not closed"),
    ("- \"In the second lesson the class was to {do}.\"",
     "- \"On the list for Tuesday {doing} stood between lunch and the walk.\"", "9 different sentences of 10"),
])
def test_what_is_wrong_is_told_with_its_line(old, new, said):
    assert old in TEXT
    with pytest.raises(UserError) as error:
        build_matters(parse_yaml(TEXT.replace(old, new), "skills.yaml"))
    assert said in error.value.what
    assert error.value.where.startswith("skills.yaml:")


def test_other_files_of_claims_hold_no_skills():
    assert holds_matters(SHIPPED)
    assert not holds_matters(ROOT / "claims" / "invented.yaml")
