"""Let a reader write: many prompts in one batch, each with its own temperature, stop sequences, length and seed.

The batch is one plain `model.generate` on prompts padded on the left. A token is drawn as the largest of
`logits / temperature + Gumbel noise`, whose distribution is that of ordinary sampling (the Gumbel-max trick), and the
noise of a prompt comes from a generator of its own. So what is written to a prompt depends on its seed and not on the
prompts that happen to be in the same batch, but for rounding, which padding changes a little and bfloat16 more.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from uptake.readers.reader import Reader, quietly
from uptake.readers.tokens import chat_template, special_prefix, token_ids
from uptake.seeds import number

BATCH_TOKENS, BATCH_ROWS = 16_384, 64
"""Most tokens (prompts with padding, and what may be written) and prompts of a batch. On 2 cores SmolLM2 writes 214
tokens a second for 16 prompts at once and 308 for 64; its keys and values take 46 KB a token in float32."""

STOP_TAIL = 4
"""A stop sequence is looked for in its own length and this many tokens more, so that one is found that ends within a
token."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the reader is asked to go on from, as text, and how.

    `special` puts the tokenizer's begin token before the text (a chat template brings its own). Temperature 0 takes
    the likeliest token. Without a `seed` every call writes something else. `top_logprobs` asks for that many of the
    likeliest tokens at each place.
    """

    text: str
    max_tokens: int = 256
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    stop: tuple[str, ...] = ()
    seed: int | None = None
    top_logprobs: int = 0
    special: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """One token that was written, its log-probability in nats at temperature 1, and the likeliest ones there."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What was written: the text without the stop sequence, how it ended, and the tokens on either side. No text and a
    `reason` where the prompt cannot be answered."""

    text: str = ""
    ended: Literal["stop", "max_tokens"] = "stop"
    tokens_in: int = 0
    tokens_out: int = 0
    places: tuple[Place, ...] = ()
    reason: str = ""


def chat_text(reader: Reader, messages: Sequence[Mapping[str, str]], template: Literal["auto", "plain"]) -> str:
    """Return messages (`role`, `content`) as the text that the reader goes on from.

    With `auto` they are put in the reader's neutral chat template, or else in its own; a last message of the assistant
    is left open, to be continued. With `plain`, and for a reader without a template, contents follow each other with
    nothing between.
    """
    if template == "plain" or not reader.tokenizer.chat_template:
        return "".join(message["content"] for message in messages)
    own = reader.tokenizer.chat_template
    neutral = isinstance(own, dict) and {"default", "original"} <= set(own)
    opened = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
    turns = messages[:-1] if opened else messages
    chosen = chat_template(reader, "neutral" if neutral else "original")
    return opened_by(reader, turns, chosen) + opened


def opened_by(reader: Reader, turns: Sequence[Mapping[str, str]], template: str) -> str:
    """Return turns in a chat template, up to where the assistant begins."""
    return reader.tokenizer.apply_chat_template([dict(turn) for turn in turns], chat_template=template,
                                                add_generation_prompt=True, tokenize=False)


def write(reader: Reader, prompts: Sequence[Prompt], autocast: bool = False) -> list[Reply]:
    """Let the reader go on from each prompt; return a reply a prompt, in order.

    A prompt that leaves no room in the reader's window has a reason instead of a text; one that leaves less than it
    asks for is answered as far as there is room. `autocast` computes matrix products in bfloat16.
    """
    start, ids = special_prefix(reader), token_ids(reader, [prompt.text for prompt in prompts])
    tokens = [(start if prompt.special else ()) + ids[prompt.text] for prompt in prompts]
    replies: list[Reply | None] = [_refused(reader, each, prompt) for each, prompt in zip(tokens, prompts, strict=True)]
    left = sorted((place for place, reply in enumerate(replies) if reply is None), key=lambda place: len(tokens[place]))
    for batch in _batches(reader, left, tokens, prompts):
        written = _batch(reader, [tokens[place] for place in batch], [prompts[place] for place in batch], autocast)
        for place, reply in zip(batch, written, strict=True):
            replies[place] = reply
    return [reply for reply in replies if reply is not None]


def _refused(reader: Reader, tokens: Sequence[int], prompt: Prompt) -> Reply | None:
    """Return the reply to a prompt that the reader cannot go on from, or None."""
    if not tokens:
        return Reply(reason="the prompt has no token")
    if len(tokens) >= reader.window:
        return Reply(tokens_in=len(tokens), reason=f"the prompt needs {len(tokens)} tokens; "
                                                   f"the reader's window is {reader.window}")
    return Reply(ended="max_tokens", tokens_in=len(tokens)) if prompt.max_tokens < 1 else None


def _batches(
    reader: Reader, left: Sequence[int], tokens: Sequence[tuple[int, ...]], prompts: Sequence[Prompt]
) -> list[list[int]]:
    """Deal prompts, sorted by length, into batches that keep to the bounds.

    A prompt that has ended is fed on until its whole batch has, so the window bounds every prompt with the longest text
    of its batch.
    """
    batches: list[list[int]] = []
    longest = 0
    for place in left:
        room = min(prompts[place].max_tokens, reader.window - len(tokens[place]))
        longest = max(longest, room)
        rows, width = (len(batches[-1]) + 1 if batches else 0), len(tokens[place]) + longest
        if not rows or rows > BATCH_ROWS or rows * width > BATCH_TOKENS or width > reader.window:
            batches.append([])
            longest = room
        batches[-1].append(place)
    return batches


def _batch(reader: Reader, tokens: Sequence[tuple[int, ...]], prompts: Sequence[Prompt], autocast: bool) -> list[Reply]:
    device, width = reader.model.device, max(map(len, tokens))
    ends = sorted(end_tokens(reader))
    pad = ends[0] if ends else 0
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in tokens], device=device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in tokens], device=device)
    rooms = [min(p.max_tokens, reader.window - len(row)) for p, row in zip(prompts, tokens, strict=True)]
    draw, watch = Draw(prompts, device), Ends(reader, prompts, rooms, width)
    config = GenerationConfig(do_sample=False, num_beams=1, repetition_penalty=1.0, max_new_tokens=max(rooms),
                              use_cache=True, eos_token_id=ends or None, pad_token_id=pad)
    was_training = reader.model.training
    reader.model.eval()
    try:
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=autocast), quietly():
            out = reader.model.generate(input_ids=ids, attention_mask=mask, generation_config=config,
                                        logits_processor=LogitsProcessorList([draw]),
                                        stopping_criteria=StoppingCriteriaList([watch]))
    finally:
        reader.model.train(was_training)
    written = out[:, width:].tolist()
    return [_reply(reader, len(tokens[row]), written[row][: watch.lengths.get(row)], (watch, draw), row)
            for row in range(len(tokens))]


def _reply(reader: Reader, tokens_in: int, written: list[int], made: tuple["Ends", "Draw"], row: int) -> Reply:
    watch, draw = made
    stopped = row in watch.stopped
    kept = written[:-1] if stopped and written[-1] in watch.ends else written
    text = reader.tokenizer.decode(kept, skip_special_tokens=True)
    cut = min((at for stop in watch.stops[row] if (at := text.find(stop)) >= 0), default=len(text))
    places = draw.places(reader, row, kept)
    return Reply(text[:cut], "stop" if stopped else "max_tokens", tokens_in, len(written), places)


def end_tokens(reader: Reader) -> set[int]:
    """Return the ids of the tokens that end a text."""
    named = getattr(reader.model.generation_config, "eos_token_id", None)
    own = reader.tokenizer.eos_token_id
    ids = [*(named if isinstance(named, list) else [named]), own]
    return {each for each in ids if each is not None}


class Ends(StoppingCriteria):
    """Says of each row of a batch whether it is at its end; keeps the rows' lengths in tokens, the end included."""

    def __init__(self, reader: Reader, prompts: Sequence[Prompt], rooms: Sequence[int], width: int):
        self.tokenizer, self.width, self.rooms, self.ends = reader.tokenizer, width, rooms, end_tokens(reader)
        self.stops = [prompt.stop for prompt in prompts]
        self.tails = [max((len(ids) for ids in token_ids(reader, stops).values()), default=0) for stops in self.stops]
        self.lengths: dict[int, int] = {}
        self.stopped: set[int] = set()

    def __call__(self, input_ids: torch.Tensor, scores: object, **kwargs: object) -> torch.Tensor:
        written = input_ids.shape[1] - self.width
        latest = input_ids[:, -1].tolist()
        for row, token in enumerate(latest):
            if row not in self.lengths:
                stops = token in self.ends or self._says_stop(input_ids[row, self.width :], row)
                if stops or written >= self.rooms[row]:
                    self.lengths[row] = written
                    self.stopped |= {row} if stops else set()
        return torch.tensor([row in self.lengths for row in range(len(latest))], device=input_ids.device)

    def _says_stop(self, written: torch.Tensor, row: int) -> bool:
        if not self.stops[row]:
            return False
        tail = self.tokenizer.decode(written[-self.tails[row] - STOP_TAIL :].tolist(), skip_special_tokens=True)
        return any(stop in tail for stop in self.stops[row])


class Draw(LogitsProcessor):
    """Turns logits into ones whose largest is a draw, row by row, and notes the likeliest tokens where asked to."""

    def __init__(self, prompts: Sequence[Prompt], device: torch.device):
        self.prompts = prompts
        self.generators = {row: _generator(prompt, device) for row, prompt in enumerate(prompts) if prompt.temperature}
        self.most = max(prompt.top_logprobs for prompt in prompts)
        # For each step: the likeliest tokens, their log-probabilities, and that of the one chosen.
        self.noted: list[tuple[list, list, list]] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        scores = scores.float()
        drawn = scores.clone()
        for row, generator in self.generators.items():
            logits = kept(scores[row] / self.prompts[row].temperature, self.prompts[row])
            drawn[row] = logits - torch.empty_like(logits).exponential_(generator=generator).log()
        if self.most:
            logps = scores.log_softmax(-1)
            values, ids = logps.topk(min(self.most, logps.shape[-1]))
            chosen = logps.gather(-1, drawn.argmax(-1, keepdim=True))[:, 0]
            self.noted.append((ids.tolist(), values.tolist(), chosen.tolist()))
        return drawn

    def places(self, reader: Reader, row: int, written: Sequence[int]) -> tuple[Place, ...]:
        """Return what was noted of the tokens that a row has written."""
        count, decode = self.prompts[row].top_logprobs, reader.tokenizer.decode
        if not count:
            return ()
        return tuple(Place(decode([token]), chosen[row], tuple(
            (decode([each]), value) for each, value in zip(ids[row][:count], values[row][:count], strict=True)))
            for token, (ids, values, chosen) in zip(written, self.noted, strict=False))


def _generator(prompt: Prompt, device: torch.device) -> torch.Generator:
    """Return a prompt's source of noise. The text goes into it beside the seed: with one seed for all, as is usual, all
    prompts would otherwise have the same noise, and the errors of their answers would not be independent."""
    generator = torch.Generator(device)
    if prompt.seed is None:
        generator.seed()
    else:
        generator.manual_seed(number(abs(prompt.seed), "write", prompt.text))
    return generator


def kept(logits: torch.Tensor, prompt: Prompt) -> torch.Tensor:
    """Return the logits of one row with all that `top_k` and `top_p` leave out at minus infinity."""
    if 0 < prompt.top_k < len(logits):
        logits = logits.masked_fill(logits < logits.topk(prompt.top_k).values[-1], -math.inf)
    if prompt.top_p < 1:
        ordered, order = logits.sort(descending=True)
        before = ordered.softmax(-1).cumsum(-1) - ordered.softmax(-1)
        logits = logits.scatter(-1, order[before >= prompt.top_p], -math.inf)
    return logits
