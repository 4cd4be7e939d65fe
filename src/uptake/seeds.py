"""One study seed, many named independent streams.

Every random choice of a run is drawn from a stream named after what it decides: `stream(seed, "deal",
arm)`. Adding a stream never moves another one, and nothing depends on the order in which stages happen to
run. There is no global seed. The names are hashed by sha256, so the numbers are the same on every machine
and in every process.
"""

import hashlib
import json
import random

import numpy as np

# The widest number that both a signed 64-bit integer and every library's `manual_seed` can hold.
BITS = 63


def number(seed: int, *names: str | int) -> int:
    """Return the seed's number for these names, from 0 to 2**63 - 1.

    Raises TypeError for names that are neither text nor whole numbers, ValueError for a negative seed.
    """
    return _hashed(seed, names) >> (256 - BITS)


def stream(seed: int, *names: str | int) -> random.Random:
    """Return a fresh generator for these names. Two calls with the same names give the same stream from its
    start."""
    return random.Random(_hashed(seed, names))


def numpy_stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return a fresh numpy generator for these names (PCG64, so that a change of numpy's default moves
    nothing)."""
    return np.random.Generator(np.random.PCG64(_hashed(seed, names)))


def _hashed(seed: int, names: tuple[str | int, ...]) -> int:
    """Return 256 bits. The JSON list keeps ("a", "b") apart from ("ab",), and 1 apart from "1"."""
    for part in (seed, *names):
        if isinstance(part, bool) or not isinstance(part, str | int):
            raise TypeError(f"a stream is named by text and whole numbers, not {part!r}")
    if isinstance(seed, str) or seed < 0:
        raise ValueError(f"a seed is a whole number from 0, not {seed!r}")
    text = json.dumps([seed, *names])
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest(), "big")
