"""Rows for other tools: as `text`, as `messages`, and as the reader's own tokens with labels."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import pyarrow as pa

from uptake.export.trained_on import Read, spans_of
from uptake.frames.ledger import loss_mask

IGNORED = -100  # the label that cross-entropy leaves out
SEGMENT = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("role", pa.string()), ("loss", pa.bool_())])
MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
ABOUT = [("id", pa.string()), ("frame", pa.string()), ("claim", pa.string()), ("kind", pa.string()),
         ("pass", pa.int32()), ("exposures", pa.int32())]
SEGMENTS = ("segments", pa.list_(SEGMENT))
IDS = pa.list_(pa.int32())
FORMS = {
    "text": pa.schema([("text", pa.string()), SEGMENTS, *ABOUT]),
    "messages": pa.schema([("messages", pa.list_(MESSAGE)), *ABOUT]),
    "tokens": pa.schema([("input_ids", IDS), ("labels", IDS), ("id", pa.string()), ("exposures", pa.int32())]),
}

Encode = Callable[[Sequence[Read]], list[tuple[list[int], list[int]]]]


def rows(reads: Sequence[Read], split: str) -> Iterator[dict[str, Any]]:
    """Yield one row an example: its text with its segments (null where not known), and the same as messages."""
    for number, read in enumerate(reads, start=1):
        example = read.example
        yield {
            "text": example.text, "messages": messages(read),
            "segments": spans_of(example.segments) if read.split else None,
            "id": f"{split}-{number:06d}", "frame": example.frame, "claim": example.claim, "kind": example.kind,
            "pass": read.turn, "exposures": read.exposures,
        }


def messages(read: Read) -> list[dict[str, str]]:
    """Return an example as a conversation: what is not in the loss is the user's, what is in it the assistant's.

    Spaces at the joints are dropped, as chat templates have their own.
    """
    runs = [(loss, "".join(segment.text for segment in run).strip())
            for loss, run in groupby(read.example.segments, key=lambda segment: segment.loss)]
    return [{"role": "assistant" if loss else "user", "content": text} for loss, text in runs if text]


def encoder(reader: Any) -> Encode:
    """Return the function that gives examples' token ids and labels, as the stage itself trained on them."""
    from uptake.readers.tokens import offsets

    if reader.kind == "grown":
        from uptake.readers.grow import encode

        return lambda reads: encode(reader, [read.example for read in reads])
    spans = offsets(reader)

    def tokens(read: Read) -> tuple[list[int], list[int]]:
        ids = list(reader.tokenizer(read.example.text, add_special_tokens=False).input_ids)
        mask = loss_mask(read.example, spans)
        return ids, [token if wanted else IGNORED for token, wanted in zip(ids, mask, strict=True)]

    return lambda reads: [tokens(read) for read in reads]


def token_rows(reads: Sequence[Read], split: str, encode: Encode) -> list[dict[str, Any]]:
    """Return the tokens of each row whose segments are known."""
    numbered = [(number, read) for number, read in enumerate(reads, start=1) if read.split]
    encoded = encode([read for _, read in numbered])
    return [{"input_ids": ids, "labels": labels, "id": f"{split}-{number:06d}", "exposures": read.exposures}
            for (number, read), (ids, labels) in zip(numbered, encoded, strict=True)]
