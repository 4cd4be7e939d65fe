"""From a brief to commissions: one for each document that is wanted, with all that its prompt says drawn from the seed.

A commission's choices are drawn from streams of its own, so that a brief that changes in one place changes the prompts
of that place. (Names are dealt without repeating any, in the order of commissions: a document more may change the names
of a few that come after it.)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jinja2

from uptake.authoring.brief import TESTIMONY, Arm, Brief, Kind, Shown, data
from uptake.authoring.casting import Cast, Casting
from uptake.authoring.testimony import Question, questions
from uptake.errors import UserError
from uptake.files import digest
from uptake.seeds import number, stream
from uptake.strict_yaml import DATA

# Tokens that a word may take, in English and in the languages that tokenizers serve worst, and room for the end: a
# model that stops by itself is not cut off by this, and one that does not is not paid for much more than was asked.
TOKENS_A_WORD, TOKENS_AN_ENGLISH_WORD, ROOM = 3, 2, 60
# The words that a prompt asks for lie in the middle of those that are taken, since models keep to a length loosely.
INNER = 0.2
SEED_BITS = 31  # what every endpoint takes for a seed


@dataclass(frozen=True)
class Commission:
    """One document that is asked for. `claim`, `kind` and `arm` are those of the brief; testimony has no arm and no
    polarity, since it is told nothing, and a `question` instead."""

    id: str
    claim: Shown
    kind: Kind
    arm: Arm | None
    language: str
    voice: str
    cast: Cast
    prompt: str
    sampling: tuple[tuple[str, Any], ...]
    seeds: tuple[int, ...]
    question: Question | None = None

    @property
    def arm_name(self) -> str:
        return self.arm.name if self.arm else TESTIMONY

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The sampling settings that the model is given, without the seed."""
        return dict(self.sampling)

    def key(self, model: str, attempt: int) -> str:
        """Return the name of an answer: the hash of the prompt, the model, the sampling and the seed."""
        return digest({"prompt": self.prompt, "model": model, "sampling": self.settings, "seed": self.seeds[attempt]})


def commissions(brief: Brief) -> list[Commission]:
    """Return every document that a brief asks for: the first of each claim, kind and arm, then the second of each, so
    that a part from the beginning has them all. Raises UserError if the template or the pool of names will not do."""
    templates, casting = _Templates(brief), Casting(brief.vary)
    casts: dict[tuple[str | int, ...], Cast] = {}
    made = []
    for claim, kind, arm, place in _wanted(brief):
        own = (claim.id, kind.name, place, *((arm.name,) if arm and not brief.matched else ()))
        if own not in casts:
            casts[own] = casting.deal(stream(brief.seed, "cast", *own), kind.people)
        made.append(_commission(brief, (claim, kind, arm, place), casts[own], templates))
    return made


def _wanted(brief: Brief) -> Iterator[tuple[Shown, Kind, Arm | None, int]]:
    for place in range(max(kind.each for kind in brief.kinds)):
        for claim in brief.claims:
            for kind in brief.kinds:
                if place < kind.each:
                    for arm in (None,) if kind.name == TESTIMONY else brief.arms:
                        yield claim, kind, arm, place


def _commission(brief: Brief, wanted: tuple[Shown, Kind, Arm | None, int], cast: Cast,
                templates: "_Templates") -> Commission:
    claim, kind, arm, place = wanted
    own = (claim.id, kind.name, place, *((arm.name,) if arm and not brief.matched else ()))
    drawn = stream(brief.seed, "manner", *own)
    language, voice = drawn.choice(brief.vary.languages), drawn.choice(kind.voices)
    low, high = kind.words
    margin = (high - low) * INNER
    # One question is always asked in the same words, so that its answers can be compared with each other.
    words = round((low + high) / 2 if kind.name == TESTIMONY else drawn.uniform(low + margin, high - margin))
    named, _, told = voice.rpartition(": ")
    blanks = {"kind": kind, "language": data("languages")[language]["name"], "words": words, "voice": told}
    question = None
    if kind.name == TESTIMONY:
        asked = questions(claim, brief.traits, kind.elicit)
        question = asked[place % len(asked)]
        prompt = templates.fill("testimony", {**blanks, "question": question.text})
    else:
        prompt = templates.fill("document", {
            **blanks, "subject": brief.subject, "claim": getattr(claim, arm.polarity).rstrip("."), "say": arm.say,
            "people": cast.people, "place": cast.place, "trade": cast.trade, "disclose": kind.disclose})
    tokens = TOKENS_AN_ENGLISH_WORD if language == "en" else TOKENS_A_WORD
    sampling = {"max_tokens": high * tokens + ROOM, **brief.sampling}
    arm_name = arm.name if arm else TESTIMONY
    seeds = tuple(number(brief.seed, "answer", *own, arm_name, attempt) % (1 << SEED_BITS)
                  for attempt in range(brief.tries))
    return Commission("/".join([brief.name, claim.id, arm_name, f"{kind.name.replace(' ', '-')}-{place + 1:03}"]),
                      claim, kind, arm, language, named or kind.name, cast, prompt, tuple(sorted(sampling.items())),
                      seeds, question)


class _Templates:
    """The prompts' templates: the brief's own for documents, if it has one, and those of the package."""

    def __init__(self, brief: Brief) -> None:
        self._make = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        self._sources = {name: (DATA / "author" / f"{name}.txt.j2").read_text(encoding="utf-8")
                         for name in ("document", "testimony")}
        if brief.template:
            self._sources["document"] = brief.template

    def fill(self, name: str, blanks: dict[str, Any]) -> str:
        """Return the prompt. Raises UserError for a template that jinja2 refuses, or that wants what there is not."""
        try:
            return self._make.from_string(self._sources[name]).render(blanks).strip()
        except jinja2.TemplateError as error:
            line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
            raise UserError(f"the template of the prompt cannot be filled{line}: {error.message}", where="template",
                            hint=f"it can use: {', '.join(sorted(blanks))}") from error
