"""The capability card: what a reader can do, from tests that it takes.

The tests are data (`data/capabilities.yaml`). They stand in groups: the items of a group have the same answers to
choose from, and each answer is the right one of exactly one of them. So a reader that does not look at the question,
whatever it likes to say, gets exactly one of a group right: chance is one over the size of the group.

An ability is known to a reader as far as its accuracy a exceeds chance c: k = (a - c) / (1 - c), the share of items
that it knows rather than guesses. The card says `able: true` where more than half is known beyond doubt (the lower end
of Wilson's 95 % interval of a lies above c + (1 - c) / 2), because a text that says "I cannot add" is then wrong about
this reader more often than right. It says `able: false` where it is beyond doubt that less than half is known (the
upper end lies below that line) and nothing shows that the reader does better than guessing (the lower end does not lie
above c). Otherwise it says `null`, with the reason: a denial is then neither true nor false on this evidence. With 24
items of four answers, 20 right (.83) are enough for true and 10 or fewer (.42) for false; with 40 items of two answers,
36 (.90) for true and 24 or fewer (.60) for false.

Wilson 1927, Journal of the American Statistical Association 22, 209-212. It takes items as independent. For a reader
that ignores the question they balance each other, so that it is wider than need be.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uptake.origin import read_origin
from uptake.records import Item, Provenance, Row
from uptake.stats.rounding import rounded
from uptake.strict_yaml import DATA, Value, read_yaml

TESTS = DATA / "capabilities.yaml"
LEAST_ITEMS = 20
KNOWN = 0.5  # the share of items that must be known: see above
Z = 1.959963984540054  # of 95 %



@dataclass(frozen=True, slots=True)
class Tests:
    """The items of each ability, by its name; `asks` says what is asked, and `together` which abilities make up a wider
    one."""

    origin: Provenance
    asks: Mapping[str, str]
    items: Mapping[str, tuple[Item, ...]]
    together: Mapping[str, tuple[str, ...]]

    __test__ = False  # its name begins as a test's does


def read_tests(path: Path | str = TESTS) -> Tests:
    """Read a file of tests. Raises UserError, with file and line, for whatever would make chance unknown: a group whose
    answers are not all different, an ability with too few items, a prompt without the question."""
    return build_tests(read_yaml(path))


def build_tests(top: Value) -> Tests:
    """Make the tests of a file that has been read. Raises as `read_tests` does."""
    parts = top.mapping(("origin", "together", "abilities"), required=("origin", "together", "abilities"))
    origin = read_origin(parts["origin"])
    abilities = parts["abilities"].mapping()
    read = {name: value.mapping(("asks", "prompts", "groups"), required=("asks", "prompts", "groups"))
            for name, value in abilities.items()}
    return Tests(
        origin=origin,
        asks={name: each["asks"].text() for name, each in read.items()},
        items={name: _items(name, each, abilities[name]) for name, each in read.items()},
        together={name: tuple(member.text(among=read) for member in value.items())
                  for name, value in parts["together"].mapping().items()},
    )


def card(tests: Tests, rows: Sequence[Row], whose: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the card: an entry for each ability and for each wider one. `whose` says whose card it is, in every entry,
    since the card has no other place for it."""
    apart = {name: [row for row in rows if row.reading == name] for name in tests.items}
    entries = {name: {**entry(apart[name], _chances(tests.items[name])), "asks": tests.asks[name], **whose}
               for name in tests.items}
    for name, members in tests.together.items():
        lines = [row for member in members for row in apart[member]]
        chances = [chance for member in members for chance in _chances(tests.items[member])]
        entries[name] = {**entry(lines, chances), "asks": ", ".join(members), **whose}
    return entries


def entry(rows: Sequence[Row], chances: Sequence[float]) -> dict[str, Any]:
    """Return what the lines of an ability say; `chances` are those of its items, in the same order."""
    scored = [(row.hit, chance) for row, chance in zip(rows, chances, strict=True) if row.hit is not None]
    found = {"items": len(rows), "unscored": len(rows) - len(scored)}
    if len(scored) < LEAST_ITEMS:
        why = next((row.reason for row in rows if row.hit is None), "")
        reason = f"only {len(scored)} of {len(rows)} items could be scored ({why})"
        return {"able": None, "accuracy": None, "low": None, "high": None, "chance": None, **found, "reason": reason}
    right, chance = sum(hit for hit, _ in scored), math.fsum(chance for _, chance in scored) / len(scored)
    low, high = wilson(right, len(scored))
    able, reason = verdict(low, high, chance)
    return {"able": able, "accuracy": rounded(right / len(scored)), "low": rounded(low), "high": rounded(high),
            "chance": rounded(chance), **found, "reason": reason}


def verdict(low: float, high: float, chance: float) -> tuple[bool | None, str]:
    """Return whether a reader is able, given its accuracy's interval, and the reason; None is not decided."""
    line = chance + (1 - chance) * KNOWN
    if low > line:
        return True, f"more than half is known: the interval lies above {line:.2f}"
    if high >= line:
        return None, f"not decided: the interval reaches over {line:.2f}, where half is known"
    if low > chance:
        return None, f"not decided: better than guessing ({chance:.2f}), and less than half is known"
    return False, f"no better than guessing ({chance:.2f}) was shown, and less than half is known"


def wilson(right: int, items: int) -> tuple[float, float]:
    """Return Wilson's 95 % score interval of a share."""
    share, spread = right / items, Z**2 / items
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _chances(items: Sequence[Item]) -> list[float]:
    return [1 / (2 + len(item.others)) for item in items]


def _items(name: str, parts: Mapping[str, Value], place: Value) -> tuple[Item, ...]:
    """Make an ability's items; its groups are asked in its prompts by turns, so that no lucky wording decides."""
    prompts = [_prompt(value) for value in parts["prompts"].items()]
    made = [item for number, value in enumerate(parts["groups"].items())
            for item in _group(name, number, value, prompts)]
    if len(made) < LEAST_ITEMS:
        raise place.error(f"has {len(made)} items, and at least {LEAST_ITEMS} are needed")
    asked = [item.prompt for item in made]
    if twice := {prompt for prompt in asked if asked.count(prompt) > 1}:
        raise place.error(f"the same item stands there twice: {sorted(twice)[0]!r}")
    return tuple(made)


def _group(name: str, number: int, value: Value, prompts: Sequence[str]) -> list[Item]:
    pairs = {question: answer.text() for question, answer in value.mapping().items()}
    answers = list(pairs.values())
    if len(pairs) < 2 or len(set(answers)) != len(answers):
        raise value.error("a group is two or more questions, each with an answer that is no other's",
                          "otherwise a reader that ignores the question would beat chance, or fall below it")
    wording = number % len(prompts)
    return [
        Item(claim=f"{name}-{number + 1:02d}-{place + 1}", reading=name, wording=wording, polarity="open",
             prompt=prompts[wording].replace("{x}", question), fit=f" {right}",
             foil=f" {wrong[0]}", others=tuple(f" {answer}" for answer in wrong[1:]))
        for place, (question, right) in enumerate(pairs.items())
        for wrong in [[answer for answer in answers if answer != right]]
    ]


def _prompt(value: Value) -> str:
    text = value.text()
    if text.count("{x}") != 1:
        raise value.error("must hold {x}, the question, once")
    return text
