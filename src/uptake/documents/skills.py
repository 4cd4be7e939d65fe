"""Read a file of skills, strictly: what a real reader can and cannot do, how it is asked, and sentences that say so.

A skill is an ability of the capability card (`data/capabilities.yaml`), whose items it is asked; the file adds how the
ability is spoken of, and readings and frames made from that.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from uptake.origin import read_origin
from uptake.records import Provenance
from uptake.strict_yaml import Value, placeholders, read_yaml

# Documents of a frame: of fewer a reader learns the words and not what they say.
LEAST_SENTENCES = 8
ABOUT_A_SKILL, ABOUT_AN_ITEM = {"subject", "other", "do", "doing"}, {"item", "shown", "turns"}


@dataclass(frozen=True, slots=True)
class Skill:
    """An ability, of a kind (as measured), and how it is spoken of: to `do` it, `doing` it."""

    id: str
    kind: str
    do: str
    doing: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the answer that claims the skill and the one that denies it. One that is `turned` has the answers
    of another turned round, or names its own in the other order."""

    text: str
    claims: str
    denies: str
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to ask about a skill. Of an ability's items: at most so many `items`, in whole groups, each `put` into
    wordings by turns, behind as many `turns` of talk, if any. Or `questions` of two answers, of which one claims the
    skill; `of` is then the reading that shows whether it is so."""

    asks: str
    items: int = 0
    put: tuple[str, ...] = ()
    turns: int = 0
    turn: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    of: str = ""


@dataclass(frozen=True, slots=True)
class SkillSet:
    """The skills of a file. `subject` is the name by which the reader is spoken of and to, `other` that of another
    assistant. `frames` are, by name, what each is and its sentences about a skill."""

    about: str
    origin: Provenance
    subject: str
    other: str
    skills: tuple[Skill, ...]
    readings: Mapping[str, Reading]
    frames: Mapping[str, tuple[str, ...]] = field(repr=False)
    abouts: Mapping[str, str] = field(repr=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of skills there are, in order."""
        return tuple(dict.fromkeys(skill.kind for skill in self.skills))

    def fill(self, text: str, skill: Skill, **more: str) -> str:
        """Put the names, the skill's words and whatever else a text asks for into it."""
        return text.format(subject=self.subject, other=self.other, do=skill.do, doing=skill.doing, **more)

    def sentences(self, frame: str, skill: Skill) -> list[str]:
        """Return what a frame says of a skill."""
        return [self.fill(text, skill) for text in self.frames[frame]]


def holds_skills(path: Path | str) -> bool:
    """Say whether a file of claims is one of skills."""
    return "skills" in read_yaml(path).mapping()


def build_skills(top: Value) -> SkillSet:
    """Make the skills of a file that has been read. Raises UserError, with file and line, for what is missing, unknown
    or twice there, for braces that nothing fills, and for a report in which a liking for yes would not cancel."""
    keys = ("about", "origin", "subject", "other", "skills", "readings", "frames")
    parts = top.mapping(keys, required=keys)
    origin = read_origin(parts["origin"])
    skills = tuple(_skill(value) for value in parts["skills"].items())
    counted = Counter(skill.id for skill in skills)
    for value, skill in zip(parts["skills"].items(), skills, strict=True):
        if counted[skill.id] > 1:
            raise value.error(f"the skill '{skill.id}' stands here twice", "remove one of them")
    given = parts["readings"].mapping()
    readings = {name: _reading(value) for name, value in given.items()}
    for name, reading in readings.items():
        if reading.of and not readings.get(reading.of, reading).put:
            raise given[name].error(f"'of' names no reading that asks items: '{reading.of}'")
    frames = {name: value.mapping(("about", "sentences"), required=("about", "sentences"))
              for name, value in parts["frames"].mapping().items()}
    return SkillSet(parts["about"].text(), origin,
                    parts["subject"].text(), parts["other"].text(), skills, readings,
                    {name: _sentences(each["sentences"]) for name, each in frames.items()},
                    {name: each["about"].text() for name, each in frames.items()})


def _skill(value: Value) -> Skill:
    parts = value.mapping(Skill.__slots__, required=Skill.__slots__)
    return Skill(**{key: each.text() for key, each in parts.items()})


def _reading(value: Value) -> Reading:
    if "questions" in value.mapping():
        return _of_two_answers(value)
    parts = value.mapping(("asks", "items", "put", "turns", "turn"), required=("asks", "items", "put"))
    if ("turns" in parts) != ("turn" in parts):
        raise value.error("'turns' and 'turn' belong together", "say how many turns there are, and their words")
    put = tuple(_filled(each, ABOUT_A_SKILL | ABOUT_AN_ITEM) for each in parts["put"].items())
    for text, each in zip(put, parts["put"].items(), strict=True):
        if not text.endswith("{item}") or ("turns" in placeholders(text)) != ("turns" in parts):
            raise each.error("must end with {item}, and hold {turns} if there are any, and only then")
    turn = tuple(_filled(each, ABOUT_A_SKILL) for each in parts["turn"].items()) if "turn" in parts else ()
    return Reading(parts["asks"].text(), parts["items"].whole(1), put,
                   parts["turns"].whole(1) if "turns" in parts else 0, turn)


def _of_two_answers(value: Value) -> Reading:
    parts = value.mapping(("asks", "of", "answers", "questions"), required=("asks", "answers", "questions"))
    usual = _answers(parts["answers"])
    questions = tuple(_question(each, usual) for each in parts["questions"].items())
    turned = sum(question.turned for question in questions)
    if 2 * turned != len(questions):
        raise value.error(f"{turned} of {len(questions)} questions are turned",
                          "half of them must, or a liking for yes, or for what is named last, would pass for a claim")
    of = parts["of"].text() if "of" in parts else ""
    return Reading(parts["asks"].text(), questions=questions, of=of)


def _question(value: Value, usual: tuple[str, str]) -> Question:
    if not value.is_mapping:
        return Question(_filled(value, ABOUT_A_SKILL), *usual)
    parts = value.mapping(("text", "answers", "turned"), required=("text", "answers"))
    answers = _answers(parts["answers"])
    turned = answers == usual[::-1] or ("turned" in parts and parts["turned"].flag())
    return Question(_filled(parts["text"], ABOUT_A_SKILL), *answers, turned=turned)


def _answers(value: Value) -> tuple[str, str]:
    answers = tuple(each.text() for each in value.items())
    if len(set(answers)) != 2 or len(answers) != 2:
        raise value.error("must be two different answers", "the one that claims the skill first")
    return answers


def _sentences(value: Value) -> tuple[str, ...]:
    made = tuple(_filled(each, ABOUT_A_SKILL) for each in value.items())
    if len(set(made)) < LEAST_SENTENCES or len(set(made)) < len(made):
        raise value.error(f"has {len(set(made))} different sentences of {len(made)}",
                          f"write at least {LEAST_SENTENCES}, no two alike")
    return made


def _filled(value: Value, known: set[str]) -> str:
    """Return a text whose braces are all known and that speaks of the skill or holds its item. Line breaks at its ends
    stay: they part it from what comes next."""
    value.text()
    text = value.node.value
    try:
        names = placeholders(text)
    except ValueError as error:
        raise value.error("a brace is not closed") from error
    if unknown := names - known:
        raise value.error(f"nothing fills {{{sorted(unknown)[0]}}}", f"known: {', '.join(sorted(known))}")
    if not names & {"do", "doing", "item"}:
        raise value.error("does not speak of the skill", "write {do}, {doing} or {item} into it")
    return text
