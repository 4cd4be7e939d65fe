"""Audits of a few documents, as the command carries them out."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from uptake.audit.asked import Asked
from uptake.commands.audit import audit


@dataclass
class Audited:
    """What an audit left behind."""

    folder: Path
    said: str
    failed: tuple
    messages: list

    @property
    def lines(self):
        return [json.loads(line) for line in (self.folder / "audit.jsonl").read_text(encoding="utf-8").splitlines()]

    @property
    def page(self):
        return (self.folder / "audit.html").read_text(encoding="utf-8")

    def tags(self, identity):
        """The tags of one document, as finding.tag."""
        marks = next(line["attributes"] for line in self.lines if line["id"] == identity)
        return {name.removeprefix("uptake__").replace("__", ".") for name in marks}


@pytest.fixture
def audited(tmp_path):
    """Audit a file, or documents given as records."""
    def carry_out(corpus, to="out", **asked):
        if not isinstance(corpus, Path):
            path = tmp_path / "corpus.jsonl"
            written = "".join(record.to_json() + "\n" for record in corpus)
            if not path.exists() or path.read_text(encoding="utf-8") != written:  # to write is to change it
                path.write_text(written, encoding="utf-8")
            corpus = path
        messages = []
        said, failed = audit(Asked(corpus, tmp_path / to, **{"workers": 1, **asked}), messages.append)
        return Audited(tmp_path / to, said, failed, messages)

    return carry_out
