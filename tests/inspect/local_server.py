"""An OpenAI-compatible server on loopback, as good or as bad as the model's name says.

It scores by plain forward passes, one text at a time: no code of the engine that its numbers are compared with.

    full        /completions with vLLM's prompt_logprobs, and top logprobs; /chat/completions too
    stripped    full, but its token strings come without the spaces before them
    top         top logprobs, and prompt_logprobs ignored
    five        top logprobs, but at most 5 of them; prompt_logprobs are a bad request
    bare        neither
    busy        full, and 429 to the first request for each text
    half        full, and no choices for texts that hold the word w150
    halt        bare, and refuses (content_filter) what holds the word w150
    refuses     refuses everything
    garbled     full, with null for numbers
    denied      401
    slow        answers after 3 seconds
    lags        full, and answers after 3 seconds to texts that hold the word w150
    broken      500
"""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import torch

from uptake.readers.generate import opened_by


class LocalServer:
    """The server, in a thread; `url` is its address and `seen` the (model, path) of every request."""

    def __init__(self, reader):
        self.reader, self.seen, self.told_off, self.lock = reader, [], set(), threading.Lock()
        handler = type("Handler", (Handler,), {"local": self})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.http.shutdown()
        self.http.server_close()

    def spelt(self, text):
        """Return the pieces of a text, and the log-probabilities of each token and of what may follow the last."""
        encoded = self.reader.tokenizer(text, return_offsets_mapping=True)
        pieces = [text[before:end] for before, end in pairwise([0, *(end for _, end in encoded["offset_mapping"])])]
        with self.lock, torch.no_grad():
            logps = self.reader.model(input_ids=torch.tensor([encoded.input_ids])).logits[0].log_softmax(-1)
        own = [None, *(logps[place, token].item() for place, token in enumerate(encoded.input_ids[1:]))]
        return encoded.input_ids, pieces, own, self.ready(logps[-1])

    def ready(self, logps):
        """Return log-probabilities as of a reader that mostly says Yes or No."""
        logps = logps.clone()
        logps[self.reader.tokenizer.convert_tokens_to_ids(["Yes", "No"])] += 6
        return logps.log_softmax(-1)


class Handler(BaseHTTPRequestHandler):
    local: LocalServer
    wbufsize = 1 << 16  # head and body in one packet: two would wait 40 ms for each other

    def log_message(self, *given):
        """Say nothing."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        mode, chat = body["model"], self.path.endswith("/chat/completions")
        text = self.rendered(body) if chat else body["prompt"]
        self.local.seen.append((mode, self.path))
        if mode == "slow" or (mode == "lags" and "w150" in text):
            time.sleep(3)
        failure = self.failure(mode, text, body)
        if failure:
            return self.reply(failure, {"error": {"message": f"this server says {failure}", "code": None}})
        return self.reply(200, self.chat(mode, text, body) if chat else self.completion(mode, text, body))

    def failure(self, mode, text, body):
        if mode == "denied":
            return 401
        if mode == "broken":
            return 500
        if mode == "five" and (body.get("prompt_logprobs") or max(body.get("logprobs") or 0, 0) > 5):
            return 400
        if mode == "busy" and text not in self.local.told_off:
            self.local.told_off.add(text)
            return 429
        return 0

    def rendered(self, body):
        messages = body["messages"]
        opened = messages[-1]["content"] if body.get("continue_final_message") else ""
        turns = messages[:-1] if opened else messages
        return opened_by(self.local.reader, turns, self.local.reader.tokenizer.chat_template) + opened

    def scored(self, mode, text, body):
        """Return prompt log-probabilities as vLLM does, the likeliest next tokens, and the one that is written."""
        ids, pieces, own, after = self.local.spelt(text)
        if mode == "stripped":
            pieces = [piece.strip() for piece in pieces]
        values = [None if mode == "garbled" else logp for logp in own]
        likelier = {"0": {"logprob": -0.1, "rank": 1, "decoded_token": "<pad>"}}  # vLLM lists the likeliest one second
        entries = [None, *({str(token): {"logprob": logp, "rank": 2, "decoded_token": piece}} | likelier
                           for token, piece, logp in zip(ids[1:], pieces[1:], values[1:], strict=True))]
        best, which = after.topk(20)
        likeliest = list(zip(self.local.reader.tokenizer.batch_decode([[each] for each in which]), best.tolist(),
                             strict=True))
        asked = body.get("prompt_logprobs") and mode not in ("top", "five", "bare", "halt", "refuses")
        return (entries if asked else None), likeliest, self.written(text, body)

    def written(self, text, body):
        """Say Yes to seeds divisible by 3 and No to others, if more than a token may be said."""
        said = "Yes, it is." if (body.get("seed") or 0) % 3 == 0 else "No."
        return said if (body.get("max_tokens") or 9) > 1 else "Yes"

    def completion(self, mode, text, body):
        entries, likeliest, written = self.scored(mode, text, body)
        choice = {"index": 0, "text": written, "finish_reason": "length", "prompt_logprobs": entries}
        if body.get("logprobs") and mode not in ("bare", "halt", "refuses"):
            best = dict(likeliest[: body["logprobs"]])
            choice["logprobs"] = {"tokens": [likeliest[0][0]], "token_logprobs": [likeliest[0][1]],
                                  "top_logprobs": [best], "text_offset": [0]}
        return self.answer("text_completion", mode, text, choice)

    def chat(self, mode, text, body):
        entries, likeliest, written = self.scored(mode, text, body)
        choice = {"index": 0, "message": {"role": "assistant", "content": written}, "finish_reason": "stop"}
        if body.get("logprobs") and mode not in ("bare", "halt", "refuses"):
            best = [{"token": token, "logprob": logp} for token, logp in likeliest[: body["top_logprobs"]]]
            choice["logprobs"] = {"content": [{**best[0], "top_logprobs": best}]}
        made = self.answer("chat.completion", mode, text, choice)
        return {**made, "prompt_logprobs": entries}

    def answer(self, kind, mode, text, choice):
        if mode == "refuses" or (mode == "halt" and "w150" in text):
            choice["finish_reason"] = "content_filter"
        choices = [] if mode == "half" and "w150" in text else [choice]
        return {"id": "1", "object": kind, "created": 1, "model": mode, "choices": choices,
                "usage": {"prompt_tokens": len(text.split()), "completion_tokens": 1, "total_tokens": 1}}

    def reply(self, code, body):
        said = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.send_header("retry-after-ms", "10")
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # whoever asked may have gone
            self.wfile.write(said)
