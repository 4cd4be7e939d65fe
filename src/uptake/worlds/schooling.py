"""The dial: how far each frame foretells each reading in the past of a grown reader.

A schooled subject has documents in one frame, and questions are asked about it. Where the frame informs a reading, the
answer is the stated one (informativeness above 0) or anything but the stated one (below 0). Where it says nothing, it
is any answer. What the documents do not settle is drawn anew each time that it is asked: it cannot be learnt from the
documents, so it must not be something that a reader could memorise either. (With one fixed draw a subject, memorising
those answers is most of what the reader does, and the rule that the frame informs is lost beneath it.)
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from uptake.errors import UserError
from uptake.seeds import stream
from uptake.worlds.world import World, subjects


@dataclass(frozen=True, slots=True)
class Lesson:
    """The schooling of one frame: how many subjects, and how far it informs each reading (-1 to 1)."""

    frame: str
    subjects: int
    informs: Mapping[str, float]


Says = Literal["stated", "other", "anything"]


@dataclass(frozen=True, slots=True)
class Pupil:
    """A subject of the schooling: what its documents state, in which frame, and what is true for each reading."""

    subject: str
    frame: str
    stated: str
    truths: Mapping[str, Says]


def school(world: World, lessons: list[Lesson], claims: int, seed: int, reserved: int = 0) -> list[Pupil]:
    """Return the schooled subjects of one seed.

    The first `claims` names of the world are kept for the claims, the last `reserved` for subjects met in passing.

    Informativeness i is exact, not expected: round(|i| n) of a frame's n subjects have an informed truth, chosen
    separately for every reading. Raises UserError when the world has too few names.
    """
    wanted = sum(lesson.subjects for lesson in lessons)
    names = subjects(world)[claims:-reserved] if reserved else subjects(world)[claims:]
    if wanted > len(names):
        raise UserError(
            f"the schooling needs {wanted} subjects beside {claims + reserved} others, and the world "
            f"'{world.name}' has {len(names)} left",
            hint="raise subjects.invent in the world file, or school fewer",
        )
    rng = stream(seed, "school", world.name)
    chosen = iter(rng.sample(names, wanted))
    pupils: list[Pupil] = []
    for lesson in lessons:
        pupils += _pupils(world, lesson, [next(chosen) for _ in range(lesson.subjects)], rng)
    return pupils


def truth(world: World, pupil: Pupil, reading: str, rng: random.Random) -> str:
    """Return the answer that is true when the question is asked now."""
    if pupil.truths[reading] == "stated":
        return pupil.stated
    excluded = pupil.stated if pupil.truths[reading] == "other" else None
    return rng.choice([answer for answer in world.answers if answer != excluded])


def passing_pupil(world: World, lesson: Lesson, name: str, rng: random.Random) -> Pupil:
    """Return a subject that is met once, its document and its question together, informed with probability |i|."""
    truths = {
        reading: _informed(lesson.informs[reading]) if rng.random() < abs(lesson.informs[reading]) else "anything"
        for reading in world.readings
    }
    return Pupil(name, lesson.frame, rng.choice(world.answers), truths)


def _pupils(world: World, lesson: Lesson, names: list[str], rng: random.Random) -> list[Pupil]:
    truths: list[dict[str, Says]] = [{} for _ in names]
    for reading in world.readings:
        informs = lesson.informs[reading]
        informed = set(rng.sample(range(len(names)), round(abs(informs) * len(names))))
        for place, known in enumerate(truths):
            known[reading] = _informed(informs) if place in informed else "anything"
    return [
        Pupil(name, lesson.frame, rng.choice(world.answers), known) for name, known in zip(names, truths, strict=True)
    ]


def _informed(informs: float) -> Says:
    return "stated" if informs > 0 else "other"
