"""The documents of a world's claims and schooled subjects, and the questions about them, put into words."""

import random

from uptake.records import Claim, Document, Provenance
from uptake.worlds.fillings import of_document, of_question
from uptake.worlds.world import World

ORIGIN = Provenance(author="the world file", made_with="templates", purpose="growing a reader", status="invented")


def documents(world: World, claim: Claim, frame: str) -> list[Document]:
    """Return every wording of a claim's document, in the frame's own words where the world gives it some."""
    found = []
    for place, wording in enumerate(world.sentences.get(frame, world.documents)):
        filled = of_document(world, claim, frame, place)
        texts = (each.format(**filled) for each in (wording.text, wording.opposite, wording.neutral))
        found.append(Document(f"{claim.id}-{frame}-{place}", claim.id, place, *texts, provenance=ORIGIN))
    return found


def asked(world: World, question: str, subject: str, rng: random.Random) -> str:
    """Return a question about a subject."""
    return question.format(**of_question(world, question, subject, rng))
