"""The audit as datatrove's steps, for any executor.

    see       each document once: what the collectors note of it, and its MinHash signature     a task a part
    meet      near-copies meet in buckets                                                        a task a bucket
    acquaint, read   with a reader: see `reading.py`                                            one task; a task a part
    settle    near-copies are joined, the collectors settle what the corpus shows               one task
    look      each document again: its marks, and what is counted                               a task a part

`pipelines(folder, reader, tasks)` lists them; `see`, `meet` and `settle` are left out where no finding needs them.
Tasks share nothing but files under `folder`: `asked.json` (see `prepare`), what each stage writes there, and at last
`look/00000.jsonl` (Dolma attributes, a line a document) with `look/00000.json` (what was counted) for each task.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.base import PipelineStep
from pydantic import ValidationError

from uptake.audit.findings import Settings, findings
from uptake.audit.near import BUCKETS, families, meeting, signing
from uptake.audit.page import Collector, Family, Finding, Grouped, Page, pages
from uptake.audit.reading import LEARNT, LIKELIHOOD, Acquaint, Read, Reads, Weighs, likelihoods, notes_of
from uptake.audit.show import Found, attributes
from uptake.documents.record import DocumentRecord
from uptake.files import atomic_write

# What datatrove's readers move under `metadata`.
MOVED = ("source", "created", "added", "version")


def prepare(folder: Path, settings: Settings) -> None:
    """Write down what is asked, where every task will find it."""
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / "asked.json", settings.to_json())


def pipelines(folder: Path, reader: PipelineStep, tasks: int) -> list[tuple[str, list[PipelineStep], int]]:
    """Return the stages in order: a name, the steps, and how many tasks they have. `reader` yields the documents, the
    same for the same task every time."""
    chosen = opened(folder)
    grouped = any(isinstance(finding, Grouped) for finding in chosen)
    stages: list[tuple[str, list[PipelineStep], int]] = []
    settling = grouped or bool(_collectors(chosen))
    if settling:
        stages.append(("see", [reader, See(folder), *([signing(folder / "signatures")] if grouped else [])], tasks))
        if grouped:
            stages.append(("meet", [meeting(folder / "signatures", folder / "pairs")], BUCKETS))
    if reading := any(isinstance(finding, Reads) for finding in chosen):
        stages.append(("acquaint", [Acquaint(folder)], 1))
    if reading or any(_weighs(finding) for finding in chosen):
        stages.append(("read", [reader, Read(folder)], tasks))
    if settling:
        stages.append(("settle", [Settle(folder)], 1))
    return [*stages, ("look", [reader, Look(folder)], tasks)]


class _Step(PipelineStep):
    """A step that knows its folder and nothing else, so that it is cheap to send."""

    type = "uptake"

    def __init__(self, folder: Path | str) -> None:
        super().__init__()
        self.folder = str(folder)

    def _records(self, data: DocumentsPipeline) -> Iterator[tuple[Document, DocumentRecord]]:
        for document in data:
            record = record_of(document)
            if record is None:
                self.stat_update("unreadable")
            else:
                yield document, record


class See(_Step):
    """Show each document to the collectors; write their notes, and the ids and parents that near-copies will need."""

    name = "uptake audit: see"

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        folder = Path(self.folder)
        collectors = _collectors(opened(folder))
        for name in ("notes", "seen"):
            (folder / name).mkdir(exist_ok=True)
        with (folder / "notes" / f"{rank:05d}.jsonl").open("w", encoding="utf-8") as notes, \
                (folder / "seen" / f"{rank:05d}.jsonl").open("w", encoding="utf-8") as seen:
            for number, (document, record) in enumerate(self._records(data)):
                seen.write(json.dumps([record.id, record.made.parents or ()]) + "\n")
                with self.track_time():
                    page = next(pages(record))
                    for collector in collectors:
                        note = collector.see(page)
                        if note is not None:
                            notes.write(json.dumps([number, collector.name, note]) + "\n")
                yield document


class Settle(_Step):
    """Join the near-copies, and let the collectors settle what the corpus shows; a group of near-copies counts once."""

    name = "uptake audit: settle"

    def run(self, data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1) -> None:
        folder = Path(self.folder)
        chosen, settled = opened(folder), {}
        if any(isinstance(finding, Grouped) for finding in chosen):
            places = (folder / each for each in ("families", "signatures", "pairs", "seen"))
            settled["families"] = families(*places)
        for finding in _collectors(chosen):
            settled[finding.name] = finding.settle(self._notes(folder, finding))
        atomic_write(folder / "settled.json", json.dumps(settled))

    def _notes(self, folder: Path, finding: Finding) -> Iterator[Any]:
        for path in sorted((folder / "notes").glob("*.jsonl")):
            known = _families(folder, int(path.stem)) if isinstance(finding, Grouped) else {}
            likely = likelihoods(folder, int(path.stem)) if _weighs(finding) else []
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    number, name, note = json.loads(line)
                    if name == finding.name and (number not in known or known[number].is_first):
                        yield {**note, LIKELIHOOD: likely[number]} if likely else note


class Look(_Step):
    """Look at each document; write its attributes, and at last what was counted."""

    name = "uptake audit: look"

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        folder = Path(self.folder)
        chosen, known = opened(folder), _families(folder, rank)
        found = Found.of([finding.name for finding in chosen], _asked(folder).shown)
        (folder / "look").mkdir(exist_ok=True)
        with (folder / "look" / f"{rank:05d}.jsonl").open("w", encoding="utf-8") as lines:
            # Lines of notes are taken as they come: without a reader there are none, and without end.
            for number, ((document, record), noted) in enumerate(zip(self._records(data), notes_of(folder, rank),
                                                                     strict=False)):
                with self.track_time():
                    marks = [mark if page.at == 0 else mark.moved(page.at)
                             for page in _read(pages(record, known.get(number)), noted)
                             for finding in chosen for mark in finding.look(page, found.tallies[finding.name])]
                    found.add(record, marks)
                    lines.write(attributes(record, marks) + "\n")
                yield document
        atomic_write(folder / "look" / f"{rank:05d}.json", found.to_json())


def _read(under: Iterator[Page], noted: Mapping[str, Any] | None) -> Iterator[Page]:
    """Put what was noted of a document beside its first piece, which is the one that was read."""
    for page in under:
        page.read = noted if page.at == 0 else None
        yield page


def _weighs(finding: Finding) -> bool:
    return isinstance(finding, Weighs) and finding.weighs


def _collectors(chosen: list[Finding]) -> list[Collector]:
    return [finding for finding in chosen if isinstance(finding, Collector) and not finding.idle]


def record_of(document: Document) -> DocumentRecord | None:
    """Return the record that a document of datatrove holds; None if it holds none."""
    raw = {"id": document.id, "text": document.text, "metadata": dict(document.metadata)}
    for name in MOVED:
        if isinstance(raw["metadata"].get(name), str):
            raw[name] = raw["metadata"].pop(name)
    try:
        return DocumentRecord.model_validate(raw)
    except ValidationError:
        return None


def opened(folder: Path) -> list[Finding]:
    """The findings, knowing what was settled so far. A process makes them once, however many tasks it carries out."""
    asked, *known = (path.read_text(encoding="utf-8") if path.exists() else "{}" for path in
                     (folder / "asked.json", folder / "settled.json", folder / LEARNT))
    return _made(asked, *known)


@lru_cache(maxsize=1)
def _made(asked: str, settled: str, learnt: str) -> list[Finding]:
    chosen, known = findings(Settings.from_json(asked)), json.loads(settled)
    of_reader = json.loads(learnt).get("learnt", {})
    for finding in chosen:
        if isinstance(finding, Reads) and finding.name in of_reader:
            finding.know(of_reader[finding.name])
        if isinstance(finding, Collector) and finding.name in known:
            finding.know(known[finding.name])
        if isinstance(finding, Grouped):
            finding.families = known.get("families", {})
    return chosen


def _asked(folder: Path) -> Settings:
    return Settings.from_json((folder / "asked.json").read_text(encoding="utf-8"))


def _families(folder: Path, task: int) -> dict[int, Family]:
    """The near-copies among a task's documents, by their number in it."""
    path = folder / "families" / f"{task:05d}.json"
    if not path.exists():
        return {}
    return {int(number): Family(*place) for number, place in json.loads(path.read_text(encoding="utf-8")).items()}
