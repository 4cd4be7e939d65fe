"""A user's documents as a reader will meet them: put in frames, each with the claims that it is about, and beside each
a neutral document of about its length."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from uptake.documents.corpus import Rejects, read_corpus
from uptake.documents.record import DocumentRecord
from uptake.errors import UserError
from uptake.measure.behind import NEUTRAL, Behind
from uptake.measure.questions import Questions
from uptake.mixing.framing import Framer, Framing
from uptake.records import Item
from uptake.seeds import stream
from uptake.strict_yaml import SHIPPED

# Between a document and the question behind it: as in studies.
PARAGRAPH = "\n\n"
# Among how many neutral documents of the nearest lengths one is drawn: few enough to be of like length (of the 144
# that are shipped, eight lie within three words of one another), enough that no single text stands for all.
NEAREST = 8
NO_NEUTRAL = "there is no neutral document to compare with"


@dataclass(frozen=True, slots=True)
class Shown:
    """Documents that were put in frames, and in words what could not be."""

    behind: tuple[Behind, ...]
    says: str

    @property
    def claims(self) -> set[str]:
        return {each.claim for each in self.behind}


def shown(asked: Questions, path: Path, frames: Sequence[str], neutral: Path | None) -> Shown:
    """Return the claims' items behind each document in each frame, and behind a neutral document in its place.

    A document whose provenance says its claims (metadata.about.claims) is asked of those, and any other of all. One
    that holds a test item is left out, and counted. Raises UserError for a file or frame that cannot be used, and if no
    document is left.
    """
    if NEUTRAL in {name.partition(":")[0] for name in frames}:
        raise UserError("documents are compared with neutral ones anyway", where="--as", hint="name other frames")
    rejects, framer = Rejects(), framer_of(path, frames, asked.subject)
    records = list(read_corpus(path, rejects))
    if framer.needs_partners:
        framer.meet(records)
    plain, behind = texts(neutral), []
    for record in records:
        about = claims_of(record, asked)
        put = [(framed.frame, framed.text) for framed, _ in framer.framed(record)] if about else []
        if put:
            name, text = nearest(plain, record)
            put.append((NEUTRAL, text))
        for claim, polarity in about:
            behind += [Behind(record.id if frame != NEUTRAL else name, frame, claim, polarity,
                              _behind(asked.items[claim], frame, text), record.id) for frame, text in put]
    leaking = asked.leaking({record.id: record.text for record in records})
    behind = [each for each in behind if each.of not in leaking]
    says = f"{rejects.describe()}\n{framer.done.describe()}"
    if leaking:
        says += f"\nleft out, since they hold a test item: {len(leaking)} (first: {min(leaking)})"
    if not behind:
        raise UserError("none of its documents is about one of the claims, or can be put in these frames",
                        where=str(path), hint=says)
    return Shown(tuple(behind), says)


def only(asked: Questions, claims: set[str]) -> Questions:
    """Return the questions about some of the claims."""
    kept = {name: {claim: entry for claim, entry in getattr(asked, name).items() if claim in claims}
            for name in ("stated", "groups", "items")}
    return replace(asked, **kept, claims=tuple(claim for claim in asked.claims if claim.id in claims))


def framer_of(path: Path, frames: Sequence[str], subject: str) -> Framer:
    """Return a framer for documents; `lessons.yaml` beside them, if it is there, has the claims in words."""
    lessons = (path if path.is_dir() else path.parent) / "lessons.yaml"
    return Framer(Framing(tuple(frames), reader=subject, lessons=lessons if lessons.is_file() else None))


def claims_of(record: DocumentRecord, asked: Questions) -> list[tuple[str, str]]:
    """Return the claims that a document is asked of, with the polarity that it says it has: `not said` where it says
    none."""
    if record.about.claims is None:
        return [(claim, "not said") for claim in asked.items]
    return [(each.claim, each.polarity) for each in record.about.claims if each.claim in asked.items]


def texts(path: Path | None) -> list[tuple[str, str]]:
    """Return ids and texts of neutral documents. Raises UserError if there are none."""
    place, rejects = path or SHIPPED / "corpora" / "neutral" / "documents.jsonl", Rejects()
    if path is None and not place.is_file():
        raise UserError(NO_NEUTRAL, where="--neutral", hint="name a file or folder of texts that make no claim")
    found = [(record.id, record.text) for record in read_corpus(place, rejects)]
    if not found:
        raise UserError(NO_NEUTRAL, where=str(place), hint=rejects.describe())
    return found


def nearest(neutral: Sequence[tuple[str, str]], record: DocumentRecord) -> tuple[str, str]:
    """Return a neutral document for this one: by its id, one of those of the nearest lengths in words."""
    length = len(record.text.split())
    close = sorted(neutral, key=lambda each: (abs(len(each[1].split()) - length), each[0]))[:NEAREST]
    return stream(0, "measure", record.id).choice(close)


def _behind(items: Iterable[Item], frame: str, text: str) -> tuple[Item, ...]:
    return tuple(replace(item, prompt=f"{text}{PARAGRAPH}{item.prompt}", frame=frame, context="in_context")
                 for item in items)
