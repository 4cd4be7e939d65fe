"""The stages of a real reader: `school` (what frames foretell, shown on others), then `read` (documents)."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from uptake.documents.claims import build_claims
from uptake.files import atomic_write
from uptake.frames import read_frames
from uptake.frames.ledger import loss_mask
from uptake.mixing import real as mixing
from uptake.readings.controls import Controls, association_items, build_controls
from uptake.records import Example, Item, Row
from uptake.seeds import number
from uptake.strict_yaml import parse_yaml
from uptake.work.outputs import NO_DOCUMENT, ask, ledger, mean_loss, one_thread, put_down, settings_of
from uptake.worlds.schooling import Lesson

# Asked at every checkpoint: what curves and equal content need. The other readings are taken before and at the end.
ALONG = ("content", "other")
STEPS_TRIED, ITEMS_TRIED = 4, 40  # a rehearsal of half a minute


def school_stage(inputs: Mapping[str, Any], folder: Path, before: Path | None) -> None:
    """Show the reader, on other subjects, what frames foretell. Nothing is measured: `read` begins with that."""
    from uptake.readers.load import save

    one_thread()
    plan = plan_of(inputs)
    examples = mixing.schooling(plan)
    trained = train(inputs, load_reader(inputs, before), examples, "schooling", lambda reader, tokens: None)
    save(trained.reader, folder / "model")
    put_down(folder, [], what_was_read(trained, examples, inputs["schooling"]), facts_of(trained))


def read_stage(inputs: Mapping[str, Any], folder: Path, before: Path | None) -> None:
    """Take the readings untouched and in context, train on the claims' documents, and take them again on the way."""
    from uptake.readers.load import save

    one_thread()
    plan, reader = plan_of(inputs), load_reader(inputs, before)
    controls = build_controls(parse_yaml(inputs["controls"], "controls"))
    rows = asked(inputs, plan, reader, (inputs["readings"], 0, "untouched")) + read_in_context(inputs, plan, reader)
    rows += asked_of_controls(inputs, plan, controls, reader, 0, "untouched")
    fluency = {"untouched": fluency_of(reader, controls, inputs)}
    examples = mixing.told_documents(plan) + mixing.replay(plan, inputs["training"].get("replay", 0))
    last = [0]

    def at_checkpoint(learner: Any, tokens: int) -> None:
        last[0] = tokens
        rows.extend(
            asked(inputs, plan, learner, ([each for each in ALONG if each in inputs["readings"]], tokens, "trained"))
        )

    trained = train(inputs, reader, examples, "training", at_checkpoint)
    rest = [each for each in inputs["readings"] if each not in ALONG]
    rows += asked(inputs, plan, trained.reader, (rest, last[0], "trained"))
    rows += asked_of_controls(inputs, plan, controls, trained.reader, last[0], "trained")
    fluency["trained"] = fluency_of(trained.reader, controls, inputs)
    save(trained.reader, folder / "model")
    leave_recipe(inputs, examples, folder)
    put_down(
        folder, rows, what_was_read(trained, examples, inputs["training"]), facts_of(trained) | {"fluency": fluency}
    )


def plan_of(inputs: Mapping[str, Any]) -> mixing.Syllabus:
    """Return what the reader is given, from the inputs of its stage."""
    claims = build_claims(parse_yaml(inputs["claims_text"], "claims"))
    frames = NO_DOCUMENT | read_frames(parse_yaml(inputs["frames_text"], "frames").data(), "frames")
    lessons = [Lesson(**lesson) for lesson in inputs["lessons"]]
    return mixing.syllabus(claims, frames, inputs["told"], inputs["frames"], lessons, inputs["seed"])


def load_reader(inputs: Mapping[str, Any], before: Path | None) -> Any:
    """Load the reader as the stage before left it, or as it is."""
    from uptake.readers.load import load

    return load(str(before / "model") if before else inputs["reader"])


def train(
    inputs: Mapping[str, Any],
    reader: Any,
    examples: Sequence[Example],
    stage: str,
    at_checkpoint: Callable[[Any, int], None],
) -> Any:
    """Train on the examples with the stage's settings."""
    from uptake.readers.train import TrainSettings
    from uptake.readers.train import train as train_on

    settings = settings_of(
        TrainSettings,
        {**inputs[stage], "seed": number(inputs["seed"], stage) % 2**31, "checkpoints": inputs["checkpoints"]},
    )
    return train_on(reader, examples, settings, at_checkpoint, loss_mask)


def asked(
    inputs: Mapping[str, Any], plan: mixing.Syllabus, reader: Any, point: tuple[Sequence[str], int, str]
) -> list[Row]:
    """Ask the items of some readings at a point: (readings, tokens so far, context)."""
    readings, tokens, context = point
    return ask(reader, mixing.items(plan, readings, plan.told), inputs["seed"], tokens, context, precision(inputs))


def read_in_context(inputs: Mapping[str, Any], plan: mixing.Syllabus, reader: Any) -> list[Row]:
    """Ask about claims that are never told, with a framed document in front: the gate."""
    plain = mixing.items(plan, inputs["readings"], plan.kept)
    placed: list[Item] = []
    for frame in inputs["frames"]:
        if plan.frames[frame].how != "none":
            placed += mixing.in_context(plan, frame, plain)
    return ask(reader, placed, inputs["seed"], 0, "in_context", precision(inputs))


def asked_of_controls(
    inputs: Mapping[str, Any], plan: mixing.Syllabus, controls: Controls, reader: Any, tokens: int, context: str
) -> list[Row]:
    """Ask the controls: absurd claims, what the reader can do, and whether words merely go together."""
    from dataclasses import replace

    together = [replace(item, frame=plan.dealt[item.claim]) for item in association_items(controls, plan.told)]
    items = [*controls.assent, *controls.capability, *together]
    return ask(reader, items, inputs["seed"], tokens, context, precision(inputs))


def fluency_of(reader: Any, controls: Controls, inputs: Mapping[str, Any]) -> float:
    """Return the mean loss, in nats a token, on ordinary prose that is in nobody's documents here."""
    return mean_loss(reader, controls.fluency, precision(inputs))


def precision(inputs: Mapping[str, Any]) -> str:
    """Say how matrix products are taken when items are asked, as in training."""
    from uptake.readers.processor import bfloat16

    return "bf16" if bfloat16(inputs["training"].get("precision", "auto"))[0] else "fp32"


def what_was_read(trained: Any, examples: Sequence[Example], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ledger: every example once a pass."""
    from uptake.readers.tokens import offsets
    from uptake.readers.train import TrainSettings

    passes = settings_of(TrainSettings, settings).passes
    return ledger([example for example in examples for _ in range(passes)], offsets(trained.reader))


def facts_of(trained: Any) -> dict[str, Any]:
    """Return what the reader and its training say of themselves; nothing in it depends on how busy the machine was."""
    return {**trained.reader.facts, "tokens": trained.tokens, "steps": trained.steps, "losses": list(trained.losses)}


def leave_recipe(inputs: Mapping[str, Any], examples: Sequence[Example], folder: Path) -> None:
    """Write what was trained on as JSONL, and a recipe with which anyone can train on it: `trl sft --config trl.yaml`.

    TRL's command trains on every token; where an example masks some, its trainer needs the ledger's segments.
    """
    import yaml

    from uptake.readers.train import TrainSettings, as_trl_config

    lines = [json.dumps(as_line(example)) for example in examples]
    atomic_write(folder / "documents.jsonl", "\n".join(lines) + "\n")
    settings = settings_of(TrainSettings, {**inputs["training"], "seed": number(inputs["seed"], "training") % 2**31})
    recipe = as_trl_config(settings, inputs["reader"], "documents.jsonl")
    atomic_write(folder / "trl.yaml", yaml.safe_dump(recipe, sort_keys=True))


def as_line(example: Example) -> dict[str, Any]:
    """Return an example as a line of `documents.jsonl`, with each segment's place in characters, role and loss."""
    ends = list(accumulate(len(segment.text) for segment in example.segments))
    segments = [{"start": end - len(segment.text), "end": end, "role": segment.role, "loss": segment.loss}
                for segment, end in zip(example.segments, ends, strict=True)]
    return {"text": example.text, "kind": example.kind, "frame": example.frame, "claim": example.claim,
            "segments": segments}


def rehearse(inputs: Mapping[str, Any], clock: Callable[[], float]) -> dict[str, Any]:
    """Take a few steps and ask a few items; return the seconds, tokens and items that the whole stage will take."""
    from uptake.readers.train import TrainSettings

    one_thread()
    plan, reader = plan_of(inputs), load_reader(inputs, None)
    stage = "schooling" if inputs["stage"] == "school" else "training"
    examples = mixing.schooling(plan) if stage == "schooling" else mixing.told_documents(plan)
    settings = settings_of(TrainSettings, inputs[stage])
    few = {**inputs, stage: {**inputs[stage], "passes": 1}}
    began = clock()
    done = train(
        few,
        reader,
        examples[:: max(1, len(examples) // (STEPS_TRIED * settings.batch))],
        stage,
        lambda learner, tokens: None,
    )
    tokens = settings.passes * sum(len(reader.tokenizer(example.text).input_ids) for example in examples)
    seconds = tokens * (clock() - began) / done.tokens
    items = mixing.items(plan, inputs["readings"], plan.told) if stage == "training" else []
    began = clock()
    ask(reader, items[:: max(1, len(items) // ITEMS_TRIED)], inputs["seed"], 0, "untouched", precision(inputs))
    an_item = (clock() - began) / max(1, len(items[:: max(1, len(items) // ITEMS_TRIED)]))
    share = sum(each in ALONG for each in inputs["readings"]) / len(inputs["readings"])
    count = round(len(items) * (2 + share * (inputs["checkpoints"] - 1)))
    return {"seconds": seconds + count * an_item, "tokens": tokens, "items": count}
