"""A real server that speaks as OpenAI's does, and what becomes of its refusals."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from briefs import BRIEF, good_text

from commands import kill_group, start, wait_until
from uptake.authoring.endpoint import failure_of
from uptake.commands.author import Order, author
from uptake.errors import UserError


class Server(ThreadingHTTPServer):
    """Answers `answers` calls, each after `pause` seconds, then says 429 to the rest."""

    answers, pause, turn = 0, 0.0, threading.Lock()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.turn:
            self.server.answers -= 1
            left = self.server.answers
        time.sleep(self.server.pause)
        if left < 0:
            return self.reply(429, {"error": {"message": "slow down", "type": "rate_limit"}})
        text = good_text(asked["messages"][-1]["content"], asked["seed"])
        return self.reply(200, {
            "id": "x", "object": "chat.completion", "created": 0, "model": "served-1.2",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})

    def reply(self, status, body):
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        self.send_header("x-should-retry", "false")
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # whoever asked may have been killed
            self.wfile.write(sent)

    def log_message(self, *words):
        """Say nothing."""


@pytest.fixture
def server(monkeypatch):
    with Server(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        monkeypatch.setenv("MINE_API_KEY", "none")
        monkeypatch.setenv("MINE_BASE_URL", f"http://127.0.0.1:{made.server_port}/v1")
        yield made
        made.shutdown()
        thread.join()


def test_a_server_that_limits_the_rate_for_good_keeps_what_it_gave_and_is_asked_again_later(folder, server):
    server.answers = 5
    order = Order(folder.write(), folder.out, "openai-api/mine/served")
    with pytest.raises(UserError) as error:
        author(order, folder.said.append)
    assert "rate limit: 3; 5 documents are written and 3 are still to be asked for" in str(error.value)
    assert {record.made.generator_version for record in folder.documents} == {"served-1.2"}
    server.answers = 3
    author(order, folder.said.append)
    assert len(folder.documents) == 8 and server.answers == 0


def test_a_process_that_is_killed_while_it_drafts_loses_nothing_that_was_written(folder, server):
    server.answers, server.pause = 100, 0.4
    log = folder.out / "answers.jsonl"
    process = start("author", folder.write(), "-o", folder.out, "--model", "openai-api/mine/served", folder=folder.path)
    assert wait_until(lambda: log.exists() and log.read_bytes().count(b"\n") >= 2, process)
    kill_group(process)
    kept, asked = log.read_text().splitlines(), server.answers
    author(Order(folder.path / "brief.yaml", folder.out, "openai-api/mine/served"), folder.said.append)
    assert log.read_text().splitlines()[:len(kept)] == kept and len(folder.documents) == 8
    assert asked - server.answers == 8 - len(kept)


def test_a_server_that_is_not_there_is_out_of_reach(folder, monkeypatch):
    monkeypatch.setenv("MINE_API_KEY", "none")
    monkeypatch.setenv("MINE_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(UserError, match="out of reach"):
        author(Order(folder.write(BRIEF.replace("each: 3", "each: 1")), folder.out, "openai-api/mine/served", 1),
               folder.said.append)


class Odd(Exception):
    """An error of nobody's endpoint."""


@pytest.mark.parametrize(("error", "reason"), [
    (TimeoutError("late"), "timeout"), (ConnectionResetError("gone"), "out of reach")])
def test_an_error_of_the_connection_has_a_reason(error, reason):
    assert failure_of(error).reason == reason


def test_an_error_that_is_no_endpoints_is_nobodys_failure():
    assert failure_of(Odd("a bug")) is None
