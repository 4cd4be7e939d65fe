"""What a stage was trained on, example by example, with every segment, its role and whether it is in the loss.

Three sources, the first that serves: the stage's own lines, where they hold segments; the examples made again from the
stage's inputs, which determine them, if they agree with the ledger that the stage kept; else the ledger's documents and
the stage's lines, which lack the segments of whatever is about no claim. The card says which it was.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from uptake.errors import UserError
from uptake.export.stages import GROWN_STAGES, Done
from uptake.frames.ledger import tally
from uptake.records import Example, Segment

LINES = "documents.jsonl"
COUNTED = ("exposures", "documents", "questions", "tokens", "frame_tokens", "content_tokens", "loss_tokens")


@dataclass(frozen=True, slots=True)
class Read:
    """One row of an export: an example, in which pass over the data it stood (0: in every one), and how often it was
    read. Of an example without known `segments` only the text is there."""

    example: Example
    turn: int
    exposures: int
    split: bool = True


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """The rows of a stage; `source` says where they come from, and `lacks` what is missing, if anything."""

    rows: tuple[Read, ...]
    source: str
    lacks: str = ""


def trained_on(stage: Done, spans: Callable[[str], list[tuple[int, int]]]) -> TrainedOn:
    """Return what a stage was trained on. `spans(text)` cuts a text into the reader's tokens."""
    if rows := with_segments(stage):
        return TrainedOn(rows, "the stage's own lines")
    rows, why = made_again(stage)
    if rows and (wrong := disagreement(rows, stage.ledger, spans)):
        rows, why = (), wrong
    return TrainedOn(rows, "the stage's inputs, which determine it; it agrees with the ledger to the token"
                     ) if rows else from_the_ledger(stage, why)


def with_segments(stage: Done) -> tuple[Read, ...]:
    """Return the stage's own lines, if each of them says which part of its text is what."""
    lines = lines_of(stage.folder)
    if not lines or not all("segments" in line for line in lines):
        return ()
    passes = passes_of(stage)
    return tuple(Read(Example(tuple(Segment(line["text"][each["start"]:each["end"]], each["role"], each["loss"])
                                    for each in line["segments"]), line.get("kind", "document"), line["frame"],
                              line["claim"]), 0, line.get("exposures", passes)) for line in lines)


def made_again(stage: Done) -> tuple[tuple[Read, ...], str]:
    """Return the stage's examples made again from its inputs; none, and why not, where this version cannot."""
    make = {"grow": _grown, "go-on": _grown, "school": _schooled, "read": _told,
            "teach": _taught}.get(stage.inputs.get("stage", ""))
    if make is None:
        return (), f"this version does not know the stage '{stage.inputs.get('stage')}'"
    try:
        return tuple(make(stage)), ""
    except (UserError, KeyError, TypeError, ValueError) as error:
        return (), f"this version cannot make its examples again ({error!r})"


def _grown(stage: Done) -> Iterator[Read]:
    from uptake.mixing.stating import restated
    from uptake.work.grown import heard_in, passes, stated_in, world_mix

    mix = restated(world_mix(stage.inputs), stated_in(stage.folder))
    for turn, examples in enumerate(passes(mix, stage.inputs, heard_in(stage.folder))):
        yield from (Read(example, turn, 1) for example in examples)


def _schooled(stage: Done) -> Iterator[Read]:
    from uptake.mixing.real import schooling
    from uptake.work.real import plan_of

    yield from (Read(example, 0, passes_of(stage)) for example in schooling(plan_of(stage.inputs)))


def _told(stage: Done) -> Iterator[Read]:
    from uptake.mixing.real import replay, told_documents
    from uptake.work.real import plan_of

    plan = plan_of(stage.inputs)
    examples = [*told_documents(plan), *replay(plan, stage.inputs["training"].get("replay", 0))]
    yield from (Read(example, 0, passes_of(stage)) for example in examples)


def _taught(stage: Done) -> Iterator[Read]:
    from uptake.work.skills import examples_of

    yield from (Read(example, 0, passes_of(stage)) for example in examples_of(stage.inputs))


def passes_of(stage: Done) -> int:
    """Return how often a stage went over its data."""
    from uptake.work.outputs import settings_of

    if stage.inputs.get("stage") in GROWN_STAGES:
        from uptake.work.grown import growing_settings

        return growing_settings(stage.inputs).passes
    from uptake.readers.train import TrainSettings

    return settings_of(TrainSettings, settings_of_training(stage)).passes


def settings_of_training(stage: Done) -> Mapping[str, Any]:
    """Return the settings with which the reader was grown or trained in this stage."""
    if stage.inputs.get("stage") == "teach":
        from uptake.work.skills import training_of

        return training_of(stage.inputs)
    kinds = {**dict.fromkeys(GROWN_STAGES, "growing"), "school": "schooling"}
    return stage.inputs[kinds.get(stage.inputs.get("stage", ""), "training")]


def disagreement(rows: Sequence[Read], ledger: Mapping[str, Any], spans: Callable[[str], list[tuple[int, int]]]) -> str:
    """Say in what the rows differ from the ledger that the stage kept, or nothing."""
    cut = {text: spans(text) for text in {row.example.text for row in rows}}
    counted = tally((row.example for row in rows for _ in range(row.exposures)), cut.__getitem__)
    mine, kept = ({row["frame"]: tuple(row[name] for name in COUNTED) for row in each}
                  for each in (counted.rows, ledger["frames"]))
    if mine != kept:
        frames = sorted(name for name in {*mine, *kept} if mine.get(name) != kept.get(name))
        return f"the code has changed since: made again, the frame '{frames[0]}' has other counts than in the ledger"
    told = Counter()
    for row in rows:
        if row.example.claim:
            told[row.example.claim, row.example.frame, row.example.segments] += row.exposures
    if told != Counter(documents_of(ledger)):
        return "the code has changed since: made again, the claims' documents are not those in the ledger"
    return ""


def documents_of(ledger: Mapping[str, Any]) -> dict[tuple[str, str, tuple[Segment, ...]], int]:
    """Return the claims' documents in a ledger, with their exposures."""
    return {(each["claim"], each["frame"], tuple(Segment(**segment) for segment in each["segments"])): each["exposures"]
            for each in ledger["documents"]}


def from_the_ledger(stage: Done, why: str) -> TrainedOn:
    """Return what the stage itself kept: the claims' documents whole, and the other lines as bare text.

    Where the ledger says that all tokens of a frame are content and in the loss, a line of it is one such segment.
    """
    plain = {row["frame"] for row in stage.ledger["frames"] if row["tokens"] == row["content_loss_tokens"]}
    rows = [Read(Example(segments, "document", frame, claim), 0, times)
            for (claim, frame, segments), times in documents_of(stage.ledger).items()]
    others = [line for line in lines_of(stage.folder) if not line["claim"]]
    passes = passes_of(stage) if others else 0
    rows += [Read(Example((Segment(line["text"], "content"),), "document" if line["frame"] in plain else "",
                          line["frame"]), 0, passes, split=line["frame"] in plain) for line in others]
    there = sum(row.exposures for row in rows)
    missing = sum(row["exposures"] for row in stage.ledger["frames"]) - there
    bare = sum(not row.split for row in rows)
    lacks = [f"{bare} rows have no segments"] * bool(bare)
    lacks += [f"{missing} exposures of texts about no claim are not here"] * bool(missing)
    return TrainedOn(tuple(rows), "the ledger and the lines that the stage kept",
                     f"{why}. {'; '.join(lacks)}" if lacks else "")


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """Return the lines that a stage left, if it left any."""
    path = folder / LINES
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def spans_of(segments: Sequence[Segment]) -> list[dict[str, Any]]:
    """Return each segment's first and last character (the last not included) with its role and loss."""
    ends = [0]
    for segment in segments:
        ends.append(ends[-1] + len(segment.text))
    return [{"start": start, "end": end, "role": segment.role, "loss": segment.loss}
            for (start, end), segment in zip(pairwise(ends), segments, strict=True)]
