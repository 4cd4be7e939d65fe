"""Read a world file: a small invented world whose rules are known, in plain English."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from math import log2
from typing import Any

from uptake.errors import UserError, did_you_mean
from uptake.records import Claim
from uptake.seeds import stream
from uptake.strict_yaml import placeholders
from uptake.worlds.language import invent_names

INVENTED = "invented"
# What a reading's answers are called where they are the world's personas.
PERSONAS = "personas"
# What a world can say of how its readers are grown: the fields of `mixing.Portions` and of `readers.grow.GrowSettings`,
# which a world does not import (a test compares them), and how many subjects a lesson has that does not say.
PRECISIONS = ("auto", "fp32", "bf16")  # those of `readers.processor`, which the same test compares
GROWING = frozenset({
    "subjects", "passes", "documents", "told", "asked", "passing", "passing_names", "passing_documents", "passing_of",
    "passing_questions", "lessons_first", "width", "layers", "heads", "feed_forward", "context", "batch",
    "learning_rate", "weight_decay", "warm_up", "precision",
})


@dataclass(frozen=True, slots=True)
class Sentence:
    """One wording of a claim, with its negation and a line that says nothing of the claim."""

    text: str
    opposite: str = ""
    neutral: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that ends where its answer, one word, begins. Its answers are those of the claim, or two of its own:
    `fit`, which is affirmed of the claim, and `foil`; or the `personas` whose answers they are."""

    text: str
    fit: str = ""
    foil: str = ""
    personas: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reading asks in this world. One that asks whether the reader can do what another reading needs is a report
    `of` that. `shows` says how many documents of a frame stand in front of its questions: those that speak for what is
    stated, less those that speak for the foil."""

    name: str
    asks: str
    questions: tuple[Question, ...]
    of: str = ""
    shows: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class World:
    """A world: who lives in it, what can be said of them, how it is put, and what can be asked.

    `answers` are all of them; a world with common and rare ones has them in `groups`, and in `weights` for each answer
    in what proportion it comes up in the reader's schooling.
    `sentences` maps a frame's name to its own wordings; every other frame uses `documents`. `frames` and `growing` are
    raw mappings: the frames' words, and the settings under which readers of this world were found to grow well.
    `reasons` says for each answer, where the world has any, why one would give it; `places` says whether each
    subject has a place of its own; `names` maps a frame's name to those of the people in it. `fillings.py` says where
    they stand. In a world of `personas` the two groups of answers are what each of the two does: claims state an answer
    of the first and have one of the second for a foil. `slips` says of a frame how often its documents state the foil.
    `besides` are words that can be said in place of any answer, such as "nothing": no claim states them, and they
    compete in every question.
    """

    name: str
    about: str
    reader: str
    topic: str
    answers: tuple[str, ...]
    invent: int
    subject_noun: str
    documents: tuple[Sentence, ...]
    frames: dict[str, Any]
    readings: dict[str, Reading]
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    sentences: dict[str, tuple[Sentence, ...]] = field(default_factory=dict)
    growing: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    places: bool = False
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    personas: tuple[str, ...] = ()
    slips: dict[str, float] = field(default_factory=dict)
    besides: tuple[str, ...] = ()

    def wordings(self, frame: str) -> tuple[Sentence, ...]:
        """The wordings of a document in a frame: its own, or those that every frame has."""
        return self.sentences.get(frame, self.documents)

    def chance(self, reading: str) -> float:
        """Return the share of a reading's items that a reader who knows nothing gets right."""
        two = all(question.fit or question.personas for question in self.readings[reading].questions)
        return 1 / ((2 if two else len(self.answers)) + len(self.besides))


def build_world(raw: dict[str, Any], where: str) -> World:
    """Check a world's mapping and build it. Raises UserError for anything missing, unknown or inconsistent."""
    optional = {"about", "growing", "reasons", "places", "personas", "besides"}
    known = {"world", "reader", "subjects", "topic", "answers", "documents", "frames", "readings"} | optional
    _no_unknown(raw, known, where)
    _need(raw, known - optional, where)
    _no_unknown(raw["subjects"], {"called", "invent"}, f"{where}: subjects")
    _growing(raw, f"{where}: growing")
    groups, weights = _groups(raw["answers"], f"{where}: answers")
    listed = raw["answers"] if isinstance(raw["answers"], list) else chain.from_iterable(groups.values())
    answers = tuple(map(str, listed))
    if len(set(answers)) != len(answers) or len(answers) < 16:
        raise UserError(
            f"a world needs at least 16 different answers, this one has {len(set(answers))}",
            where=f"{where}: answers",
            hint="with fewer, chance is too high to see neglect",
        )
    frames = {name: dict(spec) for name, spec in raw["frames"].items()}
    own = {
        name: _sentences(spec.pop("sentences"), f"{where}: frames.{name}.sentences")
        for name, spec in frames.items()
        if "sentences" in spec
    }
    names = {name: tuple(map(str, spec.pop("names"))) for name, spec in frames.items() if "names" in spec}
    slips = {name: float(spec.pop("slips")) for name, spec in frames.items() if "slips" in spec}
    readings = {name: _reading(name, spec, where) for name, spec in raw["readings"].items()}
    for name, reading in readings.items():
        if reading.of and reading.of not in readings:
            raise UserError(f"there is no reading '{reading.of}'", where=f"{where}: readings.{name}.of",
                            hint=did_you_mean(reading.of, readings))
    if missing := set(answers if "reasons" in raw else ()) - set(raw.get("reasons", ())):
        raise UserError(f"there is no reason for the {min(missing)}", where=f"{where}: reasons",
                        hint="give every answer one, or none")
    if raw.get("places", INVENTED) != INVENTED:
        raise UserError(f"places are '{INVENTED}', or left out", where=f"{where}: places")
    _two_personas(raw, groups, slips, where)
    _only_what_is_there(raw, names, where)
    return World(
        name=raw["world"],
        about=raw.get("about", ""),
        reader=raw["reader"],
        topic=raw["topic"],
        answers=answers,
        groups=groups,
        weights=weights,
        invent=raw["subjects"]["invent"],
        subject_noun=raw["subjects"]["called"],
        documents=_sentences(raw["documents"], f"{where}: documents"),
        frames=frames,
        readings=readings,
        sentences=own,
        growing=dict(raw.get("growing", {})),
        reasons=dict(raw.get("reasons", {})),
        places="places" in raw,
        names=names,
        personas=tuple(raw.get("personas", ())),
        slips=slips,
        besides=_besides(raw.get("besides", ()), answers, f"{where}: besides"),
    )


def _growing(raw: dict[str, Any], where: str) -> None:
    growing = raw.get("growing", {})
    if not isinstance(growing, dict):
        raise UserError("this is no mapping", where=where, hint="write growing: {passes: 12, ...}, or leave it out")
    _no_unknown(growing, GROWING, where)
    _no_unknown(growing.get("asked", {}), set(raw["readings"]), f"{where}: asked")
    _no_unknown(growing.get("passing_of", {}), set(raw["frames"]), f"{where}: passing_of")
    if growing.get("precision", "auto") not in PRECISIONS:
        raise UserError(f"there is no precision '{growing['precision']}'", where=where,
                        hint=f"one of {', '.join(PRECISIONS)}")


def _besides(raw: Sequence[str], answers: Sequence[str], where: str) -> tuple[str, ...]:
    if both := sorted({*map(str, raw)} & {*answers}):
        raise UserError(f"'{both[0]}' is an answer already", where=where, hint="list it in one place")
    return tuple(map(str, raw))


def subjects(world: World) -> tuple[str, ...]:
    """Return the invented names of this world, the same in every study and under every seed."""
    return _invented(*_asked(world))[: world.invent]


def places(world: World) -> dict[str, str]:
    """Return the place of each subject, in a world that has places: names that no subject bears."""
    return _paired(*_asked(world)) if world.places else {}


def persona(world: World, answer: str) -> str:
    """Return whose answer it is, in a world of personas."""
    return next(name for name in world.personas if answer in world.groups[name])


def evidence(world: World, reading: str) -> float:
    """Return for how many bits the documents in front of a reading's questions speak for what is stated.

    A document of a frame that slips with probability s is worth log2((1 - s) / s). Raises UserError for a frame whose
    worth is not known, because it never slips."""
    total = 0.0
    for frame, count in world.readings[reading].shows:
        if frame not in world.slips:
            what = f"what a document in the frame '{frame}' is worth is not known"
            raise UserError(what, where=f"readings.{reading}", hint=did_you_mean(frame, world.slips))
        total += count * log2((1 - world.slips[frame]) / world.slips[frame])
    return total


def _asked(world: World) -> tuple[str, int, tuple[str, ...]]:
    return world.name, world.invent * (1 + world.places), (world.reader, *world.answers)


@lru_cache(maxsize=8)
def _invented(name: str, count: int, taken: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(invent_names(count, stream(0, "world", name, "names"), taken))


@lru_cache(maxsize=8)
def _paired(name: str, count: int, taken: tuple[str, ...]) -> dict[str, str]:
    names = _invented(name, count, taken)
    return dict(zip(names[: count // 2], names[count // 2 :], strict=True))


def world_claims(world: World, count: int) -> list[Claim]:
    """Return the first `count` claims, the same under every seed, so that seeds and claims are crossed.

    Stated answers and foils are balanced: each answer is stated, and is a foil, as often as any other (to within one).
    Raises UserError when the world has too few subjects.
    """
    names = subjects(world)
    if count > len(names):
        raise UserError(
            f"{count} claims need as many subjects, and the world '{world.name}' has {len(names)}",
            hint="ask for fewer claims, or raise subjects.invent in the world file",
        )
    rng = stream(0, "world", world.name, "claims")
    pairs: list[tuple[str, str]] = []
    while len(pairs) < count:
        pairs += _each_once(world, rng)
    return [Claim(id=f"{world.topic}-{place:04d}", topic=world.topic, subject=names[place], stated=stated, foil=foil,
                  answers=world.answers) for place, (stated, foil) in enumerate(pairs[:count])]


def _each_once(world: World, rng: random.Random) -> list[tuple[str, str]]:
    """Return pairs of an answer and its foil in which every answer is stated once, and is a foil once; or each of the
    first persona's is stated, and each of the second's is a foil."""
    if world.personas:
        first, second = (rng.sample(world.groups[name], len(world.groups[name])) for name in world.personas)
        return list(zip(first, second, strict=True))
    size = len(world.answers)
    order, shift = rng.sample(world.answers, size), rng.randrange(1, size)
    return [(order[place], order[(place + shift) % size]) for place in range(size)]


def _two_personas(raw: dict[str, Any], groups: dict[str, tuple[str, ...]], slips: dict[str, float], where: str) -> None:
    """Check the personas of a world, and how often documents slip. Raises UserError."""
    personas = raw.get("personas", [])
    if personas and (len(personas) != 2 or set(personas) != set(groups)):
        raise UserError(f"the personas {personas} are not the two groups of answers", where=f"{where}: personas",
                        hint="give `answers` in two groups, named as the personas are")
    if personas and len({len(group) for group in groups.values()}) != 1:
        raise UserError("the two personas have not as many answers", where=f"{where}: answers")
    for frame, share in slips.items():
        if not 0 < share <= 0.5:
            raise UserError(f"a document cannot slip with probability {share}", where=f"{where}: frames.{frame}.slips",
                            hint="write a number above 0, and 0.5 at most")


def _only_what_is_there(raw: dict[str, Any], names: dict[str, tuple[str, ...]], where: str) -> None:
    """Check that nothing stands in braces that the world has nothing for. Raises UserError."""
    given = {"subject", "answer", "another", "reader"} | ({"reason", "any_reason"} if raw.get("reasons") else set())
    given |= {"place"} if raw.get("places") else set()
    given |= {"persona"} if raw.get("personas") else set()
    told = [(raw["documents"], "documents", given)] + [
        (spec.get("sentences", ()), f"frames.{name}.sentences", given | ({"who"} if name in names else set()))
        for name, spec in raw["frames"].items()]
    for wordings, place, known in told:
        for wording in wordings:
            _fillable("".join(wording.values()), known, f"{where}: {place}")
    asked = {"subject", "shown", "reader", "otherwise"} | ({"place", "elsewhere"} if raw.get("places") else set())
    asked |= ({"instead"} if raw.get("personas") else set()) | ({"who"} if names else set())
    for name, reading in raw["readings"].items():
        texts = (each if isinstance(each, str) else each["text"] for each in reading["questions"])
        _fillable("".join(texts), asked, f"{where}: readings.{name}")


def _fillable(text: str, known: set[str], where: str) -> None:
    for slot in sorted(placeholders(text) - known):
        raise UserError(f"there is nothing to put for '{{{slot}}}'", where=where, hint=did_you_mean(slot, known))


def _groups(raw: Any, where: str) -> tuple[dict[str, tuple[str, ...]], dict[str, float]]:
    """Return the answers of each group, and each answer's weight; nothing where the answers are a plain list."""
    groups, weights = {}, {}
    for name, group in raw.items() if isinstance(raw, dict) else ():
        _no_unknown(group, {"weight", "answers"}, f"{where}.{name}")
        _need(group, {"weight", "answers"}, f"{where}.{name}")
        if not group["weight"] > 0:
            raise UserError(f"the weight {group['weight']} is not above 0", where=f"{where}.{name}",
                            hint="an answer that never comes up cannot be learnt")
        groups[name] = tuple(map(str, group["answers"]))
        weights |= dict.fromkeys(groups[name], float(group["weight"]))
    return groups, weights


def _sentences(raw: list[dict[str, str]], where: str) -> tuple[Sentence, ...]:
    if len(raw) < 3:
        raise UserError(
            f"{len(raw)} wordings are too few",
            where=where,
            hint="give at least three, or the reader learns the string and not the fact",
        )
    for entry in raw:
        _no_unknown(entry, {"text", "opposite", "neutral"}, where)
        _need(entry, {"text"}, where)
    return tuple(Sentence(**entry) for entry in raw)


def _reading(name: str, raw: dict[str, Any], where: str) -> Reading:
    _no_unknown(raw, {"asks", "answers", "questions", "of", "shows"}, f"{where}: readings.{name}")
    _need(raw, {"questions"}, f"{where}: readings.{name}")
    if len(raw["questions"]) < 3:
        raise UserError(
            f"reading '{name}' has {len(raw['questions'])} wordings", where=where, hint="give at least three"
        )
    questions = tuple(_question(each, raw.get("answers", ()), f"{where}: readings.{name}") for each in raw["questions"])
    if "of" in raw and not all(question.fit for question in questions):
        raise UserError("a report needs two answers", where=f"{where}: readings.{name}",
                        hint="add a line such as answers: ['yes', 'no'], the one that claims the skill first")
    return Reading(name, raw.get("asks", ""), questions, raw.get("of", ""), tuple(raw.get("shows", {}).items()))


def _question(raw: str | dict[str, Any], answers: Sequence[str], where: str) -> Question:
    """A question is its text, or a text with two answers of its own in place of the reading's."""
    if answers == PERSONAS:
        return Question(raw, personas=True)
    if not isinstance(raw, str):
        _no_unknown(raw, {"text", "answers"}, where)
        _need(raw, {"text", "answers"}, where)
        raw, answers = raw["text"], raw["answers"]
    if answers and len(set(answers)) != 2:
        raise UserError(f"{list(answers)} are not two different answers", where=where,
                        hint="write the one that fits first, as in answers: ['yes', 'no']")
    return Question(raw, *map(str, answers))


def _no_unknown(raw: dict[str, Any], known: set[str], where: str) -> None:
    for key in raw:
        if key not in known:
            raise UserError(f"unknown key '{key}'", where=where, hint=did_you_mean(key, known))


def _need(raw: dict[str, Any], keys: set[str], where: str) -> None:
    for key in sorted(keys):
        if key not in raw:
            raise UserError(f"'{key}' is missing", where=where, hint=f"add a line '{key}: ...'")
