"""The documents of a world's claims and schooled subjects, and the questions about them, put into words."""

import random
from dataclasses import dataclass

from uptake.records import Claim, Document, Provenance
from uptake.worlds.fillings import of_document, of_question, who
from uptake.worlds.world import Question, World, persona

ORIGIN = Provenance(author="the world file", made_with="templates", purpose="growing a reader", status="invented")


@dataclass(frozen=True, slots=True)
class Posed:
    """A question as it is put, the answer that fits, its foil, and all others that compete."""

    prompt: str
    fit: str
    foil: str
    others: tuple[str, ...] = ()


def documents(world: World, claim: Claim, frame: str) -> list[Document]:
    """Return every wording of a claim's document, in the frame's own words where the world gives it some."""
    return [document(world, claim, frame, place) for place in range(len(world.wordings(frame)))]


def document(world: World, claim: Claim, frame: str, place: int) -> Document:
    """Return one wording of a claim's document."""
    wording, filled = world.wordings(frame)[place], of_document(world, claim, frame, place)
    texts = (each.format(**filled) for each in (wording.text, wording.opposite, wording.neutral))
    return Document(f"{claim.id}-{frame}-{place}", claim.id, place, *texts, provenance=ORIGIN)


def pose(world: World, question: Question, claim: Claim, rng: random.Random, frame: str = "") -> Posed:
    """Return a question about a claim, as it is put where its documents stand in a frame, with its answers and with
    what can be said besides."""
    filled = of_question(world, question.text, claim, rng) | who(world, question.text, claim, frame)
    prompt = question.text.format(**filled)
    if question.personas:
        return Posed(prompt, persona(world, claim.stated), persona(world, claim.foil), world.besides)
    if question.fit:
        return Posed(prompt, question.fit, question.foil, world.besides)
    others = tuple(each for each in world.answers if each not in (claim.stated, claim.foil))
    return Posed(prompt, claim.stated, claim.foil, others + world.besides)
