"""Words of a server are encrypted where they lie, opened again under the same secret, and under no other."""

from __future__ import annotations

import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.endpoints import Endpoint
from auditkit.errors import EvidenceError, ModelError
from auditkit.models import Capability
from auditkit.plugins.models.endpoint.seal import Seal
from auditkit.predictions import Predictions
from tests.plugins.models.endpoint.servers import running, seen

ANSWER = {"texts": ["Mrs Quixley owes 4,711 pounds.", None, ""], "cut": 0, "tokens": 9}


@pytest.fixture(scope="module")
def server():
    with running("scoring") as url:
        yield url


def writer(server, **request):
    return Endpoint(
        url=server + "/v1", protocol="chat", send=True, request={"model": "tiny", "prompt": "{text}", **request}
    )


def test_words_are_sealed_and_opened():
    seal = Seal(b"s" * 32)
    closed = seal.closed("key", ANSWER)
    assert "Quixley" not in str(closed) and set(closed) == {"cut", "tokens", "sealed"}
    assert seal.opened("key", closed) == ANSWER
    assert seal.closed("key", ANSWER) != closed  # a nonce of its own each time
    assert seal.closed("key", {"codes": [1]}) == {"codes": [1]} == seal.opened("key", {"codes": [1]})


@pytest.mark.parametrize("secret, key", [(b"t" * 32, "key"), (b"s" * 32, "other")])
def test_another_secret_or_another_request_opens_nothing(secret, key):
    closed = Seal(b"s" * 32).closed("key", ANSWER)
    with pytest.raises(EvidenceError, match="sealed under another secret"):
        Seal(secret).opened(key, closed)
    with pytest.raises(EvidenceError, match="sealed under another secret"):
        Seal(b"s" * 32).opened("key", {"sealed": closed["sealed"][:-8] + "AAAAAAAA"})


def test_a_language_model_is_asked_for_words_and_pays_once(server, tmp_path):
    texts = [f"a {word} film, number {number}" for number, word in enumerate(["good", "bad", "odd"] * 15)]
    data = AuditData(texts, task="generation")
    model = auditkit.wrap(writer(server), task="generation")
    assert model.capabilities == {Capability.QUERIES, Capability.TEXTS}
    result = auditkit.audit(model, data, checks=["language.refusal"], budget="quick", out=tmp_path)
    assert result.run.sent.requests == 45 == result.plan.sending.asked and result.run.sent.unparsed is None
    (kept,) = (tmp_path / "answers").iterdir()
    assert "POSITIVE" not in kept.read_text() and "Who can say" not in kept.read_text()
    model = auditkit.wrap(writer(server), task="generation")
    again = auditkit.audit(model, data, checks=["language.refusal"], budget="quick", out=tmp_path)
    assert (again.run.sent.requests, again.run.sent.taken_up) == (0, 45)


def test_a_prompt_that_comes_several_times_is_drawn_as_often(server):
    before = seen(server)["requests"].get("/v1/chat/completions", 0)
    data = AuditData(["is it good?"] * 3 + ["is it bad?"] * 2, task="generation")
    texts = Predictions(auditkit.wrap(writer(server, temperature=1), task="generation"), data).texts
    assert texts.tolist() == ["It is POSITIVE."] * 3 + ["not positive"] * 2
    assert seen(server)["requests"]["/v1/chat/completions"] - before == 5


def test_words_come_by_chat_alone(server):
    rows = Endpoint(url=server + "/score", send=True, response={"labels": "x"})
    with pytest.raises(ModelError, match='answers in words come by the protocol chat: say protocol = "chat"'):
        auditkit.wrap(rows, task="generation")
