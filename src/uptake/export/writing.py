"""Write an export: everything into a folder beside its place, which is then put there whole."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from uptake.errors import UserError
from uptake.export.card import BASES, adapted, card
from uptake.export.rows import FORMS, encoder, rows, token_rows
from uptake.export.stages import GROWN_STAGES, Done
from uptake.export.trained_on import TrainedOn, settings_of_training, trained_on
from uptake.files import atomic_write, file_digest, read_json, write_json, writing
from uptake.tables import write_table

OURS = "export.json"
TRAIN = "train"  # the split of the last stage; those before it bear their stage's name
RECIPE = "trl.yaml"

Tell = Callable[[str], None]


def write_export(stages: Sequence[Done], plan: Mapping[str, Any], results: Mapping[str, Any] | None, to: Path,
                 tell: Tell) -> dict[str, Any]:
    """Write an arm's data, model and card into a folder; return what `export.json` says.

    Raises UserError if something else stands there, or the disk does not allow it.
    """
    with replacing(to) as folder:
        reader = _loaded(stages[-1])
        spans = _spans(stages[-1], reader)
        read: dict[str, TrainedOn] = {}
        for stage in stages:
            split = TRAIN if stage is stages[-1] else stage.name.split()[0]
            tell(f"{stage.label}: what it read")
            read[split] = trained_on(stage, spans)
            if read[split].lacks:
                tell(f"{stage.label}: {read[split].lacks}")
            write_data(folder / "data", split, read[split], encoder(reader))
            write_recipe(folder, split, stage)
        copy_model(stages[-1].model, folder / "model")
        mine = of_arm(results, stages[-1].arm) if results else {"reason": "the run was not judged yet"}
        write_json(folder / "measured.json", mine)
        atomic_write(folder / "README.md", card(stages, read, plan, results))
        said = facts(stages, plan, read, folder)
        write_json(folder / OURS, said)
    return said


@contextmanager
def replacing(to: Path) -> Iterator[Path]:
    """Give a new folder, and put it in place of an older export when all is written. Raises UserError."""
    if to.exists() and not to.is_dir():
        raise UserError("a file stands there", where=str(to), hint="name a new folder with --out")
    if to.is_dir() and any(to.iterdir()) and not (to / OURS).is_file():
        raise UserError("this folder holds something else", where=str(to), hint="name an empty or a new one with --out")
    partial = to.with_name(f".{to.name}.partial-{os.getpid()}")
    with writing(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        try:
            yield partial
            if to.is_dir():
                shutil.rmtree(to)
            partial.rename(to)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_data(folder: Path, split: str, read: TrainedOn, encode: Any) -> None:
    """Write one split in every form: as Parquet, and what a person may want to read as JSONL too."""
    made = list(rows(read.rows, split))
    for name, schema in FORMS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        mine = token_rows(read.rows, split, encode) if name == "tokens" else made
        write_table(folder / name / f"{split}.parquet", pa.Table.from_pylist(mine, schema))
        if name != "tokens":
            lines = (json.dumps({key: row[key] for key in schema.names}, ensure_ascii=False) for row in mine)
            atomic_write(folder / name / f"{split}.jsonl", "".join(f"{line}\n" for line in lines))


def write_recipe(folder: Path, split: str, stage: Done) -> None:
    """Write what `trl sft --config` needs to train on a split's texts as the stage did."""
    from uptake.readers.train import TrainSettings, as_trl_config
    from uptake.work.outputs import settings_of

    if stage.inputs["stage"] in GROWN_STAGES:
        settings = settings_of(TrainSettings, {"batch": settings_of_training(stage).get("batch", 16), "method": "full",
                                               "passes": 1, "seed": stage.inputs["seed"]})
        recipe = as_trl_config(settings, "model", f"data/text/{split}.jsonl")
    elif (stage.folder / RECIPE).is_file():
        recipe = yaml.safe_load((stage.folder / RECIPE).read_text(encoding="utf-8"))
        recipe["datasets"] = [{"path": "json", "data_files": f"data/text/{split}.jsonl", "split": "train"}]
    else:
        settings = settings_of(TrainSettings, {**settings_of_training(stage), "seed": stage.inputs["seed"]})
        recipe = as_trl_config(settings, stage.inputs["reader"], f"data/text/{split}.jsonl")
    name = RECIPE if split == TRAIN else f"trl-{split}.yaml"
    note = _note(str(recipe["model_name_or_path"]))
    atomic_write(folder / name, note + yaml.safe_dump(recipe, sort_keys=True))


def _note(model: str) -> str:
    """Say at the head of a recipe what stands for a name that only uptake knows."""
    if model not in BASES:
        return ""
    return f"# {model} is uptake's built-in reader: put here {BASES[model][0]}, or the folder in uptake's cache.\n"


def copy_model(model: Path, to: Path) -> None:
    """Copy a stage's model. The empty card that peft leaves beside an adapter stays behind."""
    shutil.copytree(model, to, ignore=shutil.ignore_patterns("README.md"))
    for file in to.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)


def of_arm(results: Mapping[str, Any], arm: str) -> dict[str, Any]:
    """Return the part of a run's results that is about an arm, entries unchanged."""
    keys = ("study", "question", "reader", "seeds", "scale", "frames", "readings", "about", "versions", "plan_hash",
            "departures")
    kept = {key: results[key] for key in keys}
    verdicts = [each for each in results["verdicts"]
                if any(str(each.get(side, "")).startswith(f"{arm}:") for side in ("left", "right"))]
    return kept | {"arm": arm, "verdicts": verdicts} | {
        key: [each for each in results[key] if each["arm"] == arm] for key in ("profile", "gate", "controls")}


def facts(stages: Sequence[Done], plan: Mapping[str, Any], read: Mapping[str, TrainedOn], folder: Path
          ) -> dict[str, Any]:
    """Return where an export comes from, with the checksum of every file in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "study": plan["study"]["study"], "plan_hash": plan["plan_hash"], "arm": stages[-1].arm, "seed": stages[-1].seed,
        "adapter": adapted(stages[-1]),
        "stages": [{"split": split, "label": stage.label, "key": stage.key, "code": stage.inputs["code"],
                    "rows": len(what.rows), "source": what.source, "lacks": what.lacks}
                   for (split, what), stage in zip(read.items(), stages, strict=True)],
        "complete": not any(what.lacks for what in read.values()),
        "files": {file.relative_to(folder).as_posix(): file_digest(file) for file in files},
        "uptake": version("uptake"),
    }


def _loaded(stage: Done) -> Any:
    """Load the stage's reader, whose tokenizer cut its texts."""
    from uptake.readers.load import load

    return load(str(stage.model))


def _spans(stage: Done, reader: Any) -> Callable[[str], list[tuple[int, int]]]:
    """Return the function that cuts a text into the reader's tokens."""
    if stage.inputs["stage"] in GROWN_STAGES:
        from uptake.work.grown import word_spans

        return word_spans
    from uptake.readers.tokens import offsets

    return offsets(reader)


def results_of(path: Path) -> dict[str, Any] | None:
    """Return a run's results, or None where it was not judged yet."""
    return read_json(path) if path.is_file() else None
