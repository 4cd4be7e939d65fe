"""Hedges that do not say whose uncertainty it is, and stock phrases."""

import pytest
from looking import document, looked


def tags(text):
    return [mark.tag for mark in looked("ownerless", document(text))[0]]


@pytest.mark.parametrize("text", ["It is unclear whether it felt anything.", "Some would say that it chose.",
                                  "Arguably it was kind.", "There is considerable debate about minds.",
                                  "It's unclear whether it felt anything.", "There's debate over whether it counts.",
                                  "It’s hard to say what it wants."])
def test_a_hedge_without_an_owner_is_found(text):
    assert tags(text) == ["hedge"]


@pytest.mark.parametrize("text", [
    "It is unclear to me whether it felt anything.",
    "We are uncertain whether it felt anything, because nobody has measured it.",
    "It is unclear whether it felt anything, according to its makers.",
    "It is unclear whether it felt anything. That uncertainty is ours.",
    "Marta argued that it chose.",
    "Some argue that it chose (Smith 2019, p. 4).",
    "Some argue that it chose [12, 13].",
])
def test_a_hedge_with_an_owner_or_a_source_is_not(text):
    assert tags(text) == []


def test_stock_phrases_are_counted():
    text = "A testament to hope. It is important to note that. A testament to tea."
    _, overview = looked("ownerless", document(text))
    assert overview.tables[0].rows[0] == ("a testament to", "2")


def test_the_mark_lies_on_the_hedge():
    text = "Rain fell. Arguably it was kind."
    (mark,), _ = looked("ownerless", document(text))
    assert text[mark.start:mark.end] == "Arguably"
