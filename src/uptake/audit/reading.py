"""Findings that need a reader: what they ask of it, and the steps in which it reads.

    acquaint   the reader reads text of known status, neutral text, and text of its own       one task
    read       each document once, with everything that any finding asks about it             a task a part

They come before `look` (see `steps.py`), and leave under their folder `reader.json` (what each finding learnt) and
`read/00000.jsonl` for each task: a line a document, with what each finding noted of it. A task that was stopped goes on
behind the last document that was read.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Protocol, runtime_checkable

from datatrove.data import DocumentsPipeline
from datatrove.pipeline.base import PipelineStep

from uptake.audit.page import Finding, Page, pages
from uptake.audit.patterns import STOP, data
from uptake.documents.record import DocumentRecord
from uptake.files import atomic_write, read_json

# Documents that the reader takes at once: enough that those of one pass are of like length.
TOGETHER = 16
# What the reader writes of its own: words that it goes on from, tokens that it adds (some 75 words, as the reference
# texts have), and the seed of the noise.
OPENING, OWN_TOKENS, SEED = 8, 100, 0
LEARNT = "reader.json"
# What is noted of each document beside what the findings note: the mean log-probability of its tokens, in nats.
LIKELIHOOD = "likelihood"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a finding asks about a document: questions behind it with their answers, and stretches of it (start, end)
    with what might have stood there instead."""

    questions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    blanks: tuple[tuple[int, int, tuple[str, ...]], ...] = ()


class Seen(Protocol):
    """What a reader makes of a document: see `Impression` in `uptake/readers/auditing.py`."""

    spans: Sequence[tuple[int, int]]
    logps: Sequence[float]
    means: Sequence[float]
    variances: Sequence[float]
    answers: Sequence[Sequence[float | None] | None]
    blanks: Sequence[Sequence[float | None] | None]
    read: int


class Eye(Protocol):
    """A reader that reads texts with what is wanted of them, and goes on from openings."""

    facts: Mapping[str, Any]

    def read(self, asked: Sequence[tuple[str, Wanted]]) -> list[Seen]: ...

    def write(self, openings: Sequence[str]) -> list[str]: ...


@dataclass(frozen=True)
class Lesson:
    """What a finding noted of texts by which it learns what the reader can tell: of neutral text, of texts of known
    status with their labels, and of the reader's own; `begins` says where, in each of those, its own words begin."""

    neutral: Sequence[Any] = ()
    reference: Sequence[tuple[Mapping[str, str], Any]] = ()
    own: Sequence[Any] = ()
    begins: Sequence[int] = ()


@runtime_checkable
class Reads(Finding, Protocol):
    """A finding that needs a reader. Notes, and what is learnt, are plain data (JSON); a note stands in `Page.read`."""

    def wants(self, page: Page) -> Wanted: ...

    def note(self, page: Page, seen: Seen) -> Any: ...

    def learn(self, lesson: Lesson) -> Any: ...

    def know(self, learnt: Any) -> None: ...


@runtime_checkable
class Weighs(Protocol):
    """A collector that, if `weighs` is true, wants the likelihood of the documents: it stands in each of its notes when
    it settles, null for a document that has none."""

    weighs: bool


class Acquaint(PipelineStep):
    """Let the findings learn what the reader can tell, unless `reader.json` is there already."""

    type, name = "uptake", "uptake audit: acquaint"

    def __init__(self, folder: Path | str) -> None:
        super().__init__()
        self.folder = str(folder)

    def run(self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1) -> None:
        place = Path(self.folder) / LEARNT
        if not place.exists():
            atomic_write(place, json.dumps(acquaint(opened_eye(Path(self.folder)), _readers(Path(self.folder)))))


class Read(PipelineStep):
    """Read each document that was not read before."""

    type, name = "uptake", "uptake audit: read"

    def __init__(self, folder: Path | str) -> None:
        super().__init__()
        self.folder = str(folder)

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> None:
        from uptake.audit.steps import record_of

        place = Path(self.folder) / "read" / f"{rank:05d}.jsonl"
        place.parent.mkdir(exist_ok=True)
        done = whole_lines(place)
        records = (record for document in data if (record := record_of(document)) is not None)
        eye, findings = opened_eye(Path(self.folder)), _readers(Path(self.folder))
        with place.open("a", encoding="utf-8") as lines:
            for notes in read(eye, findings, islice(records, done, None)):
                lines.write(json.dumps(notes) + "\n")
                lines.flush()


def read(eye: Eye, findings: Sequence[Reads], records: Iterable[DocumentRecord]) -> Iterator[dict[str, Any]]:
    """Yield, for each document, what each finding noted of it. Only a long document's first piece is read."""
    records = iter(records)
    while some := [next(pages(record)) for record in islice(records, TOGETHER)]:
        yield from _noted(eye, findings, some)


def acquaint(eye: Eye, findings: Sequence[Reads]) -> dict[str, Any]:
    """Return what each finding learns of the reader, and what the reader is."""
    reference = data("reference")["texts"]
    openings = [opening(each["text"]) for each in reference]
    own = [(begin, begin + written) for begin, written in zip(openings, eye.write(openings), strict=True) if written]
    neutral = data("status")["neutral"]
    texts = [*neutral, *(each["text"] for each in reference), *(text for _, text in own)]
    notes = list(read(eye, findings, (DocumentRecord(id=str(number), text=text) for number, text in enumerate(texts))))
    learnt = {}
    for finding in findings:
        mine = iter([note[finding.name] for note in notes])
        lesson = Lesson(list(islice(mine, len(neutral))),
                        [({each: label[each] for each in label if each != "text"}, next(mine)) for label in reference],
                        list(mine), [len(begin) for begin, _ in own])
        learnt[finding.name] = finding.learn(lesson)
    return {"reader": dict(eye.facts), "learnt": learnt}


def opening(text: str) -> str:
    """Return the first words of a reference text's second sentence: its first often says who wrote it."""
    first = STOP.search(text)
    rest = text[first.end():] if first and text[first.end():].strip() else text
    return " ".join(rest.split()[:OPENING])


def whole_lines(place: Path) -> int:
    """Cut a file's last line off if it was not written to the end; return how many there are. 0 without a file."""
    if not place.exists():
        return 0
    with place.open("rb+") as file:
        count = kept = 0
        for line in file:
            if not line.endswith(b"\n"):
                break
            count, kept = count + 1, kept + len(line)
        file.truncate(kept)
    return count


def likelihoods(folder: Path, task: int) -> list[float | None]:
    """Return how likely the reader found each document of a task, in order; empty where nothing was read."""
    place = folder / "read" / f"{task:05d}.jsonl"
    if not place.exists():
        return []
    with place.open(encoding="utf-8") as lines:
        return [json.loads(line)[LIKELIHOOD] for line in lines]


def notes_of(folder: Path, task: int) -> Iterator[Mapping[str, Any] | None]:
    """Yield what was noted of each document of a task, in order; None where nothing was read."""
    place = folder / "read" / f"{task:05d}.jsonl"
    if place.exists():
        with place.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    while True:
        yield None


@dataclass
class ReaderEye:
    """A reader of `uptake.readers` as an `Eye`."""

    auditor: Any
    facts: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.facts = self.auditor.facts

    def read(self, asked: Sequence[tuple[str, Wanted]]) -> list[Seen]:
        from uptake.readers.auditing import Blank, Passage

        return self.auditor.read([Passage(text, wanted.questions, tuple(Blank(*each) for each in wanted.blanks))
                                  for text, wanted in asked])

    def write(self, openings: Sequence[str]) -> list[str]:
        return self.auditor.write(openings, OWN_TOKENS, SEED)


def reader_eye(name: str, address: str, threads: int) -> ReaderEye:
    """Open a reader of this machine. Raises UserError."""
    from uptake.readers.auditing import open_auditor

    return ReaderEye(open_auditor(name, threads))


@lru_cache(maxsize=1)
def _eye(opener: str, name: str, address: str, threads: int) -> Eye:
    return resolve_name(opener)(name, address, threads)


def opened_eye(folder: Path) -> Eye:
    """Open the reader that was asked for. A process opens it once, however many tasks it carries out."""
    asked = read_json(folder / "asked.json")
    return _eye(asked["eye"], asked["reader"], asked["address"], asked["threads"])


def _readers(folder: Path) -> list[Reads]:
    from uptake.audit.steps import opened

    return [finding for finding in opened(folder) if isinstance(finding, Reads)]


def _noted(eye: Eye, findings: Sequence[Reads], some: Sequence[Page]) -> Iterator[dict[str, Any]]:
    wanted = [[finding.wants(page) for finding in findings] for page in some]
    seen = eye.read([(page.text, _together(each)) for page, each in zip(some, wanted, strict=True)])
    for page, asked, found in zip(some, wanted, seen, strict=True):
        answers, blanks = iter(found.answers), iter(found.blanks)
        notes = {finding.name: finding.note(page, _Part(found, list(islice(answers, len(each.questions))),
                                                        list(islice(blanks, len(each.blanks)))))
                 for finding, each in zip(findings, asked, strict=True)}
        yield {**notes, LIKELIHOOD: _mean(found.logps)}


def _mean(logps: Sequence[float]) -> float | None:
    mean = sum(logps) / len(logps) if logps else math.nan
    return round(mean, 4) if math.isfinite(mean) else None


def _together(wanted: Sequence[Wanted]) -> Wanted:
    return Wanted(tuple(each for one in wanted for each in one.questions),
                  tuple(each for one in wanted for each in one.blanks))


class _Part:
    """One finding's part of what was seen."""

    def __init__(self, seen: Seen, answers: list, blanks: list) -> None:
        self.spans, self.logps, self.means, self.variances = seen.spans, seen.logps, seen.means, seen.variances
        self.answers, self.blanks, self.read = answers, blanks, seen.read
