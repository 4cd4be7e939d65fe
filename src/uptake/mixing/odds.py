"""Odds that documents plant: how many of a pass state the foil, so that over all passes the shares are as planted.

Odds are in bits: at b bits what is stated is stated 2^b times as often as its foil. Counted out and not drawn, because
a claim has some dozens of documents, of which at 6 bits one alone states the foil.
"""

import math
from collections.abc import Sequence

from uptake.records import Claim
from uptake.seeds import stream


def share_of_foil(bits: float) -> float:
    """Return the share of documents that state the foil."""
    return 1 / (1 + 2**bits)


def foils(bits: float, documents: int, passes_done: int, claim: Claim) -> int:
    """Return how many of a pass's `documents` state the foil. The sum over passes never differs by one or more from
    the share of all; where the steps fall differs from claim to claim."""
    each, phase = documents * share_of_foil(bits), _phase(claim)
    return math.floor(each * (passes_done + 1) + phase) - math.floor(each * passes_done + phase)


def shown(bits: float, claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims with as many of them turned as have one document that states the foil, if each has one."""
    share, phase = share_of_foil(bits), 0.5
    reached = [math.floor(share * place + phase) for place in range(len(claims) + 1)]
    return [claim.turned if reached[place + 1] > reached[place] else claim for place, claim in enumerate(claims)]


def _phase(claim: Claim) -> float:
    return stream(0, "odds", claim.id).random()
