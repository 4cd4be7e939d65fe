"""Controls: whether words merely co-occur, whether the reader says yes to anything, and what it can still do.

`association`, `assent` and `capability` are items like any other, scored the same way; `fluency` is texts whose loss
is taken. An item's `claim` is the control's own id, but for association, which is about the claims themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from uptake.origin import read_origin
from uptake.records import Claim, Item, Provenance
from uptake.strict_yaml import Value, read_yaml

CONTROLS = ("association", "assent", "capability", "fluency")



@dataclass(frozen=True, slots=True)
class Controls:
    """The controls of a file. `assent` holds two items an absurd claim, one affirmed and one denied, and the fitting
    answer is the absurd one in both: their mean is belief in the absurd, half their difference the drift toward yes.
    `association` are prompts about {subject}; `stand_in` takes the subject's place in the neutral ones."""

    origin: Provenance
    association: tuple[str, ...]
    stand_in: str
    assent: tuple[Item, ...]
    capability: tuple[Item, ...]
    fluency: tuple[str, ...]


def read_controls(path: Path | str) -> Controls:
    """Read a file of controls. Raises UserError, with file and line, for what is missing, unknown or wrong."""
    return build_controls(read_yaml(path))


def build_controls(top: Value) -> Controls:
    """Make the controls of a file that has been read. Raises as `read_controls` does."""
    parts = top.mapping(("origin", *CONTROLS), required=("origin", *CONTROLS))
    origin = read_origin(parts["origin"])
    pairing = parts["association"].mapping(("stand_in", "prompts"), required=("stand_in", "prompts"))
    return Controls(
        origin=origin,
        association=tuple(_about_subject(prompt) for prompt in pairing["prompts"].items()),
        stand_in=pairing["stand_in"].text(),
        assent=tuple(item for number, value in enumerate(parts["assent"].items()) for item in _assent(number, value)),
        capability=tuple(_capability(number, value) for number, value in enumerate(parts["capability"].items())),
        fluency=tuple(text.text() for text in parts["fluency"].items()),
    )


def association_items(controls: Controls, claims: Iterable[Claim]) -> list[Item]:
    """Return one open item a claim and prompt: does the stated answer follow the subject's name more than the foil?"""
    return [
        Item(claim=claim.id, reading="association", wording=wording, polarity="open",
             prompt=prompt.format(subject=claim.subject), neutral=prompt.format(subject=controls.stand_in),
             fit=f" {claim.stated}", foil=f" {claim.foil}",
             others=tuple(f" {answer}" for answer in claim.answers if answer not in (claim.stated, claim.foil)))
        for claim in claims
        for wording, prompt in enumerate(controls.association)
    ]


def _about_subject(prompt: Value) -> str:
    text = prompt.text()
    if "{subject}" not in text or text.replace("{subject}", "").count("{"):
        raise prompt.error("must hold {subject}, and no other braces")
    return text


def _assent(number: int, value: Value) -> tuple[Item, Item]:
    keys = ("ask", "says", "absurd", "sensible")
    parts = {key: text.text() for key, text in value.mapping(keys, required=keys).items()}
    for key in ("ask", "says"):
        if parts[key].count("{answer}") != 1:
            raise value.error(f"`{key}` must hold {{answer}} once")
    if parts["absurd"] == parts["sensible"]:
        raise value.error("the absurd answer and the sensible one are the same")

    def prompt(answer: str) -> str:
        question = parts["ask"].replace("{answer}", answer)
        return f"Question: {question[:1].upper()}{question[1:]} Answer:"

    def reply(word: str, answer: str) -> str:
        return f" {word}, {parts['says'].replace('{answer}', answer)}."

    absurd, sensible = parts["absurd"], parts["sensible"]
    affirmed = Item(claim=f"assent-{number + 1:02d}", reading="assent", wording=0, polarity="affirmed",
                    prompt=prompt(absurd), fit=reply("Yes", absurd), foil=reply("No", sensible))
    denied = replace(affirmed, polarity="denied", prompt=prompt(sensible), fit=reply("No", absurd),
                     foil=reply("Yes", sensible))
    return affirmed, denied


def _capability(number: int, value: Value) -> Item:
    keys = ("prompt", "fit", "foil")
    parts = {key: text.text() for key, text in value.mapping(keys, required=keys).items()}
    if parts["fit"] == parts["foil"]:
        raise value.error(f"'{parts['fit']}' is its own foil")
    return Item(claim=f"capability-{number + 1:02d}", reading="capability", wording=0, polarity="open",
                prompt=parts["prompt"], fit=f" {parts['fit']}", foil=f" {parts['foil']}")
