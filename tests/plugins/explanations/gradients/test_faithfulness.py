"""Outputs follow explanations of the network, and none that draw the input or are the same everywhere."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from auditkit.plugins.explanations.gradients import methods, trials
from auditkit.plugins.explanations.gradients.faithfulness import faithfulness
from auditkit.plugins.explanations.gradients.integrated import integrated_gradients
from auditkit.plugins.explanations.gradients.methods import METHODS
from auditkit.plugins.explanations.gradients.network import Network
from auditkit.plugins.explanations.gradients.points import Explanation, to_array
from auditkit.plugins.explanations.gradients.units import make_units
from tests.plugins.explanations.gradients import networks
from tests.plugins.explanations.gradients.test_embeddings import some_points
from tests.plugins.explanations.gradients.test_methods import points

FAITHFUL = trials.FAITHFUL


def edges(encoded):
    """Sobel's edge detector, which knows no network."""
    across = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    both = torch.stack([across, across.T])[:, None]
    return to_array(torch.nn.functional.conv2d(encoded, both, padding=1).abs().sum(dim=1, keepdim=True))


def follows(some, values, local=False):
    result = faithfulness(some, Explanation(values, values), local, torch.Generator().manual_seed(0))
    return float(np.nanmean(result.correlations))


def made(kind):
    if kind in ("cnn", "mlp"):
        return points(kind, 16)
    return some_points(getattr(networks, kind)(), networks.sentences()[0][-16:])


@pytest.mark.parametrize("kind", ["cnn", "mlp", "gru", "transformer"])
def test_explanations_of_the_network_are_followed_and_blind_ones_are_not(kind):
    some = made(kind)
    assert follows(some, integrated_gradients(some).values) > FAITHFUL + 0.1
    slopes = METHODS["saliency"].explain(some, lambda done, total, what: None).slopes
    assert follows(some, slopes, local=True) > 0.9
    assert follows(some, -slopes, local=True) < -0.9, "with the opposite sign"
    shape = tuple(some.encoded.shape)
    blind = {
        "constant": np.ones(shape), "ink": np.abs(some.distance), "input": to_array(some.encoded),
        "noise": np.random.default_rng(0).normal(size=shape),
    }  # fmt: skip
    if kind == "cnn":
        blind |= {"edges": edges(some.encoded), "edges of the ink": edges(some.encoded) * some.distance}
    for name, values in blind.items():
        for local in (False, True):
            assert follows(some, values, local) < FAITHFUL - 0.15, (name, local)


@pytest.mark.parametrize("planted", ["edges", "constant"])
def test_a_planted_method_fails_the_control(planted, monkeypatch):
    """An edge detector and a constant in place of a method: whatever else holds, faithfulness does not."""

    def explain(some, progress):
        values = edges(some.encoded) if planted == "edges" else np.ones(tuple(some.encoded.shape))
        return Explanation(values, values)

    some = made("cnn")
    method = methods.Method("Planted", explain, "baseline")
    findings = trials._faithfulness(some, explain(some, None), method, torch.Generator().manual_seed(0))
    (control,) = findings.controls
    assert control.holds is False and control.on_failure == "inconclusive"


class Bright(torch.nn.Module):
    """How much of the first of two channels is there, wherever it is; the second changes nothing."""

    def __init__(self):
        super().__init__()
        self.seen = torch.nn.Conv2d(2, 1, 1, bias=False)
        self.seen.weight = torch.nn.Parameter(torch.tensor([[[[1.0]], [[0.0]]]]))

    def forward(self, x):
        return torch.relu(self.seen(x)).mean(dim=(2, 3))


def test_grad_cam_is_followed_where_it_is_right():
    some = points("cnn", 16)
    encoded = torch.rand((16, 2, 14, 14), generator=torch.Generator().manual_seed(0))
    some = replace(
        some, network=Network(Bright(), np.zeros(16, int)), encoded=encoded, baseline=torch.zeros_like(encoded[:1]),
        units=make_units((2, 14, 14), True, None), layer="seen",
    )  # fmt: skip
    values = METHODS["grad_cam"].explain(some, lambda done, total, what: None).values
    assert follows(some, values) > 0.99 and follows(some, to_array(encoded)) < FAITHFUL - 0.1


def test_few_parts_and_outputs_that_never_move_are_said():
    some, method = made("mlp"), METHODS["integrated_gradients"]
    few = replace(some, units=torch.tensor([0, 0, 1, 1, 2, 2]))
    generator = torch.Generator().manual_seed(0)
    findings = trials._faithfulness(few, integrated_gradients(few), method, generator)
    assert not findings.controls and "fewer than 5 parts" in findings.notes[0]
    still = replace(some, encoded=some.baseline.expand_as(some.encoded).clone())
    findings = trials._faithfulness(still, integrated_gradients(still), method, generator)
    assert not findings.controls and "no change moves the output" in findings.notes[0]
