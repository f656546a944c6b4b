"""Integrated gradients are their definition: by hand, as published, and as a slow sum."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from auditkit.plugins.explanations.gradients import integrated
from auditkit.plugins.explanations.gradients.integrated import integrated_gradients, relative_gaps
from auditkit.plugins.explanations.gradients.local_slopes import gradients_at_rows
from auditkit.plugins.explanations.gradients.network import Network
from auditkit.plugins.explanations.gradients.points import Points, ranges_of
from auditkit.plugins.explanations.gradients.units import make_units
from auditkit.plugins.models.torch.state import frozen


class Quadratic(torch.nn.Module):
    def forward(self, z):
        return z[:, 0] ** 2 + 3 * z[:, 1] + z[:, 0] * z[:, 2]


def relu_net(features=5, classes=3, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(features, 16), torch.nn.ReLU(), torch.nn.Linear(16, classes)).eval()


def rows(n=12, features=5, seed=1):
    return torch.as_tensor(np.random.default_rng(seed).normal(size=(n, features)), dtype=torch.float32)


def make_points(net, encoded, baseline=None, targets=None, steps=20, batch=512):
    start = torch.zeros_like(encoded[:1]) if baseline is None else baseline
    columns = np.zeros(len(encoded), dtype=int) if targets is None else targets
    units = make_units(tuple(encoded.shape[1:]), False, None)
    return Points(
        Network(net, columns), encoded, start, torch.arange(len(encoded)), units, encoded, ranges_of(encoded), steps,
        batch,
    )  # fmt: skip


def explain(net, encoded, baseline=None, targets=None, steps=20, batch=512):
    return integrated_gradients(make_points(net, encoded, baseline, targets, steps, batch))


def gaps(explained):
    return relative_gaps(explained.misses, explained.changes)


def test_a_quadratic_by_hand():
    """From the origin: x0^2 gives x0^2 to x0; x0*x2 splits evenly; 3 x1 stays with x1."""
    explained = explain(Quadratic(), torch.tensor([[2.0, 1.0, 4.0]]))
    assert explained.values[0] == pytest.approx([4 + 4, 3, 4], abs=1e-5)
    assert explained.steps.tolist() == [20] and gaps(explained)[0] < 1e-5


def test_the_published_relu_net():
    """captum's own BasicModel: relu(s - 10) + 3 relu(s + 1) - 1 is, per equal slope, proportional to the distance."""

    class Net(torch.nn.Module):
        def forward(self, z):
            s = z.sum(dim=1)
            return torch.relu(s - 10) + 3 * torch.relu(s + 1) - 1

    explained = explain(Net(), torch.tensor([[20.0, 50.0, 30.0]]), steps=200)
    assert explained.values.sum() == pytest.approx(390, rel=1e-3)
    assert explained.values[0] / explained.values.sum() == pytest.approx([0.2, 0.5, 0.3], abs=1e-4)


def slow(net, encoded, baseline, targets, steps=4000):
    """The definition: a plain midpoint sum of gradients, one row and one point at a time."""
    attributions = []
    for row, target in zip(encoded, targets, strict=True):
        points = (torch.arange(steps) + 0.5) / steps
        path = (baseline + points[:, None] * (row - baseline)).requires_grad_(True)
        output = net(path)
        (slope,) = torch.autograd.grad(output[:, target].sum(), path)
        attributions.append((slope.mean(dim=0) * (row - baseline[0])).detach().numpy())
    return np.array(attributions)


def test_the_slow_definition():
    net, encoded = relu_net(), rows(4)
    baseline, targets = rows(1, seed=7), np.array([0, 1, 2, 0])
    explained = explain(net, encoded, baseline, targets, steps=100)
    assert explained.values == pytest.approx(slow(net, encoded, baseline, targets), abs=0.01)


def test_small_batches_change_nothing():
    net, encoded, targets = relu_net(), rows(7), np.array([0, 1, 2, 0, 1, 2, 0])
    whole, parts = (explain(net, encoded, None, targets, batch=size) for size in (10_000, 8))
    assert parts.values == pytest.approx(whole.values, abs=1e-5)


def test_each_row_may_have_its_own_baseline():
    net, encoded = relu_net(), rows(3)
    starts = rows(3, seed=4)
    explained = explain(net, encoded, starts)
    for at in range(3):
        alone = explain(net, encoded[at : at + 1], starts[at : at + 1])
        assert explained.values[at] == pytest.approx(alone.values[0], abs=1e-5)


def test_rows_that_need_more_points_get_them():
    class Sharp(torch.nn.Module):
        def forward(self, z):
            return torch.tanh(40 * (z[:, 0] - 0.73)) + z[:, 1]

    encoded = torch.tensor([[1.0, 0.5], [0.1, 2.0]])
    explained = explain(Sharp(), encoded, steps=4)
    assert explained.steps[0] > 4 and explained.steps[1] == 4
    assert gaps(explained).max() < 0.05


def test_a_step_never_adds_up():
    class Step(torch.nn.Module):
        def forward(self, z):
            return (z[:, 0] > 0.5).float() + 0.0 * z[:, 0]

    assert gaps(explain(Step(), torch.ones(2, 1))).tolist() == [1.0, 1.0]


def test_relative_gaps_by_hand():
    assert relative_gaps(np.array([0.1, 0.1, 0.0]), np.array([10.0, -10.0, 0.0])).tolist() == [0.01, 0.01, 0.0]
    assert relative_gaps(np.array([0.1, 0.0, 0.0]), np.array([0.0, 10.0, -10.0]))[0] == pytest.approx(0.1)
    assert relative_gaps(np.zeros(2), np.zeros(2)).tolist() == [0, 0]


def test_plain_gradients():
    encoded = torch.tensor([[2.0, 1.0, 4.0], [1.0, 0.0, 0.0]])
    slopes = gradients_at_rows(make_points(Quadratic(), encoded, batch=1))
    assert slopes.tolist() == [[8, 3, 2], [2, 3, 1]]


def test_out_of_memory_halves_the_batch():
    sizes = []

    class Small(torch.nn.Module):
        def forward(self, z):
            sizes.append(len(z))
            if len(z) > 40:
                raise RuntimeError("CUDA out of memory")
            return z.sum(dim=1)

    explained = explain(Small(), rows(2), steps=60, batch=120)
    assert explained.values == pytest.approx(rows(2).numpy(), abs=1e-5)
    assert min(sizes) <= 40 < max(sizes)


def test_other_errors_pass():
    class Broken(torch.nn.Module):
        def forward(self, z):
            raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        explain(Broken(), rows(2))


def test_recurrent_layers():
    class Last(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = torch.nn.LSTM(3, 4, batch_first=True)
            self.head = torch.nn.Linear(4, 2)

        def forward(self, z):
            return self.head(self.lstm(z)[0][:, -1])

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Last()
    encoded = torch.as_tensor(np.random.default_rng(0).normal(size=(4, 6, 3)), dtype=torch.float32)
    with frozen(net):
        explained = explain(net, encoded)
    assert explained.values.shape == (4, 6, 3) and gaps(explained).max() < 0.01


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="not run: there is no CUDA device")
def test_recurrent_layers_on_cuda():
    lstm = torch.nn.LSTM(3, 4, batch_first=True)

    class Last(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = lstm

        def forward(self, z):
            return self.lstm(z)[0][:, -1]

    encoded = torch.as_tensor(np.random.default_rng(0).normal(size=(4, 6, 3)), dtype=torch.float32)
    by_device = []
    for device in ("cpu", "cuda"):
        net = Last().to(device)
        with frozen(net):
            points = make_points(net, encoded.to(device))
            by_device.append(integrated_gradients(replace(points, positions=points.positions.to(device))).values)
    assert torch.backends.cudnn.enabled
    assert by_device[1] == pytest.approx(by_device[0], abs=1e-4)


def test_captum_agrees(monkeypatch):
    """The same points and weights as captum's Gauss-Legendre quadrature, one root for all outputs."""
    captum = pytest.importorskip("captum.attr")
    monkeypatch.setattr(integrated, "HALVINGS", 0)
    net, encoded, targets, baseline = relu_net(), rows(9), np.arange(9) % 3, rows(1, seed=7)
    expected = captum.IntegratedGradients(net).attribute(
        encoded, baselines=baseline, target=torch.as_tensor(targets), n_steps=50
    )
    assert explain(net, encoded, baseline, targets, steps=50).values == pytest.approx(expected.numpy(), abs=1e-5)


def test_layers_that_write_in_place():
    net = torch.nn.Sequential(torch.nn.ReLU(inplace=True), torch.nn.Linear(5, 3))
    assert explain(net, rows(3)).values.shape == (3, 5)
