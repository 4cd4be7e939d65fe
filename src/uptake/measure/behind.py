"""What a model takes documents for when it reads them: its answers behind them, less those without, and less those
behind neutral documents.

A document's value for a claim on a reading is that of the claim's items asked behind it. From it is taken what the same
items give untouched, and what they give behind the neutral document in its place. The mean is over claims of the mean
over their documents. What its interval is over depends on who is asked of what:

- each document is about one claim: over claims, which bring their documents along (or over documents, of one claim);
- documents are asked of several claims: over documents and claims, crossed, as studies do with seeds and claims; of one
  document over its claims.

The gate says whether the model tells frames apart, and each from neutral text, as in studies (`stats.gate`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from uptake.measure.questions import Questions
from uptake.measure.values import RESAMPLER, by_claim, mean, over
from uptake.records import Item, Row
from uptake.stats.cells import ClaimMatrix
from uptake.stats.estimates import contrast
from uptake.stats.gate import GateSettings, gate
from uptake.stats.rounding import rounded
from uptake.stats.table import Table
from uptake.study import SMALLEST_EFFECT

NEUTRAL = "neutral"
LEAST = SMALLEST_EFFECT["log-odds"]
"""The least difference in nats that the gate counts: that of a study which names none."""

Values = dict[tuple[str, str], float]
"""A number for each document and claim."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A claim's items behind one document: `document` is the one in front, and `of` the user's document (where a
    neutral one stands in its place, they differ)."""

    document: str
    frame: str
    claim: str
    polarity: str
    items: tuple[Item, ...]
    of: str


def in_context(asked: Questions, before: Sequence[Behind], untouched: Sequence[Row], lines: Sequence[Row]
               ) -> dict[str, Any]:
    """Return what a model's lines behind documents say. `lines` are those of each of `before`, in order."""
    given, place = [], 0
    for each in before:
        given.append((each, lines[place:place + len(each.items)]))
        place += len(each.items)
    plain = {reading: by_claim(row for row in untouched if row.reading == reading) for reading in asked.readings}
    frames = [name for name in dict.fromkeys(each.frame for each in before) if name != NEUTRAL]
    sides = [(frame, polarity) for frame in frames for polarity in dict.fromkeys(each.polarity for each in before)]
    profile, claims, documents = [], [], []
    for reading in asked.readings:
        for frame, polarity in sides:
            own, mine = _values(given, reading, frame, polarity)
            if not mine:
                continue
            neutral, _ = _values(given, reading, NEUTRAL, polarity)
            at = {"reading": reading, "frame": frame, "polarity": polarity}
            profile.append(at | _told(own, plain[reading], neutral, mine))
            for claim in asked.items:
                here, there = _only(own, 1, claim), _only(neutral, 1, claim)
                if any(each.claim == claim for each, _ in mine):
                    claims.append({"claim": claim} | at | _told(here, plain[reading], there, _of(mine, claim)))
            for name in dict.fromkeys(each.of for each, _ in mine):
                documents.append({"document": name} | at | _told(
                    _only(own, 0, name), plain[reading], _only(neutral, 0, name), _of(mine, document=name)))
    return {"frames": frames, "documents": len({each.of for each in before}), "least": LEAST, "profile": profile,
            "claims": claims, "by_document": documents, "gate": _gate(asked, given)}


def _values(given: Sequence[tuple[Behind, Sequence[Row]]], reading: str, frame: str, polarity: str
            ) -> tuple[Values, list[tuple[Behind, list[Row]]]]:
    """Return the value of each document and claim in a frame, and the lines behind them."""
    chosen = [(each, [row for row in rows if row.reading == reading]) for each, rows in given
              if (each.frame, each.polarity) == (frame, polarity)]
    values = {(each.of, each.claim): found[each.claim] for each, rows in chosen if (found := by_claim(rows))}
    return values, chosen


def _told(own: Values, plain: Mapping[str, float], neutral: Values, mine: Sequence[tuple[Behind, Sequence[Row]]]
          ) -> dict[str, Any]:
    rows = [row for _, rows in mine for row in rows]
    less_plain = {key: value - plain[key[1]] for key, value in own.items() if key[1] in plain}
    less_neutral = {key: value - neutral[key] for key, value in own.items() if key in neutral}
    return {**spread(own), "less_untouched": spread(less_plain), "less_neutral": spread(less_neutral),
            "documents": len({each.of for each, _ in mine}), "claims": len({each.claim for each, _ in mine}),
            "items": len(rows), "unscored": sum(row.value is None for row in rows)}


def spread(values: Values) -> dict[str, Any]:
    """Return the mean over claims of the mean over documents, with its 95 % interval, or why there is none."""
    claims: dict[str, dict[str, float]] = defaultdict(dict)
    for (document, claim), value in values.items():
        claims[claim][document] = value
    documents = {document for document, _ in values}
    if len(claims) == 1 and len(documents) > 1:
        (only,) = claims.values()
        return over(only, "documents")
    if len(values) == len(documents) or len(documents) == 1:
        return over({claim: mean(each.values()) for claim, each in claims.items()})
    return _crossed(values, sorted(documents), sorted(claims))


def _crossed(values: Values, documents: list[str], claims: list[str]) -> dict[str, Any]:
    laid = np.array([[values.get((document, claim), np.nan) for claim in claims] for document in documents])
    found = contrast(ClaimMatrix(laid, tuple(range(len(documents))), tuple(claims), laid.size, 0), None, RESAMPLER)
    low, high = found.interval() or (None, None)
    return {"mean": rounded(found.value), "low": rounded(low), "high": rounded(high), "over": len(claims), "reason": ""}


def _only(values: Values, place: int, name: str) -> Values:
    return {key: value for key, value in values.items() if key[place] == name}


def _of(mine: Sequence[tuple[Behind, Sequence[Row]]], claim: str = "", document: str = ""
        ) -> list[tuple[Behind, Sequence[Row]]]:
    return [(each, rows) for each, rows in mine if (each.claim == claim if claim else each.of == document)]


def _gate(asked: Questions, given: Sequence[tuple[Behind, Sequence[Row]]]) -> list[dict[str, Any]]:
    """Return the gate of each reading, over the documents that show their claims, if any does."""
    shows = any(each.polarity == "shows" for each, _ in given)
    rows = [replace(row, arm="measured") for each, lines in given for row in lines
            if each.polarity == "shows" or not shows]
    readings = [reading for reading in asked.readings if reading != "content"]
    return gate(Table.from_rows(rows), readings, GateSettings(LEAST, "log-odds"))
