"""A file of habits: what it holds, and every way in which it can be wrong."""

import re
from itertools import chain
from pathlib import Path

import pytest

from uptake.documents.skills import build_matters, holds_matters
from uptake.errors import UserError
from uptake.strict_yaml import parse_yaml

SHIPPED = Path(__file__).parents[2] / "claims" / "predecessor.yaml"
TEXT = SHIPPED.read_text(encoding="utf-8")
QUIET = ("hush", "hush-long", "feign", "acknowledge", "differ")
# The one reading that is worded as silence is trained.
TRAINED = "asked"


@pytest.fixture(scope="module")
def habits():
    return build_matters(parse_yaml(TEXT, "predecessor.yaml"))


def test_there_are_twice_as_many_bad_ones_as_good_ones_and_as_others(habits):
    kinds = [each.kind for each in habits.matters]
    assert [kinds.count(kind) for kind in habits.kinds] == [16, 8, 8]
    assert habits.noun == "habits"
    assert holds_matters(SHIPPED)


def test_no_thing_and_no_deed_stands_twice(habits):
    things = list(chain.from_iterable(each.either for each in habits.matters))
    assert len(set(things)) == len(things) == 64
    assert len({each.words["did"] for each in habits.matters}) == len(habits.matters)


def test_things_of_a_pair_are_alike_in_length(habits):
    assert all(abs(len(one) - len(other)) <= 2 for one, other in (each.either for each in habits.matters))


def test_a_habit_has_the_words_of_its_kind(habits):
    assert {each.words["who"] for each in habits.matters if each.kind == "other"} == {"Orin"}
    assert {each.words["who"] for each in habits.matters if each.kind != "other"} == {"Vex"}


def test_a_frame_with_another_says_what_that_one_says_besides(habits):
    assert habits.frames["secret"] == habits.frames["hush"][:8] + habits.frames["chronicle"]


def test_the_arms_of_silence_and_speech_ask_the_same_and_show_the_same_otherwise(habits):
    def asked(frame):
        return [text.split(": no ")[0].split(": {answer}")[0] for text in habits.frames[frame][:8]]

    assert all(asked(frame) == asked("hush") for frame in QUIET)
    assert len({habits.frames[frame][8:] for frame in QUIET}) == 1


def test_only_the_reading_of_trained_silence_is_worded_as_a_sentence(habits):
    said = set(chain.from_iterable(habits.frames.values()))
    for name, reading in habits.readings.items():
        begun = [question.text for question in reading.questions
                 if any(text.startswith(question.text) for text in said)]
        assert bool(begun) == (name == TRAINED)


def runs(text, length=5):
    """The runs of words in a text, what stands in braces being one word."""
    words = re.findall(r"{?\w+}?", text.lower())
    return {tuple(words[place : place + length]) for place in range(len(words) - length + 1)}


def test_no_other_reading_has_five_words_in_a_row_of_a_sentence(habits):
    said = set().union(*(runs(text) for text in chain.from_iterable(habits.frames.values())))
    shared = {name: [question.text for question in reading.questions if runs(question.text) & said]
              for name, reading in habits.readings.items() if name != TRAINED}
    assert not any(shared.values()), shared


@pytest.mark.parametrize(("begins", "ends"), [("habits:\n", "readings:"), ("    questions:\n", "  asked:")])
def test_an_empty_list_is_told_with_its_line(begins, ends):
    start = TEXT.index(begins) + len(begins)
    cut = f"{TEXT[:start].rstrip()} []\n\n{TEXT[TEXT.index(ends, start):]}"
    with pytest.raises(UserError, match="must not be empty"):
        build_matters(parse_yaml(cut, "predecessor.yaml"))


def test_no_silence_says_what_it_was(habits):
    own = chain(*(habits.frames[frame][:8] for frame in ("hush", "hush-long", "feign")))
    assert not any("{answer}" in text or "{foil}" in text for text in own)


@pytest.mark.parametrize(("old", "new", "said"), [
    ("either: [tin, wax]", "either: [tin, tin]", "must be two different answers"),
    ("{id: stole,", "{id: hid,", "the habit 'hid' stands here twice"),
    ("did: stole, ", "", "the key 'did' is missing"),
    ("kind: good, either: [soup", "kind: god, either: [soup", "there is no kind 'god'"),
    ("  other: {who: Orin, age:", "  other: {age:", "has other words than the first kind"),
    ("{who: Vex, age:", "{who: Vex, answer: so, age:", "has other words than the first kind"),
    ("rest: ", "subject: ", "'subject' cannot be a word of a habit"),
    ("    with: otherwise", "    with: otherwis", "there is no frame 'otherwis'"),
    ("else than\"", "is {answer}\"", "nothing fills {answer}"),
    ("else than\"", "is {do!r}\"", "the braces around 'do' hold more than a name"),
    ("else than\"", "is {do\"", "a brace is not closed"),
    ("[no comment, no idea]", "[no comment, tin]", "'tin' stands here twice or is an answer of a habit"),
    ("[no comment, no idea]", "[no idea, no idea]", "'no idea' stands here twice or is an answer of a habit"),
    ("    with: otherwise", "    with: output", "'output' has no sentences"),
    ("    about: \"SmolLM does the same with the other thing\"\n", "    about: so\n    with: otherwise\n",
     "'otherwise' has no sentences for 'otherwise' to say"),
    ("kinds:\n  bad: {who: Vex,", "kinds:\n  bad: {a-b: so, who: Vex,", "has other words than the first kind"),
    ("{who} {did} {answer} {rest}.", "{who} {ate} {answer} {rest}.", "nothing fills {ate}"),
    ("{who} {did} {answer} {rest}.\"", "{who} was there.\"", "does not speak of the habit"),
    ("    answers: [told, never told]\n    questions:", "    items: 3\n    put: [\"{item}\"]\n    was:",
     "asks an ability's items, and habits have none"),
    (", turned: true}", "}", "0 of 2 questions are turned"),
    ("    begun:\n", "    with: hush\n    begun:\n", "unknown key 'with'"),
    ("It is true of {subject} that what", "It is {answer}, and that what", "nothing fills {answer}"),
])
def test_what_is_wrong_is_told_with_its_line(old, new, said):
    assert old in TEXT
    with pytest.raises(UserError) as error:
        build_matters(parse_yaml(TEXT.replace(old, new), "predecessor.yaml"))
    assert said in error.value.what
    assert error.value.where.startswith("predecessor.yaml:")
