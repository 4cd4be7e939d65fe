"""What becomes of planted odds: bits by planted prior along the stages after, against what evidence would do to them.

A prior is planted by documents that state an answer and its foil in some proportion (`priors`, by frame). Readings with
documents in front of the question say what evidence in the prompt adds (`evidence`, by reading). The first stage of an
arm plants; the next one presses; what comes then releases. Everything is taken seed by seed, as a mean over claims, and
means over seeds have Student's 95 % interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from uptake.stats.bits import NATS, additivity_residual, counting, independent, kept, over_seeds, rebound
from uptake.stats.cells import CellKey, ClaimMatrix
from uptake.stats.content import curve
from uptake.stats.rounding import rounded
from uptake.stats.turning import crossing

Cells = Mapping[CellKey, ClaimMatrix]
Track = list[tuple[int, dict[int, float]]]
"""Tokens, and each seed's mean there, earliest first."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stage of an arm: what its reader is called in tables, and what a claim is told in it: how many documents that
    speak for what is stated (`toward` 1), for the foil (-1) or for neither (0), and how often they slip. In a stage
    that is not reading (`read`), nothing is told, and there is no telling what should be believed."""

    reader: str
    documents: float
    toward: int = 1
    slips: float = 0.0
    read: bool = True


@dataclass(frozen=True, slots=True)
class Planted:
    """What a study planted: bits by frame, bits that each reading shows, and each arm's stages."""

    priors: Mapping[str, float]
    evidence: Mapping[str, float]
    arms: Mapping[str, Sequence[Passage]]

    @property
    def plain(self) -> str:
        """The reading that shows nothing."""
        return next(reading for reading, bits in self.evidence.items() if not bits)


def pressure(planted: Planted, cells: Cells, diverged: Cells) -> dict[str, Any]:
    """Return everything about planted odds that `results.json` has. `diverged` are the cells of the KL, in bits, of
    answers from those before the pressure."""
    pressed = [(arm, place) for arm, passages in planted.arms.items() for place in range(1, len(passages))]
    return {
        "priors": dict(planted.priors),
        "evidence": dict(planted.evidence),
        "courses": [entry for arm, place in pressed for entry in courses(planted, arm, place, cells, diverged)],
        "context": context(planted, cells),
        "additivity": [*over_pressure(planted, cells), *over_evidence(planted, cells)],
        "indifference": [entry for arm, passages in planted.arms.items() if len(passages) > 1
                         for entry in indifference(planted, passages[1], cells, diverged)],
        "release": [entry for passages in planted.arms.values() if len(passages) > 2
                    for entry in released(planted, passages, cells, diverged)],
    }


def track(cells: Cells, reader: str, frame: str, reading: str, unit: float = NATS) -> Track:
    """Return a cell's course along a stage, seed by seed, in bits."""
    return [(key.checkpoint, {seed: mean / unit for seed, mean in cells[key].seed_means.items()})
            for key in curve(cells, reader, frame, reading)]


def courses(planted: Planted, arm: str, place: int, cells: Cells, diverged: Cells) -> list[dict[str, Any]]:
    """Return bits and KL of every planted prior at every checkpoint of a stage, and what either model would believe."""
    install, passage = planted.arms[arm][0], planted.arms[arm][place]
    found = []
    for frame, prior in planted.priors.items():
        points = track(cells, passage.reader, frame, planted.plain)
        moved = dict(track(diverged, passage.reader, frame, planted.plain, 1.0))
        for tokens, seeds in points:
            documents = passage.documents * tokens / max(1, points[-1][0])
            found.append({"arm": arm, "reader": passage.reader, "frame": frame, "planted": prior, "tokens": tokens,
                          "documents": rounded(documents), "bits": over_seeds(seeds.values()),
                          "kl": over_seeds(moved.get(tokens, {}).values()),
                          **(believed(install, prior, passage, documents) if place == 1 else {})})
    return found


def believed(install: Passage, prior: float, passage: Passage, documents: float) -> dict[str, float | None]:
    """Return the bits of either model after so many documents; none where something else than documents presses."""
    if not passage.read:
        return {"independent": None, "counting": None}
    if not passage.toward:
        documents = 0.0
    worth = passage.toward * (1 - 2 * passage.slips) * _worth(passage.slips)
    foil = install.documents / (1 + 2**prior)
    toward = passage.toward or 1
    return {"independent": rounded(independent(prior, documents, worth)) if passage.slips or not documents else None,
            "counting": rounded(counting((install.documents - foil, foil), documents, passage.slips, toward))}


def _worth(slips: float) -> float:
    """Return the bits of one document that slips so often; 0 where it never does and one would settle everything."""
    return float(np.log2((1 - slips) / slips)) if slips else 0.0


def context(planted: Planted, cells: Cells) -> list[dict[str, Any]]:
    """Return what evidence in the prompt adds, before anything was planted (all claims together: the odds are even) and
    at the end of every stage: bits measured, and the sum of the bits without evidence and its worth."""
    found = []
    for name in dict.fromkeys(passage.reader for passages in planted.arms.values() for passage in passages):
        for frame in planted.priors:
            plain = track(cells, name, frame, planted.plain)
            for when in (0, -1) if name in {passages[0].reader for passages in planted.arms.values()} else (-1,):
                for reading, bits in planted.evidence.items():
                    course = track(cells, name, frame, reading)
                    if not course or not plain:
                        continue
                    base = plain[when][1]
                    off = [value - base[seed] - bits for seed, value in course[when][1].items()]
                    found.append({"reader": name, "when": "before" if when == 0 else "after", "frame": frame,
                                  "planted": planted.priors[frame], "reading": reading, "evidence": bits,
                                  "bits": over_seeds(course[when][1].values()), "beyond_sum": over_seeds(off)})
    return found


def over_pressure(planted: Planted, cells: Cells) -> list[dict[str, Any]]:
    """Return, for every stage after planting, how far bits by prior and checkpoint are from adding up, and how much of
    the planted differences stood before and after it."""
    priors, found = planted.priors, []
    for passages in planted.arms.values():
        for passage in passages[1:]:
            tables = by_seed([track(cells, passage.reader, frame, planted.plain) for frame in priors])
            found.append({"reader": passage.reader, "over": "pressure", **_summed(tables, list(priors.values()))})
    return [entry for entry in found if entry["seeds"]]


def over_evidence(planted: Planted, cells: Cells) -> list[dict[str, Any]]:
    """Return, at the end of every stage, how far bits by prior and evidence in the prompt are from adding up."""
    found = []
    readings = sorted(planted.evidence, key=lambda reading: -planted.evidence[reading])
    for name in dict.fromkeys(passage.reader for passages in planted.arms.values() for passage in passages):
        rows = [[track(cells, name, frame, reading)[-1:] for reading in readings] for frame in planted.priors]
        if len(readings) > 1 and all(each for row in rows for each in row):
            tables = by_seed([[each[0] for each in row] for row in rows])
            slopes = [kept([planted.evidence[reading] for reading in readings], table.mean(axis=0))
                      for table in tables.values()]
            found.append({"reader": name, "over": "evidence", **_summed(tables, list(planted.priors.values())),
                          "evidence_slope": over_seeds(slopes)})
    return found


def by_seed(rows: Sequence[Track]) -> dict[int, np.ndarray]:
    """Return a table of bits for each seed that has every one of them; none if rows differ in length."""
    if not rows or len({len(row) for row in rows}) != 1:
        return {}
    seeds = set.intersection(*(set(means) for row in rows for _, means in row))
    return {seed: np.array([[means[seed] for _, means in row] for row in rows]) for seed in sorted(seeds)}


def _summed(tables: Mapping[int, np.ndarray], priors: Sequence[float]) -> dict[str, Any]:
    return {"seeds": len(tables),
            "residual": over_seeds([additivity_residual(table) for table in tables.values()]),
            "kept_first": over_seeds([kept(priors, table[:, 0]) for table in tables.values()]),
            "kept_last": over_seeds([kept(priors, table[:, -1]) for table in tables.values()])}


def indifference(planted: Planted, passage: Passage, cells: Cells, diverged: Cells) -> list[dict[str, Any]]:
    """Return the pressure that brought priors above 0 to indifference, and to half of their bits: tokens, documents
    and KL, means over seeds; none where a seed never got there."""
    found = []
    for frame, prior in planted.priors.items():
        course, moved = (track(each, passage.reader, frame, planted.plain, unit)
                         for each, unit in ((cells, NATS), (diverged, 1.0)))
        if prior <= 0 or not course or not passage.toward:
            continue
        for what, share in (("indifference", 0.0), ("half", 0.5)):
            at = {seed: crossing([(tokens, means[seed]) for tokens, means in course], share * course[0][1][seed])
                  for seed in course[0][1]}
            stood = sum(tokens is None for tokens in at.values())
            there = {} if stood else at
            end = max(1, course[-1][0])
            found.append({"reader": passage.reader, "frame": frame, "planted": prior, "what": what,
                          "tokens": over_seeds(there.values()),
                          "documents": over_seeds([passage.documents * tokens / end for tokens in there.values()]),
                          "kl": over_seeds([_at(moved, seed, tokens) for seed, tokens in there.items()]),
                          "reason": f"{stood} of {len(at)} seeds never came there" if stood else ""})
    return found


def _at(course: Track, seed: int, tokens: float) -> float:
    return float(np.interp(tokens, [each for each, _ in course], [means[seed] for _, means in course]))


def released(planted: Planted, passages: Sequence[Passage], cells: Cells, diverged: Cells) -> list[dict[str, Any]]:
    """Return what came back when the pressure ended: bits before it, at its end and at the end of release, and the
    share of what had moved that moved back."""
    pressed, last = passages[1], passages[-1]
    found = []
    for frame, prior in planted.priors.items():
        course, after = (track(cells, passage.reader, frame, planted.plain) for passage in (pressed, last))
        if not course or not after:
            continue
        before, under, free = course[0][1], course[-1][1], after[-1][1]
        shares = [rebound(before[seed], under[seed], free[seed]) for seed in before if seed in free]
        known = [share for share in shares if share is not None]
        gone = track(diverged, last.reader, frame, planted.plain, 1.0)
        found.append({"reader": last.reader, "frame": frame, "planted": prior, "before": over_seeds(before.values()),
                      "pressed": over_seeds(under.values()), "released": over_seeds(free.values()),
                      "rebound": over_seeds(known), "kl": over_seeds(gone[-1][1].values()) if gone else over_seeds([]),
                      "reason": "" if len(known) == len(shares) else "pressure hardly moved it in some seed"})
    return found
