"""A stranger adds one of each kind by one file, taken from the guide, and touches nothing else."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re

import numpy as np
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ConfigError
from auditkit.hookspecs import Corruption
from auditkit.results import Definition, canonical
from auditkit.runfolder import parse_result
from auditkit.testing import ToyModel, check_plugin, toy_data
from tests.test_docs import ROOT, blocks

GUIDE = {title: text for _, title, text in blocks(ROOT / "docs" / "write-a-plugin.md") if title}


@pytest.fixture
def file(tmp_path):
    def written(name: str) -> pathlib.Path:
        (tmp_path / name).write_text(GUIDE[name])
        return tmp_path / name

    return written


def only(plugin, id, model=None, data=None, **parameters):
    """The audit with one check alone."""
    return auditkit.audit(
        ToyModel() if model is None else model, data or toy_data(), checks=[id], plugins=[plugin], budget="quick",
        parameters={id: parameters} if parameters else None,
    )  # fmt: skip


def test_a_check(file):
    result = only(file("acme.py"), "acme.abstention", answer="yes").results[0]
    share = np.mean(ToyModel().predict(toy_data().inputs) == "yes")
    everyone = next(measurement for measurement in result.measurements if not measurement.slice)
    assert everyone.value == pytest.approx(share) and everyone.interval.low < share < everyone.interval.high
    assert {name for measurement in result.measurements for name in measurement.slice} == {"sex", "region"}
    assert result.plugin == "acme" and len(result.plugin_version) == 12  # a file's version is its digest


def test_a_measure_over_groups(file):
    plugin, data = file("missed.py"), toy_data(400)
    assert check_plugin(plugin) == ["acme.missed"]
    limit = {"measurement": "acme.missed.missed_gap", "at_most": 0.9, "across": ["sex"]}
    data = dataclasses.replace(data, outcome="benefit")
    result = auditkit.audit(ToyModel(), data, checks=["acme.missed"], plugins=[plugin], limits=[limit], budget="quick")
    gap = next(measurement for measurement in result.results[0].measurements if measurement.across == ("sex",))
    truth, decided, sex = data.labels == "yes", ToyModel().predict(data.inputs) == "yes", data.groups["sex"]
    shares = {group: np.mean(~decided[truth & (sex == group)]) for group in ("female", "male")}
    assert gap.value == pytest.approx(abs(shares["female"] - shares["male"])) and gap.interval.low <= gap.value
    assert result.verdict == "met"
    worse = gap.pairs[0].high if gap.pairs[0].worse_off == "high" else gap.pairs[0].low
    assert worse.slice == {"sex": max(shares, key=shares.get)}, "being selected is a benefit: the missed are worse off"


def test_a_limit_on_what_a_measure_does_not_say_is_refused_before_anything_runs(file):
    limit = {"measurement": "acme.missed.missed_gap", "at_most": 0.9, "slice": {"sex": "female"}}
    with pytest.raises(ConfigError, match="compares groups, so no number is about one"):
        auditkit.audit(ToyModel(), toy_data(), checks=["acme.missed"], plugins=[file("missed.py")], limits=[limit])


def test_a_number_that_a_check_leaves_out_is_said_with_what_to_write():
    class Counted(auditkit.Check):
        """How many rows are there?"""

        id = "acme.counted"
        definitions = {"rows": Definition(title="Rows", formula="count", range="0 and above"),
                       "cells": Definition(title="Cells", formula="count", range="0 and above")}  # fmt: skip
        wide: bool = False

        def leaves_out(self, name, data):
            return "" if name == "rows" or self.wide else "is counted only where wide = true"

        def measure(self, model, data, context):
            return auditkit.Findings([auditkit.Measurement(name="rows", value=len(data), exact=True)])

    plugin = type("Acme", (), {"register_checks": auditkit.hookimpl(lambda self: [Counted])})()
    with pytest.raises(ConfigError, match="is counted only where wide = true"):
        auditkit.audit(
            ToyModel(), toy_data(), checks=["acme.counted"], plugins=[plugin],
            limits=[{"measurement": "acme.counted.cells", "at_most": 1}],
        )  # fmt: skip


def test_an_attack(file):
    import torch

    network = torch.nn.Linear(4, 2)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[-1.0, 0.5, 0.3, 0.0], [1.0, -0.5, -0.3, 0.1]]))
        network.bias.copy_(torch.tensor([0.2, -0.2]))
    inputs = np.random.default_rng(0).uniform(0, 1, (60, 4)).astype(np.float32)
    data = AuditData(inputs=inputs, labels=network(torch.as_tensor(inputs)).argmax(1).numpy(), positive=1)
    small = {"rows": 20, "steps": 10, "max_queries": 50, "square_queries": 10, "noise_draws": 2, "trial_rows": 10,
             "epsilons": (0.05,), "permutations": 100}  # fmt: skip
    values = []
    for attack in ("acme.signs", "pgd"):
        result = only(file("signs.py"), "robustness.evasion", network, data, attack=attack, **small)
        values.append((result.results[0].measurements[0].value, result.results[0].measurements[0].validity))
        assert list(result.plan.checks[0].uses) == (["signs"] if attack == "acme.signs" else [])
    assert values[0] == values[1] and values[0][1] == "valid"


def test_a_corruption(file):
    result = only(file("stale.py"), "robustness.corruptions", corruptions=("acme.stale",), shuffles=99).results[0]
    assert result.status == "measured" and all(control.holds for control in result.controls)
    shares = [measurement.value for measurement in result.measurements if measurement.name == "accuracy"]
    assert len(shares) == 5 and shares[0] > shares[-1]  # a stale row is decided as another person's
    assert any(note.startswith("What was tried is partly of the plugin stale, ") for note in result.notes)
    assert result.tables[0].rows[0][5] == "20% of the rows from the day before"


def test_a_resumed_audit_measures_anew_where_a_plugin_that_it_used_has_changed(file, tmp_path):
    def run(plugin):
        parameters = {"robustness.corruptions": {"corruptions": ("acme.stale",), "shuffles": 99}}
        return auditkit.audit(
            ToyModel(), toy_data(), checks=["robustness.corruptions"], parameters=parameters, plugins=[plugin],
            budget="quick", out=tmp_path / "audit",
        )  # fmt: skip

    plugin = file("stale.py")
    first, again = run(plugin), run(plugin)
    assert (first.run.resumed, again.run.resumed) == ((), ("robustness.corruptions",))
    plugin.write_text(plugin.read_text().replace("np.roll(codes, 1", "np.roll(codes, 2"))
    changed = run(plugin)
    assert changed.run.resumed == () and changed.results[0].measurements != first.results[0].measurements


@pytest.mark.parametrize("name", ["stale", "cost", "signs"])
def test_the_harness_proves_what_the_guide_shows(file, name):
    assert check_plugin(file(f"{name}.py")) == [f"acme.{name}"]


@pytest.mark.parametrize(
    ("modality", "corrupt"),
    [
        ("text", lambda texts, strength, rng: [text + " !" * int(10 * strength) for text in texts]),
        ("image", lambda images, strength, rng: images * (1 - strength)),
    ],
)
def test_the_harness_proves_corruptions_of_texts_and_images(modality, corrupt):
    row = Corruption("acme.worse", lambda data: corrupt, (0.1, 0.2, 0.3, 0.4, 0.5), modality)
    plugin = type("Acme", (), {"register_corruptions": auditkit.hookimpl(lambda self: [row])})()
    assert check_plugin(plugin) == ["acme.worse"]


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        (
            "stale",
            "return codes",
            "return codes * 1e6",
            "How many corrupted values does the data's range or sch",
        ),
        ("stale", "return codes", "return codes[:1]", "plugin 'stale': the corruption 'acme.stale' must give numbers"),
        ("signs", "return points\n", "return 1 - x\n", "What share of the attack's points was not finite"),
        ("signs", "return points\n", "return x\n", "What share withstands the attack within the whole range"),
        ("cost", "(f", "(object(), f", "plugin 'cost': the section 'acme.cost' raised ValidationError"),
        (
            "cost",
            "return Section(",
            "yield Section(",
            "must give an auditkit.results.Section or None; it gave gen",
        ),
        ("cost", '"acme.cost"', '"cost"', "register_sections: id must be a dotted name"),
    ],
)
def test_the_harness_says_what_is_wrong_with_a_row(file, name, before, after, message):
    path = file(f"{name}.py")
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(AssertionError, match=re.escape(message)):
        check_plugin(path)


def test_an_adapter(file, tmp_path):
    (tmp_path / "loan.points").write_text(json.dumps({"income": 0.1, "age": -0.02}))
    host = auditkit.Host([file("points.py")])
    plain = host.load_model(tmp_path / "loan.points", auditkit.models.ModelOptions())
    strict = host.load_model(tmp_path / "loan.points", auditkit.models.ModelOptions(threshold=0.9))
    inputs = toy_data().inputs
    chance = plain.scores(inputs)
    assert (plain.predict(inputs) == "yes").tolist() == (chance > 0.5).tolist()
    assert (strict.predict(inputs) == "yes").tolist() == (chance >= 0.9).tolist() != (chance > 0.5).tolist()
    result = only(file("points.py"), "performance.quality", strict)
    assert result.model.kind == "points" and result.model.threshold == 0.9


def test_the_harness_says_that_an_adapter_alone_is_not_proved(file):
    with pytest.raises(AssertionError, match="no check, attack, corruption or section, and nothing else"):
        check_plugin(file("points.py"))


def test_a_section(file):
    result = only(file("cost.py"), "robustness.corruptions", corruptions=("noise",), shuffles=99)
    (section,) = result.sections
    assert section.title == "What did this audit cost?" and section.plugin == "cost"
    assert section.tables[0].rows == (("robustness.corruptions", 1200),)
    assert parse_result(canonical(result)).sections == result.sections
