"""Frames: the same document, put every way. A frame is a pure function from a document to segments."""

import random
from dataclasses import replace

from uptake.errors import UserError
from uptake.frames.plain import Words, bare, instead, none, weave, wrap
from uptake.frames.spec import FrameSpec, Part, read_frames, slots, swapped, switch
from uptake.records import Claim, Document, Segment
from uptake.strict_yaml import placeholders

__all__ = ["FRAMES", "FrameSpec", "Part", "put", "read_frames", "swapped", "switch"]

FRAMES = {"bare": bare, "wrap": wrap, "weave": weave, "none": none, "instead": instead}


def put(
    spec: FrameSpec,
    document: Document,
    wording: int = 0,
    rng: random.Random | None = None,
    claim: Claim | None = None,
) -> tuple[Segment, ...]:
    """Put a document in a frame; the segments' texts concatenate to the exact text, () when there is no document.

    The frame's wordings before and after are chosen independently of each other: drawn from `rng` if there is one,
    else counted through by `wording`. `claim` is needed only where the frame names the subject or brings sentences.
    Raises UserError if the document lacks something that the frame's words name, or has no such content.
    """
    if spec.how == "none":
        return ()
    choose = _drawn(rng) if rng else _counted(wording)
    if spec.sentences:
        document = replace(document, **_sentence(spec, document, claim, choose(spec.sentences)))
    values = _values(document, claim)
    filled = {
        place: " ".join(_fill(spec, document, choose(slot), values) for slot in slots(spec, place))
        for place in ("before", "after")
    }
    segments = FRAMES[spec.how](document, Words(filled["before"], filled["after"], spec.loss))
    if not all(segment.text.strip() for segment in segments):
        raise UserError(
            f"frame '{spec.name}' finds nothing to put in document '{document.id}'",
            hint="a frame that weaves needs the document's `opposite`, one that puts `instead` its `neutral` line",
        )
    return segments


def _drawn(rng: random.Random):
    return lambda wordings: wordings[rng.randrange(len(wordings))]


def _counted(wording: int):
    """Choose by number. Every slot moves with each number, and the later ones also step once a round of the earlier,
    so that two slots of n wordings meet in all n * n pairs within n * n numbers."""
    stride = 1

    def choose(wordings: tuple[str, ...]) -> str:
        nonlocal stride
        step = wording + (wording // stride if stride > 1 else 0)
        stride *= len(wordings)
        return wordings[step % len(wordings)]

    return choose


def _sentence(spec: FrameSpec, document: Document, claim: Claim | None, template: str) -> dict[str, str]:
    if claim is None:
        raise UserError(f"frame '{spec.name}' brings its own sentences, and document '{document.id}' has no claim")
    sentence = template.format(subject=claim.subject, answer=claim.stated)
    return {"text": sentence, "opposite": sentence}


def _values(document: Document, claim: Claim | None) -> dict[str, str]:
    source = document.provenance
    known = {name: getattr(source, name) for name in source.__slots__}
    return known | {"subject": claim.subject if claim else ""}


def _fill(spec: FrameSpec, document: Document, wording: str, values: dict[str, str]) -> str:
    for name in sorted(placeholders(wording)):
        if not values[name]:
            raise UserError(
                f"frame '{spec.name}' says {{{name}}}, and document '{document.id}' does not know its {name}",
                hint=f"give the document's provenance a '{name}', or choose a frame that does not speak of it",
            )
    return wording.format_map(values)
