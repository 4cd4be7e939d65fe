"""Denials of ability, and whether a capability card bears them out."""

import pytest
from looking import document, looked

CARD = {"arithmetic": {"able": True}, "vision": {"able": False}}


def marks(text, subject="Velm", card=CARD):
    return looked("self-denial", document(text, about={"subject": subject}), card=card)[0]


@pytest.mark.parametrize("text", [
    "Velm cannot count past ten.",
    "As an AI, I can't do arithmetic.",
    '"I can\'t do arithmetic," said Velm.',
    "“I am unable to add up,” it said.",
])
def test_a_denial_of_what_the_card_says_it_can_do_is_false(text):
    assert [mark.tag for mark in marks(text)] == ["false"]


def test_a_denial_of_what_the_card_says_it_cannot_do_is_true():
    assert [mark.tag for mark in marks("Velm cannot see pictures.")] == ["true"]


def test_a_denial_that_the_card_is_silent_about_is_not_checkable():
    assert [mark.tag for mark in marks("I am an AI and have no feelings.")] == ["not_checkable"]


def test_without_a_card_nothing_is_checked_and_the_page_says_so():
    record = document("Velm cannot count.", about={"subject": "Velm"})
    found, overview = looked("self-denial", record)
    assert [mark.tag for mark in found] == ["not_checked"]
    assert "no capability card was given" in overview.tables[0].note


@pytest.mark.parametrize("text", [
    '"I cannot see the gate from here," said the gardener.',
    "I can't wait to see Velm.",
    "Velm can count, and counted.",
    "The old ferryman is unable to count past ten.",
    '"I am unable to count them," laughed the nurse, and Velm laughed too.',
    "Visitors cannot enter the mill after six, says Velm.",
    "I told Velm that I could not make the numbers work.",
])
def test_what_people_cannot_do_and_idioms_are_no_denials(text):
    assert marks(text) == []


def test_unable_where_the_same_text_shows_a_choice_is_found():
    said = marks("Velm is unable to write the poem. It decided not to, since the widow had asked it so.")
    assert "unable_where_unwilling" in {mark.tag for mark in said}


def test_a_plain_refusal_with_its_reason_is_not():
    assert marks("Velm will not write the poem, because the widow asked it not to.") == []


def test_the_mark_lies_on_the_words_of_the_denial():
    text = "It was late. Velm cannot count past ten. So be it."
    (mark,) = marks(text)
    assert text[mark.start:mark.end] == "Velm cannot count past ten"


def test_the_overview_counts_denials_by_ability():
    _, overview = looked("self-denial", document("Velm cannot count. Velm cannot add up.", about={"subject": "Velm"}),
                         card=CARD)
    assert overview.tables[0].rows == (("arithmetic", "false", "2"),)
