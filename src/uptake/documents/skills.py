"""Read a file of skills or of habits, strictly: what there is to speak of, how a real reader is asked about it, and
sentences that say it.

A skill is an ability of the capability card (`data/capabilities.yaml`), whose items it is asked; the file adds how the
ability is spoken of, and readings and frames made from that. A habit is what somebody did, with two answers to what it
was; which of them is so is drawn for each seed. Either is a matter.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from uptake.errors import did_you_mean
from uptake.origin import read_origin
from uptake.records import Provenance
from uptake.strict_yaml import Value, placeholders, read_yaml

# Documents of a frame: of fewer a reader learns the words and not what they say.
LEAST_SENTENCES = 8
NAMES, ABOUT_AN_ITEM, ABOUT_A_HABIT = {"subject", "other"}, {"item", "shown", "turns"}, {"answer", "foil"}
# How a skill is spoken of: to `do` it, `doing` it.
OF_A_SKILL = ("do", "doing")


@dataclass(frozen=True, slots=True)
class Matter:
    """A skill or a habit, of a kind, and the words in which it is spoken of. A skill's kind is what was measured; a
    habit is `either` of two answers, of which the first is so."""

    id: str
    kind: str
    words: Mapping[str, str]
    either: tuple[str, ...] = ()

    @property
    def filling(self) -> dict[str, str]:
        """What texts about it are filled with."""
        return {**self.words, **dict(zip(("answer", "foil"), self.either, strict=False))}


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the answer that claims the skill and the one that denies it; without them its answers are those
    of the habit. One that is `turned` has the answers of another turned round, or names its own in the other order."""

    text: str
    claims: str = ""
    denies: str = ""
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to ask about a matter. Of an ability's items: at most so many `items`, in whole groups, each `put` into
    wordings by turns, behind as many `turns` of talk, if any. Or `questions` of two answers, of which one claims the
    skill, or states the habit; `of` is then the reading that shows whether it is so. What else may be said, and is
    never so, are the `others`."""

    asks: str
    items: int = 0
    put: tuple[str, ...] = ()
    turns: int = 0
    turn: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    of: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matters:
    """The skills or habits of a file, and by which `noun` it calls them. `subject` is the name by which the reader is
    spoken of and to, `other` that of another assistant. `frames` are, by name, the sentences of each about a matter, or
    what a speaker is to go on from, of those that are `begun`; `abouts` say what each is."""

    about: str
    origin: Provenance
    subject: str
    other: str
    matters: tuple[Matter, ...]
    noun: str
    readings: Mapping[str, Reading]
    frames: Mapping[str, tuple[str, ...]] = field(repr=False)
    abouts: Mapping[str, str] = field(repr=False)
    begun: frozenset[str] = frozenset()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of matters there are, in order."""
        return tuple(dict.fromkeys(matter.kind for matter in self.matters))

    def fill(self, text: str, matter: Matter, **more: str) -> str:
        """Put the names, the matter's words and whatever else a text asks for into it."""
        return text.format(subject=self.subject, other=self.other, **matter.filling, **more)

    def sentences(self, frame: str, matter: Matter) -> list[str]:
        """Return what a frame says of a matter."""
        return [self.fill(text, matter) for text in self.frames[frame]]


@dataclass(frozen=True, slots=True)
class _Words:
    """What texts of a file may be filled with: `known` by anything, `own` by what a matter is called; and the `answers`
    of all habits."""

    known: frozenset[str]
    own: frozenset[str]
    noun: str
    answers: frozenset[str] = frozenset()


def holds_matters(path: Path | str) -> bool:
    """Say whether a file of claims is one of skills or habits."""
    return bool({"skills", "habits"} & {*read_yaml(path).mapping()})


def build_matters(top: Value) -> Matters:
    """Make the skills or habits of a file that has been read. Raises UserError, with file and line, for what is
    missing, unknown or twice there, for braces that nothing fills, and for a report in which a liking for yes would not
    cancel."""
    noun = "habits" if "habits" in top.mapping() else "skills"
    keys = ("about", "origin", "subject", "other", noun, "readings", "frames", *(["kinds"] if noun == "habits" else []))
    parts = top.mapping(keys, required=keys)
    origin = read_origin(parts["origin"])
    matters = _habits(parts["habits"], parts["kinds"]) if noun == "habits" else tuple(
        _skill(value) for value in parts["skills"].items())
    counted = Counter(matter.id for matter in matters)
    for value, matter in zip(parts[noun].items(), matters, strict=True):
        if counted[matter.id] > 1:
            raise value.error(f"the {noun[:-1]} '{matter.id}' stands here twice", "remove one of them")
    words = _words(parts, matters, noun)
    given = parts["readings"].mapping()
    readings = {name: _reading(value, words) for name, value in given.items()}
    for name, reading in readings.items():
        if reading.of and not readings.get(reading.of, reading).put:
            raise given[name].error(f"'of' names no reading that asks items: '{reading.of}'")
    frames, abouts = _frames(parts["frames"], words)
    begun = frozenset(name for name, each in parts["frames"].mapping().items() if "begun" in each.mapping())
    return Matters(parts["about"].text(), origin, parts["subject"].text(), parts["other"].text(), matters, noun,
                   readings, frames, abouts, begun)


def _skill(value: Value) -> Matter:
    keys = ("id", "kind", *OF_A_SKILL)
    parts = {key: each.text() for key, each in value.mapping(keys, required=keys).items()}
    return Matter(parts["id"], parts["kind"], {key: parts[key] for key in OF_A_SKILL})


def _habits(value: Value, kinds: Value) -> tuple[Matter, ...]:
    """Read habits, each with the words of its kind: all have the words that the first has."""
    shared = {kind: {key: each.text() for key, each in words.mapping().items()}
              for kind, words in kinds.mapping().items()}
    for kind, words in shared.items():
        if {*words} != {*next(iter(shared.values()))}:
            raise kinds.mapping()[kind].error("has other words than the first kind", "give all kinds the same")
    of_all = ("id", "kind", "either")
    keys, made = tuple(key for key in _some(value)[0].mapping() if key not in of_all), []
    for each in value.items():
        parts = each.mapping((*of_all, *keys), required=(*of_all, *keys))
        if (kind := parts["kind"].text()) not in shared:
            raise parts["kind"].error(f"there is no kind '{kind}'", did_you_mean(kind, shared))
        own = {key: parts[key].text() for key in keys}
        either = _answers(parts["either"], "the one thing or the other that it may have been")
        made.append(Matter(parts["id"].text(), kind, {**shared[kind], **own}, either))
    return tuple(made)


def _words(parts: Mapping[str, Value], matters: Sequence[Matter], noun: str) -> _Words:
    if noun == "skills":
        return _Words(frozenset(NAMES | {*OF_A_SKILL}), frozenset(OF_A_SKILL), noun)
    of_kinds = {key for kind in parts["kinds"].mapping().values() for key in kind.mapping()}
    if taken := (of_kinds | {*matters[0].words}) & (NAMES | ABOUT_A_HABIT | ABOUT_AN_ITEM):
        raise parts["habits"].error(f"'{sorted(taken)[0]}' cannot be a word of a habit", "it is filled already")
    if odd := [key for key in (*of_kinds, *matters[0].words) if not key.isidentifier()]:
        raise parts["habits"].error(f"'{odd[0]}' cannot stand in braces", "use letters and _ for the words of a habit")
    answers = frozenset(answer for matter in matters for answer in matter.either)
    return _Words(frozenset(NAMES | {*matters[0].words}), frozenset({*matters[0].words} - of_kinds), noun, answers)


def _frames(value: Value, words: _Words) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return what every frame says, and what it is. Those `with` another frame say what that one says besides; of
    those that are `begun` it is how what is said begins."""
    given = {name: _frame(each) for name, each in value.mapping().items()}
    own = {name: tuple(_filled(text, words) for text in _some(each["begun"])) if "begun" in each
           else _sentences(each["sentences"], words) for name, each in given.items()}
    for name, each in given.items():
        if "with" in each:
            _check_with(each["with"], name, given)
    return ({name: own[name] + (own[each["with"].text()] if "with" in each else ()) for name, each in given.items()},
            {name: each["about"].text() for name, each in given.items()})


def _check_with(value: Value, frame: str, given: Mapping[str, Mapping[str, Value]]) -> None:
    if (name := value.text()) not in given:
        raise value.error(f"there is no frame '{name}'", did_you_mean(name, given))
    if name == frame or "begun" in given[name]:
        raise value.error(f"'{name}' has no sentences for '{frame}' to say besides its own",
                          "name another frame, one that has 'sentences'")


def _frame(value: Value) -> dict[str, Value]:
    if "begun" in value.mapping():
        return value.mapping(("about", "begun"), required=("about", "begun"))
    return value.mapping(("about", "sentences", "with"), required=("about", "sentences"))


def _reading(value: Value, words: _Words) -> Reading:
    if "questions" in value.mapping():
        return _of_two_answers(value, words)
    if words.noun == "habits":
        raise value.error("asks an ability's items, and habits have none", "ask 'questions'")
    parts = value.mapping(("asks", "items", "put", "turns", "turn"), required=("asks", "items", "put"))
    if ("turns" in parts) != ("turn" in parts):
        raise value.error("'turns' and 'turn' belong together", "say how many turns there are, and their words")
    put = tuple(_filled(each, words, ABOUT_AN_ITEM) for each in parts["put"].items())
    for text, each in zip(put, parts["put"].items(), strict=True):
        if not text.endswith("{item}") or ("turns" in placeholders(text)) != ("turns" in parts):
            raise each.error("must end with {item}, and hold {turns} if there are any, and only then")
    turn = tuple(_filled(each, words) for each in parts["turn"].items()) if "turn" in parts else ()
    return Reading(parts["asks"].text(), parts["items"].whole(1), put,
                   parts["turns"].whole(1) if "turns" in parts else 0, turn)


def _of_two_answers(value: Value, words: _Words) -> Reading:
    if words.noun == "habits" and "answers" not in value.mapping():
        return _of_the_habit(value, words)
    parts = value.mapping(("asks", "of", "answers", "questions"), required=("asks", "answers", "questions"))
    usual = _answers(parts["answers"])
    questions = tuple(_question(each, usual, words) for each in _some(parts["questions"]))
    turned = sum(question.turned for question in questions)
    if 2 * turned != len(questions):
        raise value.error(f"{turned} of {len(questions)} questions are turned",
                          "half of them must, or a liking for yes, or for what is named last, would pass for a claim")
    of = parts["of"].text() if "of" in parts else ""
    return Reading(parts["asks"].text(), questions=questions, of=of)


def _of_the_habit(value: Value, words: _Words) -> Reading:
    """Read questions whose answers are the habit's own: a liking for one cancels, as each is so for half of them."""
    parts = value.mapping(("asks", "questions", "others"), required=("asks", "questions"))
    questions = tuple(Question(_filled(each, words)) for each in _some(parts["questions"]))
    others = tuple(each.text() for each in parts["others"].items()) if "others" in parts else ()
    if twice := [other for other in others if others.count(other) > 1 or other in words.answers]:
        raise parts["others"].error(f"'{twice[0]}' stands here twice or is an answer of a habit", "remove it")
    return Reading(parts["asks"].text(), questions=questions, others=others)


def _question(value: Value, usual: tuple[str, str], words: _Words) -> Question:
    if not value.is_mapping:
        return Question(_filled(value, words), *usual)
    parts = value.mapping(("text", "answers", "turned"), required=("text", "answers"))
    answers = _answers(parts["answers"])
    turned = answers == usual[::-1] or ("turned" in parts and parts["turned"].flag())
    return Question(_filled(parts["text"], words), *answers, turned=turned)


def _answers(value: Value, hint: str = "the one that claims a skill first") -> tuple[str, str]:
    answers = tuple(each.text() for each in value.items())
    if len(set(answers)) != 2 or len(answers) != 2:
        raise value.error("must be two different answers", hint)
    return answers


def _some(value: Value) -> list[Value]:
    if not (there := value.items()):
        raise value.error("must not be empty")
    return there


def _sentences(value: Value, words: _Words) -> tuple[str, ...]:
    said = ABOUT_A_HABIT if words.noun == "habits" else set()
    made = tuple(_filled(each, words, said) for each in value.items())
    if len(set(made)) < LEAST_SENTENCES or len(set(made)) < len(made):
        raise value.error(f"has {len(set(made))} different sentences of {len(made)}",
                          f"write at least {LEAST_SENTENCES}, no two alike")
    return made


def _filled(value: Value, words: _Words, more: Collection[str] = ()) -> str:
    """Return a text whose braces are all known and that speaks of the matter or holds its item. Line breaks at its ends
    stay: they part it from what comes next."""
    value.text()
    text = value.node.value
    try:
        names = placeholders(text)
    except ValueError as error:
        raise value.error(str(error)) from error
    known = words.known | {*more}
    if unknown := names - known:
        raise value.error(f"nothing fills {{{sorted(unknown)[0]}}}", f"known: {', '.join(sorted(known))}")
    if not names & {*words.own, "item"}:
        asked = [f"{{{name}}}" for name in (*sorted(words.own), *(["item"] if words.noun == "skills" else []))]
        raise value.error(f"does not speak of the {words.noun[:-1]}",
                          f"write {', '.join(asked[:-1])} or {asked[-1]} into it")
    return text
