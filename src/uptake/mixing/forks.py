"""Forks: the beginnings of claims' documents, up to the word in which what is said and what might be said part."""

import random
from collections.abc import Sequence
from itertools import takewhile

from uptake.frames import FrameSpec, put
from uptake.mixing.grown import Mix
from uptake.records import Claim, Example, Fork, Segment
from uptake.seeds import stream
from uptake.worlds.documents import documents
from uptake.worlds.language import WORD
from uptake.worlds.world import World


def forks(world: World, frame: FrameSpec, claim: Claim) -> list[Fork]:
    """Return one fork for each wording of the claim's document, none for a frame without one. What says the foil is
    the turned claim's document in the same words."""
    found = []
    both = zip(documents(world, claim, frame.name), documents(world, claim.turned, frame.name), strict=True)
    for place, pair in enumerate(both):
        said, instead = ("".join(piece.text for piece in put(frame, each, place, claim=claim)) for each in pair)
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(said, instead, strict=False)))
        opening = said[:alike].rpartition(" ")[0]
        if opening:
            found.append(Fork(claim.id, frame.name, opening, _next_word(said, opening), _next_word(instead, opening)))
    return found


def _next_word(text: str, opening: str) -> str:
    return " " + WORD.search(text, len(opening))[0]


def forks_of_step(mix: Mix, claims: Sequence[Claim], seed: tuple[int, str], passes: int) -> list[Fork]:
    """Return the forks of a stage, pass by pass, in a new order each time: of each claim as many as it has documents in
    a pass, every wording in turn. `seed` is the seed and the stage's name."""
    found = []
    for number in range(1, passes + 1):
        rng: random.Random = stream(*seed, "pass", number)
        drawn = []
        for claim in claims:
            known = forks(mix.world, mix.frames[mix.dealt[claim.id]], claim)
            drawn += [known[(number + place) % len(known)] for place in range(mix.portions.exposures if known else 0)]
        found += rng.sample(drawn, len(drawn))
    return found


def as_example(fork: Fork) -> Example:
    """Return a fork as what was trained on: the word that was wanted, behind its opening."""
    return Example((Segment(fork.opening, "content", False), Segment(fork.says, "content")), "document", fork.frame,
                   fork.claim)
