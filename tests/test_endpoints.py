"""What a user may say of a model behind HTTP; a secret in the wrong place is shown nowhere."""

from __future__ import annotations

import pathlib

import pytest

from auditkit.config import parse
from auditkit.endpoints import Endpoint, PriceSettings
from auditkit.errors import ConfigError
from auditkit.settings import ModelSettings
from tests.command import auditkit as command

SECRET = "Bearer 1234-hidden"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "ftp://host/x"}, "must be an address, as in http://host:8000/score"),
        ({"url": "host/x"}, "must be an address"),
        ({"url": "http://"}, "must be an address"),
        ({"url": "http://host:99999/"}, "must be an address"),
        ({"url": "http://host/a b"}, "must be an address"),
        ({"url": "http://host/a\nb"}, "must be an address"),
        ({"url": f"http://me:{SECRET.split()[1]}@host/"}, "no user name and no password"),
        ({"url": "http://host/#here"}, "no fragment"),
        ({"request": {"headers": {"Authorization": SECRET}}}, "the value of 'Authorization' must be 'env:NAME'"),
        ({"request": {"headers": {"Authorization": 5}}}, "must be 'env:NAME'"),
        ({"request": {"headers": SECRET}}, "headers must be a table"),
        ({"request": {"headers": {"X: Y": "env:A"}}}, "a name must be letters, digits and hyphens"),
        ({"protocol": "oip"}, "model is required for protocol oip"),
        ({"protocol": "chat", "request": {"prompt": "{text}"}, "response": {}}, "model is required for protocol chat"),
        ({"protocol": "chat", "request": {"model": "m", "prompt": "x"}}, "takes answers alone"),
        ({"response": {}}, "must say where the answers stand"),
    ],
)
def test_what_is_not_possible_is_refused_without_a_secret(settings, words):
    given = {"url": "http://host/score", "response": {"labels": "labels"}, **settings}
    with pytest.raises(ConfigError, match=words) as caught:
        Endpoint(**given)
    assert "hidden" not in str(caught.value)
    if "url" not in settings:  # as it is read from a configuration
        with pytest.raises(ConfigError, match=words):
            _ = parse(ModelSettings, given, "auditkit.toml").endpoint


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"header": SECRET}, "header is not a known key; did you mean 'headers'"),
        ({"per_second": 0}, "per_second"),
        ({"retries": 21}, "retries"),
    ],
)
def test_unknown_keys_and_ranges(table, words):
    for make in (lambda: Endpoint(url="http://host", request=table),
                 lambda: parse(ModelSettings, {"url": "http://host", "request": table}, "auditkit.toml")):  # fmt: skip
        with pytest.raises(ConfigError, match=words.split(" is ")[0]) as caught:
            make()
        assert "hidden" not in str(caught.value)


def test_the_host_is_named_without_path_and_query():
    endpoint = Endpoint(url="https://host:8443/v1/score?key=hidden", response={"labels": ""})
    assert endpoint.host == "https://host:8443"


def test_what_requests_cost():
    price = PriceSettings(call=0.01, thousand_rows=2, million_tokens=5)
    assert price.cost(100, 3000, 40_000) == 1 + 6 + 0.2
    assert PriceSettings().cost(100, 3000, 40_000) is None


@pytest.mark.parametrize("second", ['path = "m.skops"', 'object = "a:b"'])
def test_a_model_is_at_one_place(tmp_path: pathlib.Path, second):
    (tmp_path / "people.csv").write_text("x,y\n1,0\n2,1\n")
    (tmp_path / "auditkit.toml").write_text(
        f'[model]\nurl = "http://host/"\n{second}\n[model.response]\nlabels = ""\n'
        '[data]\npath = "people.csv"\nlabel = "y"\n'
    )
    done = command(tmp_path, "run")
    assert done.returncode == 2 and "exactly one of path, object and url" in done.stderr


def test_a_secret_in_a_configuration_is_not_printed(tmp_path: pathlib.Path):
    (tmp_path / "auditkit.toml").write_text(
        f'[model]\nurl = "http://host/"\n[model.request]\nheaders = {{ Authorization = "{SECRET}" }}\n'
        '[data]\npath = "people.csv"\n'
    )
    done = command(tmp_path, "run")
    assert done.returncode == 2 and "must be 'env:NAME'" in done.stderr and "hidden" not in done.stderr + done.stdout
