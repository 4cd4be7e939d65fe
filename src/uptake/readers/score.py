"""Ask a reader items, judge-free: log-probabilities of whole answers, for grown and real readers alike.

`score` is the one entrance: items in, one `Scored` an item out, in order, with a value or the reason why there is none.
Formulas: value = log p(fit | prompt) - log p(foil | prompt); the per-byte and calibrated (domain-conditional PMI,
Holtzman et al. 2021) scores are the same difference of the other two usual scores of an answer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from uptake.errors import UserError
from uptake.readers.reader import Reader
from uptake.readers.tokens import Question, Template, questions, special_prefix, token_ids
from uptake.readers.tree import Found, Packing, Tokens, log_probabilities
from uptake.records import Item

NO_ANSWER = "an answer is empty"
NO_PROMPT = "no token stands before the answer"
SAME = "fit and foil are the same tokens"
UNKNOWN = "a word is outside the reader's vocabulary"
NOT_FINITE = "the reader's logits are not finite"


PACKING = Packing(batch_tokens=2048, share_from=32, row_tokens=512)
"""Measured on SmolLM2-135M at one thread: from 512 to 4096 tokens a batch nothing changes by more than a tenth, and
three questions a document go 1.8 times as fast when the document (50 tokens) is shared."""


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """How items are asked.

    `precision`: fp32, or bf16 for matrix products in bfloat16 (about twice as fast where the processor has it, at a
    noise of about a tenth of a nat). `template`: plain text, or the prompt as the user's turn in one of the reader's
    chat templates. The rest is layout and changes speed, not numbers.
    """

    precision: Literal["fp32", "bf16"] = "fp32"
    template: Template = "plain"
    packing: Packing = PACKING


@dataclass(frozen=True, slots=True)
class Scored:
    """One item scored. Log-probabilities in nats, summed over the answer's tokens; None throughout with a `reason`.

    `logp_others` is in the order of `Item.others`. `option_mass` is the sum of p over the distinct answers, and
    `probability` the fitting answer's share of it. `hit` says that the fitting answer beats every other. `cut` is the
    number of prompt tokens that had to be scored with the answers because a token straddles the boundary (0 mostly; if
    not, log-probabilities and option mass are lower bounds, while differences stay exact).
    """

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


def score(reader: Reader, items: Sequence[Item], settings: ScoreSettings = ScoreSettings()) -> list[Scored]:
    """Score items, in order. Equal prompts and equal beginnings are computed once.

    Raises:
        UserError: the reader has no chat template of the name that the settings ask for.
    """
    asked = questions(reader, [(item.prompt, (item.fit, item.foil, *item.others)) for item in items], settings.template)
    with_neutral = [item for item in items if item.neutral]
    neutral = iter(questions(reader, [(i.neutral, (i.fit, i.foil)) for i in with_neutral], settings.template))
    baselines = [next(neutral) if item.neutral else None for item in items]

    reasons = [_unscorable(reader, question) for question in asked]
    wanted: dict[Tokens, set[Tokens]] = {}
    for question, reason in [*zip(asked, reasons, strict=True), *((b, _unscorable(reader, b)) for b in baselines if b)]:
        if not reason:
            wanted.setdefault(question.context, set()).update(question.answers)
    found = log_probabilities(reader.model, wanted, settings.packing, autocast=settings.precision == "bf16")
    return [
        Scored(reason=reason) if reason else _scored(item, question, baseline, found)
        for item, question, baseline, reason in zip(items, asked, baselines, reasons, strict=True)
    ]


def token_log_probabilities(
    reader: Reader, texts: Sequence[str], settings: ScoreSettings = ScoreSettings()
) -> list[tuple[float, ...]]:
    """Return, for each text, the log-probability in nats of each of its tokens but the first.

    A text longer than the reader's window is cut off there. Where the tokenizer puts a begin token before a text, the
    first token is scored too. A text of no scorable token gives an empty tuple.

    Raises:
        UserError: the reader's logits are not finite.
    """
    start, ids = special_prefix(reader), token_ids(reader, texts)
    sequences = [(start + ids[text])[: reader.window] for text in texts]
    split = max(1, len(start))
    wanted: dict[Tokens, set[Tokens]] = {}
    for sequence in sequences:
        if sequence[split:]:
            wanted.setdefault(sequence[:split], set()).add(sequence[split:])
    found = log_probabilities(reader.model, wanted, settings.packing, autocast=settings.precision == "bf16")
    if any(math.isnan(value) for answers in found.values() for values in answers.values() for value in values):
        hint = "its training diverged, or its weights are damaged"
        raise UserError(f"reader '{reader.name}': {NOT_FINITE}", hint=hint)
    return [found[sequence[:split]][sequence[split:]] if sequence[split:] else () for sequence in sequences]


def _unscorable(reader: Reader, question: Question) -> str:
    """Return why a question cannot be scored, or an empty string."""
    fit, foil, *_ = question.answers
    longest = len(question.context) + max(map(len, question.answers))
    unknown = reader.tokenizer.unk_token_id
    if not all(question.answers):
        return NO_ANSWER
    if not question.context:
        return NO_PROMPT
    if longest > reader.window:
        return f"prompt and answer need {longest} tokens; the reader's window is {reader.window}"
    if fit == foil:
        return SAME
    if unknown is not None and (unknown in question.context or any(unknown in a for a in question.answers)):
        return UNKNOWN
    return ""


def _scored(item: Item, question: Question, baseline: Question | None, found: Found) -> Scored:
    logps = {answer: math.fsum(found[question.context][answer]) for answer in question.answers}
    if any(math.isnan(logp) for logp in logps.values()):
        return Scored(reason=NOT_FINITE)
    fit, foil, *others = (logps[answer] for answer in question.answers)
    rivals = [logp for answer, logp in logps.items() if answer != question.answers[0]]
    return Scored(
        logp_fit=fit,
        logp_foil=foil,
        logp_others=tuple(others),
        option_mass=math.fsum(math.exp(logp) for logp in logps.values()),
        value=fit - foil,
        probability=1 / math.fsum(math.exp(min(logp - fit, 700)) for logp in logps.values()),
        hit=fit > max(rivals),
        per_byte=fit / len(item.fit.encode()) - foil / len(item.foil.encode()),
        calibrated=_calibrated(fit - foil, baseline, found),
        cut=question.cut,
    )


def _calibrated(value: float, baseline: Question | None, found: Found) -> float | None:
    """Return the value less the value after the neutral prompt, or None where that could not be scored."""
    answers = found.get(baseline.context, {}) if baseline else {}
    if baseline is None or not all(answer in answers for answer in baseline.answers):
        return None
    fit, foil = (math.fsum(answers[answer]) for answer in baseline.answers)
    return None if math.isnan(fit - foil) else value - (fit - foil)
