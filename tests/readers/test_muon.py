"""Matrices stepped together go where `torch.optim.Muon` takes them one at a time."""

import pytest
import torch

from uptake.readers.muon import StackedMuon, orthogonal

SHAPES = ((16, 16), (16, 16), (16, 44), (44, 16), (44, 16))


def matrices(seed):
    rng = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(shape, generator=rng)) for shape in SHAPES]


def test_steps_are_those_of_torch():
    ours, theirs = matrices(0), matrices(0)
    mine = StackedMuon(ours, lr=0.01, weight_decay=0.1)
    known = torch.optim.Muon(theirs, lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for step in range(5):
        for one, other, gradient in zip(ours, theirs, matrices(step + 1), strict=True):
            one.grad, other.grad = gradient.detach().clone(), gradient.detach().clone()
        mine.step()
        known.step()
    began = matrices(0)
    for one, other, start in zip(ours, theirs, began, strict=True):
        way, apart = (other - start).norm(), (one - other).norm()
        assert way > 0.05 and apart < 0.03 * way  # bfloat16 keeps eight bits: the order of sums shows in the last


def test_a_rate_set_between_steps_is_heeded():
    (matrix,) = [torch.nn.Parameter(torch.eye(8))]
    optimiser = StackedMuon([matrix], lr=0.01, weight_decay=0.1)
    optimiser.param_groups[0]["lr"] = 0.0
    matrix.grad = torch.ones(8, 8)
    optimiser.step()
    assert torch.equal(matrix, torch.eye(8))


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 8, 20), (2, 20, 8)])
def test_singular_values_are_brought_near_one(shape):
    found = orthogonal(torch.randn(shape, generator=torch.Generator().manual_seed(1))).float()
    values = torch.linalg.svdvals(found)
    assert found.shape == shape and values.max() < 1.35 and values.median() > 0.6
