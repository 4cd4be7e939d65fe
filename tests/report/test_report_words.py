"""Verdicts and summary in words."""

import pytest
from make_results import make_study

from uptake.report.view import Profile
from uptake.report.words import say_verdict, summary, words


def verdict(**changed) -> dict:
    return make_study().results["verdicts"][0] | changed


def test_a_verdict_says_who_predicted_what_and_what_was_found():
    said = say_verdict(verdict(), "accuracy")

    assert said.by == "role-models-essay"
    assert said.predicted == (
        "predicted that in arm schooled, "
        "answers to “What does the named AI do, in fact?” agree with the claim "
        "more often after record documents than after disclaimer documents, compared where the reader knows "
        "the text equally well."
    )
    assert said.found == (
        "difference +0.74 (interval 0.63 to 0.85), 0.84 against 0.10 (share of answers), 5 seeds, 48 claims, "
        "adjusted p < 0.001"
    )


@pytest.mark.parametrize("kind", ["supported", "refuted", "no effect shown", "cannot tell", "not testable"])
def test_every_verdict_has_a_mark_of_its_own_beside_its_word(kind):
    said = say_verdict(verdict(verdict=kind), "accuracy")
    marks = [known["mark"] for known in words()["verdicts"].values()]

    assert kind in said.word
    assert marks.count(said.mark) == 1


def test_arms_that_differ_are_compared_and_what_they_share_is_said_once():
    left, right = "schooled: fiction.other", "unschooled: fiction.other"
    said = say_verdict(verdict(say=f"{left} < {right}", left=left, right=right), "probability")

    assert "after fiction documents, answers" in said.predicted
    assert "less surely in arm schooled than in arm unschooled" in said.predicted


def test_readings_that_differ_are_each_asked():
    left, right = "schooled: record.other", "schooled: record.self"
    said = say_verdict(verdict(say=f"{left} > {right}", left=left, right=right), "log-odds")

    assert (
        "more strongly to “What does the named AI do, in fact?” than to “What do you do?”" in said.predicted
    )


def test_a_prediction_about_no_document_is_said_so():
    said = say_verdict(verdict(right="schooled: untrained.other"), "accuracy")

    assert "after record documents than without any document" in said.predicted


def test_a_reading_that_a_study_adds_is_shown_by_its_own_name():
    said = say_verdict(verdict(left="a: blunt.mirth", right="a: record.mirth"), "accuracy")

    assert "“mirth”" in said.predicted


def test_cells_that_are_not_in_the_usual_form_are_quoted_as_written():
    said = say_verdict(verdict(left=None, right=None), "accuracy")

    assert "predicted “schooled: record.other > disclaimer.other”" in said.predicted


def test_a_refutation_by_the_other_side_is_told_from_one_by_equality():
    other_side = say_verdict(verdict(verdict="refuted", effect=-0.5, low=-0.6, high=-0.4), "accuracy")
    equal = say_verdict(verdict(verdict="refuted", effect=0.0, low=-0.05, high=0.05), "accuracy")

    assert other_side.means == "The difference lies on the other side."
    assert equal.means == "The two agree to within 0.10: the predicted difference is not there."


def test_cannot_tell_says_how_many_seeds_would():
    assert (
        "About 11 seeds would decide."
        in say_verdict(verdict(verdict="cannot tell", seeds_needed=11), "accuracy").means
    )
    assert "is not known" in say_verdict(verdict(verdict="cannot tell", seeds_needed=None), "accuracy").means


def test_not_testable_says_why_and_shows_no_number():
    said = say_verdict(verdict(verdict="not testable", effect=None, reason="the gate failed"), "accuracy")

    assert said.means.endswith("The gate failed.")
    assert said.found == ""


def test_the_summary_counts_locked_verdicts_only():
    said = summary(Profile(make_study().results))

    assert said.startswith("Of 5 locked predictions, 2 were supported, 1 was refuted, 1 cannot be told")
    assert "in arm unschooled, disclaimer, fiction and correction stand apart" in said
    assert "but after training only correction still does" in said
    assert "and all still do after training" in said


def test_the_summary_says_a_null_plainly():
    results = make_study().results | {"verdicts": [verdict(verdict="no effect shown")], "departures": []}

    assert summary(Profile(results)).startswith(
        "No prediction was supported. Of 1 locked prediction, 1 showed no effect."
    )


def test_the_summary_without_predictions_says_that_there_are_none():
    assert summary(Profile(make_study().results | {"verdicts": []})).startswith(
        "This study locked no prediction"
    )
