"""Whether matrix products are taken in bfloat16 on this machine, and why."""

from typing import Literal

import torch

Precision = Literal["auto", "fp32", "bf16"]

INSTRUCTIONS = ("amx_bf16", "avx512_bf16")
"""Processor instructions with which a bfloat16 product is faster than a float32 one. Without them PyTorch emulates it,
which is slower; the share of time they save is printed by benchmarks/bench_train.py."""


def bfloat16(asked: Precision) -> tuple[bool, str]:
    """Return whether to compute matrix products in bfloat16, and the reason in words for the report."""
    if asked != "auto":
        return asked == "bf16", f"{asked}, as asked for"
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        return (True, f"bf16: {name} has it") if torch.cuda.is_bf16_supported() else (False, f"fp32: {name} lacks bf16")
    has = torch.cpu.get_capabilities()
    found = [name for name in INSTRUCTIONS if has.get(name)]
    if found:
        return True, f"bf16: the processor has {' and '.join(found)}"
    return False, f"fp32: the processor has neither {' nor '.join(INSTRUCTIONS)}"
