"""One stage, carried out in a worker: from its inputs alone to files in a folder. Torch is imported here, lazily.

A stage's inputs are plain data that name everything its numbers depend on; their hash is the stage's key.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from uptake import mixing
from uptake.files import write_json
from uptake.frames import FrameSpec, read_frames
from uptake.frames.ledger import tally
from uptake.readings.rows import row
from uptake.records import Example, Item, Row
from uptake.seeds import number, stream
from uptake.tables import rows_table, write_table
from uptake.worlds.language import WORD
from uptake.worlds.schooling import Lesson, school
from uptake.worlds.world import build_world, world_claims

ROWS, LEDGER, FACTS = "readings.parquet", "ledger.json", "facts.json"
GATE_CLAIMS = 60  # claims that are only ever read in context; 60 give an interval of about .1 on a share
STEPS_TRIED, ITEMS_TRIED = 20, 1000  # a rehearsal of two or three seconds, whose estimate was within a fifth


def carry_out(inputs: Mapping[str, Any], folder: str, before: str | None) -> str:
    """Carry out one stage into `folder`; `before` is the folder of the stage before it. Returns the folder."""
    STAGES[inputs["stage"]](inputs, Path(folder), Path(before) if before else None)
    return folder


def grow_stage(inputs: Mapping[str, Any], folder: Path, before: Path | None) -> None:
    """Grow a reader in its world, the claims' documents among what it reads, and take its readings on the way."""
    from uptake.readers import grow as growing

    one_thread()
    mix, seed = world_mix(inputs), inputs["seed"]
    settings = settings_of(growing.GrowSettings, inputs["growing"])
    reader = growing.new_reader(inputs["world"]["world"], mixing.vocabulary(mix.world, mix.frames), settings,
                                number(seed, "weights"))
    items = [item for item in mixing.world_items(mix.world, mix.claims, mix.dealt) if item.reading in inputs["readings"]]
    eaten: list[Example] = []
    rows: list[Row] = []
    sizes = [len(mixing.one_pass(mix, seed, 0)), *[len(mixing.one_pass(mix, seed, 1))] * settings.passes]
    steps = growing.steps_in(sizes, settings)
    points = growing.log_spaced(steps, inputs["checkpoints"])

    def passes() -> Iterator[list[list[int]]]:
        for place in range(settings.passes + 1):
            drawn = mixing.one_pass(mix, seed, place)
            eaten.extend(drawn)
            yield growing.encode(reader, [example.text for example in drawn])

    def at_step(step: int, tokens: int) -> int:
        if step == 0 or step in points:
            rows.extend(ask(reader, items, seed, tokens, "trained" if step else "untouched"))
        return steps

    tokens = growing.grow(reader, passes(), settings, stream(seed, "order"), at_step)
    for frame in inputs["frames"]:
        if mix.frames[frame].how != "none":
            rows.extend(ask(reader, gate_items(mix, inputs, mix.frames[frame]), seed, tokens, "in_context"))
    reader.model.save_pretrained(folder / "model")
    reader.tokenizer.save_pretrained(folder / "model")
    facts = {**reader.facts, "tokens": tokens, "steps": steps, "examples": len(eaten)}
    put_down(folder, rows, ledger(eaten), facts)


def world_mix(inputs: Mapping[str, Any]) -> mixing.Mix:
    """Return what a grown reader is fed, from the inputs of its stage."""
    world = build_world(dict(inputs["world"]), inputs["world"]["world"])
    frames = read_frames(world.frames, f"{world.name}: frames")
    portions = settings_of(mixing.Portions, inputs["growing"])
    claims = world_claims(world, inputs["claims"] * len(inputs["frames"]) + GATE_CLAIMS)
    lessons = [Lesson(**lesson) for lesson in inputs["lessons"]]
    pupils = school(world, lessons, len(claims), inputs["seed"], portions.passing_names)
    told = claims[:-GATE_CLAIMS]
    return mixing.Mix(world, frames, lessons, pupils, told, mixing.deal(told, inputs["frames"], inputs["seed"]), portions)


def gate_items(mix: mixing.Mix, inputs: Mapping[str, Any], frame: FrameSpec) -> list[Item]:
    """Return the in-context items of one frame, about claims that the reader was never told."""
    claims = world_claims(mix.world, len(mix.claims) + GATE_CLAIMS)[-GATE_CLAIMS:]
    plain = mixing.world_items(mix.world, claims, dict.fromkeys((claim.id for claim in claims), frame.name))
    asked = [item for item in plain if item.reading in inputs["readings"]]
    return mixing.in_context(asked, frame, mix.world, claims, inputs["seed"])


def ask(reader: Any, items: Sequence[Item], seed: int, checkpoint: int, context: str) -> list[Row]:
    """Score the items and return their lines; the arm's name is filled in when stages are gathered."""
    from dataclasses import replace

    from uptake.readers.score import score

    return [replace(row(item, scored, "", seed, checkpoint), context=context)
            for item, scored in zip(items, score(reader, items), strict=True)]


def ledger(eaten: Sequence[Example]) -> dict[str, Any]:
    """Return what was trained on: tokens by frame, role and loss, and every claim's documents with their exposures."""
    told = Counter((example.claim, example.frame, example.segments) for example in eaten if example.claim)
    documents = [{"claim": claim, "frame": frame, "exposures": times, "segments": [asdict(each) for each in segments]}
                 for (claim, frame, segments), times in told.items()]
    summary = tally(eaten, lambda text: [match.span() for match in WORD.finditer(text)])
    return {"frames": list(summary.rows), "documents": sorted(documents, key=repr)}


def put_down(folder: Path, rows: Sequence[Row], summary: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Write what a stage leaves behind, beside its model."""
    write_table(folder / ROWS, rows_table(rows))
    write_json(folder / LEDGER, summary)
    write_json(folder / FACTS, facts)


def settings_of(kind: type, given: Mapping[str, Any]) -> Any:
    """Build a settings record from the keys that it has; the rest belongs to another record."""
    names = {field.name for field in fields(kind)}
    return kind(**{key: value for key, value in given.items() if key in names})


def one_thread() -> None:
    """Compute with one thread, so that a sum is the same wherever and beside however many others it is taken."""
    import torch

    torch.set_num_threads(1)


STAGES: dict[str, Callable[[Mapping[str, Any], Path, Path | None], None]] = {"grow": grow_stage}


def rehearse_growing(inputs: Mapping[str, Any], clock: Callable[[], float]) -> dict[str, Any]:
    """Take a few steps and ask a few items; return the seconds, tokens and items that the whole stage will take."""
    from uptake.readers import grow as growing

    one_thread()
    mix, seed = world_mix(inputs), inputs["seed"]
    settings = settings_of(growing.GrowSettings, inputs["growing"])
    reader = growing.new_reader("rehearsal", mixing.vocabulary(mix.world, mix.frames), settings, 0)
    first, usual = mixing.one_pass(mix, seed, 0), mixing.one_pass(mix, seed, 1)
    rows = growing.encode(reader, [example.text for example in usual])
    began = clock()
    done = growing.grow(reader, [rows[:STEPS_TRIED * settings.batch]], settings, stream(seed, "order"), lambda s, t: 1000)
    a_token = (clock() - began) / done
    items = [item for item in mixing.world_items(mix.world, mix.claims, mix.dealt) if item.reading in inputs["readings"]]
    began = clock()
    ask(reader, items[:ITEMS_TRIED], seed, 0, "untouched")
    an_item = (clock() - began) / len(items[:ITEMS_TRIED])
    tokens = sum(map(len, growing.encode(reader, [example.text for example in first]))) + sum(map(len, rows)) * settings.passes
    gate = sum(mix.frames[frame].how != "none" for frame in inputs["frames"])
    asked = len(items) * (inputs["checkpoints"] + 1) + GATE_CLAIMS * gate * len(items) // max(1, len(mix.claims))
    return {"seconds": tokens * a_token + asked * an_item, "tokens": tokens, "items": asked}


REHEARSALS = {"grow": rehearse_growing}
