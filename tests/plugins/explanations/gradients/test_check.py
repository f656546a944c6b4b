"""The check of gradient attributions on healthy networks, and on broken ones that its controls must catch."""

import dataclasses
import functools

import numpy as np
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from auditkit.data import AuditData
from auditkit.errors import TimeLimit
from auditkit.models import ModelOptions
from auditkit.plugins.explanations.gradients.check import Gradients
from auditkit.plugins.models.torch.adapter import TorchModel
from tests.plugins.explanations.gradients.networks import train
from tests.plugins.explanations.models import Network, binary_table, context, controls, values

QUICK = Gradients(rows=30, background=50, steps=20, copies=3)
FRAME, TRUTH = binary_table()
BEFORE = ColumnTransformer(
    [
        ("texts", OneHotEncoder(sparse_output=False), ["region", "sex"]),
        ("numbers", StandardScaler(), ["income", "tenure", "noise", "owner"]),
    ]
).fit(FRAME)


@functools.cache
def mlp(dropout=0.0):
    encoded = torch.as_tensor(BEFORE.transform(FRAME), dtype=torch.float32)
    net = torch.nn.Sequential(
        torch.nn.Linear(9, 16), torch.nn.ReLU(), torch.nn.Dropout(dropout), torch.nn.Linear(16, 2)
    )
    return train(net, encoded, torch.as_tensor(TRUTH), 40)


@functools.cache
def cnn():
    images, labels = load_digits(return_X_y=True)
    encoded = torch.as_tensor(images.reshape(-1, 1, 8, 8) / 16, dtype=torch.float32)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
        torch.nn.Linear(128, 10),
    )  # fmt: skip
    return train(net, encoded[:600], torch.as_tensor(labels[:600]), 40), encoded[600:].numpy(), labels[600:]


def table(rows=30, **more):
    train = AuditData(FRAME.iloc[100:].reset_index(drop=True), TRUTH[100:])
    return AuditData(
        FRAME.iloc[:rows].reset_index(drop=True), TRUTH[:rows], {"sex": FRAME["sex"].to_numpy()[:rows].astype(str)},
        train=train, positive=1, **more,
    )  # fmt: skip


def wrapped(net=None):
    return TorchModel.wrap(net or mlp(), ModelOptions(preprocess=BEFORE, classes=(0, 1)))


def run(model, audited, check=QUICK, seed=0):
    return check.measure(model, audited, context(model, audited, seed))


def test_a_healthy_network_is_explained_by_the_original_columns():
    result = run(wrapped(), table())
    importance = values(result, "mean_abs_attribution")
    assert set(list(importance)[:3]) == {"income", "tenure", "sex"}
    assert set(importance) == set(FRAME.columns)
    held = {name: control.holds for name, control in controls(result).items()}
    assert all(held.values()), controls(result)
    assert set(held) == {
        "completeness", "completeness of every row", "repetition", "agreement", "faithfulness", "deletion curve",
        "random parameters",
    }  # fmt: skip
    assert values(result, "completeness_gap")[""] < 0.01
    assert values(result, "group_share")["sex"] > 0.1
    assert all(
        measurement.unit == "logit" for measurement in result.measurements if measurement.name == "mean_abs_attribution"
    )
    assert any("the mean of 50 background rows" in note for note in result.notes)
    assert any("region, sex, owner" in note or "tenure, region, sex, owner" in note for note in result.notes)


def test_attributions_are_the_gathered_ones_of_captum():
    """A linear network has a closed form: weight of the predicted class times distance from the mean."""
    net = torch.nn.Linear(9, 2)
    with torch.no_grad():
        net.weight.copy_(torch.arange(18.0).reshape(2, 9) / 10)
        net.bias.zero_()
    audited = table()
    result = run(wrapped(net), audited, Gradients(rows=30, background=1000))
    encoded, background = BEFORE.transform(audited.inputs), BEFORE.transform(audited.train.inputs)
    predicted = (encoded @ net.weight.detach().numpy().T).argmax(axis=1)
    parts = (encoded - background.mean(axis=0)) * net.weight.detach().numpy()[predicted]
    importance = values(result, "mean_abs_attribution")
    assert importance["region"] == pytest.approx(np.abs(parts[:, :3].sum(axis=1)).mean(), rel=1e-4)
    assert importance["sex"] == pytest.approx(np.abs(parts[:, 3:5].sum(axis=1)).mean(), rel=1e-4)
    assert importance["income"] == pytest.approx(np.abs(parts[:, 5]).mean(), rel=1e-4)


def test_images_are_told_by_concentration_and_an_average_map():
    net, images, labels = cnn()
    audited = AuditData(images[:60], labels[:60], task="multiclass", modality="image")
    result = run(TorchModel.wrap(net, ModelOptions()), audited, Gradients(rows=60, steps=20, copies=3))
    overall = next(
        measurement
        for measurement in result.measurements
        if measurement.name == "top_decile_share" and not measurement.conditions
    )
    assert 0.1 < overall.interval.low < overall.value < overall.interval.high < 1
    by_class = [
        measurement
        for measurement in result.measurements
        if measurement.name == "top_decile_share" and measurement.conditions
    ]
    assert by_class and all((measurement.value is None) == bool(measurement.reason) for measurement in by_class)
    assert any(measurement.value is None and "fewer than 10" in measurement.reason for measurement in by_class)
    figure, random, *curves = result.figures
    assert [curve.name for curve in curves] == ["deletion_curve", "insertion_curve"]
    assert figure.mark == random.mark == "heat-map" and len(figure.data) == len(random.data) == 64
    assert sum(cell["share"] for cell in figure.data) == pytest.approx(1)
    assert any("zeros" in note for note in result.notes)
    assert controls(result)["completeness"].holds and controls(result)["random parameters"].holds
    assert not any(measurement.name in ("mean_abs_attribution", "group_share") for measurement in result.measurements)


def test_too_few_pictures_are_not_shown():
    net, images, labels = cnn()
    audited = AuditData(images[:9], labels[:9], task="multiclass", modality="image")
    result = run(TorchModel.wrap(net, ModelOptions()), audited, dataclass_of(baseline="blurred"))
    assert not result.figures and any("no average" in note for note in result.notes)
    assert any("blurred" in note for note in result.notes)


def dataclass_of(**more):
    return QUICK.model_copy(update=more)


# sick models


def test_a_quantised_network_is_inconclusive():
    """Gradients of a rounded output say nothing about it; a straight-through slope hides that."""

    class Rounded(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, z):
            raw = self.inner(z)
            return raw + (torch.round(raw) * 3 - raw).detach()

    by_name = controls(run(wrapped(Rounded(mlp())), table()))
    assert by_name["completeness"].holds is False and by_name["completeness"].on_failure == "inconclusive"
    assert by_name["completeness of every row"].holds is False


def test_a_network_that_answers_at_random_is_inconclusive():
    class Noisy(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner
            self.generator = torch.Generator().manual_seed(0)

        def forward(self, z):
            return self.inner(z * (torch.rand(z.shape, generator=self.generator) > 0.3))

    control = controls(run(Network(Noisy(mlp()), "logits", encoder=encode), table()))["repetition"]
    assert control.holds is False and control.on_failure == "inconclusive"


def test_attributions_that_do_not_hang_on_the_parameters_are_noted():
    class Fixed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.unused = torch.nn.Linear(9, 2)
            self.register_buffer("table", torch.arange(18.0).reshape(2, 9) / 9 - 1)

        def forward(self, z):
            return z @ self.table.T + 0 * self.unused(z)

    control = controls(run(wrapped(Fixed()), table()))["random parameters"]
    assert control.value == pytest.approx(1, abs=1e-3) and control.holds is False and control.on_failure == "note"


def test_a_network_without_parameters_has_none_to_make_random():
    class Formula(torch.nn.Module):
        def forward(self, z):
            return torch.stack([z.sum(dim=1), z[:, 0] ** 2], dim=1)

    result = run(Network(Formula(), "logits"), AuditData(np.random.default_rng(0).normal(size=(20, 4))))
    assert "random parameters" not in controls(result) and any("has no parameters" in note for note in result.notes)


def encode(inputs):
    return torch.as_tensor(BEFORE.transform(inputs), dtype=torch.float32)


def test_dropout_in_train_mode_is_switched_off_and_back_on():
    net = mlp(0.5)
    net.train()
    model, audited = Network(net, "logits", encoder=encode), table()
    try:
        first, second = run(model, audited), run(model, audited)
        assert first == second and controls(first)["repetition"].holds
        assert net.training and net[2].training
    finally:
        net.eval()


def test_the_model_is_left_as_it_was():
    net = mlp()
    weights = {name: weight.clone() for name, weight in net.state_dict().items()}
    state, generator = torch.get_rng_state(), np.random.get_state()[1].copy()
    run(wrapped(net), table())
    assert all(torch.equal(weights[name], weight) for name, weight in net.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())
    assert torch.equal(state, torch.get_rng_state()) and (generator == np.random.get_state()[1]).all()
    assert not any(module._forward_hooks or module._backward_hooks for module in net.modules())


# edges


def test_preprocessing_that_mixes_columns_is_explained_in_its_own_columns():
    numeric = FRAME[["income", "tenure", "noise"]]
    scaled = StandardScaler().fit(numeric)
    mix = PCA(3).fit(scaled.transform(numeric))

    def turn(inputs):
        return torch.as_tensor(mix.transform(scaled.transform(inputs)), dtype=torch.float32)

    net = train(torch.nn.Linear(3, 2), turn(numeric), torch.as_tensor(TRUTH), 30)
    groups = {"tenure": np.where(numeric["tenure"][:30] > 14, "long", "short")}
    audited = AuditData(numeric.iloc[:30], TRUTH[:30], groups)
    result = run(Network(net, "logits", encoder=turn), audited)
    assert set(values(result, "mean_abs_attribution")) == {"encoded 0", "encoded 1", "encoded 2"}
    assert values(result, "group_share") == {"tenure": None}
    assert any("mixes columns" in note for note in result.notes)


@pytest.mark.parametrize(("output", "columns"), [("one logit", 1), ("number", 1), ("logits", 3)])
def test_every_kind_of_output(output, columns):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(40, 4))
    net = torch.nn.Linear(4, columns)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[3.0, 1.0, 0.0, 0.0], [0, 3, 1, 0], [1, 0, 3, 0]][:columns]))
    classes = {"one logit": (0, 1), "number": (), "logits": (0, 1, 2)}[output]
    task = "regression" if output == "number" else "binary" if columns == 1 else "multiclass"
    result = run(Network(net, output, classes, task=task), AuditData(inputs, task=task))
    importance = values(result, "mean_abs_attribution")
    assert importance["x3"] == 0
    unit = "prediction" if output == "number" else "logit"
    assert all(
        measurement.unit == unit for measurement in result.measurements if measurement.name == "mean_abs_attribution"
    )
    if columns == 1:
        assert list(importance)[:2] == ["x0", "x1"]
        assert importance["x0"] == pytest.approx(np.abs(3 * (inputs[:, 0] - inputs[:, 0].mean())).mean(), rel=1e-4)
        assert all(
            measurement.unit == unit
            for measurement in result.measurements
            if measurement.name == "mean_abs_attribution"
        )


def test_sequences():
    rng = np.random.default_rng(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(18, 2))
    audited = AuditData(rng.normal(size=(20, 6, 3)), modality="sequence")
    result = run(Network(net, "logits"), audited)
    assert [figure.name for figure in result.figures] == ["deletion_curve", "insertion_curve"]
    assert next(measurement for measurement in result.measurements if measurement.name == "top_decile_share").value


def test_a_constant_network_has_no_attribution_and_no_fault():
    net = torch.nn.Linear(4, 2)
    torch.nn.init.zeros_(net.weight)
    result = run(Network(net, "logits"), AuditData(np.random.default_rng(0).normal(size=(20, 4))))
    assert set(values(result, "mean_abs_attribution").values()) == {0.0}
    assert values(result, "completeness_gap")[""] == 0 and values(result, "sensitivity")[""] is None
    assert controls(result)["repetition"].holds and controls(result)["completeness"].holds


def test_where_it_does_not_apply():
    assert "for images" in dataclass_of(baseline="blurred").applies(wrapped(), table())
    assert "hold none" in QUICK.applies(TorchModel.wrap(mlp(), ModelOptions(classes=(0, 1))), table())
    assert QUICK.applies(wrapped(), table()) is None
    assert "text" not in Gradients.needs and "gradients" in Gradients.needs


def test_a_network_that_cannot_be_copied_is_still_explained():
    class Stubborn(torch.nn.Linear):
        def __deepcopy__(self, memo):
            raise TypeError("no copies")

    result = run(Network(Stubborn(4, 2), "logits"), AuditData(np.random.default_rng(0).normal(size=(20, 4))))
    assert "random parameters" not in controls(result)
    assert any("could not be copied" in note for note in result.notes)


def test_equal_seeds_give_equal_findings():
    first, same_seed, other_seed = (run(wrapped(), table(), seed=seed) for seed in (3, 3, 4))
    assert first == same_seed and first != other_seed


def test_time_limits_are_kept():
    model, audited = wrapped(), table()
    with pytest.raises(TimeLimit):
        QUICK.measure(model, audited, dataclasses.replace(context(model, audited), deadline=0.0))


def test_the_page_about_it():
    about = Gradients.about()
    assert about.question.startswith("Which inputs move") and about.purpose and about.method and about.limits
    result = run(wrapped(), table())
    assert {measurement.name for measurement in result.measurements} <= set(Gradients.definitions)
    assert Gradients().calls(wrapped(), table(), 100) > 100 * 50
    for budget in Gradients.presets.values():
        assert Gradients(**budget).steps >= 20


class Steps(torch.nn.Module):
    """Rounds its inputs, which torch gives a gradient of 0."""

    def __init__(self):
        super().__init__()
        self.out = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.out(torch.sign(x))


def test_two_blanks_agree_on_nothing():
    inputs = np.random.default_rng(0).normal(size=(60, 4))
    audited = AuditData(inputs, (inputs[:, 0] > 0).astype(int), positive=1)
    model = Network(Steps().eval(), "logits")
    assert QUICK.applies(model, audited) is None
    result = QUICK.measure(model, audited, context(model, audited))
    agreement = next(one for one in result.measurements if one.name == "method_agreement")
    assert agreement.value is None and agreement.reason == "no row has any attribution"
    assert controls(result)["completeness"].holds is False
