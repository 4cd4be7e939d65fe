"""Grow a reader: a small Llama, trained from scratch on a world by a flat loop.

The loop is our own because a `transformers.Trainer` spends much of so small a model's step on bookkeeping
(`make bench` prints the ratio), and so is the forward pass in it (`flat`); the model is an ordinary `LlamaForCausalLM`
and stays one when saved.
"""

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from uptake.readers.flat import logits
from uptake.readers.muon import StackedMuon
from uptake.readers.processor import Precision, bfloat16
from uptake.readers.reader import Reader
from uptake.records import Example

PAD, UNKNOWN = "<pad>", "<unk>"
IGNORED = -100  # the label that cross-entropy leaves out

Row = tuple[list[int], list[int]]
"""An example in tokens: ids, and labels, which are the ids or IGNORED."""


@dataclass(frozen=True, slots=True)
class GrowSettings:
    """How a reader is grown. The defaults are those under which the frames study was found to work (see LOG.md).

    `batch` counts sequences; `learning_rate` falls in a straight line to a tenth after `warm_up` steps; `passes` are
    passes over the training examples, which are drawn anew for each. Matrices inside the layers are trained with Muon,
    everything else with AdamW, both at this rate: with AdamW alone it takes more than twice the tokens before a reader
    tells frames apart (LOG.md). `precision` is that of matrix products while it is trained: bfloat16 where the
    processor has it (a fifth of a step is saved), or as asked for; weights and all readings are in float32.
    """

    width: int = 128
    layers: int = 3
    heads: int = 4
    feed_forward: int = 352
    context: int = 96
    batch: int = 32
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.1
    warm_up: int = 50
    passes: int = 20
    precision: Precision = "auto"


def new_reader(name: str, vocabulary: Sequence[str], settings: GrowSettings, seed: int) -> Reader:
    """Return an untrained reader whose tokenizer knows exactly these words."""
    torch.manual_seed(seed % 2**63)
    tokenizer = word_tokenizer(vocabulary, settings.context)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.width,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        intermediate_size=settings.feed_forward,
        max_position_embeddings=settings.context,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    model.eval()
    return Reader(
        name=name,
        model=model,
        tokenizer=tokenizer,
        kind="grown",
        facts={"parameters": sum(part.numel() for part in model.parameters()), "vocabulary": len(tokenizer)},
    )


def word_tokenizer(vocabulary: Sequence[str], context: int) -> PreTrainedTokenizerFast:
    """Return a word-level tokenizer: one token a word or punctuation mark, so that a person can read every token."""
    table = {word: place for place, word in enumerate([PAD, UNKNOWN, *vocabulary])}
    raw = Tokenizer(models.WordLevel(table, unk_token=UNKNOWN))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token=PAD, unk_token=UNKNOWN, model_max_length=context, padding_side="right"
    )


def encode(reader: Reader, examples: Sequence[Example]) -> list[Row]:
    """Return each example's token ids and labels. Raises ValueError for a word that the vocabulary lacks: a bug.

    Tokens are whole words, so a segment's tokens are those of its text alone.
    """
    pieces = list(dict.fromkeys(segment.text for example in examples for segment in example.segments))
    if not pieces:
        return []
    ids = dict(zip(pieces, reader.tokenizer(pieces, add_special_tokens=False)["input_ids"], strict=True))
    for text, row in ids.items():
        if reader.tokenizer.unk_token_id in row:
            raise ValueError(f"a word of this text is not in the reader's vocabulary: {text!r}")
    return [_row(example, ids) for example in examples]


def _row(example: Example, ids: dict[str, list[int]]) -> Row:
    tokens, labels = [], []
    for segment in example.segments:
        tokens += ids[segment.text]
        labels += ids[segment.text] if segment.loss else [IGNORED] * len(ids[segment.text])
    return tokens, labels


def grow(
    reader: Reader,
    passes: Iterable[list[Row]],
    settings: GrowSettings,
    rng: random.Random,
    at_step: Callable[[int, int], int],
) -> int:
    """Train the reader in place on passes of encoded examples, and return the number of tokens trained on.

    `at_step(steps_done, tokens_so_far)` is called after each step, and once before the first with zeros; it returns
    how many steps there will be in all.
    """
    model, step, tokens = reader.model, 0, 0
    optimisers = optimisers_of(model, settings)
    products = torch.bfloat16 if bfloat16(settings.precision, model.device.type)[0] else torch.float32
    total = at_step(0, 0)
    for examples in passes:
        for batch in _batches(examples, settings.batch, rng):
            for group in (group for optimiser in optimisers for group in optimiser.param_groups):
                group["lr"] = settings.learning_rate * _schedule(step, total, settings.warm_up)
            tokens += _step(model, optimisers, batch, products)
            step += 1
            at_step(step, tokens)
    return tokens


def optimisers_of(model: LlamaForCausalLM, settings: GrowSettings) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices inside the layers and AdamW for embeddings and norms."""
    inside = [weights for weights in model.model.layers.parameters() if weights.ndim == 2]
    known = {id(weights) for weights in inside}
    rest = [weights for weights in model.parameters() if id(weights) not in known]
    common = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    return [
        StackedMuon(inside, **common),
        torch.optim.AdamW(rest, betas=(0.9, 0.98), fused=True, **common),
    ]


def _step(
    model: LlamaForCausalLM, optimisers: list[torch.optim.Optimizer], batch: list[Row], products: torch.dtype
) -> int:
    """Take one step and return how many tokens it saw."""
    longest = max(len(tokens) for tokens, _ in batch)
    tokens = torch.tensor([row + [0] * (longest - len(row)) for row, _ in batch], device=model.device)
    labels = torch.tensor([row + [IGNORED] * (longest - len(row)) for _, row in batch], device=model.device)
    # Padding stands on the right, where a causal model cannot see it, so no attention mask is needed.
    found = logits(model, tokens[:, :-1], products)
    functional.cross_entropy(found, labels[:, 1:].flatten(), ignore_index=IGNORED).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimiser in optimisers:
        optimiser.step()
        optimiser.zero_grad()
    return sum(len(row) for row, _ in batch)


def _batches(rows: list[Row], size: int, rng: random.Random) -> list[list[Row]]:
    """Return the rows in a random order, cut into batches of nearly equal lengths.

    Rows are sorted by length within stretches of 16 batches only, so that batches stay mixed while most padding is
    saved.
    """
    order = rng.sample(rows, len(rows))
    stretch = 16 * size
    cut = []
    for start in range(0, len(order), stretch):
        near = sorted(order[start : start + stretch], key=lambda row: len(row[0]))
        cut += [near[place : place + size] for place in range(0, len(near), size)]
    return rng.sample(cut, len(cut))


def _schedule(step: int, total: int, warm_up: int) -> float:
    """Return the factor on the learning rate: a short warm-up, then a straight line down to a tenth."""
    return min(1.0, (step + 1) / warm_up) * (1 - 0.9 * min(1.0, step / max(1, total)))


def tokens_in(rows: Iterable[Row]) -> int:
    """Return how many tokens encoded examples have."""
    return sum(len(tokens) for tokens, _ in rows)


def steps_in(sizes: Iterable[int], settings: GrowSettings) -> int:
    """Return how many steps passes of these sizes take."""
    return sum(math.ceil(size / settings.batch) for size in sizes)


def log_spaced(total: int, count: int) -> list[int]:
    """Return `count` step numbers from about total / 2**(count - 1) to total, each about twice the one before."""
    return sorted({max(1, math.ceil(total / 2**back)) for back in range(count)})
