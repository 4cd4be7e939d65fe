"""Compose the two reports from what was measured: results in, text out, no paths."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
from jinja2 import Environment, PackageLoader, StrictUndefined

from uptake.records import Example
from uptake.report.items import LIMITS, Limits, drill_down, unscored
from uptake.report.methods import calibration, methods
from uptake.report.sections import Block, blocks
from uptake.report.view import CONTEXTS, EQUAL_CONTENT, Profile, cell_key
from uptake.report.words import Said, say_verdict, summary, words

# Where JavaScript is off each number shows this many items: all eight would double the page.
FOLDED_ITEMS = 2


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that either report says, before it is put into HTML or Markdown."""

    profile: Profile
    said: tuple[Said, ...]
    summary: str
    blocks: tuple[Block, ...]
    methods: dict[str, Any]
    calibration: tuple
    items: dict

    @property
    def numbers(self) -> dict[str, str]:
        """The id in the page of each cell that has items."""
        return {key: f"cell-{place}" for place, key in enumerate(self.items["cells"], start=1)}


def compose(
    results: dict,
    table: pa.Table,
    documents: Iterable[Example | Mapping],
    plan: Mapping,
    limits: Limits = LIMITS,
) -> Report:
    """Work out what both reports say. `results` has the form of results.json, `table` the columns of
    records.Row, `documents` are the framed documents that were trained on, and `plan` has the form of
    plan.json.
    """
    profile = Profile(results)
    wanted = {cell_key(entry) for entry in results.get("profile", ()) if entry.get("at") != EQUAL_CONTENT}
    items = drill_down(table, documents, wanted, limits)
    return Report(
        profile=profile,
        said=tuple(
            say_verdict(verdict, profile.scale, profile.about.get("readings"), results.get("smallest_effect"))
            for verdict in results.get("verdicts", ())
        ),
        summary=summary(profile),
        blocks=tuple(blocks(profile, items["cells"], unscored(table))),
        methods=methods(profile, plan),
        calibration=calibration(profile),
        items=items,
    )


def to_html(report: Report) -> str:
    """Return the page: one file that asks nothing of the network."""
    return (
        _environment()
        .get_template("report.html.j2")
        .render(report=report, words=words(), folded=_folded(report), data=_script_json(_page_data(report)))
    )


def to_markdown(report: Report) -> str:
    """Return the same numbers as Markdown tables, without figures."""
    return _environment().get_template("report.md.j2").render(report=report, words=words())


def _page_data(report: Report) -> dict:
    """Return what the page's script needs: the items by cell id, and the words that it shows."""
    numbers = report.numbers
    cells = {
        numbers[key]: dict(
            zip(("arm", "frame", "reading", "context", "checkpoint"), key.split("|"), strict=True)
        )
        | cell
        for key, cell in report.items["cells"].items()
    }
    return report.items | {"cells": cells, "contexts": words()["contexts"], "drill": words()["drill"]}


def _script_json(value: Any) -> str:
    """Write JSON that no text inside it can end early: a script element knows no escapes but JSON's own."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _folded(report: Report) -> list[dict]:
    """Return what stands behind the open tables' numbers where JavaScript is off: a few items a number."""
    led = [
        entry.key
        for block in report.blocks
        for table in block.shown
        for row in table.rows
        for entry in row
        if entry.key
    ]
    texts, columns = report.items["texts"], report.items["columns"]
    folded = []
    for key in dict.fromkeys(led):
        arm, frame, reading, context, checkpoint = key.split("|")
        rows = [
            dict(zip(columns, row, strict=True))
            for row in report.items["cells"][key]["sample"][:FOLDED_ITEMS]
        ]
        for row in rows:
            row |= {
                name: texts[row[name]] for name in ("claim", "polarity", "prompt", "fit", "foil", "reason")
            }
        place = {"arm": arm, "frame": frame, "reading": reading, "context": context, "checkpoint": checkpoint}
        folded.append(place | {"id": report.numbers[key], "rows": rows, "cell": report.items["cells"][key]})
    return sorted(folded, key=lambda each: CONTEXTS.index(each["context"]))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("uptake.report"),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _markdown_cell
    return environment


def _markdown_cell(text: str) -> str:
    """Keep a text from ending its table's cell or line."""
    return text.replace("|", "\\|").replace("\n", " ")
