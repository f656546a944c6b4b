"""Certificates where the truth is known: never more than it, and as much as the method can prove."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy import special, stats
from torch import nn

import auditkit
from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.plugins.robustness.certificates import bounds, confidence_sequence, smoothing
from auditkit.plugins.robustness.certificates.check import Certificates
from tests.plugins.recorded import control, one, recorded, run

FAST = Certificates(rows=60, samples=400, steps=8)


def images(n=120, seed=0):
    """Bright and dark pictures that a small network tells apart, and the network."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    x = np.clip(rng.normal(0.35 + 0.3 * labels[:, None, None, None], 0.1, (n, 1, 4, 4)), 0, 1).astype(np.float32)
    weight = torch.full((2, 16), 1.0)
    weight[0] = -1.0
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    net[1].weight.data, net[1].bias.data = weight, torch.tensor([8.0, -8.0])
    groups = {"site": np.where(np.arange(n) < n - 4, np.where(np.arange(n) % 2, "a", "b"), "tiny")}
    data = AuditData(torch.tensor(x), labels=labels, groups=groups, modality="image", positive=1)
    return auditkit.wrap(net.eval(), classes=[0, 1]), data


@pytest.mark.parametrize("by_gradients", [True, False])
def test_the_plan_says_the_most_that_is_asked(by_gradients):
    class Counted(nn.Module):
        asked = 0

        def forward(self, x):
            Counted.asked += len(x)
            # all rows near the boundary: none is decided early
            return torch.stack([x.flatten(1).mean(dim=1), torch.full((len(x),), 0.5).to(x)], dim=1)

    _, data = images(60)
    model = auditkit.wrap(Counted().eval(), classes=[0, 1], output="logits")
    if not by_gradients:
        data = AuditData(data.inputs.numpy().reshape(60, -1), labels=data.labels, positive=1)
        model = auditkit.wrap(lambda rows: Counted()(torch.tensor(rows)).softmax(dim=1).numpy(), classes=[0, 1])
    check = Certificates(rows=60, samples=200, steps=4)
    planned = check.calls(model, data, len(data))
    Counted.asked = 0
    run(check, model, data)
    assert planned / 3 < Counted.asked - len(data) <= planned, "the shared pass is not the check's"


def test_the_confidence_sequence_holds_at_every_look():
    rng, alpha, runs = np.random.default_rng(0), 0.05, 2000
    for share in (0.5, 0.9, 0.99):
        draws = rng.random((runs, 300)) < share
        n = np.arange(1, 301)
        low = confidence_sequence.lower(draws.cumsum(axis=1), np.broadcast_to(n, draws.shape), alpha)
        missed = (low > share).any(axis=1).mean()
        assert missed <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / runs)


def test_its_end_never_exceeds_that_of_clopper_and_pearson():
    n = np.repeat(np.array([1, 10, 100, 1000]), 50)
    successes = np.round(n * np.tile(np.linspace(0, 1, 50), 4))
    exact = np.where(successes > 0, special.betaincinv(np.maximum(successes, 1), n - successes + 1, 0.01), 0.0)
    assert (confidence_sequence.lower(successes, n, 0.01) <= exact + 1e-9).all()


def test_the_radius_is_that_of_the_paper():
    assert smoothing.radius_of(np.array([0.5, 0.4, 0.99]), 0.5) == pytest.approx([0, 0, 0.5 * stats.norm.ppf(0.99)])


@pytest.mark.parametrize("seed", range(3))
def test_bounds_of_a_linear_model_are_the_closed_form(seed):
    rng = np.random.default_rng(seed)
    layer = nn.Linear(6, 3)
    layer.weight.data, layer.bias.data = torch.tensor(rng.normal(size=(3, 6))).float(), torch.zeros(3)
    x = torch.tensor(rng.uniform(size=(5, 6))).float()
    own = layer(x).argmax(dim=1)
    computed = bounds.margins(bounds.read(nn.Sequential(layer), "logits"), x - 0.1, x + 0.1, own)
    weight = layer.weight.data.double()
    for row in range(5):
        for other in range(3):
            gap = weight[own[row]] - weight[other]
            exact = float(x[row].double() @ gap - 0.1 * gap.abs().sum())
            if other != int(own[row]):
                assert float(computed[row, other]) == pytest.approx(exact, abs=1e-6)


def test_bounds_hold_for_every_point_of_the_box():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3),
    ).eval()  # fmt: skip
    x = torch.rand(6, 1, 8, 8)
    own = net(x).argmax(dim=1)
    computed = bounds.margins(bounds.read(net, "logits"), x - 0.03, x + 0.03, own)
    for _ in range(50):
        logits = net(x + 0.06 * (torch.rand_like(x) - 0.5)).detach()
        margins = logits.gather(1, own[:, None]) - logits
        others = torch.ones_like(margins, dtype=torch.bool).scatter(1, own[:, None], False)
        assert (computed[others] <= margins[others].double() + 1e-5).all()
    tight = bounds.margins(bounds.read(net, "logits"), x, x, own)
    assert (computed <= tight + 1e-9).all()


def test_a_layer_without_bounds_is_named():
    with pytest.raises(bounds.Unsupported, match="GELU"):
        bounds.read(nn.Sequential(nn.Linear(2, 2), nn.GELU()), "logits")


def test_of_a_linear_network_both_proofs_stay_below_the_truth():
    model, data = images()
    result = run(FAST, model, data)
    assert [control.name for control in result.controls if not control.holds] == []
    x = data.inputs.double().reshape(len(data), -1)
    gap = (x.sum(dim=1) - 8.0).numpy() * np.where(data.labels == 1, 1, -1)
    span = float(x.max() - x.min())
    exact = gap / np.sqrt(16) / span
    for measurement in result.measurements:
        if measurement.slice or measurement.value is None:
            continue
        if measurement.name == "smoothed_certified_accuracy":
            radius = measurement.conditions["radius"]
            assert measurement.value <= (exact >= radius).mean() + 1e-9
            most = 0.1 * stats.norm.ppf(confidence_sequence.lower(np.array(400), np.array(400), FAST.alpha / FAST.rows))
            if radius < most:  # no more can be proven with 400 copies of a row
                assert measurement.value >= 0.9 * (exact >= radius + 0.1).mean()
        if measurement.name == "certified_accuracy":
            assert measurement.value == pytest.approx(
                (gap / 16 / span > measurement.conditions["epsilon"]).mean(), abs=0.02
            )
    tiny = [measurement for measurement in result.measurements if measurement.slice == {"site": "tiny"}]
    assert tiny and all(measurement.value is None for measurement in tiny)


def test_a_certificate_that_an_attack_crosses_is_invalid(monkeypatch):
    model, data = images()
    monkeypatch.setattr(
        bounds, "certified", lambda network, low, *given, **more: torch.ones(len(low), dtype=torch.bool)
    )
    result = run(Certificates(rows=60, samples=200, steps=20, epsilons=(0.05, 0.3)), model, data)
    assert control(result, "within-attacked").holds is False
    assert one(result, "certified_accuracy", conditions={"epsilon": 0.3, "norm": "Linf"}).validity == "invalid"


def test_radii_that_are_too_large_are_noticed(monkeypatch):
    model, data = images()
    right = smoothing.radius_of
    monkeypatch.setattr(smoothing, "radius_of", lambda *given: 1.5 * right(*given))
    assert control(run(FAST, model, data), "known-radius").holds is False


def test_recorded_answers_and_wrong_grids_are_refused():
    model, data = recorded([0, 1] * 20, [0, 1] * 20)
    assert "queries" in missing_needs(Certificates, model, data)
    for wrong in ({"radii": (0.2, 0.1)}, {"group_radius": 0.07}, {"epsilons": ()}):
        with pytest.raises(ValidationError):
            Certificates(**wrong)
