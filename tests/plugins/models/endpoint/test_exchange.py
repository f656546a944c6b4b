"""One request to a server that breaks every rule: refused in a sentence that quotes nothing, or sent again."""

from __future__ import annotations

import ssl
import time

import numpy as np
import pandas
import pytest

import auditkit
from auditkit import Endpoint
from auditkit.endpoints import RequestSettings
from auditkit.errors import ConfigError, ModelError
from auditkit.plugins.models.endpoint import desk, exchange
from tests.plugins.models.endpoint.servers import running, seen

THREE = pandas.DataFrame({"name": ["Mrs Miller", "b", "c"], "x": [1, 2, 3]})


@pytest.fixture(scope="module")
def hostile():
    with running("hostile") as url:
        yield url


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """How long was waited, without waiting."""
    seconds: list[float] = []
    monkeypatch.setattr(desk, "sleep", seconds.append)
    return seconds


def model(url: str, response: dict | None = None, batch: int | None = None, **request):
    endpoint = Endpoint(url=url, send=True, request=request, response=response or {"labels": "labels"})
    return auditkit.wrap(endpoint, classes=[0, 1], batch=batch)


@pytest.mark.parametrize(
    ("path", "response", "words"),
    [
        ("/html", {"labels": "labels"}, "page of HTML and no JSON"),
        ("/words", {"labels": "labels"}, "not valid JSON"),
        ("/nan", {"labels": "labels"}, "not valid JSON"),
        ("/twice", {"labels": "labels"}, "a key twice"),
        ("/deep", {"labels": "labels"}, "lists too deep in one another"),
        ("/short", {"labels": "labels"}, "one entry for each of 3 rows; there are 1"),
        ("/strange", {"labels": "labels"}, r"one of the 2 classes \['0', '1'\]; 1 of 3 are none of them"),
        ("/nowhere", {"labels": "labels"}, "labels must be a list with an entry for each row"),
        ("/nowhere", {"labels": "other.*.label.x"}, "3 of 3 are none of them"),
        ("/true", {"labels": "labels", "scores": "scores"}, "scores must be numbers; one of them is none"),
        ("/wide", {"probabilities": "shares"}, "one number from 0 to 1, or 2 numbers from 0 to 1"),
        ("/half", {"probabilities": "shares"}, "one number from 0 to 1, or 2 numbers from 0 to 1"),
        ("/status-401", {"labels": "labels"}, "answered with status 401$"),
        ("/status-404", {"labels": "labels"}, "answered with status 404$"),
        ("/redirect", {"labels": "labels"}, r"redirects \(status 307\), which is not followed"),
        ("/gzip", {"labels": "labels"}, "compressed, which was not asked for"),
    ],
)
def test_what_is_no_answer_is_refused_and_not_quoted(hostile, waits, path, response, words):
    with pytest.raises(ModelError, match=words) as caught:
        model(hostile + path, response).predict(THREE)
    assert "Miller" not in str(caught.value) and "example.org" not in str(caught.value)
    assert caught.value.__cause__ is None  # whose words would quote the server
    assert waits == []
    assert seen(hostile)["requests"][path] >= 1


@pytest.mark.parametrize(
    ("path", "expected"), [("/down-2", [0.5, 1.0]), ("/busy-1", [7.0]), ("/drop-1", [0.5]), ("/down-3", [0.5, 1, 2])]
)
def test_a_server_that_is_busy_is_asked_again(hostile, waits, path, expected):
    asked = model(hostile + path, retries=3)
    assert asked.predict(THREE).tolist() == [1, 1, 0]
    assert waits == expected
    sent = asked.sent()
    assert (sent.requests, sent.retries, sent.rows) == (1 + len(expected), len(expected), 3 * (1 + len(expected)))


def test_there_is_an_end_to_asking_again(hostile, waits):
    with pytest.raises(ModelError, match="status 500, and so 3 times"):
        model(hostile + "/status-500", retries=2).predict(THREE)
    assert waits == [0.5, 1.0]
    with pytest.raises(ModelError, match=r"the connection failed \(ConnectError\), and so 2 times"):
        model("http://127.0.0.1:1/nobody", retries=1).predict(THREE)


@pytest.mark.parametrize("path", ["/drip", "/dripping"])
def test_a_server_that_drips_is_left(hostile, path):
    began = time.monotonic()
    with pytest.raises(ModelError, match=r"no whole answer came within 0\.2 seconds"):
        model(hostile + path, seconds=0.2, retries=0).predict(THREE)
    assert time.monotonic() - began < 30  # and not the 100 that it drips


def test_an_answer_that_is_too_long_is_left(hostile, monkeypatch):
    monkeypatch.setattr(exchange, "LARGEST", 10_000)
    with pytest.raises(ModelError, match="longer than 10,000 bytes"):
        model(hostile + "/huge").predict(THREE)


def test_no_more_requests_than_allowed_are_under_way(hostile):
    endpoint = Endpoint(
        url=hostile + "/v1", protocol="chat", send=True, request={"model": "m", "prompt": "{x}", "at_once": 3},
    )  # fmt: skip
    asked = auditkit.wrap(endpoint, classes=["yes", "no"], name="chat")
    with pytest.raises(ModelError, match="must have a message under choices"):
        asked.predict(pandas.DataFrame({"x": range(20)}))
    assert seen(hostile)["most"] <= 4  # and the one that asks what was seen


def test_proxies_of_the_environment_are_not_used(hostile, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert model(hostile + "/plain").predict(THREE).tolist() == [1, 1, 0]


def test_certificates_are_verified():
    context = exchange._certificates()
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname


def test_headers_come_from_the_environment(hostile, monkeypatch):
    asked = model(hostile + "/headed", headers={"Authorization": "env:LOANS_KEY"})
    with pytest.raises(ConfigError, match="needs the environment variable LOANS_KEY, which is not set"):
        asked.predict(THREE)
    monkeypatch.setenv("LOANS_KEY", "sëcret")
    with pytest.raises(ConfigError, match="holds what cannot stand in a header") as caught:
        asked.predict(THREE)
    assert "sëcret" not in str(caught.value)


def test_what_json_cannot_hold_is_not_sent(hostile):
    with pytest.raises(ModelError, match="rows to send must hold what JSON can"):
        model(hostile + "/infinite").predict(pandas.DataFrame({"x": [np.inf]}))
    assert "/infinite" not in seen(hostile)["requests"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("0", 0.0), ("99999999", 60.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None), ("", None),
     ("Fri, 31 Dec 2999 23:59:59 GMT", 60.0), ("-3", None)],
)  # fmt: skip
def test_how_long_a_server_asks_to_wait(text, seconds):
    response = type("Response", (), {"headers": {"Retry-After": text}})
    assert exchange._asked_wait(response) == seconds


def test_settings_of_requests_are_held_to_their_ranges():
    assert RequestSettings(per_second=0.5).per_second == 0.5
    with pytest.raises(ValueError, match="less than or equal to 64"):
        RequestSettings(at_once=65)
