"""What a reader makes of documents that it only reads: the surprise of every token, and answers to questions behind it.

A document, the questions asked behind it and the names that might have stood in it are one tree of tokens (see
`tree.py`), so the document itself is computed once whatever is asked. Only for an architecture that does not honour
such a tree is each question run with the document before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from uptake.readers.generate import BATCH_ROWS, end_tokens
from uptake.readers.load import load, silent
from uptake.readers.processor import Precision, bfloat16
from uptake.readers.reader import Reader, quietly
from uptake.readers.tokens import offsets, special_prefix
from uptake.readers.tree import Found, Row, Stem, Tokens, batches, honours_trees, logits_at, nodes_needed, read_off

MOST_TOKENS = 1024
"""Tokens of a document that are read: some 750 words. What kind of text it is shows by then, and the work for a row of
the tree grows with the square of its length."""

BATCH_TOKENS = 3072
"""Tokens of one forward pass: four documents of 200 words with what is asked of them. The logits of a pass, its largest
tensor, are then 150 MB for a vocabulary of 49,152 in bfloat16."""

TILE = 1 << 20
"""Logits turned into probabilities at once: 4 MiB, which stays in the processor's cache. On one core 300 places of
49,152 words took 0.18 s by whole log-softmax tensors."""

FLOOR = -1e4
"""Logits below the largest one by more than this have no probability in float32; minus infinity would give NaN."""

Question = tuple[str, tuple[str, ...]]
"""What is asked behind a document, and the answers whose probabilities are wanted."""


@dataclass(frozen=True, slots=True)
class Blank:
    """A stretch of a document's text, in characters, and what might have stood there instead."""

    start: int
    end: int
    rivals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A document with what is asked of the reader about it."""

    text: str
    questions: tuple[Question, ...] = ()
    blanks: tuple[Blank, ...] = ()


@dataclass(frozen=True, slots=True)
class Impression:
    """What a reader makes of a passage, in nats.

    For each token that was predicted: the characters it spells, its log-probability, the mean of the log-probability
    there (minus the entropy) and its variance. For each question the log-probability of each answer; None where one
    does not fit the window or holds an unknown word. For each blank that of what stands there and of each rival; None
    for a blank that was not read, and for what holds an unknown word. `read` counts the characters that were read.
    """

    spans: tuple[tuple[int, int], ...] = ()
    logps: tuple[float, ...] = ()
    means: tuple[float, ...] = ()
    variances: tuple[float, ...] = ()
    answers: tuple[tuple[float, ...] | None, ...] = ()
    blanks: tuple[tuple[float | None, ...] | None, ...] = ()
    read: int = 0


@dataclass(frozen=True, slots=True)
class Auditor:
    """A reader made ready to read documents: its matrices in bfloat16 where `autocast` says so, and whether it honours
    trees."""

    reader: Reader
    trees: bool
    autocast: bool
    precision: str

    def read(self, passages: Sequence[Passage]) -> list[Impression]:
        """Return an impression a passage, in order."""
        laid = [_Laid(self, passage) for passage in passages]
        whose = {id(row): each for each in laid for row in each.rows}
        with torch.inference_mode(), torch.autocast(self.reader.model.device.type, torch.bfloat16,
                                                    enabled=self.autocast):
            for batch in batches([row for each in laid for row in each.rows], BATCH_TOKENS):
                _forward(self.reader.model, batch, [whose[id(row)] for row in batch])
        return [each.impression() for each in laid]

    def write(self, openings: Sequence[str], tokens: int, seed: int) -> list[str]:
        """Return what the reader itself writes after each opening, at temperature 1, without the opening. Empty where
        there is nothing to go on from.

        What is written depends on the seed and on all the openings. (`generate.write` keeps prompts independent of one
        another, for which each draws noise for its whole vocabulary at every token: half of the time that it takes.)
        """
        generator = torch.Generator(self.reader.model.device).manual_seed(seed)
        prompts = [special_prefix(self.reader) + tuple(self.reader.tokenizer(each, add_special_tokens=False).input_ids)
                   for each in openings]
        order = sorted((place for place, each in enumerate(prompts) if each), key=lambda place: len(prompts[place]))
        written = [""] * len(prompts)
        for first in range(0, len(order), BATCH_ROWS):
            places = order[first : first + BATCH_ROWS]
            for place, text in zip(places, self._go_on([prompts[each] for each in places], tokens, generator),
                                   strict=True):
                written[place] = text
        return written

    def _go_on(self, prompts: Sequence[Tokens], tokens: int, generator: torch.Generator) -> list[str]:
        width, device, ends = max(map(len, prompts)), self.reader.model.device, sorted(end_tokens(self.reader))
        pad = ends[0] if ends else 0
        ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in prompts], device=device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts], device=device)
        config = GenerationConfig(do_sample=False, num_beams=1, max_new_tokens=min(tokens, self.reader.window - width),
                                  eos_token_id=ends or None, pad_token_id=pad)
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=self.autocast), quietly():
            out = self.reader.model.generate(input_ids=ids, attention_mask=mask, generation_config=config,
                                             logits_processor=LogitsProcessorList([_Drawn(generator)]))
        return self.reader.tokenizer.batch_decode(out[:, width:], skip_special_tokens=True)

    @property
    def facts(self) -> dict:
        return {"name": self.reader.name, **self.reader.facts, "precision": self.precision}


def open_auditor(name: str, threads: int = 1, precision: Precision = "auto") -> Auditor:
    """Load a reader for reading only. Raises UserError as `load.load` does, and for one with a slow tokenizer."""
    torch.set_num_threads(max(1, threads))
    return auditor(load(name, notice=silent), precision)


def auditor(reader: Reader, precision: Precision = "auto") -> Auditor:
    """Make a loaded reader ready; its matrices are changed in place and it is not to be trained afterwards."""
    offsets(reader)
    reader.model.eval()
    with torch.inference_mode():
        trees = honours_trees(reader.model)
    faster, why = bfloat16(precision)
    if faster:
        # Autocast would convert every matrix anew in every pass, which takes a fifth of the time of a short one.
        for module in reader.model.modules():
            if isinstance(module, torch.nn.Linear):
                module.weight = torch.nn.Parameter(module.weight.detach().bfloat16(), requires_grad=False)
    return Auditor(reader, trees, faster, why)


class _Drawn(LogitsProcessor):
    """Leaves one token of each row possible: a draw from the row's distribution, by inverting its cumulative sum."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        total = scores.float().softmax(-1).cumsum(-1, dtype=torch.float64)
        at = torch.rand(len(scores), 1, dtype=torch.float64, generator=self.generator, device=scores.device)
        drawn = torch.searchsorted(total, at * total[:, -1:]).clamp_(max=scores.shape[-1] - 1)
        return torch.full_like(scores, -torch.inf).scatter_(1, drawn, 0.0)


class _Laid:
    """A passage in tokens, the rows that it is laid into, and what the passes over them found."""

    def __init__(self, by: Auditor, passage: Passage) -> None:
        self.reader, self.passage, self.text = by.reader, passage, passage.text.rstrip()
        self.start = special_prefix(by.reader)
        self.unknown = by.reader.tokenizer.unk_token_id
        self.spans, self.ids = self._tokens(by.reader)
        self.trunk = self.start + self.ids
        self.questions = [self._question(*each) for each in passage.questions]
        self.blanks = [self._blank(each) for each in passage.blanks]
        self.found: Found = {}
        self.moments: torch.Tensor | None = None
        self.main = Row()
        self.rows: list[Row] = []
        self._lay(by.trees)

    def impression(self) -> Impression:
        first = max(1, len(self.start)) - len(self.start)
        logps, means, variances = (self.moments if self.moments is not None else torch.empty(3, 0)).tolist()
        return Impression(tuple(self.spans[first:]), tuple(logps), tuple(means), tuple(variances),
                          tuple(each and self._sums(each) for each in self.questions),
                          tuple(each and self._sums(each) for each in self.blanks),
                          self.spans[-1][1] if self.spans else 0)

    def _tokens(self, reader: Reader) -> tuple[list[tuple[int, int]], Tokens]:
        """The document's tokens, as many as are read: with the longest question they keep to the window."""
        asked = [question + answer for question, answers in self.passage.questions for answer in answers]
        longest = max((len(ids) for ids in self._ids(asked)), default=0)
        most = max(0, min(MOST_TOKENS, reader.window - longest - len(self.start)))
        # A token is rarely longer than 16 characters; tokenising a whole book for its first page takes seconds.
        text = self.text[:16 * MOST_TOKENS]
        found = reader.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return [tuple(span) for span in found["offset_mapping"][:most]], tuple(found["input_ids"][:most])

    def _ids(self, texts: Sequence[str]) -> list[Tokens]:
        if not texts:
            return []
        return [tuple(ids) for ids in self.reader.tokenizer(list(texts), add_special_tokens=False)["input_ids"]]

    def _question(self, question: str, answers: tuple[str, ...]) -> tuple[Tokens, list[Tokens]] | None:
        """A question's context and its answers. Document and question are tokenised apart: the document's end is
        stripped of white space and a question begins with some, so that no token straddles the boundary."""
        asked, *answered = self._ids([question, *answers])
        known = self.unknown is None or not any(self.unknown in ids for ids in (asked, *answered))
        context = self.trunk + asked
        fits = all(len(context) + len(ids) <= self.reader.window for ids in answered)
        return (context, answered) if known and fits and context and all(answered) else None

    def _blank(self, blank: Blank) -> tuple[Tokens, list[Tokens | None]] | None:
        """What stands before a blank, and what stands there with its rivals. A token may begin before the blank or end
        behind it; the rivals then begin and end as it does."""
        inside = [at for at, (start, end) in enumerate(self.spans) if end > blank.start and start < blank.end]
        if not inside or not self.start + self.ids[: inside[0]] or self.spans[inside[-1]][1] < blank.end:
            return None
        before = self.text[self.spans[inside[0] - 1][1] if inside[0] else 0 : blank.start]
        behind = self.text[blank.end : self.spans[inside[-1]][1]]
        own = self.ids[inside[0] : inside[-1] + 1]
        rivals = self._ids([before + rival + behind for rival in blank.rivals])
        return self.start + self.ids[: inside[0]], [self._known(each) for each in (own, *rivals)]

    def _known(self, ids: Tokens) -> Tokens | None:
        return None if not ids or (self.unknown is not None and self.unknown in ids) else ids

    def _lay(self, trees: bool) -> None:
        """Lay the document, behind it the questions, and the blanks from the last to the first: each finds the part of
        the document that it goes on from still in the row's latest path."""
        if self.trunk:
            self.main.add(Stem(self.trunk, (), ()), self.trunk)
            self.main.stems.clear()  # what is wanted of the document itself is more than its tokens' probabilities
        blanks = sorted((each for each in self.blanks if each), key=lambda each: -len(each[0]))
        for context, answers in [*(each for each in self.questions if each), *blanks]:
            self.found.setdefault(context, {})
            for stem in _stems(context, [each for each in answers if each]):
                row = self.main if trees else Row()
                sequence = stem.context + stem.beginning
                row.add(stem, sequence, row.shared(sequence))
                if row is not self.main:
                    self.rows.append(row)
        if self.main.tokens:
            self.rows.append(self.main)

    def _sums(self, asked: tuple[Tokens, list[Tokens | None]]) -> tuple[float | None, ...]:
        context, answers = asked
        return tuple(sum(self.found[context][each]) if each else None for each in answers)


def _stems(context: Tokens, answers: Sequence[Tokens]) -> Iterator[Stem]:
    """Yield what must be fed to read off the answers, what begins alike together."""
    last: dict[Tokens, list[int]] = {}
    for answer in dict.fromkeys(answers):
        last.setdefault(answer[:-1], []).append(answer[-1])
    for beginning in sorted(last):
        yield Stem(context, beginning, last[beginning])


def _forward(model: torch.nn.Module, rows: Sequence[Row], whose: Sequence[_Laid]) -> None:
    """Run rows as one batch and give each passage what was found in its own."""
    trunks = [len(each.trunk) if row is each.main else 0 for row, each in zip(rows, whose, strict=True)]
    kept = torch.tensor(sorted(nodes_needed(rows) | set(range(max(trunks)))), device=model.device)
    logits = logits_at(model, rows, kept)
    for number, (row, each, length) in enumerate(zip(rows, whose, trunks, strict=True)):
        first = max(1, len(each.start))
        if length > first:
            # The nodes of the trunk are the first of its row, and all of them are kept.
            each.moments = moments(logits[number, first - 1 : length - 1], torch.tensor(each.trunk[first:]))
        read_off(logits[number : number + 1], kept, [row], each.found)


def moments(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Return, for logits of shape (places, vocabulary) and the token at each place, a float32 tensor of shape (3,
    places): log p(token), and the mean and the variance of log p under p itself, in nats."""
    found = []
    rows = max(1, TILE // logits.shape[-1])
    for part, token in zip(logits.split(rows), tokens.to(logits.device).split(rows), strict=True):
        scaled = (part.float() - part.amax(-1, keepdim=True).float()).clamp_(min=FLOOR)
        own = scaled.gather(-1, token[:, None])[:, 0]
        weights = scaled.exp()
        total = weights.sum(-1)
        mean = torch.linalg.vecdot(weights, scaled) / total
        square = torch.linalg.vecdot(weights, scaled.square_()) / total
        found.append(torch.stack((own - total.log(), mean - total.log(), (square - mean.square()).clamp_(min=0))))
    return torch.cat(found, dim=1).cpu()
