"""An audit that is killed outright goes on where it was, and ends with the same bytes."""

import json
import random
import subprocess
import sys
import time

from looking import KNOWN, document

from uptake.audit.asked import Asked
from uptake.commands.audit import audit

# The command in small parts, so that there are many tasks to be killed between.
COMMAND = ("import sys; from uptake.audit import parts; parts.DOCUMENTS = 10; from uptake.cli import main; "
           "sys.argv = ['uptake', *sys.argv[1:]]; main()")
WORDS = [first + second for first in ("ba", "de", "fi", "go", "lu", "ma", "ne", "po")
         for second in ("lan", "mer", "nor", "pit", "rav")]
PARTS, SECONDS = 30, 300


def corpus(path):
    rng = random.Random(0)
    texts = [" ".join(rng.choices(WORDS, k=60)) + " Arguably so." for _ in range(10 * PARTS - 1)]
    records = [document(text, f"d{number}", **KNOWN) for number, text in enumerate([*texts, texts[0]])]
    path.write_text("".join(record.to_json() + "\n" for record in records), encoding="utf-8")


def started(folder):
    return subprocess.Popen([sys.executable, "-c", COMMAND, "audit", "corpus.jsonl", "-o", "killed", "--workers", "1"],
                            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(place, process):
    end = time.monotonic() + SECONDS
    while not place.exists():
        assert process.poll() is None and time.monotonic() < end, "it ended before it could be killed"
        time.sleep(0.001)


def test_an_audit_that_was_killed_ends_with_the_same_bytes(tmp_path):
    corpus(tmp_path / "corpus.jsonl")
    logs = tmp_path / "killed" / ".audit" / "logs"
    for stage, task in (("see", 1), ("look", 2)):
        process = started(tmp_path)
        wait_for(logs / stage / "completions" / f"{task:05d}", process)
        process.kill()
        process.communicate()
        assert process.returncode == -9
        assert not (tmp_path / "killed" / "audit.jsonl").exists()
    done = {path: path.stat().st_mtime_ns for path in logs.glob("*/completions/*")}
    next_one = sum(path.parts[-3] == "look" for path in done)
    assert 0 < next_one < PARTS
    process = started(tmp_path)
    wait_for(logs / "look" / "completions" / f"{next_one:05d}", process)
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())
    _, messages = process.communicate()
    assert "going on where an earlier audit was stopped" in messages and process.returncode == 0
    audit(Asked(tmp_path / "corpus.jsonl", tmp_path / "whole", workers=1))
    assert (tmp_path / "killed" / "audit.jsonl").read_bytes() == (tmp_path / "whole" / "audit.jsonl").read_bytes()
    lines = [json.loads(line) for line in (tmp_path / "killed" / "audit.jsonl").read_text().splitlines()]
    assert len(lines) == 10 * PARTS and "uptake__duplicates__near_copy" in lines[-1]["attributes"]
