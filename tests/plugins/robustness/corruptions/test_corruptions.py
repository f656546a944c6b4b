"""`robustness.corruptions` as a whole: who must be caught, who must not, and what is never said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.plugins.robustness.corruptions import self_tests
from auditkit.plugins.robustness.corruptions.base import IMAGE, KNOWN, SEVERITIES, TABLE
from auditkit.plugins.robustness.corruptions.check import Corruptions
from tests.plugins.recorded import control, one, run

FAST = {"shuffles": 199}


def images(n=120, seed=0):
    """Two classes: bright above or bright below; one pixel says it as well."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    pictures = rng.uniform(0.1, 0.3, (n, 1, 8, 8)).astype(np.float32)
    for picture, label in zip(pictures, labels, strict=True):
        picture[0, :4] += 0.5 * label
        picture[0, 4:] += 0.5 * (1 - label)
    pictures[:, 0, 0, 0] = np.where(labels == 1, 0.51, 0.49)
    return pictures, labels


def given_images(**more):
    pictures, labels = images()
    return AuditData(inputs=pictures, labels=labels, positive=1, modality="image", **more)


def halves(pictures):
    pictures = np.asarray(pictures)
    return (pictures[:, 0, :4].mean(axis=(1, 2)) > pictures[:, 0, 4:].mean(axis=(1, 2))).astype(int)


def one_pixel(pictures):
    return (np.asarray(pictures)[:, 0, 0, 0] > 0.5).astype(int)


def wrapped(decide):
    return auditkit.wrap(decide, classes=[0, 1])


def test_a_model_that_looks_at_one_pixel_is_caught_and_one_that_looks_at_halves_is_not():
    data = given_images()
    by_pixel, by_halves = (run(Corruptions(**FAST), wrapped(model), data) for model in (one_pixel, halves))
    assert one(by_pixel, "clean_accuracy").value == one(by_halves, "clean_accuracy").value == 1.0
    assert one(by_pixel, "mean_accuracy").value < 0.85 < 0.97 < one(by_halves, "mean_accuracy").value
    assert one(by_pixel, "steady_accuracy", conditions={"severity": 3}).interval.high < 0.3
    assert one(by_halves, "steady_accuracy", conditions={"severity": 3}).interval.low > 0.9
    drop = one(by_pixel, "accuracy_drop", conditions={"corruption": "gaussian noise", "severity": 3})
    assert drop.interval.low > 0.2 and drop.test.p_adjusted < 0.001
    assert all(control.holds for control in by_pixel.controls if control.on_failure == "invalid")


def test_a_constant_model_loses_nothing_and_nothing_is_significant():
    result = run(Corruptions(**FAST), wrapped(lambda pictures: np.ones(len(pictures), dtype=int)), given_images())
    assert one(result, "relative_drop").value == 0
    for measurement in result.measurements:
        if measurement.name == "accuracy_drop":
            assert measurement.value == 0 and measurement.test.p_adjusted == 1


def test_the_numbers_fit_together():
    result = run(Corruptions(**FAST), wrapped(one_pixel), given_images())
    accuracies = [m.value for m in result.measurements if m.name == "accuracy"]
    assert len(accuracies) == len(IMAGE) * len(SEVERITIES)
    assert one(result, "mean_accuracy").value == pytest.approx(np.mean(accuracies))
    worst = next(m for m in result.measurements if m.name == "worst_accuracy")
    assert worst.value == min(accuracies) and worst.interval.low <= worst.value <= worst.interval.high
    clean = one(result, "clean_accuracy").value
    assert one(result, "relative_drop").value == pytest.approx(1 - np.mean(accuracies) / clean)
    grid = next(figure for figure in result.figures if figure.name == "corruption-grid")
    assert [cell["accuracy"] for cell in grid.data] == accuracies


def test_a_model_that_fails_one_group_under_noise_is_caught_and_an_even_one_is_not():
    rng = np.random.default_rng(0)
    n = 600
    frame = pd.DataFrame({"a": rng.uniform(0, 1, n), "b": rng.uniform(0, 1, n), "sex": rng.choice(["F", "M"], n)})
    frame["y"] = np.where(frame["sex"] == "F", frame["a"] > 0.5, (frame["a"] > 0.2) & (frame["a"] < 0.8)).astype(int)
    frame.loc[frame["sex"] == "M", "a"] = np.where(frame["y"] == 1, 0.5, rng.choice([0.0, 1.0], n))[frame["sex"] == "M"]
    data = AuditData.from_table(frame, label="y", groups=["sex"])

    def uneven(table):
        woman = np.asarray(table["sex"] == "F")
        return np.where(woman, table["a"] > 0.5, (table["a"] > 0.2) & (table["a"] < 0.8)).astype(int)

    result = run(Corruptions(corruptions=("noise", "drift"), **FAST), wrapped(uneven), data)
    gap = one(result, "drop_difference", across=("sex",))
    assert gap.test.p_adjusted < 0.05 and gap.interval.low > 0 and gap.validity == "valid"
    women, men = (one(result, "accuracy_drop", {"sex": sex}).value for sex in "FM")
    assert gap.value == pytest.approx(abs(women - men)) and women > men

    shuffled = frame.assign(sex=np.random.default_rng(1).permutation(frame["sex"]), y=(frame["b"] > 0.5).astype(int))
    even = run(Corruptions(**FAST), wrapped(lambda table: np.asarray(table["b"] > 0.5).astype(int)),
               AuditData.from_table(shuffled, label="y", groups=["sex"]))  # fmt: skip
    gap = one(even, "drop_difference", across=("sex",))
    assert gap.test.p_adjusted > 0.05 and gap.interval.low == 0 and gap.detectable > 0


def test_a_small_group_is_hidden_everywhere():
    pictures, labels = images()
    groups = {"site": np.array(["a"] * 70 + ["b"] * 45 + ["c"] * 5)}
    data = AuditData(inputs=pictures, labels=labels, positive=1, modality="image", groups=groups)
    result = run(Corruptions(**FAST), wrapped(halves), data)
    assert one(result, "mean_accuracy", {"site": "c"}).value is None
    assert one(result, "mean_accuracy", {"site": "a"}).value is not None
    shown = " ".join(str(figure.data) for figure in result.figures)
    assert "site=c" not in shown
    gap = one(result, "drop_difference", across=("site",))
    assert gap.value is None or gap.bound == "at least"


def test_texts_are_corrupted_too():
    rng = np.random.default_rng(0)
    good, bad = ["great", "wonderful", "superb"], ["awful", "boring", "terrible"]
    texts = [" ".join(rng.choice(good if at % 2 else bad, 3)) for at in range(80)]
    data = AuditData(inputs=texts, labels=np.arange(80) % 2, positive=1, modality="text")
    words = set(good)
    result = run(
        Corruptions(**FAST),
        wrapped(lambda many: np.array([int(any(w in words for w in t.split())) for t in many])),
        data,
    )
    assert one(result, "clean_accuracy").value == 1
    assert one(result, "accuracy_drop", conditions={"corruption": "capitals", "severity": 3}).value > 0.1
    assert one(result, "accuracy_drop", conditions={"corruption": "white space", "severity": 3}).value >= 0


def test_a_model_that_answers_at_random_makes_every_number_invalid():
    rng = np.random.default_rng(0)
    result = run(Corruptions(**FAST), wrapped(lambda pictures: rng.integers(0, 2, len(pictures))), given_images())
    assert control(result, "repeatable").holds is False
    assert {measurement.validity for measurement in result.measurements if measurement.value is not None} == {"invalid"}


def test_a_way_through_that_changes_inputs_is_noticed(monkeypatch):
    from auditkit.plugins.robustness.corruptions.images import Pictures

    change = Pictures.change
    monkeypatch.setattr(Pictures, "change", lambda self, name, severity: change(self, name, severity or 5))
    result = run(Corruptions(**FAST), wrapped(one_pixel), given_images())
    assert control(result, "identity").holds is False and one(result, "mean_accuracy").validity == "invalid"


def test_corruptions_that_change_nothing_are_noticed(monkeypatch):
    from auditkit.plugins.robustness.corruptions.images import Pictures

    change = Pictures.change
    monkeypatch.setattr(Pictures, "change", lambda self, name, severity: change(self, name, 0))
    result = run(Corruptions(**FAST), wrapped(one_pixel), given_images())
    assert control(result, "reaches").holds is False and one(result, "mean_accuracy").validity == "invalid"


def test_how_much_nearer_a_severity_comes():
    assert self_tests.nearer(np.array([[1.0, 2.0, 3.0], [1.0, 3.0, 2.4]])) == pytest.approx(0.2)
    assert self_tests.nearer(np.array([[1.0, 2.0, 3.0]])) == 0


@pytest.mark.parametrize(
    ("names", "message"),
    [(("noise",), "corruptions of image inputs do not include 'noise'"), (("jpg",), "did you mean 'jpeg'")],
)
def test_an_unknown_corruption_is_named(names, message):
    assert message in Corruptions(corruptions=names).applies(wrapped(halves), given_images())


def test_only_the_corruptions_asked_for_are_tried():
    result = run(Corruptions(corruptions=("jpeg", "contrast"), **FAST), wrapped(halves), given_images())
    assert {
        measurement.conditions["corruption"] for measurement in result.measurements if measurement.name == "accuracy"
    } == {
        "jpeg",
        "contrast",
    }


def test_data_and_model_are_left_as_they_were():
    data = given_images()
    before = data.digest
    run(Corruptions(**FAST), wrapped(halves), data)
    assert data.digest == before


def test_the_plan_counts_what_is_asked():
    data, sizes = given_images(), []
    model = wrapped(lambda pictures: sizes.append(len(pictures)) or halves(pictures))
    check = Corruptions(corruptions=("jpeg",), **FAST)
    run(check, model, data)
    extra = sum(sizes) - len(data)  # the shared pass
    assert check.calls(model, data, len(data)) <= extra <= 2 * check.calls(model, data, len(data))
    assert set(KNOWN["table"]) == set(TABLE)
