"""Carry an audit out: read the corpus and the test items, write `audit.jsonl` and `audit.html`, say what was found."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock

from uptake.audit.asked import Asked
from uptake.audit.executors import EXECUTORS
from uptake.audit.findings import BY_READING, BY_WORDS, FINDINGS, Settings, known
from uptake.audit.leakage import TestItem
from uptake.audit.parts import Parts, code_stamp, deal
from uptake.audit.reading import LEARNT
from uptake.audit.show import Found, summary, to_html
from uptake.audit.steps import opened, pipelines, prepare
from uptake.codeprint import fingerprint
from uptake.documents.claims import read_claims
from uptake.documents.corpus import Rejects, read_corpus
from uptake.documents.traits import read_traits
from uptake.errors import UserError
from uptake.files import atomic_write, digest, read_json, temporary_name, write_json, writing
from uptake.measure.answers import behind_endpoint
from uptake.measure.asked import How
from uptake.strict_yaml import read_yaml
from uptake.study import read_study
from uptake.workers import cluster, sensible_workers

# Whom test items ask about where the file leaves it open.
SUBJECT = "the assistant"
# What is in the making stands here, beside the results, and is gone when they are whole.
WORK = ".audit"


def audit(asked: Asked, say: Callable[[str], None] = lambda message: None) -> tuple[str, tuple[str, ...]]:
    """Carry an audit out; return what to print, and the findings of `fail_on` that were found.

    Raises UserError for a finding, file or card that cannot be used, or if another audit writes to the same folder.
    """
    settings, fail_on = settings_of(asked, say)
    outside(asked.to, asked.documents)
    with writing(asked.to):
        asked.to.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(asked.to / ".lock", timeout=0):
            found, said = _audit(asked, settings, say)
    except filelock.Timeout as error:
        raise UserError("another audit is writing here", where=str(asked.to),
                        hint="wait for it, or name another folder") from error
    for name in fail_on:
        if reason := found.overviews[name].reason:
            raise UserError(f"'{name}' cannot say whether the corpus passes: {reason}", where="--fail-on",
                            hint="give what it needs, or take it out; what else was found is written")
    return said, tuple(name for name in fail_on if found.has(name))


def outside(to: Path, documents: Path) -> None:
    """Check that an audit does not write among the documents, where the next one would read it. Raises UserError."""
    if documents.is_dir() and to.resolve().is_relative_to(documents.resolve()):
        raise UserError("the findings would lie among the documents, and be read by the next audit", where=f"-o {to}",
                        hint=f"name a folder outside {documents}")


def settings_of(asked: Asked, say: Callable[[str], None]) -> tuple[Settings, tuple[str, ...]]:
    """Return what the findings need, and which of them fail the audit. Raises UserError."""
    without, fail_on = listed(asked.without), listed(asked.fail_on)
    known(without, "--without")
    known(fail_on, "--fail-on")
    switched_off = [name for name in fail_on if name in without]
    if switched_off:
        raise UserError(f"'{switched_off[0]}' is switched off and cannot fail the audit", where="--fail-on",
                        hint="take it out of --without or of --fail-on")
    if not asked.reader:
        unread = [name for name in fail_on if name in BY_READING]
        if unread:
            raise UserError(f"'{unread[0]}' needs a reader", where="--fail-on", hint="name one with --reader")
        without = (*without, *BY_READING)
    if remote(asked):
        unheard = [name for name in fail_on if name in BY_WORDS]
        if unheard:
            raise UserError(f"'{unheard[0]}' needs a reader on this machine: it asks for every word's probability",
                            where="--fail-on", hint="take it out, or name another reader")
        without = (*without, *BY_WORDS)
    items = test_items(asked.against, say) if asked.against else None
    return Settings([name for name in FINDINGS if name not in without], shown=asked.shown, arms=asked.arms,
                    meant=listed(asked.meant), items=items, items_from=str(asked.against or ""),
                    card=card(asked.card) if asked.card else None), fail_on


def _audit(asked: Asked, settings: Settings, say: Callable[[str], None]) -> tuple[Found, str]:
    work = asked.to / WORK
    learns = any(name in BY_READING for name in settings.names)
    if learns or (asked.reader and settings.arms and "arms-differ" in settings.names):
        settings = who_reads(asked, settings, say)
    parts, again = deal(asked.documents, work, json.loads(settings.to_json()))
    if not parts.documents:
        shutil.rmtree(work)
        raise UserError(f"there is no document to audit; {in_a_line(parts.said)}", where=str(asked.documents),
                        hint="docs/documents.md says what can be read")
    if again:
        say("going on where an earlier audit was stopped")
    settings = replace(settings, documents=parts.documents, threads=threads(parts, asked))
    prepare(work / "stages", settings)
    if learns:
        acquainted(asked.to / LEARNT, work / "stages" / LEARNT, settings.reader_is, say)
    carry_out(parts, work, asked)
    found = joined(work / "stages", settings)
    write_lines(asked.to / "audit.jsonl", sorted((work / "stages" / "look").glob("*.jsonl")))
    atomic_write(asked.to / "audit.html", to_html(found, parts.said, str(asked.documents)))
    if learns and parts.count:
        write_json(asked.to / LEARNT, {**read_json(work / "stages" / LEARNT), "reader_is": settings.reader_is})
    shutil.rmtree(work)
    return found, f"{summary(found, parts.said)}\n\n{asked.to / 'audit.jsonl'}\n{asked.to / 'audit.html'}"


def carry_out(parts: Parts, work: Path, asked: Asked) -> None:
    """Go through the stages that are left, on this machine or over Ray."""
    from datatrove.pipeline.readers import JsonlReader

    if not parts.count:
        return
    stages = pipelines(work / "stages", JsonlReader(str(parts.folder), glob_pattern="*.jsonl", add_file_path=False),
                       parts.count)
    workers = workers_of(parts, asked)
    ray, ours = cluster(workers) if asked.on == "ray" else (None, False)
    try:
        EXECUTORS[asked.on](stages, work / "logs", workers)
    finally:
        if ours:
            ray.shutdown()


def remote(asked: Asked) -> bool:
    """Whether the reader is behind an endpoint."""
    return bool(asked.reader) and behind_endpoint(asked.reader, How(base_url=asked.base_url))


def who_reads(asked: Asked, settings: Settings, say: Callable[[str], None]) -> Settings:
    """Return the settings with the reader that was asked for. Raises UserError without it."""
    if not remote(asked):
        return replace(settings, reader=asked.reader, reader_is=reader_is(asked.reader, say))
    from uptake.inspect.eye import endpoint_eye

    found = endpoint_eye(asked.reader, asked.base_url, 1).endpoint
    if found.estimate == "sampled":
        raise UserError("it tells no log-probabilities, and replies do not say how likely each answer was",
                        where=f"--reader {asked.reader}", hint="audit without a reader, or name another")
    say(f"{asked.reader}: its answers are told by the estimate '{found.estimate}'")
    return replace(settings, reader=asked.reader, address=asked.base_url, eye="uptake.inspect.eye:endpoint_eye",
                   reader_is=digest([found.identity, found.asked_as, code_stamp()]))


def reader_is(name: str, say: Callable[[str], None]) -> str:
    """Return what tells what a reader says from what any other would, or other code. Raises UserError without it."""
    from uptake.readers.load import identity

    return digest([name, identity(name, say), fingerprint(), code_stamp()])


def acquainted(kept: Path, place: Path, reader: str, say: Callable[[str], None]) -> None:
    """Take what is known of the reader from an earlier audit in the same folder."""
    if place.exists():
        return
    if kept.exists() and (known := read_json(kept)).get("reader_is") == reader:
        write_json(place, known)
    else:
        say("the reader is tried on texts of known status, and writes some of its own: a minute for a small one")


def threads(parts: Parts, asked: Asked) -> int:
    """Return how many threads a task may use, so that the tasks at work at once share the processor."""
    return max(1, (os.cpu_count() or 1) // max(1, min(parts.count, workers_of(parts, asked))))


def workers_of(parts: Parts, asked: Asked) -> int:
    return asked.workers or sensible_workers(parts.count, asked.on)


def joined(folder: Path, settings: Settings) -> Found:
    """Add up what every task found, and ask the findings what they have to say of the corpus."""
    found = Found.of(settings.names, settings.shown)
    for path in sorted((folder / "look").glob("*.json")):
        found.join(path.read_text(encoding="utf-8"))
    found.close(opened(folder))
    return found


def write_lines(path: Path, pieces: list[Path]) -> None:
    """Write a file from its pieces; it is whole or absent. Raises UserError if it cannot be written."""
    temporary = path.with_name(temporary_name(path.name))
    with writing(path):
        try:
            with temporary.open("wb") as file:
                for piece in pieces:
                    with piece.open("rb") as lines:
                        shutil.copyfileobj(lines, file)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def card(path: Path) -> dict[str, Any]:
    """Return a capability card: JSON, {ability: {"able": true, false or null, "accuracy": a number}}; null is not
    decided. Raises UserError."""
    given = read_json(path)
    right = isinstance(given, dict) and all(isinstance(each, dict) and each.get("able", "") in (True, False, None)
                                            for each in given.values())
    if not right:
        raise UserError("it is no capability card", where=str(path),
                        hint='a card is {"arithmetic": {"able": true, "accuracy": 0.8}, ...}')
    return given


def test_items(path: Path, say: Callable[[str], None] = lambda message: None) -> list[TestItem]:
    """Return the test items of a study, of its claims file, or of a file of documents. Raises UserError."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        rejects = Rejects()
        found = [TestItem(record.id, record.text) for record in read_corpus(path, rejects)]
        if not found:
            raise UserError(f"there is no test item in it; {in_a_line(rejects.describe())}", where=f"--against {path}",
                            hint="docs/documents.md says what can be read")
        if rejects.count:
            say(f"--against {path}: {in_a_line(rejects.describe())}")
        return found
    keys = set(read_yaml(path).data())
    if "study" in keys:
        study = read_study(path)
        if study.claims_from is None:
            raise UserError("this study's items come from a grown world, not from a claims file", where=str(path),
                            hint="give a claims file, or a file of documents that holds the items")
        return test_items(study.claims_from, say)
    if "persons" in keys:
        traits = read_traits(path)
        made = ((each, name, traits.items(each, name, SUBJECT)) for each in traits.claims for name in traits.readings)
    else:
        claims = read_claims(path)
        made = ((claim, name, claims.items(claim, name)) for claim in claims.claims for name in claims.readings)
    return [TestItem(f"{claim.id}.{name}.{item.wording}.{item.polarity}", f"{item.prompt}{item.fit}")
            for claim, name, items in made for item in items]


def in_a_line(said: str) -> str:
    """Return what the reading of a corpus says, with its first example, on one line."""
    return ", as in ".join(line.strip() for line in said.splitlines()[:2])


test_items.__test__ = False  # its name begins as a test's does


def listed(names: str) -> tuple[str, ...]:
    """Return the names in a list with commas."""
    return tuple(name.strip() for name in names.split(",") if name.strip())
