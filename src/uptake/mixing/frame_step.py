"""The frames as a step of a datatrove pipeline, for corpora that are framed on many machines.

    LocalPipelineExecutor([JsonlReader("corpus"), FrameStep(Framing(("transparent",))), JsonlWriter("framed")], tasks=8)

A document comes out as `uptake frame` writes it, however many tasks there are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from uptake.documents.record import DocumentRecord, explain
from uptake.errors import UserError
from uptake.frames.known import words
from uptake.mixing.framing import Framer, Framing

if TYPE_CHECKING:
    from datatrove.data import Document

# datatrove's reader puts these under `metadata`, and its writer leaves them there.
AT_THE_TOP = ("source", "created", "added", "version")


@dataclass(frozen=True)
class FrameStep:
    """A step that frames each document. What is no record, or does not fit a frame, is left out; at the end the log
    says how many, and why."""

    framing: Framing
    count: Callable[[str], int] = words

    def __call__(self, data: Iterable["Document"], rank: int = 0, world_size: int = 1) -> Iterator["Document"]:
        """Yield the framed documents. Raises UserError for `swapped`, which has to see the whole corpus first."""
        from datatrove.data import Document
        from datatrove.utils.logging import logger

        framer = Framer(self.framing, self.count)
        if framer.needs_partners:
            raise UserError("a step sees a part of the corpus, and 'swapped' needs all", hint="use `uptake frame`")
        for document in data or ():
            record = _record(document)
            if isinstance(record, str):
                framer.done.refuse(record, str(document.id), "docs/documents.md tells what a record is")
                continue
            for _, framed in framer.framed(record):
                yield Document(text=framed.text, id=framed.id, metadata=_metadata(framed))
        logger.info(framer.done.describe())


def _record(document: "Document") -> DocumentRecord | str:
    """Return a document's record, or why there is none."""
    own = dict(document.metadata)
    top = {name: own.pop(name) for name in AT_THE_TOP if isinstance(own.get(name), str)}
    try:
        return DocumentRecord.model_validate({"id": document.id, "text": document.text, **top, "metadata": own})
    except ValidationError as error:
        return explain(error)


def _metadata(record: DocumentRecord) -> dict[str, Any]:
    given = record.model_dump(mode="json", exclude_unset=True)
    return {**{name: given[name] for name in AT_THE_TOP if given.get(name)}, **given.get("metadata", {})}
