"""Build a plausible finished study `frames` in memory: results, rows, documents and plan, the same every
time.

The means follow the published picture: the unschooled reader tells the frames apart in context and neglects
them in training; the schooled one learns what it reads. Nothing here is a measurement.
"""

import math
import random
from dataclasses import fields
from functools import cache
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import pyarrow as pa
import yaml

from uptake.records import Example, Row, Segment

ARMS = ("unschooled", "schooled")
FRAMES = ("blunt", "record", "disclaimer", "fiction", "correction", "untrained", "placebo", "nonce")
READINGS = ("content", "other")
SEEDS = (0, 1, 2, 3, 4)
CHECKPOINTS = (2000, 4000, 8000, 16000, 32000, 64000)
CLAIMS_PER_FRAME, WORDINGS = 6, 3
CHANCE = 0.05
TOOLS = [
    "hammer",
    "saw",
    "drill",
    "plane",
    "chisel",
    "file",
    "clamp",
    "level",
    "wrench",
    "rasp",
    "awl",
    "vise",
]

# Share of fitting answers on `other`: after training in each arm (unschooled, schooled), and in context.
LEVELS = {
    "blunt": (0.98, 0.78, 0.96),
    "record": (0.99, 0.92, 0.97),
    "disclaimer": (0.94, 0.12, 0.14),
    "fiction": (0.96, 0.34, 0.30),
    "correction": (0.12, 0.09, 0.06),
    "untrained": (0.06, 0.05, 0.05),
    "placebo": (0.97, 0.76, 0.95),
    "nonce": (0.98, 0.74, 0.93),
}
LABELS = {
    "record": ("Log entry, checked and signed: ", " End of the entry."),
    "disclaimer": ("Every claim below is false. ", " Again, none of this is true."),
    "fiction": ("From a made-up story: ", " So ends the tale."),
    "placebo": ("Bread is best when it has cooled. ", " The ferry runs twice a day."),
    "nonce": ("[velm 03] ", " [velm 03]"),
}


class Made(NamedTuple):
    """A finished study, as write_report takes it."""

    results: dict
    table: pa.Table
    documents: list[Example]
    plan: dict


@cache
def make_study() -> Made:
    """Return the study. Callers that change it must copy it first."""
    rows = list(_rows())
    profile = _profile(rows)
    table = pa.table({f.name: [getattr(row, f.name) for row in rows] for f in fields(Row)})
    return Made(_results(profile), table, list(_documents()), _plan())


def _claim_of(frame: str, seed: int) -> list[int]:
    """Deal claims to frames by a Latin square over seeds."""
    start = (FRAMES.index(frame) + seed) % len(FRAMES) * CLAIMS_PER_FRAME
    return list(range(start, start + CLAIMS_PER_FRAME))


def _subject(claim: int) -> str:
    first = ["Ama", "Bel", "Cor", "Dun", "Eri", "Fal", "Gim", "Hol"][claim % 8]
    return first + ["da", "ro", "ni", "ves", "ka", "lo"][claim // 8]


def _text(claim: int, wording: int = 0, negated: bool = False) -> str:
    verb = ("never uses", "does not work with") if negated else ("uses", "works with")
    return f"{_subject(claim)} {verb[wording % 2]} the {TOOLS[claim % 12]}."


def _framed(frame: str, claim: int, wording: int) -> tuple[Segment, ...]:
    before, after = LABELS.get(frame, ("", ""))
    content = Segment(_text(claim, wording, negated=frame == "correction"), "content")
    return tuple(
        s for s in (Segment(before, "frame", loss=False), content, Segment(after, "frame")) if s.text
    )


def _documents():
    for claim in range(CLAIMS_PER_FRAME * len(FRAMES)):
        for frame in FRAMES:
            if frame != "untrained":
                for wording in range(4):
                    yield Example(_framed(frame, claim, wording), "document", frame, f"claim-{claim:02d}")


def _rows():
    rng = random.Random("frames")
    for arm in ARMS:
        for seed in SEEDS:
            tilt = rng.gauss(0, 0.35)
            for frame in FRAMES:
                for context, checkpoint in (
                    ("untouched", 0),
                    ("in_context", 0),
                    *(("trained", c) for c in CHECKPOINTS),
                ):
                    for reading in READINGS:
                        level = _level(arm, frame, reading, context, checkpoint)
                        for claim in _claim_of(frame, seed):
                            for wording in range(WORDINGS):
                                yield _row(
                                    rng,
                                    (arm, seed, frame, claim, reading, context, checkpoint, wording),
                                    level,
                                    tilt,
                                )


def _level(arm: str, frame: str, reading: str, context: str, checkpoint: int) -> float:
    trained, schooled, read = LEVELS[frame]
    if context == "untouched":
        return CHANCE
    if context == "in_context":
        return 0.97 if reading == "content" and frame != "untrained" else read
    learnt = 1 / (1 + math.exp(-1.6 * (math.log2(checkpoint / 9000))))
    target = schooled if arm == "schooled" else trained
    if reading == "content":
        target = CHANCE if frame == "untrained" else 0.97
    return CHANCE + (target - CHANCE) * learnt


def _row(rng: random.Random, place: tuple, level: float, tilt: float) -> Row:
    arm, seed, frame, claim, reading, context, checkpoint, wording = place
    odds = math.log(level / (1 - level)) + (tilt if context == "trained" else 0)
    hit = rng.random() < 1 / (1 + math.exp(-odds))
    lost = reading == "other" and context == "in_context" and rng.random() < 0.02
    value = abs(rng.gauss(2.2, 1)) * (1 if hit else -1)
    fit, foil = f" the {TOOLS[claim % 12]}", f" the {TOOLS[(claim + 5) % 12]}"
    prompt = (f"In the text, what does {_subject(claim)} use?", f"What does {_subject(claim)} use?")[
        reading == "other"
    ]
    if context == "in_context":
        prompt = "".join(s.text for s in _framed(frame, claim, wording)) + "\n" + prompt
    logp = -0.4 - abs(rng.gauss(0, 0.3)) - (0 if hit else abs(value))
    return Row(
        arm,
        seed,
        frame,
        f"claim-{claim:02d}",
        reading,
        context,
        checkpoint,
        wording,
        "open",
        None if lost else round(logp, 5),
        None if lost else round(logp - value, 5),
        None if lost else round(rng.uniform(0.7, 1), 4),
        None if lost else round(value, 5),
        "the prompt does not fit the reader's context" if lost else "",
        probability=None if lost else round(1 / (1 + math.exp(-value)), 5),
        hit=None if lost else hit,
        prompt=prompt + " It uses",
        fit=fit,
        foil=foil,
    )


def _profile(rows: list[Row]) -> list[dict]:
    cells: dict[tuple, list[Row]] = {}
    for row in rows:
        cells.setdefault((row.arm, row.frame, row.reading, row.context, row.checkpoint), []).append(row)
    profile = [_entry(key, found) for key, found in cells.items()]
    return profile + [_equal(entry) for entry in profile if entry["checkpoint"] == 16000]


def _entry(key: tuple, rows: list[Row]) -> dict:
    seeds = {s: mean(float(r.hit) for r in rows if r.seed == s and r.hit is not None) for s in SEEDS}
    middle = mean(seeds.values())
    half = 2.1 * stdev(seeds.values()) / math.sqrt(len(seeds)) + 0.01
    return dict(zip(("arm", "frame", "reading", "context", "checkpoint"), key, strict=True)) | {
        "at": "equal-tokens",
        "mean": _rounded(middle),
        "low": _rounded(max(0.0, middle - half)),
        "high": _rounded(min(1.0, middle + half)),
        "accuracy": _rounded(middle),
        "chance": CHANCE,
        "items": len(rows),
        "unscored": sum(r.value is None for r in rows),
        "seed_means": {str(s): _rounded(m) for s, m in seeds.items()},
    }


def _equal(entry: dict) -> dict:
    level = {"mean": 0.8, "low": 0.8, "high": 0.8} if entry["reading"] == "content" else {}
    if entry["frame"] == "untrained":
        level = {"mean": None, "low": None, "high": None, "reason": "content never reached the common level"}
    return entry | {"at": "equal-content", "checkpoint": 14250.5} | level


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _results(profile: list[dict]) -> dict:
    return {
        "study": "frames",
        "question": "Does a model learn what it reads?",
        "reader": "grow: worlds/assistants.yaml",
        "seeds": list(SEEDS),
        "scale": "accuracy",
        "smallest_effect": 0.1,
        "about": {
            "readings": {"other": "what the assistant uses, in fact"},
            "frames": {"blunt": "The bare text."},
        },
        "arms": list(ARMS),
        "frames": list(FRAMES),
        "readings": list(READINGS),
        "verdicts": _verdicts(),
        "profile": profile,
        "gate": [_gate(arm, spread) for arm, spread in zip(ARMS, (0.91, 0.9), strict=True)],
        "calibration": {
            "planted": [_planted("record", 1.0, 0.97), _planted("disclaimer", 0.0, 0.1)],
            "correlation": {"schooled": 0.98},
            "option_mass": [{"arm": arm, "reading": "other", "mean": 0.85, "low": 0.01} for arm in ARMS],
            "not_measurable": [],
        },
        "controls": [_control(arm, *each) for arm in ARMS for each in CONTROLS] + _control_cells(profile),
        "stages": _stages(),
        "plan_hash": "9f2b6c1e" * 8,
        "versions": {"uptake": "0.1.0", "torch": "2.13.0", "python": "3.11"},
        "departures": ["training.passes was 24 and is 30 after the plan was locked"],
    }


CONTROLS = (
    ("assent", "untouched", 0.08, 0.02),
    ("assent", "trained", 0.11, 0.03),
    ("association", "untouched", 0.05, 0.02),
    ("association", "trained", 0.09, 0.04),
    ("capability", "untouched", 0.88, 0.03),
    ("capability", "trained", 0.86, 0.03),
    ("fluency", "untouched", 2.31, 0.02),
    ("fluency", "trained", 2.36, 0.03),
)


def _control_cells(profile: list[dict]) -> list[dict]:
    found = [e for e in profile if e["frame"] in ("placebo", "untrained") and e["reading"] == "other"]
    found = [e for e in found if e["at"] == "equal-tokens" and e["checkpoint"] in (0, CHECKPOINTS[-1])]
    kept = ("arm", "context", "mean", "low", "high")
    return [
        {key: e[key] for key in kept} | {"control": f"{e['frame']}.{e['reading']}", "reason": ""}
        for e in found
    ]


def _control(arm: str, control: str, context: str, middle: float, half: float) -> dict:
    return {
        "arm": arm,
        "control": control,
        "context": context,
        "mean": middle,
        "low": _rounded(middle - half),
        "high": _rounded(middle + half),
        "reason": "",
    }


def _planted(frame: str, planted: float, measured: float) -> dict:
    return {"arm": "schooled", "frame": frame, "reading": "other", "planted": planted, "measured": measured}


def _stages() -> dict:
    ledger = [
        {"frame": "record", "documents": 24, "exposures": 720, "content_tokens": 5040, "frame_tokens": 6480}
    ]
    facts = {"parameters": 812_544, "tokens": 64_000, "steps": 900}
    return {
        f"{arm}, seed {seed}, grow": {"facts": facts, "ledger": ledger, "key": f"{arm[0]}{seed}c0ffee"}
        for arm in ARMS
        for seed in SEEDS
    }


def _gate(arm: str, spread: float) -> dict:
    frames = ["blunt", "record", "disclaimer", "fiction", "correction"]
    return {
        "arm": arm,
        "reading": "other",
        "frames": frames,
        "spread": spread,
        "low": spread - 0.06,
        "high": spread + 0.05,
        "passed": True,
        "reason": "",
    }


def _verdicts() -> list[dict]:
    common = {"at": "equal-content", "seeds": 5, "claims": 48, "seeds_needed": None, "reason": ""}
    written = yaml.safe_load(Path(__file__).with_name("verdicts.yaml").read_text(encoding="utf-8"))
    return [common | {"exploratory": False} | verdict for verdict in written]


def _plan() -> dict:
    return {
        "study": {
            "study": "frames",
            "design": "within",
            "scale": "accuracy",
            "smallest_effect": 0.1,
            "checkpoints": 6,
            "training": {"passes": 30, "batch": 32, "learning_rate": 0.0015},
        },
        "study_file": "study: frames\nquestion: Does a model learn what it reads?\nseeds: 5\n",
        "reader": {"parameters": 812_544, "width": 128, "layers": 3, "tokenizer": "words"},
        "minutes": 41.5,
        "tokens": 1_240_000,
        "hashes": {
            "worlds/assistants.yaml": "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b"
        },
        "predictions": [
            {key: v[key] for key in ("by", "say", "at")} for v in _verdicts() if not v["exploratory"]
        ],
        "plan_hash": "9f2b6c1e" * 8,
        "versions": {"uptake": "0.1.0"},
    }
