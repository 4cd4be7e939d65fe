"""What `measure.json` says: every reading and claim with its interval, the gaps, the controls, and what has none."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from uptake.measure.questions import Questions
from uptake.measure.values import acts, acts_apart, by_claim, by_wording, drifts, mean, over, shared
from uptake.readings.controls import CONTROLS
from uptake.records import Row
from uptake.stats.estimates import DRAWS
from uptake.stats.rounding import rounded

ACT = "act"
# Derived readings: the first less the second, claim by claim.
GAPS = {"attachment": ("other", "self"), "say-do": ("self", ACT)}
# The share of an item's probability below which it is called low: as in the results of studies.
LOW_MASS = 0.05
INTERVAL = {"level": 0.95, "over": "claims and wordings", "draws": DRAWS, "seeds": 0}

Lines = Sequence[Row]


def findings(asked: Questions, rows: Lines, losses: Sequence[float]) -> dict[str, Any]:
    """Return what one model's lines say. `losses` are those on ordinary prose."""
    apart = {reading: [row for row in rows if row.reading == reading] for reading in asked.readings}
    found = {
        "profile": [of_reading(reading, lines) for reading, lines in apart.items()],
        "claims": [of_claim(asked, claim, reading, [row for row in lines if row.claim == claim])
                   for reading, lines in apart.items() for claim in asked.items],
        "gaps": [gap(name, apart) for name in GAPS],
        "controls": controls(rows, losses),
        "unscored": unscored(rows),
    }
    return found | ({"act": acts(apart[ACT])} if ACT in apart else {})


def of_reading(reading: str, rows: Lines) -> dict[str, Any]:
    """Return one reading over all claims: nats, the share of items in which the fitting answer is the likelier, the two
    other usual scores, option mass, and the drift toward yes (for `act`: toward showing the trait)."""
    scored = [row for row in rows if row.value is not None]
    others = {column: over(by_claim(rows, column))["mean"] for column in ("per_byte", "calibrated")}
    value = over(by_claim(rows))
    signs = {math.copysign(1, number) for number in (value["mean"], *others.values()) if number}
    return {"reading": reading, **value, **others, "scores_agree": len(signs) < 2, "fits": share(scored),
            "items": len(rows), "unscored": len(rows) - len(scored), **mass(scored), "drift": over(drifts(rows))}


def of_claim(asked: Questions, claim: str, reading: str, rows: Lines) -> dict[str, Any]:
    """Return one claim on one reading, with its interval over wordings."""
    scored = [row for row in rows if row.value is not None]
    value = over(by_wording(rows).get(claim, {}), "wordings")
    return {"claim": claim, "group": asked.groups[claim], "reading": reading, **value, "fits": share(scored),
            "items": len(rows), "unscored": len(rows) - len(scored), "drift": rounded(drifts(rows).get(claim))}


def gap(name: str, apart: Mapping[str, Lines]) -> dict[str, Any]:
    """Return a derived reading, paired by claim; of readings that were not asked, why there is none."""
    left, right = GAPS[name]
    missing = [reading for reading in (left, right) if reading not in apart]
    if missing:
        reason = f"{' and '.join(missing)} was not asked"
        return {"gap": name, "of": f"{left} - {right}", "mean": None, "low": None, "high": None, "over": 0,
                "reason": reason}
    return {"gap": name, "of": f"{left} - {right}", **over(shared(by_claim(apart[left]), by_claim(apart[right])))}


def controls(rows: Lines, losses: Sequence[float]) -> list[dict[str, Any]]:
    """Return what the controls say, with intervals over their items."""
    assent, able, near = ([row for row in rows if row.reading == name] for name in ("assent", "capability",
                                                                                   "association"))
    prose = dict(enumerate(losses))
    return [
        {"control": "assent", "says": "belief in the absurd, nats", **over(by_claim(assent))},
        {"control": "drift", "says": "toward yes on the absurd, nats", **over(drifts(assent))},
        {"control": "capability", "says": "small completions right, share", **over(hits(able))},
        {"control": "association", "says": "words merely go together, nats", **over(by_claim(near))},
        {"control": "fluency", "says": "loss on prose, nats a token", **over(prose),
         **({} if prose else {"reason": "no text has a loss: this estimate, or this model, gives none"})},
    ]


def differences(asked: Questions, rows: Lines, others: Lines, losses: tuple[Sequence[float], Sequence[float]]
                ) -> dict[str, Any]:
    """Return this model less another, paired by claim (and of one claim by wording), each with its interval."""
    mine, theirs = ({name: [row for row in lines if row.reading == name] for name in (*asked.readings, *CONTROLS)}
                    for lines in (rows, others))
    gaps = [name for name, pair in GAPS.items() if set(pair) <= set(asked.readings)]
    found = {
        "profile": [{"reading": name, **over(shared(by_claim(mine[name]), by_claim(theirs[name]))),
                     "drift": over(shared(drifts(mine[name]), drifts(theirs[name])))} for name in asked.readings],
        "claims": [{"claim": claim, "reading": name,
                    **over(shared(left.get(claim, {}), right.get(claim, {})), "wordings")}
                   for name in asked.readings for left, right in [(by_wording(mine[name]), by_wording(theirs[name]))]
                   for claim in asked.items],
        "gaps": [{"gap": name, "of": " - ".join(GAPS[name]),
                  **over(shared(*(shared(*(by_claim(lines[reading]) for reading in GAPS[name]))
                                  for lines in (mine, theirs))))} for name in gaps],
        "controls": [
            {"control": "assent", **over(shared(by_claim(mine["assent"]), by_claim(theirs["assent"])))},
            {"control": "drift", **over(shared(drifts(mine["assent"]), drifts(theirs["assent"])))},
            {"control": "capability", **over(shared(hits(mine["capability"]), hits(theirs["capability"])))},
            {"control": "association", **over(shared(by_claim(mine["association"]), by_claim(theirs["association"])))},
            {"control": "fluency", **over(shared(*(dict(enumerate(each)) for each in losses)))},
        ],
    }
    return found | ({"act": acts_apart(mine[ACT], theirs[ACT])} if ACT in asked.readings else {})


def unscored(rows: Lines) -> list[dict[str, Any]]:
    """Return how many items of each reading have no value, by reason."""
    counted = Counter((row.reading, row.reason) for row in rows if row.value is None)
    return [{"reading": reading, "reason": reason, "items": items} for (reading, reason), items in counted.items()]


def mass(scored: Lines) -> dict[str, Any]:
    """Return the mean option mass of open items, and the share of them in which it is low. Open items only: the answers
    to a yes-or-no item are whole sentences, each of which is improbable. (`act` has no open items, and its replies are
    sentences too.)"""
    masses = [row.option_mass for row in scored if row.option_mass is not None and row.polarity == "open"]
    if not masses:
        return {"option_mass": None, "low_mass": None}
    return {"option_mass": rounded(mean(masses)), "low_mass": rounded(mean(each < LOW_MASS for each in masses))}


def hits(rows: Lines) -> dict[str, float]:
    """Return 1 for each item whose fitting answer beats the others, and 0 for each other."""
    return {row.claim: float(row.hit) for row in rows if row.hit is not None}


def share(scored: Lines) -> float | None:
    """Return the share of items in which the fitting answer is the likeliest."""
    known = [row.hit for row in scored if row.hit is not None]
    return rounded(mean(known)) if known else None
