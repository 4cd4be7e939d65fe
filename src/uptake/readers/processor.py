"""Whether matrix products are taken in bfloat16 on this machine, and why."""

from typing import Literal, get_args

import torch

from uptake.errors import UserError

Precision = Literal["auto", "fp32", "bf16"]

INSTRUCTIONS = ("amx_bf16", "avx512_bf16")
"""Processor instructions with which a bfloat16 product is faster than a float32 one. Without them PyTorch emulates it,
which is slower; the share of time they save is printed by benchmarks/bench_train.py."""


def bfloat16(asked: Precision, device: str = "") -> tuple[bool, str]:
    """Return whether to compute matrix products in bfloat16, and the reason in words for the report. `device` is where
    they are computed, `cpu` or `cuda`; left out, where a reader that is loaded lies.

    Raises UserError for a precision that there is not.
    """
    if asked not in get_args(Precision):
        raise UserError(f"there is no precision '{asked}'", hint=f"one of {', '.join(get_args(Precision))}")
    if asked != "auto":
        return asked == "bf16", f"{asked}, as asked for"
    if (device or "cuda") == "cuda" and torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        return (True, f"bf16: {name} has it") if torch.cuda.is_bf16_supported() else (False, f"fp32: {name} lacks bf16")
    has = torch.cpu.get_capabilities()
    found = [name for name in INSTRUCTIONS if has.get(name)]
    if found:
        return True, f"bf16: the processor has {' and '.join(found)}"
    return False, f"fp32: the processor has neither {' nor '.join(INSTRUCTIONS)}"
