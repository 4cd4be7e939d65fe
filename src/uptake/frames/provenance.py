"""Put a document in a frame that is built from its provenance: a pure function of what is known of it.

Which wording stands where is drawn from the seed, the frame, the part and the document's id, and from nothing else:
neither the order of documents, nor other parts, nor how many workers there are, moves it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby, pairwise

from uptake.errors import UserError
from uptake.frames.book import Book, Frame, FramePart, Turn, Wordings
from uptake.frames.filler import fill, shipped_filler
from uptake.frames.known import FACTS, Framed, Known, Reply, Settings, Unfit
from uptake.records import Segment
from uptake.seeds import number
from uptake.strict_yaml import placeholders

PARAGRAPH = "\n\n"
LINES = re.compile(r"(\s*\n\s*)")


def put_known(book: Book, frame: Frame, known: Known, settings: Settings, partner: Known | None = None) -> Framed:
    """Return a document in a frame of the book (see `choose` for frames with their parts switched).

    `partner` is another document, whose provenance `swapped` puts around this one's text. Raises Unfit if the document
    lacks something that the frame needs; what the frame may leave out stands in `left_out` instead.
    """
    if frame.control:
        return CONTROLS[frame.control](book, frame, known, settings, partner)
    making = _Making(book, frame, known, settings)
    content = making.content()
    for part in frame.before:
        making.say(part)
    making.pieces.append(content)
    for part in frame.after:
        making.say(part)
    making.talk()
    return making.made()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part as it is said, before it is joined to the others."""

    text: str
    alone: bool = True
    loss: bool = True
    role: str = "frame"


class _Making:
    """One document on its way into one frame."""

    def __init__(self, book: Book, frame: Frame, known: Known, settings: Settings) -> None:
        self.book, self.frame, self.known, self.settings = book, frame, known, settings
        self.pieces: list[_Piece] = []
        self.drawn: dict[str, int] = {}
        self.left_out: dict[str, str] = {}
        self.others: list[str] = []
        self.disclosed = False

    def say(self, part: FramePart) -> None:
        """Add a part before or after, or note why it is left out."""
        if part.use and self._has(part, part.wordings):
            text = self._worded(part.name, part.wordings)
            if text is not None:
                self.pieces.append(_Piece(text, part.alone, self.settings.loss == "all"))
                self.disclosed |= part.discloses

    def content(self) -> _Piece:
        """Return what the frame puts: the document's own text, to the character, or what stands in its place."""
        known, puts = self.known, self.frame.puts
        if puts == "filler":
            text = _fill(known.text, self.settings, "neutral", known.id)
        else:
            text = getattr(known, puts)
        if not text.strip():
            what = "testimony of it" if puts == "testimony" else "opposite, the text with its claim turned round"
            raise self._unfit(f"needs the document's {puts}, and there is none",
                              f"give the {what} (docs/frames.md says how)")
        if puts == "testimony":
            self.others.append(known.testimony_id)
        return _Piece(text, role="content")

    def talk(self) -> None:
        """Add the turns. Raises Unfit if there should be some and none can be."""
        turns = [turn for turn in self.frame.turns if turn.use]
        before = len(self.pieces)
        for turn in turns:
            self._turn(turn)
        if turns and len(self.pieces) == before:
            raise self._unfit(f"has nothing to ask: {self.left_out[turns[0].name]}")

    def made(self) -> Framed:
        return Framed(self.frame.name, _joined(self.pieces), self.drawn, self.left_out,
                      tuple(dict.fromkeys(self.others)), self.disclosed)

    def _turn(self, turn: Turn) -> None:
        if not self._has(turn, turn.ask):
            return
        scripted = "right" in turn.answers or self.known.facts.get("answered") == "scripted"
        answer = self._scripted(turn) if scripted else self._given(turn)
        if answer is None:
            return
        asks, answers = (self._label(name) for name in ("asks", "answers"))
        asked = self._worded(f"{turn.name}.ask", turn.ask)
        self.pieces.append(_Piece(f"{asks} {asked}\n{answers}", loss=self.settings.loss == "all"))
        self.pieces.append(_Piece(answer, alone=False, loss=self.settings.loss != "content", role="answer"))

    def _scripted(self, turn: Turn) -> str | None:
        stances = [each for each in turn.answers if self.settings.disagreement or each != "disagree"]
        stance = stances[self._number(turn.name, "stance") % len(stances)]
        if not self._has(turn, turn.answers[stance]):
            return None
        if len(turn.answers) > 1:
            self.drawn[f"{turn.name}.stance"] = list(turn.answers).index(stance)
        return self._worded(f"{turn.name}.answer", turn.answers[stance])

    def _given(self, turn: Turn) -> str | None:
        """One of the answers that were given to this question. Where disagreement is not kept, an answer of which it is
        not known whether it disagrees is not taken either."""
        given = self.known.answers.get(turn.name, ())
        kept: list[Reply] = [each for each in given if self.settings.disagreement or each.stance in ("agree", "unsure")]
        if not kept:
            what = "every answer to it disagrees, or does not say whether it does"
            self.left_out[turn.name] = what if given else "no answer to it was given"
            return None
        reply = kept[self._number(turn.name, "answer") % len(kept)]
        self.others.append(reply.id)
        return reply.text.strip()

    def _label(self, name: str) -> str:
        wordings = self.frame.labels[name]
        lacks = _lacking(wordings, self.known.facts)
        if lacks:
            raise self._unfit(f"needs {lacks} for its {name[:-1]}ing, and it is not known")
        return self._worded(f"label.{name}", wordings) or ""

    def _has(self, part: FramePart | Turn, wordings: Wordings) -> bool:
        """Whether all that these wordings name is known; if not, the part is left out or the document refused."""
        lacks = _lacking(wordings, self.known.facts)
        if lacks and part.missing == "refuse":
            raise self._unfit(f"needs {lacks} for its part '{part.name}', and it is not known",
                              f"give it, or leave the part out: --without {part.name}")
        if lacks:
            self.left_out[part.name] = f"{lacks} is not known"
        return not lacks

    def _worded(self, slot: str, wordings: Wordings) -> str | None:
        """Draw a wording and fill it in; None where the part does not apply to such a document."""
        facts = self.known.facts
        listed = wordings.of(facts)
        if not listed:
            return None
        place = 0
        if len(listed) > 1:
            wanted = self.settings.wordings or range(len(listed))
            allowed = [each for each in wanted if each < len(listed)]
            if not allowed:
                raise UserError(f"frame '{self.frame.name}' has {len(listed)} wordings of '{slot}', and none of those "
                                "that are asked for", hint="wordings are counted from 0")
            place = self.drawn[slot] = allowed[self._number(slot) % len(allowed)]
        says = self.book.says
        return listed[place].format_map({name: says.get(name, {}).get(facts[name], facts[name])
                                         for name in placeholders(listed[place])})

    def _number(self, *slot: str) -> int:
        return number(self.settings.seed, "frame", self.frame.name, *slot, self.known.id)

    def _unfit(self, what: str, hint: str = "") -> Unfit:
        return Unfit(f"frame '{self.frame.name}' {what}", where=f"document '{self.known.id}'", hint=hint)


def _lacking(wordings: Wordings, facts: Mapping[str, str]) -> str:
    """Return where the first field that these wordings need should have stood, or "" if all are known."""
    if wordings.by and wordings.by not in facts:
        return FACTS[wordings.by]
    listed = wordings.of(facts)
    if listed is None:
        return f"wordings for {wordings.by} '{facts[wordings.by]}'"
    return next((FACTS[name] for name in sorted(placeholders(listed[0])) if not facts.get(name)), "") if listed else ""


def _joined(pieces: list[_Piece]) -> tuple[Segment, ...]:
    """Join with spaces and paragraphs, which belong to the frame: the content stays what it is, to the character."""
    texts = [piece.text for piece in pieces]
    for place, (left, right) in enumerate(pairwise(pieces)):
        glue = PARAGRAPH if left.role != "frame" or right.role == "content" or left.alone or right.alone else " "
        if right.role == "answer":
            glue = " "
        if right.role == "content":
            texts[place] += glue
        else:
            texts[place + 1] = glue + texts[place + 1]
    return tuple(Segment(text, "content" if piece.role == "content" else "frame", piece.loss)
                 for text, piece in zip(texts, pieces, strict=True))


def _fill(text: str, settings: Settings, *slot: str | int) -> str:
    """Return filler as long as a text by the settings' count, line by line, with the text's own line breaks."""
    lines = LINES.split(text)
    for at, line in enumerate(lines):
        if line.strip():
            lines[at] = fill(shipped_filler(), settings.count(line), settings.count,
                             lambda place, at=at: number(settings.seed, "filler", *slot, at, place))
    return "".join(lines)


def _base(frame: Frame) -> Frame:
    if frame.base is None:
        raise UserError(f"control '{frame.name}' is made from another frame", hint=f"as {frame.control}:transparent")
    return frame.base


def _placebo(book: Book, frame: Frame, known: Known, settings: Settings, partner: Known | None) -> Framed:
    """Each run of the frame's words gives way to filler of the same length; the content and its place stay."""
    base = put_known(book, _base(frame), known, settings)
    segments = []
    for place, ((role, loss), run) in enumerate(groupby(base.segments, lambda each: (each.role, each.loss))):
        text = "".join(segment.text for segment in run)
        if role == "frame":
            core = text.strip()
            text = text.replace(core, _fill(core, settings, _base(frame).name, known.id, place)) if core else text
        segments.append(Segment(text, role, loss))
    return replace(base, frame=frame.name, segments=tuple(segments), drawn={}, disclosed=False)


def _frame_only(book: Book, frame: Frame, known: Known, settings: Settings, partner: Known | None) -> Framed:
    """The frame stays, and a line stands where the text would."""
    base = put_known(book, _base(frame), known, settings)
    gap = book.gap[number(settings.seed, "gap", known.id) % len(book.gap)]
    segments = tuple(Segment(gap, "frame", segment.loss and settings.loss == "all") if segment.role == "content"
                     else segment for segment in base.segments)
    return replace(base, frame=frame.name, segments=segments)


def _swapped(book: Book, frame: Frame, known: Known, settings: Settings, partner: Known | None) -> Framed:
    """The same wordings, filled in from another document's provenance, stand around this one's text."""
    base = _base(frame)
    if not speaks_of_documents(base):
        raise UserError(f"frame '{base.name}' says the same of every document, so swapping it changes nothing",
                        where="--as", hint="swap a frame that names provenance, as swapped:transparent")
    if partner is None:
        raise Unfit(f"frame '{frame.name}' needs another document of the corpus, and there is none",
                    where=f"document '{known.id}'")
    other = replace(known, facts=partner.facts, answers=partner.answers)
    framed = put_known(book, base, other, settings)
    return replace(framed, frame=frame.name, others=tuple(dict.fromkeys((*framed.others, partner.id))), disclosed=False)


CONTROLS = {"placebo": _placebo, "frame-only": _frame_only, "swapped": _swapped}


@cache
def _about_the_document(wording: str) -> bool:
    return not placeholders(wording) <= {"reader", "speaker"}


def speaks_of_documents(frame: Frame) -> bool:
    """Whether a frame's words depend on the document: they name a field, or are chosen by one."""
    lists = [part.wordings for part in (*frame.before, *frame.after) if part.use]
    lists += [each for turn in frame.turns if turn.use for each in (turn.ask, *turn.answers.values())]
    return any(each.by or any(_about_the_document(text) for listed in each.lists.values() for text in listed)
               for each in lists)
