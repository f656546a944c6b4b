"""The catalogue: every row has an oracle, a second count and a definition; a new row needs no other file."""

import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from auditkit.metrics.catalogue import BLOCKS, CRITERIA, RATES, shares
from auditkit.metrics.composites import COMPOSITES
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.fairness.groups.definitions import INDICES, MEASURES
from auditkit.plugins.fairness.groups.self_tests import Rows, number
from tests.metrics import test_composites
from tests.plugins.fairness.groups import test_group_table_rates

ROOT = pathlib.Path(__file__).parents[2]
ORACLES = {**test_group_table_rates.ORACLES, **test_composites.ORACLES}
NEW_CRITERION = """Criterion("negative_parity", "Negative parity", ("negative_predictive_value",),
                  "Somebody (2026), A criterion", "None."),
        """
NEW_COMPOSITE = """Composite("critical_success_index", "Critical success index", "TP / (TP + FP + FN)", "0 to 1",
                  "higher", (("tp fp fn", "people selected or with a positive label"),), "", "Gilbert", "None.",
                  lambda tp, fp, fn, tn: tp / (tp + fp + fn),
                  of_share(JACCARD, lambda star: star, "Wilson")),
        """
SCRIPT = """
import numpy as np
from sklearn.metrics import jaccard_score, precision_score
import auditkit.metrics
from auditkit.plugins.fairness.groups.check import GroupFairness
from tests.plugins.recorded import control, one, recorded, run

rng = np.random.default_rng(0)
y, d, g = rng.integers(0, 2, (2, 400)).tolist() + [rng.choice(["a", "b"], 400)]
y, d = np.array(y), np.array(d)
check = GroupFairness(measures=("negative_parity", "critical_success_index"), permutations=99, trials=20)
result = run(check, *recorded(d, y, {"g": g}))
rates = [precision_score(1 - y[g == name], 1 - d[g == name]) for name in "ab"]
gap, ratio = (one(result, f"negative_parity_{kind}", across=("g",)) for kind in ("difference", "ratio"))
assert abs(gap.value - np.ptp(rates)) < 1e-12 and abs(ratio.value - min(rates) / max(rates)) < 1e-12
assert gap.interval and gap.test and gap.pairs and gap.pairs[0].rate == "negative_predictive_value"
for name in "ab":
    measurement = one(result, "critical_success_index", {"g": name})
    assert abs(measurement.value - jaccard_score(y[g == name], d[g == name])) < 1e-12
    assert measurement.interval.low < measurement.value < measurement.interval.high
assert {"negative_parity_difference_large_groups", "critical_success_index"} <= set(GroupFairness.definitions)
assert GroupFairness.definitions["critical_success_index"].made_of == "tp fp fn"
assert control(result, "recount").holds
print(auditkit.metrics.__file__)
"""


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y, d = rng.integers(0, 2, (2, 200))
    everyone = np.ones(200, dtype=bool)
    return y, d, Rows(d == 1, everyone, y == 1, everyone, None)


def test_measures_formulas_second_counts_and_oracles_have_the_same_keys():
    assert set(ORACLES) == {*RATES, *COMPOSITES}
    assert list(MEASURES) == [*RATES, *COMPOSITES, *CRITERIA, *INDICES]
    assert set(MEASURES) == {row.name for row in MEASURES.values()}
    assert {*RATES, *COMPOSITES, *(f"{name}_difference" for name in CRITERIA)} <= set(GroupFairness.definitions)


@pytest.mark.parametrize("name", [*RATES, *COMPOSITES])
def test_formula_second_count_and_oracle_agree(name, rows):
    y, d, counted = rows
    table = test_composites.tally(*(np.sum((y == a) & (d == b)) for a, b in ((1, 1), (0, 1), (1, 0), (0, 0))))
    value = shares(table, RATES[name]).values[0] if name in RATES else COMPOSITES[name].estimate(table).values[0]
    assert value == pytest.approx(ORACLES[name](y, d), abs=1e-12)
    assert number(name, counted) == pytest.approx(ORACLES[name](y, d), abs=1e-12)


def test_every_row_speaks_of_words_and_rates_that_there_are():
    for rate in RATES.values():
        assert {*rate.numerator.split(), *rate.denominator.split()} <= set(BLOCKS)
    for composite in COMPOSITES.values():
        assert {word for words, _ in composite.of for word in words.split()} <= set(BLOCKS)
    for criterion in CRITERIA.values():
        assert criterion.rates and set(criterion.rates) <= set(RATES)
        assert not criterion.odds or len(criterion.rates) == 1


def test_an_undefined_composite_is_no_number_in_the_second_count(rows):
    nobody = np.zeros(200, dtype=bool)
    for name in COMPOSITES:
        assert number(name, rows[2]._replace(selected=nobody, positive=nobody)) is None


def test_a_criterion_is_one_row_in_one_file_and_a_composite_is_another(tmp_path):
    """In a copy of the package, run on its own."""
    shutil.copytree(ROOT / "auditkit", tmp_path / "auditkit", ignore=shutil.ignore_patterns("__pycache__"))
    for file, before, row in (
        ("catalogue.py", 'Criterion("abstention_parity"', NEW_CRITERION),
        ("composites.py", 'Composite("f1"', NEW_COMPOSITE),
    ):
        path = tmp_path / "auditkit" / "metrics" / file
        text = path.read_text("utf-8")
        assert text.count(before) == 1
        path.write_text(text.replace(before, row + before), "utf-8")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))
