"""An endpoint as the reader of an audit: it is asked what it takes a text for, and nothing of single words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from uptake.asker import chosen
from uptake.audit.reading import Wanted
from uptake.inspect.endpoint import Endpoint, open_endpoint


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What an endpoint makes of a text: answers to the questions behind it, and nothing of the text's own words."""

    answers: tuple[Sequence[float | None] | None, ...]
    blanks: tuple[None, ...]
    read: int
    spans: tuple = ()
    logps: tuple = ()
    means: tuple = ()
    variances: tuple = ()


@dataclass
class EndpointEye:
    """An endpoint as an `uptake.audit.reading.Eye`. Every question of a batch of texts is put at once; one that got no
    answer is None."""

    endpoint: Endpoint
    facts: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.facts = {"name": self.endpoint.name, "estimate": self.endpoint.estimate, **self.endpoint.facts["facts"]}

    def read(self, asked: Sequence[tuple[str, Wanted]]) -> list[Glimpse]:
        questions = [(f"{text.rstrip()}{question}", answers)
                     for text, wanted in asked for question, answers in wanted.questions]
        answered = iter(chosen(self.endpoint, questions) if questions else ())
        return [Glimpse(tuple(next(answered) for _ in wanted.questions), (None,) * len(wanted.blanks), len(text))
                for text, wanted in asked]

    def write(self, openings: Sequence[str]) -> list[str]:
        """Nothing: text of an endpoint's own would be another model's as likely as not, by the time that it is read."""
        return [""] * len(openings)


def endpoint_eye(name: str, address: str, threads: int) -> EndpointEye:
    """Open an endpoint as a reader. Raises UserError as `open_endpoint` does."""
    return EndpointEye(open_endpoint(name, address))
