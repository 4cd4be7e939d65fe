"""Any model that Inspect can reach as one who can be asked (`uptake.asker.Asker`), batch by batch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from uptake.files import digest
from uptake.inspect.asking import NOTHING, UNANSWERED, AskSettings, Way, loss, probe, way_to_ask
from uptake.inspect.estimates import Estimated
from uptake.inspect.reading import DEFAULTS, PATIENCE, Patience, all_asked, configured, model_called
from uptake.records import Item


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind an endpoint, the way in which it lets itself be asked, and its address, where it has one.

    An endpoint tells its name and not its weights: `identity` is that of name, address and way to ask.
    """

    name: str
    address: str
    way: Way
    settings: AskSettings
    patience: Patience

    @property
    def estimate(self) -> str:
        return self.way.estimate

    @property
    def identity(self) -> str:
        return digest([self.name, self.address])

    @property
    def asked_as(self) -> dict[str, Any]:
        sampled = {"samples": self.settings.samples, "seed": self.settings.seed}
        return {"estimate": self.estimate, **(sampled if self.estimate == "sampled" else {})}

    @property
    def facts(self) -> Mapping[str, Any]:
        return {"kind": "endpoint", "facts": {"address": self.address or "the provider's own",
                                              "weights": "not known: an endpoint tells only its name"}}

    def ask(self, items: Sequence[Item]) -> list[Estimated]:
        """Return each item's numbers, in order; whatever the endpoint does instead of answering is a reason."""
        return anyio.run(self._ask, list(items))

    def losses(self, texts: Sequence[str]) -> list[float]:
        """Return the mean loss of each text that the endpoint scores; none from one that scores no plain text."""
        found = anyio.run(self._losses, list(texts)) if self.estimate == "answer" else []
        return [each for each in found if each is not None and math.isfinite(each)]

    def lost(self, reason: str) -> bool:
        return reason == NOTHING or reason.startswith(UNANSWERED)

    def alive(self) -> bool:
        """Whether it answers a harmless question now."""
        (found,) = self.ask([probe()])
        return not self.lost(found.reason)

    async def _ask(self, items: list[Item]) -> list[Estimated]:
        async with model_called(self.name, configured(self.patience), self.address) as model:
            return await all_asked(model, items, self.way, self.settings)

    async def _losses(self, texts: list[str]) -> list[float | None]:
        async with model_called(self.name, configured(self.patience), self.address) as model:
            return [await loss(model, text, self.settings) for text in texts]


def open_endpoint(name: str, address: str = "", settings: AskSettings = DEFAULTS, patience: Patience = PATIENCE
                  ) -> Endpoint:
    """Find out how a model lets itself be asked, by one harmless question. `name` is any of Inspect's, and `address`
    the base URL, where it is not in the environment. Not to be called from within an event loop.

    Raises UserError: there is no such model, it cannot be reached, or it lacks the estimate asked for.
    """
    return anyio.run(_open, name, address, settings, patience)


async def _open(name: str, address: str, settings: AskSettings, patience: Patience) -> Endpoint:
    async with model_called(name, configured(patience), address) as model:
        way = await way_to_ask(model, settings)
        return Endpoint(name, str(getattr(model.api, "base_url", "") or address), way, settings, patience)
