"""What stands in the braces of a world's sentences and questions, besides the subject and the answer.

`{place}` belongs to a subject for good; `{elsewhere}` is the place of a stranger, and `{otherwise}` a stranger, drawn
anew each time that it is asked: a subject of which nothing lasting is told, so that it has no answer of its own.
`{shown}` is what is stated, in a question that shows it before it asks, `{instead}` the foil. `{who}` is one of a
frame's names. `{reason}` is why one would give the answer that is stated, `{any_reason}` why one would give some
other. `{another}`, in a document, is an answer that is not stated: the claim's foil or, where it has none, the next in
the world's list. `{persona}` is whose answer is stated.
"""

import random
from collections.abc import Mapping, Sequence
from itertools import chain

from uptake.records import Claim
from uptake.seeds import stream
from uptake.worlds.world import World, persona, places, subjects

STRANGERS = 100  # the last names of a world: half of those that are kept, by default, for texts in passing


def of_document(world: World, claim: Claim, frame: str, wording: int) -> dict[str, str]:
    """Return what a wording of a claim's document is filled with in a frame: always the same."""
    filled = {"subject": claim.subject, "answer": claim.stated, "reader": world.reader}
    following = (world.answers.index(claim.stated) + 1) % len(world.answers) if claim.stated in world.answers else 0
    filled["another"] = claim.foil or world.answers[following]
    if frame in world.names:
        filled["who"] = _one_of(world.names[frame], world.name, claim.id, frame, wording)
    if world.reasons:
        others = [answer for answer in world.answers if answer != claim.stated]
        other = stream(0, "any reason", world.name, claim.id).choice(others)
        filled |= {"reason": world.reasons[claim.stated], "any_reason": world.reasons[other]}
    if world.places:
        filled["place"] = places(world)[claim.subject]
    if world.personas:
        filled["persona"] = persona(world, claim.stated)
    return filled


def of_question(world: World, question: str, claim: Claim, rng: random.Random) -> dict[str, str]:
    """Return what a question about a claim is filled with. Nothing is drawn for what does not stand in it."""
    subject = claim.subject
    filled = {"subject": subject, "shown": claim.stated, "instead": claim.foil, "reader": world.reader}
    if "{place}" in question:
        filled["place"] = places(world)[subject]
    if "{elsewhere}" in question:
        filled["elsewhere"] = places(world)[_stranger(world, subject, rng)]
    if "{otherwise}" in question:
        filled["otherwise"] = _stranger(world, subject, rng)
    return filled


def who(world: World, question: str, claim: Claim, frame: str) -> dict[str, str]:
    """Return whose name stands in a question: one of the frame's or, where that has none, of all that there are."""
    if "{who}" not in question:
        return {}
    known = world.names.get(frame) or tuple(chain.from_iterable(world.names.values()))
    return {"who": _one_of(known, world.name, claim.id, question)}


def _one_of(names: Sequence[str], *key: str | int) -> str:
    return names[0] if len(names) == 1 else stream(0, "who", *key).choice(names)


def _stranger(world: World, subject: str, rng: random.Random) -> str:
    return rng.choice([name for name in subjects(world)[-STRANGERS:] if name != subject])


def empty(world: World) -> Mapping[str, str]:
    """Return fillings that leave a wording's own words alone: what a vocabulary is made of."""
    slots = ("subject", "answer", "another", "who", "reason", "any_reason", "place", "elsewhere", "otherwise", "shown",
             "instead", "persona")
    return {**dict.fromkeys(slots, " "), "reader": world.reader}
