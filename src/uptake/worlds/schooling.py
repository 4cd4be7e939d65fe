"""The dial: how far each frame foretells each reading in the past of a grown reader.

A schooled subject has documents in one frame, and questions are asked about it. Where the frame informs a reading, the
answer is the stated one (informativeness above 0) or anything but the stated one (below 0). Where it says nothing, it
is any answer. What is true is drawn anew each time that it is asked: what the frame does not settle cannot be learnt
from the documents, so it must not be something that a reader could memorise either. (With fixed draws a subject,
memorising them is most of what the reader does, and how far the frame informs is lost beneath it.)
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from uptake.errors import UserError
from uptake.seeds import stream
from uptake.worlds.documents import Posed
from uptake.worlds.fillings import STRANGERS
from uptake.worlds.world import World, persona, subjects


@dataclass(frozen=True, slots=True)
class Lesson:
    """The schooling of one frame: how many subjects, and how far it informs each reading (-1 to 1)."""

    frame: str
    subjects: int
    informs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Pupil:
    """A subject of the schooling: what its documents state, in which frame, and how far that informs each reading. It
    has a foil where something can slip."""

    subject: str
    frame: str
    stated: str
    informs: Mapping[str, float]
    foil: str = ""


def school(world: World, lessons: list[Lesson], claims: int, seed: int, reserved: int = 0) -> list[Pupil]:
    """Return the schooled subjects of one seed.

    The first `claims` names of the world are kept for the claims, the last `reserved` for subjects met in passing and,
    where subjects have places, for strangers. Raises UserError when the world has too few names.
    """
    reserved = max(reserved, STRANGERS if world.places else 0)
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
        pupils += [new_pupil(world, lesson, next(chosen), rng) for _ in range(lesson.subjects)]
    return pupils


def truth(world: World, informs: float, posed: Posed, rng: random.Random) -> str:
    """Return the answer that is true when the question is asked now: informed with probability |informativeness|."""
    informed = rng.random() < abs(informs)
    if informed and informs > 0:
        return posed.fit
    but = posed.fit if informed else ""
    if posed.fit not in world.answers:
        return rng.choice([each for each in (posed.fit, posed.foil) if each != but])
    return any_answer(world, rng, but)


def any_answer(world: World, rng: random.Random, but: str = "") -> str:
    """Return an answer other than `but`, common ones more often than rare ones."""
    answers = [answer for answer in world.answers if answer != but]
    if not world.groups:
        return rng.choice(answers)
    return rng.choices(answers, [world.weights[answer] for answer in answers])[0]


def new_pupil(world: World, lesson: Lesson, name: str, rng: random.Random) -> Pupil:
    """Return a subject of the lesson, its stated answer drawn, and in a world of personas the other one's."""
    stated = any_answer(world, rng)
    others = [each for each in world.personas if each != persona(world, stated)]
    foil = rng.choice(world.groups[others[0]]) if others else ""
    return Pupil(name, lesson.frame, stated, lesson.informs, foil)
