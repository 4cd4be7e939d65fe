"""From a verdict down to items, log-probabilities and the very documents trained on, in a terminal."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from uptake.errors import UserError
from uptake.files import read_json
from uptake.report.view import Profile
from uptake.report.words import say_verdict, summary
from uptake.rundir import RunFolder
from uptake.stats.predictions import parse_prediction
from uptake.tables import read_table
from uptake.work.outputs import LEDGER

WIDTH = 80


def verdicts_in_words(results: Mapping[str, Any]) -> str:
    """Return every verdict in words, numbered, for a terminal of 80 columns."""
    lines = [results["question"], ""]
    for number, verdict in enumerate(results["verdicts"], start=1):
        said = say_verdict(verdict, results["scale"])
        lines += [f"{number}. {said.mark} {said.word}: {said.say}" + (" (exploratory)" if said.exploratory else "")]
        lines += _wrapped(said.predicted) + (_wrapped(said.found) if said.found else []) + _wrapped(said.means) + [""]
    return "\n".join([*lines, *textwrap.wrap(summary(Profile(dict(results))), WIDTH)])


def show(run: Path, what: str, items: int) -> str:
    """Return what there is behind a verdict's number, a cell (`arm: frame.reading`) or a claim's id.

    Raises UserError for a folder without results, or for something that is not in them.
    """
    folder = RunFolder(run)
    if not folder.results_file.is_file():
        raise UserError("there are no results here yet", where=str(run), hint="uptake run STUDY makes them")
    results = read_json(folder.results_file)
    if not what:
        return verdicts_in_words(results) + "\n\nNext: uptake show RUN 1, or uptake show RUN 'arm: frame.reading'"
    if what.isdigit():
        return _verdict(folder, results, int(what), items)
    if ":" in what:
        return _cell(folder, results, what, items)
    return _claim(folder, what, items)


def _verdict(folder: RunFolder, results: Mapping[str, Any], number: int, items: int) -> str:
    count = len(results["verdicts"])
    if not 1 <= number <= count:
        raise UserError(f"there is no verdict {number}", hint=f"verdicts are numbered 1 to {count}")
    verdict = results["verdicts"][number - 1]
    head = verdicts_in_words({**results, "verdicts": [verdict]})
    sides = [_cell(folder, results, verdict[side], max(1, items // 2)) for side in ("left", "right")]
    return "\n\n".join([head, *sides])


def _cell(folder: RunFolder, results: Mapping[str, Any], what: str, items: int) -> str:
    cell = parse_prediction(f"{what} < {what}", "show", "equal-tokens").left
    named = {"arm": cell.arm, "frame": cell.frame, "reading": cell.reading, "context": cell.context}
    measured = [each for each in results["profile"] if all(each[key] == value for key, value in named.items())]
    if not measured:
        raise UserError(f"'{what}' was not measured", hint="arms: " + ", ".join(results["arms"]) + "; frames: " +
                        ", ".join(results["frames"]) + "; readings: " + ", ".join(results["readings"]))
    lines = [what, *(_measured(each) for each in measured), ""]
    return "\n".join(lines + _items(folder, named, items))


def _claim(folder: RunFolder, claim: str, items: int) -> str:
    lines = _items(folder, {"claim": claim}, items)
    if not lines:
        raise UserError(f"there is nothing about '{claim}'", hint="give a verdict's number, 'arm: frame.reading', "
                        "or the id of a claim as it stands beside an item")
    return "\n".join([claim, "", *lines])


def _measured(cell: Mapping[str, Any]) -> str:
    numbers = "not measured: " + cell.get("reason", "") if cell["mean"] is None else f"{cell['mean']:.3f}"
    if cell["low"] is not None:
        numbers += f"  [{cell['low']:.3f}, {cell['high']:.3f}]"
    at = " " * 19 if cell["checkpoint"] is None else f"at {cell['checkpoint']:>9,} tokens"
    return f"  {cell['at']:13} {at}  {numbers}  {cell['items']} items"


def _items(folder: RunFolder, named: Mapping[str, str], items: int) -> list[str]:
    table = read_table(folder.readings_file)
    for column, value in named.items():
        table = table.filter(pc.equal(table[column], value))
    if not len(table):
        return []
    last = table.filter(pc.equal(table["checkpoint"], pc.max(table["checkpoint"])))
    step = max(1, len(last) // items)
    lines = []
    for row in last.take(list(range(0, len(last), step))[:items]).to_pylist():
        lines += [f"{row['claim']}  seed {row['seed']}  {row['frame']}  {row['reading']}  {row['polarity']}",
                  *_wrapped(row["prompt"]), _scored(row), *_documents(folder, row), ""]
    return lines


def _scored(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return f"     not scored: {row['reason']}"
    return (f"     log p({row['fit'].strip()}) = {row['logp_fit']:.2f}, log p({row['foil'].strip()}) = "
            f"{row['logp_foil']:.2f}, option mass {row['option_mass']:.2f}")


def _documents(folder: RunFolder, row: Mapping[str, Any]) -> Sequence[str]:
    if row["context"] != "trained":
        return []
    stages = read_json(folder.results_file)["stages"]
    arm, _, name = row["arm"].partition("@")
    begins = f"{arm}, seed {row['seed']}, {name}"
    keys = [stage["key"] for label, stage in stages.items() if label.startswith(begins)]
    told = [document for key in keys for document in read_json(folder.stage_folder(key) / LEDGER)["documents"]
            if (document["claim"], document["frame"]) == (row["claim"], row["frame"])]
    texts = ["".join(segment["text"] for segment in document["segments"]) for document in told[:3]]
    return [f"     trained on {each['exposures']} times: {text}" for each, text in zip(told, texts, strict=False)
            ] or ["     trained on no document of this claim"]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="     ", subsequent_indent="     ")
