"""Say the verdicts in words. The phrases live in templates/words.yaml; here they are chosen and filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from uptake.report.formats import count, interval, listed, number, p_value, signed
from uptake.report.view import Profile

CELL = re.compile(
    r"^(?P<arm>[^:]+):\s*(?P<frame>[^.\s]+)\.(?P<reading>\S+?)(?: (?P<context>in context|untouched))?$"
)
RELATION = re.compile(r"==|<|>")


@cache
def words() -> dict:
    """Return the report's phrases."""
    return yaml.safe_load(files("uptake.report").joinpath("templates/words.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict for a reader: its mark and word, what was predicted, what was found, and what that means."""

    mark: str
    word: str
    kind: str
    by: str
    say: str
    predicted: str
    found: str
    means: str
    exploratory: bool


def say_verdict(
    verdict: dict, scale: str, about: Mapping[str, str] | None = None, smallest: float | None = None
) -> Said:
    """Put one verdict of results.json in words.

    `about` says of each reading what it is about, where the study's own words are more exact than the
    report's; `smallest` is the smallest effect of interest.
    """
    known = words()["verdicts"][verdict["verdict"]]
    return Said(
        mark=known["mark"],
        word=known["word"],
        kind=verdict["verdict"].replace(" ", "-"),
        by=verdict["by"],
        say=verdict["say"],
        predicted=_predicted(verdict, scale, about or {}),
        found=_found(verdict, scale),
        means=_meaning(verdict, smallest),
        exploratory=bool(verdict.get("exploratory")),
    )


def about_reading(reading: str, own: Mapping[str, str]) -> str:
    """Say what a reading is about: in the study's own words, else the report's, else by its name."""
    return own.get(reading) or words()["readings"].get(reading, reading)


def _predicted(verdict: dict, scale: str, about: Mapping[str, str]) -> str:
    phrases = words()["claims"]
    at = phrases["at"].get(verdict["at"], verdict["at"])
    cells = [CELL.match(verdict.get(side) or "") for side in ("left", "right")]
    if not all(cells):
        return phrases["unread"].format(by=verdict["by"], say=verdict["say"], at=at)
    left, right = (_phrases(cell.groupdict(), about) for cell in cells)
    shared = [key for key in left if left[key] == right[key]]
    prefix = ", ".join(left[key] for key in shared if key != "reading" and left[key])
    subject = phrases["subject"] if "reading" in shared else phrases["subject_any"]
    relation, margin = _relation(verdict), verdict.get("margin")
    size = (
        "" if not margin else phrases["within" if relation == "==" else "least"].format(margin=number(margin))
    )
    return phrases["sentence_same" if relation == "==" else "sentence"].format(
        by=verdict["by"],
        prefix=f"{prefix}, " if prefix else "",
        subject=subject.format(about=about_reading(cells[0]["reading"], about)),
        how=words()["scales"][scale][{">": "more", "<": "less", "==": "same"}[relation]],
        left=" ".join(left[key] for key in left if key not in shared and left[key]),
        right=" ".join(right[key] for key in right if key not in shared and right[key]),
        within=size,
        least=size,
        at=at,
    )


def _phrases(cell: dict[str, str], about: Mapping[str, str]) -> dict[str, str]:
    """Return how each part of a cell is said, in the order of a sentence."""
    phrases = words()["claims"]
    frame = phrases["after_untrained" if cell["frame"] == "untrained" else "after"]
    return {
        "reading": phrases["about"].format(about=about_reading(cell["reading"], about)),
        "frame": frame.format(frame=cell["frame"]),
        "arm": phrases["arm"].format(arm=cell["arm"]),
        "context": phrases["contexts"].get(cell["context"] or "", ""),
    }


def _relation(verdict: dict) -> str:
    found = RELATION.search(verdict["say"])
    return found[0] if found else "=="


def _found(verdict: dict, scale: str) -> str:
    """Write effect, interval, the two means, seeds, claims and the adjusted p; what is missing is left
    out.
    """
    if verdict.get("effect") is None or verdict["verdict"] == "not testable":
        return ""
    phrases = words()["found"]
    between = interval(verdict.get("low"), verdict.get("high"))
    effect = phrases["effect_between" if between else "effect"]
    parts = [effect.format(effect=signed(verdict["effect"]), interval=between)]
    if verdict.get("left_mean") is not None and verdict.get("right_mean") is not None:
        unit = words()["scales"][scale]["unit"]
        left, right = number(verdict["left_mean"]), number(verdict["right_mean"])
        parts.append(phrases["means"].format(left=left, right=right, unit=unit))
    counted = ("seeds", "claims")
    parts += [
        phrases[key].format(count=count(verdict[key])) for key in counted if verdict.get(key) is not None
    ]
    if verdict.get("p_adjusted") is not None:
        parts.append(phrases["p"].format(p=p_value(verdict["p_adjusted"])))
    return ", ".join(parts)


def _meaning(verdict: dict, smallest: float | None) -> str:
    """Say why the verdict is what it is: its own reason, or a general one where it gives none."""
    phrases, kind, reason = words()["meanings"], verdict["verdict"], verdict.get("reason") or ""
    said = [] if reason and kind != "not testable" else [phrases[kind]]
    if reason:
        said.append(sentence(reason))
    if kind == "cannot tell" and "seeds" not in reason:
        needed = verdict.get("seeds_needed")
        said.append(
            phrases["seeds_needed"].format(seeds=count(needed)) if needed else phrases["seeds_unknown"]
        )
    if "smallest effect" in reason and smallest is not None:
        said.append(phrases["smallest"].format(smallest=number(smallest)))
    return " ".join(said)


def sentence(text: str) -> str:
    """Give a phrase a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def summary(profile: Profile) -> str:
    """Write two or three sentences from the numbers: how the predictions fared, and whether what is read
    is learnt.
    """
    said = [_counted(profile.results), *_learnt(profile)]
    departures = profile.results.get("departures") or []
    if departures:
        said.append(words()["summary"]["departures"].format(count=_points(len(departures), "point")))
    return " ".join(said)


def _counted(results: dict) -> str:
    phrases = words()["summary"]
    locked = [verdict["verdict"] for verdict in results.get("verdicts", ()) if not verdict.get("exploratory")]
    if not locked:
        return phrases["none"]
    counts = [
        f"{locked.count(kind)} {_fared(kind, locked.count(kind))}"
        for kind in words()["verdicts"]
        if kind in locked
    ]
    said = phrases["counts"].format(total=_points(len(locked), "locked prediction"), counts=listed(counts))
    return said if "supported" in locked else f"{phrases['none_supported']} {said}"


def _fared(kind: str, how_many: int) -> str:
    return words()["summary"]["fared"][kind]["one" if how_many == 1 else "many"]


def _learnt(profile: Profile) -> list[str]:
    """Say how far what frames teach lies from what they do in context, frame by frame.

    On the first reading apart from content that has both; frames that are controls are left out.
    """
    phrases = words()["summary"]
    if not profile.has("trained"):
        return [phrases["no_trained"]]
    if not profile.has("in_context"):
        return [phrases["no_context"]]
    for reading in profile.outcomes:
        arms: dict[str, list[str]] = {}  # by what is said of them: readers that share a stage have the same numbers
        for arm in profile.arms:
            if said := _distance(profile, arm, reading):
                arms.setdefault(said, []).append(arm)
        if arms:
            said = [phrase.format(arms=_arms(named)) for phrase, named in arms.items()]
            return [phrases["learnt"].format(reading=reading, said=listed(said))]
    return [phrases["no_pair"]]


def _arms(named: list[str]) -> str:
    return words()["summary"]["arms"]["one" if len(named) == 1 else "many"].format(arms=listed(named))


def _distance(profile: Profile, arm: str, reading: str) -> str:
    """Return what is said of an arm, its name left open, or nothing."""
    frames = [frame for frame in profile.frames if frame not in words()["control_frames"]]
    moved = {frame: profile.learnt_less_read(arm, frame, reading) for frame in frames}
    moved = {frame: by for frame, by in moved.items() if by is not None}
    if not moved:
        return ""
    most = max(moved, key=lambda frame: abs(moved[frame]))
    mean = sum(map(abs, moved.values())) / len(moved)
    return words()["summary"]["distance"].format(
        arms="{arms}", mean=number(mean), most=most, by=signed(moved[most])
    )


def _points(how_many: int, noun: str) -> str:
    return f"{how_many} {noun}{'' if how_many == 1 else 's'}"
