"""From what a model gives to an item's numbers: three estimates, each a value or a reason."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptake.inspect.estimates import (
    BEGIN_ALIKE,
    NO_ANSWER,
    NO_PROMPT,
    NOT_FINITE,
    SAME,
    Misaligned,
    Text,
    from_first_tokens,
    from_samples,
    from_texts,
    opening,
    where_begins,
    words,
)
from uptake.records import Item

YES, NO = " Yes, it stays in.", " No, it goes out."


def item(fit=YES, foil=NO, others=(), prompt="Question: Does it stay in? Answer:"):
    return Item("c", "other", 0, "affirmed", prompt, fit, foil, tuple(others))


def text(*pieces, logps=None):
    return Text(pieces, tuple(logps or [-1.0] * len(pieces)))


def test_an_answer_begins_where_its_own_tokens_begin():
    assert where_begins((" Answer", ":", " Yes", ",", " it"), " Yes, it") == 2


def test_an_answer_begins_within_the_token_that_straddles_the_boundary():
    assert where_begins((" Answ", "er: Yes", ", it"), " Yes, it") == 1


def test_tokens_spelt_without_their_spaces_are_aligned_all_the_same():
    assert where_begins(("Answer", ":", "Yes", ",", "it"), " Yes, it") == 2


def test_tokens_of_another_text_are_found_out():
    with pytest.raises(Misaligned):
        where_begins((" Yes", ",", " it", "<|im_end|>", "\n", "<|im_start|>", "assistant"), " Yes, it")


@given(st.lists(st.text("ab ", min_size=1, max_size=3), min_size=1, max_size=8), st.integers(0, 7))
def test_a_clean_boundary_is_found_wherever_it_is(pieces, place):
    place = min(place, len(pieces) - 1)
    answer = "".join(pieces[place:])
    found = where_begins(pieces, answer)
    assert "".join(pieces[found:]) == answer


def test_answers_are_summed_from_where_all_texts_still_agree():
    one = text(" A", ":", " Yes", ".", logps=[-9, -8, -1, -0.5])
    two = text(" A", ":", " No", ".", logps=[-9, -8, -2, -0.25])
    got = from_texts(item(" Yes.", " No."), [one, two])
    assert (got.logp_fit, got.logp_foil, got.value, got.cut) == (-1.5, -2.25, 0.75, 0)
    assert got.option_mass == pytest.approx(math.exp(-1.5) + math.exp(-2.25))
    assert got.probability == pytest.approx(1 / (1 + math.exp(-0.75)))
    assert got.hit is True


def test_a_straddling_token_is_scored_with_every_answer_and_said_to_be():
    one = text(" A", ": Y", "es.", logps=[-9, -3, -1])
    two = text(" A", ":", " No.", logps=[-9, -2, -1.5])
    got = from_texts(item(" Yes.", " No."), [one, two])
    assert (got.value, got.cut) == (-4 - -3.5, 1)


def test_two_answers_of_the_same_tokens_are_one_in_the_mass():
    same = [text(" A", ":", f" {word}", logps=[-9, -8, -1]) for word in ("yes", "no", "no")]
    assert from_texts(item(" yes", " no", [" no"]), same).option_mass == pytest.approx(2 * math.exp(-1))


@pytest.mark.parametrize(("asked", "texts", "reason"), [
    (item(foil=""), [text(" Yes"), text("")], NO_ANSWER),
    (item(" Yes", " Yes"), [text(":", " Yes"), text(":", " Yes")], SAME),
    (item(" Yes", " No"), [text(), text()], SAME),
    (item(" a b", " a c"), [text(" b"), text(" c")], NO_PROMPT),
    (item(" Yes", " No"), [text(":", " Yes", logps=[-1, -math.inf]), text(":", " No")], NOT_FINITE),
    (item(" Yes", " No"), [text(":", " Yes", logps=[-1, math.nan]), text(":", " No")], NOT_FINITE),
])
def test_what_cannot_be_a_number_is_a_reason(asked, texts, reason):
    got = from_texts(asked, texts)
    assert (got.value, got.reason) == (None, reason)


def test_first_tokens_count_for_the_one_answer_that_begins_so():
    top = [(" Yes", math.log(0.4)), ("yes", math.log(0.1)), ("No", math.log(0.2)), ("Ġno", math.log(0.05)),
           ("Not", math.log(0.1)), ("\n", math.log(0.1))]
    got = from_first_tokens(item(), top)
    assert got.value == pytest.approx(math.log(0.5 / 0.25))
    assert got.option_mass == pytest.approx(0.75)
    assert got.probability == pytest.approx(2 / 3)
    assert got.estimate == "first-token"


def test_a_token_that_begins_two_answers_counts_for_neither_unless_it_is_a_word_of_one():
    top = [("A", math.log(0.5)), ("An", math.log(0.2)), ("Ann", math.log(0.1)), ("B", math.log(0.2))]
    got = from_first_tokens(item(" A cat.", " Bob.", [" Anna."]), top)
    assert got.logp_fit == pytest.approx(math.log(0.5))
    assert got.logp_others == pytest.approx([math.log(0.3)])


def test_a_first_token_that_does_not_tell_is_a_reason():
    assert from_first_tokens(item(" It stays.", " It goes."), [("It", -0.1)]).reason == BEGIN_ALIKE
    got = from_first_tokens(item(), [("Yes", -0.1), ("Maybe", -3.0)])
    assert (got.value, got.reason) == (None, "no token that begins the foil is among the 2 likeliest")


def test_a_reply_counts_by_the_words_that_tell_the_answers_apart():
    asked = item(" The text says that it stays in.", " The text says that it goes out.")
    replies = ["The text says that it stays home", "the text says that it GOES.", "The text says that it stays.",
               "It stays in.", ""]
    got = from_samples(asked, replies)
    assert (got.samples, got.option_mass, got.probability) == (5, 3 / 5, 2 / 3)
    assert got.value == pytest.approx(math.log(2.5 / 1.5))
    assert got.hit is True


@given(st.lists(st.sampled_from(["Yes, it does", "No.", "Perhaps"]), min_size=1, max_size=30))
def test_samples_give_a_finite_number_or_a_reason(replies):
    got = from_samples(item(), replies)
    assert (got.value is None) == bool(got.reason)
    assert got.value is None or abs(got.value) <= math.log(2 * len(replies) + 1) + 1e-9
    if len(set(replies)) == 1 and "Yes, it does" in replies:
        assert got.probability == 1


@given(st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=4), min_size=2, max_size=4, unique_by=tuple))
def test_openings_belong_to_one_answer_alone(answers):
    for answer in answers:
        begun = opening(answer, answers)
        longer = [other for other in answers if other != answer and other[: len(begun)] == begun]
        assert not longer or begun == answer  # unless another answer goes on from this one


def test_words_leave_case_and_punctuation_out():
    assert words(" Yes, I don't - at all!") == ["yes", "i", "don't", "at", "all"]
