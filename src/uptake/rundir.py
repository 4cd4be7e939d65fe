"""The run folder: what a run leaves behind, where it is, and why a stage is done again.

    study.yaml  plan.json     what was asked, what it became, the predictions and their hash
    stages/<hash>/            one folder a finished stage, named after its inputs; DONE.json is written last
    readings.parquet  results.json  report.html  report.md

A stage is finished when its folder has a DONE.json whose sizes and sha256 fit the files beside it. It is
made in `stages/<hash>.partial-<pid>` and renamed when it is whole, so a killed run leaves either all of a
stage or nothing that counts. Nothing that was finished is ever deleted.

The lock of predictions. A prediction is locked if it stood in the plan that was written before any reading
existed, and it stays locked even when it is later taken out of the study file. Everything else is
exploratory: what was added afterwards, and every prediction of a run whose readings are older than its
plan. Changing what a prediction says, by whom, or at which point of training, makes another prediction of
it.
"""

import contextlib
import os
import shutil
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from uptake.errors import UserError
from uptake.files import (
    changes,
    digest,
    file_digest,
    is_temporary,
    plain,
    read_json,
    sync_folder,
    write_json,
    writing,
)
from uptake.study import Declared

DONE = "DONE.json"
PARTIAL, BROKEN = ".partial-", ".broken-"

# Hex digits of a stage's name: 64 bits, so that no two of a million stages share one by chance.
NAME_DIGITS = 16
# How many changed settings a sentence names before it counts the rest.
MOST_NAMED = 3
# What changes of these inputs of a stage mean to a person; the others are named by their path. `code` is the hash of
# the code that affects numbers, `before` that of the stage before, `hears` that of the one that it listens to.
MEANINGS = {"code": "code that affects numbers changed", "before": "the stage before it changed",
            "hears": "the stage that it listens to changed"}


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a stage is finished; if not, `reason` says why. True exactly when it is."""

    reason: str = ""

    def __bool__(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder. Making this object touches nothing on disk."""

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))

    @property
    def study_file(self) -> Path:
        return self.path / "study.yaml"

    @property
    def plan_file(self) -> Path:
        return self.path / "plan.json"

    @property
    def readings_file(self) -> Path:
        return self.path / "readings.parquet"

    @property
    def results_file(self) -> Path:
        return self.path / "results.json"

    @property
    def stages(self) -> Path:
        return self.path / "stages"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process, and clear away what killed runs left unfinished.

        The operating system drops the lock with its process, so a killed run leaves none behind. Raises
        UserError when another process (or this one) holds it: nothing has then been changed.
        """
        with writing(self.path):
            self.stages.mkdir(parents=True, exist_ok=True)
            held = filelock.FileLock(self.path / ".lock", timeout=0, is_singleton=False)
            holder = self.path / ".lock.json"
            try:
                held.acquire()
            except filelock.Timeout as error:
                raise self._held_by(holder) from error
        try:
            write_json(holder, {"pid": os.getpid(), "machine": socket.gethostname()})
            self._clear_leftovers()
            yield
        finally:
            holder.unlink(missing_ok=True)
            held.release()

    def room(self, bytes_needed: int) -> None:
        """Raise UserError unless the disk has this many bytes free for the run."""
        place = self.path.absolute()
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free
        if free < bytes_needed:
            what = f"the run needs {_size(bytes_needed)} of disk and {_size(free)} are free"
            raise UserError(
                what, where=str(self.path), hint="free some space, or choose a folder on another disk"
            )

    def stage_folder(self, name: str) -> Path:
        """Return where the stage of that hash is, or will be."""
        return self.stages / name

    def finished(self, name: str, files: Collection[str] = ()) -> Check:
        """Check that a stage is whole: DONE.json fits the hash, and every file fits DONE.json, `files`
        among them."""
        folder = self.stage_folder(name)
        if not folder.is_dir():
            return Check("not done yet")
        if not (folder / DONE).is_file():
            return Check(f"{DONE} is missing")
        done = _read_done(folder)
        if done is None or done["hash"] != name:
            return Check(f"{DONE} was damaged")
        for missing in sorted(set(files) - set(done["files"])):
            return Check(f"stage file {missing} is missing")
        reasons = (_file_reason(folder / file, file, recorded) for file, recorded in done["files"].items())
        return Check(next((reason for reason in reasons if reason), ""))

    def begin(self, name: str) -> Path:
        """Return a fresh, empty folder to make the stage in. Raises UserError when it cannot be made."""
        partial = self.stages / f"{name}{PARTIAL}{os.getpid()}"
        with writing(partial):
            if partial.exists():
                shutil.rmtree(partial)
            partial.mkdir(parents=True)
        return partial

    def finish(self, name: str, inputs: Mapping[str, Any], label: str = "") -> Path:
        """Close the stage that `begin` opened: write DONE.json, then put the folder in its place. Returns
        that place.

        `inputs` are the stage's whole inputs, as JSON data, kept to explain later reruns; `label` says
        which stage of which arm and seed it is. If the same stage, with at least these files, has meanwhile
        been finished elsewhere, that one stands.
        """
        partial, folder = self.stages / f"{name}{PARTIAL}{os.getpid()}", self.stage_folder(name)
        _clear_temporary(partial.rglob("*"))
        order = 1 + max((done["order"] for done in self._done()), default=0)
        done = {"hash": name, "inputs": inputs, "label": label, "order": order, "files": _recorded(partial)}
        write_json(partial / DONE, done)
        with writing(folder):
            if self.finished(name, done["files"]):
                shutil.rmtree(partial)
                return folder
            if folder.exists():
                folder.rename(self.stages / f"{name}{BROKEN}{os.getpid()}")
            partial.rename(folder)
            sync_folder(self.stages)
            shutil.rmtree(self.stages / f"{name}{BROKEN}{os.getpid()}", ignore_errors=True)
        return folder

    def made_by_any_code(self, name: str, inputs: Mapping[str, Any], label: str) -> str:
        """Return the latest finished stage that differs from this one in the code alone; its own name if none does."""
        if self.stage_folder(name).exists():
            return name
        changed = [({path.split(".")[0] for path in changes(done["inputs"], plain(inputs))}, done)
                   for done in self._done(label)]
        alike = [done for heads, done in changed if heads <= set(MEANINGS)]
        return max(alike, key=lambda done: done["order"])["hash"] if alike else name

    def why(self, name: str, inputs: Mapping[str, Any], label: str = "", files: Collection[str] = ()) -> str:
        """Say in one sentence why this stage is run: it is new, damaged, or what differs from the nearest
        earlier one.

        The nearest is the finished stage with the same label (and the same inputs `stage`, `arm` and `seed`,
        if they are given) whose inputs differ in the fewest places; of several, the latest. `files` are the
        outputs that the stage should have.
        """
        if self.stage_folder(name).exists():
            return self.finished(name, files).reason or "it is finished already"
        same = [done for done in self._done(label) if _same_work(done["inputs"], inputs)]
        found = [(changes(done["inputs"], plain(inputs)), -done["order"]) for done in same]
        if not found:
            return "first run"
        changed = min(found, key=lambda each: (len(each[0]), each[1]))[0]
        heads = {path.split(".")[0] for path in changed}
        if "code" in heads:
            return MEANINGS["code"]
        others = [text for path, text in changed.items() if path.split(".")[0] not in MEANINGS]
        return _sentence(others or [MEANINGS[head] for head in sorted(heads)] or ["nothing changed"])

    def has_readings(self) -> bool:
        """Say whether anything may have been read: a readings file, or a stage begun or finished."""
        return self.readings_file.exists() or (self.stages.is_dir() and any(self.stages.iterdir()))

    def locked_plan(self) -> dict[str, Any] | None:
        """Return the plan that predictions are locked by, or None while nothing has been read and all are
        still open.

        A run with readings and no plan has locked nothing: the plan then returned is empty. Raises
        UserError for a plan whose predictions do not fit its hash.
        """
        if not self.has_readings():
            return None
        if not self.plan_file.exists():
            return {"predictions": []}
        plan = read_json(self.plan_file)
        if not _is_plan(plan):
            hint = "restore it, or move it away: every prediction is then reported as exploratory"
            raise UserError(
                "the plan was changed by hand: it does not fit its hash", where=str(self.plan_file), hint=hint
            )
        return plan

    def _done(self, label: str | None = None) -> list[dict[str, Any]]:
        """Return what DONE.json of every finished stage says; with `label`, of those that bear it."""
        folders = sorted(self.stages.iterdir()) if self.stages.is_dir() else []
        read = [_read_done(folder) for folder in folders if not _is_leftover(folder)]
        return [done for done in read if done is not None and label in (None, done["label"])]

    def _held_by(self, holder: Path) -> UserError:
        """Say who holds the lock; the file is missing for a moment while it is being taken."""
        who = "another process"
        with contextlib.suppress(UserError, KeyError, TypeError):
            said = read_json(holder)
            who = f"process {said['pid']} on {said['machine']}"
        hint = "wait for it to end, or stop it; nothing was changed"
        return UserError(f"{who} is working in this run folder", where=str(self.path), hint=hint)

    def _clear_leftovers(self) -> None:
        with writing(self.path):
            for folder in self.stages.iterdir():
                if _is_leftover(folder):
                    shutil.rmtree(folder)
        _clear_temporary(self.path.iterdir())


def stage_name(inputs: Mapping[str, Any]) -> str:
    """Return the hash that names a stage with these inputs. Raises as `files.digest` does."""
    return digest(inputs)[:NAME_DIGITS]


def plan_hash(plan: Mapping[str, Any]) -> str:
    """Return the hash that locks a plan: of its predictions and of the study's settings, which give them
    meaning."""
    return digest({"study": plan.get("study"), "predictions": plan["predictions"]})


def make_plan(settings: Mapping[str, Any], predictions: Sequence[Declared], **facts: Any) -> dict[str, Any]:
    """Return what to write as plan.json: the study's settings, its predictions, their hash, and whatever
    `facts` (minutes, tokens, versions) belong beside them."""
    listed = [{"by": each.by, "say": each.say, "at": each.at} for each in predictions]
    plan = {**facts, "study": dict(settings), "predictions": listed}
    return plan | {"plan_hash": plan_hash(plan)}


def locked_predictions(
    old_plan: Mapping[str, Any] | None, declared: Sequence[Declared]
) -> tuple[tuple[Declared, ...], tuple[Declared, ...]]:
    """Return (locked, exploratory) by the rule at the head of this file.

    `old_plan` is `RunFolder.locked_plan()`: None while nothing has been read, and then all of `declared`
    are locked. Otherwise all of the plan's predictions are, in its order, also those no longer declared
    (their line is 0).
    """
    if old_plan is None:
        return tuple(declared), ()
    lines = {_key(each): each.line for each in declared}
    kept = [Declared(**each, line=0) for each in old_plan["predictions"]]
    locked = tuple(Declared(each.by, each.say, each.at, lines.get(_key(each), 0)) for each in kept)
    names = {_key(each) for each in locked}
    return locked, tuple(each for each in declared if _key(each) not in names)


def departures(
    old_plan: Mapping[str, Any] | None, declared: Sequence[Declared], settings: Mapping[str, Any]
) -> list[str]:
    """Return a sentence for each way in which the study has left its locked plan: settings changed,
    predictions added or taken out. `settings` are the study's now."""
    if old_plan is None:
        return []
    locked, exploratory = locked_predictions(old_plan, declared)
    sentences = [
        f"{text} after the plan was locked"
        for text in changes(old_plan.get("study", settings), settings).values()
    ]
    sentences += [
        f"taken out of the study file after the plan was locked: {each.say}"
        for each in locked
        if not each.line
    ]
    return sentences + [
        f"added after the plan was locked, so exploratory: {each.say}" for each in exploratory
    ]


def _same_work(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether two stages are the same piece of work, done perhaps on other inputs."""
    return all(old.get(key) == new.get(key) for key in ("stage", "arm", "seed"))


def _is_leftover(folder: Path) -> bool:
    """Say whether this is a stage that was not finished, or one that was being replaced."""
    return PARTIAL in folder.name or BROKEN in folder.name


def _clear_temporary(files: Iterable[Path]) -> None:
    """Remove the files that a killed run, or a worker that died and was replaced, left half written."""
    for file in [each for each in files if is_temporary(each)]:
        with writing(file):
            file.unlink()


def _key(prediction: Declared) -> tuple[str, str, str]:
    return prediction.by, prediction.say, prediction.at


def _is_plan(plan: Any) -> bool:
    if not isinstance(plan, dict) or not isinstance(plan.get("predictions"), list):
        return False
    shaped = all(isinstance(each, dict) and set(each) == {"by", "say", "at"} for each in plan["predictions"])
    return shaped and plan.get("plan_hash") == plan_hash(plan)


def _read_done(folder: Path) -> dict[str, Any] | None:
    """Return a stage's DONE.json, or None when it is missing, damaged or not one of ours."""
    try:
        done = read_json(folder / DONE)
    except UserError:
        return None
    kinds = {"hash": str, "inputs": dict, "label": str, "order": int, "files": dict}
    if not isinstance(done, dict) or not all(isinstance(done.get(key), kind) for key, kind in kinds.items()):
        return None
    whole = all(
        isinstance(file, dict) and set(file) == {"bytes", "sha256"} for file in done["files"].values()
    )
    return done if whole else None


def _recorded(folder: Path) -> dict[str, dict[str, Any]]:
    """Return size and sha256 of every file in a folder, by its path inside it."""
    if not folder.is_dir():
        raise UserError("this stage was not begun, or its folder was removed", where=str(folder))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        file.relative_to(folder).as_posix(): {"bytes": file.stat().st_size, "sha256": file_digest(file)}
        for file in files
    }


def _file_reason(path: Path, name: str, recorded: Mapping[str, Any]) -> str:
    """Say what is wrong with a stage's file, or nothing."""
    if not path.is_file():
        return f"stage file {name} is missing"
    size = path.stat().st_size
    if size < recorded["bytes"]:
        return f"stage file {name} was truncated"
    if size > recorded["bytes"] or file_digest(path) != recorded["sha256"]:
        return f"stage file {name} was changed"
    return ""


def _sentence(texts: list[str]) -> str:
    """Join what changed; beyond a few, count the rest."""
    if len(texts) > MOST_NAMED:
        texts = [*texts[: MOST_NAMED - 1], f"{len(texts) - MOST_NAMED + 1} more changed"]
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " and " + texts[-1]


def _size(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
