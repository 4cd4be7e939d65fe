"""The provider `uptake`: a reader of ours as an Inspect model, with batches, temperature 0 and prompt_logprobs.

    inspect eval uptake/self --model uptake/smollm2-135m
    inspect eval uptake/self --model uptake/runs/mine/model -M precision=fp32

What follows `uptake/` is any name that a study's `reader:` takes: a built-in reader, a folder with a model or a LoRA
adapter, a hub id. Model arguments (-M): `precision` (auto, fp32, bf16) and `template` (auto, plain). With `auto` text
is written in bfloat16 where the processor has it, and log-probabilities are taken in float32: they are then the
engine's own to the last digit that counts.

A request for `prompt_logprobs` with one user message scores its text as it stands, as completions servers do. All other
messages are put in the reader's chat template, and a last message of the assistant is left open.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar
from inspect_ai._util.error import PrerequisiteError  # named nowhere else
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    TopLogprob,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from uptake.errors import UserError, did_you_mean

logger = logging.getLogger(__name__)

CONNECTIONS = 128
"""Requests under way at once: enough for the engine to fill its batches, of 2048 tokens or 64 prompts."""

GATHER = 0.02
"""Seconds for which the first request of a batch waits for others. They come from one event loop, within a few
milliseconds of each other; a batch takes tens to thousands."""

PRECISIONS, TEMPLATES = ("auto", "fp32", "bf16"), ("auto", "plain")


@dataclass
class Request:
    """One call of the model: the text, whether it is plain text, how to go on from it, and what comes back."""

    text: str
    plain: bool
    config: GenerateConfig
    output: ModelOutput | Exception | None = None


@dataclass
class Queue:
    """The requests of one event loop that no batch has taken yet, and the lock of whoever carries a batch out."""

    lock: anyio.Lock = field(default_factory=anyio.Lock)
    waiting: list[Request] = field(default_factory=list)


class UptakeAPI(ModelAPI):
    """A reader on this machine; requests that come together are one batch.

    Raises PrerequisiteError, which Inspect shows without a traceback, if there is no such reader or model argument.
    """

    def __init__(self, model_name: str, base_url: str | None = None, api_key: str | None = None,
                 config: GenerateConfig = GenerateConfig(), **model_args: Any) -> None:  # noqa: B008
        super().__init__(model_name=model_name, base_url=base_url, api_key=api_key, config=config)
        self.precision = _one_of(model_args.pop("precision", "auto"), PRECISIONS, "precision")
        self.template: Literal["auto", "plain"] = _one_of(model_args.pop("template", "auto"), TEMPLATES, "template")
        if model_args:
            raise PrerequisiteError(f"the provider takes no model argument '{next(iter(model_args))}'\n"
                                    "hint: it takes precision and template")
        self.queue: RunVar[Queue] = RunVar(f"uptake-{id(self)}")
        self.busy = threading.Lock()
        self.reader: Any = None
        self._loaded()

    async def generate(self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice,  # noqa: A002
                       config: GenerateConfig) -> ModelOutput:
        """Answer one request, in a batch with those that come with it. Raises PrerequisiteError if it brings tools."""
        if tools:
            raise PrerequisiteError(f"uptake/{self.model_name}: readers of this provider use no tools")
        request = await anyio.to_thread.run_sync(self._request, input, config)
        queue = self._queue()
        queue.waiting.append(request)
        async with queue.lock:
            if request.output is None:
                await anyio.sleep(GATHER)
                batch, queue.waiting = queue.waiting, []
                await anyio.to_thread.run_sync(self._carry_out, batch)
        if isinstance(request.output, Exception):
            raise request.output
        assert request.output is not None
        return request.output

    def max_tokens(self) -> int | None:
        """How many tokens are written where nobody says how many."""
        return 256

    def max_connections(self) -> int:
        """How many requests are taken at once."""
        return CONNECTIONS

    async def count_text_tokens(self, text: str) -> int:
        """Count with the reader's own tokenizer; Inspect's default would fetch another one from the network."""
        return len(self._loaded().tokenizer(text, add_special_tokens=False).input_ids)

    def close(self) -> None:
        """Let the reader's weights go."""
        self.reader = None

    def _queue(self) -> Queue:
        """Return the queue of this event loop: a lock belongs to one loop, and the model outlives it."""
        try:
            return self.queue.get()
        except LookupError:
            self.queue.set(Queue())
            return self.queue.get()

    def _loaded(self) -> Any:
        from uptake.readers.load import load

        with self.busy:
            if self.reader is None:
                try:
                    self.reader = load(self.model_name, notice=logger.info)
                except UserError as error:
                    raise PrerequisiteError(str(error)) from error
            return self.reader

    def _request(self, messages: Sequence[ChatMessage], config: GenerateConfig) -> Request:
        from uptake.readers.generate import chat_text

        reader = self._loaded()
        alone = len(messages) == 1 and messages[0].role == "user" and config.prompt_logprobs is not None
        plain = alone or self.template == "plain" or not reader.tokenizer.chat_template
        given = [{"role": message.role, "content": message.text} for message in messages]
        return Request(chat_text(reader, given, "plain" if plain else "auto"), plain, config)

    def _carry_out(self, batch: Sequence[Request]) -> None:
        """Answer a batch, in a thread. A failure is handed to every request of the batch and stops no other batch."""
        try:
            reader = self._loaded()
            with self.busy:
                outputs = _answers(reader, self.precision, batch)
        except Exception as error:  # noqa: BLE001 - it is raised again, by each request that waits for it
            outputs = [error] * len(batch)
        for request, output in zip(batch, outputs, strict=True):
            request.output = output


def _answers(reader: Any, precision: str, batch: Sequence[Request]) -> list[ModelOutput]:
    """Score and write, whatever each request asks for."""
    from uptake.readers.generate import write
    from uptake.readers.processor import bfloat16
    from uptake.readers.score import ScoreSettings
    from uptake.readers.spelling import spell

    scored = [each for each in batch if each.config.prompt_logprobs is not None]
    exact = ScoreSettings(precision="bf16" if precision == "bf16" else "fp32")
    spelt = iter(spell(reader, [(each.text, each.plain) for each in scored], exact) if scored else [])
    prompts = [prompt for each in batch for prompt in _prompts(each)]
    written = iter(write(reader, prompts, bfloat16(precision)[0]) if prompts else [])
    outputs = []
    for request in batch:
        found = next(spelt) if request.config.prompt_logprobs is not None else None
        replies = [next(written) for _ in _prompts(request)]
        outputs.append(_output(reader.name, found, replies))
    return outputs


def _prompts(request: Request) -> list[Any]:
    """Return what is to be written: nothing where prompt log-probabilities are asked for with a single token, because
    completions servers insist on one."""
    from uptake.readers.generate import Prompt

    asked = request.config
    if asked.prompt_logprobs is not None and (asked.max_tokens or 1) <= 1:
        return []
    top = (asked.top_logprobs or 1) if asked.logprobs else 0
    return [Prompt(
        text=request.text,
        max_tokens=asked.max_tokens or 256,
        temperature=1.0 if asked.temperature is None else asked.temperature,
        top_p=1.0 if asked.top_p is None else asked.top_p,
        top_k=asked.top_k or 0,
        stop=tuple(asked.stop_seqs or ()),
        seed=None if asked.seed is None else asked.seed + number,
        top_logprobs=top,
        special=request.plain,
    ) for number in range(asked.num_choices or 1)]


def _output(name: str, spelt: Any, replies: Sequence[Any]) -> ModelOutput:
    """Return what Inspect wants to know of an answer. What could not be scored or written has its reason in `error`."""
    tokens_in = spelt.tokens if spelt else replies[0].tokens_in
    tokens_out = sum(reply.tokens_out for reply in replies)
    usage = ModelUsage(input_tokens=tokens_in, output_tokens=tokens_out, total_tokens=tokens_in + tokens_out)
    reason = (spelt.reason if spelt else "") or next((reply.reason for reply in replies if reply.reason), "")
    logps = _logprobs(spelt) if spelt and not reason else None
    choices = [_choice(name, reply) for reply in replies] or [_choice(name, None)]
    choices[0].prompt_logprobs = logps
    return ModelOutput(model=name, choices=choices, usage=usage, error=reason or None)


def _choice(name: str, reply: Any) -> ChatCompletionChoice:
    message = ChatMessageAssistant(content=reply.text if reply else "", model=name, source="generate")
    if reply is None:
        return ChatCompletionChoice(message=message, stop_reason="max_tokens")
    places = Logprobs(content=[
        Logprob(token=place.token, logprob=place.logprob,
                top_logprobs=[TopLogprob(token=token, logprob=logprob) for token, logprob in place.top])
        for place in reply.places]) if reply.places else None
    ended = "model_length" if reply.reason else reply.ended
    return ChatCompletionChoice(message=message, stop_reason=ended, logprobs=places)


def _logprobs(spelt: Any) -> Logprobs:
    return Logprobs(content=[Logprob(token=piece, logprob=logp)
                             for piece, logp in zip(spelt.pieces, spelt.logps, strict=True)])


def _one_of(given: Any, known: Sequence[str], name: str) -> Any:
    if given not in known:
        raise PrerequisiteError(f"-M {name}: '{given}' is no {name}\nhint: {did_you_mean(str(given), known)}")
    return given
