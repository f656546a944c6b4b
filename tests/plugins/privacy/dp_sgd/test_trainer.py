"""The trainer `dp-sgd`: models that keep to their epsilon, and loops that its controls must catch."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import auditkit
from auditkit.checks import Context, missing_needs
from auditkit.data import AuditData
from auditkit.errors import ConfigError, ModelError
from auditkit.plugins.privacy.dp_sgd.trainer import DpSgd
from auditkit.predictions import Predictions
from auditkit.trainers import Trained
from tests.plugins.privacy.dp_sgd.training_data import judged, run, split_of, value, without_accounting

ROWS = 600


@pytest.fixture(scope="module")
def split() -> AuditData:
    return split_of(ROWS)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    without_accounting(monkeypatch)


def wrap(*layers: nn.Module, **more: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(*layers)
        for module in network.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
    return auditkit.wrap(network.eval(), name="net", classes=("no", "yes"), task="binary", **more)


@pytest.fixture(scope="module")
def parent() -> Any:
    return wrap(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2), output="logits")


@pytest.fixture(scope="module")
def trained(parent: Any, split: AuditData) -> Trained:
    return run(parent, split)


def test_a_new_model_that_works_beside_a_parent_that_is_untouched(
    parent: Any, split: AuditData, trained: Trained
) -> None:  # fmt: skip
    assert trained.model.name == "net (dp-sgd)" and type(trained.model) is type(parent)
    before = parent.fingerprint
    again = run(parent, split)
    assert parent.fingerprint == before != again.model.fingerprint
    assert again.model.fingerprint != trained.model.fingerprint, "not reproducible by design"
    answers = Predictions(trained.model, split)
    assert np.mean(answers.codes == answers.truth) == value(trained, "train_accuracy") > 0.8
    inside = trained.model.estimator()
    assert type(inside) is nn.Sequential
    assert trained.model.gradients(split.inputs[:3], np.array([0, 1, 0])).shape == (3, 4)


def test_epsilon_keeps_to_the_target_and_is_explained(trained: Trained) -> None:
    assert 2.9 < value(trained, "epsilon") <= 3.0
    assert value(trained, "delta") == 1e-5 < 1 / ROWS
    assert value(trained, "sample_rate") == 0.1 and value(trained, "steps") == 60
    epsilon = trained.measurements[0]
    assert epsilon.exact and epsilon.conditions == {"delta": 1e-5}
    assert {measurement.name for measurement in trained.measurements} | {"train_rmse", "epsilon_of_rows"} == set(
        DpSgd.definitions
    )
    table = trained.tables[0]
    by_name = {(row[0], row[1]): row[2] for row in table.rows}
    assert (
        by_name["PLD, dp-accounting", "upper bound"]
        == value(trained, "epsilon")
        < by_name["RDP, opacus", "upper bound"]
    )  # type: ignore[operator]
    assert value(trained, "epsilon_lower") == by_name["PRV, opacus", "lower end"]
    assert "60 steps" in table.caption


def test_every_control_holds(trained: Trained) -> None:
    assert {control.name for control in trained.controls} == {
        "per-row-gradients", "sampling", "noise-level", "clipping", "every-step-counted", "accountants-agree",
        "steps-alone", "untrained-copy", "copy-unlike-parent", "fitted-outside",
    }  # fmt: skip
    assert all(control.holds for control in trained.controls)


def test_epsilon_grows_with_the_steps_to_what_is_reported(trained: Trained) -> None:
    points = trained.figures[0].data
    costs = [point["epsilon"] for point in points]
    assert len(points) == 20 and costs == sorted(costs)
    assert math.isclose(costs[-1], value(trained, "epsilon")) and points[-1]["steps"] == 60


@pytest.mark.usefixtures("cheap")
def test_the_seed_of_the_noise_is_written_nowhere(
    parent: Any, split: AuditData, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    drawn: list[int] = []

    def remember(bits: int) -> int:
        drawn.append(1234567890123 + len(drawn))
        return drawn[-1]

    monkeypatch.setattr("auditkit.plugins.privacy.dp_sgd.training_loop.secrets.randbits", remember)
    private = run(parent, split)
    assert len(drawn) == 2
    text = repr([private.measurements, private.controls, private.figures, private.tables, private.notes])
    assert not any(str(seed) in text for seed in drawn)
    assert any("Not reproducible" in note for note in private.notes)
    assert any("not cryptographically secure" in note for note in private.notes)


def test_noise_may_be_given_and_epsilon_follows(parent: Any, split: AuditData) -> None:
    private = run(parent, split, noise_multiplier=0.6, epochs=2)
    assert value(private, "noise_multiplier") == 0.6 and value(private, "epsilon") > 10
    assert any("promises next to nothing" in note for note in private.notes)


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    ("last", "output"),
    [
        ((nn.Linear(8, 1),), "logits"),
        ((nn.Linear(8, 1), nn.Sigmoid()), "probabilities"),
        ((nn.Linear(8, 2), nn.Softmax(1)), "probabilities"),
    ],
)
def test_every_kind_of_output_learns(split: AuditData, last: tuple[nn.Module, ...], output: str) -> None:
    model = wrap(nn.Linear(4, 8), nn.ReLU(), *last, output=output)
    model.answers(split.inputs[:10])
    private = run(model, split, epochs=10, target_epsilon=10.0, learning_rate=1.0)
    assert private.model.output == model.output
    assert value(private, "train_accuracy") > 0.8


@pytest.mark.usefixtures("cheap")
def test_a_small_convolutional_network() -> None:
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    data = AuditData(
        (pictures / 16).astype(np.float32).reshape(-1, 1, 8, 8), labels=labels, task="multiclass", modality="image"
    )
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10)
    ).eval()  # fmt: skip
    model = auditkit.wrap(network, classes=tuple(range(10)), task="multiclass", output="logits")
    private = run(model, data, epochs=8, batch_size=128)
    assert value(private, "train_accuracy") > 0.6 and value(private, "epsilon") <= 3
    assert all(control.holds for control in private.controls)


@pytest.mark.usefixtures("cheap")
def test_the_generators_are_as_they_were(parent: Any, split: AuditData) -> None:
    before = torch.random.get_rng_state(), np.random.get_state()[2]
    run(parent, split, epochs=1)
    assert torch.equal(before[0], torch.random.get_rng_state()) and before[1] == np.random.get_state()[2]


@pytest.mark.usefixtures("cheap")
def test_progress_is_told_and_a_time_limit_stops_it(parent: Any, split: AuditData) -> None:
    steps: list[int] = []
    context = Context(
        rng=np.random.default_rng(0), predictions=Predictions(parent, split),
        on_progress=lambda done, total, what: steps.append(done),
    )  # fmt: skip
    DpSgd(epochs=1, batch_size=60, canary_steps=0, twin_steps=0).train(parent, split, context)
    assert steps == list(range(1, 11))
    context.deadline = 0.0
    with pytest.raises(auditkit.errors.TimeLimit):
        DpSgd(epochs=1, batch_size=60, canary_steps=0, twin_steps=0).train(parent, split, context)


def test_a_promise_to_persons_and_what_several_rows_are_promised(parent: Any, split: AuditData) -> None:
    owners = np.arange(ROWS) // 3
    few = {"epochs": 2, "batch_size": 20, "noise_multiplier": 1.0}
    private = run(parent, replace(split, unit=owners), **few)
    assert "each of 200 units" in private.notes[0] and value(private, "sample_rate") == 0.1
    assert "epsilon_of_rows" not in {measurement.name for measurement in private.measurements}
    with pytest.raises(ConfigError, match="at most the 200 units"):
        run(parent, replace(split, unit=owners), batch_size=201)
    rows = run(parent, replace(split, ids=owners), **few)
    assert "promised to each row, and not to a person" in rows.notes[0] and "up to 3 of them" in rows.notes[0]
    several = next(one for one in rows.measurements if one.name == "epsilon_of_rows")
    assert several.conditions["rows"] == 3 and value(rows, "epsilon_of_rows") > 1.5 * value(rows, "epsilon")


def test_a_search_for_parameters_is_paid_for_and_replaced_rows_cost_more(parent: Any, split: AuditData) -> None:
    few = {"epochs": 1, "batch_size": 60, "noise_multiplier": 1.0}
    single, searched = run(parent, split, **few), run(parent, split, trainings=10, **few)
    assert value(searched, "epsilon") > 1.5 * value(single, "epsilon") and value(searched, "steps") == 10
    assert "10 trainings" in searched.tables[0].caption
    replaced = run(parent, split, neighbours="replace", **few)
    assert value(replaced, "epsilon") > value(single, "epsilon")
    assert all(control.holds for control in (*searched.controls, *replaced.controls))


@pytest.mark.usefixtures("cheap")
def test_a_model_that_predicts_numbers_is_trained() -> None:
    inputs = np.random.default_rng(0).normal(0, 1, (ROWS, 4)).astype(np.float32)
    data = AuditData(inputs, labels=inputs @ np.array([1.0, -1.0, 0.5, 0.0]), task="regression")
    network = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)).eval()
    model = auditkit.wrap(network, name="net", task="regression")
    private = run(model, data, epochs=20, noise_multiplier=0.7, optimizer="adam", learning_rate=0.02, schedule="cosine")
    assert value(private, "train_rmse") < 0.8 * data.labels.std()
    assert all(control.holds for control in private.controls), private.controls


# controls that do not hold


@pytest.mark.usefixtures("cheap")
def test_less_noise_than_accounted_makes_epsilon_invalid(
    parent: Any, split: AuditData, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    whole = torch.randn
    monkeypatch.setattr(torch, "randn", lambda *shape, **more: whole(*shape, **more) / 2)
    private = run(parent, split)
    assert {control.name for control in private.controls if not control.holds} == {"noise-level"}
    assert judged(private).validity == "invalid"


@pytest.mark.usefixtures("cheap")
def test_fixed_batches_make_epsilon_invalid(parent: Any, split: AuditData, monkeypatch: pytest.MonkeyPatch) -> None:
    def shuffled(rows: int, **more: Any) -> torch.Tensor:
        return torch.linspace(0.0001, 1, rows)[torch.randperm(rows)]

    monkeypatch.setattr("auditkit.plugins.privacy.dp_sgd.training_loop.torch.rand", shuffled)
    private = run(parent, split)
    assert {control.name for control in private.controls if not control.holds} == {"sampling"}
    assert judged(private).validity == "invalid"


@pytest.mark.usefixtures("cheap")
def test_an_accountant_that_forgets_makes_epsilon_invalid(
    parent: Any, split: AuditData, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    from opacus.accountants import RDPAccountant

    def half(self: Any, *, noise_multiplier: float, sample_rate: float) -> None:
        steps = self.history[0][2] if self.history else 0
        self.history[:] = [(noise_multiplier, sample_rate, steps + 0.5)]

    monkeypatch.setattr(RDPAccountant, "step", half)
    private = run(parent, split, noise_multiplier=2.0)
    assert "every-step-counted" in {control.name for control in private.controls if not control.holds}


# what is refused


@pytest.mark.parametrize(
    "wrong",
    [
        {"target_epsilon": 0.0}, {"target_epsilon": math.nan}, {"target_epsilon": math.inf}, {"target_epsilon": 500.0},
        {"noise_multiplier": 0.0}, {"noise_multiplier": math.inf}, {"delta": 0.0}, {"delta": 2.0}, {"delta": math.nan},
        {"epochs": 0}, {"batch_size": 0}, {"max_grad_norm": 0.0}, {"learning_rate": math.nan}, {"momentum": 1.0},
        {"unknown": 1}, {"noise": "matrix-factorisation"}, {"rows_per_unit": 0}, {"rows_at_once": 0},
        {"optimizer": "lion"},
    ],
)  # fmt: skip
def test_parameters_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DpSgd(**wrong)


def test_a_delta_that_is_not_given_is_short() -> None:
    assert DpSgd()._recipe(22_792)[1] == 4.4e-6  # 0.1 / 22,792 = 4.3875...e-6
    assert DpSgd()._recipe(500)[1] == 1e-5


def test_noise_of_matrix_factorisation_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"Noise of matrix factorisation \(DP-FTRL, banded or tree noise\)"):
        DpSgd(noise="dp-ftrl")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"delta": 1 / ROWS}, "delta must lie above 0 and under 1 / units"),
        ({"batch_size": ROWS + 1}, "batch_size must be at most the 600 units"),
        ({"target_epsilon": 1e-4}, "cannot be reached"),
    ],
)
def test_parameters_that_do_not_fit_the_data_are_refused(
    parent: Any, split: AuditData, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        run(parent, split, **wrong)


class Centred(nn.Module):
    """Takes the mean of the batch away: rows mix, and no validator sees it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - x.mean(0)


def test_models_that_cannot_be_private_are_refused(split: AuditData) -> None:
    with pytest.raises(ModelError, match=r"BatchNorm.*GroupNorm"):
        run(wrap(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2), output="logits"), split)
    with pytest.raises(ModelError, match="depends on which rows are beside it"):
        run(wrap(nn.Linear(4, 8), Centred(), nn.Tanh(), nn.Linear(8, 2), output="logits"), split)


def test_says_what_it_needs(parent: Any, split: AuditData) -> None:
    beside = AuditData(split.inputs, labels=split.labels, positive="yes", train=split)
    assert missing_needs(DpSgd, parent, beside) is None  # type: ignore[arg-type]
    table = auditkit.wrap(lambda rows: np.full((len(rows), 2), 0.5), classes=("no", "yes"), task="binary")
    assert missing_needs(DpSgd, table, beside) is None, "what can be trained, the trainer says itself"  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="needs a torch module, or a LogisticRegression"):
        run(table, split)


@pytest.mark.gpu
def test_it_trains_where_the_model_is(split: AuditData) -> None:
    network = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2)).cuda().eval()
    model = auditkit.wrap(network, classes=("no", "yes"), task="binary", output="logits")
    private = run(model, split)
    assert private.model.device.startswith("cuda") and all(control.holds for control in private.controls)
    assert value(private, "train_accuracy") > 0.8
