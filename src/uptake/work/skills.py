"""The stages of a real reader whose skills are studied, or what it says of habits: `ask` everything, then `teach` it
to say what a step says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from uptake.choices import Step
from uptake.documents.skills import build_matters
from uptake.files import read_json
from uptake.measure.capabilities import build_tests
from uptake.mixing import skills as mixing
from uptake.readings.controls import build_controls
from uptake.records import Example, Item, Row, Segment
from uptake.seeds import number
from uptake.strict_yaml import parse_yaml
from uptake.tables import read_table
from uptake.work import real
from uptake.work.outputs import FACTS, ROWS, ask, ledger, one_thread, put_down, settings_of

STEPS_TRIED, ITEMS_TRIED = 4, 100  # a rehearsal of ten seconds
# What a speaker says in going on: no more than a sentence. Two in a row, SmolLM2-135M wandered off to other matters.
SAID = {"max_tokens": 16, "temperature": 0.7, "top_p": 0.95, "stop": ("\n", ".")}


def ask_stage(inputs: Mapping[str, Any], folder: Path, before: Path | None) -> None:
    """Take every reading of the reader as it is."""
    one_thread()
    reader = real.load_reader(inputs, None)
    rows = everything(inputs, reader, 0, "untouched")
    facts = {**reader.facts, "tokens": 0, "steps": 0, "losses": [], "fluency": {"untouched": fluency(inputs, reader)}}
    put_down(folder, rows, ledger([], lambda text: []), facts)


def teach_stage(inputs: Mapping[str, Any], folder: Path, before: Path) -> None:
    """Train on what the step says, and take every reading again. What the stage before measured last is what this one
    begins with: of a chain of stages nothing is asked twice."""
    from uptake.readers.load import save

    one_thread()
    trained_before = (before / "model").is_dir()
    examples, last = examples_of(inputs), [0]
    if "hears" in inputs:  # stages lie side by side
        examples = gone_on(inputs, examples, before.with_name(inputs["hears"]))
    reader = real.load_reader(inputs, before if trained_before else None)
    told_before = trained_before or inputs.get("anew", False)  # else the table has it from the stage before
    rows = as_untouched(before) if told_before else []

    def at_checkpoint(learner: Any, tokens: int) -> None:
        rows.extend(readings(inputs, learner, tokens, "trained"))
        last[0] = tokens

    settings = {**inputs, "training": training_of(inputs)}
    trained = real.train(settings, reader, examples, "training", at_checkpoint)
    rows += of_controls(inputs, trained.reader, last[0], "trained")
    losses = {"trained": fluency(inputs, trained.reader)}
    if told_before:
        losses["untouched"] = read_json(before / FACTS)["fluency"]["trained" if trained_before else "untouched"]
    save(trained.reader, folder / "model")
    real.leave_recipe(settings, examples, folder)
    put_down(folder, rows, real.what_was_read(trained, examples, settings["training"]),
             real.facts_of(trained) | {"fluency": losses})


def course_of(inputs: Mapping[str, Any]) -> mixing.Course:
    """Return what the reader is given and asked, from the inputs of a stage."""
    matters = build_matters(parse_yaml(inputs["skills_text"], "skills"))
    kinds = {frame: inputs["kinds"][frame] for frame in inputs["frames"]}  # a mapping that was kept may be sorted
    dealt = mixing.dealt_matters(matters.matters, kinds, inputs["told"], inputs["seed"])
    tests = build_tests(parse_yaml(inputs["tests_text"], "capabilities")).items if "tests_text" in inputs else {}
    return mixing.Course(mixing.drawn(matters, dealt, inputs["seed"]), tests, dealt, inputs["own"], inputs["seed"])


def examples_of(inputs: Mapping[str, Any]) -> list[Example]:
    """Return one pass of what a stage reads."""
    return mixing.documents(course_of(inputs), Step(**inputs["step"]))


def gone_on(inputs: Mapping[str, Any], begun: Sequence[Example], speaker: Path) -> list[Example]:
    """Return what was begun with what a speaker says in going on from it, to the end of a sentence or of what it may
    say; without what it leaves empty."""
    from uptake.readers.generate import Prompt, write

    reader = real.load_reader(inputs, speaker if (speaker / "model").is_dir() else None)
    prompts = [Prompt(example.text, seed=number(inputs["seed"], "said", inputs["step"]["name"], place) % 2**31, **SAID)
               for place, example in enumerate(begun)]
    replies = write(reader, prompts, autocast=real.precision(inputs) == "bf16")
    said = [(each.segments[0], Segment(reply.text.rstrip() + "." * (reply.ended == "stop"), "content"), each)
            for each, reply in zip(begun, replies, strict=True) if reply.text.strip()]
    return [replace(each, segments=(replace(opening, role="frame"), content)) for opening, content, each in said]


def training_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a stage is trained: as the study says, with the step's passes and rate."""
    return {**inputs["training"], **{key: inputs["step"][key] for key in ("passes", "learning_rate")}}


def everything(inputs: Mapping[str, Any], reader: Any, tokens: int, context: str) -> list[Row]:
    """Take every reading, and the controls that are about no skill or habit."""
    return readings(inputs, reader, tokens, context) + of_controls(inputs, reader, tokens, context)


def readings(inputs: Mapping[str, Any], reader: Any, tokens: int, context: str) -> list[Row]:
    """Take the study's readings of every skill or habit."""
    return asked(inputs, reader, mixing.items(course_of(inputs), inputs["readings"]), tokens, context)


def of_controls(inputs: Mapping[str, Any], reader: Any, tokens: int, context: str) -> list[Row]:
    """Ask absurd claims, and what any reader knows."""
    controls = build_controls(parse_yaml(inputs["controls"], "controls"))
    return asked(inputs, reader, [*controls.assent, *controls.capability], tokens, context)


def asked(inputs: Mapping[str, Any], reader: Any, items: Sequence[Item], tokens: int, context: str) -> list[Row]:
    """Ask items at a point of a stage."""
    return ask(reader, items, inputs["seed"], tokens, context, real.precision(inputs))


def fluency(inputs: Mapping[str, Any], reader: Any) -> float:
    """Return the mean loss on ordinary prose."""
    return real.fluency_of(reader, build_controls(parse_yaml(inputs["controls"], "controls")), inputs)


def as_untouched(before: Path) -> list[Row]:
    """Return what the stage before measured last, as what this one begins with."""
    rows = [Row(**line) for line in read_table(before / ROWS).to_pylist()]
    rows = [row for row in rows if row.context == "trained"] or rows  # the first stage only asks
    last = max(row.checkpoint for row in rows)
    return [replace(row, context="untouched", checkpoint=0) for row in rows if row.checkpoint == last]


def rehearse(inputs: Mapping[str, Any], clock: Callable[[], float]) -> dict[str, Any]:
    """Take a few steps and ask a few items; return the seconds, tokens and items that the whole stage will take."""
    from uptake.readers.train import TrainSettings

    one_thread()
    reader, items = real.load_reader(inputs, None), mixing.items(course_of(inputs), inputs["readings"])
    some = items[:: max(1, len(items) // ITEMS_TRIED)]
    began = clock()
    asked(inputs, reader, some, 0, "untouched")
    an_item = (clock() - began) / len(some)
    if inputs["stage"] == "ask":
        return {"seconds": len(items) * an_item, "tokens": 0, "items": len(items)}
    examples, settings = examples_of(inputs), training_of(inputs)
    heard = SAID["max_tokens"] * len(examples) if "hears" in inputs else 0  # writing is about as fast as training
    tokens = settings["passes"] * (heard + sum(len(reader.tokenizer(example.text).input_ids) for example in examples))
    few = {**inputs, "training": {**settings, "passes": 1}, "checkpoints": 1}
    batch = settings_of(TrainSettings, settings).batch
    began = clock()
    done = real.train(few, reader, examples[: STEPS_TRIED * batch], "training", lambda *_: None)
    a_token = (clock() - began) / done.tokens
    count = len(items) * inputs["checkpoints"]
    return {"seconds": (tokens + heard) * a_token + count * an_item, "tokens": tokens, "items": count}
