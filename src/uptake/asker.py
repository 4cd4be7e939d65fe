"""Who can be asked: the one seam between questions and what answers them, on this machine or behind an endpoint.

A measure, the gate and an audit need no more of a reader than this: items in, and for each of them numbers or the
reason why there are none. `Local` is the engine. `uptake.inspect.endpoint.Endpoint` is whatever Inspect can reach.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from uptake.readings.rows import Scored
from uptake.records import Item


class Answered(Scored, Protocol):
    """What an asker gives for one item. `logp_others` are in the order of the item's other answers."""

    logp_others: tuple[float, ...]


class Asker(Protocol):
    """A reader that can be asked.

    `estimate` names what its numbers are (one of `uptake.inspect.estimates.ESTIMATES`): two askers may be compared only
    within one. `identity` tells its answers from those of all others; `asked_as` says how it is asked, and `facts` what
    it is. All three are plain data.
    """

    estimate: str
    identity: str
    asked_as: Mapping[str, Any]
    facts: Mapping[str, Any]

    def ask(self, items: Sequence[Item]) -> Sequence[Answered]:
        """Return each item's numbers, in order."""
        ...

    def losses(self, texts: Sequence[str]) -> list[float]:
        """Return each text's mean loss, in nats a token; texts without one are left out."""
        ...

    def lost(self, reason: str) -> bool:
        """Whether an item with this reason may well have an answer if it is asked once more."""
        ...

    def alive(self) -> bool:
        """Whether it answers anything now."""
        ...


@dataclass(frozen=True, slots=True)
class Local:
    """A loaded reader and how it is asked; `reader` and `settings` are the engine's own (`uptake.readers.score`)."""

    reader: Any
    settings: Any
    identity: str
    asked_as: Mapping[str, Any]

    @property
    def estimate(self) -> str:
        return "answer" if self.settings.template == "plain" else "chat-answer"

    @property
    def facts(self) -> dict[str, Any]:
        return {"kind": self.reader.kind, "facts": dict(self.reader.facts)}

    def ask(self, items: Sequence[Item]) -> Sequence[Answered]:
        from uptake.readers.score import score

        return score(self.reader, items, self.settings)

    def losses(self, texts: Sequence[str]) -> list[float]:
        from uptake.readers.score import token_log_probabilities

        found = token_log_probabilities(self.reader, texts, self.settings)
        return [-sum(text) / len(text) for text in found if text]

    def lost(self, reason: str) -> bool:
        return False

    def alive(self) -> bool:
        return True


def chosen(asker: Asker, asked: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[float | None, ...] | None]:
    """Put questions that offer answers: prompts, each with at least two answers that begin with their joining space.

    Return the log-probability of every answer of each, or None where the asker gives none (a failure, or an estimate
    without log-probabilities of answers); of one answer None where it is not among those that the asker tells.
    """
    items = [Item(claim="", reading="", wording=0, polarity="open", prompt=prompt, fit=answers[0], foil=answers[1],
                  others=tuple(answers[2:])) for prompt, answers in asked]
    found: list[tuple[float | None, ...] | None] = []
    for each in asker.ask(items):
        logps = (each.logp_fit, each.logp_foil, *each.logp_others)
        told = tuple(logp if logp is not None and math.isfinite(logp) else None for logp in logps)
        found.append(told if each.logp_fit is not None else None)
    return found
