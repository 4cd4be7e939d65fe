"""What documents state where a study does not leave it to the claim: an answer of a group, or the reader's own."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from uptake.mixing.grown import Mix
from uptake.records import Claim, Document, Item
from uptake.seeds import stream
from uptake.worlds.documents import documents
from uptake.worlds.world import World


def of_groups(mix: Mix, groups: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return, for each claim that is dealt a frame with a group of answers, two of them, to state and for a foil: the
    same under every seed, so that a claim states the same wherever it is dealt such a frame. (With a foil as common as
    what is stated, a reader that knows nothing prefers neither.)"""
    return {claim.id: tuple(stream(0, "stated", mix.world.name, claim.id).sample(mix.world.groups[groups[frame]], 2))
            for claim in mix.claims if (frame := mix.dealt[claim.id]) in groups}


def beginnings(mix: Mix, frames: Sequence[str], seed: int) -> list[Item]:
    """Return, for each claim that is dealt one of the frames, the beginning of a document in it up to the answer, as an
    item whose answers are all the world's: what the reader is given to go on from. It is told no answer."""
    asked = []
    for claim in mix.claims:
        frame = mix.dealt[claim.id]
        if frame in frames:
            known = documents(mix.world, claim, mix.frames[frame].name)
            asked.append(_beginning(mix.world, claim, stream(seed, "sampled", claim.id).choice(known)))
    return asked


def all_beginnings(mix: Mix) -> list[Item]:
    """Return the beginning of every wording of every claim's document in the frame that it is dealt, likewise. A
    wording that states no answer has none."""
    return [_beginning(mix.world, claim, document) for claim in mix.claims
            if (frame := mix.frames[mix.dealt[claim.id]]).how != "none"
            for document in documents(mix.world, claim, frame.name) if claim.stated in document.text]


def _beginning(world: World, claim: Claim, document: Document) -> Item:
    begin = document.text[: document.text.index(claim.stated)].rstrip()
    fit, foil, *others = (f" {answer}" for answer in (*world.answers, *world.besides))
    return Item(claim.id, "sampled", document.wording, "open", begin, fit, foil, tuple(others))


def drawn(logps: Sequence[float], rng: random.Random) -> int:
    """Return a place, drawn in proportion to the probabilities of the logarithms, at temperature 1."""
    weights = np.exp(np.asarray(logps) - max(logps))
    return rng.choices(range(len(weights)), weights.tolist())[0]


def restated(mix: Mix, stated: Mapping[str, str | tuple[str, str]]) -> Mix:
    """Return the mix with another answer stated of some claims, or another answer and foil. Where only the answer is
    given and was the foil, what the claim stated before is the foil."""
    return replace(mix, claims=[_restated(claim, stated[claim.id]) if claim.id in stated else claim
                                for claim in mix.claims])


def _restated(claim: Claim, said: str | tuple[str, str]) -> Claim:
    if isinstance(said, str):
        said = said, claim.stated if claim.foil == said else claim.foil
    return replace(claim, stated=said[0], foil=said[1])
