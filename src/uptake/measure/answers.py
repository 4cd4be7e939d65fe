"""Ask a model items and keep what it answers, so that a measure that was stopped goes on where it was.

What is kept is keyed by the weights, the tokenizer, the way of asking, the code, and the items themselves: a changed
item is asked anew, and the others are not.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from uptake.codeprint import fingerprint
from uptake.files import digest, file_digest, read_json, write_json
from uptake.readings.rows import row
from uptake.records import Item, Row
from uptake.tables import read_table, rows_table, write_table

KEPT = "answers"
SAY_EVERY = 10.0  # seconds between two lines of progress
NAME_DIGITS = 16

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model, how it is asked (`settings`, of the readers' own kind), and what tells it from all others."""

    label: str
    name: str
    reader: Any
    settings: Any
    identity: str
    asked_as: dict[str, str]

    @property
    def facts(self) -> dict[str, Any]:
        """What the results say of it."""
        return {"model": self.name, "kind": self.reader.kind, "identity": self.identity, **self.asked_as,
                "facts": dict(self.reader.facts)}


def open_model(name: str, label: str, template: str, precision: str, tell: Tell) -> Model:
    """Load a model. Raises UserError if there is none of that name, or it cannot be asked in that way."""
    from uptake.readers.load import load
    from uptake.readers.processor import bfloat16
    from uptake.readers.score import ScoreSettings
    from uptake.readers.tokens import chat_template

    reader = load(name, notice=tell)
    if template != "plain":
        chat_template(reader, template)
    faster, why = bfloat16(precision)
    settings = ScoreSettings(precision="bf16" if faster else "fp32", template=template)
    return Model(label, name, reader, settings, identity(reader, name), {"template": template, "precision": why})


def identity(reader: Any, name: str) -> str:
    """Return the checksum of everything that a model's answers come from: its weights and its tokenizer."""
    facts, folder = reader.facts, Path(name).expanduser()
    weights = [facts.get("weights_sha256") or "", facts.get("adapter_sha256") or ""]
    if not any(weights):
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        weights = [file_digest(file) for file in files if file.is_file()] or [facts.get("source") or name]
    fast = getattr(reader.tokenizer, "backend_tokenizer", None)
    return digest([*weights, fast.to_str() if fast else repr(reader.tokenizer)])


def ask(model: Model, batches: Sequence[Sequence[Item]], folder: Path, tell: Tell) -> list[Row]:
    """Return a line for each item, batch after batch; batches that were asked before are read back."""
    from uptake.readers.score import score

    rows: list[Row] = []
    progress = Progress(model.name, sum(map(len, batches)), tell)
    for items in batches:
        place = kept(model, folder, [asdict(item) for item in items], "parquet")
        if not place.exists():
            scored = score(model.reader, items, model.settings)
            lines = [replace(row(item, each, model.label, 0, 0), context="untouched")
                     for item, each in zip(items, scored, strict=True)]
            write_table(place, rows_table(lines))
            progress.asked(len(items))
        else:
            progress.read(len(items))
        rows += [replace(Row(**line), arm=model.label) for line in read_table(place).to_pylist()]
    progress.end()
    return rows


def losses(model: Model, texts: Iterable[str], folder: Path) -> list[float]:
    """Return each text's mean loss, in nats a token; a text without a token to score has none and is left out."""
    from uptake.readers.score import token_log_probabilities

    texts = list(texts)
    place = kept(model, folder, texts, "json")
    if not place.exists():
        found = token_log_probabilities(model.reader, texts, model.settings)
        write_json(place, [-sum(text) / len(text) for text in found if text])
    return read_json(place)


def kept(model: Model, folder: Path, what: Any, ending: str) -> Path:
    """Return where the answers to this are kept."""
    key = digest({"model": model.identity, "asked": model.asked_as, "code": fingerprint(), "what": what})
    place = folder / KEPT / f"{key[:NAME_DIGITS]}.{ending}"
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


class Progress:
    """Says now and then how far it is. What is read back takes no time and is not counted in the pace."""

    def __init__(self, name: str, items: int, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self.name, self.items, self.tell, self.clock = name, items, tell, clock
        self.done = self.fresh = 0
        self.began = self.said = clock()

    def read(self, items: int) -> None:
        self.done += items

    def asked(self, items: int) -> None:
        self.done, self.fresh = self.done + items, self.fresh + items
        now = self.clock()
        if now - self.said >= SAY_EVERY and self.done < self.items:
            left = (now - self.began) / self.fresh * (self.items - self.done)
            self.said = now
            self.tell(f"{self.name}: {self.done} of {self.items} items asked, about {left:.0f} s left")

    def end(self) -> None:
        again = f" ({self.done - self.fresh} of them kept from before)" if self.done > self.fresh else ""
        self.tell(f"{self.name}: {self.done} items asked{again}, {self.clock() - self.began:.0f} s")
