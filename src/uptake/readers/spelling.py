"""A text token by token: what each one spells, and its log-probability; what servers call prompt log-probabilities."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from uptake.readers.reader import Reader
from uptake.readers.score import NO_PROMPT, NOT_FINITE, UNKNOWN, ScoreSettings
from uptake.readers.tokens import offsets, special_prefix, token_ids
from uptake.readers.tree import Tokens, log_probabilities


@dataclass(frozen=True, slots=True)
class Spelt:
    """A text in tokens: `pieces` are what they spell and concatenate to the text but for its first token where nothing
    stands before that one; `logps` are theirs in nats. Neither, but a `reason`, where the text cannot be scored."""

    pieces: tuple[str, ...] = ()
    logps: tuple[float, ...] = ()
    tokens: int = 0
    reason: str = ""


def spell(reader: Reader, texts: Sequence[tuple[str, bool]], settings: ScoreSettings) -> list[Spelt]:
    """Score every token of texts, each with whether the tokenizer's begin token stands before it; in order.

    Where no begin token stands before a text its first token has no log-probability and is left out. Equal beginnings
    are computed once.

    Raises:
        UserError: the reader's tokenizer is a slow one, which cannot say where its tokens stand.
    """
    start, ids, spans = special_prefix(reader), token_ids(reader, [text for text, _ in texts]), offsets(reader)
    sequences = [((start if special else ()) + ids[text], len(start) if special else 0) for text, special in texts]
    reasons = [_unscorable(reader, sequence, split) for sequence, split in sequences]
    wanted: dict[Tokens, set[Tokens]] = {}
    for (sequence, split), reason in zip(sequences, reasons, strict=True):
        if not reason:
            wanted.setdefault(sequence[: max(1, split)], set()).add(sequence[max(1, split) :])
    found = log_probabilities(reader.model, wanted, settings.packing, autocast=settings.precision == "bf16")
    spelt = []
    for (text, _), (sequence, split), reason in zip(texts, sequences, reasons, strict=True):
        logps = () if reason else found[sequence[: max(1, split)]][sequence[max(1, split) :]]
        if any(math.isnan(each) for each in logps):
            reason, logps = NOT_FINITE, ()
        pieces = () if reason else _pieces(text, spans(text))[-len(logps) :]
        spelt.append(Spelt(pieces, logps, len(sequence), reason))
    return spelt


def _unscorable(reader: Reader, sequence: Tokens, split: int) -> str:
    """Return why a text cannot be scored, or an empty string."""
    if len(sequence) <= max(1, split):
        return NO_PROMPT
    if len(sequence) > reader.window:
        return f"prompt and answer need {len(sequence)} tokens; the reader's window is {reader.window}"
    unknown = reader.tokenizer.unk_token_id
    return UNKNOWN if unknown is not None and unknown in sequence else ""


def _pieces(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Return the piece of the text for each token: from the end of the one before to its own end, so that white space
    which a tokenizer drops belongs to the token after it. Of the tokens of one character the first has it."""
    return tuple(text[before:end] for before, end in pairwise([0, *(end for _, end in spans)]))
