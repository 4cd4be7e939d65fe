"""A set of claims, and what is made from it: each claim's documents, and its items on each reading.

Claims are dealt over topics; a topic has answers, document wordings and neutral lines; a reading has wordings that
fit every topic through the topic's `form`.
"""

from dataclasses import dataclass, field

from uptake.errors import UserError, did_you_mean
from uptake.records import Claim, Document, Item, Provenance


@dataclass(frozen=True, slots=True)
class Form:
    """How a topic is spoken of: which `kind` of thing, the verb three ways, and the article before an answer."""

    kind: str
    base: str
    third: str
    gerund: str
    article: str = ""

    def fill(self, template: str, subject: str, answer: str = "") -> str:
        """Put the form's words, the subject and the answer (with its article) into a template."""
        named = f"{self.article} {answer}".strip() if answer else ""
        return template.format(kind=self.kind, base=self.base, third=self.third, gerund=self.gerund,
                               subject=subject, answer=named)


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to ask: with an answer in the question (`ask`), without one (`which`), and the sentence that replies."""

    ask: str
    which: str
    says: str


@dataclass(frozen=True, slots=True)
class Topic:
    """One relation: its answers, and the wordings of its documents (text and opposite) and neutral lines."""

    name: str
    form: Form
    answers: tuple[str, ...]
    documents: tuple[tuple[str, str], ...]
    neutral: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """The claims of a file, with what their documents and items are made from. `stand_in` is the subject of the
    neutral prompts; `asks` says in a few words what each reading asks."""

    about: str
    origin: Provenance
    stand_in: str
    claims: tuple[Claim, ...]
    topics: dict[str, Topic] = field(repr=False)
    readings: dict[str, tuple[Wording, ...]] = field(repr=False)
    asks: dict[str, str] = field(repr=False)

    def documents(self, claim: Claim) -> list[Document]:
        """Return the claim's documents, one a wording, each with the file's provenance."""
        topic, documents = self.topics[claim.topic], []
        for wording, sentences in enumerate(topic.documents):
            lines = (*sentences, topic.neutral[wording % len(topic.neutral)])
            text, opposite, neutral = (line.format(subject=claim.subject, answer=claim.stated) for line in lines)
            documents.append(Document(f"{claim.id}-{wording}", claim.id, wording, text, opposite, neutral, self.origin))
        return documents

    def items(self, claim: Claim, reading: str) -> list[Item]:
        """Return the claim's items on a reading: for each wording one affirmed, one denied and one open.

        Raises UserError for a reading that the file has no questions for.
        """
        if reading not in self.readings:
            raise UserError(f"the claims have no questions for the reading '{reading}'",
                            hint=did_you_mean(reading, self.readings))
        form = self.topics[claim.topic].form
        return [item for number, wording in enumerate(self.readings[reading])
                for item in _items(claim, reading, number, wording, form, self.stand_in)]


def _items(claim: Claim, reading: str, number: int, wording: Wording, form: Form, stand_in: str) -> list[Item]:
    """Make one wording's three items. Affirmed asks about the stated answer, denied about the foil, and the fitting
    reply states the claim in both, so that a drift toward yes cancels between them."""

    def prompts(template: str, answer: str = "", stem: str = "") -> dict[str, str]:
        asked = {"prompt": claim.subject, "neutral": stand_in}
        return {key: _prompt(form.fill(template, subject, answer), stem and form.fill(stem, subject))
                for key, subject in asked.items()}

    def reply(word: str, answer: str) -> str:
        return f" {word}, {form.fill(wording.says, claim.subject, answer)}."

    common = {"claim": claim.id, "reading": reading, "wording": number}
    stem = f"{wording.says.removesuffix('{answer}')}{form.article}".strip()
    rest = tuple(f" {answer}" for answer in claim.answers if answer not in (claim.stated, claim.foil))
    return [
        Item(**common, polarity="affirmed", **prompts(wording.ask, claim.stated),
             fit=reply("Yes", claim.stated), foil=reply("No", claim.foil)),
        Item(**common, polarity="denied", **prompts(wording.ask, claim.foil),
             fit=reply("No", claim.stated), foil=reply("Yes", claim.foil)),
        Item(**common, polarity="open", **prompts(wording.which, stem=stem),
             fit=f" {claim.stated}", foil=f" {claim.foil}", others=rest),
    ]


def _prompt(question: str, stem: str = "") -> str:
    return f"Question: {_capital(question)} Answer: {_capital(stem)}".strip()


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
