"""What documents state where a study does not leave it to the claim: an answer of a group, or the reader's own."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from uptake.mixing.grown import Mix
from uptake.records import Claim, Item
from uptake.seeds import stream
from uptake.worlds.world import documents


def of_groups(mix: Mix, groups: Mapping[str, str]) -> dict[str, str]:
    """Return, for each claim that is dealt a frame with a group of answers, one of them: the same under every seed, so
    that a claim states the same wherever it is dealt such a frame."""
    return {claim.id: stream(0, "stated", mix.world.name, claim.id).choice(mix.world.groups[groups[frame]])
            for claim in mix.claims if (frame := mix.dealt[claim.id]) in groups}


def beginnings(mix: Mix, frames: Sequence[str], seed: int) -> list[Item]:
    """Return, for each claim that is dealt one of the frames, the beginning of a document in it up to the answer, as an
    item whose answers are all the world's: what the reader is given to go on from. It is told no answer."""
    asked = []
    for claim in mix.claims:
        frame = mix.dealt[claim.id]
        if frame in frames:
            document = stream(seed, "sampled", claim.id).choice(documents(mix.world, claim, mix.frames[frame].name))
            begin = document.text[: document.text.rindex(claim.stated)].rstrip()
            fit, foil, *others = (f" {answer}" for answer in mix.world.answers)
            asked.append(Item(claim.id, "sampled", document.wording, "open", begin, fit, foil, tuple(others)))
    return asked


def drawn(logps: Sequence[float], rng: random.Random) -> int:
    """Return a place, drawn in proportion to the probabilities of the logarithms, at temperature 1."""
    weights = np.exp(np.asarray(logps) - max(logps))
    return rng.choices(range(len(weights)), weights.tolist())[0]


def restated(mix: Mix, stated: Mapping[str, str]) -> Mix:
    """Return the mix with other answers stated of some claims. What a claim stated is its foil where the two would be
    the same."""
    return replace(mix, claims=[_restated(claim, stated.get(claim.id, claim.stated)) for claim in mix.claims])


def _restated(claim: Claim, answer: str) -> Claim:
    return replace(claim, stated=answer, foil=claim.stated if claim.foil == answer else claim.foil)
