"""What `fairness.generated_groups` says of generators that draw as they should, and of those that do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from auditkit.errors import DataError
from auditkit.host import Host
from auditkit.plugins.fairness.generated.check import GeneratedGroups
from auditkit.run.plan import selected
from tests.plugins.recorded import control, recorded, run

GROUPS = np.array(["one", "other"])


def called(known: np.ndarray, right: float, rng: np.random.Generator) -> np.ndarray:
    """What a classifier says that is right about so many of either group."""
    return GROUPS[((known == "other") ^ (rng.random(len(known)) >= right)).astype(int)]


def audited(tmp_path, drawn: float, right: float = 0.9, rows: int = 1000, seed: int = 0):
    """The result for a generator that draws so many of `one`, of which 30 % are real."""
    rng = np.random.default_rng(seed)
    known, made = (GROUPS[(rng.random(rows) >= share).astype(int)] for share in (0.3, drawn))
    pd.DataFrame({"called": called(made, right, rng)}).to_csv(tmp_path / "samples.csv", index=False)
    labels = np.arange(rows) % 2
    groups = {"kind": known, "called": called(known, right, rng)}
    model, data = recorded(labels, labels, groups=groups)
    check = GeneratedGroups(samples=str(tmp_path / "samples.csv"), known="kind", named="called")
    return run(check, model, data)


def of(result, name: str, group: str = "one"):
    (measurement,) = (
        measurement for measurement in result.measurements
        if measurement.name == name and measurement.slice == {"kind": group}
    )  # fmt: skip
    return measurement


@pytest.mark.parametrize("seed", range(5))
def test_a_faithful_generator_has_no_gap_although_the_classifier_sees_one(tmp_path, seed):
    result = audited(tmp_path, 0.3, right=0.8, seed=seed)
    gap = of(result, "generated_share_gap")
    assert gap.validity == "valid" and gap.interval.low <= 0 <= gap.interval.high
    # 0.3 · 0.8 + 0.7 · 0.2 = 0.38 are called so
    assert of(result, "named_share").value == pytest.approx(0.38, abs=0.05)
    assert of(result, "generated_share").value == pytest.approx(0.3, abs=0.08)


@pytest.mark.parametrize("seed", range(5))
def test_a_generator_that_leaves_a_group_out_is_caught(tmp_path, seed):
    gap = of(audited(tmp_path, 0.02, seed=seed), "generated_share_gap")
    assert gap.validity == "valid" and gap.interval.high < -0.15


def test_a_classifier_that_guesses_carries_no_number(tmp_path):
    result = audited(tmp_path, 0.02, right=0.55)
    assert control(result, "groups told apart").holds is False
    assert of(result, "generated_share").validity == "inconclusive"
    assert of(result, "named_share").validity == "valid"


def test_few_rows_are_no_number(tmp_path):
    result = audited(tmp_path, 0.3, rows=20)
    assert of(result, "generated_share").value is None
    assert "fewer than 10 real rows of a group" in of(result, "generated_share").reason


def test_a_name_that_no_real_row_has_is_refused(tmp_path):
    rng = np.random.default_rng(0)
    known = GROUPS[rng.integers(0, 2, 200)]
    pd.DataFrame({"called": ["one", "third"] * 50}).to_csv(tmp_path / "samples.csv", index=False)
    model, data = recorded(np.arange(200) % 2, np.arange(200) % 2, groups={"kind": known, "called": known})
    with pytest.raises(DataError, match=r"must call samples groups .*'third'"):
        run(GeneratedGroups(samples=str(tmp_path / "samples.csv"), known="kind", named="called"), model, data)


def test_it_runs_where_it_is_named_and_told_of_samples(tmp_path):
    assert "fairness.generated_groups" not in selected(Host(discover=False), None)
    assert "fairness.generated_groups" in selected(Host(discover=False), ["fairness.generated_groups"])
    model, data = recorded([0, 1] * 20, [0, 1] * 20, groups={"kind": ["one", "other"] * 20})
    (tmp_path / "samples.csv").write_text("called\none\n")
    assert "samples = " in GeneratedGroups().applies(model, data)
    check = GeneratedGroups(samples=str(tmp_path / "samples.csv"), known="kind")
    assert "needs named to be one of the groups of the data (kind); it is not given" in check.applies(model, data)
    with pytest.raises(ValidationError, match="can be read"):
        GeneratedGroups(samples=str(tmp_path / "none.csv"))
    with pytest.raises(ValidationError, match="sha256 must be that of the file"):
        GeneratedGroups(samples=str(tmp_path / "samples.csv"), sha256="0")


def test_samples_that_errors_alone_would_call_more_often_refute_these_errors(tmp_path):
    rng = np.random.default_rng(0)
    known = GROUPS[(rng.random(300) < 0.2).astype(int)]
    model, data = recorded(np.arange(300) % 2, None, {"kind": known, "called": called(known, 0.9, rng)})
    pd.DataFrame({"called": ["one"] * 150}).to_csv(tmp_path / "samples.csv", index=False)
    check = GeneratedGroups(samples=str(tmp_path / "samples.csv"), known="kind", named="called")
    share = of(run(check, model, data), "generated_share")
    assert share.validity == "inconclusive" and "errs otherwise among samples" in share.reason


def test_weights_have_no_part_in_it(tmp_path):
    (tmp_path / "samples.csv").write_text("called\none\n")
    model, data = recorded([0, 1] * 20, [0, 1] * 20, {"kind": ["one", "other"] * 20}, weights=np.ones(40))
    check = GeneratedGroups(samples=str(tmp_path / "samples.csv"), known="kind", named="kind")
    assert "weights would have no part in it" in check.applies(model, data)


def test_how_often_groups_are_called_others_is_not_published():
    made_of = {name: definition.made_of for name, definition in GeneratedGroups.definitions.items()}
    assert made_of == {"generated_share": "", "generated_share_gap": "", "named_share": "everyone"}
