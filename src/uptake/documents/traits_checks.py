"""What would spoil a measure in a file of claims about the reader, each refused with file and line.

An id used twice; a claim that is its own foil; a group without a claim; too few phrases, wordings or situations, or
not as many as elsewhere; two sides, two replies or two twins that are the same; sides or replies that differ in length
by more than the file allows, in one pair or on the mean; a wording whose two polarities are the same, or that does not
name the subject (or does, where it speaks to the reader); a blank that nothing fills; a verb without its ending, or
with a wrong one; a situation used twice. Half of the situations fit the trait because each is written together with
its look-alike: a missing look-alike is a missing key.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uptake.strict_yaml import Value, placeholders

if TYPE_CHECKING:
    from uptake.documents.traits import Trait, TraitSet, Wording

# Fewer wordings than this and a claim's mean is that of a lucky phrase; three is the design's own floor.
FEWEST_WORDINGS = 3

# Pairs of situations: four that fit and four that do not are the fewest from which a rate can be told from a fluke.
FEWEST_PAIRS = 4

# Endings of a verb: a phrase that holds neither reads the same after `it` and after `you`. Some verbs do not take
# the plain {s}: reply{s} would be read as replys, push{s} as pushs.
ENDINGS = {"s", "es"}
MISSPELT = re.compile(r"([^aeiou]y|s|x|z|ch|sh|o)\{s\}")

# What a wording can have filled in. SIDES are what makes its two polarities differ.
SIDES = {"base", "third"}
BLANKS = {"subject", "case", *SIDES}
TRUST_BLANKS = {"subject", "claim", "side", "what", "told", "rival"}


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Characters by which two answers may differ: of a phrase, of a pair of replies, and on a claim's mean of either.
    Sums of log-probabilities favour the shorter."""

    phrase: float
    reply: float
    mean: float


def check(made: "TraitSet", traits: "Sequence[Trait]", parts: dict[str, Value]) -> None:
    """Raise UserError at the first thing that would spoil a measure. `parts` are the file's top values; `traits` are
    in the file's order, an id that is used twice included."""
    keys = Tolerance.__slots__
    tolerance = Tolerance(**{key: value.number(least=0) for key, value in
                             parts["tolerance"].mapping(keys, required=keys).items()})
    for name, wordings in made.wordings.items():
        _check_wordings(name, wordings, parts["readings"].mapping()[name].mapping()["wordings"])
    _only(parts["readings"].mapping()["act"].mapping()["message"], {"situation"}, required={"situation"})
    places = parts["claims"].items()
    for trait, place in zip(traits, places, strict=True):
        _check_trait(made, trait, place.mapping(), tolerance)
    _check_together(made, traits, places, parts["claims"])


def _check_wordings(reading: str, wordings: "tuple[Wording, ...]", value: Value) -> None:
    _enough(len(wordings), FEWEST_WORDINGS, value, "wordings")
    sides, blanks = ({"side"}, TRUST_BLANKS) if reading == "trust" else (SIDES, BLANKS)
    for place in value.items():
        texts = place.mapping()
        _only(texts["ask"], blanks)
        _only(texts["which"], blanks - sides)
        _only(texts["says"], blanks - {"case", "claim"})
        for key in ("ask", "says"):
            if not _named(texts[key]) & sides:
                held = " or ".join(f"{{{side}}}" for side in sorted(sides))
                raise place.error(f"its two polarities are the same: `{key}` does not hold {held}",
                                  "the fitting side and its foil are put there", texts[key].line)
        _check_subject(reading, texts)
        if reading == "trust":
            for key in ("fit", "foil"):
                _only(texts[key], {"told", "rival"})
            _differ(texts["fit"], texts["foil"])


def _check_subject(reading: str, texts: dict[str, Value]) -> None:
    """Whether a question is about the subject must not be left to chance: `self` never names it, all others do."""
    for key in ("ask", "which", "says"):
        named = bool(_named(texts[key]) & {"subject", "claim"})
        if named and reading == "self":
            raise texts[key].error("names {subject}, and this reading speaks to the reader", "say 'you', and 'I'")
        if not named and reading != "self" and key != "says":
            raise texts[key].error("does not hold {subject}", "say whom it is about")


def _check_trait(made: "TraitSet", trait: "Trait", parts: dict[str, Value], tolerance: Tolerance) -> None:
    _differ(parts["stated"], parts["foil"])
    _enough(len(trait.phrases), FEWEST_WORDINGS, parts["phrases"], "phrases")
    for reading, wordings in made.wordings.items():
        if len(wordings) != len(trait.phrases):
            raise parts["phrases"].error(
                f"has {len(trait.phrases)} phrases, and the reading '{reading}' has {len(wordings)} wordings",
                "each wording asks with one phrase, so there are as many of one as of the other")
    forms = made.persons["named"]
    for place in parts["phrases"].items():
        texts = place.mapping()
        _only(texts["case"], forms)
        for key in ("fit", "foil"):
            _only(texts[key], forms)
            if not _named(texts[key]) & ENDINGS:
                raise texts[key].error("does not hold {s} or {es}", "the verb has no ending after `it` otherwise")
            if MISSPELT.search(texts[key].text()):
                raise texts[key].error("puts {s} where English has es or ies", "write {es}, or take another verb")
    filled = [(phrase.fit.format(**forms), phrase.foil.format(**forms)) for phrase in trait.phrases]
    _check_lengths(filled, parts["phrases"], ("fit", "foil"), tolerance.phrase, tolerance.mean)
    second = parts["second"].mapping()
    _check_lengths([(trait.second.told, trait.second.rival)], second["told"], ("told", "rival"), tolerance.phrase)
    _check_situations(trait, parts["situations"], tolerance)


def _check_situations(trait: "Trait", value: Value, tolerance: Tolerance) -> None:
    if len(trait.situations) < FEWEST_PAIRS:
        raise value.error(f"has {len(trait.situations)} pairs of situations, and at least {FEWEST_PAIRS} are needed",
                          "with fewer, a rate cannot be told from a fluke")
    for place in value.items():
        texts = place.mapping()
        for one, other in (("fits", "look_alike"), ("act", "other")):
            _differ(texts[one], texts[other])
            for key in (one, other):
                _only(texts[key], ())
    replies = [(pair.act, pair.other) for pair in trait.situations]
    _check_lengths(replies, value, ("act", "other"), tolerance.reply, tolerance.mean)


def _check_lengths(pairs: Sequence[tuple[str, str]], value: Value, names: tuple[str, str], most: float,
                   most_on_mean: float | None = None) -> None:
    """Compare the lengths of both sides, of each pair and on the mean of all. `value` is the list that they stand in,
    or the place of the only pair."""
    one, other = names
    places = value.items() if value.is_list else [value]
    for (left, right), place in zip(pairs, places, strict=True):
        if left == right:
            raise place.error(f"`{one}` and `{other}` are the same")
        if abs(len(left) - len(right)) > most:
            raise place.error(f"'{left}' and '{right}' differ by {abs(len(left) - len(right))} characters, and the "
                              f"tolerance is {most:g}", "sums of log-probabilities favour the shorter")
    mean = sum(len(left) - len(right) for left, right in pairs) / len(pairs)
    if most_on_mean is not None and abs(mean) > most_on_mean:
        raise value.error(f"on the mean `{one}` is {abs(mean):.2g} characters {'longer' if mean > 0 else 'shorter'} "
                          f"than `{other}`, and the tolerance is {most_on_mean:g}",
                          "let now the one and now the other be the longer")


def _check_together(made: "TraitSet", traits: "Sequence[Trait]", places: list[Value], value: Value) -> None:
    """Compare the claims with one another."""
    ids: set[str] = set()
    situations: set[str] = set()
    for trait, place in zip(traits, places, strict=True):
        if trait.claim.id in ids:
            raise place.error(f"the id '{trait.claim.id}' is used twice")
        ids.add(trait.claim.id)
        if len(trait.situations) != len(traits[0].situations):
            raise place.mapping()["situations"].error(
                f"has {len(trait.situations)} pairs, and the first claim has {len(traits[0].situations)}",
                "every claim has as many")
        for pair, spot in zip(trait.situations, place.mapping()["situations"].items(), strict=True):
            for text in (pair.fits, pair.look_alike):
                if text in situations:
                    raise spot.error(f"the situation '{text}' is used twice")
                situations.add(text)
    for group, claims in made.groups.items():
        if not claims:
            raise value.error(f"there is no claim of the group '{group}'")


def _enough(count: int, fewest: int, value: Value, what: str) -> None:
    if count < fewest:
        raise value.error(f"has {count} {what}, and at least {fewest} are needed",
                          "with fewer, a lucky phrase decides the mean")


def _differ(one: Value, other: Value) -> None:
    if one.text().lower() == other.text().lower():
        raise other.error(f"is the same as `{one.path[-1]}`", "write another")


def _only(place: Value, known: Collection[str], required: Collection[str] = ()) -> None:
    named = _named(place)
    for name in sorted(named - set(known)):
        fillable = ", ".join(sorted(known)) or "none"
        raise place.error(f"{{{name}}} is nothing that can be filled in", f"known: {fillable}")
    for name in sorted(set(required) - named):
        raise place.error(f"does not hold {{{name}}}")


def _named(place: Value) -> frozenset[str]:
    try:
        return placeholders(place.text())
    except ValueError as error:
        raise place.error(f"its braces do not match ({error})") from error
