"""THE MAIN PATH: from a study to verdicts, each step once, in order. Start reading here.

    plan      what will be trained and read, and the predictions, locked before anything is read
    stages    readers are grown, schooled and given documents, and asked items on the way (worker processes)
    gather    every item that was scored, one line each
    judge     profiles, the gate, the calibration, and a verdict on each prediction
    report    one page that opens offline
"""

import platform
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from uptake import rundir, work, workers
from uptake.errors import UserError
from uptake.files import atomic_write, read_json, write_json
from uptake.plan import Plan, Stage, lay_out, read_predictions
from uptake.report import write_report
from uptake.results import findings
from uptake.rundir import RunFolder
from uptake.study import Study, read_study, with_seeds
from uptake.tables import joined, read_table, write_table

Tell = Callable[[str], None]
STAGE_FILES = (work.ROWS, work.LEDGER, work.FACTS)
PACKAGES = ("uptake", "torch", "transformers", "tokenizers", "trl", "peft", "numpy", "scipy", "statsmodels", "pyarrow")
STAGE_BYTES = 40_000_000  # the most that a stage of a shipped study was seen to leave on disk


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is carried out. Nothing here changes a number: `workers` side by side, on this machine or over Ray."""

    workers: int | None = None
    on: str = "local"


def run(study: Study, out: Path, options: Options, tell: Tell) -> dict[str, Any]:
    """Carry a study out, or go on where a killed run stopped, and return its results (see `results.findings`).

    Raises UserError for what the user can mend; what was finished before is kept.
    """
    plan, folder = lay_out(study), RunFolder(out)
    with folder.lock():
        plan, left = lock(plan, folder)
        carry_out(plan, folder, options, tell)
        table = gather(plan, folder)
        results = findings(plan, table, facts(plan, folder), left)
        keep(plan, folder, table, results)
    return results


def lock(plan: Plan, folder: RunFolder) -> tuple[Plan, list[str]]:
    """Write the plan before anything is read; return the plan with its locked and exploratory predictions, and every
    way in which the study has left an earlier plan."""
    study, old = plan.study, folder.locked_plan()
    locked, exploratory = rundir.locked_predictions(old, study.predict)
    left = rundir.departures(old, study.predict, study.settings())
    atomic_write(folder.study_file, study.text)
    if old is None or not folder.plan_file.exists():
        predictions = study.predict if old is None else ()  # what was read before there was a plan locks nothing
        write_json(folder.plan_file, rundir.make_plan(study.settings(), predictions, study_file=study.text,
                                                      frames=plan.about["frames"], stages=training_of(plan)))
    return read_predictions(plan, locked, exploratory), left


def training_of(plan: Plan) -> dict[str, Any]:
    """Return how readers are trained, once for each arm: what the methods section prints."""
    return {stage.arm: {key: stage.inputs[key] for key in ("stage", "growing", "lessons") if key in stage.inputs}
            for stage in plan.stages}


def carry_out(plan: Plan, folder: RunFolder, options: Options, tell: Tell) -> None:
    """Carry out the stages that are not finished yet, side by side; say why each is done."""
    stages = plan.distinct
    checks = {key: folder.finished(key, STAGE_FILES) for key, stage in stages.items()}
    to_do = [stage for key, stage in stages.items() if not checks[key]]
    if done := len(stages) - len(to_do):
        tell(f"{done} of {len(stages)} stages are finished already")
    if not to_do:
        return
    folder.room(STAGE_BYTES * len(to_do))
    for stage in to_do:
        tell(f"{stage.label}: {folder.why(stage.key, stage.inputs, stage.label, STAGE_FILES)}")
    awaited = {stage.key for stage in to_do}
    tasks = [workers.Task(stage.key, tuple(key for key in (stage.needs, stage.hears) if key in awaited),
                          (dict(stage.inputs), str(folder.begin(stage.key).absolute()), before(stage, folder)),
                          stage.label) for stage in to_do]
    count = options.workers or workers.sensible_workers(len(tasks), options.on)
    tell(f"{len(tasks)} stages to carry out with {count} worker{'s' * (count > 1)} of one thread each")
    each, began = workers.on_ray if options.on == "ray" else workers.local, time.monotonic()
    with closing(each(work.carry_out, tasks, count)) as finished:
        for number, (key, _) in enumerate(finished, start=1):
            folder.finish(key, stages[key].inputs, stages[key].label)
            left = time_left(time.monotonic() - began, number, len(tasks))
            tell(f"[{number}/{len(tasks)}] {stages[key].label} done; {left}")


def time_left(seconds: float, done: int, tasks: int) -> str:
    """Say how long the rest will take, at the pace so far."""
    if done < tasks:
        return f"about {seconds / done * (tasks - done) / 60:.0f} min left"
    return f"{seconds / 60:.1f} min in all"


def before(stage: Stage, folder: RunFolder) -> str | None:
    """Return the folder of the stage that this one goes on from."""
    return str(folder.stage_folder(stage.needs).absolute()) if stage.needs else None


def gather(plan: Plan, folder: RunFolder) -> pa.Table:
    """Return every scored item of every stage, with the arm's name filled in."""
    tables = []
    for stage in plan.stages:
        table = read_table(folder.stage_folder(stage.key) / work.ROWS)
        names = pa.array([stage.reader] * len(table), pa.string())
        tables.append(table.set_column(table.schema.get_field_index("arm"), "arm", names))
    return joined(tables)


def facts(plan: Plan, folder: RunFolder) -> dict[str, Any]:
    """Return what the stages say of themselves: readers, tokens, what they were trained on."""
    kept: dict[str, Any] = {}
    for stage in plan.stages:
        place = folder.stage_folder(stage.key)
        kept[stage.label] = {"facts": read_json(place / work.FACTS), "ledger": read_json(place / work.LEDGER)["frames"],
                             "key": stage.key, "reader": stage.reader}
    return {"stages": kept, "versions": versions(), "plan_hash": read_json(folder.plan_file)["plan_hash"]}


def keep(plan: Plan, folder: RunFolder, table: pa.Table, results: Mapping[str, Any]) -> None:
    """Write what the run found: readings, results, report."""
    write_table(folder.readings_file, table)
    write_json(folder.results_file, results)
    write_report(results, table, told(plan, folder), read_json(folder.plan_file), folder.path)


def told(plan: Plan, folder: RunFolder) -> list[dict[str, Any]]:
    """Return the claims' documents that were trained on, with their exposures, for the report's drill-down."""
    return [{"arm": stage.arm, "seed": stage.seed, **document} for stage in plan.stages
            for document in read_json(folder.stage_folder(stage.key) / work.LEDGER)["documents"]]


def report_again(out: Path) -> Path:
    """Judge a finished run again and write its results and report, from what was measured; nothing is trained, and it
    does not matter whether the code has changed since."""
    folder = RunFolder(out)
    if not folder.readings_file.is_file():
        raise UserError("nothing was measured here yet", where=str(out), hint="uptake run STUDY makes a run folder")
    seeds = read_table(folder.readings_file, ["seed"])["seed"].unique().to_pylist()  # maybe more than the plan had
    plan = as_measured(lay_out(with_seeds(read_study(folder.study_file), seeds)), folder)
    if missing := [stage.label for stage in plan.stages if not folder.finished(stage.key, STAGE_FILES)]:
        raise UserError(f"{len(missing)} of {len(plan.stages)} stages are not finished here, such as '{missing[0]}'",
                        where=str(out), hint="study or world has changed since, or it was stopped: run it again")
    measured = read_json(folder.results_file)["versions"] if folder.results_file.is_file() else versions()
    with folder.lock():
        plan, left = lock(plan, folder)
        table = gather(plan, folder)
        keep(plan, folder, table, findings(plan, table, {**facts(plan, folder), "versions": measured}, left))
    return out / "report.html"


def as_measured(plan: Plan, folder: RunFolder) -> Plan:
    """Return the plan with stages as they were carried out here, by whatever code."""
    keys = [folder.made_by_any_code(stage.key, stage.inputs, stage.label) for stage in plan.stages]
    stages = [replace(stage, key=key) for stage, key in zip(plan.stages, keys, strict=True)]
    return replace(plan, stages=tuple(stages))


def versions() -> dict[str, str]:
    """Return the versions of everything that numbers come from."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
