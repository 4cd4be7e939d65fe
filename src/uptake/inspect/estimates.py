"""From what a model gives to the numbers of one item. Three estimates of the same thing, never mixed into one mean.

`answer`       log-probabilities of whole answers, summed over their tokens: the engine's own numbers. `chat-answer` is
               the same with the prompt as the user's turn in a chat template and the answer as the assistant's.
`first-token`  the likeliest first tokens of a reply, each counted for the answer that begins so. Yes and No can be told
               apart by it; two sentences that begin alike cannot.
`sampled`      of some replies, the share that begins as the fitting answer does.

All three are of "which answer, fit or foil", in nats of log-odds. The second conditions on the first word instead of on
a sentence, and the third has the error of its few samples, so their sizes differ: compare like with like.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from uptake.records import Item

Estimate = Literal["answer", "chat-answer", "first-token", "sampled"]
ESTIMATES: tuple[Estimate, ...] = ("answer", "chat-answer", "first-token", "sampled")

NO_ANSWER = "an answer is empty"
NO_PROMPT = "no token stands before the answer"
SAME = "fit and foil are the same tokens"
NOT_FINITE = "the log-probabilities are not finite"
BEGIN_ALIKE = "fit and foil begin with the same word, so a first token cannot tell them apart"
MARKS = "Ġ▁"  # how tokenizers write a space when their tokens are not decoded


@dataclass(frozen=True, slots=True)
class Estimated:
    """One item's numbers and which estimate they are; the fields are those of an engine's score.

    `logp_fit` and `logp_foil` are of whole answers, of first tokens, or (sampled) None. `option_mass` is the
    probability of all answers together, or the share of samples that were any of them. `value` is in nats of log-odds
    throughout; of samples it is ln((fits + 1/2) / (foils + 1/2)), which is finite and within ln(2n + 1) of 0 whatever n
    samples said. `cut` is the number of prompt tokens scored with the answers because a token straddles the boundary.
    None throughout with a `reason` where there is no number.
    """

    estimate: Estimate
    logp_fit: float | None = None
    logp_foil: float | None = None
    logp_others: tuple[float, ...] = ()
    option_mass: float | None = None
    value: float | None = None
    probability: float | None = None
    hit: bool | None = None
    per_byte: float | None = None
    calibrated: float | None = None
    reason: str = ""
    cut: int = 0
    samples: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt with one of its answers, as a model scored it: what each token spells, and its log-probability."""

    pieces: tuple[str, ...]
    logps: tuple[float, ...]


class Misaligned(ValueError):
    """The tokens do not spell the text that was sent, or not to its end: they are those of something else."""


def from_texts(
    item: Item, texts: Sequence[Text], neutral: Sequence[Text] | None = None, estimate: Estimate = "answer"
) -> Estimated:
    """Return an item's numbers from its fit, foil and others, scored after the prompt (and the first two after the
    neutral prompt, if there is one). Raises Misaligned."""
    answers = [said(answer, estimate) for answer in (item.fit, item.foil, *item.others)]
    if not all(answer.strip() for answer in answers):
        return Estimated(estimate, reason=NO_ANSWER)
    if texts[0].pieces == texts[1].pieces:
        return Estimated(estimate, reason=SAME)
    summed = sums(texts, answers)
    if summed is None:
        return Estimated(estimate, reason=NO_PROMPT)
    logps, cut = summed
    if not all(map(math.isfinite, logps)):
        return Estimated(estimate, reason=NOT_FINITE)
    fit, foil, *others = logps
    base = sums(neutral, answers[:2]) if neutral else None
    of_neutral = base[0][0] - base[0][1] if base else math.nan
    distinct = {text.pieces: logp for text, logp in zip(texts, logps, strict=True)}
    return Estimated(
        estimate,
        logp_fit=fit,
        logp_foil=foil,
        logp_others=tuple(others),
        option_mass=math.fsum(map(math.exp, distinct.values())),
        value=fit - foil,
        probability=1 / math.fsum(math.exp(min(logp - fit, 700)) for logp in distinct.values()),
        hit=fit > max(logp for pieces, logp in distinct.items() if pieces != texts[0].pieces),
        per_byte=fit / len(item.fit.encode()) - foil / len(item.foil.encode()),
        calibrated=fit - foil - of_neutral if math.isfinite(of_neutral) else None,
        cut=cut,
    )


def said(answer: str, estimate: Estimate) -> str:
    """Return an answer as it is given: in a chat the space that joins it to a plain prompt is dropped."""
    return answer.removeprefix(" ") if estimate == "chat-answer" else answer


def sums(texts: Sequence[Text], answers: Sequence[str]) -> tuple[list[float], int] | None:
    """Return each answer's log-probability after what all texts have in common before their answers, and how many
    tokens of the prompt were scored with them; None if nothing stands before an answer. Raises Misaligned."""
    begins = [where_begins(text.pieces, answer) for text, answer in zip(texts, answers, strict=True)]
    shared = min(begins)
    first, *rest = (text.pieces for text in texts)
    for pieces in rest:
        alike = (place for place, (one, two) in enumerate(zip(first, pieces, strict=False)) if one != two)
        shared = min(shared, next(alike, shared))
    if shared < 0:
        return None
    return [math.fsum(text.logps[shared:]) for text in texts], max(begins) - shared


def where_begins(pieces: Sequence[str], answer: str) -> int:
    """Return the place of the token with which an answer at the end of a text begins, or within which; -1 if the tokens
    do not reach back that far. Some servers spell tokens without the space before them, so white space counts only if
    the tokens spell the answer with it. Raises Misaligned."""
    ways = ((list(pieces), answer), (["".join(piece.split()) for piece in pieces], "".join(answer.split())))
    for spelt, wanted in ways:
        if "".join(spelt).endswith(wanted):
            place, left = len(spelt), len(wanted)
            while left > 0:
                place -= 1
                left -= len(spelt[place])
            return place
    if any(wanted.endswith("".join(spelt)) for spelt, wanted in ways):
        return -1
    raise Misaligned(f"the tokens end in '{''.join(pieces[-3:])}' and not in '{answer[-20:]}'")


def from_first_tokens(item: Item, top: Sequence[tuple[str, float]]) -> Estimated:
    """Return an item's numbers from the likeliest first tokens of a reply, with their log-probabilities.

    A token counts for the one answer that begins with it; one that begins several answers, or none, counts for none.
    """
    answers = [" ".join(words(answer)) for answer in (item.fit, item.foil, *item.others)]
    if not all(answers):
        return Estimated("first-token", reason=NO_ANSWER)
    if words(item.fit)[0] == words(item.foil)[0]:
        return Estimated("first-token", reason=BEGIN_ALIKE)
    mass = [0.0] * len(answers)
    for token, logp in top:
        begun = " ".join(words(token.strip(MARKS)))
        whole = [place for place, answer in enumerate(answers) if begun and f"{answer} ".startswith(f"{begun} ")]
        begins = whole or [place for place, answer in enumerate(answers) if begun and answer.startswith(begun)]
        if len(begins) == 1:
            mass[begins[0]] += math.exp(logp)
    for name, share in (("fit", mass[0]), ("foil", mass[1])):
        if not share:
            return Estimated("first-token", reason=f"no token that begins the {name} is among the {len(top)} likeliest")
    logps = [math.log(share) if share else -math.inf for share in mass]
    return Estimated(
        "first-token", logp_fit=logps[0], logp_foil=logps[1], logp_others=tuple(logps[2:]), option_mass=sum(mass),
        value=logps[0] - logps[1], probability=mass[0] / sum(mass), hit=mass[0] > max(mass[1:]),
    )


def from_samples(item: Item, replies: Sequence[str]) -> Estimated:
    """Return an item's numbers from sampled replies. A reply counts for the answer whose opening it begins with: so
    many words as no other answer begins with."""
    answers = [words(answer) for answer in (item.fit, item.foil, *item.others)]
    if not all(answers):
        return Estimated("sampled", reason=NO_ANSWER, samples=len(replies))
    openings = [opening(answer, answers) for answer in answers]
    counts = [sum(words(reply)[: len(begun)] == begun for reply in replies) for begun in openings]
    if not counts[0] + counts[1]:
        return Estimated("sampled", reason=f"none of {len(replies)} samples begins as fit or foil does",
                         samples=len(replies))
    return Estimated(
        "sampled", option_mass=sum(counts) / len(replies), value=math.log((counts[0] + 0.5) / (counts[1] + 0.5)),
        probability=counts[0] / sum(counts), hit=counts[0] > max(counts[1:]), samples=len(replies),
    )


def opening(answer: list[str], answers: Sequence[list[str]]) -> list[str]:
    """Return the first words of an answer, up to the one by which it differs from all others."""
    alike = 0
    for other in answers:
        if other is not answer:
            same = next((at for at, (a, b) in enumerate(zip(answer, other, strict=False)) if a != b), len(answer))
            alike = max(alike, same)
    return answer[: alike + 1]


def words(text: str) -> list[str]:
    """Return the words of a text in small letters, without punctuation."""
    return re.findall(r"\w+(?:['’]\w+)*", text.casefold())
