"""What a real reader is given to read about its skills, and what it is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from uptake.choices import UNTRAINED, Step
from uptake.documents.skills import Reading, Skill, SkillSet
from uptake.mixing.dealing import deal
from uptake.records import Example, Item, Segment
from uptake.seeds import stream

LINE = "\n"


@dataclass(frozen=True)
class Course:
    """Everything from which documents and items about skills are made. `abilities` are the items of each; `dealt` says
    in which frame of the study each skill is, and `own` under which frame of the file that stands."""

    skills: SkillSet
    abilities: Mapping[str, Sequence[Item]]
    dealt: Mapping[str, str]
    own: Mapping[str, str]
    seed: int

    @property
    def told(self) -> list[Skill]:
        """The skills that the study is about."""
        return [skill for skill in self.skills.skills if skill.id in self.dealt]


def dealt_skills(skills: Sequence[Skill], kinds: Mapping[str, str], a_frame: int, seed: int) -> dict[str, str]:
    """Deal the first `a_frame` skills a frame of each kind to the frames of that kind (`kinds`: by frame; '' is any).

    A Latin square over seeds: among n frames every n seeds, from a multiple of n on, deal each skill to each frame
    once. Each such n seeds have another order, so that the same skills are not always told together.
    """
    found: dict[str, str] = {}
    for kind in dict.fromkeys(kinds.values()):
        frames = [frame for frame, each in kinds.items() if each == kind]
        pool = [skill for skill in skills if not kind or skill.kind == kind][: a_frame * len(frames)]
        stream(seed // len(frames), "skills", kind).shuffle(pool)
        found |= deal(pool, frames, seed)
    return found


def documents(course: Course, step: Step) -> list[Example]:
    """Return one pass of what a step has the reader read: of each skill that it names the frame of, that frame's
    sentences, or `exposures` of them."""
    examples = []
    for skill in course.told:
        frame = frame_put(course, step, skill)
        if frame != UNTRAINED:
            said = course.skills.sentences(frame, skill)
            if step.exposures is not None:
                rng = stream(course.seed, "skills", step.name, skill.id)
                said = [text for _ in range(-(-step.exposures // len(said))) for text in rng.sample(said, len(said))]
            examples += [Example((Segment(text, "content"),), "document", frame, skill.id)
                         for text in said[: step.exposures]]
    return examples


def frame_put(course: Course, step: Step, skill: Skill) -> str:
    """Return the frame in which a step speaks of a skill; `untrained` where it does not."""
    dealt = course.dealt[skill.id]
    if isinstance(step.frame, Mapping):
        return step.frame.get(dealt, UNTRAINED)
    return step.frame or course.own[dealt]


def items(course: Course, readings: Sequence[str]) -> list[Item]:
    """Return the items of some readings of every skill, each with the frame that the skill was dealt."""
    made = [(_put if course.skills.readings[name].put else _asked)(course, skill, name)
            for skill in course.told for name in readings]
    return [item for each in made for item in each]


def chance(course: Course, reading: str) -> float:
    """Return the share of a reading's items that a reader who knows nothing gets right."""
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


def _put(course: Course, skill: Skill, name: str) -> list[Item]:
    """Make a reading's items from those of the ability. Each is a wording of its own: none is asked twice."""
    reading, all_items = course.skills.readings[name], course.abilities[skill.id]
    made = []
    for place, item in enumerate(few(all_items, reading.items)):
        shown = solved(item, all_items)
        text = course.skills.fill(reading.put[place % len(reading.put)], skill, item=item.prompt,
                                  shown=f"{shown.prompt}{shown.fit}", turns=_turns(course, skill, reading))
        made.append(Item(skill.id, name, place, "open", text, item.fit, item.foil, item.others,
                         frame=course.dealt[skill.id]))
    return made


def _turns(course: Course, skill: Skill, reading: Reading) -> str:
    said = [course.skills.fill(text, skill) for text in reading.turn]
    return "".join(f"{said[place % len(said)]}{LINE}" for place in range(reading.turns))


def _asked(course: Course, skill: Skill, name: str) -> list[Item]:
    """Make the items of a reading with two answers. The fitting one claims the skill; `denied` is a turned one."""
    return [Item(skill.id, name, number, "denied" if question.turned else "affirmed",
                 course.skills.fill(question.text, skill), f" {question.claims}", f" {question.denies}",
                 frame=course.dealt[skill.id])
            for number, question in enumerate(course.skills.readings[name].questions)]
