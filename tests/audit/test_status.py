"""What a reader takes documents for: its log-odds against neutral text, and whether it can tell at all."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import document
from reading_fakes import Fake, looked, taught

from uptake.audit.patterns import data
from uptake.audit.status import (
    CANNOT,
    Status,
    answerable,
    belief,
    calibration_error,
    competence,
    log_odds,
    shares,
    wilson,
)

KINDS = ("record", "fiction", "advocacy", "testimony", "instruction")
REFERENCE = data("reference")["texts"]
LABELS = {text["text"]: text for text in REFERENCE}
OWN_VOICE = " and this is mine"


def question_of(answers):
    """The name of the question that a wording's answers belong to, and their names in its order."""
    for name, asked in data("status")["questions"].items():
        for wording in asked["wordings"]:
            if tuple(wording["answers"].values()) == tuple(answers):
                return name, list(wording["answers"])
    raise AssertionError(answers)


def knowing(text, question, answers):
    """It knows the labels of the reference, and its own voice; of anything else nothing but the prior of its words."""
    name, order = question_of(answers)
    truth = LABELS[text][name] if text in LABELS else "reader" if text.endswith(OWN_VOICE) else ""
    return [-0.3 * place + 2.0 * (each == truth) for place, each in enumerate(order)]


def stubborn(text, question, answers):
    return [-1.0 * place for place in range(len(answers))]


def own(opening):
    return OWN_VOICE


@pytest.fixture(scope="module")
def knows():
    return taught(Status(), Fake(knowing, voice=own))


def test_the_reference_has_fifteen_texts_of_each_kind_and_five_of_each_writer_within_it():
    assert len(REFERENCE) == len(LABELS) == 75
    for kind in KINDS:
        for by in ("person", "company", "model"):
            assert sum(text["kind"] == kind and text["by"] == by for text in REFERENCE) == 5
    assert all(40 <= len(text["text"].split()) <= 90 for text in REFERENCE)


def test_each_question_has_at_least_four_wordings_whose_answers_stand_in_different_orders():
    for asked in data("status")["questions"].values():
        orders = [tuple(wording["answers"]) for wording in asked["wordings"]]
        assert len(set(orders)) == len(orders) >= 4
        assert all(set(order) == set(asked["words"]) for order in orders)


def test_every_label_of_the_reference_is_an_answer():
    for text in REFERENCE:
        assert all(text[name] in asked["words"] for name, asked in data("status")["questions"].items())


def test_no_answer_is_the_beginning_of_another_one():
    for asked in data("status")["questions"].values():
        for wording in asked["wordings"]:
            answers = list(wording["answers"].values())
            assert not [one for one in answers for other in answers if one != other and other.startswith(one)]


def test_a_reader_that_knows_the_texts_is_quoted_and_marks_each_document(knows):
    fable = next(text for text in REFERENCE if text["kind"] == "fiction" and text["by"] == "person")
    marks, overview = looked(knows, Fake(knowing), document(fable["text"]))
    assert [mark.tag for mark in marks[0]] == ["fiction", "by_person", f"for_{fable['for']}"]
    assert all(mark.start == 0 and mark.end == len(fable["text"]) for mark in marks[0])
    assert "fiction +2.0" in marks[0][0].says
    assert not overview.reason
    assert [row[-1] for row in overview.tables[0].rows] == ["it can tell"] * 3


def test_log_odds_are_what_the_document_adds_to_neutral_text(knows):
    marks, _ = looked(knows, Fake(knowing), document("Nothing that it knows of."))
    assert marks[0][0].score == pytest.approx(1 / 5, abs=1e-3)
    assert {said.rsplit(" ", 1)[1] for said in marks[0][0].says.split(": ")[1].split(", ")} <= {"+0.0", "-0.0"}


def test_a_reader_at_chance_is_not_quoted_whatever_it_answers():
    finding = taught(Status(), Fake(stubborn, voice=own))
    marks, overview = looked(finding, Fake(stubborn), document(REFERENCE[0]["text"]))
    assert marks == [[]]
    assert overview.reason == CANNOT == "this reader cannot tell"
    assert all(row[-1] == CANNOT for row in overview.tables[0].rows)


def test_a_reader_that_cannot_tell_is_not_asked_again():
    finding, eye = taught(Status(), Fake(stubborn, voice=own)), Fake(stubborn)
    looked(finding, eye, document("One."))
    assert eye.asked[0][1].questions == ()


def test_one_question_can_be_beyond_a_reader_that_can_answer_another():
    def half(text, question, answers):
        return (knowing if question_of(answers)[0] == "kind" else stubborn)(text, question, answers)

    finding = taught(Status(), Fake(half, voice=own))
    marks, overview = looked(finding, Fake(half), document(REFERENCE[0]["text"]))
    assert [mark.tag for mark in marks[0]] == ["record"]
    assert [row[-1] for row in overview.tables[0].rows] == ["it can tell", CANNOT, CANNOT]


def test_an_answer_that_the_reader_does_not_find_is_not_quoted_though_it_can_tell_the_others():
    def blind_to_fiction(text, question, answers):
        name, order = question_of(answers)
        truth = LABELS[text][name] if text in LABELS else ""
        if name == "kind" and (truth == "fiction" or text == "A tale."):
            truth = "testimony"
        if text == "A strange one.":
            truth = "fiction"
        return [2.0 * (each == truth) for each in order]

    finding = taught(Status(), Fake(blind_to_fiction))
    records = [document("A tale.", "a"), document("A strange one.", "b")]
    marks, said = looked(finding, Fake(blind_to_fiction), *records)
    kinds = [[mark.tag for mark in found if not mark.tag.startswith(("by_", "for_"))] for found in marks]
    assert kinds == [["testimony"], []]
    table = next(table for table in said.tables if table.title.startswith("What kind"))
    assert ("fiction", CANNOT, "0 of 15") in table.rows
    assert table.note == "documents given an answer that it cannot tell: 1"


def test_a_wording_that_the_reader_cannot_answer_is_left_out():
    def deaf(text, question, answers):
        return stubborn(text, question, answers) if "Which of these" in question else knowing(text, question, answers)

    finding, eye = taught(Status(), Fake(deaf, voice=own)), Fake(deaf)
    looked(finding, eye, document("One."))
    assert len(eye.asked[0][1].questions) == 12
    assert not [question for question, _ in eye.asked[0][1].questions if "Which of these" in question]


def test_a_reader_that_answers_nothing_is_said_to_have_answered_nothing():
    def silent(text, question, answers):
        return None

    marks, overview = looked(taught(Status(), Fake(silent, voice=own)), Fake(silent), document("One."))
    assert marks == [[]]
    assert "answered none" in overview.reason


def test_a_document_that_could_not_be_asked_about_is_counted_and_has_no_mark(knows):
    def tired(text, question, answers):
        return None if question_of(answers)[0] == "kind" else [math.nan] * len(answers)

    marks, overview = looked(knows, Fake(tired), document("One."))
    assert marks == [[]]
    assert "documents that could not be asked about: 1" in overview.tables[1].note


def test_a_document_that_was_not_read_has_no_mark(knows):
    from uptake.audit.page import Tally, pages

    assert knows.look(next(pages(document("One."))), Tally()) == []


def test_wilson_holds_the_share_and_narrows():
    low, high = wilson(15, 20)
    assert (round(low, 3), round(high, 3)) == (0.531, 0.888)
    assert wilson(0, 10)[0] == 0
    assert wilson(150, 200)[0] > low


def test_a_sure_and_right_reader_has_no_brier_score_and_no_calibration_error():
    sure = [(kind, {each: float(each == kind) for each in KINDS}) for kind in KINDS * 3]
    found = competence(KINDS, sure)
    assert (found.right, found.brier, found.error, found.can) == (15, 0, 0, True)


def test_a_sure_and_wrong_reader_is_as_badly_calibrated_as_can_be():
    wrong = [(kind, {each: float(each == "record") for each in KINDS}) for kind in KINDS[1:] * 4]
    found = competence(KINDS, wrong)
    assert (found.right, found.brier, found.error, found.can) == (0, 2, 1, False)


def test_chance_is_the_commonest_answer_not_an_even_guess():
    lazy = [("record" if number < 8 else "fiction", {"record": 1.0, "fiction": 0.0}) for number in range(10)]
    found = competence(("record", "fiction"), lazy)
    assert found.chance == 0.8
    assert not found.can


def test_calibration_error_is_the_gap_between_confidence_and_accuracy():
    assert calibration_error(np.array([0.7] * 10), np.array([True] * 5 + [False] * 5)) == pytest.approx(0.2)


def test_where_no_wording_is_answerable_none_is_left_out():
    tried = [(kind, [[0.0] * 5] * 3) for kind in KINDS * 3]
    assert answerable(KINDS, tried, [[0.0] * 5] * 3) == {0, 1, 2}


@given(st.lists(st.floats(-20, 20), min_size=2, max_size=6))
def test_shares_are_log_probabilities_and_odds_cancel_where_nothing_is_known(logps):
    assert np.exp(shares(logps)).sum() == pytest.approx(1)
    names = [str(number) for number in range(len(logps))]
    found = belief(names, [shares(logps).tolist()] * 2, [shares(logps).tolist()] * 2)
    assert sum(found.values()) == pytest.approx(1)
    assert all(odds == pytest.approx(0, abs=1e-6) for odds in log_odds(found).values())


@given(st.lists(st.lists(st.floats(-9, 9), min_size=3, max_size=3), min_size=2, max_size=4), st.randoms())
def test_the_order_of_wordings_makes_no_difference(notes, random):
    base = [[0.1 * place, 0.0, -0.2] for place in range(len(notes))]
    order = random.sample(range(len(notes)), len(notes))
    one = belief("abc", notes, base)
    other = belief("abc", [notes[place] for place in order], [base[place] for place in order])
    assert one == pytest.approx(other)
