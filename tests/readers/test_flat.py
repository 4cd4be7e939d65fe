"""The flat forward pass computes what the model itself computes."""

import pytest
import torch
from torch.nn import functional

from uptake.readers.flat import logits
from uptake.readers.grow import GrowSettings, new_reader

SETTINGS = GrowSettings(width=32, layers=2, heads=4, feed_forward=48, context=32)


def model(seed=0):
    return new_reader("small", [f"w{place}" for place in range(50)], SETTINGS, seed).model


def tokens(length=9):
    return torch.randint(0, 52, (5, length), generator=torch.Generator().manual_seed(1))


def gradients(made, found):
    functional.cross_entropy(found, tokens().flatten()).backward()
    return torch.cat([part.grad.flatten() for part in made.parameters()])


@pytest.mark.parametrize("length", [1, 2, 9, 32])
def test_logits_are_those_of_the_model(length):
    made = model()
    theirs = made(input_ids=tokens(length), use_cache=False).logits.flatten(0, 1)
    torch.testing.assert_close(logits(made, tokens(length), torch.float32), theirs, rtol=1e-5, atol=1e-5)


def test_gradients_are_those_of_the_model():
    ours, theirs = model(), model()
    mine = gradients(ours, logits(ours, tokens(), torch.float32))
    known = gradients(theirs, theirs(input_ids=tokens(), use_cache=False).logits.flatten(0, 1))
    torch.testing.assert_close(mine, known, rtol=1e-4, atol=1e-6)


def test_products_in_bfloat16_leave_the_gradient_where_it_points():
    ours, theirs = model(), model()
    coarse = gradients(ours, logits(ours, tokens(), torch.bfloat16))
    fine = gradients(theirs, logits(theirs, tokens(), torch.float32))
    assert coarse.dtype == torch.float32 and not torch.equal(coarse, fine)
    assert (coarse - fine).norm() < 0.02 * fine.norm()


def test_a_word_does_not_see_what_comes_after_it():
    made, first = model(), tokens()
    other = first.clone()
    other[:, 5:] = (first[:, 5:] + 1) % 52
    one, two = (logits(made, each, torch.float32).unflatten(0, (5, 9)) for each in (first, other))
    assert torch.equal(one[:, :5], two[:, :5]) and not torch.equal(one[:, 5:], two[:, 5:])
