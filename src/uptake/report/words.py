"""Say the verdicts in words. The phrases live in templates/words.yaml; here they are chosen and filled in."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from uptake.report.formats import count, interval, listed, number, p_value, signed
from uptake.report.view import Profile, has_mean

CELL = re.compile(r"^(?P<arm>[^:]+):\s*(?P<frame>[^.\s]+)\.(?P<reading>\S+)$")
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


def say_verdict(verdict: dict, scale: str) -> Said:
    """Put one verdict of results.json in words."""
    known = words()["verdicts"][verdict["verdict"]]
    return Said(
        mark=known["mark"],
        word=known["word"],
        kind=verdict["verdict"].replace(" ", "-"),
        by=verdict["by"],
        say=verdict["say"],
        predicted=_predicted(verdict, scale),
        found=_found(verdict, scale),
        means=_meaning(verdict),
        exploratory=bool(verdict.get("exploratory")),
    )


def _predicted(verdict: dict, scale: str) -> str:
    phrases = words()["claims"]
    at = phrases["at"].get(verdict["at"], verdict["at"])
    left, right = CELL.match(verdict.get("left") or ""), CELL.match(verdict.get("right") or "")
    if not (left and right):
        return phrases["unread"].format(say=verdict["say"], at=at)
    left, right = left.groupdict(), right.groupdict()
    shared = {key for key in left if left[key] == right[key]}
    prefix = ", ".join(_side(left, shared - {"reading"}))
    relation = _relation(verdict)
    how = words()["scales"][scale][{">": "more", "<": "less", "==": "same"}[relation]]
    margin = verdict.get("margin")
    return phrases["sentence_same" if relation == "==" else "sentence"].format(
        prefix=f"{prefix}, " if prefix else "",
        subject=phrases["subject"].format(asks=_asks(left["reading"]))
        if "reading" in shared
        else phrases["subject_any"],
        how=how,
        left=" ".join(_side(left, set(left) - shared)),
        right=" ".join(_side(right, set(right) - shared)),
        within="" if margin is None else phrases["within"].format(margin=number(margin)),
        at=at,
    )


def _side(cell: dict[str, str], keys: set[str]) -> list[str]:
    phrases = words()["claims"]
    said = []
    if "reading" in keys:
        said.append(phrases["about"].format(asks=_asks(cell["reading"])))
    if "frame" in keys:
        said.append(
            phrases["after_untrained" if cell["frame"] == "untrained" else "after"].format(
                frame=cell["frame"]
            )
        )
    if "arm" in keys:
        said.append(phrases["arm"].format(arm=cell["arm"]))
    return said


def _asks(reading: str) -> str:
    known = words()["readings"].get(reading)
    return known["asks"] if known else reading


def _relation(verdict: dict) -> str:
    found = RELATION.search(verdict["say"])
    return found[0] if found else "=="


def _found(verdict: dict, scale: str) -> str:
    """Write effect, interval, the two means, seeds, claims and the adjusted p; what is missing is left
    out.
    """
    if verdict.get("effect") is None:
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


def _meaning(verdict: dict) -> str:
    relation, kind = _relation(verdict), verdict["verdict"]
    phrases = words()["meanings"]["equality" if relation == "==" else "difference"]
    key = kind
    if kind == "refuted" and relation != "==" and _lies_other_way(verdict, relation):
        key = "refuted the other way"
    margin = verdict.get("margin")
    said = [phrases[key].format(margin=words()["found"]["margin"] if margin is None else number(margin))]
    if kind == "cannot tell":
        needed = verdict.get("seeds_needed")
        unknown = words()["meanings"]["seeds_unknown"]
        said.append(words()["meanings"]["seeds_needed"].format(seeds=count(needed)) if needed else unknown)
    if verdict.get("reason"):
        said.append(sentence(verdict["reason"]))
    return " ".join(said)


def _lies_other_way(verdict: dict, relation: str) -> bool:
    low, high = verdict.get("low"), verdict.get("high")
    return low is not None and high is not None and (high < 0 if relation == ">" else low > 0)


def sentence(text: str) -> str:
    """Give a phrase a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def summary(profile: Profile) -> str:
    """Write two or three sentences from the numbers: how the predictions fared, and whether what is read
    is learnt.
    """
    said = [_counted(profile.results), *_apart(profile)]
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


def _apart(profile: Profile) -> list[str]:
    """Say which frames stand apart from the bare text in context and whether they still do after training.

    On the first reading apart from content that has both; frames that are controls are left out.
    """
    phrases = words()["summary"]
    if not profile.has("trained"):
        return [phrases["no_trained"]]
    if not profile.has("in_context"):
        return [phrases["no_context"]]
    for reading in profile.outcomes:
        both = [
            arm
            for arm in profile.arms
            if all(
                has_mean(profile.last(arm, "blunt", reading, place)) for place in ("in_context", "trained")
            )
        ]
        if both:
            said = "; ".join(_kept(profile, arm, reading) for arm in both)
            return [phrases["apart_head"].format(reading=reading, said=said)]
    return [phrases["no_bare"]]


def _kept(profile: Profile, arm: str, reading: str) -> str:
    phrases = words()["summary"]["apart"]
    controls = words()["control_frames"]
    read = [frame for frame in profile.apart(arm, reading, "in_context") if frame not in controls]
    learnt = [frame for frame in profile.apart(arm, reading, "trained") if frame in read]
    if not read:
        return phrases["none"].format(arm=arm)
    how = "lost" if not learnt else "kept" if learnt == read else "some"
    one = "one" if len(read) == 1 else "many"
    some = "one" if len(learnt) == 1 else "many"
    after = phrases[how][some if how == "some" else one].format(learnt=listed(learnt))
    return phrases["read"][one].format(arm=arm, read=listed(read), after=after)


def _points(how_many: int, noun: str) -> str:
    return f"{how_many} {noun}{'' if how_many == 1 else 's'}"
