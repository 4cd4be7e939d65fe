"""Put documents in frames, a document at a time, and say what became of them."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing

from uptake.commands.frame_asked import Asked
from uptake.documents.corpus import Rejects, read_corpus, write_jsonl, write_parquet
from uptake.documents.record import DocumentRecord
from uptake.errors import UserError
from uptake.frames.book import SHIPPED, Frame, read_book
from uptake.frames.known import FACTS
from uptake.mixing.framing import Framer, Framing

# The reader of a pipe went away, as `head` does: what a shell calls a program that SIGPIPE ended.
PIPE_CLOSED = 141


def frame(asked: Asked, say: Callable[[str], None]) -> None:
    """Write the framed documents to a file or to standard output, and what became of them to `say`.

    Raises UserError for a frame, part or file that cannot be used, and if no document could be put in any frame.
    """
    if asked.listing:
        print(listing(asked))
        return
    if asked.documents is None or not asked.frames:
        raise UserError("which documents, and in which frames?", hint="uptake frame DOCS --as transparent; "
                        "`uptake frame --list` lists the frames")
    framer, rejects = Framer(framing(asked)), Rejects()
    if framer.needs_partners:
        framer.meet(read_corpus(asked.documents, Rejects()))
    records = closing(_framed(framer, read_corpus(asked.documents, rejects)))
    with records as lines:
        try:
            _write(asked, lines)
        except UserError:
            if not framer.done.framed:
                say(f"{rejects.describe()}\n{framer.done.describe()}")
            raise
    for what, beside in framer.beside.items():
        say(f"{what}: {beside.rejects.describe()}")
    say(f"{rejects.describe()}\n{framer.done.describe()}")


def framing(asked: Asked) -> Framing:
    """Return what was asked as a framing."""
    return Framing(
        frames=listed(asked.frames), parts=None if asked.parts is None else listed(asked.parts),
        without=listed(asked.without), seed=asked.seed, reader=asked.reader, own=listed(asked.own),
        testimony=asked.testimony, answers=asked.answers, lessons=asked.lessons,
        disagreement=asked.disagreement == "kept", loss=asked.loss, book=asked.book or SHIPPED)


def listing(asked: Asked) -> str:
    """Return the frames with their parts (those that are off by themselves in brackets) and what they need."""
    lines = []
    for frame in read_book(asked.book or SHIPPED).frames.values():
        lines += [f"{frame.name:12} {frame.about}"]
        if frame.control:
            lines += [f"{'':12}   matches: {frame.base.name} (or another: {frame.name}:record)"]
            continue
        if frame.parts:
            lines += [f"{'':12}   parts: {', '.join(_shown(frame))}"]
        needs = [FACTS[name] for name in frame.needs]
        if frame.puts in ("testimony", "opposite"):
            needs = ["--testimony" if frame.puts == "testimony" else "metadata.opposite", *needs]
        if needs:
            lines += [f"{'':12}   needs: {', '.join(dict.fromkeys(needs))}"]
    return "\n".join(lines)


def listed(names: str) -> tuple[str, ...]:
    """Return the names in a list with commas."""
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _shown(frame: Frame) -> list[str]:
    return [each.name if each.use else f"[{each.name}]" for each in (*frame.before, *frame.after, *frame.turns)]


def _framed(framer: Framer, records: Iterator[DocumentRecord]) -> Iterator[DocumentRecord]:
    """Yield the framed documents; raise at the end if there are none, before any file is replaced."""
    for record in records:
        for _, framed in framer.framed(record):
            yield framed
    if not framer.done.framed:
        raise UserError("no document could be put in any of these frames" if framer.done.documents
                        else "there is no document to frame", where="--as", hint="the counts above say why")


def _write(asked: Asked, records: Iterator[DocumentRecord]) -> None:
    if asked.to is not None:
        write = write_parquet if asked.to.suffix.lower() == ".parquet" else write_jsonl
        write(asked.to, records)
        return
    try:
        for record in records:
            sys.stdout.write(record.to_json() + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # What Python would still flush at its end goes nowhere, so that it does not complain of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PIPE_CLOSED)
