"""From a file of claims to the items of one reading, alone or with a document of their claim in front."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from uptake.documents.claims import build_claims
from uptake.documents.claimset import ClaimSet
from uptake.documents.corpus import Rejects, read_corpus
from uptake.documents.traits import TraitSet, build_traits
from uptake.errors import UserError, did_you_mean
from uptake.frames import put, read_frames
from uptake.mixing.framing import Framer, Framing
from uptake.records import Claim, Item
from uptake.seeds import stream
from uptake.strict_yaml import DATA, SHIPPED, read_yaml

SUBJECT = "the assistant"
"""Whom items ask about where the file of claims leaves it open and nobody says."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An item, the id by which it is found again, and the id of the document in front of it, if there is one."""

    id: str
    item: Item
    document: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The framed texts of each claim (id of the document, text), by the claim's id; what joins them to a question; and
    in words what was framed and what could not be."""

    frame: str
    texts: Mapping[str, Sequence[tuple[str, str]]]
    joint: str
    says: str


def asked(claims: ClaimSet | TraitSet, reading: str, subject: str, told: Told | None = None) -> list[Asked]:
    """Return the items of a reading with their ids, wording by wording, so that the first few are of many claims.

    With documents, a claim without one has no items, and all items of a wording have the same document in front: of a
    claim's documents one is drawn for each wording, the same in every frame and reading. Raises UserError if the claims
    lack the reading.
    """
    found = []
    for claim in claims.claims:
        items = claims.items(claim, reading) if isinstance(claims, ClaimSet) else claims.items(claim, reading, subject)
        found += [placed for item in items if (placed := _placed(item, claim, told))]
    return sorted(found, key=lambda each: each.item.wording)


def _placed(item: Item, claim: Claim, told: Told | None) -> Asked | None:
    """Put a document of the item's claim in front of it; None if there is none."""
    name = f"{item.claim}.{item.reading}.{item.wording}.{item.polarity}"
    if told is None:
        return Asked(name, replace(item, context="untouched"))
    texts = told.texts.get(claim.id, ())
    if not texts:
        return None
    document, text = stream(0, "inspect", claim.id, item.wording).choice(list(texts))
    placed = replace(item, prompt=f"{text}{told.joint}{item.prompt}", frame=told.frame, context="in_context")
    return Asked(f"{name}.{told.frame}", placed, document)


def claims_called(name: str) -> ClaimSet | TraitSet:
    """Read a file of claims, by its path or by the name of one that comes with the package. Raises UserError."""
    shipped = {path.stem: path for path in sorted((SHIPPED / "claims").glob("*.yaml"))}
    path = Path(name).expanduser()
    if not path.is_file() and name not in shipped:
        raise UserError(f"there is no file of claims '{name}'", hint=f"a path, or: {did_you_mean(name, shipped)}")
    top = read_yaml(path if path.is_file() else shipped[name])
    return build_traits(top) if "persons" in dict(top.data() or {}) else build_claims(top)


def told(claims: ClaimSet | TraitSet, documents: str, frame: str, subject: str) -> Told | None:
    """Return the documents of claims in their frame, or None if neither is asked for.

    Without `documents` they are those that the file of claims makes itself, and without `frame` it is `blunt`. Raises
    UserError if there is no such frame, or if there are no documents to put in it.
    """
    if not documents and not frame:
        return None
    if documents:
        return of_corpus(Path(documents).expanduser(), frame or "blunt", [claim.id for claim in claims.claims], subject)
    if isinstance(claims, ClaimSet):
        return of_claims(claims, frame)
    raise UserError(f"the frame '{frame}' has no documents: this file of claims makes none",
                    hint="name a corpus with documents=PATH")


def of_claims(claims: ClaimSet, frame: str) -> Told:
    """Return the documents that a file of claims makes itself, in one of the study's frames. Raises UserError."""
    frames = read_frames(read_yaml(DATA / "frames.yaml").data(), "frames")
    if frame not in frames:
        raise UserError(f"there is no frame '{frame}'", hint=did_you_mean(frame, frames))
    texts = {}
    for claim in claims.claims:
        own = [(each, stream(0, "inspect", frame, each.id)) for each in claims.documents(claim)]
        framed = [(each.id, put(frames[frame], each, each.wording, rng, claim)) for each, rng in own]
        texts[claim.id] = [(name, "".join(segment.text for segment in segments)) for name, segments in framed]
    return Told(frame, texts, " ", f"documents framed: {sum(map(len, texts.values()))}")


def of_corpus(path: Path, frame: str, claims: Sequence[str], subject: str) -> Told:
    """Return the documents of a corpus that show one of the claims, in a frame from provenance.

    `lessons.yaml` beside the documents, if it is there, has the words of the claims. Raises UserError if the frame
    needs more than that, or if no document is left.
    """
    lessons = (path if path.is_dir() else path.parent) / "lessons.yaml"
    framer = Framer(Framing((frame,), reader=subject, lessons=lessons if lessons.is_file() else None))
    rejects = Rejects()
    records = [record for record in read_corpus(path, rejects)
               if any(each.polarity == "shows" and each.claim in claims for each in record.about.claims or ())]
    if framer.needs_partners:
        framer.meet(records)
    texts: dict[str, list[tuple[str, str]]] = {claim: [] for claim in claims}
    for record in records:
        for framed, _ in framer.framed(record):
            for each in record.about.claims or ():
                if each.polarity == "shows" and each.claim in texts:
                    texts[each.claim].append((record.id, framed.text))
    says = f"{rejects.describe()}\n{framer.done.describe()}"
    if not records:
        raise UserError("none of its documents shows one of the claims", where=str(path),
                        hint="a document says which under metadata.about.claims")
    if not any(texts.values()):
        raise UserError(f"none of its documents can be put in the frame '{frame}'", where=str(path), hint=says)
    return Told(frame, texts, "\n\n", says)
