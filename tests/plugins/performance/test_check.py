"""What `performance.quality` says about good, poor and broken answers."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from auditkit import stats
from auditkit.data import AuditData
from auditkit.models import Answers, Capability, Model
from auditkit.plugins.performance import decisions, numbers
from auditkit.plugins.performance.check import Quality
from tests.plugins.recorded import control, one, recorded, run

FAST = Quality(resamples=100, shuffles=20)
RNG = np.random.default_rng(0)


class Likely(Model):
    """A model that says the probabilities it was given, as columns of its inputs."""

    def __init__(self, classes=(0, 1), threshold=None):
        self.classes, self.task = classes, "binary" if len(classes) == 2 else "multiclass"
        self.capabilities = frozenset({Capability.QUERIES, Capability.PROBABILITIES, Capability.SCORES})

    @property
    def fingerprint(self):
        return "likely"

    def answer(self, inputs):
        return Answers(np.asarray(self.classes)[inputs.argmax(axis=1)], None, inputs)


def likely(rng, n=600, classes=2, power=1.0):
    """Calibrated probabilities where `power` is 1, too sure ones above."""
    chances = rng.dirichlet(np.full(classes, 0.7), n)
    labels = np.array([rng.choice(classes, p=row) for row in chances])
    answers = chances**power / (chances**power).sum(axis=1, keepdims=True)
    task = "binary" if classes == 2 else "multiclass"
    groups = {"g": np.where(np.arange(n) % 3 == 0, "a", "b")}
    data = AuditData(inputs=answers, labels=labels, groups=groups, task=task, positive=1 if classes == 2 else None)
    return Likely(tuple(range(classes))), data


def test_a_calibrated_model_is_not_called_miscalibrated_and_a_sure_one_is():
    healthy = run(FAST, *likely(np.random.default_rng(11)))
    too_sure = run(FAST, *likely(np.random.default_rng(11), power=4))
    assert one(healthy, "calibration_error").interval.low == 0
    assert one(too_sure, "calibration_error").interval.low > 0.02
    assert healthy.level == "queries"
    assert {figure.name for figure in healthy.figures} == {"accuracy", "balanced_accuracy", "auc", "calibration"}


def test_binary_measurements_are_there_overall_and_per_group():
    result = run(FAST, *likely(np.random.default_rng(2)))
    names = {
        "accuracy", "balanced_accuracy", "precision", "recall", "auc", "average_precision", "log_loss", "brier_score",
        "calibration_error",
    }  # fmt: skip
    assert {measurement.name for measurement in result.measurements} == names | {"majority_accuracy"}
    for name in names:
        for where in ({}, {"g": "a"}, {"g": "b"}):
            number = one(result, name, where)
            assert number.value is not None and number.interval is not None
    assert one(result, "accuracy", {"g": "a"}).n == 200
    assert all(control.holds for control in result.controls)


def test_more_classes():
    result = run(FAST, *likely(np.random.default_rng(3), 900, 4))
    assert {measurement.name for measurement in result.measurements} == {
        "accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error", "majority_accuracy"
    }  # fmt: skip
    assert all(control.holds for control in result.controls)
    assert len(result.tables[0].rows) == 4 and len(result.tables[0].columns) == 5


def test_numbers():
    rng = np.random.default_rng(4)
    guess = rng.normal(size=300)
    truth = guess + 0.5 * rng.normal(size=300)
    result = run(FAST, *recorded(guess, truth, {"g": np.where(guess > 0, "a", "b")}, task="regression", positive=None))
    measurement = one(result, "r_squared")
    assert measurement.interval.low < 0.8 < measurement.interval.high
    assert one(result, "mean_absolute_error", {"g": "a"}).value == pytest.approx(
        np.abs(guess - truth)[guess > 0].mean()
    )
    assert all(control.holds for control in result.controls) and not result.tables


def test_recorded_decisions_to_the_last_digit_of_a_hand_count():
    truth, decided = np.repeat([1, 1, 0, 0], [31, 9, 13, 47]), np.repeat([1, 0, 1, 0], [31, 9, 13, 47])
    result = run(FAST, *recorded(decided, truth))
    assert one(result, "accuracy").value == 78 / 100
    assert one(result, "precision").value == 31 / 44
    assert one(result, "recall").value == 31 / 40
    assert one(result, "majority_accuracy").value == 60 / 100
    assert one(result, "accuracy").interval == stats.wilson(78, 100)
    assert not any(measurement.name in ("auc", "log_loss") for measurement in result.measurements)
    assert any("decisions only" in note for note in result.notes)
    assert result.level == "recorded"
    assert result.tables[0].rows == (("0", 47, 13), ("1", 9, 31))  # recall says 9 as well


def test_recorded_scores_between_zero_and_one_are_probabilities_and_others_rank_only():
    rng = np.random.default_rng(5)
    scores = rng.random(200)
    labels = (rng.random(200) < scores).astype(int)
    result = run(FAST, *recorded(None, labels, scores=scores))
    assert one(result, "brier_score").value == pytest.approx(np.mean((scores - labels) ** 2))
    assert any("read as probabilities" in note for note in result.notes)
    result = run(FAST, *recorded((scores > 0.5).astype(int), labels, scores=10 * scores))
    names = {measurement.name for measurement in result.measurements}
    assert "auc" in names and "brier_score" not in names
    assert any("no probabilities" in note for note in result.notes)


def test_a_group_with_one_class_has_no_area_and_says_so():
    labels = np.concatenate([np.zeros(40, int), np.tile([0, 1], 40)])
    scores = np.linspace(0, 1, 120)
    result = run(FAST, *recorded(None, labels, {"g": ["a"] * 40 + ["b"] * 80}, scores=scores))
    for name in ("auc", "recall", "balanced_accuracy"):
        measurement = one(result, name, {"g": "a"})
        assert measurement.value is None and measurement.reason
    assert one(result, "accuracy", {"g": "a"}).value is not None


def test_hidden_groups_have_no_number():
    labels = np.tile([0, 1], 60)
    result = run(FAST, *recorded(labels, labels, {"g": ["tiny"] * 5 + ["other"] * 6 + ["a"] * 50 + ["b"] * 59}))
    for group in ("tiny", "other"):
        measurement = one(result, "accuracy", {"g": group})
        assert (measurement.value, measurement.n, measurement.reason) == (None, None, "fewer than 10 people")
    assert not any("tiny" in str(row["label"]) for figure in result.figures for row in figure.data)


def test_weights_are_respected():
    rng = np.random.default_rng(6)
    labels, weights = rng.integers(0, 2, 300), rng.uniform(0.1, 4, 300)
    decided = np.where(rng.random(300) < 0.8, labels, 1 - labels)
    measurement = one(run(FAST, *recorded(decided, labels, weights=weights)), "accuracy")
    assert measurement.value == pytest.approx(np.average(decided == labels, weights=weights))
    assert (
        measurement.interval.high - measurement.interval.low > stats.wilson(240, 300).high - stats.wilson(240, 300).low
    )


def test_a_wrong_accuracy_is_noticed(monkeypatch):
    right = decisions.rate
    monkeypatch.setattr(decisions, "rate", lambda *given: right(*given)._replace(value=1.0, interval=None))
    labels = RNG.integers(0, 2, 200)
    result = run(FAST, *recorded(RNG.integers(0, 2, 200), labels))
    assert control(result, "recount").holds is False and control(result, "shuffled answers").holds is False
    assert {measurement.validity for measurement in result.measurements} == {"invalid"}


def test_an_area_that_is_never_chance_is_noticed(monkeypatch):
    from auditkit.plugins.performance import probabilities

    right = probabilities.auc
    monkeypatch.setattr(probabilities, "auc", lambda some: right(some)._replace(value=max(0.55, right(some).value)))
    result = run(FAST, *recorded(None, RNG.integers(0, 2, 200), scores=RNG.random(200)))
    assert control(result, "shuffled answers").holds is False


def test_wrong_numbers_are_noticed(monkeypatch):
    truth = RNG.normal(size=100)
    model, data = recorded(truth + RNG.normal(size=100), truth, task="regression", positive=None)
    right = numbers.mean
    monkeypatch.setattr(numbers, "mean", lambda values, some: right(values * 0.9, some))
    assert control(run(FAST, model, data), "recount").holds is False
    monkeypatch.setattr(numbers, "r_squared", lambda some: decisions.Estimate(0.4, None, 100))
    result = run(FAST, model, data)
    assert control(result, "shuffled answers").holds is False
    assert one(result, "r_squared").validity == "invalid"


def test_a_constant_model_is_a_number_too():
    labels = np.tile([0, 1, 0], 50)
    result = run(FAST, *recorded(np.zeros(150, int), labels))
    assert one(result, "accuracy").value == one(result, "majority_accuracy").value == 2 / 3
    assert one(result, "precision").value is None
    assert control(result, "shuffled answers").value == 0
    flat = run(FAST, *recorded(np.full(60, 2.0), np.arange(60.0), task="regression", positive=None))
    assert one(flat, "r_squared").value < 0 and control(flat, "shuffled answers").holds


def test_two_rows_and_one_class_are_no_crash():
    two = run(FAST, *recorded([1, 0], [1, 0], minimum_cell=0, minimum_rate=0))
    assert one(two, "accuracy").value == 1 and one(two, "accuracy").interval.low < 0.4
    assert one(run(FAST, *recorded([1, 0], [1, 0])), "accuracy").value is None
    model, data = recorded(None, [0] * 30 + [1], scores=np.linspace(0, 1, 31))
    single = run(FAST, model, data.take(np.arange(30)))
    assert one(single, "auc").value is None and one(single, "accuracy").value is not None


def test_it_says_what_it_is():
    about = Quality.about()
    assert about.question.endswith("?") and about.purpose and about.method and about.limits
    assert all(
        definition.formula and definition.reference and definition.pitfalls
        for definition in Quality.definitions.values()
    )


def test_the_same_seed_gives_the_same_result():
    model, data = likely(np.random.default_rng(7), 300, 3)
    assert run(FAST, model, data, seed=1) == run(FAST, model, data, seed=1)


def test_a_trained_model_beats_the_majority_on_real_data(shared_data):
    numbers_, labels = german(shared_data)
    scores = LogisticRegression(max_iter=500).fit(numbers_[:600], labels[:600]).predict_proba(numbers_[600:])[:, 1]
    result = run(Quality(), *recorded(None, labels[600:], scores=scores))
    assert one(result, "auc").interval.low > 0.55
    assert all(control.holds for control in result.controls)


def german(shared_data):
    rows = [line.split() for line in (shared_data / "german" / "german.data").read_text().splitlines() if line]
    columns = [1, 4, 7, 10, 12, 15, 17]
    table = np.array([[float(row[at]) for at in columns] for row in rows])
    return (table - table.mean(axis=0)) / table.std(axis=0), np.array([int(row[20] == "2") for row in rows])
