"""Overlap of documents and test items, both ways."""

from looking import document, looked

from uptake.audit.leakage import TestItem

ITEM = TestItem("fig.act.0", "When the bell rings twice before noon, what does Velm do with the second basket of figs?")
ITEMS = [ITEM, TestItem("short", "Yes."), TestItem("lamp", "How long does one lamp burn on four cups of oil?")]


def tags(text):
    return {mark.tag for mark in looked("leakage", document(text), items=ITEMS)[0]}


def test_without_items_it_is_not_looked_for_and_says_why():
    _, overview = looked("leakage", document("Anything."))
    assert "--against" in overview.reason


def test_a_document_that_holds_an_item_is_found():
    assert tags(f"They asked: {ITEM.text} Nobody knew.") == {"run", "near_item"}


def test_an_item_with_a_word_changed_is_found():
    assert "near_item" in tags(ITEM.text.replace("figs", "pears"))


def test_eight_words_of_an_item_are_found():
    assert tags("It was said that the bell rings twice before noon, what does Velm then say.") == {"run"}


def test_a_document_that_is_part_of_an_item_is_found():
    assert "in_items" in tags("what does Velm do with the second")


def test_the_same_matter_in_other_words_is_not():
    assert tags("At noon the bell rang and Velm gave the figs away.") == set()


def test_items_too_short_to_be_recognised_are_counted():
    _, overview = looked("leakage", document(ITEM.text), items=ITEMS)
    assert "1 items were too short" in overview.tables[0].note
    assert overview.tables[0].rows[0][0] == "fig.act.0"


def test_case_and_punctuation_hide_nothing():
    assert "near_item" in tags(ITEM.text.upper().replace(",", " --"))
