"""Answers to a model behind HTTP without a network, and its errors that propose a mend."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unittest import mock

import pandas

import auditkit
from auditkit import Endpoint
from auditkit.plugins.models.endpoint.exchange import Line

ROWS = pandas.DataFrame({"text": ["a good film", "a bad film"], "x": [1.0, 2.0]})


def reply(line: Line, url: str, body: bytes | None) -> bytes:
    """To a chat a word, to rows a number for each."""
    rows = json.loads(body or b"[]")
    if "messages" in rows:
        return json.dumps({"choices": [{"message": {"content": "yes"}}]}).encode()
    return json.dumps({"predictions": [0.7 for _ in rows]}).encode()


def afar(place: str = "probabilities", **settings: Any) -> Callable[..., Any]:
    """Asks a canned server; mends are put where they belong."""

    def ask(**mends: Any) -> Any:
        given = {"url": "http://127.0.0.1:1", "send": True, "classes": ["no", "yes"], **settings, **mends}
        options = {name: given.pop(name) for name in ("classes", "threshold", "batch") if name in given}
        request = {name: given.pop(name) for name in ("prompt", "max_calls", "model") if name in given}
        labels = {"labels": given.pop("labels")} if "labels" in given else {}
        response = labels or ({} if given.get("protocol") == "chat" or not place else {place: "predictions"})
        with mock.patch.object(Line, "send", reply):
            model = auditkit.wrap(Endpoint(**given, request=request, response=response), **options)
            return model.predict(ROWS)

    return ask


MENDS: dict[str, Callable[..., Any]] = {
    "rows that may not leave": afar(send=False),
    "more requests than allowed": afar(max_calls=1, batch=1),
    "scores of a server without a threshold": afar("scores"),
    "a server's classes without labels": afar(classes=None),
    "a language model without a prompt": afar(protocol="chat", model="m"),
    "a server's answer at no place": afar(""),
}
"""{what is wrong: who asks}; each error proposes a setting."""
