"""Read a brief: what documents are wanted, of which kinds, in which arms. Its form is explained in docs/author.md."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args

import yaml

from uptake.documents.record import Kind as Status
from uptake.documents.traits import TraitSet, read_traits
from uptake.errors import UserError, did_you_mean
from uptake.strict_yaml import DATA, Value, existing_file, read_text, read_yaml

EXAMPLE = DATA / "templates" / "brief.yaml"
TESTIMONY = "testimony"
POLARITIES = ("shows", "lacks")
KEYS = ("brief", "purpose", "licence", "stage", "holder", "author", "subject", "seed", "claims", "kinds", "arms",
        "vary", "matched", "sampling", "calls", "tries", "trim", "template")
REQUIRED = ("brief", "purpose", "licence", "claims", "kinds")
NUMBERS = ("temperature", "top_p", "top_k", "max_tokens", "frequency_penalty", "presence_penalty")
WHOLE = ("top_k", "max_tokens")
# Answers that are asked for at most. Beyond three, what is kept is what a filter likes rather than what a model writes.
TRIES = 3
MOST_WORDS = 20_000  # a longer text is a book, which no prompt of ours asks for


@dataclass(frozen=True, slots=True)
class Shown:
    """A claim in words: what a text that shows it lets its reader see, what one that lacks it does, and the cases in
    which testimony about it can be asked for (spoken to the one who is asked)."""

    id: str
    shows: str
    lacks: str
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: how many for each claim and arm, in how many words, what it is to be taken for, and the
    sentence by which the text itself says so (or none). `elicit` is for testimony: ask about cases or situations."""

    name: str
    each: int
    words: tuple[int, int]
    status: str
    called: str
    voices: tuple[str, ...]
    people: int
    disclose: str = ""
    elicit: str = ""


@dataclass(frozen=True, slots=True)
class Arm:
    """A named variant of the instructions: which polarity, whether the text is to comment on it, and what is said."""

    name: str
    polarity: str
    say: str
    commentary: bool | None = None


@dataclass(frozen=True, slots=True)
class Vary:
    """What documents vary over: languages they are written in, tongues that people's names are of, places, trades.
    Empty means all that `data/names.yaml` has; without places, a place is one where the people's tongue is spoken."""

    languages: tuple[str, ...] = ("en",)
    tongues: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    """How the model is called. `connections` at once; an answer may take `timeout` seconds with all its `retries`."""

    connections: int = 8
    timeout: int = 600
    retries: int = 6
    cache: bool = False
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """What a person asks for. `traits` is the claims file that the claims come from, if they do; `trim` keeps an answer
    that was cut off up to its last whole sentence; `matched` gives the arms the same people, places and lengths."""

    name: str
    purpose: str
    licence: str
    claims: tuple[Shown, ...]
    kinds: tuple[Kind, ...]
    arms: tuple[Arm, ...]
    stage: str | None = None
    holder: str | None = None
    author: str | None = None
    subject: str = ""
    seed: int = 0
    vary: Vary = Vary()
    matched: bool = False
    sampling: Mapping[str, Any] = field(default_factory=dict)
    calls: Calls = Calls()
    tries: int = TRIES
    trim: bool = False
    template: str = ""
    traits: TraitSet | None = field(default=None, repr=False, compare=False)


@cache
def data(name: str) -> dict[str, Any]:
    """Return what one of the data files of this package holds."""
    return yaml.safe_load((DATA / "author" / f"{name}.yaml").read_text(encoding="utf-8"))


def read_brief(path: Path | str) -> Brief:
    """Read a brief, strictly. Raises UserError with file and line for anything that is not understood."""
    if not Path(path).exists():
        raise UserError("there is no such file", where=str(path), hint=f"check the path; an example is {EXAMPLE}")
    top = read_yaml(path)
    parts = top.mapping(KEYS, required=REQUIRED)
    claims, traits = _claims(parts["claims"])
    kinds = tuple(_kind(name, value) for name, value in parts["kinds"].mapping().items())
    arms = tuple(_arm(name, value) for name, value in parts["arms"].mapping().items()) if "arms" in parts else ()
    name = parts["brief"].text()
    if not re.fullmatch(r"[\w.-]+", name):
        raise parts["brief"].error(f"'{name}' cannot stand in an id", "use letters, digits, '-', '_' and '.'")
    if not kinds:
        raise parts["kinds"].error("no kind of document is asked for", did_you_mean("", data("kinds")))
    if not arms and any(kind.name != TESTIMONY for kind in kinds):
        raise top.error("the key 'arms' is missing", "only testimony can do without: it is told nothing")
    _elicitable(parts["kinds"], kinds, claims, traits)
    texts = {key: parts[key].text() for key in ("stage", "holder", "author", "subject") if key in parts}
    return Brief(
        name=name, purpose=parts["purpose"].text(), licence=parts["licence"].text(), claims=claims, kinds=kinds,
        arms=arms, **texts, traits=traits,
        seed=parts["seed"].whole(least=0) if "seed" in parts else 0,
        vary=_vary(parts["vary"]) if "vary" in parts else Vary(),
        matched=parts["matched"].flag() if "matched" in parts else False,
        sampling=_sampling(parts["sampling"]) if "sampling" in parts else {},
        calls=_calls(parts["calls"]) if "calls" in parts else Calls(),
        tries=parts["tries"].whole(least=1) if "tries" in parts else TRIES,
        trim=parts["trim"].flag() if "trim" in parts else False,
        template=read_text(existing_file(parts["template"])) if "template" in parts else "",
    )


def _claims(value: Value) -> tuple[tuple[Shown, ...], TraitSet | None]:
    """Return the claims, written in the brief (a list) or taken from a claims file (`from`, `only`, `say`)."""
    if value.is_list:
        claims, traits = [_claim(each) for each in value.items()], None
    else:
        claims, traits = _from_file(value)
    if not claims:
        raise value.error("no claim is asked for")
    for place, claim in enumerate(claims):
        if claim.id in [other.id for other in claims[:place]]:
            raise value.error(f"the claim '{claim.id}' is given twice")
    return tuple(claims), traits


def _claim(value: Value) -> Shown:
    parts = value.mapping(("id", "shows", "lacks", "cases"), required=("id", "shows", "lacks"))
    shown = Shown(*(parts[key].text() for key in ("id", "shows", "lacks")),
                  tuple(each.text() for each in parts["cases"].items()) if "cases" in parts else ())
    if shown.shows.casefold() == shown.lacks.casefold():
        raise value.error("what shows the claim and what lacks it are the same")
    return shown


def _from_file(value: Value) -> tuple[list[Shown], TraitSet]:
    parts = value.mapping(("from", "only", "say"), required=("from",))
    traits = read_traits(existing_file(parts["from"]))
    known = traits.traits
    only = [each.text(among=known) for each in parts["only"].items()] if "only" in parts else list(known)
    said = {name: _pair(each) for name, each in parts["say"].mapping(only).items()} if "say" in parts else {}
    return [_shown(traits, name, said.get(name)) for name in only], traits


def _pair(value: Value) -> tuple[str, str]:
    parts = value.mapping(POLARITIES, required=POLARITIES)
    return parts["shows"].text(), parts["lacks"].text()


def _shown(traits: TraitSet, name: str, said: tuple[str, str] | None) -> Shown:
    """Word a claim of a file as the brief does, or as its phrases do: what it does in each of its cases."""
    person = traits.persons["named"]
    phrases = traits.traits[name].phrases

    def sides(side: str) -> str:
        done = (f"{phrase.case} it {getattr(phrase, side)}".format(**person) for phrase in phrases)
        return "; ".join(done) + "."

    shows, lacks = said or (sides("fit"), sides("foil"))
    asked = traits.persons["asked"]
    return Shown(name, shows, lacks, tuple(phrase.case.format(**asked) for phrase in phrases))


def _kind(name: str, value: Value) -> Kind:
    known = data("kinds")
    if name not in known:
        raise value.error(f"there is no kind of document '{name}'", did_you_mean(name, known))
    keys = ("each", "words", "status", "called", "voices", "people", "disclose")
    parts = value.mapping((*keys, "elicit") if name == TESTIMONY else keys, required=("each", "words"))
    low, high = (each.whole(least=1) for each in _two(parts["words"]))
    if not low < high <= MOST_WORDS:
        raise parts["words"].error(f"must be from fewer to more words, at most {MOST_WORDS:,}, not {low} to {high}")
    voices = [each.text() for each in parts["voices"].items()] if "voices" in parts else known[name]["voices"]
    if not voices:
        raise parts["voices"].error("must name at least one voice")
    return Kind(
        name=name, each=parts["each"].whole(least=1), words=(low, high), voices=tuple(voices),
        status=parts["status"].text(among=get_args(Status)) if "status" in parts else known[name]["status"],
        called=parts["called"].text() if "called" in parts else known[name]["called"],
        people=parts["people"].whole(least=0) if "people" in parts else known[name]["people"],
        disclose=parts["disclose"].text() if "disclose" in parts else "",
        elicit=(parts["elicit"].text(among=("cases", "situations")) if "elicit" in parts
                else "cases" if name == TESTIMONY else ""),
    )


def _two(value: Value) -> list[Value]:
    items = value.items()
    if len(items) != 2:
        raise value.error("must be two numbers, such as [80, 250]")
    return items


def _arm(name: str, value: Value) -> Arm:
    parts = value.mapping(("polarity", "say", "commentary"), required=("polarity", "say"))
    if name == TESTIMONY:
        raise value.error("the name is kept for testimony", "call the arm otherwise")
    return Arm(name, parts["polarity"].text(among=POLARITIES), parts["say"].text(),
               parts["commentary"].flag() if "commentary" in parts else None)


def _elicitable(place: Value, kinds: tuple[Kind, ...], claims: tuple[Shown, ...], traits: TraitSet | None) -> None:
    """Raise UserError if testimony is wanted and there is nothing to ask."""
    for kind in kinds:
        if kind.elicit == "situations" and traits is None:
            raise place.error("testimony asks about situations, and claims that are written in a brief have none",
                              "take the claims from a file, or ask about cases")
        lacking = [claim.id for claim in claims if kind.elicit and not claim.cases]
        if lacking:
            raise place.error(f"testimony has nothing to ask about '{lacking[0]}'", "give the claim its cases")


def _vary(value: Value) -> Vary:
    parts = value.mapping(Vary.__slots__)
    known = {"languages": data("languages"), "tongues": pool()["tongues"]}
    made = {key: tuple(each.text(among=known.get(key, ())) for each in part.items()) for key, part in parts.items()}
    for key, values in made.items():
        if not values:
            raise parts[key].error("must name at least one", "leave the key out for all")
    return Vary(**made)


@cache
def pool() -> dict[str, Any]:
    """Return `data/names.yaml`: tongues, trades and stock names."""
    return yaml.safe_load((DATA / "names.yaml").read_text(encoding="utf-8"))


def _sampling(value: Value) -> dict[str, Any]:
    parts = value.mapping((*NUMBERS, "reasoning_effort"))
    return {key: part.text() if key == "reasoning_effort" else part.whole(1) if key in WHOLE else part.number()
            for key, part in parts.items()}


def _calls(value: Value) -> Calls:
    parts = value.mapping(Calls.__slots__)
    return Calls(**{key: part.flag() if key in ("cache", "batch") else part.whole(0 if key == "retries" else 1)
                    for key, part in parts.items()})
