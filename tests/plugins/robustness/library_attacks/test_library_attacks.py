"""Attacks by name where the truth is known, and one sick case for each trap of the toolbox."""

import importlib
import time
import tomllib

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import auditkit
from auditkit.art import require_art
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import ConfigError, ModelError, TimeLimit
from auditkit.plugins.robustness.library_attacks import catalogue
from auditkit.plugins.robustness.library_attacks.attempt import describe
from auditkit.plugins.robustness.library_attacks.check import LibraryAttacks
from auditkit.plugins.robustness.library_attacks.targets import REMEMBERED, BudgetSpent, Watch
from auditkit.plugins.robustness.space import Space
from auditkit.predictions import Predictions
from tests.plugins.recorded import control, run

GRID = (0.02, 0.05, 0.1, 0.2)
SLOPE = np.array([2.0, -1.0, 0.5, 0.0])


class Linear(torch.nn.Module):
    """Logits (-m, m) for m = (x @ SLOPE - 0.6) times a factor, dressed up in a way."""

    def __init__(self, factor=1.0, way=lambda logits: logits):
        super().__init__()
        self.slope = torch.nn.Parameter(torch.as_tensor(SLOPE, dtype=torch.float32))
        self.factor, self.way = factor, way

    def forward(self, x):
        margin = (x @ self.slope - 0.6) * self.factor
        return self.way(torch.stack([-margin, margin], dim=1))


def plane_rows(n=12):
    """Rows of the unit cube with corners in it, and the Linf distance of each from the boundary."""
    inputs = np.random.default_rng(0).uniform(0.3, 0.7, (n, 4)).astype(np.float32)
    inputs = np.vstack([np.zeros(4), np.ones(4), inputs]).astype(np.float32)
    labels = (inputs @ SLOPE > 0.6).astype(int)
    return AuditData(inputs, labels=labels, positive=1), np.abs(inputs @ SLOPE - 0.6)


def robust(result, name="robust_accuracy", **conditions):
    return {
        measurement.conditions["epsilon"]: measurement.value
        for measurement in result.measurements
        if measurement.name == name
        and all(measurement.conditions.get(key) == value for key, value in conditions.items())
    }


def attacked(model, data, *names, options=None, **more):
    more = {"epsilons": GRID, "max_queries": 120, **more}
    return run(LibraryAttacks(attacks=names, options=options or {}, **more), model, data)


def noted(result, *words):
    return any(all(word in note for word in words) for note in result.notes)


def test_a_linear_rule_is_broken_at_the_right_epsilon_by_gradients_and_by_answers():
    data, margin = plane_rows()
    rows, right = data.inputs, data.labels
    scale = np.percentile(rows, 99, axis=0) - np.percentile(rows, 1, axis=0)
    result = attacked(auditkit.wrap(Linear(), classes=[0, 1]), data, "FastGradientMethod", "HopSkipJump")
    for epsilon in GRID:
        # as far as epsilon and the range of the data let each feature go against the label
        towards = np.where(right[:, None] == 1, -1, 1) * np.sign(SLOPE)
        gone = np.clip(rows + towards * epsilon * scale, rows.min(axis=0), rows.max(axis=0)) - rows
        reach = np.abs(gone @ SLOPE) - margin
        assert np.abs(reach).min() > 1e-4
        by_gradients = robust(result, "attack_robust_accuracy", attack="FastGradientMethod")[epsilon]
        assert by_gradients == pytest.approx((reach < 0).mean())
        by_answers = robust(result, "attack_robust_accuracy", attack="HopSkipJump")[epsilon]
        assert by_answers >= (reach < 0).mean() - 1e-9
        # rows that one attack breaks are broken for all of them together
        assert robust(result)[epsilon] == pytest.approx(min(by_gradients, by_answers))
    assert control(result, "known-boundary").holds and control(result, "same-decisions").holds
    assert all(measurement.validity == "valid" for measurement in result.measurements)


def test_a_constant_model_withstands_everything():
    data, _ = plane_rows()
    data = AuditData(data.inputs, labels=np.ones(len(data), dtype=int) - (np.arange(len(data)) == 0), positive=1)
    model = auditkit.wrap(lambda x: np.ones(len(x), dtype=int), classes=[0, 1])
    result = attacked(model, data, "HopSkipJump", "BoundaryAttack", max_queries=60)
    assert set(robust(result).values()) == {13 / 14}  # the row that was wrong before counts as wrong


def test_a_tree_is_flipped_through_its_boxes_and_never_closer_than_they_lie():
    rng = np.random.default_rng(0)
    inputs = rng.uniform(0, 1, (300, 3))
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(inputs, inputs[:, 0] + inputs[:, 1] > 1)
    data = AuditData(inputs[:20], labels=tree.predict(inputs[:20]).astype(int), positive=1)
    result = attacked(auditkit.wrap(tree, classes=[0, 1]), data, "DecisionTreeAttack", "HopSkipJump")
    exact = box_distances(tree, data.inputs)
    for name in ("DecisionTreeAttack", "HopSkipJump"):
        accuracies = robust(result, "attack_robust_accuracy", attack=name)
        assert all(accuracies[epsilon] >= (exact > epsilon).mean() - 1e-9 for epsilon in GRID)
        assert min(accuracies.values()) < 1
    assert control(result, "known-boundary-DecisionTreeAttack").holds


def box_distances(tree, rows):
    """The Linf distance, in units, of each row from the nearest leaf of another class, by all leaves' boxes."""
    parts, units = tree.tree_, np.percentile(rows, 99, axis=0) - np.percentile(rows, 1, axis=0)
    nearest = np.full(len(rows), np.inf)
    own = parts.value[tree.apply(rows), 0].argmax(axis=1)
    stack = [(0, np.full(3, -np.inf), np.full(3, np.inf))]
    while stack:
        node, low, high = stack.pop()
        if parts.children_left[node] < 0:
            other = own != parts.value[node, 0].argmax()
            far = (np.abs(np.clip(rows, low, high) - rows) / units).max(axis=1)
            nearest = np.where(other, np.minimum(nearest, far), nearest)
            continue
        at, threshold = parts.feature[node], parts.threshold[node]
        left, right = high.copy(), low.copy()
        left[at], right[at] = min(left[at], threshold), max(right[at], threshold)
        stack += [(parts.children_left[node], low, left), (parts.children_right[node], right, high)]
    return nearest


@pytest.mark.parametrize(
    ("factor", "way"),
    [(100.0, lambda z: z), (0.01, lambda z: z), (1.0, lambda z: z.softmax(1)), (1.0, lambda z: z.log_softmax(1))],
)
def test_a1_disguised_logits_change_no_result(factor, way):
    data, _ = plane_rows()
    plain = robust(attacked(auditkit.wrap(Linear(), classes=[0, 1]), data, "FastGradientMethod"))
    model = auditkit.wrap(Linear(factor, way), classes=[0, 1])
    assert robust(attacked(model, data, "FastGradientMethod")) == pytest.approx(plain, abs=0.05)


def test_a1_where_there_is_no_gradient_the_number_is_invalid():
    data, _ = plane_rows()
    model = auditkit.wrap(Linear(1.0, lambda z: torch.nn.functional.one_hot(z.argmax(1), 2).float()), classes=[0, 1])
    result = attacked(model, data, "ProjectedGradientDescent", max_queries=40)
    assert not control(result, "gradient-vanishes").holds
    assert {measurement.validity for measurement in result.measurements if measurement.name == "robust_accuracy"} == {
        "invalid"
    }


def test_a2_attacks_in_64_bit_numbers_do_not_crash_a_32_bit_network():
    data, _ = plane_rows()
    result = attacked(auditkit.wrap(Linear(), classes=[0, 1]), data, "HopSkipJump", "BoundaryAttack")
    assert not noted(result, "failed") and min(robust(result).values()) < 1


def test_a3_a_missing_package_is_named_with_how_to_install_it():
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("cmaes_that_is_not_there")
    assert "pip install cmaes_that_is_not_there" in describe(caught.value)


def test_a4_the_loss_that_needs_three_classes_is_not_run_on_two():
    data, _ = plane_rows()
    options = {"AutoProjectedGradientDescent": {"loss_type": "difference_logits_ratio"}}
    result = attacked(
        auditkit.wrap(Linear(), classes=[0, 1]), data, "AutoProjectedGradientDescent", options=options, max_queries=20
    )
    assert noted(result, "AutoProjectedGradientDescent was not run", "more than 2 classes")
    assert set(robust(result).values()) == {None}
    assert catalogue.unfit("AutoProjectedGradientDescent", options["AutoProjectedGradientDescent"], 3) is None


@pytest.mark.parametrize(
    ("name", "options"),
    [("AutoProjectedGradientDescent", {"loss_type": catalogue.RATIO, "max_iter": 3}), ("AutoAttack", {})],
)
def test_a4_runs_with_the_setting_that_is_proposed(name, options):
    data, _ = plane_rows()
    refused = catalogue.unfit(name, options, 2)
    (mend,) = refused.mends
    proposed = tomllib.loads("\n".join(str(mend).split(" under ")[::-1]))["checks"]["robustness.library"]
    merged = {name: {**options, **proposed.get("options", {}).get(name, {})}} if options else {}
    names = proposed.get("attacks", [name])
    assert all(catalogue.unfit(name, merged.get(name, {}), 2) is None for name in names)
    result = attacked(auditkit.wrap(Linear(), classes=[0, 1]), data, *names, options=merged, max_queries=20)
    assert not noted(result, "was not run", "more than 2 classes") and None not in robust(result).values()


def test_a5_rows_with_missing_values_are_left_out():
    frame = pd.DataFrame({"a": [0.1, np.nan, 0.9, 0.4], "b": [0.2, 0.3, 0.8, 0.6]})
    data = AuditData(frame, labels=np.array([0, 0, 1, 0]), positive=1)
    model = auditkit.wrap(lambda table: (table["a"].fillna(0) > 0.5).to_numpy().astype(int), classes=[0, 1])
    result = attacked(model, data, "HopSkipJump", max_queries=40)
    assert noted(result, "Left out, for a missing value: 1 of the rows.") and result.measurements[0].n == 3
    gone = AuditData(frame.assign(a=np.nan), labels=np.array([0, 0, 1, 0]), positive=1)
    with pytest.raises(ModelError, match="missing"):
        attacked(model, gone, "HopSkipJump")


@pytest.mark.parametrize("returned", [np.nan, np.inf, 5.0, 0.9])
def test_a6_a7_points_that_break_the_rules_are_not_counted(monkeypatch, returned):
    data, _ = plane_rows()
    attack = catalogue.attack_class("FastGradientMethod")
    monkeypatch.setattr(attack, "generate", lambda self, x, y=None: np.full_like(x, returned))
    result = attacked(auditkit.wrap(Linear(), classes=[0, 1]), data, "FastGradientMethod", epsilons=(0.02,))
    assert set(robust(result).values()) == {1.0}
    assert control(result, "returned-points").holds is False


def test_a8_the_true_labels_are_passed_and_wrong_rows_are_never_attacked(monkeypatch):
    data, _ = plane_rows()
    labels = data.labels.copy()
    labels[:4] = 1 - labels[:4]
    passed_labels = []
    attack = catalogue.attack_class("FastGradientMethod")
    monkeypatch.setattr(attack, "generate", lambda self, x, y=None: passed_labels.append(int(y.argmax())) or x)
    flipped = AuditData(data.inputs, labels=labels, positive=1)
    result = attacked(auditkit.wrap(Linear(), classes=[0, 1]), flipped, "FastGradientMethod", epsilons=(0.02,))
    assert passed_labels[: len(data) - 4] == labels[4:].tolist()
    assert set(robust(result).values()) == {(len(data) - 4) / len(data)}


def test_a9_the_model_is_left_as_it_was():
    data, _ = plane_rows()
    network = Linear().train()
    before = np.random.get_state()[1].copy(), torch.random.get_rng_state()
    attacked(auditkit.wrap(network, classes=[0, 1]), data, "FastGradientMethod", "HopSkipJump", max_queries=30)
    assert network.training and network.slope.requires_grad and network.slope.grad is None
    assert np.array_equal(before[0], np.random.get_state()[1]) and torch.equal(before[1], torch.random.get_rng_state())


def test_a10_a_pipeline_is_attacked_by_its_answers_and_the_report_says_so():
    data, _ = plane_rows(40)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=100)).fit(data.inputs, data.labels)
    few = AuditData(data.inputs, labels=pipeline.predict(data.inputs), positive=1)
    result = attacked(auditkit.wrap(pipeline), few, "FastGradientMethod", "HopSkipJump", max_queries=60)
    assert noted(result, "FastGradientMethod was not run", "gradients") and noted(result, "by its answers")
    assert min(robust(result).values()) < 1


def test_a11_the_same_seed_finds_the_same():
    data, _ = plane_rows(4)
    model = auditkit.wrap(Linear(), classes=[0, 1])
    first, again = (attacked(model, data, "BoundaryAttack", "HopSkipJump", max_queries=60) for _ in range(2))
    assert first.measurements == again.measurements


def test_a12_what_may_not_change_is_never_asked_about():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"income": rng.uniform(0, 1, 20), "years": rng.integers(0, 9, 20), "sex": rng.choice(["F", "M"], 20)}
    )
    frame["y"] = (frame["income"] + frame["years"] / 9 > 1).astype(int)
    data = AuditData.from_table(frame, label="y", positive=1, groups=["sex"])
    tables = []

    def decide(table):
        tables.append(table)
        return (table["income"] + table["years"] / 9 > 1).to_numpy().astype(int)

    attacked(auditkit.wrap(decide, classes=[0, 1]), data, "HopSkipJump", "BoundaryAttack", max_queries=50)
    every = pd.concat(tables)
    assert len(every) > 500 and (every["years"] == every["years"].round()).all()
    assert every["income"].between(frame["income"].min() - 1e-9, frame["income"].max() + 1e-9).all()
    assert set(every["sex"]) <= {"F", "M"} and all((part["sex"].nunique() == 1) for part in tables if len(part) == 1)


def test_a13_the_time_limit_ends_an_attack_that_would_go_on_and_keeps_what_was_found():
    data, _ = plane_rows()
    model = auditkit.wrap(Linear(), classes=[0, 1])
    steps = []

    def on_progress(done, total, what):
        steps.append(done)
        if done:
            context.deadline = 0.0

    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data), on_progress=on_progress)
    context.deadline = time.monotonic() + 60
    with pytest.raises(TimeLimit) as caught:
        check = LibraryAttacks(attacks=("FastGradientMethod", "HopSkipJump"), max_queries=100_000)
        check.measure(model, data, context)
    assert any(
        measurement.name == "robust_accuracy" and measurement.value is not None
        for measurement in caught.value.findings.measurements
    )


def test_a14_another_device_than_the_models_is_an_error_and_the_device_is_recorded(monkeypatch):
    data, _ = plane_rows(2)
    model = auditkit.wrap(Linear(), classes=[0, 1])
    assert noted(attacked(model, data, "FastGradientMethod", epsilons=(0.1,)), "on cpu")
    classifier = require_art("art.estimators.classification.pytorch").PyTorchClassifier
    monkeypatch.setattr(classifier, "device", property(lambda self: torch.device("meta")))
    result = attacked(model, data, "FastGradientMethod", epsilons=(0.1,))
    assert noted(result, "FastGradientMethod failed", "meta") and set(robust(result).values()) == {None}


def test_a_crash_is_named_and_the_others_count(monkeypatch):
    data, _ = plane_rows()

    def broken(self, x, y=None):
        raise IndexError("out of bounds")

    monkeypatch.setattr(catalogue.attack_class("DeepFool"), "generate", broken)
    result = attacked(auditkit.wrap(Linear(), classes=[0, 1]), data, "DeepFool", "FastGradientMethod")
    assert noted(result, "DeepFool failed", "IndexError: out of bounds")
    assert min(robust(result).values()) < 1


def test_a_hopeless_budget_is_seen():
    data, _ = plane_rows()
    result = attacked(auditkit.wrap(Linear(), classes=[0, 1]), data, "HopSkipJump", max_queries=10)
    assert not control(result, "known-boundary").holds
    assert all(
        measurement.validity == "invalid"
        for measurement in result.measurements
        if measurement.name == "robust_accuracy"
    )


def test_names_and_options_that_are_not_there_are_refused():
    data, _ = plane_rows(2)
    model = auditkit.wrap(Linear(), classes=[0, 1])
    with pytest.raises(ConfigError, match="HopSkipJump"):
        attacked(model, data, "HopSkipJumps")
    with pytest.raises(ConfigError, match="max_iter"):
        attacked(model, data, "HopSkipJump", options={"HopSkipJump": {"max_iters": 3}})
    with pytest.raises(ValidationError, match="ascend"):
        LibraryAttacks(epsilons=(0.2, 0.1))
    with pytest.raises(ValidationError, match="one of attacks"):
        LibraryAttacks(attacks=("ZooAttack",), options={"HopSkipJump": {}})


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(0, 30))
def test_a_budget_is_never_overdrawn_and_the_closest_finds_are_kept(asks, limit):
    ones = np.ones(2)
    watch = Watch(Space(0 * ones, ones, ones, ones < 0, ones > 0), np.zeros(2), "L2", lambda: None)
    watch.limit, far = limit, []
    for rows in asks:
        try:
            points = np.random.default_rng(rows).uniform(0, 1, (watch.admit(rows), 2))
        except BudgetSpent:
            break
        far += np.linalg.norm(points, axis=1).tolist()
        watch.remember(points)
    assert watch.queries == min(sum(asks), limit)
    np.testing.assert_allclose(watch.distances, sorted(far)[:REMEMBERED])


def test_a_model_in_16_bits_is_broken_as_in_32_and_left_as_it_was():
    data, _ = plane_rows()
    full = attacked(auditkit.wrap(Linear(), classes=[0, 1]), data, "HopSkipJump")
    network = Linear().to(torch.bfloat16)
    network.way = lambda logits: logits.to(torch.bfloat16)
    result = attacked(auditkit.wrap(network, classes=[0, 1]), data, "HopSkipJump")
    assert network.slope.dtype is torch.bfloat16 and noted(result, "16 bits", "float32")
    for epsilon, value in robust(full).items():
        assert robust(result)[epsilon] == pytest.approx(value, abs=1.01 / len(data))


def test_a_model_in_16_bits_that_cannot_be_widened_is_refused_in_words():
    data, _ = plane_rows()
    network = Linear().to(torch.bfloat16)
    network.way = lambda logits: logits @ torch.eye(2, dtype=torch.bfloat16)
    with pytest.raises(ModelError, match=r"computes in bfloat16.*use robustness\.evasion"):
        attacked(auditkit.wrap(network, classes=[0, 1]), data, "HopSkipJump")
