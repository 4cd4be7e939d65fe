"""Put an item to a model, through Inspect's model API, and take its numbers: a value, or the reason why there is none.

Nothing is guessed from a provider's name. A model is asked a harmless item first, in each way in turn, and the first
way that it answers as it should is the one for all its items. A server that ignores what it does not know, one that
refuses it and one that scores another text than the one sent (a chat endpoint puts it in a template) are all found out
by that.
"""

from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import yaml
from inspect_ai.model import (
    CachePolicy,
    ChatMessageAssistant,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
)
from inspect_ai.model._model import ModelGenerateError  # named nowhere else
from inspect_ai.util import collect
from openai import APIError
from tenacity import RetryError

from uptake.errors import UserError, did_you_mean
from uptake.inspect.estimates import (
    ESTIMATES,
    Estimate,
    Estimated,
    Misaligned,
    Text,
    from_first_tokens,
    from_samples,
    from_texts,
    said,
)
from uptake.records import Item

FAILURES = (RetryError, ModelGenerateError, APIError, TimeoutError, OSError)
"""What an endpoint can do to a call: a status that is no success, no answer in time, no connection."""

NOT_TAKEN = (400, 404, 405, 422, 501)
"""Statuses by which a server says that it does not know what it was asked for."""

REFUSED = "the model refused to answer"
NO_LOGPROBS = "the model returned no log-probabilities of the prompt"
NO_TOP = "the model returned no log-probabilities of the first token"
NOTHING = "the model returned nothing"
UNANSWERED = "the model gave no answer"

MOST_LIKELY = (20, 5)
"""How many likeliest tokens are asked for: as many as any server gives, else as many as most do."""

PER_WORD, SPARE = 3, 8
"""Tokens that a sampled reply may have for each word of the longest answer, and beside them."""

Turn = ChatMessageUser | ChatMessageAssistant

# vLLM and servers like it then leave the assistant's last turn open and add none of their own.
OPEN_TURN = {"add_generation_prompt": False, "continue_final_message": True}


@dataclass(frozen=True, slots=True)
class AskSettings:
    """How a model is asked. `estimate` is one of ESTIMATES, or auto for the first that the model allows; `samples` is
    how many replies a sampled estimate takes; `cache` keeps answers in Inspect's cache, so that a run that broke off
    asks again only what it had no answer to."""

    estimate: str = "auto"
    samples: int = 10
    seed: int = 0
    cache: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A way to ask: the estimate that it gives, and how many likeliest tokens a first-token one asks for."""

    estimate: Estimate
    likeliest: int = MOST_LIKELY[0]


WAYS = (Way("answer"), Way("chat-answer"), *(Way("first-token", count) for count in MOST_LIKELY), Way("sampled"))


class Lacking(Exception):
    """The model does not give what this way needs."""


async def way_to_ask(model: Model, settings: AskSettings) -> Way:
    """Return the first way that the model allows, of those of the estimate that was chosen.

    Raises UserError if the estimate is not one, or if the model allows none or cannot be reached.
    """
    if settings.estimate not in ("auto", *ESTIMATES):
        raise UserError(f"there is no estimate '{settings.estimate}'",
                        hint=did_you_mean(settings.estimate, ("auto", *ESTIMATES)))
    reasons = []
    for way in WAYS:
        if settings.estimate in ("auto", way.estimate):
            try:
                found = await elicit(model, probe(), way, replace(settings, samples=1))
            except Lacking as lacking:
                reasons.append(f"{way.estimate}: {lacking}")
                continue
            except FAILURES as failure:
                raise UserError(f"cannot be asked ({explained(failure)})", where=str(model),
                                hint="is the address right, and the key, and the model's name?") from failure
            if way.estimate == "sampled" or found.reason != REFUSED:
                return way
            reasons.append(f"{way.estimate}: {found.reason}")
    raise UserError(f"gives none of the numbers asked for ({'; '.join(reasons)})", where=str(model))


def probe() -> Item:
    """Return the item that is asked first."""
    given = yaml.safe_load(resources.files("uptake").joinpath("data/probe.yaml").read_text(encoding="utf-8"))
    return Item(claim="probe", reading="other", wording=0, polarity="affirmed", **given)


async def ask(model: Model, item: Item, way: Way, settings: AskSettings) -> Estimated:
    """Return an item's numbers. Whatever an endpoint does instead of answering is a reason."""
    try:
        return await elicit(model, item, way, settings)
    except Lacking as lacking:
        return Estimated(way.estimate, reason=str(lacking))
    except FAILURES as failure:
        return Estimated(way.estimate, reason=f"{UNANSWERED} ({explained(failure)})")


async def loss(model: Model, text: str, settings: AskSettings) -> float | None:
    """Return a text's mean loss in nats a token, all but the first; None where the model gives none of it."""
    try:
        output = await _output(model, text, GenerateConfig(prompt_logprobs=1, max_tokens=1, temperature=0.0), settings)
        logps = _text(output).logps
    except (Lacking, *FAILURES):
        return None
    return -sum(logps) / len(logps) if logps and not output.error else None


async def elicit(model: Model, item: Item, way: Way, settings: AskSettings) -> Estimated:
    """Return an item's numbers in one way. Raises Lacking, or what the model's provider raises."""
    if way.estimate == "first-token":
        return await _first_token(model, item, way.likeliest, settings)
    if way.estimate == "sampled":
        return await _sampled(model, item, settings)
    return await _answers(model, item, way.estimate, settings)


async def _answers(model: Model, item: Item, estimate: Estimate, settings: AskSettings) -> Estimated:
    """Score every answer after the prompt, and fit and foil after the neutral prompt, without which there is a value
    but no calibrated one."""
    answers = (item.fit, item.foil, *item.others)
    pairs = [(item.prompt, answer) for answer in answers]
    if item.neutral:
        pairs += [(item.neutral, item.fit), (item.neutral, item.foil)]
    found = await _gathered(_scored(model, prompt, answer, estimate, settings) for prompt, answer in pairs)
    own, neutral = found[: len(answers)], found[len(answers) :]
    for each in own:
        if isinstance(each, BaseException):
            raise each
        if each.error:
            return Estimated(estimate, reason=each.error)
    if any(isinstance(each, BaseException) or each.error for each in neutral):
        neutral = []
    try:
        return from_texts(item, [_text(each) for each in own], [_text(each) for each in neutral], estimate)
    except Misaligned as error:
        raise Lacking(f"the model scored another text than the one it was sent: {error}") from error


async def _gathered(calls: Iterable[Awaitable[ModelOutput]]) -> list[Any]:
    """Make calls at once and return what each gave or failed with: one that fails stops none of the others."""

    async def kept(call: Awaitable[ModelOutput]) -> ModelOutput | BaseException:
        try:
            return await call
        except (Lacking, *FAILURES) as failure:
            return failure

    return await collect(*(kept(call) for call in calls))


async def _scored(model: Model, prompt: str, answer: str, estimate: Estimate, settings: AskSettings) -> ModelOutput:
    # One token must be asked for, since servers refuse to write none.
    config = GenerateConfig(prompt_logprobs=1, max_tokens=1, temperature=0.0)
    if estimate == "answer":
        return await _output(model, prompt + answer, config, settings)
    if not answer.strip():
        return ModelOutput(error="an answer is empty")
    turns = [ChatMessageUser(content=prompt), ChatMessageAssistant(content=said(answer, estimate))]
    return await _output(model, turns, config.model_copy(update={"extra_body": OPEN_TURN}), settings)


def _text(output: ModelOutput) -> Text:
    found = output.choices[0].prompt_logprobs if output.choices else None
    if not found or not found.content:
        raise Lacking(NO_LOGPROBS)
    return Text(tuple(each.token for each in found.content), tuple(each.logprob for each in found.content))


async def _first_token(model: Model, item: Item, likeliest: int, settings: AskSettings) -> Estimated:
    config = GenerateConfig(logprobs=True, top_logprobs=likeliest, max_tokens=1, temperature=1.0, seed=settings.seed)
    output = await _output(model, item.prompt, config, settings)
    if output.error or _refused(output):
        return Estimated("first-token", reason=output.error or REFUSED)
    found = output.choices[0].logprobs
    if not found or not found.content or not found.content[0].top_logprobs:
        raise Lacking(NO_TOP)
    return from_first_tokens(item, [(each.token, each.logprob) for each in found.content[0].top_logprobs])


async def _sampled(model: Model, item: Item, settings: AskSettings) -> Estimated:
    """Take replies one request each, because not every server gives several at once; each has a seed of its own."""
    longest = max(len(answer.split()) for answer in (item.fit, item.foil, *item.others))
    found = await _gathered(_output(model, item.prompt, GenerateConfig(
        max_tokens=PER_WORD * longest + SPARE, temperature=1.0, seed=settings.seed + number), settings)
        for number in range(settings.samples))
    failed = [each for each in found if isinstance(each, BaseException)]
    outputs = [each for each in found if not isinstance(each, BaseException)]
    replies = [output.completion for output in outputs if not output.error and not _refused(output)]
    if replies:
        return from_samples(item, replies)
    if not outputs:
        raise failed[0]
    return Estimated("sampled", reason=next((output.error for output in outputs if output.error), REFUSED))


async def _output(model: Model, given: str | list[Turn], config: GenerateConfig, settings: AskSettings) -> ModelOutput:
    """Call the model. A refusal to score is an output with an error. Raises Lacking if the server does not know what it
    was asked for, or answers with nothing, or with what is no answer; and FAILURES."""
    try:
        output = await model.generate(given, config=config, cache=CachePolicy(expiry=None) if settings.cache else False)
    except FAILURES as failure:
        if status(failure) in NOT_TAKEN:
            raise Lacking(explained(failure)) from failure
        raise
    except (ValueError, KeyError, TypeError) as malformed:
        raise Lacking(f"the model's answer makes no sense ({explained(malformed)})") from malformed
    except RuntimeError as error:
        if "does not support" in str(error):  # so says Inspect of a server without /v1/completions
            raise Lacking(explained(error)) from error
        raise
    if not output.choices and not output.error:
        raise Lacking(NOTHING)
    if _refused(output) and config.prompt_logprobs is not None:
        output.error = REFUSED
    return output


def _refused(output: ModelOutput) -> bool:
    return any(choice.stop_reason == "content_filter" for choice in output.choices)


def status(failure: BaseException | None) -> int:
    """Return the HTTP status behind a failure, or 0."""
    if isinstance(failure, RetryError):
        return status(failure.last_attempt.exception())
    return getattr(failure, "status_code", None) or 0


def explained(failure: BaseException | None) -> str:
    """Return a failure in a few words: its status, and the first line of what the server said."""
    if isinstance(failure, RetryError):
        tries = failure.last_attempt.attempt_number
        return f"{explained(failure.last_attempt.exception())}, after {tries} attempts"
    said_so = getattr(failure, "provider_message", None) or str(failure) or type(failure).__name__
    code = status(failure)
    line = said_so.strip().splitlines()[0][:160]
    return line if not code or str(code) in line else f"{code}: {line}"


def reasons(found: Sequence[Estimated]) -> dict[str, int]:
    """Count why items have no value."""
    counted: dict[str, int] = {}
    for each in found:
        if each.reason:
            counted[each.reason] = counted.get(each.reason, 0) + 1
    return counted
