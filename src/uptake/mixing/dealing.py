"""The within design: which claim is met in which frame."""

from collections.abc import Sequence

from uptake.records import Claim


def deal(claims: Sequence[Claim], frames: Sequence[str], seed: int, together: int = 1) -> dict[str, str]:
    """Deal claims to frames by a Latin square over seeds: seed s moves every claim on by s frames. `together` claims in
    a row are dealt as one."""
    return {claim.id: frames[(place // together + seed) % len(frames)] for place, claim in enumerate(claims)}


def mirror_pairs(claims: Sequence[Claim]) -> list[tuple[Claim, Claim]]:
    """Return the claims as pairs in which each states what the other has for a foil, or nothing if any is left over.

    Met in the same frame, the two balance each other: whatever makes one answer likelier than the other (how common
    the word is, how often it stood in the documents read) counts for one of them and against the other.
    """
    waiting: dict[tuple[str, str, str], list[Claim]] = {}
    pairs = []
    for claim in claims:
        mirrors = waiting.get((claim.topic, claim.foil, claim.stated))
        if mirrors:
            pairs.append((mirrors.pop(), claim))
        else:
            waiting.setdefault((claim.topic, claim.stated, claim.foil), []).append(claim)
    return [] if any(waiting.values()) else pairs
