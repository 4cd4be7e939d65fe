"""The small frozen records that flow through every stage. No stage keeps state of its own."""

from dataclasses import dataclass, field, replace
from typing import Literal

# `with_frame` and `with_paraphrase`: after training, behind the frame's words as trained on, and behind other ones.
Context = Literal["untouched", "in_context", "trained", "with_frame", "with_paraphrase"]
Polarity = Literal["open", "affirmed", "denied"]
Scale = Literal["accuracy", "probability", "log-odds"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a text could teach about a subject, with its foil.

    `topic` names the relation (which tool, which instrument); claims of one topic share their answers.
    `answers` are all answers that compete for the claim's place, `stated` and `foil` among them.
    """

    id: str
    topic: str
    subject: str
    stated: str
    foil: str
    answers: tuple[str, ...]

    @property
    def turned(self) -> "Claim":
        """The claim with what is stated and its foil exchanged."""
        return replace(self, stated=self.foil, foil=self.stated)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who or what wrote a text, prompted how, when and for what purpose. Empty means not known, never guessed."""

    author: str = ""
    made_with: str = ""
    prompt: str = ""
    created: str = ""
    purpose: str = ""
    status: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One wording of a claim: the plain text, the same text with the negation woven in, and a line without the claim.

    `opposite` and `neutral` exist so that a frame stays a pure function of the document: `correction` puts
    `opposite`, `frame-only` and `neutral` put `neutral`, every other frame puts `text`.
    """

    id: str
    claim: str
    wording: int
    text: str
    opposite: str
    neutral: str
    provenance: Provenance = Provenance()


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a framed document: its text (with the space that joins it to the piece before), whether it is
    frame or content, and whether its tokens are in the loss."""

    text: str
    role: Literal["frame", "content"]
    loss: bool = True


@dataclass(frozen=True, slots=True)
class Example:
    """One training sequence and where it came from. `kind` is document, question or both (a document, then a question);
    `claim` and `frame` are empty for schooling about subjects that no item asks about."""

    segments: tuple[Segment, ...]
    kind: str
    frame: str = ""
    claim: str = ""

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Fork:
    """The beginning of a document of a claim's, up to the word in which what it says and what it might have said
    instead part. Both words begin with the space that joins them to the opening."""

    claim: str
    frame: str
    opening: str
    says: str
    instead: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question of one reading about one claim: a prompt, the answer that fits, its foil, and every other answer.

    Answers are whole and begin with the space that joins them to the prompt. `neutral` is the prompt without the
    subject, against which the calibrated score is taken. `frame` and `context` say what the reader has seen of it.
    """

    claim: str
    reading: str
    wording: int
    polarity: Polarity
    prompt: str
    fit: str
    foil: str
    others: tuple[str, ...] = ()
    neutral: str = ""
    frame: str = ""
    context: Context = "trained"


@dataclass(frozen=True, slots=True)
class Row:
    """One item scored: a line of `readings.parquet`. Log-probabilities are in nats, summed over the answer's tokens.

    `value` is `logp_fit - logp_foil`, or None with a `reason`. `probability` is the share of the option mass that
    lies on the fitting answer; `hit` says that it beats every other answer. `per_byte` and `calibrated` are the two
    other usual scores of the same item: each answer's log-probability divided by its UTF-8 bytes, and less its
    log-probability after the neutral prompt.
    """

    arm: str
    seed: int
    frame: str
    claim: str
    reading: str
    context: Context
    checkpoint: int
    wording: int
    polarity: Polarity
    logp_fit: float | None
    logp_foil: float | None
    option_mass: float | None
    value: float | None
    reason: str
    probability: float | None = None
    hit: bool | None = None
    per_byte: float | None = None
    calibrated: float | None = None
    prompt: str = ""
    fit: str = ""
    foil: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A declared comparison, attributed to a theory. `left` and `right` are cells written `arm: frame.reading`.

    `relation` is one of '<', '>', '=='; `margin` is the equivalence margin on the study's scale; `at` says at which
    point of training the cells are compared ('equal-tokens' or 'equal-content').
    """

    by: str
    say: str
    left: "Cell"
    relation: Literal["<", ">", "=="]
    right: "Cell"
    margin: float
    at: Literal["equal-tokens", "equal-content"]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the profile: what an arm's reader answers on a reading, for claims that it met in a frame."""

    arm: str
    frame: str
    reading: str
    context: Context = "trained"


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a stage was trained on: for each frame the documents, exposures and tokens, by role and by loss."""

    rows: tuple[dict, ...] = field(default=())
