"""Carry a brief out: ask for its documents, settle what came, write it down, and say what was lost."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock
from pydantic_core import to_json

from uptake.authoring.answers import read_answers
from uptake.authoring.brief import Brief, read_brief
from uptake.authoring.checks import Judge
from uptake.authoring.commissions import Commission, commissions
from uptake.authoring.drafting import Desk, Drafted, draft
from uptake.authoring.likelihood import likelihoods
from uptake.authoring.losses import Losses, by_arm, in_words, warnings
from uptake.authoring.matching import match
from uptake.authoring.settling import Settled, records, settle
from uptake.documents.corpus import Rejects, read_corpus
from uptake.documents.record import DocumentRecord
from uptake.documents.writing import write_jsonl
from uptake.errors import UserError
from uptake.files import atomic_write, digest, file_digest, write_json, writing

DEFAULT_MODEL = "uptake/smollm2-135m"


@dataclass(frozen=True)
class Order:
    """What a user asks for: the brief, the folder, the model, how many documents at most, and arguments for the
    model's provider. What was drafted is matched to the testimonies of `match`, as likely to `reader`."""

    brief: Path
    to: Path
    model: str = DEFAULT_MODEL
    limit: int | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    match: Path | None = None
    reader: str = DEFAULT_MODEL


def author(order: Order, tell: Callable[[str], None]) -> str:
    """Draft a brief's documents into a folder and return what to print.

    Raises UserError for a brief, model or folder that cannot be used, and when the endpoint gave out; what came until
    then is kept, and the same command goes on from there.
    """
    brief = read_brief(order.brief)
    wanted = commissions(brief)[:order.limit]
    with _held(order.to):
        answers = read_answers(order.to / "answers.jsonl")
        if answers.cut:
            tell("the last answer of an earlier run was not whole; its document is asked for again")
        if answers.by_key:
            tell(_reused(wanted, set(answers.by_key), brief, order.model))
        (order.to / "DONE.json").unlink(missing_ok=True)
        with writing(order.to):
            shutil.copyfile(order.brief, order.to / "brief.yaml")
        judge = Judge(brief)
        drafted = draft(Desk(brief, wanted, judge, answers, order.model, order.arguments, tell))
        settled = settle(wanted, answers.by_key, judge, order.model)
        losses = by_arm(wanted, settled, [(commission, failure.reason) for commission, failure in drafted.failures])
        _write(order, brief, wanted, settled, drafted)
        for warning in warnings(losses):
            tell(warning)
        _refuse_unfinished(settled, drafted, losses)
        write_json(order.to / "DONE.json", _done(order, wanted, losses))
        said = f"{in_words(losses)}\n\n{order.to / 'documents.jsonl'}"
        return f"{said}\n\n{_matched(order, order.match, tell)}" if order.match else said


def _matched(order: Order, own: Path, tell: Callable[[str], None]) -> str:
    """Write to matched.jsonl the drafts that the reader finds as likely as these documents, one for each; return what
    to print. Raises UserError if no pair can be made."""
    rejects = Rejects()
    theirs, mine = list(read_corpus(order.to / "documents.jsonl", Rejects())), list(read_corpus(own, rejects))
    tell(f"{own}: {rejects.describe()}")
    found = match(likelihoods(order.reader, mine, tell), likelihoods(order.reader, theirs, tell))
    if not found.pairs:
        raise UserError("none of the drafts answers what one of these documents answers", where=f"--match {own}",
                        hint="the same brief with another --model asks the same questions")
    by_id, lines = {each.id: each for each in theirs}, []
    for pair in found.pairs:
        given = by_id[pair.other.id].model_dump(mode="json", exclude_unset=True)
        given["metadata"] |= {"matched": {"to": pair.own.id, "reader": order.reader,
                                          "nats_per_token_more": round(pair.difference, 6)}}
        lines.append(DocumentRecord.model_validate(given))
    write_jsonl(order.to / "matched.jsonl", lines)
    return f"{found.in_words()}\n\n{order.to / 'matched.jsonl'}"


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder for this process. Raises UserError if it cannot be made or another process has it."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        held = filelock.FileLock(folder / ".lock", timeout=0, is_singleton=False)
        try:
            held.acquire()
        except filelock.Timeout as error:
            raise UserError("another process is writing here", where=str(folder),
                            hint="wait for it, or choose another folder") from error
    try:
        yield
    finally:
        held.release()


def _reused(wanted: Sequence[Commission], keys: set[str], brief: Brief, model: str) -> str:
    """Say how many of the answers in the folder this brief and model can use."""
    fit = sum(each.key(model, attempt) in keys for each in wanted for attempt in range(brief.tries))
    aside = len(keys) - fit
    others = f", {aside} belong to another brief or model" if aside else ""
    return f"answers from before: {fit} are used again{others}"


def _write(order: Order, brief: Brief, wanted: Sequence[Commission], settled: Settled, drafted: Drafted) -> None:
    write_jsonl(order.to / "documents.jsonl", records(brief, settled, wanted, order.model))
    lost = {each.id for each in settled.lost}
    lines = [{
        "id": each.commission.id, "arm": each.commission.arm_name, "attempt": each.attempt, "reason": each.found.reason,
        "detail": each.found.detail, "lost": each.commission.id in lost, "stop": each.answer.stop,
        "model": each.answer.reported, "seed": each.commission.seeds[each.attempt], "key": each.answer.key,
        "text": each.answer.text} for each in settled.refused]
    lines += [{"id": commission.id, "arm": commission.arm_name, "reason": failure.reason, "detail": failure.said}
              for commission, failure in drafted.failures]
    atomic_write(order.to / "rejects.jsonl", b"".join(to_json(line) + b"\n" for line in lines))


def _refuse_unfinished(settled: Settled, drafted: Drafted, losses: dict[str, Losses]) -> None:
    """Raise what stopped the run, or a UserError if documents are still to be asked for or there are none."""
    if drafted.stopped and not isinstance(drafted.stopped, UserError):
        raise drafted.stopped
    kept, missing = len(settled.kept), len(settled.open)
    if drafted.stopped or missing:
        why = drafted.stopped.what if drafted.stopped else _counted(losses, "failures")
        hint = drafted.stopped.hint if drafted.stopped else "run the same command again: it goes on where it was"
        where = drafted.stopped.where if drafted.stopped else ""
        raise UserError(f"{why}; {kept} documents are written and {missing} are still to be asked for", where=where,
                        hint=hint)
    if not kept:
        raise UserError(f"not one answer could be kept ({_counted(losses, 'reasons')})",
                        hint="rejects.jsonl has them all; another model, more words or other instructions may do")


def _counted(losses: dict[str, Losses], what: str) -> str:
    total: dict[str, int] = {}
    for arm in losses.values():
        for reason, count in getattr(arm, what).items():
            total[reason] = total.get(reason, 0) + count
    return ", ".join(f"{reason}: {count}" for reason, count in sorted(total.items(), key=lambda each: -each[1]))


def _done(order: Order, wanted: Sequence[Commission], losses: dict[str, Losses]) -> dict[str, Any]:
    """Return what the folder holds, for whoever finds it later."""
    return {
        "model": order.model, "limit": order.limit, "prompts": digest([each.prompt for each in wanted]),
        "documents_sha256": file_digest(order.to / "documents.jsonl"),
        "arms": {name: {"wanted": arm.wanted, "kept": arm.kept, "lost": arm.lost, "answers": arm.answers,
                        "refused": dict(arm.reasons)} for name, arm in losses.items()},
    }
