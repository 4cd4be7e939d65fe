"""Log-probabilities of many answers to many prompts, each shared beginning computed once.

Sequences that begin alike are laid into one row as a tree of tokens: every token attends to its own ancestors only (a
mask of ancestors instead of the causal triangle) and sits at the position of its depth, so the numbers are those of
separate forward passes. The last token of an answer is never fed to the model: its probability is read off its parent.
Twenty one-token answers to a prompt therefore cost one forward pass of the prompt, and several questions about one
document cost the document once. Rows without a branch need no mask and take the ordinary causal path.

Not every architecture honours such a mask (a recurrent layer cannot). Rather than keep a list, `log_probabilities` asks
the model itself with one small tree; a model that answers otherwise than for the plain sequences is run without trees.
"""

import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

Tokens = tuple[int, ...]
Wanted = Mapping[Tokens, Collection[Tokens]]
"""For each context (one token or more), the answers whose log-probabilities are wanted (one token or more each)."""
Found = dict[Tokens, dict[Tokens, tuple[float, ...]]]
"""For each context and answer, the log-probability in nats of each of the answer's tokens."""

MAX_LOGITS = 2**25
"""Most logits turned into float32 log-probabilities at once: 128 MiB."""

AGREEMENT, COARSE_AGREEMENT = 1e-3, 0.1
"""How far a tree may differ from plain sequences, in nats, before trees are given up: float32 weights differ by about
1e-6, 16-bit weights by about 1e-2, and a trained model that ignores the mask by whole nats."""


@dataclass(frozen=True, slots=True)
class Packing:
    """How sequences are laid out. `batch_tokens` bounds one forward pass (padding counted); `share_from` is the number
    of leading tokens from which different prompts are laid into one row; `row_tokens` bounds such a row."""

    batch_tokens: int
    share_from: int
    row_tokens: int


@dataclass(frozen=True, slots=True)
class Stem:
    """What is fed to read off some answers of one context: the beginning they share. `last` holds their last tokens."""

    context: Tokens
    beginning: Tokens
    last: Collection[int]


@dataclass(slots=True)
class Row:
    """A tree of tokens in depth-first order: for each node its token, its parent's place (-1: none) and its depth.

    `path` is the latest path from the root; `stems` holds, with each stem, the nodes whose logits it needs.
    """

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    path: list[int] = field(default_factory=list)
    stems: list[tuple[Stem, list[int]]] = field(default_factory=list)

    @property
    def branches(self) -> bool:
        """Say whether the row is more than one plain sequence: laid depth first, its last token is then its deepest."""
        return self.depths[-1] != len(self.tokens) - 1

    def shared(self, sequence: Tokens) -> int:
        """Return how many leading tokens of a sequence the latest path already has."""
        for depth, (node, token) in enumerate(zip(self.path, sequence, strict=False)):
            if self.tokens[node] != token:
                return depth
        return min(len(self.path), len(sequence))

    def add(self, stem: Stem, sequence: Tokens, shared: int = 0) -> None:
        """Add a stem's sequence, of which the latest path already has the first `shared` tokens."""
        del self.path[shared:]
        for token in sequence[shared:]:
            self.parents.append(self.path[-1] if self.path else -1)
            self.depths.append(len(self.path))
            self.path.append(len(self.tokens))
            self.tokens.append(token)
        self.stems.append((stem, self.path[len(stem.context) - 1 :]))


def log_probabilities(model: torch.nn.Module, wanted: Wanted, packing: Packing, autocast: bool = False) -> Found:
    """Return the log-probabilities of every wanted answer's tokens.

    One that is not finite comes back as NaN. The model is put in evaluation mode and left in the mode in which it was
    found. `autocast` computes matrix products in bfloat16.
    """
    found: Found = {context: {} for context in wanted}
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            rows = _rows(wanted, packing)
            if any(row.branches for row in rows) and not honours_trees(model):
                rows = _chains(wanted)
            with torch.autocast(model.device.type, torch.bfloat16, enabled=autocast):
                for batch in batches(rows, packing.batch_tokens):
                    _forward(model, batch, found)
    finally:
        model.train(was_training)
    return found


def _stems(wanted: Wanted) -> list[tuple[Tokens, Stem]]:
    """Return what must be fed, with its stem, so ordered that what begins alike lies together, depth first."""
    stems = []
    for context, answers in wanted.items():
        last: dict[Tokens, list[int]] = {}
        for answer in dict.fromkeys(answers):
            last.setdefault(answer[:-1], []).append(answer[-1])
        stems += [(context + beginning, Stem(context, beginning, tokens)) for beginning, tokens in last.items()]
    return sorted(stems, key=lambda pair: pair[0])


def _rows(wanted: Wanted, packing: Packing) -> list[Row]:
    rows: list[Row] = []
    latest: Tokens = ()
    for sequence, stem in _stems(wanted):
        shared = rows[-1].shared(sequence) if rows else 0
        alike = stem.context == latest or shared >= packing.share_from
        if not rows or not alike or len(rows[-1].tokens) + len(sequence) - shared > packing.row_tokens:
            rows.append(Row())
            shared = 0
        rows[-1].add(stem, sequence, shared)
        latest = stem.context
    return rows


def _chains(wanted: Wanted) -> list[Row]:
    """Lay every sequence into a row of its own."""
    rows = []
    for sequence, stem in _stems(wanted):
        rows.append(Row())
        rows[-1].add(stem, sequence)
    return rows


def batches(rows: Sequence[Row], batch_tokens: int) -> Iterator[list[Row]]:
    """Yield rows of like length (branched and plain apart), as many as fit the budget with padding counted."""
    batch: list[Row] = []
    for row in sorted(rows, key=lambda row: (row.branches, len(row.tokens))):
        grown = (len(batch) + 1) * len(row.tokens)
        if batch and (grown > batch_tokens or row.branches != batch[0].branches):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _forward(model: torch.nn.Module, rows: Sequence[Row], found: Found) -> None:
    """Run rows as one batch and write what was found."""
    kept = torch.tensor(sorted(nodes_needed(rows)), device=model.device)
    read_off(logits_at(model, rows, kept), kept, rows, found)


def nodes_needed(rows: Sequence[Row]) -> set[int]:
    """Return the nodes, of any of the rows, whose logits the rows' stems need."""
    return {node for row in rows for stem, nodes in row.stems for node in (*nodes[: len(stem.beginning)], nodes[-1])}


def read_off(logits: torch.Tensor, kept: torch.Tensor, rows: Sequence[Row], found: Found) -> None:
    """Write what logits of shape (rows, kept nodes, vocabulary) say of the rows' stems. `kept` is in order."""
    places: list[tuple[int, int, int]] = []  # row, node, token to read off it
    for number, row in enumerate(rows):
        for stem, nodes in row.stems:
            places += [(number, node, token) for node, token in zip(nodes, stem.beginning, strict=False)]
            places += [(number, nodes[-1], token) for token in stem.last]
    if not places:
        return
    number, node, token = torch.tensor(places, device=logits.device).T.contiguous()
    values = iter(_gather(logits, number, torch.searchsorted(kept, node), token).tolist())
    for row in rows:
        for stem, _ in row.stems:
            beginning = tuple(next(values) for _ in stem.beginning)
            found[stem.context] |= {(*stem.beginning, token): (*beginning, next(values)) for token in stem.last}


def logits_at(model: torch.nn.Module, rows: Sequence[Row], kept: torch.Tensor) -> torch.Tensor:
    """Return logits of shape (rows, kept positions, vocabulary)."""
    width = max(len(row.tokens) for row in rows)
    ids = torch.tensor([row.tokens + row.tokens[:1] * (width - len(row.tokens)) for row in rows], device=model.device)
    arguments: dict[str, torch.Tensor] = {}
    if any(row.branches for row in rows):
        depths = [row.depths + [0] * (width - len(row.depths)) for row in rows]
        arguments["position_ids"] = torch.tensor(depths, device=model.device)
        mask = np.stack([_ancestors(row.parents, width) for row in rows])[:, None]
        arguments["attention_mask"] = torch.from_numpy(mask).to(model.device)
    if "logits_to_keep" in _accepted(model):
        return model(input_ids=ids, use_cache=False, logits_to_keep=kept, **arguments).logits
    return model(input_ids=ids, use_cache=False, **arguments).logits[:, kept]


def _ancestors(parents: Sequence[int], width: int) -> np.ndarray:
    """Return (width, width) booleans: does row i attend to column j? Padding attends to itself, so nothing is empty."""
    mask = np.eye(width, dtype=bool)
    for node, parent in enumerate(parents):
        if parent >= 0:
            mask[node] |= mask[parent]
    return mask


def _gather(logits: torch.Tensor, number: torch.Tensor, column: torch.Tensor, token: torch.Tensor) -> torch.Tensor:
    """Return log p(token) at (row, kept column), in float32; NaN where it is not finite."""
    places, which = torch.unique(number * logits.shape[1] + column, return_inverse=True)
    flat = logits.flatten(0, 1)
    chunk = max(1, MAX_LOGITS // logits.shape[-1])
    totals = torch.cat([flat[part].float().logsumexp(-1) for part in places.split(chunk)])
    values = flat[places[which], token].float() - totals[which]
    return torch.where(values.isfinite(), values, torch.nan)


def _accepted(model: torch.nn.Module) -> Collection[str]:
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return inspect.signature(inner.forward).parameters


def honours_trees(model: torch.nn.Module) -> bool:
    """Run one small tree and its plain sequences, and say whether they agree."""
    if model.config._attn_implementation != "sdpa" or "position_ids" not in _accepted(model):
        return False
    probe = {(1, 2, 3): [(4, 5, 0), (5, 4, 0)], (1, 2, 3, 5): [(0,)]}
    found: list[Found] = [{context: {} for context in probe} for _ in range(2)]
    _forward(model, _rows(probe, Packing(64, 1, 64)), found[0])
    _forward(model, _chains(probe), found[1])
    tree, plain = ([v for answers in one.values() for key in sorted(answers) for v in answers[key]] for one in found)
    worst = max(abs(a - b) for a, b in zip(tree, plain, strict=True))
    return worst < (AGREEMENT if model.dtype == torch.float32 else COARSE_AGREEMENT)
