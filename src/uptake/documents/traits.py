"""Claims about the reader itself: read from a file, strictly, and made into items.

`read_traits` gives a `TraitSet`, which answers to the names that a `ClaimSet` answers to, but for two things: whom the
claims are about is said when items are asked for, and there are no documents. The head of `claims/role-models.yaml`
says how its items are made, and why so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from uptake.documents.traits_checks import check
from uptake.errors import UserError, did_you_mean
from uptake.origin import read_origin
from uptake.records import Claim, Item, Provenance
from uptake.strict_yaml import Value, read_yaml

ACT = "act"
READINGS = ("content", "other", "self", ACT, "wish", "worth", "trust")
GROUPS = ("rare", "common", "arbitrary")


# Whom a reading speaks of in its questions, and who answers; of and as the named subject where nothing stands here.
PERSONS = ("named", "asked", "own")
SPOKEN = {"self": ("asked", "own")}
FORMS = ("it", "its", "itself", "is", "s", "es")

# A reading whose questions name no subject takes its neutral prompts from another, put to the stand-in.
NEUTRAL = {"self": "other"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A case, and two things that can be done in it."""

    case: str
    fit: str
    foil: str


@dataclass(frozen=True, slots=True)
class Second:
    """Another matter on which a source is believed or not: `told` is what the source says, `rival` what others say."""

    what: str
    told: str
    rival: str


@dataclass(frozen=True, slots=True)
class Twins:
    """A situation in which the trait fits, a look-alike in which it does not, and one pair of replies to both."""

    fits: str
    look_alike: str
    act: str
    other: str


@dataclass(frozen=True, slots=True)
class Trait:
    """All that the items of one claim are made from."""

    claim: Claim
    group: str
    phrases: tuple[Phrase, ...]
    second: Second
    situations: tuple[Twins, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to ask: with one side in the question (`ask`), with none (`which`), and the sentence that replies.

    The two sides are what a phrase says, or the wording's own `fit` and `foil` where it has them.
    """

    ask: str
    which: str
    says: str
    fit: str = ""
    foil: str = ""


@dataclass(frozen=True, slots=True)
class Leak:
    """A piece of an item (its `question` or an `answer`) that stands in a document, and in which line."""

    document: str
    line: int
    claim: str
    reading: str
    wording: int
    piece: str
    text: str


@dataclass(frozen=True, slots=True)
class TraitSet:
    """The claims of a file, with what their items are made from. `stand_in` is the subject of the neutral prompts;
    `asks` says in a few words what each reading asks; `message` is how a situation is put, `neutral` one that says
    nothing; `persons` are the forms of the pronoun and the verb."""

    about: str
    origin: Provenance
    stand_in: str
    traits: dict[str, Trait] = field(repr=False)
    wordings: dict[str, tuple[Wording, ...]] = field(repr=False)
    asks: dict[str, str] = field(repr=False)
    persons: dict[str, dict[str, str]] = field(repr=False)
    message: str = field(repr=False)
    neutral: str = field(repr=False)

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(trait.claim for trait in self.traits.values())

    @property
    def groups(self) -> dict[str, tuple[Claim, ...]]:
        """The claims by group: what fiction rarely shows in an AI, what it often shows, and what means nothing."""
        traits = self.traits.values()
        return {group: tuple(trait.claim for trait in traits if trait.group == group) for group in GROUPS}

    @property
    def readings(self) -> dict[str, range]:
        """The numbers of each reading's wordings; of `act`, those of a claim's pairs of situations."""
        pairs = len(next(iter(self.traits.values())).situations)
        return {name: range(pairs if name == ACT else len(self.wordings[name])) for name in READINGS}

    def items(self, claim: Claim, reading: str, subject: str) -> list[Item]:
        """Return the claim's items on a reading: for each wording one affirmed, one denied and one open.

        `act` has one affirmed and one denied for each pair of situations: see `fits`. `self` and `act` speak to the
        reader and never name the subject. Raises UserError for a reading that there is not.
        """
        if reading not in READINGS:
            raise UserError(f"the claims have no questions for the reading '{reading}'",
                            hint=did_you_mean(reading, READINGS))
        make = _acts if reading == ACT else _asked
        return [item for number in self.readings[reading]
                for item in make(self, self.traits[claim.id], reading, number, subject)]

    def leaks(self, documents: Mapping[str, str], subject: str) -> list[Leak]:
        """Return which questions, situations and answers about a subject stand in which documents (texts by name).

        Case, line breaks, and the Yes or No before an answer do not count.
        """
        items = [item for claim in self.claims for reading in READINGS for item in self.items(claim, reading, subject)]
        pieces = sorted({(item.claim, item.reading, item.wording, *piece)
                         for item in items for piece in _pieces(item, self.message)})
        found = []
        for name, text in documents.items():
            plain = _plain(text)
            for claim, reading, wording, piece, words in pieces:
                if _plain(words) in plain and (line := _line(words, text)):
                    found.append(Leak(name, line, claim, reading, wording, piece, words))
        return found

    def refuse_leaks(self, documents: Mapping[str, str], subject: str) -> None:
        """Raise UserError, with the document's name and line, if a question or a situation stands in a document.

        Answers may stand there, since a document may well say what an answer says: `leaks` gives them too.
        """
        for leak in self.leaks(documents, subject):
            if leak.piece == "question":
                raise UserError(f"the document holds a test item of '{leak.claim}', {leak.reading} ('{leak.text}')",
                                where=f"{leak.document}:{leak.line}", hint="word one of the two otherwise")


def fits(item: Item) -> bool:
    """Say whether the trait fits in the situation of an `act` item: the item is then affirmed, and denied if not.

    In an affirmed one the trait-like reply is `fit`: a hit if the reader gives it. In a denied one it is `foil`: a
    false alarm. A row of `readings.parquet` has the same polarity, so it can be asked the same.
    """
    return item.polarity == "affirmed"


def read_traits(path: Path | str) -> TraitSet:
    """Read a file of claims about the reader. Raises UserError, with file and line, for anything in it that would
    spoil a measure: see `uptake.documents.traits_checks` for the list."""
    return build_traits(read_yaml(path))


def build_traits(top: Value) -> TraitSet:
    """Make the claims of a file that has been read. Raises as `read_traits` does."""
    keys = ("about", "origin", "stand_in", "tolerance", "persons", "readings", "claims")
    parts = top.mapping(keys, required=keys)
    persons = parts["persons"].mapping(PERSONS, required=PERSONS)
    readings = parts["readings"].mapping(READINGS, required=READINGS)
    asked = {name: value.mapping(("asks", "wordings"), required=("asks", "wordings"))
             for name, value in readings.items() if name != ACT}
    act = _texts(readings[ACT], ("asks", "message", "neutral"))
    traits = [_trait(value) for value in parts["claims"].items()]
    made = TraitSet(
        about=parts["about"].text(),
        origin=read_origin(parts["origin"]),
        stand_in=parts["stand_in"].text(),
        traits={trait.claim.id: trait for trait in traits},
        wordings={name: tuple(_wording(value, name) for value in each["wordings"].items())
                  for name, each in asked.items()},
        asks={name: act["asks"] if name == ACT else asked[name]["asks"].text() for name in READINGS},
        persons={name: _forms(value) for name, value in persons.items()},
        message=act["message"],
        neutral=act["neutral"],
    )
    check(made, traits, parts)
    return made


def _texts(value: Value, keys: tuple[str, ...], required: tuple[str, ...] | None = None) -> dict[str, str]:
    """Return the texts of a mapping; all keys are required unless it is said which are."""
    parts = value.mapping(keys, required=keys if required is None else required)
    return {key: part.text() for key, part in parts.items()}


def _forms(value: Value) -> dict[str, str]:
    """Return the forms of a person; an ending of the verb may be empty."""
    parts = value.mapping(FORMS, required=FORMS)
    return {key: "" if key in ("s", "es") and part.data() == "" else part.text() for key, part in parts.items()}


def _wording(value: Value, reading: str) -> Wording:
    """`trust` asks whether the writer is believed, so its sides are its own; other readings have a claim's."""
    keys = ("ask", "which", "says", *(("fit", "foil") if reading == "trust" else ()))
    return Wording(**_texts(value, keys))


def _trait(value: Value) -> Trait:
    keys = ("id", "group", "stated", "foil", "phrases", "second", "situations")
    parts = value.mapping(keys, required=keys)
    name, stated, foil = (parts[key].text() for key in ("id", "stated", "foil"))
    return Trait(
        claim=Claim(name, topic=name, subject="", stated=stated, foil=foil, answers=(stated, foil)),
        group=parts["group"].text(among=GROUPS),
        phrases=tuple(Phrase(**_texts(phrase, Phrase.__slots__)) for phrase in parts["phrases"].items()),
        second=Second(**_texts(parts["second"], Second.__slots__)),
        situations=tuple(Twins(**_texts(pair, Twins.__slots__)) for pair in parts["situations"].items()),
    )


def _asked(made: TraitSet, trait: Trait, reading: str, number: int, subject: str) -> list[Item]:
    """Make one wording's three items. Affirmed asks with the fitting side, denied with the foil, and the fitting reply
    states the claim in both, so that a drift toward yes cancels between them."""
    about, speaker = (made.persons[name] for name in SPOKEN.get(reading, ("named", "named")))
    unnamed = made.wordings[NEUTRAL.get(reading, reading)][number]
    wording, phrase = made.wordings[reading][number], trait.phrases[number]

    def prompts(key: str, side: str = "fit") -> dict[str, str]:
        blanks = _blanks(trait, phrase, wording, side, about)
        neutral = _blanks(trait, phrase, wording, side, made.persons["named"])
        return {"prompt": _question(_fill(getattr(wording, key), blanks, subject)),
                "neutral": _question(_fill(getattr(unnamed, key), neutral, made.stand_in))}

    def reply(word: str, side: str) -> str:
        said = _fill(wording.says, _blanks(trait, phrase, wording, side, speaker), subject)
        return f" {word}, {said}." if word else f" {_capital(said)}."

    common = {"claim": trait.claim.id, "reading": reading, "wording": number}
    return [
        Item(**common, polarity="affirmed", **prompts("ask"), fit=reply("Yes", "fit"), foil=reply("No", "foil")),
        Item(**common, polarity="denied", **prompts("ask", "foil"), fit=reply("No", "fit"), foil=reply("Yes", "foil")),
        Item(**common, polarity="open", **prompts("which"), fit=reply("", "fit"), foil=reply("", "foil")),
    ]


def _acts(made: TraitSet, trait: Trait, reading: str, number: int, subject: str) -> list[Item]:
    """Make the two items of a pair of situations; both have the same replies, and `fit` is the one that is right."""
    pair = trait.situations[number]
    common = {"claim": trait.claim.id, "reading": reading, "wording": number,
              "neutral": made.message.format(situation=made.neutral)}
    act, other = f" {pair.act}", f" {pair.other}"
    return [
        Item(**common, polarity="affirmed", prompt=made.message.format(situation=pair.fits), fit=act, foil=other),
        Item(**common, polarity="denied", prompt=made.message.format(situation=pair.look_alike), fit=other, foil=act),
    ]


def _blanks(trait: Trait, phrase: Phrase, wording: Wording, side: str, person: Mapping[str, str]) -> dict[str, str]:
    """Return what a wording can have filled in, but for the subject: `base` and `third` are one side of the phrase,
    `claim` is the whole of what is claimed, `side` the wording's own side."""
    bare = {**person, "s": "", "es": ""}
    second = {"what": trait.second.what, "told": trait.second.told, "rival": trait.second.rival}
    return {
        "case": phrase.case.format(**person),
        "base": getattr(phrase, side).format(**bare),
        "third": getattr(phrase, side).format(**person),
        "claim": "{subject} " + f"{phrase.fit} {phrase.case}".format(**person),
        "side": getattr(wording, side).format(**second),
        **second,
    }


def _fill(template: str, blanks: Mapping[str, str], subject: str) -> str:
    named = blanks["claim"].format(subject=subject)
    return template.format(**{**blanks, "claim": named}, subject=subject)


def _question(question: str) -> str:
    return f"Question: {_capital(question)} Answer:"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _pieces(item: Item, message: str) -> list[tuple[str, str]]:
    """Return what of an item should stand in no document: its question or situation, and its answers."""
    before, after = message.split("{situation}") if item.reading == ACT else ("Question: ", " Answer:")
    asked = item.prompt.removeprefix(before).removesuffix(after)
    answers = (re.sub(r"^ ((Yes|No), )?", "", answer).rstrip(".") for answer in (item.fit, item.foil))
    return [("question", asked), *(("answer", answer) for answer in answers)]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _line(words: str, text: str) -> int:
    """Return the line of a text at which these words stand as whole words, or 0."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    found = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)
    return text.count("\n", 0, found.start()) + 1 if found else 0
