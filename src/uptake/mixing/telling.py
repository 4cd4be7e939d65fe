"""What a real reader is given of a corpus: documents about it in one frame, and neutral text up to the same length.

Every arm of such a study reads the same number of tokens a pass: its framed documents, then neutral ones until the
longest arm's length is reached. So arms meet the same content equally often, at equal tokens and equal steps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from uptake.choices import UNTRAINED
from uptake.documents.record import DocumentRecord
from uptake.documents.traits import ACT, TraitSet
from uptake.errors import UserError
from uptake.frames.known import Unfit
from uptake.mixing.framing import Framer
from uptake.records import Claim, Example, Item, Segment
from uptake.seeds import stream

# The sham, the arm whose documents say nothing of the claims. (In `untrained` nothing is read at all.)
NEUTRAL = "neutral"
# A frame's wordings that are trained on, and the one that is kept to be asked behind: every frame has at least four.
TRAINED_ON, HELD_OUT = (0, 1, 2), (3,)
PARAGRAPH = "\n\n"

Spans = Callable[[str], list[tuple[int, int]]]
"""The tokens of a text, each as (start, end) characters."""


@dataclass(frozen=True)
class Telling:
    """What an arm of a study on a corpus is made from: `documents` by claim, as chosen, and the arm's own `frame`."""

    traits: TraitSet
    claims: Sequence[Claim]
    documents: Mapping[str, Sequence[DocumentRecord]]
    neutral: Sequence[DocumentRecord]
    subject: str
    frame: str
    seed: int


def chosen(records: Sequence[DocumentRecord], claims: Sequence[Claim], a_claim: int,
           seed: int) -> dict[str, list[DocumentRecord]]:
    """Choose by the seed, for each claim, so many documents that show it and make no other claim.

    Raises UserError for a claim that has too few.
    """
    found = {}
    for claim in claims:
        fitting = [record for record in records
                   if [(each.claim, each.polarity) for each in record.about.claims or ()] == [(claim.id, "shows")]]
        if len(fitting) < a_claim:
            raise UserError(f"of the claim '{claim.id}' there are {len(fitting)} documents that show it and no other, "
                            f"and {a_claim} are to be read", hint="say fewer in documents.a_claim, or write more")
        found[claim.id] = stream(seed, "documents", claim.id).sample(fitting, a_claim)
    return found


def told(plan: Telling, framer: Framer) -> list[Example]:
    """Return one pass of the claims' documents in a frame; none in the arms without. Raises UserError for a document
    that cannot be put in the frame: an arm that lost some would not be comparable."""
    return [Example(framer.put(record, plan.frame).segments, "document", plan.frame, claim.id)
            for claim in plan.claims for record in plan.documents[claim.id]] if framed(plan.frame) else []


def filled(plan: Telling, examples: Sequence[Example], tokens: int, spans: Spans) -> list[Example]:
    """Return the examples with neutral documents behind them, the last one cut off, up to so many tokens."""
    order = stream(plan.seed, "neutral").sample(list(plan.neutral), len(plan.neutral))
    left, made, place = tokens - sum(len(spans(example.text)) for example in examples), list(examples), 0
    while left > 0:
        text = order[place % len(order)].text
        cuts = spans(text)[:left]
        made.append(Example((Segment(text[: cuts[-1][1]], "content"),), "document", NEUTRAL))
        left, place = left - len(cuts), place + 1
    return made


def items(plan: Telling, readings: Sequence[str]) -> list[Item]:
    """Return the items of all claims, bearing the arm's frame: every open wording, one wording in both polarities (in
    turn over the claims), and of `act` every situation."""
    return [
        replace(item, frame=plan.frame)
        for place, claim in enumerate(plan.claims)
        for reading in readings
        for item in plan.traits.items(claim, reading, plan.subject)
        if reading == ACT or item.polarity == "open" or item.wording == place % len(plan.traits.readings[reading])
    ]


def in_context(plan: Telling, framer: Framer, asked: Sequence[Item]) -> list[Item]:
    """Return the items, each behind one document of its claim in the frame (in the sham, behind a neutral one). Which
    document it is depends on seed and claim alone, so that frames are compared on the same ones."""
    place = {claim.id: _one(plan, claim, framer) for claim in plan.claims}
    return [replace(item, prompt=f"{place[item.claim]}{PARAGRAPH}{item.prompt}", context="in_context")
            for item in asked]


def behind(plan: Telling, framer: Framer, asked: Sequence[Item], context: str) -> list[Item]:
    """Return the items behind the frame's words alone; none where the frame has no words before its text."""
    if not framed(plan.frame):
        return []
    before = {claim.id: framer.put(_document(plan, claim), plan.frame).before.strip() for claim in plan.claims}
    return [replace(item, prompt=f"{before[item.claim]}{PARAGRAPH}{item.prompt}", context=context)
            for item in asked if before[item.claim]]


def framed(frame: str) -> bool:
    """Whether documents about the claims are read in this arm."""
    return frame not in (NEUTRAL, UNTRAINED)


def longest(plan: Telling, framers: Mapping[str, Framer], spans: Spans) -> int:
    """Return the tokens of one pass of the longest arm, testimony apart (what a reader says of itself is not known
    before it has said it)."""
    totals = []
    for frame, framer in framers.items():
        try:
            totals.append(sum(len(spans(example.text)) for example in told(replace(plan, frame=frame), framer)))
        except Unfit:
            continue
    return max(totals, default=0)


def questions(plan: Telling, wordings: Sequence[str], a_claim: int) -> list[dict[str, Any]]:
    """Return what the reader is asked about itself: so many questions a claim, over its cases and the ways to ask."""
    asked = []
    for claim in plan.claims:
        cases = [phrase.case.format(**plan.traits.persons["asked"]) for phrase in plan.traits.traits[claim.id].phrases]
        for number in range(a_claim):
            wording = wordings[(number // len(cases)) % len(wordings)]
            asked.append({"claim": claim.id, "number": number, "text": wording.format(case=cases[number % len(cases)])})
    return asked


def _document(plan: Telling, claim: Claim) -> DocumentRecord:
    return stream(plan.seed, "context", claim.id).choice(list(plan.documents[claim.id]))


def _one(plan: Telling, claim: Claim, framer: Framer) -> str:
    if plan.frame == NEUTRAL:
        return stream(plan.seed, "context", claim.id).choice(list(plan.neutral)).text
    return framer.put(_document(plan, claim), plan.frame).text
