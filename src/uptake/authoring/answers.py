"""What a model answered, kept in a file that only grows: a line an answer, whole or not there.

Each line is keyed by the hash of what was asked, of whom and how. A process that is killed loses at most the line that
it was writing; a folder whose brief has changed keeps the answers that still fit, and those that no longer do.
"""

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from uptake.errors import UserError
from uptake.files import writing


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came: its text, why it ended (`stop`, `max_tokens`, `content_filter`...), the model as the
    endpoint reported it, when it came (empty if it may come from a cache), and the tokens on both sides."""

    key: str
    text: str
    stop: str
    reported: str = ""
    received: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    refusal: str = ""


@dataclass
class Answers:
    """The answers of a folder. `cut` counts lines that were not whole, at the end of a file that was cut off."""

    path: Path
    by_key: dict[str, Answer]
    cut: int = 0

    def add(self, answer: Answer) -> None:
        """Append an answer and flush it to the disk. Raises UserError if the disk does not allow it; what had been
        written before then stands."""
        line = (json.dumps(asdict(answer), ensure_ascii=False) + "\n").encode()
        with writing(self.path):
            handle = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o666)
            try:
                size = os.fstat(handle).st_size
                try:
                    _write_all(handle, line)
                    os.fsync(handle)
                except OSError:
                    os.ftruncate(handle, size)
                    raise
            finally:
                os.close(handle)
        self.by_key[answer.key] = answer


def read_answers(path: Path) -> Answers:
    """Read a file of answers, and cut off a last line that is not whole. Raises UserError for a line that is broken
    before the end, which no killed process leaves."""
    found = Answers(path, {})
    if not path.exists():
        return found
    with writing(path):
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            found.cut = 1
            with path.open("r+b") as file:
                file.truncate(whole)
    for number, line in enumerate(content[:whole].splitlines(), start=1):
        answer = _answer(line)
        if answer is None:
            raise UserError("this line is no answer", where=f"{path}:{number}",
                            hint="it was edited or damaged: take the line out, and its document is asked for again")
        found.by_key[answer.key] = answer
    return found


def _answer(line: bytes) -> Answer | None:
    try:
        raw: Any = json.loads(line)
    except ValueError:
        return None
    known = {each.name for each in fields(Answer)}
    right = isinstance(raw, dict) and {"key", "text", "stop"} <= set(raw) <= known
    return Answer(**raw) if right else None


def _write_all(handle: int, line: bytes) -> None:
    while line:
        line = line[os.write(handle, line):]
