"""Each method against captum's, the definition, or both."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from auditkit.plugins.explanations.gradients.completeness import completeness
from auditkit.plugins.explanations.gradients.grad_cam import last_convolution
from auditkit.plugins.explanations.gradients.integrated import integrated_gradients
from auditkit.plugins.explanations.gradients.methods import METHODS
from auditkit.plugins.explanations.gradients.network import Network
from auditkit.plugins.explanations.gradients.points import Points, ranges_of
from auditkit.plugins.explanations.gradients.units import make_units
from tests.plugins.explanations.gradients import networks

captum = pytest.importorskip("captum.attr")
ROWS = 6


def points(kind="cnn", rows=ROWS):
    x, _ = networks.pictures() if kind == "cnn" else networks.table()
    net = getattr(networks, kind)()
    encoded = x[-rows:]
    units = make_units(tuple(encoded.shape[1:]), kind == "cnn", None if kind == "cnn" else np.arange(6))
    return Points(
        Network(net, net(encoded).argmax(dim=1).numpy()), encoded, torch.zeros_like(encoded[:1]), torch.arange(rows),
        units, x[:40], ranges_of(encoded), 20, layer="3",
    )  # fmt: skip


def explain(name, some):
    return METHODS[name].explain(some, lambda done, total, what: None)


@pytest.mark.parametrize("kind", ["cnn", "mlp"])
def test_gradients_at_the_rows(kind):
    some = points(kind)
    targets = torch.as_tensor(some.network.targets)
    for name, method in (("saliency", captum.Saliency), ("input_x_gradient", captum.InputXGradient)):
        expected = method(some.network.module).attribute(some.encoded.clone().requires_grad_(), target=targets)
        assert explain(name, some).values == pytest.approx(expected.detach().numpy(), abs=1e-5), name


@pytest.mark.filterwarnings("ignore")
def test_deep_lift():
    some = points("mlp")
    values, deltas = captum.DeepLift(some.network.module).attribute(
        some.encoded, torch.zeros_like(some.encoded), target=torch.as_tensor(some.network.targets),
        return_convergence_delta=True,
    )  # fmt: skip
    explained = explain("deep_lift", some)
    assert explained.values == pytest.approx(values.detach().numpy(), abs=1e-5)
    assert explained.misses == pytest.approx(deltas.numpy(), abs=1e-5) and np.abs(explained.misses).max() < 1e-4


def test_occlusion():
    some = points()
    expected = captum.Occlusion(some.network.module).attribute(
        some.encoded, (1, 1, 1), target=torch.as_tensor(some.network.targets), baselines=0
    )
    alone = replace(some, units=torch.arange(64).reshape(1, 8, 8))
    assert explain("occlusion", alone).values == pytest.approx(expected.detach().numpy(), abs=1e-5)
    table = points("mlp")
    expected = captum.FeatureAblation(table.network.module).attribute(
        table.encoded, target=torch.as_tensor(table.network.targets)
    )
    assert explain("occlusion", table).values == pytest.approx(expected.detach().numpy(), abs=1e-5)
    pairs = replace(table, units=torch.tensor([0, 0, 1, 1, 2, 2]))
    together = captum.FeatureAblation(table.network.module).attribute(
        table.encoded, target=torch.as_tensor(table.network.targets), feature_mask=pairs.units[None]
    )
    assert explain("occlusion", pairs).values * 2 == pytest.approx(together.detach().numpy(), abs=1e-5)


def test_grad_cam_by_its_definition():
    some, net = points(), networks.cnn()
    assert last_convolution(net, some.encoded) == "3"
    with torch.enable_grad():
        channels = net[:4](some.encoded).detach().requires_grad_()
        outputs = net[4:](channels).gather(1, torch.as_tensor(some.network.targets)[:, None])
        (slopes,) = torch.autograd.grad(outputs.sum(), channels)
    expected = (slopes.mean(dim=(2, 3), keepdim=True) * channels).sum(dim=1, keepdim=True).detach().numpy()
    explained = explain("grad_cam", some)
    assert explained.slopes == pytest.approx(expected, abs=1e-5) and explained.values.min() == 0
    smaller = replace(some, layer="5")
    assert explain("grad_cam", smaller).values.shape == (ROWS, 1, 8, 8), "enlarged from 4 by 4"


def test_gradient_shap_is_the_mean_of_integrated_gradients_over_the_background():
    some = replace(points("mlp"), steps=1000)
    single = [integrated_gradients(replace(some, baseline=background[None])).values for background in some.background]
    explained = explain("gradient_shap", some)
    error = np.abs(explained.values - np.mean(single, axis=0))
    assert (error <= 4 * explained.errors + 1e-3).all() and error.max() < 0.15
    assert (np.abs(explained.misses) <= 4 * explained.sum_errors + 1e-3).all()
    fewer = explain("gradient_shap", replace(some, steps=20))
    assert 3 < np.median(fewer.errors / explained.errors) < 14, "fifty times the draws"


def test_errors_of_draws_are_not_too_small():
    """Over other draws, values spread by no more than the standard errors say."""
    for name in ("gradient_shap", "smooth_grad"):
        some = points("mlp")
        runs = [explain(name, replace(some, seed=seed)) for seed in range(0, 3000, 100)]
        spread = np.std([run.values for run in runs], axis=0)
        stated = np.sqrt(np.mean([run.errors**2 for run in runs], axis=0))
        assert (spread <= 1.5 * stated).mean() > 0.95, name


def test_smooth_grad_of_a_plane_is_its_slope():
    some = points("mlp")
    plane = torch.nn.Linear(6, 1)
    flat = explain("smooth_grad", replace(some, network=Network(plane, np.zeros(ROWS, int))))
    assert flat.values == pytest.approx(np.tile(plane.weight.detach().numpy(), (ROWS, 1)), abs=1e-5)
    assert flat.errors.max() < 1e-6


def test_a_row_is_drawn_the_same_whoever_is_beside_it():
    some = points("mlp")
    for name in ("gradient_shap", "smooth_grad"):
        assert explain(name, some.first(2)).values == pytest.approx(explain(name, some).values[:2], abs=1e-6)


def test_completeness_in_expectation_is_told_from_a_step():
    some, method = points("mlp"), METHODS["gradient_shap"]
    by_name = {control.name: control for control in completeness(some, explain("gradient_shap", some), method).controls}
    assert by_name["completeness in expectation"].holds and by_name["sampling error"].at_most == 0.05

    class Step(torch.nn.Module):
        def forward(self, x):
            return (x[:, 0] > 0).to(x) + 0.01 * x.sum(dim=1)

    stepping = replace(some, network=Network(Step(), np.zeros(ROWS, int)))
    controls = completeness(stepping, explain("gradient_shap", stepping), method).controls
    assert not next(control for control in controls if control.name == "completeness in expectation").holds


class Rounding(torch.nn.Module):
    """Slopes of 0 everywhere, and outputs that differ."""

    def __init__(self, weight):
        super().__init__()
        self.layer = torch.nn.Linear(6, 3)
        torch.nn.init.constant_(self.layer.weight, weight)
        torch.nn.init.zeros_(self.layer.bias)

    def forward(self, rows):
        return self.layer(torch.round(rows))


@pytest.mark.parametrize("name", ["saliency", "input_x_gradient", "smooth_grad"])
def test_attributions_of_zero_are_invalid_where_outputs_differ(name):
    for weight, failing in ((1.0, ["some attribution"]), (0.0, [])):
        some = points("mlp")
        some = replace(some, network=Network(Rounding(weight), np.zeros(ROWS, dtype=int)))
        controls = completeness(some, explain(name, some), METHODS[name]).controls
        assert [control.name for control in controls if control.name == "some attribution"] == failing
        assert all(control.on_failure == "invalid" and not control.holds for control in controls if failing)


def test_too_much_noise_says_how_many_steps_would_do():
    few, method = replace(points("mlp"), steps=2), METHODS["gradient_shap"]
    few = replace(few, background=few.background[:2])

    def noise(some):
        controls = completeness(some, explain("gradient_shap", some), method).controls
        return next(control for control in controls if control.name == "sampling error")

    noisy = noise(few)
    assert noisy.holds is False
    steps = int(re.search(r"raise steps from 2 to (\d+)", noisy.reason).group(1))
    assert noise(replace(few, steps=steps)).holds is True
