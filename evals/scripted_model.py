"""A scripted language model behind OpenAI's chat protocol: real HTTP, real server-sent events, no model.

For tests, for trying OnRecord without a model, and for seeing what readers get when one misbehaves:

    python -m evals.scripted_model --port 9000 --behaviour extract
    ONRECORD_LLM__PROVIDER=openai_like ONRECORD_LLM__BASE_URL=http://127.0.0.1:9000/v1 ONRECORD_LLM__MODEL=scripted \\
        onrecord ask "What did CDS discuss with Oman?"
"""

from __future__ import annotations

import argparse
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from ingest.sentences import sentence_spans

Messages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server sends.

    Attributes:
        text: of the answer, sent in small pieces.
        status: HTTP status; any but 200 sends an error object.
        body: sent as it is, in place of any answer.
        finish: why the answer ends; None leaves the end of the stream out.
        wait: seconds before the first word.
        pause: seconds between pieces.
        breaks: close the connection in the middle, without an end.
    """

    text: str = ""
    status: int = 200
    body: str | None = None
    finish: str | None = "stop"
    wait: float = 0.0
    pause: float = 0.0
    breaks: bool = False


Script = Callable[[Messages], Reply]


class ScriptedModel:
    """The server, on loopback; open with a context manager.

    Args:
        script: what it answers to the messages of a request.
        port: 0 takes any that is free.
    """

    def __init__(self, script: Script, port: int = 0) -> None:
        self.script = script
        self.requests: list[Messages] = []
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.model = self

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def serve(self) -> None:
        """Serve until stopped."""
        self._server.serve_forever(poll_interval=0.05)

    def __enter__(self) -> ScriptedModel:
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as a model sees it."""

    number: int
    about: Mapping[str, str]
    text: str

    @property
    def sentences(self) -> list[str]:
        """Its sentences, those of at least six words."""
        return [s for a, b in sentence_spans(self.text) if len((s := self.text[a:b]).split()) >= 6]


def passages(messages: Messages) -> list[Shown]:
    """The passages in a request, read back out of its text."""
    request = str(messages[-1]["content"])
    found = []
    for match in re.finditer(r"^=(\w+)= passage \[(\d+)\]\n(.*?)\ntext:\n(.*?)\n=\1= end$", request, re.M | re.S):
        about = dict(line.split(": ", 1) for line in match[3].splitlines() if ": " in line)
        found.append(Shown(int(match[2]), about, match[4]))
    return found


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    model: ScriptedModel

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what half of the behaviours are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """The list of models."""
        self._whole(200, json.dumps({"object": "list", "data": [{"id": "scripted", "object": "model"}]}))

    def do_POST(self) -> None:
        """A chat completion, streamed or whole."""
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        model = self.server.model
        model.requests.append(request["messages"])
        reply = model.script(request["messages"])
        time.sleep(reply.wait)
        try:
            if reply.body is not None:
                self._whole(reply.status, reply.body)
            elif reply.status != 200:
                self._whole(reply.status, json.dumps({"error": {"message": "scripted", "code": reply.status}}))
            elif request.get("stream"):
                self._stream(reply)
            else:
                message = {"role": "assistant", "content": reply.text}
                choice = {"index": 0, "message": message, "finish_reason": reply.finish}
                self._whole(200, json.dumps(_completion("chat.completion", choice)))
        except (BrokenPipeError, ConnectionResetError):  # the client has had enough
            self.close_connection = True

    def _whole(self, status: int, body: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for chunk in _chunks(reply):
            self._send(f"data: {chunk}\n\n")
            time.sleep(reply.pause)
        if reply.breaks:
            self.close_connection = True
            self.connection.close()
            return
        self._send("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _send(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def _chunks(reply: Reply) -> Iterator[str]:
    text = reply.text[: len(reply.text) // 2] if reply.breaks else reply.text
    for piece in re.findall(r"\s*\S{1,7}|\s+", text):
        choice = {"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}
        yield json.dumps(_completion("chat.completion.chunk", choice))
    if reply.finish and not reply.breaks:
        choice = {"index": 0, "delta": {}, "finish_reason": reply.finish}
        yield json.dumps(_completion("chat.completion.chunk", choice))


def _completion(kind: str, choice: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "scripted", "object": kind, "created": 0, "model": "scripted", "choices": [choice]}


# ---- behaviours by name ---------------------------------------------------------------------------------------------


def extract(messages: Messages) -> Reply:
    """Answers as told: the first sentences of the passages, quoted and plain in turn, each with its marker."""
    lines = []
    for shown in passages(messages)[:4]:
        for i, sentence in enumerate(shown.sentences[:2]):
            body = sentence.rstrip(".")
            quoted = f"“{body}”" if i % 2 and not re.search(r"[“”\"]", body) else body
            lines.append(f"{quoted} [{shown.number}].")
    return Reply(" ".join(lines) or "NOT_FOUND")


BEHAVIOURS: Mapping[str, Script] = {
    "extract": extract,
    "not-found": lambda messages: Reply("NOT_FOUND"),
    "silent": lambda messages: Reply(wait=3600),
    "slow": lambda messages: Reply(extract(messages).text, pause=0.5),
    "rate-limit": lambda messages: Reply(status=429),
    "down": lambda messages: Reply(status=503),
    "no-key": lambda messages: Reply(status=401),
    "garbage": lambda messages: Reply(body="<html>not a model</html>"),
    "wrong-json": lambda messages: Reply(body=json.dumps({"answer": 42})),
    "binary": lambda messages: Reply("\x00\ufffd\u202e" * 300),
    "cut": lambda messages: Reply(extract(messages).text, breaks=True),
    "no-end": lambda messages: Reply(extract(messages).text, finish=None),
    "length": lambda messages: Reply(extract(messages).text[:200], finish="length"),
    "withheld": lambda messages: Reply("", finish="content_filter"),
    "refusal": lambda messages: Reply("I'm sorry, but I can't help with that request."),
    "empty": lambda messages: Reply(""),
    "json": lambda messages: Reply(json.dumps({"answer": extract(messages).text, "citations": [1]})),
    "cites-99": lambda messages: Reply(re.sub(r"\[\d+\]", "[99]", extract(messages).text)),
    "no-markers": lambda messages: Reply(re.sub(r" \[\d+\]", "", extract(messages).text)),
    "endless": lambda messages: Reply("They talked about ships [1]. " * 2000),
    "markup": lambda messages: Reply("# Title\n\n![x](http://evil.invalid/?q=1) <script>alert(1)</script> [1]."),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Serve one behaviour until stopped."""
    parser = argparse.ArgumentParser(description="A scripted language model for tests, on loopback.")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--behaviour", choices=sorted(BEHAVIOURS), default="extract")
    arguments = parser.parse_args(argv)
    model = ScriptedModel(BEHAVIOURS[arguments.behaviour], arguments.port)
    print(f"A model that behaves like {arguments.behaviour!r} is on {model.url} (stop with Ctrl-C)", flush=True)
    try:
        model.serve()
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
