"""From commissions and answers to documents: which answers are kept, which are refused and why, which are to come.

A pure function of its arguments, so that a run that was killed, and one whose brief changed, come to the same documents
as one that was not. All first answers are settled before any second one: an answer that was kept stays so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from uptake.authoring.answers import Answer
from uptake.authoring.brief import Brief
from uptake.authoring.checks import Found, Judge, holds, may_disclose, written
from uptake.authoring.commissions import Commission
from uptake.documents.record import About, ClaimInText, DocumentRecord, Made, Metadata, Rights, Status, Use, prompt_hash

TWICE = "the same text as another"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that became a document, and which attempt it was."""

    commission: Commission
    attempt: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that did not, and why."""

    commission: Commission
    attempt: int
    answer: Answer
    found: Found


@dataclass
class Settled:
    """Every commission is kept, lost (all its attempts refused), or open (with the attempt that is to come)."""

    kept: dict[str, Kept] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    open: list[tuple[Commission, int]] = field(default_factory=list)
    lost: list[Commission] = field(default_factory=list)


def settle(wanted: Sequence[Commission], answers: Mapping[str, Answer], judge: Judge, model: str) -> Settled:
    """Settle every commission as far as its answers go. `model` is the name by which the model was asked for."""
    settled, left, texts = Settled(), list(wanted), set[str]()
    for attempt in range(judge.brief.tries):
        tried, left = left, []
        for commission in tried:
            answer = answers.get(commission.key(model, attempt))
            if answer is None:
                settled.open.append((commission, attempt))
                continue
            text = " ".join(written(judge.brief, answer).split()).casefold()
            found = judge.judge(commission, answer) or (Found(TWICE) if text in texts else None)
            if found:
                settled.refused.append(Refused(commission, attempt, answer, found))
                left.append(commission)
            else:
                settled.kept[commission.id] = Kept(commission, attempt, answer)
                texts.add(text)
    settled.lost = left
    return settled


def records(brief: Brief, settled: Settled, wanted: Sequence[Commission], model: str) -> list[DocumentRecord]:
    """Return the documents in the order of their commissions, each with its provenance as it was made."""
    return [_record(brief, settled.kept[each.id], model) for each in wanted if each.id in settled.kept]


def _record(brief: Brief, kept: Kept, model: str) -> DocumentRecord:
    commission, answer = kept.commission, kept.answer
    kind, arm, text = commission.kind, commission.arm, written(brief, answer)
    trimmed = text != answer.text.strip()
    own = {"arm": commission.arm_name, "drafted": {
        "brief": brief.name, "kind": kind.name, "attempt": kept.attempt, "people": list(commission.cast.people),
        **({"trimmed": True} if trimmed else {}),
        **({"place": commission.cast.place, "trade": commission.cast.trade} if arm else {})}}
    if question := commission.question:
        own["elicited"] = {"claim": question.claim, "source": question.source, "number": question.number,
                           "wording": question.wording, **({"side": question.side} if question.side else {})}
    return DocumentRecord(id=commission.id, text=text, source=brief.name, **_dated(answer), metadata=Metadata(
        made=Made(how="model-revised" if trimmed else "model", author=brief.author, generator=model,
                  generator_version=answer.reported or None, prompt=commission.prompt,
                  prompt_sha256=prompt_hash(commission.prompt),
                  sampling=commission.settings, seed=commission.seeds[kept.attempt], parents=()),
        about=About(language=commission.language, genre=kind.name, voice=commission.voice,
                    subject=brief.subject or None if arm else answer.reported or model,
                    claims=(ClaimInText(claim=commission.claim.id, polarity=arm.polarity),) if arm else None,
                    commentary=arm.commentary if arm else None),
        status=Status(kind=kind.status, disclosed=_is_disclosed(commission, text)),
        use=Use(purpose=brief.purpose, stage=brief.stage),
        rights=Rights(holder=brief.holder, licence=brief.licence),
        **own,
    ))


def _dated(answer: Answer) -> dict[str, str]:
    return {"created": answer.received} if answer.received else {}


def _is_disclosed(commission: Commission, text: str) -> bool | None:
    """Whether the text says what it is: if a sentence was asked for, it does; if none was and nothing in the text looks
    like one, it does not; otherwise, and of testimony, it is not known."""
    if commission.kind.disclose:
        return holds(text, commission.kind.disclose)
    return False if commission.arm and not may_disclose(text) else None
