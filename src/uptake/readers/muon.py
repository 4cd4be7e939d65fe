"""Muon for a small reader: what `torch.optim.Muon` does, with matrices of one shape orthogonalised together, in four
rounds of products instead of five.

One at a time, the twenty-eight matrices of a grown reader cost more than a third of its step (LOG.md).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

# Each odd polynomial brings the singular values that those before leave between `low` and `high` as near to 1 as one of
# its degree can (Amsel et al. 2025, arXiv 2505.16932, with their allowance of 1.01 for rounding), `low` being .003 to
# begin with: they end between .79 and 1.21. torch's five rounds of one polynomial end between .68 and 1.20.
# `tests/readers/test_muon.py` derives them anew.
ROUNDS = (
    (8.3007, -24.0376, 17.4662),
    (4.0059, -2.9253, 0.5424),
    (3.484, -2.5614, 0.5024),
    (2.5153, -1.8615, 0.4425),
)
ALLOWANCE = 1.01  # rounding may leave a matrix's largest singular value above its norm


class StackedMuon(torch.optim.Optimizer):
    """Muon (Jordan et al. 2024) with Nesterov momentum, its step scaled to AdamW's as in Liu et al. 2025 (arXiv
    2502.16982, equation 4). All parameters are matrices; each has a gradient at each step."""

    def __init__(self, matrices: Sequence[Tensor], lr: float, weight_decay: float, momentum: float = 0.95) -> None:
        by_shape: dict[torch.Size, list[Tensor]] = defaultdict(list)
        for matrix in matrices:
            by_shape[matrix.shape].append(matrix)
        groups = [{"params": alike} for alike in by_shape.values()]
        super().__init__(groups, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        """Take a step. The momentum of a group, which is one shape, lies in the state of its first matrix."""
        for group in self.param_groups:
            alike = group["params"]
            gradient, state = torch.stack([matrix.grad for matrix in alike]), self.state[alike[0]]
            if not state:
                state["average"] = torch.zeros_like(gradient)
            average = state["average"].lerp_(gradient, 1 - group["momentum"])
            update = orthogonal(gradient.lerp(average, group["momentum"])).to(gradient.dtype)
            torch._foreach_mul_(alike, 1 - group["lr"] * group["weight_decay"])
            torch._foreach_add_(alike, list(update), alpha=-group["lr"] * 0.2 * math.sqrt(max(alike[0].shape)))


def orthogonal(stack: Tensor) -> Tensor:
    """Return each matrix (shape (count, rows, columns)) with its singular values brought near 1, in bfloat16."""
    tall = stack.size(-2) > stack.size(-1)
    found = (stack.mT if tall else stack).bfloat16()
    found = found / (ALLOWANCE * found.norm(dim=(-2, -1), keepdim=True)).clamp(min=1e-7)
    for a, b, c in ROUNDS:
        gram = found @ found.mT
        found = torch.baddbmm(found, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found.mT if tall else found
