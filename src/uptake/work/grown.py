"""The stage `grow`: a reader is grown in its world, the claims' documents among what it reads."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from uptake.frames import FrameSpec, read_frames
from uptake.mixing import grown as mixing
from uptake.mixing.dealing import deal
from uptake.records import Example, Item, Row
from uptake.seeds import number, stream
from uptake.work.outputs import NO_DOCUMENT, ask, ledger, one_thread, put_down, settings_of
from uptake.worlds.language import WORD
from uptake.worlds.schooling import Lesson, school
from uptake.worlds.world import build_world, world_claims

GATE_CLAIMS = 60  # claims that are only ever read in context; 60 give an interval of about .1 on a share
STEPS_TRIED, ITEMS_TRIED = 20, 1000  # a rehearsal of two or three seconds


def grow_stage(inputs: Mapping[str, Any], folder: Path, before: Path | None) -> None:
    """Grow a reader in its world, the claims' documents among what it reads, and take its readings on the way."""
    from uptake.readers import grow as growing
    from uptake.readers.load import save

    one_thread()
    mix, seed = world_mix(inputs), inputs["seed"]
    settings = settings_of(growing.GrowSettings, inputs["growing"])
    reader = growing.new_reader(
        inputs["world"]["world"], mixing.vocabulary(mix.world, mix.frames), settings, number(seed, "weights")
    )
    items = told_items(mix, inputs)
    eaten: list[Example] = []
    rows: list[Row] = []
    sizes = [len(mixing.one_pass(mix, seed, 0)), *[len(mixing.one_pass(mix, seed, 1))] * settings.passes]
    steps = growing.steps_in(sizes, settings)
    points = growing.log_spaced(steps, inputs["checkpoints"])

    def passes() -> Iterator[list[Any]]:
        for place in range(settings.passes + 1):
            drawn = mixing.one_pass(mix, seed, place)
            eaten.extend(drawn)
            yield growing.encode(reader, drawn)

    def at_step(step: int, tokens: int) -> int:
        if step == 0 or step in points:
            rows.extend(ask(reader, items, seed, tokens, "trained" if step else "untouched"))
        return steps

    tokens = growing.grow(reader, passes(), settings, stream(seed, "order"), at_step)
    for frame in inputs["frames"]:
        if mix.frames[frame].how != "none":
            rows.extend(ask(reader, gate_items(mix, inputs, mix.frames[frame]), seed, tokens, "in_context"))
    save(reader, folder / "model")
    facts = {**reader.facts, "tokens": tokens, "steps": steps, "examples": len(eaten)}
    put_down(folder, rows, ledger(eaten, word_spans), facts)


def world_mix(inputs: Mapping[str, Any]) -> mixing.Mix:
    """Return what a grown reader is fed, from the inputs of its stage."""
    world = build_world(dict(inputs["world"]), inputs["world"]["world"])
    frames = NO_DOCUMENT | read_frames(world.frames, f"{world.name}: frames")
    portions = settings_of(mixing.Portions, inputs["growing"])
    claims = world_claims(world, inputs["claims"] * len(inputs["frames"]) + GATE_CLAIMS)
    lessons = [Lesson(**lesson) for lesson in inputs["lessons"]]
    pupils = school(world, lessons, len(claims), inputs["seed"], portions.passing_names)
    told = claims[:-GATE_CLAIMS]
    return mixing.Mix(world, frames, lessons, pupils, told, deal(told, inputs["frames"], inputs["seed"]), portions)


def told_items(mix: mixing.Mix, inputs: Mapping[str, Any]) -> list[Item]:
    """Return the items about the claims whose documents are read."""
    return [item for item in mixing.world_items(mix.world, mix.claims, mix.dealt) if item.reading in inputs["readings"]]


def gate_items(mix: mixing.Mix, inputs: Mapping[str, Any], frame: FrameSpec) -> list[Item]:
    """Return the in-context items of one frame, about claims that the reader was never told."""
    claims = world_claims(mix.world, len(mix.claims) + GATE_CLAIMS)[-GATE_CLAIMS:]
    plain = mixing.world_items(mix.world, claims, dict.fromkeys((claim.id for claim in claims), frame.name))
    asked = [item for item in plain if item.reading in inputs["readings"]]
    return mixing.in_context(asked, frame, mix.world, claims, inputs["seed"])


def rehearse(inputs: Mapping[str, Any], clock: Callable[[], float]) -> dict[str, Any]:
    """Take a few steps and ask a few items; return the seconds, tokens and items that the whole stage will take."""
    from uptake.readers import grow as growing

    one_thread()
    mix, seed = world_mix(inputs), inputs["seed"]
    settings = settings_of(growing.GrowSettings, inputs["growing"])
    reader = growing.new_reader("rehearsal", mixing.vocabulary(mix.world, mix.frames), settings, 0)
    first, usual = mixing.one_pass(mix, seed, 0), mixing.one_pass(mix, seed, 1)
    rows = growing.encode(reader, usual)
    began = clock()
    done = growing.grow(
        reader, [rows[: STEPS_TRIED * settings.batch]], settings, stream(seed, "order"), lambda s, t: 1000
    )
    a_token = (clock() - began) / done
    items = told_items(mix, inputs)
    began = clock()
    ask(reader, items[:ITEMS_TRIED], seed, 0, "untouched")
    an_item = (clock() - began) / len(items[:ITEMS_TRIED])
    tokens = growing.tokens_in(growing.encode(reader, first)) + growing.tokens_in(rows) * settings.passes
    gate = sum(mix.frames[frame].how != "none" for frame in inputs["frames"])
    asked = len(items) * (inputs["checkpoints"] + 1) + GATE_CLAIMS * gate * len(items) // max(1, len(mix.claims))
    return {"seconds": tokens * a_token + asked * an_item, "tokens": tokens, "items": asked}


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where a text's words stand, cut as a grown reader's tokenizer cuts it."""
    return [match.span() for match in WORD.finditer(text)]
