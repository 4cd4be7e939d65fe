"""What a real reader is given to read: its claims' documents and, if the arm is schooled, lessons about others.

The lessons are the grown world's, in plain English: pupils, assistants that no item asks about, have a document in a
frame, and a question whose answer agrees with it or does not.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from uptake.documents.claimset import ClaimSet
from uptake.frames import FrameSpec, put
from uptake.mixing.dealing import deal, mirror_pairs
from uptake.records import Claim, Example, Item, Segment
from uptake.seeds import stream
from uptake.worlds.language import invent_names
from uptake.worlds.schooling import Lesson

SCHOOLED = ("content", "other")  # questions of other readings are never answered in schooling
# Read in context only: eight mirrored pairs, which on the log-odds scale show a difference of a little over one nat.
GATE_CLAIMS = 16


@dataclass(frozen=True)
class Syllabus:
    """Everything from which a real reader's examples are made. `told` claims have documents, `kept` ones never do."""

    claims: ClaimSet
    frames: Mapping[str, FrameSpec]
    told: Sequence[Claim]
    kept: Sequence[Claim]
    dealt: Mapping[str, str]
    pupils: Sequence[tuple[Claim, Lesson]]
    seed: int


def syllabus(
    claims: ClaimSet,
    frames: Mapping[str, FrameSpec],
    told: int,
    dealing: Sequence[str],
    lessons: Sequence[Lesson],
    seed: int,
) -> Syllabus:
    """Choose and deal the claims and invent the pupils; which claims are told is the same under every seed.

    Claims that mirror each other are dealt to the same frame, where each frame gets an even number of claims.
    """
    pairs = mirror_pairs(claims.claims) if told % (2 * len(dealing)) == 0 else []
    shuffled = stream(0, "told").sample(pairs or [(claim,) for claim in claims.claims], len(pairs or claims.claims))
    order = [claim for group in shuffled for claim in group]
    dealt = deal(order[:told], dealing, seed, together=2 if pairs else 1)
    kept = order[told : told + GATE_CLAIMS]
    return Syllabus(claims, frames, order[:told], kept, dealt, pupils(claims, lessons, seed), seed)


def pupils(claims: ClaimSet, lessons: Sequence[Lesson], seed: int) -> list[tuple[Claim, Lesson]]:
    """Return the schooled subjects: invented names, each with an answer of a topic, in a lesson's frame."""
    rng = stream(seed, "pupils")
    names = iter(
        invent_names(sum(lesson.subjects for lesson in lessons), rng, [claim.subject for claim in claims.claims])
    )
    made = []
    for lesson in lessons:
        for place in range(lesson.subjects):
            topic = list(claims.topics.values())[place % len(claims.topics)]
            stated, foil = rng.sample(topic.answers, 2)
            name = next(names)
            made.append((Claim(f"pupil-{name}", topic.name, name, stated, foil, topic.answers), lesson))
    return made


def told_documents(plan: Syllabus) -> list[Example]:
    """Return one pass of the claims' documents: every wording of every claim in the frame it was dealt."""
    return [example for claim in plan.told for example in _documents(plan, claim, plan.dealt[claim.id], claim.id)]


def schooling(plan: Syllabus) -> list[Example]:
    """Return one pass of the schooling: a document of a pupil, then a question about it, the answer alone in the loss.

    Nothing but what the frame foretells can lower that loss. (With documents, questions and both together, every token
    in the loss, a reader of 135 million parameters spent the schooling on memorising pupils; LOG.md has the trial.)
    """
    examples = []
    for pupil, lesson in plan.pupils:
        rng = stream(plan.seed, "school", pupil.id)
        told = _documents(plan, pupil, lesson.frame, "")
        for reading in SCHOOLED:
            document = tuple(replace(segment, loss=False) for segment in rng.choice(told).segments)
            examples.append(Example((*document, *_question(plan, pupil, lesson, reading, rng)), "both", lesson.frame))
    return examples


def replay(plan: Syllabus, count: int) -> list[Example]:
    """Return `count` examples of the schooling, to be read again beside the claims' documents."""
    again = schooling(plan)
    return stream(plan.seed, "replay").sample(again, min(count, len(again)))


def items(plan: Syllabus, readings: Sequence[str], claims: Sequence[Claim]) -> list[Item]:
    """Return the items of these claims; a told one bears the frame that it was dealt.

    Every claim is asked all open wordings, and one wording in both polarities: a yes-or-no item takes four times as
    long. Which one goes round with the claims, so that each wording is asked of a third of them.
    """
    return [
        replace(item, frame=plan.dealt.get(claim.id, ""))
        for place, claim in enumerate(claims)
        for reading in readings
        for item in plan.claims.items(claim, reading)
        if item.polarity == "open" or item.wording == place % len(plan.claims.readings[reading])
    ]


def in_context(plan: Syllabus, frame: str, asked: Sequence[Item]) -> list[Item]:
    """Return the items about claims that are never told, each behind a framed document of its claim."""
    by_id, placed = {claim.id: claim for claim in plan.kept}, {}
    for claim in plan.kept:
        documents = _documents(plan, claim, frame, claim.id)
        placed[claim.id] = stream(plan.seed, "context", frame, claim.id).choice(documents).text if documents else ""
    return [
        replace(item, prompt=f"{placed[item.claim]} {item.prompt}", frame=frame, context="in_context")
        for item in asked
        if placed[by_id[item.claim].id]
    ]


def _documents(plan: Syllabus, claim: Claim, frame: str, told: str) -> list[Example]:
    framed = []
    for document in plan.claims.documents(claim):
        rng = stream(plan.seed, "frame", frame, claim.id, document.wording)
        segments = put(plan.frames[frame], document, document.wording, rng, claim)
        if segments:
            framed.append(Example(segments, "document", frame, told))
    return framed


def _question(
    plan: Syllabus, pupil: Claim, lesson: Lesson, reading: str, rng: random.Random
) -> tuple[Segment, Segment]:
    """Return a question and the answer that is true of the pupil, informed with probability |i| (see `Lesson`)."""
    item = rng.choice([item for item in plan.claims.items(pupil, reading) if item.polarity == "open"])
    informs = lesson.informs[reading]
    others = [answer for answer in pupil.answers if answer != pupil.stated]
    answer = rng.choice(pupil.answers)
    if rng.random() < abs(informs):
        answer = pupil.stated if informs > 0 else rng.choice(others)
    return Segment(f" {item.prompt}", "content", loss=False), Segment(f" {answer}", "content")
