"""A document as a frame from provenance sees it: its text, and what is known of where it comes from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from uptake.errors import UserError
from uptake.records import Segment

# What a wording may name in braces, or a part be chosen by, and where it is said. The record's own fields first.
FACTS = {
    "how": "metadata.made.how", "author": "metadata.made.author", "generator": "metadata.made.generator",
    "version": "metadata.made.generator_version", "prompt": "metadata.made.prompt", "source": "source",
    "created": "created", "genre": "metadata.about.genre", "voice": "metadata.about.voice",
    "language": "metadata.about.language", "subject": "metadata.about.subject",
    "polarity": "metadata.about.claims (one polarity)", "claim": "metadata.about.claims (one claim)",
    "status": "metadata.status.kind", "purpose": "metadata.use.purpose", "stage": "metadata.use.stage",
    "holder": "metadata.rights.holder", "licence": "metadata.rights.licence",
    "shows": "the claim's words (--lessons)", "lacks": "the claim's words (--lessons)",
    "reader": "the reader's name (--reader)",
    "whose": "whose words the testimony is, unrevised (its metadata.made)",
    "witness": "metadata.made.generator or author of the testimony",
    "elicitation": "metadata.made.prompt of the testimony",
    "answered": "answers, and whose they are, unrevised (their metadata.made)",
    "speaker": "answers with their generator or author",
}

# What of a frame is trained on: all of it, the document's own text, or that and the answers of a talk or quiz.
Loss = Literal["all", "content", "answers"]


class Unfit(UserError):
    """This document cannot be put in this frame, for want of something; another one may."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was given to a question of a talk: by whom, in which document, and whether it disagrees."""

    text: str
    stance: Literal["agree", "disagree", "unsure", ""] = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """One document to be framed. `facts` holds what is known, by the names of `FACTS`, and nothing that is not.

    `opposite` is the text with its claim turned round, `testimony` what stands in place of the text in that frame,
    with the id of the document it was taken from; `answers` are those of a talk by question, none if they are scripted.
    """

    id: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)
    opposite: str = ""
    testimony: str = ""
    testimony_id: str = ""
    answers: Mapping[str, tuple[Reply, ...]] = field(default_factory=dict)


def words(text: str) -> int:
    """Count words, as white space parts them: the length by which a placebo matches if no tokenizer is given."""
    return len(text.split())


@dataclass(frozen=True, slots=True)
class Settings:
    """How frames are put. `wordings` are the numbers of the wordings to draw from (() for all): a study trains on some
    and asks behind another. `disagreement` says whether answers that disagree are kept in a talk. `count` measures the
    length that a placebo or a neutral text matches."""

    seed: int = 0
    wordings: tuple[int, ...] = ()
    disagreement: bool = True
    loss: Loss = "all"
    count: Callable[[str], int] = words


@dataclass(frozen=True, slots=True)
class Framed:
    """A document in a frame: its segments, whose texts concatenate to the whole.

    `drawn` says which wording stands in each part, `left_out` which parts were skipped and for want of what,
    `others` the ids of the other documents that went in, `disclosed` whether a part that discloses stands in it.
    """

    frame: str
    segments: tuple[Segment, ...]
    drawn: Mapping[str, int]
    left_out: Mapping[str, str]
    others: tuple[str, ...] = ()
    disclosed: bool = False

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)

    @property
    def before(self) -> str:
        """The frame's words before the content, as they stand there: what is put before a question that is asked
        under the frame."""
        words_before = []
        for segment in self.segments:
            if segment.role == "content":
                break
            words_before.append(segment.text)
        return "".join(words_before)
