"""The check of evasion on networks, disguised ones and tables: what is right, what is invalid, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
import pytest

import auditkit
from auditkit.checks import Context, missing_needs
from auditkit.data import AuditData
from auditkit.plugins.robustness.evasion.check import Evasion
from auditkit.predictions import Predictions
from auditkit.results import CheckResult
from auditkit.run.controls import apply_controls

GRID = (0.02, 0.05, 0.1, 0.2)
QUICK = {"rows": 60, "steps": 20, "trial_rows": 20, "square_queries": 200, "noise_draws": 50}


def run(check: Evasion, model: Any, data: AuditData, seed: int = 0) -> CheckResult:
    context = Context(rng=np.random.default_rng(seed), predictions=Predictions(model, data), seed=seed)
    return apply_controls(check(model, data, context))


def robust(result: CheckResult, **where: str) -> dict[Any, tuple[float | None, str]]:
    return {
        measurement.conditions["epsilon"]: (measurement.value, measurement.validity)
        for measurement in result.measurements
        if measurement.name == "robust_accuracy" and measurement.slice == where
    }


def one(result: CheckResult, name: str) -> Any:
    return next(measurement for measurement in result.measurements if measurement.name == name)


def broken_controls(result: CheckResult) -> set[str]:
    return {control.name for control in result.controls if control.holds is not True}


@pytest.fixture(scope="module")
def pictures(digits: Any) -> AuditData:
    rows = slice(0, 60)
    groups = {"half": np.where(np.arange(60) < 45, "most", "few"), "rare": np.where(np.arange(60) < 5, "a", "b")}
    return AuditData(
        digits.pictures[rows], labels=digits.labels[rows], groups=groups, task="multiclass", modality="image"
    )  # fmt: skip


@pytest.fixture(scope="module")
def audited(disguised: Callable[[str], Any], pictures: AuditData) -> Callable[[str], CheckResult]:
    done: dict[str, CheckResult] = {}

    def audit(name: str) -> CheckResult:
        if name not in done:
            model = auditkit.wrap(disguised(name), classes=tuple(range(10)), task="multiclass")
            done[name] = run(Evasion(**QUICK), model, pictures)
        return done[name]

    return audit


@pytest.mark.parametrize("name", ["plain", "times 100", "by 100", "softmax", "log-softmax"])
def test_a_disguise_that_can_be_seen_through_changes_nothing(
    name: str, audited: Callable[[str], CheckResult]
) -> None:  # fmt: skip
    truth, disguised = robust(audited("plain")), robust(audited(name))
    for epsilon in GRID:
        assert disguised[epsilon][1] == "valid"
        assert abs((disguised[epsilon][0] or 0) - (truth[epsilon][0] or 0)) <= 0.05
    assert truth[0.02][0] > 0.8 and truth[0.2][0] < 0.1, "the curve says something"


@pytest.mark.parametrize("name", ["one-hot", "saturated softmax", "clamped logarithm"])
def test_an_output_that_hides_how_near_a_decision_is_is_attacked_beneath(
    name: str, audited: Callable[[str], CheckResult]
) -> None:  # fmt: skip
    truth, result = robust(audited("plain")), audited(name)
    assert broken_controls(result) == set() and "what lies beneath the output" in " ".join(result.notes)
    for epsilon, (value, validity) in robust(result).items():
        assert validity == "valid" and abs((value or 0) - (truth[epsilon][0] or 0)) <= 0.02


@pytest.mark.parametrize("name", ["quantised input", "bytes", "clamped logits"])
def test_what_is_rounded_or_cut_off_inside_flatters_by_five_points_or_is_invalid(
    name: str, audited: Callable[[str], CheckResult]
) -> None:  # fmt: skip
    truth, result = robust(audited("plain")), audited(name)
    beneath = next(control for control in result.controls if control.name == "beneath")
    for epsilon, (value, validity) in robust(result).items():
        assert validity == "invalid" or (value or 0) <= (truth[epsilon][0] or 0) + 0.05
    assert beneath.holds or all(validity == "invalid" for _, validity in robust(result).values())


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_labels_that_cannot_be_seen_through_are_answered_by_decisions_and_tried(
    digits: Any, disguised: Callable[[str], Any], pictures: AuditData
) -> None:  # fmt: skip
    import torch

    # a traced module is a graph of its own: nothing in it can be watched
    traced = torch.jit.trace(disguised("one-hot"), torch.from_numpy(digits.pictures[:4]))
    model = auditkit.wrap(traced, classes=tuple(range(10)), task="multiclass")
    result = run(Evasion(rows=60, norm="L2", max_queries=100, trial_rows=20), model, pictures)
    assert all(validity == "invalid" for _, validity in robust(result).values())
    assert {"known-boundary", "known-network"} <= broken_controls(result)
    assert "by decisions alone" in " ".join(result.notes)


def test_a_model_that_answers_at_random_is_invalid(audited: Callable[[str], CheckResult]) -> None:
    result = audited("noisy")
    assert all(validity == "invalid" for _, validity in robust(result).values())
    assert "repeatable" in broken_controls(result)


def test_robust_accuracy_starts_at_accuracy_and_only_falls(audited: Callable[[str], CheckResult]) -> None:
    result = audited("plain")
    values = [one(result, "clean_accuracy").value, *(robust(result)[epsilon][0] for epsilon in GRID)]
    assert values == sorted(values, reverse=True)
    assert one(result, "queries").exact and one(result, "queries").value > 60 * 20


def test_groups_are_compared_at_one_epsilon_and_small_ones_are_not_shown(
    audited: Callable[[str], CheckResult],
) -> None:
    result = audited("plain")
    shares = [robust(result, half=value)[0.05][0] for value in ("most", "few")]
    assert None not in shares
    overall = robust(result)[0.05][0]
    assert np.isclose((45 * shares[0] + 15 * shares[1]) / 60, overall)  # type: ignore[operator]
    hidden, shown = (next(m for m in result.measurements if m.slice == {"rare": value}) for value in ("a", "b"))
    assert hidden.value is None and hidden.n is None and hidden.reason
    assert shown.n == 55, "no group is hidden for a smaller one's sake"
    gaps = {
        measurement.across[0]: measurement
        for measurement in result.measurements
        if measurement.name == "robust_accuracy_difference"
    }
    assert np.isclose(gaps["half"].value, abs(shares[0] - shares[1])) and gaps["half"].test.p_adjusted <= 1  # type: ignore[operator]
    assert gaps["half"].interval.low <= gaps["half"].value <= gaps["half"].interval.high and gaps["half"].detectable
    assert gaps["rare"].value is None and "fewer than two groups" in gaps["rare"].reason
    by_group = next(figure for figure in result.figures if figure.name == "robust-accuracy-by-group")
    over = next(figure for figure in result.figures if figure.name == "robust-accuracy-over-half")
    assert {point["group"] for point in over.data} == {"most", "few"} and len(over.data) == 10
    assert not any(figure.name == "robust-accuracy-over-rare" for figure in result.figures)
    assert len(by_group.data) == 3 and "rare" in by_group.caption and "epsilon 0.05, Linf" in by_group.title
    assert result.measurements[0].conditions == {"epsilon": 0.05, "norm": "Linf"}, "the headline is under attack"


def test_the_curve_has_every_epsilon_and_its_interval(audited: Callable[[str], CheckResult]) -> None:
    figure = audited("plain").figures[0]
    assert [point["epsilon"] for point in figure.data] == [0.0, *GRID]
    assert all(point["low"] <= point["accuracy"] <= point["high"] for point in figure.data)  # type: ignore[operator]


def test_the_same_seed_gives_the_same_result_and_the_model_is_left_as_found(
    digits: Any, pictures: AuditData
) -> None:  # fmt: skip
    import torch

    network = digits.network
    network.train()
    model = auditkit.wrap(network, classes=tuple(range(10)), task="multiclass")
    before = (
        [parameter.clone() for parameter in network.parameters()],
        torch.random.get_rng_state(),
        np.random.get_state()[2],
    )
    check = Evasion(**{**QUICK, "steps": 5, "epsilons": (0.05,), "group_epsilon": 0.05})
    first, second = (run(check, model, pictures) for _ in range(2))
    assert network.training
    network.eval()
    assert first.model_dump_json() == second.model_dump_json()
    for was, now in zip(before[0], network.parameters(), strict=True):
        assert torch.equal(was, now) and now.requires_grad and now.grad is None
    assert torch.equal(before[1], torch.random.get_rng_state()) and before[2] == np.random.get_state()[2]


def test_labels_that_are_wrong_count_as_wrong_and_are_not_attacked(digits: Any, pictures: AuditData) -> None:
    import dataclasses

    model = auditkit.wrap(digits.network, classes=tuple(range(10)), task="multiclass")
    wrong = dataclasses.replace(pictures, labels=(Predictions(model, pictures).labels + 1) % 10)
    result = run(Evasion(rows=60), model, wrong)
    assert one(result, "clean_accuracy").value == 0 and one(result, "queries").value == 0
    assert all(value == 0 for value, _ in robust(result).values())
    assert "wrong about every row" in result.notes[0]


def test_whole_pictures_stay_whole(digits: Any) -> None:
    import torch

    class Bytes(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = digits.network

        def forward(self, x: Any) -> Any:
            return self.network(x / 255)

    batches: list[np.ndarray] = []

    class Listening(Predictions):
        def of(self, inputs: Any) -> Predictions:
            batches.append(inputs)
            return super().of(inputs)

    inputs = np.round(digits.pictures[:30] * 255).astype(np.uint8)
    data = AuditData(inputs, labels=digits.labels[:30], task="multiclass", modality="image")
    model = auditkit.wrap(Bytes().eval(), classes=tuple(range(10)), task="multiclass")
    context = Context(rng=np.random.default_rng(0), predictions=Listening(model, data))
    result = apply_controls(Evasion(**{**QUICK, "rows": 30})(model, data, context))
    assert not broken_controls(result)
    assert robust(result)[0.2][0] < 0.2
    assert all(batch.dtype == np.uint8 for batch in batches)


# tables


def table(rows: int = 160, seed: int = 0) -> AuditData:
    rng = np.random.default_rng(seed)
    frame = pandas.DataFrame(
        {
            "income": rng.normal(50, 12, rows),
            "children": rng.integers(0, 5, rows),
            "job": rng.choice(["clerk", "nurse", "cook"], rows),
            "sex": rng.choice(["f", "m"], rows),
            "age": rng.integers(20, 70, rows),
        }
    )
    merit = frame.income / 12 + frame.children - 0.03 * frame.age + (frame.job == "nurse")
    labels = np.where(merit > merit.median(), "yes", "no")
    return AuditData(frame, labels=labels, groups={"sex": frame.sex.to_numpy().astype(str)}, positive="yes")


def pipeline(data: AuditData, estimator: Any) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    encode = make_column_transformer(
        (StandardScaler(), ["income", "children", "age"]), (OneHotEncoder(sparse_output=False), ["job", "sex"])
    )
    return auditkit.wrap(make_pipeline(encode, estimator).fit(data.inputs, data.labels))


@pytest.fixture(scope="module")
def linear() -> tuple[Any, AuditData]:
    from sklearn.linear_model import LogisticRegression

    data = table()
    return pipeline(data, LogisticRegression()), data


def test_a_table_is_attacked_by_its_decisions(linear: tuple[Any, AuditData]) -> None:
    model, data = linear
    some = data.take(np.arange(60))
    result = run(Evasion(rows=60, max_queries=300), model, some)
    assert not broken_controls(result)
    shares = [robust(result)[epsilon][0] for epsilon in GRID]
    assert shares == sorted(shares, reverse=True) and shares[0] > 0.9 and shares[-1] < 0.8  # type: ignore[operator]
    assert all(
        measurement.conditions["norm"] == "L2 scaled"
        for measurement in result.measurements
        if measurement.name == "robust_accuracy"
    )
    median = one(result, "median_distance")
    assert median.interval.low <= median.value <= median.interval.high
    assert result.level == "queries" and "job, sex" in result.notes[0]


def test_the_distances_of_a_linear_table_model_are_right(linear: tuple[Any, AuditData]) -> None:
    """One numeric feature moves, so the distance to the boundary has a closed form."""
    import dataclasses

    from sklearn.linear_model import LogisticRegression

    data = table()
    fixed = tuple(dataclasses.replace(feature, mutable=feature.name == "income") for feature in data.schema)
    data = dataclasses.replace(data, schema=fixed)
    model = pipeline(data, LogisticRegression())
    inner = model.estimator()
    result = run(Evasion(rows=160, max_queries=200), model, data)
    z = inner.decision_function(data.inputs)
    scaler = inner[0].named_transformers_["standardscaler"]
    slope = inner[-1].coef_[0, 0] / scaler.scale_[0]
    income = data.inputs.income.to_numpy()
    unit = np.percentile(income, 99) - np.percentile(income, 1)
    target = income - z / slope
    distance = np.where((target >= income.min()) & (target <= income.max()), np.abs(z / slope) / unit, np.inf)
    right = Predictions(model, data).codes == Predictions(model, data).truth
    for epsilon in GRID:
        assert abs((robust(result)[epsilon][0] or 0) - np.mean(right & (distance > epsilon))) <= 0.02


def test_a_model_that_ignores_what_may_change_is_robust_and_valid() -> None:
    data = table()

    def by_job(frame: pandas.DataFrame) -> np.ndarray:
        nurse = (frame.job == "nurse").to_numpy(dtype=float)
        return np.column_stack([1 - nurse, nurse])

    model = auditkit.wrap(by_job, classes=("no", "yes"), task="binary")
    result = run(Evasion(rows=160, max_queries=100), model, data)
    clean = one(result, "clean_accuracy").value
    assert all(value == clean for value, _ in robust(result).values())
    assert one(result, "median_distance").value is None and not broken_controls(result)


def test_whole_numbers_categories_and_groups_are_held_in_a_table(linear: tuple[Any, AuditData]) -> None:
    model, data = linear
    batches: list[pandas.DataFrame] = []

    class Listening(Predictions):
        def of(self, inputs: Any) -> Predictions:
            batches.append(inputs)
            return super().of(inputs)

    some = data.take(np.arange(20))
    context = Context(rng=np.random.default_rng(0), predictions=Listening(model, some))
    Evasion(rows=20, max_queries=100)(model, some, context)
    points = pandas.concat(batches)
    assert points.children.dtype.kind == "i" and points.children.between(0, 4).all()
    assert points.age.dtype.kind == "i" and points.age.between(20, 69).all()
    assert set(points.job) <= {"clerk", "nurse", "cook"} and len(points) > 1000


def test_a_threshold_is_part_of_the_decision_that_is_attacked() -> None:
    import torch

    inputs = np.linspace(0, 1, 101)[:, None].astype(np.float32)
    inputs = np.hstack([inputs, 1 - inputs])

    class Line(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor([8.0, 0.0]))

        def forward(self, x: Any) -> Any:
            return x @ self.weight - 4

    model = auditkit.wrap(Line().eval(), classes=(0, 1), task="binary", threshold=0.8, output="logits")
    cut = 0.5 + np.log(4) / 8
    data = AuditData(inputs, labels=(inputs[:, 0] >= cut).astype(int), task="binary", modality="table", positive=1)
    result = run(Evasion(rows=101, steps=20), model, data)
    assert not broken_controls(result)
    unit = np.percentile(inputs[:, 0], 99) - np.percentile(inputs[:, 0], 1)
    for epsilon in GRID:
        expected = np.mean(np.abs(inputs[:, 0] - cut) > epsilon * unit)
        assert abs((robust(result)[epsilon][0] or 0) - expected) <= 0.02


# what it cannot serve, and what it refuses


def test_says_why_it_cannot_serve() -> None:
    check = Evasion()
    data = table()
    model = auditkit.wrap(lambda frame: np.full((len(frame), 2), 0.5), classes=("no", "yes"), task="binary")
    only = AuditData(data.inputs[["job", "sex"]], labels=data.labels, positive="yes")
    assert "numeric feature that may change" in (check.applies(model, only) or "")
    texts = AuditData(["a", "b"], labels=np.array(["no", "yes"]), modality="text", positive="yes")
    assert "texts" in (check.applies(model, texts) or "") or "'text'" in (check.applies(model, texts) or "")
    images = AuditData(np.zeros((4, 1, 2, 2)), labels=np.array(["no", "yes"] * 2), modality="image", positive="yes")
    assert "gives gradients" in (check.applies(model, images) or "")
    # each row is searched twice, met by random changes of every size, and asked about five times over
    most = 20 * check.max_queries + 10 * len(GRID) * check.black_draws + 5 * 10
    assert check.applies(model, data) is None and check.calls(model, data, 10) == most
    regression = AuditData(data.inputs, labels=np.arange(160.0), task="regression")
    assert "binary or multiclass" in (missing_needs(Evasion, model, regression) or "")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"epsilons": (0.1, 0.05)}, "epsilons must ascend"),
        ({"epsilons": (0.0, 0.1)}, "above 0"),
        ({"epsilons": (0.1, 2.0)}, "up to 1"),
        ({"epsilons": ()}, "at least 1"),
        ({"group_epsilon": 0.3}, "group_epsilon must be one of"),
        ({"max_queries": 3}, "greater than or equal to 50"),
    ],
)
def test_wrong_parameters_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Evasion(**wrong)


def test_an_array_with_gaps_is_attacked_by_its_decisions() -> None:
    import torch

    class Patient(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor([4.0, 2.0]))

        def forward(self, x: Any) -> Any:
            return torch.nan_to_num(x) @ self.weight - 3

    inputs = np.random.default_rng(0).uniform(0, 1, (40, 2))
    inputs[::5, 1] = np.nan
    data = AuditData(inputs, labels=(np.nan_to_num(inputs) @ [4, 2] > 3).astype(int), task="binary", positive=1)
    model = auditkit.wrap(Patient().eval(), classes=(0, 1), task="binary", output="logits")
    result = run(Evasion(rows=40, max_queries=100), model, data)
    assert robust(result)[0.2][0] < 0.8 and not broken_controls(result)
    assert {measurement.conditions.get("norm") for measurement in result.measurements} == {"L2 scaled", None}


@pytest.mark.gpu
def test_the_attack_runs_where_the_model_is(digits: Any, pictures: AuditData) -> None:
    import copy

    model = auditkit.wrap(copy.deepcopy(digits.network).cuda(), classes=tuple(range(10)), task="multiclass")
    on_cpu = auditkit.wrap(digits.network, classes=tuple(range(10)), task="multiclass")
    check = Evasion(**QUICK)
    on_gpu, cpu_result = run(check, model, pictures), run(check, on_cpu, pictures)
    assert "cuda" in on_gpu.notes[-1]
    for epsilon in GRID:
        assert abs((robust(on_gpu)[epsilon][0] or 0) - (robust(cpu_result)[epsilon][0] or 0)) <= 0.02
