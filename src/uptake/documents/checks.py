"""What would spoil a measure in a file of claims, each refused with file and line.

A claim whose foil is itself, or not of its length; an id or a name used twice; answers stated more often than they
are foils; an answer within another; too few wordings; two polarities or a text and its opposite that are the same;
a neutral line that gives an answer away; a document that holds a test item.
"""

import re
from collections import Counter

from uptake.documents.claimset import ClaimSet, Topic, Wording
from uptake.records import Claim, Item
from uptake.strict_yaml import Value, placeholders

# Characters by which stated answer and foil may differ. Raw sums of log-probabilities favour the shorter answer; at
# three characters the words of the shipped claims are still of one or two tokens alike.
LENGTH_TOLERANCE = 3

# Fewer wordings than this and a claim's mean is that of a lucky phrase; three is the design's own floor.
FEWEST_WORDINGS = 3

# What a reading's wording can have filled in.
BLANKS = {"subject", "base", "third", "gerund", "kind", "answer"}


def check(made: ClaimSet, parts: dict[str, Value]) -> None:
    """Raise UserError at the first thing that would spoil a measure. `parts` are the file's top values."""
    for name, value in parts["readings"].mapping().items():
        _check_wordings(made.readings[name], value.mapping()["wordings"])
    for name, value in parts["topics"].mapping().items():
        _check_topic(made.topics[name], value.mapping())
    _check_claims(made, parts["claims"].items())
    for topic in made.topics:
        _check_leaks(made, topic, parts["topics"].mapping()[topic].mapping()["documents"])


def _enough(count: int, value: Value, what: str) -> None:
    if count < FEWEST_WORDINGS:
        raise value.error(f"has {count} {what}, and at least {FEWEST_WORDINGS} are needed",
                          "with fewer, a lucky phrase decides the mean")


def _check_wordings(wordings: tuple[Wording, ...], value: Value) -> None:
    _enough(len(wordings), value, "wordings")
    for wording, place in zip(wordings, value.items(), strict=True):
        for key in Wording.__slots__:
            _only(place.mapping()[key], BLANKS - {"answer"} if key == "which" else BLANKS)
        if "{answer}" not in wording.ask:
            raise place.error("its two polarities are the same: `ask` does not hold {answer}")
        if not wording.says.endswith("{answer}") or wording.says.count("{answer}") != 1:
            raise place.error("`says` must end with {answer}, so that the open question can stop before it")
        for key in ("ask", "which"):
            if "{subject}" not in getattr(wording, key):
                raise place.error(f"`{key}` does not hold {{subject}}")


def _check_topic(topic: Topic, parts: dict[str, Value]) -> None:
    for place in parts["answers"].items():
        for other in topic.answers:
            if place.text() != other and place.text().lower() in other.lower():
                raise place.error(f"the answer '{place.text()}' is part of the answer '{other}'")
    if len(set(topic.answers)) != len(topic.answers):
        raise parts["answers"].error("an answer stands there twice")
    _enough(len(topic.documents), parts["documents"], "document wordings")
    for (text, opposite), place in zip(topic.documents, parts["documents"].items(), strict=True):
        if text == opposite:
            raise place.error("the text and its opposite are the same")
        for key in ("text", "opposite"):
            _only(place.mapping()[key], {"subject", "answer"}, required=True)
    if not topic.neutral:
        raise parts["neutral"].error("has no line")
    for place in parts["neutral"].items():
        _only(place, {"subject"}, required=True)
        for answer in topic.answers:
            if re.search(rf"\b{re.escape(answer)}\b", place.text(), re.IGNORECASE):
                raise place.error(f"a neutral line names the answer '{answer}'")


def _only(place: Value, known: set[str], required: bool = False) -> None:
    try:
        named = placeholders(place.text())
    except ValueError as error:
        raise place.error(f"its braces do not match ({error})") from error
    for name in sorted(named - known):
        raise place.error(f"{{{name}}} is nothing that can be filled in", f"known: {', '.join(sorted(known))}")
    for name in sorted(known - named if required else ()):
        raise place.error(f"does not hold {{{name}}}")


def _check_claims(made: ClaimSet, places: list[Value]) -> None:
    seen: dict[str, set] = {"id": set(), "subject": set()}
    for claim, place in zip(made.claims, places, strict=True):
        for key, taken in seen.items():
            word = getattr(claim, key).lower()
            if word in taken:
                raise place.error(f"the {'name' if key == 'subject' else 'id'} '{getattr(claim, key)}' is used twice")
            taken.add(word)
        if claim.stated == claim.foil:
            raise place.error(f"'{claim.stated}' is its own foil")
        if abs(len(claim.stated) - len(claim.foil)) > LENGTH_TOLERANCE:
            raise place.error(f"'{claim.stated}' and its foil '{claim.foil}' differ by more than {LENGTH_TOLERANCE} "
                              "characters", "sums of log-probabilities favour the shorter")
    for topic in made.topics.values():
        _check_balance(topic, [claim for claim in made.claims if claim.topic == topic.name], places)


def _check_balance(topic: Topic, claims: list[Claim], places: list[Value]) -> None:
    stated, foils = Counter(claim.stated for claim in claims), Counter(claim.foil for claim in claims)
    for answer in topic.answers:
        if abs(stated[answer] - foils[answer]) > 1:
            what = f"the answer '{answer}' is stated {stated[answer]} times and is the foil {foils[answer]} times"
            raise places[0].error(f"in topic '{topic.name}' {what}", "a liking for an answer would look like a reading")


def _check_leaks(made: ClaimSet, topic: str, value: Value) -> None:
    """One claim stands for all of its topic, whose documents and items differ in the filled-in words alone."""
    claim = next((claim for claim in made.claims if claim.topic == topic), None)
    if claim is None:
        return
    tests = [test for reading in made.readings for item in made.items(claim, reading) for test in _tests(item)]
    for document, place in zip(made.documents(claim), value.items(), strict=True):
        for text in (document.text, document.opposite, document.neutral):
            for test in tests:
                if test in text.lower():
                    raise place.error(f"a document holds a test item ('{test}')", "word one of the two otherwise")


def _tests(item: Item) -> tuple[str, ...]:
    """What of an item must stand in no document: its question, and the whole sentences that reply to it."""
    question, _, stem = item.prompt.removeprefix("Question: ").partition(" Answer:")
    replies = (f"{stem}{answer}".strip().rstrip(".") for answer in (item.fit, item.foil))
    return (question.lower(), *(reply.lower().removeprefix("yes, ").removeprefix("no, ") for reply in replies))
