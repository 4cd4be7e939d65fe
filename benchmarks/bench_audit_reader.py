"""What a reader can tell in `uptake audit --reader`, and how fast it is.

python benchmarks/bench_audit_reader.py [--reader smollm2-135m] [--threads 2] [--documents 24] [--json FILE]

Three things: the reader's competence on data/audit/reference.yaml, which the audit itself prints; strange sentences and
names planted in texts, beside text of the reader's own, which must be left alone; and documents of 200 words a second,
for status and tells together. On a busy machine processor seconds count: wall seconds hold what the neighbours did.
"""

import argparse
import json
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import yaml

from uptake.audit.page import Mark, Tally, pages
from uptake.audit.patterns import data
from uptake.audit.reading import ReaderEye, Reads, acquaint, read
from uptake.audit.status import Status
from uptake.audit.tells import Tells, names
from uptake.documents.record import DocumentRecord
from uptake.readers.auditing import open_auditor

CLEAN = (Path(__file__).parent / "audit" / "clean.txt").read_text(encoding="utf-8").splitlines()
# Sentences that nobody would write there, planted in the middle of a text: grammatical, and of common enough words.
STRANGE = [
    "The turpentine yodels hourly beneath its bilingual parsnips.",
    "Every staircase owes its marmalade a receipt.",
    "Nine velvet comets apologised to the plumber's geometry.",
    "He ironed the alphabet until it barked in Dutch.",
    "Her umbrella resigned from the choir of wet potatoes.",
]
LEAST = 3.0  # documents of 200 words a second on two cores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", default="smollm2-135m")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--documents", type=int, default=24)
    parser.add_argument("--json", type=Path, help="write the figures there")
    asked = parser.parse_args()
    eye, findings = ReaderEye(open_auditor(asked.reader, asked.threads)), [Status(), Tells()]
    wall, cpu = time.perf_counter(), time.process_time()
    known = acquaint(eye, findings)
    print(f"{asked.reader}, {eye.facts['precision']}; to get acquainted: {time.perf_counter() - wall:.0f} s, "
          f"{time.process_time() - cpu:.0f} processor s", flush=True)
    for finding in findings:
        finding.know(known["learnt"][finding.name])
    figures = {"reader": known["reader"], "status": competence(known, findings[0])}
    figures["tells"] = tells(eye, findings[1])
    figures["speed"] = speed(eye, findings, asked.documents, asked.threads)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def competence(known: dict[str, Any], status: Status) -> dict[str, Any]:
    """Print the table that the audit prints, each wording's place in it, and what is found of each answer."""
    table = status.overview(Tally()).tables[0]
    for row in table.rows:
        print("  " + "  ".join(f"{cell:>16}" for cell in row[1:]) + f"  {row[0]}")
    learnt = known["learnt"]["status"]
    for name, each in learnt["competence"].items():
        left = len(learnt["left"][name])
        found = ", ".join(f"{answer} {right} of {of}" for answer, (of, right) in each["found"].items())
        print(f"  {name}: {found}; wordings left out: {left} of {len(learnt['neutral'][name])}", flush=True)
    return learnt["competence"]


def tells(eye: ReaderEye, finding: Tells) -> dict[str, Any]:
    """Strange sentences and foreign names planted, and fresh text of the reader's own that must be left alone."""
    reference = [text["text"] for text in data("reference")["texts"]]
    own = _fresh(eye, reference)
    planted = [_with(text, STRANGE[number % len(STRANGE)]) for number, text in enumerate(reference)]
    marks = {kind: _marks(eye, finding, texts) for kind, texts in
             (("own", own), ("reference", reference), ("planted", planted))}
    strange = sum(any(mark.tag == "sentence" and text[mark.start:mark.end] in STRANGE for mark in found)
                  for text, found in zip(planted, marks["planted"], strict=True))
    figures = {"strange sentences found": (strange, len(planted))}
    for kind, texts in (("own", own), ("reference", reference)):
        tags = Counter(tag for found in marks[kind] for tag in {mark.tag for mark in found})
        figures[f"{kind}: texts with a sentence marked"] = (tags["sentence"], len(texts))
        figures[f"{kind}: another hand"] = (tags["another_hand"], len(texts))
        figures[f"{kind}: own hand"] = (tags["own_hand"], len(texts))
        figures[f"{kind}: names marked"] = (sum(mark.tag == "name" for found in marks[kind] for mark in found),
                                            sum(len(names(text)) for text in texts))
    figures |= _names(eye, finding)
    for what, (some, of) in figures.items():
        print(f"  {what}: {some} of {of}", flush=True)
    return figures


def _names(eye: ReaderEye, finding: Tells) -> dict[str, tuple[int, int]]:
    """The same openings with names that models reach for, with everyday ones, and with names of the world."""
    book = yaml.safe_load((Path(names.__code__.co_filename).parents[1] / "data" / "names.yaml").read_text("utf-8"))
    places = ["On the first day of the course we met a young woman called {}, who had come by train.",
              "The letter was signed by {}, and nobody at the office had ever heard of her.",
              "When the ship was ready, a doctor named {} went on board with two bags of books.",
              "Write a story about two friends. The first of them was {}, who lived by the sea."]
    world = [tongue["given"][1] for tongue in list(book["tongues"].values())[::4]]
    kinds = {"names that models reach for": book["stock"][:20], "everyday names": [
        "Mary", "Anna", "Jane", "Susan", "Linda", "Karen", "Ruth", "Alice", "Helen", "Laura"],
        "names of the world": world[:20]}
    figures = {}
    for kind, some in kinds.items():
        texts = [place.format(name) for place in places for name in some]
        found = _marks(eye, finding, texts)
        figures[f"{kind} marked"] = (sum(any(mark.tag == "name" for mark in each) for each in found),
                                     sum(bool(names(text)) for text in texts))
    return figures


def _fresh(eye: ReaderEye, texts: list[str]) -> list[str]:
    """Text of the reader's own from openings that it was not tried on: another part of each text."""
    openings = [" ".join(text.split()[24:34]) for text in texts]
    written = eye.auditor.write(openings, 100, 1)
    return [begin + each for begin, each in zip(openings, written, strict=True) if each]


def _with(text: str, sentence: str) -> str:
    first = text.index(". ") + 2
    return f"{text[:first]}{sentence} {text[first:]}"


def _marks(eye: ReaderEye, finding: Tells, texts: list[str]) -> list[list[Mark]]:
    records = [DocumentRecord(id=str(number), text=text) for number, text in enumerate(texts)]
    return list(_looked(eye, [finding], records))


def _looked(eye: ReaderEye, findings: list[Reads], records: Iterable[DocumentRecord]) -> Iterator[list[Mark]]:
    for record, notes in zip(records, read(eye, findings, records), strict=True):
        page = next(pages(record))
        page.read = notes
        yield [mark for finding in findings for mark in finding.look(page, Tally())]


def speed(eye: ReaderEye, findings: list[Reads], count: int, threads: int) -> dict[str, float]:
    """Read documents of 200 words, made of the benchmark's clean sentences, three times over."""
    rng, sentences = random.Random(0), [each for text in CLEAN for each in text.replace("! ", ". ").split(". ")]
    texts = [" ".join(". ".join(rng.sample(sentences, 20)).split()[:200]) for _ in range(count)]
    records = [DocumentRecord(id=str(number), text=text) for number, text in enumerate(texts)]
    walls, cpus = [], []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        list(_looked(eye, findings, records))
        walls.append(count / (time.perf_counter() - wall))
        cpus.append(count / (time.process_time() - cpu))
    wall, cpu = statistics.median(walls), statistics.median(cpus)
    tokens = statistics.mean(len(eye.auditor.reader.tokenizer(text).input_ids) for text in texts)
    print(f"  documents of 200 words ({tokens:.0f} tokens, {sum(map(len, map(names, texts))) / count:.1f} names): "
          f"{wall:.2f} a second, {cpu:.2f} a processor second; on {threads} free cores {threads * cpu:.2f} a second "
          f"({'enough' if threads * cpu >= LEAST else 'too slow'}: {LEAST:.0f} are wanted on 2)", flush=True)
    return {"a second": wall, "a processor second": cpu, "threads": threads}


if __name__ == "__main__":
    main()
