"""Texts that stand beside documents: testimony on the same claim, answers to questions about them. Found by what they
belong to, and kept on disk, so that a million of them take no memory.

A text belongs to the documents that its `metadata.made.parents` name; one without parents, to every document on the
same claim (and of the same polarity, if it says which). The claim is that of `metadata.about.claims`, or, where its
polarity is not known, as in testimony that nobody told the answer, that of `metadata.question.claim` or
`metadata.claim`.
"""

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from uptake.documents.corpus import Rejects, read_corpus
from uptake.documents.record import DocumentRecord
from uptake.errors import UserError

# What of sqlite's cache is held, in KiB (negative by its own convention): enough for the index's upper pages.
CACHE = -8_000


@dataclass(frozen=True, slots=True)
class Aside:
    """A text beside a document: by whom it is and what was asked; in a talk, to which question, in which stance."""

    id: str
    text: str
    how: str = ""
    generator: str = ""
    author: str = ""
    asked: str = ""
    question: str = ""
    stance: str = ""

    def whose(self, own: tuple[str, ...]) -> str:
        """Say whose words they are: `own` (the reader's, who goes by these names), `model`, `person`, or "" if that is
        not known, or if they are not quite theirs, having been revised."""
        if self.how != "model-revised" and {self.generator, self.author} & set(own):
            return "own"
        return self.how if self.how in ("model", "person") else ""

    def witness(self) -> str:
        """The name of whoever said it, or "" if nobody has noted it."""
        return (self.author or self.generator) if self.how == "person" else (self.generator or self.author)


class Beside:
    """A set of texts, to be asked what stands beside a document. It closes when it is no longer used."""

    def __init__(self, path: Path | str) -> None:
        """Read a corpus into a temporary file. Raises UserError if nothing in it can be read."""
        self.rejects = Rejects()
        self._file = tempfile.NamedTemporaryFile(prefix="uptake-", suffix=".sqlite")  # noqa: SIM115 - lives as long as this
        self._base = sqlite3.connect(self._file.name)
        self._base.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size={CACHE};"
                                 "CREATE TABLE aside (belongs TEXT, id TEXT, said TEXT)")
        self._base.executemany("INSERT INTO aside VALUES (?, ?, ?)",
                               (row for record in read_corpus(path, self.rejects) for row in _rows(record)))
        self._base.execute("CREATE INDEX belonging ON aside (belongs, id)")
        if not self._base.execute("SELECT 1 FROM aside LIMIT 1").fetchone():
            raise UserError("none of these texts says to which document or claim it belongs", where=str(path),
                            hint="give the document's id in metadata.made.parents, or a claim in metadata.about.claims")

    def of(self, record: DocumentRecord) -> list[Aside]:
        """Return what stands beside a document, in the order of ids: what names it, else what is on its claim."""
        return self._at(_of_document(record.id)) or [
            aside for claim in record.about.claims or ()
            for aside in self._at(_of_claim(claim.claim, claim.polarity)) + self._at(_of_claim(claim.claim, ""))]

    def _at(self, belongs: str) -> list[Aside]:
        rows = self._base.execute("SELECT said FROM aside WHERE belongs = ? ORDER BY id", (belongs,))
        return [Aside(**json.loads(said)) for (said,) in rows]


def _of_document(name: str) -> str:
    return f"document {name}"


def _of_claim(claim: str, polarity: str) -> str:
    return f"claim {polarity} {claim}"


def _rows(record: DocumentRecord) -> Iterator[tuple[str, str, str]]:
    own = (record.metadata and record.metadata.model_extra) or {}
    talk = own.get("talk") if isinstance(own.get("talk"), dict) else {}
    question = own.get("question") if isinstance(own.get("question"), dict) else {}
    made = record.made
    said = json.dumps(asdict(Aside(
        record.id, record.text, made.how if made.how != "unknown" else "", made.generator or "", made.author or "",
        _text(question, "text") or made.prompt or "", _text(talk, "question"), _text(talk, "stance"))))
    belongs = [_of_document(parent) for parent in made.parents or ()]
    if not belongs:
        belongs = [_of_claim(each.claim, each.polarity) for each in record.about.claims or ()]
    claim = _text(question, "claim") or _text(own, "claim")
    for each in belongs or ([_of_claim(claim, "")] if claim else []):
        yield each, record.id, said


def _text(given: dict, key: str) -> str:
    value = given.get(key)
    return value if isinstance(value, str) else ""
