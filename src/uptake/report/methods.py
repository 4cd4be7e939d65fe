"""The methods section, generated: what was asked, what it became, and how the numbers were made."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from uptake.report.formats import NONE, count, interval, number
from uptake.report.tables import Entry, Table
from uptake.report.view import Profile
from uptake.report.words import about_reading, words

# Of a table's numbers those named here come last, in this order, so that an interval reads from low to high.
LAST = ("expected", "measured", "mean", "low", "high")


@dataclass(frozen=True, slots=True)
class Fact:
    """A name with a text, with facts beneath it, or with a table."""

    name: str
    text: str = ""
    facts: tuple["Fact", ...] = ()
    table: Table | None = None


def methods(profile: Profile, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the methods section: `setting`, `plan`, `calibration`, `readings`, `nouns`,
    `frames`, `study_file`.

    `plan` is plan.json. Of its keys `study_file` is the study file's text and `frames` may map each frame to
    what it is; all others are listed as they stand, so that nothing that a run leaves in its plan is lost.
    """
    results = profile.results
    own = profile.about
    told = ("study_file", "frames", "plan_hash", "predictions", "versions")
    return {
        "setting": _setting(profile, plan),
        "plan": _facts({key: value for key, value in plan.items() if key not in told}),
        "predictions": [
            f"{each['by']}: {each['say']} ({each['at']})" for each in plan.get("predictions", ())
        ],
        "versions": _facts({**plan.get("versions", {}), **(results.get("versions") or {})}),
        "departures": list(results.get("departures") or ()),
        "readings": [Fact(name, about_reading(name, own.get("readings", {}))) for name in profile.readings],
        "frames": _facts(own.get("frames") or plan.get("frames") or {}),
        "stages": _stages(results.get("stages") or {}),
        "nouns": _facts(words()["nouns"]),
        "controls": _facts(words()["controls"]),
        "scale": words()["scales"][profile.scale]["says"],
        "study_file": str(plan.get("study_file", "")),
    }


def calibration(profile: Profile) -> tuple[Fact, ...]:
    """Return what the instrument's own checks say, as facts; words.yaml names those that it knows."""
    return tuple(
        _checked(name, value) for name, value in sorted((profile.results.get("calibration") or {}).items())
    )


def _checked(name: str, value: Any) -> Fact:
    known = words()["checks"].get(name, {})
    fact = _fact(known.get("title", name), value)
    if fact.table is None:
        return fact
    columns = tuple(known.get(column, column) for column in fact.table.columns)
    return replace(fact, table=replace(fact.table, columns=columns))


def _stages(stages: Mapping[str, Mapping[str, Any]]) -> tuple[Fact, ...]:
    """Return one table of all stages, and for each arm's first seed what the stage was trained on."""
    if not stages:
        return ()
    told = {label: {**stage.get("facts", {}), "key": stage.get("key", "")} for label, stage in stages.items()}
    found = [_fact("stages", told)]
    seen = set()
    for label, stage in stages.items():
        kind = re.sub(r", seed \d+,", ",", label)
        if kind not in seen and stage.get("ledger"):
            found.append(_fact(label, stage["ledger"]))
        seen.add(kind)
    return tuple(found)


def _setting(profile: Profile, plan: Mapping[str, Any]) -> tuple[Fact, ...]:
    results = profile.results
    seeds = results.get("seeds", ())
    facts = {
        "reader": results.get("reader", ""),
        "arms": ", ".join(profile.arms),
        "frames": ", ".join(profile.frames),
        "readings": ", ".join(profile.readings),
        "seeds": f"{len(seeds)} ({', '.join(map(str, seeds))})",
        "scale": profile.scale,
        "plan hash": results.get("plan_hash") or plan.get("plan_hash") or "",
    }
    return _facts(facts)


def _facts(mapping: Mapping[str, Any]) -> tuple[Fact, ...]:
    return tuple(_fact(str(name), value) for name, value in mapping.items())


def _fact(name: str, value: Any) -> Fact:
    name = name.replace("_", " ")
    if isinstance(value, Mapping):
        return _mapping(name, value)
    if isinstance(value, list | tuple):
        if any(isinstance(each, Mapping) for each in value):
            if all(isinstance(each, Mapping) and _flat(each) for each in value):
                return Fact(name, table=_listed(value))
            return Fact(
                name, facts=tuple(_fact(str(place), each) for place, each in enumerate(value, start=1))
            )
        return Fact(name, ", ".join(_plain(each) for each in value) or "none")
    return Fact(name, _plain(value))


def _mapping(name: str, value: Mapping[str, Any]) -> Fact:
    """Make a table of rows that share their columns, an estimate of a mean with its interval, facts of all
    else.
    """
    if not value:
        return Fact(name, "none")
    if set(value) == {"mean", "low", "high"} and _flat(value):
        between = interval(value["low"], value["high"])
        return Fact(name, number(value["mean"]) + (f" ({between})" if between else ""))
    rows = [each for each in value.values() if isinstance(each, Mapping) and each and _flat(each)]
    if len(rows) == len(value) > 1 and any(set(each) & set(rows[0]) for each in rows[1:]):
        return Fact(name, table=_table(value))
    return Fact(name, facts=_facts(value))


def _flat(mapping: Mapping[str, Any]) -> bool:
    return not any(isinstance(value, Mapping | list | tuple) for value in mapping.values())


def _table(rows: Mapping[Any, Mapping[str, Any]]) -> Table:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    cells = tuple(
        (Entry(str(key)), *(Entry(_cell(row[column]) if column in row else NONE) for column in columns))
        for key, row in rows.items()
    )
    return Table("", ("", *(column.replace("_", " ") for column in columns)), cells)


def _listed(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Make a table of a list of rows, the columns with words first, since they name the row."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    named = [column for column in columns if all(isinstance(row.get(column), str) for row in rows)]
    named.sort(key=lambda column: (column != "arm", columns.index(column)))
    rest = [column for column in columns if column not in named]
    order = [*named, *sorted(rest, key=lambda column: LAST.index(column) if column in LAST else -1)]
    cells = tuple(tuple(Entry(_cell(row.get(column))) for column in order) for row in rows)
    return Table("", tuple(column.replace("_", " ") for column in order), cells, heads=len(named))


def _cell(value: Any) -> str:
    """Write a value for a table, where three decimals stand below one another."""
    if isinstance(value, float):
        return number(value, 3)
    return words()["contexts"].get(value, value) if isinstance(value, str) else _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value) if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
