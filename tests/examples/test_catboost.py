"""examples/catboost: its accuracy and its gap between ages are those of the file, counted by hand."""

from __future__ import annotations

import catboost
import numpy as np
import pandas as pd
import pytest

from tests.examples import audited

CHECKS = ("--only", "performance", "--only", "fairness.groups")


def test_the_report_says_what_the_model_answers(tmp_path):
    run = audited("catboost", tmp_path, words=("--budget", "quick", *CHECKS))
    table = pd.read_parquet(tmp_path / "work" / "test.parquet")
    model = catboost.CatBoostClassifier().load_model(str(tmp_path / "work" / "model.cbm"))
    answers = np.asarray(model.predict(table[model.feature_names_], thread_count=1)).ravel()
    right, young = answers == table["affair"].to_numpy(), (table["age"] == "under 30").to_numpy()
    assert run.code == 0 and table["educ"].isna().any()
    assert run.value("performance.quality.accuracy") == pytest.approx(right.mean(), abs=1e-12)
    assert run.value("performance.quality.accuracy", {"age": "under 30"}) == pytest.approx(right[young].mean())
    chosen = answers == "yes"
    gap = abs(chosen[young].mean() - chosen[~young].mean())
    assert run.value("fairness.groups.demographic_parity_difference") == pytest.approx(gap, abs=1e-12)
