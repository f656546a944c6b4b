"""Traps of captum, each with what becomes of it here."""

import pathlib
import re
from contextlib import nullcontext

import numpy as np
import pytest
import torch

import auditkit
from auditkit.data import AuditData
from auditkit.models import ModelOptions
from auditkit.plugins.explanations.gradients.check import Gradients
from auditkit.plugins.models.torch.adapter import TorchModel
from tests.plugins.explanations.gradients import networks
from tests.plugins.explanations.models import Network, context, controls

nn = torch.nn
SOURCES = "\n".join(
    path.read_text() for path in (pathlib.Path(auditkit.__file__).parent / "plugins" / "explanations").rglob("*.py")
)


class Functional(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.first, self.last, self.function = nn.Linear(6, 8), nn.Linear(8, 2), function

    def forward(self, x):
        return self.last(self.function(self.first(x)))


class Beside(nn.Module):
    """A function beside a layer that has a rule."""

    def __init__(self, layer):
        super().__init__()
        self.first, self.last, self.layer = nn.Linear(6, 8), nn.Linear(8, 2), layer

    def forward(self, x):
        return self.last(torch.exp(-self.layer(self.first(x))))


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.middle, self.last, self.relu = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 2), nn.ReLU()

    def forward(self, x):
        return self.last(self.relu(self.middle(self.relu(self.first(x)))))


def made(net):
    return TorchModel.wrap(net.eval(), ModelOptions(classes=(0, 1)))


def rows():
    x, y = networks.table()
    return AuditData(x[:40].numpy(), y[:40].numpy(), positive=1)


def why_not(net, explainer="deep_lift", **more):
    return Gradients(explainer=explainer, **more).applies(made(net), rows())


def sequential(*layers):
    return nn.Sequential(nn.Linear(6, 8), *layers, nn.Linear(8, 2))


@pytest.mark.parametrize(
    ("net", "because"),
    [
        (Functional(torch.relu), "functions that are no layers \\(Relu\\)"),
        (Functional(lambda x: x * torch.sigmoid(x)), "functions that are no layers"),
        (Functional(lambda x: x * x), "functions that are no layers \\(Mul\\)"),
        (Beside(nn.ReLU()), "functions that are no layers \\(Exp\\)"),
        (Beside(nn.ReLU(inplace=True)), "functions that are no layers \\(Exp\\)"),
        (sequential(nn.LayerNorm(8), nn.ReLU()), "no rule for layers such as LayerNorm"),
        (sequential(nn.SiLU()), "no rule for layers such as SiLU"),
        (sequential(nn.GELU()), "no rule for layers such as GELU"),
        (Reused(), "'relu' is called more than once"),
    ],
    ids=[
        "functional",
        "sigmoid",
        "product",
        "beside a layer",
        "beside one in place",
        "LayerNorm",
        "SiLU",
        "GELU",
        "reused",
    ],
)
def test_c1_c2_deep_lift_is_refused_where_it_has_no_rule(net, because):
    why = why_not(net)
    assert re.search(because, why) and 'explainer = "integrated_gradients"' in why


@pytest.mark.parametrize("layer", [nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.ELU(), nn.Softplus(), nn.Dropout(0.3)])
def test_c1_deep_lift_is_applied_where_it_has_rules_and_adds_up(layer):
    net = sequential(layer, nn.BatchNorm1d(8))
    assert why_not(net) is None
    held = controls(measured(made(net), rows(), "deep_lift"))
    assert held["completeness"].holds and held["completeness of every row"].holds


def measured(model, audited, explainer="integrated_gradients", **more):
    check = Gradients(explainer=explainer, **{"rows": 30, "background": 30, "steps": 10, "copies": 2, **more})
    return check.measure(model, audited, context(model, audited))


def test_c1_where_the_structure_hides_it_the_gap_makes_deep_lift_invalid():
    """captum's rule for pooling misses 40 % where different places win in a row and in the baseline."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(128, 10)
        ).eval()  # fmt: skip
    x, y = networks.pictures()
    audited = AuditData(x[:30].numpy(), y[:30].numpy(), task="multiclass", modality="image")
    model = TorchModel.wrap(net, ModelOptions())
    context(model, audited).predictions  # noqa: B018 settles what the output is
    assert Gradients(explainer="deep_lift").applies(model, audited) is None
    control = controls(measured(model, audited, "deep_lift"))["completeness of every row"]
    assert control.holds is False and control.value > 0.05 and control.on_failure == "invalid"
    assert "integrated_gradients" in control.reason


def test_c3_batch_norm_and_dropout_in_train_mode_change_nothing():
    x, y = networks.pictures()
    audited = AuditData(x[:30].numpy(), y[:30].numpy(), task="multiclass", modality="image")
    net, model = networks.cnn(), TorchModel.wrap(networks.cnn(), ModelOptions())
    in_eval = measured(model, audited)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    net.train()
    try:
        assert measured(model, audited) == in_eval
        assert measured(model, audited) == in_eval
        assert net.training and net[1].training and net[7].training
    finally:
        net.eval()
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_c4_cudnn_is_off_for_recurrent_layers_on_cuda_alone(monkeypatch):
    """What a GPU refuses is asked without cuDNN; the test on a GPU is in test_integrated.py."""
    from auditkit.plugins.models.torch import state

    flags = []
    monkeypatch.setattr(torch.backends.cudnn, "flags", lambda **given: flags.append(given) or nullcontext())
    monkeypatch.setattr(torch.nn.Parameter, "is_cuda", True)
    with state.frozen(networks.lstm()):
        assert flags == [{"enabled": False}]
    with state.frozen(networks.mlp()):
        assert len(flags) == 1


def test_c5_c9_kernel_shap_of_25_samples_and_html_of_words_are_never_called():
    assert "KernelShap" not in SOURCES and "visualize_text" not in SOURCES


def test_c6_whole_numbers_are_looked_up_and_never_interpolated():
    """Numbers that an embedding looks up enter by it; a table of whole numbers is a table of numbers."""
    x, y = networks.sentences()
    for numbers in (x.numpy(), x.numpy().astype(np.float64)):
        audited = AuditData(numbers[:40], y[:40].numpy(), modality="sequence", positive=1)
        result = measured(made(networks.gru()), audited)
        assert any("embedding 'words'" in note for note in result.notes), result.notes
    audited = AuditData(np.arange(240).reshape(40, 6) % 7, np.arange(40) % 2, positive=1)
    assert Gradients().applies(made(nn.Linear(6, 2)), audited) is None


def test_c7_captum_is_new_enough_for_numpy_2():
    text = (pathlib.Path(auditkit.__file__).parent.parent / "pyproject.toml").read_text()
    least = re.search(r'"captum>=(\d+)\.(\d+)', text)
    assert (int(least[1]), int(least[2])) >= (0, 9)


@pytest.mark.parametrize(
    ("layer", "because"),
    [("8", r"gives \(10,\) a row, which is no map"), ("6", "no map of places"), ("nowhere", "has no layer 'nowhere'")],
)
def test_c8_grad_cam_of_a_layer_without_places_is_refused(layer, because):
    x, y = networks.pictures()
    audited = AuditData(x[:5].numpy(), y[:5].numpy(), task="multiclass", modality="image")
    model = TorchModel.wrap(networks.cnn(), ModelOptions())
    why = Gradients(explainer="grad_cam", layer=layer).applies(model, audited)
    assert re.search(because, why) and why.endswith('write layer = "3" under [checks."explanations.gradients"]')
    assert Gradients(explainer="grad_cam", layer="3").applies(model, audited) is None


def test_c8_grad_cam_needs_a_convolution():
    assert "no convolution has one" in why_not(networks.mlp(), "grad_cam")
    assert "layer is of the explainer grad_cam" in why_not(networks.mlp(), "saliency", layer="0")
    flat = nn.Sequential(nn.Unflatten(1, (1, 6)), nn.Conv1d(1, 4, 6), nn.Flatten(), nn.Linear(4, 2))
    assert "no convolution has one" in why_not(flat, "grad_cam"), "a single place is no map"


def test_layers_that_cannot_be_reached():
    model = Network(networks.mlp(), "logits")
    assert "needs layers that can be reached" in Gradients(explainer="deep_lift").applies(model, rows())
