"""Tables of chosen numbers, for pages that are written by hand: readers by cells, and differences, as Markdown."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from uptake.records import Cell
from uptake.report.formats import NONE, short, short_interval
from uptake.report.tables import SELF_KNOWLEDGE
from uptake.report.view import EQUAL_CONTENT, Profile, has_mean
from uptake.report.words import words

UNITS = {"nats": 1.0, "bits": 1 / math.log(2)}


@dataclass(frozen=True, slots=True)
class Form:
    """At which point of training numbers stand, and how they are written. `unit` is one of `UNITS`."""

    at: str = "equal-tokens"
    decimals: int = 2
    intervals: bool = False
    unit: str = "nats"

    def number(self, value: float) -> str:
        return short(value * UNITS[self.unit], self.decimals)

    def interval(self, low: float, high: float) -> str:
        return short_interval(low * UNITS[self.unit], high * UNITS[self.unit], self.decimals)


@dataclass(slots=True)
class Notes:
    """Why numbers are missing: each reason once, under the mark that stands in its place."""

    marks: dict[str, str] = field(default_factory=dict)

    def mark(self, reason: str) -> str:
        return self.marks.setdefault(reason, f"({len(self.marks) + 1})")

    @property
    def lines(self) -> list[str]:
        return [f"{mark} {reason}" for reason, mark in self.marks.items()]


def table_of_cells(profile: Profile, readers: Sequence[str], cells: Sequence[Cell], form: Form) -> str:
    """Return a row a reader and a column a cell. What has no value has a mark, and a line beneath that says why."""
    notes = Notes()
    rows = [[reader, *(_written(*_found(profile, reader, cell, form.at), form, notes) for cell in cells)]
            for reader in readers]
    known = words()["chosen"]
    heads = [known["reader"], *(name_of(cell) for cell in cells)]
    return "\n\n".join([caption(profile, form), "\n".join(markdown(heads, rows, 1)), *notes.lines])


def table_of_differences(profile: Profile, differences: Mapping[str, Any], form: Form, by_claim: bool) -> str:
    """Return a row a difference, each under the words in which it was asked for; the numbers are a
    `stats.differences.Difference`'s."""
    notes, known = Notes(), words()["chosen"]
    rows = [[asked, *_difference(each, form, notes)] for asked, each in differences.items()]
    estimator = known["estimator"]["claims" if by_claim else "seeds"]
    said = known["between_caption"].format(unit=unit_of(profile, form), at=known["between_at"][form.at])
    return "\n\n".join([said, "\n".join(markdown(known["between"], rows, 1)), *notes.lines,
                        known["unlocked"].format(estimator=estimator).strip()])


def caption(profile: Profile, form: Form) -> str:
    """Say what the numbers of cells are."""
    known, count = words()["chosen"], len(profile.results["seeds"])
    seeds = known["seeds"]["one"] if count == 1 else known["seeds"]["more"].format(count=count)
    return known["caption"].format(unit=unit_of(profile, form), seeds=seeds, at=known["at"][form.at])


def unit_of(profile: Profile, form: Form) -> str:
    """Return what is counted, to begin a sentence with."""
    unit = words()["chosen"]["bits"] if form.unit == "bits" else words()["scales"][profile.scale]["unit"]
    return unit[:1].upper() + unit[1:]


def name_of(cell: Cell) -> str:
    """Write a cell as it is asked for, without its reader."""
    return f"{cell.frame}.{cell.reading}" + ("" if cell.context == "trained" else f" {cell.context.replace('_', ' ')}")


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], names: int) -> list[str]:
    """Return the lines of a Markdown table whose first columns are names and whose others are numbers."""
    rule = "|" + "".join(" --- |" if place < names else " ---: |" for place in range(len(heads)))
    head, *body = ("| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in (heads, *rows))
    return [head, rule, *body]


def _found(profile: Profile, reader: str, cell: Cell, at: str) -> tuple[dict | None, str]:
    """Return the entry of results.json that a cell of a reader is, or None and why there is none."""
    known, name = words()["chosen"], name_of(cell)
    end = cell.context == "trained" and at != EQUAL_CONTENT
    report, _, score = cell.reading.partition(".")
    if score:
        found = [each[score] for each in profile.results.get("self_knowledge", ()) if score in SELF_KNOWLEDGE
                 and (each["arm"], each["frame"], each["report"]) == (reader, cell.frame, report)]
    elif cell.reading not in profile.readings:
        found = [each for each in profile.results.get("gaps", ())
                 if (each["arm"], each["frame"], each["gap"]) == (reader, cell.frame, cell.reading)]
    elif cell.context == "trained" and at == EQUAL_CONTENT:
        entry = profile.equal_content(reader, cell.frame, cell.reading)
        return entry, known["no_equal"].format(cell=name)
    else:
        return profile.last(reader, cell.frame, cell.reading, cell.context), known["not_measured"].format(cell=name)
    if not end:
        return None, known["end_only"].format(cell=name_of(Cell("", cell.frame, cell.reading)))
    return next(iter(found), None), known["not_measured"].format(cell=name)


def _written(entry: dict | None, missing: str, form: Form, notes: Notes) -> str:
    if not has_mean(entry):
        return f"{NONE} {notes.mark((entry or {}).get('reason') or missing)}"
    text = form.number(entry["mean"])
    if not form.intervals:
        return text
    if entry["low"] is None:
        return f"{text} {notes.mark(entry.get('reason') or words()['tables']['no_value'])}"
    return f"{text} {form.interval(entry['low'], entry['high'])}"


def _difference(found: Any, form: Form, notes: Notes) -> list[str]:
    if found.mean is None:
        return [f"{NONE} {notes.mark(found.reason)}", *[NONE] * 4]
    interval = f"{NONE} {notes.mark(found.reason)}" if found.low is None else form.interval(found.low, found.high)
    return [_signed(found.mean, form), interval, form.number(found.left), form.number(found.right),
            ", ".join(_signed(each, form) for each in found.by_seed)]


def _signed(value: float, form: Form) -> str:
    text = form.number(value)
    return text if text.startswith("-") or not float(text) else f"+{text}"
