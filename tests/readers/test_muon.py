"""Matrices stepped together go where `torch.optim.Muon` takes them one at a time."""

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from uptake.readers import muon
from uptake.readers.muon import StackedMuon, orthogonal

SHAPES = ((16, 16), (16, 16), (16, 44), (44, 16), (44, 16))


def matrices(seed):
    rng = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(shape, generator=rng)) for shape in SHAPES]


def exactly(stack):
    """The nearest orthogonal matrices: what Muon's rounds of products come near."""
    left, _, right = torch.linalg.svd(stack, full_matrices=False)
    return left @ right


def stepped(optimiser, mine):
    for step in range(5):
        for one, gradient in zip(mine, matrices(step + 1), strict=True):
            one.grad = gradient.detach().clone()
        optimiser.step()
    return mine


def test_steps_go_where_those_of_torch_go_and_nearer_to_where_exact_ones_would(monkeypatch):
    mine, theirs, exact, began = (matrices(0) for _ in range(4))
    stepped(StackedMuon(mine, lr=0.01, weight_decay=0.1), mine)
    stepped(torch.optim.Muon(theirs, lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"), theirs)
    monkeypatch.setattr(muon, "orthogonal", exactly)
    stepped(StackedMuon(exact, lr=0.01, weight_decay=0.1), exact)
    for one, other, best, start in zip(mine, theirs, exact, began, strict=True):
        way, apart = (best - start).norm(), (one - best).norm()
        assert way > 0.05 and apart < 0.2 * way and apart < (other - best).norm()


def test_the_rounds_are_those_that_bring_every_singular_value_from_3_thousandths_up_nearest_to_one():
    low, high = 0.003, 1.0
    for place, (a, b, c) in enumerate(muon.ROUNDS):
        grid = np.exp(np.linspace(np.log(low), np.log(high), 2000))
        powers = np.stack([grid, grid**3, grid**5], 1)
        off = np.concatenate([np.hstack([powers, -np.ones((2000, 1))]), np.hstack([-powers, -np.ones((2000, 1))])])
        best = linprog([0, 0, 0, 1], off, np.repeat([1.0, -1.0], 2000), bounds=[(None, None)] * 3 + [(0, None)]).x
        allowed = muon.ALLOWANCE ** np.array([1, 3, 5]) if place < len(muon.ROUNDS) - 1 else 1
        assert (a, b, c) == pytest.approx(best[:3] / allowed, abs=2e-4)
        low, high = a * low + b * low**3 + c * low**5, 1 + best[3]


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
    assert found.shape == shape and values.max() < 1.25 and values.median() > 0.75
