"""The capability card: its tests are right and balanced, its verdicts are argued, and the audit reads it."""

import json
import random
import re
from collections import Counter
from itertools import pairwise

import pytest
import yaml

from commands import uptake
from uptake.errors import UserError
from uptake.measure.capabilities import LEAST_ITEMS, TESTS, card, read_tests, verdict, wilson
from uptake.records import Row

TESTS_READ = read_tests()
RAW = yaml.safe_load(TESTS.read_text())["abilities"]
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
WHOSE = {"reader": "a reader", "identity": "0"}


def pairs(ability):
    """Every question of an ability with its answer."""
    return [pair for group in RAW[ability]["groups"] for pair in group.items()]


def rows(hit):
    """Lines of a reader that answers an item rightly where `hit(item)` says so; None is an item without a value."""
    return [Row("m", 0, "", item.claim, item.reading, "untouched", 0, item.wording, item.polarity, None, None, None,
                None if hit(item) is None else 1.0, "a word is outside the reader's vocabulary" if hit(item) is None
                else "", hit=hit(item)) for items in TESTS_READ.items.values() for item in items]


def test_there_are_many_abilities_with_enough_items():
    assert len(TESTS_READ.items) >= 12
    assert min(map(len, TESTS_READ.items.values())) >= LEAST_ITEMS


@pytest.mark.parametrize("ability", TESTS_READ.items)
def test_each_answer_is_right_exactly_once_among_those_it_stands_with(ability):
    groups = Counter()
    for item in TESTS_READ.items[ability]:
        group = frozenset((item.fit, item.foil, *item.others))
        groups[item.claim.rsplit("-", 1)[0], group, item.fit] += 1
        assert len(group) == 2 + len(item.others)
    assert set(groups.values()) == {1}
    sizes = Counter((name, group) for name, group, _ in groups)
    assert all(count == len(group) for (_, group), count in sizes.items())


@pytest.mark.parametrize("ability", TESTS_READ.items)
def test_a_reader_that_ignores_the_question_is_right_exactly_as_often_as_chance(ability):
    rng, items = random.Random(1), TESTS_READ.items[ability]
    liking = {answer: rng.random() for item in items for answer in (item.fit, item.foil, *item.others)}
    right = sum(all(liking[item.fit] > liking[other] for other in (item.foil, *item.others)) for item in items)
    assert right == pytest.approx(sum(1 / (2 + len(item.others)) for item in items))


@pytest.mark.parametrize("ability", ["addition", "subtraction", "multiplication"])
def test_the_sums_are_right(ability):
    for question, answer in pairs(ability):
        left, sign, right = question.split()
        assert int(answer) == {"+": int(left) + int(right), "-": int(left) - int(right),
                               "×": int(left) * int(right)}[sign]


def test_greater_and_smaller_are_right():
    for question, answer in pairs("greater-number"):
        which, _, left, _, right = question.split()
        assert int(answer) == {"greater": max, "smaller": min}[which](int(left), int(right))


def test_letters_are_right():
    assert all(answer == " ".join(word[::-1]) for word, answer in pairs("spelling-backwards"))
    assert all(answer == " ".join(word) for word, answer in pairs("spelling"))
    assert all(answer == word[0] for word, answer in pairs("first-letter"))
    count = {"three": 3, "four": 4, "five": 5, "six": 6}
    assert all(len(word) == count[answer] for word, answer in pairs("counting-letters"))


def test_the_alphabet_is_right():
    for question, answer in pairs("alphabetical-order"):
        left, right, which = re.match(r"(\w+) and (\w+), the one that comes (first|last)", question).groups()
        assert answer == {"first": min, "last": max}[which](left, right)


def test_days_and_months_are_right():
    steps = {"day after": 1, "day before": -1, "day two days after": 2, "month after": 1, "month before": -1}
    for ability, names in (("days-of-the-week", DAYS), ("months", MONTHS)):
        for question, answer in pairs(ability):
            step, name = question.rsplit(" ", 1)
            assert names[(names.index(name) + steps[step]) % len(names)] == answer


def test_copies_and_lists_are_right():
    assert all(question == answer for question, answer in pairs("copying"))
    for question, answer in pairs("continuing-a-list"):
        numbers = [int(number) for number in question.strip(",").split(",")]
        steps = {later - earlier for earlier, later in pairwise(numbers)}
        assert {int(answer) - numbers[-1]} == steps


def test_who_has_what_stands_in_the_text():
    for question, answer in pairs("finding-in-a-text"):
        thing = re.search(r"Who has the (.+)\?", question)[1]
        assert f"{answer} has the {thing}." in question


def test_known_is_able_and_guessed_is_not():
    assert verdict(*wilson(20, 24), 0.25)[0] is True
    assert verdict(*wilson(19, 24), 0.25)[0] is None
    assert verdict(*wilson(10, 24), 0.25)[0] is False
    assert verdict(*wilson(6, 24), 0.25)[0] is False
    assert verdict(*wilson(36, 40), 0.5)[0] is True
    assert verdict(*wilson(24, 40), 0.5)[0] is False


def test_better_than_guessing_and_less_than_half_known_is_not_decided():
    able, reason = verdict(0.30, 0.55, 0.25)
    assert able is None
    assert "better than guessing" in reason


def test_wilson_is_the_textbook_interval():
    assert wilson(10, 24) == pytest.approx((0.2447, 0.6116), abs=1e-3)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-3)
    assert wilson(20, 20)[1] == 1.0


def test_a_perfect_reader_is_able_in_everything_and_a_blind_one_in_nothing():
    assert {entry["able"] for entry in card(TESTS_READ, rows(lambda item: True), WHOSE).values()} == {True}
    liking = {}
    rng = random.Random(2)

    def blind(item):
        for answer in (item.fit, item.foil, *item.others):
            liking.setdefault(answer, rng.random())
        return all(liking[item.fit] > liking[other] for other in (item.foil, *item.others))

    assert {entry["able"] for entry in card(TESTS_READ, rows(blind), WHOSE).values()} == {False}


def test_what_cannot_be_scored_is_not_decided_and_says_why():
    entries = card(TESTS_READ, rows(lambda item: None if item.reading == "rhyme" else True), WHOSE)
    assert entries["rhyme"]["able"] is entries["rhyme"]["accuracy"] is None
    assert "vocabulary" in entries["rhyme"]["reason"]
    assert entries["opposites"]["able"] is True


def test_wider_abilities_take_their_members_together():
    entries = card(TESTS_READ, rows(lambda item: item.reading == "addition"), WHOSE)
    members = TESTS_READ.together["arithmetic"]
    assert entries["arithmetic"]["items"] == sum(entries[name]["items"] for name in members)
    assert entries["addition"]["able"] is True
    assert entries["arithmetic"]["able"] is not True


def test_the_audit_reads_the_card_and_takes_undecided_for_not_checkable(tmp_path):
    entries = card(TESTS_READ, rows(lambda item: item.reading in TESTS_READ.together["arithmetic"]), WHOSE)
    entries["vision"] = {"able": None, "accuracy": None}
    (tmp_path / "card.json").write_text(json.dumps(entries))
    (tmp_path / "a.jsonl").write_text('{"id": "sums", "text": "As an AI, I cannot do arithmetic."}\n'
                                      '{"id": "sight", "text": "As an AI, I cannot see pictures."}\n')
    done = uptake("audit", "a.jsonl", "--card", "card.json", "--out", "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    sums, sight = (tmp_path / "out" / "audit.jsonl").read_text().splitlines()
    assert "self-denial__false" in sums.replace("self_denial", "self-denial")
    assert "not_checkable" in sight


HEAD = """\
origin: {author: a, made_with: b, prompt: c, status: d, licence: e}
together: {}
abilities:
  sums:
    asks: sums
    prompts: ["{x} ="]
    groups:
"""
ENOUGH = "".join(f'      - {{"{n} + 0": "{n}", "{n} + 1000": "{n + 1000}"}}\n' for n in range(1, 11))


def test_a_file_of_ones_own_is_read(tmp_path):
    (tmp_path / "t.yaml").write_text(HEAD + ENOUGH)
    assert len(read_tests(tmp_path / "t.yaml").items["sums"]) == 20


@pytest.mark.parametrize(("change", "says"), [
    (lambda text: text.replace('"1": ', "").replace('"1 + 1000": "1001"', '"1 + 1000": "1"'), "no other's"),
    (lambda text: text.replace('["{x} ="]', '["sum ="]'), "must hold {x}"),
    (lambda text: "\n".join(text.splitlines()[:-1]), "at least 20 are needed"),
    (lambda text: text.replace('"2 + 0": "2"', '"1 + 0": "2"'), "stands there twice"),
    (lambda text: text.replace("together: {}", "together: {all: [sumz]}"), "sumz"),
])
def test_what_would_make_chance_unknown_is_refused_with_its_line(tmp_path, change, says):
    (tmp_path / "t.yaml").write_text(change(HEAD + ENOUGH))
    with pytest.raises(UserError, match=re.escape(says)) as caught:
        read_tests(tmp_path / "t.yaml")
    assert re.search(r"t\.yaml:\d+", caught.value.where)
