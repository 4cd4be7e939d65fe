"""The command line as a person uses it: in a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

UPTAKE = Path(sys.executable).with_name("uptake")
LIMIT = 900  # seconds; a machine that is busy with other things needs many times the usual dozen


def uptake(*words, folder, command=UPTAKE):
    """Run the command line in a folder and return what it said, with its exit code."""
    return subprocess.run([command, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=LIMIT)


def start(*words, folder):
    """Start the command line in a process group of its own, where Ctrl-C works as at a terminal."""
    return subprocess.Popen([UPTAKE, *map(str, words)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, start_new_session=True,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def wait_until(true, process):
    """Wait until something is true; return whether the process is still running then."""
    ends = time.monotonic() + LIMIT
    while process.poll() is None and not true():
        assert time.monotonic() < ends, "this never came true"
        time.sleep(0.002)
    return process.poll() is None


def kill_group(process):
    """End a process and everything that it started, as a power cut would."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def is_one_sentence(text):
    """Say whether a message is what a user's mistake should be: an error, perhaps a hint, and no traceback."""
    lines = [line for line in text.strip().splitlines() if not line.startswith("hint: ")]
    return "Traceback" not in text and lines[-1].startswith("error: ")
