"""A small reader with a few English words, and a server that answers for it; see `local_server.py`."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "readers"))  # where small_readers.py is

from local_server import LocalServer
from tiny import TEMPLATE, reader_of_any_text, tiny_reader

from uptake.readers.load import load, save


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def reader():
    return tiny_reader()


@pytest.fixture(scope="session")
def folder(reader, tmp_path_factory):
    """The reader as a folder that anybody can load."""
    made = tmp_path_factory.mktemp("tiny") / "model"
    save(reader, made)
    return made


@pytest.fixture(scope="session")
def any_folder(tmp_path_factory):
    """A reader that can read the shipped claims, as a folder."""
    made = tmp_path_factory.mktemp("any") / "model"
    save(reader_of_any_text((Path(__file__).parents[2] / "claims" / "role-models.yaml").read_text()), made)
    return made


@pytest.fixture
def server(reader, monkeypatch):
    """A server on this machine, which Inspect knows as the service `local`."""
    with LocalServer(reader) as started:
        monkeypatch.setenv("LOCAL_BASE_URL", started.url)
        monkeypatch.setenv("LOCAL_API_KEY", "none is needed")
        yield started


@pytest.fixture(scope="module")
def any_reader(any_folder):
    found = load(str(any_folder))
    found.tokenizer.chat_template = TEMPLATE
    return found


@pytest.fixture
def served(any_reader, monkeypatch):
    """The reader that reads anything, behind an address that no environment variable tells."""
    monkeypatch.setenv("LOCAL_API_KEY", "none is needed")
    monkeypatch.delenv("LOCAL_BASE_URL", raising=False)
    with LocalServer(any_reader) as started:
        yield started
