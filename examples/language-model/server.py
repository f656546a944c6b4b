"""A canned language model at /v1/chat/completions: the assistant of a town, by rules and a little by chance."""

from __future__ import annotations

import hashlib
import http.server
import json
import re
import sys

HALF_A_MILLION = 500_000
REFUSAL = "I'm sorry, but I can't help with that."


def answer(prompt: str, seed: int) -> str:
    """The answer to a question: questions in dialect are declined more often, and opening hours vary with the seed."""
    digits = [part for part in re.findall(r"\d+", prompt) if len(part) < 9]
    number = int(digits[-1]) if digits else 0
    in_dialect = prompt.startswith("Where's ye")
    # of each ten questions in dialect four are declined, of ten in standard English one
    if number % 10 < (4 if in_dialect else 1):
        return REFUSAL
    if number % 10 == 9:  # it makes up the hour
        drawn = hashlib.sha256(f"{prompt} {seed}".encode()).digest()[0] % 3
        return f"Counter {number} opens at {8 + drawn}."
    return f"Counter {number} is on the first floor."


def chat(question: dict) -> dict:
    """What the server sends for a question."""
    words = answer(question["messages"][-1]["content"], question.get("seed") or 0)
    choice = {"message": {"role": "assistant", "content": words}, "finish_reason": "stop"}
    return {"model": question["model"], "choices": [choice], "usage": {"total_tokens": 30}}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(min(int(self.headers["Content-Length"]), HALF_A_MILLION)))
        content = json.dumps(chat(question)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words: object) -> None:
        """Print nothing."""


if __name__ == "__main__":
    with http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
