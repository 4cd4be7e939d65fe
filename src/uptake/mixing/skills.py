"""What a real reader is given to read about its skills, or about habits, and what it is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from uptake.choices import UNTRAINED, Step
from uptake.documents.skills import Matter, Matters, Reading
from uptake.mixing.dealing import deal
from uptake.records import Example, Item, Segment
from uptake.seeds import stream

LINE = "\n"


@dataclass(frozen=True)
class Course:
    """Everything from which documents and items about skills or habits are made. `abilities` are the items of each
    skill; `dealt` says in which frame of the study each matter is, and `own` under which frame of the file that
    stands. Of a habit's answers the first is so."""

    matters: Matters
    abilities: Mapping[str, Sequence[Item]]
    dealt: Mapping[str, str]
    own: Mapping[str, str]
    seed: int

    @property
    def told(self) -> list[Matter]:
        """The skills or habits that the study is about."""
        return [matter for matter in self.matters.matters if matter.id in self.dealt]


def dealt_matters(matters: Sequence[Matter], kinds: Mapping[str, str], a_frame: int, seed: int) -> dict[str, str]:
    """Deal the first `a_frame` matters a frame of each kind to the frames of that kind (`kinds`: by frame; '' is any).

    A Latin square over seeds: among n frames every n seeds, from a multiple of n on, deal each matter to each frame
    once. Each such n seeds have another order, so that the same ones are not always told together.
    """
    found: dict[str, str] = {}
    for kind in dict.fromkeys(kinds.values()):
        frames = [frame for frame, each in kinds.items() if each == kind]
        pool = [matter for matter in matters if not kind or matter.kind == kind][: a_frame * len(frames)]
        stream(seed // len(frames), "skills", kind).shuffle(pool)
        found |= deal(pool, frames, seed)
    return found


def drawn(matters: Matters, dealt: Mapping[str, str], seed: int) -> Matters:
    """Return the matters with, of each habit, the answer first that is so in this seed.

    In every frame it is the one that the file names first for half of the habits. Of two seeds, 2n and 2n + 1, each has
    what the other has not, where the same habits are dealt to a frame.
    """
    so: dict[str, int] = {}
    for frame in dict.fromkeys(dealt.values()):
        there = [matter.id for matter in matters.matters if dealt.get(matter.id) == frame]
        stream(seed // 2, "either", frame).shuffle(there)
        so |= {name: (place + seed) % 2 for place, name in enumerate(there)}
    return replace(matters, matters=tuple(
        replace(each, either=each.either[::-1]) if so.get(each.id) else each for each in matters.matters))


def documents(course: Course, step: Step) -> list[Example]:
    """Return one pass of what a step has the reader read: of each matter that it names the frame of, that frame's
    sentences, or `exposures` of them."""
    examples = []
    for matter in course.told:
        frame = frame_put(course, step, matter)
        if frame != UNTRAINED:
            said = course.matters.sentences(frame, matter)
            if step.exposures is not None:
                rng = stream(course.seed, "skills", step.name, matter.id)
                said = [text for _ in range(-(-step.exposures // len(said))) for text in rng.sample(said, len(said))]
            examples += [Example((Segment(text, "content"),), "document", frame, matter.id)
                         for text in said[: step.exposures]]
    return examples


def frame_put(course: Course, step: Step, matter: Matter) -> str:
    """Return the frame in which a step speaks of a matter; `untrained` where it does not."""
    dealt = course.dealt[matter.id]
    if isinstance(step.frame, Mapping):
        return step.frame.get(dealt, UNTRAINED)
    return step.frame or course.own[dealt]


def items(course: Course, readings: Sequence[str]) -> list[Item]:
    """Return the items of some readings of every matter, each with the frame that it was dealt."""
    made = [(_put if course.matters.readings[name].put else _asked)(course, matter, name)
            for matter in course.told for name in readings]
    return [item for each in made for item in each]


def chance(course: Course, reading: str) -> float:
    """Return the share of a reading's items that a reader who knows nothing gets right. Of questions it is one half:
    what may be said besides the two answers is never so."""
    if course.matters.readings[reading].questions:
        return 0.5
    chances = [1 / (2 + len(item.others)) for item in items(course, [reading])]
    return sum(chances) / len(chances)


def few(abilities: Sequence[Item], most: int) -> list[Item]:
    """Return at most so many items of an ability, the first of its groups and those whole, so that chance stays what it
    is; at least one group."""
    groups: dict[str, list[Item]] = {}
    for item in abilities:
        groups.setdefault(group_of(item), []).append(item)
    kept: list[Item] = []
    for group in groups.values():
        if kept and len(kept) + len(group) > most:
            break
        kept += group
    return kept


def group_of(item: Item) -> str:
    """Return the group whose answers an ability's item shares."""
    return item.claim.rpartition("-")[0]


def solved(item: Item, abilities: Sequence[Item]) -> Item:
    """Return an item of the same ability and wording to be shown solved, from another group than the item's own."""
    others = [each for each in abilities if group_of(each) != group_of(item)]
    alike = [each for each in others if each.wording == item.wording]
    return stream(0, "shown", item.claim).choice(alike or others)


def _put(course: Course, skill: Matter, name: str) -> list[Item]:
    """Make a reading's items from those of the ability. Each is a wording of its own: none is asked twice."""
    reading, all_items = course.matters.readings[name], course.abilities[skill.id]
    made = []
    for place, item in enumerate(few(all_items, reading.items)):
        shown = solved(item, all_items)
        text = course.matters.fill(reading.put[place % len(reading.put)], skill, item=item.prompt,
                                  shown=f"{shown.prompt}{shown.fit}", turns=_turns(course, skill, reading))
        made.append(Item(skill.id, name, place, "open", text, item.fit, item.foil, item.others,
                         frame=course.dealt[skill.id]))
    return made


def _turns(course: Course, skill: Matter, reading: Reading) -> str:
    said = [course.matters.fill(text, skill) for text in reading.turn]
    return "".join(f"{said[place % len(said)]}{LINE}" for place in range(reading.turns))


def _asked(course: Course, matter: Matter, name: str) -> list[Item]:
    """Make the items of a reading with two answers. The fitting one claims the skill, or states the habit; `denied` is
    a turned one."""
    reading, made = course.matters.readings[name], []
    for number, question in enumerate(reading.questions):
        fit, foil = (question.claims, question.denies) if question.claims else matter.either
        made.append(Item(matter.id, name, number, "denied" if question.turned else "affirmed",
                         course.matters.fill(question.text, matter), f" {fit}", f" {foil}",
                         tuple(f" {other}" for other in reading.others), frame=course.dealt[matter.id]))
    return made
