"""Find in a run's folder the stages that an arm's reader went through, in order, and what each left behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uptake.errors import UserError, did_you_mean
from uptake.files import read_json
from uptake.rundir import DONE, RunFolder
from uptake.work.outputs import FACTS, LEDGER

NEVER_LAST = ("school", "ask")
# The stages of a grown reader.
GROWN_STAGES = ("grow", "go-on", "press")
RUN_HINT = "uptake run STUDY makes a run folder"


@dataclass(frozen=True, slots=True)
class Done:
    """One finished stage: its key, whose it is, its folder, and what went in."""

    key: str
    arm: str
    seed: int
    name: str
    order: int
    folder: Path
    inputs: Mapping[str, Any]

    @property
    def label(self) -> str:
        return f"{self.arm}, seed {self.seed}, {self.name}"

    @property
    def ledger(self) -> dict[str, Any]:
        return read_json(self.folder / LEDGER)

    @property
    def facts(self) -> dict[str, Any]:
        return read_json(self.folder / FACTS)

    @property
    def model(self) -> Path:
        return self.folder / "model"


def chain(run: Path, arm: str, seed: int | None, frame: str) -> list[Done]:
    """Return the stages of an arm's reader, first to last.

    Raises UserError: this is no run, the arm or seed is none of its, a stage is not finished or was damaged, or there
    are several readers and it is not said which.
    """
    plan = plan_of(run)
    known(arm, plan["study"]["arms"], "arm")
    done = [each for each in finished(run) if each.arm == arm]
    if not done:
        raise UserError(f"no stage of the arm '{arm}' is finished yet", where=str(run),
                        hint="uptake run goes on with it")
    seeds = sorted({each.seed for each in done})
    wanted = seeds[0] if seed is None else seed
    if wanted not in seeds:
        raise UserError(f"the arm '{arm}' has no finished seed {wanted}", where="--seed",
                        hint=f"finished: {', '.join(map(str, seeds))}")
    mine = {each.key: each for each in done if each.seed == wanted}
    ends = of_the_last_step(list(mine.values()), plan["study"]["arms"][arm])
    last = the_last(ends, frame, plan["study"].get("design") == "between")
    return whole(RunFolder(run), back_to_the_first(last, mine, run))


def plan_of(run: Path) -> dict[str, Any]:
    """Return a run's plan. Raises UserError if this is no run's folder."""
    folder = RunFolder(run)
    if not run.is_dir():
        raise UserError("there is no such run", where=str(run), hint=RUN_HINT)
    if not folder.plan_file.is_file():
        raise UserError("this is no run's folder: plan.json is missing", where=str(run), hint=RUN_HINT)
    return read_json(folder.plan_file)


def known(name: str, names: Mapping[str, Any] | Sequence[str], what: str) -> None:
    """Raise UserError for a name that is none of these."""
    if name not in names:
        raise UserError(f"the run has no {what} '{name}'", hint=did_you_mean(name, names))


def finished(run: Path) -> list[Done]:
    """Return the stages that a run's folder calls finished; of several with one label, the one in its results, or the
    latest."""
    folder = RunFolder(run)
    judged = read_json(folder.results_file)["stages"] if folder.results_file.is_file() else {}
    kept = {label: stage["key"] for label, stage in judged.items()}
    found: dict[str, Done] = {}
    for place in sorted(folder.stages.glob(f"*/{DONE}")):
        said = read_json(place)
        arm, seed, name = said["label"].rsplit(", ", 2)
        number = int(seed.removeprefix("seed "))
        one = Done(said["hash"], arm, number, name, said["order"], place.parent, said["inputs"])
        rank = (kept.get(one.label) == one.key, one.order)
        other = found.get(one.label)
        if other is None or rank > (kept.get(one.label) == other.key, other.order):
            found[one.label] = one
    return list(found.values())


def of_the_last_step(mine: Sequence[Done], arm: Mapping[str, Any]) -> list[Done]:
    """Return an arm's stages without those that its last step does not come from: of several stages that went on from
    one reader, only one can be the last."""
    kept = {each.key for each in mine if each.name.split(" ")[0] == arm.get("last")}
    if not kept:
        return list(mine)
    before = {each.key: each.inputs.get("before") for each in mine}
    while more := {before[key] for key in kept if before[key] in before} - kept:
        kept |= more
    return [each for each in mine if each.key in kept]


def the_last(mine: Sequence[Done], frame: str, between: bool) -> Done:
    """Return the stage that left the reader asked for. A study that compares `between` readers has one a frame."""
    before = {each.inputs.get("before") for each in mine}
    last = [each for each in mine if each.key not in before and each.inputs.get("stage") not in NEVER_LAST]
    if not last:
        raise UserError(f"'{mine[-1].arm}', seed {mine[-1].seed}, is not finished: nothing came after its stage "
                        f"'{mine[-1].name}' yet", hint="uptake run goes on with it")
    if frame:
        fitting = [each for each in last if list(each.inputs.get("frames", ())) == [frame]]
        if not fitting:
            single = [list(each.inputs.get("frames", ())) for each in last]
            own = sorted(frames[0] for frames in single if len(frames) == 1)
            if not own:
                raise UserError("this arm trained one reader on all its frames", where="--frame",
                                hint="leave --frame out; every exported row says which frame it is in")
            raise UserError(f"the arm has no finished reader of the frame '{frame}'", where="--frame",
                            hint=did_you_mean(frame, own))
        return fitting[0]
    if len(last) > 1 or between:
        names = sorted(name for each in last for name in each.inputs.get("frames", ()))
        raise UserError("this arm trained one reader a frame", where="--frame",
                        hint=f"say which: {', '.join(names)}")
    return last[0]


def back_to_the_first(last: Done, mine: Mapping[str, Done], run: Path) -> list[Done]:
    """Return the stage with all before it. A stage that arms share bears the label of one of them alone."""
    by_key = {each.key: each for each in finished(run)} | dict(mine)
    found = [last]
    while needed := found[0].inputs.get("before"):
        if needed not in by_key:
            raise UserError(f"the stage before '{found[0].label}' is not here", where=str(run),
                            hint="uptake run makes it again")
        found.insert(0, by_key[needed])
    return found


def whole(folder: RunFolder, stages: list[Done]) -> list[Done]:
    """Return the stages if their files are as they were written. Raises UserError."""
    if not (stages[-1].folder / "model").is_dir():
        raise UserError(f"nothing was trained in '{stages[-1].label}', so there is nothing to export",
                        where=str(folder.path))
    for stage in stages:
        check = folder.finished(stage.key, (FACTS, LEDGER))
        if not check:
            raise UserError(f"the stage '{stage.label}' is not finished: {check.reason}", where=str(folder.path),
                            hint="uptake run makes it again")
    return stages
