"""Print chosen numbers of a run, or differences between them, as Markdown: what hand-written pages quote."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from uptake.commands.table_asked import Asked
from uptake.errors import UserError, did_you_mean
from uptake.files import read_json
from uptake.records import Cell
from uptake.report.chosen import Form, table_of_cells, table_of_differences
from uptake.report.tables import SELF_KNOWLEDGE
from uptake.report.view import Profile
from uptake.rundir import RunFolder
from uptake.stats.cells import claim_values
from uptake.stats.differences import Measured, difference, measured_in
from uptake.stats.gaps import with_gaps
from uptake.stats.predictions import check_prediction, parse_cell, parse_difference
from uptake.stats.table import KEYS, NUMBERS, Table
from uptake.study import read_study
from uptake.tables import read_table

NEEDED = ("arms", "frames", "readings", "scale", "seeds", "profile", "stages", "smallest_effect")


def table(asked: Asked) -> str:
    """Return the tables that were asked for. Raises UserError for what is not in these results."""
    if not asked.cells and not asked.between:
        raise UserError("no numbers were asked for", hint="name cells (FRAME.READING), or a difference with --between")
    results = results_at(asked.results)
    form = Form(asked.at, asked.decimals, asked.intervals, "bits" if asked.bits else "nats")
    if asked.bits and results["scale"] != "log-odds":
        raise UserError(f"{results['scale']} is not counted in bits", where="--bits", hint="leave --bits out")
    parts, profile = [], Profile(results)
    if asked.cells:
        cells = [cell_in(results, what) for what in asked.cells]
        if asked.bits and any("." in cell.reading for cell in cells):
            raise UserError("what readers say that they can do is not counted in bits", where="--bits")
        parts.append(table_of_cells(profile, readers_in(results, asked.readers), cells, form))
    if asked.between:
        parts.append(differences(asked.results, results, asked.between, form))
    return "\n\n".join(parts)


def results_at(path: Path) -> Mapping[str, Any]:
    """Return the results in a run's folder, or in a file. Raises UserError where there are none."""
    file = RunFolder(path).results_file if path.is_dir() else path
    if not file.is_file():
        raise UserError("there are no results here", where=str(path), hint="uptake run STUDY makes them")
    results = read_json(file)
    missing = [name for name in NEEDED if name not in results] if isinstance(results, dict) else list(NEEDED)
    if missing:
        raise UserError(f"these are no results of a study: '{missing[0]}' is missing", where=str(file))
    return results


def readers_in(results: Mapping[str, Any], names: str) -> list[str]:
    """Return the readers that are named, in that order; all, in the study's order, if none is."""
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen:
        known("reader", name, results["arms"])
    return chosen or list(results["arms"])


def cell_in(results: Mapping[str, Any], what: str) -> Cell:
    """Read a cell. What a report says, set beside what it is of, is `FRAME.REPORT.SCORE`. Raises UserError for one
    that is not in these results, or that names a reader."""
    stem, _, score = what.strip().rpartition(".")
    asks = score in SELF_KNOWLEDGE and stem.count(".") == 1
    cell = parse_cell(stem if asks else what)
    if cell.arm:
        raise UserError(f"'{what}' names a reader", hint="a cell is asked of every reader; choose them with --readers")
    known("frame", cell.frame, results["frames"])
    if asks:
        known("report", cell.reading, sorted({each["report"] for each in results.get("self_knowledge", ())}))
        return replace(cell, reading=f"{cell.reading}.{score}")
    known("reading", cell.reading, [*results["readings"], *gaps_in(results)])
    return cell


def known(noun: str, name: str, names: Sequence[str]) -> None:
    """Raise UserError for a name that is not among those known."""
    if name not in names:
        raise UserError(f"unknown {noun} '{name}'", hint=did_you_mean(name, names))


def gaps_in(results: Mapping[str, Any]) -> list[str]:
    """Return the names of the gaps that were measured."""
    return list(dict.fromkeys(each["gap"] for each in results.get("gaps", ())))


def differences(place: Path, results: Mapping[str, Any], asked: Sequence[str], form: Form) -> str:
    """Return the table of differences, from the run's readings where they are there."""
    readings = [*results["readings"], *gaps_in(results)]
    pairs = {say: check_prediction(parse_difference(say, form.at), results["arms"], results["frames"], readings)
             for say in asked}
    measured = measured_at(place, results)
    found = {say: difference(pair, measured) for say, pair in pairs.items()}
    return table_of_differences(Profile(results), found, form, measured.by_claim)


def measured_at(place: Path, results: Mapping[str, Any]) -> Measured:
    """Return what there is to compare: every claim's values in a folder with readings, else the means of the seeds."""
    whole, folder = measured_in(results), RunFolder(place)
    if not folder.readings_file.is_file():
        return whole
    columns = read_table(folder.readings_file, [*KEYS, *NUMBERS])
    cells = claim_values(Table.from_columns({name: columns[name].to_pylist() for name in columns.column_names}),
                         results["scale"])
    gaps = read_study(folder.study_file).gaps if whole.gaps else {}
    return replace(whole, cells=with_gaps(cells, gaps), by_claim=True)
