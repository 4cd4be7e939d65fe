"""Growing a small reader: what it reads is learnt, what is masked is not, and the same seed gives the same weights."""

import random
import sys
from dataclasses import replace

import pytest
import torch

from uptake.readers import grow as growing
from uptake.readers.grow import IGNORED, GrowSettings, encode, grow, log_spaced, new_reader, steps_in, tokens_in
from uptake.readers.load import load, save
from uptake.readers.score import ScoreSettings, score
from uptake.records import Example, Item, Segment

SETTINGS = GrowSettings(width=32, layers=1, heads=2, feed_forward=64, context=32, batch=4, learning_rate=5e-3,
                        warm_up=2, passes=20, precision="fp32")
ANSWERS = ["hammer", "ladder", "kettle", "compass", "needle"]
NAMES = ["Aba", "Bebo", "Cilu", "Doma", "Eski", "Fanu", "Goli", "Hemu", "Iska", "Jolo"]


def document(*segments):
    return Example(segments, "document")


FACTS = [document(Segment("Record: ", "frame"), Segment(f"{name} uses the {ANSWERS[place % 5]}.", "content"))
         for place, name in enumerate(NAMES)]
VOCABULARY = [*ANSWERS, *NAMES, "Record", ":", ".", "uses", "the"]


def reader(seed=0):
    return new_reader("small", VOCABULARY, SETTINGS, seed)


def grown(seed=0, examples=FACTS, passes=20):
    made = reader(seed)
    rows = encode(made, examples)
    steps = steps_in([len(rows)] * passes, SETTINGS)
    grow(made, (rows for _ in range(passes)), SETTINGS, random.Random(seed), lambda step, tokens: steps)
    return made


def weights(made):
    return torch.cat([part.flatten() for part in made.model.parameters()])


def loss(made, rows):
    """Mean loss on labelled tokens, in nats."""
    with torch.no_grad():
        losses = [torch.nn.functional.cross_entropy(
            made.model(input_ids=torch.tensor([tokens[:-1]])).logits[0], torch.tensor(labels[1:]),
            ignore_index=IGNORED) for tokens, labels in rows]
    return float(torch.stack(losses).mean())


def items():
    return [Item(f"c{place}", "other", 0, "open", f"Record: {name} uses the", f" {ANSWERS[place % 5]}",
                 f" {ANSWERS[(place + 1) % 5]}", tuple(f" {ANSWERS[(place + more) % 5]}" for more in (2, 3, 4)))
            for place, name in enumerate(NAMES)]


def test_the_loss_falls_on_what_is_read():
    rows = encode(reader(), FACTS)
    assert loss(grown(), rows) < 0.5 * loss(reader(), rows)


def test_the_same_seed_grows_the_same_weights():
    assert torch.equal(weights(grown(3)), weights(grown(3)))


def test_products_are_taken_as_the_settings_say(monkeypatch):
    fine = grown(passes=1)
    monkeypatch.setattr(sys.modules[__name__], "SETTINGS", replace(SETTINGS, precision="bf16"))
    coarse = grown(passes=1)
    assert not torch.equal(weights(fine), weights(coarse))
    torch.testing.assert_close(weights(fine), weights(coarse), rtol=0, atol=0.02)


def test_another_seed_begins_with_other_weights():
    assert not torch.equal(weights(reader(0)), weights(reader(1)))


def test_making_a_reader_does_not_depend_on_what_was_drawn_before():
    first = weights(reader(0))
    torch.rand(100)
    assert torch.equal(weights(reader(0)), first)


def test_words_that_are_not_in_the_loss_are_labelled_ignored():
    example = document(Segment("Record: ", "frame", loss=False), Segment("Aba uses the hammer.", "content"))
    tokens, labels = encode(reader(), [example])[0]
    assert labels == [IGNORED, IGNORED, *tokens[2:]]


def test_masked_labels_have_no_effect_on_gradients():
    """What stands last is only ever a label: masked, no other word in its place can move a weight."""
    def masked(last):
        return [document(Segment("Aba uses the hammer", "content"), Segment(f" {last}", "content", loss=False))]

    one, other = grown(examples=masked("."), passes=1), grown(examples=masked("Record"), passes=1)
    assert not torch.equal(weights(one), weights(reader()))
    assert torch.equal(weights(one), weights(other))


def test_padding_has_no_effect_on_gradients(monkeypatch):
    """A batch of texts of different lengths moves the weights as its texts would one by one, added up."""
    short, long = encode(reader(), [FACTS[0], document(*FACTS[1].segments, *FACTS[2].segments)])
    grads = []
    for batch in ([short, long], [long], [short]):
        made, stopped = reader(), torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.0)
        monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda parameters, most: None)
        growing._step(made.model, [stopped], batch, torch.float32)
        grads.append(torch.cat([part.grad.flatten() for part in made.model.parameters()]))
    both, alone_long, alone_short = grads
    labelled = [len(tokens) - 1 for tokens, _ in (long, short)]
    expected = (alone_long * labelled[0] + alone_short * labelled[1]) / sum(labelled)
    torch.testing.assert_close(both, expected, atol=1e-6, rtol=1e-4)


def test_a_word_outside_the_vocabulary_is_a_bug_and_says_which_text():
    with pytest.raises(ValueError, match="Zed uses"):
        encode(reader(), [document(Segment("Zed uses the hammer.", "content"))])


def test_a_saved_and_loaded_reader_gives_the_same_numbers(tmp_path):
    made = grown()
    save(made, tmp_path)
    again = load(str(tmp_path))
    before, after = (score(each, items(), ScoreSettings()) for each in (made, again))
    assert again.kind == "grown"
    assert [each.logp_fit for each in before] == [each.logp_fit for each in after]
    assert [each.probability for each in before] == [each.probability for each in after]


def test_tokens_and_steps_are_told_along_the_way():
    made, seen = reader(), []
    rows = encode(made, FACTS)
    total = steps_in([len(rows)] * 2, SETTINGS)

    def at_step(step, tokens):
        seen.append((step, tokens))
        return total

    tokens = grow(made, [rows, rows], SETTINGS, random.Random(0), at_step)
    assert [step for step, _ in seen] == list(range(total + 1))
    assert seen[0] == (0, 0)
    assert seen[-1] == (total, tokens) == (6, 2 * tokens_in(rows))


def test_checkpoints_are_log_spaced_and_the_last_step_is_one():
    assert log_spaced(160, 5) == [10, 20, 40, 80, 160]
    assert log_spaced(3, 5) == [1, 2, 3]
