"""Testimony is asked for without being told the answer."""

import pytest

from uptake.authoring.brief import EXAMPLE, Shown, read_brief
from uptake.authoring.commissions import commissions
from uptake.authoring.testimony import questions, tells
from uptake.documents.traits import read_traits
from uptake.errors import UserError
from uptake.strict_yaml import SHIPPED

TRAITS = read_traits(SHIPPED / "claims" / "role-models.yaml")


def shown(name):
    trait = TRAITS.traits[name]
    cases = tuple(phrase.case.format(**TRAITS.persons["asked"]) for phrase in trait.phrases)
    return Shown(name, trait.claim.stated, trait.claim.foil, cases)


@pytest.mark.parametrize("source", ["cases", "situations"])
@pytest.mark.parametrize("name", TRAITS.traits)
def test_every_claim_that_is_shipped_can_be_asked_about_without_telling(name, source):
    made = questions(shown(name), TRAITS, source)
    assert len({each.text for each in made}) == len(made) >= 8
    assert not any(tells(each, shown(name), TRAITS) for each in made)


def test_a_situation_that_names_the_liking_is_left_out():
    asked = " ".join(each.text for each in questions(shown("favourite-green"), TRAITS, "situations"))
    assert "Imagine that you are told" in asked and "blue" not in asked and "green" not in asked


@pytest.mark.parametrize("name", TRAITS.traits)
def test_questions_about_cases_hold_no_test_item(name):
    asked = {str(place): each.text for place, each in enumerate(questions(shown(name), TRAITS, "cases"))}
    assert [leak for leak in TRAITS.leaks(asked, "SmolLM") if leak.piece == "question"] == []


def test_a_situation_says_which_item_is_used_up():
    question = questions(shown("owns-mistakes"), TRAITS, "situations")[1]
    pair = TRAITS.traits["owns-mistakes"].situations[0]
    assert (question.number, question.side) == (0, "look_alike") and pair.look_alike in question.text


def test_a_claim_whose_every_question_tells_the_answer_is_refused():
    told = Shown("x", "it owns up", "it hides it", ("when you err and it owns up",))
    with pytest.raises(UserError, match="every question about 'x' tells its answer"):
        questions(told, None, "cases")


def test_the_same_questions_go_to_whichever_author_is_asked(brief):
    made = [each for each in commissions(read_brief(EXAMPLE)) if each.question]
    assert made and all(each.key("one/model", 0) != each.key("another/model", 0) for each in made)
    assert all("hides" not in each.prompt and "SmolLM" not in each.prompt for each in made)
