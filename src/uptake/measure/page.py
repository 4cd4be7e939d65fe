"""What was measured, as a page, as Markdown, and for a terminal: the same numbers from one view of them."""

import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from uptake.records import Row
from uptake.report.formats import NONE, interval, number, signed
from uptake.report.svg import COLOURS, MARKERS, RULE, drawing, to_svg
from uptake.strict_yaml import read_yaml

WIDTH = 80
# Inches: as wide as a phone's column at 72 units an inch.
DRAWN = 5.2


def to_html(found: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Return the page: one file that asks nothing of the network. `rows` are folded under their claims."""
    return _environment().get_template("measure.html.j2").render(
        **_view(found), figure=_figure(found), items=_items(found, rows))


def to_markdown(found: Mapping[str, Any]) -> str:
    """Return the same numbers as Markdown."""
    return _environment().get_template("measure.md.j2").render(**_view(found))


def in_words(found: Mapping[str, Any]) -> str:
    """Return the same numbers, single claims left out, for a terminal of 80 columns."""
    text = _environment().get_template("measure.txt.j2").render(**_view(found))
    return _fitted(text)


def card_in_words(card: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a capability card for a terminal of 80 columns."""
    return _fitted(_environment().get_template("card.txt.j2").render(card=card, words=_words()))


def card_to_markdown(card: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a capability card as Markdown."""
    return _environment().get_template("card.md.j2").render(card=card, words=_words())


def _view(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the templates are filled with."""
    against = found.get("against")
    apart = against["differences"] if against else {}
    items = sum(each["items"] for each in found["profile"])
    return {
        "found": found, "words": _words(), "against": against, "apart": apart,
        "model": found["reader"]["model"], "other": against["reader"]["model"] if against else "",
        "claims": list(found["stated"]), "count": items, "lost": sum(each["unscored"] for each in found["profile"]),
        "apart_by": {kind: {each[key]: each for each in apart.get(kind, ())}
                     for kind, key in (("profile", "reading"), ("gaps", "gap"), ("controls", "control"))},
        "by_claim": _by_claim(found["claims"]), "apart_by_claim": _by_claim(apart.get("claims", ())),
        "disagree": [each["reading"] for each in found["profile"] if not each["scores_agree"]],
    }


def _by_claim(entries: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Mapping[str, Any]]]:
    laid: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for entry in entries:
        laid[entry["claim"]][entry["reading"]] = entry
    return laid


def _items(found: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the measured model's lines under their claims."""
    folded: dict[str, list[Row]] = {claim: [] for claim in found["stated"]}
    for row in rows:
        if row.arm == "measured" and row.claim in folded and row.reading in found["readings"]:
            folded[row.claim].append(row)
    return folded


def _figure(found: Mapping[str, Any]) -> str:
    """Draw each reading's mean with its interval; of two models, one above the other."""
    sides = [("", found), *([("", found["against"])] if found.get("against") else [])]
    readings = [each["reading"] for each in found["profile"]]
    height = 0.9 + 0.34 * len(readings)
    with drawing("measure"):
        figure = Figure(figsize=(DRAWN, height))
        figure.subplots_adjust(left=0.2, right=0.97, bottom=0.55 / height, top=1 - 0.15 / height)
        axes = figure.add_subplot()
        axes.axvline(0, color=RULE, linewidth=1, zorder=0)
        for side, (_, measured) in enumerate(sides):
            shift = (side - (len(sides) - 1) / 2) * 0.3
            for place, each in enumerate(measured["profile"]):
                if each["mean"] is None:
                    continue
                colour, at = COLOURS[side], place + shift
                if each["low"] is not None:
                    axes.plot([each["low"], each["high"]], [at, at], color=colour, linewidth=1.6)
                axes.plot(each["mean"], at, marker=MARKERS[side], color=colour, markersize=6)
        axes.set_yticks(range(len(readings)), readings)
        axes.set_ylim(len(readings) - 0.5, -0.5)
        axes.set_xlabel(_words()["axis"])
        axes.tick_params(length=0)
        return to_svg(figure, "measure", _words()["figure"])


def _fitted(text: str) -> str:
    """Wrap what is longer than a terminal's line, keeping its indent."""
    lines = []
    for line in text.rstrip().splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        lines += textwrap.wrap(line, WIDTH, subsequent_indent=indent) if len(line) > WIDTH else [line.rstrip()]
    return "\n".join(lines)


def _mean(entry: Mapping[str, Any] | None, places: int = 2) -> str:
    return NONE if entry is None else number(entry["mean"], places)


def _between(entry: Mapping[str, Any] | None, places: int = 2) -> str:
    return "" if entry is None else interval(entry["low"], entry["high"], places)


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:.0f} %"


@cache
def _words() -> dict[str, Any]:
    """Return the words of the page."""
    from importlib import resources

    with resources.as_file(resources.files("uptake").joinpath("measure/templates/words.yaml")) as path:
        return read_yaml(path).data()


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("uptake.measure"), undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True, keep_trailing_newline=True,
                              autoescape=lambda name: name is not None and name.endswith(".html.j2"))
    environment.filters |= {"mean": _mean, "between": _between, "number": number, "signed": signed, "percent": _percent,
                            "cell": lambda text: str(text).replace("|", "\\|").replace("\n", " ")}
    return environment
