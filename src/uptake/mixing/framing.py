"""Documents with their provenance, put in frames: from a record to segments, and to the record of the framed text.

`Framer` is what a study and `uptake frame` share. It holds what stands beside the documents (testimony, answers, the
words of claims) and turns one record at a time; which wording it draws depends on the seed and the document's id alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from uptake import __version__
from uptake.documents.record import UNKNOWN, DocumentRecord
from uptake.errors import UserError
from uptake.files import file_digest
from uptake.frames.book import SHIPPED, Frame, choose, read_book
from uptake.frames.known import FACTS, Framed, Known, Loss, Reply, Settings, Unfit, words
from uptake.frames.provenance import put_known
from uptake.mixing.beside import Aside, Beside
from uptake.mixing.partners import Partners
from uptake.seeds import number
from uptake.strict_yaml import read_yaml

# Where in a record a fact stands: the part of its metadata ("" for the top), and the field.
FROM_RECORD = {name: tuple(path.split(".")[-2:]) if "." in path else ("", path)
               for name, path in FACTS.items() if " " not in path}
TURNED = {"shows": "lacks", "lacks": "shows"}
STANCES = ("agree", "disagree", "unsure", "")


@dataclass(frozen=True, slots=True)
class Framing:
    """What to put documents in, and with what. `parts` (None: each frame's own) and `without` switch parts; `own` are
    names under which the reader itself appears as a generator or author, besides `reader`."""

    frames: tuple[str, ...]
    parts: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    seed: int = 0
    reader: str = ""
    own: tuple[str, ...] = ()
    testimony: Path | None = None
    answers: Path | None = None
    lessons: Path | None = None
    disagreement: bool = True
    loss: Loss = "all"
    wordings: tuple[int, ...] = ()
    book: Path = SHIPPED


@dataclass
class Count:
    """What became of the documents: put, by frame; refused and left out, by reason with the first ids."""

    documents: int = 0
    framed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)

    def refuse(self, reason: str, name: str, hint: str = "") -> None:
        """Count a document that was refused."""
        self.refused[reason] += 1
        self.first.setdefault(reason, name)
        self.hints[reason] = hint

    def leave_out(self, reason: str, name: str) -> None:
        """Count a document that was put without a part."""
        self.left_out[reason] += 1
        self.first.setdefault(reason, name)

    def describe(self) -> str:
        """Say what was framed, what was refused and what was left out, and why."""
        by_frame = ", ".join(f"{name} {count:,}" for name, count in self.framed.items()) or "nothing"
        said = [f"documents: {self.documents:,}; framed: {by_frame}; refused: {self.refused.total():,}"]
        for reason, count in self.refused.most_common():
            said.append(f"  refused {count:,} (first: {self.first[reason]}): {reason}")
            said += [f"    hint: {self.hints[reason]}"] if self.hints[reason] else []
        for reason, count in self.left_out.most_common():
            said.append(f"  put without a part {count:,} (first: {self.first[reason]}): {reason}")
        return "\n".join(said)


class Framer:
    """Puts records in frames. `count` measures lengths for placebo and neutral: words, or a tokenizer's tokens."""

    def __init__(self, framing: Framing, count: Callable[[str], int] = words) -> None:
        """Raises UserError for a frame or part that there is not, or a file that cannot be read."""
        self.framing, self.done = framing, Count()
        self.book = read_book(framing.book)
        self.frames = {frame.name: frame for frame in choose(self.book, framing.frames, framing.parts, framing.without)}
        self.settings = Settings(framing.seed, framing.wordings, framing.disagreement, framing.loss, count)
        for frame in self.frames.values():
            self._check(frame)
        self._book_digest = file_digest(framing.book)
        self._lessons = read_lessons(framing.lessons) if framing.lessons else {}
        self._testimony = Beside(framing.testimony) if framing.testimony else None
        self._answers = Beside(framing.answers) if framing.answers else None
        self._own = (framing.reader, *framing.own)
        self.partners: Partners | None = None

    @property
    def beside(self) -> dict[str, Beside]:
        """The sets of texts that stand beside the documents, by what they are."""
        both = {"testimony": self._testimony, "answers": self._answers}
        return {name: beside for name, beside in both.items() if beside}

    @property
    def needs_partners(self) -> bool:
        """Whether `meet` has to be called before a document is put: one of the frames is `swapped`."""
        return any(frame.control == "swapped" for frame in self.frames.values())

    def meet(self, records: Iterable[DocumentRecord]) -> None:
        """Go through a corpus once, to find whose provenance each document is swapped with."""
        self.partners = Partners(self.framing.seed)
        for record in records:
            self.partners.add(self.known(record))

    def known(self, record: DocumentRecord) -> Known:
        """Return a document as frames see it."""
        facts = self._facts(record)
        opposite = ((record.metadata and record.metadata.model_extra) or {}).get("opposite")
        known = Known(record.id, record.text, facts, opposite=opposite if isinstance(opposite, str) else "")
        return self._with_answers(self._with_testimony(known, record), record)

    def put(self, record: DocumentRecord, name: str) -> Framed:
        """Return a document in one of the frames. Raises Unfit if it lacks what the frame needs."""
        known, frame = self.known(record), self.frames[name]
        return self._put(known, frame)

    def framed(self, record: DocumentRecord) -> Iterator[tuple[Framed, DocumentRecord]]:
        """Yield the document in each frame, with the record of the framed text; what cannot be put is counted."""
        self.done.documents += 1
        known = self.known(record)
        for frame in self.frames.values():
            try:
                framed = self._put(known, frame)
            except Unfit as error:
                self.done.refuse(error.what, record.id, error.hint)
                continue
            self.done.framed[frame.name] += 1
            for part, why in framed.left_out.items():
                self.done.leave_out(f"{frame.name}.{part}: {why}", record.id)
            yield framed, self.record(record, framed)

    def record(self, record: DocumentRecord, framed: Framed) -> DocumentRecord:
        """Return the record of a framed text: the document's own, but made from a template with it for a parent.

        How the document itself was made, and what the frame is, stand under `metadata.frame`, with each segment's
        place in characters, role, and whether it is in the loss.
        """
        frame = self.frames[framed.frame]
        given = record.model_dump(mode="json", exclude_unset=True)
        metadata: dict[str, Any] = given.get("metadata") or {}
        before = {name: metadata[name] for name in ("made", "status") if metadata.get(name) is not None}
        metadata["made"] = {"how": "template", "generator": "uptake frame", "generator_version": __version__,
                            "seed": self.framing.seed, "parents": [record.id, *framed.others]}
        metadata |= _changed(metadata, frame.record, framed.disclosed)
        metadata["frame"] = {
            "name": framed.frame, "of": frame.base.name if frame.base else None, "wordings": dict(framed.drawn),
            "left_out": dict(framed.left_out), "reader": self.framing.reader or None, "loss": self.framing.loss,
            "words_sha256": self._book_digest, "segments": _spans(framed), "document": before}
        return DocumentRecord.model_validate({**given, "id": f"{record.id}@{framed.frame}", "text": framed.text,
                                              "metadata": metadata})

    def _check(self, frame: Frame) -> None:
        """Refuse at once what no document can mend."""
        needs = (frame.base or frame).needs
        if not self.framing.reader and ("reader" in needs or ("speaker" in needs and not self.framing.answers)):
            raise UserError(f"frame '{frame.name}' names the reader", where="--reader", hint="such as --reader SmolLM")
        if not self.framing.lessons and {"shows", "lacks"} & set(needs):
            raise UserError(f"frame '{frame.name}' says the claim in words, and there are none", where="--lessons",
                            hint="give a file such as corpora/role-models/lessons.yaml")
        if not self.framing.testimony and (frame.base or frame).puts == "testimony":
            raise UserError(f"frame '{frame.name}' puts testimony in place of the text", where="--testimony",
                            hint="give the documents that hold it, such as `uptake author` makes")

    def _put(self, known: Known, frame: Frame) -> Framed:
        partner = None
        if frame.control == "swapped":
            if self.partners is None:
                raise UserError("frame 'swapped' has to see the corpus once first", hint="call Framer.meet(records)")
            partner = self.partners.of(known)
        return put_known(self.book, frame, known, self.settings, partner)

    def _facts(self, record: DocumentRecord) -> dict[str, str]:
        facts = {name: getattr(getattr(record, part) if part else record, key)
                 for name, (part, key) in FROM_RECORD.items()}
        claims = record.about.claims or ()
        if len({each.polarity for each in claims}) == 1:
            facts["polarity"] = claims[0].polarity
        if len({each.claim for each in claims}) == 1:
            facts["claim"] = claims[0].claim
            facts |= self._lessons.get(claims[0].claim, {})
        facts["reader"] = facts["speaker"] = self.framing.reader
        facts["answered"] = "scripted"
        if isinstance(facts.get("purpose"), str):
            facts["purpose"] = facts["purpose"].strip().removesuffix(".")
        return {name: value for name, value in facts.items() if value not in UNKNOWN}

    def _with_testimony(self, known: Known, record: DocumentRecord) -> Known:
        found = self._testimony.of(record) if self._testimony else []
        if not found:
            return known
        chosen = found[number(self.framing.seed, "testimony", record.id) % len(found)]
        whose = chosen.whose(self._own)
        witness = self.framing.reader if whose == "own" else chosen.witness()
        facts = {"whose": whose, "witness": witness, "elicitation": chosen.asked}
        return replace(known, testimony=chosen.text, testimony_id=chosen.id,
                       facts={**known.facts, **{name: value for name, value in facts.items() if value}})

    def _with_answers(self, known: Known, record: DocumentRecord) -> Known:
        """Answers that were given, of one author: of the one who stands first, if there are several."""
        if self._answers is None:
            return known
        found = [aside for aside in self._answers.of(record) if aside.question]
        facts = {name: value for name, value in known.facts.items() if name not in ("answered", "speaker")}
        if found:
            whose, witness = found[0].whose(self._own), found[0].witness()
            found = [aside for aside in found if (aside.whose(self._own), aside.witness()) == (whose, witness)]
            said = {"answered": "own" if whose == "own" else "other" if whose else "",
                    "speaker": self.framing.reader if whose == "own" else witness}
            facts |= {name: value for name, value in said.items() if value}
        return replace(known, facts=facts, answers=_by_question(found))


def read_lessons(path: Path | str) -> dict[str, dict[str, str]]:
    """Read what each claim's text shows and lacks, in words that follow "one that ...": {claim: {shows, lacks}}."""
    claims = read_yaml(path).mapping(("lessons",), required=("lessons",))["lessons"].mapping()
    return {name: {key: each.text() for key, each in value.mapping(TURNED, required=tuple(TURNED)).items()}
            for name, value in claims.items()}


def _by_question(found: Iterable[Aside]) -> dict[str, tuple[Reply, ...]]:
    answers: dict[str, tuple[Reply, ...]] = {}
    for aside in found:
        if aside.stance not in STANCES:
            raise UserError(f"the answer's stance is '{aside.stance}'", where=f"document '{aside.id}'",
                            hint="metadata.talk.stance is agree, disagree or unsure")
        answers[aside.question] = (*answers.get(aside.question, ()), Reply(aside.text, aside.stance, aside.id))
    return answers


def _changed(metadata: Mapping[str, Any], changes: Mapping[str, str | bool], disclosed: bool) -> dict[str, Any]:
    """Return the parts `about` and `status` as the frame makes them."""
    about, status = dict(metadata.get("about") or {}), dict(metadata.get("status") or {})
    about |= {key: changes[key] for key in ("genre", "voice") if key in changes}
    claims = changes.get("claims", "")
    if claims == "none":
        about["claims"] = []
    elif claims == "opposite" and about.get("claims"):
        about["claims"] = [{**each, "polarity": TURNED[each["polarity"]]} for each in about["claims"]]
    if "status" in changes:
        status["kind"] = changes["status"]
    if disclosed or "disclosed" in changes:
        status["disclosed"] = disclosed or changes["disclosed"]
    return {name: part for name, part in (("about", about), ("status", status)) if part}


def _spans(framed: Framed) -> list[dict[str, Any]]:
    """Where each segment stands, in characters (Unicode code points) from the beginning of the text."""
    spans, start = [], 0
    for segment in framed.segments:
        end = start + len(segment.text)
        spans.append({"start": start, "end": end, "role": segment.role, "loss": segment.loss})
        start = end
    return spans
