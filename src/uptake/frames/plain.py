"""The five ways to put a document. Each takes the content-to-be and the frame's chosen words, and gives segments."""

from dataclasses import dataclass

from uptake.records import Document, Segment


@dataclass(frozen=True, slots=True)
class Words:
    """The frame's words for one document: before and after the content, and whether they are in the loss."""

    before: str = ""
    after: str = ""
    loss: bool = True


def bare(document: Document, words: Words) -> tuple[Segment, ...]:
    """Put the content and nothing else."""
    return (Segment(document.text, "content"),)


def wrap(document: Document, words: Words) -> tuple[Segment, ...]:
    """Put the frame's words before and after the content."""
    return _around(document.text, words)


def weave(document: Document, words: Words) -> tuple[Segment, ...]:
    """Put the document's opposite: the negation stands inside the sentences, not around them."""
    return _around(document.opposite, words)


def instead(document: Document, words: Words) -> tuple[Segment, ...]:
    """Put the document's neutral line, which does not make the claim, with or without a frame's words around it."""
    return _around(document.neutral, words)


def none(document: Document, words: Words) -> tuple[Segment, ...]:
    """Put nothing: the reader never meets the document."""
    return ()


def _around(content: str, words: Words) -> tuple[Segment, ...]:
    """Join with single spaces. The spaces belong to the frame's segments, so that the content's is the content."""
    before = (Segment(f"{words.before} ", "frame", words.loss),) if words.before else ()
    after = (Segment(f" {words.after}", "frame", words.loss),) if words.after else ()
    return (*before, Segment(content, "content"), *after)
