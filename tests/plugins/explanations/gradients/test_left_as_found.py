"""Every method on every kind of network leaves it as it was, also where it fails on the way."""

import random
from contextlib import suppress

import numpy as np
import pytest
import torch

from auditkit.data import AuditData
from auditkit.models import ModelOptions
from auditkit.plugins.explanations.gradients.check import Gradients
from auditkit.plugins.explanations.gradients.methods import METHODS
from auditkit.plugins.models.torch.adapter import TorchModel
from tests.plugins.explanations.gradients import networks
from tests.plugins.explanations.models import context

KINDS = {"mlp": "table", "cnn": "image", "lstm": "sequence", "gru": "sequence", "transformer": "sequence"}
REFUSED = {
    *((method, kind) for method in ("grad_cam", "deep_lift") for kind in ("lstm", "gru", "transformer")),
    ("grad_cam", "mlp"),
}


class Failing(RuntimeError):
    pass


def audited(kind):
    x, y = {"mlp": networks.table, "cnn": networks.pictures}.get(kind, networks.sentences)()
    facts = {"task": "multiclass"} if kind == "cnn" else {"positive": 1}
    return AuditData(x[:20].numpy(), y[:20].numpy(), modality=KINDS[kind], **facts)


def state(net):
    """Everything that may change, in a form that can be compared."""
    layers = [
        (layer.training, sorted(key for key in vars(layer) if "hook" not in key),
         {key: list(value) for key, value in vars(layer).items() if "_hooks" in key})
        for layer in net.modules()
    ]  # fmt: skip
    values = {name: value.tolist() for name, value in net.state_dict().items()}
    gradients = [(one.requires_grad, one.grad is None, one.stride()) for one in net.parameters()]
    numpy_state = np.random.get_state()
    states = torch.get_rng_state().tolist(), numpy_state[1].tolist(), numpy_state[2], random.getstate()
    return layers, values, gradients, states


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_on_every_kind(method, kind, monkeypatch):
    net, data = getattr(networks, kind)(), audited(kind)
    net.train()
    try:
        model = TorchModel.wrap(net, ModelOptions(classes=None if kind == "cnn" else (0, 1)))
        situation = context(model, data)
        situation.predictions.labels  # noqa: B018 asked before anything is compared
        before = state(net)
        check = Gradients(explainer=method, rows=20, background=10, steps=4, copies=1)
        why = check.applies(model, data)
        assert (why is not None) == ((method, kind) in REFUSED), why
        assert state(net) == before
        if why is not None:
            return
        result = check.measure(model, data, situation)
        assert state(net) == before
        assert all(measurement.value is not None or measurement.reason for measurement in result.measurements)
        _fails_on_the_way(check, net, model, data, monkeypatch)
        assert state(net) == before
    finally:
        net.eval()


def _fails_on_the_way(check, net, model, data, monkeypatch):
    """The check ends in an exception of the network's in the middle of its work."""
    kind, calls = type(net), []
    forward = kind.forward

    def fails(self, *args):
        calls.append(self)
        if self is net and len(calls) > 5:
            raise Failing("on the way")
        return forward(self, *args)

    monkeypatch.setattr(kind, "forward", fails)
    with suppress(Failing):
        check.measure(model, data, context(model, data))
        pytest.fail("it was to fail")
