"""Corruptions of a stranger beside auditkit's own, held to the range and the schema."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.checks import Offer
from auditkit.data import AuditData
from auditkit.errors import PluginError
from auditkit.hookspecs import Corruption
from auditkit.plugins.robustness.corruptions.suite import suite
from tests.plugins.recorded import control

STRENGTHS = (0.1, 0.2, 0.3, 0.4, 0.5)


def offer(corrupt, modality) -> dict[str, Offer]:
    row = Corruption("acme.fog", lambda data: corrupt, STRENGTHS, modality, "{:.0%} fog")
    return {"acme.fog": Offer(row, "acme", "1")}


def change(data, corrupt, severity=3):
    tried = suite(data, np.random.default_rng(0), device="cpu", held=True, offers=offer(corrupt, data.modality))
    assert tried.names[-1] == "acme.fog" and tried.strength("acme.fog", 2) == "20% fog"
    return tried.change("acme.fog", severity)


IMAGES = AuditData(inputs=np.linspace(0, 200, 320).reshape(5, 1, 8, 8).astype(np.float32), labels=[0, 1, 0, 1, 0],
                   modality="image", range=(0.0, 200.0))  # fmt: skip
TABLE = AuditData(
    inputs=pd.DataFrame({"age": [30, 40, 50, 60], "town": ["a", "b", "a", "b"], "sex": ["F", "M", "M", "F"]}),
    labels=[0, 1, 0, 1], groups={"sex": ["F", "M", "M", "F"]},
)  # fmt: skip
TEXTS = AuditData(inputs=["good", "bad"], labels=[1, 0], modality="text")


def test_images_come_from_0_to_1_and_go_back_in_their_own_range():
    def fog(images, strength, rng):
        assert images.min() == 0 and images.max() == 1
        return images + strength

    changed = change(IMAGES, fog)
    np.testing.assert_allclose(changed.inputs, np.minimum(IMAGES.inputs + 60, 200), rtol=1e-5)
    assert changed.outside == 0  # what leaves the range is cut off, as a sensor does
    assert change(IMAGES, lambda images, strength, rng: np.full_like(images, np.nan)).outside == 320


def test_a_table_keeps_what_is_held_and_what_the_schema_does_not_allow_is_counted():
    changed = change(TABLE, lambda codes, strength, rng: np.add(codes, [0, 0, 1]))  # moves the column of the groups
    assert changed.inputs.equals(TABLE.inputs) and changed.outside == 4
    changed = change(TABLE, lambda codes, strength, rng: np.add(codes, [10, 0, 0]))
    assert changed.inputs["age"].tolist() == [40, 50, 60, 60] and changed.outside == 1  # 70 is out of range
    assert change(TABLE, lambda codes, strength, rng: np.add(codes, [0, 99, 0])).outside == 4  # no such town


def test_texts_are_texts_and_chance_is_seeded():
    def slip(texts, strength, rng):
        return [text + str(rng.integers(10**9)) for text in texts]

    assert change(TEXTS, slip).inputs == change(TEXTS, slip, severity=5).inputs != list(TEXTS.inputs)


@pytest.mark.parametrize("data", [IMAGES, TABLE, TEXTS], ids=["image", "table", "text"])
def test_severity_0_changes_nothing(data):
    before = data.inputs
    after = change(data, lambda inputs, strength, rng: 1 / 0, severity=0)
    assert after.distance == 0 and after.outside == 0
    assert after.inputs.equals(before) if hasattr(before, "equals") else np.array_equal(after.inputs, before)


@pytest.mark.parametrize(
    ("data", "corrupt", "message"),
    [
        (IMAGES, lambda images, strength, rng: images[:1], "'acme.fog' must give numbers of the shape"),
        (TABLE, lambda codes, strength, rng: codes.astype(str), "'acme.fog' must give numbers of the shape"),
        (TEXTS, lambda texts, strength, rng: "one", "'acme.fog' must give a list of 2 texts; it gave a str"),
        (TEXTS, lambda texts, strength, rng: [1, 2], "'acme.fog' must give a list of 2 texts; it gave a list"),
        (TEXTS, lambda texts, strength, rng: 1 / 0, "plugin 'acme': the corruption 'acme.fog' raised ZeroDivision"),
        (TEXTS, None, "make of the corruption 'acme.fog' must give a function; it gave NoneType"),
    ],
)
def test_what_a_plugin_gets_wrong_names_it(data, corrupt, message):
    with pytest.raises(PluginError, match=message):
        change(data, corrupt)


def test_a_named_corruption_stands_beside_the_others_whose_draws_stay_the_same():
    inputs = np.random.default_rng(0).uniform(0, 1, (80, 3))
    data = AuditData(inputs=inputs, labels=(inputs[:, 0] > 0.5).astype(int), task="binary", positive=1)
    model = auditkit.wrap(lambda rows: (np.asarray(rows)[:, 0] > 0.5).astype(int), classes=[0, 1])

    def shrink(codes, strength, rng):
        return codes * (1 - strength)

    def run(*names):
        plugin = type("Acme", (), {})()
        row = Corruption("acme.scale", lambda data: shrink, STRENGTHS, "table")
        plugin.register_corruptions = auditkit.hookimpl(lambda: [row])
        parameters = {"robustness.corruptions": {"corruptions": names, "shuffles": 99}}
        return auditkit.audit(
            model, data, checks=["robustness.corruptions"], parameters=parameters, plugins=[plugin]
        ).results[0]

    alone, both = run("noise"), run("noise", "acme.scale")
    noise = [
        [
            number.value
            for number in result.measurements
            if number.conditions.get("corruption") == "noise" and number.name == "accuracy"
        ]
        for result in (alone, both)
    ]
    assert noise[0] == noise[1] and len(noise[0]) == 5
    worst = next(measurement for measurement in both.measurements if measurement.name == "worst_accuracy")
    assert worst.conditions == {"corruption": "acme.scale", "severity": 5}
    assert worst.value == (inputs[:, 0] <= 0.5).mean()  # half of any number here is below 0.5
    assert not control(both, "in-range").holds and control(alone, "in-range").holds  # it leaves the data's range
