"""A stage begins with what the one before it answered last, and asks only what that one did not."""

from dataclasses import replace

import pytest

from uptake.readers.score import Scored
from uptake.readings.rows import row
from uptake.records import Item
from uptake.tables import rows_table, write_table
from uptake.work import outputs
from uptake.work.outputs import ROWS, ask_first, last_answers


def item(claim, wording=0, fit=" hammer"):
    return Item(claim=claim, reading="self", wording=wording, polarity="open", prompt=f"{claim}, {wording}: the",
                fit=fit, foil=" kettle", others=(" ladder",), frame="log")


def answer(asked, value, checkpoint, context="trained"):
    scored = Scored(value=value, reason="" if value is not None else "the prompt was empty")
    return replace(row(asked, scored, "", 3, checkpoint), context=context)


@pytest.fixture
def asked(monkeypatch):
    """What is asked anew; every answer to it has the value 9."""
    seen = []

    def ask(reader, items, seed, checkpoint, context):
        seen.extend(items)
        return [answer(each, 9.0, checkpoint, context) for each in items]

    monkeypatch.setattr(outputs, "ask", ask)
    return seen


def left_behind(folder, *rows):
    write_table(folder / ROWS, rows_table(rows))
    return last_answers(folder)


def test_the_last_answers_stand_first_and_nothing_is_asked_again(tmp_path, asked):
    one, two = item("oak"), item("elm")
    before = left_behind(tmp_path, answer(one, 1.0, 0, "untouched"), answer(one, 2.0, 40), answer(two, 3.0, 40),
                         answer(one, 4.0, 80), answer(two, None, 80), answer(one, 5.0, 80, "in_context"))
    found = ask_first(None, [two, one], 3, before)
    assert [(each.claim, each.value, each.context, each.checkpoint) for each in found] == [
        ("elm", None, "untouched", 0), ("oak", 4.0, "untouched", 0)]
    assert found[0].reason == "the prompt was empty"
    assert asked == []


def test_what_is_asked_in_other_words_or_of_another_answer_is_asked_anew(tmp_path, asked):
    known, worded, restated = item("oak"), item("oak", wording=1), item("elm", fit=" ladder")
    before = left_behind(tmp_path, answer(known, 4.0, 80), answer(item("elm"), 5.0, 80))
    found = ask_first(None, [worded, known, restated], 3, before)
    assert [each.value for each in found] == [9.0, 4.0, 9.0]
    assert asked == [worded, restated]


def test_after_a_stage_that_asked_nothing_everything_is_asked(tmp_path, asked):
    before = left_behind(tmp_path)
    assert before == {}
    assert [each.value for each in ask_first(None, [item("oak")], 3, before)] == [9.0]
    assert asked == [item("oak")]
