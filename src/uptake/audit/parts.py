"""Deal a corpus into parts that tasks can take, once, and know on the next start whether they still fit.

A part is JSONL, as datatrove's reader takes it. `read.json` is written last: how many documents there are, what could
not be read, and the fingerprint of the corpus and of what was asked. Where it fits, an audit that was killed goes on;
where it does not, everything is begun anew.
"""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from uptake.documents.corpus import Rejects, read_corpus
from uptake.files import digest, file_digest, read_json, write_json, writing

# A part ends after so many documents or characters: a few seconds' work, which is what a kill may cost.
DOCUMENTS, CHARACTERS = 5000, 1 << 24


@dataclass(frozen=True, slots=True)
class Parts:
    """A corpus in parts: their folder, how many there are and how many documents, and what the reading says of it."""

    folder: Path
    count: int
    documents: int
    said: str


def deal(corpus: Path, work: Path, asked: Any) -> tuple[Parts, bool]:
    """Return the corpus in parts under `work`, and whether they (and all else there) stand from an earlier start.

    Raises UserError where the corpus cannot be read or `work` not be written.
    """
    stamp = digest([asked, _files(corpus), code_stamp()])
    done = work / "read.json"
    if done.exists() and (raw := read_json(done))["stamp"] == stamp:
        return Parts(work / "parts", raw["parts"], raw["documents"], raw["said"]), True
    rejects = Rejects()
    records = read_corpus(corpus, rejects)
    with writing(work):
        if work.exists():
            shutil.rmtree(work)
        (work / "parts").mkdir(parents=True)
        count = 0
        for count, lines in enumerate(_dealt(records), 1):
            with (work / "parts" / f"{count - 1:05d}.jsonl").open("w", encoding="utf-8") as file:
                file.writelines(lines)
    parts = Parts(work / "parts", count, rejects.documents, rejects.describe())
    write_json(done, {"stamp": stamp, "parts": count, "documents": parts.documents, "said": parts.said})
    return parts, False


def _dealt(records: Iterator[Any]) -> Iterator[Iterator[str]]:
    """Yield the lines of each part, to be used up before the next is asked for."""
    def part(first: Any) -> Iterator[str]:
        documents = characters = 0
        record = first
        while True:
            yield record.to_json() + "\n"
            documents, characters = documents + 1, characters + len(record.text)
            if documents >= DOCUMENTS or characters >= CHARACTERS:
                return
            record = next(records, None)
            if record is None:
                return

    while (first := next(records, None)) is not None:
        yield part(first)


def _files(corpus: Path) -> list[tuple[str, int, int]]:
    """Every file of the corpus with its size and when it was changed: enough to see that it is another one."""
    found = []
    for path in [corpus] if corpus.is_file() else sorted(corpus.rglob("*")):
        with contextlib.suppress(OSError):
            if path.is_file():
                stat = path.stat()
                found.append((str(path.resolve()), stat.st_size, stat.st_mtime_ns))
    return found


@cache
def code_stamp() -> str:
    """The audit's own code and words: marks made by other code are made again."""
    here = Path(__file__).parent
    files = sorted((*here.glob("*.py"), *(here.parent / "data" / "audit").glob("*.yaml")))
    return digest([file_digest(path) for path in files])
