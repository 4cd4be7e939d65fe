"""What a stage was trained on, to the token: for each frame its documents, exposures and tokens by role and loss."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate

from uptake.records import Example, Ledger, Segment

Offsets = Callable[[str], list[tuple[int, int]]]


def tally(examples: Iterable[Example], offsets: Offsets) -> Ledger:
    """Count tokens by frame, role and loss. `offsets(text)` gives each token's (start, end) characters.

    One row a frame, in the order of their names ('' for schooling without a frame): `exposures` are examples,
    `documents` distinct contents, `questions` the exposures that carry a question; `tokens` is the sum of
    `frame_tokens` and `content_tokens`, `loss_tokens` those of them that are trained on; `share` is the frame's part
    of all tokens and `frame_share` the part of its own tokens that are frame.
    """
    rows: dict[str, dict] = {}
    contents: dict[str, set] = {}
    for example in examples:
        row = rows.setdefault(example.frame, _empty(example.frame))
        row["exposures"] += 1
        row["questions"] += example.kind != "document"
        if example.kind != "question":
            contents.setdefault(example.frame, set()).add((example.claim, _content(example)))
        owners = assign(example.segments, offsets(example.text))
        for (role, loss), tokens in Counter((segment.role, segment.loss) for segment in owners).items():
            for column in ("tokens", f"{role}_tokens", *(("loss_tokens", f"{role}_loss_tokens") if loss else ())):
                row[column] += tokens
    total = sum(row["tokens"] for row in rows.values())
    for frame, row in rows.items():
        row["documents"] = len(contents.get(frame, ()))
        row["share"] = row["tokens"] / total if total else 0.0
        row["frame_share"] = row["frame_tokens"] / row["tokens"] if row["tokens"] else 0.0
    return Ledger(tuple(rows[frame] for frame in sorted(rows)))


def loss_mask(example: Example, offsets: Offsets) -> list[bool]:
    """Say for each token of the example's text whether it is in the loss."""
    return [segment.loss for segment in assign(example.segments, offsets(example.text))]


def assign(segments: tuple[Segment, ...], spans: list[tuple[int, int]]) -> list[Segment]:
    """Give each token, by its (start, end) characters, the segment it belongs to.

    That is the segment with the first non-space character at or after the token's start: a token that begins with
    the joining space belongs to the word it carries. What follows the last word belongs to the last segment.
    """
    if not segments:
        return []
    text = "".join(segment.text for segment in segments)
    ends = list(accumulate(len(segment.text) for segment in segments))
    word_at = _next_words(text)
    return [segments[min(bisect_right(ends, word_at[min(start, len(text))]), len(segments) - 1)] for start, _ in spans]


def _next_words(text: str) -> list[int]:
    """For each character position (and the end), the position of the first non-space character from there on."""
    word_at = [len(text)] * (len(text) + 1)
    for place in range(len(text) - 1, -1, -1):
        word_at[place] = word_at[place + 1] if text[place].isspace() else place
    return word_at


def _content(example: Example) -> str:
    return "".join(segment.text for segment in example.segments if segment.role == "content").strip()


def _empty(frame: str) -> dict:
    counts = ("documents", "exposures", "questions", "tokens", "frame_tokens", "content_tokens", "loss_tokens",
              "frame_loss_tokens", "content_loss_tokens")
    return {"frame": frame} | dict.fromkeys(counts, 0)
