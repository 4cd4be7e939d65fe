"""Ask a reader about itself, without telling it the answer.

Testimony is worth something only if the one who gives it was free to say otherwise. Its questions therefore come from a
claim's cases ("when it has made a mistake") or situations, and never hold the claim, its foil, or what could be done:
`questions` leaves those out that do. What was asked is kept with each answer (`Question`), and the same questions can
be put to any other author. Which polarity an answer has is not known: nothing is said of it in its provenance.

A claim's situations are also the test items of `act`. Whoever trains on answers to them should leave those items out
(`number` says which); answers about cases leave every item unused.
"""

import re
from dataclasses import dataclass

from uptake.authoring.brief import TESTIMONY, Shown, data
from uptake.documents.traits import TraitSet
from uptake.errors import UserError


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: about which claim, from its `cases` or its `situations`, which of them (`number`), on which side
    of a pair of situations (`fits` or `look_alike`), and in which of the ways to ask."""

    claim: str
    source: str
    number: int
    side: str
    wording: int
    text: str


def questions(claim: Shown, traits: TraitSet | None, source: str) -> list[Question]:
    """Return the questions about a claim, from its `cases` or `situations`: every one in its first wording, then in
    the next. One that would tell what the claim says is left out (a situation may name the colour that a claim is
    about). Raises UserError if none is left."""
    if source == "situations" and traits is not None:
        asked = [(place, side, getattr(pair, side)) for place, pair in enumerate(traits.traits[claim.id].situations)
                 for side in ("fits", "look_alike")]
        blank, wordings = "situation", data("questions")["situation"]
    else:
        asked = [(place, "", case) for place, case in enumerate(claim.cases)]
        blank, wordings = "case", data("questions")["case"]
    made = [Question(claim.id, source, place, side, number, wording.format(**{blank: text}))
            for number, wording in enumerate(wordings) for place, side, text in asked]
    told = {question.text: tells(question, claim, traits) for question in made}
    if all(told.values()):
        raise UserError(f"every question about '{claim.id}' tells its answer ('{next(iter(told.values()))}')",
                        where=TESTIMONY, hint=f"take the words out of the claim's {source}")
    return [question for question in made if not told[question.text]]


def tells(question: Question, claim: Shown, traits: TraitSet | None) -> str:
    """Return what a question holds of what the claim says, what its foil says, or a reply to a situation; or ''."""
    plain = _plain(question.text)
    return next((told for told in _answers(claim, traits)
                 if re.search(rf"(?<!\w){re.escape(_plain(told))}(?!\w)", plain)), "")


def _answers(claim: Shown, traits: TraitSet | None) -> list[str]:
    if traits is None or claim.id not in traits.traits:
        return [claim.shows, claim.lacks]
    trait = traits.traits[claim.id]
    said = [getattr(phrase, side).format(**traits.persons[person])
            for phrase in trait.phrases for side in ("fit", "foil") for person in ("named", "asked")]
    replies = [reply for pair in trait.situations for reply in (pair.act, pair.other)]
    return [claim.shows, claim.lacks, trait.claim.stated, trait.claim.foil, *said, *replies]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s']", " ", text.casefold()).split())
