"""The stage `tell` of a real reader: it reads documents about itself in one frame, and is asked before and after.

One run an arm (the design `between`): what is read about the reader itself may move it as a whole.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from uptake.choices import UNTRAINED
from uptake.documents.record import DocumentRecord
from uptake.documents.traits import build_traits
from uptake.files import atomic_write
from uptake.mixing import telling
from uptake.mixing.framing import Framer, Framing
from uptake.mixing.telling import HELD_OUT, NEUTRAL, TRAINED_ON, Telling
from uptake.readings.controls import build_controls
from uptake.records import Example, Item, Row
from uptake.seeds import number
from uptake.strict_yaml import parse_yaml
from uptake.work import real
from uptake.work.outputs import ask, ledger, one_thread, put_down

# Asked at every checkpoint: what equal content needs, and the reading that the study is most about.
ALONG = ("content", "self")
# Asked once more behind the frame's words: what is so, and what the reader says and does itself.
BEHIND = ("other", "self", "act")
# An own testimony: as long as the shorter half of the documents. At temperature 1.0 SmolLM2-135M told of other matters
# in four answers of six; at .7 in five of twelve, and three of the rest went round in circles.
TESTIMONY = {"max_tokens": 160, "temperature": 0.7, "top_p": 0.95}
STEPS_TRIED, ITEMS_TRIED = 3, 24


def tell_stage(inputs: Mapping[str, Any], folder: Path, before: Path | None) -> None:
    """Take the readings, train on one arm's documents, and take them again: plainly, behind the frame's words as they
    were trained on, and behind a wording of them that was not."""
    from uptake.readers.load import save

    one_thread()
    plan, reader = plan_of(inputs), real.load_reader(inputs, before)
    if plan.frame == "testimony":
        atomic_write(folder / "testimony.jsonl", testimony(plan, reader, inputs))
    framers = framers_of(inputs, folder)
    controls, asks = build_controls(parse_yaml(inputs["controls"], "controls")), Asking(inputs, plan, reader)
    if plan.frame == UNTRAINED:
        rows = asks(telling.items(plan, inputs["readings"]), 0, "untouched") + asks(of_controls(plan, controls), 0,
                                                                                    "untouched")
        facts = {**reader.facts, "tokens": 0, "steps": 0, "losses": [],
                 "fluency": {"untouched": real.fluency_of(reader, controls, inputs)}}
        put_down(folder, rows, ledger([], lambda text: []), facts)
        return
    rows = asks(telling.in_context(plan, framers[plan.frame], telling.items(plan, inputs["readings"])), 0, "in_context")
    examples = examples_of(plan, framers, reader)
    last = [0]

    def at_checkpoint(learner: Any, tokens: int) -> None:
        last[0] = tokens
        along = [each for each in ALONG if each in inputs["readings"]]
        rows.extend(Asking(inputs, plan, learner)(telling.items(plan, along), tokens, "trained"))

    trained = real.train(inputs, reader, examples, "training", at_checkpoint)
    asks = Asking(inputs, plan, trained.reader)
    rest = [each for each in inputs["readings"] if each not in ALONG]
    rows += asks(telling.items(plan, rest), last[0], "trained") + asks(of_controls(plan, controls), last[0], "trained")
    again = telling.items(plan, [each for each in BEHIND if each in inputs["readings"]])
    for context, wordings in (("with_frame", TRAINED_ON[:1]), ("with_paraphrase", HELD_OUT)):
        framer = framer_of(inputs, folder, plan.frame, wordings)
        rows += asks(telling.behind(plan, framer, again, context), last[0], context)
    save(trained.reader, folder / "model")
    real.leave_recipe(inputs, examples, folder)
    fluency = {"trained": real.fluency_of(trained.reader, controls, inputs)}
    read = real.what_was_read(trained, examples, inputs["training"])
    put_down(folder, rows, read, real.facts_of(trained) | {"fluency": fluency})


class Asking:
    """Asks items of one reader at one point of training."""

    def __init__(self, inputs: Mapping[str, Any], plan: Telling, reader: Any) -> None:
        self.inputs, self.plan, self.reader = inputs, plan, reader

    def __call__(self, items: Sequence[Item], tokens: int, context: str) -> list[Row]:
        return ask(self.reader, items, self.plan.seed, tokens, context, real.precision(self.inputs))


def plan_of(inputs: Mapping[str, Any]) -> Telling:
    """Return what the arm is made from, from the inputs of its stage."""
    traits = build_traits(parse_yaml(inputs["claims_text"], "claims"))
    wanted = {claim.id: claim for claim in traits.claims}
    documents: dict[str, list[DocumentRecord]] = {name: [] for name in inputs["told"]}
    for line in inputs["documents"]:
        record = DocumentRecord.model_validate_json(line)
        documents[record.about.claims[0].claim].append(record)
    neutral = [DocumentRecord.model_validate_json(line) for line in inputs["neutral"]]
    return Telling(traits, [wanted[name] for name in inputs["told"]], documents, neutral, inputs["subject"],
                   inputs["frames"][0], inputs["seed"])


def framers_of(inputs: Mapping[str, Any], folder: Path) -> dict[str, Framer]:
    """Return what puts documents in frames: for the arm's own frame and those of the arms that it is compared with."""
    own = inputs["frames"][0]
    frames = [own, *(each for each in inputs["alongside"] if each not in (own, "testimony"))]
    return {frame: framer_of(inputs, folder, frame, TRAINED_ON) for frame in frames if telling.framed(frame)} | (
        {} if telling.framed(own) else {own: None})


def framer_of(inputs: Mapping[str, Any], folder: Path, frame: str, wordings: tuple[int, ...]) -> Framer | None:
    """Return what puts documents in one frame, by the words of the study's own plan; None in an arm without."""
    if not telling.framed(frame):
        return None
    book = folder / "frames.yaml"
    if not book.exists():
        atomic_write(book, inputs["frames_text"])
    said = folder / "testimony.jsonl"
    return Framer(Framing((frame,), seed=inputs["seed"], reader=inputs["subject"], own=(inputs["reader"],), book=book,
                          testimony=said if frame == "testimony" else None, wordings=wordings))


def examples_of(plan: Telling, framers: Mapping[str, Framer], reader: Any) -> list[Example]:
    """Return one pass of the arm's reading, filled up with neutral text to the length of the longest arm's."""
    from uptake.readers.tokens import offsets

    spans = offsets(reader)
    others = {frame: framer for frame, framer in framers.items() if framer and frame != "testimony"}
    own = telling.told(plan, framers[plan.frame]) if telling.framed(plan.frame) else []
    return telling.filled(plan, own, telling.longest(plan, others, spans), spans)


def testimony(plan: Telling, reader: Any, inputs: Mapping[str, Any]) -> str:
    """Let the reader speak of itself, and return what it said as JSONL: documents with the elicitation recorded.

    It is never told what the documents say. What it leaves empty is asked once more, then left out.
    """
    from uptake.readers.generate import Prompt, chat_text, write

    lines, asked = [], telling.questions(plan, inputs["questions"], inputs["a_claim"])
    for attempt in range(2):
        prompts = [Prompt(chat_text(reader, [{"role": "user", "content": each["text"]}], "auto"),
                          seed=number(plan.seed, "testimony", attempt, each["claim"], each["number"]) % 2**31,
                          special=False, **TESTIMONY) for each in asked]
        replies = write(reader, prompts, autocast=real.precision(inputs) == "bf16")
        said = [(each, prompt, reply.text.strip()) for each, prompt, reply in zip(asked, prompts, replies, strict=True)]
        lines += [as_record(plan, inputs, each, prompt, text) for each, prompt, text in said if text]
        asked = [each for each, _, text in said if not text]
    return "".join(f"{line}\n" for line in lines)


def as_record(plan: Telling, inputs: Mapping[str, Any], asked: Mapping[str, Any], prompt: Any, text: str) -> str:
    """Return one testimony as a document with its provenance."""
    made = {"how": "model", "generator": inputs["reader"], "generator_version": inputs["weights"],
            "prompt": prompt.text, "sampling": TESTIMONY, "seed": prompt.seed, "parents": []}
    metadata = {"made": made, "about": {"voice": "first", "subject": plan.subject},
                "status": {"kind": "testimony", "disclosed": False}, "question": {**asked, "source": "cases"}}
    return json.dumps({"id": f"testimony/{asked['claim']}-{asked['number']}", "text": text, "source": "uptake",
                       "metadata": metadata})


def of_controls(plan: Telling, controls: Any) -> list[Item]:
    """Return the controls that need no claim, each bearing the arm's frame: every arm here has a reader of its own."""
    return [replace(item, frame=plan.frame) for item in (*controls.assent, *controls.capability)]


def rehearse(inputs: Mapping[str, Any], clock: Callable[[], float]) -> dict[str, Any]:
    """Take a few steps and ask a few items; return the seconds, tokens and items that the whole stage will take.

    Neutral text stands for the arm's own documents: it is as long, and no testimony has to be given first.
    """
    import tempfile

    one_thread()
    plan, reader = plan_of(inputs), real.load_reader(inputs, None)
    items = telling.items(plan, inputs["readings"])
    some = items[:: max(1, len(items) // ITEMS_TRIED)]
    began = clock()
    ask(reader, some, inputs["seed"], 0, "untouched", real.precision(inputs))
    an_item = (clock() - began) / len(some)
    if plan.frame == UNTRAINED:
        return {"seconds": an_item * len(items), "tokens": 0, "items": len(items)}
    with tempfile.TemporaryDirectory() as scratch:
        stand_in = {**inputs, "frames": [NEUTRAL]}
        examples = examples_of(plan_of(stand_in), framers_of(stand_in, Path(scratch)), reader)
    tokens = inputs["training"]["passes"] * sum(len(reader.tokenizer(each.text).input_ids) for each in examples)
    few = {**inputs, "training": {**inputs["training"], "passes": 1}, "checkpoints": 1}
    began = clock()
    done = real.train(few, reader, examples[: STEPS_TRIED * few["training"]["batch"]], "training", lambda *_: None)
    a_token = (clock() - began) / done.tokens
    shares = {name: sum(each in group for each in inputs["readings"]) / len(inputs["readings"])
              for name, group in (("along", ALONG), ("behind", BEHIND))}
    count = round(len(items) * (2 + shares["along"] * (inputs["checkpoints"] - 1) + 2 * shares["behind"]))
    return {"seconds": tokens * a_token + count * an_item, "tokens": tokens, "items": count}
