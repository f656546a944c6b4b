"""Adversarial training withstands more than its parent, and says so where it does not."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import auditkit
from auditkit.checks import Context, missing_needs
from auditkit.data import AuditData
from auditkit.errors import ModelError, TimeLimit
from auditkit.plugins.robustness.attacks import APGD, Problem, ascent
from auditkit.plugins.robustness.training.adversarial import Adversarial
from auditkit.predictions import Predictions
from auditkit.trainers import Trained
from tests.plugins.models.modules import Words
from tests.plugins.robustness.training.conftest import failing, value

EPSILON = 0.15
FAST = {"epsilon": EPSILON, "epochs": 12, "steps": 4, "learning_rate": 5e-3}


@pytest.fixture(scope="module", params=["pgd", "trades"])
def trained(request, pictures, run_trainer) -> Trained:
    return run_trainer(Adversarial(variant=request.param, **FAST), pictures.parent, pictures.train)


def robust(model: Any, data: AuditData, epsilon: float = EPSILON) -> float:
    """Accuracy under the family's own attack."""
    x, y = torch.tensor(data.inputs), torch.tensor(data.labels)
    with model.module() as module:
        problem = Problem(module)
        return float((~APGD(steps=40, loss="dlr")(problem, x, y, epsilon).broken).float().mean())


def accuracy(model: Any, data: AuditData) -> float:
    answers = Predictions(model, data)
    return float(np.mean(answers.codes == answers.truth))


def test_it_withstands_clearly_more_than_its_parent_on_unseen_rows(pictures, trained):
    assert robust(trained.model, pictures.unseen) > robust(pictures.parent, pictures.unseen) + 0.15
    assert accuracy(trained.model, pictures.unseen) > accuracy(pictures.parent, pictures.unseen) - 0.08


def test_what_it_says_is_what_the_models_do(pictures, trained):
    assert failing(trained) == set()
    assert {measurement.name for measurement in trained.measurements} == set(Adversarial.definitions)
    assert all(measurement.interval is not None for measurement in trained.measurements)
    assert value(trained, "train_accuracy") == pytest.approx(accuracy(trained.model, pictures.train))
    assert value(trained, "parent_train_accuracy") == pytest.approx(accuracy(pictures.parent, pictures.train))
    cost = value(trained, "parent_train_accuracy") - value(trained, "train_accuracy")
    assert value(trained, "accuracy_cost") == pytest.approx(cost)
    gain = value(trained, "train_robust_accuracy") - value(trained, "parent_train_robust_accuracy")
    assert value(trained, "robust_accuracy_gain") == pytest.approx(gain) and gain > 0.15
    assert value(trained, "train_robust_accuracy") <= robust(trained.model, pictures.train) + 0.06
    assert trained.measurements[0].conditions == {"epsilon": EPSILON, "norm": "Linf"}
    assert len(trained.figures[1].data) == FAST["epochs"]


def test_of_a_linear_model_accuracy_under_attack_is_the_closed_form(run_trainer):
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (400, 3)).astype(np.float32)
    labels = (x @ np.array([1.0, 2.0, -1.0]) > 1).astype(np.int64)
    data = AuditData(x, labels, task="binary", positive=1)
    model = auditkit.wrap(nn.Sequential(nn.Linear(3, 1)), classes=(0, 1), output="logits")
    # a wide range, so that the box is cut nowhere but at its ends
    trained = run_trainer(Adversarial(epsilon=0.05, epochs=20, learning_rate=0.05), model, data)
    layer = trained.model.estimator()[0]
    weight, bias = layer.weight.detach().numpy()[0], float(layer.bias.detach())
    low, high = x.min(axis=0), x.max(axis=0)
    reach = 0.05 * (np.percentile(x, 99, axis=0) - np.percentile(x, 1, axis=0))
    sign = 2 * labels[:, None] - 1
    worst = np.clip(x - sign * np.sign(weight) * reach, low, high)
    held = sign[:, 0] * (worst @ weight + bias) > 0
    assert value(trained, "train_robust_accuracy") == pytest.approx(held.mean(), abs=0.003)
    assert 0.5 < held.mean() < value(trained, "train_accuracy")


def test_the_same_seed_makes_the_same_model_and_another_another(pictures, run_trainer, trained):
    few = pictures.train.take(np.arange(150))
    quick = Adversarial(epsilon=0.1, epochs=2, steps=2)
    prints = [run_trainer(quick, pictures.parent, few, seed).model.fingerprint for seed in (5, 5, 6)]
    assert prints[0] == prints[1] != prints[2]
    assert pictures.parent.fingerprint not in prints


def test_the_parent_and_the_generators_are_as_they_were(pictures, run_trainer):
    module = pictures.parent.estimator()
    module.train()
    module[0].weight.requires_grad_(False)
    before = pictures.parent.fingerprint, torch.random.get_rng_state(), np.random.get_state()[2]
    try:
        child = run_trainer(
            Adversarial(epsilon=0.1, epochs=1, steps=2), pictures.parent, pictures.train.take(np.arange(100))
        )
        assert pictures.parent.fingerprint == before[0]
        assert torch.equal(torch.random.get_rng_state(), before[1]) and np.random.get_state()[2] == before[2]
        assert all(layer.training for layer in module.modules())
        assert [parameter.requires_grad for parameter in module.parameters()][:2] == [False, True]
        assert all(parameter.grad is None for parameter in module.parameters())
        made_one = child.model.estimator()
        assert not made_one.training and all(parameter.grad is None for parameter in made_one.parameters())
    finally:
        module[0].weight.requires_grad_(True)
        module.eval()


def test_progress_is_told_and_a_time_limit_stops_it(pictures):
    few, progress = pictures.train.take(np.arange(100)), []
    context = Context(
        rng=np.random.default_rng(0), predictions=Predictions(pictures.parent, few),
        on_progress=lambda done, total, what: progress.append((done, total)),
    )  # fmt: skip
    trainer = Adversarial(epochs=2, steps=1, batch_size=33)
    trainer.train(pictures.parent, few, context)
    assert progress == [(step, 8) for step in range(1, 9)]
    context.deadline = 0.0
    with pytest.raises(TimeLimit):
        trainer.train(pictures.parent, few, context)


# other kinds of network and of data


def separable(rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (rows, 4)).astype(np.float32)
    return x, (x[:, 0] + x[:, 1] > 0).astype(np.int64)


@pytest.mark.parametrize(
    ("last", "output"),
    [
        ((nn.Linear(8, 1),), "logits"),
        ((nn.Linear(8, 1), nn.Sigmoid()), "probabilities"),
        ((nn.Linear(8, 2), nn.Softmax(1)), "probabilities"),
    ],
)
@pytest.mark.parametrize("variant", ["pgd", "trades"])
def test_every_kind_of_output_learns(run_trainer, last, output, variant):
    x, y = separable()
    torch.manual_seed(0)
    model = auditkit.wrap(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), *last), classes=(0, 1), output=output)
    trained = run_trainer(
        Adversarial(epsilon=0.02, epochs=8, steps=3, learning_rate=0.03, variant=variant), model,
        AuditData(x, y, task="binary", positive=1),
    )  # fmt: skip
    assert trained.model.output == model.output
    assert value(trained, "train_accuracy") > 0.9 and value(trained, "train_robust_accuracy") > 0.8


def test_a_table_with_preprocessing_is_changed_after_it_and_its_categories_are_held(run_trainer):
    x, y = separable()
    frame = pd.DataFrame({"a": x[:, 0] * 100, "b": x[:, 1], "kind": np.where(x[:, 2] > 0, "x", "y")})

    def encode(rows: pd.DataFrame) -> np.ndarray:
        return np.column_stack([rows["a"] / 100, rows["b"], rows["kind"] == "x"]).astype(np.float32)

    model = auditkit.wrap(nn.Sequential(nn.Linear(3, 2)), classes=(0, 1), output="logits", preprocess=encode)
    trained = run_trainer(
        Adversarial(epsilon=0.02, epochs=6, learning_rate=0.05), model, AuditData(frame, y, positive=1)
    )
    text = " ".join(trained.notes)
    assert "1 of 3 features were held" in text and "Preprocessing stands before" in text
    assert value(trained, "train_accuracy") > 0.85


def test_rows_without_a_label_and_weights_are_named(run_trainer, pictures):
    x, y = separable()
    known = np.arange(len(y)) >= 20
    data = AuditData(x, y, task="binary", positive=1, known=known, weights=np.ones(len(y)))
    model = auditkit.wrap(nn.Sequential(nn.Linear(4, 2)), classes=(0, 1), output="logits")
    trained = run_trainer(Adversarial(epsilon=0.02, epochs=1), model, data)
    assert trained.notes[:3] == (
        "Trained on 280 rows.", "Left out, without a known label: 20 of the rows.", "Row weights were not used.",
    )  # fmt: skip
    assert trained.measurements[2].n == 280


# what is noticed and what is refused


class Steps(nn.Module):
    """Rounds its input: nothing has a slope, and nothing is learned about changes."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head((4 * x).round() / 4)


def test_a_network_that_hides_its_slopes_makes_the_gain_inconclusive(run_trainer):
    x, y = separable()
    model = auditkit.wrap(Steps(), classes=(0, 1), output="logits")
    trained = run_trainer(Adversarial(epsilon=0.02, epochs=3), model, AuditData(x, y, task="binary", positive=1))
    assert "slope-to-follow" in failing(trained)


def test_an_attack_that_does_not_move_is_noticed(run_trainer, monkeypatch):
    x, y = separable()
    model = auditkit.wrap(nn.Sequential(nn.Linear(4, 2)), classes=(0, 1), output="logits")
    monkeypatch.setattr(ascent, "climb", lambda loss, start, *rest: start)
    trained = run_trainer(Adversarial(epsilon=0.02, epochs=2), model, AuditData(x, y, task="binary", positive=1))
    assert "epsilon-reached" in failing(trained)


def test_training_that_teaches_nothing_is_noticed(run_trainer):
    x, y = separable()
    model = auditkit.wrap(nn.Sequential(nn.Linear(4, 2)), classes=(0, 1), output="logits")
    slow = Adversarial(epsilon=0.02, epochs=1, learning_rate=1e-9)
    assert "loss-fell" in failing(run_trainer(slow, model, AuditData(x, y, task="binary", positive=1)))


def test_a_copy_that_shares_layers_with_its_parent_is_noticed_and_trained_weights_are_refused(run_trainer):
    x, y = separable()
    data = AuditData(x, y, task="binary", positive=1)
    body, head = nn.Linear(4, 8), nn.Linear(8, 2)
    parent = nn.Sequential(body, nn.ReLU(), head)
    sharing = auditkit.wrap(
        parent, classes=(0, 1), output="logits", fresh=lambda: nn.Sequential(body, nn.ReLU(), nn.Linear(8, 2))
    )
    assert "parent-unchanged" in failing(run_trainer(Adversarial(epochs=1), sharing, data))
    same = auditkit.wrap(parent, classes=(0, 1), output="logits", fresh=lambda: parent)
    with pytest.raises(ModelError, match="fresh= must make an untrained module"):
        run_trainer(Adversarial(epochs=1), same, data)


def test_what_cannot_be_trained_so_is_refused_with_the_reason(run_trainer, pictures):
    x, y = separable()
    data = AuditData(x, y, task="binary", positive=1)
    words = AuditData(np.arange(60).reshape(20, 3) % 30, np.arange(20) % 2, task="binary", positive=1)
    with pytest.raises(ModelError, match="numbers without gaps"):
        run_trainer(Adversarial(), auditkit.wrap(Words(), classes=(0, 1), output="logits"), words)
    bare = auditkit.wrap(nn.Softmax(dim=1), classes=(0, 1), output="probabilities")
    two = AuditData(x[:, :2], y, task="binary", positive=1)
    with pytest.raises(ModelError, match=r"without parameters|no untrained copy"):
        run_trainer(Adversarial(), bare, two)
    same = AuditData(np.ones_like(x), y, task="binary", positive=1)
    model = auditkit.wrap(nn.Sequential(nn.Linear(4, 2)), classes=(0, 1), output="logits")
    with pytest.raises(ModelError, match="no feature may change"):
        run_trainer(Adversarial(), model, same)
    with pytest.raises(ModelError, match=r"diverged in epoch \d+; lower learning_rate"):
        run_trainer(Adversarial(learning_rate=3e37), model, data)


def test_a_forest_is_refused_with_the_reason():
    from sklearn.ensemble import RandomForestClassifier

    x, y = separable()
    train = AuditData(x, y, task="binary", positive=1)
    data = AuditData(x, y, task="binary", positive=1, train=train)
    forest = auditkit.wrap(RandomForestClassifier(5).fit(x, y))
    assert "torch_module, which this sklearn model does not give" in (missing_needs(Adversarial, forest, data) or "")  # type: ignore[arg-type]
    result = auditkit.compare(
        [forest], data, checks=["performance"], budget="quick", train=[{"trainer": "adversarial"}]
    )
    assert len(result.results) == 1
    failed = next(
        check_result for check_result in result.results[0].results if check_result.check == "train.adversarial"
    )
    assert failed.status == "error" and "torch_module" in (failed.reason or "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"variant": "fgsm"}, {"epsilon": 0.0}, {"epsilon": 1.5}, {"epsilon": math.nan}, {"steps": 0}, {"beta": 0.0},
        {"beta": math.inf}, {"epochs": 0}, {"batch_size": 1}, {"learning_rate": 0.0}, {"unknown": 1},
    ],
)  # fmt: skip
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Adversarial(**wrong)


def test_the_new_model_is_audited_beside_its_parent(pictures, tmp_path):
    result = auditkit.compare(
        [pictures.parent], pictures.unseen, checks=["performance"], budget="quick", out=tmp_path / "audit",
        train=[{"trainer": "adversarial", "name": "hardened", "epsilon": 0.1, "epochs": 3, "steps": 2}],
    )  # fmt: skip
    assert [check_result.model.name for check_result in result.results] == ["plain", "hardened"]
    assert result.results[1].parent == "plain"
    account = result.results[1].results[0]
    assert account.check == "train.adversarial" and account.status == "measured"
    assert all(measurement.validity == "valid" for measurement in account.measurements)
    document = json.loads((tmp_path / "audit" / "results.json").read_text())
    assert document["results"][1]["results"][0]["parameters"]["variant"] == "pgd"
    page = (tmp_path / "audit" / "report.html").read_text()
    assert "Made from plain" in page and "Accuracy given up" in page and "hardened" in page
    assert (tmp_path / "audit" / "models" / "hardened.safetensors").is_file()


@pytest.mark.gpu
def test_it_trains_where_the_model_is(run_trainer):
    x, y = separable()
    data = AuditData(x, y, task="binary", positive=1)
    for variant in ("pgd", "trades"):
        model = auditkit.wrap(nn.Sequential(nn.Linear(4, 2)).cuda(), classes=(0, 1), output="logits")
        trained = run_trainer(Adversarial(epsilon=0.02, epochs=8, learning_rate=0.03, variant=variant), model, data)
        assert trained.model.device.startswith("cuda") and failing(trained) == set()
