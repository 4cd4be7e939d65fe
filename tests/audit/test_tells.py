"""Spans that a reader would hardly have written, against what it writes itself; names above all."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import document
from reading_fakes import Fake, looked, taught

from uptake.audit.tells import (
    RIVALS,
    Measured,
    Tells,
    above,
    curvature,
    log_ratio,
    names,
    rivals,
    sentences,
)

PLAIN = "On the way home we met the old man and his dog near the mill. "
OWN = " and so it went on by the river until the end of day. Then came Oliver again and sat with us by the fire. "


def found(text):
    return [text[start:end] for start, end in names(text)]


def own(opening):
    """Two sentences of ordinary words and a name, a little different each time."""
    return OWN + "a " * (len(opening) % 7 + 9) + "b."


@pytest.fixture(scope="module")
def learnt():
    return taught(Tells(), Fake(voice=own, names={"Oliver": -2.0}))


def test_a_sentence_of_unlikely_words_is_marked_and_its_neighbours_are_not(learnt):
    odd = "Quagmires notwithstanding, turpentine yodels beneath seventeen bilingual parsnips daily. "
    text = PLAIN + odd + PLAIN
    eye = Fake(odd={word.strip(".,"): -9.0 for word in odd.split()})
    marks, overview = looked(learnt, eye, document(text))
    assert [text[mark.start:mark.end] for mark in marks[0] if mark.tag == "sentence"] == [odd.strip()]
    assert not overview.reason


def test_ordinary_words_are_not_marked_and_may_be_the_readers_own(learnt):
    marks, overview = looked(learnt, Fake(), document(PLAIN * 3))
    assert [mark.tag for mark in marks[0]] == ["own_hand"]
    assert marks[0][0].score > 0.05
    assert ("that the reader may have written", "1") in overview.tables[0].rows


def test_a_document_far_below_the_readers_own_is_another_hand(learnt):
    eye = Fake(odd={word.strip("."): -5.0 for word in PLAIN.split()})
    marks, _ = looked(learnt, eye, document(PLAIN * 3))
    whole = next(mark for mark in marks[0] if mark.tag == "another_hand")
    assert (whole.start, whole.end) == (0, len(PLAIN * 3))
    assert "own-authorship score 0.0" in whole.says
    assert whole.score > 0.95


def test_a_name_that_the_reader_would_hardly_choose_is_marked_and_its_own_is_not(learnt):
    text = "We met Marianne by the mill. We met Oliver by the river."
    marks, overview = looked(learnt, Fake(names={"Marianne": -14.0, "Oliver": -2.0}), document(text))
    assert [text[mark.start:mark.end] for mark in marks[0] if mark.tag == "name"] == ["Marianne"]
    assert overview.tables[1].rows == (("Marianne", "1"),)


def test_a_name_that_is_as_likely_as_any_other_is_not_marked(learnt):
    marks, _ = looked(learnt, Fake(), document("We met Marianne by the mill and went home with her."))
    assert not [mark for mark in marks[0] if mark.tag == "name"]


def test_a_reader_that_writes_too_little_of_its_own_has_no_line_to_draw():
    finding = taught(Tells(), Fake(voice=lambda opening: ""))
    marks, overview = looked(finding, Fake(odd={"mill": -50.0}), document(PLAIN))
    assert marks == [[]]
    assert "0 sentences" in overview.reason
    assert "0 names" in overview.reason


def test_a_reader_that_writes_no_names_is_asked_about_sentences_only():
    finding = taught(Tells(), Fake(voice=lambda opening: own(opening).replace("Oliver", "he")))
    text = "We met Marianne by the mill. " + PLAIN
    marks, overview = looked(finding, Fake(names={"Marianne": -14.0}), document(text))
    assert not [mark for mark in marks[0] if mark.tag == "name"]
    assert "names of its own, too few" in overview.tables[0].note


def test_the_opening_that_the_reader_was_given_is_not_taken_for_its_own():
    finding = Tells()
    eye = Fake(voice=own, odd={"Danube": -60.0})
    from uptake.audit.reading import acquaint

    assert min(acquaint(eye, [finding])["learnt"]["tells"]["whole"]) > -5


def test_names_are_found_once_each_where_they_first_stand():
    text = "We met Marianne and old Robert Hale. Marianne laughed, and so did Hale, in Bristol."
    assert found(text) == ["Marianne", "Robert Hale", "Bristol"]
    assert names(text)[0] == (7, 15)


def test_a_capital_at_the_beginning_is_a_name_only_if_it_is_known_or_stands_elsewhere():
    assert found("Nobody came. Elara sat. Zubrin slept, and then Zubrin woke.") == ["Elara", "Zubrin"]
    assert found("Strange things happen.") == []
    assert found("“Nonsense,” said the man.") == []


def test_days_months_languages_and_titles_of_three_words_are_no_names():
    assert found("It was a Monday in May, and she spoke French at the Royal Mill Museum.") == []


def test_a_document_of_only_names_asks_about_a_dozen():
    assert len(names(" ".join(f"and Xyl{chr(97 + number)}or" for number in range(26)))) == 12


def test_rivals_have_the_shape_of_the_name_and_are_the_same_every_time():
    assert rivals("Marianne") == rivals("Marianne") != rivals("Robert")
    assert len(rivals("Marianne")) == RIVALS
    assert not [each for each in rivals("Marianne") if not re.fullmatch(r"[A-Z][a-z]+", each)]
    assert all(" " in each for each in rivals("Robert Hale"))


def test_a_name_is_no_rival_of_itself():
    assert "Elara" not in rivals("Elara")


def test_a_ratio_is_one_where_all_are_alike_and_at_most_their_number():
    assert log_ratio([-5.0] * 17) == 0
    assert log_ratio([-1.0] + [-99.0] * 16) == pytest.approx(math.log(17), abs=1e-3)
    assert log_ratio([-99.0, -1.0]) == pytest.approx(-98 + math.log(2), abs=1e-3)


def test_without_a_number_for_the_name_or_for_any_rival_there_is_no_ratio():
    assert log_ratio([None, -1.0]) is None
    assert log_ratio([-1.0, None]) is None
    assert log_ratio([math.nan, -1.0]) is None


def test_sentences_cover_every_token_once():
    text = "One two three. Four five! Six"
    seen = Fake()._seen(text, type("W", (), {"questions": (), "blanks": ()})())
    cut = sentences(text, seen)
    assert [text[each.start:each.end] for each in cut] == ["One two three.", "Four five!", "Six"]
    assert [each.tokens for each in cut] == [3, 2, 1]


def test_a_text_that_is_certain_has_no_curvature():
    assert curvature([Measured(0, 3, 0.0, 0.0, 9)]) == 0


@given(st.floats(-3, 3), st.integers(30, 400))
def test_curvature_of_draws_from_the_distribution_itself_has_mean_0_and_variance_1(slope, length):
    """Fast-DetectGPT's statistic of a text sampled by the model: the claim on which every line here rests."""
    rng = np.random.default_rng(length)
    logits = np.outer(rng.normal(size=length), np.linspace(-1, 1, 7)) * slope + rng.normal(size=(length, 7))
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    p = np.exp(logs)
    means = (p * logs).sum(1)
    variance = (p * logs**2).sum(1) - means**2
    drawn = (rng.random((400, length, 1)) < p.cumsum(1)[None]).argmax(2)
    gains = [float((logs[range(length), row] - means).sum()) for row in drawn]
    values = [curvature([Measured(0, 0, gain, float(variance.sum()), length)]) for gain in gains]
    assert abs(np.mean(values)) < 0.25
    assert 0.75 < np.std(values) < 1.25


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=50), st.floats(-9, 9))
def test_the_share_above_is_a_share_and_falls_as_the_value_rises(values, value):
    values = sorted(values)
    assert 0 <= above(values, value) < 1
    assert above(values, value - 1) >= above(values, value)
