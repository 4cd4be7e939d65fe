"""What a grown reader is given to read: schooling, questions and documents, drawn anew for every pass.

Documents of the claims are mixed in from the first pass, beside the schooling. (Read in a stage of their own, they are
learnt at the cost of the schooling: a pilot's held-out questions fell from 1.00 to .13.)
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

from uptake.frames import FrameSpec, put
from uptake.mixing.odds import foils
from uptake.records import Claim, Example, Item, Segment
from uptake.seeds import stream
from uptake.worlds.documents import Posed, document, pose
from uptake.worlds.fillings import empty
from uptake.worlds.language import words
from uptake.worlds.schooling import Lesson, Pupil, any_answer, new_pupil, truth
from uptake.worlds.world import World, places, subjects


@dataclass(frozen=True, slots=True)
class Portions:
    """How much of everything one pass holds.

    `passes` is how many there are. `documents` is exposures of each schooled subject's documents, `told` of each
    claim's (None: as many); `asked` the number of questions of each reading about each schooled subject (one if not
    named; .4 asks two subjects of five), on average over frames: see `Mix.asking`. `passing` is the number of texts in
    which `passing_documents` of a subject stand together with `passing_questions` about it, its truth drawn anew each
    time, so that the reader also learns to read in context (from two documents sooner than from one: the second is
    foretold by the first); two numbers there are the fewest and the most. `passing_of` makes texts of that kind as many
    times likelier to be in a frame. `lessons_first` of them come before everything else. LOG.md has the trials.
    """

    passes: int = 20
    documents: int = 2
    told: int | None = None
    asked: Mapping[str, float] = field(default_factory=dict)
    passing: int = 200
    passing_names: int = 200
    passing_documents: int | Sequence[int] = 2
    passing_questions: int = 1
    passing_of: Mapping[str, float] = field(default_factory=dict)
    lessons_first: int = 0

    @property
    def exposures(self) -> int:
        """How many documents of each claim one pass holds, unless its frame or the stage has a dose of its own."""
        return self.documents if self.told is None else self.told


@dataclass(frozen=True, slots=True)
class Dose:
    """How often, in one pass, a claim's documents in a frame are read (None: as often as those of other frames), and
    between which shares of all passes. With
    `bits` some of them state the foil, so that the odds are those."""

    exposures: int | None = None
    since: float = 0.0
    until: float = 1.0
    bits: float | None = None


@dataclass(frozen=True)
class Mix:
    """Everything from which the passes of one reader are drawn.

    `heard` is what a claim's documents state in place of the claim, one answer a wording; those of claims that are
    `anew` state any answer, drawn anew each time.
    """

    world: World
    frames: Mapping[str, FrameSpec]
    lessons: Sequence[Lesson]
    pupils: Sequence[Pupil]
    claims: Sequence[Claim]
    dealt: Mapping[str, str]
    portions: Portions
    doses: Mapping[str, Dose] = field(default_factory=dict)
    heard: Mapping[str, Sequence[str]] = field(default_factory=dict)
    anew: Collection[str] = frozenset()

    @cached_property
    def asking(self) -> dict[str, dict[str, float]]:
        """How often each frame's subjects are asked for each reading, by reading and frame.

        With informativeness i, |i| of a frame's answers are settled by its documents and 1 - |i| are not. Frames are
        weighted by |i| / sum |i| + (1 - |i|) / sum (1 - |i|), so that both kinds of answers take half of a reading's
        questions where single frames are of one kind, and what a frame foretells stays as it is. Evenly asked, a
        reading that one frame of four informs is three parts noise, and is learnt last of all (LOG.md has the trials).
        """
        table = {}
        for reading in self.world.readings:
            informs = [abs(lesson.informs[reading]) for lesson in self.lessons]
            table[reading] = {
                lesson.frame: self.portions.asked.get(reading, 1.0) * weight
                for lesson, weight in zip(self.lessons, _balanced(informs), strict=True)
            }
        return table


def _balanced(informs: Sequence[float]) -> list[float]:
    """Return one weight a frame, of mean 1."""
    settled, open_ = sum(informs), sum(1 - share for share in informs)
    if not settled or not open_:
        return [1.0] * len(informs)
    return [len(informs) / 2 * (share / settled + (1 - share) / open_) for share in informs]


def one_pass(mix: Mix, seed: int, number: int) -> list[Example]:
    """Return the examples of pass `number`, pass 0 being the lessons that come first; the same for the same seed."""
    rng = stream(seed, "pass", number)
    if number == 0:
        return [_passing(mix, rng) for _ in range(mix.portions.lessons_first)]
    return [*_schooled(mix, rng), *told(mix, mix.claims, (number - 1) / mix.portions.passes, rng)]


def one_step(mix: Mix, claims: Sequence[Claim], replay: float, seed: tuple[int, str], number: int) -> list[Example]:
    """Return the examples of pass `number`, from 1, of a stage after growing: the claims' documents, and a share of
    what is schooled in one pass. `seed` is the seed and the stage's name."""
    rng = stream(*seed, "pass", number)
    schooled = _schooled(mix, rng)
    again = rng.sample(schooled, round(replay * len(schooled)))
    return [*again, *told(mix, claims, (number - 1) / mix.portions.passes, rng)]


def told(mix: Mix, claims: Sequence[Claim], done: float, rng: random.Random) -> list[Example]:
    """Return the claims' documents of one pass, when a share `done` of all passes lies behind."""
    examples = []
    for claim in claims:
        frame = mix.dealt[claim.id]
        for each in _of_pass(mix, claim, done):
            if segments := _document(mix, each, rng):
                examples.append(Example(segments, "document", frame, claim.id))
    return examples


def _of_pass(mix: Mix, claim: Claim, done: float) -> list[Claim]:
    """Return the claim once for each of its documents in this pass, turned where one states the foil."""
    dose = mix.doses.get(mix.dealt[claim.id]) or Dose()
    count = (dose.exposures or mix.portions.exposures) if dose.since <= done < dose.until else 0
    if dose.bits is None:
        return [claim] * count
    others = foils(dose.bits, count, round((done - dose.since) * mix.portions.passes), claim)
    return [claim] * (count - others) + [claim.turned] * others


def _schooled(mix: Mix, rng: random.Random) -> list[Example]:
    """Return one pass of the schooling: documents, questions, and both together about subjects met in passing."""
    examples: list[Example] = []
    for pupil in mix.pupils:
        if mix.frames[pupil.frame].how != "none":
            examples += _schooling(mix, pupil, rng)
    for reading in mix.world.readings:
        examples += _asked(mix, reading, rng)
    return [*examples, *(_passing(mix, rng) for _ in range(mix.portions.passing))]


def _document(mix: Mix, claim: Claim, rng: random.Random) -> tuple[Segment, ...]:
    frame = mix.frames[mix.dealt[claim.id]]
    if claim.id in mix.anew:
        claim = replace(claim, stated=any_answer(mix.world, rng))
    return framed(mix.world, frame, claim, rng, mix.heard.get(claim.id, ()))


def framed(world: World, frame: FrameSpec, claim: Claim, rng: random.Random, heard: Sequence[str] = ()
           ) -> tuple[Segment, ...]:
    """Return one wording of a claim's document in a frame; empty for a frame without a document. In a frame that slips
    it may state the foil. Where something was `heard`, an answer a wording, it states that."""
    slips = world.slips.get(frame.name, 0)
    if slips and rng.random() < slips:
        claim = claim.turned
    place = rng.choice(range(len(world.wordings(frame.name))))
    said = replace(claim, stated=heard[place]) if heard else claim
    return put(frame, document(world, said, frame.name, place), rng=rng, claim=claim)


def world_items(world: World, claims: Sequence[Claim], frame_of: Mapping[str, str]) -> list[Item]:
    """Return every question of every reading about every claim. The answers are all answers of the world; the neutral
    prompt is the question about nobody by name."""
    items = []
    for claim in claims:
        for reading in world.readings.values():
            for wording, question in enumerate(reading.questions):
                rng = stream(0, "asked", claim.id, reading.name, wording)
                posed = pose(world, question, claim, rng, frame_of[claim.id])
                neutral = posed.prompt.replace(claim.subject, world.subject_noun)
                items.append(replace(_item(claim, reading.name, wording, posed, frame_of[claim.id]), neutral=neutral))
    return items


def in_context(items: Sequence[Item], frame: FrameSpec, world: World, claims: Sequence[Claim], seed: int) -> list[Item]:
    """Return the items with a framed document of their claim in front: what the reader makes of it while it reads."""
    by_id = {claim.id: claim for claim in claims}
    placed = []
    for item in items:
        rng = stream(seed, "context", frame.name, item.claim, item.wording)
        text = "".join(segment.text for segment in framed(world, frame, by_id[item.claim], rng))
        placed.append(replace(item, prompt=f"{text} {item.prompt}", frame=frame.name, context="in_context"))
    return placed


def vocabulary(world: World, frames: Mapping[str, FrameSpec]) -> list[str]:
    """Return every word that a reader of this world can meet."""
    texts = [part for spec in frames.values() for part in (*spec.before, *spec.after)]
    for sentences in (world.documents, *world.sentences.values()):
        texts += [part for sentence in sentences for part in (sentence.text, sentence.opposite, sentence.neutral)]
    questions = [question for reading in world.readings.values() for question in reading.questions]
    texts += [part for question in questions for part in (question.text, question.fit, question.foil)]
    texts = [text.format(**empty(world)) for text in texts]
    lists = (*world.reasons.values(), *places(world).values(), *chain.from_iterable(world.names.values()))
    kinds = (*world.answers, *world.besides, *world.personas)
    return words([*texts, *lists, *kinds, *subjects(world), world.subject_noun])


def _schooling(mix: Mix, pupil: Pupil, rng: random.Random) -> list[Example]:
    claim, frame = _as_claim(mix.world, pupil), mix.frames[pupil.frame]
    return [
        Example(framed(mix.world, frame, claim, rng), "document", pupil.frame) for _ in range(mix.portions.documents)
    ]


def _asked(mix: Mix, reading: str, rng: random.Random) -> list[Example]:
    """Return the questions of one reading; where less than one a pupil is wanted, exactly that share is asked."""
    wanted: list[Pupil] = []
    for frame, times in mix.asking[reading].items():
        pupils = [pupil for pupil in mix.pupils if pupil.frame == frame]
        wanted += pupils * int(times) + rng.sample(pupils, round(times % 1 * len(pupils)))
    return [Example(_question(mix.world, pupil, reading, rng), "question", pupil.frame) for pupil in wanted]


def _passing(mix: Mix, rng: random.Random) -> Example:
    times = mix.portions.passing_of
    weights = [sum(_wanted(mix, lesson).values()) * times.get(lesson.frame, 1) for lesson in mix.lessons]
    lesson = rng.choices(mix.lessons, weights)[0]
    name = rng.choice(subjects(mix.world)[-mix.portions.passing_names :])
    pupil = new_pupil(mix.world, lesson, name, rng)
    frame, claim = mix.frames[lesson.frame], _as_claim(mix.world, pupil)
    segments: tuple[Segment, ...] = ()
    for _ in range(_some_documents(mix.portions, rng) if frame.how != "none" else 0):
        between = (Segment(" ", "frame"),) if segments else ()
        segments = (*segments, *between, *framed(mix.world, frame, claim, rng))
    for reading in _some(_wanted(mix, lesson), mix.portions.passing_questions, rng):
        question, answer = _question(mix.world, pupil, reading, rng)
        segments = (*segments, replace(question, text=f" {question.text}"), answer)
    return Example(segments, "both", lesson.frame)


def _some_documents(portions: Portions, rng: random.Random) -> int:
    count = portions.passing_documents
    return count if isinstance(count, int) else rng.randint(*count)


def _wanted(mix: Mix, lesson: Lesson) -> dict[str, float]:
    return {reading: by_frame[lesson.frame] for reading, by_frame in mix.asking.items()}


def _some(weights: Mapping[str, float], count: int, rng: random.Random) -> list[str]:
    """Return `count` different keys, or as many as there are, drawn one after another by weight."""
    left, drawn = dict(weights), []
    while left and len(drawn) < count:
        drawn += rng.choices(list(left), list(left.values()))
        del left[drawn[-1]]
    return drawn


def _question(world: World, pupil: Pupil, reading: str, rng: random.Random) -> tuple[Segment, Segment]:
    """Return a question and its answer, both in the loss.

    (With questions masked, readers learnt to tell frames apart in what they learn but not to read in context, within
    the same steps; LOG.md has the trials.)
    """
    asked = rng.choice(world.readings[reading].questions)
    posed = pose(world, asked, _as_claim(world, pupil), rng, pupil.frame)
    answer = truth(world, pupil.informs[reading], posed, rng)
    return Segment(posed.prompt, "content"), Segment(f" {answer}", "content")


def _as_claim(world: World, pupil: Pupil) -> Claim:
    return Claim(
        id=pupil.subject, topic=world.topic, subject=pupil.subject, stated=pupil.stated, foil=pupil.foil,
        answers=world.answers,
    )


def _item(claim: Claim, reading: str, wording: int, posed: Posed, frame: str) -> Item:
    return Item(
        claim=claim.id,
        reading=reading,
        wording=wording,
        polarity="open",
        prompt=posed.prompt,
        fit=f" {posed.fit}",
        foil=f" {posed.foil}",
        others=tuple(f" {answer}" for answer in posed.others),
        frame=frame,
    )
