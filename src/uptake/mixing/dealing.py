"""The within design: which claim is met in which frame."""

from collections.abc import Sequence

from uptake.records import Claim


def deal(claims: Sequence[Claim], frames: Sequence[str], seed: int) -> dict[str, str]:
    """Deal claims to frames by a Latin square over seeds: seed s moves every claim on by s frames."""
    return {claim.id: frames[(place + seed) % len(frames)] for place, claim in enumerate(claims)}
