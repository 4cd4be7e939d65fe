"""What every stage does alike: ask items, count what was read, write down what it leaves behind."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from uptake.files import write_json
from uptake.frames import FrameSpec
from uptake.frames.ledger import tally
from uptake.readings.rows import row
from uptake.records import Example, Item, Row
from uptake.tables import read_table, rows_table, write_table

# The frame without a document is there in every world, whether its file names it or not.
NO_DOCUMENT = {"untrained": FrameSpec("untrained", "none", "no document at all")}

ROWS, LEDGER, FACTS = "readings.parquet", "ledger.json", "facts.json"

Question = tuple[str, str, str, int, str, str, str]


def ask(
    reader: Any, items: Sequence[Item], seed: int, checkpoint: int, context: str, precision: str = "fp32"
) -> list[Row]:
    """Score the items and return their lines; the arm's name is filled in when stages are gathered."""
    from uptake.readers.score import ScoreSettings, score

    scored = score(reader, items, ScoreSettings(precision=precision))
    return [
        replace(row(item, each, "", seed, checkpoint), context=context)
        for item, each in zip(items, scored, strict=True)
    ]


def asking_along(reader: Any, items: Sequence[Item], seed: int, points: Collection[int], before: Mapping[Question, Row]
                 ) -> Callable[[int, int], list[Row]]:
    """Return what asks a reader while it is trained: given the step and the tokens so far, its answers before the first
    step and at `points`, and none elsewhere. `before` are those that it gave when the stage before ended."""

    def at(step: int, tokens: int) -> list[Row]:
        if step == 0:
            return ask_first(reader, items, seed, before)
        return ask(reader, items, seed, tokens, "trained") if step in points else []

    return at


def ask_first(reader: Any, items: Sequence[Item], seed: int, before: Mapping[Question, Row]) -> list[Row]:
    """Return the answers with which a stage begins. What the stage before asked last is not asked again: the reader has
    the same weights, and gives the same numbers."""
    new = [item for item in items if question(item) not in before]
    asked = before | {question(each): each for each in ask(reader, new, seed, 0, "untouched")}
    return [asked[question(item)] for item in items]


def last_answers(folder: Path) -> dict[Question, Row]:
    """Return what a stage's reader answered at its end, as answers from before the next one; nothing if it was not
    asked then."""
    rows = [Row(**each) for each in read_table(folder / ROWS).to_pylist() if each["context"] == "trained"]
    last = max((each.checkpoint for each in rows), default=0)
    kept = [replace(each, context="untouched", checkpoint=0) for each in rows if each.checkpoint == last]
    return {question(each): each for each in kept}


def question(asked: Item | Row) -> Question:
    """Return what tells one question about a claim from every other."""
    return asked.frame, asked.claim, asked.reading, asked.wording, asked.prompt, asked.fit, asked.foil


def mean_loss(reader: Any, texts: Sequence[str], precision: str = "fp32") -> float:
    """Return the mean loss on texts, in nats a token."""
    from uptake.readers.score import ScoreSettings, token_log_probabilities

    tokens = [value for text in token_log_probabilities(reader, texts, ScoreSettings(precision=precision))
              for value in text]
    return -sum(tokens) / len(tokens)


def ledger(eaten: Sequence[Example], offsets: Callable[[str], list[tuple[int, int]]]) -> dict[str, Any]:
    """Return what was trained on: tokens by frame, role and loss, and every claim's documents with their exposures."""
    told = Counter((example.claim, example.frame, example.segments) for example in eaten if example.claim)
    documents = [
        {"claim": claim, "frame": frame, "exposures": times, "segments": [asdict(each) for each in segments]}
        for (claim, frame, segments), times in told.items()
    ]
    return {"frames": list(tally(eaten, offsets).rows), "documents": sorted(documents, key=repr)}


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
