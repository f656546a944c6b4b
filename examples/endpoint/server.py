"""A canned server: it scores loans at /score, and is a language model of three words at /v1/chat/completions."""

from __future__ import annotations

import http.server
import json
import sys

HALF_A_MILLION = 500_000


def score(rows: list[dict]) -> dict:
    """A loan is approved from an income of 30 thousand."""
    return {"decisions": [{"approved": int(row["income"] >= 30)} for row in rows]}


def chat(question: dict) -> dict:
    """A review is judged by one word; of a long one nothing can be said."""
    review = question["messages"][-1]["content"]
    answer = "Positive." if "wonderful" in review else "Negative." if "awful" in review else "It was long."
    return {"model": question["model"], "choices": [{"message": {"content": answer}}], "usage": {"total_tokens": 30}}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(min(int(self.headers["Content-Length"]), HALF_A_MILLION)))
        answer = json.dumps(score(question) if self.path == "/score" else chat(question)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words: object) -> None:
        """Print nothing."""


if __name__ == "__main__":
    with http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
