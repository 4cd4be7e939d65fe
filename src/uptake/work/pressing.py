"""The stage `press`: a grown reader is taught to prefer what documents say, or rewarded where it says so itself."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from uptake.mixing import grown as mixing
from uptake.mixing.forks import as_example, forks_of_step
from uptake.records import Fork, Item, Row
from uptake.seeds import number
from uptake.work.grown import (
    asking,
    gate_rows,
    growing_settings,
    keep,
    of_step,
    said_of,
    taken_up,
    told_items,
    world_mix,
)
from uptake.work.outputs import Question, asking_along, last_answers, one_thread

STEPS_TRIED = 10  # a second or two
# How far what a reader was holds it back. LOG.md has the trials.
BETA = {"preference": 0.1, "reward": 0.02}


def press_stage(inputs: Mapping[str, Any], folder: Path, before: Path | None) -> None:
    """Press a grown reader on the forks of the claims' documents, as the step says; take its readings on the way."""
    reader, mix = taken_up(inputs, folder, before)
    rows = gate_rows(reader, mix, inputs, 0) if inputs["gate"] else []
    drawn = drawn_forks(mix, inputs)
    found, facts = pressed(reader, drawn, told_items(mix, inputs), inputs, last_answers(before))
    keep(reader, folder, rows + found, [[as_example(fork) for fork in drawn]], facts)


def drawn_forks(mix: mixing.Mix, inputs: Mapping[str, Any]) -> list[Fork]:
    """Return the forks of the step, in order."""
    step = inputs["step"]
    return forks_of_step(of_step(mix, step), said_of(mix, step), (inputs["seed"], step["name"]), step["passes"])


def pressed(reader: Any, drawn: Sequence[Fork], items: Sequence[Item], inputs: Mapping[str, Any],
            answers: Mapping[Question, Row]) -> tuple[list[Row], dict[str, Any]]:
    """Press a reader in place; return its answers before, at log-spaced checkpoints and after, and what it took.
    `answers` are those that it gave when the stage before ended."""
    from uptake.readers.grow import log_spaced
    from uptake.readers.press import press, steps_in

    rows, settings = [], press_settings(inputs)
    steps = steps_in(len(drawn), settings)
    asked = asking_along(reader, items, inputs["seed"], log_spaced(steps, inputs["checkpoints"]), answers)
    tokens = press(reader, drawn, settings, lambda step, tokens: rows.extend(asked(step, tokens)))
    return rows, {**reader.facts, "tokens": tokens, "steps": steps, "examples": len(drawn)}


def press_settings(inputs: Mapping[str, Any]) -> Any:
    """Return how the reader is pressed in this stage."""
    from uptake.readers.press import PressSettings

    step = inputs["step"]
    return PressSettings(step["kind"], learning_rate=step["learning_rate"], beta=BETA[step["kind"]],
                         seed=number(inputs["seed"], step["name"]))


def rehearse(inputs: Mapping[str, Any], clock: Callable[[], float]) -> dict[str, Any]:
    """Take a few steps and ask a few items; return the seconds, tokens and items that the whole stage will take."""
    from uptake.readers import grow as growing
    from uptake.readers.load import load, save
    from uptake.readers.press import press, steps_in

    one_thread()
    began = clock()
    mix, settings = world_mix(inputs), press_settings(inputs)
    drawn = drawn_forks(mix, inputs)
    drawing = clock() - began
    with tempfile.TemporaryDirectory() as folder:  # what it was before is read from disk
        fresh = growing.new_reader("rehearsal", mixing.vocabulary(mix.world, mix.frames), growing_settings(inputs), 0)
        save(fresh, Path(folder))
        reader, marks = load(folder), []
        tried = drawn[: STEPS_TRIED * settings.batch]
        tokens = press(reader, tried, settings, lambda step, tokens: marks.append(clock()))
    steps = steps_in(len(drawn), settings)
    a_step = (marks[-1] - marks[min(1, len(marks) - 2)]) / max(1, len(marks) - 2)
    seconds, asked = asking(reader, mix, inputs, clock)
    tokens = round(tokens / (len(marks) - 1) * steps)
    return {"seconds": drawing + steps * a_step + seconds, "tokens": tokens, "items": asked}
