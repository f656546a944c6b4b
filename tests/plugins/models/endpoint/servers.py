"""Servers on the loopback that tests ask: one that scores, as a house would write it, and one that breaks every rule.

Each runs in a process of its own, for a thread of it here would keep auditkit from forking. It ends with its module.
"""

from __future__ import annotations

import contextlib
import json
import math
import socketserver
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def running(kind: str) -> Iterator[str]:
    """The address of a server of this kind, `scoring` or `hostile`, while it runs."""
    words, pipe = [sys.executable, "-m", __name__, kind], subprocess.PIPE
    process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def seen(url: str) -> dict[str, Any]:
    """What a server counted: requests by path, and whatever else it keeps."""
    with urllib.request.urlopen(f"{url}/seen", timeout=10) as response:
        return json.load(response)


def score(income: float, age: float) -> float:
    """The model behind all of them: the probability that a loan is paid back."""
    return 1 / (1 + math.exp(-(income / 20 - age / 40 - 0.5)))


def scoring_app() -> Any:
    """Rows, the Open Inference Protocol v2 and OpenAI's chat, as FastAPI serves them."""
    from fastapi import FastAPI, Request

    app, counts, heads = FastAPI(), Counter(), []

    @app.middleware("http")
    async def count(request: Request, call_next: Any) -> Any:
        counts[request.url.path] += 1
        heads.append(request.headers.get("authorization"))
        return await call_next(request)

    @app.get("/seen")
    def told_back() -> dict[str, Any]:
        return {"requests": dict(counts), "authorization": sorted({head for head in heads if head})}

    @app.post("/score")
    def score_rows(rows: list[dict[str, float]]) -> dict[str, Any]:
        return {"predictions": [{"paid": score(row["income"], row["age"])} for row in rows]}

    @app.post("/lists")
    def score_lists(body: dict[str, Any]) -> dict[str, Any]:
        shares = [score(*row) for row in body["inputs"]["rows"]]
        return {"labels": [int(share >= 0.5) for share in shares], "shares": [[1 - share, share] for share in shares]}

    @app.post("/dice")
    def dice(rows: list[dict[str, float]]) -> list[int]:
        counts["thrown"] += 1
        return [(counts["thrown"] * 7 + number * number) // 3 % 2 for number in range(len(rows))]

    @app.get("/v2/models/loans")
    def metadata() -> dict[str, Any]:
        inputs = [{"name": name, "datatype": "FP32", "shape": [-1, 1]} for name in ("age", "income")]
        return {"name": "loans", "inputs": inputs, "outputs": [{"name": "paid", "datatype": "FP64", "shape": [-1]}]}

    @app.get("/v2/models/matrix")
    def metadata_of_matrix() -> dict[str, Any]:
        return {"name": "matrix", "inputs": [{"name": "x", "datatype": "FP64", "shape": [-1, 2]}], "outputs": []}

    @app.post("/v2/models/{name}/infer")
    def infer(name: str, body: dict[str, Any]) -> dict[str, Any]:
        tensors = {tensor["name"]: tensor["data"] for tensor in body["inputs"]}
        columns = (tensors["income"], tensors["age"]) if name == "loans" else (tensors["x"][::2], tensors["x"][1::2])
        shares = [score(income, age) for income, age in zip(*columns, strict=True)]
        return {"outputs": [{"name": "paid", "datatype": "FP64", "shape": [len(shares)], "data": shares}]}

    @app.post("/v1/chat/completions")
    def chat(body: dict[str, Any]) -> dict[str, Any]:
        prompt = body["messages"][-1]["content"]
        words = "It is POSITIVE." if "good" in prompt else "not positive" if "bad" in prompt else "Who can say?"
        usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
        choice: dict[str, Any] = {"message": {"role": "assistant", "content": words}}
        if body.get("logprobs"):
            shares = {" Pos": 0.6, "NEG": 0.2, "not": 0.1, "It": 0.1} if "good" in prompt else {"no": 0.3, "Neg": 0.6}
            shares = {"Who": 1.0} if "odd" in prompt else shares
            tokens = [{"token": token, "logprob": math.log(share)} for token, share in shares.items()]
            choice["logprobs"] = {"content": [{**tokens[0], "top_logprobs": tokens[: body["top_logprobs"]]}]}
        return {"model": body["model"], "choices": [choice], "usage": usage}

    return app


ANSWERS: dict[str, bytes] = {
    "/html": b"<html><body>Please log in, Mrs Miller</body></html>",
    "/words": b"not json, Mrs Miller",
    "/nan": b'{"labels": [NaN, 1, 0]}',
    "/twice": b'{"labels": [0, 1, 0], "labels": [1, 1, 1]}',
    "/deep": b"[" * 100_000,
    "/short": b'{"labels": [1]}',
    "/strange": b'{"labels": ["Mrs Miller", 1, 0]}',
    "/nowhere": b'{"other": [1, 1, 0]}',
    "/true": b'{"labels": [1, 1, 0], "scores": [true, 0.5, 0.1]}',
    "/wide": b'{"labels": [1, 1, 0], "shares": [[0.5, 0.5, 0.5], [0, 1, 0], [1, 0, 0]]}',
    "/half": b'{"labels": [1, 1, 0], "shares": [0.5, [0.5, 0.5], 1.5]}',
}
"""{path: what it answers with status 200}."""
GOOD = b'{"labels": [1, 1, 0]}'


class Hostile(socketserver.StreamRequestHandler):
    """One connection, for one request, to a server that breaks every rule."""

    counts: Counter[str] = Counter()
    at_work = most = 0
    lock = threading.Lock()

    def handle(self) -> None:
        path = self.rfile.readline().split()[1].decode()
        length = 0
        while (line := self.rfile.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        self.rfile.read(length)
        with self.lock:
            self.counts[path] += 1
            Hostile.at_work += 1
            Hostile.most = max(Hostile.most, Hostile.at_work)
        with contextlib.suppress(OSError):
            self.reply(path)
        with self.lock:
            Hostile.at_work -= 1

    def reply(self, path: str) -> None:
        kind, _, number = path.strip("/").partition("-")
        first = self.counts[path] <= int(number or 1)
        if path == "/seen":
            self.answer(200, json.dumps({"requests": dict(self.counts), "most": self.most}).encode())
        elif path in ANSWERS:
            self.answer(200, ANSWERS[path], f"Content-Type: {'text/html' if path == '/html' else 'application/json'}")
        elif kind == "status":
            self.answer(int(number), b"Mrs Miller is not here")
        elif kind == "down" and first:
            self.answer(503, b"later")
        elif kind == "busy" and first:
            self.answer(429, b"later", "Retry-After: 7")
        elif kind == "drop" and first:
            pass
        elif kind == "redirect":
            self.answer(307, b"", "Location: http://example.org/Mrs-Miller")
        elif kind == "gzip":
            self.answer(200, b"\x1f\x8b" + b"\0" * 100, "Content-Encoding: gzip")
        elif kind == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            self.drip()
        elif kind == "dripping":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            self.drip()
        elif kind == "slow":
            time.sleep(0.05)
            self.answer(200, GOOD)
        elif kind == "huge":
            self.answer(200, b"[" + b"1," * 10_000 + b"1]")
        else:
            self.answer(200, GOOD)

    def drip(self) -> None:
        for _ in range(5000):
            self.wfile.write(b"1")
            time.sleep(0.02)

    def answer(self, status: int, body: bytes, *heads: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *heads, "", ""]
        self.wfile.write("\r\n".join(lines).encode() + body)


def main(kind: str) -> None:
    """Serve until whoever started it ends it or is gone."""
    threading.Thread(target=lambda: (sys.stdin.read(), _end()), daemon=True).start()
    if kind == "hostile":
        socketserver.ThreadingTCPServer.daemon_threads = True
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hostile) as server:
            print(server.server_address[1], flush=True)
            server.serve_forever()
    import socket

    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(scoring_app(), log_level="critical")).run(sockets=[listener])


def _end() -> None:
    import os

    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
