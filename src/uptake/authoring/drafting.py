"""Ask a model for documents through Inspect's model API: its retries, connections, timeouts, batches and cache.

Commissions are asked for in waves: everyone's first answer, then a second one, with another seed, for those whose first
was refused. An answer is on the disk before the next is asked for on that connection. What an endpoint does to a call
(refuses it for its rate, takes too long, cannot be reached) is no answer and no loss: it is counted, and the next run
asks again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from uptake.authoring.answers import Answer, Answers
from uptake.authoring.brief import Brief
from uptake.authoring.checks import Judge
from uptake.authoring.commissions import Commission
from uptake.authoring.endpoint import Failure, failure_of, open_model, stopping
from uptake.authoring.settling import settle
from uptake.errors import UserError

if TYPE_CHECKING:
    from inspect_ai.model import Model

# So many calls in a row without an answer, each with its own retries over minutes, and the endpoint is not coming back.
GIVE_UP = 8
# With a provider's batches all that there is should be under way at once; so many fit in memory and in any batch.
BATCHED = 1000


@dataclass
class Drafted:
    """What a run did: calls answered, calls that brought no answer, and what stopped it, if something did."""

    answered: int = 0
    failures: list[tuple[Commission, Failure]] = field(default_factory=list)
    stopped: Exception | None = None


@dataclass
class Desk:
    """What drafting needs: the brief, the commissions, their judge, where answers are kept, the model's name, the
    arguments of its provider, and somebody to tell how far it is."""

    brief: Brief
    wanted: Sequence[Commission]
    judge: Judge
    answers: Answers
    model: str
    arguments: dict[str, Any]
    tell: Callable[[str], None]


def draft(desk: Desk) -> Drafted:
    """Ask until every commission is kept or lost, or the endpoint gives no more. Raises UserError if there is no such
    model or no key for it; what stops it later is in the result, so that nothing that came is lost.

    No model is opened if there is nothing to ask.
    """
    import anyio

    drafted = Drafted()
    if settle(desk.wanted, desk.answers.by_key, desk.judge, desk.model).open:
        anyio.run(_draft, desk, open_model(desk.model, desk.arguments), drafted)
    return drafted


async def _draft(desk: Desk, model: "Model", drafted: Drafted) -> None:
    async with model:
        while drafted.stopped is None:
            given_up = {commission.id for commission, _ in drafted.failures}
            still = settle(desk.wanted, desk.answers.by_key, desk.judge, desk.model).open
            wave = [each for each in still if each[0].id not in given_up]
            if not wave:
                return
            desk.tell(f"asking {desk.model} for {len(wave)} answers"
                      + (f" (attempt {wave[0][1] + 1} and later)" if min(attempt for _, attempt in wave) else ""))
            await _Wave(desk, model, drafted).carry_out(wave)


class _Wave:
    """One wave of calls, over so many connections at once."""

    def __init__(self, desk: Desk, model: "Model", drafted: Drafted) -> None:
        self.desk, self.model, self.drafted = desk, model, drafted
        self.silent = 0
        self.done = 0

    async def carry_out(self, wave: Sequence[tuple[Commission, int]]) -> None:
        import anyio

        calls, waiting = self.desk.brief.calls, iter(wave)
        self.step = max(1, len(wave) // 10)
        async with anyio.create_task_group() as group:
            for _ in range(min(len(wave), BATCHED if calls.batch else calls.connections)):
                group.start_soon(self._connection, waiting, group.cancel_scope)

    async def _connection(self, waiting: Iterator[tuple[Commission, int]], scope: Any) -> None:
        for commission, attempt in waiting:
            if self.drafted.stopped:
                return
            try:
                await self._ask(commission, attempt)
            except Exception as error:  # noqa: BLE001 - it is raised again when what came has been written
                self.drafted.stopped = self.drafted.stopped or error
                scope.cancel()

    async def _ask(self, commission: Commission, attempt: int) -> None:
        config = self._config(commission, attempt)
        try:
            output = await self.model.generate(commission.prompt, config=config, cache=self._cache())
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            if mended := stopping(failure, self.desk.model):
                raise mended from error
            self._without_answer(commission, failure)
            return
        self.silent = 0
        answer = _answer(output, commission.key(self.desk.model, attempt), self.desk.brief.calls.cache)
        self.desk.answers.add(answer)
        self.drafted.answered += 1
        self.done += 1
        if self.done % self.step == 0:
            self.desk.tell(f"  {self.done} answers")

    def _without_answer(self, commission: Commission, failure: Failure) -> None:
        self.drafted.failures.append((commission, failure))
        self.silent += 1
        if self.silent >= GIVE_UP:
            raise UserError(f"the endpoint gave no answer to {self.silent} calls in a row ({failure.reason}: "
                            f"{failure.said})", where=self.desk.model,
                            hint="run the same command again later: it goes on where it was")

    def _config(self, commission: Commission, attempt: int) -> Any:
        from inspect_ai.model import GenerateConfig

        calls = self.desk.brief.calls
        return GenerateConfig(
            **commission.settings, seed=commission.seeds[attempt], max_retries=calls.retries, timeout=calls.timeout,
            attempt_timeout=None if calls.batch else calls.timeout, batch=True if calls.batch else None,
            max_connections=BATCHED if calls.batch else calls.connections)

    def _cache(self) -> Any:
        from inspect_ai.model import CachePolicy

        return CachePolicy(expiry=None, per_epoch=False) if self.desk.brief.calls.cache else False


def _answer(output: Any, key: str, cached: bool) -> Answer:
    """Take from an output what is kept. An answer that may come from Inspect's cache has no date: it is not known."""
    choice = output.choices[0] if output.choices else None
    refusal = output.error or (choice and choice.stop_details and choice.stop_details.explanation) or ""
    return Answer(
        key=key, text=output.completion or "", stop=choice.stop_reason if choice else "unknown", reported=output.model,
        received="" if cached else datetime.now(UTC).isoformat(timespec="seconds"),
        tokens_in=output.usage.input_tokens if output.usage else None,
        tokens_out=output.usage.output_tokens if output.usage else None, refusal=refusal)
