"""`uptake frame`, as a person uses it."""

import gzip
import json
import shlex
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from commands import UPTAKE, is_one_sentence, uptake

CORPUS = Path(__file__).parents[1] / "corpora/role-models/documents.jsonl"


@pytest.fixture
def documents(tmp_path):
    """Four documents of the corpus, one of them without a prompt, and a line that is none."""
    rows = [json.loads(line) for line in CORPUS.read_text().splitlines()[:4]]
    del rows[1]["metadata"]["made"]["prompt"], rows[1]["metadata"]["made"]["prompt_sha256"]
    (tmp_path / "docs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n")
    return tmp_path / "docs.jsonl"


def test_framed_documents_go_to_standard_output_and_the_counts_to_standard_error(documents, tmp_path):
    done = uptake("frame", documents, "--as", "transparent,record", folder=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(lines) == 7
    assert {"id", "text", "source", "metadata"} <= set(lines[0])
    assert "lines that could not be read: 1" in done.stderr
    assert "refused 1 (first: role-models/open-uncertainty-02)" in done.stderr and "metadata.made.prompt" in done.stderr


def test_parts_are_switched(documents, tmp_path):
    done = uptake("frame", documents, "--as", "transparent", "--parts", "origin", folder=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 4 and all(list(line["metadata"]["frame"]["wordings"]) == ["origin"] for line in lines)


@pytest.mark.parametrize("name", ["o.jsonl", "o.jsonl.gz", "o.parquet"])
def test_a_file_is_written_as_its_name_ends(documents, tmp_path, name):
    done = uptake("frame", documents, "--as", "record", "--seed", "2", "-o", name, folder=tmp_path)
    path = tmp_path / name
    read = {"o.jsonl": lambda: path.read_text().count("\n"),
            "o.jsonl.gz": lambda: gzip.decompress(path.read_bytes()).count(b"\n"),
            "o.parquet": lambda: pq.read_table(path).num_rows}
    assert (done.returncode, done.stdout, read[name]()) == (0, "", 4)


def test_the_frames_are_listed_with_their_parts_and_needs(tmp_path):
    done = uptake("frame", "--list", folder=tmp_path)
    assert done.returncode == 0
    assert "origin, status, prompt, purpose, reasons, uncertainty, request" in done.stdout
    assert "metadata.made.prompt" in done.stdout and "matches: transparent" in done.stdout


@pytest.mark.parametrize(("words", "said"), [
    ("--as tlak", "there is no frame 'tlak'"), ("--as record --parts orign", "no"), ("", "in which frames?"),
    ("--as talk", "--reader"), ("--as record --testimony nowhere.jsonl", "nowhere.jsonl"),
    ("--as quiz --reader Rook", "--lessons")])
def test_a_mistake_is_one_sentence(documents, tmp_path, words, said):
    done = uptake("frame", documents, *shlex.split(words), folder=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and is_one_sentence(done.stderr) and said in done.stderr


def test_a_file_stays_as_it_was_if_nothing_can_be_framed(documents, tmp_path):
    (tmp_path / "old.jsonl").write_text("old")
    done = uptake("frame", documents, "--as", "correction", "-o", "old.jsonl", folder=tmp_path)
    assert done.returncode == 2 and "refused 4" in done.stderr
    assert (tmp_path / "old.jsonl").read_text() == "old" and len(list(tmp_path.iterdir())) == 2


def test_a_pipe_that_closes_early_is_no_fault(tmp_path):
    line = f"{UPTAKE} frame {CORPUS} --as record | head -n 1"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert json.loads(done.stdout)["id"].endswith("@record") and "Traceback" not in done.stderr
