"""Pressing a small reader: a preference and a reward both move it to what is wanted, and only TRL's trainers do it."""

import random

import pytest

from uptake.readers.grow import GrowSettings, encode, grow, new_reader, steps_in
from uptake.readers.load import load, save
from uptake.readers.press import PressSettings, press, rewarded, tokens_by_step
from uptake.readers.press import steps_in as press_steps
from uptake.readers.score import score
from uptake.records import Example, Fork, Item, Segment

SETTINGS = GrowSettings(width=32, layers=1, heads=2, feed_forward=64, context=32, batch=8, learning_rate=5e-3,
                        warm_up=2)
NAMES = ["Aba", "Bebo", "Cilu", "Doma"]
THINGS = ["hammer", "ladder", "kettle"]
FORKS = [Fork(name, "deed", f"At {name} Sol took the", " ladder", " hammer") for name in NAMES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A reader that has read of hammers four times in six, and of ladders and kettles once."""
    made = new_reader("small", [*NAMES, *THINGS, "At", "Sol", "took", "the", "."], SETTINGS, 0)
    examples = [Example((Segment(f"At {name} Sol took the {thing}.", "content"),), "document")
                for name in NAMES for thing in ("hammer",) * 4 + ("ladder", "kettle")]
    rows = encode(made, examples)
    steps = steps_in([len(rows)] * 15, SETTINGS)
    grow(made, (rows for _ in range(15)), SETTINGS, random.Random(0), lambda step, tokens: steps)
    place = tmp_path_factory.mktemp("grown")
    save(made, place)
    return place


def values(reader):
    """How much likelier than the hammer the ladder is, in nats, at each name."""
    items = [Item(fork.claim, "act", 0, "open", fork.opening, fork.says, fork.instead) for fork in FORKS]
    return [each.value for each in score(reader, items)]


@pytest.mark.parametrize("kind", ["preference", "reward"])
def test_a_pressed_reader_comes_to_say_what_is_wanted(folder, kind):
    reader, seen = load(str(folder)), []
    before = values(reader)
    settings = PressSettings(kind, batch=4, learning_rate=3e-3, beta=0.02)
    tokens = press(reader, FORKS * 25, settings, lambda step, tokens: seen.append((step, tokens)))
    assert max(before) < -0.5
    assert min(values(reader)) > 0.5
    assert [step for step, _ in seen] == list(range(26))
    assert seen[-1][1] == tokens == 25 * 4 * 6 * (2 if kind == "preference" else 8)


def test_what_is_rewarded_is_the_word_that_was_wanted_and_nothing_else():
    assert rewarded(["ladder", " ladder", "hammer", ""], [" ladder"] * 4) == [1.0, 1.0, 0.0, 0.0]


def test_the_same_seed_presses_alike(folder):
    found = []
    for _ in range(2):
        reader = load(str(folder))
        settings = PressSettings("reward", batch=4, learning_rate=3e-3, seed=7)
        press(reader, FORKS * 3, settings, lambda step, tokens: None)
        found.append(values(reader))
    assert found[0] == found[1]


def test_tokens_are_counted_step_by_step_and_a_batch_that_is_not_full_is_left_out(folder):
    settings = PressSettings("preference", batch=3)
    assert press_steps(4, settings) == 1
    assert tokens_by_step(load(str(folder)), FORKS, settings) == [0, 3 * 6 * 2]
