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
        "role-models-essay predicted that in arm schooled, answers about “what the named AI does, in fact” "
        "agree with the claim more often after record documents than after disclaimer documents, compared "
        "where the reader knows the text equally well."
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
        "more strongly about “what the named AI does, in fact” than about “what the reader itself does”"
        in said.predicted
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


def test_the_studys_own_words_for_a_reading_come_first():
    said = say_verdict(verdict(), "accuracy", {"other": "which tool it uses"})

    assert "answers about “which tool it uses” agree" in said.predicted


def test_cells_that_are_not_after_training_are_said_so():
    left, right = "schooled: record.other in context", "schooled: record.other"
    said = say_verdict(verdict(say=f"{left} == {right}", left=left, right=right, margin=0.2), "accuracy")

    assert "as often when the documents are read in context as" in said.predicted


def test_a_declared_size_is_part_of_the_prediction():
    assert (
        "than after disclaimer documents, by at least 0.20,"
        in say_verdict(verdict(margin=0.2), "accuracy").predicted
    )


def test_a_verdict_that_rests_on_the_smallest_effect_says_what_it_is():
    reason = "the two are equal within the smallest effect of interest where a difference was predicted"
    said = say_verdict(verdict(verdict="refuted", reason=reason), "accuracy", smallest=0.1)

    assert said.means.endswith("a difference was predicted. The smallest effect of interest is 0.10.")


def test_a_verdict_without_a_reason_is_still_explained():
    assert say_verdict(verdict(reason=""), "accuracy").means == "The prediction holds."


def test_cannot_tell_says_how_many_seeds_would():
    open_verdict = verdict(verdict="cannot tell", reason="")
    said = [say_verdict(open_verdict | {"seeds_needed": seeds}, "accuracy").means for seeds in (11, None)]

    assert "About 11 seeds would decide." in said[0]
    assert "is not known" in said[1]


def test_not_testable_says_why_and_shows_no_number():
    said = say_verdict(verdict(verdict="not testable", effect=None, reason="the gate failed"), "accuracy")

    assert said.means.endswith("The gate failed.")
    assert said.found == ""


def test_the_summary_counts_locked_verdicts_only():
    said = summary(Profile(make_study().results))

    assert said.startswith("Of 5 locked predictions, 2 were supported, 1 was refuted, 1 cannot be told")
    assert "on average in arm unschooled (most for disclaimer, +0." in said
    assert "on average in arm schooled (most for blunt, −0." in said


def test_arms_of_which_the_same_is_said_are_named_together():
    results = make_study().results
    twins = [cell | {"arm": "twin"} for cell in results["profile"] if cell["arm"] == "schooled"]
    said = summary(Profile(results | {"arms": [*results["arms"], "twin"], "profile": [*results["profile"], *twins]}))

    assert "on average in arms schooled and twin (most for blunt, −0." in said


def test_the_summary_says_a_null_plainly():
    results = make_study().results | {"verdicts": [verdict(verdict="no effect shown")], "departures": []}

    assert summary(Profile(results)).startswith(
        "No prediction was supported. Of 1 locked prediction, 1 showed no effect."
    )


def test_the_summary_without_predictions_says_that_there_are_none():
    assert summary(Profile(make_study().results | {"verdicts": []})).startswith(
        "This study locked no prediction"
    )
