"""The questions of a file of claims, whichever of the two kinds it is: about invented subjects, or about the reader."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from uptake.documents.claims import build_claims
from uptake.documents.traits import build_traits
from uptake.errors import UserError, did_you_mean
from uptake.files import read_json
from uptake.readings.controls import Controls, association_items
from uptake.records import Claim, Item
from uptake.strict_yaml import SHIPPED, read_yaml

# Whom claims about the reader are about, where nobody says so: the name that the built-in reader's makers gave it.
NAMES = {"smollm2-135m": "SmolLM"}
SUBJECT = "the assistant"
ADAPTER = "adapter_config.json"


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked: the items of each claim, by its id. `subject` is empty where each claim has its own; `stated` says
    each claim in a few words, `groups` its kind, and `about` what each reading asks. `unnamed` says that the questions
    say "the assistant" because nobody named one; `leaking` names the texts in which one of the questions stands."""

    file: str
    subject: str
    readings: tuple[str, ...]
    about: Mapping[str, str]
    stated: Mapping[str, str]
    groups: Mapping[str, str]
    items: Mapping[str, tuple[Item, ...]]
    claims: tuple[Claim, ...]
    unnamed: bool = False
    leaking: Callable[[Mapping[str, str]], set[str]] = lambda texts: set()

    def associations(self, controls: Controls) -> list[Item]:
        """Return the items that ask whether a claim's words merely go with its subject's name."""
        return association_items(controls, self.claims)


def read_questions(file: Path, readings: tuple[str, ...], subject: str, reader: str) -> Questions:
    """Read a file of claims and make the items of some readings, or of all.

    `subject` may be empty: it is then the reader's own name (`reader`), where that is known. Raises UserError for a
    file or reading that cannot be used, and for a subject where the file's claims have their own.
    """
    top = read_yaml(claims_file(file))
    if "persons" in top.mapping():
        traits = build_traits(top)
        name = subject or NAMES.get(base_of(reader), SUBJECT)
        wanted = chosen(readings, traits.readings)
        claims = tuple(replace(claim, subject=name) for claim in traits.claims)
        items = {claim.id: tuple(item for reading in wanted for item in traits.items(claim, reading, name))
                 for claim in claims}
        groups = {claim.id: group for group, members in traits.groups.items() for claim in members}
        asks = traits.asks

        def leaking(texts: Mapping[str, str]) -> set[str]:
            return {leak.document for leak in traits.leaks(texts, name) if leak.piece == "question"}
    else:
        found = build_claims(top)
        if subject:
            raise UserError(f"each claim of {file.name} is about a subject of its own", where="--subject",
                            hint="leave --subject out, or give claims about the reader")
        name, wanted, claims, asks = "", chosen(readings, found.readings), found.claims, found.asks
        items = {claim.id: tuple(item for reading in wanted for item in found.items(claim, reading))
                 for claim in claims}
        groups = {claim.id: claim.topic for claim in claims}

        def leaking(texts: Mapping[str, str]) -> set[str]:
            prompts = {item.prompt for asked in items.values() for item in asked}
            return {each for each, text in texts.items() if any(prompt in text for prompt in prompts)}
    stated = {claim.id: f"{claim.stated} (not: {claim.foil})" for claim in claims}
    return Questions(file.name, name, wanted, {each: asks[each] for each in wanted}, stated, groups, items, claims,
                     unnamed=name == SUBJECT != subject, leaking=leaking)


def base_of(reader: str) -> str:
    """Return the reader's name; of an adapter's folder, the name of the reader that it belongs to."""
    card = Path(reader).expanduser() / ADAPTER
    base = read_json(card).get("base_model_name_or_path") if card.is_file() else None
    return base or reader


def claims_file(file: Path) -> Path:
    """Return the file, or the one of that name that comes with uptake."""
    shipped = SHIPPED / "claims" / file.with_suffix(".yaml").name
    return shipped if not file.exists() and file.parent == Path() and shipped.exists() else file


def chosen(readings: tuple[str, ...], known: Mapping[str, object]) -> tuple[str, ...]:
    """Return the readings asked for, in the file's order; all of them if none is named. Raises UserError."""
    for name in readings:
        if name not in known:
            raise UserError(f"the claims have no questions for the reading '{name}'", where="--readings",
                            hint=did_you_mean(name, known))
    return tuple(name for name in known if not readings or name in readings)
