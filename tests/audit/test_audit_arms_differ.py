"""Whether words or length tell a study's arms apart."""

import random

import pytest
from looking import document, looked
from reading_fakes import Fake

from uptake.audit import reading
from uptake.commands import audit as command

WORDS = [first + second for first in ("ba", "de", "fi", "go", "lu", "ma") for second in ("lan", "mer", "nor", "pit")]


def overview(change=lambda text: text, meant=(), of=60, arms=2):
    rng = random.Random(1)
    records = []
    for number in range(of):
        text = " ".join(rng.choices(WORDS, k=30))
        records.append(document(change(text) if number % arms else text, f"d{number}", arm=f"arm{number % arms}"))
    return looked("arms-differ", *records, arms="metadata.arm", meant=meant)[1]


def test_arms_dealt_at_random_are_alike():
    assert overview().found == ""


def test_a_word_that_gives_an_arm_away_is_found_and_named():
    said = overview(lambda text: f"moreover {text}")
    assert "words" in said.found
    assert ("arm1", "moreover", "100%", "0%") in said.tables[1].rows


def test_a_word_that_the_arms_are_meant_to_differ_in_is_left_out():
    assert "words" not in overview(lambda text: " ".join(["moreover", *text.split()[1:]]), meant=["moreover"]).found


def test_length_is_found():
    assert "length" in overview(lambda text: " ".join(text.split()[:20])).found


def test_too_few_documents_are_a_reason_not_a_number():
    assert "fewer than 10 documents in arm0" in overview(of=12).reason


def test_without_a_field_it_is_not_looked_for():
    assert "--arms" in looked("arms-differ", document("Anything."))[1].reason


def test_a_field_with_many_values_names_no_arm():
    assert "more than 12 values" in overview(of=60, arms=20).reason


@pytest.fixture
def in_order(monkeypatch):
    """A reader to whom words in alphabetical order are less likely than others: no count of words shows that."""
    def eye(opener, name, address, threads):
        return Fake(strange=lambda text: -1.0 if text.split() == sorted(text.split()) else 0.0)

    monkeypatch.setattr(reading, "_eye", eye)
    monkeypatch.setattr(command, "reader_is", lambda name, say: name)


def dealt(change):
    """Two arms of like words; those of the second are changed."""
    rng = random.Random(1)
    texts = [rng.choices(WORDS, k=30) for _ in range(60)]
    return [document(" ".join(change(words) if number % 2 else words), f"d{number}", arm=f"arm{number % 2}")
            for number, words in enumerate(texts)]


def test_likelihood_is_found_where_a_reader_is_given_and_words_tell_nothing(audited, in_order):
    found = audited(dealt(sorted), reader="fake", arms="metadata.arm", without="status,tells", fail_on="arms-differ")
    assert found.failed == ("arms-differ",)
    assert "the arms differ in likelihood" in " ".join(found.said.split())
    assert "medians: -2.1 / -3.1" in found.page


def test_arms_that_the_reader_finds_alike_are_alike(audited, in_order):
    found = audited(dealt(list), reader="fake", arms="metadata.arm", without="status,tells", fail_on="arms-differ")
    assert found.failed == () and "likelihood" in found.page


def test_without_a_reader_nothing_is_said_of_likelihood(audited):
    assert "likelihood" not in audited(dealt(sorted), arms="metadata.arm").page
