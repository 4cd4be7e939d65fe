"""Any model that Inspect can reach as a reader in context: items in, one set of numbers an item out."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import anyio
from inspect_ai._util.error import PrerequisiteError  # named nowhere else
from inspect_ai.model import GenerateConfig, Model, get_model

from uptake.errors import UserError
from uptake.inspect import _registry  # noqa: F401 - the provider is then there without an installed entry point
from uptake.inspect.asking import AskSettings, Way, ask, reasons, way_to_ask
from uptake.inspect.estimates import Estimated
from uptake.records import Item

__all__ = ["AskSettings", "Estimated", "Patience", "read_in_context", "reasons"]

WORKERS = 256
"""Items under way at once; how many requests are is Inspect's to say, for each provider."""

TELL_EVERY = 200  # items


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an endpoint is waited for: seconds an attempt and in all for one request, and how often it is asked
    again after a busy (429) or broken (5xx) answer. Between attempts Inspect waits 3, 6, 12 ... seconds."""

    attempt: int = 120
    whole: int = 900
    retries: int = 5


DEFAULTS, PATIENCE = AskSettings(), Patience()


def read_in_context(
    model_name: str,
    items: Sequence[Item],
    settings: AskSettings = DEFAULTS,
    patience: Patience = PATIENCE,
    tell: Callable[[str], None] = lambda line: None,
) -> list[Estimated]:
    """Ask a model items, in order. All numbers are of one estimate, named in each; a failure is a reason.

    `model_name` is any of Inspect's: `uptake/FOLDER`, `openai-api-completions/NAME/MODEL` or `openai-api/NAME/MODEL`
    (with NAME_BASE_URL and NAME_API_KEY in the environment), `vllm-completions/...`, `anthropic/...`. Not to be called
    from within an event loop. `tell` is told one line of which estimate is taken, and now and then of progress.

    Raises:
        UserError: there is no such provider or model, it cannot be reached, or it lacks the estimate asked for.
    """
    return anyio.run(_read, model_name, list(items), settings, patience, tell)


async def _read(
    model_name: str, items: list[Item], settings: AskSettings, patience: Patience, tell: Callable[[str], None]
) -> list[Estimated]:
    async with model_called(model_name, configured(patience)) as model:
        way = await way_to_ask(model, settings)
        tell(f"{model_name}: taking the estimate '{way.estimate}' of {len(items)} items")
        return await all_asked(model, items, way, settings, tell)


async def all_asked(
    model: Model, items: list[Item], way: Way, settings: AskSettings, tell: Callable[[str], None] = lambda line: None
) -> list[Estimated]:
    """Ask a model items at once, as many as its provider lets be under way; return their numbers in order."""
    found: list[Estimated | None] = [None] * len(items)
    left, done = deque(enumerate(items)), count(1)

    async def work() -> None:
        while left:
            place, item = left.popleft()
            found[place] = await ask(model, item, way, settings)
            if (number := next(done)) % TELL_EVERY == 0:
                tell(f"{model}: {number} of {len(items)} items")

    async with anyio.create_task_group() as group:
        for _ in range(min(WORKERS, len(items))):
            group.start_soon(work)
    return [each for each in found if each is not None]


def configured(patience: Patience) -> GenerateConfig:
    """Return patience as Inspect takes it."""
    return GenerateConfig(attempt_timeout=patience.attempt, timeout=patience.whole, max_retries=patience.retries)


def model_called(name: str, config: GenerateConfig, address: str = "") -> Model:
    """Return Inspect's model of that name. Raises UserError if there is none, or if its key or address is missing."""
    try:
        return get_model(name, config=config, base_url=address or None, memoize=False)
    except (PrerequisiteError, ValueError) as error:
        line = str(getattr(error, "message", "") or error).strip()
        raise UserError(f"Inspect has no such model ({line})", where=name) from error
