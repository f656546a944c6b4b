"""Deletion and insertion curves of a network's inputs: right orders gain, blind ones do not."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from auditkit.plugins.explanations.gradients.integrated import integrated_gradients
from auditkit.plugins.explanations.gradients.methods import METHODS
from auditkit.plugins.explanations.gradients.network import Network
from auditkit.plugins.explanations.gradients.points import Explanation
from auditkit.plugins.explanations.gradients.unit_curves import unit_curves
from tests.plugins.explanations.gradients.test_faithfulness import edges, made
from tests.plugins.explanations.gradients.test_methods import points

INTEGRATED = METHODS["integrated_gradients"]


def tried(some, values, method=INTEGRATED):
    explanation = Explanation(values, values)
    return unit_curves(some, explanation, method, (), "logit", np.random.default_rng(0))


@pytest.mark.parametrize("kind", ["cnn", "mlp", "gru", "transformer"])
def test_right_orders_gain(kind):
    some = made(kind)
    findings = tried(some, integrated_gradients(some).values)
    assert findings.controls[0].holds and all(one.interval.low > 0 for one in findings.measurements)
    assert [figure.name for figure in findings.figures] == ["deletion_curve", "insertion_curve"]
    against = tried(some, -integrated_gradients(some).values)
    assert not against.controls[0].holds


def test_blind_ones_do_not():
    some = made("cnn")
    assert not tried(some, np.ones(tuple(some.encoded.shape))).controls[0].holds
    sizes = some.units.flatten().bincount()[some.units]
    constant = tried(some, (1 / sizes).expand_as(some.encoded).double().numpy())
    assert not constant.controls[0].holds and constant.measurements[0].value == 0
    assert not tried(some, edges(some.encoded)).controls[0].holds


def test_by_hand():
    """A sum of six columns, of which one is ten times as much: it leaves first, and the output falls at once."""
    weights = torch.tensor([[10.0, 1, 1, 1, 1, 1]])
    plane = torch.nn.Linear(6, 1, bias=False)
    plane.weight = torch.nn.Parameter(weights)
    some = points("mlp", 16)
    some = replace(some, network=Network(plane, np.zeros(16, int)), encoded=torch.ones(16, 6))
    findings = tried(some, weights.expand(16, 6).numpy().astype(float))
    drawn = [point["output"] for point in findings.figures[0].data if point["order"] == "by attribution"]
    assert drawn == pytest.approx([15, 5, 4, 3, 2, 1, 0])


def test_slopes_and_outputs_that_never_move():
    some = made("mlp")
    assert not tried(some, np.ones(tuple(some.encoded.shape)), METHODS["saliency"]).measurements
    network = Network(some.network.module, np.zeros(16, int))
    still = replace(some, encoded=some.baseline.expand_as(some.encoded).clone(), network=network)
    findings = tried(still, np.ones(tuple(some.encoded.shape)))
    assert not findings.controls and all(one.value is None and one.reason for one in findings.measurements)
