"""The grammar of predictions and what a study refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uptake.errors import UserError
from uptake.records import Cell
from uptake.stats.predictions import check_prediction, parse_prediction

ARMS, FRAMES, READINGS = ("schooled", "unschooled"), ("record", "fiction", "untrained"), ("content", "other", "self")


def parse(say, at="equal-tokens"):
    return parse_prediction(say, "theory", at, 7, "study.yaml")


def check(say, at="equal-tokens", arms=ARMS, readings=READINGS):
    return check_prediction(parse(say, at), arms, FRAMES, readings, "study.yaml")


def test_a_direction_is_read_with_its_arm_frames_and_reading():
    found = parse("schooled: record.other > fiction.other")
    assert (found.left, found.relation, found.margin) == (Cell("schooled", "record", "other"), ">", 0.0)


def test_the_left_arm_carries_over_to_a_right_cell_that_names_none():
    assert parse("schooled: record.other > fiction.other").right.arm == "schooled"


def test_a_right_cell_may_name_another_arm():
    assert parse("schooled: fiction.other < unschooled: fiction.other").right.arm == "unschooled"


def test_equality_takes_its_margin_after_within():
    assert parse("schooled: fiction.other == record.other within 0.3").margin == 0.3


def test_a_direction_takes_its_size_after_by():
    assert parse("schooled: record.other > fiction.other by .25").margin == 0.25


def test_contexts_are_read():
    found = parse("schooled: record.other in context > record.other untouched")
    assert (found.left.context, found.right.context) == ("in_context", "untouched")


def test_names_may_hold_hyphens_and_plus_signs():
    assert parse("a-1: frame-only.other < record+quiz.other").left.frame == "frame-only"


def test_the_only_arm_of_a_study_may_be_left_out():
    found = check("record.other > fiction.other", arms=("base",))
    assert (found.left.arm, found.right.arm) == ("base", "base")


@pytest.mark.parametrize(
    ("say", "at", "what"),
    [
        ("record.other", "equal-tokens", "cannot read the prediction"),
        ("schooled: record.other >= fiction.other", "equal-tokens", "cannot read the prediction"),
        ("schooled: record.other == fiction.other", "equal-tokens", "needs a margin"),
        ("schooled: record.other == fiction.other by 0.3", "equal-tokens", "needs a margin"),
        ("schooled: record.other > fiction.other within 0.3", "equal-tokens", "takes no 'within'"),
        ("schooled: record.other == fiction.other within -1", "equal-tokens", "is no margin"),
        ("schooled: record.other == fiction.other within nan", "equal-tokens", "is no margin"),
        ("schooled: record.other == fiction.other within much", "equal-tokens", "is no margin"),
        ("schooled: record.other > fiction.other", "equal-tokns", "unknown point of comparison"),
        ("record.other > fiction.other", "equal-tokens", "names no arm"),
        ("schoold: record.other > fiction.other", "equal-tokens", "unknown arm 'schoold'"),
        ("schooled: recrd.other > fiction.other", "equal-tokens", "unknown frame 'recrd'"),
        ("schooled: record.othr > fiction.other", "equal-tokens", "unknown reading 'othr'"),
        ("schooled: record.other > record.other", "equal-tokens", "with itself"),
        ("schooled: untrained.other in context < record.other", "equal-tokens", "no document"),
        ("schooled: record.other > untrained.other", "equal-content", "no content to be equal in"),
        ("schooled: record.other > record.other in context", "equal-content", "point of training"),
        ("schooled: record.content > fiction.content", "equal-content", "equal by construction"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_file_and_line(say, at, what):
    with pytest.raises(UserError, match=what) as caught:
        check(say, at)
    assert caught.value.where == "study.yaml:7"
    assert caught.value.hint


def test_a_misspelt_frame_gets_a_suggestion():
    with pytest.raises(UserError) as caught:
        check("schooled: ficton.other > record.other")
    assert "did you mean 'fiction'" in caught.value.hint


def test_equal_content_needs_the_reading_content():
    with pytest.raises(UserError, match="needs the reading 'content'"):
        check("schooled: record.other > fiction.other", "equal-content", readings=("other",))


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_as_a_users_mistake(say):
    try:
        parse(say)
    except UserError as mistake:
        assert mistake.where == "study.yaml:7"
