"""The stage `grow`: a reader is grown in its world, the claims' documents among what it reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from uptake.choices import GROW, SAMPLED, UNTRAINED
from uptake.files import read_json, write_json
from uptake.frames import read_frames
from uptake.mixing import grown as mixing
from uptake.mixing import stating
from uptake.mixing.dealing import deal
from uptake.mixing.odds import shown
from uptake.records import Claim, Example, Item, Row
from uptake.seeds import number, stream
from uptake.work.outputs import (
    NO_DOCUMENT,
    Question,
    ask,
    asking_along,
    last_answers,
    ledger,
    mean_loss,
    one_thread,
    put_down,
    settings_of,
)
from uptake.worlds.documents import documents
from uptake.worlds.language import WORD
from uptake.worlds.schooling import Lesson, school
from uptake.worlds.world import build_world, world_claims

STATED, HEARD = "stated.json", "heard.json"
GATE_CLAIMS = 60  # claims that are only ever read in context; 60 give an interval of about .1 on a share
FLUENCY_TEXTS = 200  # some 4,000 tokens: a standard error of about .02 nats, in half a second
STEPS_TRIED, ITEMS_TRIED = 20, 1000  # a rehearsal of two or three seconds
STEP_WARM_UP = 20  # steps: a sixth of the shortest stage in the shipped studies


def grow_stage(inputs: Mapping[str, Any], folder: Path, before: Path | None) -> None:
    """Grow a reader in its world, the claims' documents among what it reads, and take its readings on the way. One that
    is `untold` reads none, and is asked nothing: the next stage begins with that."""
    from uptake.readers import grow as growing

    one_thread()
    mix, settings = world_mix(inputs), growing_settings(inputs)
    words, weights = mixing.vocabulary(mix.world, mix.frames), number(inputs["seed"], "weights")
    reader = growing.new_reader(inputs["world"]["world"], words, settings, weights)
    drawn = passes(mix, inputs)
    untold = inputs.get("untold", False)
    rows, facts = trained(reader, drawn, settings, [] if untold else told_items(mix, inputs), inputs)
    rows += [] if untold else gate_rows(reader, mix, inputs, facts["tokens"])
    keep(reader, folder, rows, drawn, facts)


def go_on_stage(inputs: Mapping[str, Any], folder: Path, before: Path | None) -> None:
    """Go on with a grown reader: it reads the claims' documents as the step says, and a part of its schooling again.

    Before its first step it is asked what it makes of documents in context: the gate."""
    from uptake.readers.load import load

    reader, mix = taken_up(inputs, folder, before)
    if "hears" in inputs:  # stages lie side by side
        write_json(folder / HEARD, said(load(before.with_name(inputs["hears"]) / "model"), mix, inputs))
    drawn = passes(mix, inputs, heard_in(folder))
    rows = gate_rows(reader, mix, inputs, 0) if inputs["gate"] else []
    fluency = {"untouched": fluency_of(reader, mix, inputs)}
    items, answers = told_items(mix, inputs), last_answers(before)
    found, facts = trained(reader, drawn, growing_settings(inputs), items, inputs, answers)
    fluency["trained"] = fluency_of(reader, mix, inputs)
    keep(reader, folder, rows + found, drawn, {**facts, "fluency": fluency})


def taken_up(inputs: Mapping[str, Any], folder: Path, before: Path) -> tuple[Any, mixing.Mix]:
    """Return the reader that the stage before left, and what it is fed, its claims stating what it said, if it was to
    say something; that is kept in the folder."""
    from uptake.readers.load import load

    one_thread()
    reader, mix = load(before / "model"), world_mix(inputs)
    stated = stated_in(before) or sampled(reader, mix, inputs)
    write_json(folder / STATED, stated)
    return reader, stating.restated(mix, stated)


def trained(reader: Any, drawn: Sequence[Sequence[Example]], settings: Any, items: Sequence[Item],
            inputs: Mapping[str, Any], answers: Mapping[Question, Row] = MappingProxyType({})
            ) -> tuple[list[Row], dict[str, Any]]:
    """Train a reader in place on passes of examples; return its answers before, at log-spaced checkpoints and after,
    and what it took. `answers` are those that it gave when the stage before ended."""
    from uptake.readers import grow as growing
    from uptake.readers.processor import bfloat16

    seed, rows = inputs["seed"], []
    steps = growing.steps_in(map(len, drawn), settings)
    asked = asking_along(reader, items, seed, growing.log_spaced(steps, inputs["checkpoints"]), answers)

    def at_step(step: int, tokens: int) -> int:
        rows.extend(asked(step, tokens))
        return steps

    # A stage of its own has an order of its own; growing keeps the one that it always had.
    order = stream(seed, "order", *([inputs["step"]["name"]] if "step" in inputs else []))
    tokens = growing.grow(reader, (growing.encode(reader, each) for each in drawn), settings, order, at_step)
    products = bfloat16(settings.precision, reader.model.device.type)[1]
    return rows, {**reader.facts, "precision": products, "tokens": tokens, "steps": steps,
                  "examples": sum(map(len, drawn))}


def fluency_of(reader: Any, mix: mixing.Mix, inputs: Mapping[str, Any]) -> float:
    """Return the mean loss, in nats a token, on texts of the schooling that were drawn for this alone."""
    drawn = mixing.one_step(mix, (), 1.0, (inputs["seed"], "fluency"), 1)
    return mean_loss(reader, [example.text for example in drawn[:: max(1, len(drawn) // FLUENCY_TEXTS)]])


def gate_rows(reader: Any, mix: mixing.Mix, inputs: Mapping[str, Any], tokens: int) -> list[Row]:
    """Ask what the reader makes of documents in context, in every frame that has any."""
    return [row for frame in inputs["frames"] if mix.frames[frame].how != "none"
            for row in ask(reader, gate_items(mix, inputs, frame), inputs["seed"], tokens, "in_context")]


def keep(reader: Any, folder: Path, rows: Sequence[Row], drawn: Sequence[Sequence[Example]],
         facts: Mapping[str, Any]) -> None:
    """Write the reader, what it answered, and what it was trained on."""
    from uptake.readers.load import save

    save(reader, folder / "model")
    put_down(folder, rows, ledger([example for each in drawn for example in each], word_spans), facts)


def sampled(reader: Any, mix: mixing.Mix, inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return what the reader says where it is to say what its documents state: one draw from its own distribution over
    the answers, behind the beginning of such a document, for each claim."""
    frames = [name for name, variant in inputs.get("variants", {}).items() if variant["stated"] == SAMPLED]
    asked = stating.beginnings(mix, frames, inputs["seed"])
    return {item.claim: answer for item, answer in
            gone_on(reader, asked, lambda item: stream(inputs["seed"], "drawn", item.claim))}


def said(speaker: Any, mix: mixing.Mix, inputs: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what a speaker says in the documents of a step: one draw from its own distribution behind the beginning
    of every wording, for each claim; what the claim states where a wording states nothing."""
    mix = of_step(mix, inputs["step"])
    found = {claim.id: [claim.stated] * len(documents(mix.world, claim, mix.frames[mix.dealt[claim.id]].name))
             for claim in mix.claims if mix.frames[mix.dealt[claim.id]].how != "none"}
    asked, key = stating.all_beginnings(mix), (inputs["seed"], "said", inputs["step"]["name"])
    for item, answer in gone_on(speaker, asked, lambda item: stream(*key, item.claim, item.wording)):
        found[item.claim][item.wording] = answer
    return found


def gone_on(reader: Any, asked: Sequence[Item], rng: Callable[[Item], Random]) -> Iterator[tuple[Item, str]]:
    """Yield every item with the answer that the reader goes on with: one draw from its distribution over them."""
    from uptake.readers.score import score

    for item, each in zip(asked, score(reader, asked), strict=True):
        if each.reason:
            raise ValueError(f"the reader could not go on from {item.prompt!r}: {each.reason}")
        place = stating.drawn((each.logp_fit, each.logp_foil, *each.logp_others), rng(item))
        yield item, (item.fit, item.foil, *item.others)[place].strip()


def stated_in(folder: Path) -> dict[str, str]:
    """Return what the reader said in a stage, or before it: the answers that its documents state."""
    return read_json(folder / STATED) if (folder / STATED).exists() else {}


def heard_in(folder: Path) -> dict[str, list[str]]:
    """Return what the speaker of a stage said: for each claim, the answer of each wording of its documents."""
    return read_json(folder / HEARD) if (folder / HEARD).exists() else {}


def growing_settings(inputs: Mapping[str, Any]) -> Any:
    """Return how the reader is trained in this stage."""
    from uptake.readers.grow import GrowSettings

    settings = settings_of(GrowSettings, inputs["growing"])
    if "step" not in inputs:
        return settings
    step = inputs["step"]
    return replace(settings, passes=step["passes"], learning_rate=step["learning_rate"], warm_up=STEP_WARM_UP)


def passes(mix: mixing.Mix, inputs: Mapping[str, Any], heard: Mapping[str, Sequence[str]] = MappingProxyType({})
           ) -> list[list[Example]]:
    """Return everything that the reader is trained on in this stage, pass by pass, where its documents state what was
    `heard`, if anything was."""
    seed, step = inputs["seed"], inputs.get("step")
    if not step:
        read = replace(mix, claims=()) if inputs.get("untold") else mix
        return [mixing.one_pass(read, seed, place) for place in range(mix.portions.passes + 1)]
    told, mix = said_of(mix, step), replace(of_step(mix, step), heard=heard)
    return [mixing.one_step(mix, told, step["replay"], (seed, step["name"]), place)
            for place in range(1, step["passes"] + 1)]


def said_of(mix: mixing.Mix, step: Mapping[str, Any]) -> Sequence[Claim]:
    """Return the claims as a step has them said: turned where it says the foil."""
    turned = those_saying(mix, step, "foil")
    return [claim.turned if claim.id in turned else claim for claim in mix.claims]


def those_saying(mix: mixing.Mix, step: Mapping[str, Any], what: str) -> frozenset[str]:
    """Return the claims of which a step's documents say so: all, or those that were dealt a frame that it names."""
    says = step["says"]
    return frozenset(claim.id for claim in mix.claims
                     if what == (says if isinstance(says, str) else says.get(mix.dealt[claim.id])))


def of_step(mix: mixing.Mix, step: Mapping[str, Any]) -> mixing.Mix:
    """Return the mix as a step reads it: in frames as dealt, or in the step's, and as often as it says."""
    portions = replace(mix.portions, passes=step["passes"], told=step["exposures"] or mix.portions.exposures)
    mix = replace(mix, anew=those_saying(mix, step, "any"))
    if not step["frame"]:
        return replace(mix, portions=portions)
    of = step["frame"]
    dealt = {claim: of if isinstance(of, str) else of.get(frame, UNTRAINED) for claim, frame in mix.dealt.items()}
    return replace(mix, portions=portions, dealt=dealt, doses={})


def world_mix(inputs: Mapping[str, Any]) -> mixing.Mix:
    """Return what a grown reader is fed, from the inputs of its stage."""
    world = build_world(dict(inputs["world"]), inputs["world"]["world"])
    frames = NO_DOCUMENT | read_frames(world.frames, f"{world.name}: frames")
    portions = settings_of(mixing.Portions, inputs["growing"])
    variants = inputs.get("variants", {})
    doses = {name: mixing.Dose(each["exposures"], each["since"], each["until"], each.get("bits"))
             for name, each in variants.items()}
    frames |= {name: frames[each["frame"]] for name, each in variants.items()}
    named = {name: world.names[each["frame"]] for name, each in variants.items() if each["frame"] in world.names}
    world = replace(world, names={**world.names, **named})
    claims = world_claims(world, inputs["claims"] * len(inputs["frames"]) + GATE_CLAIMS)
    lessons = [Lesson(**lesson) for lesson in inputs["lessons"]]
    pupils = school(world, lessons, len(claims), inputs["seed"], portions.passing_names)
    told = claims[:-GATE_CLAIMS]
    dealt = deal(told, inputs["frames"], inputs["seed"])
    mix = mixing.Mix(world, frames, lessons, pupils, told, dealt, portions, doses)
    groups = {name: each["stated"] for name, each in variants.items() if each["stated"] in world.groups}
    return stating.restated(mix, stating.of_groups(mix, groups))


def told_items(mix: mixing.Mix, inputs: Mapping[str, Any]) -> list[Item]:
    """Return the items about the claims whose documents are read."""
    return [item for item in mixing.world_items(mix.world, mix.claims, mix.dealt) if item.reading in inputs["readings"]]


def gate_items(mix: mixing.Mix, inputs: Mapping[str, Any], name: str) -> list[Item]:
    """Return the in-context items of one frame, about claims that the reader was never told."""
    claims = world_claims(mix.world, len(mix.claims) + GATE_CLAIMS)[-GATE_CLAIMS:]
    plain = mixing.world_items(mix.world, claims, dict.fromkeys((claim.id for claim in claims), name))
    asked = [item for item in plain if item.reading in inputs["readings"]]
    dose = mix.doses.get(name)
    read = claims if dose is None or dose.bits is None else shown(dose.bits, claims)
    placed = mixing.in_context(asked, mix.frames[name], mix.world, read, inputs["seed"])
    return [replace(item, frame=name) for item in placed]


def rehearse(inputs: Mapping[str, Any], clock: Callable[[], float]) -> dict[str, Any]:
    """Take a few steps and ask a few items; return the seconds, tokens and items that the whole stage will take."""
    from uptake.readers import grow as growing

    one_thread()
    began = clock()
    mix, settings = world_mix(inputs), growing_settings(inputs)
    reader = growing.new_reader("rehearsal", mixing.vocabulary(mix.world, mix.frames), settings, 0)
    drawn = [growing.encode(reader, each) for each in passes(mix, inputs)]
    drawing = clock() - began
    # From the whole pass, since its kinds of texts stand together and short ones take longer, token by token.
    rng, tried = stream(inputs["seed"], "order"), drawn[-1][:: max(1, len(drawn[-1]) // (STEPS_TRIED * settings.batch))]
    growing.grow(reader, [tried[: settings.batch]], settings, rng, lambda s, t: 1000)  # the very first takes longer
    began = clock()
    done = growing.grow(reader, [tried], settings, rng, lambda s, t: 1000)
    a_token = (clock() - began) / done
    tokens = sum(map(growing.tokens_in, drawn))
    seconds, asked = asking(reader, mix, inputs, clock)
    return {"seconds": drawing + tokens * a_token + seconds, "tokens": tokens, "items": asked}


def asking(reader: Any, mix: mixing.Mix, inputs: Mapping[str, Any], clock: Callable[[], float]) -> tuple[float, int]:
    """Ask a few items; return the seconds and the number of all that are asked in a stage."""
    items = told_items(mix, inputs)
    began = clock()
    ask(reader, items[:ITEMS_TRIED], inputs["seed"], 0, "untouched")
    an_item = (clock() - began) / len(items[:ITEMS_TRIED])
    gate = sum(mix.frames[frame].how != "none" for frame in inputs["frames"])
    gate *= inputs.get("gate", not inputs.get("untold"))
    step = inputs.get("step", {})
    first = not step or inputs["gate"] or step["after"] == GROW  # all others begin with answers that are there already
    times = 0 if inputs.get("untold") else inputs["checkpoints"] + first
    asked = len(items) * times + GATE_CLAIMS * gate * len(items) // max(1, len(mix.claims))
    return asked * an_item, asked


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where a text's words stand, cut as a grown reader's tokenizer cuts it."""
    return [match.span() for match in WORD.finditer(text)]
