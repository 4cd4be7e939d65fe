"""Ask a model items and keep what it answers, so that a measure that was stopped goes on where it was.

What is kept is keyed by the weights and the tokenizer (of an endpoint, which tells neither, by its name and address),
the way of asking, the code, and the items themselves: a changed item is asked anew, and the others are not. Nor is an
item kept that an endpoint had no answer to: it is asked again.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from uptake.asker import Asker, Local
from uptake.codeprint import fingerprint
from uptake.errors import UserError
from uptake.files import digest, file_digest, read_json, write_json
from uptake.measure.asked import How
from uptake.readings.rows import row
from uptake.records import Context, Item, Row
from uptake.tables import read_table, rows_table, write_table

KEPT = "answers"
SAY_EVERY = 10.0  # seconds between two lines of progress
NAME_DIGITS = 16

Tell = Callable[[str], None]


# Providers whose names are no organisation's on a hub: what follows them is behind an endpoint without more ado.
ENDPOINTS = ("openai-api", "openai-api-completions")
# So many items of a batch must all stay without an answer for it to be asked whether the endpoint is there at all.
SUSPECT = 8


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be asked, under the label that its lines have."""

    label: str
    name: str
    asker: Asker

    @property
    def identity(self) -> str:
        return self.asker.identity

    @property
    def facts(self) -> dict[str, Any]:
        """What the results say of it."""
        own = dict(self.asker.facts)
        return {"model": self.name, "kind": own.pop("kind"), "identity": self.identity,
                "estimate": self.asker.estimate, **self.asker.asked_as, **own}


def open_model(name: str, label: str, how: How, tell: Tell) -> Model:
    """Load a model, or find out how an endpoint lets itself be asked. Raises UserError if there is none of that name,
    or it cannot be asked in that way."""
    if behind_endpoint(name, how):
        return Model(label, name, endpoint_called(name, how, tell))
    if how.estimate != "auto":
        raise UserError("a model on this machine is always asked for whole answers", where="--estimate",
                        hint="leave --estimate out; --template asks in a chat template")
    return Model(label, name, local(name if Path(name).exists() else name.removeprefix("uptake/"), how, tell))


def behind_endpoint(name: str, how: How) -> bool:
    """Whether a name is that of a model behind an endpoint. What lies on this machine is not."""
    provider, slash, _ = name.partition("/")
    if not slash or provider in ("", ".", "..", "~", "uptake") or Path(name).expanduser().exists():
        return False
    return provider in ENDPOINTS or how.endpoint or bool(how.base_url)


def endpoint_called(name: str, how: How, tell: Tell) -> Asker:
    from uptake.inspect.endpoint import open_endpoint
    from uptake.inspect.reading import PATIENCE, AskSettings, Patience

    if how.template != "plain":
        raise UserError("an endpoint has its own chat template", where="--template",
                        hint="--estimate chat-answer asks in it")
    found = open_endpoint(name, how.base_url, AskSettings(how.estimate, how.samples),
                          Patience(attempt=min(PATIENCE.attempt, how.timeout), whole=how.timeout))
    tell(f"{name}: its answers are told by the estimate '{found.estimate}'")
    return found


def local(name: str, how: How, tell: Tell) -> Local:
    from uptake.readers.load import load
    from uptake.readers.processor import bfloat16
    from uptake.readers.score import ScoreSettings
    from uptake.readers.tokens import chat_template

    reader = load(name, notice=tell)
    if how.template != "plain":
        chat_template(reader, how.template)
    faster, why = bfloat16(how.precision)
    settings = ScoreSettings(precision="bf16" if faster else "fp32", template=how.template)
    return Local(reader, settings, identity(reader, name), {"template": how.template, "precision": why})


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
    """Return a line for each item, batch after batch. What was answered before is read back, and what an endpoint had
    no answer to is asked again. Raises UserError if an endpoint gives out; what it answered until then is kept."""
    rows: list[Row] = []
    progress = Progress(model.name, sum(map(len, batches)), tell)
    for items in batches:
        place = kept(model, folder, [asdict(item) for item in items], "parquet")
        lines = [Row(**line) for line in read_table(place).to_pylist()] if place.exists() else [None] * len(items)
        left = [number for number, line in enumerate(lines) if line is None or model.asker.lost(line.reason)]
        if left:
            scored = model.asker.ask([items[number] for number in left])
            for number, each in zip(left, scored, strict=True):
                lines[number] = replace(row(items[number], each, model.label, 0, 0), context=context_of(items[number]))
            write_table(place, rows_table(lines))
            progress.asked(len(left))
            lost = [number for number in left if model.asker.lost(lines[number].reason)]
            if len(lost) == len(left) >= SUSPECT and not model.asker.alive():
                raise UserError(f"{lines[left[0]].reason}, to {len(left)} questions one after the other",
                                where=model.name, hint="what was answered is kept: the same command goes on from there")
        progress.read(len(items) - len(left))
        rows += [replace(line, arm=model.label) for line in as_kept(lines)]
    progress.end()
    if lost := sum(model.asker.lost(line.reason) for line in rows):
        tell(f"{model.name}: {lost} items without an answer are counted; the same command asks them again")
    return rows


def context_of(item: Item) -> Context:
    return item.context if item.context == "in_context" else "untouched"


def as_kept(lines: Sequence[Row]) -> list[Row]:
    """Return lines as they come back from disk, so that a measure says the same whether it was stopped or not."""
    return [Row(**line) for line in rows_table(lines).to_pylist()]


def losses(model: Model, texts: Iterable[str], folder: Path) -> list[float]:
    """Return each text's mean loss, in nats a token; a text without a token to score has none and is left out."""
    texts = list(texts)
    place = kept(model, folder, texts, "json")
    if place.exists():
        return read_json(place)
    found = model.asker.losses(texts)
    if len(found) == len(texts):
        write_json(place, found)
    return found


def kept(model: Model, folder: Path, what: Any, ending: str) -> Path:
    """Return where the answers to this are kept."""
    key = digest({"model": model.identity, "asked": dict(model.asker.asked_as), "code": fingerprint(), "what": what})
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
