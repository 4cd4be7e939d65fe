"""A brief in a folder, and the command that carries it out with a scripted model."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from briefs import BRIEF, Scripted

from uptake.authoring.brief import read_brief
from uptake.commands.author import Order, author
from uptake.documents.corpus import Rejects, read_corpus


@dataclass
class Folder:
    """A folder with a brief, and what an authoring left in it."""

    path: Path
    said: list[str] = field(default_factory=list)

    def write(self, text=BRIEF):
        (self.path / "brief.yaml").write_text(text)
        return self.path / "brief.yaml"

    def author(self, scripted, text=BRIEF, limit=None):
        self.said.clear()
        order = Order(self.write(text), self.out, "mockllm/model", limit, {"custom_outputs": scripted})
        return author(order, self.said.append)

    @property
    def out(self):
        return self.path / "out"

    @property
    def documents(self):
        rejects = Rejects()
        found = list(read_corpus(self.out / "documents.jsonl", rejects))
        assert rejects.count == 0
        return found

    @property
    def rejects(self):
        return [json.loads(line) for line in (self.out / "rejects.jsonl").read_text().splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))
    return Folder(tmp_path)


@pytest.fixture
def brief(folder):
    def read(text=BRIEF):
        return read_brief(folder.write(text))

    return read


@pytest.fixture
def scripted():
    return Scripted
